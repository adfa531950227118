"""Threads of one home folder, each its principal's."""

import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from erya.errors import NotFoundError, StoreError, UsageError
from erya.records import Principal

__all__ = ["StoredThread", "Threads"]

_TABLES: Final = """
create table if not exists threads (
    id text primary key,
    owner text not null,
    options text not null,
    title text not null,
    created_at text not null,
    updated_at text not null
) strict;
create table if not exists turns (
    thread text not null references threads (id) on delete cascade,
    number integer not null,
    turn text not null,
    primary key (thread, number)
) strict"""
_FILE: Final = "threads.sqlite3"
_OPEN_SECONDS: Final = 30.0
_TITLE: Final = 80  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredThread:
    """A thread as it is kept.

    Attributes:
        id: Tells it from all others.
        owner: Whose it is: the name of a person.
        options: What it was begun with, such as the bases.
        title: The beginning of its first question.
        created_at: When it began, in UTC.
        updated_at: When its last turn ended.
    """

    id: str
    owner: str
    options: Mapping[str, Any]
    title: str
    created_at: str
    updated_at: str


class Threads:
    """Keeps threads; nobody sees those of another."""

    def __init__(self, home: Path) -> None:
        """Take the home folder; nothing is made before a thread is.

        Args:
            home: Where bases are kept.
        """
        self._path = home / _FILE

    def begin(self, principal: Principal, *, options: Mapping[str, Any]) -> str:
        """Begin a thread, and return its id.

        Raises:
            StoreError: The home folder cannot be written.
            UsageError: Whoever has no name keeps nothing.
        """
        if not principal.user:
            msg = "Conversations are kept for persons with a name. Name one with --as."
            raise UsageError(msg)
        thread_id = secrets.token_hex(8)
        now = _now()
        row = (thread_id, principal.user, json.dumps(dict(options)), "", now, now)
        with self._connected() as database, database:
            database.execute("insert into threads values (?, ?, ?, ?, ?, ?)", row)
        return thread_id

    def add(
        self, thread_id: str, turn: Mapping[str, Any], *, principal: Principal
    ) -> None:
        """Keep a turn; its `question` names the thread, if it is the first.

        Raises:
            NotFoundError: There is no such thread, or it is somebody else's.
            StoreError: The home folder cannot be written.
        """
        self.get(thread_id, principal=principal)
        title = str(turn.get("question", ""))[:_TITLE]
        title = title.encode("utf-8", "replace").decode()
        with self._connected() as database, database:
            database.execute(
                "insert into turns select ?, coalesce(max(number), 0) + 1, ? from turns"
                " where thread = ?",
                (thread_id, json.dumps(dict(turn)), thread_id),
            )
            database.execute(
                "update threads set updated_at = ?, title = case title when '' then ?"
                " else title end where id = ?",
                (_now(), title, thread_id),
            )

    def get(self, thread_id: str, *, principal: Principal) -> StoredThread:
        """Return a thread.

        Raises:
            NotFoundError: There is none of this id, or it is somebody else's.
            StoreError: The home folder cannot be read.
        """
        found = next(self._rows(principal, thread_id), None)
        if found is None:
            msg = f"There is no thread {thread_id!r:.40}. List them: erya threads list"
            raise NotFoundError(msg)
        return found

    def all(self, *, principal: Principal) -> list[StoredThread]:
        """Return the threads of a principal, the latest first.

        Raises:
            StoreError: The home folder cannot be read.
        """
        return list(self._rows(principal))

    def turns(self, thread_id: str, *, principal: Principal) -> list[dict[str, Any]]:
        """Return the turns of a thread, the oldest first.

        Raises:
            NotFoundError: There is no such thread, or it is somebody else's.
            StoreError: The home folder cannot be read.
        """
        self.get(thread_id, principal=principal)
        query = "select turn from turns where thread = ? order by number"
        with self._connected() as database:
            rows = database.execute(query, (thread_id,)).fetchall()
        return [json.loads(turn) for (turn,) in rows]

    def forget(self, thread_id: str, *, principal: Principal) -> None:
        """Delete a thread, and overwrite what it said.

        Raises:
            NotFoundError: There is no such thread, or it is somebody else's.
            StoreError: The home folder cannot be written.
        """
        self.get(thread_id, principal=principal)
        with self._connected() as database:
            with database:
                database.execute("delete from threads where id = ?", (thread_id,))
            database.execute("pragma wal_checkpoint(truncate)")

    def _rows(
        self, principal: Principal, thread_id: str | None = None
    ) -> Iterator[StoredThread]:
        if not self._path.exists():
            return
        query = (
            "select id, owner, options, title, created_at, updated_at from threads"
            " where owner = ?1 and (?2 is null or id = ?2)"
            " order by updated_at desc, id"
        )
        with self._connected() as database:
            rows = database.execute(query, (principal.user, thread_id)).fetchall()
        for row in rows:
            yield StoredThread(
                id=row[0], owner=row[1], options=json.loads(row[2]), title=row[3],
                created_at=row[4], updated_at=row[5],
            )  # fmt: skip

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """Open the tables.

        Raises:
            StoreError: They cannot be read or written.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = sqlite3.connect(self._path, timeout=_OPEN_SECONDS)
            with closing(file) as database:
                for pragma in (
                    "journal_mode = wal", "synchronous = full", "foreign_keys = on",
                    "secure_delete = on",
                ):  # fmt: skip
                    database.execute(f"pragma {pragma}")
                for table in _TABLES.split(";"):
                    database.execute(table)
                yield database
        except (OSError, sqlite3.Error) as error:
            msg = (
                f"The file {self._path} cannot be read or written: {error}. Check the "
                "free space and the permissions of its folder."
            )
            raise StoreError(msg) from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
