"""The contract of this room."""

from typing import Final, Protocol

from erya.filters import Filter
from erya.records import Evidence, Principal

__all__ = ["LONGEST_QUESTION", "Retriever"]

LONGEST_QUESTION: Final = 4_000  # characters; what comes after tells nothing more


class Retriever(Protocol):
    """Finds passages for a question."""

    def retrieve(
        self,
        principal: Principal,
        question: str,
        *,
        limit: int,
        where: Filter | None = None,
    ) -> Evidence:
        """Return at most `limit` passages that `principal` may read, best first.

        A question without any term finds nothing. The order is the same for the same
        base and principal.

        Args:
            principal: Who asks.
            question: What is searched for.
            limit: How many at most.
            where: Search only in documents that pass.

        Raises:
            StoreError: The base is damaged or out of reach.
            UsageError: `limit` is below 1.
        """
        ...
