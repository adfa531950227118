"""The contracts of this room."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from erya.records import Item, Parsed, Problem

__all__ = ["PARSING", "Limits", "Parser", "Source"]

# Raise it when a parser reads the same bytes as another text: documents are read anew.
PARSING: Final = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one file may cost. Each has a default, and none is infinite.

    Attributes:
        file_bytes: The largest file that is read.
        seconds: Wall-clock time to parse one file.
        memory_bytes: Address space of a parsing process.
        text_characters: The longest text that a file may turn into.
    """

    file_bytes: int = 100_000_000
    seconds: float = 60.0
    memory_bytes: int = 2_000_000_000
    text_characters: int = 20_000_000


class Source(Protocol):
    """Where documents come from."""

    @property
    def roots(self) -> tuple[str, ...]:
        """Prefixes that every item's `source` of this source starts with.

        A stored document under a root that a complete scan did not offer has vanished.
        """
        ...

    def items(self) -> Iterator[Item | Problem]:
        """Yield everything on offer, and a problem for what cannot be offered.

        One bad item never ends the iteration.
        """
        ...

    def complete(self, root: str) -> bool:
        """Tell whether the finished iteration saw all of `root`."""
        ...


class Parser(Protocol):
    """Reads the bytes of one kind of file."""

    def __call__(self, data: bytes, name: str) -> Parsed:
        """Read `data` as text with its structure.

        Args:
            data: The file's bytes.
            name: The file's name, for a title and for hints; never opened.

        Raises:
            DocumentError: The bytes cannot be read as this kind.
        """
        ...
