"""What a run did, or would do, as lines and as JSON."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erya.cli.common import echo, echo_json, one_line, problem_json

if TYPE_CHECKING:
    from erya.indexing import IngestReport, Plan
    from erya.records import Notice

__all__ = [
    "notice_json",
    "report_json",
    "show_plans",
    "show_report",
    "summed",
    "tell_kept_runs",
]

_MOST_SHOWN = 20  # lines of one kind; more are counted
_COUNTS = (
    "files", "added", "updated", "unchanged", "removed", "kept", "opened", "bytes",
    "pages", "cut", "seconds",
)  # fmt: skip


def summed(reports: Sequence["IngestReport"]) -> "IngestReport":
    """Return one report of several runs."""
    from erya.indexing import IngestReport  # noqa: PLC0415

    total = IngestReport()
    for report in reports:
        for name in _COUNTS:
            setattr(total, name, getattr(total, name) + getattr(report, name))
        total.skipped += report.skipped
        total.failed += report.failed
        total.doubtful += report.doubtful
        total.formats = dict(Counter(total.formats) + Counter(report.formats))
    return total


def show_report(report: "IngestReport", *, kb: str, home: Path) -> None:
    """Print what a run did."""
    for title, problems in (("Skipped", report.skipped), ("Failed", report.failed)):
        _show_lines(
            title,
            [f"{one_line(p.source)}: {p.message} ({p.code})" for p in problems],
            kb=kb,
        )
    _show_lines(
        "Read, but look at",
        [f"{one_line(source)}: {notice.message}" for source, notice in report.doubtful],
        kb=kb,
    )
    if report.cut:
        echo(
            f"{report.cut} passages are longer than the embedding model reads; their "
            "ends are found by their words alone."
        )
    if not report.files and not report.skipped and not report.removed:
        echo("Nothing to read is there.")
    if report.formats:
        from erya.loading import format_name  # noqa: PLC0415

        kinds: Counter[str] = Counter()
        for kind, count in report.formats.items():
            kinds[format_name(kind)] += count
        told = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        pages = f", {report.pages:,} pages" if report.pages else ""
        echo(f"Read: {told}{pages}.")
    if report.removed:
        tell_kept_runs(home, kb=kb)
    if report.kept:
        echo(
            f"{report.kept} documents were not seen and stay: nothing is in their "
            "place, or not all of it could be looked at. If they are to go: "
            f"erya ingest PATH --gone --kb {kb}"
        )
    rate = report.files / report.seconds if report.seconds else 0.0
    echo(
        f"{report.files} files into {kb!r}: {report.added} added, {report.updated} "
        f"updated, {report.unchanged} unchanged, {report.removed} removed, "
        f"{len(report.skipped)} skipped, {len(report.failed)} failed, "
        f"{f'{report.opened} opened, ' if report.opened else ''}"
        f"{report.bytes / 1e6:,.1f} MB in {report.seconds:.1f} s ({rate:,.0f} files/s)."
    )


def tell_kept_runs(home: Path, *, kb: str) -> None:
    """Say so if runs are kept that may quote what a base has lost."""
    from erya.evaluating import Runs  # noqa: PLC0415

    folder = home / "runs"
    kept = Runs(folder).of_base(kb) if folder.is_dir() else []
    if kept:
        echo(
            f"Measurements that are kept may quote what is gone ({len(kept)} runs): "
            f"erya evaluate forget --kb {kb}"
        )


def _show_lines(title: str, lines: Sequence[str], *, kb: str) -> None:
    if lines:
        echo(f"{title} {len(lines)}:")
    for line in lines[:_MOST_SHOWN]:
        echo(f"  {line}")
    if len(lines) > _MOST_SHOWN:
        rest = len(lines) - _MOST_SHOWN
        echo(f"  … and {rest} more: erya kb show {kb} --problems")


def report_json(report: "IngestReport") -> dict[str, Any]:
    """Return a report in the shape of `ingest --json`."""
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
            {"path": source, **notice_json(notice)}
            for source, notice in report.doubtful
        ],
        "skipped": problem_json(report.skipped),
        "failed": problem_json(report.failed),
        "cut": report.cut,
        "seconds": round(report.seconds, 3),
    }


def notice_json(notice: "Notice") -> dict[str, Any]:
    """Return a notice as programs read it."""
    return {"code": notice.code, "message": notice.message, "page": notice.page}


def show_plans(plans: Sequence["Plan"], *, kb: str, as_json: bool) -> None:
    """Print what a run would do."""
    added = [source for plan in plans for source in plan.added]
    updated = [source for plan in plans for source in plan.updated]
    removed = [source for plan in plans for source in plan.removed]
    problems = [problem for plan in plans for problem in plan.problems]
    unchanged = sum(plan.unchanged for plan in plans)
    if as_json:
        echo_json(
            {
                "dry_run": True,
                "added": added,
                "updated": updated,
                "unchanged": unchanged,
                "removed": removed,
                "problems": problem_json(problems),
            }
        )
        return
    for sign, sources in (("+", added), ("~", updated), ("-", removed)):
        for source in sources:
            echo(f"{sign} {one_line(source)}")
    for problem in problems:
        echo(f"! {one_line(problem.source)}: {problem.message} ({problem.code})")
    echo(
        f"Nothing was changed. A run into {kb!r} would read {len(added)} new and "
        f"{len(updated)} changed files, leave {unchanged} as they are, and remove "
        f"{len(removed)} documents. What is inside archives was not looked at."
    )
