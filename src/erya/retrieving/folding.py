"""Show a passage once that stands in many files."""

from typing import Final

from erya.records import Hit

__all__ = ["COPIES", "folded"]

COPIES: Final = 2  # hits fetched for each one wanted, so that folding leaves enough


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
