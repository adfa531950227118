"""What an answer must not show: pictures, and links that nobody asked for."""

import html
import re
from typing import Final
from urllib.parse import urlsplit

__all__ = ["without_links"]

_ROUNDS: Final = 4  # what is written in entities may be written so twice
_ESCAPED: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_IMAGE: Final = re.compile(
    r"!\[([^\[\]\n]{0,300})\](?:\([^()\n]{0,2000}\)|\[[^\[\]\n]{0,300}\])?"
)
_LINK: Final = re.compile(
    r"\[([^\[\]\n]{0,300})\]\(\s?<?([^()\s<>]{0,2000})>?[^()\n]{0,300}\)"
)
_DEFINITION: Final = re.compile(r"\[[^\[\]]{1,300}\]:[ \t]*(?:\S{1,2000})")
_TAG: Final = re.compile(r"</?[A-Za-z!?][^<>]{0,2000}>")
# With a host, or without one but with what a browser follows or runs.
_URL: Final = re.compile(
    r"(?<![A-Za-z0-9/])(?:[A-Za-z][A-Za-z0-9+.-]{0,20}:[\\/]{1,3}|//(?=[^\s/]{1,200}\.))"
    r"[^\s<>\"'）)】\]]{1,2000}"
    r"|\b(?:mailto|javascript|vbscript|data):(?=\S)[^\s<>\"'）)]{1,2000}"
    r"|\bwww\.[^\s<>\"'）)】\]]{1,2000}",
    re.IGNORECASE,
)
_DATA: Final = re.compile(r"data:(?![a-z]{1,20}/|[;,])", re.IGNORECASE)
_FORBIDDEN: Final = re.compile(r"[\\@\x00-\x20\x7f]")
_TARGET: Final = re.compile(r"[/.:]")
_NO_HOST: Final = "?"
_LEFT_OUT: Final = "(…)"


def without_links(text: str, *, allowed_in: str) -> str:
    """Return what a model wrote without pictures, links and HTML.

    What a document or a page tells a model may be meant to send the reader, or their
    words, somewhere: an address is shown only where it leads to a host that the caller
    has named. What is written in entities or with backslashes is read first as a
    browser would; signs that would begin a picture, a tag or a link all the same are
    parted.

    Args:
        text: What the model wrote.
        allowed_in: The caller's own words; hosts of the addresses in them are allowed.
    """
    allowed = {_host(match[0]) for match in _URL.finditer(allowed_in)} - {_NO_HOST}
    for _ in range(_ROUNDS):
        plain = _ESCAPED.sub(r"\1", html.unescape(text))
        plain = _TAG.sub("", plain)
        if plain == text:
            break
        text = plain
    text = _IMAGE.sub(r"\1", text)
    text = _DEFINITION.sub("", text)

    def link(match: re.Match[str]) -> str:
        if match[1].isdigit() and not _TARGET.search(match[2]):
            return match[0].replace("](", "] (", 1)  # [1](see below) cites, and says
        return match[0] if _host(match[2]) in allowed else match[1]

    def address(match: re.Match[str]) -> str:
        if _DATA.match(match[0]):  # "Data:25 days"
            return match[0]
        return match[0] if _host(match[0]) in allowed else _LEFT_OUT

    return _parted(_URL.sub(address, _LINK.sub(link, text)), allowed)


def _parted(text: str, allowed: set[str]) -> str:
    """Part the signs that begin a picture, a tag, or a link to anywhere else."""
    text = re.sub(r"!(?=\[)", "! ", text)
    text = re.sub(r"<(?=[A-Za-z/!?])", "< ", text)

    def target(match: re.Match[str]) -> str:
        return match[0] if _host(match[1]) in allowed else f"] ({match[1]}"

    text = re.sub(r"\]\(([^()\s]{0,2000})", target, text)
    return re.sub(r"\]:(?=\s*\S)", "] :", text)


def _host(url: str) -> str:
    """Return the host of an address; of what is none, something that is no host."""
    if _FORBIDDEN.search(url):
        return _NO_HOST
    if url.lower().startswith("www."):
        url = f"//{url}"
    try:
        parts = urlsplit(url)
    except ValueError:
        return _NO_HOST
    if parts.scheme.lower() not in {"", "http", "https"}:
        return _NO_HOST
    return (parts.hostname or _NO_HOST).lower()
