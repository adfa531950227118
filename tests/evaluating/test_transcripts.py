"""Whole transcripts: an answer is scored anew without asking again."""

import json
import threading
import time

import pytest

from erya.assistant import Assistant
from erya.config import Settings
from erya.errors import ModelError, UsageError
from erya.evaluating.experiments import (
    Data,
    Experiment,
    Scorers,
    System,
    run_experiment,
    score_again,
)
from erya.evaluating.runs import Runs, SampleResult, finish, measure_all
from erya.evaluating.transcripts import (
    answer_in,
    evidence_in,
    example_in,
    transcript_of,
)
from erya.models import ModelCatalogue, ModelEntry
from erya.opening import create_base, open_assistant
from erya.records import (
    Answer,
    Claim,
    Evidence,
    Example,
    Principal,
    Quote,
    Usage,
)
from erya.stores import Bases
from erya.testing import ChatServer, Reply, document

OWNER = Principal.owner("me")
LONG = "Staff have 25 days of annual leave. " + "It is booked in the portal. " * 60
EXAMPLE = Example(
    id="a", question="How many days of annual leave?", answers=("25",),
    evidence=(Quote("leave.md", "25 days"),),
)  # fmt: skip


def test_an_answer_and_its_evidence_come_back_whole(tmp_path):
    store = Bases(tmp_path).open("hr", create=True)
    with Assistant(store=store) as assistant:
        assistant.add([document("leave.md", LONG)], principal=OWNER)
        evidence = assistant.search(EXAMPLE.question, principal=OWNER)
        answer = assistant.answer(EXAMPLE.question, evidence, principal=OWNER)
    kept = json.loads(json.dumps(transcript_of(EXAMPLE, answer, evidence)))

    again = answer_in(kept)
    assert (again.text, again.claims) == (answer.text, answer.claims)
    assert [(c.number, c.quote, c.start, c.end) for c in again.citations] == [
        (c.number, c.quote, c.start, c.end) for c in answer.citations
    ]
    texts = [hit.chunk.indexed_text for hit in evidence_in(kept).hits]
    assert texts == [hit.chunk.indexed_text for hit in evidence.hits]
    assert max(map(len, texts)) > 600
    assert example_in("a", kept) == EXAMPLE
    assert again.trace_id == answer.trace_id


def test_what_an_earlier_release_kept_is_told_to_be_cut_off():
    for read in (answer_in, evidence_in, lambda detail: example_in("a", detail)):
        with pytest.raises(UsageError, match="Measure it again"):
            read({"question": "x", "answer": "y"})


SPEC = {"kind": "answers", "about": "x", "data": "d", "settings": {}}


def test_items_are_measured_at_once_and_come_in_their_order(tmp_path):
    run = Runs(tmp_path).begin(SPEC, fresh=True)
    barrier = threading.Barrier(4, timeout=20)
    calls = threading.local()

    def measure(n):
        calls.made = getattr(calls, "made", 0) + 1
        barrier.wait()  # passes only where four are measured at once
        time.sleep(0.01 * (8 - n))
        return SampleResult(id=str(n), scores={"f1": n})

    things = [(str(n), n) for n in range(8)]
    done = measure_all(
        run, things, measure, what="Asking", concurrency=4,
        calls=lambda: {"asked": getattr(calls, "made", 0)},
    )  # fmt: skip

    assert [item.id for item in done.items] == [str(n) for n in range(8)]
    assert all(item.calls == {"asked": 1} for item in done.items)


def test_what_was_measured_before_one_failed_is_kept(tmp_path):
    run = Runs(tmp_path).begin(SPEC, fresh=True)

    def measure(n):
        if n == 3:
            time.sleep(0.3)
            msg = "gone"
            raise ModelError(msg)
        return SampleResult(id=str(n), scores={"f1": n})

    things = [(str(n), n) for n in range(4)]
    with pytest.raises(ModelError):
        measure_all(run, things, measure, what="Asking", concurrency=2)

    again = Runs(tmp_path).begin(SPEC, fresh=False)
    assert {item.id for item in again.items} == {"0", "1", "2"}


