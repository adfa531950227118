"""One conversation: each question is made whole, asked, and kept."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from erya.assistant import Assistant
from erya.conversing.followups import standalone_by_model, standalone_question
from erya.conversing.memory import Memory
from erya.conversing.threads import Threads
from erya.errors import ModelError
from erya.filters import Filter
from erya.locating import reference_of
from erya.models import ChatModel, ChatRequest, complete
from erya.prompts import load_prompt
from erya.records import (
    Answer,
    AnswerFinished,
    AskEvent,
    Message,
    Principal,
    Query,
    Usage,
)

__all__ = ["Conversation", "Turn"]

_WITHOUT_SUMMARY: Final = 2  # turns


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A question and its answer.

    Attributes:
        question: As it was asked.
        searched: What it means after those before it.
        text: The answer's.
        abstained: Whether the documents do not say.
        sources: The citations, each by its reference and the source it is from.
    """

    question: str
    searched: str
    text: str
    abstained: bool = False
    sources: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, question: str, searched: str, answer: Answer) -> Self:
        """Return the turn that an answer ends."""
        return cls(
            question=question,
            searched=searched,
            text=answer.text,
            abstained=answer.abstained,
            sources=tuple((reference_of(c), c.chunk.source) for c in answer.citations),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the turn as JSON can hold it."""
        return {
            "question": self.question,
            "searched": self.searched,
            "text": self.text,
            "abstained": self.abstained,
            "sources": [list(source) for source in self.sources],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the turn that `to_json` gave."""
        sources = tuple((ref, source) for ref, source in stored["sources"])
        return cls(**{**stored, "sources": sources})


@dataclass(slots=True, kw_only=True)
class Conversation:
    """A thread that somebody goes on with.

    Attributes:
        assistant: Answers.
        principal: Who asks, and whose the thread is.
        threads: Where it is kept.
        thread: Its id.
        model: Makes follow-ups whole, and summaries; None does by rules.
        memory: What of the thread a model that answers is sent.
        turns: What was asked before.
        searched: What the last question was taken to mean.
        usage: What the model took beside answering.
    """

    assistant: Assistant
    principal: Principal
    threads: Threads
    thread: str
    model: ChatModel | None = None
    memory: Memory = field(default_factory=Memory)
    turns: list[Turn] = field(default_factory=list)
    searched: str = ""
    usage: Usage = field(default_factory=Usage)
    _summary: tuple[str, str] = ("", "")  # of which conversation, and the summary

    def load(self) -> Self:
        """Take the turns that are kept.

        Raises:
            NotFoundError: There is no such thread, or it is somebody else's.
        """
        kept = self.threads.turns(self.thread, principal=self.principal)
        self.turns = [Turn.from_json(each) for each in kept]
        return self

    def ask(self, question: str, *, where: Filter | None = None) -> Iterator[AskEvent]:
        """Yield the events of an answer, and keep the turn at its end.

        Args:
            question: What is asked, which may follow from what was asked before.
            where: Answer only from documents that pass.

        Raises:
            ModelError: A model cannot be reached, and the assistant does not do
                with less.
            StoreError: The base or the thread is out of reach.
            UsageError: The question is empty.
        """
        history = self._history()
        self.searched = self._whole(question, history)
        query = Query(question=self.searched, history=history, where=where)
        for event in self.assistant.stream(query, principal=self.principal):
            if isinstance(event, AnswerFinished):
                turn = Turn.of(question, self.searched, event.answer)
                self.threads.add(self.thread, turn.to_json(), principal=self.principal)
                self.turns.append(turn)
            yield event

    def _history(self) -> tuple[Message, ...]:
        if self.model is None:
            return ()
        said = [(turn.searched, turn.text) for turn in self.turns]
        try:
            return self.memory.messages(said, summarize=self._summarized)
        except ModelError:  # no summary is a reason for a shorter memory alone
            return Memory("turns", _WITHOUT_SUMMARY).messages(said, summarize=str)

    def _whole(self, question: str, history: tuple[Message, ...]) -> str:
        if not self.turns or not question.strip():
            return question
        if self.model is not None and history:
            # Without the model the rules have to do.
            with contextlib.suppress(ModelError):
                whole, usage = standalone_by_model(question, history, self.model)
                self.usage += usage
                return whole
        return standalone_question(question, self.turns[-1].searched)

    def _summarized(self, conversation: str) -> str:
        """Return a summary, going on from the last one."""
        if self.model is None:
            return conversation
        before, summary = self._summary
        goes_on = bool(before) and conversation.startswith(before)
        rest = conversation[len(before) :] if goes_on else conversation
        if goes_on and not rest.strip():
            return summary
        told = f"Summary so far: {summary}\n\n{rest}" if goes_on else rest
        prompt = load_prompt("summarize_conversation").fill()
        done = complete(self.model, ChatRequest.of(prompt, told))
        self.usage += done.usage
        self._summary = conversation, done.text.strip()
        return done.text.strip()
