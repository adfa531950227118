"""Put the lines of a page in the order in which a person would read them.

Lines are put together as columns, table rows and paragraphs. Every character of the
result keeps its number.
"""

import re
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, zip_longest
from typing import Final

from erya.language import table_row
from erya.loading.pdf_lines import NONE, Box, Line, Piece, joined, runs_left
from erya.records import Block, BlockKind

__all__ = ["PageText", "lay_out", "mostly_stands"]

_NEAR: Final = 1.5  # points: edges that are meant to stand below each other
_GUTTER_ROWS: Final = 4  # lines beside each other that make two columns
_ACROSS: Final = 0.35  # of all pieces may reach over the gutter, such as a title
_FULL: Final = 0.55  # of a column's width, that lines of running text fill
_NEW_PARAGRAPH: Final = 1.45  # times the usual distance of lines
_SHORT: Final = 0.85  # of the width: a line that ends here may end a paragraph
_LARGER: Final = 1.12  # times the usual size: a heading
_LONGEST_HEADING: Final = 150
_LONGEST_NUMBERED: Final = 50
# "3.2 Scope", "2存在的问题", "第三章 总则", "一、概述".
_NUMBERED: Final = re.compile(
    r"\d{1,2}(?:\.\d{1,2}){0,3}[.、]?\s*(?=[A-Z\u4e00-\u9fff])(?!\d|年|月|日|个|项)"
    r"|第[一二三四五六七八九十百\d]{1,4}[编章节](?=\s|[\u4e00-\u9fff])"
    r"|[一二三四五六七八九十]{1,3}、(?=\S)"
)
_LETTER: Final = re.compile(r"[^\W\d_]")
_GOES_ON: Final = frozenset(",;:.，；：。、…")
_SENTENCE_ENDS: Final = frozenset(".!?:;。！？：；…”\"')）」")


@dataclass(slots=True)
class PageText:
    """A page as text.

    Attributes:
        text: Its text, blocks apart by blank lines.
        blocks: What the text consists of, in the offsets of the page.
        numbers: For each character its number in PDFium's list, or -1.
        sizes: For each block the size of its letters, to rank headings by.
        states: What should be known of the page, as one word each.
        seen: Of a page that was read by OCR, the box of each number in shares of the
            page: numbers are then not PDFium's.
    """

    text: str = ""
    blocks: list[Block] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    seen: Sequence[Box] = ()

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


def lay_out(page: PageText, lines: Sequence[Line], *, omitted: str = "") -> None:
    """Add lines to a page in reading order.

    Args:
        page: What stands above them.
        lines: In any order.
        omitted: Why they are not searched; each line is then a block.
    """
    if not lines:
        return
    if omitted:
        for line in lines:
            flat = _flat(line)
            page.add(
                "paragraph", flat.text, [*flat.numbers], size=flat.size, omitted=omitted
            )
        return
    usual = _usual_size(lines)
    for block in _ordered(_in_one_direction(lines)):
        _write(page, block, usual)


def _in_one_direction(lines: Sequence[Line]) -> list[Line]:
    """Return lines so that what is read first stands left, as in a mirror if need be.

    Where letters are written in both directions, most lines decide.
    """
    runs = [any(runs_left(piece.text) for piece in line) for line in lines]
    if not any(runs):
        return list(lines)
    written = sum(any(_LETTER.search(piece.text) for piece in line) for line in lines)
    mirrored = 2 * sum(runs) > written
    return [
        sorted(map(_mirrored, line) if mirrored else line, key=lambda p: p.box.left)
        for line in lines
    ]


def _mirrored(piece: Piece) -> Piece:
    left, bottom, right, top = piece.box
    return replace(piece, box=Box(-right, bottom, -left, top))


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


# What a page is cut into: lines that belong together, each as its pieces.
_Lines = list[Line]


def _ordered(lines: _Lines) -> Iterator[_Lines]:
    """Yield runs of lines in reading order; columns one after the other."""
    upright = [line for line in lines if not _stands(line)]
    yield from _ordered_upright(upright)
    for line in lines:
        if _stands(line):  # a mark along the margin belongs to no line beside it
            yield [line]


