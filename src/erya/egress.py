"""The only module that opens sockets to addresses that come from data.

An address is parsed once, its host is looked up once, every address that the host has
must be public, and the connection goes to the one that was checked. Each redirect is an
address like any other. There are no cookies, no proxies, no passwords in addresses, and
no compression that could be a bomb.
"""

import contextlib
import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

from typing_extensions import override

from erya.errors import FetchError
from erya.unpacking import unpack

__all__ = ["Fetched", "canonical", "fetch"]

_PORTS: Final = {"http": 80, "https": 443}
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_MOST_REDIRECTS: Final = 5
_AGENT: Final = "Erya/0.1 (documents of a team's own; honours robots.txt)"
_BLOCK: Final = 1 << 16
_DOTS: Final = re.compile("%2e", re.IGNORECASE)
_SAFE: Final = "/%:@!$&'()*+,;=~-._?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What an address gave.

    Attributes:
        url: Where it was in the end, after redirects.
        status: The status of HTTP.
        data: The body; empty with 304.
        headers: The headers, their names in small letters.
    """

    url: str
    status: int
    data: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def fetch(
    url: str,
    *,
    most_bytes: int,
    seconds: float,
    headers: Mapping[str, str] | None = None,
    private_hosts: frozenset[str] = frozenset(),
    follows: Callable[[str], bool] = lambda _: True,
) -> Fetched:
    """Fetch an address.

    Args:
        url: An address of http or https.
        most_bytes: The largest body that is read.
        seconds: How long all of it may take, redirects included.
        headers: Sent beside those that every request has.
        private_hosts: Hosts whose addresses need not be public, because the
            configuration names them.
        follows: Tells whether to go on to where an address redirects; if not, that is
            what was fetched.

    Raises:
        FetchError: The address is no such, is not public, cannot be reached in time,
            breaks off, or gives more than may be read.
    """
    until = time.monotonic() + seconds
    url = canonical(url)
    for _ in range(_MOST_REDIRECTS + 1):
        found = _once(
            urlsplit(url),
            most_bytes=most_bytes,
            until=until,
            headers=headers or {},
            private_hosts=private_hosts,
        )
        target = found.headers.get("location")
        if found.status not in _REDIRECTS or not target:
            return found
        try:
            url = canonical(urljoin(url, target))
        except ValueError as error:
            msg = f"{url} redirects to what is no address: {error}"
            raise FetchError(msg, code="bad_url") from None
        if not follows(url):
            return found
    msg = f"{url} redirects more than {_MOST_REDIRECTS} times."
    raise FetchError(msg, code="redirects")


def canonical(url: str) -> str:
    """Return an address in its one form: small letters in the host, no fragment.

    Raises:
        FetchError: It is no address of http or https, or holds a user or password.
    """
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = parts.port
    except (ValueError, UnicodeError) as error:
        msg = f"{url!r} is no address: {error}"
        raise FetchError(msg, code="bad_url") from None
    if parts.scheme not in _PORTS or not host or parts.username or parts.password:
        msg = f"{url!r} is no address of http or https without a user in it."
        raise FetchError(msg, code="bad_url")
    shown = f"[{host}]" if ":" in host else host
    if port is not None and port != _PORTS[parts.scheme]:
        shown += f":{port}"
    path = _without_dots(quote(parts.path or "/", safe=_SAFE))
    query = quote(parts.query, safe=_SAFE)
    return urlunsplit(SplitResult(parts.scheme, shown, path, query, ""))


def _without_dots(path: str) -> str:
    """Take `.` and `..` out of a path (RFC 3986, 5.2.4), however they are written."""
    steps: list[str] = []
    parts = path.split("/")[1:]
    for step in parts:
        plain = _DOTS.sub(".", step)
        if plain == "..":
            del steps[-1:]
        elif plain != ".":
            steps.append(step)
    last = _DOTS.sub(".", parts[-1]) if parts else ""
    return "/" + "/".join(steps) + ("/" if last in {".", ".."} and steps else "")


def _once(
    parts: SplitResult,
    *,
    most_bytes: int,
    until: float,
    headers: Mapping[str, str],
    private_hosts: frozenset[str],
) -> Fetched:
    url, host = urlunsplit(parts), parts.hostname or ""
    port = parts.port or _PORTS[parts.scheme]
    address = _checked(host, port, allowed=host in private_hosts)
    path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    sent = {"User-Agent": _AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
    try:
        with _connected(parts, address, port=port, until=until) as connection:
            connection.request("GET", path, headers={**sent, **headers})
            with connection.getresponse() as response:
                told = {name.lower(): value for name, value in response.getheaders()}
                data = _body(response, url, most_bytes=most_bytes, until=until)
                packed = told.get("content-encoding", "")
                data = _plain(data, packed, url, most_bytes=most_bytes)
    except (OSError, ValueError, http.client.HTTPException) as error:
        if time.monotonic() > until:
            msg = f"{url} took too long."
            raise FetchError(msg, code="timeout") from None
        msg = f"{url} cannot be reached: {str(error) or type(error).__name__}."
        raise FetchError(msg, code="unreachable") from None
    return Fetched(url=url, status=response.status, data=data, headers=told)


def _checked(host: str, port: int, *, allowed: bool) -> str:
    """Return an address of a host, all of whose addresses are public.

    Raises:
        FetchError: The host has no address, or one that is not public.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        msg = f"The host {host!r} is not known: {error}."
        raise FetchError(msg, code="unreachable") from None
    addresses = [str(each[4][0]) for each in found]
    for address in addresses:
        if not allowed and not _is_public(address):
            msg = (
                f"The host {host!r} has the address {address}, which is not public. If "
                "it is a site of your own network, allow that: --private, or private "
                "= true of a source."
            )
            raise FetchError(msg, code="not_public")
    return addresses[0]


