"""One score out of two legs.

A convex combination of scores, after Bruch, Gai and Ingber, "An Analysis of Fusion
Functions for Hybrid Retrieval" (2023). What is ours is the scale of each leg, so that
how much a leg counts follows from the question and not from the set it was tuned on:

- Words count by how much of the question they cover. Where no chunk has its words, as
  in another language, the whole leg is faint.
- Vectors count by how far a chunk rises above the crowd of the nearest. A model whose
  cosines all lie close together is read on the scale of its own crowd.
- Either way a model can only judge what its tokenizer knows: the weight falls with what
  it does not know of question and chunk (docs/decisions/0008-fusion.md,
  0016-bilingual-embedder.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from erya.retrieving.searching import Candidate, Fused, FusedQuestion, Fusion

__all__ = ["ConvexFusion"]

# A leg that counts for less finds nothing by itself either.
_MIN_WEIGHT: Final = 0.01
# Of the way from the best to the same text: the best rises at least so far above the
# crowd, which says nothing where there are few chunks.
_MIN_RISE: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvexFusion(Fusion):
    """Weighs the legs by what they cover, how far they rise, and what the model knows.

    score = (1 - w) * (keyword / full) ** coverage_power
    + w * (cosine - floor) / (rise * (1 - floor)), with
    w = weight * (token coverage of the question * of the chunk) ** power, and the floor
    the cosine of the last of the nearest chunks.

    Attributes:
        weight: Of the vector leg where everything is known, 0 to 1.
        power: How fast the weight falls with what is unknown.
        rise: The share of the way from the floor to the same text that counts as much
            as having all words of the question, above 0.
        coverage_power: How fast words fall behind where a chunk has few of them, at
            least 1: single words that another subject shares say little.
    """

    weight: float = 0.4
    power: float = 4.0
    rise: float = 0.4
    coverage_power: float = 1.5

    @override
    def __call__(
        self, question: FusedQuestion, candidates: Sequence[Candidate]
    ) -> list[Fused]:
        cosines = sorted(
            (c.vector for c in candidates if c.vector is not None), reverse=True
        )
        floor = _floor(cosines, depth=question.depth)
        fused = []
        for candidate in candidates:
            known = question.token_coverage * candidate.known
            weight = self.weight * known**self.power
            weight = weight if weight >= _MIN_WEIGHT else 0.0
            covered = candidate.keyword / question.full_keyword_score
            score = (1 - weight) * covered**self.coverage_power
            if candidate.vector is not None and candidate.vector > max(floor, 0.0):
                rise = (candidate.vector - floor) / (1 - floor)
                score += weight * rise / self.rise
            fused.append(Fused(score, weight))
        return fused


def _floor(cosines: Sequence[float], *, depth: int) -> float:
    """Return the cosine that says nothing: that of the last of the nearest."""
    if not cosines:
        return 0.0
    last = cosines[min(depth, len(cosines)) - 1]
    best = min(cosines[0], 1.0 - 1e-6)
    return min(last, best - _MIN_RISE * (1 - best))
