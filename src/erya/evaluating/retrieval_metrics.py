"""How good a ranking is, as trec_eval counts it.

Documents are ordered by score, ties by id from the highest, as in trec_eval. All are 0
for an empty ranking; none is defined for a question without a relevant document.
"""

import math
from collections.abc import Mapping, Sequence

__all__ = ["hit", "ndcg", "ranked", "recall", "reciprocal_rank"]


def ranked(scores: Mapping[str, float]) -> list[str]:
    """Return the ids in the order of trec_eval."""
    by_id = sorted(scores, reverse=True)
    return sorted(by_id, key=lambda document: -scores[document])


def ndcg(ranking: Sequence[str], gains: Mapping[str, float], *, k: int) -> float:
    """Return the normalised discounted cumulative gain at `k`, 0 to 1.

    Gains are linear and discounted by log2(rank + 1): Järvelin and Kekäläinen,
    "Cumulated gain-based evaluation of IR techniques" (2002), as in trec_eval.
    """
    best = sorted((gain for gain in gains.values() if gain > 0), reverse=True)
    found = [max(gains.get(document, 0.0), 0.0) for document in ranking]
    return _dcg(found[:k]) / _dcg(best[:k])


def reciprocal_rank(
    ranking: Sequence[str], gains: Mapping[str, float], *, k: int
) -> float:
    """Return one over the rank of the first relevant document within `k`, or 0."""
    for rank, document in enumerate(ranking[:k], start=1):
        if gains.get(document, 0.0) > 0:
            return 1.0 / rank
    return 0.0


def hit(ranking: Sequence[str], gains: Mapping[str, float], *, k: int) -> float:
    """Return 1 if a relevant document is among the first `k`, else 0."""
    return float(any(gains.get(document, 0.0) > 0 for document in ranking[:k]))


def recall(ranking: Sequence[str], gains: Mapping[str, float], *, k: int) -> float:
    """Return the share of the relevant documents that are among the first `k`."""
    relevant = {document for document, gain in gains.items() if gain > 0}
    return len(relevant.intersection(ranking[:k])) / len(relevant)


def _dcg(gains: Sequence[float]) -> float:
    return math.fsum(gain / math.log2(i + 2) for i, gain in enumerate(gains))
