"""Values by a schema, each with the span that has it."""

import pytest

from erya.answering import check_schema, extract_values
from erya.errors import ModelError, UsageError
from erya.records import Chunk, Hit
from erya.testing import ScriptedChatModel

SCHEMA = {
    "type": "object",
    "properties": {
        "tenant": {"type": "string"},
        "rent": {"type": "number"},
        "pets": {"type": ["boolean", "null"]},
        "dates": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["tenant", "rent"],
}
TEXT = "The tenant is Ada Ltd. The rent is 1,250.50 euros a month. It begins on 2026-01-01."


def hit(text):
    chunk = Chunk(
        id="c", document_id="d", start=10, end=10 + len(text), text=text,
        source="lease.md", title="Lease",
    )  # fmt: skip
    return Hit(chunk=chunk, score=1.0, ranks={})


def extracted(*lines):
    model = ScriptedChatModel(list(lines))
    return extract_values("The terms", [hit(TEXT)], SCHEMA, model=model), model


def test_each_value_has_the_sentence_that_it_stands_in():
    done, model = extracted(
        '{"tenant": "ada ltd", "rent": 1250.5, "pets": null, "dates": ["2026-01-01", "2027"]}'
    )
    assert done.data["rent"] == 1250.5
    found = {
        each.path: each.citation.quote if each.citation else None
        for each in done.values
    }
    assert found == {
        "/tenant": "The tenant is Ada Ltd.",
        "/rent": "The rent is 1,250.50 euros a month.",
        "/dates/0": "It begins on 2026-01-01.",
        "/dates/1": None,
    }
    rent = next(each.citation for each in done.values if each.path == "/rent")
    assert (rent.start, rent.end) == (33, 68)
    assert model.requests[0].output_schema == SCHEMA
    assert "[1] Lease" in model.requests[0].messages[1].text


def test_what_does_not_keep_the_schema_is_mended_once():
    done, model = extracted(
        'Here: {"tenant": "Ada", "rent": "much"}',
        '```json\n{"tenant": "Ada", "rent": 3}\n```',
    )
    assert done.data == {"tenant": "Ada", "rent": 3}
    assert "rent" in model.requests[1].messages[-1].text
    assert done.usage.output_tokens == 2
    for bad in ("no json", '{"tenant": "x"}', "{", "[" * 10_000):
        with pytest.raises(ModelError, match="keep the schema") as error:
            extracted(bad, bad)
        assert "tenant" not in error.value.reader_message


def test_what_is_no_schema_of_an_object_is_refused():
    check_schema(SCHEMA)
    bads: tuple[object, ...] = (
        {"type": "array"},
        {"type": "thing"},
        [],
        {"type": "object", "properties": 3},
    )
    for bad in bads:
        with pytest.raises(UsageError, match="schema"):
            check_schema(bad)


def test_numbers_and_words_are_found_whole():
    text = "Rooms 3, 4 are free. In 2024 25 days. It is -5 degrees."
    schema = {"type": "object"}
    data = '{"a/b": 34, "b": 202425, "c": 3, "d": 25, "e": "a", "f": -5}'
    model = ScriptedChatModel([data])
    done = extract_values("x", [hit(text)], schema, model=model)
    found = {each.path: each.citation is not None for each in done.values}
    assert found == {
        "/a~1b": False, "/b": False, "/c": True, "/d": True, "/e": False, "/f": True
    }  # fmt: skip


def test_a_schema_fetches_nothing_and_odd_numbers_are_refused():
    for bad in ("http://127.0.0.1:9/x", "#/$defs/none"):
        with pytest.raises(UsageError, match="points to"):
            check_schema({"type": "object", "$ref": bad})
    for odd in ('{"a": ' + "9" * 500 + "}", '{"a": NaN}'):
        model = ScriptedChatModel([odd, odd])
        with pytest.raises(ModelError):
            extract_values("x", [hit("x")], {"type": "object"}, model=model)
