"""Chat models: what answers in its own words, when one is configured.

A model is reached over an OpenAI-compatible endpoint that the configuration names; no
other address is ever contacted. Embedding and rerank models will stand beside it.
"""

from erya.models.base import ChatModel, Completion
from erya.models.catalogue import ModelCatalogue, ModelEntry
from erya.models.openai_compatible import OpenAICompatibleChat

__all__ = [
    "ChatModel",
    "Completion",
    "ModelCatalogue",
    "ModelEntry",
    "OpenAICompatibleChat",
]
