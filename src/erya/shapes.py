"""The JSON objects that the command line, the server and the client share.

What only a command of administration prints stands with that command, of one version.
Offsets are Unicode code points of `Document.text`, pages count from 1. The objects of
one `VERSION` only ever gain keys; one that is renamed, removed or means something else
raises it. Nothing here computes: values are put in their places.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from erya.evaluating import Comparison, Estimate, Run
    from erya.evaluating.judge_check import JudgeCheck
    from erya.evaluating.ladder import MeasuredRung
    from erya.evaluating.misses import Miss
    from erya.indexing import IngestReport, Plan
    from erya.inspecting import Inspection
    from erya.jobs import Job
    from erya.locating import CitedPassage
    from erya.records import (
        Answer,
        Citation,
        Claim,
        Evidence,
        Hit,
        Notice,
        Problem,
        Usage,
    )
    from erya.stores import Finding, Status, StoredDocument

__all__ = [
    "VERSION",
    "AnswerShape",
    "CitationShape",
    "ClaimShape",
    "EvidenceShape",
    "HitShape",
    "NoticeShape",
    "PlanShape",
    "ProblemShape",
    "ReportShape",
    "UsageShape",
    "answer_shape",
    "citation_shape",
    "cited_passage_shape",
    "claim_shape",
    "comparison_shape",
    "dataclass_shape",
    "estimates_shape",
    "evidence_shape",
    "findings_shape",
    "hit_shape",
    "inspection_shape",
    "job_shape",
    "judge_check_shape",
    "miss_shape",
    "notice_shape",
    "plan_shape",
    "problem_shapes",
    "report_shape",
    "run_shape",
    "rung_shape",
    "spent_shape",
    "status_shape",
    "usage_shape",
]

VERSION: Final = 1


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


class ProblemShape(TypedDict):
    """A file that was not read, and why."""

    path: str
    code: str
    message: str


class NoticeShape(TypedDict):
    """What should be known of how a file was read."""

    code: str
    message: str
    page: int | None


class DoubtfulShape(NoticeShape):
    """A notice with the file that it is about."""

    path: str


class ReportShape(TypedDict):
    """What a run of ingesting did."""

    files: int
    added: int
    updated: int
    unchanged: int
    removed: int
    kept: int
    opened: int
    bytes: int
    pages: int
    formats: dict[str, int]
    doubtful: list[DoubtfulShape]
    skipped: list[ProblemShape]
    failed: list[ProblemShape]
    cut: int
    seconds: float


class PlanShape(TypedDict):
    """What a run of ingesting would do."""

    dry_run: bool
    added: list[str]
    updated: list[str]
    unchanged: int
    removed: list[str]
    problems: list[ProblemShape]


def dataclass_shape(value: Any) -> dict[str, Any]:
    """Return a dataclass as JSON can hold it, sets sorted."""
    fields: dict[str, Any] = asdict(value)
    return {
        key: sorted(entry) if isinstance(entry, frozenset) else entry
        for key, entry in fields.items()
    }


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


def problem_shapes(problems: "Iterable[Problem]") -> list[ProblemShape]:
    """Return files that were not read."""
    return [{"path": p.source, "code": p.code, "message": p.message} for p in problems]


def notice_shape(notice: "Notice") -> NoticeShape:
    """Return a notice."""
    return {"code": notice.code, "message": notice.message, "page": notice.page}


def report_shape(report: "IngestReport") -> ReportShape:
    """Return a report as `ingest --json` has it."""
    return {
        "files": report.files,
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "kept": report.kept,
        "opened": report.opened,
        "bytes": report.bytes,
        "pages": report.pages,
        "formats": report.formats,
        "doubtful": [
            {**notice_shape(notice), "path": source}
            for source, notice in report.doubtful
        ],
        "skipped": problem_shapes(report.skipped),
        "failed": problem_shapes(report.failed),
        "cut": report.cut,
        "seconds": round(report.seconds, 3),
    }


def plan_shape(plans: "Sequence[Plan]") -> PlanShape:
    """Return several plans as one, as `ingest --dry-run --json` has it."""
    return {
        "dry_run": True,
        "added": [source for plan in plans for source in plan.added],
        "updated": [source for plan in plans for source in plan.updated],
        "unchanged": sum(plan.unchanged for plan in plans),
        "removed": [source for plan in plans for source in plan.removed],
        "problems": problem_shapes(p for plan in plans for p in plan.problems),
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


def inspection_shape(inspection: "Inspection") -> dict[str, Any]:
    """Return what is read of a file, as `inspect --json` has it."""
    document, problem = inspection.document, inspection.problem
    shape: dict[str, Any] = {
        "path": inspection.source,
        "problem": None
        if problem is None
        else {"code": problem.code, "message": problem.message},
        "notices": [notice_shape(notice) for notice in inspection.notices],
        "inside": list(inspection.inside),
    }
    if document is None:
        return shape
    blocks = zip(document.blocks, inspection.languages, strict=True)
    return shape | {
        "title": document.title,
        "media_type": document.media_type,
        "language": document.language,
        "metadata": dict(document.metadata),
        "text": document.text,
        "pages": [list(page) for page in document.pages],
        "blocks": [
            {
                "kind": block.kind,
                "start": block.start,
                "end": block.end,
                "level": block.level,
                "omitted": block.omitted,
                "language": language,
            }
            for block, language in blocks
        ],
        "passages": [
            {"start": c.start, "end": c.end, "page": c.page, "headings": c.headings}
            for c in inspection.chunks
        ],
    }


def status_shape(
    name: str,
    status: "Status",
    documents: "Sequence[StoredDocument]",
    *,
    embedding_model: str | None,
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
    }


def findings_shape(findings: "Sequence[Finding]") -> dict[str, Any]:
    """Return what checks have found, as `doctor --json` has it."""
    rows = [dataclass_shape(finding) for finding in findings]
    return {"ok": all(finding.ok for finding in findings), "findings": rows}


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


def estimates_shape(estimates: "Mapping[str, Estimate]") -> dict[str, Any]:
    """Return NAME and NAME_interval for each metric."""
    shape: dict[str, Any] = {}
    for name, estimate in estimates.items():
        shape[name] = estimate.mean
        shape[f"{name}_interval"] = [estimate.low, estimate.high]
    return shape


def spent_shape(run: "Run") -> dict[str, Any]:
    """Return the seconds of each stage, and tokens, cost and calls of models."""
    return {
        "seconds": {name: each._asdict() for name, each in run.stages().items()},
        "tokens": run.tokens(),
        "cost": run.cost(),
        "calls": run.calls(),
    }


def run_shape(run: "Run", outcomes: Mapping[str, int]) -> dict[str, Any]:
    """Return what a run measured, as `evaluate answers --json` has it.

    Args:
        run: The run.
        outcomes: How many of its questions were right, wrong and so on.
    """
    return {
        "run": run.name,
        "questions": len(run.items),
        "outcomes": outcomes,
        **estimates_shape(run.estimates()),
        "not_judged": {k: v.missing for k, v in run.not_judged().items()},
        **spent_shape(run),
        "figures": dict(run.figures),
        "spec": dict(run.spec),
    }


def comparison_shape(comparison: "Comparison") -> dict[str, Any]:
    """Return a comparison, as `compare --json` has it."""
    first, second = comparison.first, comparison.second
    return {
        "first": first.name,
        "second": second.name,
        "shared": comparison.shared,
        "spent": {"first": spent_shape(first), "second": spent_shape(second)},
        "metrics": {
            each.metric: {
                "first": each.first.mean,
                "second": each.second.mean,
                "difference": each.difference.mean,
                "interval": [each.difference.low, each.difference.high],
                "p": each.p,
                "verdict": each.verdict,
                "better": each.difference.better,
                "worse": each.difference.worse,
                "detectable": each.difference.detectable,
            }
            for each in comparison.metrics
        },
        "changed": [
            {
                "id": each.id,
                "question": each.second.detail.get("question"),
                "gains": dict(each.gains),
                "first": each.first.detail.get("answer"),
                "second": each.second.detail.get("answer"),
            }
            for each in comparison.changed
        ],
        "notes": list(comparison.notes),
    }


def rung_shape(measured: "MeasuredRung") -> dict[str, Any]:
    """Return a rung of the ladder, as `ladder --json` has it."""
    rung, run, step = measured.rung, measured.run, measured.step
    if run is None:
        return {"rung": rung.name, "kind": rung.kind, "measured": False}
    return {
        "rung": rung.name,
        "kind": rung.kind,
        "measured": True,
        "run": run.name,
        "main_metric": run.main_metric,
        **estimates_shape(run.estimates()),
        "p50_seconds": run.stages()["total"].p50,
        "tokens": run.tokens(),
        "cost_per_1000": measured.cost(),
        "over_the_one_before": None
        if step is None
        else {
            "difference": step.difference.mean,
            "interval": [step.difference.low, step.difference.high],
            "p": step.p,
            "verdict": step.verdict,
        },
    }


def judge_check_shape(check: "JudgeCheck") -> dict[str, Any]:
    """Return how a judge and people agree, as `evaluate judge --json` has it."""
    return {
        "metric": check.metric,
        "labelled": check.labelled,
        "not_judged": check.not_judged,
        "kappa": _number(check.kappa),
        "pearson": _number(check.pearson),
        "spearman": _number(check.spearman),
        "estimate": list(check.estimate) if check.estimate else None,
        "position_bias": check.position._asdict() if check.position else None,
        "length_bias": check.length._asdict() if check.length else None,
        "run": check.run.name,
    }


def _number(value: float) -> float | None:
    """Return a number as JSON has it: NaN is none."""
    return None if math.isnan(value) else value


def job_shape(job: "Job") -> dict[str, Any]:
    """Return a job, as `jobs show --json` has it."""
    return {
        "number": job.number,
        "base": job.base,
        "state": job.state,
        "cut_off": job.was_cut_off,
        "request": job.request.to_json(),
        "user": job.user,
        "attempts": job.attempts,
        "progress": dict(job.progress),
        "message": job.message,
        "cancelled": job.is_cancelled,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }
