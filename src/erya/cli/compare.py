"""`erya compare`: which of two settings, or of two runs, is better."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from erya.cli.common import echo, echo_json, settings_for, usual_options
from erya.cli.measured import (
    held_out_option,
    html_option,
    metric_names,
    metrics_option,
    queries_option,
    seed_option,
    show_comparison,
    split_option,
    watching,
    write_html,
)
from erya.errors import UsageError
from erya.evaluating import (
    Data,
    Experiment,
    RunOptions,
    Scorers,
    System,
    run_experiment,
    runs_of,
)
from erya.evaluating import compare as compared
from erya.shapes import comparison_shape

if TYPE_CHECKING:
    from erya.evaluating import (
        Run,
    )

__all__ = ["compare"]

_SETTINGS: Final = ".toml"


@click.command("compare")
@click.argument("first", metavar="A", help="A settings file (.toml), or a run.")
@click.argument("second", metavar="B", help="Another, to be judged against A.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="For settings: questions (.jsonl), or a folder in BEIR's layout.",
)
@click.option(
    "--docs",
    multiple=True,
    metavar="PATH",
    help="Read these into a base of its own for each settings file.",
)
@queries_option
@seed_option
@split_option
@held_out_option
@metrics_option
@html_option
@usual_options
def compare(
    *,
    first: str,
    second: str,
    data: Path | None,
    docs: tuple[str, ...],
    queries: int | None,
    seed: int,
    split: str,
    held_out: bool,
    metrics: str | None,
    html: Path | None,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Tell which of two is better, on what, by how much, and on which questions.

    Settings files are measured first: with questions, on the base that each names, or
    on one made of --docs; with a folder, on a base made of its corpus. Differences are
    taken question by question, with intervals, and tested. Questions whose `split` is
    held_out are not for choosing settings, and refused.

    Examples:

      erya compare before.toml after.toml --data questions.jsonl --docs handbook/

      erya compare words.toml both.toml --data data/scifact --queries 100

      erya compare 20261122-080122-answers-handbook last
    """
    if data is None and (first.endswith(_SETTINGS) or second.endswith(_SETTINGS)):
        msg = "Settings need something to measure: --data FILE.jsonl or FOLDER."
        raise UsageError(msg)
    # All is read before anything is measured: a slip of the pen costs no wait.
    read = {
        name: settings_for(home=home, config=Path(name))
        for name in (first, second)
        if name.endswith(_SETTINGS)
    }
    runs: list[Run] = []
    for name in (first, second):
        if name not in read or data is None:
            kept = runs_of(settings_for(home=home, config=config))
            runs.append(kept.get(name))
            continue
        echo(f"Measuring {name}", err=True)
        of_set = data.is_dir()
        experiment = Experiment(
            kind="retrieval" if of_set else "answers",
            data=Data(
                path=data,
                split="" if of_set else split,
                tuning=not held_out,
                queries=queries,
                seed=seed,
            ),
            system=System(settings=read[name], docs=docs),
            scorers=Scorers(metrics=tuple(metric_names(metrics))),
        )
        with watching() as watcher:
            runs.append(run_experiment(experiment, RunOptions(watcher=watcher)))
    counted = metric_names(metrics) if metrics else ()
    found = compared(runs[0], runs[1], metrics=counted, seed=seed)
    if html is not None:
        write_html(runs[1], html, others=[runs[0]])
    if as_json:
        echo_json(comparison_shape(found))
    else:
        show_comparison(found)
