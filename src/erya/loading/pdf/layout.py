"""Put the lines of a page in the order in which a person would read them.

Lines are put together as columns, table rows and paragraphs. Every character of the
result keeps its number.
"""

import re
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise, zip_longest
from typing import Final

from erya.loading.pdf.boxes import Box
from erya.loading.pdf.joining import by_lines, flat, running
from erya.loading.pdf.lines import NONE, Line, Piece, runs_left
from erya.loading.pdf.reading_order import Region, read_by_regions
from erya.loading.pdf.ruling_lines import RulingLine
from erya.loading.pdf.tables.tables import (
    Table,
    place_lattice_tables,
    split_tables,
    table_text,
)
from erya.records import Block, BlockKind, Part

__all__ = ["PageText", "lay_out"]

_GUTTER_ROWS: Final = 4  # lines beside each other that make two columns
_MOST_STARTS: Final = 4  # places where a column may begin
_ACROSS: Final = 0.35  # of all pieces may reach over the gutter, such as a title
_FULL: Final = 0.55  # of a column's width, that lines of running text fill
_NEW_PARAGRAPH: Final = 1.45  # times the usual distance of lines
_SHORT: Final = 0.85  # of the width: a line that ends here may end a paragraph
_LARGER: Final = 1.12  # times the usual size: a heading
_LONGEST_HEADING: Final = 150
_LONGEST_TITLE: Final = 200
_LONGEST_NUMBERED: Final = 50
# "3.2 Scope", "2存在的问题", "第三章 总则", "一、概述".
_NUMBERED: Final = re.compile(
    r"\d{1,2}(?:\.\d{1,2}){0,3}[.、]?\s*(?=[A-Z\u4e00-\u9fff])(?!\d|年|月|日|个|项)"
    r"|第[一二三四五六七八九十百\d]{1,4}[编章节](?=\s|[\u4e00-\u9fff])"
    r"|[一二三四五六七八九十]{1,3}、(?=\S)"
)
_HAN: Final = re.compile("[\u4e00-\u9fff]")
_LETTER: Final = re.compile(r"[^\W\d_]")
_GOES_ON: Final = frozenset(",;:.，；：。、…")
_BRACKETS: Final = ("()", "（）", "[]", "【】")
_SENTENCE_ENDS: Final = frozenset(".!?:;。！？：；…”\"')）」")


# What a page is cut into: lines that belong together, each as its pieces.
_Lines = list[Line]


@dataclass(slots=True)
class PageText:
    """A page as text.

    Attributes:
        text: Its text, blocks apart by blank lines.
        blocks: What the text consists of, in the offsets of the page.
        numbers: For each character its number in PDFium's list, or -1.
        sizes: For each block the size of its letters, to rank headings by.
        states: What is to be reported of the page, as one word each.
        ocr_boxes: Of a page that was read by OCR, the box of each number in shares of
            the page: numbers are then not PDFium's.
        files: What is attached to it.
    """

    text: str = ""
    blocks: list[Block] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    ocr_boxes: Sequence[Box] = ()
    files: list[Part] = field(default_factory=list)

    def add(
        self,
        kind: BlockKind,
        text: str,
        numbers: list[int],
        *,
        size: float,
        omitted: str = "",
    ) -> None:
        """Add a block behind the others."""
        if not text.strip():
            return
        if self.text:
            self.text += "\n\n"
            self.numbers += [NONE, NONE]
        start = len(self.text)
        self.text += text
        self.numbers += numbers
        level = 1 if kind == "heading" else 0
        self.blocks.append(
            Block(
                kind=kind, start=start, end=len(self.text), level=level, omitted=omitted
            )
        )
        self.sizes.append(size)


def lay_out(
    page: PageText,
    lines: Sequence[Line],
    *,
    horizontal_lines: Sequence[RulingLine] = (),
    regions: Sequence[Region] | None = None,
    omitted: str = "",
) -> None:
    """Add lines to a page in reading order.

    Args:
        page: What stands above them.
        lines: In any order.
        horizontal_lines: The ruling lines that are drawn from left to right.
        regions: Of the page, if a model has looked at it: then they give the order,
            the headings and where tables are.
        omitted: Why they are not searched; each line is then a block.
    """
    if not lines:
        return
    if omitted:
        for line in lines:
            flat_line = flat(line)
            page.add(
                "paragraph",
                flat_line.text,
                [*flat_line.numbers],
                size=flat_line.size,
                omitted=omitted,
            )
        return
    usual = _usual_size(lines)
    lines = _in_one_direction(place_lattice_tables(lines))
    if regions is None:
        for block in _order_lines(lines, horizontal_lines):
            _write(page, block, usual)
        return
    for run in read_by_regions(
        lines,
        regions,
        horizontal_lines,
        ordered=lambda some: _order_lines(list(some), horizontal_lines),
    ):
        if run.kind == "title":
            _write_title(page, run.lines)
        else:
            _write(page, run.lines, usual, numbered_only=True)


