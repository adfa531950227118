"""References to articles, chapters, sections and annexes, as comparable keys.

第四十七条, 第47條, Article 47 and Art. 47 are `第47条`; § 5a is `第5a节`,
clause 3.2 `第3.2款`, Annex C `附c`. The number of a document, 第273号, is one. Where a
line begins with a reference, or with such a number as `3.1`, it stands before what it
names and does not merely mention it.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

__all__ = [
    "Reference",
    "leading_reference_spans",
    "leading_references",
    "named_numbers",
    "reference_keys",
    "references",
]

_DIGITS: Final = {c: i for i, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0, "两": 2, "兩": 2,
}  # fmt: skip
_UNITS: Final = {"十": 10, "百": 100, "千": 1_000}
_KINDS: Final = {"條": "条", "節": "节", "號": "号"}
# By the first letters of the English word.
_ENGLISH_KINDS: Final = {
    "art": "条", "cha": "章", "sec": "节", "§": "节", "cla": "款", "par": "段",
    "ann": "附", "app": "附",
}  # fmt: skip
_HAN_NUMBER: Final = "[零〇一二三四五六七八九十百千两兩]{1,9}"
_NUMBER: Final = r"\d{1,5}(?:\.\d{1,3}){0,5}"
_ROMAN: Final = "(?:xl|l?x{0,3})(?:ix|iv|v?i{0,3})"  # up to 89
_CHINESE: Final = re.compile(
    rf"第\s?(?P<number>{_HAN_NUMBER}|{_NUMBER})\s?(?P<kind>(?:[条條章节節]|[号號](?![线線楼店门門院机車车位台])))"
    rf"(?:之(?P<more>[一二三四五六七八九十]{{1,3}}|\d{{1,2}})(?!\s?[条條章节節号號内外前后後间間上下]))?"
    # Of a law's number, and of one that is cut into parts, the 第 may be left out.
    r"|(?<=[法典例则則程])(?P<bare>\d{1,4})\s?(?P<bare_kind>[条條])"
    r"|(?<![\w.])(?P<dotted>\d{1,3}(?:\.\d{1,3}){1,5})\s?"
    r"(?:(?P<dotted_kind>[条條节節])|(?=规定|的内容|说了|讲了))"
)
_ENGLISH: Final = re.compile(
    r"(?:\b(?P<word>article|art\.|chapter|section|sec\.|clause|paragraph|para\.)"
    r"|(?P<sign>§{1,2}))\s?"
    r"(?P<number>\d{1,4}(?:\.\d{1,3}){0,5}(?![\d])[a-z]?(?![a-z])(?:\(\d{1,2}\))*"
    rf"|(?=[ivxl]{{2}}|[vx]\b){_ROMAN}\b)"
    rf"|\b(?P<outer>annex|appendix)\s(?P<letter>\d{{1,3}}\b|(?=[ivx]){_ROMAN}\b"
    r"|[a-z]\b)"
    r"|\b(?P<table>schedule)\s(?P<digits>\d{1,3}\b)",
    re.IGNORECASE,
)
_RANGE: Final = re.compile(
    rf"第\s?({_HAN_NUMBER}|\d{{1,4}})\s?[条條]?\s?(?:[至到~～—-]{{1,2}})\s?第?"
    rf"({_HAN_NUMBER}|\d{{1,4}})\s?[条條]"
)
# Each reference has one of these: to look for all took a tenth of the time of storing
# a passage without any. Some signs are letters of the words in another case.
_CHINESE_SIGNS: Final = re.compile("[第条條节節规的说讲]")
_ENGLISH_SIGNS: Final = (
    "article", "art.", "chapter", "section", "sec.", "clause", "para.", "paragraph",
    "annex", "appendix", "schedule", "§", "ſ", "ı",
)  # fmt: skip
_LONGEST_RANGE: Final = 10
# What begins a line may stand behind a mark of Markdown; lines may have been joined.
_LINE: Final = re.compile(r"^[ \t]*(?:#{1,6} )?", re.MULTILINE)
_JOINED_LINE: Final = re.compile(
    r"[。！？；.!?;] (?=第|§|\d{1,3}\.\d|(?:article|section|clause) )", re.IGNORECASE
)
_NUMBERED: Final = re.compile(rf"({_NUMBER})(?=[.、)）]?(?:\s|$|[\u4e00-\u9fff]))")
_NAMED_NUMBER: Final = re.compile(r"第(\d[\d.]*[a-z]?)[条章节款段]")


class Reference(NamedTuple):
    """A reference in a text.

    Attributes:
        text: As it is written.
        key: What it is compared by.
    """

    text: str
    key: str


def references(text: str) -> list[Reference]:
    """Return the references of `text` in order; of a range each that it spans."""
    placed = list[tuple[int, Reference]]()
    if not text.isascii() and _CHINESE_SIGNS.search(text):
        placed += [
            (match.start(), Reference(match[0], f"第{number}条"))
            for match in _RANGE.finditer(text)
            for number in _expand_range(match)
        ]
        placed += [
            (match.start(), Reference(match[0], _chinese(match)))
            for match in _CHINESE.finditer(text)
        ]
    lower = text.lower().replace("i̇", "i")  # İ
    if any(sign in lower for sign in _ENGLISH_SIGNS):
        placed += [
            (match.start(), Reference(match[0], _english(match)))
            for match in _ENGLISH.finditer(text)
            if not _is_article(match)
        ]
    return [each for _, each in sorted(placed, key=lambda pair: pair[0])]


def reference_keys(text: str) -> list[str]:
    """Return the keys of the references of `text`, in order."""
    return [each.key for each in references(text)]


def leading_reference_spans(text: str) -> Iterator[tuple[int, str]]:
    """Yield where lines begin with references, and the keys of those.

    A number by itself, such as `3.1`, is its own key.
    """
    lines = [line.span() for line in _LINE.finditer(text)]
    lines += [(joined.end(), joined.end()) for joined in _JOINED_LINE.finditer(text)]
    for start, end in sorted(lines):
        match = _CHINESE.match(text, end) or _ENGLISH.match(text, end)
        if match is not None:
            named = match.re is _CHINESE
            yield start, _chinese(match) if named else _english(match)
        elif number := _NUMBERED.match(text, end):
            yield start, number[1]


def leading_references(text: str, *, heading: bool = False) -> list[str]:
    """Return the keys of references that begin lines of `text`.

    Args:
        text: A passage, or a heading.
        heading: Whether it is one: then a number without a point names it as well.
    """
    return [
        key for _, key in leading_reference_spans(text) if heading or not key.isdigit()
    ]


def named_numbers(key: str) -> tuple[str, ...]:
    """Return the number that may stand alone before what a reference names."""
    match = _NAMED_NUMBER.fullmatch(key)
    return (match[1],) if match else ()


def _expand_range(match: re.Match[str]) -> range:
    first, last = _value(match[1]), _value(match[2])
    if not 0 < last - first <= _LONGEST_RANGE:
        return range(0)
    return range(first, last + 1)


def _is_article(match: re.Match[str]) -> bool:
    """Tell whether a letter is the word "a" or "I": "the annex I built"."""
    letter = match["letter"] or ""
    large = match["outer"] is not None and match["outer"][0].isupper()
    return letter in {"a", "I"} and not large


def _chinese(match: re.Match[str]) -> str:
    number = match["number"] or match["bare"] or match["dotted"]
    kind = match["kind"] or match["bare_kind"] or match["dotted_kind"] or "条"
    value = number if "." in number else str(_value(number))
    more = f"之{_value(match['more'])}" if match["more"] else ""
    return f"第{value}{_KINDS.get(kind, kind)}{more}"


def _english(match: re.Match[str]) -> str:
    if match["table"]:
        return f"表{match['digits']}"
    word = (match["outer"] or match["sign"] or match["word"]).casefold()  # ſection
    kind = _ENGLISH_KINDS[word[:1] if match["sign"] else word[:3]]
    if match["outer"]:
        return f"{kind}{match['letter'].lower()}"
    number = match["number"].lower()
    return f"第{int(number) if number.isdigit() else number}{kind}"


def _value(numeral: str) -> int:
    """Read a numeral below ten thousand: 一百二十 is 120, 二〇二一 is 2021."""
    if numeral.isdigit():
        return int(numeral)
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
