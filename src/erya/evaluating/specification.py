"""What a run writes down, so that it can be measured again and compared.

Settings, models, prompts and prices by what tells them from others; never a key.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from erya.addresses import cover_secrets
from erya.assistant import Assistant
from erya.chunking import split_recipe
from erya.config import AUTO_MODEL, Settings
from erya.evaluating.judges import KINDS
from erya.models import OFFLINE_MODEL, ModelCatalogue, fingerprint_of
from erya.opening import build_embedding
from erya.prompts import load_prompt
from erya.records import Principal
from erya.retrieving import QUERY_STRATEGIES

__all__ = [
    "RECORDED",
    "chat_entry",
    "contents_spec",
    "models_spec",
    "prices_of",
    "prompts_of",
    "reader_spec",
    "resolve_models",
    "search_spec",
    "with_recorded",
]

RECORDED: Final = (
    "embedding_model", "query_strategy", "rerank_model", "rerank_candidates",
    "read_units",
    "chat_model", "chunker", "chunk_tokens", "diversity", "passages",
)  # fmt: skip
_ANSWERS: Final = ("passages",)  # which a search has no use for


def resolve_models(settings: Settings, assistant: Assistant | None = None) -> Settings:
    """Return settings that name model and chunker themselves, to be recorded.

    Args:
        settings: What may leave them to the base.
        assistant: Has the base open; without one it is a new base's model.
    """
    if assistant is not None:
        chunker, tokens = split_recipe(assistant.chunker.recipe)
        settings = replace(settings, chunker=chunker, chunk_tokens=tokens)
    if settings.embedding_model != AUTO_MODEL:
        return settings
    name = OFFLINE_MODEL
    if assistant is not None:
        name = assistant.embedding.name if assistant.embedding else ""
    return replace(settings, embedding_model=name)


def search_spec(settings: Settings) -> dict[str, Any]:
    """Return what a run tells of settings, models, prompts and prices of a search."""
    asks = bool(settings.query_strategy)
    recorded = {n: getattr(settings, n) for n in RECORDED if n not in _ANSWERS}
    return {
        "settings": {**recorded, "chat_model": settings.chat_model if asks else ""},
        "models": models_spec(settings, chat=asks),
        "prompts": prompts_of(settings, judge="", answers=False),
        "prices": prices_of(settings, chat=asks),
    }


def reader_spec(principal: Principal) -> dict[str, Any] | None:
    """Return the reader who asks; None for an owner."""
    if principal.role != "reader":
        return None
    return {"user": principal.user, "groups": sorted(principal.groups)}


def with_recorded(settings: Settings, spec: Mapping[str, Any]) -> Settings:
    """Return settings with those that a run recorded."""
    recorded = spec.get("settings") or {}
    return replace(settings, **{k: v for k, v in recorded.items() if k in RECORDED})


def contents_spec(assistant: Assistant, principal: Principal) -> dict[str, Any]:
    """Return how many documents a base has, and what tells it from another."""
    rows = sorted(
        (each.id, each.content_hash, each.recipe)
        for each in assistant.store.documents(principal)
    )
    digest = hashlib.sha256(repr(rows).encode()).hexdigest()
    return {"documents": len(rows), "contents": digest[:16]}


def models_spec(settings: Settings, *, chat: bool) -> dict[str, Any]:
    """Return what tells the models from others."""
    spec: dict[str, Any] = {}
    embedding = build_embedding(settings)
    if embedding is not None:
        fingerprint = fingerprint_of(embedding)
        spec["embedding"] = {
            "name": fingerprint.name,
            "dimension": fingerprint.dimension,
        }
        entry = _embedding_entry(settings)
        # What a remote model is, its entry says; its numbers may waver.
        probe = [round(number, 3) for number in fingerprint.probe[:8]]
        spec["embedding"].update(entry or [("probe", probe)])
    if settings.rerank_model:
        entry_ = ModelCatalogue(settings.home, kind="rerank").get(settings.rerank_model)
        spec["rerank"] = {
            "name": entry_.name, "base_url": cover_secrets(entry_.base_url),
            "model": entry_.model,
        }  # fmt: skip
    if chat and settings.chat_model:
        spec["chat"] = chat_entry(settings, settings.chat_model)
    return spec


def _embedding_entry(settings: Settings) -> dict[str, str]:
    """Return what tells a remote embedding model from others; nothing for a local."""
    for entry in ModelCatalogue(settings.home, kind="embedding").all():
        if entry.name == settings.embedding_model:
            return {
                "base_url": cover_secrets(entry.base_url),
                "model": entry.model,
                "query_prefix": entry.query_prefix,
                "passage_prefix": entry.passage_prefix,
            }
    return {}


def chat_entry(settings: Settings, name: str) -> dict[str, str]:
    """Return what tells a chat model from others.

    Raises:
        NotFoundError: It was never added.
    """
    entry = ModelCatalogue(settings.home).get(name)
    where = cover_secrets(entry.base_url)
    return {"name": entry.name, "base_url": where, "model": entry.model}


def prices_of(
    settings: Settings, *, judge: str = "", chat: bool = True
) -> dict[str, dict[str, float]]:
    """Return the prices of the chat model and of the judge, where they are known."""
    catalogue = ModelCatalogue(settings.home)
    prices: dict[str, dict[str, float]] = {}
    for who, name in (("chat", settings.chat_model if chat else ""), ("judge", judge)):
        entry = catalogue.get(name) if name else None
        if entry is None or entry.input_price is None or entry.output_price is None:
            continue
        prices[who] = {"input": entry.input_price, "output": entry.output_price}
    return prices


def prompts_of(
    settings: Settings, *, judge: str, answers: bool = True
) -> dict[str, str]:
    """Return the beginning of each prompt's hash."""
    prompts = {}
    if settings.chat_model and answers:
        prompts = {"answer": "answer", "alone": "answer_alone"}
        prompts["tools"] = "call_functions"
    for name in filter(None, settings.query_strategy.split("+")):
        prompts[name] = QUERY_STRATEGIES[name].prompt
    if judge:
        prompts |= {f"judge {kind}": f"judge_{kind}" for kind in KINDS}
    return {use: load_prompt(name).digest for use, name in prompts.items()}
