"""How good a ranking is, as trec_eval counts it.

Documents are ordered by score, ties by id from the highest; scores are compared in
single precision, as trec_eval does. A document counts as relevant with a gain above 0;
one without a judgement as not relevant. Where a question has no relevant document, or
the ranking is empty, every metric is 0.
"""

import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

from erya.errors import UsageError

__all__ = ["RETRIEVAL_METRICS", "Judged", "Metric", "judge", "metric_named", "ranked"]


class Judged(NamedTuple):
    """A ranking seen through the judgements of its question.

    Attributes:
        gains: The gain of each ranked document, best ranked first; none is below 0.
        relevant: The gains above 0 of all judged documents, the highest first.
    """

    gains: Sequence[float]
    relevant: Sequence[float]


Metric = Callable[[Judged], float]


def ranked(scores: Mapping[str, float]) -> list[str]:
    """Return the ids in the order of trec_eval."""
    single = zip(array("f", scores.values()), scores, strict=True)
    return [document for _, document in sorted(single, reverse=True)]


def judge(ranking: Sequence[str], gains: Mapping[str, float]) -> Judged:
    """Return what the metrics need of a ranking.

    Args:
        ranking: Ids of documents, the best first, none twice.
        gains: The judged documents of the question.
    """
    gain_of = gains.get
    return Judged(
        [max(gain_of(document, 0.0), 0.0) for document in ranking],
        sorted((gain for gain in gains.values() if gain > 0), reverse=True),
    )


def metric_named(name: str) -> Metric:
    """Return the metric of a name such as `ndcg@10`; without `@`, of the whole ranking.

    Known are `ndcg`, `mrr`, `map`, `hit`, `precision` and `recall`; `precision` and
    `hit` need a depth.

    Raises:
        UsageError: There is no such metric.
    """
    kind, at, depth = name.partition("@")
    metric = _KINDS.get(kind)
    whole = not at and kind not in {"precision", "hit"}
    if metric is None or not (whole or (depth.isdecimal() and int(depth) > 0)):
        msg = (
            f"There is no metric {name!r}. Write one of {', '.join(_KINDS)} with a "
            "depth, such as ndcg@10."
        )
        raise UsageError(msg)
    return partial(metric, k=int(depth) if at else None)


def _ndcg(judged: Judged, *, k: int | None) -> float:
    """Return the normalised discounted cumulative gain, 0 to 1.

    Gains are linear and discounted by log2(rank + 1): Järvelin and Kekäläinen,
    "Cumulated gain-based evaluation of IR techniques" (2002), as in trec_eval.
    """
    return _over(_dcg(judged.gains[:k]), _dcg(judged.relevant[:k]))


def _reciprocal_rank(judged: Judged, *, k: int | None) -> float:
    """Return one over the rank of the first relevant document, or 0."""
    for rank, gain in enumerate(judged.gains[:k], start=1):
        if gain > 0:
            return 1.0 / rank
    return 0.0


def _average_precision(judged: Judged, *, k: int | None) -> float:
    """Return the mean of the precisions at each relevant document; 0 for the missed."""
    hits = 0
    total = 0.0
    for rank, gain in enumerate(judged.gains[:k], start=1):
        if gain > 0:
            hits += 1
            total += hits / rank
    return _over(total, len(judged.relevant))


def _hit(judged: Judged, *, k: int | None) -> float:
    """Return 1 if a relevant document is among the first `k`, else 0."""
    return float(_count_hits(judged, k) > 0)


def _precision(judged: Judged, *, k: int | None) -> float:
    """Return the share of `k` that is relevant; what is missing counts as not."""
    return _count_hits(judged, k) / (k or 1)


def _recall(judged: Judged, *, k: int | None) -> float:
    """Return the share of the relevant documents that is among the first `k`."""
    return _over(_count_hits(judged, k), len(judged.relevant))


def _count_hits(judged: Judged, k: int | None) -> int:
    return sum(gain > 0 for gain in judged.gains[:k])


def _dcg(gains: Sequence[float]) -> float:
    # Most gains are 0: their discounts need not be computed.
    return math.fsum(gain / math.log2(i + 2) for i, gain in enumerate(gains) if gain)


def _over(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


_KINDS: Final = {
    "ndcg": _ndcg,
    "mrr": _reciprocal_rank,
    "map": _average_precision,
    "hit": _hit,
    "precision": _precision,
    "recall": _recall,
}
RETRIEVAL_METRICS: Final = (
    "ndcg@10", "mrr@10", "map@100", "hit@1", "hit@5", "hit@10", "precision@10",
    "recall@10", "recall@100",
)  # fmt: skip
