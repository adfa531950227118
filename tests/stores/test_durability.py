"""Crashes, damage, full disks, other releases."""

import dataclasses
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import time
import zlib
from pathlib import Path

import pytest
import sqlalchemy as sa

from erya.errors import (
    DamagedError,
    EryaError,
    NewerFormatError,
    NotFoundError,
    StoreError,
)
from erya.models import fingerprint_of
from erya.records import Principal
from erya.retrieving import search_store
from erya.stores import Bases
from erya.stores.embedded import EmbeddedStore
from erya.stores.embedded.database import SqliteDatabase
from erya.stores.embedded.index_files import read_manifest
from erya.stores.embedded.term_index import TermIndex
from erya.stores.embedded.vector_index import MatrixIndex
from erya.stores.revisions import HEAD
from erya.testing import chunked, document
from erya.testing.store_contract import MODEL, both, put

OWNER = Principal.owner("owner")
GOLDEN = Path(__file__).parent / "golden"


def bad(store):
    return [finding for finding in store.verify(OWNER) if not finding.ok]


def packed_text(base, source):
    """Return the bytes of a document's text as they lie in the file."""
    connection = sqlite3.connect(base / "base.sqlite")
    query = (
        "SELECT versions.text FROM versions JOIN documents"
        " ON documents.version = versions.number WHERE source = ?"
    )
    (found,) = connection.execute(query, (source,)).fetchone()
    connection.close()
    assert isinstance(found, bytes)
    return found


def put_file(store, given, original):
    """Store a document that was read from other bytes than its text."""
    given = dataclasses.replace(
        given, content_hash=hashlib.sha256(original).hexdigest()
    )
    with store.writer(OWNER, purpose="test") as writer:
        writer.put(given, chunked(given), original=original, recipe="test")
    return given


@pytest.fixture
def base(tmp_path):
    """A closed base of twenty documents; return its folder."""
    store = EmbeddedStore(tmp_path / "base", name="test")
    put(
        store,
        *(document(f"{i}.txt", f"Sensor {i} costs {i}00 euro.") for i in range(20)),
    )
    store.close()
    return tmp_path / "base"


def opened(folder):
    return EmbeddedStore(folder, name="test")


# A crash between the two commits


def test_an_index_that_is_behind_is_caught_up_by_the_next_reader(base, monkeypatch):
    store = opened(base)
    with monkeypatch.context() as patch:
        for act in ("go_ahead", "catch_up"):
            patch.setattr(f"erya.stores.indexed.{act}", lambda *_, **__: None)
        put(store, document("new.txt", "A hygrometer."))
        with store.writer(OWNER, purpose="x") as writer:
            writer.remove(document("3.txt", "").id)
    assert [finding.check for finding in bad(store)] == ["index", "matrix"]
    store.close()

    store = opened(base)
    assert len(search_store(store, OWNER, "hygrometer", limit=5).hits) == 1
    assert len(search_store(store, OWNER, "sensor", limit=50).hits) == 19
    assert bad(store) == []
    store.close()


# A commit that the indexes are ahead of


def begun_commit(base, monkeypatch, act):
    """Begin a commit that is cut off after the indexes have gone ahead."""
    store = opened(base)

    def fail(*_):
        msg = "struck"
        raise RuntimeError(msg)

    writing = store.writer(OWNER, purpose="test")
    writer = writing.__enter__()
    act(writer)
    with monkeypatch.context() as patch:
        patch.setattr("sqlalchemy.engine.base.RootTransaction.commit", fail)
        with pytest.raises(RuntimeError, match="struck"):
            writer.commit()
    writing.__exit__(RuntimeError, RuntimeError("struck"), None)
    store.close()


def replace_two(writer):
    fresh = document("new.txt", "A hygrometer.")
    writer.put(fresh, chunked(fresh), original=None, recipe="test")
    writer.remove(document("3.txt", "").id)
    writer.relabel(document("4.txt", "").id, frozenset({"user:eve"}))


