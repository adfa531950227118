"""Words of a question that nobody wrote, and what they may be meant to be."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from erya.language import content_words, edit_distance, question_words
from erya.stores.parts import BODY, EXACT, ChunkTerms, KeywordSearcher

__all__ = ["respell"]

_WORD: Final = re.compile(r"(?<![\w'’.-])[A-Za-z]{4,}(?![\w'’-])")
_SHORTEST: Final = 4
_LONG: Final = 8  # letters from which two may be wrong
_MOST: Final = 3  # words that are looked at
_CHUNKS: Final = 20  # that are read for what they write


def respell(
    question: str,
    searcher: KeywordSearcher,
    fetch: Callable[[Sequence[int]], Mapping[int, ChunkTerms]],
    *,
    label_sets: tuple[int, ...] | None,
) -> str:
    """Return the question with words that no readable chunk has put right.

    A word is put right by one that differs in a letter, or two if it is long, that
    begins alike and that readable chunks write, the most frequent. Empty where nothing
    would change.
    """
    replacements: dict[str, str] = {}
    for match in _WORD.finditer(question):
        word = match[0].lower()
        stems = [stem for stems in question_words(word) for stem in stems]
        if word in replacements or not stems or len(replacements) == _MOST:
            continue
        if any(searcher.count(BODY, stem, label_sets) for stem in stems):
            continue
        replacements[word] = _right(word, searcher, fetch, label_sets=label_sets)
    corrected = _WORD.sub(lambda m: replacements.get(m[0].lower()) or m[0], question)
    return corrected if corrected != question else ""


def _right(
    word: str,
    searcher: KeywordSearcher,
    fetch: Callable[[Sequence[int]], Mapping[int, ChunkTerms]],
    *,
    label_sets: tuple[int, ...] | None,
) -> str:
    """Return the word that is meant, as readable chunks write it; or nothing."""
    wrong = 2 if len(word) >= _LONG else 1
    numbers = searcher.similar(EXACT, word, label_sets, distance=wrong, limit=_CHUNKS)
    near: dict[str, tuple[int, int]] = {}
    for chunk in fetch(numbers).values():
        for term in chunk.terms(EXACT):
            alike = term[:1] == word[:1] and abs(len(term) - len(word)) <= wrong
            if alike and len(term) >= _SHORTEST and term not in near:
                distance = edit_distance(word, term)
                if distance <= wrong and content_words(term):
                    count = searcher.count(EXACT, term, label_sets)
                    near[term] = distance, -count
    return min(near, key=lambda term: (near[term], term), default="")
