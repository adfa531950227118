import multiprocessing
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from erya.errors import NotFoundError, UsageError
from erya.evaluating.runs import Run, Runs, SampleResult, finish, measure_all

SPEC = {
    "kind": "answers",
    "about": "my base",
    "seed": 3,
    "settings": {"passages": (1, 2)},
}
THINGS = [(f"q{i}", i) for i in range(20)]


def half(number):
    return SampleResult(
        id=f"q{number}",
        detail={"question": "two\u2028lines\r\n"},
        scores={"even": float(number % 2 == 0), "judged": None if number == 3 else 1.0},
    )


def test_a_run_is_kept_with_every_item(tmp_path):
    runs = Runs(tmp_path)
    told = []
    run = measure_all(
        runs.begin(SPEC),
        THINGS,
        half,
        what="Asking",
        on_progress=lambda *w: told.append(w),
    )
    finish(run, {"documents": 7})

    kept = runs.get(run.name)

    assert kept == runs.get("last") == runs.get(str(run.folder))
    assert kept.finished
    assert kept.figures == {"documents": 7}
    assert kept.estimates()["even"].mean == 0.5
    assert kept.not_judged() == {"judged": (1, 20)}
    assert kept.values("judged").keys() == {f"q{i}" for i in range(20)} - {"q3"}
    assert kept.spec["versions"]["erya"]
    assert kept.items[0].seconds["total"] >= 0
    assert told[-1] == ("Asking", 20, 20)


def asking(folder, asked):
    def slow(number):
        with asked.open("a") as file:
            file.write(f"{number}\n")
        time.sleep(0.02)
        return half(number)

    measure_all(Runs(folder).begin(SPEC), THINGS, slow, what="Asking")


def test_a_killed_run_goes_on_with_the_next_item_and_scores_none_twice(tmp_path):
    asked = tmp_path / "asked"
    asked.touch()
    runs = Runs(tmp_path / "runs")
    child = multiprocessing.get_context("fork").Process(
        target=asking, args=(tmp_path / "runs", asked)
    )
    child.start()
    while len(asked.read_text().split()) < 7:
        time.sleep(0.005)
    os.kill(child.pid or 0, signal.SIGKILL)
    child.join()
    begun = runs.begin(SPEC)
    before = len(begun.items)
    asked.write_text("")

    run = measure_all(
        begun,
        THINGS,
        lambda n: asked.write_text(asked.read_text() + f"{n}\n") and half(n),
        what="",
    )

    assert 5 <= before < 20
    assert len(runs.names()) == 1
    assert [item.id for item in run.items] == [key for key, _ in THINGS]
    assert [int(n) for n in asked.read_text().split()] == list(range(before, 20))


def test_a_half_written_item_is_measured_again(tmp_path):
    runs = Runs(tmp_path)
    run = measure_all(runs.begin(SPEC), THINGS[:3], half, what="")
    items = run.folder / "items.jsonl"
    items.write_bytes(items.read_bytes()[:-9])

    assert len(runs.begin(SPEC).items) == 2
    again = measure_all(runs.begin(SPEC), THINGS, half, what="")

    assert [item.id for item in again.items] == [key for key, _ in THINGS]
    assert Run.read(run.folder).items == again.items


def test_another_spec_a_finished_run_and_a_wish_begin_anew(tmp_path):
    runs = Runs(tmp_path)
    first = measure_all(runs.begin(SPEC), THINGS[:3], half, what="")

    assert runs.begin(SPEC).name == first.name
    assert runs.begin({**SPEC, "seed": 4}).name != first.name
    assert runs.begin(SPEC, fresh=True).name != first.name
    finish(first, {})
    (tmp_path / first.name).rename(tmp_path / f"z{first.name}")
    assert len({runs.begin(SPEC).name, f"z{first.name}"}) == 2


