"""Cut a base by another chunker, beside the chunks that searches use."""

from collections.abc import Callable, Iterable
from typing import Final

from erya.indexing.embedding import embedded
from erya.models import EmbeddingModel, fingerprint_of
from erya.records import Chunk, Document, Principal
from erya.stores import Store

__all__ = ["rechunk"]

_AT_ONCE: Final = 16  # documents that are cut between two commits


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
    """
    fingerprint = None if embedding is None else fingerprint_of(embedding)
    total = store.status(principal).documents
    while True:
        with store.writer(principal, purpose="cut anew") as writer:
            if fingerprint is not None:
                writer.use_embedder(fingerprint)
            ids = writer.unchunked(recipe, limit=total or 1)
        if not ids:
            return
        for first in range(0, len(ids), _AT_ONCE):
            made = []
            for key in ids[first : first + _AT_ONCE]:
                chunks = list(chunk(store.document(principal, key)))
                texts = [chunk.indexed_text for chunk in chunks]
                vectors = (
                    None
                    if embedding is None or fingerprint is None
                    else embedded(embedding, texts, dimension=fingerprint.dimension)
                )
                made.append((key, chunks, vectors))
            with store.writer(principal, purpose="cut anew") as writer:
                if fingerprint is not None:
                    writer.use_embedder(fingerprint)
                for key, chunks, vectors in made:
                    writer.stage_chunks(key, chunks, recipe=recipe, embeddings=vectors)
            left = len(ids) - min(first + _AT_ONCE, len(ids))
            on_progress(total - left, total)
