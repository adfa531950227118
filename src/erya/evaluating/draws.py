"""Which of many are measured, where not all are."""

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

__all__ = ["draw_sample"]

Thing = TypeVar("Thing")


def draw_sample(
    things: Sequence[Thing], count: int, *, group: Callable[[Thing], object], seed: int
) -> Sequence[Thing]:
    """Draw at random, of every group as many as its share is, in their order.

    Args:
        things: What to draw from; all are returned, as they are, if there are no more.
        count: How many.
        group: Tells the groups apart.
        seed: Of the draw.
    """
    if count >= len(things):
        return things
    shuffled = random.Random(seed).sample(range(len(things)), len(things))  # noqa: S311
    groups: dict[object, list[int]] = {}
    for at in shuffled:
        groups.setdefault(group(things[at]), []).append(at)
    # Each stands where its share of its group is reached, so that every beginning of
    # the order has of all groups.
    order = [
        ((place + 0.5) / len(members), at)
        for members in groups.values()
        for place, at in enumerate(members)
    ]
    first = sorted(order, key=lambda each: each[0])[:count]
    return [things[at] for at in sorted(at for _, at in first)]
