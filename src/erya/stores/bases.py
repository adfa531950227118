"""The knowledge bases of one home, by name."""

import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from erya.errors import NotFoundError, UsageError
from erya.policy import EVERYTHING, BaseAccess, labels, permit
from erya.records import Principal
from erya.stores.base import Store
from erya.stores.groups import Groups
from erya.stores.places import FolderPlace, Place

if TYPE_CHECKING:
    from erya.policy import Role

__all__ = ["Bases"]

_NAME = re.compile(r"\w[\w.-]{0,63}")


class Bases:
    """Finds, makes and deletes the bases of a home."""

    def __init__(self, home: Path, *, catalogue: str = "") -> None:
        """Take where bases are kept.

        Args:
            home: The folder of bases; with a catalogue elsewhere that of their indexes.
            catalogue: The address of a PostgreSQL database that holds what is known of
                them; empty keeps it in the folder, too.

        Raises:
            MissingExtraError: What a catalogue elsewhere needs is not installed.
            UsageError: The address is none.
        """
        self._place = _place_of(home / "bases", catalogue)

    @property
    def groups(self) -> Groups:
        """Who is in which group, for all of these bases."""
        return Groups(self._place)

    def names(self) -> list[str]:
        """Return the names of all bases, sorted; none where there is no home yet.

        Raises:
            StoreError: The catalogue is out of reach.
        """
        return self._place.names()

    def exists(self, name: str) -> bool:
        """Tell whether there is a base of this name.

        Raises:
            StoreError: The catalogue is out of reach.
            UsageError: The name cannot be one.
        """
        _check_name(name)
        return self._place.exists(name)

    def open(self, name: str, *, create: bool = False) -> Store:
        """Open a base; with `create`, make it if there is none.

        Raises:
            NotFoundError: There is none of this name; the message names those there
                are.
            NewerFormatError: A later release wrote it.
            StoreError: The catalogue is out of reach.
            UsageError: The name cannot be one.
        """
        if not self.exists(name) and not create:
            there = ", ".join(self.names()) or "none yet"
            msg = (
                f"There is no base {name!r}. Bases here: {there}. "
                "Make one with: erya ingest PATH --kb NAME"
            )
            raise NotFoundError(msg)
        return self._place.open(name)

    def size(self, principal: Principal, name: str) -> tuple[int, int]:
        """Return how many documents and chunks of a base the principal may read.

        Raises:
            NotFoundError: There is none of this name.
            StoreError: It cannot be read.
        """
        _check_name(name)
        if labels(principal, BaseAccess(name=name, grants={})) is EVERYTHING:
            counted = self._place.size(name)
            if counted is not None:
                return counted
        with closing(self.open(name)) as store:
            status = store.status(principal)
        return status.documents, status.chunks

    def copy(self, principal: Principal, name: str, home: Path) -> None:
        """Copy a base into the folder of another home, as it is at one moment.

        Whoever writes to it is not kept waiting.

        Raises:
            NotAllowedError: The principal may only read.
            NotFoundError: There is none of this name.
        """
        self._permit(principal, name)
        target = home / "bases" / name
        target.mkdir(parents=True, mode=0o700)
        self._place.copy(name, target)

    def delete(self, principal: Principal, name: str) -> None:
        """Delete a base with everything in it. It disappears under its name at once.

        Raises:
            BusyError: Somebody is writing to it.
            NotFoundError: There is none of this name.
        """
        self._permit(principal, name)
        self._place.delete(name)

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


def _place_of(folder: Path, catalogue: str) -> Place:
    if not catalogue:
        return FolderPlace(folder)
    # The libraries of a database take most of a cold start.
    from erya.stores.postgres import PostgresPlace  # noqa: PLC0415

    return PostgresPlace(catalogue, folder=folder)


def _check_name(name: str) -> None:
    """Refuse what cannot be the name of a base, or of its folder.

    Raises:
        UsageError: It cannot.
    """
    if not _NAME.fullmatch(name):
        msg = (
            "The name of a base has 1 to 64 letters, digits, '-', '_' or '.', and "
            f"begins with a letter or digit, got {name!r}. Try --kb handbook."
        )
        raise UsageError(msg)
