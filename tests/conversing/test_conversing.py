"""Conversations: follow-ups, memory, threads."""

import pytest

from erya.answering import GroundedAnswerer
from erya.assistant import Assistant
from erya.conversing import (
    Conversation,
    Memory,
    Threads,
    parse_memory,
    standalone_question,
)
from erya.errors import ModelError, NotFoundError, UsageError
from erya.records import AnswerFinished, Principal
from erya.stores import Bases
from erya.testing import ScriptedChatModel, document

ADA, EVE = Principal(user="ada"), Principal(user="eve")
ROTTERDAM = "How many days of annual leave are there in Rotterdam?"


@pytest.mark.parametrize(
    ("question", "before", "whole"),
    [
        ("And in Berlin?", ROTTERDAM, "How many days of annual leave are there in Berlin?"),
        ("what about Suzhou?", ROTTERDAM, "How many days of annual leave are there in Suzhou?"),
        ("How about sick leave?", ROTTERDAM, "How many days of sick leave are there in Rotterdam?"),
        ("And for contractors?", ROTTERDAM, "How many days of annual leave are there in Rotterdam for contractors?"),
        ("And after ten years?", "How much is paid in Bern after five years?", "How much is paid in Bern after ten years?"),
        ("How long may it be saved?", ROTTERDAM, "How long may it be saved? (days annual leave rotterdam)"),
        ("Who approves travel?", ROTTERDAM, "Who approves travel?"),
        ("and?", ROTTERDAM, "and?"),
        ("那上海呢？", "鹿特丹的员工有几天年假？", "上海的员工有几天年假？"),
        ("那试用期员工呢", "正式员工有几天年假？", "试用期员工有几天年假？"),
        ("工作满十年的呢？", "工作满五年有几天年假？", "工作满十年有几天年假？"),
        ("病假呢？", "年假有几天？", "病假有几天？"),
        ("它可以存多久？", "鹿特丹的员工有几天年假？", "它可以存多久？ (鹿特丹的员工年假)"),
        ("谁批准出差？", "鹿特丹的员工有几天年假？", "谁批准出差？"),
        ("为什么呢？", "年假有几天？", "为什么呢？"),
        ("Anything", "", "Anything"),
    ],
)  # fmt: skip
def test_follow_ups_are_made_whole_by_rules(question, before, whole):
    assert standalone_question(question, before) == whole


# Memory


TURNS = [(f"q{n}", f"answer {n}") for n in range(5)]


def sent(memory, *, summarize=None):
    def refuse(_):
        raise AssertionError

    return [m.text for m in memory.messages(TURNS, summarize=summarize or refuse)]


def test_a_memory_keeps_what_it_says():
    assert len(sent(parse_memory("whole"))) == 10
    assert sent(parse_memory("turns:2")) == ["q3", "answer 3", "q4", "answer 4"]
    assert sent(parse_memory("tokens:7")) == ["q3", "answer 3", "q4", "answer 4"]
    assert sent(parse_memory("tokens:1")) == ["q4", "answer 4"]
    assert sent(parse_memory("none")) == []
    told: list[str] = []

    def summarize(text):
        told.append(text)
        return "short"

    made = sent(parse_memory("summary"), summarize=summarize)
    assert made == ["(So far: short)", "q3", "answer 3", "q4", "answer 4"]
    assert told == [
        "user: q0\nassistant: answer 0\nuser: q1\nassistant: answer 1\nuser: q2\nassistant: answer 2"
    ]


@pytest.mark.parametrize("text", ["", "turns", "turns:0", "turns:x", "all", "whole:3"])
def test_what_is_no_memory_is_refused(text):
    with pytest.raises(UsageError, match="turns:6"):
        parse_memory(text)


# Conversations


@pytest.fixture
def assistant(tmp_path):
    with Assistant(store=Bases(tmp_path / "home").open("kb", create=True)) as made:
        made.add(
            [
                document("bern.md", "In Bern there are 25 days of annual leave."),
                document("basel.md", "In Basel there are 20 days of annual leave."),
            ],
            principal=Principal.owner("me"),
        )
        yield made


