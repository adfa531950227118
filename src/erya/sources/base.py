"""The contract of this room."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from typing_extensions import override

from erya.records import Item, Problem, Unchanged

__all__ = ["NOTHING_KNOWN", "GoneSource", "Known", "Source"]

# The validators of items that were read before, by their sources.
Known = Mapping[str, Mapping[str, str]]
NOTHING_KNOWN: Final[Known] = {}


class Source(Protocol):
    """Where documents come from."""

    @property
    def roots(self) -> tuple[str, ...]:
        """Prefixes that every item's `source` of this source starts with.

        A stored document under a root that a complete scan did not offer has vanished.
        """
        ...

    def items(self, known: Known) -> Iterator[Item | Problem | Unchanged]:
        """Yield everything on offer, and a problem for what cannot be offered.

        One bad item never ends the iteration.

        Args:
            known: Everything that was read before, by its source, with validators;
                what they still hold for may be yielded as unchanged.
        """
        ...

    def complete(self, root: str) -> bool:
        """Tell whether the finished iteration saw all of `root`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneSource(Source):
    """Offers nothing: what is stored below some places is to go.

    Attributes:
        roots: The places.
    """

    roots: tuple[str, ...]

    @override
    def items(self, known: Known = NOTHING_KNOWN) -> Iterator[Item]:
        """Yield nothing."""
        return iter(())

    @override
    def complete(self, root: str) -> bool:
        """Tell that nothing is there."""
        return True
