"""Open the base in one folder."""

from pathlib import Path

from erya.errors import DamagedError, StoreError
from erya.stores.catalogue.facts import facts_of
from erya.stores.embedded.database import SqliteDatabase
from erya.stores.embedded.pending import PendingFile
from erya.stores.embedded.term_index import TermIndex
from erya.stores.embedded.vector_index import MatrixIndex
from erya.stores.following import catch_up
from erya.stores.indexed import IndexedStore
from erya.stores.parts import Indexes

__all__ = ["EmbeddedStore", "indexes_in", "make_private"]

_PATIENCE = 30.0  # seconds that the second of two who make a base waits for the first


class EmbeddedStore(IndexedStore):
    """One base in one folder."""

    def __init__(self, folder: Path, *, name: str) -> None:
        """Open the base; make it, or bring it to this release's format, as needed.

        Raises:
            BusyError: It has to be made or migrated, and somebody else is writing.
            NewerFormatError: A later release wrote it.
            StoreError: The folder cannot be used.
        """
        database = SqliteDatabase(folder, name=name)
        try:
            # Looked for first: another process may be making both.
            indexed = (folder / "terms" / "meta.json").exists()
            if not (folder / "base.sqlite").exists() or database.is_blank():
                _refuse_emptied(folder, name=name, indexed=indexed)
                _create(database, folder)
            if not database.is_current():
                with database.hold(purpose="migrate it"):
                    database.migrate()
                    with (
                        database.translate_errors()
                    ):  # indexes of another form are written anew
                        catch_up(database.engine, _indexes_of(database, folder))
            super().__init__(database, _indexes_of(database, folder))
            database.remember_file()
        except BaseException:
            database.engine.dispose()
            raise


def indexes_in(folder: Path, *, identity: str) -> Indexes:
    """Return the indexes of a base in a folder, which need not exist yet."""
    return Indexes(
        TermIndex(folder / "terms", identity=identity),
        MatrixIndex(folder / "vectors", identity=identity),
        PendingFile(folder / "pending"),
    )


def _indexes_of(database: SqliteDatabase, folder: Path) -> Indexes:
    with database.transaction() as connection:
        identity = facts_of(connection)["identity"]
    return indexes_in(folder, identity=identity)


def _create(database: SqliteDatabase, folder: Path) -> None:
    make_private(folder)
    with (
        database.hold(purpose="create it", wait=_PATIENCE),
        database.translate_errors(),
    ):
        # Two processes may both have found nothing; the second finds tables now.
        if database.is_blank():
            database.create()
            catch_up(database.engine, _indexes_of(database, folder))


def _refuse_emptied(folder: Path, *, name: str, indexed: bool) -> None:
    """Make no new base where one was lost.

    Raises:
        DamagedError: There are indexes of one.
    """
    if not indexed:
        return
    msg = (
        f"The file {folder / 'base.sqlite'} of the base {name!r} is empty or gone, but "
        "the indexes of a base lie beside it: something has emptied it. Put it back "
        "from a backup, or move the folder away and ingest the documents again."
    )
    raise DamagedError(msg)


def make_private(folder: Path) -> None:
    """Make the folder of a base, which nobody else on the machine may enter.

    Raises:
        StoreError: It cannot be made.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        msg = (
            f"The folder {folder} cannot be made: {error.strerror or error}. "
            "Choose another home with --home or ERYA_HOME."
        )
        raise StoreError(msg) from None
