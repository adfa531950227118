"""Rows that no writer wrote, apart from what a caller or our own code does wrong."""

import json
from typing import Any

__all__ = ["DamagedRowError", "read_json"]


class DamagedRowError(Exception):
    """A row that no writer wrote: broken JSON, a number that is none."""


def read_json(text: str) -> Any:
    """Read JSON of a row.

    Raises:
        DamagedRowError: It is none.
    """
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        msg = f"{type(error).__name__}: {error}"
        raise DamagedRowError(msg) from error
