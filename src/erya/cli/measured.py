"""What the commands that measure share: where runs are kept, and how they are shown."""

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from erya.cli.common import echo, echo_json, table, together
from erya.cli.progress import shown
from erya.cli.text import snippet
from erya.errors import UsageError
from erya.evaluating import RETRIEVAL_METRICS, Comparison, Estimate, Run, Watcher
from erya.evaluating.comparison import ItemChange
from erya.evaluating.failures import outcomes
from erya.evaluating.questions.exchange import unformula
from erya.evaluating.report import html_report, notes_of
from erya.evaluating.retrieval_metrics import metric_named
from erya.evaluating.statistics import detectable
from erya.shapes import run_shape

__all__ = [
    "again_option",
    "concurrency_option",
    "csv_option",
    "embedding_model_option",
    "fresh_option",
    "held_out_option",
    "html_option",
    "kept_options",
    "metric_names",
    "metrics_option",
    "queries_option",
    "seed_option",
    "show_comparison",
    "show_estimates",
    "show_run",
    "show_spent",
    "split_option",
    "watching",
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
concurrency_option = click.option(
    "--concurrency",
    type=click.IntRange(min=1, max=64),
    default=1,
    help="Questions at once, where models are behind endpoints.",
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


def metric_names(given: str | None) -> list[str]:
    """Return the metrics that `--metrics` names, or the usual ones.

    Raises:
        UsageError: It names none.
    """
    if given is None:
        return list(RETRIEVAL_METRICS)
    names = [name.strip() for name in given.split(",") if name.strip()]
    if not names:
        msg = "--metrics names none. Write such as --metrics ndcg@10,recall@100."
        raise UsageError(msg)
    for name in names:
        metric_named(name)  # before anything is begun
    return names


def show_estimates(run: Run, estimates: Mapping[str, Estimate]) -> None:
    """Print a table of means and intervals, and how fine the set can tell apart."""
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


def show_run(run: Run, *, as_json: bool) -> None:
    """Print what a run measured: first right and wrong, last the counts of tokens."""
    estimates = run.estimates()
    if as_json:
        echo_json(run_shape(run, outcomes(run)))
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


def show_spent(run: Run) -> None:
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


def _cost(run: Run) -> str:
    cost = run.cost()
    if cost is None:
        return "not known; give prices with erya models add chat"
    return f"{cost:.4f}, or {1000 * cost / max(len(run.items), 1):.4f} for 1,000 items"


def show_comparison(found: Comparison, *, most: int = 10) -> None:
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


def _show_metrics(found: Comparison) -> None:
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


def _show_change(change: ItemChange) -> None:
    gains = ", ".join(f"{k} {v:+.2f}" for k, v in list(change.gains.items())[:4])
    echo(f"- {snippet(str(change.second.detail.get('question') or change.id))}")
    echo(f"    {gains or 'another wording'}")
    for name, item in (("first", change.first), ("second", change.second)):
        if "answer" in item.detail:
            echo(f"    {name}: {snippet(str(item.detail['answer']))}")


def written(run: Run, *, csv: Path | None, html: Path | None) -> None:
    """Write the files that were asked for."""
    if csv is not None:
        _write_csv(run, csv)
    if html is not None:
        write_html(run, html)


def write_html(run: Run, path: Path, *, others: Sequence[Run] = ()) -> None:
    """Write a report that needs nothing but itself.

    Raises:
        UsageError: The file cannot be written.
    """
    try:
        path.write_text(html_report(run, *others), encoding="utf-8")
    except OSError as error:
        msg = f"{path} cannot be written: {error}."
        raise UsageError(msg) from None


def _write_csv(run: Run, path: Path) -> None:
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
                question = unformula(str(item.detail.get("question", "")))
                rows.writerow([item.id, question, *values, item.seconds.get("total")])
    except OSError as error:
        msg = f"{path} cannot be written: {error}."
        raise UsageError(msg) from None


@contextmanager
def watching(*, resumes: bool = True) -> Iterator[Watcher]:
    """Show how far it is and what is left on a terminal, and nothing elsewhere.

    Args:
        resumes: Whether the same command goes on when it was stopped.
    """
    last = ""
    try:
        with shown() as show:

            def progress(what: str, done: int, total: int) -> None:
                nonlocal last
                last = what
                show(what, done, max(done, total))

            yield Watcher(
                note=lambda sentence: echo(sentence, err=True), progress=progress
            )
    except KeyboardInterrupt:
        if resumes and last in _ANEW:
            echo(
                "Stopped. The same command fills its base anew, then goes on.", err=True
            )
        elif resumes:
            echo("Stopped. The same command goes on with the next item.", err=True)
        raise
