"""Vectors for passages, where a model knows enough of them."""

from collections.abc import Sequence

from erya.models import LEAST_KNOWN, EmbeddingModel
from erya.stores import Embedding

__all__ = ["embedded"]


def embedded(
    model: EmbeddingModel, texts: Sequence[str], *, dimension: int
) -> list[Embedding]:
    """Return an embedding for each text, of zeros where the model knows too little.

    Args:
        model: Makes the vectors.
        texts: What is embedded, all at once.
        dimension: The numbers in a vector of the model.

    Raises:
        ModelError: The model cannot be reached.
    """
    import numpy as np  # noqa: PLC0415 - a base without vectors needs none

    known = model.known(texts)
    telling = [i for i, share in enumerate(known) if share >= LEAST_KNOWN]
    made = [Embedding(np.zeros(dimension, np.float32), 0.0)] * len(texts)
    vectors = model.embed_passages([texts[i] for i in telling]).vectors
    for i, vector in zip(telling, vectors, strict=True):
        made[i] = Embedding(vector, known[i])
    return made