def _write_title(page: PageText, lines: _Lines) -> None:
    """Add a heading, unless it is as long as a paragraph or has no letter."""
    text, numbers = running([flat(line) for line in lines])
    size = max(piece.size for line in lines for piece in line)
    is_heading = len(text) <= _LONGEST_TITLE and any(map(str.isalpha, text))
    page.add("heading" if is_heading else "paragraph", text, numbers, size=size)


def _in_one_direction(lines: Sequence[Line]) -> list[Line]:
    """Return lines so that what is read first stands left, as in a mirror if need be.

    Where letters are written in both directions, most lines decide.
    """
    runs = [any(runs_left(piece.text) for piece in line) for line in lines]
    if not any(runs):
        return list(lines)
    lines_with_letters = sum(
        any(_LETTER.search(piece.text) for piece in line) for line in lines
    )
    mirrored = 2 * sum(runs) > lines_with_letters
    return [
        sorted(map(_mirror, line) if mirrored else line, key=lambda p: p.box.left)
        for line in lines
    ]


def _mirror(piece: Piece) -> Piece:
    left, bottom, right, top = piece.box
    return replace(piece, box=Box(-right, bottom, -left, top), gaps=())


def _usual_size(lines: Sequence[Sequence[Piece]]) -> float:
    """Return the size of most of the page's letters."""
    exact: Counter[float] = Counter()
    for line in lines:
        for piece in line:
            exact[piece.size] += len(piece.text)
    weights: Counter[float] = Counter()
    for size, weight in exact.items():
        weights[round(size, 1)] += weight
    return max(weights, key=lambda size: (weights[size], size))


def _order_lines(
    lines: _Lines, horizontal_lines: Sequence[RulingLine]
) -> Iterator[_Lines]:
    """Yield runs of lines in reading order; columns one after the other."""
    upright = [line for line in lines if not _stands(line)]
    yield from _order_upright(upright, horizontal_lines)
    for line in lines:
        if _stands(line):  # a mark along the margin belongs to no line beside it
            yield [line]


def _stands(line: Sequence[Piece]) -> bool:
    """Tell whether letters are written from bottom to top, or from top to bottom."""
    box = line[0].box
    if isinstance(line[0], Table):
        return False
    return len(line[0].text) > 3 and box.top - box.bottom > 3 * (box.right - box.left)


def _order_upright(
    lines: _Lines, horizontal_lines: Sequence[RulingLine]
) -> Iterator[_Lines]:
    gutter = _gutter(lines)
    if gutter is None:
        yield from split_tables(lines, horizontal_lines)
        return
    # Where a line reaches over the gutter, everything above is read before it.
    pieces = sorted((p for line in lines for p in line), key=lambda p: -p.box.top)
    for is_across, members in groupby(
        pieces, key=lambda p: p.box.left < gutter < p.box.right
    ):
        together = list(members)
        if is_across:
            yield from _across(together)
            continue
        left = [piece for piece in together if piece.box.right <= gutter]
        right = [piece for piece in together if piece.box.left >= gutter]
        yield from split_tables(_lines_of(left), horizontal_lines)
        yield from split_tables(_lines_of(right), horizontal_lines)


def _across(pieces: Sequence[Piece]) -> Iterator[_Lines]:
    """Yield lines that reach over a gutter, such as an abstract; a table alone."""
    for is_table, members in groupby(pieces, key=lambda p: isinstance(p, Table)):
        lines = [[piece] for piece in members]
        yield from ([line] for line in lines) if is_table else (lines,)


def _lines_of(pieces: Sequence[Piece]) -> _Lines:
    """Put pieces at one height into one line; a table stands alone."""
    lines: _Lines = []
    for is_table, members in groupby(pieces, key=lambda p: isinstance(p, Table)):
        together = list(members)
        lines += [[table] for table in together] if is_table else by_lines(together)
    return lines


