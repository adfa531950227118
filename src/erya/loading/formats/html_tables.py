"""Tables of pages: cells over several rows and columns, and heads of several rows."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from erya.loading.formats.table_heads import begins_with_names

__all__ = ["TableReader"]

_COLUMNS: Final = re.compile(r'(?:^|\s)colspan="(\d{1,3})"')
_ROWS: Final = re.compile(r'(?:^|\s)rowspan="(\d{1,3})"')
_MOST_SPANNED: Final = 100
_MOST_REACHING: Final = 200  # columns with cells that reach down
_MOST_HEADS: Final = 4  # rows
_MOST_COLUMNS: Final = 1_000  # of a head of several rows
_LONGEST_NAME: Final = (
    200  # characters that stand in each column of a name over several
)


class _Cell(NamedTuple):
    """A cell of a first row, which may be of the head."""

    text: str
    column: int
    columns: int
    rows: int
    is_head: bool


class TableReader:
    """Collects the cells of one table in their order."""

    def __init__(self) -> None:
        self._rows: list[list[str]] = []
        self._first: list[list[_Cell]] = []  # as they are marked, of the first rows
        self._within_head = False
        self._is_head = False  # of the cell that is open
        self._columns = self._height = 1
        # What reaches down into other rows: by its column the last row, and its text.
        self._reaching: dict[int, tuple[int, str]] = {}

    def set_head(self, *, begins: bool) -> None:
        """Let the rows of the head begin or end."""
        self._within_head = begins

    def begin_row(self) -> None:
        """Begin a row."""
        self._rows.append([])
        if len(self._rows) <= _MOST_HEADS + 1:
            self._first.append([])

    def begin_cell(self, attributes: str, *, is_head: bool) -> None:
        """Begin a cell."""
        self._is_head = is_head or self._within_head
        self._columns = self._height = 1
        if "span" in attributes:
            self._columns = _read_span(_COLUMNS, attributes)
            self._height = _read_span(_ROWS, attributes)

    def end_cell(self, text: str) -> None:
        """Add a cell: over several columns to the first, over several rows to each."""
        if not self._rows:
            self.begin_row()
        self.end_row()
        row = self._rows[-1]
        if len(self._rows) == len(self._first):
            self._first[-1].append(
                _Cell(
                    text.strip(), len(row), self._columns, self._height, self._is_head
                )
            )
        cells = [text, *[""] * (self._columns - 1)]
        if self._height > 1 and len(row) < _MOST_REACHING:
            last = len(self._rows) + self._height - 1
            self._reaching |= {
                len(row) + at: (last, cell) for at, cell in enumerate(cells)
            }
        row += cells

    def end_row(self) -> None:
        """Add the cells of rows above that stand where this row goes on."""
        row = self._rows[-1] if self._rows else []
        while self._reaching and (reaching := self._reaching.get(len(row))):
            last, text = reaching
            if len(self._rows) > last:
                return
            row.append(text)

    def finish(self) -> tuple[str, list[list[str]], bool]:
        """Return its title or nothing, its rows, and whether the first has names."""
        title = ""
        if self._begins_with_title():
            title = self._first.pop(0)[0].text
            del self._rows[0]
        heads = self._heads()
        if heads > 1 and len(self._rows[0]) <= _MOST_COLUMNS:
            self._rows[:heads] = [_join_heads(self._first[:heads])]
        named = heads > 0 or bool(self._rows and begins_with_names(self._rows))
        return title, self._rows, named

    def _begins_with_title(self) -> bool:
        """Tell whether a first row of one cell stands above the names of columns."""
        if len(self._rows) < 3 or len(self._first[0]) != 1:
            return False
        title, names = self._first[0][0], self._first[1]
        return (
            title.is_head
            and title.rows == 1
            and title.columns > 1
            and len(names) > 1
            and all(cell.is_head for cell in names)
        )

    def _heads(self) -> int:
        """Return how many of the first rows name the columns."""
        if not self._first or not any(cell.is_head for cell in self._first[0]):
            return self._unmarked_heads()
        count = 1
        while count < min(len(self._first), _MOST_HEADS, len(self._rows) - 1):
            above, row = self._first[count - 1], self._first[count]
            spans = any(cell.columns > 1 or cell.rows > 1 for cell in above)
            if not (row and spans and all(cell.is_head for cell in row)):
                break
            if len(row) == 1 and row[0].columns > 1:  # the title of a part
                break
            count += 1
        return max(count, self._unmarked_heads())

    def _unmarked_heads(self) -> int:
        """Return 2 if the first rows show by their shape alone that they are a head.

        Cells of the first reach over columns or down, and below it each column has a
        cell of its own.
        """
        if len(self._first) < 3:
            return 0
        first, second, third = self._first[:3]
        wide = [cell for cell in first if cell.columns > 1 and cell.rows == 1]
        tall = [cell for cell in first if cell.columns == 1 and cell.rows == 2]
        single = all(cell.columns == cell.rows == 1 for cell in (*second, *third))
        fits = (
            len(second) == sum(cell.columns for cell in wide)
            and len(third) == len(second) + len(tall)
            and len(first) == len(wide) + len(tall)
        )
        return 2 if wide and tall and single and fits else 0


def _join_heads(heads: Sequence[Sequence[_Cell]]) -> list[str]:
    """Return the name of each column: what stands above it, from top to bottom."""
    names: dict[int, list[str]] = {}
    for cells in heads:
        for cell in cells:
            columns = cell.columns if len(cell.text) <= _LONGEST_NAME else 1
            for column in range(cell.column, cell.column + columns):
                above = names.setdefault(column, [])
                if cell.text and cell.text not in above[-1:]:
                    above.append(cell.text)
    return [" ".join(names.get(at, ())) for at in range(max(names, default=-1) + 1)]


def _read_span(form: re.Pattern[str], attributes: str) -> int:
    match = form.search(attributes)
    return min(max(int(match[1]), 1), _MOST_SPANNED) if match else 1
