"""From settings and the name of a base to an `Assistant`: the one composition root.

Every door opens bases here, so that no door decides what another would need. Settings
say what the machine is like; what belongs to a base, its store tells.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from erya import traces
from erya.answering import Answerer, ExtractiveAnswerer, GroundedAnswerer
from erya.assistant import Assistant
from erya.chunking import Chunker, chunker_of, split_recipe
from erya.config import (
    AUTO_CHUNKER,
    AUTO_MODEL,
    BASE_SETTINGS,
    DEFAULT_BASE,
    Settings,
    check_setting,
)
from erya.errors import NotFoundError, UsageError
from erya.guarding import KINDS, Masking
from erya.indexing import base_rules
from erya.loading import Limits
from erya.models import OFFLINE_MODEL, ChatModel, EmbeddingModel, ModelRegistry
from erya.preparing import Enrichment, Preparation, check_cleaning
from erya.records import Principal, absolute_path
from erya.reranking import Reranker
from erya.retrieving import QUERY_STRATEGIES, MultiQueryRetriever, Retriever
from erya.sources import SourceSpec
from erya.stores import Bases, Store

__all__ = [
    "base_for_reading",
    "bases_for_reading",
    "bases_of",
    "build_answerer",
    "build_chunker",
    "build_embedding",
    "build_limits",
    "build_parts",
    "build_preparation",
    "build_reranker",
    "build_strategy",
    "change_base",
    "check_profile",
    "create_base",
    "open_assistant",
    "reader_of",
    "settings_of_base",
]

# For one command, and no property of the base that it happens to make.
_BY_WORDS: Final = {"embedding_model": ""}
_PROTECTS: Final = frozenset(("mask", "mask_originals"))
_CUTS: Final = frozenset(("chunker", "chunk_tokens"))
_OF_FILES: Final = "auto-"  # how bases of single files begin
_MOST_NAMED: Final = 10


def open_assistant(
    settings: Settings,
    kb: str,
    *,
    beside: Sequence[str] = (),
    create: bool = False,
    chat: bool = False,
    bases: Bases | None = None,
) -> Assistant:
    """Open the base `kb` with an assistant on it; it has to be closed.

    Args:
        settings: What the assistant is like.
        kb: The base's name.
        beside: Further bases that are asked together with it.
        create: Make the base if it is not there.
        chat: Let the chat model of the settings answer.
        bases: Where the base is; by default in the home folder.

    Raises:
        NotFoundError: There is no such base or model.
        UsageError: A setting cannot be kept.
    """
    if settings.trace_file:
        try:
            traces.configure(Path(settings.trace_file).expanduser())
        except OSError as error:
            msg = f"trace_file cannot be written: {error}. Choose another file."
            raise UsageError(msg) from None
    place = bases or bases_of(settings)
    if not place.exists(kb):
        # What may be missing comes before the base, which is else left behind empty.
        build_parts(settings, chat=chat)
        if create:
            create_base(settings, kb, bases=place)
    with contextlib.ExitStack() as opened:
        assistants: list[Assistant] = []
        for name in (*beside, kb):
            store = place.open(name)
            opened.callback(store.close)
            parts = _parts_of_base(settings, store, chat=chat)
            named = {"name": name} if beside else {}
            assistants.append(Assistant(store=store, **{**parts, **named}))
        opened.pop_all()
    *others, first = assistants
    return replace(first, beside=tuple(others)) if others else first


def bases_of(settings: Settings) -> Bases:
    """Return the bases of a home, whose catalogues may lie in a database.

    Raises:
        MissingExtraError: What a catalogue elsewhere needs is not installed.
        UsageError: The setting is no address of a database.
    """
    return Bases(settings.home, catalogue=settings.catalogue)


def reader_of(settings: Settings, user: str, *groups: str) -> Principal:
    """Return a person as a reader, in the groups that are known of them.

    Args:
        settings: Where it is kept who is in which group.
        user: What the person is called.
        groups: Others that they are in, for now.

    Raises:
        StoreError: Where groups are kept is out of reach.
    """
    known = bases_of(settings).groups.of(user)
    return Principal(user=user, groups=known | frozenset(groups))


def create_base(
    settings: Settings,
    kb: str,
    *,
    profile: Mapping[str, Any] | None = None,
    bases: Bases | None = None,
) -> None:
    """Make a base that keeps how it is read, cut, masked and embedded.

    Args:
        settings: What it gets where `profile` says nothing, if that is not the default.
        kb: Its name.
        profile: What it is to be like, by the names of settings.
        bases: Where it is made; by default in the home folder.

    Raises:
        NotFoundError: A model was never added.
        UsageError: The name cannot be one, the base is there already, or the profile is
            none.
    """
    place = bases or bases_of(settings)
    if place.exists(kb):
        msg = f"There is a base {kb!r} already. Change it with: erya kb set {kb}"
        raise UsageError(msg)
    given = {
        name: getattr(settings, name)
        for name in BASE_SETTINGS
        if not settings.is_default(name)
        and getattr(settings, name) != _BY_WORDS.get(name)
    }
    kept = {**given, **check_profile(settings, profile or {})}
    with contextlib.closing(place.open(kb, create=True)) as store:
        if kept:
            with store.writer(Principal.system(), purpose="make it") as writer:
                writer.set_profile(kept)


def check_profile(
    settings: Settings,
    changes: Mapping[str, Any],
    *,
    stored: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what a base is to keep, each as it is stored: a base can be opened by it.

    Args:
        settings: Where models are, and what the base says nothing of.
        changes: By the names of settings, and `sources`; None keeps nothing of it.
        stored: What it keeps already.

    Raises:
        NotFoundError: A model was never added.
        UsageError: A base keeps no such thing, or it cannot be had.
    """
    checked = {name: _kept_value(name, value) for name, value in changes.items()}
    if checked:
        merged = {**(stored or {}), **checked}
        kept = {name: value for name, value in merged.items() if value is not None}
        build_parts(settings_of_base(settings, kept))
    return checked