def told(store):
    found = search_store(store, OWNER, "sensor hygrometer", limit=50)
    return [(hit.chunk.source, hit.score) for hit in found.hits]


def test_a_commit_that_never_came_is_taken_back(base, monkeypatch, caplog):
    store = opened(base)
    before = told(store)
    store.close()
    begun_commit(base, monkeypatch, replace_two)
    pending = base / "pending"
    assert pending.exists()
    for index in ("terms", "vectors"):
        assert read_manifest(base / index)["generation"] == 2

    store = opened(base)
    assert told(store) == before
    assert not pending.exists()
    bob = Principal(user="bob")
    assert len(search_store(store, bob, "sensor", limit=50).hits) == 20
    assert bad(store) == []
    with store.writer(OWNER, purpose="test") as writer:
        replace_two(writer)
    assert len(search_store(store, bob, "sensor", limit=50).hits) == 18
    assert {source for source, _ in told(store)} == {
        "new.txt", *(f"{i}.txt" for i in range(20) if i != 3)
    }  # fmt: skip
    assert bad(store) == []
    assert "lost" not in caplog.text
    store.close()


def test_a_writer_goes_on_after_a_commit_that_failed(base, monkeypatch):
    store = opened(base)
    with store.writer(OWNER, purpose="test") as writer:
        first, second = (
            document("a.txt", "A hygrometer."),
            document("b.txt", "A barometer."),
        )
        writer.put(first, chunked(first), original=None, recipe="test")
        with monkeypatch.context() as patch:

            def fail(*_):
                msg = "struck"
                raise RuntimeError(msg)

            patch.setattr("sqlalchemy.engine.base.RootTransaction.commit", fail)
            with pytest.raises(RuntimeError, match="struck"):
                writer.commit()
        writer.put(second, chunked(second), original=None, recipe="test")
    found = search_store(store, OWNER, "barometer", limit=5).hits
    assert [hit.chunk.source for hit in found] == ["b.txt"]
    assert search_store(store, OWNER, "hygrometer", limit=5).hits == ()
    assert bad(store) == []
    store.close()


def test_vectors_are_taken_back_as_well(tmp_path, monkeypatch):
    store = EmbeddedStore(tmp_path / "base", name="test")
    fingerprint = fingerprint_of(MODEL)
    with store.writer(OWNER, purpose="test") as writer:
        writer.use_embedder(fingerprint)
    put(store, document("a.txt", "Annual leave."), document("b.txt", "A sensor."))
    before = both(store, OWNER, "annual leave")
    store.close()

    def change(writer):
        writer.use_embedder(fingerprint)
        writer.remove(document("a.txt", "").id)
        replace_two(writer)

    begun_commit(tmp_path / "base", monkeypatch, change)
    store = opened(tmp_path / "base")
    assert both(store, OWNER, "annual leave") == before
    assert bad(store) == []
    store.close()


def test_whoever_reads_does_not_wait_for_a_commit(base, monkeypatch):
    reader, store = opened(base), opened(base)
    before = told(reader)
    seen = []
    monkeypatch.setattr("erya.stores.indexed._PATIENCE", 0.2)
    write = MatrixIndex.change

    def change(self, *given, **named):
        seen.append(told(reader))
        write(self, *given, **named)
        seen.append(told(reader))

    with monkeypatch.context() as patch:
        patch.setattr(MatrixIndex, "change", change)
        put(store, document("new.txt", "A hygrometer."))
    assert seen == [before, before]
    assert told(reader) != before
    reader.close()
    store.close()


def test_a_disk_that_is_full_for_the_indexes_keeps_the_documents(base, monkeypatch):
    store = opened(base)
    write, full = TermIndex.change, [True]

    def change(self, *given, **named):
        if full:
            raise OSError(28, "No space left on device")
        write(self, *given, **named)

    monkeypatch.setattr(TermIndex, "change", change)
    with pytest.raises(StoreError, match="documents are stored"):
        put(store, document("new.txt", "A hygrometer."))
    full.clear()
    assert len(search_store(store, OWNER, "hygrometer", limit=5).hits) == 1
    assert bad(store) == []
    store.close()


