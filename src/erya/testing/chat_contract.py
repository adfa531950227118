"""What every chat model keeps."""

import json
import threading
import time
from typing import Final

import pytest

from erya.models import (
    ChatModel,
    ChatRequest,
    Finished,
    ReasoningDelta,
    Sampling,
    TextDelta,
    ToolSpec,
    complete,
)
from erya.records import Message, ToolCall

__all__ = ["TOOL", "ChatContract"]

TOOL: Final = ToolSpec(
    name="leave_days",
    description="Returns how many days of leave a person has.",
    parameters={
        "type": "object",
        "properties": {"person": {"type": "string"}},
        "required": ["person"],
    },
)

_LONG: Final = "Count from 1 to 300, with commas, and write nothing else."
_PATIENCE: Final = 1.5  # seconds to leave: one is promised, and machines are busy


class ChatContract:
    """Tests that hold for every chat model; inherit, give `model` and `calling_model`.

    The model has to answer any question, with some twenty words at least where it is
    asked to count.
    """

    @pytest.fixture
    def model(self) -> ChatModel:
        """Return a model that answers."""
        raise NotImplementedError

    @pytest.fixture
    def calling_model(self) -> ChatModel:
        """Return a model that calls `TOOL` when it is told to."""
        raise NotImplementedError

    def test_it_has_a_name(self, model: ChatModel) -> None:
        assert model.name

    def test_an_answer_ends_once_and_nothing_follows(self, model: ChatModel) -> None:
        with model.stream(ChatRequest.of("Be brief.", "Say hello.")) as events:
            came = list(events)

        assert isinstance(came[-1], Finished)
        assert sum(isinstance(event, Finished) for event in came) == 1
        assert "".join(e.text for e in came if isinstance(e, TextDelta)).strip()

    def test_every_piece_has_something_in_it(self, model: ChatModel) -> None:
        with model.stream(ChatRequest.of("Be brief.", _LONG)) as events:
            pieces = [
                event for event in events
                if isinstance(event, (TextDelta, ReasoningDelta))
            ]  # fmt: skip

        assert pieces
        assert all(piece.text for piece in pieces)

    def test_a_cost_is_counted_or_not_known(self, model: ChatModel) -> None:
        usage = complete(model, ChatRequest.of("Be brief.", "Say hello.")).usage

        assert usage.model == model.name
        for count in (usage.input_tokens, usage.output_tokens):
            assert count is None or count >= 0

    def test_leaving_before_the_end_takes_less_than_a_second(
        self, model: ChatModel
    ) -> None:
        with model.stream(ChatRequest.of("Do as you are told.", _LONG)) as events:
            next(events)
            began = time.monotonic()

        assert time.monotonic() - began < _PATIENCE

    def test_leaving_before_the_first_event_is_allowed(self, model: ChatModel) -> None:
        began = time.monotonic()
        with model.stream(ChatRequest.of("Do as you are told.", _LONG)):
            pass

        assert time.monotonic() - began < _PATIENCE

    def test_it_answers_after_a_request_was_left(self, model: ChatModel) -> None:
        with model.stream(ChatRequest.of("Do as you are told.", _LONG)) as events:
            next(events)

        assert complete(model, ChatRequest.of("Be brief.", "Say hello.")).text

    def test_two_may_ask_at_once(self, model: ChatModel) -> None:
        texts: list[str] = []

        def ask() -> None:
            texts.append(complete(model, ChatRequest.of("Be brief.", "Hi.")).text)

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(texts) == 2
        assert all(texts)

    def test_a_conversation_may_have_several_turns(self, model: ChatModel) -> None:
        turns = (
            Message.of("system", "Be brief."),
            Message.of("user", "My name is Ada."),
            Message.of("assistant", "Hello Ada."),
            Message.of("user", "What is my name?"),
        )

        assert complete(model, ChatRequest(messages=turns)).text

    def test_sampling_is_taken(self, model: ChatModel) -> None:
        request = ChatRequest(
            messages=(Message.of("user", "Say hello."),),
            sampling=Sampling(max_tokens=64, stop=("\n\n\n",), seed=1, top_p=1.0),
        )

        assert complete(model, request).text

    def test_a_call_has_an_id_and_the_name_of_a_tool(
        self, calling_model: ChatModel
    ) -> None:
        request = ChatRequest(
            messages=(Message.of("user", "How many days of leave has Ada?"),),
            tools=(TOOL,),
            tool_choice=TOOL.name,
        )
        with calling_model.stream(request) as events:
            came = list(events)
        calls = [event for event in came if isinstance(event, ToolCall)]

        assert calls
        assert all(call.id and call.name == TOOL.name for call in calls)
        assert all(isinstance(json.loads(call.arguments), dict) for call in calls)
        assert isinstance(came[-1], Finished)
