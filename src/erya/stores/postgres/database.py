"""The tables of a base in one schema of PostgreSQL."""

import getpass
import hashlib
import os
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DBAPIError
from typing_extensions import override

from erya.addresses import cover_secrets
from erya.errors import BusyError, EryaError, NotFoundError, StoreError, UsageError
from erya.extras import require
from erya.stores.base import Finding
from erya.stores.catalogue.database import Database, compact_json, deleted_meanwhile
from erya.stores.damage import read_json
from erya.stores.embedded.lock import WriterLock

__all__ = ["PostgresDatabase", "address_of", "engine_at", "in_words"]

_PAUSE: Final = 0.05
_CONNECTIONS: Final = 15  # beside five; more wait for one that is free
_NUL: Final = ("22021", "22P05")
_ROLLED_BACK: Final = ("40001", "40P01")  # another transaction was first
_PORT: Final = "5432"
_HERE: Final = (None, "localhost", "127.0.0.1", "::1")
_MODES: Final = {"disable": False, "prefer": None, "require": True}
_NO_TABLE: Final = "42P01"
_LONGEST_NAME: Final = 63  # bytes of an application's name


class PostgresDatabase(Database):
    """One schema, and a lock that every machine sees."""

    # Other machines may be so many commits behind, and need not read everything anew.
    kept_removals = 10_000
    shared = True

    def __init__(
        self, address: sa.URL, schema: str, *, name: str, lock: WriterLock
    ) -> None:
        """Take where the tables are, or will be.

        Args:
            address: Of the database.
            schema: Of the base.
            name: What the base is called.
            lock: Of the indexes on this machine.
        """
        super().__init__(engine_at(address, schema=schema), name=name)
        self.schema = schema
        self._address = address
        self._lock = lock
        digest = hashlib.sha256(schema.encode()).digest()
        self._key = int.from_bytes(digest[:8], "big", signed=True)

    @override
    def error_for(self, error: DBAPIError) -> EryaError:
        return in_words(error, base=self.name, address=self._address)

    @override
    def take_numbers(
        self, connection: sa.Connection, table: sa.Table, *, count: int
    ) -> int:
        # A sequence never goes back, not even with its transaction.
        sequence = sa.func.pg_get_serial_sequence(table.name, "number")
        first = int(connection.scalar(sa.select(sa.func.nextval(sequence))) or 0)
        last = first + max(count, 1) - 1
        connection.execute(sa.select(sa.func.setval(sequence, last)))
        return first

    @override
    def drop_traces(self) -> None:
        """PostgreSQL overwrites what was removed when it vacuums, by itself."""

    @override
    def check(self, connection: sa.Connection) -> list[Finding]:
        version = connection.scalar(sa.text("SHOW server_version"))
        detail = f"PostgreSQL {version} checks its own pages and references"
        return [Finding(check="database", ok=True, detail=detail)]

    @override
    def still_there(self) -> bool:
        namespace = sa.select(sa.func.to_regnamespace(self.schema))
        with self.transaction() as connection:
            return connection.scalar(namespace) is not None

    @contextmanager
    @override
    def hold(self, *, purpose: str, wait: float = 0.0) -> Iterator[None]:
        deadline = time.monotonic() + wait
        connection = self._take_lock(purpose, deadline=deadline)
        try:
            left = max(0.0, deadline - time.monotonic())
            with self.hold_here(purpose=purpose, wait=left):
                yield
        finally:
            connection.invalidate()  # with the session its lock ends
            connection.close()

    @contextmanager
    @override
    def hold_here(self, *, purpose: str, wait: float = 0.0) -> Iterator[None]:
        with self._lock.hold(purpose=purpose, wait=wait):
            yield

    def _take_lock(self, purpose: str, *, deadline: float) -> sa.Connection:
        """Return a connection whose session holds the lock of the base.

        Raises:
            BusyError: Somebody else holds it until then.
        """
        label = f"erya {socket.gethostname()[:20]} {os.getpid()}: {purpose}"
        name_session = sa.select(
            sa.func.set_config("application_name", label[:_LONGEST_NAME], False)  # noqa: FBT003
        )
        try_lock = sa.select(sa.func.pg_try_advisory_lock(self._key))
        with self.translate_errors():
            connection = self.engine.connect()
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(name_session)
            while not (locked := connection.scalar(try_lock)):
                if time.monotonic() >= deadline:
                    break
                time.sleep(_PAUSE)
        if locked:
            return connection
        holder = self._holder(connection)
        connection.close()
        raise BusyError(base=self.name, holder=holder)

    def _holder(self, connection: sa.Connection) -> str:
        application = connection.scalar(
            sa.text(
                "SELECT application_name FROM pg_stat_activity JOIN pg_locks"
                " USING (pid) WHERE locktype = 'advisory' AND granted AND"
                " (classid::bigint << 32) | objid::bigint = :key"
            ),
            {"key": self._key},
        )
        return str(application or "another process")


