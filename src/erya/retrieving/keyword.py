"""The keyword leg: BM25 over what the asker may read."""

import dataclasses
from dataclasses import dataclass

from typing_extensions import override

from erya.errors import UsageError
from erya.records import Evidence, Hit, Principal
from erya.retrieving.base import Retriever
from erya.stores import KEYWORD, Store

__all__ = ["KeywordRetriever"]

_LONGEST_QUESTION = 4_000  # characters; what comes after no longer tells passages apart
_COPIES = 2  # hits fetched for each one wanted, so that folding leaves enough


@dataclass(frozen=True, slots=True)
class KeywordRetriever(Retriever):
    """Searches `store` by terms, and shows a passage once that stands in many files.

    Only the first 4,000 characters of a question are searched for.
    """

    store: Store

    @override
    def retrieve(self, principal: Principal, question: str, *, limit: int) -> Evidence:
        if limit < 1:
            msg = f"limit must be at least 1, got {limit}. Try 10."
            raise UsageError(msg)
        asked = question[:_LONGEST_QUESTION]
        found = self.store.search(principal, asked, limit=limit * _COPIES)
        return dataclasses.replace(found, hits=_folded(found.hits)[:limit])


def _folded(hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
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
    return tuple(
        dataclasses.replace(hit, ranks={**hit.ranks, KEYWORD: rank})
        for rank, hit in enumerate(kept, start=1)
    )
