"""What the commands that measure share: where runs are kept, and how they are shown."""

import csv
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from erya.cli.common import echo, echo_json, snippet, table, together
from erya.cli.progress import shown
from erya.config import Settings
from erya.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from erya.evaluating import Comparison, Estimate, Run, Runs
    from erya.evaluating.comparison import ItemChange
    from erya.evaluating.runs import Progress

__all__ = [
    "again_option",
    "begun",
    "comparison_json",
    "csv_option",
    "embedding_model_option",
    "estimates_json",
    "fresh_option",
    "held_out_option",
    "html_option",
    "kept_options",
    "metric_names",
    "metrics_option",
    "progress",
    "queries_option",
    "runs_of",
    "seed_option",
    "show_comparison",
    "show_estimates",
    "show_run",
    "show_spent",
    "spent_json",
    "split_option",
    "write_html",
    "written",
]

csv_option = click.option(
    "--csv",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also write a line for each question.",
)
html_option = click.option(
    "--html",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also write a report, one page.",
)
queries_option = click.option(
    "--queries", type=click.IntRange(min=1), help="Only so many items, drawn at random."
)
seed_option = click.option("--seed", type=int, default=0, help="Of draw and intervals.")
embedding_model_option = click.option(
    "--embedding-model",
    metavar="NAME",
    help="Instead of the one in the settings; '' searches by words alone.",
)
fresh_option = click.option(
    "--fresh", is_flag=True, help="Do not go on with an unfinished run."
)
again_option = click.option(
    "--again",
    is_flag=True,
    help="Begin anew, and ask models even what they said before.",
)
kept_options = together(csv_option, html_option, fresh_option, again_option)
held_out_option = click.option(
    "--use-held-out",
    "held_out",
    is_flag=True,
    help="Choose settings even on held-out questions.",
)
split_option = click.option(
    "--split", default="", show_default=False, help="Only questions of this `split`."
)
metrics_option = click.option(
    "--metrics", help="Such as ndcg@10,map,precision@5,recall@100."
)


# What no run keeps: a base that is thrown away is filled anew.
_ANEW: Final = frozenset(("Storing", "Reading", "Timing"))


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
    from erya.evaluating.retrieval_metrics import metric_named  # noqa: PLC0415

    if given is None:
        return list(RETRIEVAL_METRICS)
    names = [name.strip() for name in given.split(",") if name.strip()]
    if not names:
        msg = "--metrics names none. Write such as --metrics ndcg@10,recall@100."
        raise UsageError(msg)
    for name in names:
        metric_named(name)  # before anything is begun
    return names


def estimates_json(estimates: Mapping[str, "Estimate"]) -> dict[str, Any]:
    """Return NAME and NAME_interval for each metric."""
    told: dict[str, Any] = {}
    for name, estimate in estimates.items():
        told[name] = estimate.mean
        told[f"{name}_interval"] = [estimate.low, estimate.high]
    return told


def show_estimates(run: "Run", estimates: Mapping[str, "Estimate"]) -> None:
    """Print a table of means and intervals, and how fine the set can tell apart."""
    from erya.evaluating.statistics import detectable  # noqa: PLC0415

    table(
        [
            (
                name,
                f"{each.mean:.4f}",
                f"{each.low:.4f} to {each.high:.4f}",
                f"{len(run.values(name)):,}",
            )
            for name, each in estimates.items()
        ],
        header=("METRIC", "MEAN", "95 % INTERVAL", "ITEMS"),
    )
    for name, (missing, items) in run.not_judged().items():
        echo(
            f"{name}: {missing} of {items} could not be judged and do not count; "
            f"{run.folder / 'items.jsonl'} has what was said."
        )
    values = list(run.values(run.main_metric).values())
    points = 100 * detectable(values)
    if points and math.isfinite(points):
        echo(
            f"Your {len(values)} questions can show a change of {run.main_metric} from "
            f"about {points:.1f} points on."
        )


