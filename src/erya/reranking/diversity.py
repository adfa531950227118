"""Let each passage add something to those before it."""

from collections.abc import Sequence

from erya.language import terms
from erya.records import Hit

__all__ = ["diversified"]


def diversified(hits: Sequence[Hit], *, diversity: float) -> tuple[Hit, ...]:
    """Return the hits in the order in which each adds most.

    Maximal marginal relevance, after Carbonell and Goldstein, "The Use of MMR,
    Diversity-Based Reranking" (1998): (1 - diversity) * relevance - diversity *
    likeness to the most alike passage before. Relevance is the score over the best, and
    likeness the share of terms that two passages have in common (Jaccard).

    Args:
        hits: Best first.
        diversity: 0 leaves the order as it is, 1 asks for difference alone.
    """
    if not diversity or len(hits) < 3:
        return tuple(hits)
    best = hits[0].score or 1.0
    told = [terms(hit.chunk.text) for hit in hits]
    left, taken = list(range(1, len(hits))), [0]
    alike = [0.0] * len(hits)
    while left:
        last = told[taken[-1]]
        for i in left:
            alike[i] = max(alike[i], _jaccard(told[i], last))
        chosen = max(
            left,
            key=lambda i: (1 - diversity) * hits[i].score / best - diversity * alike[i],
        )
        left.remove(chosen)
        taken.append(chosen)
    return tuple(hits[i] for i in taken)


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    either = len(one | other)
    return len(one & other) / either if either else 0.0
