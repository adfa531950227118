"""Chunkers that look at signs in the text alone: at a length, or at separators."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from erya.chunking.cutting import (
    SEPARATORS,
    Places,
    SizedChunker,
    cut_to_size,
    pack,
    searched,
    trimmed,
)
from erya.language import token_ends
from erya.records import Chunk, Document, Span

__all__ = ["FixedChunker", "RecursiveChunker"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedChunker(SizedChunker):
    """Cuts after every `max_tokens`, wherever that is: what others are compared with.

    Attributes:
        max_tokens: The size, by `erya.language.count_tokens`, at least 16.
    """

    kind: ClassVar[str] = "fixed-1"

    @override
    def chunk(self, document: Document) -> Iterator[Chunk]:
        places = Places(document)
        for span in searched(document):
            start = span.start
            ends = token_ends(document.text[span.start : span.end])
            for end in [*ends[self.max_tokens - 1 : -1 : self.max_tokens], *ends[-1:]]:
                cut = Span(start, span.start + end)
                start = cut.end
                yield places.chunk(trimmed(document.text, cut))


@dataclass(frozen=True, slots=True, kw_only=True)
class RecursiveChunker(SizedChunker):
    """Cuts at paragraphs, then lines, sentences and clauses, and fills chunks up.

    Headings stand in the text, and sections begin no new chunk.

    Attributes:
        max_tokens: The largest chunk, by `erya.language.count_tokens`, at least 16.
    """

    kind: ClassVar[str] = "recursive-1"

    @override
    def chunk(self, document: Document) -> Iterator[Chunk]:
        places = Places(document)
        for span in searched(document):
            pieces = cut_to_size(
                document.text, span, SEPARATORS, max_tokens=self.max_tokens
            )
            for cut in pack(pieces, max_tokens=self.max_tokens):
                yield places.chunk(trimmed(document.text, cut))
