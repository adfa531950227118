"""What a source is, as a value: it can be stored, compared, and opened again."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final, Literal, Self, get_args
from urllib.parse import urlsplit

from erya.config import WEB_DELAY, WEB_PAGES, SourceSettings
from erya.errors import UsageError
from erya.records import absolute_path
from erya.sources.base import GoneSource, Source
from erya.sources.buckets import BucketSource
from erya.sources.folders import FolderSource
from erya.sources.stream import StreamSource
from erya.sources.web import WebSource

__all__ = [
    "IngestRequest",
    "SourceSpec",
    "TargetOptions",
    "is_address",
    "open_source",
    "spec_of_settings",
    "specs_of_targets",
]

SourceKind = Literal["files", "web", "bucket", "stream", "gone"]
STREAM: Final = "-"  # as a target: standard input
_ADDRESSES: Final = ("http://", "https://", "s3://", "stdin:")
_OTHER: Final = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpec:
    """Where documents come from, and how they are fetched; no secrets are in it.

    Attributes:
        kind: Which of the sources of this room.
        paths: Of `files`: absolute paths of files and folders. Of `gone`: addresses.
        gone: Of `files`: whether a path may be missing; then what was read from it is
            to go.
        url: Of `web`: where the site begins.
        pages: How many pages of it at most.
        delay: Seconds between two requests to it.
        private: Whether it may have an address that is not public.
        bucket: Of `bucket`: its name.
        prefix: What its keys begin with.
        endpoint: Where it is, if not at AWS.
        proxy: The proxy to reach it through.
        machine_role: Whether its keys may come from the machine's own role.
        name: Of `stream`: what to call it.
    """

    kind: SourceKind
    paths: tuple[str, ...] = ()
    gone: bool = False
    url: str = ""
    pages: int = WEB_PAGES
    delay: float = WEB_DELAY
    private: bool = False
    bucket: str = ""
    prefix: str = ""
    endpoint: str = ""
    proxy: str = ""
    machine_role: bool = False
    name: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it: the kind, and what is not the default."""
        usual = asdict(type(self)(kind=self.kind))
        changed = {k: v for k, v in asdict(self).items() if v != usual[k]}
        return {"kind": self.kind, **changed}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return what `to_json` has written.

        Raises:
            UsageError: It is no such thing, or of a later release.
        """
        try:
            spec = cls(**{**stored, "paths": tuple(map(str, stored.get("paths", ())))})
        except (AttributeError, TypeError) as error:
            msg = f"A source cannot be read as it was stored: {error}. Name it again."
            raise UsageError(msg) from None
        usual = asdict(cls(kind="files"))
        wrong = [k for k, v in usual.items() if not _fits(getattr(spec, k), v)]
        if wrong or spec.kind not in get_args(SourceKind):
            what = ", ".join(wrong) or f"the kind {spec.kind!r}"
            msg = f"A source cannot be read as it was stored: {what}. Name it again."
            raise UsageError(msg)
        return spec


def _fits(value: object, usual: object) -> bool:
    """Tell whether a value is of the type of another."""
    kind = (int, float) if isinstance(usual, float) else type(usual)
    return isinstance(value, kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestRequest:
    """What somebody wants a base to be brought in step with.

    Attributes:
        sources: Read one after the other.
        readers: Who may read the documents; None keeps the readers of those that are
            there, and gives new ones to who asks alone.
        force: Whether unchanged files are read again.
        given: Metadata for the documents; None keeps what was given before.
    """

    sources: tuple[SourceSpec, ...]
    readers: frozenset[str] | None = None
    force: bool = False
    given: Mapping[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "sources": [each.to_json() for each in self.sources],
            "readers": None if self.readers is None else sorted(self.readers),
            "force": self.force,
            **({} if self.given is None else {"given": dict(self.given)}),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return what `to_json` has written.

        Raises:
            UsageError: It is no such thing, or of a later release.
        """
        try:
            readers, given = stored.get("readers"), stored.get("given")
            return cls(
                sources=tuple(map(SourceSpec.from_json, stored.get("sources", ()))),
                readers=None if readers is None else frozenset(readers),
                force=bool(stored.get("force")),
                given=None if given is None else {**given},
            )
        except (AttributeError, TypeError) as error:
            msg = f"A request cannot be read as it was stored: {error}. Make it again."
            raise UsageError(msg) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetOptions:
    """What is said of targets beside their names.

    Attributes:
        name: What to call standard input.
        endpoint: Where buckets are, if not at AWS.
        private: Whether web sites may have addresses that are not public.
        pages: How many pages of a web site at most.
        delay: Seconds between two requests to it.
    """

    name: str = "stdin.txt"
    endpoint: str = ""
    private: bool = False
    pages: int = WEB_PAGES
    delay: float = WEB_DELAY


