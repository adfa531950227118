"""The same in other words, as people ask who have not read the text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from erya.evaluating.questions.patterns import read_words
from erya.language import Word

__all__ = ["Wording"]

_LISTED: Final = read_words("synonyms.txt")
_QUOTED: Final = re.compile(r"《[^》]*》|“[^”]*”")


@dataclass(frozen=True, slots=True)
class Wording:
    """Words for words.

    Attributes:
        others: A word to another that means the same.
        pattern: Finds the longest of the words.
    """

    others: Mapping[str, str]
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, words: Sequence[Word] = ()) -> Self:
        """Return the wording of a base: its own words, then those of Erya."""
        own = {
            one: two
            for entry in words
            if entry.kind == "same" and entry.others
            for one, two in (
                (entry.others[0], entry.word),
                (entry.word, entry.others[0]),
            )
        }
        others = {**_LISTED, **own}
        longest = sorted(others, key=lambda word: (-len(word), word))
        alternatives = "|".join(map(re.escape, longest))
        return cls(
            others, re.compile(rf"(?<![A-Za-z、-])(?:{alternatives})(?![A-Za-z、-])")
        )

    def other(self, text: str) -> str:
        """Return `text` with other words where there are some; quotations stay."""
        quotations = [match[0] for match in _QUOTED.finditer(text)]
        parts = [
            self.pattern.sub(lambda occurrence: self.others[occurrence[0]], part)
            for part in _QUOTED.split(text)
        ]
        return "".join(a + b for a, b in zip(parts, [*quotations, ""], strict=True))
