"""One score out of two legs.

A convex combination of scores, after Bruch, Gai and Ingber, "An Analysis of Fusion
Functions for Hybrid Retrieval" (2023), each leg in proportion to its best readable hit.
What is ours is the weight: a model can only judge what its tokenizer knows. MiniLM
knows 1.00 of English tokens and about 0.4 of Chinese ones; a fixed weight, or fusion
by ranks, then costs Chinese most of what the keyword leg found
(docs/decisions/0008-fusion.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from erya.stores import Candidate, Fused, Fusion

__all__ = ["ConvexFusion"]

# A leg that counts for less finds nothing by itself either.
_TELLING: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvexFusion(Fusion):
    """Weighs the vector leg by how much of question and chunk its model knows.

    score = (1 - w) * keyword / best keyword + w * cosine / best cosine, with
    w = weight * (known share of the question * known share of the chunk) ** power.

    Attributes:
        weight: Of the vector leg where everything is known, 0 to 1.
        power: How fast the weight falls with what is unknown.
    """

    weight: float = 0.5
    power: float = 4.0

    @override
    def __call__(self, known: float, candidates: Sequence[Candidate]) -> list[Fused]:
        best_keyword = max((c.keyword for c in candidates), default=0.0) or 1.0
        cosines = (c.vector for c in candidates if c.vector is not None)
        best_cosine = max(cosines, default=0.0)
        fused = []
        for candidate in candidates:
            weight = self.weight * (known * candidate.known) ** self.power
            weight = weight if weight >= _TELLING else 0.0
            # Opposite to the question is as far away as unrelated.
            near = max(candidate.vector or 0.0, 0.0)
            score = (1 - weight) * candidate.keyword / best_keyword
            if best_cosine > 0:
                score += weight * near / best_cosine
            fused.append(Fused(score, weight))
        return fused
