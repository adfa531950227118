"""What `erya kb reembed` does."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from erya.cli.beside import compare_with_copy
from erya.cli.common import echo, echo_json
from erya.cli.principals import principal_for
from erya.cli.progress import shown
from erya.config import Settings
from erya.errors import UsageError
from erya.indexing import reembed, switch
from erya.opening import bases_of, build_embedding
from erya.records import Fingerprint, Principal
from erya.shapes import embedders_shape
from erya.stores import Store, StoredEmbedder

__all__ = ["reembed_base"]


def reembed_base(
    settings: Settings,
    name: str,
    *,
    model: str | None,
    questions: Path | None,
    switch: bool,
    back: bool,
    forget: bool,
    as_json: bool,
) -> None:
    """Embed, compare, switch or forget, and say what a base holds then.

    Raises:
        ModelError: The model cannot be reached; what was stored stays.
        NotFoundError: There is no such base or model.
        UsageError: The options do not go together.
    """
    if back and (model or switch or questions):
        msg = "--back names its model itself: the one before. Leave the others out."
        raise UsageError(msg)
    principal = principal_for(settings, None)
    store = bases_of(settings).open(name)
    told: dict[str, Any] = {"name": name}
    try:
        if back:
            model = _before(store, principal, name=name)
        wanted = _embed(settings, store, model, principal) if model else None
        if questions:
            if wanted is None:
                msg = "--compare takes a model to compare with: name it with --model."
                raise UsageError(msg)
            told["comparison"] = compare_with_copy(
                settings,
                name,
                lambda copied: _switch(copied, wanted, principal),
                questions=questions,
                as_json=as_json,
            )
        if wanted is not None and (switch or back):
            _switch(store, wanted, principal)
        if forget:
            told["forgotten"] = _forget(store, principal)
        models = store.embedders(principal)
    finally:
        store.close()
    told["models"] = embedders_shape(models)
    if as_json:
        echo_json(told)
    else:
        _describe(models, name=name)


def _embed(
    settings: Settings, store: Store, model: str, principal: Principal
) -> Fingerprint:
    chosen = build_embedding(replace(settings, embedding_model=model))
    if chosen is None:
        msg = "--model is empty. Name an embedding model: erya models list"
        raise UsageError(msg)
    with shown() as show:
        return reembed(
            store,
            chosen,
            principal=principal,
            on_progress=lambda done, total: show("Embedding", done, total),
        )


def _before(store: Store, principal: Principal, *, name: str) -> str:
    """Return the name of the model that searches used before.

    Raises:
        UsageError: There is none whose vectors are still there.
    """
    models = store.embedders(principal)
    before = [each for each in models if each.previous and not each.current]
    if not before:
        msg = (
            f"Searches in {name!r} used no other model before whose vectors are still "
            f"there. Choose one: erya kb reembed {name} --model MODEL --switch"
        )
        raise UsageError(msg)
    return before[0].fingerprint.name


def _switch(store: Store, wanted: Fingerprint, principal: Principal) -> None:
    switch(store, wanted, principal=principal)


def _forget(store: Store, principal: Principal) -> dict[str, int]:
    """Delete the vectors of every model that searches do not use."""
    forgotten: dict[str, int] = {}
    for each in store.embedders(principal):
        if not each.current:
            with store.writer(principal, purpose="forget a model") as writer:
                count = writer.forget_embedder(each.fingerprint)
            forgotten[each.fingerprint.name] = count
    return forgotten


def _describe(models: list[StoredEmbedder], *, name: str) -> None:
    if not models:
        echo(f"{name!r} has no vectors: its passages are found by their words.")
    for each in models:
        use = "in use" if each.current else "beside it"
        lacking = f", {each.missing:,} missing" if each.missing else ""
        echo(f"{each.fingerprint.name}: {each.vectors:,} vectors{lacking}, {use}")
    others = [e.fingerprint.name for e in models if not e.current and not e.missing]
    if others:
        echo(
            f"Compare, switch or delete with: erya kb reembed {name} --model "
            f"{others[0]} --compare QUESTIONS | --switch, or --forget"
        )
