"""Archives (zip, tar, gz, bz2, xz) as streams: nothing is unpacked to a path."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import IO, Any, Final

from erya.errors import DocumentError
from erya.records import Notice, Part

__all__ = ["archive_parts", "read_archive"]

_MOST_PARTS: Final = 10_000
_MOST_BYTES: Final = 400_000_000  # of all parts together, unpacked
_MOST_OF_ONE: Final = 100_000_000  # of one part
_RATIO: Final = (
    200  # unpacked to packed; prose packs to a fifth, empty tables to a 50th
)
_SMALL: Final = 10_000_000  # bytes that may unpack from as little as they like
_BLOCK: Final = 1 << 20
_DAMAGED: Final = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError,
    NotImplementedError, ValueError, RuntimeError, UnicodeError,
)  # fmt: skip
_STREAMS: Final[dict[str, Callable[[IO[bytes]], Any]]] = {
    "application/gzip": lambda file: gzip.GzipFile(fileobj=file),
    "application/x-bzip2": bz2.BZ2File,
    "application/x-xz": lzma.LZMAFile,
}  # fmt: skip
# Of the programs that pack, not of the person who packed.
_JUNK: Final = frozenset(("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"))
_HIDDEN: Final = (".", "~$")

_Entries = Iterator[Part | Notice]


def read_archive(
    data: bytes, name: str, *, media_type: str, on_part: Callable[[Part], None]
) -> list[Notice]:
    """Pass on each file of an archive, and return what was passed over.

    Raises:
        DocumentError: It is damaged, holds more than an archive may, or there is
            nothing in it that can be read.
    """
    notices: list[Notice] = []
    parts = 0
    for entry in archive_parts(data, name, media_type):
        if isinstance(entry, Part):
            on_part(entry)
            parts += 1
        else:
            notices.append(entry)
    if notices and not parts:
        raise DocumentError(notices[0].message, code=notices[0].code)
    return notices


def archive_parts(data: bytes, name: str, kind: str) -> _Entries:
    """Yield each file of an archive, and a notice for each that is passed over.

    Names are told apart and never opened; links, devices and what would unpack to too
    much are passed over.

    Args:
        data: The archive.
        name: Its name: what is packed alone has none of its own.
        kind: Its media type.

    Raises:
        DocumentError: It is damaged, or holds more than an archive may: what was
            yielded before is whole.
    """
    try:
        if kind == "application/zip":
            yield from _read_within_limits(_zip(data), packed=len(data))
        elif kind == "application/x-tar":
            yield from _read_within_limits(_tar(io.BytesIO(data)), packed=len(data))
        else:
            yield from _read_within_limits(_single(data, name, kind), packed=len(data))
    except _DAMAGED as error:
        msg = f"This archive is damaged: {error}"
        raise DocumentError(msg, code="damaged") from None


def _read_within_limits(
    members: "Iterator[_Member | Notice]", *, packed: int
) -> _Entries:
    """Read members within the limits of the archive as a whole.

    Raises:
        DocumentError: It holds too many files, or too much.
    """
    most = left = min(_MOST_BYTES, max(packed * _RATIO, _SMALL))
    noted: set[Notice] = set()
    for number, member in enumerate(members, start=1):
        if number > _MOST_PARTS:
            msg = (
                f"This archive holds more than {_MOST_PARTS:,} files. Unpack it first."
            )
            raise DocumentError(msg, code="archive_limit")
        if isinstance(member, Notice):
            if member not in noted:  # a hidden folder is reported once
                noted.add(member)
                yield member
            continue
        name, opened = member
        try:
            data = _read(opened, min(left, _MOST_OF_ONE))
        except _DAMAGED as error:  # one bad member must not hide the others
            yield Notice("damaged", f"{name}: {error}")
            continue
        if data is None and left > _MOST_OF_ONE:
            yield Notice(
                "archive_limit", f"{name} unpacks to over {_MOST_OF_ONE:,} bytes."
            )
        elif data is None:
            msg = (
                f"It unpacks to more than {most:,} bytes: "
                "it may be a bomb. Unpack it yourself if you trust it."
            )
            raise DocumentError(msg, code="archive_limit")
        else:
            left -= len(data)
            yield Part(name, data)


_Member = tuple[str, Callable[[], IO[bytes]]]


def _read(opened: Callable[[], IO[bytes]], most: int) -> bytes | None:
    """Return all of a member, or None if it is longer than `most` bytes."""
    parts: list[bytes] = []
    size = 0
    with opened() as file:
        while block := file.read(min(_BLOCK, most + 1 - size)):
            parts.append(block)
            size += len(block)
            if size > most:
                return None
    return b"".join(parts)


def _safe_name(name: str) -> str:
    """Return a name without what would lead out of the archive."""
    parts = (part for part in PurePosixPath(name.replace("\\", "/")).parts)
    return "/".join(part for part in parts if part not in {"/", "..", "."}) or "unnamed"


def _is_junk(name: str) -> bool:
    path = PurePosixPath(name)
    return not _JUNK.isdisjoint(path.parts) or path.name.startswith("._")


def _unread(name: str, *, link: bool) -> Notice | None:
    """Say that a member is passed over, as in a folder; None if it is not."""
    if link:
        return Notice("link", f"{name} is a link or a device, and is not read.")
    parts = PurePosixPath(name).parts
    for depth, part in enumerate(parts, start=1):
        if part.startswith(_HIDDEN):
            hidden = "/".join(parts[:depth])
            return Notice("hidden", f"{hidden} is hidden, and is not read.")
    return None


def _zip(data: bytes) -> Iterator[_Member | Notice]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        infos = archive.infolist()
        if len(infos) > _MOST_PARTS:
            msg = (
                f"This archive holds {len(infos):,} files; up to {_MOST_PARTS:,} are "
                "read. Unpack it first."
            )
            raise DocumentError(msg, code="archive_limit")
        seen: set[str] = set()
        for info in infos:
            name = _zip_name(info)
            if info.is_dir() or _is_junk(name):
                continue
            if notice := _unread(
                name, link=(info.external_attr >> 16) & 0o170000 == 0o120000
            ):
                yield notice
                continue
            if info.flag_bits & 1:
                yield Notice("password_protected", f"{name} wants a password.")
                continue
            if name in seen:  # both are read, told apart by the pool
                yield Notice("same_name", f"{name} is there more than once.")
            seen.add(name)
            yield name, lambda info=info: archive.open(info)


def _zip_name(info: zipfile.ZipInfo) -> str:
    """Return a member's name; Chinese programs write GBK and do not say so."""
    if info.flag_bits & 0x800:
        return _safe_name(info.filename)
    raw = info.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return _safe_name(raw.decode(encoding))
        except UnicodeDecodeError:
            continue
    return _safe_name(info.filename)


def _tar(file: IO[bytes]) -> Iterator[_Member | Notice]:
    with tarfile.open(fileobj=file, mode="r|") as archive:
        for info in archive:
            name = _safe_name(info.name)
            if info.isdir() or _is_junk(name):
                continue
            if notice := _unread(name, link=not info.isreg()):
                yield notice
                continue
            opened = archive.extractfile(info)
            if opened is not None:
                yield name, lambda opened=opened: opened


def _single(data: bytes, name: str, kind: str) -> Iterator[_Member | Notice]:
    """Yield what a stream packs: one file, or a tar file's members."""
    head = _read_head(data, kind)
    if head[257:262] == b"ustar":
        yield from _tar(_STREAMS[kind](io.BytesIO(data)))
        return
    inner = PurePosixPath(name)
    yield (
        inner.stem if inner.suffix else f"{inner.name}.txt",
        lambda: _STREAMS[kind](io.BytesIO(data)),
    )


def _read_head(data: bytes, kind: str) -> bytes:
    with _STREAMS[kind](io.BytesIO(data)) as file:
        return bytes(file.read(512))
