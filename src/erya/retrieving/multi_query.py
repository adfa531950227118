"""One question, searched in several wordings."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from typing_extensions import override

from erya.filters import Filter
from erya.models import ChatModel, ChatRequest, complete
from erya.prompts import load_prompt
from erya.records import Evidence, Hit, Principal, Usage
from erya.retrieving.base import LONGEST_QUESTION, Retriever

__all__ = ["MultiQueryRetriever"]

_LONGEST: Final = 400  # characters of a wording; a longer one is no question
_MARK: Final = re.compile(r"^(?:[-*•]|\(?\d{1,2}[.):、])\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiQueryRetriever(Retriever):
    """Searches for a question and for what a chat model makes of it, and joins both.

    A passage has the sum of its scores, each divided by the best of its search, the
    question's own counted `weight` times: CombSUM after Fox and Shaw, "Combination of
    Multiple Searches" (1994), on scores that are all of one retriever and of what the
    asker may read.

    Attributes:
        retriever: What searches for each wording.
        model: Words the question anew.
        count: How many wordings it is asked for.
        weight: What the question counts against one wording.
    """

    retriever: Retriever
    model: ChatModel
    count: int = 3
    weight: float = 2.0

    @override
    def retrieve(
        self,
        principal: Principal,
        question: str,
        *,
        limit: int,
        where: Filter | None = None,
    ) -> Evidence:
        """Search as every retriever does.

        Raises:
            ModelError: The model cannot be reached.
            StoreError: The base is damaged or out of reach.
            UsageError: `limit` is below 1.
        """
        found = self.retriever.retrieve(principal, question, limit=limit, where=where)
        if not found.weights:  # a question without any word has no other wording
            return found
        wordings, usage = self._wordings(question[:LONGEST_QUESTION])
        others = [
            self.retriever.retrieve(principal, wording, limit=limit, where=where)
            for wording in wordings
        ]
        hits = self._joined(found, others)[:limit]
        return replace(found, hits=tuple(hits), usage=usage)

    def _wordings(self, question: str) -> tuple[list[str], Usage]:
        """Return other wordings of a question, each once.

        Raises:
            ModelError: The model cannot be reached.
        """
        prompt = load_prompt("multi_query").fill(count=self.count)
        done = complete(self.model, ChatRequest.of(prompt, question))
        lines = (_MARK.sub("", line.strip()) for line in done.text.splitlines())
        told = dict.fromkeys(line for line in lines if 0 < len(line) <= _LONGEST)
        told.pop(question.strip(), None)
        return list(told)[: self.count], done.usage

    def _joined(self, found: Evidence, others: Sequence[Evidence]) -> list[Hit]:
        whole = self.weight + len(others)
        searches = [(found, self.weight / whole)]
        searches += [(other, 1 / whole) for other in others]
        scores: dict[str, float] = {}
        hits: dict[str, Hit] = {}
        for number, (evidence, weight) in enumerate(searches):
            best = (evidence.hits[0].score if evidence.hits else 0) or 1.0
            leg = f"wording {number}" if number else "question"
            for rank, hit in enumerate(evidence.hits, start=1):
                key = hit.chunk.id
                first = hits.setdefault(key, hit)
                hits[key] = replace(first, ranks={**first.ranks, leg: rank})
                scores[key] = scores.get(key, 0.0) + weight * hit.score / best
        order = sorted(hits, key=lambda key: (-scores[key], key))
        return [replace(hits[key], score=scores[key]) for key in order]
