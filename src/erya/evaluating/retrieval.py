"""Find what is known to answer, and count how often it was found."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from erya.assistant import Assistant
from erya.errors import UsageError
from erya.evaluating.answers import by_suffix
from erya.evaluating.datasets import Passage, Question, RetrievalSet
from erya.evaluating.examples import ExampleSet
from erya.evaluating.retrieval_metrics import (
    RETRIEVAL_METRICS,
    Metric,
    judge,
    metric_named,
    ranked,
)
from erya.evaluating.runs import (
    Latency,
    Progress,
    Run,
    SampleResult,
    finish,
    measure_all,
    tokens_of,
)
from erya.evaluating.scratch import scratch_home
from erya.evaluating.statistics import Difference, Estimate, corrected, paired
from erya.evaluating.trec import Judgements, TrecRun
from erya.loading import document_of
from erya.loading.formats.text import parse_text
from erya.records import Document, Evidence, Item, Principal
from erya.reranking import Reranker
from erya.stores import Bases, Store

__all__ = [
    "BEFORE",
    "RetrievalReport",
    "evaluate_base",
    "evaluate_retrieval",
    "reranking_gains",
    "score_run",
]

BEFORE: Final = "_before"  # ends the name of a metric without the rerank model
_OWNER: Final = Principal.owner("evaluation")
_EVERYBODY: Final = frozenset({"public"})
_DEPTH: Final = 100  # documents that a ranking has at least
_WHOLE: Final = 1000  # documents of a ranking that is measured as a whole, as in TREC
_TIMED: Final = 500  # questions; percentiles of more do not change
_HITS: Final = 10  # hits of a timed search, as a person asks for


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalReport:
    """What a retrieval set says of the settings.

    Attributes:
        documents: Documents of the corpus; 0 where it was not given.
        queries: Questions that were asked.
        metrics: Name to mean and 95 % interval over the questions.
        documents_per_second: Read, cut, embedded and stored, from nothing; 0 where
            nothing was stored.
        p50_ms: The median time of a search for ten passages, in milliseconds.
        p95_ms: What 95 of 100 such searches stay below.
        peak_rss_mb: The most memory that this process has used, in megabytes.
        settings: What was measured: model, sizes, seed.
        run: Where every question is kept.
    """

    documents: int
    queries: int
    metrics: Mapping[str, Estimate]
    documents_per_second: float
    p50_ms: float
    p95_ms: float
    peak_rss_mb: float
    settings: Mapping[str, Any]
    run: Run


def reranking_gains(report: RetrievalReport) -> dict[str, Difference]:
    """Return what reranking changes of each metric, corrected for being several.

    Empty for a report without a rerank model.
    """
    gains = {}
    for name in report.metrics:
        before = report.run.values(f"{name}{BEFORE}")
        if before:
            after = report.run.values(name)
            gains[name] = paired([before[key] for key in after], list(after.values()))
    p_values = corrected(gains)
    return {name: gain._replace(p=p_values[name]) for name, gain in gains.items()}


def evaluate_retrieval(
    data: RetrievalSet,
    run: Run,
    *,
    assistant: Callable[[Store], Assistant],
    metrics: Sequence[str] = RETRIEVAL_METRICS,
    calls: Callable[[], Mapping[str, int]] = dict,
    on_progress: Progress = lambda *_: None,
) -> RetrievalReport:
    """Store the corpus in a base that is thrown away, ask, and compare.

    A document's score is that of its best chunk. With a rerank model each metric is
    measured with it, and as NAME_before without it.

    Args:
        data: What to ask, of what.
        run: Where to keep the item of each question; those it has are not asked again.
        assistant: Makes the assistant that is measured, on an empty base, with any
            retriever, strategy, reranker or chunker.
        metrics: Names as for `metric_named`.
        calls: Counts the calls of models so far.
        on_progress: Called with what is done, how far, and of how many.

    Raises:
        ModelError: The embedding model cannot be reached.
        StoreError: The base cannot be written.
        UsageError: A metric is none.
    """
    with scratch_home() as home:
        store = Bases(home).open("evaluation", create=True)
        with assistant(store) as subject:
            settings = _settings(subject, data.name, run)
            plain, reranker = _split_reranker(subject)
            began = time.perf_counter()
            plain.add(_documents(data.corpus, on_progress), principal=_OWNER)
            stored = time.perf_counter() - began
            spans = _time_searches(plain, data.questions, on_progress)
            run = measure_all(
                run,
                [(q.id, (q, data.relevant[q.id])) for q in data.questions],
                _make_measure(plain, reranker, principal=_OWNER, metrics=metrics),
                what="Asking",
                calls=calls,
                on_progress=on_progress,
            )
    rate = len(data.corpus) / stored
    return _report(run, settings, documents=len(data.corpus), rate=rate, spans=spans)


def evaluate_base(
    assistant: Assistant,
    examples: ExampleSet,
    run: Run,
    *,
    principal: Principal,
    metrics: Sequence[str] = RETRIEVAL_METRICS,
    calls: Callable[[], Mapping[str, int]] = dict,
    on_progress: Progress = lambda *_: None,
) -> RetrievalReport:
    """Ask a base that is there the questions of a test set, and compare.

    A document is relevant that a question names as its evidence. Questions that name
    none, or none that `principal` may read in the base, do not count.

    Raises:
        ModelError: The embedding model cannot be reached.
        StoreError: The base is damaged or out of reach.
        UsageError: No question counts, or a metric is none.
    """
    sources_by_suffix = by_suffix(
        d.source for d in assistant.store.documents(principal)
    )
    questions = []
    for example in examples.examples:
        names = [each.source.lstrip("/") for each in example.evidence]
        gains = {
            source: 1.0 for name in names for source in sources_by_suffix.get(name, ())
        }
        if gains:
            questions.append((Question(example.id, example.question), gains))
    if not questions:
        msg = (
            f"No question of {examples.path} names a document of the base as its "
            "evidence (`source`). Is it the right base?"
        )
        raise UsageError(msg)
    settings = _settings(assistant, examples.path.name, run)
    plain, reranker = _split_reranker(assistant)
    if plain.strategy is None:  # the first loads what is needed
        plain.search(questions[0][0].text, principal=principal)
    run = measure_all(
        run,
        [(question.id, (question, gains)) for question, gains in questions],
        _make_measure(plain, reranker, principal=principal, metrics=metrics),
        what="Asking",
        calls=calls,
        on_progress=on_progress,
    )
    settings["passed_over"] = len(examples.examples) - len(questions)
    documents = len(
        {source for sources in sources_by_suffix.values() for source in sources}
    )
    return _report(run, settings, documents=documents)


def _report(
    run: Run,
    settings: Mapping[str, Any],
    *,
    documents: int,
    rate: float = 0.0,
    spans: Sequence[float] = (),
) -> RetrievalReport:
    """Finish the run; without `spans` those of its own searches count."""
    latency = Latency.of(spans or [item.seconds["search"] for item in run.items])
    figures = {
        "documents_per_second": rate,
        "p50_ms": latency.p50 * 1e3,
        "p95_ms": latency.p95 * 1e3,
        "peak_rss_mb": _peak_rss_mb(),
    }
    return RetrievalReport(
        documents=documents,
        queries=len(run.items),
        metrics=run.estimates(),
        settings=settings,
        run=finish(run, figures),
        **figures,
    )


def _split_reranker(assistant: Assistant) -> tuple[Assistant, Reranker | None]:
    """Take the reranker out: both orders are measured of one search."""
    return replace(assistant, reranker=None), assistant.reranker


def _make_measure(
    assistant: Assistant,
    reranker: Reranker | None,
    *,
    principal: Principal,
    metrics: Sequence[str],
) -> Callable[[tuple[Question, Mapping[str, float]]], SampleResult]:
    """Return a function that asks a question and scores both orders of the hits."""
    measures = {name: metric_named(name) for name in metrics}
    depth = max(_DEPTH, *(_depth_of(name) for name in metrics))

    def measure(thing: tuple[Question, Mapping[str, float]]) -> SampleResult:
        question, gains = thing
        began = time.perf_counter()
        evidence = _search_documents(
            assistant, question.text, principal=principal, depth=depth
        )
        seconds = {"search": time.perf_counter() - began}
        scores = _best_chunks(evidence, most=depth)
        item = _score(question, scores, gains=gains, measures=measures)
        if reranker is not None:
            before, began = item, time.perf_counter()
            evidence = reranker.rerank(question.text, evidence)
            seconds["rerank"] = time.perf_counter() - began
            scores = _places(evidence)
            item = _score(question, scores, gains=gains, measures=measures)
            was = {f"{name}{BEFORE}": s for name, s in before.scores.items()}
            item = replace(item, scores={**item.scores, **was})
        return replace(
            item, seconds=seconds, tokens=tokens_of(evidence.usage, "search")
        )

    return measure


def _settings(assistant: Assistant, name: str, run: Run) -> dict[str, Any]:
    recorded = run.spec.get("settings") or {}
    return {
        "set": name,
        "embedding_model": assistant.embedding.name if assistant.embedding else "",
        "query_strategy": recorded.get("query_strategy")
        or ("custom" if assistant.strategy else ""),
        "rerank_model": assistant.reranker.model.name if assistant.reranker else "",
        "chunk_tokens": getattr(assistant.chunker, "max_tokens", 0),
        "seed": run.spec.get("seed", 0),
    }


def score_run(
    rankings: TrecRun,
    judgements: Judgements,
    run: Run,
    *,
    metrics: Sequence[str] = RETRIEVAL_METRICS,
) -> RetrievalReport:
    """Score the rankings of another system.

    All questions count that have a relevant document; one that the system did not
    answer has 0, as with `trec_eval -c`, which also counts those without any relevant
    document, as 0.

    Args:
        rankings: Question to document to score.
        judgements: Question to document to gain.
        run: Where to keep the item of each question.
        metrics: Names as for `metric_named`.

    Raises:
        UsageError: No question has a relevant document, or a metric is none.
    """
    measures = {name: metric_named(name) for name in metrics}
    answerable = [
        (key, key)
        for key, gains in judgements.items()
        if any(gain > 0 for gain in gains.values())
    ]
    if not answerable:
        msg = "No question of the judgements has a relevant document."
        raise UsageError(msg)

    def measure(key: str) -> SampleResult:
        question = Question(key, "")
        gains = judgements[key]
        return _score(question, rankings.get(key, {}), gains=gains, measures=measures)

    run = measure_all(run, answerable, measure, what="Scoring")
    return RetrievalReport(
        documents=0,
        queries=len(run.items),
        metrics=run.estimates(),
        documents_per_second=0.0,
        p50_ms=0.0,
        p95_ms=0.0,
        peak_rss_mb=_peak_rss_mb(),
        settings={},
        run=finish(run, {}),
    )


def _score(
    question: Question,
    scores: Mapping[str, float],
    *,
    gains: Mapping[str, float],
    measures: Mapping[str, Metric],
) -> SampleResult:
    ranking = ranked(scores)
    judged = judge(ranking, gains)
    return SampleResult(
        id=question.id,
        scores={name: metric(judged) for name, metric in measures.items()},
        detail={
            "question": question.text,
            "found": ranking[:_HITS],
            "relevant": [key for key, gain in gains.items() if gain > 0][:_HITS],
        },
    )


def _documents(corpus: Sequence[Passage], on_progress: Progress) -> Iterator[Document]:
    for done, passage in enumerate(corpus, start=1):
        # A document that is a title and nothing else is found by its title.
        data = (passage.text or passage.title).encode("utf-8", "replace")
        item = Item(source=passage.id, data=data)
        document = document_of(item, parse_text(data, ""), readers=_EVERYBODY)
        yield replace(document, title=passage.title)
        on_progress("Storing", done, len(corpus))


def _time_searches(
    assistant: Assistant,
    questions: Sequence[Question],
    on_progress: Progress,
) -> list[float]:
    """Return the seconds of searches, after a first one that loads what is needed.

    None where a strategy asks a model: it would be asked twice.
    """
    if assistant.strategy is not None:
        return []
    assistant.search(questions[0].text, principal=_OWNER)
    spans: list[float] = []
    timed = questions[:_TIMED]
    for question in timed:
        began = time.perf_counter()
        assistant.search(question.text, principal=_OWNER, limit=_HITS)
        spans.append(time.perf_counter() - began)
        on_progress("Timing", len(spans), len(timed))
    return spans


def _depth_of(metric: str) -> int:
    """Return how many documents a metric looks at."""
    depth = metric.partition("@")[2]
    return int(depth) if depth else _WHOLE


def _search_documents(
    assistant: Assistant, question: str, *, principal: Principal, depth: int
) -> Evidence:
    """Search for more chunks until they are of `depth` documents."""
    limit = depth
    while True:
        evidence = assistant.search(question, principal=principal, limit=limit)
        documents = {hit.chunk.source for hit in evidence.hits}
        if len(documents) >= depth or len(evidence.hits) < limit:
            return evidence
        limit *= 2


def _best_chunks(evidence: Evidence, *, most: int) -> dict[str, float]:
    """Return the best documents, each with the score of its best chunk."""
    best: dict[str, float] = {}
    for hit_ in evidence.hits:
        source = hit_.chunk.source
        best[source] = max(best.get(source, hit_.score), hit_.score)
    return {key: best[key] for key in ranked(best)[:most]}


def _places(evidence: Evidence) -> dict[str, float]:
    """Return each document with the place of its first chunk, the first the highest."""
    places: dict[str, float] = {}
    for place, hit_ in enumerate(evidence.hits):
        places.setdefault(hit_.chunk.source, -float(place))
    return places


def _peak_rss_mb() -> float:
    try:
        import resource  # noqa: PLC0415 - POSIX only
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3