def _gutter(lines: _Lines) -> float | None:
    """Return the x between two columns of running text, or None.

    The pieces on both sides must fill their column, which the cells of a table do not.
    """
    pieces = [piece for line in lines for piece in line if len(piece.text) > 1]
    if len(pieces) < 2 * _GUTTER_ROWS:
        return None
    low = min(piece.box.left for piece in pieces)
    high = max(piece.box.right for piece in pieces)
    middle, reach = (low + high) / 2, (high - low) * 0.15
    # Columns begin where many pieces begin, near the middle of the page; of such places
    # the fewest reach over the first: the lines of a list may begin further in.
    starts = [p.box.left for p in pieces if abs(p.box.left - middle) < reach]
    many = Counter(map(round, starts)).most_common(_MOST_STARTS)
    places = [at - 1.5 for at, count in many if count >= _GUTTER_ROWS] or [low]
    place = min(
        places, key=lambda at: sum(p.box.left < at < p.box.right for p in pieces)
    )
    left = [p for p in pieces if p.box.right <= place]
    right = [p for p in pieces if p.box.left >= place]
    across = len(pieces) - len(left) - len(right)
    parts = (
        min(len(left), len(right)) >= _GUTTER_ROWS
        and across <= _ACROSS * len(pieces)
        and _fills(left, place - low)
        and _fills(right, high - place)
    )
    return place if parts else None


def _fills(pieces: Sequence[Piece], width: float) -> bool:
    widths = [piece.box.right - piece.box.left for piece in pieces]
    return statistics.median(widths) >= _FULL * width


def _write(
    page: PageText, lines: _Lines, usual: float, *, numbered_only: bool = False
) -> None:
    first = lines[0][0]
    if isinstance(first, Table):
        page.add("table", *table_text(first), size=first.size)
        return
    single = [flat(line) for line in lines]
    for paragraph, numbered in _with_headings(single):
        text, numbers = running(paragraph)
        size = max(piece.size for piece in paragraph)
        heading = numbered or (
            size > usual * _LARGER
            and len(text) <= _LONGEST_HEADING
            and any(character.isalpha() for character in text)
        )
        if numbered_only:
            # A title that the model takes for text: those are Chinese ones.
            heading = bool(heading and _NUMBERED.match(text) and _HAN.search(text))
        page.add("heading" if heading else "paragraph", text, numbers, size=size)


def _with_headings(lines: Sequence[Piece]) -> Iterator[tuple[list[Piece], bool]]:
    """Yield paragraphs, and numbered headings of the same type apart from them.

    Such a heading is short, ends open, and text that is not numbered follows it.
    """
    right = max(line.box.right for line in lines)
    left = min(line.box.left for line in lines)
    run: list[Piece] = []
    for line, below in zip_longest(lines, lines[1:]):
        numbered = (
            below is not None
            and len(line.text) <= _LONGEST_NUMBERED
            and line.box.right - left < _SHORT * (right - left)
            and _NUMBERED.match(line.text) is not None
            and line.text[-1] not in _GOES_ON
            and not _closes_above(line.text)
            and (
                _NUMBERED.match(below.text) is None or len(below.text) > len(line.text)
            )
            and below.box.right - left > line.box.right - left
        )
        if not numbered:
            run.append(line)
            continue
        if run:
            yield from ((paragraph, False) for paragraph in _paragraphs(run))
            run = []
        yield [line], True
    if run:
        yield from ((paragraph, False) for paragraph in _paragraphs(run))


def _closes_above(text: str) -> bool:
    """Tell whether a bracket is closed that a line above has opened."""
    return any(text.count(end) > text.count(begin) for begin, end in _BRACKETS)


def _paragraphs(lines: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Yield the lines of each paragraph."""
    right = max(line.box.right for line in lines)
    left = min(line.box.left for line in lines)
    steps = [
        one.box.bottom - other.box.bottom
        for one, other in pairwise(lines)
        if one.box.bottom > other.box.bottom
    ]
    usual = statistics.median(steps) if steps else 0.0
    paragraph = [lines[0]]
    for before, line in pairwise(lines):
        step = before.box.bottom - line.box.bottom
        short = before.box.right - left < _SHORT * (right - left)
        if (
            step <= 0
            or step > _NEW_PARAGRAPH * max(usual, line.height)
            or abs(before.size - line.size) > 0.1 * line.size
            or (short and before.text[-1] in _SENTENCE_ENDS)
        ):
            yield paragraph
            paragraph = []
        paragraph.append(line)
    yield paragraph
