"""What a model can do, found by asking it."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from erya.errors import ModelError
from erya.models.base import EmbeddingModel, RerankModel, fingerprint_of
from erya.models.endpoint import RefusedError
from erya.models.openai_compatible import OpenAICompatibleChat
from erya.models.requests import (
    ChatModel,
    ChatRequest,
    Completion,
    Sampling,
    TextDelta,
    ToolSpec,
    complete,
)
from erya.records import Message, Usage

__all__ = [
    "Probe",
    "capabilities_of",
    "probe_chat",
    "probe_embedding",
    "probe_rerank",
]

# A refusal with one of these is of the request; others pass, or have other reasons.
_CANNOT: Final = frozenset((400, 404, 415, 422, 500, 501))
_TOKENS: Final = 400  # enough for an answer of a line, and some thinking before it
_FACT: Final = "Ada lives in Berlin and has 25 days of leave."
_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
_TOOL: Final = ToolSpec(
    name="get_leave_days",
    description="Returns how many days of leave a person has.",
    parameters={
        "type": "object",
        "properties": {"person": {"type": "string", "description": "A first name."}},
        "required": ["person"],
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One thing that was tried.

    Attributes:
        name: `chat`, `stream`, `usage`, `json_schema`, `tools`, `context_length`,
            `embedding` or `rerank`.
        works: Whether it did; None where that cannot be decided.
        detail: The result, for a person.
        seconds: How long it took.
        value: A number that it reports; None where it reports none.
    """

    name: str
    works: bool | None
    detail: str
    seconds: float = 0.0
    value: int | None = None


# Whether it works, a sentence on it, and a number if it reports one.
_Outcome = tuple[bool | None, str, int | None]


def probe_chat(model: ChatModel) -> list[Probe]:
    """Return what a chat model can do. Costs some hundred tokens.

    A model that does not answer at all is asked nothing else.
    """
    completions: list[Completion] = []
    first = _try("chat", lambda: _chat(model, completions))
    if not first.works:
        return [first]
    probes = [
        first,
        _try("stream", lambda: _stream(model)),
        _usage(completions[0].usage),
        _try("json_schema", lambda: _json_schema(model)),
        _try("tools", lambda: _tools(model)),
    ]
    if isinstance(model, OpenAICompatibleChat):
        probes.append(_try("context_length", lambda: _context_length(model)))
    return probes


def probe_embedding(model: EmbeddingModel) -> list[Probe]:
    """Return whether an embedding model embeds, and how wide its vectors are."""

    def embed() -> _Outcome:
        width = fingerprint_of(model).dimension
        return True, f"gives {width} numbers", width

    return [_try("embedding", embed)]


def probe_rerank(model: RerankModel) -> list[Probe]:
    """Return whether a rerank model puts the passage that answers first."""

    def rerank() -> _Outcome:
        passages = ["25 days of leave.", "The canteen is closed."]
        scores = model.rerank("How many days of leave?", passages)
        listed = " and ".join(f"{score:.3g}" for score in scores)
        return scores[0] > scores[1], f"scored two passages {listed}", None

    return [_try("rerank", rerank)]


def capabilities_of(probes: list[Probe]) -> dict[str, Any]:
    """Return the results of probes as they are kept with a model, by their names."""
    return {
        probe.name: probe.works if probe.value is None else probe.value
        for probe in probes
        if probe.name != "chat" and probe.works is not None
    }


def _try(name: str, probe: Callable[[], _Outcome]) -> Probe:
    began = time.monotonic()
    try:
        works, detail, value = probe()
    except ModelError as error:
        refused = isinstance(error, RefusedError) and error.status in _CANNOT
        works, detail, value = False if refused else None, str(error), None
    seconds = time.monotonic() - began
    return Probe(name=name, works=works, detail=detail, seconds=seconds, value=value)


def _request(text: str, **options: Any) -> ChatRequest:
    return ChatRequest(
        messages=(Message.of("user", text),),
        sampling=Sampling(max_tokens=_TOKENS),
        **options,
    )


def _chat(model: ChatModel, completions: list[Completion]) -> _Outcome:
    done = complete(model, _request("Reply with one word: ready"))
    completions.append(done)
    return True, f"answered {done.text.strip()[:80]!r}", None


def _stream(model: ChatModel) -> _Outcome:
    pieces = 0
    with model.stream(_request("Count from 1 to 20, with commas.")) as events:
        for event in events:
            pieces += isinstance(event, TextDelta)
            if pieces > 1:
                return True, "sends its answer in pieces", None
    return False, "sends its answer in one piece", None


def _usage(usage: Usage) -> Probe:
    works = usage.input_tokens is not None
    detail = "does not tell what an answer costs"
    if works:
        detail = f"{usage.input_tokens} tokens read, {usage.output_tokens} written"
    return Probe(name="usage", works=works, detail=detail)


def _json_schema(model: ChatModel) -> _Outcome:
    done = complete(
        model,
        _request(f"{_FACT} Give the city and the days as JSON.", output_schema=_SCHEMA),
    )
    try:
        value = json.loads(done.text)
    except ValueError:
        return False, f"answered {done.text[:80]!r}, which is no JSON", None
    fits = (
        isinstance(value, dict)
        and value.keys() == {"city", "days"}
        and isinstance(value["city"], str)
        and isinstance(value["days"], int)
    )
    return fits, f"answered {done.text[:80]!r}", None


def _tools(model: ChatModel) -> _Outcome:
    question = "How many days of leave has Ada? Call the tool to find out."
    done = complete(model, _request(question, tools=(_TOOL,)))
    if not done.tool_calls:
        return False, f"called no tool; it said {done.text[:80]!r}", None
    call = done.tool_calls[0]
    try:
        arguments = json.loads(call.arguments)
    except ValueError:
        return False, f"called {call.name} with {call.arguments[:80]!r}", None
    right = call.name == _TOOL.name and isinstance(arguments, dict)
    return right, f"called {call.name} with {call.arguments[:80]}", None


def _context_length(model: OpenAICompatibleChat) -> _Outcome:
    length = model.context_length()
    if length is None:
        return None, "the endpoint does not say", None
    return True, f"{length:,} tokens", length
