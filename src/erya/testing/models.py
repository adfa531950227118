"""Models that need no endpoint and no weights."""

import re
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from typing_extensions import override

from erya.errors import ModelError
from erya.models import (
    ChatEvent,
    ChatModel,
    ChatRequest,
    Embedded,
    EmbeddingModel,
    Finished,
    RerankModel,
    TextDelta,
)
from erya.records import Message, Usage

__all__ = ["HashingEmbedding", "OverlapReranking", "ScriptedChatModel"]


@dataclass(slots=True)
class ScriptedChatModel(ChatModel):
    """Says what it was told to say, and remembers what it was asked.

    Attributes:
        lines: What it says, one for each request: a text, which comes word by word, or
            events as they are; an error is raised instead.
        requests: What it was asked.
        name: What it is called.
        cancelled: How many answers were left before their end.
    """

    lines: Sequence[str | ModelError | Sequence[ChatEvent]]
    requests: list[ChatRequest] = field(default_factory=list)
    name: str = "scripted"
    cancelled: int = 0
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def asked(self) -> list[Sequence[Message]]:
        """The conversations it was given."""
        return [request.messages for request in self.requests]

    @override
    @contextmanager
    def stream(self, request: ChatRequest) -> Iterator[Iterator[ChatEvent]]:
        with self._turn:  # several may ask at once
            self.requests.append(request)
            line = self.lines[len(self.requests) - 1]
        over = False

        def events() -> Iterator[ChatEvent]:
            nonlocal over
            if isinstance(line, ModelError):
                over = True
                raise line
            if isinstance(line, str):
                yield from map(TextDelta, _WORDS.findall(line))
                over = True
                yield Finished(
                    reason="stop", usage=Usage(model=self.name, output_tokens=1)
                )
            else:
                yield from line[:-1]
                over = True
                yield line[-1]

        try:
            yield events()
        finally:
            self.cancelled += not over


_WORDS = re.compile(r"\S+\s*|\s+")


@dataclass(slots=True)
class HashingEmbedding(EmbeddingModel):
    """Places texts near each other that share words; knows no Chinese.

    Each word has a random direction of its own, and a text the sum of its words'.

    Attributes:
        name: What it is called.
        dimension: The numbers in a vector.
        longest: Words of a text that it reads.
        failure: Raised in place of every answer, if given.
        asked: The texts it was given.
    """

    name: str = "hashing"
    dimension: int = 24
    longest: int = 200
    failure: ModelError | None = None
    asked: list[str] = field(default_factory=list)

    @property
    @override
    def local(self) -> bool:
        return True

    @override
    def token_coverage(self, texts: Sequence[str]) -> list[float]:
        return [
            sum(word.isascii() for word in words) / max(len(words), 1)
            for words in map(_words, texts)
        ]

    @override
    def embed_passages(self, texts: Sequence[str]) -> Embedded:
        if self.failure is not None:
            raise self.failure
        import numpy as np  # noqa: PLC0415 - as in the room of models

        self.asked += texts
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        words = list(map(_words, texts))
        for i, found in enumerate(words):
            for word in ["", *found[: self.longest]]:
                dice = np.random.default_rng(zlib.crc32(f"{self.name}{word}".encode()))
                vectors[i] += dice.normal(0.0, 1.0, self.dimension)
            vectors[i] /= np.linalg.norm(vectors[i])
        cut = tuple(max(0, len(found) - self.longest) for found in words)
        return Embedded(vectors=vectors, cut=cut)

    @override
    def embed_query(self, text: str) -> Embedded:
        return self.embed_passages([text])


@dataclass(slots=True)
class OverlapReranking(RerankModel):
    """Scores a passage by the share of the question's words that it has.

    Attributes:
        name: What it is called.
        failure: Raised in place of every answer, if given.
        asked: The questions it was given, each with its passages.
    """

    name: str = "overlap"
    failure: ModelError | None = None
    asked: list[tuple[str, Sequence[str]]] = field(default_factory=list)

    @override
    def rerank(self, question: str, passages: Sequence[str]) -> list[float]:
        if self.failure is not None:
            raise self.failure
        self.asked.append((question, passages))
        wanted = set(_words(question))
        return [
            len(wanted.intersection(_words(passage))) / max(len(wanted), 1)
            for passage in passages
        ]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+|[\u4e00-\u9fff]", text.lower())
