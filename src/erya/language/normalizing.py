"""The form in which texts are compared: full width, case and characters folded."""

import functools
import unicodedata
from pathlib import Path

from erya.language.raising import apart

__all__ = ["listed", "normal_text"]


def normal_text(text: str) -> str:
    """Return `text` in NFKC, lower case and simplified characters.

    Raised digits stand apart: 10⁶ is not 106.
    """
    return unicodedata.normalize("NFKC", apart(text)).lower().translate(_folding())


def listed(name: str) -> list[str]:
    """Return the entries of a file beside this one, past its comments."""
    lines = Path(__file__).with_name(name).read_text("utf-8").splitlines()
    return [entry for x in lines if not x.startswith("#") for entry in x.split()]


@functools.cache
def _folding() -> dict[int, str]:
    """Map each traditional character to its simplified one."""
    return {ord(pair[0]): pair[1] for pair in listed("traditional.txt")}