def _kept_value(name: str, value: Any) -> Any:
    """Return a value as a base keeps it.

    Raises:
        UsageError: A base keeps no such thing.
    """
    if name == "sources" and value is not None:
        specs = [SourceSpec.from_json(each) for each in value]
        if any(spec.kind == "stream" for spec in specs):
            msg = (
                "A base keeps no standard input. Send it with: erya ingest - --kb NAME"
            )
            raise UsageError(msg)
        return [spec.to_json() for spec in specs]
    if name not in (*BASE_SETTINGS, "sources"):
        msg = f"A base does not keep {name!r}. It keeps: {', '.join(BASE_SETTINGS)}."
        raise UsageError(msg)
    if value is None:
        return None
    value = check_setting(name, value, "of a base")
    return absolute_path(value) if name == "enrich_names" and value else value


def change_base(
    store: Store,
    changes: Mapping[str, Any],
    *,
    settings: Settings,
    principal: Principal,
) -> None:
    """Change what a base keeps of how it is read, cut, masked and embedded.

    Args:
        store: The base.
        changes: By the names of settings; None goes back to what the settings say.
        settings: Where models are, and what the base says nothing of.
        principal: Who changes it; must own it.

    Raises:
        NotAllowedError: The principal does not own the base.
        NotFoundError: A model was never added.
        UsageError: A base keeps no such thing; or it holds vectors of another model, or
            was cut anew by another chunker: those are made beside.
    """
    before = store.profile(principal)
    changes = check_profile(settings, changes, stored=before)
    stored = store.embedder(principal)
    model = changes.get("embedding_model")
    if model not in {None, AUTO_MODEL} and stored is not None and stored.name != model:
        msg = f"The base holds vectors of {stored.name!r}. " + (
            "Make those of another model beside them, compare, and switch: "
            f"erya kb reembed NAME --model {model}"
            if model
            else 'Search by words alone for one command: ERYA_EMBEDDING_MODEL=""'
        )
        raise UsageError(msg)
    if not _CUTS.isdisjoint(changes) and store.chunker(principal):
        msg = (
            "The base was switched to a chunker by rechunk, which goes before what it "
            "keeps. Cut it anew beside, compare, and switch: erya kb rechunk NAME "
            "--chunker CHUNKER --tokens N"
        )
        raise UsageError(msg)
    profile = {**before, **changes}
    kept = {name: value for name, value in profile.items() if value is not None}
    with store.writer(principal, purpose="change its settings") as writer:
        writer.set_profile(kept)


