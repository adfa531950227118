"""Who is in which group: for all bases of a home, or of a team's database."""

from contextlib import contextmanager
from typing import TYPE_CHECKING

from erya.policy import check_member, permit_home
from erya.records import Principal
from erya.stores.places import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from erya.stores.catalogue.members import Members

__all__ = ["Groups"]


class Groups:
    """The groups that people are in. Whoever asks in a name has those of that name."""

    def __init__(self, place: Place) -> None:
        """Take where they are kept; nothing is made before somebody joins one."""
        self._place = place

    def of(self, user: str) -> frozenset[str]:
        """Return the groups of a person; empty for who is in none.

        Raises:
            StoreError: The place cannot be read.
        """
        with self._members() as members:
            return members.of(user) if members else frozenset()

    def all(self, principal: Principal) -> dict[str, list[str]]:
        """Return the members of every group, both sorted.

        Raises:
            NotAllowedError: The principal does not own the home.
            StoreError: The place cannot be read.
        """
        permit_home(principal)
        with self._members() as members:
            return members.all() if members else {}

    def add(self, principal: Principal, group: str, user: str) -> bool:
        """Take a person into a group, and tell whether they were not in it.

        Raises:
            NotAllowedError: The principal does not own the home.
            StoreError: The place cannot be written.
            UsageError: A name cannot be one.
        """
        permit_home(principal)
        check_member(group, user)
        self._place.make_shared()
        with self._members(writes=True) as members:
            return bool(members and members.add(group, user))

    def remove(self, principal: Principal, group: str, user: str) -> bool:
        """Take a person out of a group, and tell whether they were in it.

        Raises:
            NotAllowedError: The principal does not own the home.
            StoreError: The place cannot be written.
        """
        permit_home(principal)
        with self._members(writes=True) as members:
            return bool(members and members.remove(group, user))

    @contextmanager
    def _members(self, *, writes: bool = False) -> "Iterator[Members | None]":
        with self._place.shared(writes=writes) as connection:
            if connection is None:
                yield None
                return
            # What talks to a database takes most of a cold start.
            from erya.stores.catalogue.members import Members  # noqa: PLC0415

            yield Members(connection)
