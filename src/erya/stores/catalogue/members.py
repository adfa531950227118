"""The table of who is in which group, of what all bases share."""

from typing import Final

import sqlalchemy as sa

from erya.stores.catalogue.dialects import insert_new

__all__ = ["Members"]

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_TABLE: Final = sa.Table(
    "group_members",
    sa.MetaData(),
    sa.Column("group_name", _TEXT, primary_key=True),
    sa.Column("member", _TEXT, primary_key=True),
)


class Members:
    """Reads and changes the table within one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._there = sa.inspect(connection).has_table(_TABLE.name)

    @staticmethod
    def make(connection: sa.Connection) -> None:
        """Make the table, if there is none."""
        _TABLE.create(connection, checkfirst=True)

    def of(self, user: str) -> frozenset[str]:
        """Return the groups of a person."""
        if not self._there:
            return frozenset()
        query = sa.select(_TABLE.c.group_name).where(_TABLE.c.member == user)
        return frozenset(self._connection.scalars(query))

    def all(self) -> dict[str, list[str]]:
        """Return the members of every group, both sorted."""
        members: dict[str, list[str]] = {}
        if self._there:
            query = sa.select(_TABLE).order_by(*_TABLE.primary_key)
            for group, member in self._connection.execute(query):
                members.setdefault(group, []).append(member)
        return members

    def add(self, group: str, user: str) -> bool:
        """Take a person into a group, and tell whether they were not in it."""
        row = {"group_name": group, "member": user}
        new = insert_new(self._connection, _TABLE)
        return bool(self._connection.execute(new, row).rowcount)

    def remove(self, group: str, user: str) -> bool:
        """Take a person out of a group, and tell whether they were in it."""
        if not self._there:
            return False
        gone = sa.delete(_TABLE).where(
            _TABLE.c.group_name == group, _TABLE.c.member == user
        )
        return bool(self._connection.execute(gone).rowcount)
