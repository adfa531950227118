"""What the shapes of every kind share."""

from dataclasses import asdict
from typing import Any

__all__ = ["dataclass_shape"]


def dataclass_shape(value: Any) -> dict[str, Any]:
    """Return a dataclass as JSON can hold it, sets sorted."""
    fields: dict[str, Any] = asdict(value)
    return {
        key: sorted(entry) if isinstance(entry, frozenset) else entry
        for key, entry in fields.items()
    }
