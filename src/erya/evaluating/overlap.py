"""How much of a question's words its evidence has: what repeats a text flatters."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from erya.language import question_words, terms
from erya.records import Example

__all__ = [
    "USUAL_OVERLAP",
    "about_set",
    "copies",
    "kinds_of",
    "mean_overlap",
    "set_notes",
    "word_overlap",
]

# Of questions that people asked, with the sentences that hold an accepted answer:
# 1,014 of SQuAD 1.1 dev, 1,607 of CMRC 2018 dev. benchmarks/overlap.py measures it.
USUAL_OVERLAP: Final[Mapping[str, float]] = {"SQuAD": 0.64, "CMRC": 0.64}
_NOT_BY_RULES: Final = frozenset(("other", "model", "feedback"))
_FEWEST: Final = 3  # words that can be said to stand in an order


def word_overlap(question: str, evidence: str) -> float:
    """Return the share of the content words of a question that its evidence has.

    Words are compared as the index has them: by stems, simplified, less those that only
    hold a question together. 0 for a question without any.
    """
    words, evidence_terms = question_words(question), terms(evidence)
    return sum(evidence_terms.issuperset(word) for word in words) / max(len(words), 1)


def copies(question: str, evidence: str) -> bool:
    """Tell whether all content words stand in the evidence, in the same order."""
    words, place = question_words(question), 0
    evidence_words = question_words(evidence)
    for word in words:
        if word not in evidence_words[place:]:
            return False
        place = evidence_words.index(word, place) + 1
    return len(words) >= _FEWEST


def mean_overlap(examples: Sequence[Example]) -> float | None:
    """Return the mean over the questions that name evidence; None if none does.

    The evidence of a question that was made unanswerable is what was taken away.
    """
    shares = [
        word_overlap(each.question, evidence)
        for each in examples
        if (evidence := "\n".join(_evidence(each)))
    ]
    return sum(shares) / len(shares) if shares else None


def about_set(examples: Sequence[Example]) -> dict[str, Any]:
    """Return the `kinds` of questions and their `overlap`, for a run's figures."""
    overlap = mean_overlap(examples)
    return {
        "kinds": kinds_of(examples),
        "overlap": None if overlap is None else round(overlap, 3),
    }


def set_notes(about: Mapping[str, Any]) -> list[str]:
    """Return what a reader has to know of a set before its figures, as sentences."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in about["kinds"].items())
    notes = [f"Questions by kind: {kinds}."]
    by_rules = sum(n for k, n in about["kinds"].items() if k not in _NOT_BY_RULES)
    if by_rules * 2 > sum(about["kinds"].values()):
        notes.append(
            "Warning: rules made these questions, and bases answer more of them than "
            "of what people ask: they show what a change breaks, not how good it is."
        )
    overlap = about["overlap"]
    if overlap is None:
        return notes
    usual = ", ".join(f"{value:.2f} in {n}" for n, value in USUAL_OVERLAP.items())
    notes.append(f"Words shared with the evidence: {overlap:.2f} ({usual}).")
    if round(overlap, 2) > max(USUAL_OVERLAP.values()):
        notes.append(
            "Warning: these questions repeat the documents' words; scores on them are "
            "higher than in real use."
        )
    return notes


def kinds_of(examples: Sequence[Example]) -> dict[str, int]:
    """Return how many questions are of each kind (`made_by`), the most first."""
    counts = Counter(str(each.metadata.get("made_by") or "other") for each in examples)
    return dict(counts.most_common())


def _evidence(example: Example) -> Iterator[Any]:
    yield from (quote.quote for quote in example.evidence)
    yield from map(str, example.metadata.get("without") or ())
