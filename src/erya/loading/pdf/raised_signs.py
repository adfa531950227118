"""What stands above or below the line on a page of a PDF, written as a line has it.

Word processors draw such signs smaller and off the line of those before them. Numbers
among them must not join the number that they stand behind: 10⁶, 250¹, CO₂.
"""

import re
from collections.abc import Sequence
from typing import Final

from erya.language import lowered, raised
from erya.loading.pdf.characters import NOTHING, SEVERAL, Signs, TextObject

__all__ = ["mark_raised"]

_SMALLER: Final = 0.85  # of the letters beside them
_SMALLEST: Final = 0.35  # smaller ones stand beside the first letter of a chapter
_LEAST_SHIFT: Final = 0.04  # of their size, above or below the line
_MOST_SHIFT: Final = 0.8
_LEAST_OF_LETTERS: Final = 0.08
_LEAST_OF_SAME: Final = 0.2  # where they are as large as the letters beside them
_SAME: Final = 1.05
_NEAR: Final = 1.0  # point: signs this near to a line stand on it
_BESIDE: Final = 0.4  # of the size of letters, at most to the sign before
_BEHIND_STOP: Final = 0.9  # of it, where that is a stop of Chinese: half of it is empty
_BLANK: Final = 0.2  # of it, between two words
_OVER: Final = 0.3  # of it: slanted letters reach over the next
_LONGEST: Final = 12  # signs
_NUMBER: Final = re.compile(r"[+\-−]?\d{1,4}")
_LETTERS: Final = re.compile("[A-Za-z\u0370-\u03ff]{1,8}")
_NOTE: Final = re.compile(r"[\d,*†‡]{1,4}")  # at the begin of a line
_NO_BLANKS: Final = frozenset(("", "\r\n", "\r", "\n"))
_CHINESE: Final = "\u2e80"  # its signs are from here on


def mark_raised(signs: Signs) -> None:
    """Write signs above and below the line as such, and join what goes on behind them.

    PDFium ends a line behind some of them.
    """
    units = list(signs.units)
    line: TextObject | None = None  # the last on the line
    off: list[TextObject] = []  # behind it, at one height above or below
    on_line: tuple[float, float] | None = None  # its size and height
    behind: TextObject | None = None  # the last, on the line or not
    for each in signs.text_objects:
        stands = signs.size(each.start)
        if stands == on_line and not off:
            line = behind = each  # as nearly all
            continue
        if line is not None and behind is not None and _follows(signs, behind, each):
            if _is_off(signs, line, each, behind=behind):
                if off and not _on_one_height(signs, off[-1], each):
                    _write(signs, units, line, off=off)
                    off = []
                off.append(each)
                behind = each
                continue
            if not off and _leads(signs, line, each):
                _write(signs, units, each, off=[line])
        if line is not None and off:
            _write(signs, units, line, off=off, follows=each)
            off = []
        line = behind = each
        on_line = stands
    if line is not None and off:
        _write(signs, units, line, off=off)
    signs.units = "".join(units)


def _follows(signs: Signs, before: TextObject, each: TextObject) -> bool:
    """Tell whether nothing stands between, but for a line end of PDFium's.

    Behind Chinese there may be a blank: numbers are set a little apart from it.
    """
    between = signs.units[before.end : each.start]
    is_apart = between == " " and signs.units[before.end - 1] >= _CHINESE
    return between in _NO_BLANKS or is_apart


def _shift(signs: Signs, line: TextObject, each: TextObject) -> tuple[float, float]:
    """Return how large signs are, and how far above the line, in sizes of its own."""
    size, base = signs.size(line.start)
    own, height = signs.size(each.start)
    return (own / size, (height - base) / size) if size else (1.0, 0.0)


def _is_off(
    signs: Signs, line: TextObject, each: TextObject, *, behind: TextObject
) -> bool:
    if each.end - each.start > _LONGEST:
        return False
    ratio, shift = _shift(signs, line, each)
    if not _SMALLEST <= ratio <= _SAME or not _LEAST_SHIFT <= abs(shift) <= _MOST_SHIFT:
        return False
    text = signs.units[each.start : each.end]
    if ratio > _SMALLER:
        least = _LEAST_OF_SAME if _NUMBER.fullmatch(text) else _MOST_SHIFT
    else:
        least = _LEAST_OF_LETTERS if _LETTERS.fullmatch(text) else _LEAST_SHIFT
    return abs(shift) >= least and _is_beside(signs, line, each, behind=behind)


