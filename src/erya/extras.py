"""Open an optional dependency, with one wording when it is missing."""

import importlib
from types import ModuleType

from erya.errors import MissingExtraError

__all__ = ["require"]


def require(module: str, *, feature: str, extra: str) -> ModuleType:
    """Import `module`, which the extra `extra` brings.

    Args:
        module: The dotted name to import.
        feature: What the user wanted, as the subject of a sentence.
        extra: The extra of `pip install 'erya[...]'` that brings the module.

    Raises:
        MissingExtraError: The package is not installed.
        ModuleNotFoundError: It is installed, and something inside it is missing.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (
            error.name is None
            or error.name.split(".")[0] != module.split(".", maxsplit=1)[0]
        ):
            raise  # the module is there, and something inside it is broken
        raise MissingExtraError(feature=feature, extra=extra) from None