def settings_of_base(settings: Settings, profile: Mapping[str, Any]) -> Settings:
    """Return settings with what a base keeps, where nobody says otherwise for now.

    A flag or a variable of the environment holds for this command: so a base can be
    asked by its words alone. The settings file is for what a base does not keep. What
    a base masks is masked, whatever else is: that is changed with the base alone.
    """
    kept = {
        name: value
        for name, value in profile.items()
        if name in BASE_SETTINGS and (name in _PROTECTS or not settings.is_given(name))
    }
    if "mask" in kept:
        kinds = {*_listed(kept["mask"]), *_listed(settings.mask)}
        kept["mask"] = "all" if "all" in kinds else ",".join(sorted(kinds))
    return replace(settings, **kept)


def _parts_of_base(settings: Settings, store: Store, *, chat: bool) -> dict[str, Any]:
    """Return what an assistant on a base is made of, as the base and settings say.

    What searches were switched to since counts, not what the base was made with.

    Raises:
        NotFoundError: The model that it was embedded with is not here any more.
        UsageError: The chunker that it was cut by is none of this release.
    """
    system = Principal.system()
    rules = base_rules(store)
    profile, recipe = rules
    own = settings_of_base(settings, profile)
    stored = store.embedder(system)
    kept = profile.get("embedding_model", AUTO_MODEL)
    embedding = None
    if stored is not None and own.embedding_model in {AUTO_MODEL, kept}:
        embedding = _embedding_of_base(own, stored.name)
        own = replace(own, embedding_model=AUTO_MODEL)
    if recipe and not settings.is_given("chunker"):
        own = replace(own, chunker=AUTO_CHUNKER)
    parts = build_parts(own, chat=chat)
    embedding = embedding or parts["embedding"]
    chunker = build_chunker(own, embedding=embedding, recipe=recipe)
    return {**parts, "embedding": embedding, "chunker": chunker, "rules": rules}


def _embedding_of_base(settings: Settings, name: str) -> EmbeddingModel:
    """Open the model that a base was embedded with.

    Raises:
        NotFoundError: It is not here any more.
    """
    try:
        return ModelRegistry(settings).embedding(name)
    except NotFoundError as error:
        msg = (
            f"{error}\nThe base was embedded with {name!r}. Search by words alone with "
            'embedding_model = "", or embed it anew: erya kb reembed NAME --model '
            f"{OFFLINE_MODEL}"
        )
        raise NotFoundError(msg) from None


def bases_for_reading(settings: Settings) -> list[str]:
    """Return the bases that somebody means who only asks: several have commas.

    Raises:
        NotFoundError: None is named, and there are several.
    """
    named = list(filter(None, (name.strip() for name in settings.kb.split(","))))
    if len(named) > 1:
        return list(dict.fromkeys(named))
    return [base_for_reading(settings)]


def base_for_reading(settings: Settings) -> str:
    """Return the base that somebody means who only reads.

    That is the one of the settings; where nobody named one and there is none of the
    default name, the only one there is, those of single files aside.

    Raises:
        NotFoundError: There are several.
    """
    if settings.kb != DEFAULT_BASE:
        return settings.kb
    names = bases_of(settings).names()
    named = [name for name in names if not name.startswith(_OF_FILES)]
    if settings.kb in names or not named:
        return settings.kb
    if len(named) > 1:
        shown = ", ".join(named[:_MOST_NAMED]) + ", …" * (len(named) > _MOST_NAMED)
        msg = f"There are several bases. Name one with --kb: {shown}"
        raise NotFoundError(msg)
    return named[0]


def build_parts(settings: Settings, *, chat: bool = False) -> dict[str, Any]:
    """Return what an `Assistant` is made of beside its store, as the settings say.

    Raises:
        NotFoundError: A model was never added.
        UsageError: A model's key is not set, or a strategy lacks its chat model.
    """
    embedding = build_embedding(settings)
    registry = ModelRegistry(settings)
    asks = chat and settings.chat_model
    model = registry.chat(settings.chat_model) if asks else None
    return {
        "answerer": build_answerer(settings, model),
        "embedding": embedding,
        "strategy": build_strategy(settings),
        "reranker": build_reranker(settings),
        "reader": registry.reader() if settings.read_units else None,
        "chunker": build_chunker(settings, embedding=embedding),
        "diversity": settings.diversity,
        "preparation": build_preparation(settings),
        "html": settings.html,
        "limits": build_limits(settings),
        "workers": settings.workers,
        "passages": settings.passages,
    }