def address_of(address: str) -> sa.URL:
    """Return the address of a database as a person wrote it.

    A folder as `host` is that of the server's socket, as PostgreSQL's own tools have
    it.

    Raises:
        MissingExtraError: The extra `postgres` is not installed.
        UsageError: It is none of PostgreSQL.
    """
    require("pg8000", feature="A catalogue in PostgreSQL", extra="postgres")
    try:
        url = sa.make_url(address)
    except (ArgumentError, ValueError):
        url = sa.URL.create("none")
    if url.drivername not in {"postgresql", "postgres"} or not url.database:
        covered = cover_secrets(address)
        msg = (
            f"A catalogue is the address of a PostgreSQL database, got {covered!r:.80}."
            " Try postgresql://NAME@HOST/DATABASE."
        )
        raise UsageError(msg)
    unknown = sorted(url.query.keys() - {"host", "port", "sslmode", "sslrootcert"})
    if unknown:
        msg = (
            f"The address of a catalogue has {', '.join(unknown)} in it. Known are "
            "host, port, sslmode and sslrootcert."
        )
        raise UsageError(msg)
    host = url.query.get("host")
    if isinstance(host, str) and not host.startswith("/"):
        url = url.set(host=host)
    port = url.query.get("port")
    if isinstance(port, str) and port.isdecimal():
        url = url.set(port=int(port))
    return url.set(
        drivername="postgresql+pg8000", username=url.username or getpass.getuser()
    )


def engine_at(address: sa.URL, *, schema: str, keep: bool = True) -> sa.Engine:
    """Return an engine whose transactions see one state of the tables in a schema.

    Args:
        address: Of the database.
        schema: Where tables are looked for.
        keep: Whether connections are kept open between two transactions.
    """
    kept: dict[str, Any] = {"max_overflow": _CONNECTIONS, "pool_pre_ping": True}
    engine = sa.create_engine(
        address.set(query={}),
        connect_args=_connect_arguments(address),
        isolation_level="REPEATABLE READ",
        json_serializer=compact_json,
        json_deserializer=read_json,
        **(kept if keep else {"poolclass": sa.NullPool}),
    )
    # Otherwise a thousand rows are a thousand trips to the server.
    engine.dialect.use_insertmanyvalues_wo_returning = True

    def begin_in(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f'SET search_path TO "{schema}"')  # one of our own making
        cursor.close()
        connection.commit()

    event.listen(engine, "connect", begin_in, insert=True)
    return engine


def _connect_arguments(address: sa.URL) -> dict[str, Any]:
    """Return how the driver is to connect, as PostgreSQL's own tools take an address.

    `sslmode` is disable, prefer (encrypt if the server can; what is not said, except to
    this machine itself), require, or verify-full, with the authority in `sslrootcert`.

    Raises:
        UsageError: There is no such mode.
    """
    query = {key: str(value) for key, value in address.query.items()}
    folder = query.get("host", "")
    here = folder.startswith("/") or address.host in _HERE
    mode = query.get("sslmode", "disable" if here else "prefer")
    way: dict[str, Any] = {}
    if folder.startswith("/"):
        way["unix_sock"] = f"{folder}/.s.PGSQL.{query.get('port', _PORT)}"
    if mode == "verify-full":
        way["ssl_context"] = ssl.create_default_context(cafile=query.get("sslrootcert"))
    elif mode in _MODES:
        way["ssl_context"] = _MODES[mode]
    else:
        modes = ", ".join([*_MODES, "verify-full"])
        msg = f"sslmode is one of {modes}, got {mode!r:.40}."
        raise UsageError(msg)
    return way


def in_words(error: DBAPIError, *, base: str, address: sa.URL) -> EryaError:
    """Return what the driver says as an error that tells what to do."""
    details = error.orig.args[0] if error.orig and error.orig.args else {}
    code = details.get("C", "") if isinstance(details, dict) else ""
    if code in _ROLLED_BACK:
        return BusyError(base=base, holder="another process")
    if code in _NUL:
        return UsageError("PostgreSQL keeps no text with the character NUL in it.")
    if code == _NO_TABLE and base:
        return NotFoundError(deleted_meanwhile(base))
    reason = details.get("M", error.orig) if isinstance(details, dict) else details
    text = str(reason).strip(" .")
    where = address.set(drivername="postgresql")
    return StoreError(
        f"The catalogue {where.render_as_string()} cannot be read or written: "
        f"{text}. Nothing that was acknowledged is lost. See that the "
        "server runs and lets this user in, then run the command again."
    )
