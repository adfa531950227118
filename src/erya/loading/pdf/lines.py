"""The characters of a page of a PDF as lines, each cut at wide gaps.

PDFium gives characters in the order of the page's drawing instructions, with line ends
where the baseline changes. Every character knows its number in PDFium's list, so that a
citation can be marked on the page: offsets of a text and PDFium's numbers are not the
same.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, Final, NamedTuple

from erya.loading.pdf.boxes import Box, joined
from erya.loading.pdf.characters import SEVERAL, SOFT_HYPHEN, Signs
from erya.loading.pdf.raised_signs import mark_raised
from erya.loading.pdf.ruling_lines import Grid, RulingLines

__all__ = [
    "NONE",
    "OVER",
    "Line",
    "Piece",
    "numbers_of",
    "page_lines",
    "read_signs",
    "runs_left",
]

NONE: Final = -1  # the number of a character that is ours and not the page's
OVER: Final = (-1, -1)  # the place of a word that stands over a rule
_OF_ONE_WORD: Final = 0.2  # of the size of letters, at most between two of them
_MOSTLY: Final = 0.8  # of a word's letters stand in its cell
# A line without the blanks around it.
_LINE: Final = re.compile(r"[^\s\ufffe](?:[^\r\n\ufffe]*[^\s\ufffe])?")
_LAM_ALEF: Final = re.compile("[\u0622\u0623\u0625\u0627]\u0644")
_BLANKS: Final = re.compile(r"\s+")
_WORD: Final = re.compile(r"\S+")
# Letters that are written from right to left; their digits are not.
_LEFTWARDS: Final = "\u0590-\u065f\u066a-\u06ef\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
_RIGHT_TO_LEFT: Final = re.compile(f"[{_LEFTWARDS}]")
_LETTERS: Final = re.compile(f"[{_LEFTWARDS}]{{2,}}")
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\uffff]")
_UNTIDY: Final = re.compile(r"\s\s|(?! )\s|" + _UNSEEN.pattern)
_WIDE_GAP: Final = 1.5  # times the height of a line: no blank between words is as wide
_NEAR: Final = 1.0  # point: lines this near to each other stand at one height
_NARROW_GAP: Final = 0.5  # of the size of letters: cells may be as near
_LOOSE: Final = 0.66  # of their size, for each letter of a line without wide gaps
_CHINESE: Final = 0.3  # for each byte of a character more than one
_SPREAD: Final = 4  # signs for each blank: fewer are set apart
_WIDE: Final = "\u2e80-\u303e\u3040-\u9fff\uf900-\ufaff\uff00-\uffef℃□☑☐"
_BETWEEN_CHINESE: Final = re.compile(f"(?<=[{_WIDE}]) (?=[{_WIDE}])")
_CHINESE_PAIR: Final = re.compile("[\u4e00-\u9fff]{2}")
# Signs that fonts of Chinese lack: others draw them, in a turn of their own.
_SYMBOLS: Final = re.compile("[\u25a0-\u27bf]")
_AROUND: Final = 3  # lines above and below a wide one, that are looked at closely
_WIDE_SHARE: Final = 0.15  # of a page's lines: then every line is looked at closely


class Gap(NamedTuple):
    """A blank: the number of the character behind it, and where it begins and ends."""

    number: int
    left: float
    right: float


@dataclass(slots=True)
class Piece:
    """A run of characters on one line, without a wide gap in it.

    Attributes:
        text: The characters.
        numbers: The number of each in the page's list.
        box: Where they stand.
        size: Of the letters, in points.
        base: The height of the line that letters stand on.
        hyphen: The word goes on in the next line.
        grid: The rules that it stands between.
        place: Row and column of its cell there; `OVER` of a word that reaches over one.
        gaps: Blanks inside of it that may part two cells, none of them wide.
    """

    text: str
    numbers: Sequence[int]
    box: Box
    size: float
    base: float
    hyphen: bool = False
    grid: Grid | None = None
    place: tuple[int, int] = (0, 0)
    gaps: Sequence[Gap] = ()

    def parts(self) -> Iterator["Piece"]:
        """Yield the runs of characters between the gaps inside of it."""
        if not self.gaps:
            yield self
            return
        ends = [
            (bisect_left(self.numbers, g.number), g.left, g.right) for g in self.gaps
        ]
        begin, left = 0, self.box.left
        for end, right, following in (*ends, (len(self.text), self.box.right, 0.0)):
            text = self.text[begin:end].rstrip()
            if text:
                yield replace(
                    self,
                    text=text,
                    numbers=self.numbers[begin : begin + len(text)],
                    box=self.box._replace(left=left, right=right),
                    hyphen=self.hyphen and end == len(self.text),
                    gaps=(),
                )
            begin, left = end, following

    @property
    def height(self) -> float:
        """The height of the letters, at least half their size."""
        return max(self.box.top - self.box.bottom, self.size * 0.5, 1.0)


# A line as its pieces.
Line = list[Piece]


def numbers_of(pieces: Iterable[Piece]) -> set[int]:
    """Return the numbers of all characters that are the page's."""
    return {number for piece in pieces for number in piece.numbers if number != NONE}


