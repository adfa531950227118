"""Any endpoint that speaks the chat API of OpenAI."""

import base64
import json
import queue
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from erya.errors import ModelError
from erya.models.connections import Connection
from erya.models.endpoint import ReachedModel, RefusedError
from erya.models.replies import Speech, Spoken, text_in, thought_in
from erya.models.requests import (
    ChatEvent,
    ChatModel,
    ChatRequest,
    Finished,
    FinishReason,
    ReasoningDelta,
    TextDelta,
    TextRetracted,
    ToolSpec,
    join_halves,
)
from erya.records import ImagePart, Message, TextPart, ToolCall, ToolResult, Usage

if TYPE_CHECKING:
    import httpx2

__all__ = ["OpenAICompatibleChat"]

_SYSTEM: Final = "system"
_JSON_SCHEMA: Final = "json_schema"
# What an endpoint may not take, and how its refusal names it; the longest names first.
_OPTIONAL: Final = {
    "stream_options": re.compile(r"\bstream_options\b", re.IGNORECASE),
    _JSON_SCHEMA: re.compile(r"\bresponse_format\b|\bjson_schema\b", re.IGNORECASE),
    "temperature": re.compile(r"\btemperature\b", re.IGNORECASE),
    "stream": re.compile(r"\bstream(?:ing)?\b", re.IGNORECASE),
    "max_tokens": re.compile(r"\bmax_tokens\b", re.IGNORECASE),
    "seed": re.compile(r"\bseed\b", re.IGNORECASE),
    "presence_penalty": re.compile(r"\bpresence_penalty\b", re.IGNORECASE),
    "frequency_penalty": re.compile(r"\bfrequency_penalty\b", re.IGNORECASE),
}
_SYSTEM_REFUSED: Final = re.compile(
    r"\bsystem\W{0,3}\s*(?:role|message|prompt|instruction)|\brole\W{0,3}\s*system\b",
    re.IGNORECASE,
)
_REFUSALS: Final = frozenset((400, 404, 415, 422))
# What an endpoint does not take, by its address and model.
_NOT_TAKEN: Final[dict[tuple[str, str], set[str]]] = {}
_TO_THE_END: Final = 0.2  # seconds; what follows an answer comes with it, or never
_LONGEST_ANSWER: Final = 400_000  # characters, thinking included
_WHY_SHOWN: Final = 120  # characters of why there is no answer
_SHOWN: Final = 80  # characters of an unexpected reply in an error
# Where servers tell how much a model reads: OpenRouter, vLLM, llama.cpp and others.
_CONTEXT_FIELDS: Final = (
    "context_length", "max_model_len", "context_window", "max_context_length", "n_ctx",
    "n_ctx_train",
)  # fmt: skip
_REASONS: Final[Mapping[str, FinishReason]] = {
    "stop": "stop",
    "length": "length",
    "max_tokens": "length",
    "content_filter": "filter",
    "tool_calls": "tools",
    "function_call": "tools",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAICompatibleChat(ReachedModel, ChatModel):
    """A chat model behind a base URL."""

    _kind = "chat model"

    @override
    @contextmanager
    def stream(self, request: ChatRequest) -> Iterator[Iterator[ChatEvent]]:
        """Stream an answer; give up when the time is over or nobody listens any more.

        The exchange runs in a thread of its own: a server that sends a byte now and
        then satisfies every timeout of a client, but not this clock.
        """
        connection = self._endpoint.connect()
        arrived = _Arrivals()
        thread = threading.Thread(
            target=self._exchange, args=(connection, request, arrived), daemon=True
        )
        thread.start()
        try:
            yield self._events(arrived, request.seconds)
        finally:
            if arrived.ended.is_set():
                thread.join(_TO_THE_END)
            connection.cut()

    def context_length(self) -> int | None:
        """Return the tokens that a conversation may have; None if nobody says.

        Raises:
            ModelError: The endpoint cannot be reached, or refuses to list its models.
        """
        try:
            listed = json.loads(self._endpoint.request("/models"))
            entries = {str(entry.get("id")): entry for entry in listed["data"]}
        except (AttributeError, LookupError, TypeError, ValueError):
            return None
        entry = entries.get(self.model) or (
            next(iter(entries.values())) if len(entries) == 1 else {}
        )
        fields = {**(entry.get("meta") or {}), **entry}
        for name in _CONTEXT_FIELDS:
            if isinstance(fields.get(name), int):
                return int(fields[name])
        return None

    def _events(self, arrived: "_Arrivals", most: float | None) -> Iterator[ChatEvent]:
        """Yield events as they arrive, within the time.

        Raises:
            ModelError: It is over, or the endpoint failed.
        """
        seconds = self.seconds if most is None else min(self.seconds, most)
        deadline = time.monotonic() + seconds
        length = 0
        while True:
            left = max(deadline - time.monotonic(), 0.001)
            try:
                event = arrived.events.get(timeout=left)
            except queue.Empty:
                raise self._endpoint.too_slow(seconds) from None
            if isinstance(event, Exception):
                raise self._endpoint.describe_error(event) from event
            if isinstance(event, (TextDelta, ReasoningDelta)):
                length += len(event.text)
                if length > _LONGEST_ANSWER:
                    raise self._endless()
            yield event
            if isinstance(event, Finished):
                return

    def _exchange(
        self,
        connection: Connection,
        request: ChatRequest,
        arrived: "_Arrivals",
    ) -> None:
        """Put each event, or an error, into the queue, and read on to the end."""
        try:
            with self._endpoint.using(connection):
                for event in self._receive(connection, request):
                    if isinstance(event, Finished):
                        arrived.ended.set()
                    arrived.events.put(event)
        except Exception as error:  # noqa: BLE001 - carried over to the caller's thread
            arrived.events.put(error)

    def _receive(
        self, connection: Connection, request: ChatRequest
    ) -> Iterator[ChatEvent]:
        import httpx2  # noqa: PLC0415 - loaded already

        response = self._send(connection, request)
        reply = _Reply(self.name)
        kind = response.headers.get("content-type", "").partition(";")[0].strip()
        if kind.lower() != "text/event-stream":
            yield from self._read_unstreamed(response, kind, reply)
            return
        events = iter(httpx2.EventSource(response))
        for event in events:
            if event.data == "[DONE]":
                break
            piece: Any = json.loads(event.data or "{}")
            if piece.get("error"):
                raise self._broken(piece["error"])
            for choice in piece.get("choices") or ():
                yield from reply.add(choice, choice.get("delta") or {})
            reply.count(piece.get("usage"))
        if not reply.reason:
            raise self._cut_off()
        yield from self._finish(reply)
        for _ in events:  # only a connection that is read to the end can be kept
            pass

    def _read_unstreamed(
        self, response: "httpx2.Response", kind: str, reply: "_Reply"
    ) -> Iterator[ChatEvent]:
        """Read an answer that came in one piece, from endpoints that do not stream."""
        body = response.read().decode("utf-8-sig", "replace")
        try:
            payload = json.loads(body)
            choice = payload["choices"][0]
            events = [*reply.add(choice, choice["message"])]
            reply.count(payload.get("usage"))
        except (AttributeError, ValueError, LookupError, TypeError):
            text = self._endpoint.cover(" ".join(body.split()))[:_SHOWN]
            raise self._no_answer(kind or "something", text) from None
        yield from events
        yield from self._finish(reply)

    def _finish(self, reply: "_Reply") -> Iterator[ChatEvent]:
        """Yield what is left to tell, and the end.

        Raises:
            ModelError: The model has said nothing and called nothing.
        """
        yield from reply.rest()
        if reply.reason != "length" and not reply.says_anything:
            raise self._silent(reply.detail or reply.reason)
        yield Finished(
            reason=_REASONS.get(reply.reason, "unknown"),
            usage=reply.usage,
            detail=self._endpoint.cover(reply.detail),
        )

    def _send(self, connection: Connection, request: ChatRequest) -> "httpx2.Response":
        """Ask, and again without what the endpoint says that it does not take.

        What that was is remembered for as long as the program runs.

        Raises:
            RefusedError: It refuses for another reason.
        """
        while True:
            not_taken = _NOT_TAKEN.setdefault((self.base_url, self.model), set())
            left_out = frozenset(not_taken)  # others may add to it meanwhile
            body = {"model": self.model, **_body(request, left_out)}
            try:
                return self._endpoint.send(connection, "/chat/completions", body)
            except RefusedError as error:
                refused_field = _find_refused(
                    error.server_message, body, system=_SYSTEM not in left_out
                )
                is_refusal = error.status in _REFUSALS or refused_field == _JSON_SCHEMA
                if not is_refusal or not refused_field or refused_field in left_out:
                    raise
                not_taken.add(refused_field)

    def _silent(self, reason: str) -> ModelError:
        why = "" if reason == "stop" else self._endpoint.cover(reason)[:_WHY_SHOWN]
        return self._endpoint.error("sent no answer", "Ask again.", detail=why)

    def _broken(self, error: Any) -> ModelError:
        message = error.get("message") if isinstance(error, dict) else error
        detail = repr(self._endpoint.cover(str(message))[:_SHOWN])
        return self._endpoint.error("broke its answer off", "Ask again.", detail=detail)

    def _cut_off(self) -> ModelError:
        return self._endpoint.error("cut its answer off in the middle", "Ask again.")

    def _endless(self) -> ModelError:
        return self._endpoint.error(
            f"said more than {_LONGEST_ANSWER:,} characters", "Choose another model."
        )

    def _no_answer(self, kind: str, text: str) -> ModelError:
        return self._endpoint.error(
            f"sent {kind} instead of an answer",
            "Check that base_url is the API, not a web page.",
            detail=repr(text),
        )


class _Arrivals:
    """The result of one exchange, from the thread that has it.

    Attributes:
        events: In order; an error is the last.
        ended: Set when the answer is whole.
    """

    def __init__(self) -> None:
        self.events: queue.Queue[ChatEvent | Exception] = queue.Queue()
        self.ended = threading.Event()


@dataclass(slots=True)
class _Call:
    """A call that comes in pieces."""

    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class _Reply:
    """Puts the pieces of one answer together, whether they come as a stream or not.

    Attributes:
        reason: Why it ended, in the endpoint's word; empty while it goes on.
        usage: What it cost; None while that is not known.
        detail: Why, in its own words.
    """

    def __init__(self, name: str) -> None:
        self.reason = ""
        self.usage: Usage | None = None
        self.detail = ""
        self._name = name
        self._speech = Speech()
        self._half = ""  # of a sign, at the end of a piece
        self._calls: dict[int, _Call] = {}

    def add(
        self, choice: Mapping[str, Any], message: Mapping[str, Any]
    ) -> Iterator[ChatEvent]:
        """Take a message, or a piece of one."""
        if thought := thought_in(message):
            yield ReasoningDelta(thought)
        if text := self._half + text_in(message):
            self._half = text[-1] if "\ud800" <= text[-1] <= "\udbff" else ""
            text = join_halves(text.removesuffix(self._half))
            yield from map(_event, self._speech.add(text))
        for at, piece in enumerate(message.get("tool_calls") or ()):
            self._add_call(at, piece)
        refusal = message.get("refusal")
        if isinstance(refusal, str) and refusal:
            self.detail = f"it declined: {refusal!r}"
        if reason := choice.get("finish_reason"):
            self.reason = str(reason)
            if reason not in _REASONS:
                self.detail = self.detail or self.reason

    def _add_call(self, at: int, piece: Mapping[str, Any]) -> None:
        called = piece.get("function") or {}
        index = piece.get("index")
        if index is None:  # then a new id begins a new call
            index = max(self._calls, default=0) if at == 0 else at
            began = self._calls.get(index)
            if began and piece.get("id") and began.id and piece["id"] != began.id:
                index += 1
        call = self._calls.setdefault(int(index), _Call())
        call.id = str(piece.get("id") or call.id)
        call.name = str(called.get("name") or call.name)
        arguments = called.get("arguments")
        if isinstance(arguments, dict):  # some send the object itself
            arguments = json.dumps(arguments, ensure_ascii=False)
        call.arguments.append(str(arguments or ""))

    @property
    def says_anything(self) -> bool:
        """Whether it has text, or calls that have a name; as received so far."""
        called = any(call.name for call in self._calls.values())
        return called or bool(self._speech.answer.strip())

    def count(self, usage: Mapping[str, Any] | None) -> None:
        """Take what the endpoint says of the cost, which may come more than once."""
        if not usage:
            return
        input_tokens, output_tokens = (
            usage.get("prompt_tokens"),
            usage.get("completion_tokens"),
        )
        self.usage = Usage(
            model=self._name,
            input_tokens=None if input_tokens is None else int(input_tokens),
            output_tokens=None if output_tokens is None else int(output_tokens),
        )

    def rest(self) -> Iterator[ChatEvent]:
        """Yield what is complete only at the end: the calls, whole."""
        if self._half:
            yield from map(_event, self._speech.add(join_halves(self._half)))
        yield from map(_event, self._speech.end())
        for at, call in sorted(self._calls.items()):
            if call.name:
                arguments = "".join(call.arguments)
                yield ToolCall(
                    id=call.id or f"call_{at}",
                    name=call.name,
                    arguments=arguments or "{}",
                )


def _event(spoken: Spoken) -> ChatEvent:
    match spoken.kind:
        case "text":
            return TextDelta(spoken.text)
        case "reasoning":
            return ReasoningDelta(spoken.text)
        case "retracted":
            return TextRetracted()


def _body(request: ChatRequest, left_out: frozenset[str]) -> dict[str, Any]:
    """Return a request as the API has it, without what the endpoint does not take."""
    sampling = request.sampling
    body: dict[str, Any] = {
        "stream": True,
        # Else a stream says nothing of what it costs.
        "stream_options": {"include_usage": True},
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "stop": list(sampling.stop) or None,
        "seed": sampling.seed,
        "presence_penalty": sampling.presence_penalty,
        "frequency_penalty": sampling.frequency_penalty,
    }
    if "stream" in left_out:
        del body["stream_options"]
    if "max_tokens" in left_out:  # its later name
        body["max_completion_tokens"] = sampling.max_tokens
    if request.tools:
        body["tools"] = [_tool(each) for each in request.tools]
        body["tool_choice"] = _choice(request.tool_choice)
    if request.output_schema is not None:
        body["response_format"] = _response_format(
            request.output_schema, is_known=_JSON_SCHEMA not in left_out
        )
    body = {k: v for k, v in body.items() if v is not None and k not in left_out}
    return body | {"messages": _turns(request.messages, system=_SYSTEM not in left_out)}


def _response_format(schema: Mapping[str, Any], *, is_known: bool) -> dict[str, Any]:
    """Return how an answer to a schema is asked for: as OpenAI does, or llama.cpp."""
    if not is_known:
        return {"type": "json_object", "schema": dict(schema)}
    schema_field = {"name": "answer", "schema": dict(schema), "strict": True}
    return {"type": _JSON_SCHEMA, _JSON_SCHEMA: schema_field}


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
    }
    return {"type": "function", "function": function}


