"""Cut a base by another chunker, beside the chunks that searches use."""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from erya.errors import UsageError
from erya.indexing.embedding import embed_chunks
from erya.models import EmbeddingModel, fingerprint_of
from erya.records import Chunk, Document, Fingerprint, Principal
from erya.stores import Embedding, Store

__all__ = ["rechunk"]

_AT_ONCE: Final = 16  # documents that are cut between two commits
_LISTED: Final = 100_000  # documents that are looked up at once


def rechunk(
    store: Store,
    chunk: Callable[[Document], Iterable[Chunk]],
    *,
    recipe: str,
    principal: Principal,
    embedding: EmbeddingModel | None,
    on_progress: Callable[[int, int], None] = lambda *_: None,
) -> None:
    """Cut every document that a chunker has not cut yet, and embed the chunks.

    Searches go on with the chunks that they use, and others may write meanwhile. What
    was stored stays if this is killed, and the next call goes on from there.

    Args:
        store: The base.
        chunk: Cuts a document.
        recipe: The chunker's.
        principal: Must be allowed to write.
        embedding: The base's embedding model; None where it has no vectors.
        on_progress: Called with the documents cut and to cut in all.

    Raises:
        BusyError: Somebody else was writing at that moment; call again.
        DamagedError: A document is not what was written.
        ModelError: The model cannot be reached; what was stored stays.
        NotAllowedError: `principal` may not write.
        OtherModelError: `embedding` is not the base's.
        UsageError: The base has vectors, and `embedding` is None.
    """
    if embedding is None and store.embedder(principal) is not None:
        msg = (
            "The base has vectors, and no embedding model is set to make those of "
            'other passages. Set embedding_model = "auto".'
        )
        raise UsageError(msg)
    fingerprint = None if embedding is None else fingerprint_of(embedding)
    total = store.status(principal).documents
    while ids := _uncut(store, recipe, principal=principal, fingerprint=fingerprint):
        for first in range(0, len(ids), _AT_ONCE):
            cut = [
                _cut(
                    store.document(principal, key),
                    chunk,
                    embedding=embedding,
                    fingerprint=fingerprint,
                )
                for key in ids[first : first + _AT_ONCE]
            ]
            with store.writer(principal, purpose="cut anew") as writer:
                if fingerprint is not None:
                    writer.use_embedder(fingerprint)
                for document, chunks, vectors in cut:
                    writer.stage_chunks(
                        document, chunks, recipe=recipe, embeddings=vectors
                    )
            left = len(ids) - min(first + _AT_ONCE, len(ids))
            on_progress(total - left, total)


class _Cut(NamedTuple):
    document: Document
    chunks: list[Chunk]
    embeddings: list[Embedding] | None


def _uncut(
    store: Store,
    recipe: str,
    *,
    principal: Principal,
    fingerprint: Fingerprint | None,
) -> list[str]:
    """Return the ids of documents that are not cut yet, those that changed included."""
    with store.writer(principal, purpose="cut anew") as writer:
        if fingerprint is not None:
            writer.use_embedder(fingerprint)
        return writer.unchunked(recipe, limit=_LISTED)


def _cut(
    document: Document,
    chunk: Callable[[Document], Iterable[Chunk]],
    *,
    embedding: EmbeddingModel | None,
    fingerprint: Fingerprint | None,
) -> _Cut:
    chunks = list(chunk(document))
    if embedding is None or fingerprint is None:
        return _Cut(document, chunks, None)
    texts = [each.indexed_text for each in chunks]
    made = embed_chunks(embedding, texts, dimension=fingerprint.dimension).embeddings
    return _Cut(document, chunks, made)
