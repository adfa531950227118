"""The keyword leg: BM25 over what the asker may read."""

import dataclasses
from dataclasses import dataclass

from typing_extensions import override

from erya.errors import UsageError
from erya.filters import Filter
from erya.records import Evidence, Principal
from erya.retrieving.base import LONGEST_QUESTION, Retriever
from erya.retrieving.folding import search_folded
from erya.retrieving.searching import search_store
from erya.retrieving.suggesting import keep_likely
from erya.stores import KEYWORD, Store

__all__ = ["KeywordRetriever"]


@dataclass(frozen=True, slots=True)
class KeywordRetriever(Retriever):
    """Searches `store` by terms, and shows a passage once that stands in many files.

    Only the first 4,000 characters of a question are searched for.
    """

    store: Store

    @override
    def retrieve(
        self,
        principal: Principal,
        question: str,
        *,
        limit: int,
        where: Filter | None = None,
    ) -> Evidence:
        if limit < 1:
            msg = f"limit must be at least 1, got {limit}. Try 10."
            raise UsageError(msg)
        asked = question[:LONGEST_QUESTION]
        found = search_folded(
            lambda size: search_store(
                self.store, principal, asked, limit=size, where=where
            ),
            limit=limit,
        )
        found = keep_likely(found, asked)
        hits = tuple(
            dataclasses.replace(hit, ranks={KEYWORD: rank})
            for rank, hit in enumerate(found.hits, start=1)
        )
        return dataclasses.replace(found, hits=hits)