_Cell = tuple[Grid, tuple[int, int]] | None


def read_signs(textpage: Any, turn: Callable[[Box], Box] | None = None) -> Signs:
    """Return the characters of a page in the order in which they are read.

    Args:
        textpage: PDFium's list of characters.
        turn: Turns a box to where it stands on the page as it is shown.
    """
    signs = Signs(textpage, turn)
    mark_raised(signs)
    if runs_left(signs.units):
        signs.units = _letters_in_order(signs.units, signs.box)
    return signs


def page_lines(signs: Signs, ruling_lines: RulingLines) -> Iterator[Line]:
    """Yield each line as its pieces, in PDFium's order.

    Args:
        signs: The characters of a page.
        ruling_lines: What is drawn on the page: lines are cut there.
    """
    both_ways = runs_left(signs.units)
    if both_ways:
        # Words in both directions are told apart by gaps alone.
        ruling_lines = RulingLines()
    runs = [_Run.of(*line.span(), signs) for line in _LINE.finditer(signs.units)]
    # Asking where characters stand is most of the work: running text is only sampled.
    wide = [_looks_wide(signs, run) for run in runs]
    for at in range(1, len(runs)):  # cells beside each other are drawn in turn
        if runs[at].first.bottom > runs[at - 1].first.bottom + _NEAR:
            wide[at] = True
    cut_all = sum(wide) >= _WIDE_SHARE * len(runs)
    for at, run in enumerate(runs):
        if both_ways and runs_left(signs.units[run.start : run.end]):
            candidates = _pieces_both_ways(signs, run)
        elif ruling_lines.grids and (grids := ruling_lines.touching(run.around())):
            candidates = _pieces_of_cells(signs, run, grids=grids)
        else:
            cut = cut_all or any(wide[max(at - _AROUND, 0) : at + _AROUND + 1])
            candidates = _pieces_in_order(signs, run, cut=cut)
        pieces = [piece for piece in candidates if piece.text.strip()]
        if pieces:
            rest = signs.units[run.end : run.end + 2].lstrip(" ")
            pieces[-1].hyphen = rest.startswith(SOFT_HYPHEN)
            yield from _at_one_height(pieces)


def _at_one_height(pieces: Line) -> Iterator[Line]:
    """Yield what stands at one height: PDFium takes some lines for one."""
    line = pieces[:1]
    for before, piece in pairwise(pieces):
        if piece.box.top <= before.box.bottom or piece.box.bottom >= before.box.top:
            yield line
            line = []
        line.append(piece)
    yield line


class _Run(NamedTuple):
    """Characters on one line, and where the first and the last stand."""

    start: int
    end: int
    first: Box
    last: Box

    @classmethod
    def of(cls, start: int, end: int, signs: Signs) -> "_Run":
        return cls(start, end, signs.box(start), signs.box(end - 1))

    def around(self) -> Box:
        return joined(self.first, self.last)


def _letters_in_order(units: str, box: Callable[[int], Box]) -> str:
    """Return words from right to left in their order, and lam before alef in one sign.

    PDFium turns what it takes for the order on the page: not the letters of some words,
    and those of one sign too much.
    """

    def in_order(run: re.Match[str]) -> str:
        boxes = [box(number) for number in range(*run.span())]
        first, last = boxes[0], boxes[-1]
        if first.left + first.right < last.left + last.right:
            signs = groupby(zip(run[0], boxes, strict=True), key=itemgetter(1))
            letter_groups = ["".join(letter for letter, _ in sign) for _, sign in signs]
            return "".join(reversed(letter_groups))
        return _LAM_ALEF.sub(
            lambda pair: (
                pair[0][::-1]
                if boxes[pair.start()] == boxes[pair.end() - 1]
                else pair[0]
            ),
            run[0],
        )

    return _LETTERS.sub(in_order, units)


def _looks_wide(signs: Signs, run: _Run) -> bool:
    """Tell whether a line may have a wide gap.

    It is wider than its letters, or has a gap where rows and merged columns have one:
    rows of a table before their last cell, columns near the middle.
    """
    start, end, first, last = run
    letters = float(end - start)
    # Three bytes of Chinese are as wide as two letters at least.
    letters += _CHINESE * (
        len(signs.units[start:end].encode(errors="replace")) - letters
    )
    if last.right - first.left > _LOOSE * letters * signs.size(start)[0]:
        return True
    before_last = signs.units.rfind(" ", start, end)
    middle = (start + end) // 2
    before, after = (
        signs.units.rfind(" ", start, middle),
        signs.units.find(" ", middle, end),
    )
    near = before if after < 0 or middle - before < after - middle else after
    for at in {before_last, near}:
        blank = _BLANKS.match(signs.units, at) if at > 0 else None
        if blank and blank.end() < end:
            here, there = signs.box(at - 1), signs.box(blank.end())
            if _is_wide(here, there):
                return True
    return False


def _is_wide(here: "Box", there: "Box", height: float = 1.0) -> bool:
    gap = there.left - here.right
    if gap <= _WIDE_GAP * height:  # as nearly all
        return False
    return gap > _WIDE_GAP * max(here.top - here.bottom, there.top - there.bottom)


def _is_below(here: "Box", there: "Box") -> bool:
    return there.right < here.left and there.top <= here.bottom


def _pieces(signs: Signs, run: _Run, *, cut: bool) -> Iterator[Piece]:
    """Cut a line at gaps that are wider than any blank between words."""
    start, end, first, last = run
    height = max(first.top - first.bottom, last.top - last.bottom, 1.0)
    begin, left = start, first
    gaps: list[Gap] = []
    narrow = _NARROW_GAP * (signs.size(start)[0] if cut else height)
    for blank in _BLANKS.finditer(signs.units, start, end) if cut else ():
        before, after = blank.span()
        here, there = signs.box(before - 1), signs.box(after)
        height = max(height, here.top - here.bottom)
        if _is_wide(here, there, height) or _is_below(here, there):
            box = joined(left, here)
            yield _piece(signs, begin, before, box=box, gaps=gaps)
            begin, left, gaps = after, there, []
        elif there.left - here.right > narrow:
            gaps.append(Gap(after, here.right, there.left))
    box = joined(left, last)
    yield _piece(signs, begin, end, box=box, gaps=gaps)


def _pieces_in_order(signs: Signs, run: _Run, *, cut: bool) -> Iterator[Piece]:
    """Cut a line at wide gaps, with its signs from the left if some are drawn later."""
    if not _SYMBOLS.search(signs.units, run.start, run.end):
        return _pieces(signs, run, cut=cut)
    words = _WORD.finditer(signs.units, run.start, run.end)
    numbers = [at for word in words for at in range(*word.span())]
    boxes = {at: signs.box(at) for at in numbers}
    close = signs.size(run.start)[0] / 2
    in_order = all(boxes[b].left > boxes[a].left - close for a, b in pairwise(numbers))
    heights = [box.bottom + box.top for box in boxes.values()]
    if in_order or max(heights) - min(heights) > 2 * close:  # or not of one line
        return _pieces(signs, run, cut=cut)
    return _pieces_from_left(signs, boxes)


def _pieces_from_left(signs: Signs, boxes: Mapping[int, Box]) -> Iterator[Piece]:
    """Make pieces of signs by where they stand."""
    text, numbers, box = "", list[int](), None
    first = last = -1
    for number in sorted(boxes, key=lambda at: boxes[at].left):
        here = boxes[number]
        if box is not None and _is_wide(box, here, box.top - box.bottom):
            yield Piece(text, numbers, box, *signs.size(first))
            text, numbers, box = "", [], None
        elif box is not None and number != last + 1:
            text += " "
            numbers.append(NONE)
        if box is None:
            first = number
        tidied, own = _tidy(signs, [number])
        text += tidied
        numbers += own
        box, last = here if box is None else joined(box, here), number
    if box is not None:
        yield Piece(text, numbers, box, *signs.size(first))