def test_what_is_under_way_when_one_fails_is_kept_and_nothing_more_begins(tmp_path):
    run = Runs(tmp_path).begin(SPEC, fresh=True)
    barrier = threading.Barrier(4, timeout=20)
    begun = []

    def measure(n):
        begun.append(n)
        if n < 4:
            barrier.wait()
        if n == 0:
            msg = "gone"
            raise ModelError(msg)
        time.sleep(0.1)
        return SampleResult(id=str(n), scores={"f1": n})

    things = [(str(n), n) for n in range(40)]
    with pytest.raises(ModelError):
        measure_all(run, things, measure, what="Asking", concurrency=4)

    again = Runs(tmp_path).begin(SPEC, fresh=False)
    assert {item.id for item in again.items} == {str(n) for n in begun if n}
    assert len(begun) < 10


def test_nothing_goes_on_after_somebody_has_stopped_it(tmp_path):
    run = Runs(tmp_path).begin(SPEC, fresh=True)
    begun = []

    def measure(n):
        begun.append(n)
        time.sleep(0.02)
        return SampleResult(id=str(n), scores={"f1": n})

    def stop(_, done, __):
        if done == 4:
            raise KeyboardInterrupt

    things = [(str(n), n) for n in range(60)]
    with pytest.raises(KeyboardInterrupt) as stopped:
        measure_all(
            run, things, measure, what="Asking", concurrency=4, on_progress=stop
        )
    most = len(begun)
    time.sleep(0.2)

    assert stopped.traceback  # which holds what it passed through
    assert len(begun) == most < 20


