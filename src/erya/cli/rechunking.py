"""What `erya kb rechunk` does."""

from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from erya.assistant import Assistant
from erya.chunking import recipe_in, split_recipe, with_recipe
from erya.cli.beside import compare_with_copy
from erya.cli.common import echo, echo_json
from erya.cli.principals import principal_for
from erya.cli.progress import shown
from erya.config import AUTO_CHUNKER, Settings
from erya.errors import UsageError
from erya.indexing import rechunk
from erya.opening import build_chunker, open_assistant, settings_of_base
from erya.records import Principal
from erya.shapes import chunkings_shape
from erya.stores import Store

__all__ = ["rechunk_base"]


def rechunk_base(
    settings: Settings,
    name: str,
    *,
    named: bool,
    questions: Path | None,
    switch: bool,
    back: bool,
    forget: bool,
    as_json: bool,
) -> None:
    """Cut, compare, switch or forget, and say what a base holds then.

    Raises:
        ModelError: The model cannot be reached; what was stored stays.
        NotFoundError: There is no such base.
        UsageError: The options do not go together.
    """
    if back and (named or switch or questions):
        msg = "--back names its chunker itself: the one before. Leave the others out."
        raise UsageError(msg)
    if (switch or questions) and not named:
        msg = "Name the chunker with --chunker, and its size with --tokens."
        raise UsageError(msg)
    principal = principal_for(settings, None)
    told: dict[str, Any] = {"name": name}
    with open_assistant(replace(settings, chunker=AUTO_CHUNKER), name) as assistant:
        store = assistant.store
        recipe = _before(store, principal, name=name) if back else ""
        if named:
            recipe = _cut(settings, assistant, principal)
        if questions:
            told["comparison"] = compare_with_copy(
                settings,
                name,
                lambda copied: _switch(copied, recipe, principal),
                questions=questions,
                as_json=as_json,
            )
        if switch or back:
            _switch(store, recipe, principal)
        if forget:
            told["forgotten"] = _forget(store, principal)
        told["chunker"] = _in_use(store, principal)
        told["beside"] = chunkings_shape(store.chunkings(principal))
        told["chunks"] = store.status(principal).chunks
    if as_json:
        echo_json(told)
    else:
        _describe(told)


def _cut(settings: Settings, assistant: Assistant, principal: Principal) -> str:
    embedding = assistant.embedding
    if assistant.store.embedder(principal) is None:
        embedding = None
    chunker = build_chunker(
        _named_over_kept(settings, assistant.store), embedding=assistant.embedding
    )
    if chunker.recipe == _in_use(assistant.store, principal):
        msg = (
            f"{chunker.recipe!r} is what the base is cut by already. Name another one "
            "with --chunker, or another size with --tokens."
        )
        raise UsageError(msg)
    with shown() as show:
        rechunk(
            assistant.store,
            chunker.chunk,
            recipe=chunker.recipe,
            principal=principal,
            embedding=embedding,
            on_progress=lambda done, total: show("Cutting", done, total),
        )
    return chunker.recipe


def _named_over_kept(settings: Settings, store: Store) -> Settings:
    """Return the settings with the chunker of the base, where none is named."""
    system = Principal.system()
    own = settings_of_base(settings, store.profile(system))
    recipe = store.chunker(system)
    if recipe and not settings.is_given("chunker"):
        return replace(own, chunker=split_recipe(recipe)[0])
    return own


def _in_use(store: Store, principal: Principal) -> str:
    """Return the recipe that most documents were cut by; empty for an empty base."""
    found = Counter(recipe_in(each.recipe) for each in store.documents(principal))
    return found.most_common(1)[0][0] if found else ""


def _before(store: Store, principal: Principal, *, name: str) -> str:
    """Return the recipe of the chunker that searches used before.

    Raises:
        UsageError: There is none whose passages are still there.
    """
    before = [each.recipe for each in store.chunkings(principal) if each.previous]
    if not before:
        msg = (
            f"Searches in {name!r} used no other chunker before whose passages are "
            f"still there. Choose one: erya kb rechunk {name} --chunker C --switch"
        )
        raise UsageError(msg)
    return before[0]


def _switch(store: Store, recipe: str, principal: Principal) -> None:
    before = _in_use(store, principal)
    with store.writer(principal, purpose="switch its chunker") as writer:
        writer.switch_chunker(
            recipe, before=before, renamed=partial(with_recipe, chunker=recipe)
        )
        # What searches were switched to holds, and not what it was made with.
        profile = store.profile(principal)
        cut_by = {"chunker", "chunk_tokens"}
        kept = {name: v for name, v in profile.items() if name not in cut_by}
        if kept != profile:
            writer.set_profile(kept)


def _forget(store: Store, principal: Principal) -> dict[str, int]:
    """Delete the passages of every chunker that searches do not use."""
    forgotten: dict[str, int] = {}
    for each in store.chunkings(principal):
        with store.writer(principal, purpose="forget a chunker") as writer:
            forgotten[each.recipe] = writer.forget_chunker(each.recipe)
    return forgotten


def _describe(told: dict[str, Any]) -> None:
    echo(f"{told['chunker'] or 'no chunker'}: {told['chunks']:,} passages, in use")
    for each in told["beside"]:
        lacking = f", {each['missing']:,} missing" if each["missing"] else ""
        echo(f"{each['chunker']}: {each['documents']:,} documents{lacking}, beside it")
    if any(not each["missing"] for each in told["beside"]):
        echo(
            "Compare, switch or delete with: erya kb rechunk "
            f"{told['name']} --chunker C --tokens N --compare QUESTIONS | --switch, "
            "--back, or --forget"
        )
