"""Faults that a reviewer found once; each stays cured."""

import json
import math
import os
import stat
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest

from erya.answering import GroundedAnswerer
from erya.assistant import Assistant
from erya.errors import UsageError
from erya.evaluating import (
    AnswerMeasures,
    CachedChat,
    Runs,
    evaluate_answers,
    evaluate_retrieval,
    finish,
    read_examples,
)
from erya.evaluating.agreement import pearson
from erya.evaluating.answer_metrics import contains
from erya.evaluating.citation_metrics import quoted
from erya.evaluating.datasets import Passage, Question, RetrievalSet
from erya.evaluating.failures import failure_of
from erya.evaluating.judges import Judge
from erya.evaluating.leaderboard import (
    file_name_of,
    leaderboard,
    read_summaries,
    summary_of,
)
from erya.evaluating.questions import (
    Feedback,
    add_feedback,
    decide,
    export_examples,
    import_examples,
    save,
    versions_of,
)
from erya.evaluating.runs import SampleResult, measure_all
from erya.evaluating.scratch import scratch_home
from erya.records import Answer, Claim, Evidence, Example, Principal
from erya.sources import FolderSource
from erya.stores import Bases
from erya.testing import ScriptedChatModel

OWNER = Principal.owner("tester")
SPEC = {"kind": "answers", "about": "test", "seed": 0}


