"""The one act of this room."""

from dataclasses import dataclass, replace

from erya.models import RerankModel
from erya.records import Evidence

__all__ = ["Reranker"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reranker:
    """Puts the passages of a search in the order that a model gives them.

    Attributes:
        model: What reads question and passage together.
        candidates: How many passages from the top it reads, at least 1.
    """

    model: RerankModel
    candidates: int = 30

    def rerank(self, question: str, evidence: Evidence) -> Evidence:
        """Return `evidence` with its best passages in another order.

        The scores of the search stay with the places: the first place keeps the
        highest, so that what counts by them counts the same. What the model said of a
        passage stands in `Hit.scores`, and its place in `Hit.ranks`, as `rerank`.
        Passages after the candidates keep their places; without any the model is not
        asked.

        Raises:
            ModelError: The model cannot be reached.
        """
        first = evidence.hits[: self.candidates]
        if not first:
            return evidence
        texts = [hit.chunk.indexed_text for hit in first]
        scores = self.model.rerank(question, texts)
        # Where the model sees no difference, the order of the search stands.
        order = sorted(range(len(first)), key=lambda at: -scores[at])
        hits = tuple(
            replace(
                first[at],
                score=place.score,
                ranks={**first[at].ranks, "rerank": number},
                scores={**first[at].scores, "rerank": scores[at]},
            )
            for number, (at, place) in enumerate(
                zip(order, first, strict=True), start=1
            )
        )
        return replace(evidence, hits=hits + evidence.hits[self.candidates :])
