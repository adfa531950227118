"""Who is in which group, in a file of the home and in a real PostgreSQL."""

import secrets
import threading
from contextlib import closing

import pytest
import sqlalchemy as sa

from erya.config import Settings
from erya.errors import NotAllowedError, StoreError, UsageError
from erya.opening import bases_of, reader_of
from erya.records import Principal
from erya.retrieving import search_store
from erya.stores import Bases
from erya.testing import document
from erya.testing.store_contract import put

OWNER = Principal.owner("owner")


@pytest.fixture(params=["folder", "postgres"])
def catalogue(request):
    """No address, or that of an empty database."""
    if request.param == "folder":
        return ""
    address = request.getfixturevalue("postgres")
    engine = sa.create_engine(
        address.replace("postgresql:", "postgresql+pg8000:"),
        isolation_level="AUTOCOMMIT",
    )
    name = f"groups_{secrets.token_hex(4)}"
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return address.rpartition("/")[0] + f"/{name}"


@pytest.fixture
def bases(tmp_path, catalogue):
    return Bases(tmp_path / "home", catalogue=catalogue)


def test_people_join_and_leave_groups(bases):
    groups = bases.groups
    assert groups.of("ada") == frozenset()
    assert groups.all(OWNER) == {}
    assert not groups.remove(OWNER, "sales", "ada")

    assert groups.add(OWNER, "销售", "ada")
    assert groups.add(OWNER, "sales", "bob")
    assert groups.add(OWNER, "sales", "ada")
    assert not groups.add(OWNER, "sales", "ada")
    assert groups.of("ada") == {"sales", "销售"}
    assert groups.of("Ada") == groups.of("' OR 1=1 --") == frozenset()
    assert groups.all(OWNER) == {"sales": ["ada", "bob"], "销售": ["ada"]}

    assert groups.remove(OWNER, "sales", "ada")
    assert not groups.remove(OWNER, "sales", "ada")
    assert groups.of("ada") == {"销售"}
    assert groups.all(OWNER) == {"sales": ["bob"], "销售": ["ada"]}


def test_who_does_not_own_the_home_sees_and_changes_no_group(bases):
    bases.groups.add(OWNER, "sales", "bob")
    ada = Principal(user="ada", groups=frozenset({"sales"}))
    with pytest.raises(NotAllowedError, match="ada"):
        bases.groups.add(ada, "hr", "ada")
    with pytest.raises(NotAllowedError):
        bases.groups.remove(ada, "sales", "bob")
    with pytest.raises(NotAllowedError):
        bases.groups.all(ada)
    assert bases.groups.all(OWNER) == {"sales": ["bob"]}


@pytest.mark.parametrize(
    ("group", "user"), [("a b", "x"), ("", "x"), ("x", ""), ("x", "a,b"), (":", "x")]
)
def test_what_cannot_be_a_name_is_refused(tmp_path, group, user):
    groups = Bases(tmp_path).groups
    with pytest.raises(UsageError, match="The name of a"):
        groups.add(OWNER, group, user)
    assert groups.all(OWNER) == {}


def test_a_reader_has_their_groups_and_what_those_may(tmp_path, catalogue):
    settings = Settings(home=tmp_path / "home", catalogue=catalogue)
    bases = bases_of(settings)
    with closing(bases.open("kb", create=True)) as store:
        put(store, document("a.txt", "A hygrometer.", readers=("group:sales",)))
        with store.writer(OWNER, purpose="test") as writer:
            writer.set_grant("group:lab", "editor")

        def reads():
            return len(
                search_store(
                    store, reader_of(settings, "ada"), "hygrometer", limit=3
                ).hits
            )

        assert reads() == 0
        bases.groups.add(OWNER, "sales", "ada")
        assert reads() == 1
        assert reader_of(settings, "ada", "it").groups == {"sales", "it"}
        bases.groups.remove(OWNER, "sales", "ada")
        assert reads() == 0
        with (
            pytest.raises(NotAllowedError),
            store.writer(reader_of(settings, "ada"), purpose="x"),
        ):
            pass
        bases.groups.add(OWNER, "lab", "ada")
        with store.writer(reader_of(settings, "ada"), purpose="x") as writer:
            writer.put(document("b.txt", "Hers."), [], original=b"Hers.", recipe="test")
        assert reads() == 1  # an editor reads everything


def test_many_join_at_once(bases):
    def joins(number):
        for group in range(5):
            try:
                bases.groups.add(OWNER, f"group{group}", f"user{number}")
            except StoreError:
                bases.groups.add(OWNER, f"group{group}", f"user{number}")

    bases.groups.add(OWNER, "first", "zed")
    threads = [threading.Thread(target=joins, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = bases.groups.all(OWNER)
    assert {g: len(m) for g, m in found.items() if g != "first"} == {
        f"group{n}": 4 for n in range(5)
    }


def test_a_damaged_file_of_groups_is_told(tmp_path):
    (tmp_path / "people.sqlite3").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match=r"people\.sqlite3 cannot be read"):
        Bases(tmp_path).groups.of("ada")


def test_the_command_line(erya):
    assert "No groups yet" in erya("groups", "list").out
    assert (
        erya("groups", "add", "sales", "ada", "bob").out == "sales: ada, bob added.\n"
    )
    assert erya("groups", "add", "sales", "ada").out == "They were all in it.\n"
    told = erya("groups", "list", "--json").json
    assert told["groups"] == [{"name": "sales", "members": ["ada", "bob"]}]
    assert "ada, bob" in erya("groups", "list").out
    assert erya("groups", "remove", "sales", "ada", "zed", "--json").json[
        "removed"
    ] == ["ada"]
    assert erya("groups", "add", "sales").code == 2
    assert "no blanks" in erya("groups", "add", "a b", "x").err
