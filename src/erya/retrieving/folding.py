"""Show a passage once that stands in many files, in the same words or nearly."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Final

from erya.records import Evidence, Hit

__all__ = ["folded", "search_folded"]

_MOST_SPARE: Final = 20  # hits fetched at first beyond those that are wanted
_ALIKE: Final = 0.95
_RUN: Final = 5
_SAMPLE: Final = 8  # runs that are looked for before all are compared
_SHORTEST: Final = 100  # characters; of shorter ones a word makes a difference
# What turns a meaning round: numbers, and words that deny or except.
_DECIDES: Final = re.compile(
    r"\d+|not|no|never|except|unless|only|不|未|非|无|無|勿|禁|除|仅|僅", re.IGNORECASE
)
_MOST_FETCHED: Final = 1_000  # where thousands of copies stand, so many are enough


def search_folded(search: Callable[[int], Evidence], *, limit: int) -> Evidence:
    """Return the `limit` best hits that differ in their texts.

    Fewer than there are only where a thousand hits hold fewer texts.

    Args:
        search: Returns as many hits as it is asked for, if there are as many.
        limit: How many are wanted, at least 1.
    """
    size = limit + min(limit, _MOST_SPARE)
    while True:
        found = search(size)
        hits = folded(found.hits, limit=limit)
        if len(hits) >= limit or len(found.hits) < size or size >= _MOST_FETCHED:
            return replace(found, hits=hits)
        size *= 2


def folded(hits: tuple[Hit, ...], *, limit: int | None = None) -> tuple[Hit, ...]:
    """Keep the best of the hits whose texts are nearly the same, up to `limit`.

    White space aside, 19 of 20 runs of five characters that either has are in both, and
    so are all numbers and all words that deny: two releases of a price list stay apart,
    and so do what is allowed and what is not. Only readable hits are
    compared, so a copy that the asker may not read changes nothing.
    """
    kept: list[_Text] = []
    for hit in hits:
        text = _Text(hit)
        if not any(map(text.repeats, kept)):
            kept.append(text)
        if len(kept) == limit:
            break
    return tuple(text.hit for text in kept)


class _Text:
    """A hit's text, in the forms that are compared, each made when it is needed."""

    def __init__(self, hit: Hit) -> None:
        self.hit = hit
        self.letters = "".join(hit.chunk.text.split())

    def repeats(self, other: "_Text") -> bool:
        """Tell whether it says what `other` says."""
        ours, theirs = self.letters, other.letters
        if ours == theirs:
            return True
        if min(len(ours), len(theirs)) < max(
            _SHORTEST, _ALIKE * max(len(ours), len(theirs))
        ):
            return False
        if not self._has_half_of(other.sample):
            return False
        both, either = self.runs & other.runs, self.runs | other.runs
        return len(both) >= _ALIKE * len(either) and self.deciding == other.deciding

    def _has_half_of(self, sample: list[str]) -> bool:
        """Tell whether half of some runs are in both; look for no more than that."""
        spare = len(sample) - _SAMPLE // 2
        for run in sample:
            if run not in self.letters:
                spare -= 1
                if spare < 0:
                    return False
        return True

    @cached_property
    def sample(self) -> list[str]:
        """Some runs from all over it: of what is nearly the same, most are in both."""
        step = max(len(self.letters) // _SAMPLE, 1)
        return [self.letters[i : i + _RUN] for i in range(0, _SAMPLE * step, step)]

    @cached_property
    def runs(self) -> frozenset[str]:
        """Runs of five characters."""
        return frozenset(
            self.letters[i : i + _RUN] for i in range(len(self.letters) - _RUN + 1)
        )

    @cached_property
    def deciding(self) -> list[str]:
        """What of it turns a meaning round, in order."""
        return _DECIDES.findall(self.letters)
