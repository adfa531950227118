"""What both indexes do with their files: sum them up, and exchange them in one step."""

import json
import os
import shutil
import zlib
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

__all__ = [
    "MANIFEST",
    "crc_of",
    "draft_folder",
    "is_read_only",
    "linked_folder",
    "put_in_place",
    "read_manifest",
    "read_with_checksum",
    "write_manifest",
    "write_with_checksum",
]

# A checksum of the rest on the first line, JSON on the second.
MANIFEST: Final = "checksums"
_BLOCK: Final = 1 << 20


def is_read_only(path: Path) -> bool:
    """Tell whether something lies on a disk that is mounted to be read only."""
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except (AttributeError, OSError):  # Windows has no such call; or there is no file
        return False


def linked_folder(folder: Path) -> Path:
    """Return a new folder of links to the files of one, but for its locks.

    For where nothing can be written. The caller removes it.
    """
    links = Path(mkdtemp(prefix="erya-"))
    for file in folder.iterdir():
        if file.suffix != ".lock":
            (links / file.name).symlink_to(file.resolve())
    return links


def crc_of(path: Path, size: int, *, checked: tuple[int, int] = (0, 0)) -> int | None:
    """Return the CRC-32 of the first `size` bytes; None if there are fewer.

    Args:
        path: The file.
        size: How many bytes.
        checked: How many of them a checksum was taken of before, and that checksum.
    """
    done, crc = checked
    size -= done
    with path.open("rb") as file:
        file.seek(done)
        while size and (block := file.read(min(_BLOCK, size))):
            size -= len(block)
            crc = zlib.crc32(block, crc)
    return None if size else crc


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a folder.

    Raises:
        OSError: There is none.
        ValueError: It is not what was written.
    """
    return read_with_checksum(folder / MANIFEST)


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest of a folder in one step: it is the old one or the new one."""
    write_with_checksum(folder / MANIFEST, manifest)


def read_with_checksum(path: Path) -> dict[str, Any]:
    """Return a table as `write_with_checksum` has written it.

    Raises:
        OSError: There is none.
        ValueError: It is not what was written.
    """
    crc, _, content = path.read_bytes().partition(b"\n")
    if crc != _sum(content):
        msg = f"{path.name} is damaged"
        raise ValueError(msg)
    loaded: dict[str, Any] = json.loads(content)
    return loaded


def write_with_checksum(path: Path, table: dict[str, Any]) -> None:
    """Write a table with its checksum in one step: it is the old one or the new one."""
    content = json.dumps(table).encode()
    draft = path.with_name(f"{path.name}.new")
    with draft.open("wb") as file:
        file.write(_sum(content) + b"\n" + content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _sum(content: bytes) -> bytes:
    return f"{zlib.crc32(content):08x}".encode()


def draft_folder(folder: Path) -> Path:
    """Return an empty folder beside `folder`, to write it anew in."""
    draft = folder.with_name(folder.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    return draft


def put_in_place(draft: Path, folder: Path) -> None:
    """Put a folder written anew where the old one is, which goes.

    A reader that comes between finds none, and an index that is missing is caught up.
    """
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    draft.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
