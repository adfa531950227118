"""The knowledge bases in one PostgreSQL database, by name."""

import hashlib
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from typing_extensions import override

from erya.errors import NotFoundError
from erya.stores.base import Store
from erya.stores.catalogue import schema
from erya.stores.catalogue.database import deleted_meanwhile
from erya.stores.catalogue.facts import facts_of
from erya.stores.catalogue.members import Members
from erya.stores.embedded.database import SqliteDatabase
from erya.stores.embedded.lock import WriterLock
from erya.stores.embedded.store import indexes_in, make_private
from erya.stores.following import catch_up
from erya.stores.indexed import IndexedStore
from erya.stores.places import Place
from erya.stores.postgres.database import (
    PostgresDatabase,
    address_of,
    engine_at,
    in_words,
)

__all__ = ["PostgresPlace"]

_HOME: Final = "erya"  # the schema of what all bases share
_BASES: Final = sa.Table(
    "bases",
    sa.MetaData(schema=_HOME),
    sa.Column("name", sa.Text(collation="C"), primary_key=True),
    sa.Column("schema", sa.Text, nullable=False, unique=True),
)
_ROWS_AT_ONCE: Final = 1_000
_PATIENCE: Final = 30.0  # seconds for whoever makes the same base
_HOME_KEY: Final = 0x45525941  # of the lock for making it


class PostgresPlace(Place):
    """Bases whose catalogues are schemas of one database.

    Their indexes lie in the home folder of each machine that uses them.
    """

    def __init__(self, address: str, *, folder: Path) -> None:
        """Take the address, as a person wrote it, and where indexes are kept.

        Raises:
            MissingExtraError: The extra `postgres` is not installed.
            UsageError: It is no address of a PostgreSQL database.
        """
        self._address = address_of(address)
        where = self._address.set(password=None, query={}).render_as_string()
        # Apart from bases of the home, which may be called the same.
        self._folder = folder.parent / "shared" / _short_hash(where)
        self._home = engine_at(self._address, schema=_HOME, keep=False)
        self._committed = self._home.execution_options(isolation_level="READ COMMITTED")

    @override
    def names(self) -> list[str]:
        self._drop_remains()
        return sorted(self._schemas())

    @override
    def exists(self, name: str) -> bool:
        return name in self._schemas()

    @override
    def open(self, name: str) -> Store:
        is_new = name not in self._schemas()
        if is_new:
            with suppress(IntegrityError):  # another has just made it
                self._create(name)
        database = self._database(name)
        try:
            if not database.is_current():
                with database.hold(purpose="migrate it"):
                    database.migrate()
            with database.transaction() as connection:
                identity = facts_of(connection)["identity"]
            folder = self._folder / database.schema
            indexes = indexes_in(folder, identity=identity)
            if is_new:
                with (
                    database.hold_here(purpose="create it", wait=_PATIENCE),
                    database.translate_errors(),
                ):
                    catch_up(database.engine, indexes)
            return IndexedStore(database, indexes)
        except BaseException:
            database.engine.dispose()
            raise

    @override
    def size(self, name: str) -> tuple[int, int] | None:
        documents = sa.table(
            "documents", sa.column("chunks"), schema=self._schema_of(name)
        )
        chunks = sa.func.coalesce(sa.func.sum(documents.c.chunks), 0)
        with self._connect() as connection:
            row = connection.execute(sa.select(sa.func.count(), chunks)).one()
        return int(row[0]), int(row[1])

    @override
    def copy(self, name: str, folder: Path) -> None:
        source = self._database(name)
        target = SqliteDatabase(folder, name=name)
        try:
            target.create()
            with source.transaction() as reading, target.transaction() as writing:
                for table in schema.metadata.sorted_tables:
                    writing.execute(sa.delete(table))  # the facts of a new base
                    _copy_rows(table, reading, writing)
        finally:
            source.engine.dispose()
            target.engine.dispose()

    @override
    def delete(self, name: str) -> None:
        database = self._database(name)
        try:
            with (
                database.hold(purpose="delete it"),
                database.transaction() as connection,
            ):
                connection.execute(sa.delete(_BASES).where(_BASES.c.name == name))
                connection.execute(sa.schema.DropSchema(database.schema, cascade=True))
        finally:
            database.engine.dispose()
        self._drop_remains()

    @override
    def make_shared(self) -> None:
        self._make_home()

    @contextmanager
    @override
    def shared(self, *, writes: bool = False) -> Iterator[sa.Connection | None]:
        engine = self._committed if writes else self._home
        with self._translate_errors(), engine.begin() as connection:
            yield connection

    def _create(self, name: str) -> None:
        """Make the tables of a base, and enter its name, all at once."""
        own = f"base_{secrets.token_hex(8)}"
        self._make_home()
        database = self._database_in(own, name=name)
        try:
            with self._translate_errors(), database.engine.begin() as connection:
                connection.execute(sa.schema.CreateSchema(own))
                connection.execute(sa.insert(_BASES).values(name=name, schema=own))
                database.make_tables(connection)
        finally:
            database.engine.dispose()

    def _make_home(self) -> None:
        # Of two that are the first, one waits, and then sees what the other has made.
        with self._translate_errors(), self._committed.begin() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_HOME_KEY)))
            connection.execute(sa.schema.CreateSchema(_HOME, if_not_exists=True))
            _BASES.metadata.create_all(connection)
            Members.make(connection)

    def _database(self, name: str) -> PostgresDatabase:
        own = self._schema_of(name)
        make_private(self._folder / own)
        return self._database_in(own, name=name)

    def _database_in(self, own: str, *, name: str) -> PostgresDatabase:
        lock = WriterLock(self._folder / own, base=name)
        return PostgresDatabase(self._address, own, name=name, lock=lock)

    def _schema_of(self, name: str) -> str:
        """Return the schema of a base.

        Raises:
            NotFoundError: Another has deleted it meanwhile.
        """
        own = self._schemas().get(name)
        if own is None:
            raise NotFoundError(deleted_meanwhile(name))
        return own

    def _drop_remains(self) -> None:
        """Delete the indexes of bases that are gone, whoever has deleted them.

        Folders are listed first: one is made after its schema.
        """
        if not self._folder.is_dir():
            return
        folders = list(self._folder.iterdir())
        there = {*self._schemas().values()}
        for folder in folders:
            if folder.name not in there:
                shutil.rmtree(folder, ignore_errors=True)

    def _schemas(self) -> dict[str, str]:
        """Return the schema of each base by its name."""
        with self._connect() as connection:
            if not sa.inspect(connection).has_table(_BASES.name, schema=_HOME):
                return {}
            rows = connection.execute(sa.select(_BASES.c.name, _BASES.c.schema))
            return {str(name): str(own) for name, own in rows}

    @contextmanager
    def _connect(self) -> Iterator[sa.Connection]:
        with self._translate_errors(), self._home.begin() as connection:
            yield connection

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Turn what the driver says into an error that tells what to do.

        Raises:
            IntegrityError: Another was first.
            StoreError: The database is out of reach, or refuses.
        """
        try:
            yield
        except IntegrityError:
            raise
        except DBAPIError as error:
            translated = in_words(error, base="", address=self._address)
            raise translated from error


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _copy_rows(table: sa.Table, reading: sa.Connection, writing: sa.Connection) -> None:
    rows = reading.execute(
        sa.select(table).execution_options(yield_per=_ROWS_AT_ONCE)
    ).mappings()
    for part in rows.partitions():
        values: list[dict[str, Any]] = [dict(row) for row in part]
        writing.execute(sa.insert(table), values)