def _is_beside(
    signs: Signs, line: TextObject, each: TextObject, *, behind: TextObject
) -> bool:
    """Tell whether signs stand right behind the line, or over others that do."""
    size, _ = signs.size(line.start)
    left, last = signs.box(each.start).left, signs.units[behind.end - 1]
    is_stop = last >= _CHINESE and not last.isalnum()
    most = _BEHIND_STOP if is_stop else _BESIDE
    return (
        left - signs.box(line.end - 1).right >= -_OVER * size
        and left - signs.box(behind.end - 1).right <= most * size
    )


def _on_one_height(signs: Signs, one: TextObject, other: TextObject) -> bool:
    return abs(signs.size(one.start)[1] - signs.size(other.start)[1]) < _NEAR


def _leads(signs: Signs, first: TextObject, each: TextObject) -> bool:
    """Tell whether a line begins with the number of a note, or a word with a number."""
    if not _NOTE.fullmatch(signs.units[first.start : first.end]):
        return False
    if signs.units[first.start - 1 : first.start].strip():
        return False
    ratio, shift = _shift(signs, each, first)
    if not _SMALLEST <= ratio <= _SMALLER:
        return False
    return _LEAST_SHIFT <= abs(shift) <= _MOST_SHIFT and _is_beside(
        signs, first, each, behind=first
    )


def _write(
    signs: Signs,
    units: list[str],
    line: TextObject,
    *,
    off: Sequence[TextObject],
    follows: TextObject | None = None,
) -> None:
    """Write signs that stand off a line, and leave out line ends around them."""
    ratio, shift = _shift(signs, line, off[0])
    goes_on = follows is not None and _goes_on(signs, line, off[-1], follows=follows)
    if ratio > _SMALLER and not goes_on:
        return  # letters along a curve, or of a drawing
    numbers = [at for each in off for at in range(each.start, each.end)]
    first, last = numbers[0], numbers[-1]
    leads = first < line.start
    write = raised if shift > 0 else lowered
    inner = "".join(signs.units[at] for at in numbers)
    text = write(inner, before="" if leads else signs.units[line.end - 1])
    if len(text) == len(numbers):
        for at, sign in zip(numbers, text, strict=True):
            units[at] = sign
    else:
        begin, _, end = text.partition(inner)
        signs.several[first] = begin + inner[0]
        signs.several[last] = (
            signs.several[last] if last == first else inner[-1]
        ) + end
        units[first] = units[last] = SEVERAL
    for at in numbers:
        signs.set_on_line(at, line.start)
    if leads:
        _leave_out_line_ends(units, last + 1, line.start)
    else:
        before = first - 1
        while before > line.start and signs.units[before] in "\r\n":
            before -= 1
        apart = signs.box(first).left - signs.box(before).right
        is_word = signs.units[before] < _CHINESE
        is_blank = is_word and apart > _BLANK * signs.size(line.start)[0]
        _leave_out_line_ends(units, line.end, last, blank=is_blank)
    if follows is not None and goes_on:
        gap = signs.box(follows.start).left - signs.box(last).right
        is_word = signs.units[follows.start].isalnum()
        is_blank = is_word and gap > _BLANK * signs.size(line.start)[0]
        _leave_out_line_ends(units, last + 1, follows.start, blank=is_blank)


def _goes_on(
    signs: Signs, line: TextObject, last: TextObject, *, follows: TextObject
) -> bool:
    """Tell whether a line goes on behind signs that are off it."""
    size, base = signs.size(line.start)
    gap = signs.box(follows.start).left - signs.box(last.end - 1).right
    return abs(signs.size(follows.start)[1] - base) < _NEAR and -1 <= gap < size


def _leave_out_line_ends(
    units: list[str], start: int, end: int, *, blank: bool = False
) -> None:
    for at in range(start, end):
        if units[at] in "\r\n":
            units[at] = " " if blank else NOTHING
            blank = False
