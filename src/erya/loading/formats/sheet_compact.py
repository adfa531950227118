"""Bring cells that stand far out nearer, so that a sheet costs what is filled in it.

The library that reads cells makes room for all that lies between them: a sheet with one
cell in its last corner would need 17,000,000,000.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from typing import Final

from erya.loading.formats.packed import Package
from erya.loading.formats.sheet_marks import FILLED, SHEET, column_number

__all__ = ["bring_nearer", "with_parts"]

_MOST_BETWEEN: Final = 20_000_000  # cells, filled or not, that are read as they stand
_KEPT: Final = 2  # a gap of rows or columns becomes one that is empty
_EMPTY: Final = re.compile(rb"<(?:\w{1,20}:)?(?:c|row)(?:\s[^<>]*)?/>")
_SIDE: Final = re.compile(
    rb"<(?:\w{1,20}:)?dimension\s[^<>]*/>"
    rb"|<(?:\w{1,20}:)?mergeCells\b.*?</(?:\w{1,20}:)?mergeCells>",
    re.DOTALL,
)
_PLACE: Final = re.compile(
    rb'(<(?:\w{1,20}:)?(?:c|row)\s(?:[^<>]*?\s)?r=")([A-Z]{0,3})(\d{1,7})(?=")'
)


def bring_nearer(data: bytes, package: Package) -> bytes:
    """Return a workbook (xlsx) without wide gaps in its sheets; most as they are.

    Merged cells of such a sheet are told apart.

    Args:
        data: The file.
        package: The same, opened.

    Raises:
        DocumentError: A part is damaged.
    """
    changed: dict[str, bytes] = {}
    for name in filter(SHEET.fullmatch, package.names):
        sheet = package.read(name)
        cells = [
            (int(cell[2]), column_number(cell[1])) for cell in FILLED.finditer(sheet)
        ]
        rows, columns = {row for row, _ in cells}, {column for _, column in cells}
        if max(rows, default=0) * max(columns, default=0) > _MOST_BETWEEN:
            changed[name] = _move_nearer(sheet, _places(rows), _places(columns))
    return with_parts(data, package, changed) if changed else data


def with_parts(data: bytes, package: Package, changed: Mapping[str, bytes]) -> bytes:
    """Return a workbook with other parts; only what is XML in it is kept."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            if name in changed:
                target.writestr(name, changed[name])
            elif name.endswith((".xml", ".rels")):
                target.writestr(name, package.read(name))
    return buffer.getvalue()


def _places(used: Iterable[int]) -> dict[int, int]:
    """Return where each row or column comes to stand."""
    places: dict[int, int] = {}
    before = at = 0
    for number in sorted(used):
        at += min(number - before, _KEPT)
        places[number] = at
        before = number
    return places


def _move_nearer(sheet: bytes, rows: dict[int, int], columns: dict[int, int]) -> bytes:
    def move(match: re.Match[bytes]) -> bytes:
        letters, row = match[2], int(match[3])
        column = columns.get(column_number(letters), 0) if letters else 0
        named = _letters(column) if column else letters
        return b"%s%s%d" % (match[1], named, rows.get(row, row))

    bare = _EMPTY.sub(b"", _SIDE.sub(b"", sheet))
    return _PLACE.sub(move, bare)


def _letters(column: int) -> bytes:
    letters = b""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = bytes([65 + rest]) + letters
    return letters
