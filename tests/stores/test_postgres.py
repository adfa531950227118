"""Bases of several machines, whose catalogues are in one real PostgreSQL."""

import secrets
import threading
from contextlib import closing

import pytest
import sqlalchemy as sa

from erya.errors import (
    BusyError,
    NewerFormatError,
    NotFoundError,
    StoreError,
    UsageError,
)
from erya.models import fingerprint_of
from erya.records import Document, Principal
from erya.retrieving import search_store
from erya.stores import Bases, Embedding
from erya.stores.catalogue import schema
from erya.stores.postgres.database import address_of
from erya.testing import HashingEmbedding, StoreContract, chunked, document
from erya.testing.store_contract import MODEL, both, found, put
from tests import postgres_server

OWNER = Principal.owner("owner")


class TestPostgresStore(StoreContract):
    @pytest.fixture
    def make_store(self, tmp_path, postgres):
        bases = Bases(tmp_path / "home", catalogue=postgres)
        return lambda: bases.open(secrets.token_hex(4), create=True)


@pytest.fixture
def machines(tmp_path, postgres):
    """Two homes with the same catalogue, and a name for a base in it."""
    homes = [Bases(tmp_path / each, catalogue=postgres) for each in ("one", "two")]
    return *homes, f"base-{secrets.token_hex(4)}"


def sources(store, question):
    return [h.chunk.source for h in search_store(store, OWNER, question, limit=9).hits]


def test_what_one_machine_writes_another_finds_at_once(machines):
    one, two, name = machines
    with closing(one.open(name, create=True)) as here, closing(two.open(name)) as there:
        put(here, document("a.txt", "A hygrometer measures."))
        assert sources(there, "hygrometer") == ["a.txt"]
        put(there, document("b.txt", "Another hygrometer."))
        assert sources(here, "hygrometer") == ["b.txt", "a.txt"]
        with there.writer(OWNER, purpose="test") as writer:
            writer.remove(Document.id_of("a.txt"))
        assert sources(here, "hygrometer") == ["b.txt"]
        assert found(both(here, OWNER, "hygrometer")) == found(
            both(there, OWNER, "hygrometer")
        )
        for store in (here, there):
            assert all(finding.ok for finding in store.verify(OWNER))


def test_a_machine_that_is_some_commits_behind_reads_what_is_new_alone(
    machines, monkeypatch
):
    one, two, name = machines
    with closing(one.open(name, create=True)) as here, closing(two.open(name)) as there:
        put(here, document("0.txt", "A first hygrometer."))
        assert len(sources(there, "hygrometer")) == 1
        for number in range(1, 6):
            put(here, document(f"{number}.txt", f"Hygrometer {number}."))
        anew = []
        change = there._indexes.terms.change

        def changed(*given, **named):
            anew.append(named["anew"])
            change(*given, **named)

        monkeypatch.setattr(there._indexes.terms, "change", changed)
        assert len(sources(there, "hygrometer")) == 6
        assert anew == [False]


def test_of_two_machines_one_writes_and_the_other_hears_who(machines):
    one, two, name = machines
    with closing(one.open(name, create=True)) as here, closing(two.open(name)) as there:
        with here.writer(OWNER, purpose="ingest the handbook"):
            with (
                pytest.raises(BusyError, match=r"erya .*: ingest the handbook"),
                there.writer(OWNER, purpose="test", wait=0.1),
            ):
                pass
            assert sources(there, "anything") == []  # who reads does not wait
        put(there, document("a.txt", "A hygrometer."))


