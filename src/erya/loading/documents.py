"""From what a parser read to a document."""

from erya.language import language_of
from erya.records import Document, Item, Parsed

__all__ = ["document_of"]

_LONGEST_TITLE = 200  # characters; every chunk carries it
_SAMPLE = 5_000  # characters looked at to tell the language


def document_of(item: Item, parsed: Parsed, *, readers: frozenset[str]) -> Document:
    """Return the document that `item` is, for `readers`."""
    return Document(
        id=Document.id_of(item.source),
        source=item.source,
        title=parsed.title[:_LONGEST_TITLE],
        text=parsed.text,
        blocks=parsed.blocks,
        pages=parsed.pages,
        language=language_of(parsed.text[:_SAMPLE]),
        media_type=parsed.media_type,
        metadata=parsed.metadata,
        readers=readers,
        content_hash=item.content_hash,
    )
