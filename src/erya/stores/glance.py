"""What a base holds, read from its file alone: to list many bases, none is opened."""

import sqlite3
from contextlib import closing
from pathlib import Path

from erya.stores.revisions import HEAD

__all__ = ["glance"]


def glance(path: Path) -> tuple[int, int] | None:
    """Count the documents and chunks of the base in a file.

    None where a glance does not tell: it is of another format, damaged, or on a disk
    that cannot be written. Whoever opens it then says what is wrong.
    """
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as file:
            (revision,) = file.execute(
                "SELECT version_num FROM alembic_version"
            ).fetchone()
            count = "SELECT count(*), coalesce(sum(chunks), 0) FROM documents"
            documents, chunks = file.execute(count).fetchone()
    except (sqlite3.Error, TypeError, ValueError):
        return None
    return (int(documents), int(chunks)) if revision == HEAD else None
