"""Every state that a file of questions has been in."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from erya.errors import NotFoundError, UsageError
from erya.evaluating.examples import read_examples, write_examples
from erya.evaluating.files import lines_of
from erya.records import Example

__all__ = ["Version", "keep", "restore", "save", "versions_of"]

_FOLDER: Final = ".versions"


class Version(NamedTuple):
    """One state of a file.

    Attributes:
        number: From 1.
        questions: How many it had.
        path: Where it is kept.
    """

    number: int
    questions: int
    path: Path


def save(path: Path, examples: Iterable[Example]) -> int:
    """Write questions to a file and keep what it held before; return its version.

    Raises:
        UsageError: The file cannot be read or written.
    """
    last = keep(path)
    write_examples(path, examples)
    _copy(path, last + 1)
    return last + 1


def keep(path: Path) -> int:
    """Keep what a file holds as a version, unless the last is the same; return it.

    Raises:
        UsageError: It cannot be kept.
    """
    before = _list_versions(path)
    last = int(before[-1].stem) if before else 0
    if path.is_file() and not (before and before[-1].read_bytes() == path.read_bytes()):
        last += 1
        _copy(path, last)
    return last


def versions_of(path: Path) -> list[Version]:
    """Return the versions of a file that are kept, the oldest first.

    Raises:
        UsageError: One is damaged.
    """
    return [
        Version(int(each.stem), sum(1 for _ in lines_of(each)), each)
        for each in _list_versions(path)
    ]


def restore(path: Path, number: int) -> int:
    """Make a file what it was in a version, as a new version; return its number.

    Raises:
        NotFoundError: There is no such version.
        UsageError: A file cannot be read or written.
    """
    for version in versions_of(path):
        if version.number == number:
            return save(path, read_examples(version.path).examples)
    msg = f"{path} has no version {number}. See: erya questions versions {path}"
    raise NotFoundError(msg)


def _folder(path: Path) -> Path:
    return path.with_name(path.name + _FOLDER)


def _list_versions(path: Path) -> list[Path]:
    """Return the files of the versions, the oldest first."""
    files = (each for each in _folder(path).glob("*.jsonl") if each.stem.isdecimal())
    return sorted(files, key=lambda each: int(each.stem))


def _copy(path: Path, number: int) -> None:
    try:
        _folder(path).mkdir(exist_ok=True)
        shutil.copyfile(path, _folder(path) / f"{number}.jsonl")
    except OSError as error:
        msg = f"The versions of {path} cannot be written: {error}."
        raise UsageError(msg) from None
