"""The numbers that Word writes itself: they are not in the text, and readers cite them.

Counts as the numbering definitions say (ECMA-376, part 1, 17.9): each list has levels,
each level a format, a start and a pattern such as `第%1条` or `%1.%2`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from docx.oxml.ns import qn

from erya.loading.formats.symbols import decode_symbols
from erya.loading.formats.whole_numbers import whole_number

if TYPE_CHECKING:
    from docx.oxml.xmlchemy import BaseOxmlElement

__all__ = [
    "Mark",
    "Numbering",
    "chinese",
    "format_list_number",
    "letters",
    "roman",
    "tick",
]

_DIGITS: Final = "零一二三四五六七八九"
_LEGAL: Final = str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟")
_TICKS: Final = frozenset("✓✔✗✘☐☑☒→★")
_MOST: Final = 9_999
_DEEPEST: Final = 8  # the last of the levels that Word has
_MOST_STYLES: Final = 10  # each based on the next
_SHORT: Final = 4  # characters of a mark before an item: "12." or "(iv)"


class Mark(NamedTuple):
    """What stands before a paragraph: its number, or nothing for a bullet."""

    label: str
    depth: int

    @property
    def is_short(self) -> bool:
        """Whether it marks an item of a list rather than an article of a law."""
        return len(self.label) <= _SHORT


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    format: str
    pattern: str
    start: int
    # The level, counted from 1, after which or after one above which this one begins
    # again; None is the one right above, and after 0 none does.
    restart: int | None
    arabic: bool  # writes the numbers of all levels in digits


@dataclass(slots=True)
class Numbering:
    """Counts the paragraphs of each list in the order in which they come."""

    element: "BaseOxmlElement | None"
    _lists: dict[str, str] = field(default_factory=dict)  # list to its definition
    _levels: dict[tuple[str, int], _Level] = field(default_factory=dict)
    _restarts: dict[tuple[str, int], int] = field(default_factory=dict)
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.element is None:
            return
        for one in self.element.iterchildren(qn("w:num")):
            definition = one.find(qn("w:abstractNumId"))
            if definition is not None:
                which = one.get(qn("w:numId"))
                self._lists[which] = definition.get(qn("w:val"))
                for override in one.iterchildren(qn("w:lvlOverride")):
                    first = _number(override, "w:startOverride", -1)
                    if first >= 0:
                        depth = whole_number(override.get(qn("w:ilvl")), default=0)
                        self._restarts[which, depth] = first
        for one in self.element.iterchildren(qn("w:abstractNum")):
            for level in one.iterchildren(qn("w:lvl")):
                depth = whole_number(level.get(qn("w:ilvl")), default=0)
                key = one.get(qn("w:abstractNumId")), depth
                restart = _number(level, "w:lvlRestart", -1)
                self._levels[key] = _Level(
                    format=_value(level, "w:numFmt", "decimal"),
                    pattern=_pattern(level),
                    start=_number(level, "w:start", 1),
                    restart=restart if restart >= 0 else None,
                    arabic=_is_on(level.find(qn("w:isLgl"))),
                )

    def mark_of(self, paragraph: "BaseOxmlElement", style: Any) -> Mark | None:
        """Return the mark of a paragraph and count it; None if it has none."""
        properties = paragraph.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
        above = style
        for _ in range(_MOST_STYLES):  # a style may be based on another
            if properties is not None or above is None:
                break
            properties = above.element.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
            above = getattr(above, "base_style", None)
        if properties is None:
            named = (getattr(style, "name", "") or "").lower()
            return Mark("", 0) if named.startswith("list") else None
        which = _value(properties, "w:numId", "0")
        depth = min(_number(properties, "w:ilvl", 0), _DEEPEST)
        definition = self._lists.get(which)
        if definition is None:
            return None  # numId 0 takes a style's number away
        level = self._levels.get((definition, depth))
        if level is None or level.format in {"bullet", "none"}:
            return Mark(tick(level.pattern) if level else "", depth)
        counts = self._counts.setdefault(definition, {})
        # A list that begins again does so once, at its first paragraph.
        restart = self._restarts.pop((which, depth), None)
        before = counts.get(depth, level.start - 1) if restart is None else restart - 1
        counts[depth] = before + 1
        for deeper in [other for other in counts if other > depth]:
            if self._begins_again(definition, deeper, after=depth):
                del counts[deeper]
        return Mark(self._label(definition, level, counts), depth)

    def _begins_again(self, definition: str, depth: int, *, after: int) -> bool:
        """Tell whether a level counts from its start after one above it was used."""
        level = self._levels.get((definition, depth))
        if level is None or level.restart is None:
            return True
        return after < level.restart

    def _label(self, definition: str, level: _Level, counts: Mapping[int, int]) -> str:
        label = level.pattern
        for depth in range(9):
            place = f"%{depth + 1}"
            if place in label:
                other = self._levels.get((definition, depth), level)
                count = counts.get(depth, other.start)
                how = "decimal" if level.arabic else other.format
                label = label.replace(place, format_list_number(count, how))
        return label.strip()


def _pattern(level: "BaseOxmlElement") -> str:
    """Return the pattern of a level's numbers, or the sign that its font shows."""
    pattern = _value(level, "w:lvlText", "")
    fonts = level.find(f"{qn('w:rPr')}/{qn('w:rFonts')}")
    if fonts is None or _value(level, "w:numFmt", "decimal") != "bullet":
        return pattern
    return decode_symbols(fonts.get(qn("w:ascii"), ""), pattern)


