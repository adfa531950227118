"""Any endpoint that speaks the chat API of OpenAI."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from erya.errors import ModelError
from erya.models.base import ChatModel, Completion
from erya.records import Message, Usage

if TYPE_CHECKING:
    import openai

__all__ = ["OpenAICompatibleChat"]

_CONNECT_SECONDS: Final = 10.0
_RETRIES: Final = 3  # the client waits with jitter, and as long as Retry-After says
_SHOWN: Final = 80  # characters of an unexpected reply in an error
_NO_KEY: Final = "none"  # local servers want none, and the client wants something


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAICompatibleChat(ChatModel):
    """A chat model behind a base URL.

    Attributes:
        name: What the user calls it.
        base_url: The endpoint, mostly ending in `/v1`.
        model: What the endpoint calls it.
        api_key: The key; empty where none is wanted.
        seconds: The longest an answer may take, retries included.
        proxy: The proxy to reach it through; empty goes there directly.
    """

    name: str
    base_url: str
    model: str
    api_key: str = ""
    seconds: float = 120.0
    proxy: str = ""

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
        client = self._client()
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
                raise self._too_slow() from None
            if isinstance(piece, Exception):
                raise self._worded(piece) from piece
            if isinstance(piece, Usage):
                return Completion(text="".join(parts), usage=piece)
            parts.append(piece)
            if on_text is not None:
                on_text(piece)

    def _client(self) -> "openai.OpenAI":
        import openai  # noqa: PLC0415 - takes a second to load

        return openai.OpenAI(
            base_url=self.base_url,
            api_key=self.api_key or _NO_KEY,
            max_retries=_RETRIES,
            # Passages go to the address that was configured and to no other: not where
            # an answer redirects to, and not to a proxy that the environment names.
            http_client=openai.DefaultHttpxClient(
                follow_redirects=False, trust_env=False, proxy=self.proxy or None
            ),
            timeout=openai.Timeout(self.seconds, connect=_CONNECT_SECONDS),
        )

    def _exchange(
        self,
        client: "openai.OpenAI",
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
        self, client: "openai.OpenAI", messages: Sequence[Message]
    ) -> Iterator[str | Usage]:
        turns: Any = [{"role": m.role, "content": m.content} for m in messages]
        raw = client.chat.completions.with_raw_response.create(
            model=self.model, messages=turns, stream=True, temperature=0
        )
        kind = raw.headers.get("content-type", "").partition(";")[0].strip()
        if kind != "text/event-stream":
            yield from self._unstreamed(raw, kind)
            return
        used = Usage(model=self.name)
        finished = False
        for event in raw.parse():
            for choice in event.choices or ():
                if choice.delta.content:
                    yield choice.delta.content
                finished = finished or choice.finish_reason is not None
                if choice.finish_reason == "length":
                    raise self._too_long()
            if event.usage is not None:
                used = Usage(
                    model=self.name,
                    input_tokens=event.usage.prompt_tokens,
                    output_tokens=event.usage.completion_tokens,
                )
        if not finished:
            raise self._cut_off()
        yield used

    def _unstreamed(self, raw: Any, kind: str) -> Iterator[str | Usage]:
        """Read an answer that came in one piece, from endpoints that do not stream."""
        body = raw.http_response.read().decode("utf-8", "replace")
        try:
            reply = raw.http_response.json()
            text = reply["choices"][0]["message"]["content"]
            usage = reply.get("usage") or {}
            whole = reply["choices"][0].get("finish_reason") != "length"
        except (ValueError, LookupError, TypeError):
            shown = " ".join(body.split())[:_SHOWN]
            raise self._no_answer(kind or "something", shown) from None
        if not whole:
            raise self._too_long()
        yield str(text or "")
        yield Usage(
            model=self.name,
            input_tokens=int(usage.get("prompt_tokens", 0)),
            output_tokens=int(usage.get("completion_tokens", 0)),
        )

    def _worded(self, error: Exception) -> ModelError:
        """Say what happened and what to do."""
        import openai  # noqa: PLC0415 - loaded already

        if isinstance(error, ModelError):
            return error
        if isinstance(error, openai.APITimeoutError):
            return self._too_slow()
        if isinstance(error, openai.APIStatusError):
            what, advice = _STATUS.get(
                error.status_code,
                (f"answered with the error {error.status_code}", "Try again later."),
            )
            return self._error(what, advice)
        if isinstance(error, openai.APIConnectionError):
            cause = error.__cause__ or error
            return self._error(
                f"could not be reached: {cause}",
                "Check that it runs and that base_url is right.",
            )
        return self._error(
            f"broke its answer off: {type(error).__name__}: {error}"[:300], "Ask again."
        )

    def _too_slow(self) -> ModelError:
        return self._error(
            f"did not answer within {self.seconds:g} s",
            "Raise chat_seconds, or choose a faster model.",
        )

    def _cut_off(self) -> ModelError:
        return self._error("cut its answer off in the middle", "Ask again.")

    def _too_long(self) -> ModelError:
        return self._error(
            "reached its limit of tokens before the answer was complete",
            "Raise the limit of the endpoint, or lower passages.",
        )

    def _no_answer(self, kind: str, shown: str) -> ModelError:
        return self._error(
            f"sent {kind} instead of an answer: {shown!r}",
            "Check that base_url is the API and not a web page; it mostly ends in /v1.",
        )

    def _error(self, what: str, advice: str) -> ModelError:
        return ModelError(
            f"The chat model {self.name!r} at {self.base_url} {what}. {advice}"
        )


_STATUS: Final = {
    301: ("redirects to another address", "Set base_url to where it really is."),
    302: ("redirects to another address", "Set base_url to where it really is."),
    307: ("redirects to another address", "Set base_url to where it really is."),
    308: ("redirects to another address", "Set base_url to where it really is."),
    400: ("refused the request", "Check the model's name and its context window."),
    401: ("refused the key", "Check the variable that api_key_env names."),
    403: ("does not allow this key to use it", "Check the key's permissions."),
    404: ("has no such model or path", "Check model and base_url."),
    429: ("refuses because of too many requests", "Wait, or check your quota."),
}
