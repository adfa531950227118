"""What the looks of texts in Office files have in common."""

import re
from typing import Final

__all__ = ["STRUCK", "are_alike", "is_near_white"]

STRUCK: Final = "~~"  # as Markdown writes what is not valid any more
_NEAR_WHITE: Final = re.compile("#?(?:[fF][a-fA-F0-9]){3}")


def is_near_white(colour: str) -> bool:
    """Tell whether a colour such as `FFFFFF` or `#fefefe` is hardly seen on white."""
    return _NEAR_WHITE.fullmatch(colour) is not None


def are_alike(colour: str, ground: str) -> bool:
    """Tell whether letters of a colour are not seen on a ground."""
    if is_near_white(colour):
        return is_near_white(ground)
    return colour.lower() == ground.lower()
