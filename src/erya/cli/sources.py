"""Which source the words of a command line, or a table of the settings, mean."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import urlsplit

from erya.errors import UsageError

if TYPE_CHECKING:
    from erya.config import Settings, SourceSettings
    from erya.indexing import Plan
    from erya.sources import Source

__all__ = [
    "Asked",
    "base_is_there",
    "fresh_plan",
    "is_address",
    "source_of_settings",
    "sources_of",
]

_ADDRESSES = ("http://", "https://", "s3://", "stdin:")
_OTHER = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


def is_address(target: str) -> bool:
    """Tell whether a target is an address, and no path.

    Raises:
        UsageError: It is one of a kind that cannot be read.
    """
    if target.startswith(_ADDRESSES):
        return True
    if _OTHER.match(target) and not Path(target).exists():
        msg = f"Addresses begin with http://, https:// or s3://, got {target!r}."
        raise UsageError(msg)
    return False


class Asked(TypedDict):
    """What a command line says of where documents come from.

    Attributes:
        targets: Paths, `-`, and addresses of http, https and s3.
        name: What to call standard input.
        endpoint: Where buckets are, if not at AWS.
        private: Whether web sites may have addresses that are not public.
        pages: How many pages of a web site at most.
        delay: Seconds between two requests to it.
    """

    targets: list[str]
    name: str
    endpoint: str
    private: bool
    pages: int
    delay: float


def sources_of(
    asked: Asked, settings: "Settings", *, gone: bool = False
) -> list["Source"]:
    """Return the sources that paths and addresses mean; all paths are one source.

    Args:
        asked: What the command line says.
        settings: Their limits.
        gone: Whether paths may be missing, and of addresses all is to go.

    Raises:
        UsageError: A path does not exist, or an address is none, or of what was read
            from standard input.
    """
    from erya.sources import FolderSource, GoneSource, StreamSource  # noqa: PLC0415

    most = settings.max_file_bytes
    sources: list[Source] = []
    targets = asked["targets"]
    paths = [t for t in targets if t != "-" and not is_address(t)]
    addresses = [t for t in targets if is_address(t)]
    if gone and addresses:
        sources.append(GoneSource(roots=tuple(each.rstrip("/") for each in addresses)))
        addresses = []
    if paths:
        sources.append(FolderSource(paths, file_bytes=most, gone=gone))
    if "-" in targets:
        stream = sys.stdin.buffer
        sources.append(StreamSource(stream=stream, name=asked["name"], file_bytes=most))
    for target in addresses:
        if target.startswith("stdin:"):
            name = target.removeprefix("stdin:")
            msg = f"Send it again: erya ingest - --name {name}; or remove it: --gone"
            raise UsageError(msg)
        if target.startswith("s3://"):
            from erya.sources.buckets import BucketSource  # noqa: PLC0415

            parts = urlsplit(target)
            bucket = BucketSource(
                bucket=parts.netloc,
                prefix=parts.path.lstrip("/"),
                endpoint=asked["endpoint"],
                object_bytes=most,
            )
            sources.append(bucket)
        else:
            from erya.sources.web import WebSource  # noqa: PLC0415

            site = WebSource(
                url=target,
                pages=asked["pages"],
                delay=asked["delay"],
                private=asked["private"],
                page_bytes=most,
            )
            sources.append(site)
    return sources


def source_of_settings(given: "SourceSettings", settings: "Settings") -> "Source":
    """Return the source that a table of the settings means.

    Raises:
        UsageError: Its path does not exist, or its address is none.
    """
    most = settings.max_file_bytes
    if given.url:
        from erya.sources.web import WebSource  # noqa: PLC0415

        return WebSource(
            url=given.url,
            pages=given.pages,
            delay=given.delay,
            private=given.private,
            page_bytes=most,
        )
    if given.bucket:
        from erya.sources.buckets import BucketSource  # noqa: PLC0415

        return BucketSource(
            bucket=given.bucket,
            prefix=given.prefix,
            endpoint=given.endpoint,
            object_bytes=most,
            proxy=given.proxy,
            machine_role=given.machine_role,
        )
    from erya.sources import FolderSource  # noqa: PLC0415

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
    from erya.indexing import PipelineVersion, Stored, planned  # noqa: PLC0415

    nothing = Stored((), ())
    return planned(
        source.items({}),
        nothing,
        recipe=PipelineVersion(""),
        force=False,
        roots=lambda: (),
    )
