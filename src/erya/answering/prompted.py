"""Answer from what a chat model knows, without any document: the first rung."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from erya.answering.base import Answerer, Draft
from erya.models import ChatModel, ChatRequest, complete
from erya.prompts import load_prompt
from erya.records import Answer, Evidence, Message

__all__ = ["PromptedAnswerer"]

_SILENT: Final = "NOT_KNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptedAnswerer(Answerer):
    """Asks `model` and shows it no passage. It cites nothing; it is for comparison.

    Attributes:
        model: Writes the answer.
    """

    model: ChatModel

    @override
    def drafts(
        self,
        question: str,
        evidence: Evidence,
        *,
        history: Sequence[Message] = (),
        seconds: float | None = None,
    ) -> Iterator[Draft]:
        system = Message.of("system", load_prompt("answer_alone").fill())
        messages = (system, *history, Message.of("user", question))
        done = complete(self.model, ChatRequest(messages=messages, seconds=seconds))
        text = done.text.strip()
        silent = _SILENT in text or not text
        answer = Answer(text=text, abstained=silent, usage=done.usage)
        yield Draft(answer, is_whole=True)
