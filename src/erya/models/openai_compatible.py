"""Any endpoint that speaks the chat API of OpenAI."""

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from erya.errors import ModelError
from erya.models.base import ChatModel, Completion
from erya.models.endpoint import ReachedModel
from erya.records import Message, Usage

if TYPE_CHECKING:
    import httpx2

__all__ = ["OpenAICompatibleChat"]

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
        arrived: queue.Queue[str | Usage | Exception] = queue.Queue()
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
        arrived: "queue.Queue[str | Usage | Exception]",
        on_text: Callable[[str], None] | None,
    ) -> Completion:
        deadline = time.monotonic() + self.seconds
        parts: list[str] = []
        while True:
            try:
                piece = arrived.get(timeout=max(deadline - time.monotonic(), 0.001))
            except queue.Empty:
                raise self._endpoint.too_slow() from None
            if isinstance(piece, Exception):
                raise self._endpoint.worded(piece) from piece
            if isinstance(piece, Usage):
                return Completion(text=_whole("".join(parts)), usage=piece)
            parts.append(piece)
            if on_text is not None:
                on_text(piece)

    def _exchange(
        self,
        client: "httpx2.Client",
        messages: Sequence[Message],
        arrived: "queue.Queue[str | Usage | Exception]",
    ) -> None:
        """Put each piece of the answer, then its cost or an error, into the queue."""
        try:
            for piece in self._pieces(client, messages):
                arrived.put(piece)
        except Exception as error:  # noqa: BLE001 - carried over to the caller's thread
            arrived.put(error)

    def _pieces(
        self, client: "httpx2.Client", messages: Sequence[Message]
    ) -> Iterator[str | Usage]:
        import httpx2  # noqa: PLC0415 - loaded already

        turns = [{"role": m.role, "content": m.content} for m in messages]
        body = {
            "model": self.model,
            "messages": turns,
            "stream": True,
            "temperature": 0,
        }
        response = self._endpoint.post(client, "/chat/completions", body)
        kind = response.headers.get("content-type", "").partition(";")[0].strip()
        if kind.lower() != "text/event-stream":
            yield from self._unstreamed(response, kind)
            return
        used = Usage(model=self.name)
        finished = False
        for event in httpx2.EventSource(response):
            if event.data == "[DONE]":
                break
            piece: Any = json.loads(event.data or "{}")
            if piece.get("error"):
                raise self._broken(piece["error"])
            for choice in piece.get("choices") or ():
                text = (choice.get("delta") or {}).get("content")
                if text:
                    yield str(text)
                finished = finished or choice.get("finish_reason") is not None
                if choice.get("finish_reason") == "length":
                    raise self._too_long()
            if piece.get("usage"):
                used = self._usage(piece["usage"])
        if not finished:
            raise self._cut_off()
        yield used

    def _unstreamed(
        self, response: "httpx2.Response", kind: str
    ) -> Iterator[str | Usage]:
        """Read an answer that came in one piece, from endpoints that do not stream."""
        body = response.read().decode("utf-8", "replace")
        try:
            reply = json.loads(body)
            text = reply["choices"][0]["message"]["content"]
            whole = reply["choices"][0].get("finish_reason") != "length"
            used = self._usage(reply.get("usage") or {})
        except (AttributeError, ValueError, LookupError, TypeError):
            shown = " ".join(body.split())[:_SHOWN]
            raise self._no_answer(kind or "something", shown) from None
        if not whole:
            raise self._too_long()
        yield str(text or "")
        yield used

    def _usage(self, told: Mapping[str, Any]) -> Usage:
        return Usage(
            model=self.name,
            input_tokens=int(told.get("prompt_tokens") or 0),
            output_tokens=int(told.get("completion_tokens") or 0),
        )

    def _broken(self, error: Any) -> ModelError:
        said = error.get("message") if isinstance(error, dict) else error
        return self._endpoint.error(
            f"broke its answer off: {str(said)[:_SHOWN]!r}", "Ask again."
        )

    def _cut_off(self) -> ModelError:
        return self._endpoint.error("cut its answer off in the middle", "Ask again.")

    def _too_long(self) -> ModelError:
        return self._endpoint.error(
            "reached its limit of tokens before the answer was complete",
            "Raise the limit of the endpoint, or lower passages.",
        )

    def _no_answer(self, kind: str, shown: str) -> ModelError:
        return self._endpoint.error(
            f"sent {kind} instead of an answer: {shown!r}",
            "Check that base_url is the API and not a web page; it mostly ends in /v1.",
        )


def _whole(text: str) -> str:
    """Join signs whose halves came in two pieces; a half alone becomes a mark."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
