"""The contracts of this room; `erya.testing` has models that keep them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from erya.errors import ModelError
from erya.records import Fingerprint, Reading

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "MIN_TOKEN_COVERAGE",
    "Embedded",
    "EmbeddingModel",
    "Passage",
    "ReaderModel",
    "RerankModel",
    "check_vectors",
    "fingerprint_of",
]

# A model that knows less than this share of a text's tokens has nothing to say of it:
# at best its leg would count for 0.03 (docs/decisions/0008-fusion.md).
MIN_TOKEN_COVERAGE: Final = 0.5

# Words and signs of many kinds, so that two models hardly agree on it by chance.
_PROBE = "Erya 尔雅: 15 days of annual leave, 年假十五天 (§ 3.2), kept at 2–8 °C."


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """Texts as vectors, in the order of the texts.

    Attributes:
        vectors: Float32 of the shape (texts, dimension); every row has length 1.
        cut: For each text the tokens at its end that the model did not read.
        refused: The texts that the model refuses, by number, and why; their rows are
            zeros.
    """

    vectors: "NDArray[np.float32]"
    cut: tuple[int, ...]
    refused: Mapping[int, str] = field(default_factory=dict)


class EmbeddingModel(Protocol):
    """Turns texts into vectors that lie near each other when they mean the same.

    The vector of a text does not depend on the texts around it.
    """

    @property
    def name(self) -> str:
        """What the user calls it; part of the fingerprint that a base keeps."""
        ...

    @property
    def local(self) -> bool:
        """Whether it runs in this process, and answers within milliseconds."""
        return False

    def token_coverage(self, texts: Sequence[str]) -> list[float]:
        """Return the share of each text's tokens that the tokenizer knows, 0 to 1.

        Costs little. Where the tokenizer is out of sight it is 1; 0 for no token.
        """
        ...

    def embed_passages(self, texts: Sequence[str]) -> Embedded:
        """Embed what is searched. No text gives no row.

        Raises:
            ModelError: The model cannot be reached, or what it returns are not as many
                finite vectors of one dimension as there are texts.
        """
        ...

    def embed_query(self, text: str) -> Embedded:
        """Embed a question: one row.

        Raises:
            ModelError: As for passages.
        """
        ...


class RerankModel(Protocol):
    """Says how well passages answer a question, reading both together."""

    @property
    def name(self) -> str:
        """What the user calls it."""
        ...

    def rerank(self, question: str, passages: Sequence[str]) -> list[float]:
        """Return a score for each passage, higher is better. No passage, no score.

        Raises:
            ModelError: The model cannot be reached, or does not return as many finite
                scores as there are passages.
        """
        ...


class Passage(NamedTuple):
    """The input of a reader.

    Attributes:
        title: What stands above the text: the title and headings; may be empty.
        text: What an answer is looked for in.
    """

    title: str
    text: str


class ReaderModel(Protocol):
    """Finds the words of a passage that answer a question."""

    @property
    def name(self) -> str:
        """What the user calls it."""
        ...

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """Return the reading of each passage, in their order. No passage, no reading.

        The reading of a passage does not depend on the others. Of a very long text
        only the beginning is read.

        Raises:
            ModelError: The model does not run.
        """
        ...


def check_vectors(
    vectors: "NDArray[np.float32]", *, model: str, count: int
) -> "NDArray[np.float32]":
    """Return vectors brought to length 1.

    Args:
        vectors: What a model returned for `count` texts.
        model: Its name, for the error.
        count: How many texts were embedded.

    Raises:
        ModelError: There are more or fewer vectors, or one is not finite or is zero.
    """
    import numpy as np  # noqa: PLC0415 - a tenth of a second that a chat needs not wait

    if vectors.ndim != 2 or len(vectors) != count or (count and not vectors.shape[1]):
        msg = (
            f"The embedding model {model!r} returned vectors of the shape "
            f"{vectors.shape} for {count} texts. Nothing was stored. Check that the "
            "model is one for embedding."
        )
        raise ModelError(msg)
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    if not np.isfinite(lengths).all() or not (lengths > 0).all():
        msg = (
            f"The embedding model {model!r} returned a vector with NaN or infinite "
            "numbers in it, or of length 0. Nothing was stored. Choose another model."
        )
        raise ModelError(msg)
    return np.asarray(vectors / lengths[:, None], dtype=np.float32)


def fingerprint_of(model: EmbeddingModel) -> Fingerprint:
    """Return what tells `model` from others: its name, dimension, and a probe's vector.

    Raises:
        ModelError: The model cannot be reached.
    """
    embedded = model.embed_passages([_PROBE])
    if embedded.refused:
        raise ModelError(embedded.refused[0])
    vector = embedded.vectors[0]
    return Fingerprint(
        name=model.name, dimension=len(vector), probe=tuple(map(float, vector))
    )
