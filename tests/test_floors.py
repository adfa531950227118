"""What tuned numbers are worth: floors on the questions of the example handbook.

Of 92 that the documents answer, and 28 that they do not. A number that is changed has to keep them, or to move them with a measurement on public
sets beside it: `benchmarks/answers.py` tells the same figures.
"""

import json
from typing import NamedTuple

import pytest

from erya.assistant import Assistant
from erya.models import OFFLINE_MODEL, open_local, open_reader
from erya.records import Principal
from erya.sources import FolderSource
from erya.stores import Bases
from tests.conftest import EXAMPLES

ME = Principal.owner("me")


class Outcome(NamedTuple):
    right: int
    refused_wrongly: int
    refused_rightly: int


def folded(text):
    return "".join(text.split()).lower()


def is_right(row, answer):
    said, parts = folded(answer.text), row.get("all") or []
    if parts:
        return all(folded(part) in said for part in parts)
    return any(folded(each) in said for each in row["answers"])


def outcome(assistant):
    lines = (EXAMPLES / "questions.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    told = [(row, assistant.ask(row["question"], principal=ME)) for row in rows]
    refused = [answer.abstained for _, answer in told]
    return Outcome(
        sum(
            not answer.abstained and is_right(row, answer)
            for row, answer in told
            if row["answers"]
        ),
        sum(no for (row, _), no in zip(told, refused, strict=True) if row["answers"]),
        sum(
            no for (row, _), no in zip(told, refused, strict=True) if not row["answers"]
        ),
    )


@pytest.fixture
def assistant(home):
    with Assistant(store=Bases(home).open("examples", create=True)) as made:
        yield made


def ingest(assistant):
    source = FolderSource([EXAMPLES / "handbook"], file_bytes=10**7)
    assistant.ingest(source, principal=ME)


def test_by_words_alone(assistant):
    ingest(assistant)

    found = outcome(assistant)

    assert found.right >= 39
    assert found.refused_wrongly <= 34
    assert found.refused_rightly >= 16


def test_by_both_legs_and_the_reader(home):
    embedding, reader = (
        open_local(home, OFFLINE_MODEL, threads=2),
        open_reader(threads=2),
    )
    store = Bases(home).open("examples", create=True)
    with Assistant(store=store, embedding=embedding, reader=reader) as assistant:
        ingest(assistant)

        found = outcome(assistant)

    assert found.right >= 59
    assert found.refused_wrongly <= 2
    assert found.refused_rightly >= 8
