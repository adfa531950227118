"""`erya evaluate benchmark`: the benchmarks of the field, on data that you have."""

from pathlib import Path
from typing import Annotated

import typer

from erya.cli.common import (
    ConfigOption,
    HomeOption,
    JsonOption,
    echo_json,
    settings_for,
    table,
)
from erya.cli.measured import (
    CsvOption,
    EmbeddingModelOption,
    FreshOption,
    HtmlOption,
    ModelOption,
    QueriesOption,
    SeedOption,
    show_run,
    write_csv,
    write_html,
)
from erya.cli.measuring import measure_named
from erya.errors import UsageError

__all__ = ["benchmark"]


def benchmark(
    name: Annotated[
        str | None, typer.Argument(help="Its name; without one, all are listed.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="FOLDER", help="Its data.")
    ] = None,
    docs: Annotated[
        Path | None,
        typer.Option("--docs", metavar="FOLDER", help="Its documents, if elsewhere."),
    ] = None,
    model: ModelOption = None,
    embedding_model: EmbeddingModelOption = None,
    queries: QueriesOption = None,
    seed: SeedOption = 0,
    csv: CsvOption = None,
    html: HtmlOption = None,
    fresh: FreshOption = False,
    as_json: JsonOption = False,
    home: HomeOption = None,
    config: ConfigOption = None,
) -> None:
    """Measure a benchmark of the field, by its name, on data in a folder.

    Nothing is fetched. Without a chat model the documents are quoted.

    Examples:

      erya evaluate benchmark

      erya evaluate benchmark rgb --data data/rgb

      erya evaluate benchmark squad --data data/squad_v2_dev --queries 200 --model qwen
    """
    from erya.evaluating.benchmarks import BENCHMARKS  # noqa: PLC0415

    if name is None:
        _list(as_json=as_json)
        return
    if data is None:
        layout = BENCHMARKS[name].layout if name in BENCHMARKS else "its data"
        msg = f"Name the folder of {name} with --data; it holds {layout}."
        raise UsageError(msg)
    settings = settings_for(
        home=home, config=config, chat_model=model, embedding_model=embedding_model
    )
    run = measure_named(
        settings, name, data, docs=docs, queries=queries, seed=seed, fresh=fresh
    )
    if csv is not None:
        write_csv(run, csv)
    if html is not None:
        write_html(run, html)
    show_run(run, as_json=as_json)


def _list(*, as_json: bool) -> None:
    from erya.evaluating.benchmarks import BENCHMARKS  # noqa: PLC0415

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
