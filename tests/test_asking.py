"""Asking: events, several bases, and an assistant that does not change."""

import time
from contextlib import contextmanager
from dataclasses import FrozenInstanceError, replace

import pytest

from erya.answering import GroundedAnswerer
from erya.assistant import Assistant, _merge_evidence
from erya.errors import ModelError, UsageError
from erya.filters import Is, Not, Under
from erya.models import Finished, TextDelta, TextRetracted
from erya.records import (
    AnswerFinished,
    Citation,
    ClaimChecked,
    Evidence,
    EvidenceFound,
    Hit,
    NoticeGiven,
    Principal,
    Query,
    Usage,
)
from erya.stores import Bases
from erya.testing import HashingEmbedding, ScriptedChatModel, chunked, document

OWNER = Principal.owner("me")
ASK = "How many days of annual leave?"
SAID = (
    "Staff have 25 days of annual leave [1]. They fly to the moon [1]. Ask early [1]."
)


def assistant_on(folder, base, *documents, **parts):
    made = Assistant(store=Bases(folder).open(base, create=True), **parts)
    made.add(documents, principal=OWNER)
    return made


@pytest.fixture
def leave():
    return document("leave.md", "Staff have 25 days of annual leave. Ask early.")


@pytest.fixture
def assistant(tmp_path, leave):
    with assistant_on(tmp_path, "hr", leave) as made:
        yield made


def worded(assistant, *lines):
    model = ScriptedChatModel(lines)
    return replace(assistant, answerer=GroundedAnswerer(model=model)), model


def test_what_is_shown_is_what_was_checked_and_the_answer_is_all_of_it(assistant):
    asked, _ = worded(assistant, SAID)
    first, *claims, last = asked.stream(ASK, principal=OWNER)

    assert isinstance(first, EvidenceFound)
    assert isinstance(last, AnswerFinished)
    assert all(isinstance(event, ClaimChecked) for event in claims)
    answer = last.answer
    assert [c.claim for c in claims if isinstance(c, ClaimChecked)] == list(
        answer.claims
    )
    texts = [c.text for c in claims if isinstance(c, ClaimChecked)]
    assert "".join(texts) == answer.text
    assert [claim.verdict for claim in answer.claims] == [
        "supported", "cited", "supported",
    ]  # fmt: skip
    for event in claims:
        assert isinstance(event, ClaimChecked)
        assert answer.text[event.claim.start : event.claim.end] in event.text
        assert [c.number for c in event.citations] == list(event.claim.citations)
    assert answer == asked_again(assistant)


def asked_again(assistant):
    asked, _ = worded(assistant, SAID)
    return asked.ask(ASK, principal=OWNER)


def test_quotes_come_as_events_too(assistant):
    kinds = [type(event) for event in assistant.stream(ASK, principal=OWNER)]

    assert kinds == [EvidenceFound, ClaimChecked, AnswerFinished]


def test_a_model_that_fails_within_its_answer_is_told_and_the_documents_quoted(
    assistant,
):
    class Breaking(ScriptedChatModel):
        @contextmanager
        def stream(self, request):
            def events():
                yield from map(TextDelta, ("One day [1]. ", "Two days [1]. ", "Three"))
                msg = "The model broke off."
                raise ModelError(msg)

            yield events()

    asked = replace(assistant, answerer=GroundedAnswerer(model=Breaking([])))
    events = list(asked.stream(ASK, principal=OWNER))
    answer = events[-1].answer

    assert any(isinstance(event, ClaimChecked) for event in events[:-1])
    assert "25 days" in answer.text
    assert "Two days" not in answer.text
    assert "quoted instead" in answer.note
    assert any(isinstance(e, NoticeGiven) and e.text in answer.note for e in events)
    with pytest.raises(ModelError):
        list(replace(asked, degrade=False).stream(ASK, principal=OWNER))


def test_closing_the_stream_stops_the_model(assistant):
    asked, model = worded(assistant, SAID)
    events = asked.stream(ASK, principal=OWNER)
    for event in events:
        if isinstance(event, ClaimChecked):
            break
    events.close()

    assert model.cancelled == 1


