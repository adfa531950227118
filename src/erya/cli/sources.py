"""Which source the words of a command line, or a table of the settings, mean."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from erya.errors import UsageError

if TYPE_CHECKING:
    from erya.config import Settings, SourceSettings
    from erya.indexing import Plan
    from erya.loading import Source

__all__ = [
    "base_is_there",
    "fresh_plan",
    "is_address",
    "source_of_settings",
    "sources_of",
]

_ADDRESSES = ("http://", "https://", "s3://")


def is_address(target: str) -> bool:
    """Tell whether a target is an address, and no path."""
    return target.startswith(_ADDRESSES)


def sources_of(
    targets: Sequence[str],
    settings: "Settings",
    *,
    gone: bool = False,
    name: str = "stdin.txt",
    endpoint: str = "",
    private: bool = False,
) -> list["Source"]:
    """Return the sources that paths and addresses mean; all paths are one source.

    Args:
        targets: Paths, `-`, and addresses of http, https and s3.
        settings: Their limits.
        gone: Whether paths may be missing.
        name: What to call standard input.
        endpoint: Where buckets are, if not at AWS.
        private: Whether web sites may have addresses that are not public.

    Raises:
        UsageError: A path does not exist, or an address is none.
    """
    from erya.loading import FolderSource, StreamSource  # noqa: PLC0415

    most = settings.max_file_bytes
    sources: list[Source] = []
    paths = [t for t in targets if t != "-" and not is_address(t)]
    if paths:
        sources.append(FolderSource(paths, file_bytes=most, gone=gone))
    if "-" in targets:
        stream = sys.stdin.buffer
        sources.append(StreamSource(stream=stream, name=name, file_bytes=most))
    for target in filter(is_address, targets):
        if target.startswith("s3://"):
            from erya.loading.buckets import BucketSource  # noqa: PLC0415

            parts = urlsplit(target)
            bucket = BucketSource(
                bucket=parts.netloc,
                prefix=parts.path.lstrip("/"),
                endpoint=endpoint,
                object_bytes=most,
            )
            sources.append(bucket)
        else:
            from erya.loading.web import WebSource  # noqa: PLC0415

            sources.append(WebSource(url=target, page_bytes=most, private=private))
    return sources


def source_of_settings(given: "SourceSettings", settings: "Settings") -> "Source":
    """Return the source that a table of the settings means.

    Raises:
        UsageError: Its path does not exist, or its address is none.
    """
    most = settings.max_file_bytes
    if given.url:
        from erya.loading.web import WebSource  # noqa: PLC0415

        return WebSource(
            url=given.url,
            pages=given.pages,
            delay=given.delay,
            private=given.private,
            page_bytes=most,
        )
    if given.bucket:
        from erya.loading.buckets import BucketSource  # noqa: PLC0415

        return BucketSource(
            bucket=given.bucket,
            prefix=given.prefix,
            endpoint=given.endpoint,
            object_bytes=most,
        )
    from erya.loading import FolderSource  # noqa: PLC0415

    try:
        return FolderSource([Path(given.path)], file_bytes=most)
    except UsageError as error:
        msg = f"[sources.{given.name}]: {error}"
        raise UsageError(msg) from None


def base_is_there(settings: "Settings", kb: str) -> bool:
    """Tell whether a base exists: what only looks makes none."""
    from erya.stores import Bases  # noqa: PLC0415

    return Bases(settings.home).exists(kb)


def fresh_plan(source: "Source") -> "Plan":
    """Return what a run into a base would do that is not there yet."""
    from erya.indexing import Recipe, Stored, planned  # noqa: PLC0415

    nothing = Stored((), ())
    return planned(
        source.items({}), nothing, recipe=Recipe(""), force=False, roots=lambda: ()
    )
