"""What files that were read, and jobs that read them, look like as JSON."""

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from erya.indexing import IngestReport, Plan
    from erya.inspecting import Inspection
    from erya.jobs import Job
    from erya.records import Notice, Problem

__all__ = [
    "DoubtfulShape",
    "NoticeShape",
    "PlanShape",
    "ProblemShape",
    "ReportShape",
    "inspection_shape",
    "job_shape",
    "notice_shape",
    "plan_shape",
    "problem_shapes",
    "report_shape",
]


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
