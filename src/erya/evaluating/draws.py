"""Which of many are measured, where not all are."""

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

__all__ = ["drawn"]

Thing = TypeVar("Thing")


def drawn(
    things: Sequence[Thing], count: int, *, group: Callable[[Thing], object], seed: int
) -> Sequence[Thing]:
    """Draw at random, of every group as many as its share is.

    Args:
        things: What to draw from; all are returned, as they are, if there are no more.
        count: How many.
        group: Tells the groups apart.
        seed: Of the draw.
    """
    if count >= len(things):
        return things
    shuffled = random.Random(seed).sample(things, len(things))  # noqa: S311
    groups: dict[object, list[Thing]] = {}
    for thing in shuffled:
        groups.setdefault(group(thing), []).append(thing)
    # Each stands where its share of its group is reached, so that every beginning of
    # the order has of all groups.
    order = [
        ((place + 0.5) / len(members), thing)
        for members in groups.values()
        for place, thing in enumerate(members)
    ]
    return [thing for _, thing in sorted(order, key=lambda each: each[0])[:count]]
