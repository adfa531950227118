"""Give a base vectors of another model, beside those that searches use."""

from collections.abc import Callable
from typing import Final

from erya.indexing.embedding import embed_chunks
from erya.models import EmbeddingModel, fingerprint_of
from erya.records import Fingerprint, Principal
from erya.stores import Store

__all__ = ["reembed", "switch"]

_AT_ONCE: Final = 128  # passages that are embedded between two commits


def reembed(
    store: Store,
    model: EmbeddingModel,
    *,
    principal: Principal,
    on_progress: Callable[[int, int], None] = lambda *_: None,
) -> Fingerprint:
    """Embed every passage that has no vector of `model`, and return which model it is.

    Searches go on with the model that they use. Nobody is kept from writing meanwhile:
    the writer's lock is held only to look for passages and to store vectors. What was
    stored stays if this is killed, and the next call goes on from there.

    Args:
        store: The base.
        model: Makes the new vectors.
        principal: Must be allowed to write.
        on_progress: Called with the passages embedded and to embed in all.

    Raises:
        BusyError: Somebody else was writing at that moment; call again.
        ModelError: The model cannot be reached; what was stored stays.
        NotAllowedError: `principal` may not write.
        StoreError: The base cannot be written.
    """
    fingerprint = fingerprint_of(model)
    done = 0
    while True:
        with store.writer(principal, purpose="embed anew") as writer:
            writer.stage_embedder(fingerprint)
            chunks = writer.unembedded(limit=_AT_ONCE, staged=True)
        if not chunks:
            return fingerprint
        texts = [chunk.indexed_text for chunk in chunks]
        made = embed_chunks(model, texts, dimension=fingerprint.dimension).embeddings
        ids = [chunk.id for chunk in chunks]
        with store.writer(principal, purpose="embed anew") as writer:
            writer.stage_embedder(fingerprint)
            writer.embed(dict(zip(ids, made, strict=True)), staged=True)
        done += len(chunks)
        on_progress(done, done + _missing(store, fingerprint, principal))


def switch(store: Store, fingerprint: Fingerprint, *, principal: Principal) -> None:
    """Let searches use another model, in one commit.

    Raises:
        BusyError: Somebody else is writing.
        NotAllowedError: `principal` may not write.
        UsageError: Passages lack a vector of it.
    """
    with store.writer(principal, purpose="switch its model") as writer:
        writer.switch_embedder(fingerprint)


def _missing(store: Store, fingerprint: Fingerprint, principal: Principal) -> int:
    return next(
        (
            each.missing
            for each in store.embedders(principal)
            if each.fingerprint.agrees(fingerprint)
        ),
        0,
    )
