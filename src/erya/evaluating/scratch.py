"""Folders for bases that are thrown away, also after a process was killed."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import filelock

__all__ = ["scratch_home"]

_PREFIX: Final = "erya-scratch-"
_ALIVE: Final = ".alive"  # locked as long as somebody works in the folder
_YOUNG: Final = 60.0  # seconds in which a folder may not have its lock yet


@contextmanager
def scratch_home() -> Iterator[Path]:
    """Make an empty home folder, and remove it and those that killed processes left."""
    _sweep(Path(tempfile.gettempdir()))
    with (
        tempfile.TemporaryDirectory(prefix=_PREFIX) as home,
        filelock.FileLock(Path(home) / _ALIVE),
    ):
        yield Path(home)


def _sweep(folder: Path) -> None:
    for left in folder.glob(f"{_PREFIX}*"):
        try:
            if time.time() - left.stat().st_mtime < _YOUNG:
                continue
            with filelock.FileLock(left / _ALIVE, blocking=False):
                pass
            shutil.rmtree(left, ignore_errors=True)
        except (OSError, filelock.Timeout):
            continue  # somebody else's, or at work
