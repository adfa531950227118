"""Answer with the documents' own sentences: no model, nothing made up.

Each sentence of the best passages is scored by how much of the question's weight it
covers, alone and together with the headings above it and its neighbours. The best ones
are quoted. When the best passage covers too little of the question and does not stand
out from the others, the answer is that the documents do not say. The weights below were
fitted on three public sets and confirmed on others: `LOG.md`.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from typing_extensions import override

from erya.answering.base import Answerer, abstain, assemble, column_names
from erya.language import (
    LIST_MARK,
    facts,
    is_code,
    is_row,
    names_columns,
    question_words,
    sentences,
    terms,
)
from erya.records import Answer, Evidence, Hit, Span

__all__ = ["ExtractiveAnswerer"]

_PASSAGES: Final = 8
_SINGLE: Final = 0.3  # weight of a Chinese word of one character
_LONGEST_LIST: Final = 400  # characters of a list quoted with its introduction
_FEW: Final = 3  # fewer other passages than this tell nothing about prominence
_TYPICAL_PROMINENCE: Final = 0.5

_ASKS_NUMBER = re.compile(
    r"\bhow (?:many|much|long|often|far|old|fast|soon|big|large|high|late|early)\b"
    r"|\b(?:price|cost|percentage|limit|number of)\b"
    r"|多少|几|多久|多长|多大|多高|多远|多快|多重|幾|多遠|多長",
    re.IGNORECASE,
)
_ASKS_TIME = re.compile(
    r"\bwhen\b|\b(?:what|which) (?:year|date|day|time|month)\b"
    r"|什么时候|何时|哪年|哪一年|哪天|几号|哪日|日期|什麼時候|何時",
    re.IGNORECASE,
)
_ASKS_REASON = re.compile(
    r"\bwhy\b|\breason\b|为什么|为何|原因|為什麼|為何", re.IGNORECASE
)
_GIVES_REASON = re.compile(
    r"\b(?:because|since|due to|as a result|therefore|so that|in order to)\b"
    r"|因为|由于|因此|所以|为了|以便|因為|由於|為了",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much each sign counts; the share of the question's weight covered counts 1.

    Attributes:
        around: The share that only headings and title add.
        neighbours: The share that only the sentences next to it add.
        passage: The passage's score relative to the best passage.
        kind: The sentence holds what the question asks for: a number, a time, a reason.
        companion: How good, relative to the best, a further sentence must be.
        prominence: The logarithm of the best passage's score over the mean of the
            others, as evidence that the question is about it.
        evidence: The evidence below which the documents do not say: the share of the
            question that the best passage covers, and its weighted prominence.
    """

    around: float = 0.9
    neighbours: float = 0.4
    passage: float = 0.3
    kind: float = 0.15
    companion: float = 0.7
    prominence: float = 0.47
    evidence: float = 0.51


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractiveAnswerer(Answerer):
    """Quotes the sentences that best answer.

    Attributes:
        sentences: How many at most, at least 1.
        weights: What decides.
    """

    sentences: int = 3
    weights: Weights = Weights()

    @override
    def answer(
        self,
        question: str,
        evidence: Evidence,
        *,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        candidates = self._candidates(question, evidence)
        if not candidates:
            return abstain(question, evidence)
        strength = _share_of_words(question, evidence)
        strength += self.weights.prominence * _prominence(evidence)
        if strength < self.weights.evidence or _misses_code(evidence):
            return abstain(question, evidence)
        answer = assemble([(c.hit, c.span) for c in self._chosen(candidates)])
        if on_text is not None:
            on_text(answer.text)
        return answer

    def _candidates(self, question: str, evidence: Evidence) -> list["_Candidate"]:
        """Score the sentences of the best passages, best first."""
        total = sum(evidence.weights.values())
        if not total:
            return []
        wanted = _wanted_kind(question)
        top = evidence.hits[0].score if evidence.hits else 1.0
        candidates = [
            candidate
            for hit in evidence.hits[:_PASSAGES]
            for candidate in self._of_passage(
                hit, weights=evidence.weights, wanted=wanted, top=top or 1.0
            )
        ]
        return sorted(candidates, key=lambda candidate: -candidate.score)

    def _of_passage(
        self,
        hit: Hit,
        *,
        weights: Mapping[str, float],
        wanted: Callable[[str], bool],
        top: float,
    ) -> list["_Candidate"]:
        text = hit.chunk.text
        spans = [span for span in map(_unmarked(text), sentences(text)) if span]
        above = terms(" ".join((hit.chunk.title, *hit.chunk.headings))) & weights.keys()
        # A row of a table says what the names of its columns say with it.
        read = [text[s.start : s.end] for s in spans]
        read = [
            f"{line} {column_names(hit.chunk, s.start)}" if is_row(line) else line
            for line, s in zip(read, spans, strict=True)
        ]
        found = [terms(line) & weights.keys() for line in read]
        total = sum(weights.values())
        candidates: list[_Candidate] = []
        for i, span in enumerate(spans):
            if names_columns(text, span):
                continue  # it says what the cells below are, and nothing itself
            here = found[i]
            beside = frozenset().union(*found[max(i - 1, 0) : i + 2])
            own = _share(here, weights, total)
            with_above = _share(here | above, weights, total)
            covered = _share(here | above | beside, weights, total)
            score = (
                own
                + self.weights.around * (with_above - own)
                + self.weights.neighbours * (covered - with_above)
                + self.weights.passage * hit.score / top
                + self.weights.kind * wanted(text[span.start : span.end])
            )
            if text[span.end - 1] in ":：":
                # It only introduces what follows: quote both.
                following = spans[min(i + 1, len(spans) - 1)]
                quoted = Span(span.start, _end_of_list(text, following.end))
                candidates.append(_Candidate(hit, quoted, score))
            else:
                candidates.append(_Candidate(hit, span, score))
        return candidates

    def _chosen(self, candidates: Sequence["_Candidate"]) -> list["_Candidate"]:
        """Take the best, and those nearly as good; the best passage comes first.

        A sentence inside a quote that is taken already is not quoted twice.
        """
        least = candidates[0].score * self.weights.companion
        near: list[_Candidate] = []
        for candidate in candidates[: self.sentences]:
            if candidate.score >= least and not any(map(candidate.meets, near)):
                near.append(candidate)
        first_seen = {id(c.hit): rank for rank, c in reversed(list(enumerate(near)))}
        return sorted(near, key=lambda c: (first_seen[id(c.hit)], c.span.start))


class _Candidate(NamedTuple):
    hit: Hit
    span: Span
    score: float

    def meets(self, other: "_Candidate") -> bool:
        """Tell whether the two quote some of the same characters."""
        return (
            self.hit is other.hit
            and self.span.start < other.span.end
            and other.span.start < self.span.end
        )


def _share(found: frozenset[str], weights: Mapping[str, float], total: float) -> float:
    return sum(weights[term] for term in found) / total


def _unmarked(text: str) -> Callable[[Span], Span | None]:
    """Return a function that cuts the mark of a list item off a sentence."""

    def cut(span: Span) -> Span | None:
        mark = LIST_MARK.match(text, span.start, span.end)
        start = mark.end() if mark else span.start
        return Span(start, span.end) if start < span.end else None

    return cut


def _end_of_list(text: str, position: int) -> int:
    """Return where the block ends that goes on at `position`, but not too far off."""
    end = text.find("\n\n", position)
    end = len(text) if end < 0 else end
    if end - position <= _LONGEST_LIST:
        return end
    return max(text.rfind("\n", position, position + _LONGEST_LIST), position)


def _wanted_kind(question: str) -> Callable[[str], bool]:
    """Return a test for what the question asks for; where it is open, none passes."""
    if _ASKS_TIME.search(question) or _ASKS_NUMBER.search(question):
        return lambda sentence: any(f.kind == "number" for f in facts(sentence))
    if _ASKS_REASON.search(question):
        return lambda sentence: _GIVES_REASON.search(sentence) is not None
    return lambda _: False


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
    if len(others) < _FEW or not sum(others):
        return _TYPICAL_PROMINENCE
    return math.log(scores[0] / (sum(others) / len(others)))


def _misses_code(evidence: Evidence) -> bool:
    """Tell whether the question names codes, and no passage has any of them.

    `HX-210` and `HX-215` share their parts, but an answer about one is wrong for the
    other.
    """
    codes = {term for term in evidence.weights if is_code(term) and len(term) > 3}
    held = (terms(hit.chunk.indexed_text) for hit in evidence.hits)
    return bool(codes) and not any(codes & found for found in held)