def _plain(data: bytes, packed: str, url: str, *, most_bytes: int) -> bytes:
    """Undo the packing that a server has chosen although it was not asked to.

    Raises:
        FetchError: It is of an unknown kind, damaged, or a bomb.
    """
    kind = packed.strip().lower()
    if kind in {"", "identity"} or not data:
        return data
    if kind not in {"gzip", "x-gzip", "deflate"}:
        msg = (
            f"{url} came packed with {kind[:20]!r}, which was not asked for. "
            "Save the page, and ingest the file."
        )
        raise FetchError(msg, code="packed")
    try:
        return b"".join(unpack([data], most_bytes=most_bytes))
    except ValueError as error:
        msg = f"{url} came packed with {kind[:20]!r}: {error}."
        raise FetchError(msg, code="packed") from None


def _is_public(address: str) -> bool:
    told = ipaddress.ip_address(address.partition("%")[0])
    if any(told in network for network in _NOT_PUBLIC):
        return False
    if isinstance(told, ipaddress.IPv6Address):
        # What carries an address of IPv4 may lead inside, where it is translated.
        carries = told.teredo is not None or told.sixtofour is not None
        return told in _UNICAST and told.is_global and not carries
    return told.is_global and not told.is_multicast


# What Python 3.11 takes for public: documentation (RFC 9637), segment routing (RFC
# 9602), protocol assignments, relays (RFC 6890, 7526), and a host of Azure's machines.
_NOT_PUBLIC: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            "3fff::/20", "5f00::/16", "2001::/23", "192.0.0.0/24", "192.88.99.0/24",
            "168.63.129.16/32",
        ),
    )
)  # fmt: skip
_UNICAST: Final = ipaddress.IPv6Network("2000::/3")  # all that is assigned (RFC 4291)


class _Connection(http.client.HTTPConnection):
    """Connects to the address that was checked, under the name of the host."""

    def __init__(
        self, parts: SplitResult, address: str, *, port: int, seconds: float
    ) -> None:
        super().__init__(parts.hostname or "", port, timeout=seconds)
        self._address = address
        self._secure = parts.scheme == "https"

    def abort(self) -> None:
        """End what is under way, from another thread."""
        if self.sock is not None:
            with contextlib.suppress(OSError):  # it has ended by itself
                self.sock.shutdown(socket.SHUT_RDWR)

    @override
    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)


@contextmanager
def _connected(
    parts: SplitResult, address: str, *, port: int, until: float
) -> Iterator[_Connection]:
    seconds = max(until - time.monotonic(), 0.1)
    connection = _Connection(parts, address, port=port, seconds=seconds)
    # A server that sends a byte now and then never lets a read time out by itself.
    watch = threading.Timer(seconds, connection.abort)
    watch.daemon = True
    watch.start()
    try:
        yield connection
    finally:
        watch.cancel()
        connection.close()


def _body(
    response: http.client.HTTPResponse, url: str, *, most_bytes: int, until: float
) -> bytes:
    """Read a body within the limits.

    Raises:
        FetchError: It is longer, takes longer, or breaks off.
    """
    blocks: list[bytes] = []
    # What is announced of the body; of an answer without one that is nothing.
    size = due = response.length or 0
    if due <= most_bytes:
        size = 0
        while block := response.read1(_BLOCK):
            blocks.append(block)
            size += len(block)
            if size > most_bytes or time.monotonic() > until:
                break
    if size > most_bytes:
        msg = f"{url} has more than {most_bytes:,} bytes."
        raise FetchError(msg, code="too_large")
    if time.monotonic() > until:
        msg = f"{url} took too long."
        raise FetchError(msg, code="timeout")
    if size < due:
        msg = f"{url} broke off after {size:,} of {due:,} bytes."
        raise FetchError(msg, code="broken_off")
    return b"".join(blocks)
