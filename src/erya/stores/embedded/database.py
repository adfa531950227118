"""The tables of a base in one SQLite file."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, OperationalError
from typing_extensions import override

from erya.errors import BusyError, StoreError
from erya.stores.base import Finding
from erya.stores.catalogue.database import Database, compact_json, damaged_file
from erya.stores.damage import read_json
from erya.stores.embedded.index_files import is_read_only
from erya.stores.embedded.lock import WriterLock

__all__ = ["SqliteDatabase", "shared_file"]

_BUSY_MILLISECONDS = 10_000
_PAGE = 16_384  # bytes
_LOG_PAGES = 250
_NAMED = 5  # damaged things named in one finding


class SqliteDatabase(Database):
    """One file in the folder of the base, with a lock beside it."""

    def __init__(self, folder: Path, *, name: str) -> None:
        self._path = folder / "base.sqlite"
        super().__init__(_engine_for(self._path), name=name)
        self._lock = WriterLock(folder, base=name)
        self._opened: os.stat_result | None = None

    def remember_file(self) -> None:
        """Take the file as it is now for the base that was opened.

        Raises:
            OSError: There is none.
        """
        self._opened = self._path.stat()

    @override
    def still_there(self) -> bool:
        try:
            status = self._path.stat()
        except OSError:
            return False
        return self._opened is None or os.path.samestat(status, self._opened)

    @override
    def hold(self, *, purpose: str, wait: float = 0.0) -> AbstractContextManager[None]:
        return self._lock.hold(purpose=purpose, wait=wait)

    @override
    def create(self) -> None:
        # Rows of a kilobyte fill a page of 16 better than one of 4.
        self._outside_transaction(f"PRAGMA page_size = {_PAGE}")
        self._outside_transaction("PRAGMA journal_mode = WAL")
        super().create()

    @override
    def take_numbers(
        self, connection: sa.Connection, table: sa.Table, *, count: int
    ) -> int:
        # What is inserted under a number counts as used by itself.
        sequence = sa.table("sqlite_sequence", sa.column("name"), sa.column("seq"))
        last = connection.scalar(
            sa.select(sequence.c.seq).where(sequence.c.name == table.name)
        )
        return int(last or 0) + 1

    @override
    def drop_traces(self) -> None:
        with self.translate_errors():
            self._outside_transaction("PRAGMA wal_checkpoint(TRUNCATE)")

    @override
    def check(self, connection: sa.Connection) -> list[Finding]:
        rows = connection.exec_driver_sql("PRAGMA integrity_check")
        messages = [str(row[0]) for row in rows]
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        whole = messages == ["ok"]
        return [
            Finding(check="database", ok=whole, detail="; ".join(messages[:_NAMED])),
            Finding(
                check="references",
                ok=not broken,
                detail=f"{len(broken)} broken" if broken else "as written",
            ),
        ]

    @override
    def error_for(self, error: DBAPIError) -> StoreError:
        reason = str(error.orig)
        if not isinstance(error, OperationalError) or "malformed" in reason:
            return damaged_file(self.name, reason)
        if "locked" in reason:
            return BusyError(base=self.name, holder="another process")
        return StoreError(
            f"The base {self.name!r} cannot be read or written: {reason}. "
            "Nothing that was acknowledged is lost. Check the free space and the "
            "permissions of its folder, then run the command again."
        )

    def _outside_transaction(self, statement: str) -> None:
        """Run a statement that SQLite refuses inside a transaction."""
        connection = self.engine.raw_connection()
        try:
            connection.cursor().execute(statement).fetchall()
        finally:
            connection.close()


@contextmanager
def shared_file(path: Path, *, writes: bool) -> Iterator[sa.Connection]:
    """Begin a transaction in a file that all bases of a home share.

    Raises:
        StoreError: It cannot be read or written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine = _engine_for(path)
        try:
            with engine.begin() as connection:
                if writes:  # of two, one waits, and then sees what the other wrote
                    connection.exec_driver_sql("COMMIT")
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
        finally:
            engine.dispose()
    except (OSError, DBAPIError) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        msg = (
            f"The file {path} cannot be read or written: {reason}. Check the "
            "free space and the permissions of its folder."
        )
        raise StoreError(msg) from error


def _engine_for(path: Path) -> sa.Engine:
    """Return an engine on the file at `path`, which need not exist yet."""
    engine = sa.create_engine(
        _address_of(path),
        json_serializer=compact_json,
        json_deserializer=read_json,
        max_overflow=-1,  # a thread that asks is never turned away for want of one
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _address_of(path: Path) -> sa.URL:
    """Return where the file is: on a disk that cannot be written, to be read only.

    SQLite wants to write beside a file even to read it, unless the address says that
    the file never changes. A log that was not brought in keeps that from being true.
    """
    if not is_read_only(path):
        return sa.URL.create("sqlite", database=str(path))
    log = path.with_name(f"{path.name}-wal")
    query = {"mode": "ro", "uri": "true"}
    if not log.exists() or not log.stat().st_size:
        query["immutable"] = "1"
    return sa.URL.create("sqlite", database=f"file:{quote(str(path))}", query=query)


def _on_connect(connection: Any, _record: Any) -> None:
    # The driver would begin transactions at its own moments; ours begin where they say.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {_BUSY_MILLISECONDS}",
        "foreign_keys = ON",
        "synchronous = FULL",  # acknowledged means durable
        "secure_delete = ON",  # deleted means gone
        "cell_size_check = ON",
        f"wal_autocheckpoint = {_LOG_PAGES}",
        f"journal_size_limit = {_LOG_PAGES * _PAGE}",  # once its pages are brought in
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")
