"""What is packed reads as it was written, and what is no such thing is damage."""

import json
import zlib

import pytest
import sqlalchemy as sa

from erya.stores.catalogue.columns import StoredTerms, StoredText, read_terms, read_text
from erya.stores.damage import DamagedRowError
from erya.stores.parts import BODY, EXACT, ChunkTerms, line_prefix

TABLE = sa.Table(
    "packed",
    sa.MetaData(),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("text", StoredText),
    sa.Column("terms", StoredTerms),
)
TERMS = {"sensor": 1, "年假": 12, "gb/t": 3, 'a"b': 2, "c,d": 1, "é": 1}


@pytest.fixture(params=["sqlite", "postgres"])
def connection(request):
    """A table with both columns, in a database of each kind."""
    if request.param == "sqlite":
        engine = sa.create_engine("sqlite://")
    else:
        address = request.getfixturevalue("postgres")
        engine = sa.create_engine(address.replace("postgresql:", "postgresql+pg8000:"))
    with engine.connect() as connection:
        TABLE.create(connection)
        yield connection
        connection.rollback()
    engine.dispose()


@pytest.mark.parametrize("text", ["", "Sensors.", "年假 " * 9_000, "\r\n\t\x01 é"])
@pytest.mark.parametrize("terms", [{}, TERMS])
def test_what_is_packed_reads_as_it_was_written(connection, text, terms):
    connection.execute(sa.insert(TABLE), {"number": 1, "text": text, "terms": terms})
    (row,) = connection.execute(sa.select(TABLE))
    assert row.text == text
    assert row.terms == terms
    raw = connection.execute(sa.text("SELECT text, terms FROM packed")).one()
    assert read_text(raw.text) == text
    assert {*read_terms(raw.terms).split("\n")[1:-1]} == {
        f"{t}\t{n}" if n > 1 else t for t, n in terms.items()
    }


def test_no_text_is_none(connection):
    connection.execute(sa.insert(TABLE), {"number": 1, "text": None, "terms": {}})
    assert connection.scalar(sa.select(TABLE.c.text)) is None


def test_what_earlier_releases_wrote_is_read():
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        TABLE.create(connection)
        connection.exec_driver_sql(
            "INSERT INTO packed VALUES (1, ?, ?)", ("Sensors.", json.dumps(TERMS))
        )
        (row,) = connection.execute(sa.select(TABLE))
        assert (row.text, row.terms) == ("Sensors.", TERMS)
    engine.dispose()


def test_counts_are_found_by_whole_terms_alone():
    written = read_terms(zlib.compress(b"\nsensors\t5\nboxes\nsensor\t2\nbox\t31\nb\n"))
    terms = ChunkTerms("x", {BODY: written, EXACT: "\n"}, {BODY: 38, EXACT: 0})
    told = {
        t: terms.occurrences(BODY, line_prefix(t))
        for t in ("sensor", "sensors", "boxes", "box", "b", "ensor", "bo")
    }
    assert told == {
        "sensor": 2,
        "sensors": 5,
        "boxes": 1,
        "box": 31,
        "b": 1,
        "ensor": 0,
        "bo": 0,
    }
    assert terms.occurrences(EXACT, line_prefix("sensor")) == 0
    assert terms.terms(BODY) == ["sensors", "boxes", "sensor", "box", "b"]
    assert terms.terms(EXACT) == []


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"no zlib",
        zlib.compress(b"\xff\xfe"),
        zlib.compress(b"x" * 99)[:-4],
        7,
        1.5,
    ],
)
def test_what_cannot_be_unpacked_is_damage(value):
    with pytest.raises(DamagedRowError):
        read_text(value)
    with pytest.raises(DamagedRowError):
        read_terms(value)


@pytest.mark.parametrize(
    "value", ["[1]", "{", "", zlib.compress(b"sensor\t2"), zlib.compress(b"")]
)
def test_what_are_no_counts_is_damage(value):
    with pytest.raises(DamagedRowError):
        read_terms(value)
