"""Knowledge bases: what was ingested, who may read it, and how it is found.

Every method takes the `Principal` on whose behalf it acts; there is no way to read or
to count past what that principal may see.
"""

from erya.stores.base import (
    KEYWORD,
    MOMENT,
    VECTOR,
    Candidate,
    DocumentWriter,
    Embedding,
    Finding,
    Fused,
    FusedQuestion,
    Fusion,
    Status,
    Store,
    StoredChunking,
    StoredDocument,
    StoredEmbedder,
    StoredItem,
    VectorQuery,
    Writer,
)
from erya.stores.bases import Bases

__all__ = [
    "KEYWORD",
    "MOMENT",
    "VECTOR",
    "Bases",
    "Candidate",
    "DocumentWriter",
    "Embedding",
    "Finding",
    "Fused",
    "FusedQuestion",
    "Fusion",
    "Status",
    "Store",
    "StoredChunking",
    "StoredDocument",
    "StoredEmbedder",
    "StoredItem",
    "VectorQuery",
    "Writer",
]
