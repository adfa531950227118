"""The formats of bases."""

from typing import Final

__all__ = ["HEAD", "REVISIONS"]

# Every format so far, oldest first.
REVISIONS: Final = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
HEAD: Final = REVISIONS[-1]
