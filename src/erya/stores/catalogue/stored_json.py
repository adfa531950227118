"""Columns with JSON in them, as it was written."""

from typing import Any

import sqlalchemy as sa
from typing_extensions import override

from erya.stores.damage import DamagedRowError

__all__ = ["StoredJson"]


class StoredJson(sa.TypeDecorator[Any]):
    """JSON that is a table or a list, as it was written."""

    impl = sa.JSON
    cache_ok = True

    def __init__(self, kind: type) -> None:
        super().__init__()
        self.kind = kind

    @override
    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return self.impl_instance.coerce_compared_value(op, value)

    @override
    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        """Return what was read, if it is of the kind.

        Raises:
            DamagedRowError: It is not.
        """
        del dialect  # the same for every one
        if value is not None and not isinstance(value, self.kind):
            msg = f"a {self.kind.__name__} was expected, not {value!r:.40}"
            raise DamagedRowError(msg)
        return value
