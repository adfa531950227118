"""What `erya kb words` does."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from erya.cli.common import echo, echo_json, table
from erya.cli.principals import principal_for
from erya.config import Settings
from erya.errors import UsageError
from erya.language import Word
from erya.opening import bases_of
from erya.shapes import words_shape

__all__ = ["words_of_base"]

_SIGNS: Final[Mapping[str, str]] = MappingProxyType(
    {"=": "same", "<": "wider", ">": "narrower"}
)
_COMMENT: Final = re.compile(r"(?:^|\s)#")  # C# is a word
_LONGEST: Final = 100  # characters of a word


def words_of_base(
    settings: Settings,
    name: str,
    *,
    add: Sequence[str],
    remove: Sequence[str],
    file: Path | None,
    as_json: bool,
) -> None:
    """Change the words of a base, and list them.

    Raises:
        NotFoundError: There is no such base.
        UsageError: An entry cannot be read.
    """
    new = [_entry(line, where="--add") for line in add]
    new += _entries(file) if file else []
    principal = principal_for(settings, None)
    store = bases_of(settings).open(name)
    try:
        if new or remove:
            with store.writer(principal, purpose="change its words") as writer:
                gone = {word: writer.drop_word(word) for word in remove}
                for each in new:
                    writer.set_word(each)
            for unknown in (word for word, count in gone.items() if not count):
                echo(f"There was no word {unknown!r}.", err=True)
        found = store.words(principal)
    finally:
        store.close()
    if as_json:
        echo_json(words_shape(name, found))
    elif not found:
        echo(f"{name!r} has no words of its own. Add one with --add; see --help.")
    else:
        table(
            [(w.word, w.kind, ", ".join(w.others)) for w in found],
            header=("WORD", "KIND", "ALSO SEARCHED FOR"),
        )


def _entries(file: Path) -> Iterator[Word]:
    """Read a file of entries.

    Raises:
        UsageError: It cannot be read, or a line of it.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        msg = f"{str(file)!r} cannot be read: {error}. It must be a text in UTF-8."
        raise UsageError(msg) from None
    for number, line in enumerate(lines, start=1):
        told = _COMMENT.split(line, maxsplit=1)[0].strip()
        if told:
            yield _entry(told, where=f"{file}, line {number}")


def _entry(line: str, *, where: str) -> Word:
    """Read an entry.

    Raises:
        UsageError: It names no word, or too long ones.
    """
    at = min((line.find(s) for s in _SIGNS if s in line), default=-1)
    word = (line if at < 0 else line[:at]).strip()
    rest = "" if at < 0 else line[at + 1 :]
    others = tuple(
        filter(None, (each.strip() for each in rest.replace("，", ",").split(",")))
    )
    kind = "word" if at < 0 else _SIGNS[line[at]]
    if (
        not word
        or (at >= 0 and not others)
        or max(map(len, (word, *others))) > _LONGEST
    ):
        msg = (
            f"{line!r} ({where}) is no entry. Write 'A = B, C' for the same, 'A < B' "
            "where B is wider, 'A > B' where B is narrower, or 'A' for one term."
        )
        raise UsageError(msg)
    return Word(word, kind, others)
