"""BM25 over what the asker may read, and nothing else.

The engine ranks by its own statistics, in which unreadable and deleted documents count.
So it only proposes: each term is boosted by its readable inverse document frequency
over the engine's own, and Erya scores the proposals itself. As the two scores differ
only in the average length, the engine's last score bounds the score of everything it
did not propose; proposals are doubled until that bound lies below the last hit wanted.
The result is therefore exactly the best by readable statistics, whatever else is in the
base.

BM25 as in Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and
Beyond" (2009), with the idf of Lucene, ln(1 + (N - n + 0.5) / (n + 0.5)), which is
never negative. Exact forms of English words are a second field with a weight of its
own.
"""

import math
import struct
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from erya.language import QueryTerms
from erya.stores.base import WordHit
from erya.stores.parts import (
    BODY,
    EXACT,
    ChunkTerms,
    KeywordSearcher,
    line_prefix,
)

__all__ = ["Bm25", "ReadableStats"]

K1: Final = 1.2
B: Final = 0.75
# An exact form beside its stem: docs/decisions/0003-terms.md.
EXACT_WEIGHT: Final = 0.3
_TYPICAL_COUNT: Final = 2  # of a term in a chunk that is about it
_MORE_PROPOSALS: Final = 16  # at first; mostly enough to prove the result
_SLACK: Final = 1.0 + 1e-4  # the engine computes with 32-bit floats
_DIGITS: Final = 9  # sums in another order may differ in the last bits


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadableStats:
    """What the asker's BM25 is computed with.

    Attributes:
        chunks: Readable chunks.
        averages: Field to the average number of terms over those chunks.
    """

    chunks: int
    averages: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Term:
    field: str
    term: str
    weight: float  # in the question, times the readable idf
    telling: float  # of this, what is not filler
    boost: float  # on the engine's score
    key: str  # in what is written of a chunk


