"""A web site as a source: one host, politely, and only what has changed."""

import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from html import unescape
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import urljoin, urlsplit

from protego import Protego
from typing_extensions import override

from erya import egress
from erya.config import WEB_DELAY, WEB_PAGES
from erya.errors import FetchError, UsageError
from erya.records import Item, Problem, Unchanged, is_under
from erya.sources.base import NOTHING_KNOWN, Known, Source
from erya.unpacking import unpack

__all__ = ["WebSource"]

_AGENT: Final = "Erya"
_ROBOTS_BYTES: Final = 5_000_000  # ten times what RFC 9309 asks to read at least
_SITEMAP_BYTES: Final = 50_000_000  # as sitemaps.org allows
_MOST_SITEMAPS: Final = 50
_MOST_FAILED: Final = 10  # pages in a row that cannot be read: the site is down
_DOWN: Final = frozenset(("unreachable", "timeout"))
_AHEAD: Final = 4  # times as many addresses as pages: some lead to the same page
_LOOKED_AT: Final = 5_000_000  # bytes of a page that are looked through for links
_MOST_LINKS: Final = 5_000
_MOST_WAIT: Final = 30.0  # seconds: longer delays of robots.txt are not waited for
_GONE: Final = (404, 410)
_LOCATIONS: Final = re.compile(
    r"<loc>\s*(?:<!\[CDATA\[\s*)?([^<\s\]]{1,2000})\s*(?:\]\]>\s*)?</loc>",
    re.IGNORECASE,
)
_ADDRESS_LINE: Final = re.compile(
    r"^[ \t\r]*(https?://\S{1,2000})[ \t\r]*$", re.MULTILINE
)
_GZIP: Final = b"\x1f\x8b"
# Nothing of a tag goes past the next one: a page of beginnings costs no more.
_HREF: Final = r"[^<>]{0,500}?\bhref\s*=\s*[\"']?([^\"'\s<>]{1,2000})"
_LINKS: Final = re.compile(rf"<a\s{_HREF}", re.IGNORECASE)
_FRAMES: Final = re.compile(
    r"<i?frame\s[^<>]{0,500}?\bsrc\s*=\s*[\"']?([^\"'\s<>]{1,2000})", re.IGNORECASE
)
# A page that sends its reader on.
_REFRESH: Final = re.compile(
    r"<meta\s(?=[^<>]{0,300}http-equiv\s*=\s*[\"']?refresh\b)"
    r"[^<>]{0,500}?\burl\s*=\s*['\"]?([^\"'\s<>]{1,2000})",
    re.IGNORECASE,
)
_BASE: Final = re.compile(rf"<base\s{_HREF}", re.IGNORECASE)
_CANONICAL: Final = re.compile(
    rf"<link\s(?=[^<>]{{0,300}}rel\s*=\s*[\"']?canonical\b){_HREF}", re.IGNORECASE
)
_COMMENTS: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_FIRST: Final = re.compile(r"(?:index|default|home|readme|toc)\b", re.IGNORECASE)
_NO_DOCUMENTS: Final = frozenset(
    (".css", ".js", ".ico", ".woff", ".woff2", ".ttf", ".mp3", ".mp4", ".webm", ".svg",
     ".png", ".jpg", ".jpeg", ".gif", ".webp", ".exe", ".iso", ".dmg")
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class WebSource(Source):
    """Offers the pages of a site below an address: of its sitemap, or by their links.

    Pages are told apart by their canonical addresses, where a page is there. From an
    address of one page what it leads to is read, and nothing else is taken for gone.
    robots.txt is honoured, and its
    delay, if it asks for no more than 30 s.

    Attributes:
        url: Where to begin; nothing outside of its folder is fetched.
        pages: How many pages at most.
        delay: Seconds between two requests.
        page_bytes: The largest page.
        page_seconds: How long one may take.
        site_bytes: What all pages together may come to.
        site_seconds: How long all of it may take, the waiting included.
        private: Whether the host may have an address that is not public.
        sleep: Waits; of a test.
    """

    url: str
    pages: int = WEB_PAGES
    delay: float = WEB_DELAY
    page_bytes: int = 100_000_000
    page_seconds: float = 60.0
    site_bytes: int = 4_000_000_000
    site_seconds: float = 86_400.0
    private: bool = False
    sleep: Callable[[float], None] = time.sleep
    _root: str = field(init=False)
    _begins: bool = field(init=False)
    _complete: bool = field(default=False, init=False)
    _doubtful: bool = field(default=False, init=False)
    _waiting: "_Waiting" = field(init=False, repr=False)
    _elsewhere: dict[str, str] = field(default_factory=dict, init=False, repr=False)
    _robots: Protego = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the address.

        Raises:
            UsageError: It is none.
        """
        try:
            self.url = egress.canonical(self.url)
        except FetchError as error:
            raise UsageError(str(error)) from None
        parts = urlsplit(self.url)
        path = parts.path
        last = PurePosixPath(path)
        page = bool(last.suffix) and not path.endswith("/")
        folder = str(last.parent) if page else path
        self._begins = not page or _FIRST.match(last.name) is not None
        self._root = f"{parts.scheme}://{parts.netloc}{folder}".rstrip("/")
        self._robots = Protego.parse("")
        self._waiting = _Waiting(0)

    @property
    @override
    def roots(self) -> tuple[str, ...]:
        """The folder of the address."""
        return (self._root,)

    @override
    def complete(self, root: str) -> bool:
        """Tell whether every page could be reached, and there were not too many.

        From a page that is not the first of its folder others may not be reached.
        """
        return self._complete and self._begins and root == self._root

    @override
    def items(
        self, known: Known = NOTHING_KNOWN
    ) -> Iterator[Item | Problem | Unchanged]:
        """Yield each page that is new or may have changed, and the others as unchanged.

        Raises:
            UsageError: The site cannot be reached at all.
        """
        self._complete, self._doubtful = True, False
        self._elsewhere = {}
        self._robots = self._rules()
        waiting = self._waiting = _Waiting(self.pages * _AHEAD)
        waiting.add([self.url])
        for sitemap, urls in self._list_sitemaps():
            waiting.add(filter(self._is_inside, urls), named_by=sitemap)
        offered: set[str] = set()
        answered: set[str] = set()  # addresses that gave a page, and the pages'
        failed = 0  # one after the other
        spent, began = 0, time.monotonic()
        for count, url in enumerate(self._addresses(known)):
            over = self._over(count, spent, time.monotonic() - began)
            if over:
                yield self._stop("too_many", over)
                return
            result, links = self._page(url, known)
            waiting.add(filter(self._is_inside, links), named_by=url)
            down = isinstance(result, Problem) and result.code in _DOWN
            failed = failed + 1 if down else 0
            spent += len(result.data) if isinstance(result, Item) else 0
            if result is not None and not isinstance(result, Problem):
                answered |= {url, result.source}
            if result is not None and result.source not in offered:
                offered.add(result.source)
                yield result
            if failed >= _MOST_FAILED:
                yield self._stop(
                    "outage",
                    f"{failed} pages one after the other could not be read. The others "
                    "stay as they are: try again later.",
                )
                return
        yield from self._without_canonical(known, answered)
        if waiting.full:
            message = "The site names more pages than can be looked at: raise pages."
            yield self._stop("too_many", message)

    def _over(self, pages: int, spent: int, seconds: float) -> str:
        """Return which limit a site is over, in words; empty if it is over none."""
        if pages >= self.pages:
            return f"The site has more than {self.pages:,} pages: raise pages."
        if spent > self.site_bytes:
            return (
                f"Its pages came to more than {self.site_bytes:,} bytes; the others "
                "stay as they are. Name a folder of the site instead."
            )
        if seconds > self.site_seconds:
            return (
                f"It took longer than {self.site_seconds:,.0f} s; the others stay as "
                "they are. Name a folder of the site instead."
            )
        return ""

    def _addresses(self, known: Known) -> Iterator[str]:
        """Yield what is listed or linked to, each address once, while it is found.

        If something could not be read, it may be all that leads to pages which were
        known: those are asked for as well. What is missing then is gone.
        """
        yield from self._waiting
        if self._doubtful and self._complete:
            self._waiting.add(filter(self._is_inside, known), is_known=True)
            yield from self._waiting

    def _without_canonical(
        self, known: Known, answered: set[str]
    ) -> Iterator[Item | Problem | Unchanged]:
        """Yield pages under their own addresses whose canonical ones give no page."""
        for own, url in self._elsewhere.items():
            if answered.isdisjoint((own, url)):
                result, _ = self._page(url, known, canonical=False)
                if result is not None:
                    answered |= {url, result.source}
                    yield result

    def _stop(self, code: str, message: str) -> Problem:
        self._complete = False
        return _problem(self._root, code, message)

    def _is_inside(self, url: str) -> bool:
        inside = is_under(url, self._root) or url.rstrip("/") == self._root
        suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
        return inside and suffix not in _NO_DOCUMENTS

    def _page(
        self, url: str, known: Known, *, canonical: bool = True
    ) -> tuple[Item | Problem | Unchanged | None, list[str]]:
        """Fetch a page; return it, and the addresses that it links to."""
        if not self._robots.can_fetch(url, _AGENT):
            message = "robots.txt asks not to read it."
            return Problem(source=url, code="robots", message=message, failed=False), []
        before = known.get(url, {})
        headers = {
            header: before[name]
            for name, header in (
                ("etag", "If-None-Match"),
                ("last_modified", "If-Modified-Since"),
            )
            if name in before
        }
        self.sleep(self._wait())
        try:
            response = self._fetch(
                url,
                most_bytes=self.page_bytes,
                headers=headers,
                follows=self._may_read,
            )
        except FetchError as error:
            self._doubtful = True
            self._complete = self._complete and url != self.url
            return _problem(url, error.code, str(error)), []
        if response.status == 304:
            links = before.get("links", "").split()
            return Unchanged(url), links
        if response.status == 200:
            return self._read(response, canonical=canonical)
        return self._explain_refusal(url, response), []

    def _explain_refusal(self, url: str, response: egress.Fetched) -> Problem | None:
        """Return what to say of an answer that is no page."""
        target = response.headers.get("location", "")
        if response.status in _GONE and url != self.url:
            named_by = self._waiting.named_by(url)
            message = f"It is not there ({response.status}), but {named_by} names it."
            return (
                Problem(
                    source=url,
                    code="dead_link",
                    message=message,
                    failed=False,
                    gone=True,
                )
                if named_by
                else None
            )
        if target and url != self.url:
            return None  # it redirects to where nothing is asked for
        self._doubtful = True
        if url == self.url:
            self._complete = False  # then nothing is known of the others
        message = f"The server said {response.status}."
        if target:
            message = f"It redirects to {target}: name that address instead."
        code = "unreachable" if response.status >= 500 else "refused"
        return _problem(url, code, message)

    def _is_of_host(self, url: str) -> bool:
        return _same_host(url, self.url)

    def _may_read(self, url: str) -> bool:
        return self._is_inside(url) and self._robots.can_fetch(url, _AGENT)

    def _read(
        self, response: egress.Fetched, *, canonical: bool
    ) -> tuple[Item | None, list[str]]:
        text = response.data[:_LOOKED_AT].decode("utf-8", "replace")
        text = _COMMENTS.sub("", text) if _is_html(response) else ""
        tag = _BASE.search(text)
        base = urljoin(response.url, unescape(tag[1])) if tag else response.url
        links = list(
            dict.fromkeys(
                link
                for match in islice(_find_links(text), _MOST_LINKS)
                if (link := _absolute(base, match[1])) and self._is_inside(link)
            )
        )
        if canonical and (tag := _CANONICAL.search(text)):
            own = _absolute(base, tag[1])
            if own is not None and own != response.url and self._is_inside(own):
                # The same under another name: that is read, if a page is there.
                self._elsewhere.setdefault(own, response.url)
                return None, [own, *links]
        validators = {
            name: response.headers[header]
            for name, header in (("etag", "etag"), ("last_modified", "last-modified"))
            if header in response.headers
        }
        if validators:
            validators["links"] = " ".join(links)
        item = Item(
            source=response.url,
            data=response.data,
            validators=validators,
            name=_name_of(response),
        )
        return item, links

    def _fetch(
        self,
        url: str,
        *,
        most_bytes: int,
        headers: dict[str, str] | None = None,
        follows: Callable[[str], bool] = lambda _: True,
    ) -> egress.Fetched:
        host = urlsplit(self.url).hostname or ""
        return egress.fetch(
            url,
            most_bytes=most_bytes,
            seconds=self.page_seconds,
            headers=headers,
            private_hosts=frozenset({host} if self.private else ()),
            follows=follows,
        )

    def _rules(self) -> Protego:
        """Read robots.txt; where there is none, everything may be read.

        Raises:
            UsageError: The host cannot be reached, or is not public.
        """
        try:
            response = self._fetch(
                urljoin(self.url, "/robots.txt"),
                most_bytes=_ROBOTS_BYTES,
                follows=self._is_of_host,
            )
        except FetchError as error:
            msg = f"robots.txt cannot be read, so that nothing may be: {error}"
            if error.code in {"not_public", "unreachable"}:
                msg = str(error)
            raise UsageError(msg) from None
        if response.status >= 500:  # as RFC 9309 asks: then nothing may be read
            msg = f"{response.url} gives {response.status}; try again later."
            raise UsageError(msg)
        text = (
            response.data.decode("utf-8", "replace") if response.status == 200 else ""
        )
        return Protego.parse(text)

    def _wait(self) -> float:
        crawl_delay = float(self._robots.crawl_delay(_AGENT) or 0.0)
        return max(self.delay, min(crawl_delay, _MOST_WAIT))

    def _list_sitemaps(self) -> Iterator[tuple[str, Iterable[str]]]:
        """Yield each sitemap, also of those that others name, with its addresses."""
        waiting = deque(
            list(self._robots.sitemaps) or [urljoin(self._root, "/sitemap.xml")]
        )
        read: set[str] = set()
        while waiting and len(read) < _MOST_SITEMAPS:
            url = _absolute(self.url, waiting.popleft())
            if url is None or url in read or not _same_host(url, self.url):
                continue
            read.add(url)
            self.sleep(self._wait())
            try:
                response = self._fetch(
                    url, most_bytes=_SITEMAP_BYTES, follows=self._is_of_host
                )
            except FetchError:
                self._doubtful = True  # links are followed, but may not lead to all
                continue
            if response.status != 200:
                self._doubtful = self._doubtful or response.status not in _GONE
                continue
            text = _sitemap_text(response.data)
            form = _LOCATIONS if "<" in text else _ADDRESS_LINE
            named = (
                address
                for match in form.finditer(text)
                if (address := _absolute(url, unescape(match[1])))
            )
            if "<sitemapindex" in text:
                waiting.extend(islice(named, _MOST_SITEMAPS + 1))
            else:
                yield url, named
        if waiting:
            self._doubtful = True


class _Waiting:
    """Addresses to fetch, each once, and no more than a site may have."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._referrers: dict[str, str] = {}
        self._queue: deque[str] = deque()
        self.full = False  # an address was dropped

    def __iter__(self) -> Iterator[str]:
        """Take one after the other out, those that are added meanwhile as well."""
        while self._queue:
            yield self._queue.popleft()

    def add(
        self, urls: Iterable[str], *, named_by: str = "", is_known: bool = False
    ) -> None:
        """Take addresses in; what is known is taken in however many there are."""
        for url in urls:
            if url in self._referrers:
                continue
            if len(self._referrers) >= self._most and not is_known:
                self.full = True
                return
            self._referrers[url] = named_by
            self._queue.append(url)

    def named_by(self, url: str) -> str:
        """Return the page or sitemap that an address was found in; empty for none."""
        return self._referrers.get(url, "")


def _absolute(base: str, link: str) -> str | None:
    try:
        return egress.canonical(urljoin(base, unescape(link)))
    except (FetchError, ValueError):
        return None


def _same_host(url: str, other: str) -> bool:
    return urlsplit(url).netloc == urlsplit(other).netloc


def _name_of(response: egress.Fetched) -> str:
    """Return what a file of it would be called: servers tell kinds in a header."""
    path = PurePosixPath(urlsplit(response.url).path)
    media_type = (
        response.headers.get("content-type", "").partition(";")[0].strip().lower()
    )
    if media_type == "text/html" and path.suffix.lower() not in {
        ".html",
        ".htm",
        ".xhtml",
    }:
        return f"{path.name or 'index'}.html"
    return path.name


def _is_html(response: egress.Fetched) -> bool:
    return "html" in response.headers.get("content-type", "html")


def _problem(url: str, code: str, message: str) -> Problem:
    return Problem(source=url, code=code, message=message, failed=True)


def _find_links(text: str) -> Iterator[re.Match[str]]:
    """Yield what a page leads to: links, frames, and where it sends its reader."""
    return chain(_REFRESH.finditer(text), _FRAMES.finditer(text), _LINKS.finditer(text))


def _sitemap_text(data: bytes) -> str:
    """Return the text of a sitemap; nothing of one that is packed and damaged."""
    if data.startswith(_GZIP):
        try:
            data = b"".join(unpack([data], most_bytes=_SITEMAP_BYTES))
        except ValueError:
            return ""
    return data.decode("utf-8", "replace")
