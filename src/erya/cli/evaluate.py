"""`erya evaluate`: measure before you change, and after."""

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
    settings_for,
    table,
)
from erya.cli.measured import (
    CsvOption,
    FreshOption,
    MetricsOption,
    begun,
    estimates_json,
    metric_names,
    progress,
    runs_of,
    show_estimates,
    write_csv,
)
from erya.errors import UsageError

if TYPE_CHECKING:
    from erya.config import Settings
    from erya.evaluating import RetrievalReport

__all__ = ["app"]

app = typer.Typer(help="Measure, with intervals.", no_args_is_help=True)


@app.callback()
def _several() -> None:
    """Measure, with intervals. Every measurement is kept as a run."""


@app.command("retrieval")
def retrieval(
    folder: Annotated[
        Path | None,
        typer.Argument(help="A set with corpus.jsonl, queries.jsonl and qrels.tsv."),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option("--run", metavar="FILE", help="Score this TREC run instead."),
    ] = None,
    qrels: Annotated[
        Path | None,
        typer.Option("--qrels", metavar="FILE", help="What is relevant, for --run."),
    ] = None,
    metrics: MetricsOption = None,
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
    csv: CsvOption = None,
    fresh: FreshOption = False,
    as_json: JsonOption = False,
    home: HomeOption = None,
    config: ConfigOption = None,
) -> None:
    """Measure what is found of a set with known answers, or what another system found.

    A FOLDER in BEIR's layout is stored in a base that is thrown away, and all of its
    questions are asked unless --queries says otherwise. With --run and --qrels, what
    another system found is scored: TREC's run format, judgements as tsv or TREC's.
    Metrics are those of trec_eval, each with a 95 % interval.

    Examples:

      erya evaluate retrieval data/scifact

      erya evaluate retrieval data/scifact --queries 100 --embedding-model '' --json

      erya evaluate retrieval --run found.trec --qrels qrels.tsv --metrics ndcg@10,map
    """
    settings = settings_for(home=home, config=config, embedding_model=embedding_model)
    names = metric_names(metrics)
    if run is not None or qrels is not None:
        if run is None or qrels is None or folder is not None:
            msg = "--run and --qrels belong together, and go without a FOLDER."
            raise UsageError(msg)
        report = _scored(settings, run, qrels, names=names, seed=seed)
    elif folder is None:
        msg = "Name a FOLDER to ask about, or --run and --qrels to score."
        raise UsageError(msg)
    else:
        report = _asked(
            settings, folder, names=names, queries=queries, seed=seed, fresh=fresh
        )
    if csv is not None:
        write_csv(report.run, csv)
    if as_json:
        echo_json(_as_json(report))
    else:
        _show(report)


@app.command("runs")
def runs(
    as_json: JsonOption = False,
    home: HomeOption = None,
    config: ConfigOption = None,
) -> None:
    """List what was measured, the oldest first.

    Examples:

      erya evaluate runs

      erya evaluate runs --json
    """
    settings = settings_for(home=home, config=config)
    kept = runs_of(settings)
    found = [kept.get(name) for name in kept.names()]
    if as_json:
        told = [
            {
                "run": each.name,
                "spec": dict(each.spec),
                "items": len(each.items),
                "finished": each.finished,
            }
            for each in found
        ]
        echo_json({"runs": told})
        return
    if not found:
        echo("Nothing was measured yet. Try: erya evaluate --help")
        return
    table(
        [
            (
                each.name,
                str(len(each.items)),
                "finished" if each.finished else "unfinished",
            )
            for each in found
        ],
        header=("RUN", "ITEMS", "STATE"),
    )


def _asked(
    settings: "Settings",
    folder: Path,
    *,
    names: list[str],
    queries: int | None,
    seed: int,
    fresh: bool,
) -> "RetrievalReport":
    from erya.chunking import StructureChunker  # noqa: PLC0415
    from erya.evaluating import evaluate_retrieval, read_retrieval_set  # noqa: PLC0415

    if not folder.is_dir():
        msg = f"There is no folder {str(folder)!r}."
        raise UsageError(msg)
    data = read_retrieval_set(folder)
    for note in data.notes:
        echo(f"Note: {note}", err=True)
    if queries is not None:
        data = data.drawn(queries, seed=seed)
    spec = {
        "kind": "retrieval",
        "about": data.name,
        "data": str(folder.resolve()),
        "digest": data.digest,
        "queries": queries,
        "metrics": names,
        "settings": {
            "embedding_model": settings.embedding_model,
            "chunk_tokens": settings.chunk_tokens,
        },
        "seed": seed,
    }
    with progress() as show:
        return evaluate_retrieval(
            data,
            begun(settings, spec, fresh=fresh),
            embedding=embedding_model_for(settings),
            chunker=StructureChunker(max_tokens=settings.chunk_tokens),
            metrics=names,
            on_progress=show,
        )


def _scored(
    settings: "Settings", run: Path, qrels: Path, *, names: list[str], seed: int
) -> "RetrievalReport":
    from erya.evaluating import (  # noqa: PLC0415
        read_judgements,
        read_trec_run,
        score_run,
    )
    from erya.evaluating.files import digest_of  # noqa: PLC0415

    found, judgements = read_trec_run(run), read_judgements(qrels)
    unjudged = found.keys() - judgements.keys()
    if unjudged:
        echo(
            f"Note: {len(unjudged)} questions of {run}, such as {min(unjudged)!r}, "
            f"have no judgement in {qrels} and do not count.",
            err=True,
        )
    spec = {
        "kind": "retrieval-run",
        "about": run.stem,
        "data": [str(run.resolve()), str(qrels.resolve())],
        "digest": digest_of([run, qrels]),
        "metrics": names,
        "seed": seed,
    }
    kept = runs_of(settings).begin(spec, fresh=True)
    return score_run(found, judgements, kept, metrics=names)


def _as_json(report: "RetrievalReport") -> dict[str, Any]:
    told: dict[str, Any] = {
        "queries": report.queries,
        **estimates_json(report.metrics),
        "peak_rss_mb": round(report.peak_rss_mb),
        "run": report.run.name,
    }
    if report.documents:
        told = {
            "documents": report.documents,
            **told,
            "documents_per_second": round(report.documents_per_second, 1),
            "p50_ms": round(report.p50_ms, 2),
            "p95_ms": round(report.p95_ms, 2),
        }
    return {**told, "settings": dict(report.settings)}


def _show(report: "RetrievalReport") -> None:
    if report.documents:
        told = report.settings
        model = told["embedding_model"]
        by = f"words and {model}" if model else "words"
        echo(
            f"{told['set']}: {report.documents:,} documents, {report.queries:,} "
            f"questions, found by {by}"
        )
    else:
        lost = sum(not item.detail["found"] for item in report.run.items)
        echo(f"{report.queries:,} questions, {lost:,} of them without any result")
    show_estimates(report.run, report.metrics)
    if report.documents:
        echo(
            f"Stored {report.documents_per_second:,.0f} documents/s; searched in "
            f"{report.p50_ms:.1f} ms (median), {report.p95_ms:.1f} ms (95 of 100); "
            f"used up to {report.peak_rss_mb:,.0f} MB."
        )
    echo(f"Kept as the run {report.run.name}.")
