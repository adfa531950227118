"""What an answer must not show: pictures, and links that nobody asked for."""

import re
from typing import Final
from urllib.parse import urlsplit

__all__ = ["without_links"]

_IMAGE: Final = re.compile(r"!\[([^\]]*)\]\s*(?:\([^)]*\)|\[[^\]]*\])")
_LINK: Final = re.compile(r"(?<!!)\[([^\]]*)\]\(\s*<?([^)\s>]*)>?[^)]*\)")
_TAG: Final = re.compile(
    r"<\s*/?\s*(?:a|audio|base|embed|form|iframe|img|link|meta|object|script|style|svg"
    r"|video)\b[^>]*>?",
    re.IGNORECASE,
)
_URL: Final = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{1,20}:)?//[^\s<>\"'）)】\]]+"
    r"|\b(?:mailto|javascript|data):[^\s<>\"'）)]+|\bwww\.[^\s<>\"'）)】\]]+",
    re.IGNORECASE,
)
_DEFINITION: Final = re.compile(r"^[ \t]*\[[^\]\n]+\]:[ \t]*\S.*$", re.MULTILINE)

_TARGET: Final = re.compile(r"[/.:]")
_NO_HOST: Final = "?"


def without_links(text: str, *, allowed_in: str) -> str:
    """Return what a model wrote without pictures and links.

    What a document or a page tells a model may be meant to send the reader, or their
    words, somewhere: an address is shown only where it leads to a host that the caller
    has named.

    Args:
        text: What the model wrote.
        allowed_in: The caller's own words; hosts of the addresses in them are allowed.
    """
    allowed = {_host(match[0]) for match in _URL.finditer(allowed_in)} - {_NO_HOST}
    text = _IMAGE.sub(r"\1", text)
    text = _DEFINITION.sub("", text)
    text = _TAG.sub("", text)

    def link(match: re.Match[str]) -> str:
        is_mark = match[1].isdigit() and not _TARGET.search(match[2])  # [1](see below)
        return match[0] if is_mark or _host(match[2]) in allowed else match[1]

    def address(match: re.Match[str]) -> str:
        return match[0] if _host(match[0]) in allowed else "(…)"

    return _URL.sub(address, _LINK.sub(link, text))


def _host(url: str) -> str:
    """Return the host of an address; of what is none, something that is no host."""
    if url.lower().startswith("www."):
        url = f"//{url}"
    try:
        parts = urlsplit(url)
    except ValueError:
        return _NO_HOST
    if parts.scheme.lower() not in {"", "http", "https"}:
        return _NO_HOST
    return (parts.hostname or _NO_HOST).lower()
