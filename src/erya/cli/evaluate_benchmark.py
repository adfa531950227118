"""`erya evaluate benchmark`: the benchmarks of the field, on data that you have."""

from pathlib import Path

import click

from erya.cli.common import (
    echo_json,
    model_option,
    rerank_option,
    settings_for,
    strategy_option,
    table,
    usual_options,
)
from erya.cli.measured import (
    embedding_model_option,
    kept_options,
    queries_option,
    seed_option,
    show_run,
    watching,
    written,
)
from erya.errors import UsageError
from erya.evaluating import Data, Experiment, RunOptions, System, run_experiment
from erya.evaluating.benchmarks import BENCHMARKS

__all__ = ["benchmark"]


@click.command("benchmark")
@click.argument("name", required=False, help="Its name; without one, all are listed.")
@click.option(
    "--data", type=click.Path(path_type=Path), metavar="FOLDER", help="Its data."
)
@click.option(
    "--docs",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Its documents, if elsewhere.",
)
@model_option
@embedding_model_option
@strategy_option
@rerank_option
@queries_option
@seed_option
@kept_options
@usual_options
def benchmark(
    *,
    name: str | None,
    data: Path | None,
    docs: Path | None,
    model: str | None,
    embedding_model: str | None,
    query_strategy: str | None,
    rerank_model: str | None,
    queries: int | None,
    seed: int,
    csv: Path | None,
    html: Path | None,
    fresh: bool,
    again: bool,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Measure a benchmark of the field, by its name, on data in a folder.

    Nothing is fetched. Without a chat model the documents are quoted.

    Examples:

      erya evaluate benchmark

      erya evaluate benchmark rgb --data data/rgb

      erya evaluate benchmark squad --data data/squad_v2_dev --queries 200 --model qwen
    """
    if name is None:
        _list(as_json=as_json)
        return
    if data is None:
        layout = BENCHMARKS[name].layout if name in BENCHMARKS else "its data"
        msg = f"Name the folder of {name} with --data; it holds {layout}."
        raise UsageError(msg)
    settings = settings_for(
        home=home,
        config=config,
        chat_model=model,
        embedding_model=embedding_model,
        query_strategy=query_strategy,
        rerank_model=rerank_model,
    )
    experiment = Experiment(
        kind="benchmark",
        data=Data(path=data, benchmark=name, docs=docs, queries=queries, seed=seed),
        system=System(settings=settings),
    )
    with watching() as watcher:
        options = RunOptions(fresh=fresh, again=again, watcher=watcher)
        run = run_experiment(experiment, options)
    written(run, csv=csv, html=html)
    show_run(run, as_json=as_json)


def _list(*, as_json: bool) -> None:
    if as_json:
        told = [
            {
                "name": each.name,
                "measures": each.measures,
                "layout": each.layout,
                "source": each.source,
                "ready": each.read is not None,
            }
            for each in BENCHMARKS.values()
        ]
        echo_json({"benchmarks": told})
        return
    table(
        [
            (
                each.name,
                each.measures + ("" if each.read else " (not yet)"),
                each.layout,
            )
            for each in BENCHMARKS.values()
        ],
        header=("NAME", "MEASURES", "THE FOLDER HOLDS"),
    )
