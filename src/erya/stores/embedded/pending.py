"""What the indexes got before the catalogue had it, in a file beside them."""

from pathlib import Path

from typing_extensions import override

from erya.stores.embedded.index_files import read_with_checksum, write_with_checksum
from erya.stores.parts import Pending, PendingNote

__all__ = ["PendingFile"]


class PendingFile(PendingNote):
    """A note in one file, which is there between two steps of a commit."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @override
    def read(self) -> Pending | None:
        """Return what stands in the file, or None where there is none to be read."""
        try:
            fields = read_with_checksum(self._path)
            return Pending(int(fields["generation"]), fields["chunks"])
        except (OSError, ValueError, LookupError, TypeError):
            return None

    @override
    def write(self, pending: Pending) -> None:
        """Write it in one step.

        Raises:
            OSError: It cannot be written.
        """
        write_with_checksum(self._path, pending._asdict())

    @override
    def clear(self) -> None:
        """Forget it.

        Raises:
            OSError: The file cannot be deleted.
        """
        self._path.unlink(missing_ok=True)
