"""Erya turns a team's documents into an assistant that answers with citations.

A document flows one way: loading, chunking, indexing, retrieving, reranking, answering,
verifying, evaluating, improving. `erya.assistant` is the corridor that joins those
rooms; read it first. This module only names what most programs need, and loads a room
when its name is used:

    from erya import Bases, Assistant, FolderSource, Principal

    me = Principal.owner("ada")
    with Assistant(store=Bases(home).open("handbook", create=True)) as assistant:
        assistant.ingest(FolderSource(["docs"], file_bytes=10**8), principal=me)
        print(assistant.ask("How many days of leave do I have?", principal=me).text)
"""

import importlib
from typing import TYPE_CHECKING, Any

from erya.errors import EryaError, UsageError
from erya.records import (
    Answer,
    AnswerFinished,
    Chunk,
    Citation,
    Claim,
    ClaimChecked,
    Document,
    Evidence,
    EvidenceFound,
    Hit,
    NoticeGiven,
    Principal,
    Query,
)

if TYPE_CHECKING:
    from erya.answering import ExtractiveAnswerer, GroundedAnswerer
    from erya.assistant import Assistant
    from erya.chunking import StructureChunker
    from erya.config import Settings
    from erya.indexing import IngestReport
    from erya.loading import Limits
    from erya.models import OpenAICompatibleChat
    from erya.opening import open_assistant
    from erya.sources import FolderSource, SourceSpec
    from erya.stores import Bases, Store

__all__ = [
    "Answer",
    "AnswerFinished",
    "Assistant",
    "Bases",
    "Chunk",
    "Citation",
    "Claim",
    "ClaimChecked",
    "Document",
    "EryaError",
    "Evidence",
    "EvidenceFound",
    "ExtractiveAnswerer",
    "FolderSource",
    "GroundedAnswerer",
    "Hit",
    "IngestReport",
    "Limits",
    "NoticeGiven",
    "OpenAICompatibleChat",
    "Principal",
    "Query",
    "Settings",
    "SourceSpec",
    "Store",
    "StructureChunker",
    "UsageError",
    "open_assistant",
]

_ROOMS = {
    "Assistant": "assistant",
    "Bases": "stores",
    "ExtractiveAnswerer": "answering",
    "FolderSource": "sources",
    "GroundedAnswerer": "answering",
    "IngestReport": "indexing",
    "Limits": "loading",
    "OpenAICompatibleChat": "models",
    "Settings": "config",
    "SourceSpec": "sources",
    "Store": "stores",
    "StructureChunker": "chunking",
    "open_assistant": "opening",
}


def __getattr__(name: str) -> Any:
    """Load the room of a public name when it is first used.

    Raises:
        AttributeError: There is no such name.
    """
    if name not in _ROOMS:
        msg = f"module 'erya' has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(importlib.import_module(f"erya.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value
