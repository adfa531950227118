"""Which rows of a sheet or a table stand above its rows of data."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

__all__ = [
    "Span",
    "begins_with_names",
    "count_notes",
    "is_data",
    "join_heads",
    "looks_named",
    "split_tables",
]

_MOST_NOTES: Final = 6  # rows above the names of columns
_LOOKED_AT: Final = 20  # rows that tell how wide a table is
_MOST_HEADS: Final = 4  # rows of names
_NUMBER: Final = re.compile(r"[-+(]?\s?[¥$€£￥]?\s?-?[\d.,]{1,40}\s?[%％)]?")
_FEWEST_NAMED: Final = 3  # columns
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_LABEL: Final = re.compile("[:：]")


class Span(NamedTuple):
    """Cells of one row that are one; the last is one of them."""

    first: int
    last: int


def looks_named(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first row names the columns: it has texts, and no number."""
    first = [cell for cell in rows[0] if cell]
    return (
        len(rows) > 1
        and len(first) * 2 > len(rows[0])
        and not any(cell.replace(",", "").replace(".", "").isdigit() for cell in first)
    )


def begins_with_names(
    rows: Sequence[Sequence[str]], *, least: int = _FEWEST_NAMED
) -> bool:
    """Tell whether the first row is one of names though nothing marks it as such.

    It has a text for each of three columns or more, and one of them has figures below.
    Of fewer columns it may be a label with its value.

    Args:
        rows: Of a table.
        least: How many columns it must have.
    """
    first, below = rows[0], rows[1:_LOOKED_AT]
    if len(rows) < 2 or len(first) < least or not all(map(str.strip, first)):
        return False
    if any(map(_has_digit, first)):
        return False
    return any(
        sum(_has_digit(row[at]) for row in below if at < len(row)) * 2 > len(below)
        for at in range(len(first))
    )


def count_notes(rows: Sequence[Sequence[str]]) -> int:
    """Return how many rows are a title or a note above the names of the columns.

    They have few cells, or labels with their values; the names have a cell for each
    column, and none is a number. Without such a row below them there are none.
    """
    sizes = Counter(_count_filled(row) for row in rows[:_LOOKED_AT])
    width = max((size for size, n in sizes.items() if n > 1), default=0)
    for at, row in enumerate(rows[:_MOST_NOTES]):
        if _names_all(row, width) and (width > 2 or _has_numbers(rows[at + 1 :])):
            return at
        below = rows[at + 1] if at + 1 < len(rows) else ()
        if not _is_note(row, width) and not _is_record(row, below, width):
            return 0
    return 0


def is_data(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first row is one of data: it has numbers where others have.

    Years and numbers that count up name columns as well.
    """
    if len(rows) < 2:
        return False
    numbers = [at for at, cell in enumerate(rows[0]) if _is_number(cell)]
    below = rows[1:_LOOKED_AT]
    alike = all(
        2
        * sum(_NUMBER.fullmatch(row[at]) is not None for row in below if at < len(row))
        > len(below)
        for at in numbers
    )
    number_cells = [rows[0][at] for at in numbers]
    first = (
        int(number_cells[0])
        if number_cells and number_cells[0].isdecimal() and len(number_cells[0]) < 9
        else 0
    )
    counts = len(number_cells) > 1 and number_cells == [
        str(first + n) for n in range(len(number_cells))
    ]
    return bool(numbers) and alike and not counts


def split_tables(rows: Sequence[list[str]]) -> Iterator[list[list[str]]]:
    """Yield tables that lines without anything part.

    Rows behind such a line go on with the table before it unless they have names and
    numbers below them, as that has.
    """
    table: list[list[str]] = []
    run: list[list[str]] = []
    for row in (*rows, []):
        if any(row):
            run.append(row)
            continue
        if len(table) > 1 and _begins_table(run):
            yield table
            table = []
        table += run
        run = []
    if table:
        yield table


def _has_digit(cell: str) -> bool:
    return any(map(str.isdigit, cell))


def _begins_table(rows: Sequence[Sequence[str]]) -> bool:
    if len(rows) < 2 or not _names_all(rows[0], 2):
        return False
    return any(_is_number(cell) for cell in rows[1][: len(rows[0])])


def _names_all(row: Sequence[str], width: int) -> bool:
    return 1 < width <= _count_filled(row) and not any(map(_is_number, row))


def _is_note(row: Sequence[str], width: int) -> bool:
    filled = [cell for cell in row if cell]
    few = len(filled) * 2 <= width and (bool(row[0]) or len(filled) == 1)
    if len(filled) < width and row[0].startswith("#"):  # a comment of a program
        return True
    labels = len(filled) < width and any(map(_LABEL.search, filled))
    return few or labels


def _is_record(row: Sequence[str], below: Sequence[str], width: int) -> bool:
    """Tell whether a row of another form, with figures, stands above the names.

    As programs write who exported a file, and when.
    """
    return (
        _count_filled(row) < width
        and any(map(_is_number, row))
        and _names_all(below, width)
        and not any(map(_has_digit, below[:1]))
    )


def _has_numbers(rows: Sequence[Sequence[str]]) -> bool:
    return any(_NUMBER.fullmatch(cell) for row in rows[:_LOOKED_AT] for cell in row)


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None and not _YEAR.fullmatch(cell)


def _count_filled(row: Sequence[str]) -> int:
    return sum(map(bool, row))


def join_heads(
    rows: Sequence[list[str]], spans: Sequence[Sequence[Span]]
) -> list[list[str]]:
    """Return rows with the names of columns in one, where several rows name them.

    Args:
        rows: Of a table, the names first.
        spans: The cells of the first rows that are one, over several columns.
    """
    names, at = list(rows[0]), 0
    while at + 1 < min(len(rows), len(spans), _MOST_HEADS) and spans[at]:
        below = rows[at + 1]
        inside = [below[n] for s in spans[at] for n in range(s.first, s.last + 1)]
        if not any(inside) or any(map(_is_number, below)):
            break
        over = list(names)
        for span in spans[at]:
            over[span.first : span.last + 1] = [names[span.first]] * (
                span.last + 1 - span.first
            )
        names = [
            upper if upper == lower else f"{upper} {lower}".strip()
            for upper, lower in zip(over, below, strict=True)
        ]
        at += 1
    return [names, *rows[at + 1 :]]
