"""What the team says of its documents."""

import pytest

from erya.errors import UsageError
from erya.metadata import (
    given_in,
    given_suffix,
    parse_metadata,
    with_given,
    without_given,
)


def test_entries_are_read_as_people_write_them():
    entries = ["department=hr", "tag=policy", "tag=leave", "note = a = b ", "部门=人事"]

    assert parse_metadata(entries) == {
        "department": "hr",
        "tags": "policy, leave",
        "note": "a = b",
        "部门": "人事",
    }
    assert parse_metadata([]) == {}


@pytest.mark.parametrize(
    "entry",
    ["", "hr", "=hr", "a=", "a b=c", "under=x", "Type=pdf", "masked=1", "given=x",
     "a" * 81 + "=1", "a=" + "x" * 1_001],
)  # fmt: skip
def test_what_is_no_entry_is_refused(entry):
    with pytest.raises(UsageError):
        parse_metadata([entry])


def test_entries_have_an_end():
    with pytest.raises(UsageError, match="50 entries"):
        parse_metadata(f"key{n}=1" for n in range(51))


def test_what_is_given_stands_over_what_a_document_says_and_is_found_again():
    told = with_given({"author": "Ann", "tags": "a"}, {"tags": "b", "team": "it"})

    assert told == {"author": "Ann", "tags": "b", "team": "it", "given": "tags, team"}
    assert given_in(told) == {"tags": "b", "team": "it"}
    assert given_in({"author": "Ann"}) == {}
    # A document cannot say that something was given.
    assert with_given({"given": "author", "author": "Ann"}, {}) == {"author": "Ann"}


def test_a_recipe_tells_what_was_given():
    one, same, other = (
        given_suffix(given)
        for given in ({"a": "1", "b": "2"}, {"b": "2", "a": "1"}, {"a": "2"})
    )

    assert one == same != other
    assert without_given(f"8:all/x/,mask:1:phone{one}") == "8:all/x/,mask:1:phone"
    assert given_suffix({}) == ""