def show_run(run: "Run", *, as_json: bool) -> None:
    """Print what a run measured: first right and wrong, last the counts of tokens."""
    from erya.evaluating.failures import outcomes  # noqa: PLC0415
    from erya.evaluating.report import notes_of  # noqa: PLC0415

    estimates = run.estimates()
    if as_json:
        echo_json(
            {
                "run": run.name,
                "questions": len(run.items),
                "outcomes": outcomes(run),
                **estimates_json(estimates),
                "not_judged": {k: v.missing for k, v in run.not_judged().items()},
                **spent_json(run),
                "figures": dict(run.figures),
                "spec": dict(run.spec),
            }
        )
        return
    counts = outcomes(run)
    if counts:
        told = ", ".join(f"{count} {name}" for name, count in counts.items())
        echo(f"Of {sum(counts.values())} questions: {told}.")
    for note in notes_of(run):
        echo(note)
    show_estimates(run, estimates)
    show_spent(run)
    echo(f"Kept as the run {run.name}.")


def show_spent(run: "Run") -> None:
    """Print the time of each stage, and the tokens and cost of models, if any."""
    stages = run.stages()
    told = [
        f"{name} {each.p50 * 1e3:,.0f} ms (median), "
        f"{each.p95 * 1e3:,.0f} ms (95 of 100)"
        for name, each in stages.items()
        if name != "total" or len(stages) == 1
    ]
    if told:
        echo("Time: " + "; ".join(told) + ".")
    if run.tokens():
        spent = ", ".join(f"{n:,} {name}" for name, n in run.tokens().items())
        echo(f"Tokens: {spent}; {run.calls().get('repeated', 0)} calls repeated.")
        echo(f"Cost: {_cost(run)}.")


def spent_json(run: "Run") -> dict[str, Any]:
    """Return the seconds of each stage, and tokens, cost and calls of models."""
    return {
        "seconds": {name: each._asdict() for name, each in run.stages().items()},
        "tokens": run.tokens(),
        "cost": run.cost(),
        "calls": run.calls(),
    }


def _cost(run: "Run") -> str:
    cost = run.cost()
    if cost is None:
        return "not known; give prices with erya models add chat"
    return f"{cost:.4f}, or {1000 * cost / max(len(run.items), 1):.4f} for 1,000 items"


def comparison_json(found: "Comparison") -> dict[str, Any]:
    """Return a comparison for programs."""
    return {
        "first": found.first.name,
        "second": found.second.name,
        "shared": found.shared,
        "spent": {"first": spent_json(found.first), "second": spent_json(found.second)},
        "metrics": {
            each.metric: {
                "first": each.first.mean,
                "second": each.second.mean,
                "difference": each.difference.mean,
                "interval": [
                    each.difference.low, each.difference.high,
                ],
                "p": each.p,
                "verdict": each.verdict,
                "better": each.difference.better,
                "worse": each.difference.worse,
                "detectable": each.difference.detectable,
            }
            for each in found.metrics
        },
        "changed": [
            {
                "id": each.id,
                "question": each.second.detail.get("question"),
                "gains": dict(each.gains),
                "first": each.first.detail.get("answer"),
                "second": each.second.detail.get("answer"),
            }
            for each in found.changed
        ],
        "notes": list(found.notes),
    }  # fmt: skip


def show_comparison(found: "Comparison", *, most: int = 10) -> None:
    """Print which run is better on what, and the questions that changed most."""
    for note in found.notes:
        echo(f"Note: {note}")
    for called, run in (("first: ", found.first), ("second:", found.second)):
        spent = run.stages().get("total")
        took = f", {spent.p50:.3f} s a question (median)" if spent else ""
        tokens = sum(run.tokens().values())
        told = f", {tokens:,} tokens, cost {_cost(run)}" if tokens else ""
        repeated = run.calls().get("repeated", 0)
        told += f"; {repeated} calls repeated from before" if repeated else ""
        echo(f"{called} {run.name}{took}{told}")
    echo(f"{found.shared} questions in both")
    _show_metrics(found)
    if not found.changed:
        echo("No question changed.")
    for change in found.changed[:most]:
        _show_change(change)
    if len(found.changed) > most:
        echo(f"{len(found.changed) - most} more changed; --json has them all.")


