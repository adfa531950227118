"""References to articles, chapters and sections, written in one way.

第四十七条, 第47條, Article 47 and Art. 47 become 第47条; chapters and sections alike. A
number of a document, 第273号, is one too.
"""

import re
from typing import Final

__all__ = ["normal_references"]

_DIGITS: Final = {c: i for i, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0, "两": 2, "兩": 2,
}  # fmt: skip
_UNITS: Final = {"十": 10, "百": 100, "千": 1_000}
_KINDS: Final = {"條": "条", "節": "节", "號": "号"}
_ENGLISH_KINDS: Final = {"art": "条", "cha": "章", "sec": "节"}
_CHINESE: Final = re.compile(
    r"第\s?([零〇一二三四五六七八九十百千两兩]+|\d{1,5})\s?([条條章节節号號])"
)
_ENGLISH: Final = re.compile(
    r"\b(article|art\.|chapter|section|sec\.)\s?(\d{1,4})\b(?!\.\d)", re.IGNORECASE
)


def normal_references(text: str) -> str:
    """Return `text` with its references in one form; the rest stays as it is."""
    normal = _CHINESE.sub(_chinese, text)
    return _ENGLISH.sub(_english, normal)


def _chinese(match: re.Match[str]) -> str:
    number = int(match[1]) if match[1].isdigit() else _value(match[1])
    return f"第{number}{_KINDS.get(match[2], match[2])}"


def _english(match: re.Match[str]) -> str:
    return f"第{int(match[2])}{_ENGLISH_KINDS[match[1][:3].lower()]}"


def _value(numeral: str) -> int:
    """Read a numeral below ten thousand: 一百二十 is 120, 二〇二一 is 2021."""
    if not any(character in _UNITS for character in numeral):
        return int("".join(str(_DIGITS[character]) for character in numeral))
    total = digit = 0
    for character in numeral:
        if character in _UNITS:
            total += (digit or 1) * _UNITS[character]
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit
