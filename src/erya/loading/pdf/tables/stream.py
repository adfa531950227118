"""Tables without lines around their cells: what stands below each other makes columns.

Cells go on over several lines. Which lines are of one row is decided by the lines that
are drawn between rows, if there are any; else by the distance of lines, and by whether
the line above was full.
"""

import re
import statistics
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import Final

from erya.loading.pdf.joining import by_lines, flat
from erya.loading.pdf.lines import Line, Piece
from erya.loading.pdf.ruling_lines import RulingLine
from erya.loading.pdf.tables.columns import (
    BEFORE,
    BEHIND,
    CAPTION,
    FIGURES,
    NEAR,
    Row,
    Span,
    cells_of,
    in_turn,
    places_of,
    shares,
    span_of,
)
from erya.loading.pdf.tables.striped import striped_tables

__all__ = ["names_above", "stream_tables", "with_signs"]

_SIGN: Final = 0.6  # of the size of figures, that a sign behind them is wide
_APART: Final = 2.2  # times the height of a line: more blank ends a table
_ROWS_APART: Final = 5  # the same, between lines with several cells
_ROWS_NAMED: Final = 3.2  # the same, between the names of columns and a table
_MOST_NAMES: Final = 10  # lines, that names of columns have
_MOST_COLUMNS: Final = 100  # of a table, in which pieces are looked for one by one
_HANGS: Final = 4  # times the size of letters, that a name is wider than its column
_CLOSE: Final = 1.12  # times the least step from line to line: lines of one cell
_ACROSS: Final = 0.6  # of a table's width, that a rule between rows goes over
_OF_CELLS: Final = 0.7  # of lines that are near each other and look like one cell
_OPEN: Final = 0.3  # of the lines in which cells go on, with a column that does not
_CROSSED: Final = 0.15  # of a table's lines, with a cell over several columns
_LEADING: Final = 1.8  # times the size of letters, from line to line of a cell
_WIDE: Final = 5  # times the size of letters: a narrower column is as wide as its words
_BLANK: Final = 0.25  # of the size of letters, between two words
_CLEAR: Final = 1.5  # times the height of a line: no blank between words is as wide
_OFTEN: Final = 4  # lines with a gap at one place: it is not there by chance
# The first word, of which the line above had no room; of Chinese a character.
_FIRST: Final = re.compile(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+")

# What stands before the entries of a list.
_BULLET: Final = re.compile(r"[•‣▪▫■□●○◦◆◇►▶➢✓✔☐☑☒□·*=o–—-]")
_NUMBERED: Final = re.compile(
    r"[(（]?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,5}|[一二三四五六七八九十]{1,3})[)）.、]"
    r"|\d{1,2}(?:\.\d{1,2}){0,3}"
)


def stream_tables(
    lines: Sequence[Line], horizontal_lines: Sequence[RulingLine]
) -> Iterator[list[Row]]:
    """Yield the rows of each table among lines.

    Args:
        lines: In the order in which they are drawn.
        horizontal_lines: The ruling lines from left to right.
    """
    if not _may_hold_one(lines):
        return
    pieces = _from_top(lines)
    taken: set[int] = set()
    for table in striped_tables(pieces, horizontal_lines, taken):
        taken |= {id(piece) for row in table for cell in row for piece in cell}
        yield table
    visual = by_lines([piece for piece in pieces if id(piece) not in taken])
    for zone in _zones([with_signs(line) for line in visual]):
        rows = _rows(zone, horizontal_lines)
        if rows is not None:
            yield rows


def names_above(heads: Sequence[Line], body: Sequence[Line]) -> list[Line]:
    """Return the last of the running heads if they name the columns below them.

    On each page on which a table goes on its names may stand again.

    Args:
        heads: What stands above the text on every page.
        body: The text of the page.
    """
    above = by_lines(_from_top(heads))
    below = by_lines(_from_top(body))[:1]
    names = [
        line
        for line in above[-1:]
        if below and len(line) > 1 and len(below[0]) > 1
        and _near(line, below[0], apart=_ROWS_NAMED)
        and (_is_aligned(line, below[0]) or _heads(line, below[0]))
    ]  # fmt: skip
    first = {piece.numbers[0] for line in names for piece in line}
    return [line for line in heads if line[0].numbers[0] in first]


def _from_top(lines: Sequence[Line]) -> list[Piece]:
    pieces = [part for line in lines for piece in line for part in piece.parts()]
    return sorted(pieces, key=lambda piece: -piece.box.top)


def with_signs(line: Line) -> Line:
    """Return a line with signs of money and percent beside their figures."""
    joined: Line = []
    for piece in line:
        before = joined[-1].text if joined else ""
        if before in BEFORE or (before and piece.text in BEHIND):
            joined[-1] = flat([joined[-1], piece])
        else:
            joined.append(piece)
    return joined


def _may_hold_one(lines: Sequence[Line]) -> bool:
    """Tell whether anything stands beside something else; of running text nothing."""
    return any(len(line) > 1 for line in lines) or any(
        below[0].box.top > above[0].box.bottom + 0.5 * above[0].height
        for above, below in pairwise(lines)
    )


def _zones(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Return lines that make a table, from the first to the last row."""
    rows = [at for at, line in enumerate(lines) if 1 < len(line) <= _MOST_COLUMNS]
    chains = _chain_rows(lines, rows, apart=_ROWS_APART)
    zones = []
    free = len(lines)  # from the bottom: names of columns are of the table below them
    while chains:
        chain = chains.pop()
        begin, end = chain[0], chain[-1] + 1
        if len(chain) < 2 or end > free:
            continue
        columns = _merge_columns(lines[begin:end])
        if not _stand_below(lines[begin:end], columns):
            nearer = _chain_rows(lines, chain, apart=_APART)
            chains += nearer if len(nearer) > 1 else []
            continue
        begin -= _count_above(lines[max(begin - _MOST_NAMES, 0) : begin + 1], columns)
        end += _count_below(lines[end - 1 : free], columns)
        zones.append(list(lines[begin:end]))
        free = begin
    return reversed(zones)


def _chain_rows(
    lines: Sequence[Line], rows: Sequence[int], *, apart: float
) -> list[list[int]]:
    """Return rows that may be of one table, as their places among the lines."""
    chains: list[list[int]] = []
    for at in rows:
        if chains and _goes_on(lines[chains[-1][-1] : at + 1], apart=apart):
            chains[-1].append(at)
        else:
            chains.append([at])
    return chains


def _stand_below(lines: Sequence[Line], columns: Sequence[Span]) -> bool:
    """Tell whether the gaps stand below each other, as those of text do not.

    In justified text some do so by chance, and others are crossed by words. Two rows
    make a table if they have figures.
    """
    crossed = sum(
        any(len(places_of(piece, columns)) > 1 for piece in line) for line in lines
    )
    figures = any(FIGURES.fullmatch(piece.text) for piece in lines[-1][1:])
    return crossed <= _CROSSED * len(lines) and (len(lines) > 2 or figures)


def _goes_on(lines: Sequence[Line], *, apart: float) -> bool:
    """Tell whether two lines with gaps are of one table; cells may go on between."""
    one, *between, other = lines
    return (
        all(_near(above, below, apart=apart) for above, below in pairwise(lines))
        and (_is_aligned(one, other) or _heads(one, other))
        and all(_fits(line, one, other) for line in between)
    )


def _near(above: Line, below: Line, *, apart: float) -> bool:
    """Tell whether lines follow each other; rows may be `apart` times their height."""
    gap = min(p.box.bottom for p in above) - max(p.box.top for p in below)
    most = apart if len(above) > 1 and len(below) > 1 else _APART
    return gap < most * max(p.height for p in (*above, *below))


def _fits(line: Line, above: Line, below: Line) -> bool:
    """Tell whether a piece on a line of its own stands in a cell."""
    return all(
        sum(shares(piece, span_of(other)) for other in row) <= 1
        for piece in line
        for row in (above, below)
    )


def _count_above(lines: Sequence[Line], columns: Sequence[Span]) -> int:
    """Return how many lines above a row its column names begin with.

    Args:
        lines: What stands above the row, and the row.
        columns: Of the table.
    """
    count = 0
    for below, line in pairwise(reversed(lines)):
        places = [places_of(piece, columns) for piece in line]
        across = any(not place or (0 in place and len(place) > 1) for place in places)
        apart = len({tuple(place) for place in places}) == len(line)
        if across or not apart or not _near(line, below, apart=_ROWS_NAMED):
            break
        if len(line) == 1 and (
            CAPTION.match(line[0].text)
            or _names(below, columns)
            or not _heads_some(line[0], columns)
        ):
            break
        count += 1
    return count


def _names(line: Line, columns: Sequence[Span]) -> bool:
    """Tell whether a line may name all columns, as none of them is a figure."""
    figures = any(FIGURES.fullmatch(piece.text) for piece in line)
    return len(line) == len(columns) and not figures


def _heads_some(piece: Piece, columns: Sequence[Span]) -> bool:
    """Tell whether a piece stands above the middle of columns, but not the first."""
    places = places_of(piece, columns)
    left, right = columns[places[0]][0], columns[places[-1]][1]
    middle = (piece.box.left + piece.box.right) / 2
    narrow = piece.box.right - piece.box.left < right - left + _HANGS * piece.size
    hang = _HANGS * piece.size / 2
    return places[0] > 0 and narrow and left - hang < middle < right + hang


def _count_below(lines: Sequence[Line], columns: Sequence[Span]) -> int:
    """Return how many lines go on with the cells of a row.

    Args:
        lines: The row, and what stands below it.
        columns: Of the table.
    """
    count = 0
    for above, line in pairwise(lines):
        fits = all(len(places_of(piece, columns)) == 1 for piece in line)
        step = above[0].base - line[0].base
        near = fits and step < _LEADING * line[0].size
        if not near or not _continues(above, line, columns, row=lines[0]):
            break
        count += 1
    return count


def _is_aligned(one: Line, other: Line) -> bool:
    """Tell whether at least half of the inner edges of cells stand below each other.

    The outermost edges do so in any text.
    """
    line, longer = sorted((one, other), key=len)
    near = 0
    for before, after in pairwise(line):
        near += any(_one_column(after, each) for each in longer[1:]) or any(
            abs(before.box.right - each.box.right) < NEAR for each in longer[:-1]
        )
    return 2 * near >= len(line) - 1


def _one_column(one: Piece, other: Piece) -> bool:
    """Tell whether two cells have an edge or their middle below each other."""
    left, right = one.box.left - other.box.left, one.box.right - other.box.right
    # Figures stand below each other, a parenthesis behind them does not.
    figures = FIGURES.fullmatch(one.text) and FIGURES.fullmatch(other.text)
    return (
        abs(left) < NEAR
        or abs(left + right) < 2 * NEAR
        or abs(right) < (_SIGN * one.size if figures else 0)
    )


def _heads(line: Line, row: Line) -> bool:
    """Tell whether each piece of a line stands above one cell of a row."""
    return len(line) == len(row) > 1 and all(
        one.box.left < other.box.right and other.box.left < one.box.right
        for one, other in zip(line, row, strict=True)
    )


def _columns(lines: Sequence[Line]) -> list[Span]:
    """Return from where to where each column goes, as the fullest line tells."""
    ordered = sorted(lines, key=len, reverse=True)
    columns = [span_of(piece) for piece in ordered[0]]
    for line in ordered[1:]:
        for piece in line:
            places = places_of(piece, columns)
            left, right = span_of(piece)
            if not places and len(line) > 1:
                columns.insert(bisect_left(columns, (left, right)), (left, right))
            elif len(places) == 1:
                (at,) = places
                low = columns[at - 1][1] if at else left
                high = columns[at + 1][0] if at + 1 < len(columns) else right
                start, end = columns[at]
                columns[at] = min(start, max(left, low)), max(end, min(right, high))
    return columns


def _rows(
    zone: Sequence[Line], horizontal_lines: Sequence[RulingLine]
) -> list[Row] | None:
    """Return the rows that lines make; None if they make no table."""
    columns = _merge_columns(zone)
    lines = [cells_of(line, columns) for line in zone]
    groups = next(
        (
            grouping
            for grouping in (
                _between_rules(zone, horizontal_lines),
                _by_blanks(zone, lines),
            )
            if len(grouping) > 1 and _like_cells(lines, grouping, columns)
        ),
        None,
    )
    if groups is None:
        groups = [[0]]
        for at, (above, line) in enumerate(pairwise(zone), start=1):
            if _continues(above, line, columns, row=zone[groups[-1][0]]):
                groups[-1].append(at)
            else:
                groups.append([at])
    rows: list[Row] = [
        [
            [*chain.from_iterable(cells)]
            for cells in zip(*(lines[at] for at in group), strict=True)
        ]
        for group in groups
    ]
    several = sum(sum(map(bool, row)) > 1 for row in rows)
    is_table = several > 1 and len(columns) > 1 and in_turn(rows)
    return rows if is_table and not _is_list(rows) else None


def _is_list(rows: Sequence[Row]) -> bool:
    """Tell whether the first column has nothing but what stands before entries."""
    marks = [" ".join(piece.text for piece in row[0]) for row in rows if row[0]]
    figures = any(FIGURES.fullmatch(piece.text) for row in rows for piece in row[1])
    numbered = (
        len(rows[0]) == 2 and not figures and all(map(_NUMBERED.fullmatch, marks))
    )
    return bool(marks) and (numbered or all(map(_BULLET.fullmatch, marks)))


def _merge_columns(zone: Sequence[Line]) -> list[Span]:
    """Return columns, those as one between which a gap is neither wide nor frequent."""
    columns = _columns(zone)
    lines = [cells_of(line, columns) for line in zone]
    gaps: list[list[float]] = [[] for _ in columns[1:]]
    for line in lines:
        filled = [at for at, cell in enumerate(line) if cell]
        for one, other in pairwise(filled):
            gap = line[other][0].box.left - line[one][-1].box.right
            gaps[other - 1].append(gap / line[other][0].height)
    clear = [max(g, default=_CLEAR) >= _CLEAR or len(g) >= _OFTEN for g in gaps]
    parted = columns[:1]
    for column, is_clear, seen in zip(columns[1:], clear, gaps, strict=True):
        if is_clear or (any(clear) and len(seen) > 1):
            parted.append(column)
        else:
            parted[-1] = parted[-1][0], column[1]
    return parted


def _between_rules(
    zone: Sequence[Line], horizontal_lines: Sequence[RulingLine]
) -> list[list[int]]:
    """Put lines together between which no rule is drawn; a line is its number."""
    left = min(line[0].box.left for line in zone)
    right = max(line[-1].box.right for line in zone)
    middles = [
        statistics.median((p.box.top + p.box.bottom) / 2 for p in line) for line in zone
    ]
    wide = [
        rule.at
        for rule in horizontal_lines
        if min(rule.end, right) - max(rule.start, left) > _ACROSS * (right - left)
    ]
    groups = [[0]]
    for at, (above, below) in enumerate(pairwise(middles), start=1):
        if any(below < height < above for height in wide):
            groups.append([])
        groups[-1].append(at)
    return groups


def _by_blanks(zone: Sequence[Line], lines: Sequence[Row]) -> list[list[int]]:
    """Put lines together that are no further apart than lines of one cell are.

    What stands in the middle of its cell stands at another height than what is beside
    it: a row ends where nothing goes on in any column.
    """
    bases = [statistics.median(piece.base for piece in line) for line in zone]
    steps = [
        bases[one] - bases[other]
        for column in zip(*lines, strict=True)
        for one, other in pairwise([at for at, cell in enumerate(column) if cell])
    ]
    leading = min((step for step in steps if step > NEAR), default=0.0)
    groups = [[0]]
    for at, (above, below) in enumerate(pairwise(bases), start=1):
        if above - below > _CLOSE * leading:
            groups.append([])
        groups[-1].append(at)
    return groups


def _like_cells(
    lines: Sequence[Row], groups: Sequence[Sequence[int]], columns: Sequence[Span]
) -> bool:
    """Tell whether the lines of each group look as if cells went on in them."""
    full = [
        _is_full(above[-1], below[0], columns[column])
        for group in groups
        for column in range(len(columns))
        for above, below in pairwise(
            lines[at][column] for at in group if lines[at][column]
        )
    ]
    # Rows of a list are as near to each other, and have a text in each column.
    further = [lines[at] for group in groups for at in group[1:]]
    open_ = sum(not all(line) for line in further)
    return sum(full) >= _OF_CELLS * len(full) and open_ >= _OPEN * len(further)


def _continues(above: Line, line: Line, columns: Sequence[Span], *, row: Line) -> bool:
    """Tell whether cells of the line above were full, and some go on in this line.

    Args:
        above: The line above.
        line: This line.
        columns: Of the table.
        row: The line that the row begins with.
    """
    over, under = cells_of(above, columns), cells_of(line, columns)
    return sum(map(bool, under)) < sum(map(bool, cells_of(row, columns))) and all(
        not below
        or (
            up
            and column[1] - column[0] > _WIDE * below[0].size
            and _is_full(up[-1], below[0], column)
        )
        for up, below, column in zip(over, under, columns, strict=True)
    )


def _is_full(above: Piece, below: Piece, column: Span) -> bool:
    """Tell whether the first word of a line had no room in the line above it."""
    if above.hyphen or (len(above.text) > 1 and above.text[-1] == "-"):
        return True
    if FIGURES.fullmatch(above.text) and FIGURES.fullmatch(below.text):
        return False
    word = _FIRST.match(below.text)
    share = (word.end() if word else 1) / len(below.text)
    wide = (below.box.right - below.box.left) * share
    room = column[1] - column[0] - (above.box.right - above.box.left)
    return room < wide + _BLANK * above.size
