"""Small chunks to find, and the larger ones around them to answer from."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from typing_extensions import override

from erya.chunking.cutting import (
    LEAST_TOKENS,
    SEPARATORS,
    Places,
    SizedChunker,
    cut_to_size,
    pack,
    trimmed,
)
from erya.chunking.structure import StructureChunker
from erya.records import Chunk, Document, Span

__all__ = ["ParentChildChunker"]

_CHILDREN: Final = 4  # of a full parent


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentChildChunker(SizedChunker):
    """Cuts the chunks of `StructureChunker` into children, and searches those.

    An answer is made from the parent of what is found: `widen` returns it.

    Attributes:
        max_tokens: The largest parent, by `erya.language.count_tokens`, at least 16. A
            child has a quarter of that.
    """

    kind: ClassVar[str] = "parent-child-1"

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
    def widen(self, document: Document, chunks: Sequence[Chunk]) -> list[Chunk]:
        parents = list(self._parents(document))
        starts = [parent.start for parent in parents]
        widened: list[Chunk] = []
        for chunk in chunks:
            at = bisect_right(starts, chunk.start) - 1
            inside = at >= 0 and chunk.end <= parents[at].end
            widened.append(parents[at] if inside else chunk)
        return widened

    def _parents(self, document: Document) -> Iterator[Chunk]:
        return StructureChunker(max_tokens=self.max_tokens).chunk(document)
