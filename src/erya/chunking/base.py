"""The contract of this room; `erya.testing.chunking` checks it."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from erya.records import Chunk, Document

__all__ = ["Chunker"]


class Chunker(Protocol):
    """Cuts one document into chunks."""

    @property
    def recipe(self) -> str:
        """What decides the cuts, in one line: other settings, another recipe."""
        ...

    def chunk(self, document: Document) -> Iterator[Chunk]:
        """Yield the chunks of `document` in reading order.

        Args:
            document: The document to cut. An empty text yields nothing.

        Yields:
            Chunks whose offsets point into `document.text`, apart from each other.
        """
        ...

    def widen(self, document: Document, chunks: Sequence[Chunk]) -> list[Chunk]:
        """Return what an answer is made from where each of `chunks` was found.

        The chunk itself, unless it was cut small only to be found.
        """
        del document
        return list(chunks)
