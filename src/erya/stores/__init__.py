"""Knowledge bases: what was ingested, who may read it, and how it is found.

Every method takes the `Principal` on whose behalf it acts; there is no way to read or
to count past what that principal may see.
"""

from erya.stores.base import (
    KEYWORD,
    MOMENT,
    VECTOR,
    Catalogue,
    DocumentWriter,
    Embedding,
    Finding,
    Page,
    Search,
    Status,
    Store,
    StoredChunking,
    StoredDocument,
    StoredEmbedder,
    StoredItem,
    WordHit,
    Writer,
)
from erya.stores.bases import Bases
from erya.stores.parts import is_unit

__all__ = [
    "KEYWORD",
    "MOMENT",
    "VECTOR",
    "Bases",
    "Catalogue",
    "DocumentWriter",
    "Embedding",
    "Finding",
    "Page",
    "Search",
    "Status",
    "Store",
    "StoredChunking",
    "StoredDocument",
    "StoredEmbedder",
    "StoredItem",
    "WordHit",
    "Writer",
    "is_unit",
]
