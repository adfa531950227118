"""Rows of a text whose cells are parted by a sign (CSV, TSV)."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from operator import itemgetter
from typing import Final, NamedTuple

__all__ = ["Rows", "read_rows"]

_DELIMITERS: Final = ",\t;|"
_LOOKED_AT: Final = 100  # lines that tell the delimiter
_LONGEST_CELL: Final = 10_000_000


class Rows(NamedTuple):
    """The rows of a text.

    Attributes:
        rows: Each with its cells; of a line without anything, none.
        unclosed: How many quotation marks open a cell and close none.
    """

    rows: list[list[str]]
    unclosed: int


def read_rows(text: str) -> Rows:
    """Return the rows of a text, by the delimiter that most lines have as often.

    A quotation mark that is never closed would make one cell of all lines behind it:
    they are read as the lines that they are.

    Raises:
        csv.Error: A row cannot be read.
    """
    csv.field_size_limit(_LONGEST_CELL)
    ways = [text]
    if '\\"' in text and '""' not in text:
        # Some programs write a quotation mark in a cell behind a backslash, not twice;
        # in others' files a path ends there.
        ways.append(text.replace('\\"', '""'))
    best, delimiter = max(  # the first of equals
        ((way, sign) for sign in _DELIMITERS for way in ways),
        key=lambda pair: _even(_head(pair[0]), pair[1]),
    )
    if best is text and len(ways) > 1 and not _keeps_rules(text, delimiter):
        best = ways[1] if _keeps_rules(ways[1], delimiter) else text
    return _read(best, delimiter, _usual(_head(best), delimiter))


def _head(text: str) -> str:
    return "\n".join(text.split("\n", _LOOKED_AT)[:_LOOKED_AT])


def _keeps_rules(text: str, delimiter: str) -> bool:
    """Tell whether every quotation mark opens or closes a cell."""
    try:
        for _ in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True):
            pass
    except csv.Error:
        return False
    return True


def _even(head: str, delimiter: str) -> tuple[int, int]:
    """Count the rows that have as many cells as most have, if those are several."""
    try:
        rows = csv.reader(io.StringIO(head), delimiter=delimiter)
        sizes = Counter(len(row) for row in rows if any(row))
    except csv.Error:
        return 0, 0
    cells, rows_of_it = max(sizes.items(), key=itemgetter(1), default=(0, 0))
    return (rows_of_it, cells) if cells > 1 else (0, 0)


def _usual(head: str, delimiter: str) -> int:
    """Return how many cells most lines have, each by itself."""
    sizes = Counter(len(_cells(line, delimiter)) for line in head.split("\n") if line)
    return max(sizes.items(), key=itemgetter(1), default=(0, 0))[0]


def _read(text: str, delimiter: str, usual: int) -> Rows:
    lines = text.split("\n")
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    rows: list[list[str]] = []
    begin = unclosed = 0
    for row in reader:
        start, begin = begin, reader.line_num
        if begin - start == 1:
            rows.append(row)
            continue
        own = lines[start:begin]
        odd = len(row) != usual or sum(line.count('"') for line in own) % 2
        if odd and _are_rows(own, delimiter, usual):
            rows += (_cells(line, delimiter) for line in own)
            unclosed += 1
        else:
            rows.append(row)
    return Rows(rows, unclosed)


def _are_rows(lines: list[str], delimiter: str, usual: int) -> bool:
    """Tell whether the lines of one row are rows, past the first of them."""
    like = sum(len(_cells(line, delimiter)) == usual for line in lines[1:] if line)
    return usual > 1 and like * 2 > sum(map(bool, lines[1:]))


def _cells(line: str, delimiter: str) -> list[str]:
    """Return the cells of one line; marks that it does not close stay in it."""
    return next(_lone(line, delimiter), [])


def _lone(line: str, delimiter: str) -> Iterator[list[str]]:
    if line.count('"') % 2:
        return csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE)
    return csv.reader([line], delimiter=delimiter)