def test_when_the_time_is_over_what_is_checked_stands(assistant):
    class Slow(ScriptedChatModel):
        @contextmanager
        def stream(self, request):
            def events():
                for word in SAID.split(" "):
                    time.sleep(0.02)
                    yield TextDelta(f"{word} ")
                yield Finished(reason="stop", usage=None)

            yield events()

    asked = replace(assistant, answerer=GroundedAnswerer(model=Slow([])))
    answer = asked.ask(Query(question=ASK, seconds=0.01), principal=OWNER)

    assert answer.text == "Staff have 25 days of annual leave [1]"[:-4] + ". [1]"
    assert answer.note == "The time was over before the answer was complete."
    assert asked.ask(Query(question=ASK, seconds=60), principal=OWNER).note == ""


def test_an_empty_question_is_refused_and_a_long_one_is_cut(assistant):
    with pytest.raises(UsageError, match="empty"):
        assistant.ask(Query(question="  "), principal=OWNER)
    cut = assistant.ask(ASK + " " * 9_000 + "zebra", principal=OWNER)
    assert cut == assistant.ask(ASK, principal=OWNER)


def test_an_assistant_does_not_change(assistant):
    with pytest.raises(FrozenInstanceError):
        setattr(assistant, "degrade", False)  # noqa: B010 - mypy would refuse it


def test_a_variant_reaches_its_retriever(tmp_path, leave):
    """Before, one that had searched kept what it searched with."""
    failing = HashingEmbedding(failure=None)
    with assistant_on(tmp_path, "hr", leave, embedding=failing) as made:
        made.search(ASK, principal=OWNER)
        failing.failure = ModelError("gone")
        assert "gave no answer" in made.search(ASK, principal=OWNER).note
        with pytest.raises(ModelError):
            replace(made, degrade=False).search(ASK, principal=OWNER)


@pytest.fixture
def together(tmp_path, leave):
    """Two bases of different models; both have a document of the same source."""
    boss = ("user:boss",)
    travel = document("travel.md", "Flights are approved by Anna Berg.")
    other = document("leave.md", "The board has 40 days of annual leave.", readers=boss)
    with assistant_on(
        tmp_path, "hr", leave, embedding=HashingEmbedding(), name="hr"
    ) as first:
        second = assistant_on(
            tmp_path, "board", other, travel, name="board",
            embedding=HashingEmbedding(name="wide", dimension=48),
        )  # fmt: skip
        yield replace(first, beside=(second,))


def test_a_filter_of_the_question_and_one_of_the_assistant_both_hold(tmp_path, leave):
    other = document("sick.md", "Sick leave of staff is paid for 42 days.")
    third = document("old/leave.md", "Staff have 20 days of annual leave.")
    with assistant_on(tmp_path, "hr", leave, other, third) as asked:
        everything = asked.search(ASK, principal=OWNER).hits
        assert len({hit.chunk.source for hit in everything}) == 3
        recent = replace(asked, where=Not(Under(("old",))))
        hits = recent.search(ASK, principal=OWNER).hits
        assert {hit.chunk.source for hit in hits} == {"leave.md", "sick.md"}

        query = Query(question=ASK, where=Is("source", ("old/leave.md", "sick.md")))
        first, *_ = asked.ask(query, principal=OWNER).citations
        assert first.chunk.source == "old/leave.md"
        assert "20 days" not in recent.ask(query, principal=OWNER).text
        nothing = Query(question=ASK, where=Under(("nowhere",)))
        assert asked.ask(nothing, principal=OWNER).abstained


def test_several_bases_answer_one_question_and_citations_tell_which(together):
    found = together.search("annual leave", principal=Principal(user="boss"))
    answer = together.ask("By whom are flights approved?", principal=OWNER)

    assert {hit.chunk.base for hit in found.hits} == {"hr", "board"}
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)
    (citation,) = answer.citations
    assert (citation.chunk.base, citation.chunk.source) == ("board", "travel.md")
    assert answer.claims[0].verdict == "supported"


def test_a_reader_sees_of_each_base_what_they_may(together):
    ada = Principal(user="ada")
    found = together.search("annual leave", principal=ada)
    boss = together.search("annual leave", principal=Principal(user="boss"))
    shown = together.answer(ASK, boss, principal=ada)

    assert {hit.chunk.base for hit in found.hits if "leave" in hit.chunk.source} == {
        "hr"
    }
    assert "40" not in shown.text
    assert {c.chunk.base for c in shown.citations} == {"hr"}
    assert "25" in together.ask(ASK, principal=ada).text