def tick(sign: str) -> str:
    """Return the sign before an item if it means something, as ✓ and ✗ do."""
    return sign.strip() if sign.strip() in _TICKS else ""


def _is_on(element: "BaseOxmlElement | None") -> bool:
    return element is not None and element.get(qn("w:val")) not in {"0", "false", "off"}


def _value(parent: "BaseOxmlElement", name: str, default: str) -> str:
    element = parent.find(qn(name))
    value = element.get(qn("w:val")) if element is not None else None
    return default if value is None else str(value)


def _number(parent: "BaseOxmlElement", name: str, default: int) -> int:
    return whole_number(_value(parent, name, ""), default=default)


def format_list_number(count: int, how: str) -> str:
    """Write a number as Word's format of a name has it."""
    write = _FORMATS.get(how, str)
    return write(count) if 0 < count <= _MOST else str(count)


def letters(count: int) -> str:
    """Write a number as Word writes it in letters: a to z, then aa, bb and so on."""
    times, which = divmod(count - 1, 26)
    return chr(ord("a") + which) * (times + 1)


def roman(count: int) -> str:
    """Write a number in small Roman numerals."""
    text = ""
    for value, sign in (
        (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"),
        (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
    ):  # fmt: skip
        times, count = divmod(count, value)
        text += sign * times
    return text


def _ordinal(count: int) -> str:
    """Write a number as English has it: 1st, 2nd, 3rd, 4th, 11th."""
    ends = {1: "st", 2: "nd", 3: "rd"}
    return (
        f"{count}{'th' if count % 100 in {11, 12, 13} else ends.get(count % 10, 'th')}"
    )


def _legal(count: int) -> str:
    """Write a number as cheques have it, such as 壹拾玖."""
    text = chinese(count)
    return ("一" + text if text.startswith("十") else text).translate(_LEGAL)


def _digits(signs: str) -> Callable[[int], str]:
    """Return what writes the digits of a number in signs for 0 to 9."""
    table = str.maketrans("0123456789", signs)
    return lambda count: str(count).translate(table)


def _signs(signs: str) -> Callable[[int], str]:
    """Return what writes numbers in a row of signs, and those after it in digits."""
    return lambda count: signs[count - 1] if count <= len(signs) else str(count)


def chinese(count: int) -> str:
    """Write a number from 1 to 9999 as Chinese does, such as 十二 and 一百零三."""
    text = ""
    for value, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, count = divmod(count, value)
        if digit:
            text += _DIGITS[digit] + sign
        elif text and count and not text.endswith("零"):
            text += "零"
    return text.removeprefix("一") if text.startswith("一十") else text


_FORMATS: Final[dict[str, Callable[[int], str]]] = {
    "lowerLetter": letters,
    "upperLetter": lambda count: letters(count).upper(),
    "lowerRoman": roman,
    "upperRoman": lambda count: roman(count).upper(),
    "decimalZero": lambda count: f"{count:02}",
    "ordinal": _ordinal,
    "numberInDash": lambda count: f"- {count} -",
    "chineseCounting": chinese,
    "chineseCountingThousand": chinese,
    "taiwaneseCounting": chinese,
    "taiwaneseCountingThousand": chinese,
    "japaneseCounting": chinese,
    "chineseLegalSimplified": _legal,
    "ideographLegalTraditional": _legal,
    "japaneseLegal": _legal,
    "ideographDigital": _digits("〇一二三四五六七八九"),
    "japaneseDigitalTenThousand": _digits("〇一二三四五六七八九"),
    "taiwaneseDigital": _digits("〇一二三四五六七八九"),
    "decimalFullWidth": _digits("０１２３４５６７８９"),
    "decimalFullWidth2": _digits("０１２３４５６７８９"),
    "ideographTraditional": _signs("甲乙丙丁戊己庚辛壬癸"),
    "ideographZodiac": _signs("子丑寅卯辰巳午未申酉戌亥"),
    "decimalEnclosedCircle": _signs("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"),
    "decimalEnclosedCircleChinese": _signs("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"),
    "decimalEnclosedParen": _signs("⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇"),
    "decimalEnclosedFullstop": _signs("⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛"),
    "ideographEnclosedCircle": _signs("㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉"),
}