@pytest.fixture
def measured(erya, tmp_path):
    """Return a run of answers that was kept, and the file of its questions."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "leave.md").write_text(LONG)
    erya("ingest", docs, "--kb", "hr")
    rows = [
        {"id": str(n), "question": f"How many days of annual leave, case {n}?", "answers": ["25"]}
        for n in range(4)
    ]  # fmt: skip
    file = tmp_path / "q.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return erya("evaluate", "answers", "hr", file, "--json").json


def test_a_kept_run_is_scored_by_a_judge_without_asking_again(erya, measured):
    said = Reply(text='{"reason": "so", "score": 5, "carried": [true], "useful": [true], "held": [true]}')  # fmt: skip
    erya("kb", "delete", "hr", "--yes")  # nothing is searched any more
    with MeetingServer(said, at_once=3) as server:
        url = server.base_url
        erya("models", "add", "chat", "judge", "--base-url", url, "--model", "m")
        scored = erya(
            "evaluate", "score", measured["run"], "--judge", "judge",
            "--concurrency", 3, "--json",
        ).json  # fmt: skip

    assert scored["run"] != measured["run"]
    assert scored["spec"]["scored_from"] == measured["run"]
    assert scored["spec"]["judge"]["name"] == "judge"
    assert scored["correctness"] == 5.0
    assert scored["f1"] == measured["f1"]
    assert scored["calls"]["asked"] == len(server.requests)
    said_at_all = sum(scored["calls"].values())  # what is repeated was once paid, too
    assert scored["tokens"]["judge_input"] == 7 * said_at_all
    compared = erya("compare", measured["run"], scored["run"], "--json").json
    assert compared["shared"] == 4


class MeetingServer(ChatServer):
    """Answers the first requests only once so many are there."""

    def __init__(self, *replies, at_once):
        super().__init__(*replies)
        self._barrier = threading.Barrier(at_once, timeout=20)

    def _next(self, request):
        reply = super()._next(request)
        if len(self.requests) <= self._barrier.parties:
            self._barrier.wait()
        return reply


def judged(scores=None, tokens=None, *, finished=True, home):
    """Keep a run of one answer, scored by a judge before."""
    answer = Answer(
        text="25 days.",
        claims=(Claim(start=0, end=8, citations=()),),
        usage=Usage(model="m", input_tokens=5, output_tokens=6),
    )
    evidence = Evidence(hits=(), weights={})
    item = SampleResult(
        id="a",
        scores=scores or {},
        tokens=tokens or {},
        detail=transcript_of(EXAMPLE, answer, evidence),
    )
    spec = {**SPEC, "judge": {"name": "former"}, "guidelines": ["Be kind."]}
    run = Runs(home / "runs").begin(spec, fresh=True)
    run = measure_all(run, [("a", item)], lambda kept: kept, what="")
    return finish(run, {}) if finished else run


def test_nothing_of_a_judge_before_is_kept_under_the_name_of_another(tmp_path):
    run = judged(
        {"f1": 1.0, "guidelines": 0.0, "citation_recall": 0.5},
        {
            "input": 5,
            "output": 6,
            "search_unknown": 1,
            "judge_unknown": 1,
            "judge_input": 3,
            "judge_output": 4,
        },
        home=tmp_path,
    )
    said = Reply(text='{"reason": "so", "score": 5, "carried": [true], "useful": [], "held": []}')  # fmt: skip
    with ChatServer(said) as server:
        entry = ModelEntry(name="judge", base_url=server.base_url, model="m")
        ModelCatalogue(tmp_path).add(entry)
        again = score_again(
            run, Scorers(judge="judge"), settings=Settings(home=tmp_path)
        )
        asked = len(server.requests)

    (item,) = again.items
    assert item.scores["f1"] == 1.0
    assert "guidelines" not in item.scores
    assert item.scores["citation_recall"] == 0.0
    assert item.tokens == {
        "input": 5, "output": 6, "search_unknown": 1, "judge_input": 7 * asked, "judge_output": item.tokens["judge_output"],
    }  # fmt: skip


def test_a_run_that_is_not_finished_is_not_scored_as_if_it_were(tmp_path):
    run = judged(finished=False, home=tmp_path)

    with pytest.raises(UsageError, match="not finished"):
        score_again(run, Scorers(judge="judge"), settings=Settings(home=tmp_path))


def test_a_judge_has_to_be_there(erya, measured):
    done = erya("evaluate", "score", measured["run"], "--judge", "nobody")
    assert done.code != 0
    assert "no chat model 'nobody'" in done.err


def test_questions_are_asked_at_once_with_the_same_result(erya, measured, tmp_path):
    again = erya(
        "evaluate", "answers", "hr", tmp_path / "q.jsonl", "--concurrency", 4,
        "--fresh", "--json",
    ).json  # fmt: skip

    for name in ("f1", "contains", "supported", "over_refusal"):
        assert again[name] == measured[name]


def test_a_model_is_asked_several_questions_at_once(erya, measured, tmp_path):
    with MeetingServer(Reply(text="Staff have 25 days [1]."), at_once=4) as server:
        url = server.base_url
        erya("models", "add", "chat", "m", "--base-url", url, "--model", "m")
        done = erya(
            "evaluate", "answers", "hr", tmp_path / "q.jsonl", "--model", "m",
            "--concurrency", 4, "--json",
        )  # fmt: skip

    assert done.json["contains"] == 1.0
    assert len(server.requests) == 4


def test_what_is_measured_is_the_base_that_was_given_and_its_own_chunker(
    erya, measured, tmp_path
):
    elsewhere = Bases(tmp_path / "elsewhere")
    settings = Settings(home=tmp_path / "models", embedding_model="")
    create_base(
        settings, "hr", profile={"chunker": "fixed", "chunk_tokens": 64},
        bases=elsewhere,
    )  # fmt: skip
    with open_assistant(settings, "hr", bases=elsewhere) as assistant:
        assistant.add([document("leave.md", LONG)], principal=OWNER)
    run = run_experiment(
        Experiment(
            kind="answers",
            data=Data(path=tmp_path / "q.jsonl"),
            system=System(settings=settings, kb="hr", bases=elsewhere),
        )
    )

    assert len(run.items) == 4
    recorded = run.spec["settings"]
    assert (recorded["chunker"], recorded["chunk_tokens"]) == ("fixed", 64)