_USUAL: Final = TargetOptions()


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


def specs_of_targets(
    targets: Sequence[str], options: TargetOptions = _USUAL, *, gone: bool = False
) -> tuple[SourceSpec, ...]:
    """Return the sources that paths and addresses mean; all paths are one source.

    Args:
        targets: Paths, `-` for standard input, and addresses of http, https and s3.
        options: What is said of them.
        gone: Whether all that was read from them is to go.

    Raises:
        UsageError: An address is of no kind that can be read, or of what was read from
            standard input.
    """
    specs: list[SourceSpec] = []
    addresses = [each for each in targets if is_address(each)]
    paths = [absolute_path(t) for t in targets if t != STREAM and not is_address(t)]
    if gone and addresses:
        places = tuple(each.rstrip("/") for each in addresses)
        specs.append(SourceSpec(kind="gone", paths=places))
        addresses = []
    if paths:
        unique = tuple(dict.fromkeys(paths))
        specs.append(SourceSpec(kind="files", paths=unique, gone=gone))
    if STREAM in targets:
        specs.append(SourceSpec(kind="stream", name=options.name))
    specs += [_spec_of_address(each, options) for each in addresses]
    return tuple(specs)


def _spec_of_address(target: str, options: TargetOptions) -> SourceSpec:
    """Return the source at an address.

    Raises:
        UsageError: It is what was read from standard input.
    """
    if target.startswith("stdin:"):
        name = target.removeprefix("stdin:")
        msg = f"Send it again: erya ingest - --name {name}; or remove it: --gone"
        raise UsageError(msg)
    if target.startswith("s3://"):
        parts = urlsplit(target)
        return SourceSpec(
            kind="bucket",
            bucket=parts.netloc,
            prefix=parts.path.lstrip("/"),
            endpoint=options.endpoint,
        )
    return SourceSpec(
        kind="web",
        url=target,
        pages=options.pages,
        delay=options.delay,
        private=options.private,
    )


def spec_of_settings(settings: SourceSettings) -> SourceSpec:
    """Return the source that a table of the settings means."""
    if settings.url:
        return SourceSpec(
            kind="web",
            url=settings.url,
            pages=settings.pages,
            delay=settings.delay,
            private=settings.private,
        )
    if settings.bucket:
        return SourceSpec(
            kind="bucket",
            bucket=settings.bucket,
            prefix=settings.prefix,
            endpoint=settings.endpoint,
            proxy=settings.proxy,
            machine_role=settings.machine_role,
        )
    return SourceSpec(kind="files", paths=(absolute_path(settings.path),))


def open_source(
    spec: SourceSpec, *, file_bytes: int, stream: IO[bytes] | None = None
) -> Source:
    """Return the source that a spec means.

    Args:
        spec: Which one.
        file_bytes: The largest file, page or object that is read.
        stream: What a `stream` is read from.

    Raises:
        UsageError: A path does not exist, an address is none, or there is no stream to
            read.
    """
    match spec.kind:
        case "files":
            return FolderSource(spec.paths, file_bytes=file_bytes, gone=spec.gone)
        case "gone":
            return GoneSource(roots=spec.paths)
        case "web":
            return WebSource(
                url=spec.url,
                pages=spec.pages,
                delay=spec.delay,
                private=spec.private,
                page_bytes=file_bytes,
            )
        case "bucket":
            return BucketSource(
                bucket=spec.bucket,
                prefix=spec.prefix,
                endpoint=spec.endpoint,
                object_bytes=file_bytes,
                proxy=spec.proxy,
                machine_role=spec.machine_role,
            )
        case "stream":
            if stream is None:
                msg = "The run that was cut off read standard input: send that again."
                raise UsageError(msg)
            return StreamSource(stream=stream, name=spec.name, file_bytes=file_bytes)
