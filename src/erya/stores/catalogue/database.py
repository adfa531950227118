"""Where the tables of a base lie: what an engine has to do beside its SQL."""

import json
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from erya.errors import DamagedError, EryaError, NewerFormatError, UsageError
from erya.language import ANALYSIS
from erya.stores.base import Finding
from erya.stores.catalogue import schema
from erya.stores.damage import DamagedRowError
from erya.stores.revisions import HEAD, REVISIONS

__all__ = [
    "Database",
    "check_argument",
    "compact_json",
    "damaged_file",
    "deleted_meanwhile",
]

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
# A base newer than this release says so in this table, whatever else has changed.
_VERSION = sa.table("alembic_version", sa.column("version_num"))


class Database(ABC):
    """The tables of one base, in transactions that see one state.

    Attributes:
        engine: Where they are.
        name: What the base is called.
        kept_removals: For so many generations the record of removals reaches back.
        shared: Whether other machines write, too, so that the indexes of this one may
            be behind.
    """

    kept_removals = 2  # the indexes follow each commit before the next one begins
    shared = False

    def __init__(self, engine: sa.Engine, *, name: str) -> None:
        self.engine = engine
        self.name = name

    @abstractmethod
    def error_for(self, error: DBAPIError) -> EryaError:
        """Return what the driver says as an error that tells what to do."""

    @abstractmethod
    def take_numbers(
        self, connection: sa.Connection, table: sa.Table, *, count: int
    ) -> int:
        """Return the first of so many numbers that `table` has never used."""

    @abstractmethod
    def drop_traces(self) -> None:
        """Leave nothing of what was removed in the log of the engine, if it can."""

    @abstractmethod
    def check(self, connection: sa.Connection) -> list[Finding]:
        """Check the engine's own files, and the references between tables."""

    @abstractmethod
    def hold(self, *, purpose: str, wait: float = 0.0) -> AbstractContextManager[None]:
        """Keep everybody else from writing for a while, on every machine.

        Args:
            purpose: What for, to tell others.
            wait: Seconds to wait for somebody else to finish.

        Raises:
            BusyError: Somebody else writes.
            StoreError: The place cannot be written to.
        """

    def hold_here(
        self, *, purpose: str, wait: float = 0.0
    ) -> AbstractContextManager[None]:
        """Keep others on this machine from changing the indexes for a while.

        Args:
            purpose: What for, to tell others.
            wait: Seconds to wait for somebody else to finish.

        Raises:
            BusyError: Somebody else holds them.
            StoreError: The place cannot be written to.
        """
        return self.hold(purpose=purpose, wait=wait)

    def still_there(self) -> bool:
        """Tell whether this is still the base that was opened, and was not deleted."""
        return True

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Begin a transaction, which is committed when it is left without an error.

        Raises:
            StoreError: The driver says something.
        """
        with self.translate_errors(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn what the driver says into an error that tells what to do.

        Raises:
            BusyError: Another process kept the tables locked.
            DamagedError: A row is not what was written.
            StoreError: The engine cannot read or write.
        """
        try:
            yield
        except DBAPIError as error:
            translated = self.error_for(error)
            raise translated from error
        except DamagedRowError as error:
            translated = damaged_file(self.name, str(error))
            raise translated from error

    def is_blank(self) -> bool:
        """Tell whether nothing was made yet, or a crash came before the first table."""
        with self.translate_errors(), self.engine.connect() as connection:
            return not sa.inspect(connection).get_table_names()

    def create(self) -> None:
        """Make the tables of a new base in one transaction. The caller holds it."""
        with self.engine.begin() as connection:
            self.make_tables(connection)

    def make_tables(self, connection: sa.Connection) -> None:
        """Make the tables of a new base."""
        schema.metadata.create_all(connection)
        connection.exec_driver_sql(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
            "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
        connection.execute(sa.insert(_VERSION).values(version_num=HEAD))
        connection.execute(
            sa.insert(schema.base),
            [
                {"key": "identity", "value": secrets.token_hex(16)},
                {"key": "generation", "value": "0"},
                {"key": "pruned", "value": "0"},
                {"key": "analysis", "value": ANALYSIS},
            ],
        )

    def is_current(self) -> bool:
        """Tell whether the base has this release's format; else it is an older one.

        Raises:
            NewerFormatError: A later release wrote it.
            DamagedError: It is no base.
        """
        with self.translate_errors(), self.engine.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                msg = (
                    f"The file of the base {self.name!r} has no format in it, so it is "
                    "no base of Erya or is damaged. Move it away, and ingest the "
                    "documents again."
                )
                raise DamagedError(msg)
            revision = connection.scalar(sa.select(_VERSION.c.version_num))
        if revision == HEAD:
            return True
        if revision in REVISIONS:
            return False
        msg = (
            f"The base {self.name!r} has the format {revision}, this release knows up "
            f"to {HEAD}: a later release of Erya wrote it. It was left untouched. "
            "Upgrade with: pip install -U erya"
        )
        raise NewerFormatError(msg)

    def migrate(self) -> None:
        """Bring an older base to this release's format. The caller holds it."""
        from alembic import command  # noqa: PLC0415 - slow to load, and seldom needed
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        scripts = Path(__file__).parent / "migrations"
        config.set_main_option("script_location", str(scripts))
        with self.translate_errors(), self.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def compact_json(value: Any) -> str:
    """Return JSON as a column has it: without blanks, so that terms are found in it."""
    return _ENCODER.encode(value)


def check_argument(what: str, value: object, kind: type) -> None:
    """Refuse what a caller gave wrongly, before it could look like damage of the base.

    Raises:
        UsageError: It is of another type.
    """
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        msg = f"{what} is a {kind.__name__}, got {value!r:.80}."
        raise UsageError(msg)


def deleted_meanwhile(name: str) -> str:
    """Word that a base is gone that was opened."""
    return f"The base {name!r} was deleted meanwhile. Open it again."


def damaged_file(name: str, reason: str) -> DamagedError:
    """Return the error for a file, or a row in it, that is not what was written."""
    msg = (
        f"The file of the base {name!r} is damaged: {reason}. Look closer with: "
        f"erya kb verify {name}. Then restore it from a backup, or delete the base and "
        "ingest the documents again."
    )
    return DamagedError(msg)
