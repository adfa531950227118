"""Small documents for tests."""

import hashlib

from erya.chunking import StructureChunker
from erya.records import Block, Chunk, Document

__all__ = ["chunked", "document"]


def document(
    source: str,
    text: str,
    *,
    readers: tuple[str, ...] = ("public",),
    title: str = "",
) -> Document:
    """Return a document of one paragraph for each part between blank lines."""
    blocks: list[Block] = []
    position = 0
    for part in text.split("\n\n"):
        if part.strip():
            end = position + len(part)
            blocks.append(Block(kind="paragraph", start=position, end=end))
        position += len(part) + 2
    return Document(
        id=Document.id_of(source),
        source=source,
        title=title or source,
        text=text,
        blocks=tuple(blocks),
        readers=frozenset(readers),
        content_hash=hashlib.sha256(text.encode()).hexdigest(),
    )


def chunked(given: Document, *, max_tokens: int = 64) -> list[Chunk]:
    """Return the chunks of a document."""
    return list(StructureChunker(max_tokens=max_tokens).chunk(given))
