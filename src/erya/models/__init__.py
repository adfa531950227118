"""Models: what answers in its own words, and what places texts by their meaning.

A chat model, or an embedding model that is not local, is reached over an
OpenAI-compatible endpoint that the configuration names; no other address is ever
contacted. One embedding model travels with Erya and runs offline.
"""

from erya.models.base import (
    LEAST_KNOWN,
    ChatModel,
    Completion,
    Embedded,
    EmbeddingModel,
    RerankModel,
    fingerprint_of,
)
from erya.models.catalogue import ModelCatalogue, ModelEntry, ModelKind
from erya.models.local_embedding import LocalEmbedding
from erya.models.offline import OFFLINE_MODEL, open_local
from erya.models.openai_compatible import OpenAICompatibleChat
from erya.models.openai_compatible_embedding import OpenAICompatibleEmbedding
from erya.models.rerank_endpoint import RerankEndpoint

__all__ = [
    "LEAST_KNOWN",
    "OFFLINE_MODEL",
    "ChatModel",
    "Completion",
    "Embedded",
    "EmbeddingModel",
    "LocalEmbedding",
    "ModelCatalogue",
    "ModelEntry",
    "ModelKind",
    "OpenAICompatibleChat",
    "OpenAICompatibleEmbedding",
    "RerankEndpoint",
    "RerankModel",
    "fingerprint_of",
    "open_local",
]
