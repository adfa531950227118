"""An address that the configuration names, and what can go wrong on the way there."""

import email.utils
import json
import math
import queue
import random
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Final

from typing_extensions import override

from erya.addresses import COVER, cover_secrets
from erya.errors import ModelError
from erya.models.connections import (
    IDLE_SECONDS,
    Connection,
    give_back,
    take_connection,
)
from erya.unpacking import unpack

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping

    import httpx2

__all__ = ["Endpoint", "ReachedModel", "RefusedError"]

_CONNECT_SECONDS: Final = 10.0
_PAUSES: Final = (0.5, 1.0, 2.0)  # seconds before each further try, and a quarter
_MOST_BYTES: Final = 64_000_000  # of an answer; vectors of 64 texts take 5 MB as JSON
_MOST_SAID: Final = 20_000  # bytes of a refusal that are read
_LEAST_KEY: Final = 6  # characters: shorter ones are made up, and stand in words
_SAID_SHOWN: Final = 200  # characters of it that are shown
_TRIED_AGAIN: Final = frozenset((408, 409, 429, 500, 502, 503, 504, 529))


class RefusedError(ModelError):
    """An endpoint refuses a request.

    Attributes:
        status: The HTTP status.
        server_message: Its own words; often empty.
    """

    def __init__(
        self, message: str, *, reader_message: str, status: int, server_message: str
    ) -> None:
        """Keep the status and the message of the endpoint."""
        super().__init__(message, reader_message=reader_message)
        self.status = status
        self.server_message = server_message


