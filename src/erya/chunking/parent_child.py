"""Small chunks to find, and the larger ones around them to answer from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from erya.chunking.base import Chunker
from erya.chunking.cutting import (
    LEAST_TOKENS,
    SEPARATORS,
    Places,
    cut_to_size,
    fitting,
    pack,
    trimmed,
)
from erya.chunking.structure import StructureChunker
from erya.records import Chunk, Document, Span

__all__ = ["ParentChildChunker"]

_CHILDREN: Final = 4  # of a full parent


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentChildChunker(Chunker):
    """Cuts the chunks of `StructureChunker` into children, and searches those.

    An answer is made from the parent of what is found: `widen` returns it.

    Attributes:
        max_tokens: The largest parent, by `erya.language.count_tokens`, at least 16. A
            child has a quarter of that.
    """

    max_tokens: int = 256

    def __post_init__(self) -> None:
        """Refuse a size that would cut through words.

        Raises:
            UsageError: `max_tokens` is below 16.
        """
        fitting(self.max_tokens)

    @property
    @override
    def recipe(self) -> str:
        return f"parent-child-1:{self.max_tokens}"

    @override
    def chunk(self, document: Document) -> Iterator[Chunk]:
        places, text = Places(document), document.text
        size = max(self.max_tokens // _CHILDREN, LEAST_TOKENS)
        for parent in self._parents(document):
            whole = Span(parent.start, parent.end)
            pieces = cut_to_size(text, whole, SEPARATORS, max_tokens=size)
            for span in pack(pieces, max_tokens=size):
                yield places.chunk(trimmed(text, span))

    @override
    def widen(self, document: Document, chunk: Chunk) -> Chunk:
        around = (
            parent
            for parent in self._parents(document)
            if parent.start <= chunk.start and chunk.end <= parent.end
        )
        return next(around, chunk)

    def _parents(self, document: Document) -> Iterator[Chunk]:
        return StructureChunker(max_tokens=self.max_tokens).chunk(document)
