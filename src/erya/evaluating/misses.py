"""Why a passage was not found: what each stage of a search did with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from erya.assistant import Assistant
from erya.errors import NotFoundError
from erya.language import query_terms, terms
from erya.records import Chunk, Evidence, Hit, Principal, Span

__all__ = ["Miss", "Stage", "why_missed"]

_LOOKED_AT: Final = 1_000  # hits that are asked for to find the passage among them


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What one stage did with the passage.

    Attributes:
        name: `words`, `meaning`, `both`, `reader`.
        outcome: What it did, for a person.
        cure: What would change it; empty where nothing needs to.
    """

    name: str
    outcome: str
    cure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A passage, and what became of it in a search.

    Attributes:
        chunk: The passage of the document that came nearest.
        rank: Its place among the hits, from 1; None where it is none.
        stages: In the order of the search.
    """

    chunk: Chunk
    rank: int | None
    stages: tuple[Stage, ...]


def why_missed(
    assistant: Assistant,
    question: str,
    document_id: str,
    *,
    principal: Principal,
    span: Span | None = None,
    limit: int = 10,
) -> Miss:
    """Explain what a search did with a document, or with a place in it.

    Args:
        assistant: Who searches.
        question: What was searched for.
        document_id: The document that should have been found.
        principal: Who asks; what they may not read is not there.
        span: The place in the document's text; None takes its best passage.
        limit: The hits that a person looks at.

    Raises:
        NotFoundError: There is no such document, or no passage at that place.
    """
    chunks = assistant.store.chunks(principal, document_id)
    if span is not None:
        chunks = [c for c in chunks if c.start < span.end and span.start < c.end]
    if not chunks:
        msg = (
            "No passage of the document is there: it is empty, or what stands there "
            "was left out of the search. See: erya inspect FILE"
        )
        raise NotFoundError(msg)
    deep = assistant.search(question, principal=principal, limit=_LOOKED_AT)
    chunk_ids = {chunk.id for chunk in chunks}
    at = next((i for i, h in enumerate(deep.hits) if h.chunk.id in chunk_ids), None)
    hit = None if at is None else deep.hits[at]
    chunk = hit.chunk if hit else _most_shared(question, chunks)
    stages = [
        _explain_words(question, chunk, hit, evidence=deep),
        *_explain_meaning(hit, deep),
        *_explain_fusion(hit, at, deep.hits[:limit], limit=limit),
    ]
    return Miss(chunk=chunk, rank=None if at is None else at + 1, stages=tuple(stages))


def _most_shared(question: str, chunks: Sequence[Chunk]) -> Chunk:
    question_terms = terms(question)
    return max(
        chunks, key=lambda chunk: len(question_terms & terms(chunk.indexed_text))
    )


def _explain_words(
    question: str, chunk: Chunk, hit: Hit | None, *, evidence: Evidence
) -> Stage:
    question_terms = query_terms(question).body
    there = terms(chunk.indexed_text)
    weighed = sorted(question_terms, key=lambda term: -evidence.weights.get(term, 0.0))
    has = [term for term in weighed if term in there]
    lacks = [term for term in weighed if term not in there]
    rank = hit.ranks.get("keyword") if hit else None
    place = f"rank {rank}" if rank else "not among its best"
    also = f"; also searched for {_list_words(evidence.also)}" if evidence.also else ""
    outcome = f"{place}; has {_list_words(has)}; lacks {_list_words(lacks)}{also}"
    cure = ""
    if lacks and not rank:
        cure = (
            f"ask with the document's own words for {_list_words(lacks[:3])}, or "
            'teach the base what means the same: erya kb words NAME --add "A = B"'
        )
    return Stage(name="words", outcome=outcome, cure=cure)


def _explain_meaning(hit: Hit | None, evidence: Evidence) -> list[Stage]:
    cosines = [h.scores["vector"] for h in evidence.hits if "vector" in h.scores]
    if not cosines:
        return [Stage(name="meaning", outcome="not asked: no vectors were compared")]
    if hit is None or "vector" not in hit.scores:
        outcome = f"not among its best, which reach a cosine of {max(cosines):.3f}"
        cure = "ask in other words, or measure another model: erya kb reembed --help"
        return [Stage(name="meaning", outcome=outcome, cure=cure)]
    rank = hit.ranks.get("vector")
    place = f"rank {rank}" if rank else "not among its best"
    outcome = f"{place}; cosine {hit.scores['vector']:.3f}, best {max(cosines):.3f}"
    return [Stage(name="meaning", outcome=outcome)]


def _explain_fusion(
    hit: Hit | None, at: int | None, hits: Sequence[Hit], *, limit: int
) -> list[Stage]:
    if hit is None or at is None:
        copies = "neither leg brought it, or the same text stands in another document"
        return [Stage(name="both", outcome=f"no hit: {copies}")]
    last = hits[-1].score if hits else 0.0
    outcome = (
        f"rank {at + 1}, score {hit.score:.3f}; the last of {limit} has {last:.3f}"
    )
    cure = f"look at more hits: -k {at + 1}" if at >= limit else ""
    return [Stage(name="both", outcome=outcome, cure=cure)]


def _list_words(words: Sequence[str]) -> str:
    return ", ".join(words[:8]) or "nothing"
