"""An address that the configuration names, and what can go wrong on the way there."""

import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from erya.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable

    import openai

__all__ = ["Endpoint"]

Reply = TypeVar("Reply")

_CONNECT_SECONDS: Final = 10.0
_RETRIES: Final = 3  # the client waits with jitter, and as long as Retry-After says
_NO_KEY: Final = "none"  # local servers want none, and the client wants something


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

    def client(self) -> "openai.OpenAI":
        """Return a client. It has to be closed."""
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

    def request(self, send: "Callable[[openai.OpenAI], Reply]") -> Reply:
        """Return what `send` gets from the endpoint, unless it takes too long.

        Raises:
            ModelError: The endpoint cannot be reached, refuses, or is too slow.
        """
        arrived: queue.Queue[Reply | Exception] = queue.Queue()
        client = self.client()

        def exchange() -> None:
            try:
                arrived.put(send(client))
            except Exception as error:  # noqa: BLE001 - carried to the caller's thread
                arrived.put(error)

        # In a thread: a server that sends a byte now and then satisfies every timeout
        # of a client, but not this clock.
        threading.Thread(target=exchange, daemon=True).start()
        try:
            found = arrived.get(timeout=self.seconds)
        except queue.Empty:
            raise self.too_slow() from None
        finally:
            client.close()
        if isinstance(found, Exception):
            raise self.worded(found) from found
        return found

    def worded(self, error: Exception) -> ModelError:
        """Say what happened and what to do."""
        import openai  # noqa: PLC0415 - loaded already

        if isinstance(error, ModelError):
            return error
        if isinstance(error, openai.APITimeoutError):
            return self.too_slow()
        if isinstance(error, openai.APIStatusError):
            what, advice = _STATUS.get(
                error.status_code,
                (f"answered with the error {error.status_code}", "Try again later."),
            )
            return self.error(what, advice)
        if isinstance(error, openai.APIConnectionError):
            cause = error.__cause__ or error
            return self.error(
                f"could not be reached: {cause}",
                "Check that it runs and that base_url is right.",
            )
        return self.error(
            f"broke its answer off: {type(error).__name__}: {error}"[:300], "Ask again."
        )

    def too_slow(self) -> ModelError:
        """Return the error for a reply that did not come in time."""
        return self.error(
            f"did not answer within {self.seconds:g} s",
            f"Raise {self.kind.split()[0]}_seconds, or choose a faster model.",
        )

    def error(self, what: str, advice: str) -> ModelError:
        """Return an error that names the model and its address."""
        return ModelError(
            f"The {self.kind} {self.name!r} at {self.base_url} {what}. {advice}"
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
