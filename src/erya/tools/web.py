"""Tools that look at the web, through the one module that opens such addresses."""

import json
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

from erya.egress import Fetched, fetch
from erya.errors import FetchError
from erya.loading import Limits
from erya.records import Item
from erya.tools.base import Tool, ToolContext, ToolError, ToolLimits
from erya.tools.functions import FunctionTool
from erya.tools.reading import parse_item

__all__ = ["web_tools"]

_MOST_BYTES: Final = 5_000_000
_MOST_RESULTS: Final = 10
_LIMITS: Final = ToolLimits(seconds=40.0)


def web_tools(*, search_url: str = "", limits: Limits | None = None) -> list[Tool]:
    """Return the tools that search the web and read pages.

    Args:
        search_url: Where a SearXNG, or what speaks its API, is; empty leaves searching
            out. Its host may be a private one.
        limits: What parsing a page may cost.
    """
    tools = _WebTools(search_url, limits or Limits())
    functions = (tools.search_web,) * bool(search_url) + (tools.fetch_page,)
    return [FunctionTool.of(each, "network", limits=_LIMITS) for each in functions]


@dataclass(frozen=True, slots=True)
class _WebTools:
    search_url: str
    limits: Limits = field(default_factory=Limits)

    def search_web(self, context: ToolContext, query: str) -> str:
        """Search the web; return titles, addresses and extracts.

        Args:
            context: Of the call.
            query: What to look for.

        Raises:
            ToolError: The search engine gives nothing that can be read.
        """
        base = self.search_url.rstrip("/")
        url = f"{base}/search?q={quote_plus(query)}&format=json"
        host = urlsplit(base).hostname or ""
        found = _fetched(url, context, private_hosts=frozenset({host}))
        try:
            results: list[Any] = json.loads(found.data)["results"]
            lines = [
                f"{each['title']}\n{each['url']}\n{each.get('content') or ''}"
                for each in results[:_MOST_RESULTS]
            ]
        except (ValueError, LookupError, TypeError, AttributeError):
            msg = "The search engine sent no results that can be read."
            raise ToolError(msg) from None
        return "\n\n".join(lines) or "Nothing was found."

    def fetch_page(self, context: ToolContext, url: str) -> str:
        """Read a public page or file of the web, as text.

        Args:
            context: Of the call.
            url: Its address, with https:// or http://.

        Raises:
            ToolError: The page cannot be reached, or has no text.
        """
        found = _fetched(url, context)
        name = urlsplit(found.url).path.rpartition("/")[2]
        kind = found.headers.get("content-type", "")
        if "." not in name:
            name = "page.html" if "html" in kind else "page.txt"
        item = Item(source=found.url, data=found.data, name=name)
        parsed = parse_item(item, limits=self.limits, main=True)
        return f"{parsed.title}\n\n{parsed.text}".strip()


def _fetched(
    url: str, context: ToolContext, *, private_hosts: frozenset[str] = frozenset()
) -> Fetched:
    """Return what an address gives.

    Raises:
        ToolError: It is not public, cannot be reached, or says no.
    """
    try:
        found = fetch(
            url,
            most_bytes=_MOST_BYTES,
            seconds=context.seconds_left,
            private_hosts=private_hosts,
        )
    except FetchError as error:
        raise ToolError(str(error)) from None
    if found.status >= 400:
        msg = f"{found.url} answered with the status {found.status}."
        raise ToolError(msg)
    return found
