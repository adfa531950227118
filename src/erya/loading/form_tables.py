"""Tables that are forms: labels, each with its value beside it or in its own cell.

Quotations and contracts are laid out so, and the blocks that two parties sign side by
side. The first row of such a table names no column.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final

__all__ = ["form_paragraphs"]

_LABEL: Final = re.compile(r"[^:：|\d][^:：|]{0,30}[:：]")
_LABELLED: Final = re.compile(r"[^:：|\d][^:：|]{0,20}[:：]\s*\S.*")
_LONGEST: Final = 200  # rows; what is longer is a list


def form_paragraphs(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the paragraphs of a form, a line for each label; none of another table.

    Args:
        rows: Without line ends in their cells.
    """
    if not 1 < len(rows) <= _LONGEST:
        return []
    if _has_pair(rows[0]) and _mostly(list(map(_has_pair, rows))):
        return ["\n".join(line for row in rows for line in _pairs(row))]
    # Of two parties that sign: a column for each, perhaps with its name above.
    below = rows if _is_labelled(rows[0]) else rows[1:]
    if len(below) > 1 and _mostly(list(map(_is_labelled, below))):
        columns = ("\n".join(filter(None, column)) for column in _columns(rows))
        return [text for text in columns if text]
    return []


def _mostly(flags: Sequence[bool]) -> bool:
    return 3 * sum(flags) >= 2 * len(flags)


def _has_pair(row: Sequence[str]) -> bool:
    """Tell whether a row has labels with values beside them, and nothing else."""
    cells = [cell for cell in row if cell]
    labels = [_LABEL.fullmatch(cell) is not None for cell in cells]
    return labels[:1] == [True] and 2 * sum(labels) >= len(cells)


def _is_labelled(row: Sequence[str]) -> bool:
    """Tell whether a row has several cells that begin with a label."""
    cells = [cell for cell in row if cell]
    return len(cells) > 1 and all(
        _LABELLED.fullmatch(cell) or _LABEL.fullmatch(cell) for cell in cells
    )


def _pairs(row: Sequence[str]) -> Iterator[str]:
    """Yield a line for each label of a row, with what stands behind it."""
    line = ""
    for cell in filter(None, row):
        if line and _LABEL.fullmatch(cell):
            yield line
            line = ""
        joint = " " if line and (line[-1].isascii() or cell[0] == "|") else ""
        line += joint + cell
    if line:
        yield line


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    return zip_longest(*rows, fillvalue="")
