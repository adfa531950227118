"""`erya evaluate retrieval`: what is found, by Erya or by another system."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from erya.cli.common import (
    as_option,
    echo,
    echo_json,
    filter_option,
    finding_options,
    kb_option,
    settings_for,
    table,
    usual_options,
)
from erya.cli.measured import (
    embedding_model_option,
    kept_options,
    metric_names,
    metrics_option,
    queries_option,
    seed_option,
    show_estimates,
    show_spent,
    watching,
    written,
)
from erya.cli.principals import principal_for
from erya.errors import UsageError
from erya.evaluating import (
    Data,
    Experiment,
    RetrievalReport,
    RunOptions,
    Scorers,
    System,
)
from erya.evaluating.experiments import (
    measure_base,
    measure_retrieval,
    score_trec_run,
)
from erya.evaluating.retrieval import BEFORE, reranking_gains
from erya.evaluating.statistics import Difference
from erya.filters import Filter
from erya.shapes import retrieval_shape

if TYPE_CHECKING:
    from erya.evaluating.experiments import (
        Kind,
    )

__all__ = ["retrieval"]


@click.command("retrieval")
@click.argument(
    "data",
    type=click.Path(path_type=Path),
    required=False,
    help="A folder with corpus.jsonl, queries.jsonl and qrels.tsv, or questions.jsonl.",
)
@click.option(
    "--run",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Score this TREC run instead.",
)
@click.option(
    "--qrels",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What is relevant, for --run.",
)
@kb_option
@as_option
@filter_option
@metrics_option
@queries_option
@seed_option
@embedding_model_option
@finding_options
@kept_options
@usual_options
def retrieval(
    *,
    data: Path | None,
    run: Path | None,
    qrels: Path | None,
    kb: str | None,
    narrowed: str | None,
    where: Filter | None,
    metrics: str | None,
    queries: int | None,
    seed: int,
    embedding_model: str | None,
    model: str | None,
    query_strategy: str | None,
    rerank_model: str | None,
    csv: Path | None,
    html: Path | None,
    fresh: bool,
    again: bool,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Measure what is found of a set with known answers, or what another system found.

    A folder in BEIR's layout is stored in a base that is thrown away, and all of its
    questions are asked unless --queries says otherwise. Questions of a file are asked
    of the base --kb; relevant are the documents that they name as evidence. With --run
    and --qrels, what another system found is scored: TREC's run format, judgements as
    tsv or TREC's. Metrics are those of trec_eval, each with a 95 % interval; with
    --rerank, what it gains is tested question by question. What a --strategy gains,
    `erya compare` tells.

    Examples:

      erya evaluate retrieval data/scifact

      erya evaluate retrieval data/scifact --queries 100 --embedding-model '' --json

      erya evaluate retrieval questions.jsonl --kb handbook

      erya evaluate retrieval data/scifact --rerank bge

      erya evaluate retrieval --run found.trec --qrels qrels.tsv --metrics ndcg@10,map
    """
    settings = settings_for(
        home=home,
        config=config,
        kb=kb,
        embedding_model=embedding_model,
        chat_model=model,
        query_strategy=query_strategy,
        rerank_model=rerank_model,
    )
    names = metric_names(metrics)
    kind: Kind
    if run is not None or qrels is not None:
        if run is None or qrels is None or data is not None:
            msg = "--run and --qrels belong together, and go without DATA."
            raise UsageError(msg)
        kind, path, measure = "retrieval-run", run, score_trec_run
    elif data is None:
        msg = "Name a folder or questions to ask, or --run and --qrels to score."
        raise UsageError(msg)
    elif data.is_file():
        kind, path, measure = "retrieval-base", data, measure_base
    elif kb is not None or narrowed is not None or where is not None:
        msg = (
            "--kb, --as and --filter go with questions of a file; a folder has its "
            "corpus."
        )
        raise UsageError(msg)
    else:
        kind, path, measure = "retrieval", data, measure_retrieval
    experiment = Experiment(
        kind=kind,
        data=Data(path=path, qrels=qrels, queries=queries, seed=seed),
        system=System(
            settings=settings, principal=principal_for(settings, narrowed), where=where
        ),
        scorers=Scorers(metrics=tuple(names)),
    )
    with watching() as watcher:
        options = RunOptions(fresh=fresh, again=again, watcher=watcher)
        report = measure(experiment, options)
    written(report.run, csv=csv, html=html)
    if as_json:
        echo_json(retrieval_shape(report, reranking_gains(report)))
    else:
        _show(report)


def _show(report: RetrievalReport) -> None:
    if report.documents:
        told = report.settings
        model = told["embedding_model"]
        by = f"words and {model}" if model else "words"
        by += f", asked by {told['query_strategy']}" if told["query_strategy"] else ""
        by += f", reranked by {told['rerank_model']}" if told["rerank_model"] else ""
        echo(
            f"{told['set']}: {report.documents:,} documents, {report.queries:,} "
            f"questions, found by {by}"
        )
    else:
        lost = sum(not item.detail["found"] for item in report.run.items)
        echo(f"{report.queries:,} questions, {lost:,} of them without any result")
    gains = reranking_gains(report)
    shown = {n: e for n, e in report.metrics.items() if not n.endswith(BEFORE)}
    show_estimates(report.run, shown)
    if gains:
        _show_gains(report, gains)
    if report.documents_per_second:
        echo(
            f"Stored {report.documents_per_second:,.0f} documents/s; searched for ten "
            f"passages in {report.p50_ms:.1f} ms (median), {report.p95_ms:.1f} ms (95 "
            f"of 100); used up to {report.peak_rss_mb:,.0f} MB."
        )
    if report.documents:
        show_spent(report.run)
    echo(f"Kept as the run {report.run.name}.")


def _show_gains(report: RetrievalReport, gains: Mapping[str, Difference]) -> None:
    echo("\nWhat reranking changes, question by question:")
    table(
        [
            (
                name,
                f"{report.metrics[name + BEFORE].mean:.4f}",
                f"{report.metrics[name].mean:.4f}",
                f"{gain.mean:+.4f}",
                f"{gain.low:+.4f} to {gain.high:+.4f}",
                f"{gain.p:.4f}",
                f"{gain.better} / {gain.worse}",
            )
            for name, gain in gains.items()
        ],
        header=(
            "METRIC", "BEFORE", "AFTER", "DIFFERENCE", "95 % INTERVAL", "P",
            "BETTER / WORSE",
        ),
    )  # fmt: skip
    echo()
