"""What a search and an answer look like as JSON."""

from typing import TYPE_CHECKING, Any, TypedDict

from erya.shapes.common import dataclass_shape

if TYPE_CHECKING:
    from erya.answering import Extraction
    from erya.evaluating.misses import Miss
    from erya.locating import CitedPassage
    from erya.records import Answer, Citation, Claim, Evidence, Hit, Usage

__all__ = [
    "AnswerShape",
    "CitationShape",
    "ClaimShape",
    "EvidenceShape",
    "HitShape",
    "UsageShape",
    "answer_shape",
    "citation_shape",
    "cited_passage_shape",
    "claim_shape",
    "evidence_shape",
    "extraction_shape",
    "hit_shape",
    "miss_shape",
    "usage_shape",
]


class HitShape(TypedDict):
    """A passage that a search found; `base` is empty where one was asked."""

    base: str
    document: str
    chunk: str
    source: str
    title: str
    headings: list[str]
    page: int | None
    start: int
    end: int
    text: str
    score: float
    ranks: dict[str, int]
    scores: dict[str, float]
    weights: dict[str, float]


class EvidenceShape(TypedDict):
    """What a search brings to a question."""

    hits: list[HitShape]
    did_you_mean: str


class CitationShape(TypedDict):
    """A span of a source; `answer` is the span of the words that answer."""

    number: int
    base: str
    document: str
    chunk: str
    source: str
    page: int | None
    start: int
    end: int
    quote: str
    answer: list[int] | None


class ClaimShape(TypedDict):
    """A sentence of an answer, by its place in `text`."""

    start: int
    end: int
    citations: list[int]
    verdict: str
    reason: str


class UsageShape(TypedDict):
    """What a chat model read and wrote; None where the endpoint does not say."""

    model: str
    input_tokens: int | None
    output_tokens: int | None


class AnswerShape(TypedDict):
    """An answer and what it rests on."""

    text: str
    abstained: bool
    claims: list[ClaimShape]
    citations: list[CitationShape]
    nearest: list[HitShape]
    did_you_mean: str
    note: str
    usage: UsageShape
    trace_id: str


def hit_shape(hit: "Hit") -> HitShape:
    """Return a hit as `search --json` has it."""
    chunk = hit.chunk
    return {
        "base": chunk.base,
        "document": chunk.document_id,
        "chunk": chunk.id,
        "source": chunk.source,
        "title": chunk.title,
        "headings": list(chunk.headings),
        "page": chunk.page,
        "start": chunk.start,
        "end": chunk.end,
        "text": chunk.text,
        "score": hit.score,
        "ranks": dict(hit.ranks),
        "scores": dict(hit.scores),
        "weights": dict(hit.weights),
    }


def evidence_shape(evidence: "Evidence") -> EvidenceShape:
    """Return the answer of `search --json`."""
    hits = [hit_shape(hit) for hit in evidence.hits]
    return {"hits": hits, "did_you_mean": evidence.suggestion}


def citation_shape(citation: "Citation") -> CitationShape:
    """Return a citation as `ask --json` has it."""
    return {
        "number": citation.number,
        "base": citation.chunk.base,
        "document": citation.chunk.document_id,
        "chunk": citation.chunk.id,
        "source": citation.chunk.source,
        "page": citation.page or citation.chunk.page,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
        "answer": list(citation.answer) if citation.answer else None,
    }


def claim_shape(claim: "Claim") -> ClaimShape:
    """Return a claim as `ask --json` has it."""
    return {
        "start": claim.start,
        "end": claim.end,
        "citations": list(claim.citations),
        "verdict": claim.verdict,
        "reason": claim.reason,
    }


def usage_shape(usage: "Usage") -> UsageShape:
    """Return what a chat model read and wrote."""
    return {
        "model": usage.model,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
    }


def answer_shape(answer: "Answer") -> AnswerShape:
    """Return the answer of `ask --json`."""
    return {
        "text": answer.text,
        "abstained": answer.abstained,
        "claims": [claim_shape(each) for each in answer.claims],
        "citations": [citation_shape(each) for each in answer.citations],
        "nearest": [hit_shape(hit) for hit in answer.nearest],
        "did_you_mean": answer.suggestion,
        "note": answer.note,
        "usage": usage_shape(answer.usage),
        "trace_id": answer.trace_id,
    }


def extraction_shape(extraction: "Extraction") -> dict[str, Any]:
    """Return what `ask --schema --json` has."""
    return {
        "data": extraction.data,
        "values": [
            {
                "path": each.path,
                "value": each.value,
                "citation": citation_shape(each.citation) if each.citation else None,
            }
            for each in extraction.values
        ],
        "usage": usage_shape(extraction.usage),
    }


def cited_passage_shape(cited: "CitedPassage") -> dict[str, Any]:
    """Return a citation in its place, as `show --json` has it."""
    document, highlight = cited.document, cited.highlight
    return {
        "document": document.id,
        "source": document.source,
        "title": document.title,
        "page": cited.page,
        "start": cited.start,
        "end": cited.end,
        "quote": document.text[cited.start : cited.end],
        "boxes": [list(box) for box in highlight.boxes] if highlight else [],
    }


def miss_shape(miss: "Miss") -> dict[str, Any]:
    """Return why a passage was not found, as `search --why --json` has it."""
    return {
        "chunk": miss.chunk.id,
        "source": miss.chunk.source,
        "start": miss.chunk.start,
        "end": miss.chunk.end,
        "rank": miss.rank,
        "stages": [dataclass_shape(stage) for stage in miss.stages],
    }