def test_commits_that_a_lost_log_took_are_told(base, caplog):
    before = (base / "base.sqlite").read_bytes()
    store = opened(base)
    put(store, document("new.txt", "A hygrometer."))
    store.close()
    (base / "base.sqlite").write_bytes(before)

    store = opened(base)
    assert search_store(store, OWNER, "hygrometer", limit=5).hits == ()
    assert "Ingest its sources again" in caplog.text
    (lost,) = bad(store)
    assert lost.check == "log"
    assert "(1)" in lost.detail
    put(store, document("new.txt", "A hygrometer."))
    store.rebuild(OWNER)
    assert bad(store) == []
    store.close()


def test_a_base_on_a_disk_that_cannot_be_written_is_read(base, monkeypatch):
    for module in ("database", "term_index"):
        monkeypatch.setattr(
            f"erya.stores.embedded.{module}.is_read_only", lambda _: True
        )

    def held():
        return {p: p.stat().st_mtime_ns for p in [base, *base.rglob("*")]}

    before = held()
    store = opened(base)
    assert (
        both(store, OWNER, "sensor 7", limit=3)
        .hits[0]
        .chunk.text.startswith("Sensor 7")
    )
    assert bad(store) == []
    assert len(list(store.documents(OWNER))) == 20
    store.close()
    assert held() == before


def test_a_base_of_an_earlier_analysis_is_not_damaged(base, monkeypatch):
    for room in ("following", "indexed", "checking", "catalogue.checking"):
        monkeypatch.setattr(f"erya.stores.{room}.ANALYSIS", "next")
    store = opened(base)

    assert bad(store) == []
    assert "next search" in {f.check: f.detail for f in store.verify(OWNER)}["index"]
    store.close()


@pytest.mark.parametrize("part", ["terms", "vectors"])
@pytest.mark.parametrize("what", ["removed", "older", "another"])
def test_an_index_that_is_not_the_bases_own_is_written_anew(base, tmp_path, what, part):
    if what == "removed":
        shutil.rmtree(base / part)
    elif what == "older":
        shutil.copytree(base / part, tmp_path / "old")
        store = opened(base)
        for i in range(5):  # far enough for the record of removals to end
            put(store, document("0.txt", f"Changed {i}."))
        store.close()
        shutil.rmtree(base / part)
        shutil.copytree(tmp_path / "old", base / part)
    else:
        other = EmbeddedStore(tmp_path / "other", name="other")
        put(other, document("x.txt", "Sensor of another base."))
        other.close()
        shutil.rmtree(base / part)
        shutil.copytree(tmp_path / "other" / part, base / part)

    store = opened(base)
    hits = both(store, OWNER, "sensor 7", limit=3).hits
    assert hits[0].chunk.text == "Sensor 7 costs 700 euro."
    assert bad(store) == []
    store.close()


