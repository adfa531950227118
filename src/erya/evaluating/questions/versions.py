"""Every state that a file of questions has been in."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from erya.errors import NotFoundError, UsageError
from erya.evaluating.examples import read_examples, write_examples
from erya.records import Example

__all__ = ["Version", "restore", "save", "versions_of"]

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
    before = versions_of(path)
    kept = before[-1].number if before else 0
    if path.is_file() and not _is_kept(path, before):
        kept += 1
        _keep(path, kept)
    write_examples(path, examples)
    _keep(path, kept + 1)
    return kept + 1


def versions_of(path: Path) -> list[Version]:
    """Return the versions of a file that are kept, the oldest first.

    Raises:
        UsageError: One is damaged.
    """
    found = sorted(_folder(path).glob("*.jsonl"), key=lambda each: int(each.stem))
    return [
        Version(int(each.stem), len(read_examples(each).examples), each)
        for each in found
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


def _is_kept(path: Path, versions: list[Version]) -> bool:
    return bool(versions) and versions[-1].path.read_bytes() == path.read_bytes()


def _keep(path: Path, number: int) -> None:
    try:
        _folder(path).mkdir(exist_ok=True)
        shutil.copyfile(path, _folder(path) / f"{number}.jsonl")
    except OSError as error:
        msg = f"The versions of {path} cannot be written: {error}."
        raise UsageError(msg) from None
