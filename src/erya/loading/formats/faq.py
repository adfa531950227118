"""Question-answer pairs as CSV or JSON lines: each question heads its answer."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from erya.errors import DocumentError
from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.loading.formats.delimited import read_rows
from erya.loading.formats.json_values import (
    format_json,
    is_deep,
    note_repeated,
    read_json,
)
from erya.loading.formats.table_heads import count_notes, is_data, split_tables
from erya.records import Parsed

__all__ = ["add_records", "parse_csv", "parse_jsonl"]

_QUESTION_NAMES: Final = (
    "question", "q", "query", "prompt",
    "问题", "問題", "标准问", "标准问题", "提问", "问",
)  # fmt: skip
_ANSWER_NAMES: Final = (
    "answer", "a", "reply", "response", "答案", "回答", "标准答案", "答复", "答",
)  # fmt: skip
_SEPARATOR: Final = re.compile(r"\Asep=.\r?\n")  # a line for Excel
_MOST_LISTED: Final = 10  # lines by their numbers


def parse_csv(data: bytes, name: str) -> Parsed:
    """Read a table; with a question and an answer column it is an FAQ.

    Any other table gives one line for each row, its cells named by the first row.

    Raises:
        DocumentError: A row cannot be read; the line is named.
    """
    text = _SEPARATOR.sub("", decode(data), count=1)
    try:
        rows, unclosed = read_rows(text)
    except csv.Error as error:
        msg = f"The table cannot be read: {error}. Check its quotation marks."
        raise DocumentError(msg, code="malformed") from None
    builder = TextBuilder()
    if unclosed:
        message = f"Quotation marks that close no cell were read as text: {unclosed}."
        builder.notice("quotation_marks", message)
    for table in split_tables(rows):
        _add_table(builder, table)
    return builder.parsed(title=PurePosixPath(name).stem, media_type="text/csv")


def _add_table(builder: TextBuilder, rows: list[list[str]]) -> None:
    """Add a table, what stands above it, and the names of its columns."""
    notes = 0
    while notes + 1 < len(rows) and len(rows[notes]) == 1 < len(rows[notes + 1]):
        notes += 1  # a title above the names
    notes += count_notes(rows[notes:])
    for row in rows[:notes]:
        builder.paragraph(" | ".join(filter(None, row)), pairs=False)
    rows = rows[notes:]
    if rows and _pair_columns(rows[0]):
        names = rows[0]
        _add_pairs(builder, (dict(zip(names, row, strict=False)) for row in rows[1:]))
    else:
        builder.table(rows, header=not is_data(rows))


def parse_jsonl(data: bytes, name: str) -> Parsed:
    """Read one JSON object a line; with questions and answers it is an FAQ.

    Other objects give one paragraph each: `key: value` lines. A line that is no object
    is reported, and the others are read.

    Raises:
        DocumentError: No line is a JSON object; the first is named.
    """
    records: list[Mapping[str, Any]] = []
    bad: list[int] = []
    repeated: list[str] = []
    for number, line in enumerate(decode(data).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = read_json(line, repeated=repeated)
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, dict) and not is_deep(record):
            records.append(record)
        else:
            bad.append(number)
    if bad and not records:
        msg = f"Line {bad[0]} is not a JSON object. Each line must be one."
        raise DocumentError(msg, code="malformed")
    builder = TextBuilder()
    if bad:
        listed = ", ".join(map(str, bad[:_MOST_LISTED])) + ", …" * (
            len(bad) > _MOST_LISTED
        )
        message = f"Lines that are no JSON objects were not read: {listed}."
        builder.notice("lines_left_out", message)
    note_repeated(builder, repeated)
    add_records(builder, records)
    return builder.parsed(
        title=PurePosixPath(name).stem, media_type="application/jsonl"
    )


def add_records(builder: TextBuilder, records: Sequence[Mapping[str, Any]]) -> None:
    """Add records: as questions and answers where the first has both."""
    if records and _pair_columns(list(records[0])):
        _add_pairs(builder, records)
    else:
        for record in records:
            _add_record(builder, record)


def _pair_columns(names: Iterable[str]) -> tuple[str, str] | None:
    """Return the names of the question and the answer column, if both are there."""
    by_folded = {str(name).strip().casefold(): str(name) for name in names}
    question = next((by_folded[n] for n in _QUESTION_NAMES if n in by_folded), None)
    answer = next((by_folded[n] for n in _ANSWER_NAMES if n in by_folded), None)
    return (question, answer) if question and answer else None


def _add_pairs(builder: TextBuilder, records: Iterable[Mapping[str, Any]]) -> None:
    for record in records:
        columns = _pair_columns(record)
        if columns is None:
            _add_record(builder, record)
            continue
        builder.heading(_plain(record[columns[0]]), level=2)
        builder.paragraph(_plain(record[columns[1]]), pairs=False)
        others = {k: v for k, v in record.items() if k not in columns and _plain(v)}
        _add_record(builder, others)


def _add_record(builder: TextBuilder, record: Mapping[str, Any]) -> None:
    lines = (
        f"{key}: {'null' if value is None else _plain(value)}"
        for key, value in record.items()
    )
    builder.paragraph("\n".join(lines), pairs=False)


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(_plain(member) for member in value)
    return "" if value is None else format_json(value)
