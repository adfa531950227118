"""Answer from what a chat model knows, without any document: the first rung."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from erya.answering.base import Answerer
from erya.models import ChatModel, ChatRequest, complete
from erya.records import Answer, Evidence

__all__ = ["PROMPTED", "PromptedAnswerer"]

_SILENT: Final = "NOT_KNOWN"
PROMPTED: Final = f"""\
Answer the question in as few words as it takes, in its language. If you do not know,
reply with {_SILENT} and nothing else.\
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptedAnswerer(Answerer):
    """Asks `model` and shows it no passage. It cites nothing; it is for comparison.

    Attributes:
        model: Writes the answer.
    """

    model: ChatModel

    @override
    def answer(
        self,
        question: str,
        evidence: Evidence,
        *,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        request = ChatRequest.of(PROMPTED, question)
        done = complete(self.model, request, on_text=on_text)
        text = done.text.strip()
        silent = _SILENT in text or not text
        return Answer(text=text, abstained=silent, usage=done.usage)
