"""Any endpoint that speaks the embeddings API of OpenAI."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from erya.models.base import Embedded, EmbeddingModel, check_vectors
from erya.models.endpoint import ReachedModel, RefusedError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["OpenAICompatibleEmbedding"]

_TEXTS_AT_ONCE: Final = 64  # some endpoints refuse more than a hundred
_TOO_MANY: Final = frozenset((400, 413, 422))
# What was learned of endpoints, by their address and model.
_TAKEN_AT_ONCE: Final[dict[tuple[str, str], int]] = {}
_WITHOUT_FORMAT: Final[set[tuple[str, str]]] = set()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAICompatibleEmbedding(ReachedModel, EmbeddingModel):
    """An embedding model behind a base URL.

    Attributes:
        query_prefix: What stands before a question.
        passage_prefix: What stands before a passage.
    """

    _kind = "embedding model"

    query_prefix: str = ""
    passage_prefix: str = ""

    @override
    def token_coverage(self, texts: Sequence[str]) -> list[float]:
        return [1.0] * len(texts)

    @override
    def embed_passages(self, texts: Sequence[str]) -> Embedded:
        import numpy as np  # noqa: PLC0415 - as for all of this room

        if not texts:
            return Embedded(vectors=np.empty((0, 0), np.float32), cut=())
        refused: dict[int, RefusedError] = {}
        rows = self._rows([self.passage_prefix + text for text in texts], refused)
        if len(refused) == len(texts):
            rows[0] = np.zeros_like(self._request(["."])[0])
        widths = {len(row) for row in rows if row is not None}
        if len(widths) > 1:
            what = f"returned vectors of {sorted(widths)} numbers for one text each"
            raise self._endpoint.error(what, "Nothing was stored. Check the endpoint.")
        nothing = np.zeros(widths.pop(), np.float32)
        return Embedded(
            vectors=np.stack([nothing if row is None else row for row in rows]),
            cut=(0,) * len(texts),
            refused={at: str(error) for at, error in refused.items()},
        )

    @override
    def embed_query(self, text: str) -> Embedded:
        vectors = self._request([self.query_prefix + text])
        return Embedded(vectors=vectors, cut=(0,))

    def _rows(
        self, texts: Sequence[str], refused: "dict[int, RefusedError]", first: int = 0
    ) -> "list[NDArray[np.float32] | None]":
        """Return a vector for each text, none for those that are refused alone.

        Args:
            texts: With their prefixes.
            refused: Gets those that are, counted from `first`, and why.
            first: The number of the first text.

        Raises:
            RefusedError: For a reason that is not a text's.
        """
        key = (self.base_url, self.model)
        at_once = _TAKEN_AT_ONCE.get(key, _TEXTS_AT_ONCE)
        if len(texts) > at_once:
            parts = [
                self._rows(texts[at : at + at_once], refused, first + at)
                for at in range(0, len(texts), at_once)
            ]
            return [row for part in parts for row in part]
        try:
            return list(self._request(texts))
        except RefusedError as error:
            if error.status not in _TOO_MANY:
                raise
            if len(texts) == 1:
                self._check_takes_any(error, is_known=bool(refused))
                refused[first] = error
                return [None]
        # Too many at once, which few say, or one of them is refused.
        half, before = len(texts) // 2, len(refused)
        rows = self._rows(texts[:half], refused, first)
        if len(refused) == before:
            _TAKEN_AT_ONCE.setdefault(key, half)
        rows += self._rows(texts[half:], refused, first + half)
        if len(refused) > before:
            _TAKEN_AT_ONCE.pop(key, None)  # it was not their number
        return rows

    def _check_takes_any(self, error: RefusedError, *, is_known: bool) -> None:
        """Ask for a harmless text, once: does it refuse this one, or all of them?

        Raises:
            RefusedError: All of them.
        """
        if is_known:
            return
        try:
            self._request(["."])
        except RefusedError:
            raise error from None

    def _request(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        import numpy as np  # noqa: PLC0415

        # An empty text is refused by many endpoints; a blank means as little.
        inputs = [text if text.strip() else "." for text in texts]
        body = {"model": self.model, "input": inputs, "encoding_format": "float"}
        key = (self.base_url, self.model)
        if key in _WITHOUT_FORMAT:
            del body["encoding_format"]

        try:
            answer = self._endpoint.request("/embeddings", body)
        except RefusedError as error:
            if (
                "encoding_format" not in error.server_message
                or "encoding_format" not in body
            ):
                raise
            del body["encoding_format"]
            answer = self._endpoint.request("/embeddings", body)
            _WITHOUT_FORMAT.add(key)
        try:
            reply = json.loads(answer)
            order = [entry["index"] for entry in reply["data"]]
            rows = [entry["embedding"] for entry in reply["data"]]
            vectors = np.array(rows, dtype=np.float32)
        except (LookupError, TypeError, ValueError) as error:
            what = f"sent something that is no list of vectors ({error})"
            raise self._endpoint.error(
                what, "Check that base_url is the API; it mostly ends in /v1."
            ) from None
        if order != list(range(len(texts))):
            what = (
                f"returned vectors numbered {order[:5]}… for texts 0 to "
                f"{len(texts) - 1}"
            )
            raise self._endpoint.error(what, "Nothing was stored. Check the endpoint.")
        return check_vectors(vectors, model=self.name, count=len(texts))
