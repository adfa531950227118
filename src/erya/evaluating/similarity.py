"""How alike two texts are in meaning, by an embedding model."""

from collections.abc import Sequence

from erya.models import MIN_TOKEN_COVERAGE, EmbeddingModel

__all__ = ["similarity"]


def similarity(
    model: EmbeddingModel, answer: str, accepted: Sequence[str]
) -> float | None:
    """Return the cosine of an answer and the most similar accepted one, at least 0.

    Nothing said is 0. None where the model knows too little of the texts to tell, as
    the offline model of Chinese.

    Raises:
        ModelError: The model cannot be reached.
    """
    if not answer.strip() or not accepted:
        return 0.0
    texts = [answer, *accepted]
    if min(model.token_coverage(texts)) < MIN_TOKEN_COVERAGE:
        return None
    vectors = model.embed_passages(texts).vectors
    return max(0.0, float((vectors[1:] @ vectors[0]).max()))
