"""The contracts of this room."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from typing_extensions import override

from erya.records import Item, Parsed, Problem, Unchanged

__all__ = [
    "NOTHING_KNOWN",
    "PARSING",
    "GoneSource",
    "Known",
    "Limits",
    "Parser",
    "PartCoverage",
    "Source",
]

# Raise it when a parser reads the same bytes as another text: documents are read anew.
PARSING: Final = "7"


class PartCoverage(NamedTuple):
    """How much of one part was read.

    Attributes:
        part: A page, or a part of a package; the file itself.
        words: How many it has.
        found: How many of them are in the text.
        missing: Some that are not.
    """

    part: str
    words: int
    found: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one file may cost. Each has a default, and none is infinite.

    Attributes:
        file_bytes: The largest file that is read.
        seconds: Wall-clock time without a page, or a file inside the file, being read.
        file_seconds: Wall-clock time to parse one file, however it goes on.
        memory_bytes: Address space of a parsing process.
        ocr_memory_bytes: Address space of the process that recognises text in pictures.
        text_characters: The longest text that a file may turn into.
        unpacked_bytes: What the files inside one file may come to, at any depth.
        parts: How many files may be inside one file, at any depth.
        depth: How deep files may be inside each other.
    """

    file_bytes: int = 100_000_000
    seconds: float = 30.0
    file_seconds: float = 3_600.0
    memory_bytes: int = 1_000_000_000
    ocr_memory_bytes: int = 3_000_000_000
    text_characters: int = 20_000_000
    unpacked_bytes: int = 400_000_000
    parts: int = 10_000
    depth: int = 4


# The validators of items that were read before, by their sources.
Known = Mapping[str, Mapping[str, str]]
NOTHING_KNOWN: Final[Known] = {}


class Source(Protocol):
    """Where documents come from."""

    @property
    def roots(self) -> tuple[str, ...]:
        """Prefixes that every item's `source` of this source starts with.

        A stored document under a root that a complete scan did not offer has vanished.
        """
        ...

    def items(self, known: Known) -> Iterator[Item | Problem | Unchanged]:
        """Yield everything on offer, and a problem for what cannot be offered.

        One bad item never ends the iteration.

        Args:
            known: Everything that was read before, by its source, with validators;
                what they still hold for may be yielded as unchanged.
        """
        ...

    def complete(self, root: str) -> bool:
        """Tell whether the finished iteration saw all of `root`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneSource(Source):
    """Offers nothing: what is stored below some places is to go.

    Attributes:
        roots: The places.
    """

    roots: tuple[str, ...]

    @override
    def items(self, known: Known = NOTHING_KNOWN) -> Iterator[Item]:
        """Yield nothing."""
        return iter(())

    @override
    def complete(self, root: str) -> bool:
        """Tell that nothing is there."""
        return True


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
