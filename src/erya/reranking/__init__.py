"""Read the best passages once more, each together with the question.

A search compares words and vectors that were made before anybody asked; a rerank model
reads question and passage together and puts the best first. This room changes the order
of what was found and never what was found.
"""

from erya.reranking.base import Reranker
from erya.reranking.diversity import diversified

__all__ = ["Reranker", "diversified"]
