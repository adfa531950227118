"""`erya evaluate`: measure before you change, and after."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from erya.cli.common import (
    ConfigOption,
    HomeOption,
    JsonOption,
    echo,
    echo_json,
    embedding_model_for,
    interactive,
    settings_for,
    table,
)
from erya.errors import UsageError

if TYPE_CHECKING:
    from erya.evaluating import RetrievalReport

__all__ = ["app"]

app = typer.Typer(help="Measure, with intervals.", no_args_is_help=True)


@app.callback()
def _several() -> None:
    """Measure, with intervals."""


@app.command("retrieval")
def retrieval(
    folder: Annotated[
        Path,
        typer.Argument(help="A set with corpus.jsonl, queries.jsonl and qrels.tsv."),
    ],
    queries: Annotated[
        int | None,
        typer.Option("--queries", min=1, help="Ask only so many, drawn at random."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of draw and intervals.")] = 0,
    embedding_model: Annotated[
        str | None,
        typer.Option(
            "--embedding-model",
            metavar="NAME",
            help="Instead of the one in the settings; '' searches by words alone.",
        ),
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
    config: ConfigOption = None,
) -> None:
    """Measure what is found of a set with known answers, in BEIR's layout.

    The corpus is stored in a base that is thrown away. Metrics are those of trec_eval,
    each with a 95 % interval; all questions are asked unless --queries says otherwise.

    Examples:

      erya evaluate retrieval data/scifact

      erya evaluate retrieval data/scifact --queries 100 --embedding-model '' --json
    """
    from erya.chunking import StructureChunker  # noqa: PLC0415
    from erya.evaluating import evaluate_retrieval, read_retrieval_set  # noqa: PLC0415

    settings = settings_for(home=home, config=config, embedding_model=embedding_model)
    if not folder.is_dir():
        msg = f"There is no folder {str(folder)!r}."
        raise UsageError(msg)
    data = read_retrieval_set(folder)
    with _progress() as show:
        report = evaluate_retrieval(
            data,
            embedding=embedding_model_for(settings),
            chunker=StructureChunker(max_tokens=settings.chunk_tokens),
            queries=queries,
            seed=seed,
            on_progress=show,
        )
    if as_json:
        echo_json(_as_json(report))
    else:
        _show(report)


def _as_json(report: "RetrievalReport") -> dict[str, Any]:
    metrics: dict[str, Any] = {}
    for name, estimate in report.metrics.items():
        metrics[name] = round(estimate.mean, 4)
        metrics[f"{name}_interval"] = [
            round(estimate.low, 4), round(estimate.high, 4),
        ]  # fmt: skip
    return {
        "documents": report.documents,
        "queries": report.queries,
        **metrics,
        "documents_per_second": round(report.documents_per_second, 1),
        "p50_ms": round(report.p50_ms, 2),
        "p95_ms": round(report.p95_ms, 2),
        "peak_rss_mb": round(report.peak_rss_mb),
        "settings": dict(report.settings),
    }


def _show(report: "RetrievalReport") -> None:
    told = report.settings
    by = f"words and {told['embedding_model']}" if told["embedding_model"] else "words"
    echo(
        f"{told['set']}: {report.documents:,} documents, {report.queries:,} questions, "
        f"found by {by}"
    )
    table(
        [
            (name, f"{each.mean:.4f}", f"{each.low:.4f} to {each.high:.4f}")
            for name, each in report.metrics.items()
        ],
        header=("METRIC", "MEAN", "95 % INTERVAL"),
    )
    echo(
        f"Stored {report.documents_per_second:,.0f} documents/s; searched in "
        f"{report.p50_ms:.1f} ms (median), {report.p95_ms:.1f} ms (95 of 100); used up "
        f"to {report.peak_rss_mb:,.0f} MB."
    )


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show how far it is on a terminal, and nothing elsewhere."""
    if not interactive():
        yield lambda *_: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(file=sys.stderr), transient=True) as progress:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done)

        yield show