def _show_metrics(found: "Comparison") -> None:
    table(
        [
            (
                each.metric,
                f"{each.first.mean:.4f}",
                f"{each.second.mean:.4f}",
                f"{each.difference.mean:+.4f}",
                f"{each.difference.low:+.4f} to {each.difference.high:+.4f}",
                f"{each.p:.3f}",
                f"{each.difference.items:,}",
                each.verdict,
            )
            for each in found.metrics
        ],
        header=(
            "METRIC",
            "FIRST",
            "SECOND",
            "DIFFERENCE",
            "95 % INTERVAL",
            "P",
            "ITEMS",
            "",
        ),
    )
    varied = sum(bool(m.difference.better or m.difference.worse) for m in found.metrics)
    if varied > 1:
        echo(f"P is corrected for the {varied} metrics that changed (Holm).")
    for each in found.metrics:
        least = each.difference.detectable
        if each.metric == found.second.main_metric and math.isfinite(least) and least:
            echo(
                f"{each.difference.items} questions that vary so can show a change of "
                f"{each.metric} from about {100 * least:.1f} points on."
            )


def _show_change(change: "ItemChange") -> None:
    gains = ", ".join(f"{k} {v:+.2f}" for k, v in list(change.gains.items())[:4])
    echo(f"- {snippet(str(change.second.detail.get('question') or change.id))}")
    echo(f"    {gains or 'another wording'}")
    for name, item in (("first", change.first), ("second", change.second)):
        if "answer" in item.detail:
            echo(f"    {name}: {snippet(str(item.detail['answer']))}")


def written(run: "Run", *, csv: Path | None, html: Path | None) -> None:
    """Write the files that were asked for."""
    if csv is not None:
        _write_csv(run, csv)
    if html is not None:
        write_html(run, html)


def write_html(run: "Run", path: Path, *, others: "Sequence[Run]" = ()) -> None:
    """Write a report that needs nothing but itself.

    Raises:
        UsageError: The file cannot be written.
    """
    from erya.evaluating.report import html_report  # noqa: PLC0415

    try:
        path.write_text(html_report(run, *others), encoding="utf-8")
    except OSError as error:
        msg = f"{path} cannot be written: {error}."
        raise UsageError(msg) from None


def _write_csv(run: "Run", path: Path) -> None:
    """Write a line for each item: id, question and scores.

    Raises:
        UsageError: The file cannot be written.
    """
    from erya.evaluating.questions.exchange import unformula  # noqa: PLC0415

    metrics = run.metrics
    try:
        # With a mark at its beginning, spreadsheets read the Chinese in it.
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["id", "question", *metrics, "seconds"])
            for item in run.items:
                values = [item.scores.get(name) for name in metrics]
                question = unformula(str(item.detail.get("question", "")))
                rows.writerow([item.id, question, *values, item.seconds.get("total")])
    except OSError as error:
        msg = f"{path} cannot be written: {error}."
        raise UsageError(msg) from None


@contextmanager
def progress(*, resumes: bool = True) -> Iterator["Progress"]:
    """Show how far it is and what is left on a terminal, and nothing elsewhere.

    Args:
        resumes: Whether the same command goes on when it was stopped.
    """
    what = ""
    try:
        with shown() as show:

            def told(now: str, done: int, total: int) -> None:
                nonlocal what
                what = now
                show(now, done, total)

            yield told
    except KeyboardInterrupt:
        if resumes and what in _ANEW:
            echo(
                "Stopped. The same command fills its base anew, then goes on.", err=True
            )
        elif resumes:
            echo("Stopped. The same command goes on with the next item.", err=True)
        raise
