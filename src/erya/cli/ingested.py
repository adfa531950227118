"""What a run did, or would do, as lines and as JSON."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from erya.cli.common import echo, echo_json
from erya.cli.text import one_line
from erya.evaluating import Runs
from erya.indexing import IngestReport, Plan
from erya.loading import format_name
from erya.shapes import plan_shape

__all__ = [
    "show_plans",
    "show_report",
    "tell_kept_runs",
    "total",
]

_MOST_SHOWN = 20  # lines of one kind; more are counted
_COUNTS = (
    "files", "added", "updated", "unchanged", "removed", "kept", "opened", "bytes",
    "pages", "cut", "seconds",
)  # fmt: skip


def total(reports: Sequence[IngestReport]) -> IngestReport:
    """Return one report of several runs."""
    whole = IngestReport()
    for report in reports:
        for name in _COUNTS:
            setattr(whole, name, getattr(whole, name) + getattr(report, name))
        whole.skipped += report.skipped
        whole.failed += report.failed
        whole.doubtful += report.doubtful
        whole.formats = dict(Counter(whole.formats) + Counter(report.formats))
    return whole


def show_report(report: IngestReport, *, kb: str, home: Path) -> None:
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


def show_plans(plans: Sequence[Plan], *, kb: str, as_json: bool) -> None:
    """Print what a run would do."""
    shape = plan_shape(plans)
    added, updated, removed = shape["added"], shape["updated"], shape["removed"]
    unchanged = shape["unchanged"]
    if as_json:
        echo_json(shape)
        return
    for sign, sources in (("+", added), ("~", updated), ("-", removed)):
        for source in sources:
            echo(f"{sign} {one_line(source)}")
    for problem in shape["problems"]:
        where, code = one_line(problem["path"]), problem["code"]
        echo(f"! {where}: {problem['message']} ({code})")
    echo(
        f"Nothing was changed. A run into {kb!r} would read {len(added)} new and "
        f"{len(updated)} changed files, leave {unchanged} as they are, and remove "
        f"{len(removed)} documents. What is inside archives was not looked at."
    )
