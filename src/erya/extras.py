"""Open dependencies that need care: those that may be missing, and one that tells."""

import importlib
import os
from types import ModuleType
from typing import Any

from erya.errors import MissingExtraError

__all__ = ["onnxruntime", "require"]


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


def onnxruntime() -> Any:
    """Return ONNX Runtime, which reports to its maker unless told otherwise at first.

    Version 1.31 looks up a host of its maker's, and keeps the processor, the memory and
    the path of Python in the user's cache folder until it gets through. Its function
    `disable_telemetry_events` does not stop it. Nothing else may import it.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # noqa: TID251 - told, not read
    import onnxruntime as runtime  # noqa: PLC0415, TID251 - after it was told

    return runtime
