"""Find the passages that a question asks for.

A retriever returns evidence and never an answer. More legs join by being retrievers
themselves; `Hit.ranks` says which leg found a passage.
"""

from erya.retrieving.base import Retriever
from erya.retrieving.fusion import ConvexFusion
from erya.retrieving.hybrid import HybridRetriever
from erya.retrieving.keyword import KeywordRetriever
from erya.retrieving.multi_query import (
    QUERY_STRATEGIES,
    MultiQueryRetriever,
    QueryStrategy,
)
from erya.retrieving.searching import (
    Candidate,
    Fused,
    FusedQuestion,
    Fusion,
    VectorQuery,
    search_store,
)

__all__ = [
    "QUERY_STRATEGIES",
    "Candidate",
    "ConvexFusion",
    "Fused",
    "FusedQuestion",
    "Fusion",
    "HybridRetriever",
    "KeywordRetriever",
    "MultiQueryRetriever",
    "QueryStrategy",
    "Retriever",
    "VectorQuery",
    "search_store",
]
