"""Connections to endpoints: kept open between requests, and cut when nobody waits."""

import atexit
import contextlib
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

__all__ = [
    "IDLE_SECONDS",
    "Connection",
    "close_idle",
    "give_back",
    "take_connection",
]

_MOST_IDLE: Final = 8  # of one endpoint
_MOST_ENDPOINTS: Final = 32
IDLE_SECONDS: Final = 30.0


class Connection:
    """A client with one connection, for one request.

    Attributes:
        client: Sends requests.
        idle_since: When it was given back, on the monotonic clock.
    """

    def __init__(
        self, client: "httpx2.Client", *, opened: socket.socket | None = None
    ) -> None:
        self.client = client
        self._socket = opened
        self._cut = threading.Event()
        self._released = False
        self.idle_since = 0.0
        self._lock = threading.Lock()

    @property
    def is_cut(self) -> bool:
        """Whether it was cut: what it raises then is no failure of the endpoint."""
        return self._cut.is_set()

    def extensions(self) -> dict[str, Any]:
        """Return what a request has to carry, so that `cut` reaches it."""
        return {"trace": self._trace}

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            stream = info["return_value"]
            self._socket = stream.get_extra_info("socket")
            if self.is_cut:
                self.cut()

    def wait(self, seconds: float) -> bool:
        """Wait, and tell whether it was cut meanwhile."""
        return self._cut.wait(seconds)

    def cut(self) -> None:
        """End whatever goes on, at once, from any thread; the other end sees it.

        Nothing goes on once it was released: another request may be under way.
        """
        with self._lock:
            if self._released:
                return
            self._cut.set()
            if self._socket is not None:
                # Closing it would not wake a thread that waits for it.
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def release(self) -> "Connection | None":
        """End the request; return what the next one uses, None if this was cut."""
        with self._lock:
            if self.is_cut:
                return None
            self._released = True
            return Connection(self.client, opened=self._socket)


_idle: Final[OrderedDict[Hashable, list[Connection]]] = OrderedDict()
_lock: Final = threading.Lock()


def take_connection(
    key: Hashable, connect: "Callable[[], httpx2.Client]"
) -> Connection:
    """Return an idle connection of this process, or a new one.

    Args:
        key: The endpoint, with everything that a client of it is made of.
        connect: Makes a client.
    """
    with _lock:
        idle = _idle.get(key)
        if idle:
            return idle.pop()
    return Connection(connect())


def give_back(key: Hashable, connection: Connection) -> None:
    """Keep a connection for the next request, if there is room."""
    dropped: list[Connection] = []
    with _lock:
        idle = _idle.setdefault(key, [])
        _idle.move_to_end(key)
        kept = connection.release()
        if kept is None or len(idle) >= _MOST_IDLE:
            dropped.append(kept or connection)
        else:
            kept.idle_since = time.monotonic()
            idle.append(kept)
        dropped += _stale()
        while len(_idle) > _MOST_ENDPOINTS:
            dropped += _idle.popitem(last=False)[1]
    for each in dropped:
        each.client.close()


def _stale() -> list[Connection]:
    """Take out what nobody has used for so long that its server may have closed it."""
    until = time.monotonic() - IDLE_SECONDS
    stale = [c for group in _idle.values() for c in group if c.idle_since < until]
    for group in _idle.values():
        group[:] = [each for each in group if each.idle_since >= until]
    return stale


def close_idle() -> None:
    """Close all that nobody uses."""
    with _lock:
        idle = [each for group in _idle.values() for each in group]
        _idle.clear()
    for each in idle:
        each.client.close()


atexit.register(close_idle)
