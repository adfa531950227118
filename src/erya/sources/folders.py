"""Files and folders of this machine as a source."""

import os
import stat
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from typing_extensions import override

from erya.errors import UsageError
from erya.records import Item, Problem, absolute_path, is_under
from erya.sources.base import NOTHING_KNOWN, Known, Source

__all__ = ["FolderSource"]

_TRIES: Final = 3  # at a file that is being written to
_LOCK: Final = "~$"  # how Office names them
_OF_WINDOWS: Final = frozenset({"thumbs.db", "desktop.ini"})
_PAUSE: Final = 0.1  # seconds between them


class FolderSource(Source):
    """Offers every regular file under the given paths, in the order of their names.

    Hidden files, links and special files are passed over and named: a link inside a
    folder of documents must not pull in what lies outside it. A path that is itself a
    link is followed, since a person typed it.
    """

    def __init__(
        self, paths: Sequence[str | Path], *, file_bytes: int, gone: bool = False
    ) -> None:
        """Take the paths; a missing one is refused now, before anything is done.

        Args:
            paths: Files or folders.
            file_bytes: The largest file that is read.
            gone: Whether a path may be missing: then what was read from it is gone.

        Raises:
            UsageError: A path does not exist, or none is given.
        """
        if not paths:
            msg = "No path was given. Name at least one file or folder."
            raise UsageError(msg)
        self._roots = tuple(dict.fromkeys(_existing(path, gone=gone) for path in paths))
        self._file_bytes = file_bytes
        self._incomplete: set[str] = set()
        self._filled: set[str] = set()  # roots with a file in them, or not folders
        self._gone = gone
        self._seen_files: set[str] = set()
        self._seen_folders: set[tuple[int, int]] = set()

    @property
    @override
    def roots(self) -> tuple[str, ...]:
        """The absolute paths, links resolved."""
        return tuple(_name(root) for root in self._roots)

    def count(self) -> int:
        """Count the files on offer without reading them: for a progress bar."""
        return sum(not isinstance(entry, Problem) for entry in self._walk_all())

    @override
    def items(self, known: Known = NOTHING_KNOWN) -> Iterator[Item | Problem]:
        """Yield every file's bytes, and a problem for each that is passed over."""
        self._incomplete.clear()
        for entry in self._walk_all():
            if isinstance(entry, Problem):
                if entry.code == "unreadable_folder":
                    self._incomplete.update(
                        over for over in self.roots if is_under(entry.source, over)
                    )
                yield entry
            else:
                yield self._read(entry)

    @override
    def complete(self, root: str) -> bool:
        """Tell whether every folder under `root` could be listed, and one had a file.

        A folder without any file may be a disk that is not there, and what is missing
        may have been moved to a folder that cannot be listed.
        """
        return root not in self._incomplete and (self._gone or root in self._filled)

    def _walk_all(self) -> Iterator[str | Problem]:
        self._seen_files.clear()
        self._seen_folders.clear()
        for root in self._roots:
            if not os.path.lexists(root):
                continue  # gone, and known to be
            is_folder = Path(root).is_dir()
            if not is_folder:
                self._filled.add(_name(root))
            for entry in self._walk(root) if is_folder else iter([root]):
                self._filled.add(_name(root))
                # Paths may overlap; each file is offered once.
                if isinstance(entry, Problem) or entry not in self._seen_files:
                    if isinstance(entry, str):
                        self._seen_files.add(entry)
                    yield entry

    def _walk(self, root: str) -> Iterator[str | Problem]:
        folders = [root]
        while folders:
            folder = folders.pop()
            try:
                status = os.stat(folder)  # noqa: PTH116 - paths stay strings: they are many
                identity = (status.st_dev, status.st_ino)
                if identity in self._seen_folders:
                    continue
                self._seen_folders.add(identity)
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError as error:
                yield _failure(folder, "unreadable_folder", error)
                continue
            inner: list[str] = []
            for entry in entries:
                if entry.name.startswith("."):
                    yield _skip(entry.path, "hidden", "Its name begins with a dot.")
                elif entry.name.lower() in _OF_WINDOWS:
                    yield _skip(entry.path, "hidden", "Windows keeps it for itself.")
                elif entry.name.startswith(_LOCK):
                    message = "It marks that somebody has a document open."
                    yield _skip(entry.path, "lock", message)
                elif entry.is_symlink():
                    message = "It is a link. Name its target to include it."
                    yield _skip(entry.path, "link", message)
                elif entry.is_dir(follow_symlinks=False):
                    inner.append(entry.path)
                else:
                    yield entry.path
            folders.extend(reversed(inner))

    def _read(  # noqa: PLR0911 - a return for each that can go wrong
        self, path: str, *, tries: int = _TRIES
    ) -> Item | Problem:
        try:
            # Without blocking: a FIFO that nobody writes to would wait for ever.
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
            with os.fdopen(descriptor, "rb") as file:
                before = os.fstat(descriptor)
                if not stat.S_ISREG(before.st_mode):
                    message = "It is not a regular file: a FIFO, socket or device."
                    return _skip(path, "not_a_file", message)
                if before.st_size > self._file_bytes:
                    return self._too_large(path, before.st_size)
                data = file.read(self._file_bytes + 1) or b""  # None: nothing yet
                after = os.fstat(descriptor)
        except OSError as error:
            return _failure(path, "unreadable", error)
        if len(data) > self._file_bytes:
            return self._too_large(path, len(data))
        if _has_changed(before, after, len(data)):
            if tries > 1:
                time.sleep(_PAUSE)
                return self._read(path, tries=tries - 1)
            message = "It was being written to while it was read. Read it again later."
            return Problem(
                source=_name(path), code="changing", message=message, failed=True
            )
        return Item(source=_name(path), data=data)

    def _too_large(self, path: str, size: int) -> Problem:
        message = (
            f"It has {size:,} bytes; up to {self._file_bytes:,} are read. "
            "Raise max_file_bytes to include it."
        )
        return Problem(
            source=_name(path), code="too_large", message=message, failed=True
        )


def _has_changed(
    before: os.stat_result, after: os.stat_result, bytes_read: int
) -> bool:
    """Tell whether a file was written to between two looks at it."""
    same = (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)
    return not same or bytes_read != after.st_size


def _existing(path: str | Path, *, gone: bool) -> str:
    if not str(path):
        msg = "A path is empty. Name a file or folder, or . for this one."
        raise UsageError(msg)
    absolute = absolute_path(path)
    if not gone and not os.path.lexists(absolute):
        msg = (
            f"There is no file or folder {str(path)!r}. Check the path. If it was "
            "deleted and its documents should go as well: erya ingest PATH --gone"
        )
        raise UsageError(msg)
    return absolute


def _name(path: str) -> str:
    """A path as valid Unicode: bytes that are no UTF-8 are written as escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _skip(path: str, code: str, message: str) -> Problem:
    return Problem(source=_name(path), code=code, message=message, failed=False)


def _failure(path: str, code: str, error: OSError) -> Problem:
    message = f"It cannot be read: {error.strerror or error}."
    return Problem(source=_name(path), code=code, message=message, failed=True)
