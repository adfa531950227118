"""Bytes as text, read behind the parsers' walls."""

from erya.loading import Limits, ParserPool
from erya.records import Item, Parsed
from erya.tools.base import ToolError

__all__ = ["parse_item"]


def parse_item(item: Item, *, limits: Limits, main: bool = False) -> Parsed:
    """Return what is read of a file or page.

    Args:
        item: Its bytes, and where they are from.
        limits: What that may cost.
        main: Whether of a web page the main part alone is read.

    Raises:
        ToolError: It cannot be read, or has no text.
    """
    with ParserPool(limits=limits, workers=1, main=main) as pool:
        for outcome in pool.parse_all([item]):
            if outcome.parsed is not None:
                return outcome.parsed
            if outcome.problem is not None:
                raise ToolError(outcome.problem.message)
    msg = f"{item.source} has no text."
    raise ToolError(msg)
