"""`erya ladder`: the same questions on every rung, so that a team sees which pays."""

from collections.abc import Sequence
from pathlib import Path

import click

from erya.cli.common import echo, echo_json, settings_for, table, usual_options
from erya.cli.measured import (
    held_out_option,
    html_option,
    queries_option,
    seed_option,
    split_option,
    watching,
    write_html,
)
from erya.evaluating import Data, RunOptions
from erya.evaluating.ladder import MeasuredRung, measure_ladder, read_ladder
from erya.shapes import rung_shape

__all__ = ["ladder"]


@click.command("ladder")
@click.argument(
    "file",
    type=click.Path(path_type=Path),
    metavar="LADDER.toml",
    help="The rungs, in their order.",
)
@queries_option
@seed_option
@split_option
@held_out_option
@html_option
@usual_options
def ladder(
    *,
    file: Path,
    queries: int | None,
    seed: int,
    split: str,
    held_out: bool,
    html: Path | None,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Measure the same questions on several rungs: quality, time and cost side by side.

    LADDER.toml names `data`, the questions, and `docs` or `kb`; then a `[[rung]]` for
    each with a `name` and any settings. `kind = "prompt"` asks the chat model without
    documents, `kind = "agent"` lets it work with tools, by its `strategy`.
    `price = {input = 0.5, output = 1.5}`, per million tokens, gives a cost.

    Examples:

      erya ladder examples/ladder.toml

      erya ladder ladder.toml --queries 100 --html ladder.html
    """
    rungs = read_ladder(file)
    with watching() as watcher:
        measured = measure_ladder(
            rungs,
            lambda rung: settings_for(home=home, config=config, **rung.settings),
            data=Data(
                path=rungs.data,
                split=split,
                tuning=not held_out,
                queries=queries,
                seed=seed,
            ),
            options=RunOptions(watcher=watcher),
        )
    runs = [each.run for each in measured if each.run is not None]
    if html is not None:
        write_html(runs[-1], html, others=runs[:-1])
    if as_json:
        echo_json({"rungs": [rung_shape(each) for each in measured]})
    else:
        _show(measured)


def _show(measured: Sequence[MeasuredRung]) -> None:
    first = next(each.run for each in measured if each.run is not None)
    table(
        [_row(each) for each in measured],
        header=(
            "RUNG", first.main_metric.upper(), "95 % INTERVAL", "OVER THE ONE BEFORE",
            "REFUSAL", "MEDIAN", "COST/1000",
        ),
    )  # fmt: skip
    echo("Refusal: of the questions that the documents do not answer.")


def _row(measured: MeasuredRung) -> tuple[str, ...]:
    rung, run, step = measured.rung, measured.run, measured.step
    if run is None:
        return (rung.name, "-", "not in this version", "", "", "", "")
    estimates = run.estimates()
    main = estimates[run.main_metric]
    gained = ""
    if step is not None:
        difference = step.difference
        gained = (
            f"{difference.mean:+.3f} ({difference.low:+.3f} to {difference.high:+.3f})"
            f" {step.verdict}"
        )
    refusal, cost = estimates.get("refusal"), measured.cost()
    return (
        rung.name,
        f"{main.mean:.3f}",
        f"{main.low:.3f} to {main.high:.3f}",
        gained,
        "-" if refusal is None else f"{refusal.mean:.3f}",
        f"{run.stages()['total'].p50:.3f} s",
        "-" if cost is None else f"{cost:.3f}",
    )
