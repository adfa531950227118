"""The hard facts in a sentence: numbers, dates and names, as comparable values.

They are what a reader would be misled by most, and what a program can check.
"""

import re
import unicodedata
from decimal import Decimal
from typing import Literal, NamedTuple

from erya.language.raising import apart

__all__ = ["Fact", "facts", "han_value"]


class Fact(NamedTuple):
    """A number, date, code or name that a sentence states.

    Attributes:
        kind: What it is.
        value: Its comparable form: `1,200` is `1200`, `三十` is `30`.
        text: How the sentence writes it.
    """

    kind: Literal["number", "code", "name"]
    value: str
    text: str


_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
    "兩": 2,
}
_UNITS = {"十": 10, "百": 100, "千": 1_000}
_MYRIADS = {"万": 10_000, "萬": 10_000, "亿": 10**8, "億": 10**8}
_ENGLISH = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90, "hundred": 100}
_MONTHS = {
    name: month
    for month, names in enumerate(
        [
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sep sept",
            "october oct",
            "november nov",
            "december dec",
        ],
        start=1,
    )
    for name in names.split()
}
# A Chinese numeral states a quantity when a unit or a measure word makes it one.
_HAN_NUMERAL = "零〇一二三四五六七八九十百千两兩"
_FACT = re.compile(
    r"(?P<code>\b(?=[\w./-]{0,80}\d)(?=[\w./-]{0,80}[A-Za-z])[A-Za-z0-9]+(?:[-./][A-Za-z0-9]+)*)"
    r"|(?P<number>(?:(?<![\w)\]])[-−])?(?<![A-Za-z0-9_.])(?<!\d,)\d+(?:,\d{3})*(?:\.\d+)?"
    r"(?P<myriad>\s?[万萬亿億])?(?P<percent>\s?(?:[%％]|percent\b|per cent\b))?)"
    # From the first of its signs alone, and never back: time stays with the length.
    rf"|(?P<han>(?<![{_HAN_NUMERAL}])[{_HAN_NUMERAL}]++"
    rf"(?:[万萬亿億][{_HAN_NUMERAL}]*+){{0,6}}+)"
    r"(?=个|個|天|日|年|月|周|週|小时|小時|分|秒|元|人|次|条|條|台|件|岁|歲|倍|成|层|層|楼|樓|级|級|米|公里|号|號|%|工作日|章|节|节课|种|種|位|名|项|項)"
    r"|(?P<word>\b[A-Za-z][A-Za-z'’]*\b)"
)
_LONGEST_NUMBER = 28  # signs; Decimal keeps so many
_CAPITAL = re.compile(r"[A-Z][a-z]|[A-Z]{2,}")


def facts(sentence: str) -> list[Fact]:
    """Return the numbers, codes and names that `sentence` states, in order.

    A name is a run of capitalised words that does not merely begin the sentence, or a
    Latin word in a Chinese sentence. Chinese names are not found: without a model they
    cannot be told from other words.
    """
    normal = unicodedata.normalize("NFKC", apart(sentence))
    stated: list[Fact] = []
    name: list[re.Match[str]] = []
    for match in _FACT.finditer(normal):
        if match["word"] is not None and _is_name_part(normal, match):
            if name and normal[name[-1].end() : match.start()] != " ":
                stated.append(_name(name))
                name = []
            name.append(match)
            continue
        if name:
            stated.append(_name(name))
            name = []
        stated.extend(_fact(match))
    return [*stated, _name(name)] if name else stated


def _fact(match: re.Match[str]) -> list[Fact]:
    text = match[0]
    if match["code"] is not None:
        return [Fact("code", text.lower().rstrip("."), text)]
    if match["number"] is not None:
        return [Fact("number", _numeral(match), text)]
    if match["han"] is not None:
        # "一" is mostly an article, "十分" mostly an adverb.
        idle = text == "一" or match.string.startswith("十分", match.start())
        return [] if idle else [Fact("number", str(han_value(text)), text)]
    return _number_word(text)


def _number_word(text: str) -> list[Fact]:
    """Read `twelve`, and `March` as 3; "one" is mostly a pronoun, "May" a verb."""
    word = text.lower()
    value = _ENGLISH.get(word) if word != "one" else None
    if value is None and text[0].isupper() and word != "may":
        value = _MONTHS.get(word)
    return [] if value is None else [Fact("number", str(value), text)]


def _is_name_part(text: str, match: re.Match[str]) -> bool:
    word = match[0]
    if not _CAPITAL.match(word) or word.lower() in _MONTHS or word.lower() in _ENGLISH:
        return False
    at = match.start() - 1
    while at >= 0 and text[at].isspace():
        at -= 1
    begins = at < 0 or text[at] in ".!?:;•-*|\"'“”([（。！？：；"
    return not begins or (word.isupper() and len(word) > 1)


def _name(words: list[re.Match[str]]) -> Fact:
    text = " ".join(word[0] for word in words)
    return Fact("name", text.lower().removesuffix("'s").removesuffix("’s"), text)


def _numeral(match: re.Match[str]) -> str:
    """Write a number in one way: `1,200.50` is 1200.5, `5 万` is 50000."""
    percent, myriad = match["percent"] or "", match["myriad"] or ""
    digits = match[0].removesuffix(percent).removesuffix(myriad)
    if len(digits) > _LONGEST_NUMBER:
        return match[0]  # nobody counts so far; as it is written
    value = Decimal(digits.replace(",", "").replace("−", "-"))
    value *= _MYRIADS.get(myriad.strip(), 1)
    plain = f"{value.normalize():f}"
    return plain + "%" * bool(percent)


def han_value(numeral: str) -> int:
    """Read a Chinese numeral: 三十 is 30, 一百零五 is 105, 二〇二四 is 2024."""
    numeral = numeral[:_LONGEST_NUMBER]
    if all(c in _DIGITS for c in numeral):
        return int("".join(str(_DIGITS[c]) for c in numeral))
    total = section = digit = 0
    for character in numeral:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _UNITS:
            section += (digit or 1) * _UNITS[character]
            digit = 0
        else:
            total = (total + section + digit) * _MYRIADS[character]
            section = digit = 0
    return total + section + digit