@cache
def _tls() -> "ssl.SSLContext":
    """Return what connections are trusted by; reading the roots takes some 20 ms."""
    import httpx2  # noqa: PLC0415 - only needed where there is an endpoint

    return httpx2.create_ssl_context(trust_env=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a model is reached.

    Attributes:
        kind: What it is, for errors: "chat model".
        name: What the user calls it.
        base_url: The endpoint, mostly ending in `/v1`.
        api_key: The key; empty where none is wanted.
        seconds: The longest that a request may take, retries included.
        proxy: The proxy to reach it through; empty goes there directly.
    """

    kind: str
    name: str
    base_url: str
    api_key: str
    seconds: float
    proxy: str

    def connect(self) -> Connection:
        """Return a connection, kept from an earlier request or new: for `using`.

        Raises:
            ModelError: The address or the proxy is none, or the key cannot be sent.
        """
        return take_connection(self, self._client)

    @contextmanager
    def using(self, connection: Connection) -> "Iterator[None]":
        """Keep a connection after what is done with it, or close it if that failed."""
        try:
            yield
        except BaseException:
            connection.client.close()
            raise
        give_back(self, connection)

    def _client(self) -> "httpx2.Client":
        """Return a client for one request at a time.

        Raises:
            ModelError: The address or the proxy is none, or the key cannot be sent.
        """
        import httpx2  # noqa: PLC0415 - only needed where there is an endpoint

        headers = {"User-Agent": "erya", "Accept-Encoding": "identity"}
        key = self.api_key.strip()
        if any(not "!" <= sign <= "~" for sign in key):
            what = "was not asked: its key holds signs that no header carries"
            raise self.error(
                what,
                "Check the variable that api_key_env names.",
            )
        if key:
            headers["Authorization"] = f"Bearer {key}"
        try:
            # Passages go to the address that was configured and to no other: not where
            # an answer redirects to, and not to a proxy that the environment names.
            return httpx2.Client(
                headers=headers,
                follow_redirects=False,
                trust_env=False,
                verify=_tls(),
                proxy=self.proxy or None,
                timeout=httpx2.Timeout(self.seconds, connect=_CONNECT_SECONDS),
                limits=httpx2.Limits(max_connections=1, keepalive_expiry=IDLE_SECONDS),
            )
        except (httpx2.InvalidURL, ValueError) as error:
            what = "cannot be reached through its proxy"
            raise self.error(
                what,
                "Check the proxy's address.",
                detail=f"{cover_secrets(self.proxy)}: {cover_secrets(str(error))}",
            ) from None

    def send(
        self,
        connection: Connection,
        path: str,
        body: "Mapping[str, Any] | None" = None,
    ) -> "httpx2.Response":
        """Send `body` as JSON, again if need be, and return the answer as it begins.

        An endpoint that is busy or broken is asked again after a pause, or when it
        says with Retry-After, unless the time would be over by then.

        Args:
            connection: From `connect`; cutting it ends the answer.
            path: What follows `base_url`, from the slash.
            body: What to ask; None only gets what is there.

        Raises:
            ModelError: The endpoint refuses.
            httpx2.ReadError: It was cut while it waited.
            httpx2.TransportError: It cannot be reached.
        """
        import httpx2  # noqa: PLC0415 - loaded already

        deadline = time.monotonic() + self.seconds
        url = httpx2.URL(self.base_url)
        url = url.copy_with(path=url.path.rstrip("/") + path)  # a query of it stays
        pauses = iter(_PAUSES)
        while True:
            pause = next(pauses, math.inf) * random.uniform(1.0, 1.25)  # noqa: S311
            request = connection.client.build_request(
                "GET" if body is None else "POST",
                url,
                json=body,
                extensions=connection.extensions(),
            )
            try:
                response = connection.client.send(request, stream=True)
            except httpx2.TransportError:
                if connection.is_cut or time.monotonic() + pause >= deadline:
                    raise
            else:
                if response.is_success:
                    return self._bound(response)
                message = self.cover(_words_of(response))[:_SAID_SHOWN]
                response.close()
                advised = _seconds_to_wait(response.headers.get("Retry-After", ""))
                pause = max(pause, advised)
                final = response.status_code not in _TRIED_AGAIN
                if final or time.monotonic() + pause >= deadline:
                    raise self._refusal(response.status_code, message)
            if connection.wait(pause):
                what = "nobody waits for the answer any more"
                raise httpx2.ReadError(what)

    def _bound(self, response: "httpx2.Response") -> "httpx2.Response":
        """Return a response that ends with an error where it does not end itself.

        What comes packed, unasked, is unpacked here, piece by piece: a bomb would be
        unpacked before it could be counted.

        Raises:
            ModelError: It is packed in a way that was not asked for and is not known.
        """
        encoding = self.cover(response.headers.get("Content-Encoding", "identity"))
        packed = encoding.strip().lower()
        if packed not in {"identity", "gzip", "x-gzip", "deflate"}:
            response.close()
            what = "sent an answer packed in a way that was not asked for"
            raise self.error(what, "Let it send plain text.", detail=repr(packed)[:40])
        if packed != "identity":
            del response.headers["Content-Encoding"]
        response.stream = _bound_stream(
            response.stream, self._too_much, packed=packed != "identity"
        )
        return response

    def _too_much(self) -> ModelError:
        return self.error(
            f"said more than {_MOST_BYTES // 1_000_000} MB", "Choose another model."
        )

    def request(self, path: str, body: "Mapping[str, Any] | None" = None) -> bytes:
        """Return the whole answer to `body`, or what is there, if it comes in time.

        Raises:
            ModelError: The endpoint cannot be reached, refuses, or is too slow.
        """
        arrived: queue.Queue[bytes | Exception] = queue.Queue()
        connection = self.connect()

        def exchange() -> None:
            try:
                with self.using(connection):
                    answer = self.send(connection, path, body).read()
                arrived.put(answer)
            except Exception as error:  # noqa: BLE001 - carried to the caller's thread
                arrived.put(error)

        # In a thread: a server that sends a byte now and then satisfies every timeout
        # of a client, but not this clock.
        threading.Thread(target=exchange, daemon=True).start()
        try:
            answer = arrived.get(timeout=self.seconds)
        except BaseException as error:
            connection.cut()
            if isinstance(error, queue.Empty):
                raise self.too_slow() from None
            raise
        if isinstance(answer, Exception):
            raise self.describe_error(answer) from answer
        return answer

    def describe_error(self, error: Exception) -> ModelError:
        """Say what happened and what to do."""
        import httpx2  # noqa: PLC0415 - loaded already

        if isinstance(error, ModelError):
            return error
        unreached = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError)
        if isinstance(error, (*unreached, httpx2.UnsupportedProtocol)):
            return self.error(
                "could not be reached",
                "Check that it runs and that base_url is right.",
                detail=str(error) or type(error).__name__,
            )
        if isinstance(error, httpx2.TimeoutException):
            return self.too_slow()
        return self.error(
            "broke its answer off",
            "Ask again.",
            detail=self.cover(f"{type(error).__name__}: {error}")[:_SAID_SHOWN],
        )

    def _refusal(self, status: int, server_message: str) -> "RefusedError":
        what, advice = _STATUS.get(
            status, (f"answered with the error {status}", "Try again later.")
        )
        detail = f"it says {server_message!r}" if server_message else ""
        error = self.error(what, advice, detail=detail)
        return RefusedError(
            str(error),
            reader_message=error.reader_message,
            status=status,
            server_message=server_message,
        )

    def too_slow(self, seconds: float | None = None) -> ModelError:
        """Return the error for a reply that did not come in time.

        Args:
            seconds: What it had; None says what is configured.
        """
        had = self.seconds if seconds is None else seconds
        return self.error(
            f"did not answer within {had:.3g} s",
            f"Raise {self.kind.split()[0]}_seconds, or choose a faster model.",
        )

    def cover(self, text: str) -> str:
        """Cover the key in what a server says: some repeat what they refuse.

        Before anything is cut off: of half a key nobody knows that it is one.
        """
        key = self.api_key.strip()
        return text.replace(key, COVER) if len(key) >= _LEAST_KEY else text

    def error(self, what: str, advice: str, *, detail: str = "") -> ModelError:
        """Return an error that names the model and its address.

        Args:
            what: What happened, as the end of a sentence; a reader may see it.
            advice: What whoever runs Erya can do.
            detail: What a program or the server said of it, never for a reader.
        """
        reason = self.cover(f"{what}: {detail}" if detail else what)
        what = self.cover(what)
        where, reason = cover_secrets(self.base_url), cover_secrets(reason)
        return ModelError(
            f"The {self.kind} {self.name!r} at {where} {reason}. {advice}",
            reader_message=f"The {self.kind} {self.name!r} {what}.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachedModel:
    """What models behind a base URL have in common.

    Attributes:
        name: What the user calls it.
        base_url: The endpoint, mostly ending in `/v1`.
        model: What the endpoint calls it.
        api_key: The key; empty where none is wanted.
        seconds: The longest a request may take, retries included.
        proxy: The proxy to reach it through; empty goes there directly.
    """

    _kind: ClassVar[str]

    name: str
    base_url: str
    model: str
    api_key: str = ""
    seconds: float = 120.0
    proxy: str = ""

    @property
    def _endpoint(self) -> Endpoint:
        return Endpoint(
            kind=self._kind,
            name=self.name,
            base_url=self.base_url,
            api_key=self.api_key,
            seconds=self.seconds,
            proxy=self.proxy,
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


def _bound_stream(
    stream: Any, too_much: "Callable[[], ModelError]", *, packed: bool
) -> Any:
    """Return a stream that raises where it is longer than an answer may be."""
    import httpx2  # noqa: PLC0415 - loaded already

    class Bounded(httpx2.SyncByteStream):
        @override
        def __iter__(self) -> "Iterator[bytes]":
            left = _MOST_BYTES
            plain = unpack(stream, most_bytes=_MOST_BYTES) if packed else stream
            for part in plain:
                left -= len(part)
                if left < 0:
                    raise too_much()
                yield part

        @override
        def close(self) -> None:
            stream.close()

    return Bounded()


def _words_of(response: "httpx2.Response") -> str:
    """Return what an endpoint says of a refusal, in a line; empty if nothing."""
    import httpx2  # noqa: PLC0415 - loaded already

    body = b""
    try:
        for part in response.iter_bytes():
            body += part
            if len(body) > _MOST_SAID:
                break
        reply = json.loads(body)
        error = reply.get("error", reply)
        message = (
            error if isinstance(error, str) else error.get("message") or error["detail"]
        )
    except (
        httpx2.HTTPError, AttributeError, LookupError, RecursionError, TypeError,
        ValueError,
    ):  # fmt: skip
        return ""
    text = "".join(sign if sign.isprintable() else " " for sign in str(message))
    return " ".join(text.split())


def _seconds_to_wait(retry_after: str) -> float:
    """Return the seconds that a Retry-After header names, 0 if it names none."""
    try:
        return float(retry_after)
    except ValueError:
        pass
    try:
        then = email.utils.parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    return then.timestamp() - time.time()