def _choice(choice: str) -> str | dict[str, Any]:
    if choice in {"auto", "none", "required"}:
        return choice
    return {"type": "function", "function": {"name": choice}}


def _turns(messages: Sequence[Message], *, system: bool) -> list[dict[str, Any]]:
    """Return the turns; what the system says before the user's where it has no turn."""
    if system:
        return [turn for message in messages for turn in _turns_of(message)]
    instructions = [m.text for m in messages if m.role == _SYSTEM]
    others = [m for m in messages if m.role != _SYSTEM]
    if instructions and others:
        first, *rest = others
        lead = TextPart(text="\n\n".join((*instructions, "")))
        others = [Message(role=first.role, parts=(lead, *first.parts)), *rest]
    return [turn for message in others for turn in _turns_of(message)]


def _turns_of(message: Message) -> Iterator[dict[str, Any]]:
    """Yield a message as the API has it: each result of a tool is a turn of its own."""
    for part in message.parts:
        if isinstance(part, ToolResult):
            yield {"role": "tool", "tool_call_id": part.call_id, "content": part.text}
    calls = [part for part in message.parts if isinstance(part, ToolCall)]
    images = [part for part in message.parts if isinstance(part, ImagePart)]
    if message.role == "tool":
        return
    turn: dict[str, Any] = {"role": message.role, "content": message.text}
    if images:
        turn["content"] = [{"type": "text", "text": message.text}, *map(_image, images)]
    if calls:
        turn["content"] = message.text or None
        turn["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in calls
        ]
    yield turn


def _image(part: ImagePart) -> dict[str, Any]:
    data = base64.b64encode(part.data).decode()
    url = f"data:{part.media_type};base64,{data}"
    return {"type": "image_url", "image_url": {"url": url}}


def _find_refused(server_message: str, body: Mapping[str, Any], *, system: bool) -> str:
    """Return what of a request its refusal names; empty where it is nothing of it."""
    # By its field in the body, where that has another name.
    fields = {_JSON_SCHEMA: "response_format"}
    for name, words in _OPTIONAL.items():
        if fields.get(name, name) in body and words.search(server_message):
            return name
    return _SYSTEM if system and _SYSTEM_REFUSED.search(server_message) else ""
