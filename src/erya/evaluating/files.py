"""Read data line by line, and name the line that is wrong."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from erya.errors import UsageError

__all__ = ["Lines", "digest_of", "json_rows", "lines_of", "wrong"]


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file with their numbers, from 1, without blank ones.

    A name that ends in `.gz` is decompressed.

    Raises:
        UsageError: The file cannot be read as UTF-8.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        msg = f"{path} cannot be read: {error}."
        raise UsageError(msg) from None


def json_rows(
    path: Path, *, required: Sequence[str] = ()
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the objects of a JSON Lines file with the numbers of their lines.

    Raises:
        UsageError: A line is no object, or lacks a required key.
    """
    for number, line in lines_of(path):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UsageError(wrong(path, number, f"is no JSON: {error}")) from None
        if not isinstance(row, dict):
            raise UsageError(wrong(path, number, f"is no JSON object: {line:.60}"))
        missing = [key for key in required if row.get(key) is None]
        if missing:
            raise UsageError(wrong(path, number, f"lacks {', '.join(missing)}"))
        yield number, row


def wrong(path: Path, number: int, what: str) -> str:
    """Return what to say of a line that is wrong."""
    return f"{path}, line {number}, {what}."


class Lines:
    """Remembers on which line of a file each id stood."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: dict[object, int] = {}

    def add(self, number: int, key: object, *, called: str) -> None:
        """Note an id.

        Raises:
            UsageError: It was there before.
        """
        first = self._seen.setdefault(key, number)
        if first != number:
            raise UsageError(
                wrong(
                    self._path,
                    number,
                    f"repeats {called}, which stands on line {first}",
                )
            )


def digest_of(paths: Sequence[Path]) -> str:
    """Return the SHA-256 over the bytes of files, in their order.

    Raises:
        UsageError: One cannot be read.
    """
    digest = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            msg = f"{path} cannot be read: {error}."
            raise UsageError(msg) from None
    return digest.hexdigest()
