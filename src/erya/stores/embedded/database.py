"""Open the SQLite file of a base: settings, format, and errors in our own words."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DatabaseError, OperationalError

from erya.errors import (
    BusyError,
    DamagedError,
    NewerFormatError,
    StoreError,
    UsageError,
)
from erya.language import ANALYSIS
from erya.stores.embedded import schema
from erya.stores.embedded.damage import DamagedRowError, read_json
from erya.stores.embedded.index_files import is_read_only
from erya.stores.revisions import HEAD, REVISIONS

__all__ = [
    "check_argument",
    "create",
    "engine_for",
    "guarded",
    "is_current",
    "migrate",
    "outside_transaction",
]

_BUSY_MILLISECONDS = 10_000
# A base newer than this release says so in this table, whatever else has changed.
_VERSION = sa.table("alembic_version", sa.column("version_num"))


def engine_for(path: Path) -> sa.Engine:
    """Return an engine on the file at `path`, which need not exist yet."""
    engine = sa.create_engine(
        _address_of(path),
        json_serializer=_compact_json,
        json_deserializer=read_json,
        max_overflow=-1,  # a thread that asks is never turned away for want of one
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _address_of(path: Path) -> sa.URL:
    """Return where the file is: on a disk that cannot be written, to be read only.

    SQLite wants to write beside a file even to read it, unless it is told that the file
    never changes. A log that was not brought in keeps that from being true.
    """
    if not is_read_only(path):
        return sa.URL.create("sqlite", database=str(path))
    log = path.with_name(f"{path.name}-wal")
    told = {"mode": "ro", "uri": "true"}
    if not log.exists() or not log.stat().st_size:
        told["immutable"] = "1"
    return sa.URL.create("sqlite", database=f"file:{quote(str(path))}", query=told)


def _on_connect(connection: Any, _record: Any) -> None:
    # The driver would begin transactions at its own moments; ours begin where they say.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {_BUSY_MILLISECONDS}",
        "foreign_keys = ON",
        "synchronous = FULL",  # acknowledged means durable
        "secure_delete = ON",  # deleted means gone
        "cell_size_check = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _compact_json(value: Any) -> str:
    import json  # noqa: PLC0415 - the serializer is looked up at run time anyway

    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def create(engine: sa.Engine) -> None:
    """Make the tables of a new base in one transaction. The caller holds the lock."""
    outside_transaction(engine, "PRAGMA journal_mode = WAL")
    with engine.begin() as connection:
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


def outside_transaction(engine: sa.Engine, statement: str) -> None:
    """Run a statement that SQLite refuses inside a transaction."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute(statement).fetchall()
    finally:
        connection.close()


def is_current(engine: sa.Engine, *, name: str) -> bool:
    """Tell whether the base has this release's format; otherwise it is an older one.

    Raises:
        NewerFormatError: A later release wrote it.
        DamagedError: It is no base.
    """
    with guarded(name), engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            msg = (
                f"The file of the base {name!r} has no format in it, so it is no base "
                "of Erya or is damaged. Move it away, and ingest the documents again."
            )
            raise DamagedError(msg)
        found = connection.scalar(sa.select(_VERSION.c.version_num))
    if found == HEAD:
        return True
    if found in REVISIONS:
        return False
    msg = (
        f"The base {name!r} has the format {found}, this release knows up to "
        f"{HEAD}: a later release of Erya wrote it. It was left untouched. "
        "Upgrade with: pip install -U erya"
    )
    raise NewerFormatError(msg)


def migrate(engine: sa.Engine) -> None:
    """Bring an older base to this release's format. The caller holds the lock."""
    from alembic import command  # noqa: PLC0415 - slow to load, and seldom needed
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check_argument(what: str, value: object, kind: type) -> None:
    """Refuse what a caller gave wrongly, before it could look like damage of the base.

    Raises:
        UsageError: It is of another type.
    """
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        msg = f"{what} is a {kind.__name__}, got {value!r:.80}."
        raise UsageError(msg)


@contextmanager
def guarded(name: str) -> Iterator[None]:
    """Turn what SQLite says into an error that tells what to do.

    Raises:
        BusyError: Another process kept the file locked.
        DamagedError: The file is not what was written.
        StoreError: The disk is full or cannot be written.
    """
    try:
        yield
    except OperationalError as error:
        reason = str(error.orig)
        if "locked" in reason:
            raise BusyError(base=name, holder="another process") from error
        if "malformed" in reason:
            damaged = _damaged(name, reason)
            raise damaged from error
        msg = (
            f"The base {name!r} cannot be read or written: {reason}. "
            "Nothing that was acknowledged is lost. Check the free space and the "
            "permissions of its folder, then run the command again."
        )
        raise StoreError(msg) from error
    except DatabaseError as error:
        damaged = _damaged(name, str(error.orig))
        raise damaged from error
    except DamagedRowError as error:
        damaged = _damaged(name, str(error))
        raise damaged from error


def _damaged(name: str, reason: str) -> DamagedError:
    msg = (
        f"The file of the base {name!r} is damaged: {reason}. Look closer with: "
        f"erya kb verify {name}. Then restore it from a backup, or delete the base and "
        "ingest the documents again."
    )
    return DamagedError(msg)
