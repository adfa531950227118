"""Any endpoint that speaks the rerank API of Cohere and Jina."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from erya.models.base import RerankModel
from erya.models.endpoint import ReachedModel

__all__ = ["RerankEndpoint"]

_PASSAGES_AT_ONCE: Final = 100  # endpoints have limits of a hundred to a thousand


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankEndpoint(ReachedModel, RerankModel):
    """A rerank model behind a base URL, as vLLM, Infinity or Jina serve it."""

    _kind = "rerank model"

    @override
    def rerank(self, question: str, passages: Sequence[str]) -> list[float]:
        return [
            score
            for first in range(0, len(passages), _PASSAGES_AT_ONCE)
            for score in self._scores(
                question, passages[first : first + _PASSAGES_AT_ONCE]
            )
        ]

    def _scores(self, question: str, passages: Sequence[str]) -> list[float]:
        body = {
            "model": self.model,
            "query": question,
            "documents": list(passages),
            "top_n": len(passages),
        }

        answer = self._endpoint.request("/rerank", body)
        try:
            rows = json.loads(answer)["results"]
            scores = {int(row["index"]): float(row["relevance_score"]) for row in rows}
        except (LookupError, TypeError, ValueError) as error:
            what = f"sent something that is no list of scores ({error})"
            raise self._endpoint.error(
                what, "Check that base_url is the API; /rerank is put to it."
            ) from None
        if scores.keys() != set(range(len(passages))) or len(rows) != len(passages):
            what = f"scored {len(rows)} passages of {len(passages)}"
            raise self._endpoint.error(what, "Check that it is a model for reranking.")
        if not all(map(math.isfinite, scores.values())):
            what = "returned a score that is no number"
            raise self._endpoint.error(what, "Check that it is a model for reranking.")
        return [scores[at] for at in range(len(passages))]
