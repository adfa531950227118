"""From what a parser read to a document."""

import re

from erya.language import language_of
from erya.records import Document, Item, Parsed

__all__ = ["document_of"]

_LONGEST_TITLE = 200  # characters; every chunk carries it
# What may be cut in two, at the end: letters, digits and the signs inside of them.
_LAST_WORD = re.compile(r"[A-Za-z0-9@._+-]+$")
_SAMPLE = 5_000  # characters looked at to tell the language


def document_of(item: Item, parsed: Parsed, *, readers: frozenset[str]) -> Document:
    """Return the document that `item` is, for `readers`."""
    return Document(
        id=Document.id_of(item.source),
        source=item.source,
        title=_short(_without_nul(parsed.title)),
        text=_without_nul(parsed.text),
        blocks=parsed.blocks,
        pages=parsed.pages,
        language=language_of(parsed.text[:_SAMPLE]),
        media_type=parsed.media_type,
        metadata={
            _without_nul(key): _without_nul(value)
            for key, value in parsed.metadata.items()
        },
        readers=readers,
        content_hash=item.content_hash,
    )


def _without_nul(text: str) -> str:
    """Write another sign for the one that databases take for an end, in its place."""
    return text.replace("\0", "\ufffd")


def _short(title: str) -> str:
    """Cut a title, but not within a word or a number: it may be personal data."""
    if len(title) <= _LONGEST_TITLE:
        return title
    return _LAST_WORD.sub("", title[: _LONGEST_TITLE + 1])[:_LONGEST_TITLE].rstrip()
