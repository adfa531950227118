"""One writer at a time, across processes and threads."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from erya.errors import BusyError, StoreError

__all__ = ["WriterLock"]


class WriterLock:
    """The lock of one base.

    The operating system drops it when its holder ends, however it ends: a stale lock
    needs no repair. Beside it stands a note that names the holder.
    """

    def __init__(self, folder: Path, *, base: str) -> None:
        self._path = folder / "writer.lock"
        self._note = folder / "writer.json"
        self._base = base

    @contextmanager
    def hold(self, *, purpose: str, wait: float = 0.0) -> Iterator[None]:
        """Hold the lock for a while.

        Args:
            purpose: What for, to tell others.
            wait: Seconds to wait for somebody else to finish.

        Raises:
            BusyError: Somebody else holds it; the message names them.
            StoreError: The folder cannot be written to.
        """
        lock = FileLock(self._path, timeout=wait, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            raise BusyError(base=self._base, holder=self._holder()) from None
        except OSError as error:
            msg = (
                f"The base {self._base!r} cannot be written: {error.strerror or error}."
                f" Check who owns {self._path.parent} and whether the disk is full."
            )
            raise StoreError(msg) from None
        try:
            self._write_note(purpose)
            yield
        finally:
            self._note.unlink(missing_ok=True)
            lock.release()

    def _write_note(self, purpose: str) -> None:
        note = {
            "pid": os.getpid(),
            "purpose": purpose,
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        try:
            self._note.write_text(json.dumps(note), encoding="utf-8")
        except OSError:
            # The note only words an error; a full disk must not keep repairs away.
            return

    def _holder(self) -> str:
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            return f"process {note['pid']} ({note['purpose']}, since {note['since']})"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"
