"""Filters are read as people write them, and come back from JSON as they were."""

import pytest

from erya.errors import UsageError
from erya.filters import (
    Above,
    AllOf,
    AnyOf,
    Below,
    Has,
    Is,
    Not,
    Under,
    filter_from_json,
    filter_to_json,
    parse_filter,
)

ZH = Is("language", ("zh",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lang=zh", ZH),
        ("  lang = zh  ", ZH),
        ("language=zh,en", Is("language", ("zh", "en"))),
        ("type=pdf", Is("media_type", ("application/pdf",))),
        ("type=.PDF", Is("media_type", ("application/pdf",))),
        ("type=text/html", Is("media_type", ("text/html",))),
        ("type=x-unheard-of", Is("media_type", ("x-unheard-of",))),
        ("id=a1", Is("document", ("a1",))),
        ("source=a.txt", Is("source", ("a.txt",))),
        ("under=/hr", Under(("/hr",))),
        ("under='/my files'", Under(("/my files",))),
        ("under=https://a.org/b?c=d", Under(("https://a.org/b?c=d",))),
        ("tag=pay", Has("tags", "pay")),
        ("Tag=pay", Has("tags", "pay")),
        ("LANG=zh", ZH),
        ("Under=/HR", Under(("/HR",))),
        ("Team=Sales", Has("Team", "Sales")),
        ("tag=人事，工资", AnyOf((Has("tags", "人事"), Has("tags", "工资")))),
        ('author="Ada, the second"', Has("author", "Ada, the second")),
        ("team!=sales", Not(Has("team", "sales"))),
        ("date>=2025-01-01", Above("date", "2025-01-01")),
        ("date<2025", Below("date", "2025")),
        ("lang=zh a=b", AllOf((ZH, Has("a", "b")))),
        ("lang=zh AND a=b", AllOf((ZH, Has("a", "b")))),
        ("not lang=zh", Not(ZH)),
        ("a=b or lang=zh and c=d", AnyOf((Has("a", "b"), AllOf((ZH, Has("c", "d")))))),
        ("(a=b or lang=zh) c=d", AllOf((AnyOf((Has("a", "b"), ZH)), Has("c", "d")))),
        ("or=1", Has("or", "1")),
        ("note=not", Has("note", "not")),
    ],
)
def test_a_filter_is_read_as_it_is_meant(text, expected):
    found = parse_filter(text)

    assert found == expected
    assert filter_from_json(filter_to_json(found)) == found


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "its end"),
        ("lang", "'lang'"),
        ("lang=", "'lang='"),
        ("lang=,", "lang has no value"),
        ("under='a',b", "',b'"),
        ("lang=zh or", "its end"),
        ("lang=zh and and a=b", "'and a=b'"),
        ("(lang=zh", "not closed"),
        ("lang=zh)", "')'"),
        ("lang>=zh", ">="),
        ("Lang>=zh", ">="),
        ("date>=1,2", ">="),
        ("under<x", "<"),
        ("(" * 60 + "a=b" + ")" * 60, "deep"),
        ("not " * 60 + "a=b", "deep"),
        ("a=b " * 5_000, "longer"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_place(text, where):
    with pytest.raises(UsageError, match="cannot be read") as error:
        parse_filter(text)

    assert where in str(error.value)
    assert len(str(error.value)) < 800


@pytest.mark.parametrize(
    "given",
    [
        None,
        {},
        [],
        ["some"],
        ["not"],
        ["not", ZH],
        ["under", "ab"],
        ["under", [1]],
        ["is", "colour", ["red"]],
        ["has", "a"],
        ["has", "a", 1],
        ["all", "x"],
    ],
)
def test_json_that_is_no_filter_is_refused(given):
    with pytest.raises(UsageError):
        filter_from_json(given)


def test_json_nested_without_end_is_refused():
    given: list[object] = ["not"]
    given.append(given)

    with pytest.raises(UsageError):
        filter_from_json(given)