def mostly_stands(lines: Sequence[Line]) -> bool:
    """Tell whether most of a page's letters are written upwards or downwards."""
    signs = [(len(line[0].text), _stands(line)) for line in lines if line]
    return 2 * sum(count for count, stands in signs if stands) > sum(
        count for count, _ in signs
    )


def _stands(line: Sequence[Piece]) -> bool:
    """Tell whether letters are written from bottom to top, or from top to bottom."""
    box = line[0].box
    return len(line[0].text) > 3 and box.top - box.bottom > 3 * (box.right - box.left)


def _ordered_upright(lines: _Lines) -> Iterator[_Lines]:
    gutter = _gutter(lines)
    if gutter is None:
        yield from _tables_apart(lines)
        return
    # Where a line reaches over the gutter, everything above is read before it.
    pieces = sorted((p for line in lines for p in line), key=lambda p: -p.box.top)
    left: list[Piece] = []
    right: list[Piece] = []
    for piece in pieces:
        if piece.box.right <= gutter:
            left.append(piece)
        elif piece.box.left >= gutter:
            right.append(piece)
        else:
            yield from _tables_apart(_by_lines(left))
            yield from _tables_apart(_by_lines(right))
            left, right = [], []
            yield [[piece]]
    yield from _tables_apart(_by_lines(left))
    yield from _tables_apart(_by_lines(right))


def _by_lines(pieces: Sequence[Piece]) -> _Lines:
    """Put pieces at one height into one line, from left to right."""
    lines: _Lines = []
    for piece in pieces:  # from the top
        middle = (piece.box.top + piece.box.bottom) / 2
        if lines and lines[-1][0].box.bottom <= middle <= lines[-1][0].box.top:
            lines[-1].append(piece)
        else:
            lines.append([piece])
    return [sorted(line, key=lambda piece: piece.box.left) for line in lines]


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
    # Columns begin where many pieces begin, near the middle of the page.
    starts = [p.box.left for p in pieces if abs(p.box.left - middle) < reach]
    place = statistics.mode(map(round, starts)) - 1.5 if starts else low
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


def _tables_apart(lines: _Lines) -> Iterator[_Lines]:
    """Yield rows of a table together, and what stands between tables together.

    A line with wide gaps is a row if a neighbour's cells stand below its own; blanks of
    justified text are as wide, and stand anywhere.
    """
    rows = [
        len(line) > 1
        and any(
            _aligned(line, lines[o]) for o in (at - 1, at + 1) if 0 <= o < len(lines)
        )
        for at, line in enumerate(lines)
    ]
    for at in range(len(lines) - 1):  # the names of columns are often set otherwise
        rows[at] = rows[at] or (rows[at + 1] and _heads(lines[at], lines[at + 1]))
    run: _Lines = []
    before = False
    for line, row in zip(lines, rows, strict=True):
        if run and row != before:
            yield run
            run = []
        run.append(line if row else [_flat(line)])
        before = row
    if run:
        yield run


def _aligned(line: Sequence[Piece], other: Sequence[Piece]) -> bool:
    """Tell whether at least half of the inner edges of cells stand below each other.

    The outermost edges do so in any text.
    """
    if len(other) < 2:
        return False
    near = 0
    for before, after in pairwise(line):
        near += any(
            abs(after.box.left - each.box.left) < _NEAR
            or abs(after.box.left + after.box.right - each.box.left - each.box.right)
            < 2 * _NEAR
            for each in other[1:]
        ) or any(abs(before.box.right - each.box.right) < _NEAR for each in other[:-1])
    return 2 * near >= len(line) - 1


def _heads(line: Sequence[Piece], row: Sequence[Piece]) -> bool:
    """Tell whether each piece of a line stands above one cell of a row."""
    return len(line) == len(row) > 1 and all(
        one.box.left < other.box.right and other.box.left < one.box.right
        for one, other in zip(line, row, strict=True)
    )