def test_what_is_no_run_is_told(tmp_path):
    runs = Runs(tmp_path)
    with pytest.raises(NotFoundError, match="No run is kept"):
        runs.get("last")
    with pytest.raises(NotFoundError, match="no run in"):
        runs.get("x")
    run = measure_all(runs.begin(SPEC), THINGS[:1], half, what="")
    (run.folder / "items.jsonl").write_text("{}\n")
    with pytest.raises(UsageError, match="line 1, is no item"):
        runs.get(run.name)
    (run.folder / "run.json").write_text("nothing")
    with pytest.raises(UsageError, match="is damaged"):
        runs.get(run.name)


def test_two_processes_do_not_measure_one_run(tmp_path):
    run = Runs(tmp_path).begin(SPEC)

    def within(_):
        measure_all(run, THINGS, half, what="")

    with pytest.raises(UsageError, match="by another process"):
        measure_all(run, THINGS, within, what="")


def test_calls_of_a_run_that_went_on_are_those_of_both_processes(tmp_path):
    runs, made = Runs(tmp_path), {"asked": 0, "repeated": 0}

    def asks(number):
        if number == 5 and made["asked"] == 5:
            made["asked"] += 1
            raise ConnectionError
        made["asked"] += 1
        return half(number)

    with pytest.raises(ConnectionError):
        measure_all(
            runs.begin(SPEC), THINGS, asks, what="Asking", calls=lambda: dict(made)
        )
    made["asked"] = 100
    run = measure_all(
        runs.begin(SPEC), THINGS, asks, what="Asking", calls=lambda: dict(made)
    )

    assert len(run.items) == 20
    assert run.calls() == Run.read(run.folder).calls() == {"asked": 20, "repeated": 0}


def paid(prices, *, judged=0, calls=1):
    """Return a run of ten items; each read 1,000 tokens, wrote 500, and was judged."""
    tokens = {"input": 1_000, "output": 500}
    tokens |= {"judge_input": judged, "judge_output": judged} if judged else {}
    item = SampleResult(id="", scores={}, tokens=tokens, calls={"asked": calls})
    return Run(
        folder=Path("run"),
        spec={"prices": prices},
        items=[replace(item, id=str(n)) for n in range(10)],
    )


def test_a_run_costs_what_its_tokens_do():
    chat = {"input": 2.0, "output": 10.0}
    judge = {"input": 1.0, "output": 1.0}

    assert paid({"chat": chat}).cost() == pytest.approx(0.07)
    assert paid({}).cost() is None
    assert paid({}).cost({"chat": chat}) == pytest.approx(0.07)
    both = {"chat": chat, "judge": judge}
    assert paid(both, judged=200).cost() == pytest.approx(0.07 + 0.004)
    assert paid({"chat": chat}, judged=200).cost() is None
    free = Run(folder=Path("run"), spec={}, items=[SampleResult(id="a", scores={})])
    assert free.cost() == 0
    silent = SampleResult(id="a", scores={}, tokens={"input": 0}, calls={"asked": 1})
    untold = Run(folder=Path("run"), spec={"prices": both}, items=[silent])
    assert untold.cost() is None


def test_prices_do_not_make_a_run_another(tmp_path):
    runs = Runs(tmp_path)
    begun = runs.begin({**SPEC, "prices": {}})
    prices = {"chat": {"input": 1.0, "output": 2.0}}

    later = runs.begin({**SPEC, "prices": prices})

    assert later.name == begun.name
    assert later.spec["prices"] == prices
    finish(later, {})
    assert runs.get(begun.name).spec["prices"] == prices


def test_what_was_measured_before_is_told_at_once(tmp_path):
    """So that the time left is not taken from items that took none."""
    runs, told = Runs(tmp_path), []
    measure_all(runs.begin(SPEC), THINGS[:15], half, what="Asking")

    measure_all(
        runs.begin(SPEC),
        THINGS,
        half,
        what="Asking",
        on_progress=lambda *w: told.append(w[1]),
    )

    assert told == [15, 16, 17, 18, 19, 20]


def test_the_last_run_is_the_last_that_was_finished(tmp_path):
    runs = Runs(tmp_path)
    first = runs.begin(SPEC)
    assert runs.get("last").name == first.name
    finish(first, {})
    runs.begin({**SPEC, "about": "refused"})

    assert runs.get("last").name == first.name