def _pieces_of_cells(
    signs: Signs, run: _Run, *, grids: Sequence[Grid]
) -> Iterator[Piece]:
    """Cut a line where it passes from cell to cell."""
    cells: list[tuple[int, _Cell]] = []
    for word in _WORD.finditer(signs.units, run.start, run.end):
        boxes = [signs.box(at) for at in range(*word.span())]
        letter_cells = [_cell(box, grids) for box in boxes]
        close = _OF_ONE_WORD * signs.size(word.start())[0]
        if any(
            letter_cells[at] != letter_cells[at - 1]
            and boxes[at].left - boxes[at - 1].right < close
            for at in range(1, len(letter_cells))
        ):
            letter_cells = [_cell_of_word(letter_cells)] * len(letter_cells)
        cells += zip(range(*word.span()), letter_cells, strict=True)
    for cell, members in groupby(cells, key=itemgetter(1)):
        inside = [at for at, _ in members]
        part = _Run.of(inside[0], inside[-1] + 1, signs)
        for piece in _pieces(signs, part, cut=True):
            if cell is not None:
                piece.grid, piece.place = cell
            yield piece


def _cell_of_word(cells: Sequence[_Cell]) -> _Cell:
    """Return where most letters of a word stand that reaches over a rule."""
    ((cell, count),) = Counter(cells).most_common(1)
    if count >= _MOSTLY * len(cells):
        return cell
    return next((each[0], OVER) for each in cells if each)


def _cell(box: Box, grids: Sequence[Grid]) -> _Cell:
    for grid in grids:
        place = grid.place(box)
        if place is not None:
            return grid, place
    return None


def runs_left(text: str) -> bool:
    """Tell whether there are letters in a text that are written from right to left."""
    return not text.isascii() and _RIGHT_TO_LEFT.search(text) is not None


def _pieces_both_ways(signs: Signs, run: _Run) -> Iterator[Piece]:
    """Cut a line at wide gaps where words that follow each other may stand apart.

    Numbers and foreign words stand the other way round in what is written from right to
    left: gaps are those between words as they stand.
    """
    words = [word.span() for word in _WORD.finditer(signs.units, run.start, run.end)]
    boxes = [reduce(joined, map(signs.box, range(*word))) for word in words]
    wide = _WIDE_GAP * max([box.top - box.bottom for box in boxes] + [1.0])
    places = [0] * len(words)
    place, reach = 0, min(box.right for box in boxes)
    for at in sorted(range(len(words)), key=lambda at: boxes[at].left):
        place += boxes[at].left - reach > wide
        reach = max(reach, boxes[at].right)
        places[at] = place
    for _, members in groupby(range(len(words)), key=places.__getitem__):
        together = list(members)
        box = reduce(joined, (boxes[at] for at in together))
        first, last = words[together[0]][0], words[together[-1]][1]
        yield _piece(signs, first, last, box=box)


def _piece(
    signs: Signs,
    start: int,
    end: int,
    *,
    box: Box,
    gaps: Sequence[Gap] = (),
) -> Piece:
    """Return characters `start` to `end` as text, one number for each code point."""
    text = signs.units[start:end]
    numbers: Sequence[int] = range(start, end)
    plain = text.isprintable() and "  " not in text  # nearly all, and quickly decided
    if not plain and _UNTIDY.search(text):
        text, numbers = _tidy(signs, numbers)
    if _SPREAD * text.count(" ") > len(text) > _SPREAD:
        text, numbers = _close_up(text, numbers)
    return Piece(text, numbers, box, *signs.size(start), gaps=gaps)


def _close_up(text: str, numbers: Sequence[int]) -> tuple[str, Sequence[int]]:
    """Leave out blanks between Chinese characters that are set wide apart.

    As in a line that is drawn out to both margins, or a title.
    """
    blanks = {match.start() for match in _BETWEEN_CHINESE.finditer(text)}
    if 2 * len(blanks) < text.count(" ") or _CHINESE_PAIR.search(text):
        return text, numbers
    kept = [at for at in range(len(text)) if at not in blanks]
    return "".join(text[at] for at in kept), [numbers[at] for at in kept]


def _tidy(signs: Signs, numbers: Sequence[int]) -> tuple[str, list[int]]:
    """Join surrogates, drop what no reader sees, and make one blank of several."""
    text: list[str] = []
    kept: list[int] = []
    high = 0
    for number in numbers:
        if number in signs.several and signs.units[number] == SEVERAL:
            text += signs.several[number]
            kept += [number] * len(signs.several[number])
            continue
        code = ord(signs.units[number])
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000:
            low, code = code, 0
            if high:
                code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
        high = 0
        character = " " if chr(code).isspace() else chr(code)
        again = character == " " and text[-1:] == [" "]
        if code >= 0x20 and not _UNSEEN.match(character) and not again:
            text.append(character)
            kept.append(number)
    return "".join(text), kept