def test_bases_are_asked_together_from_the_command_line(erya, tmp_path):
    for name, text in (("hr", "Staff have 25 days of leave."), ("ops", "Anna Berg approves flights.")):  # fmt: skip
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.md").write_text(text)
        erya("ingest", tmp_path / name, "--kb", name)

    done = erya("ask", "Who approves flights?", "--kb", "hr,ops")
    answer = erya("ask", "Who approves flights?", "--kb", "hr, ops", "--json").json
    found = erya("search", "leave flights", "--kb", "hr,ops", "--json").json

    assert "Anna Berg" in done.out
    assert "[1] ops: " in done.out
    assert "--kb ops" in done.out
    assert answer["citations"][0]["base"] == "ops"
    assert {hit["base"] for hit in found["hits"]} == {"hr", "ops"}
    assert erya("ask", "x", "--kb", "hr,nowhere").code == 2


class Thinking(ScriptedChatModel):
    """Sends its thinking as text, and takes it back at the end."""

    @contextmanager
    def stream(self, request):
        yield iter(
            [
                TextDelta("They ask about leave. It says 25 days. So I say so. "),
                TextRetracted(),
                TextDelta(SAID),
                Finished(reason="stop", usage=None),
            ]
        )


def test_what_a_model_takes_back_is_no_part_of_the_answer(assistant):
    asked, _ = worded(assistant, SAID)
    taken_back = replace(assistant, answerer=GroundedAnswerer(model=Thinking([])))
    answer = taken_back.ask(ASK, principal=OWNER)

    assert answer.text == asked.ask(ASK, principal=OWNER).text
    assert all(claim.verdict == "supported" for claim in answer.claims[:1])


def test_a_model_is_told_how_much_time_is_left_and_what_it_cost_is_not_known(
    assistant,
):
    seconds = []

    class Hanging(ScriptedChatModel):
        @contextmanager
        def stream(self, request):
            seconds.append(request.seconds)

            def events():
                yield TextDelta("Staff have 25 days of annual leave [1]. And more ")
                time.sleep(request.seconds)
                msg = "too slow"
                raise ModelError(msg)

            yield events()

    asked = replace(assistant, answerer=GroundedAnswerer(model=Hanging([])))
    answer = asked.ask(Query(question=ASK, seconds=0.3), principal=OWNER)

    assert 0 < seconds[0] < 0.3
    assert answer.text.startswith("Staff have 25 days")
    assert answer.note == "The time was over before the answer was complete."
    assert (answer.usage.model, answer.usage.input_tokens) == ("scripted", None)


def test_a_citation_is_located_in_its_own_base(together, monkeypatch):
    read = []
    monkeypatch.setattr(
        "erya.assistant.locate", lambda store, document, *_, **__: read.append(document)
    )
    found = together.search("annual leave", principal=Principal(user="boss"))
    chunk = next(h.chunk for h in found.hits if "40 days" in h.chunk.text)
    citation = Citation(number=1, chunk=chunk, start=0, end=9, quote=chunk.text[:9])
    together.locate(citation, principal=OWNER)

    assert "40 days" in read[0].text


def test_what_several_bases_found_is_one_evidence(leave):
    (chunk,) = chunked(leave)

    def hit(score):
        return Hit(chunk=replace(chunk, id=str(score)), score=score, ranks={})

    first = Evidence(
        hits=(hit(0.9), hit(0.2)), weights={"leave": 1.0, "days": 4.0}, note="One.",
        usage=Usage(model="m", input_tokens=1, output_tokens=2), also=("a", "b"),
        suggestion="leave",
    )  # fmt: skip
    second = Evidence(
        hits=(hit(0.5),), weights={"leave": 3.0, "flight": 2.0}, note="Two.",
        usage=Usage(model="m", input_tokens=3, output_tokens=4), also=("b", "c"),
    )  # fmt: skip
    both = _merge_evidence([first, second], limit=2)

    assert [hit.score for hit in both.hits] == [0.9, 0.5]
    assert both.weights == {"leave": 2.0, "days": 4.0, "flight": 2.0}
    assert both.note == "One. Two."
    assert both.usage == Usage(model="m", input_tokens=4, output_tokens=6)
    assert both.also == ("a", "b", "c")
    assert both.suggestion == ""
    nothing = replace(first, hits=())
    assert _merge_evidence([nothing, nothing], limit=2).suggestion == "leave"
    assert _merge_evidence([nothing, nothing], limit=2).note == "One."