@pytest.fixture
def assistant(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text(
        "# Leave\n\nEvery employee has 25 days of annual leave.\n", "utf-8"
    )
    store = Bases(tmp_path / "bases").open("docs", create=True)
    with Assistant(store=store, degrade=False) as made:
        made.ingest(
            FolderSource([tmp_path / "docs"], file_bytes=10**6), principal=OWNER
        )
        yield made


@pytest.mark.parametrize(
    ("said", "accepted", "right"),
    [
        ("25 days", "5", 0), ("in 2015", "15", 0), ("the bar trip", "art", 0), ("2.5 kg", "5", 0), ("1,500", "500", 0),
        ("twenty 5 days", "5", 1), ("It is 5.", "5", 1), ("第5天", "5", 1), ("EUR 1,500.", "1,500", 1), ("HX-210", "hx-210", 1),
        ("annual  leave", "annual leave", 1), ("年 假", "年假", 1), ("a+b", "+", 1),
    ],
)  # fmt: skip
def test_an_answer_is_not_found_within_a_word_or_a_number(said, accepted, right):
    assert contains(said, [accepted]) == right


def test_a_part_of_a_number_is_not_carried():
    assert quoted("The limit is 250 EUR.", "The limit is 25.") is False


def test_a_repeated_call_counts_as_long_as_it_took(assistant, tmp_path):
    class Slow(ScriptedChatModel):
        @contextmanager
        def stream(self, request):
            with super().stream(request) as events:
                time.sleep(0.2)
                yield events

    runs, file = Runs(tmp_path / "runs"), tmp_path / "cache.sqlite3"
    totals = []
    for lines in (["25 days [1]."], []):
        cache = CachedChat(Slow(lines), identity="m", file=file)
        assistant = replace(assistant, answerer=GroundedAnswerer(model=cache))
        run = evaluate_answers(
            assistant, [Example(id="a", question="How many days of annual leave?", answers=("25",))],
            runs.begin(SPEC, fresh=True), principal=OWNER, measures=AnswerMeasures(saved=partial(getattr, cache, "saved")),
        )  # fmt: skip
        totals.append(run.items[0].seconds["total"])
    assert min(totals) >= 0.2


def test_what_a_reader_may_not_read_is_left_out_of_evidence(assistant):
    evidence = assistant.search("annual leave days", principal=OWNER)

    answer = assistant.answer(
        "How many days of annual leave?", evidence, principal=Principal(user="eve")
    )

    assert evidence.hits
    assert answer.abstained
    assert answer.nearest == answer.citations == ()


def test_runs_are_for_their_owner_alone(tmp_path):
    folder = Runs(tmp_path / "home" / "runs").begin(SPEC).folder

    assert (
        stat.S_IMODE(folder.stat().st_mode)
        == stat.S_IMODE(folder.parent.stat().st_mode)
        == 0o700
    )


def test_a_value_that_is_no_number_is_not_judged_and_ids_are_not_twice(tmp_path):
    def measure(value):
        return SampleResult(id="a", scores={"x": value})

    run = measure_all(Runs(tmp_path).begin(SPEC), [("a", math.nan)], measure, what="")

    assert run.items[0].scores == {"x": None}
    assert "NaN" not in (run.folder / "items.jsonl").read_text()
    with pytest.raises(UsageError, match="the id 'a' twice"):
        measure_all(
            Runs(tmp_path).begin(SPEC), [("a", 1.0), ("a", 2.0)], measure, what=""
        )
    assert math.isnan(pearson([0.2] * 3, [0.2] * 3))


def test_a_damaged_run_stops_no_other(tmp_path):
    runs = Runs(tmp_path)
    broken = runs.begin({**SPEC, "about": "other"}).folder
    (broken / "items.jsonl").write_bytes(b"\x00\xff\n")
    (runs.begin({**SPEC, "about": "third"}).folder / "run.json").write_text("nothing")

    assert runs.begin(SPEC).items == ()
    with pytest.raises(UsageError, match="line 1, is no item"):
        runs.get(broken.name)


def test_figures_that_do_not_tell_are_not_called_right():
    assert failure_of(SampleResult(id="a", scores={"noise_0.0_zh": 0.0})) is None
    assert (
        failure_of(SampleResult(id="a", scores={"contains": 1.0, "supported": 1.0}))
        == ""
    )


def test_metrics_look_as_deep_as_they_say(tmp_path):
    corpus = [Passage(f"d{n}", "", f"annual leave number {n}") for n in range(150)]
    data = RetrievalSet(
        name="x",
        corpus=corpus,
        questions=[Question("q", "annual leave")],
        relevant={"q": dict.fromkeys((p.id for p in corpus), 1.0)},
    )
    report = evaluate_retrieval(
        data,
        Runs(tmp_path).begin(SPEC),
        assistant=lambda store: Assistant(store=store),
        metrics=["recall@100", "recall@1000", "map"],
    )
    assert {name: each.mean for name, each in report.metrics.items()} == {
        "recall@100": pytest.approx(100 / 150), "recall@1000": 1.0, "map": 1.0,
    }  # fmt: skip


def test_a_summary_tells_no_address_and_no_path(tmp_path):
    spec = {
        **SPEC, "kind": "benchmark", "benchmark": "rgb", "about": "../x y", "data": "/secret/place/rgb", "docs": None,
        "digest": "0", "queries": None,
        "settings": {"embedding_model": "bge", "chat_model": "qwen", "passages": 3, "chunk_tokens": 256},
        "models": {"chat": {"name": "qwen", "base_url": "http://llm.corp/v1?key=abc", "model": "/srv/models/qwen"}},
    }  # fmt: skip
    run = finish(
        measure_all(
            Runs(tmp_path / "runs").begin(spec),
            [("a", 1.0)],
            lambda v: SampleResult(
                id="a", scores={"x": v}, detail={"question": "private"}
            ),
            what="",
        ),
        {},
    )

    told = summary_of(run)

    text = json.dumps(told)
    assert not any(word in text for word in ("corp", "abc", "srv", "secret", "private"))
    assert (
        told["command"]
        == "ERYA_PASSAGES=3 erya evaluate benchmark rgb --data DATA/rgb --model qwen --embedding-model bge"
    )
    assert file_name_of(told) == "x-y-bge-qwen.json"
    folder = tmp_path / "summaries"
    folder.mkdir()
    (folder / file_name_of(told)).write_text(text)
    assert "| x | 1.0000 | 0.0250 to 1.0000 |" in leaderboard(read_summaries(folder))
    (folder / "broken.json").write_text("{}")
    with pytest.raises(UsageError, match="no summary of a run"):
        read_summaries(folder)


def test_what_a_summary_says_is_text_on_the_page(tmp_path):
    told = {
        "kind": "answers",
        "about": "a\n\n# [x](javascript:alert) <img src=x> | *b*",
        "command": "erya `rm`\n\n<script>",
        "items": 1,
        "metrics": {"<b>|x": [0.5, 0, 1]},
        "settings": {"embedding_model": "![m](http://x)"},
    }
    (tmp_path / "a.json").write_text(json.dumps(told))

    page = leaderboard(read_summaries(tmp_path))

    assert r"### a \# \[x\]\(javascript:alert\) \<img src=x\> \| \*b\*" in page
    assert r"| \<b\>\|x | 0.5000 |" in page
    assert "`` erya `rm` <script> ``" in page
    assert r"\!\[m\]\(http://x\)" in page
    (tmp_path / "a.json").write_text(json.dumps({**told, "metrics": {"x": ["a"]}}))
    with pytest.raises(UsageError, match="no summary of a run"):
        read_summaries(tmp_path)


def test_what_a_killed_process_left_is_removed_and_what_is_at_work_is_not(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / "erya-scratch-left"
    left.mkdir()
    (left / "base").write_text("x")
    young = tmp_path / "erya-scratch-young"
    young.mkdir()
    with scratch_home() as first:
        for folder in (left, first):
            os.utime(folder, (0, 0))
        with scratch_home() as second:
            assert first.is_dir()
            assert second.is_dir()
            assert young.is_dir()
            assert not left.exists()
    assert list(tmp_path.glob("erya-scratch-*")) == [young]


def test_a_judges_tokens_count_also_for_entailment():
    judge = Judge(model=ScriptedChatModel(['{"carried": true}', '{"carried": [true]}']))
    answer = Answer(
        text="Staff rest.", claims=(Claim(start=0, end=11, citations=(1,)),)
    )

    judge.entails_too("p", "Staff rest.")
    judged = judge(
        Example(id="a", question="?", answerable=False),
        answer,
        Evidence(hits=(), weights={}),
    )

    assert judged.usage.output_tokens == 2


def test_feedback_that_comes_during_a_review_stays(tmp_path):
    queue = tmp_path / "queue.jsonl"
    first = add_feedback(queue, Feedback(question="One?", answer="1", thumb="up"))
    add_feedback(queue, Feedback(question="Two?", answer="2", thumb="up"))

    assert decide(queue, first.id, None)

    (left,) = read_examples(queue).examples
    assert left.question == "Two?"
    assert not decide(queue, left.id, None)
    assert len(read_examples(queue).examples) == 1


def test_tables_keep_what_is_taken_away_and_start_no_formula(tmp_path):
    examples = [
        Example(
            id="a",
            question="=1+1?",
            answerable=False,
            metadata={"without": ["the quote", "another"]},
        )
    ]
    export_examples(examples, tmp_path / "q.csv")

    assert "'=1+1?" in (tmp_path / "q.csv").read_text("utf-8-sig")
    assert import_examples(tmp_path / "q.csv").examples == examples
    (tmp_path / "twice.csv").write_text("id,question\n1,a\n1,b\n")
    with pytest.raises(UsageError, match="line 3, repeats the id '1'"):
        import_examples(tmp_path / "twice.csv")
    (tmp_path / "plain.csv").write_text("question\na\nb\n")
    (tmp_path / "other.csv").write_text("question\nc\n")
    ids = {
        e.id
        for name in ("plain", "other")
        for e in import_examples(tmp_path / f"{name}.csv").examples
    }
    assert len(ids) == 3


def test_a_damaged_version_stops_no_saving(tmp_path):
    path = tmp_path / "q.jsonl"
    save(path, [Example(id="a", question="a?", answers=("x",))])
    (tmp_path / "q.jsonl.versions" / "notes.jsonl").write_text("mine")
    (tmp_path / "q.jsonl.versions" / "2.jsonl").write_text("broken\n")

    assert save(path, [Example(id="b", question="b?", answers=("x",))]) == 4
    assert [version.number for version in versions_of(path)] == [1, 2, 3, 4]
