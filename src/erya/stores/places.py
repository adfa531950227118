"""Where knowledge bases lie: in folders of the home, or in a database of a team."""

import secrets
import shutil
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from typing_extensions import override

from erya.stores.base import Store
from erya.stores.glance import glance

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    import sqlalchemy as sa

__all__ = ["FolderPlace", "Place"]

_DELETED: Final = ".deleted-"
_SHARED: Final = "people.sqlite3"


class Place(Protocol):
    """Keeps bases by their names, which are checked; permissions are, too."""

    def names(self) -> list[str]:
        """Return the names of all bases, sorted; none where there is no place yet."""
        ...

    def exists(self, name: str) -> bool:
        """Tell whether there is a base of this name."""
        ...

    def open(self, name: str) -> Store:
        """Open a base, made if there is none.

        Raises:
            NewerFormatError: A later release wrote it.
            StoreError: The place cannot be read or written.
        """
        ...

    def size(self, name: str) -> tuple[int, int] | None:
        """Count the documents and chunks of a base; None if only opening it tells."""
        ...

    def copy(self, name: str, folder: Path) -> None:
        """Copy the catalogue of a base, as it is at one moment, into an empty folder.

        Whoever writes to it is not kept waiting.
        """
        ...

    def delete(self, name: str) -> None:
        """Delete a base with everything in it; it disappears at once.

        Raises:
            BusyError: Somebody is writing to it.
        """
        ...

    def make_shared(self) -> None:
        """Make the tables of what all bases share, if there are none.

        Raises:
            StoreError: They cannot be made.
        """
        ...

    def shared(
        self, *, writes: bool = False
    ) -> "AbstractContextManager[sa.Connection | None]":
        """Begin a transaction on what all bases share; None where nothing is there.

        Args:
            writes: Whether it may change something; it then sees the last state.

        Raises:
            StoreError: It cannot be read or written.
        """
        ...


class FolderPlace(Place):
    """Each base is one folder. A crash may leave a deleted one under a hidden name."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of all bases, which need not exist yet."""
        self._folder = folder

    @override
    def names(self) -> list[str]:
        if not self._folder.is_dir():
            return []
        return sorted(
            entry.name
            for entry in self._folder.iterdir()
            if not entry.name.startswith(".") and (entry / "base.sqlite").exists()
        )

    @override
    def exists(self, name: str) -> bool:
        return (self._folder / name / "base.sqlite").exists()

    @override
    def open(self, name: str) -> Store:
        # The store's libraries take most of a cold start; listing bases needs none.
        from erya.stores.embedded import EmbeddedStore  # noqa: PLC0415

        return EmbeddedStore(self._folder / name, name=name)

    @override
    def size(self, name: str) -> tuple[int, int] | None:
        path = self._folder / name / "base.sqlite"
        return glance(path.absolute()) if path.exists() else None

    @override
    def copy(self, name: str, folder: Path) -> None:
        import sqlite3  # noqa: PLC0415

        with (
            closing(sqlite3.connect(self._folder / name / "base.sqlite")) as source,
            closing(sqlite3.connect(folder / "base.sqlite")) as copied,
        ):
            source.backup(copied)

    @override
    def delete(self, name: str) -> None:
        from erya.stores.embedded.lock import WriterLock  # noqa: PLC0415

        path = self._folder / name
        doomed = self._folder / f"{_DELETED}{name}-{secrets.token_hex(4)}"
        with WriterLock(path, base=name).hold(purpose="delete it"):
            path.rename(doomed)
        for folder in self._folder.glob(f"{_DELETED}*"):
            shutil.rmtree(folder, ignore_errors=True)

    @override
    def make_shared(self) -> None:
        from erya.stores.catalogue.members import Members  # noqa: PLC0415
        from erya.stores.embedded.database import shared_file  # noqa: PLC0415

        with shared_file(self._folder.parent / _SHARED, writes=True) as connection:
            Members.make(connection)

    @contextmanager
    @override
    def shared(self, *, writes: bool = False) -> "Iterator[sa.Connection | None]":
        path = self._folder.parent / _SHARED
        if not path.exists():
            yield None
            return
        from erya.stores.embedded.database import shared_file  # noqa: PLC0415

        with shared_file(path, writes=writes) as connection:
            yield connection
