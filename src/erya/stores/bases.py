"""The knowledge bases of one home folder, by name."""

import re
import secrets
import shutil
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from erya.errors import NotFoundError, UsageError
from erya.policy import EVERYTHING, BaseAccess, labels, permit
from erya.records import Principal
from erya.stores.base import Store
from erya.stores.glance import glance

if TYPE_CHECKING:
    from erya.policy import Role

__all__ = ["Bases"]

_NAME = re.compile(r"\w[\w.-]{0,63}")
_DELETED = ".deleted-"


class Bases:
    """Finds, makes and deletes the bases under `home`."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "bases"

    def names(self) -> list[str]:
        """Return the names of all bases, sorted; none where there is no home yet."""
        if not self._folder.is_dir():
            return []
        return sorted(
            entry.name
            for entry in self._folder.iterdir()
            if not entry.name.startswith(".") and (entry / "base.sqlite").exists()
        )

    def exists(self, name: str) -> bool:
        """Tell whether there is a base of this name."""
        return (self._path(name) / "base.sqlite").exists()

    def open(self, name: str, *, create: bool = False) -> Store:
        """Open a base; with `create`, make it if there is none.

        Raises:
            NotFoundError: There is none of this name; the message names those there
                are.
            NewerFormatError: A later release wrote it.
            UsageError: The name cannot be one.
        """
        # The store's libraries take most of a cold start; listing bases needs none.
        from erya.stores.embedded import EmbeddedStore  # noqa: PLC0415

        path = self._path(name)
        if not create and not (path / "base.sqlite").exists():
            there = ", ".join(self.names()) or "none yet"
            msg = (
                f"There is no base {name!r}. Bases here: {there}. "
                "Make one with: erya ingest PATH --kb NAME"
            )
            raise NotFoundError(msg)
        return EmbeddedStore(path, name=name)

    def size(self, principal: Principal, name: str) -> tuple[int, int]:
        """Return how many documents and chunks of a base the principal may read.

        Raises:
            NotFoundError: There is none of this name.
            StoreError: It cannot be read.
        """
        path = self._path(name) / "base.sqlite"
        if labels(principal, BaseAccess(name=name, grants={})) is EVERYTHING:
            found = glance(path.absolute()) if path.exists() else None
            if found is not None:
                return found
        with closing(self.open(name)) as store:
            status = store.status(principal)
        return status.documents, status.chunks

    def copy(self, principal: Principal, name: str, home: Path) -> None:
        """Copy a base into another home, as it is at one moment.

        Whoever writes to it is not kept waiting.

        Raises:
            NotAllowedError: The principal may only read.
            NotFoundError: There is none of this name.
        """
        import sqlite3  # noqa: PLC0415

        self._permit(principal, name)
        target = home / self._path(name).relative_to(self._folder.parent)
        target.mkdir(parents=True, mode=0o700)
        with (
            closing(sqlite3.connect(self._path(name) / "base.sqlite")) as source,
            closing(sqlite3.connect(target / "base.sqlite")) as copied,
        ):
            source.backup(copied)

    def delete(self, principal: Principal, name: str) -> None:
        """Delete a base with everything in it.

        It disappears under its name at once; a crash may leave its files behind under a
        hidden name, which the next deletion removes.

        Raises:
            BusyError: Somebody is writing to it.
            NotFoundError: There is none of this name.
        """
        from erya.stores.embedded.lock import WriterLock  # noqa: PLC0415

        self._permit(principal, name)
        path = self._path(name)
        doomed = self._folder / f"{_DELETED}{name}-{secrets.token_hex(4)}"
        with WriterLock(path, base=name).held(purpose="delete it"):
            path.rename(doomed)
        for folder in self._folder.glob(f"{_DELETED}*"):
            shutil.rmtree(folder, ignore_errors=True)

    def _permit(self, principal: Principal, name: str) -> None:
        """Let a principal maintain a base, or refuse.

        Raises:
            NotAllowedError: They do not own it.
            NotFoundError: There is none of this name.
        """
        if not self.exists(name):
            self.open(name)  # raises, naming those there are
        grants: dict[str, Role] = {}
        if principal.role == "reader":  # of an owner even a damaged base can be deleted
            with closing(self.open(name)) as store:
                grants = store.grants(Principal.system())
        permit(principal, "maintain", BaseAccess(name=name, grants=grants))

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            msg = (
                "The name of a base has 1 to 64 letters, digits, '-', '_' or '.', and "
                f"begins with a letter or digit, got {name!r}. Try --kb handbook."
            )
            raise UsageError(msg)
        return self._folder / name
