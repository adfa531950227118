"""What the commands that measure share: where runs are kept, and how they are shown."""

import csv
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from erya.cli.common import echo, interactive, table
from erya.config import Settings
from erya.errors import UsageError

if TYPE_CHECKING:
    from erya.evaluating import Estimate, Run, Runs
    from erya.evaluating.runs import Progress

__all__ = [
    "CsvOption",
    "FreshOption",
    "MetricsOption",
    "begun",
    "estimates_json",
    "metric_names",
    "progress",
    "runs_of",
    "show_estimates",
    "write_csv",
]

CsvOption = Annotated[
    Path | None,
    typer.Option("--csv", metavar="FILE", help="Also write a line for each question."),
]
FreshOption = Annotated[
    bool, typer.Option("--fresh", help="Do not go on with an unfinished run.")
]
MetricsOption = Annotated[
    str | None,
    typer.Option("--metrics", help="Such as ndcg@10,map,precision@5,recall@100."),
]


def runs_of(settings: Settings) -> "Runs":
    """Return the runs that the home folder keeps."""
    from erya.evaluating import Runs  # noqa: PLC0415

    return Runs(Path(settings.home) / "runs")


def begun(settings: Settings, spec: Mapping[str, Any], *, fresh: bool) -> "Run":
    """Begin a run, or go on with an unfinished one, and say so."""
    run = runs_of(settings).begin(spec, fresh=fresh)
    if run.items:
        echo(f"Going on with {run.name}: {len(run.items)} are measured.", err=True)
    return run


def metric_names(given: str | None) -> list[str]:
    """Return the metrics that `--metrics` names, or the usual ones.

    Raises:
        UsageError: It names none.
    """
    from erya.evaluating import RETRIEVAL_METRICS  # noqa: PLC0415

    if given is None:
        return list(RETRIEVAL_METRICS)
    names = [name.strip() for name in given.split(",") if name.strip()]
    if not names:
        msg = "--metrics names none. Write such as --metrics ndcg@10,recall@100."
        raise UsageError(msg)
    return names


def estimates_json(estimates: Mapping[str, "Estimate"]) -> dict[str, Any]:
    """Return NAME and NAME_interval for each metric."""
    told: dict[str, Any] = {}
    for name, estimate in estimates.items():
        told[name] = round(estimate.mean, 4)
        told[f"{name}_interval"] = [round(estimate.low, 4), round(estimate.high, 4)]
    return told


def show_estimates(run: "Run", estimates: Mapping[str, "Estimate"]) -> None:
    """Print a table of means and intervals, and how fine the set can tell apart."""
    from erya.evaluating.statistics import detectable  # noqa: PLC0415

    table(
        [
            (name, f"{each.mean:.4f}", f"{each.low:.4f} to {each.high:.4f}")
            for name, each in estimates.items()
        ],
        header=("METRIC", "MEAN", "95 % INTERVAL"),
    )
    for name, (missing, items) in run.not_judged().items():
        echo(f"{name}: {missing} of {items} could not be judged and do not count.")
    first = next(iter(estimates), "")
    values = list(run.values(first).values())
    if len(values) > 1:
        points = 100 * detectable(values)
        echo(
            f"With {len(values)} questions, a change of {first} shows from about "
            f"{points:.1f} points on."
        )


def write_csv(run: "Run", path: Path) -> None:
    """Write a line for each item: id, question and scores.

    Raises:
        UsageError: The file cannot be written.
    """
    metrics = run.metrics
    try:
        # With a mark at its beginning, spreadsheets read the Chinese in it.
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["id", "question", *metrics, "seconds"])
            for item in run.items:
                values = [item.scores.get(name) for name in metrics]
                question = item.detail.get("question", "")
                rows.writerow([item.id, question, *values, item.seconds.get("total")])
    except OSError as error:
        msg = f"{path} cannot be written: {error}."
        raise UsageError(msg) from None


@contextmanager
def progress() -> Iterator["Progress"]:
    """Show how far it is and what is left on a terminal, and nothing elsewhere."""
    if not interactive():
        yield lambda *_: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(file=sys.stderr), transient=True) as shown:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what, total=total)
            shown.update(tasks[what], completed=done)

        yield show
