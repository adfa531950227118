"""Other signs for the same letters, one for one: offsets stay as they are."""

import re
import unicodedata
from functools import cache
from typing import Final

__all__ = ["fold_letters"]

# Full-width letters and digits, radicals that PDFs show characters with, compatibility
# ideographs, letters of mathematics, odd blanks. Not Chinese punctuation, which NFKC
# would make ASCII.
_OTHER: Final = re.compile(
    "[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\u2e80-\u2fdf\uf900-\ufaff"
    "\U0001d400-\U0001d7ff\U0002f800-\U0002fa1f\u00a0\u2000-\u200a\u202f\u205f]"
)


def fold_letters(text: str) -> str:
    """Return `text` with one usual sign for each unusual one (NFKC where it is one).

    The text has as many characters as before, each in its place.
    """
    return _OTHER.sub(lambda match: _usual(match[0]), text)


@cache
def _usual(sign: str) -> str:
    folded = unicodedata.normalize("NFKC", sign)
    return folded if len(folded) == 1 else sign
