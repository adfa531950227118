"""Signs above and below the line: how a line of text has them.

Written as if they stood in the line they would change numbers and words: 10⁶ would be
106, and a price of 250 with note 1 would be 2501.
"""

import re
import unicodedata
from typing import Final

__all__ = ["STANDING", "apart", "lowered", "raised"]

_SIGNS: Final = "0123456789+-=()−"
_UP: Final = str.maketrans(f"{_SIGNS}ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾⁻ⁿⁱ")
_DOWN: Final = str.maketrans(_SIGNS, "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎₋")
_DIGITS_UP: Final = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_NUMBER: Final = re.compile(rf"[{re.escape(_SIGNS)}]+")
_NOTE: Final = re.compile(r"[\d,;\-–*† ]+\)?")
_POWER: Final = re.compile(r"[\d+\-−]*[ni]?")
_ORDINALS: Final = frozenset("oaeº")  # 1º, 2ª, 3e
# Raised digits behind a digit are a power or a note; behind a word they are a note, and
# behind the letters of a unit part of it (m², CO₂).
_BEHIND_DIGIT: Final = re.compile(rf"(?<=\d)[⁺⁻]?[{_DIGITS_UP}]+")
_BEHIND_WORD: Final = re.compile(
    rf"(?:(?<=[^\W\d_]{{4}})|(?<=[\u3400-\u9fff.,;:!?。，；：！？”」）)]))[{_DIGITS_UP}]+"
)


def raised(text: str, *, before: str = "") -> str:
    """Return what stands above the line, behind `before`, as the line has it.

    Numbers have signs of their own (10⁶, m², note¹); a letter is marked by `^`, unless
    it goes on with a word or a number (1st, Mme), where nothing changes.
    """
    inner = text.strip()
    if inner and _POWER.fullmatch(inner):
        return inner.translate(_UP)
    if inner and _NOTE.fullmatch(inner):
        return _NUMBER.sub(lambda match: match[0].translate(_UP), inner)
    goes_on = (
        inner.startswith(("[", "("))
        or (len(inner) > 1 and inner.isalpha())
        or (inner in _ORDINALS and before[-1:].isdigit())
    )
    if not inner or goes_on or not _joins(inner, before):
        return text
    return f"^{inner}" if len(inner) == 1 else f"^({inner})"


def lowered(text: str, *, before: str = "") -> str:
    """Return what stands below the line, behind `before`: CO₂, x₁, T_max."""
    inner = text.strip()
    if _NUMBER.fullmatch(inner):
        return inner.translate(_DOWN)
    if not inner or not _joins(inner, before):
        return text
    return f"_{inner}" if inner.isalnum() else f"_({inner})"


# How what stands off the line is written, by the names that formats have for it.
STANDING: Final = {
    "superscript": raised, "sup": raised, "subscript": lowered, "sub": lowered,
}  # fmt: skip


def _joins(text: str, before: str) -> bool:
    """Tell whether it would be read as part of what stands before it."""
    return before[-1:].isalnum() and (text[0].isalnum() or text[0] in "+-−(")


def apart(text: str) -> str:
    """Return `text` with raised digits apart from what they stand behind.

    For comparing, where NFKC would put them into the line.
    """
    if not any(sign in text for sign in _DIGITS_UP):
        return text
    text = _BEHIND_DIGIT.sub(lambda m: f"^{unicodedata.normalize('NFKC', m[0])}", text)
    return _BEHIND_WORD.sub(lambda m: f" {unicodedata.normalize('NFKC', m[0])}", text)
