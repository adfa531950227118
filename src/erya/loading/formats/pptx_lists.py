"""What stands before paragraphs of a slide: numbers that are counted, and ticks."""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from erya.loading.formats.docx_numbering import format_list_number, tick
from erya.loading.formats.office_parts import number_of, text_of
from erya.loading.formats.symbols import decode_symbols

__all__ = ["Listed", "list_paragraphs"]

_A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_DEEPEST: Final = 8
# ECMA-376, part 1, 20.1.10.61: how the number is written, and what stands around it.
_KIND: Final = re.compile("([a-zA-Z0-9]+?)(Period|ParenR|ParenBoth|Plain|Minus)")
_AROUND: Final = {
    "Period": "{}.", "ParenR": "{})", "ParenBoth": "({})", "Plain": "{}",
    "Minus": "-{}-",
}  # fmt: skip
_FORMATS: Final = {  # as Word calls them
    "alphaLc": "lowerLetter",
    "alphaUc": "upperLetter",
    "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
    "arabicDb": "decimalFullWidth",
    "circleNumDb": "decimalEnclosedCircle",
    "circleNumWdBlack": "decimalEnclosedCircle",
    "circleNumWdWhite": "decimalEnclosedCircle",
    "ea1Chs": "chineseCounting",
    "ea1Cht": "taiwaneseCounting",
    "ea1JpnChs": "japaneseCounting",
    "ea1JpnChsDb": "japaneseCounting",
    "ea1JpnKor": "japaneseCounting",
}


class Listed(NamedTuple):
    """A paragraph, how deep it stands, and what stands before it; "" for a dash."""

    depth: int
    mark: str
    text: str


def list_paragraphs(shape: Any) -> Iterator[Listed]:
    """Yield the paragraphs of a shape that have text."""
    levels = _levels(shape)
    # For each depth what numbers it, and the last one.
    counts: dict[int, tuple[tuple[str, int], int]] = {}
    for paragraph in shape.iter(f"{_A}p"):
        text = text_of(paragraph)
        if not text:
            continue
        own = paragraph.find(f"{_A}pPr")
        depth = min(number_of(own, "lvl") if own is not None else 0, _DEEPEST)
        counts = {level: count for level, count in counts.items() if level <= depth}
        numbers = _find(own, levels.get(depth), "buAutoNum")
        if numbers is None:
            counts.pop(depth, None)
            yield Listed(depth, _sign(own, levels.get(depth)), text)
            continue
        how = numbers.get("type", ""), number_of(numbers, "startAt") or 1
        same, last = counts.get(depth, (None, 0))
        number = last + 1 if same == how else how[1]
        counts[depth] = how, number
        yield Listed(depth, _format_mark(number, how[0]), text)


def _levels(shape: Any) -> dict[int, Any]:
    """Return the properties that a shape gives to paragraphs of each depth."""
    styles = next(shape.iter(f"{_A}lstStyle"), None)
    if styles is None:
        return {}
    properties = {
        depth: styles.find(f"{_A}lvl{depth + 1}pPr") for depth in range(_DEEPEST)
    }
    return {depth: each for depth, each in properties.items() if each is not None}


def _find(own: Any, level: Any, name: str) -> Any:
    """Return a property of a paragraph; one of its own takes the place of others."""
    for properties in (own, level):
        if properties is None:
            continue
        for child in properties:
            if child.tag in {f"{_A}buNone", f"{_A}buChar", f"{_A}buAutoNum"}:
                return child if child.tag == f"{_A}{name}" else None
    return None


def _sign(own: Any, level: Any) -> str:
    bullet = _find(own, level, "buChar")
    if bullet is None:
        return ""
    font = bullet.getparent().find(f"{_A}buFont")
    named = font.get("typeface", "") if font is not None else ""
    return tick(decode_symbols(named, bullet.get("char", "")))


def _format_mark(number: int, how: str) -> str:
    kind = _KIND.fullmatch(how)
    if kind is None:
        return f"{number}."
    return _AROUND[kind[2]].format(
        format_list_number(number, _FORMATS.get(kind[1], "decimal"))
    )