def talking(assistant, tmp_path, **fields):
    threads = Threads(tmp_path / "home")
    thread = threads.begin(ADA, options={"kb": ["kb"]})
    return Conversation(
        assistant=assistant, principal=ADA, threads=threads, thread=thread, **fields
    )


def asked(talk, question):
    *_, last = talk.ask(question)
    assert isinstance(last, AnswerFinished)
    return last.answer


def test_a_conversation_goes_on_and_is_kept(assistant, tmp_path):
    talk = talking(assistant, tmp_path)
    assert (
        "25 days"
        in asked(talk, "How many days of annual leave are there in Bern?").text
    )
    assert "20 days" in asked(talk, "And in Basel?").text
    assert talk.searched == "How many days of annual leave are there in Basel?"
    again = talking(assistant, tmp_path)
    again.thread = talk.thread
    again.load()
    assert [turn.question for turn in again.turns][-1] == "And in Basel?"
    assert again.turns[-1].sources[0][1] == "basel.md"
    assert "25 days" in asked(again, "And in Bern?").text


def test_a_model_makes_follow_ups_whole_and_is_sent_the_memory(assistant, tmp_path):
    model = ScriptedChatModel(
        [
            "In Bern there are 25 days of annual leave [1].",
            "How many days of annual leave are there in Basel?",
            "In Basel there are 20 days of annual leave [1].",
            ModelError("gone"),
            "In Bern there are 25 days of annual leave [1].",
        ]
    )
    grounded = Assistant(store=assistant.store, answerer=GroundedAnswerer(model=model))
    talk = talking(grounded, tmp_path, model=model, memory=Memory("turns", 1))
    asked(talk, "How many days of annual leave are there in Bern?")
    assert "20 days" in asked(talk, "And there where the Rhine is?").text
    assert talk.searched == "How many days of annual leave are there in Basel?"
    assert (
        "user: How many days of annual leave are there in Bern?"
        in model.asked[1][1].text
    )
    assert [m.role for m in model.asked[2]] == ["system", "user", "assistant", "user"]
    asked(talk, "And in Bern?")
    assert talk.searched == "How many days of annual leave are there in Bern?"


def test_a_summary_goes_on_from_the_last(assistant, tmp_path):
    lines = [
        "a [1].", "leave 2", "b [1].", "leave 3", "c [1].",
        "first summary", "leave 4", "d [1].",
        "second summary", "leave 5", "e [1].",
    ]  # fmt: skip
    model = ScriptedChatModel(lines)
    grounded = Assistant(store=assistant.store, answerer=GroundedAnswerer(model=model))
    talk = talking(grounded, tmp_path, model=model, memory=Memory("summary"))
    for number in range(1, 6):
        asked(talk, f"annual leave {number}")
    assert len(model.requests) == len(lines)
    summaries = [r for r in model.requests if "Summarize" in r.messages[0].text]
    assert "Summary so far: first summary" in summaries[1].messages[1].text
    assert summaries[1].messages[1].text.count("user:") == 1


def test_threads_are_their_persons(tmp_path):
    threads = Threads(tmp_path)
    assert threads.all(principal=ADA) == []
    thread = threads.begin(ADA, options={"kb": ["a"]})
    threads.add(thread, {"question": "What is secret?"}, principal=ADA)
    assert threads.all(principal=ADA)[0].title == "What is secret?"
    assert threads.all(principal=EVE) == []
    for act in (threads.get, threads.turns, threads.forget):
        with pytest.raises(NotFoundError, match="threads list"):
            act(thread, principal=EVE)
    with pytest.raises(NotFoundError):
        threads.add(thread, {"question": "x"}, principal=EVE)
    threads.forget(thread, principal=ADA)
    assert threads.all(principal=ADA) == []
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("threads*"))
    assert b"secret" not in kept
