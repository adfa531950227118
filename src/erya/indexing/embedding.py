"""Vectors for passages, where a model knows enough of them."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from erya.errors import ModelError
from erya.models import MIN_TOKEN_COVERAGE, EmbeddingModel
from erya.stores import Embedding

__all__ = ["AT_ONCE", "Embedded", "embed_chunks"]

AT_ONCE: Final = 512  # texts that a model embeds at once


class Embedded(NamedTuple):
    """Embeddings of texts in their order, and how many texts were read in part.

    Attributes:
        embeddings: Of zeros where the model knows too little, or refuses the text.
        cut: Texts that were read in part.
        refused: The texts that the model refuses, by number, and why.
    """

    embeddings: list[Embedding]
    cut: int
    refused: Mapping[int, str]


def embed_chunks(
    model: EmbeddingModel, texts: Sequence[str], *, dimension: int
) -> Embedded:
    """Return an embedding for each text, of zeros where the model knows too little.

    Args:
        model: Makes the vectors.
        texts: The chunks' indexed texts.
        dimension: The numbers in a vector of the model.

    Raises:
        ModelError: The model cannot be reached, or returns vectors of another length.
    """
    import numpy as np  # noqa: PLC0415 - a base without vectors needs none

    coverages = model.token_coverage(texts)
    telling = [i for i, share in enumerate(coverages) if share >= MIN_TOKEN_COVERAGE]
    embeddings = [Embedding(np.zeros(dimension, np.float32), 0.0)] * len(texts)
    cut = 0
    refused: dict[int, str] = {}
    for first in range(0, len(telling), AT_ONCE):
        part = telling[first : first + AT_ONCE]
        embedded = model.embed_passages([texts[i] for i in part])
        if embedded.vectors.shape[1] != dimension:
            msg = (
                f"The embedding model {model.name!r} returned vectors of "
                f"{embedded.vectors.shape[1]} numbers, where those of the base have "
                f"{dimension}. Nothing of these passages was stored."
            )
            raise ModelError(msg)
        cut += sum(each > 0 for each in embedded.cut)
        for i, vector in zip(part, embedded.vectors, strict=True):
            embeddings[i] = Embedding(vector, coverages[i])
        for at, why in embedded.refused.items():
            refused[part[at]] = why
            embeddings[part[at]] = Embedding(np.zeros(dimension, np.float32), 0.0)
    return Embedded(embeddings, cut, refused)