class Bm25:
    """The question against the chunks that may be read."""

    def __init__(
        self,
        searcher: KeywordSearcher,
        query: QueryTerms,
        *,
        stats: ReadableStats,
        label_sets: tuple[int, ...] | None,
        within: Sequence[int] | None = None,
    ) -> None:
        """Look the terms up.

        Args:
            searcher: Proposes and counts.
            query: The terms of the question.
            stats: The readable statistics.
            label_sets: The sets of readers the asker belongs to; None is all.
            within: The numbers of the chunks that may be proposed; None is all.
        """
        self._within = within
        self._searcher = searcher
        self._query = query
        self._stats = stats
        self._label_sets = label_sets
        self._terms = list(self._readable_terms())
        self._idf: dict[str, float] | None = None

    def best(
        self,
        fetch: Callable[[Sequence[int]], Mapping[int, ChunkTerms]],
        *,
        limit: int,
    ) -> list[WordHit]:
        """Return the `limit` best readable chunks, ties broken by chunk id.

        Args:
            fetch: Returns the terms of chunks, less those that may not be read after
                all.
            limit: How many.
        """
        if not self._terms:
            return []
        boosts = {(term.field, term.term): term.boost for term in self._terms}
        bound = self._bound()
        hits: dict[int, tuple[WordHit, str]] = {}
        size = limit + _MORE_PROPOSALS
        while True:
            proposals = self._searcher.propose(
                boosts, self._label_sets, limit=size, within=self._within
            )
            read = fetch([p.number for p in proposals if p.number not in hits])
            for scored in self.scores(read).values():
                hits[scored.number] = scored, read[scored.number].id
            ranked = sorted(hits.values(), key=lambda each: (-each[0].score, each[1]))
            if len(proposals) < size:
                break
            if len(ranked) >= limit:
                unseen = proposals[-1].score * bound * _SLACK
                if ranked[limit - 1][0].score > unseen:
                    break
            size *= 2
        return [scored for scored, _ in ranked[:limit]]

    def scores(self, chunks: Mapping[int, ChunkTerms]) -> dict[int, WordHit]:
        """Return the scores of chunks; 0 where one shares no term with the question."""
        return {
            number: WordHit(number, *_score(chunk, self._terms, self._stats))
            for number, chunk in chunks.items()
        }

    def full_score(self) -> float:
        """Return about what a chunk scores that has each telling term a few times.

        Of average length, and each term twice: terms that no readable chunk has count
        as well, so that a question in other words has a high one that nothing reaches.
        """
        saturated = _TYPICAL_COUNT * (K1 + 1) / (_TYPICAL_COUNT + K1)
        idf = self.weights()
        total = sum(idf[term] * count for term, count in self._query.body.items())
        return max(saturated * total, sys.float_info.min)

    def weights(self) -> dict[str, float]:
        """Return each body term's idf among the readable chunks; unknown terms too."""
        if self._idf is None:
            count, sets = self._searcher.count, self._label_sets
            self._idf = {
                term: _idf(self._stats.chunks, count(BODY, term, sets))
                for term in self._query.body
            }
        return self._idf

    def _readable_terms(self) -> Iterator[_Term]:
        """Yield the terms that any readable chunk has, in a fixed order."""
        query = self._query
        telling_counts = _add_counts(
            query.body, query.expansions
        )  # these tell that one answers
        for field, counts, factor in (
            (BODY, _add_counts(query.body, query.filler, query.expansions), 1.0),
            (EXACT, query.exact, EXACT_WEIGHT),
        ):
            for term, count in sorted(counts.items()):
                readable = self._searcher.count(field, term, self._label_sets)
                if not readable:
                    continue
                idf = factor * _idf(self._stats.chunks, readable)
                weight = idf * count
                telling = idf * (
                    telling_counts.get(term, 0) if field == BODY else count
                )
                engine = _engine_idf(
                    self._searcher.stats(field).documents,
                    self._searcher.engine_count(field, term),
                )
                yield _Term(
                    field, term, weight, telling, weight / engine, line_prefix(term)
                )

    def _bound(self) -> float:
        """Return by what factor a readable score can exceed the engine's.

        Per term, readable over engine is (tf + K_engine) / (tf + K_readable) with
        K = k1 (1 - b + b length / average). It is at most 1 where the readable average
        is the smaller one, and below the ratio of the averages otherwise. The engine
        rounds lengths down, which only raises its scores.
        """
        averages = self._stats.averages
        return max(
            1.0,
            *(
                averages[field] / self._searcher.stats(field).average
                for field in {term.field for term in self._terms}
            ),
        )


def _add_counts(*counts: Mapping[str, float]) -> dict[str, float]:
    total: dict[str, float] = {}
    for each in counts:
        for term, count in each.items():
            total[term] = total.get(term, 0) + count
    return total


def _idf(total: int, containing: int) -> float:
    return math.log(1 + (total - containing + 0.5) / (containing + 0.5))


def _engine_idf(total: int, containing: int) -> float:
    """Return the idf as the engine rounds it, in 32-bit floats.

    For a term in nearly every chunk the rounding is far from small: 1 + x loses most of
    a small x. Never 0, so that it can be divided by.
    """
    x = _float32((total - containing + 0.5) / (containing + 0.5))
    return _float32(math.log(_float32(1.0 + x))) or sys.float_info.min


def _float32(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])


def _score(
    chunk: ChunkTerms, terms: Sequence[_Term], stats: ReadableStats
) -> tuple[float, float]:
    """Return a chunk's score, and the part that telling words have in it."""
    score = telling = 0.0
    damped = {  # what a count is held against, by the length of the field
        field: K1 * (1 - B + B * (length / stats.averages[field]))
        for field, length in chunk.lengths.items()
    }
    for term in terms:
        count = chunk.occurrences(term.field, term.key)
        if count:
            share = count * (K1 + 1) / (count + damped[term.field])
            score += term.weight * share
            telling += term.telling * share
    return round(score, _DIGITS), round(telling, _DIGITS)
