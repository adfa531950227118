"""Rerank by a reader, which also says which words of a passage answer."""

import math
from dataclasses import dataclass, replace
from typing import Final

from erya.models import Passage, ReaderModel
from erya.records import Chunk, Evidence

__all__ = ["ReadingReranker", "passage_of"]

READER: Final = "reader"  # its key in `Hit.ranks` and `Hit.scores`


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingReranker:
    """Reads the best passages, and adds to their scores what the reader says.

    Attributes:
        reader: Reads question and passage together.
        candidates: How many passages from the top it reads, at least 1.
        weight: What a passage that surely answers gains, on the scale of the search,
            where having all words of the question counts about 0.6.
    """

    reader: ReaderModel
    candidates: int = 5
    weight: float = 0.5

    def rerank(self, question: str, evidence: Evidence) -> Evidence:
        """Return `evidence` with its best passages read, and put in order again.

        Passages after the candidates keep their places and stay unread. What is said of
        a passage depends on nothing but itself and the question.

        Raises:
            ModelError: The reader does not run.
        """
        first = evidence.hits[: self.candidates]
        if not first:
            return evidence
        readings = self.reader.read(question, [passage_of(h.chunk) for h in first])
        read = []
        for hit, reading in zip(first, readings, strict=True):
            gain = self.weight / (1 + math.exp(-reading.relevance))
            read.append(
                replace(
                    hit,
                    score=hit.score + gain,
                    scores={**hit.scores, READER: reading.relevance},
                    reading=reading,
                )
            )
        order = sorted(range(len(read)), key=lambda at: -read[at].score)
        hits = tuple(
            replace(read[at], ranks={**read[at].ranks, READER: rank})
            for rank, at in enumerate(order, start=1)
        )
        return replace(evidence, hits=hits + evidence.hits[self.candidates :])


def passage_of(chunk: Chunk) -> Passage:
    """Return what a reader is given of a chunk: its place, and its text."""
    above = [chunk.title, *(h for h in chunk.headings if h != chunk.title)]
    return Passage(" › ".join(filter(None, above)), chunk.text)
