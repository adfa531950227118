"""Any endpoint that speaks the chat API of OpenAI."""

import json
import queue
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from typing_extensions import override

from erya.errors import ModelError
from erya.models.base import ChatModel, Completion
from erya.models.endpoint import ReachedModel, RefusedError
from erya.models.replies import Speech, said_in, without_thinking
from erya.records import Message, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

__all__ = ["OpenAICompatibleChat"]

_SYSTEM: Final = "system"
_OPTIONAL: Final = {
    "temperature": re.compile(r"\btemperature\b", re.IGNORECASE),
    "stream": re.compile(r"\bstream(?:ing)?\b", re.IGNORECASE),
}
_SYSTEM_REFUSED: Final = re.compile(
    r"\bsystem\W{0,3}\s*(?:role|message|prompt|instruction)|\brole\W{0,3}\s*system\b",
    re.IGNORECASE,
)
_REFUSALS: Final = frozenset((400, 404, 415, 422))
# What an endpoint does not take, by its address and model.
_NOT_TAKEN: Final[dict[tuple[str, str], set[str]]] = {}
_LONGEST_ANSWER: Final = 400_000  # characters, thinking included
_WHY_SHOWN: Final = 120  # characters of why there is none
_SHOWN: Final = 80  # characters of an unexpected reply in an error


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAICompatibleChat(ReachedModel, ChatModel):
    """A chat model behind a base URL."""

    _kind = "chat model"

    @override
    def complete(
        self,
        messages: Sequence[Message],
        *,
        on_text: Callable[[str], None] | None = None,
    ) -> Completion:
        """Stream an answer, and give up when the time is over.

        The exchange runs in a thread of its own: a server that sends a byte now and
        then satisfies every timeout of a client, but not this clock.
        """
        arrived: queue.Queue[str | _End | Exception] = queue.Queue()
        client = self._endpoint.client()
        thread = threading.Thread(
            target=self._exchange, args=(client, messages, arrived), daemon=True
        )
        thread.start()
        try:
            return self._gather(arrived, on_text)
        finally:
            client.close()

    def _gather(
        self,
        arrived: "queue.Queue[str | _End | Exception]",
        on_text: Callable[[str], None] | None,
    ) -> Completion:
        deadline = time.monotonic() + self.seconds
        speech = Speech(on_text)
        while True:
            try:
                piece = arrived.get(timeout=max(deadline - time.monotonic(), 0.001))
            except queue.Empty:
                raise self._endpoint.too_slow() from None
            if isinstance(piece, Exception):
                raise self._endpoint.worded(piece) from piece
            if isinstance(piece, _End):
                text = without_thinking(_whole(speech.text))
                if not text.strip():
                    raise self._silent(piece.reason)
                return Completion(text=text, usage=piece.usage)
            if len(speech.text) > _LONGEST_ANSWER:
                raise self._endless()
            speech.add(piece)

    def _exchange(
        self,
        client: "httpx2.Client",
        messages: Sequence[Message],
        arrived: "queue.Queue[str | _End | Exception]",
    ) -> None:
        """Put each piece of the answer, then its cost or an error, into the queue."""
        try:
            for piece in self._pieces(client, messages):
                arrived.put(piece)
        except Exception as error:  # noqa: BLE001 - carried over to the caller's thread
            arrived.put(error)

    def _pieces(
        self, client: "httpx2.Client", messages: Sequence[Message]
    ) -> "Iterator[str | _End]":
        import httpx2  # noqa: PLC0415 - loaded already

        response = self._asked(client, messages)
        kind = response.headers.get("content-type", "").partition(";")[0].strip()
        if kind.lower() != "text/event-stream":
            yield from self._unstreamed(response, kind)
            return
        used = Usage(model=self.name)
        reason = ""
        for event in httpx2.EventSource(response):
            if event.data == "[DONE]":
                break
            piece: Any = json.loads(event.data or "{}")
            if piece.get("error"):
                raise self._broken(piece["error"])
            for choice in piece.get("choices") or ():
                if text := said_in(choice.get("delta") or {}):
                    yield text
                reason = _reason(choice, "delta") or reason
                if choice.get("finish_reason") == "length":
                    raise self._too_long()
            if piece.get("usage"):
                used = self._usage(piece["usage"])
        if not reason:
            raise self._cut_off()
        yield _End(used, reason)

    def _unstreamed(
        self, response: "httpx2.Response", kind: str
    ) -> "Iterator[str | _End]":
        """Read an answer that came in one piece, from endpoints that do not stream."""
        body = response.read().decode("utf-8-sig", "replace")
        try:
            reply = json.loads(body)
            choice = reply["choices"][0]
            text = said_in(choice["message"])
            whole = choice.get("finish_reason") != "length"
            reason = _reason(choice, "message")
            used = self._usage(reply.get("usage") or {})
        except (AttributeError, ValueError, LookupError, TypeError):
            shown = self._endpoint.covered(" ".join(body.split()))[:_SHOWN]
            raise self._no_answer(kind or "something", shown) from None
        if not whole:
            raise self._too_long()
        yield text
        yield _End(used, reason)

    def _asked(
        self, client: "httpx2.Client", messages: Sequence[Message]
    ) -> "httpx2.Response":
        """Ask, and again without what the endpoint says that it does not take.

        What that was is remembered for as long as the program runs.

        Raises:
            RefusedError: It refuses for another reason.
        """
        while True:
            kept = _NOT_TAKEN.setdefault((self.base_url, self.model), set())
            left_out = frozenset(kept)  # others may add to it meanwhile
            body = {"model": self.model, "stream": True, "temperature": 0}
            body = {name: told for name, told in body.items() if name not in left_out}
            turns = _turns(messages, system=_SYSTEM not in left_out)
            body |= {"messages": turns}
            try:
                return self._endpoint.post(client, "/chat/completions", body)
            except RefusedError as error:
                refused = _named_in(error.said, body, system=_SYSTEM not in left_out)
                if error.status not in _REFUSALS or not refused:
                    raise
                kept.add(refused)

    def _usage(self, told: Mapping[str, Any]) -> Usage:
        return Usage(
            model=self.name,
            input_tokens=int(told.get("prompt_tokens") or 0),
            output_tokens=int(told.get("completion_tokens") or 0),
        )

    def _silent(self, reason: str) -> ModelError:
        why = self._endpoint.covered(reason) if reason not in {"", "stop"} else ""
        advice = "Ask again."
        return self._endpoint.error("sent no answer", advice, detail=why[:_WHY_SHOWN])

    def _broken(self, error: Any) -> ModelError:
        said = error.get("message") if isinstance(error, dict) else error
        detail = repr(self._endpoint.covered(str(said))[:_SHOWN])
        return self._endpoint.error("broke its answer off", "Ask again.", detail=detail)

    def _cut_off(self) -> ModelError:
        return self._endpoint.error("cut its answer off in the middle", "Ask again.")

    def _endless(self) -> ModelError:
        return self._endpoint.error(
            f"said more than {_LONGEST_ANSWER:,} characters", "Choose another model."
        )

    def _too_long(self) -> ModelError:
        return self._endpoint.error(
            "reached its limit of tokens before the answer was complete",
            "Raise the limit of the endpoint, or lower passages.",
        )

    def _no_answer(self, kind: str, shown: str) -> ModelError:
        return self._endpoint.error(
            f"sent {kind} instead of an answer",
            "Check that base_url is the API and not a web page; it mostly ends in /v1.",
            detail=repr(shown),
        )


