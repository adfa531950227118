"""Work as jobs: seen, cancelled, gone on with; two that write follow each other."""

import os
import signal
import subprocess
import sys
import time

import pytest

from erya.jobs import JobQueue
from erya.records import Principal
from erya.stores import Bases

SLOW = """
import sys, time
import erya.assistant as corridor
import erya.indexing.ingestion as ingestion
ingestion._COMMIT_DOCUMENTS = 5
loaded = corridor._loaded
def slowly(results):
    for result in loaded(results):
        time.sleep(0.02)
        yield result
corridor._loaded = slowly
from erya.cli.main import main
main()
"""
OWNER = Principal.owner("tester")


@pytest.fixture
def folder(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    for n in range(120):
        (docs / f"{n:03}.txt").write_text(f"File {n} is about leave.")
    return docs


def start(folder, home, *more):
    arguments = ["ingest", str(folder), "--kb", "docs", "--home", str(home), *more]
    environment = {**os.environ, "ERYA_EMBEDDING_MODEL": ""}
    return subprocess.Popen(
        [sys.executable, "-c", SLOW, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def until(condition, *, seconds=30.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition()


def stored(home):
    bases = Bases(home)
    if not bases.exists("docs"):
        return 0
    store = bases.open("docs")
    try:
        return store.status(OWNER).documents
    finally:
        store.close()


def test_a_run_that_was_killed_is_a_job_that_goes_on(erya, folder, home):
    process = start(folder, home)
    until(lambda: stored(home) >= 10)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = stored(home)

    assert "cut off" in erya("jobs", "list").out
    shown = erya("jobs", "show", 1)
    assert str(folder) in shown.out
    assert "erya jobs resume 1" in shown.out
    told = erya("jobs", "show", 1, "--json").json
    assert (told["cut_off"], told["base"], told["attempts"]) == (True, "docs", 1)
    done = erya("jobs", "resume", 1, "--json").json
    assert (done["added"], done["unchanged"]) == (120 - before, before)
    assert erya("jobs", "list", "--json").json["jobs"][0]["state"] == "done"
    assert erya("jobs", "resume", 1).code == 2


def test_a_second_writer_waits_and_then_does_its_work(folder, home, tmp_path, erya):
    other = tmp_path / "other"
    other.mkdir()
    (other / "z.txt").write_text("Flights are approved by Anna.")
    first = start(folder, home)
    until(lambda: stored(home) >= 5)
    second = start(other, home)
    out, err = second.communicate(timeout=60)

    assert first.communicate(timeout=60)[1] == ""
    assert (first.returncode, second.returncode) == (0, 0)
    assert "Waiting for job 1" in err
    assert "1 added" in out
    assert stored(home) == 121
    assert erya("kb", "verify", "docs").code == 0


def test_others_write_while_a_run_goes_on(erya, folder, home):
    process = start(folder, home)
    until(lambda: stored(home) >= 5)

    for n in range(5):
        assert erya("kb", "words", "docs", "--add", f"w{n} = leave").code == 0
    assert erya("kb", "grant", "docs", "user:ada", "editor").code == 0
    assert process.poll() is None  # it still reads
    asked = erya("ask", "What is file 3 about?", folder, "--kb", "docs")
    assert "Answered from what was read before: a job works on the base" in asked.err
    process.communicate(timeout=60)
    assert (process.returncode, stored(home)) == (0, 120)
    assert erya("kb", "verify", "docs").code == 0


def test_a_job_is_cancelled_and_keeps_what_it_has_stored(erya, folder, home):
    process = start(folder, home)
    until(lambda: stored(home) >= 5)
    assert "asked to end" in erya("jobs", "cancel", 1).out
    _, err = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "Job 1 was cancelled" in err
    assert JobQueue(home).get(1).state == "cancelled"
    assert 5 <= stored(home) < 120
    assert erya("kb", "verify", "docs").code == 0
    assert erya("jobs", "cancel", 1).code == 2


def test_a_killed_run_is_resumed_after_many_others(erya, folder, home, tmp_path):
    process = start(folder, home)
    until(lambda: stored(home) >= 5)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    for n in range(11):
        (tmp_path / f"{n}.txt").write_text(f"Note {n}.")
        assert erya("ingest", tmp_path / f"{n}.txt", "--kb", "docs").code == 0

    assert erya("ingest", "--resume", "--kb", "docs").code == 0
    assert stored(home) == 131
    assert "No run was cut off" in erya("ingest", "--resume", "--kb", "docs").err


def test_without_jobs_there_is_nothing_to_list(erya):
    assert "No jobs yet" in erya("jobs", "list").out
    assert erya("jobs", "list", "--json").json["jobs"] == []
    assert erya("jobs", "show", 3).code == 2


def test_a_cancelled_job_and_one_of_a_deleted_base_are_not_resumed(erya, folder, home):
    process = start(folder, home)
    until(lambda: stored(home) > 10)
    process.kill()
    process.communicate()
    erya("jobs", "cancel", 1)

    refused = erya("ingest", "--resume", "--kb", "docs")
    assert (refused.code, "No run was cut off" in refused.err) == (2, True)

    process = start(folder, home)
    until(lambda: stored(home) > 40)
    process.kill()
    process.communicate()
    erya("kb", "delete", "docs", "--yes")
    erya("kb", "create", "docs", "--embedding", "")
    assert erya("ingest", "--resume", "--kb", "docs").code == 2
    assert {job["state"] for job in erya("jobs", "list", "--json").json["jobs"]} == {
        "cancelled"
    }


def test_a_run_that_lives_was_not_cut_off(erya, folder, home):
    process = start(folder, home)
    until(lambda: stored(home) > 5)
    refused = erya("ingest", "--resume", "--kb", "docs")
    process.communicate()

    assert refused.code == 2
    assert "works on 'docs'" in refused.err


def test_a_job_that_waits_masks_as_the_base_says_when_it_begins(
    erya, folder, home, tmp_path
):
    (tmp_path / "late").mkdir()
    (tmp_path / "late" / "a.txt").write_text("Call 13812345678 for leave of the late.")
    first = start(folder, home)
    until(lambda: stored(home) > 5)
    second = start(tmp_path / "late", home)
    until(lambda: len(JobQueue(home).all()) == 2)
    erya("kb", "set", "docs", "mask=all")
    _, said = first.communicate()
    second.communicate()

    assert "was changed since it was opened" in said
    found = erya("search", "late", "--kb", "docs", "--json").json["hits"]
    text = " ".join(hit["text"] for hit in found)
    assert "of the late" in text
    assert "13812345678" not in text
