"""Models: what answers in its own words, and what places texts by their meaning.

A chat model, or an embedding model that is not local, is reached over an
OpenAI-compatible endpoint that the configuration names; no other address is ever
contacted. An embedding model and a reader travel with Erya and run offline.
"""

from erya.models.base import (
    MIN_TOKEN_COVERAGE,
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
from erya.models.registry import ModelRegistry
from erya.models.requests import (
    ChatEvent,
    ChatModel,
    ChatRequest,
    Completion,
    Finished,
    FinishReason,
    ReasoningDelta,
    Sampling,
    TextDelta,
    TextRetracted,
    ToolSpec,
    Transcript,
    complete,
    join_halves,
    listed_lines,
)
from erya.models.rerank_endpoint import RerankEndpoint

__all__ = [
    "MIN_TOKEN_COVERAGE",
    "OFFLINE_MODEL",
    "ChatEvent",
    "ChatModel",
    "ChatRequest",
    "Completion",
    "Embedded",
    "EmbeddingModel",
    "FinishReason",
    "Finished",
    "LocalEmbedding",
    "LocalReader",
    "ModelCatalogue",
    "ModelEntry",
    "ModelKind",
    "ModelRegistry",
    "OpenAICompatibleChat",
    "OpenAICompatibleEmbedding",
    "Passage",
    "ReaderModel",
    "ReasoningDelta",
    "RerankEndpoint",
    "RerankModel",
    "Sampling",
    "TextDelta",
    "TextRetracted",
    "ToolSpec",
    "Transcript",
    "common_words",
    "complete",
    "fingerprint_of",
    "join_halves",
    "listed_lines",
    "open_local",
    "open_reader",
]