def _write(page: PageText, lines: _Lines, usual: float) -> None:
    if len(lines[0]) > 1 and len(lines) > 1:
        _write_table(page, lines)
        return
    single = [_flat(line) for line in lines]
    for paragraph, numbered in _with_headings(single):
        text, numbers = _running(paragraph)
        size = max(piece.size for piece in paragraph)
        heading = numbered or (
            size > usual * _LARGER
            and len(text) <= _LONGEST_HEADING
            and any(character.isalpha() for character in text)
        )
        page.add("heading" if heading else "paragraph", text, numbers, size=size)


def _flat(line: Sequence[Piece]) -> Piece:
    """Return a line as one piece: wide gaps become a blank."""
    if len(line) == 1:
        return line[0]
    text, numbers = line[0].text, [*line[0].numbers]
    box = line[0].box
    for piece in line[1:]:
        text += " " + piece.text
        numbers += [NONE, *piece.numbers]
        box = joined(box, piece.box)
    return Piece(text, numbers, box, line[0].size, line[-1].hyphen)


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


def _running(lines: Sequence[Piece]) -> tuple[str, list[int]]:
    """Join lines as one text: with a blank, but not in Chinese or in a cut word."""
    text, numbers = "", []
    cut = True  # nothing stands before the first line
    for line in lines:
        if not cut and not (_is_chinese(text[-1]) and _is_chinese(line.text[0])):
            text += " "
            numbers.append(NONE)
        cut = line.hyphen
        text += line.text
        numbers += line.numbers
    return text, numbers


def _is_chinese(character: str) -> bool:
    return "\u2e80" <= character <= "\u9fff" or "\uf900" <= character <= "\uffef"


def _write_table(page: PageText, lines: _Lines) -> None:
    """Write a table in Markdown.

    The first row names the columns if it has a text for each, and no digit.
    """
    rows = _grid(lines)
    names = [" ".join(piece.text for piece in cell) for cell in rows[0]]
    named = len(rows) > 2 and all(names)
    named = named and not any(c.isdigit() for name in names for c in name)
    width = len(names)
    out = _Written()
    if not named:
        rows.insert(0, [[] for _ in range(width)])
    for number, row in enumerate(rows):
        out.ours("\n" if number else "")
        if number == 1:
            out.ours(table_row(["---"] * width) + "\n")
        for cell in row:
            out.ours("| ")
            for at, piece in enumerate(cell):
                out.ours(" " if at else "")
                out.theirs(piece)
            out.ours(" ")
        out.ours("|")
    page.add("table", "".join(out.text), out.numbers, size=lines[0][0].size)


@dataclass(slots=True)
class _Written:
    """A text, and the number of each character."""

    text: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def ours(self, text: str) -> None:
        self.text.append(text)
        self.numbers += [NONE] * len(text)

    def theirs(self, piece: Piece) -> None:
        for sign, number in zip(piece.text, piece.numbers, strict=True):
            if sign == "|":
                self.ours("\\")
            self.text.append(sign)
            self.numbers.append(number)


def _grid(lines: _Lines) -> list[list[list[Piece]]]:
    """Return rows of cells; the row with the most pieces has one in each column."""
    widest = max(lines, key=len)
    columns = [(piece.box.left, piece.box.right) for piece in widest]
    for line in lines:  # a column is as wide as what stands in it
        if len(line) == len(columns):
            columns = [
                (min(left, piece.box.left), max(right, piece.box.right))
                for (left, right), piece in zip(columns, line, strict=True)
            ]
    rows = []
    for line in lines:
        row: list[list[Piece]] = [[] for _ in columns]
        if len(line) == len(columns):
            row = [[piece] for piece in line]
        else:
            for piece in line:
                row[_column(piece, columns)].append(piece)
        rows.append(row)
    return rows


def _column(piece: Piece, columns: Sequence[tuple[float, float]]) -> int:
    """Return the column that a piece stands in, or else is nearest to."""

    def shared(at: int) -> float:
        left, right = columns[at]
        return min(right, piece.box.right) - max(left, piece.box.left)

    return max(range(len(columns)), key=shared)