def test_a_kill_at_any_moment_loses_nothing_acknowledged_and_halves_nothing(tmp_path):
    """A few rounds of `benchmarks/crashes.py`."""
    script = Path(__file__).parent.parent.parent / "benchmarks" / "crashes.py"
    done = subprocess.run(
        [sys.executable, str(script), "--rounds", "4", "--files", "120", "--seed", "5"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 lost, 0 half, 0 changed, 0 unclean" in done.stdout


def test_a_reader_beside_a_writer_sees_whole_commits(base):
    """Each commit replaces all documents at once: a reader never sees two kinds."""
    program = f"""
import sys
from pathlib import Path
from erya.records import Principal
from erya.stores.embedded import EmbeddedStore
from erya.testing import chunked, document
owner = Principal.owner("w")
store = EmbeddedStore(Path({str(base)!r}), name="test")
for turn in range(12):
    with store.writer(owner, purpose="turn") as writer:
        for i in range(20):
            given = document(f"{{i}}.txt", f"Sensor turn{{turn}} here.")
            writer.put(given, chunked(given), original=b"", recipe="t")
store.close()
"""
    store = opened(base)
    before = {
        hit.chunk.text for hit in search_store(store, OWNER, "sensor", limit=50).hits
    }
    writer = subprocess.Popen([sys.executable, "-c", program])
    seen = 0
    while writer.poll() is None:
        hits = search_store(store, OWNER, "sensor", limit=50).hits
        found = {hit.chunk.text for hit in hits}
        assert len(hits) == 20
        assert found == before or len(found) == 1
        seen += 1
    assert writer.returncode == 0
    assert seen > 5
    assert {
        hit.chunk.text for hit in search_store(store, OWNER, "sensor", limit=50).hits
    } == {"Sensor turn11 here."}
    store.close()


def test_files_that_a_killed_commit_left_do_no_harm(base, tmp_path):
    """The engine gives its next commit the same names, and would refuse to overwrite."""
    shutil.copytree(base / "terms", tmp_path / "before")
    store = opened(base)
    with store.writer(OWNER, purpose="x") as writer:
        writer.remove(document("3.txt", "").id)
    store.close()
    shutil.copytree(base / "terms", tmp_path / "after")
    shutil.rmtree(base / "terms")
    shutil.copytree(tmp_path / "before", base / "terms")
    strays = {p.name for p in (tmp_path / "after").iterdir()} - {
        p.name for p in (tmp_path / "before").iterdir()
    }
    assert any(name.endswith(".del") for name in strays)
    for name in strays:
        shutil.copy(tmp_path / "after" / name, base / "terms" / name)

    store = opened(base)
    assert len(search_store(store, OWNER, "sensor", limit=50).hits) == 19
    assert bad(store) == []
    store.close()


def test_a_crash_before_the_first_table_is_no_damage(tmp_path):
    folder = tmp_path / "base"
    folder.mkdir()
    connection = sqlite3.connect(folder / "base.sqlite")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()

    store = opened(folder)
    put(store, document("a.txt", "A sensor."))
    assert len(search_store(store, OWNER, "sensor", limit=5).hits) == 1
    store.close()


def test_a_base_that_was_deleted_acknowledges_nothing(tmp_path):
    bases = Bases(tmp_path)
    store = bases.open("x", create=True)
    bases.delete(OWNER, "x")

    with pytest.raises(NotFoundError, match="was deleted meanwhile"):
        put(store, document("a.txt", "A sensor."))
    assert bases.names() == []
    store.close()


# Damage


def index_files(base):
    return sorted(
        path.relative_to(base)
        for part in ("terms", "vectors")
        for path in (base / part).iterdir()
        if not path.name.startswith(".") and path.stat().st_size
    )


def flip(path, position):
    data = bytearray(path.read_bytes())
    data[position % len(data)] ^= 0x40
    path.write_bytes(data)


def test_a_flipped_byte_in_any_index_file_is_noticed_and_the_index_rebuilt(
    base, tmp_path
):
    dice = random.Random(3)
    store = opened(base)
    expected = [
        (hit.chunk.id, hit.score)
        for hit in both(store, OWNER, "sensor 7 euro", limit=20).hits
    ]
    store.close()
    names = index_files(base)
    assert len(names) > 9
    for name in names:
        copy = tmp_path / f"copy-{name.parts[0]}-{name.name}"
        shutil.copytree(base, copy)
        flip(copy / name, dice.randrange(10**6))
        store = opened(copy)
        checked = "index" if name.parts[0] == "terms" else "matrix"
        assert [f.check for f in bad(store)] == [checked], name
        hits = both(store, OWNER, "sensor 7 euro", limit=20).hits
        assert [(hit.chunk.id, hit.score) for hit in hits] == expected, name
        assert bad(store) == []
        store.close()


def test_a_flipped_byte_in_the_database_never_gives_a_wrong_text(base, tmp_path):
    """Each answer is right, or a typed error; and `verify` notices every lost text."""
    dice = random.Random(4)
    size = (base / "base.sqlite").stat().st_size
    true = {f"Sensor {i} costs {i}00 euro." for i in range(20)}
    text = (base / "base.sqlite").read_bytes().find(packed_text(base, "7.txt"))
    assert text > 0
    for position in [text, text + 12, *(dice.randrange(size) for _ in range(60))]:
        copy = tmp_path / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(base, copy)
        flip(copy / "base.sqlite", position)
        try:
            store = opened(copy)
        except EryaError:
            continue
        try:
            for hit in both(store, OWNER, "sensor euro", limit=30).hits:
                assert hit.chunk.text in true
            for stored in list(store.documents(OWNER)):
                assert store.document(OWNER, stored.id).text in true
        except (DamagedError, NotFoundError):
            pass
        finally:
            store.close()
    copy = tmp_path / "text"
    shutil.copytree(base, copy)
    connection = sqlite3.connect(copy / "base.sqlite")
    connection.execute(
        "UPDATE versions SET text = ? WHERE text = ?",
        (zlib.compress(b"Sensor 7 Costs 700 euro."), packed_text(copy, "7.txt")),
    )
    connection.commit()
    connection.close()
    store = opened(copy)
    with pytest.raises(DamagedError, match=r"7\.txt is not what was written"):
        search_store(store, OWNER, "sensor 7", limit=1)
    assert "texts" in [finding.check for finding in bad(store)]
    store.close()


def test_a_file_that_is_no_base_is_a_typed_error(tmp_path):
    folder = tmp_path / "base"
    folder.mkdir()
    (folder / "base.sqlite").write_bytes(b"This is no database at all. " * 100)

    with pytest.raises(DamagedError, match="damaged"):
        opened(folder)

    sqlite3.connect(folder / "other.sqlite").execute(
        "CREATE TABLE t (x)"
    ).connection.close()
    (folder / "other.sqlite").replace(folder / "base.sqlite")
    with pytest.raises(DamagedError, match="no format in it"):
        opened(folder)


def test_a_full_disk_is_a_typed_error_and_loses_nothing(base):
    """The limit on written bytes stands for the end of the disk."""
    program = f"""
import resource, signal, sys
from pathlib import Path
from erya.errors import StoreError
from erya.records import Principal
from erya.stores.embedded import EmbeddedStore
from erya.testing import chunked, document
owner = Principal.owner("w")
store = EmbeddedStore(Path({str(base)!r}), name="test")
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
try:
    with store.writer(owner, purpose="x") as writer:
        for i in range(400):
            given = document(f"big{{i}}.txt", "many words on a full disk " * 200)
            writer.put(given, chunked(given), original=given.text.encode(), recipe="t")
except StoreError as error:
    print(error)
    sys.exit(7)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 7, done.stderr
    assert "free space" in done.stdout or "Free some space" in done.stdout

    store = opened(base)
    assert len(search_store(store, OWNER, "sensor", limit=50).hits) == 20
    assert bad(store) == []
    store.close()


def test_a_base_that_cannot_be_written_can_be_read(base):
    if os.geteuid() == 0:
        pytest.skip("root writes everywhere")
    base.chmod(0o500)
    store = opened(base)
    assert len(search_store(store, OWNER, "sensor", limit=50).hits) == 20
    with pytest.raises(StoreError):
        put(store, document("x", "x"))
    store.close()


def test_reading_a_file_again_mends_its_damaged_original(base):
    given, original = document("7.txt", "Sensor 7 costs 700 euro."), b"<p>Sensor 7"
    store = opened(base)
    put_file(store, given, original)
    store.close()
    connection = sqlite3.connect(base / "base.sqlite")
    connection.execute("UPDATE originals SET data = x'00'")
    connection.commit()
    connection.close()
    store = opened(base)
    assert "originals" in [finding.check for finding in bad(store)]
    with pytest.raises(DamagedError):
        store.original(OWNER, given.id)

    put_file(store, given, original)

    assert store.original(OWNER, given.id) == original
    assert bad(store) == []
    store.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE versions SET title = 'Forged' WHERE number > 0",
        "UPDATE versions SET structure = '{}'",
        "UPDATE versions SET text = NULL",
        "UPDATE chunks SET body = '[1]'",
        "UPDATE chunks SET headings = '3'",
        "UPDATE chunks SET text = 'Sensor 7 costs nothing.'",
    ],
)
def test_what_nobody_wrote_is_never_shown(base, statement):
    connection = sqlite3.connect(base / "base.sqlite")
    connection.execute(statement)
    connection.commit()
    connection.close()
    store = opened(base)

    with pytest.raises(DamagedError):
        read_all_of(store)
    assert bad(store)
    store.close()


def read_all_of(store):
    search_store(store, OWNER, "sensor 7", limit=3)
    store.document(OWNER, document("7.txt", "").id)


def test_a_damaged_vector_is_noticed_dropped_and_made_again(base):
    connection = sqlite3.connect(base / "base.sqlite")
    connection.execute("UPDATE vectors SET known = 0.5 WHERE chunk = 3")
    connection.execute("UPDATE vectors SET data = zeroblob(96) WHERE chunk = 8")
    connection.commit()
    connection.close()
    store = opened(base)
    assert {finding.check for finding in bad(store)} == {"vectors", "matrix"}

    store.rebuild(OWNER)

    assert bad(store) == []
    assert len(both(store, OWNER, "sensor", limit=30).hits) == 20
    with store.writer(OWNER, purpose="x") as writer:
        writer.use_embedder(store.embedder(OWNER))
        assert len(writer.unembedded(limit=30)) == 2
    store.close()


def test_a_damaged_chunk_without_a_vector_stands_in_nobodys_way(tmp_path):
    store = opened(tmp_path / "base")
    put(
        store,
        document("a.txt", "Sensors."),
        document("b.txt", "Hotels."),
        embedded=False,
    )
    connection = sqlite3.connect(tmp_path / "base" / "base.sqlite")
    connection.execute(
        "UPDATE chunks SET text = 'Damaged.' WHERE document ="
        " (SELECT number FROM documents WHERE source = 'a.txt')"
    )
    connection.commit()
    connection.close()

    with store.writer(OWNER, purpose="x") as writer:
        writer.use_embedder(fingerprint_of(MODEL))
        assert [chunk.text for chunk in writer.unembedded(limit=1)] == ["Hotels."]
    store.close()


def test_a_matrix_exchanged_while_it_is_opened_is_not_used(base, monkeypatch):
    """Its manifest and its rows would not belong together."""
    store = opened(base)
    index = store._indexes.vectors
    opening = index._open_matrix

    def exchange(manifest):
        monkeypatch.setattr(index, "_open_matrix", opening)
        found = opening(manifest)
        store.rebuild(OWNER)
        return found

    index._open = None
    monkeypatch.setattr(index, "_open_matrix", exchange)
    assert index.searcher(index.generation()) is None
    assert len(both(store, OWNER, "sensor", limit=30).hits) == 20
    store.close()


def test_rows_that_are_gone_are_dropped_when_there_are_many(base, monkeypatch):
    monkeypatch.setattr("erya.stores.embedded.vector_index._FEW_GONE", 5)
    store = opened(base)
    for turn in range(3):
        put(
            store,
            *(document(f"{i}.txt", f"Sensor {i} costs {turn}.") for i in range(7)),
        )
    manifest = read_manifest(base / "vectors")
    assert manifest["rows"] - len(manifest["gone"]) == 20
    assert len(manifest["gone"]) <= 7
    assert bad(store) == []
    assert len(both(store, OWNER, "sensor", limit=30).hits) == 20
    store.close()


@pytest.mark.parametrize("index", ["terms", "vectors"])
def test_one_changed_digit_of_a_manifest_is_not_believed(base, index):
    path = base / index / "checksums"
    written = path.read_bytes()
    assert b'"generation": ' in written
    for old, new in ((b'"generation": ', b'"generation": 1'), (b"}", b", ")):
        path.write_bytes(written.replace(old, new, 1))
        store = opened(base)
        assert len(both(store, OWNER, "sensor", limit=30).hits) == 20
        assert bad(store) == []
        store.close()
    original = json.loads(written.partition(b"\n")[2])
    assert read_manifest(base / index)["generation"] == original["generation"]


def test_what_a_killed_writer_appended_to_the_matrix_does_not_count(base):
    with (base / "vectors" / "lower.i8").open("ab") as file:
        file.write(b"\x01" * 777)
    with (base / "vectors" / "rows").open("ab") as file:
        file.write(b"\x01" * 11)
    store = opened(base)
    assert bad(store) == []

    put(store, document("new.txt", "A hygrometer."))

    assert bad(store) == []
    assert (
        both(store, OWNER, "hygrometer", limit=1).hits[0].chunk.text == "A hygrometer."
    )
    assert len(both(store, OWNER, "sensor", limit=30).hits) == 21
    store.close()


# Deleting


def test_deleted_is_gone_from_every_file(base):
    store = opened(base)
    given = document("secret.txt", "Zanzibarquux is the word.")
    put_file(store, given, b"%PDF of Zanzibarquux")
    text = packed_text(base, "secret.txt")
    held = b"".join(path.read_bytes() for path in base.rglob("*") if path.is_file())
    assert b"of Zanzibarquux" in held
    assert text in held

    with store.writer(OWNER, purpose="x") as writer:
        writer.remove(document("secret.txt", "").id)
    store.rebuild(OWNER)
    store.close()

    for path in base.rglob("*"):
        if path.is_file():
            assert b"anzibarquux" not in path.read_bytes(), path
            assert text[2:] not in path.read_bytes(), path


def test_what_a_document_told_of_itself_goes_when_it_is_replaced(base):
    store = opened(base)
    told = document("plan.txt", "A plan.", title="Quuxbarzan")
    put(store, dataclasses.replace(told, metadata={"author": "Fooquuxley"}))
    put(store, document("plan.txt", "Another plan.", title="Other"))
    with sqlite3.connect(base / "base.sqlite") as connection:
        rows = connection.execute(
            "SELECT title, details FROM versions WHERE superseded_at IS NOT NULL"
        ).fetchall()
    assert rows == [("", "{}")]
    store.rebuild(OWNER)
    store.close()

    for path in base.rglob("*"):
        if path.is_file():
            assert b"uxbarzan" not in path.read_bytes(), path
            assert b"ooquuxley" not in path.read_bytes(), path


# Formats


def test_migrations_make_the_tables_that_the_schema_says(tmp_path):
    engines = []
    for name in ("made", "migrated"):
        (tmp_path / name).mkdir()
        database = SqliteDatabase(tmp_path / name, name=name)
        if name == "made":
            database.create()
        else:
            database.migrate()
        engines.append(database.engine)

    def tables(engine):
        inspector = sa.inspect(engine)
        return {
            name: (
                [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(name)],
                inspector.get_pk_constraint(name)["constrained_columns"],
                sorted((i["name"], i["column_names"]) for i in inspector.get_indexes(name)),
                sorted(u["column_names"] for u in inspector.get_unique_constraints(name)),
                sorted(
                    (f["constrained_columns"], f["referred_table"], f["options"])
                    for f in inspector.get_foreign_keys(name)
                ),
            )
            for name in inspector.get_table_names()
        }  # fmt: skip

    made, migrated = map(tables, engines)
    assert made == migrated
    with engines[1].connect() as connection:
        sequences = "SELECT sql FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'"
        assert len(connection.exec_driver_sql(sequences).all()) == 3
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
        assert found.scalar() == HEAD
    for engine in engines:
        engine.dispose()


def test_a_newer_base_is_refused_untouched(base):
    connection = sqlite3.connect(base / "base.sqlite")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    before = (base / "base.sqlite").read_bytes()

    with pytest.raises(NewerFormatError, match="9999.*left untouched.*Upgrade"):
        opened(base)

    assert (base / "base.sqlite").read_bytes() == before


@pytest.mark.parametrize(
    "release", sorted(path.name for path in GOLDEN.glob("*.tar.gz"))
)
def test_a_base_of_every_release_opens(release, tmp_path):
    """Each archive holds a base and what it must answer; none is ever made again."""
    with tarfile.open(GOLDEN / release) as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extractall(tmp_path, filter="data")
        else:  # Python 3.11.2 of Debian
            archive.extractall(tmp_path)
    expected = json.loads((tmp_path / "expected.json").read_text(encoding="utf-8"))
    store = Bases(tmp_path / "home").open("golden")

    status = store.status(OWNER)
    assert (status.documents, status.chunks) == (
        expected["documents"],
        expected["chunks"],
    )
    for question, text in expected["first"].items():
        assert search_store(store, OWNER, question, limit=1).hits[0].chunk.text == text
    reader = Principal(user="ada")
    assert [d.source for d in store.documents(reader)] == expected["ada_reads"]
    assert bad(store) == []
    put(store, document("later.txt", "Written by a later release."))
    assert len(search_store(store, OWNER, "later release", limit=1).hits) == 1
    store.close()


def test_there_is_a_golden_base():
    assert list(GOLDEN.glob("*.tar.gz"))


def test_another_analysis_reads_every_chunk_anew(base, monkeypatch):
    for room in ("following", "indexed", "catalogue.feed"):
        monkeypatch.setattr(f"erya.stores.{room}.ANALYSIS", "next")
    store = opened(base)
    assert len(search_store(store, OWNER, "sensor", limit=50).hits) == 20
    store.close()
    store = opened(base)
    put(store, document("x.txt", "One more sensor."))

    assert len(search_store(store, OWNER, "sensor", limit=50).hits) == 21
    connection = sqlite3.connect(base / "base.sqlite")
    query = "SELECT value FROM base WHERE key = 'analysis'"
    assert connection.execute(query).fetchone() == ("next",)
    connection.close()
    store.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE documents SET source = 'b.txt' WHERE source = '7.txt'",
        "UPDATE versions SET media_type = 'text/html'",
        "UPDATE versions SET language = 'fr'",
        "INSERT INTO readers SELECT number, 'user:eve' FROM label_sets",
    ],
)
def test_nothing_is_shown_of_a_document_whose_source_or_readers_were_changed(
    base, change
):
    connection = sqlite3.connect(base / "base.sqlite")
    connection.execute(change)
    connection.commit()
    connection.close()

    store = opened(base)
    assert "documents" in [finding.check for finding in bad(store)]
    with pytest.raises(DamagedError, match="not what was written"):
        search_store(store, OWNER, "sensor 7", limit=20)
    with pytest.raises(DamagedError, match="not what was written"):
        store.document(OWNER, document("7.txt", "").id)
    store.close()


# The lock


def test_a_lock_whose_holder_was_killed_is_free(base):
    program = f"""
import time
from pathlib import Path
from erya.records import Principal
from erya.stores.embedded import EmbeddedStore
store = EmbeddedStore(Path({str(base)!r}), name="test")
with store.writer(Principal.owner("w"), purpose="hold it"):
    print("held", flush=True)
    time.sleep(60)
"""
    holder = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert holder.stdout
    assert holder.stdout.readline() == b"held\n"
    store = opened(base)
    with pytest.raises(StoreError, match=rf"process {holder.pid} \(hold it"):
        put(store, document("x.txt", "x"))

    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    time.sleep(0.05)
    put(store, document("x.txt", "A stale lock is no lock."))
    assert len(search_store(store, OWNER, "stale", limit=1).hits) == 1
    store.close()


def test_a_file_of_a_base_that_was_emptied_is_not_taken_for_a_new_base(tmp_path):
    store = EmbeddedStore(tmp_path / "base", name="docs")
    with store.writer(OWNER, purpose="test") as writer:
        one = document("/a.txt", "The fee is 40 euros.")
        writer.put(one, chunked(one), original=b"x", recipe="r")
    store.close()
    for path in (tmp_path / "base").glob("base.sqlite*"):
        path.write_bytes(b"")

    with pytest.raises(DamagedError, match="emptied"):
        EmbeddedStore(tmp_path / "base", name="docs")
