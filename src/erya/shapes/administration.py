"""What bases and models are, and what is changed of them, as JSON."""

from typing import TYPE_CHECKING, Any

from erya.addresses import cover_secrets
from erya.shapes.common import dataclass_shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from erya.language.lexicon import Word
    from erya.models import ModelEntry
    from erya.models.local_embedding import LocalModelCard
    from erya.models.probing import Probe
    from erya.stores import (
        Finding,
        Status,
        StoredChunking,
        StoredDocument,
        StoredEmbedder,
        StoredItem,
    )

__all__ = [
    "base_settings_shape",
    "base_shape",
    "chunkings_shape",
    "embedders_shape",
    "findings_shape",
    "groups_shape",
    "model_shape",
    "models_shape",
    "probes_shape",
    "status_shape",
    "stored_problems_shape",
    "words_shape",
]


def status_shape(
    name: str,
    status: "Status",
    documents: "Sequence[StoredDocument]",
    *,
    embedding_model: str | None,
    settings: "Mapping[str, Any]",
    grants: "Mapping[str, str]",
) -> dict[str, Any]:
    """Return what a base holds, as `kb show --json` has it."""
    return {
        "name": name,
        "embedding_model": embedding_model,
        "documents": status.documents,
        "chunks": status.chunks,
        "characters": status.characters,
        "jobs": [dataclass_shape(job) for job in status.jobs],
        "sources": [dataclass_shape(document) for document in documents],
        "settings": dict(settings),
        "grants": dict(grants),
    }


def findings_shape(findings: "Sequence[Finding]") -> dict[str, Any]:
    """Return what checks have found, as `doctor --json` has it."""
    rows = [dataclass_shape(finding) for finding in findings]
    return {"ok": all(finding.ok for finding in findings), "findings": rows}


def base_shape(
    name: str, size: "tuple[int, int] | None", *, error: str = ""
) -> dict[str, Any]:
    """Return a base in a list of them; one that cannot be opened has an `error`.

    Args:
        name: What it is called.
        size: How many documents and chunks it has.
        error: Why that is not known.
    """
    documents, chunks = size or (None, None)
    shape: dict[str, Any] = {"name": name, "documents": documents, "chunks": chunks}
    return shape | ({"error": error} if error else {})


def base_settings_shape(name: str, settings: "Mapping[str, Any]") -> dict[str, Any]:
    """Return what a base keeps of its own, as `kb set --json` has it."""
    return {"name": name, "settings": dict(settings)}


def stored_problems_shape(name: str, items: "Iterable[StoredItem]") -> dict[str, Any]:
    """Return what is wrong with files of a base, as `kb show --problems` has it.

    A file that gave no text comes before its notices.
    """
    rows = [
        {"path": item.source, "code": code, "message": message, "page": page}
        for item in items
        for code, message, page in (
            *([(item.code, item.message, None)] if item.code else []),
            *item.notices,
        )
    ]
    return {"name": name, "problems": rows}


def embedders_shape(embedders: "Iterable[StoredEmbedder]") -> list[dict[str, Any]]:
    """Return the embedding models of a base, as `kb reembed --json` has them."""
    return [
        {
            "name": each.fingerprint.name,
            "dimension": each.fingerprint.dimension,
            "current": each.current,
            "vectors": each.vectors,
            "missing": each.missing,
        }
        for each in embedders
    ]


def chunkings_shape(chunkings: "Iterable[StoredChunking]") -> list[dict[str, Any]]:
    """Return chunkings beside the one in use, as `kb rechunk --json` has them."""
    return [
        {
            "chunker": each.recipe,
            "documents": each.documents,
            "missing": each.missing,
        }
        for each in chunkings
    ]


def groups_shape(groups: "Mapping[str, Sequence[str]]") -> dict[str, Any]:
    """Return who is in which group, as `groups list --json` has it."""
    rows = [{"name": n, "members": list(members)} for n, members in groups.items()]
    return {"groups": rows}


def words_shape(name: str, words: "Iterable[Word]") -> dict[str, Any]:
    """Return the words of a base, as `kb words --json` has them."""
    rows = [{"word": w.word, "kind": w.kind, "others": list(w.others)} for w in words]
    return {"name": name, "words": rows}


def model_shape(entry: "ModelEntry") -> dict[str, Any]:
    """Return how a model is reached, without a password in its address."""
    return {**dataclass_shape(entry), "base_url": cover_secrets(entry.base_url)}


def models_shape(
    entries: "Mapping[str, Sequence[ModelEntry]]", local: "Iterable[LocalModelCard]"
) -> dict[str, Any]:
    """Return the models of a home, as `models list --json` has them.

    Args:
        entries: Those that are reached at an endpoint: chat, embedding, rerank.
        local: Embedding models that run here.
    """
    shape: dict[str, Any] = {
        kind: [model_shape(entry) for entry in found] for kind, found in entries.items()
    }
    return {**shape, "local_embedding": [dataclass_shape(card) for card in local]}


def probes_shape(name: str, probes: "Iterable[Probe]") -> dict[str, Any]:
    """Return what a model was tried for, as `models test --json` has it."""
    return {"name": name, "probes": [dataclass_shape(probe) for probe in probes]}
