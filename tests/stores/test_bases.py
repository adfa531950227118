"""Many bases at a glance."""

import sqlite3
import subprocess
import sys

import pytest

from erya.errors import NotFoundError, StoreError
from erya.records import Principal
from erya.stores import Bases
from erya.testing import document
from erya.testing.store_contract import OWNER, put


@pytest.fixture
def bases(home):
    bases = Bases(home)
    store = bases.open("a", create=True)
    put(
        store,
        document("1", "One.", readers=("user:ada",)),
        document("2", "Two.", readers=("group:x",)),
    )
    store.close()
    return bases


def test_the_size_of_a_base_is_that_of_what_somebody_may_read(bases):
    assert bases.size(OWNER, "a") == (2, 2)
    assert bases.size(Principal(user="ada"), "a") == (1, 1)
    assert bases.size(Principal(user="bob"), "a") == (0, 0)


def test_a_base_that_is_being_written_is_counted(bases):
    store = bases.open("a")
    with store.writer(OWNER, purpose="x") as writer:
        writer.remove(document("1", "One.").id)
        assert bases.size(OWNER, "a") == (2, 2)
    assert bases.size(OWNER, "a") == (1, 1)
    store.close()


def test_what_a_glance_does_not_tell_opening_does(bases, home):
    with pytest.raises(NotFoundError):
        bases.size(OWNER, "b")
    file = home / "bases" / "a" / "base.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="later release"):
        bases.size(OWNER, "a")
    file.write_bytes(b"nonsense" * 1_000)
    with pytest.raises(StoreError):
        bases.size(OWNER, "a")


def test_bases_are_counted_without_the_libraries_of_the_store(bases, home):
    """Two hundred are listed in a moment: only a glance is taken of each."""
    code = (
        "import sys; from pathlib import Path; from erya.stores import Bases;"
        "from erya.records import Principal;"
        f"print(Bases(Path({str(home)!r})).size(Principal.owner('o'), 'a'),"
        "[m for m in ('sqlalchemy', 'tantivy', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "(2, 2) []"