class _End(NamedTuple):
    """How an answer ended: its cost, and why."""

    usage: Usage
    reason: str


def _reason(choice: Mapping[str, Any], part: str) -> str:
    """Return why a model stopped, in its own words where it declined."""
    told = (choice.get(part) or {}).get("refusal")
    if isinstance(told, str) and told:
        return f"it declined: {told!r}"
    return str(choice.get("finish_reason") or "")


def _turns(messages: Sequence[Message], *, system: bool) -> list[dict[str, str]]:
    """Return the turns; what the system says before the user's where it has no turn."""
    if system:
        return [{"role": m.role, "content": m.content} for m in messages]
    told = [m.content for m in messages if m.role == _SYSTEM]
    turns = [
        {"role": m.role, "content": m.content} for m in messages if m.role != _SYSTEM
    ]
    if told and turns:
        turns[0]["content"] = "\n\n".join((*told, turns[0]["content"]))
    return turns


def _named_in(said: str, body: Mapping[str, Any], *, system: bool) -> str:
    """Return what of a request its refusal names; empty where it is nothing of it."""
    for name, words in _OPTIONAL.items():
        if name in body and words.search(said):
            return name
    return _SYSTEM if system and _SYSTEM_REFUSED.search(said) else ""


def _whole(text: str) -> str:
    """Join signs whose halves came in two pieces; a half alone becomes a mark."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