def test_machines_that_write_at_once_lose_nothing(machines):
    one, two, name = machines
    one.open(name, create=True).close()

    def writes(bases, prefix):
        with closing(bases.open(name)) as store:
            for number in range(6):
                with store.writer(OWNER, purpose="test", wait=60) as writer:
                    given = document(
                        f"{prefix}{number}.txt", f"Hygrometer {prefix}{number}."
                    )
                    writer.put(
                        given,
                        chunked(given),
                        original=given.text.encode(),
                        recipe="test",
                    )

    threads = [
        threading.Thread(target=writes, args=given)
        for given in ((one, "a"), (two, "b"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with closing(one.open(name)) as store:
        assert len(list(store.documents(OWNER))) == 12
        assert len(search_store(store, OWNER, "hygrometer", limit=20).hits) == 12
        assert all(finding.ok for finding in store.verify(OWNER))


def test_two_that_make_the_same_base_have_one(machines):
    one, two, name = machines
    made = []
    threads = [
        threading.Thread(
            target=lambda bases=bases: made.append(bases.open(name, create=True))
        )
        for bases in (one, two)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, second = made
    put(first, document("a.txt", "A hygrometer."))
    assert sources(second, "hygrometer") == ["a.txt"]
    first.close()
    second.close()


def test_bases_are_named_counted_copied_and_deleted(machines, tmp_path):
    one, two, name = machines
    with closing(one.open(name, create=True)) as store:
        put(store, document("a.txt", "A hygrometer."), document("b.txt", "A sensor."))
        assert name in two.names()
        assert two.exists(name)
        assert two.size(OWNER, name) == (2, 2)
        two.copy(OWNER, name, tmp_path / "copied")
        copied = Bases(tmp_path / "copied").open(name)
        for question in ("hygrometer", "sensor"):
            assert found(both(copied, OWNER, question)) == found(
                both(store, OWNER, question)
            )
        assert all(finding.ok for finding in copied.verify(OWNER))
        put(copied, document("c.txt", "Only in the copy."))  # its numbers go on
        assert len(sources(copied, "copy")) == 1
        copied.close()
        two.delete(OWNER, name)
        with (
            pytest.raises(NotFoundError, match="deleted meanwhile"),
            store.writer(OWNER, purpose="test"),
        ):
            pass
    assert name not in one.names()
    with pytest.raises(NotFoundError, match="There is no base"):
        one.open(name)
    with closing(one.open(name, create=True)) as store:  # nothing is left of the other
        assert sources(store, "hygrometer") == []


def searched(store):
    return found(both(store, OWNER, "hygrometer"))


def test_a_model_switched_on_one_machine_is_followed_after_more_commits(machines):
    one, two, name = machines
    other = HashingEmbedding(name="other")
    with closing(one.open(name, create=True)) as here, closing(two.open(name)) as there:
        put(here, document("a.txt", "A hygrometer."), document("b.txt", "Rain."))
        assert searched(there) == searched(here)
        with here.writer(OWNER, purpose="test") as writer:
            writer.use_embedder(fingerprint_of(MODEL))
            writer.stage_embedder(fingerprint_of(other))
            chunks = writer.unembedded(limit=9, staged=True)
            made = other.embed_passages(
                [chunk.indexed_text for chunk in chunks]
            ).vectors
            rows = {c.id: Embedding(v, 1.0) for c, v in zip(chunks, made, strict=True)}
            writer.embed(rows, staged=True)
            writer.commit()
            writer.switch_embedder(fingerprint_of(other))
        with here.writer(OWNER, purpose="test") as writer:
            given = document("c.txt", "Wind.")
            writer.put(given, chunked(given), original=b"Wind.", recipe="test")
        assert sources(there, "wind") == ["c.txt"]
        assert all(finding.ok for finding in there.verify(OWNER))


def test_terms_of_another_analysis_are_followed_by_every_machine(machines):
    one, two, name = machines
    with closing(one.open(name, create=True)) as here, closing(two.open(name)) as there:
        put(here, document("a.txt", "A hygrometer."))
        assert sources(there, "hygrometer") == sources(here, "hygrometer") == ["a.txt"]
        with (
            here._database.transaction() as connection
        ):  # as an earlier release left it
            connection.execute(
                sa.text("UPDATE base SET value = '1' WHERE key = 'analysis'")
            )
            connection.execute(
                sa.text("UPDATE base SET value = '2' WHERE key = 'generation'")
            )
            old = {"sensor": 1}
            connection.execute(
                sa.update(schema.chunks).values(body=old, exact=old, generation=2)
            )
        for store in (here, there):
            assert sources(store, "sensor") == []
            assert sources(store, "hygrometer") == ["a.txt"]
            assert all(finding.ok for finding in store.verify(OWNER))


def test_terms_of_a_later_release_are_left_alone(machines):
    one, _, name = machines
    with closing(one.open(name, create=True)) as store:
        put(store, document("a.txt", "A hygrometer."))
        with store._database.transaction() as connection:
            connection.execute(
                sa.text("UPDATE base SET value = '999' WHERE key = 'analysis'")
            )
        with pytest.raises(NewerFormatError, match="later release"):
            sources(store, "hygrometer")


def test_a_base_of_the_home_with_the_same_name_is_another(tmp_path, postgres):
    name = f"base-{secrets.token_hex(4)}"
    home = Bases(tmp_path / "home")
    shared = Bases(tmp_path / "home", catalogue=postgres)
    with closing(home.open(name, create=True)) as mine:
        put(mine, document("mine.txt", "A hygrometer."))
        with closing(shared.open(name, create=True)) as theirs:
            put(theirs, document("theirs.txt", "A hygrometer."))
            assert sources(theirs, "hygrometer") == ["theirs.txt"]
        assert sources(mine, "hygrometer") == ["mine.txt"]
        shared.delete(OWNER, name)
        assert home.names() == [name]
        assert sources(mine, "hygrometer") == ["mine.txt"]


def test_nothing_of_a_base_that_another_machine_deleted_stays(machines, tmp_path):
    one, two, name = machines
    with closing(one.open(name, create=True)) as here, closing(two.open(name)) as there:
        put(here, document("a.txt", "A hygrometer."))
        assert sources(there, "hygrometer") == ["a.txt"]
        schema_of = there._database.schema
    assert list((tmp_path / "two").rglob(schema_of))
    one.delete(OWNER, name)
    assert name not in two.names()
    assert not list((tmp_path / "two").rglob(schema_of))
    with pytest.raises(NotFoundError):
        two.size(OWNER, name)


def test_a_character_that_no_database_keeps_is_told(machines):
    one, _, name = machines
    with closing(one.open(name, create=True)) as store:
        with pytest.raises(UsageError, match="NUL"):
            put(store, document("a.txt", "A hygrometer.", title="Hy\0gro"))
        put(store, document("a.txt", "A hygrometer."))


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("mysql://x/y", "is the address of a PostgreSQL database"),
        ("postgresql://host", "is the address of a PostgreSQL database"),
        ("postgresql://ann:secret@host", "is the address of a PostgreSQL database"),
        ("postgresql://host:port/base", "is the address of a PostgreSQL database"),
        ("no address", "is the address of a PostgreSQL database"),
        ("postgresql://host/base?options=x", "has options in it"),
        ("postgresql://host/base?sslmode=maybe", "sslmode is one of"),
    ],
)
def test_an_address_that_is_none_is_refused(tmp_path, address, told):
    with pytest.raises(UsageError, match=told) as refused:
        Bases(tmp_path, catalogue=address)
    assert "secret" not in str(refused.value)


def test_host_and_port_may_stand_behind_the_address():
    found = address_of("postgresql:///base?host=db.example&port=5433")
    assert (found.host, found.port, found.database) == ("db.example", 5433, "base")


def test_a_server_out_of_reach_is_named_without_its_password(tmp_path):
    bases = Bases(tmp_path, catalogue="postgresql://ann:topsecret@127.0.0.1:1/base")
    with pytest.raises(
        StoreError, match=r"postgresql://ann:\*\*\*@127.0.0.1:1/base"
    ) as refused:
        bases.names()
    assert "topsecret" not in str(refused.value)


def search_while_it_stops(store, server):
    with store.search(OWNER, "hygrometer") as search:
        server.stop()
        search.by_words(limit=3)


def test_a_server_that_was_lost_and_is_back_goes_on(tmp_path):
    if postgres_server.programs() is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with postgres_server.running() as server:
        bases = Bases(tmp_path, catalogue=server.address)
        with closing(bases.open("kb", create=True)) as store:
            put(store, document("a.txt", "A hygrometer."))
            server.stop()
            with pytest.raises(StoreError, match="cannot be read or written"):
                put(store, document("b.txt", "A hygrometer."))
            with pytest.raises(StoreError, match="cannot be read or written"):
                sources(store, "hygrometer")
            server.start()
            assert sources(store, "hygrometer") == ["a.txt"]
            with pytest.raises(StoreError, match="cannot be read or written"):
                search_while_it_stops(store, server)
            server.start()
            put(store, document("b.txt", "A second hygrometer."))
            assert len(sources(store, "hygrometer")) == 2
            assert all(finding.ok for finding in store.verify(OWNER))


def test_a_command_uses_the_catalogue_of_the_settings(
    erya, postgres, monkeypatch, tmp_path
):
    monkeypatch.setenv("ERYA_CATALOGUE", postgres)
    name = f"base-{secrets.token_hex(4)}"
    (tmp_path / "a.txt").write_text("A hygrometer measures humidity.")
    assert erya("ingest", tmp_path / "a.txt", "--kb", name).code == 0
    asked = erya(
        "search", "hygrometer", "--kb", name, "--home", tmp_path / "elsewhere", "--json"
    )
    assert [hit["text"] for hit in asked.json["hits"]] == [
        "A hygrometer measures humidity."
    ]
    assert not list((tmp_path / "home").rglob("base.sqlite"))
    assert name in erya("kb", "list").out
    assert erya("kb", "delete", name, "--yes").code == 0
