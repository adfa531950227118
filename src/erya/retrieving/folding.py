"""Show a passage once that stands in many files."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from erya.records import Evidence, Hit

__all__ = ["folded", "search_folded"]

_MOST_SPARE: Final = 20  # hits fetched at first beyond those that are wanted
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
        hits = folded(found.hits)
        if len(hits) >= limit or len(found.hits) < size or size >= _MOST_FETCHED:
            return replace(found, hits=hits[:limit])
        size *= 2


def folded(hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
    """Keep the best of the hits whose texts are the same but for white space.

    Only readable hits are compared, so a copy that the asker may not read changes
    nothing.
    """
    seen: set[str] = set()
    kept: list[Hit] = []
    for hit in hits:
        key = "".join(hit.chunk.text.split())
        if key not in seen:
            seen.add(key)
            kept.append(hit)
    return tuple(kept)
