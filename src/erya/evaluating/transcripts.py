"""The whole transcript of a question: hits, answer, citations and cost.

A run keeps it, so that an answer can be scored anew without asking again.
"""

from collections.abc import Mapping
from typing import Any

from erya.errors import UsageError
from erya.records import (
    Answer,
    Chunk,
    Citation,
    Claim,
    Evidence,
    Example,
    Hit,
    Quote,
    Usage,
)

__all__ = ["answer_in", "evidence_in", "example_in", "transcript_of"]


def transcript_of(
    example: Example, answer: Answer, evidence: Evidence
) -> dict[str, Any]:
    """Return all of a question and its answer, as JSON can hold it."""
    cited = {citation.chunk.id for citation in answer.citations}
    usage = answer.usage
    return {
        "question": example.question,
        "accepted": list(example.answers),
        "answerable": example.answerable,
        "quotes": [list(quote) for quote in example.evidence],
        "answer": answer.text,
        "abstained": answer.abstained,
        "verdicts": [claim.verdict for claim in answer.claims],
        "claims": [
            [c.start, c.end, list(c.citations), c.verdict, c.reason]
            for c in answer.claims
        ],
        "citations": [
            [c.number, c.chunk.id, c.start, c.end, c.quote, c.page]
            for c in answer.citations
        ],
        "evidence": [
            _passage(hit, cited=hit.chunk.id in cited) for hit in evidence.hits
        ],
        "cited_only": [
            _passage(Hit(chunk=c.chunk, score=0.0, ranks={}), cited=True)
            for c in answer.citations
            if c.chunk.id not in {hit.chunk.id for hit in evidence.hits}
        ],
        "note": answer.note,
        "usage": [usage.model, usage.input_tokens, usage.output_tokens],
        "trace_id": answer.trace_id,
    }


def _passage(hit: Hit, *, cited: bool) -> dict[str, Any]:
    chunk = hit.chunk
    return {
        "chunk": chunk.id,
        "document": chunk.document_id,
        "source": chunk.source,
        "title": chunk.title,
        "headings": list(chunk.headings),
        "page": chunk.page,
        "start": chunk.start,
        "text": chunk.text,
        "score": round(hit.score, 4),
        "cited": cited,
    }


def example_in(key: str, detail: Mapping[str, Any]) -> Example:
    """Return the question that a transcript is of.

    Raises:
        UsageError: The run kept no whole transcript.
    """
    _check(detail)
    return Example(
        id=key,
        question=detail["question"],
        answers=tuple(detail["accepted"]),
        answerable=detail["answerable"],
        evidence=tuple(Quote(*each) for each in detail["quotes"]),
    )


def evidence_in(detail: Mapping[str, Any]) -> Evidence:
    """Return the hits of the search, best first.

    Raises:
        UsageError: The run kept no whole transcript.
    """
    _check(detail)
    return Evidence(hits=tuple(map(_hit, detail["evidence"])), weights={})


def answer_in(detail: Mapping[str, Any]) -> Answer:
    """Return what was answered, with its citations.

    Raises:
        UsageError: The run kept no whole transcript.
    """
    _check(detail)
    passages = (*detail["evidence"], *detail["cited_only"])
    chunks = {passage["chunk"]: _hit(passage).chunk for passage in passages}
    model, input_tokens, output_tokens = detail["usage"]
    return Answer(
        text=detail["answer"],
        abstained=detail["abstained"],
        claims=tuple(
            Claim(
                start=start,
                end=end,
                citations=tuple(citations),
                verdict=verdict,
                reason=reason,
            )
            for start, end, citations, verdict, reason in detail["claims"]
        ),
        citations=tuple(
            Citation(
                number=number,
                chunk=chunks[chunk],
                start=start,
                end=end,
                quote=quote,
                page=page,
            )
            for number, chunk, start, end, quote, page in detail["citations"]
        ),
        note=detail["note"],
        usage=Usage(
            model=model, input_tokens=input_tokens, output_tokens=output_tokens
        ),
        trace_id=detail["trace_id"],
    )


def _hit(passage: Mapping[str, Any]) -> Hit:
    chunk = Chunk(
        id=passage["chunk"],
        document_id=passage["document"],
        start=passage["start"],
        end=passage["start"] + len(passage["text"]),
        text=passage["text"],
        source=passage["source"],
        title=passage["title"],
        headings=tuple(passage["headings"]),
        page=passage["page"],
    )
    return Hit(chunk=chunk, score=passage["score"], ranks={})


def _check(detail: Mapping[str, Any]) -> None:
    if "claims" not in detail:
        msg = (
            "The run was measured by an earlier release, which kept passages cut off. "
            "Measure it again: erya evaluate rerun RUN"
        )
        raise UsageError(msg)
