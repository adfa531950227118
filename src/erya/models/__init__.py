"""Models: what answers in its own words, and what places texts by their meaning.

A chat model, or an embedding model that is not local, is reached over an
OpenAI-compatible endpoint that the configuration names; no other address is ever
contacted. An embedding model and a reader travel with Erya and run offline.
"""

from erya.models.base import (
    LEAST_KNOWN,
    ChatModel,
    Completion,
    Embedded,
    EmbeddingModel,
    Passage,
    ReaderModel,
    RerankModel,
    fingerprint_of,
)
from erya.models.catalogue import ModelCatalogue, ModelEntry, ModelKind
from erya.models.local_embedding import LocalEmbedding
from erya.models.local_reader import LocalReader
from erya.models.offline import OFFLINE_MODEL, common_words, open_local, open_reader
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
    "LocalReader",
    "ModelCatalogue",
    "ModelEntry",
    "ModelKind",
    "OpenAICompatibleChat",
    "OpenAICompatibleEmbedding",
    "Passage",
    "ReaderModel",
    "RerankEndpoint",
    "RerankModel",
    "common_words",
    "fingerprint_of",
    "open_local",
    "open_reader",
]
