"""The contracts of this room."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from erya.records import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from erya.records import Notice, Parsed

__all__ = [
    "PARSING",
    "Conversion",
    "Format",
    "Limits",
    "ParseOptions",
    "Parser",
    "PartCoverage",
]

# Raise it when a parser reads the same bytes as another text: documents are read anew.
PARSING: Final = "8"


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


class Parser(Protocol):
    """Reads the bytes of one kind of file."""

    def __call__(
        self, data: bytes, name: str, **options: Any
    ) -> "Parsed | Sequence[Notice]":
        """Read `data` as text with its structure.

        Args:
            data: The file's bytes.
            name: The file's name, for a title and for hints; never opened.
            options: The parts of `ParseOptions` that its `Format` takes, by name.

        Returns:
            What was read; of a file that only holds others, what was passed over.

        Raises:
            DocumentError: The bytes cannot be read as this kind.
        """
        ...


def _ignore(_: Any) -> None:
    """Take what nobody wants to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseOptions:
    """What a parser may be given beside the bytes.

    Attributes:
        ocr: Recognise the text of pictures, where a page has no other.
        layout: Read pages of PDFs by their regions, as a model sees them.
        main: Read only the main part of web pages.
        media_type: What the bytes are, for parsers of several kinds.
        on_page: Called after each page, with the number of pages in all.
        on_part: Called with each file inside the file.
    """

    ocr: bool = False
    layout: bool = False
    main: bool = False
    media_type: str = ""
    on_page: Callable[[int], None] = _ignore
    on_part: Callable[[Part], None] = _ignore


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A kind of file: how it is known, what it is called, what reads it.

    Attributes:
        name: What people call it, in the plural where a report counts them.
        media_types: The media types that it has; the first is the usual one.
        suffixes: How names of such files end, in small letters, with the dot.
        parser: `module:function` of a `Parser`, imported when first needed, by a
            process that may be killed; empty where nothing reads it.
        takes: The names of `ParseOptions` that the parser takes.
        signed: Whether the bytes tell the format and its suffixes only promise it, so
            that a file of such a name and another kind is reported.
        via: The suffix of the format that LibreOffice turns it into, to be read.
        refusal: Why nothing reads it, as the end of "The file is …".
        locked: Whether it wants a password, so that nobody can read it.
    """

    name: str
    media_types: tuple[str, ...]
    suffixes: tuple[str, ...] = ()
    parser: str = ""
    takes: tuple[str, ...] = ()
    signed: bool = False
    via: str = ""
    refusal: str = ""
    locked: bool = False

    def parse(
        self, data: bytes, name: str, options: ParseOptions
    ) -> "Parsed | Sequence[Notice]":
        """Read `data` with the parser of this format.

        Raises:
            DocumentError: The bytes cannot be read as this kind.
        """
        module, _, function = self.parser.partition(":")
        parser: Parser = getattr(importlib.import_module(module), function)
        taken = {option: getattr(options, option) for option in self.takes}
        return parser(data, name, **taken)


class Conversion(NamedTuple):
    """What has to happen before a file can be read.

    Attributes:
        to: The suffix of the format that LibreOffice has to turn it into.
    """

    to: str
