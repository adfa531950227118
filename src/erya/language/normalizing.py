"""The form in which texts are compared: full width, case and characters folded."""

import functools
import re
import unicodedata
from pathlib import Path

from erya.language.raising import apart

__all__ = ["bare_letters", "listed", "normal_text"]

# Latin letters with marks, and those that Unicode does not take apart.
_MARKED = re.compile("[\u00df-\u024f\u1e00-\u1eff]")
_WHOLE = {
    "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ß": "ss", "æ": "ae",
    "œ": "oe", "þ": "th",
}  # fmt: skip
_SOFT_HYPHEN = "\u00ad"


def normal_text(text: str) -> str:
    """Return `text` in NFKC, lower case, bare Latin letters and simplified characters.

    Raised digits stand apart: 10⁶ is not 106. Soft hyphens are left out.
    """
    if text.isascii():
        return text.lower()
    normal = unicodedata.normalize("NFKC", apart(text)).lower()
    if _SOFT_HYPHEN in normal:
        normal = normal.replace(_SOFT_HYPHEN, "")
    return bare_letters(normal).translate(_read_folding())


def bare_letters(text: str) -> str:
    """Return small letters without marks above and below them: łódź is lodz."""
    return text if text.isascii() else _MARKED.sub(lambda m: _bare(m[0]), text)


@functools.cache
def _bare(letter: str) -> str:
    parts = unicodedata.normalize("NFD", letter)
    return _WHOLE.get(letter) or "".join(
        p for p in parts if not unicodedata.combining(p)
    )


def listed(name: str) -> list[str]:
    """Return the entries of a file beside this one, past its comments."""
    lines = Path(__file__).with_name(name).read_text("utf-8").splitlines()
    return [entry for x in lines if not x.startswith("#") for entry in x.split()]


@functools.cache
def _read_folding() -> dict[int, str]:
    """Map each traditional character to its simplified one."""
    return {ord(pair[0]): pair[1] for pair in listed("traditional.txt")}
