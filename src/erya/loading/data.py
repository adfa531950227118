"""Data for programs (JSON, workbooks in XML) as text."""

from pathlib import PurePosixPath
from typing import Any, Final

from erya.errors import DocumentError
from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.loading.faq import add_records
from erya.loading.json_values import is_deep, note_repeated, read_json, shown
from erya.loading.packed import read_xml
from erya.records import Parsed

__all__ = ["parse_json", "parse_sheet_xml"]

_MOST_COLUMNS: Final = 1_000
_MOST_CELLS: Final = 500_000
_DEEPEST: Final = 100


def parse_json(data: bytes, name: str) -> Parsed:
    """Read a JSON value: a list of objects as records, else a line for each value.

    With questions and answers the records are an FAQ. A line is `path: value`.

    Raises:
        DocumentError: It is no JSON, or nested without end.
    """
    text = decode(data)
    repeated: list[str] = []
    try:
        value = read_json(text, repeated=repeated)
    except RecursionError:
        msg = "This JSON is nested without end."
        raise DocumentError(msg, code="too_deep") from None
    except ValueError as error:
        msg = f"This is no JSON: {error}"
        raise DocumentError(msg, code="malformed") from None
    if is_deep(value):
        msg = "This JSON is nested too deep: flatten it, or save the part that counts."
        raise DocumentError(msg, code="too_deep")
    builder = TextBuilder()
    note_repeated(builder, repeated)
    records = value if isinstance(value, list) else [value]
    if len(records) > 1 and all(isinstance(record, dict) for record in records):
        add_records(builder, records)
    else:
        for record in records:
            builder.paragraph("\n".join(_lines(record)), pairs=False)
    return builder.parsed(title=PurePosixPath(name).stem, media_type="application/json")


def _lines(value: Any, path: str = "", depth: int = 0) -> list[str]:
    """Return a line for each value.

    Raises:
        DocumentError: It is nested without end.
    """
    if depth > _DEEPEST:
        msg = f"This JSON is more than {_DEEPEST} deep."
        raise DocumentError(msg, code="too_deep")
    if path and isinstance(value, dict | list) and not value:
        return [f"{path}: {shown(value)}"]  # that there is none says something
    if isinstance(value, dict):
        return [
            line
            for key, each in value.items()
            for line in _lines(each, f"{path}.{key}" if path else str(key), depth + 1)
        ]
    if isinstance(value, list):
        if not any(isinstance(each, dict | list) for each in value):
            value = ", ".join(map(shown, value))
        else:
            return [
                line
                for at, each in enumerate(value)
                for line in _lines(each, f"{path}[{at}]", depth + 1)
            ]
    line = " ".join(shown(value).split())
    return [f"{path}: {line}" if path else line] if line else []


def parse_sheet_xml(data: bytes, name: str) -> Parsed:
    """Read a workbook that a program has written as XML (XML Spreadsheet 2003).

    Raises:
        DocumentError: It is damaged, declares entities, or has too many cells.
    """
    builder = TextBuilder()
    left = _MOST_CELLS
    for sheet in read_xml(data, called="spreadsheet").iter("{*}Worksheet"):
        builder.begin_page()
        builder.heading(_attribute(sheet, "Name"), level=1)
        rows: list[list[str]] = []
        for row in sheet.iter("{*}Row"):
            cells: list[str] = []
            for cell in row.iter("{*}Cell"):
                place = _attribute(cell, "Index")  # cells before it are empty
                at = min(int(place), _MOST_COLUMNS) - 1 if place.isdecimal() else 0
                cells += [""] * (at - len(cells))
                told = cell.find("{*}Data")
                text = "".join(told.itertext()) if told is not None else ""
                cells.append(" ".join(text.split()))
                over = _attribute(cell, "MergeAcross")  # it stands over those as well
                if over.isdecimal():
                    cells += [""] * min(int(over), _MOST_COLUMNS)
            left -= len(cells)
            if left < 0:
                msg = f"This spreadsheet has more than {_MOST_CELLS:,} cells."
                raise DocumentError(msg, code="too_large")
            rows.append(cells)
        builder.table(rows, header=True)
    return builder.parsed(
        title=PurePosixPath(name).stem, media_type="application/x-spreadsheet-xml"
    )


def _attribute(element: Any, name: str) -> str:
    told = (value for key, value in element.items() if _name(key) == name)
    return next(told, "")


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]
