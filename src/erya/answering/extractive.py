"""Answer with the documents' own words: no chat model, nothing made up.

Each unit of the best passages is scored by what a reader says of it, and by how much of
the question's weight it covers, alone and together with the headings above it and its
neighbours. The best ones are quoted, as units that can be understood. When the best
evidence is weak, or names nothing that the question asks about exactly, the answer is
that the documents do not say. The weights were fitted on public sets and confirmed on
others: `LOG.md`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from typing_extensions import override

from erya.answering.base import Answerer, Quoted, abstain, assemble
from erya.answering.questions import Asked, asked_of, mentions
from erya.answering.units import Unit, block_of, list_of, units_of, with_code
from erya.language import question_words, terms
from erya.records import Answer, Chunk, Evidence, Hit, Span

__all__ = ["ExtractiveAnswerer"]

_PASSAGES: Final = 8
_SINGLE: Final = 0.3  # weight of a Chinese word of one character
_FEW: Final = 3  # fewer other passages than this tell nothing about prominence
_TYPICAL_PROMINENCE: Final = 0.5
_SHORT: Final = 120  # characters of a quote that may need its heading
_UNREAD: Final = -10.0  # log odds, where a reader has seen nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much each sign counts; the share of the question's weight covered counts 1.

    Attributes:
        around: The share that only headings and title add.
        neighbours: The share that only the sentences next to it add.
        passage: The passage's score relative to the best passage.
        kind: The sentence holds what the question asks for: a number, a time, a reason.
        span: The chance that the reader sees in the unit's words.
        relevance: The chance that the passage answers, as the reader has it.
        companion: How good, relative to the best, a further sentence must be.
    """

    around: float = 0.9
    neighbours: float = 0.4
    passage: float = 0.3
    kind: float = 0.15
    span: float = 1.5
    relevance: float = 0.5
    companion: float = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """When the documents do not say: below 0 the evidence is too weak.

    evidence = coverage * share of the question's words that the best passage has
    + prominence * log(best score over the mean of the others) + span * the reader's log
    odds of its best span + relevance * those of its best passage + constant.
    Without a reader the two signs from words decide.
    """

    coverage: float = 2.5
    prominence: float = 0.5
    span: float = 0.35
    relevance: float = 0.5
    constant: float = 0.0
    words_prominence: float = 0.47
    words_evidence: float = 0.51


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractiveAnswerer(Answerer):
    """Quotes the units that best answer.

    Attributes:
        sentences: How many at most, at least 1.
        weights: What decides between units.
        refusal: What decides whether the documents say.
    """

    sentences: int = 3
    weights: Weights = Weights()
    refusal: Refusal = Refusal()

    @override
    def answer(
        self,
        question: str,
        evidence: Evidence,
        *,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        asked = asked_of(question)
        missing = _missing(asked, evidence)
        candidates = self._candidates(evidence, asked)
        if missing or not candidates or self._evidence(question, evidence) < 0:
            return abstain(question, evidence, missing=missing)
        chosen = self._chosen(candidates, asked)
        answer = assemble([c.quoted(asked, question) for c in chosen])
        if on_text is not None:
            on_text(answer.text)
        return answer

    def _candidates(self, evidence: Evidence, asked: Asked) -> list["_Candidate"]:
        """Score the units of the best passages, best first."""
        total = sum(evidence.weights.values())
        if not total:
            total = 1.0
        hits = evidence.hits[:_PASSAGES]
        if asked.exact:
            hits = tuple(h for h in hits if _names_any(h.chunk, asked)) or hits
        top = (hits[0].score if hits else 1.0) or 1.0
        candidates = [
            candidate
            for hit in hits
            for candidate in self._of_passage(
                hit, asked, weights=evidence.weights, total=total, top=top
            )
        ]
        return sorted(candidates, key=lambda candidate: -candidate.score)

    def _of_passage(
        self, hit: Hit, asked: Asked, *, weights: Mapping[str, float], total: float,
        top: float,
    ) -> list["_Candidate"]:  # fmt: skip
        units = units_of(hit.chunk)
        above = terms(_above(hit.chunk)) & weights.keys()
        found = [terms(unit.text) & weights.keys() for unit in units]
        relevance = _chance(hit.reading.relevance) if hit.reading else 0.0
        weighed = self.weights
        candidates: list[_Candidate] = []
        for i, unit in enumerate(units):
            here = found[i]
            beside = frozenset().union(*found[max(i - 1, 0) : i + 2])
            own = _share(here, weights, total)
            with_above = _share(here | above, weights, total)
            covered = _share(here | above | beside, weights, total)
            answer = _read_in(hit, unit.span)
            score = (
                own
                + weighed.around * (with_above - own)
                + weighed.neighbours * (covered - with_above)
                + weighed.passage * hit.score / top
                + weighed.kind * asked.holds(hit.chunk.text[slice(*unit.span)])
                + weighed.span * _chance(answer.score)
                + weighed.relevance * relevance
            )
            if asked.exact:
                score += sum(mentions(unit.text, each) for each in asked.exact)
            candidates.append(
                _Candidate(hit, unit, score, here, answer.span, answer.score)
            )
        return candidates

    def _chosen(
        self, candidates: Sequence["_Candidate"], asked: Asked
    ) -> list["_Candidate"]:
        """Take the best, and those nearly as good that add something.

        A further one adds something where it covers a word of the question that none
        before does, or where several things are asked for. A unit inside a quote that
        is taken already is not quoted twice. The best passage comes first.
        """
        best = candidates[0]
        least = best.score * self.weights.companion
        sure = best.odds > 0 and not asked.several
        near = [best]
        for candidate in candidates[1 : 4 * self.sentences]:
            if len(near) == self.sentences or candidate.score < least:
                break
            if any(map(candidate.meets, near)):
                continue
            before = frozenset().union(*(c.found for c in near))
            adds = bool(candidate.found - before) or (
                asked.several and candidate.odds > 0
            )
            if adds and not (sure and candidate.odds <= 0):
                near.append(candidate)
        first_seen = {id(c.hit): rank for rank, c in reversed(list(enumerate(near)))}
        return sorted(near, key=lambda c: (first_seen[id(c.hit)], c.unit.span.start))

    def _evidence(self, question: str, evidence: Evidence) -> float:
        """Return how strongly the passages speak; below 0 they do not say."""
        if not evidence.hits:
            return -math.inf
        refusal = self.refusal
        coverage = _share_of_words(question, evidence)
        prominence = _prominence(evidence)
        readings = [hit.reading for hit in evidence.hits if hit.reading is not None]
        if not readings:
            signs = coverage + refusal.words_prominence * prominence
            return signs - refusal.words_evidence
        span = max((r.spans[0].score for r in readings if r.spans), default=_UNREAD)
        relevance = max(reading.relevance for reading in readings)
        return (
            refusal.coverage * coverage
            + refusal.prominence * prominence
            + refusal.span * span
            + refusal.relevance * relevance
            + refusal.constant
        )


class _Answering(NamedTuple):
    """The words of a unit that a reader marks, and the log odds that they answer."""

    span: Span | None
    score: float


class _Candidate(NamedTuple):
    hit: Hit
    unit: Unit
    score: float
    found: frozenset[str]
    answer: Span | None
    odds: float

    def meets(self, other: "_Candidate") -> bool:
        """Tell whether the two would quote some of the same characters, or say them."""
        ours, theirs = self.whole, other.whole
        if self.hit is other.hit:
            return ours.start < theirs.end and theirs.start < ours.end
        return _letters(self.unit.text) == _letters(other.unit.text)

    @property
    def whole(self) -> Span:
        """The list or record that the unit is part of, or the unit."""
        text, span = self.hit.chunk.text, self.unit.span
        return list_of(text, span) or block_of(text, span) or span

    def quoted(self, asked: Asked, question: str) -> Quoted:
        """Return what is quoted of it: enough to be understood."""
        text, span = self.hit.chunk.text, self.unit.span
        whole = block_of(text, span)
        if whole is None and (
            asked.several or text[span.start : span.end].endswith((":", "："))
        ):
            whole = list_of(text, span)
        if whole is None:
            whole = with_code(text, span)
        heading = _heading_for(self.hit.chunk, text[slice(*whole)], question)
        inside = self.answer is not None and (
            whole.start <= self.answer.start and self.answer.end <= whole.end
        )
        return Quoted(self.hit, whole, heading, self.answer if inside else None)


def _read_in(hit: Hit, span: Span) -> _Answering:
    """Return the reader's best words within a unit; most of them must be inside."""
    if hit.reading is None:
        return _Answering(None, _UNREAD)
    for each in hit.reading.spans:
        start, end = max(each.start, span.start), min(each.end, span.end)
        if end > start and 2 * (end - start) >= each.end - each.start:
            return _Answering(Span(start, end), each.score)
    return _Answering(None, _UNREAD)


def _heading_for(chunk: Chunk, quote: str, question: str) -> str:
    """Return the heading above a quote where it says what the quote is about."""
    heading = chunk.headings[-1] if chunk.headings else chunk.title
    asked = terms(question)
    lacks = (terms(heading) & asked) - terms(quote)
    return heading if lacks and len(quote) <= _SHORT and "|" not in heading else ""


def _above(chunk: Chunk) -> str:
    return " ".join((chunk.title, *chunk.headings))


def _names_any(chunk: Chunk, asked: Asked) -> bool:
    return any(mentions(chunk.indexed_text, each) for each in asked.exact)


def _missing(asked: Asked, evidence: Evidence) -> tuple[str, ...]:
    """Return what the question names exactly, if no passage names any of it."""
    if not asked.exact or any(_names_any(h.chunk, asked) for h in evidence.hits):
        return ()
    return asked.exact


def _chance(odds: float) -> float:
    return 1 / (1 + math.exp(-odds)) if odds > -30 else 0.0


def _letters(text: str) -> str:
    return "".join(text.split())


def _share(found: frozenset[str], weights: Mapping[str, float], total: float) -> float:
    return sum(weights[term] for term in found) / total


def _share_of_words(question: str, evidence: Evidence) -> float:
    """Return the share of the question's words that the best passage has, by weight.

    A Chinese word counts by the share of its pairs; one of a single character, which
    stands in every other text, counts little.
    """
    found = terms(evidence.hits[0].chunk.indexed_text)
    total = covered = 0.0
    for word in question_words(question):
        weights = [evidence.weights.get(term, 0.0) for term in word]
        weight = sum(weights) / len(weights)
        if len(word) == 1 and len(word[0]) == 1 and not word[0].isascii():
            weight *= _SINGLE
        total += weight
        covered += weight * sum(term in found for term in word) / len(word)
    return covered / total if total else 0.0


def _prominence(evidence: Evidence) -> float:
    """Return how far the best passage stands out; a typical value among few."""
    scores = sorted((hit.telling for hit in evidence.hits), reverse=True)
    others = scores[1:]
    if len(others) < _FEW or not sum(others) or not scores[0]:
        return _TYPICAL_PROMINENCE
    return math.log(scores[0] / (sum(others) / len(others)))