def build_embedding(settings: Settings) -> EmbeddingModel | None:
    """Return the embedding model of the settings; None if they name none.

    Raises:
        NotFoundError: It was never added.
        UsageError: The variable that holds its key is not set.
    """
    name = settings.embedding_model
    return ModelRegistry(settings).embedding(name) if name else None


def build_reranker(settings: Settings) -> Reranker | None:
    """Return what reranks as the settings say; None if they name no rerank model.

    Raises:
        NotFoundError: It was never added.
        UsageError: The variable that holds its key is not set.
    """
    if not settings.rerank_model:
        return None
    model = ModelRegistry(settings).rerank(settings.rerank_model)
    return Reranker(model=model, candidates=settings.rerank_candidates)


def build_strategy(
    settings: Settings, model: ChatModel | None = None
) -> Callable[[Retriever], Retriever] | None:
    """Return how the settings say that a question is searched; None as it stands.

    Args:
        settings: What they say.
        model: The chat model, if not that of the settings.

    Raises:
        NotFoundError: The chat model was never added.
        UsageError: There is none.
    """
    if not settings.query_strategy:
        return None
    if not settings.chat_model:
        msg = f"{settings.query_strategy} takes a chat model: name one with --model."
        raise UsageError(msg)
    chat = model or ModelRegistry(settings).chat(settings.chat_model)
    names = dict.fromkeys(settings.query_strategy.split("+"))
    strategies = tuple(QUERY_STRATEGIES[name] for name in names)
    return lambda plain: MultiQueryRetriever(
        retriever=plain, model=chat, strategies=strategies
    )


def build_answerer(settings: Settings, model: ChatModel | None) -> Answerer:
    """Return what answers: a chat model, or, where there is none, quotes."""
    if model is None:
        return ExtractiveAnswerer(readings=max(settings.read_units, 1))
    return GroundedAnswerer(model=model, passages=settings.passages)


def build_chunker(
    settings: Settings, *, embedding: EmbeddingModel | None, recipe: str = ""
) -> Chunker:
    """Return the chunker of the settings, or the one that a base was switched to.

    Args:
        settings: Which one, and how large chunks may be.
        embedding: What the semantic one compares sentences with.
        recipe: Of the chunker that the base was switched to; empty where it was not.

    Raises:
        UsageError: The semantic one has no model to compare with.
    """
    name, tokens = settings.chunker, settings.chunk_tokens
    if name == AUTO_CHUNKER:
        name, tokens = split_recipe(recipe) if recipe else ("structure", tokens)
    return chunker_of(name, max_tokens=tokens, embedding=embedding)


def build_limits(settings: Settings) -> Limits:
    """Return the limits that files are read within, as the settings say."""
    return Limits(
        file_bytes=settings.max_file_bytes,
        seconds=settings.parse_seconds,
        memory_bytes=settings.parse_memory_mb * 1_000_000,
        text_characters=settings.max_text_characters,
    )


def build_preparation(settings: Settings) -> Preparation:
    """Return how documents are prepared, as the settings say.

    Raises:
        NotFoundError: The chat model was never added.
        UsageError: There is no step or kind of a name, or no file of names.
    """
    masked = frozenset(_listed(settings.mask))
    if unknown := masked - KINDS - {"all"}:
        there = ", ".join(sorted(KINDS))
        msg = f"mask names {', '.join(sorted(unknown))}. There are: all, {there}."
        raise UsageError(msg)
    masking = Masking(
        kinds=frozenset() if "all" in masked else masked,
        keep_original=settings.mask_originals == "owner",
    )
    name = settings.enrich_model
    cleaning = _listed(settings.clean)
    check_cleaning(cleaning)
    return Preparation(
        cleaning=cleaning,
        enrichment=Enrichment(
            steps=_listed(settings.enrich),
            names=_read_names(settings.enrich_names),
            model=ModelRegistry(settings).chat(name) if name else None,
            model_name=name,
        ),
        masking=masking if masked else None,
    )


def _listed(value: str) -> tuple[str, ...]:
    if value.strip() == "none":
        return ()
    return tuple(filter(None, (part.strip() for part in value.split(","))))


def _read_names(path: str) -> frozenset[str]:
    """Read a file of names.

    Raises:
        UsageError: It cannot be read.
    """
    if not path:
        return frozenset()
    try:
        lines = Path(path).expanduser().read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        msg = f"enrich_names: {path!r} cannot be read: {error}"
        raise UsageError(msg) from None
    return frozenset(filter(None, map(str.strip, lines)))
