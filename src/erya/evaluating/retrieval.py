"""Find what is known to answer, and count how often it was found."""

import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from erya.assistant import Assistant
from erya.chunking import StructureChunker
from erya.errors import UsageError
from erya.evaluating.datasets import Passage, Question, RetrievalSet
from erya.evaluating.intervals import Estimate, bootstrap
from erya.evaluating.retrieval_metrics import (
    hit,
    ndcg,
    ranked,
    recall,
    reciprocal_rank,
)
from erya.loading import document_of
from erya.loading.text import parse_text
from erya.models import EmbeddingModel
from erya.records import Document, Evidence, Item, Principal
from erya.stores import Bases

__all__ = ["RetrievalReport", "evaluate_retrieval"]

_OWNER: Final = Principal.owner("evaluation")
_EVERYBODY: Final = frozenset({"public"})
_RECALL_DOCUMENTS: Final = 100
_TIMED: Final = 500  # questions; percentiles of more do not change
_SHOWN: Final = 10  # hits of a timed search, as a person asks for

# What is done, how far, and of how many.
Progress = Callable[[str, int, int], None]
Metric = Callable[[Sequence[str], Mapping[str, float]], float]

_METRICS: Final[dict[str, Metric]] = {
    "ndcg@10": lambda ranking, gains: ndcg(ranking, gains, k=10),
    "mrr@10": lambda ranking, gains: reciprocal_rank(ranking, gains, k=10),
    "hit@1": lambda ranking, gains: hit(ranking, gains, k=1),
    "hit@5": lambda ranking, gains: hit(ranking, gains, k=5),
    "hit@10": lambda ranking, gains: hit(ranking, gains, k=10),
    "recall@100": lambda ranking, gains: recall(ranking, gains, k=100),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalReport:
    """What a retrieval set says of the settings.

    Attributes:
        documents: Documents of the corpus.
        queries: Questions that were asked.
        metrics: Name to mean and 95 % interval over the questions.
        documents_per_second: Read, cut, embedded and stored, from nothing.
        p50_ms: The median time of a search for ten passages, in milliseconds.
        p95_ms: What 95 of 100 such searches stay below.
        peak_rss_mb: The most memory that this process has used, in megabytes.
        settings: What was measured: model, sizes, seed.
    """

    documents: int
    queries: int
    metrics: Mapping[str, Estimate]
    documents_per_second: float
    p50_ms: float
    p95_ms: float
    peak_rss_mb: float
    settings: Mapping[str, Any]


def evaluate_retrieval(
    data: RetrievalSet,
    *,
    embedding: EmbeddingModel | None,
    chunker: StructureChunker,
    queries: int | None = None,
    seed: int = 0,
    on_progress: Progress = lambda *_: None,
) -> RetrievalReport:
    """Store the corpus in a base that is thrown away, ask, and compare.

    A document's score is that of its best chunk.

    Args:
        data: What to ask, of what.
        embedding: As for an assistant.
        chunker: As for an assistant.
        queries: How many questions, drawn at random; None asks all.
        seed: Of the draw and of the intervals.
        on_progress: Called with what is done, how far, and of how many.

    Raises:
        ModelError: The embedding model cannot be reached.
        StoreError: The base cannot be written.
        UsageError: `queries` is below 1.
    """
    questions = list(data.questions)
    if queries is not None and queries < 1:
        msg = f"queries must be at least 1, got {queries}."
        raise UsageError(msg)
    if queries is not None and queries < len(questions):
        questions = random.Random(seed).sample(questions, queries)  # noqa: S311
    with tempfile.TemporaryDirectory(prefix="erya-evaluate-") as home:
        store = Bases(Path(home)).open("evaluation", create=True)
        with Assistant(store=store, embedding=embedding, chunker=chunker) as assistant:
            began = time.perf_counter()
            assistant.add(_documents(data.corpus, on_progress), principal=_OWNER)
            seconds = time.perf_counter() - began
            spans = _timed(assistant, questions, on_progress)
            scores = _scored(assistant, data, questions, on_progress=on_progress)
    return RetrievalReport(
        documents=len(data.corpus),
        queries=len(questions),
        metrics={name: bootstrap(values, seed=seed) for name, values in scores.items()},
        documents_per_second=len(data.corpus) / seconds,
        p50_ms=statistics.median(spans) * 1e3,
        p95_ms=sorted(spans)[math.ceil(0.95 * len(spans)) - 1] * 1e3,
        peak_rss_mb=_peak_rss_mb(),
        settings={
            "set": data.name,
            "embedding_model": embedding.name if embedding else "",
            "chunk_tokens": chunker.max_tokens,
            "seed": seed,
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


def _timed(
    assistant: Assistant,
    questions: Sequence[Question],
    on_progress: Progress,
) -> list[float]:
    """Return the seconds of searches, after a first one that loads what is needed."""
    assistant.search(questions[0].text, principal=_OWNER)
    spans: list[float] = []
    timed = questions[:_TIMED]
    for question in timed:
        began = time.perf_counter()
        assistant.search(question.text, principal=_OWNER, limit=_SHOWN)
        spans.append(time.perf_counter() - began)
        on_progress("Timing", len(spans), len(timed))
    return spans


def _scored(
    assistant: Assistant,
    data: RetrievalSet,
    questions: Sequence[Question],
    *,
    on_progress: Progress,
) -> dict[str, list[float]]:
    """Return each metric's value for each question."""
    scores: dict[str, list[float]] = {name: [] for name in _METRICS}
    for done, question in enumerate(questions):
        ranking = _ranking(assistant, question.text)
        for name, metric in _METRICS.items():
            scores[name].append(metric(ranking, data.relevant[question.id]))
        on_progress("Asking", done + 1, len(questions))
    return scores


def _ranking(assistant: Assistant, question: str) -> list[str]:
    """Return the best documents, searching for more chunks until there are enough."""
    limit = _RECALL_DOCUMENTS
    while True:
        found = assistant.search(question, principal=_OWNER, limit=limit)
        best = _best_chunks(found)
        if len(best) >= _RECALL_DOCUMENTS or len(found.hits) < limit:
            return ranked(best)[:_RECALL_DOCUMENTS]
        limit *= 2


def _best_chunks(found: Evidence) -> dict[str, float]:
    """Return each document with the score of its best chunk."""
    best: dict[str, float] = {}
    for hit_ in found.hits:
        source = hit_.chunk.source
        best[source] = max(best.get(source, hit_.score), hit_.score)
    return best


def _peak_rss_mb() -> float:
    try:
        import resource  # noqa: PLC0415 - POSIX only
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3
