"""One question, searched in several wordings that a chat model gives.

Multi-query and sub-queries ask for lines. Step-back after Zheng and others, "Take a
Step Back" (2023); HyDE after Gao and others, "Precise Zero-Shot Dense Retrieval without
Relevance Labels" (2022): what is searched is a passage that might answer.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, TypeVar

from typing_extensions import override

from erya.filters import Filter
from erya.models import (
    ChatModel,
    ChatRequest,
    Completion,
    complete,
    listed_lines,
)
from erya.prompts import load_prompt
from erya.records import Evidence, Hit, Principal, Usage
from erya.retrieving.base import LONGEST_QUESTION, Retriever

__all__ = ["QUERY_STRATEGIES", "MultiQueryRetriever", "QueryStrategy"]

_LONGEST: Final = 400  # characters of a wording; a longer one is no question
_LONGEST_PASSAGE: Final = 2_000
_In = TypeVar("_In")
_Out = TypeVar("_Out")


@dataclass(frozen=True, slots=True)
class QueryStrategy:
    """How a chat model is asked for wordings.

    Attributes:
        prompt: The name of the prompt.
        count: How many wordings at most.
        is_passage: Whether all that it says is one wording, a passage.
    """

    prompt: str
    count: int = 1
    is_passage: bool = False


QUERY_STRATEGIES: Final[Mapping[str, QueryStrategy]] = MappingProxyType(
    {
        "multi-query": QueryStrategy("multi_query", count=3),
        "sub-queries": QueryStrategy("sub_queries", count=4),
        "rewrite": QueryStrategy("rewrite_query"),
        "hyde": QueryStrategy("hyde", is_passage=True),
        "step-back": QueryStrategy("step_back"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiQueryRetriever(Retriever):
    """Searches for a question and for what a chat model makes of it, and joins both.

    A passage has the sum of its scores, each divided by the best of its search, the
    question's own counted `weight` times: CombSUM after Fox and Shaw, "Combination of
    Multiple Searches" (1994), on scores that are all of one retriever and of what the
    asker may read.

    Attributes:
        retriever: What searches for each wording.
        model: Words the question anew; of several strategies it is asked at once.
        strategies: How it is asked, at least one.
        weight: What the question counts against one wording.
    """

    retriever: Retriever
    model: ChatModel
    strategies: tuple[QueryStrategy, ...] = (QUERY_STRATEGIES["multi-query"],)
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

        def search(wording: str) -> Evidence:
            return self.retriever.retrieve(principal, wording, limit=limit, where=where)

        others = _at_once(search, wordings)
        hits = self._joined(found, others)[:limit]
        return replace(found, hits=tuple(hits), usage=usage)

    def _wordings(self, question: str) -> tuple[list[str], Usage]:
        """Return other wordings of a question, each once.

        Raises:
            ModelError: The model cannot be reached.
        """

        def ask(strategy: QueryStrategy) -> Completion:
            prompt = load_prompt(strategy.prompt)
            values = {"count": strategy.count} if prompt.placeholders else {}
            return complete(self.model, ChatRequest.of(prompt.fill(**values), question))

        told = dict[str, None]()
        done = _at_once(ask, self.strategies)
        for strategy, completion in zip(self.strategies, done, strict=True):
            wordings = _read(completion.text, strategy)
            own = [each for each in wordings if each != question.strip()]
            told |= dict.fromkeys(own[: strategy.count])
        return list(told), sum((each.usage for each in done), Usage())

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


def _read(text: str, strategy: QueryStrategy) -> list[str]:
    """Return the wordings that a model has written."""
    if strategy.is_passage:
        passage = " ".join(text.split())[:_LONGEST_PASSAGE]
        return [passage] if passage else []
    lines = (line for line in listed_lines(text) if len(line) <= _LONGEST)
    return list(dict.fromkeys(lines))


def _at_once(act: Callable[[_In], _Out], values: Sequence[_In]) -> list[_Out]:
    """Return what an act makes of each value, in their order."""
    if len(values) < 2:
        return [act(value) for value in values]
    with ThreadPoolExecutor(len(values), "erya-wordings") as pool:
        return list(pool.map(act, values))
