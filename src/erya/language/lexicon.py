"""What people say in place of what documents say, and words that are one term.

A base has words of its own; beside them stand what things are called in Taiwan and on
the mainland (`regional.txt`). A word that a question has is looked for as its others,
too, which count less: how much depends on the kind. Nothing here changes an index.
"""

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from erya.language.normalizing import normal_text

__all__ = ["WORD_KINDS", "Expansion", "Lexicon", "Match", "Word", "lexicon_of"]

# How much what a word is looked for as counts against the word itself.
WORD_KINDS: Final[Mapping[str, float]] = MappingProxyType(
    {"same": 0.8, "narrower": 0.6, "wider": 0.4, "word": 0.0}
)
_REGIONAL: Final = 0.6


class Word(NamedTuple):
    """An entry of a base's words.

    Attributes:
        word: What people say.
        kind: `same`: each of the others means the same, and the other way round;
            `narrower`: the others are kinds of it; `wider`: it is a kind of each of the
            others; `word`: it is one term, with no others.
        others: What is looked for as well.
    """

    word: str
    kind: str
    others: tuple[str, ...] = ()


class Expansion(NamedTuple):
    """Something to look for as well, and how much it counts, 0 to 1."""

    text: str
    weight: float


class Match(NamedTuple):
    """A word of the lexicon in a question.

    Attributes:
        start: First character, in the normal text.
        end: One past the last character.
        whole: Whether it is one term, of which no part is looked for.
        expansions: What is looked for as well.
    """

    start: int
    end: int
    whole: bool
    expansions: tuple[Expansion, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Finds words in questions.

    Attributes:
        expansions: By the word, in normal text.
        whole: Words that are one term.
        pattern: Finds the longest of all of them as `word`.
    """

    expansions: Mapping[str, tuple[Expansion, ...]]
    whole: frozenset[str]
    pattern: re.Pattern[str]

    def matches(self, text: str) -> Iterator[Match]:
        """Yield the longest words of `text`, in normal form; none inside another."""
        for match in self.pattern.finditer(text):
            word = match["word"]
            yield Match(
                match.start("word"),
                match.end("word"),
                word in self.whole,
                self.expansions.get(word, ()),
            )


def lexicon_of(words: Sequence[Word] = ()) -> Lexicon:
    """Return the lexicon of a base's words, and of those that come with Erya."""
    return _make_lexicon(tuple(words))


@functools.lru_cache(maxsize=64)
def _make_lexicon(words: tuple[Word, ...]) -> Lexicon:
    expansions: dict[str, dict[str, float]] = {}

    def add(word: str, other: str, weight: float) -> None:
        one, two = normal_text(word).strip(), normal_text(other).strip()
        if one and two and one != two:
            others_of = expansions.setdefault(one, {})
            others_of[two] = max(weight, others_of.get(two, 0.0))

    for word, other in _regional():
        add(word, other, _REGIONAL)
        add(other, word, _REGIONAL)
    for entry in words:
        weight = WORD_KINDS[entry.kind]
        group = (entry.word, *entry.others)
        for one in group if entry.kind == "same" else (entry.word,):
            for other in group:
                add(one, other, weight)
    whole = frozenset(normal_text(e.word).strip() for e in words if e.kind == "word")
    return Lexicon(
        MappingProxyType(
            {
                word: tuple(
                    Expansion(text, weight) for text, weight in others_of.items()
                )
                for word, others_of in expansions.items()
            }
        ),
        whole,
        _pattern(whole | expansions.keys()),
    )


def _pattern(words: frozenset[str]) -> re.Pattern[str]:
    longest = sorted(words, key=lambda word: (-len(word), word))
    alternatives = "|".join(map(re.escape, longest))
    # A word of letters stands by itself, in the plural or not; Chinese has no blanks.
    return re.compile(rf"(?<![a-z0-9])(?P<word>{alternatives})(?:e?s)?(?![a-z0-9])")


@functools.cache
def _regional() -> tuple[tuple[str, str], ...]:
    lines = Path(__file__).with_name("regional.txt").read_text("utf-8").splitlines()
    return tuple(
        (word, other)
        for word, _, others in (x.partition("=") for x in lines if x[:1] != "#")
        for other in others.split(",")
    )
