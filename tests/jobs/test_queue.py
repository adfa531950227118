"""Jobs follow each other on one base, and none that was cut off is lost."""

import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from erya.errors import BusyError, JobCancelledError, NotFoundError
from erya.jobs import JobQueue, owners
from erya.sources import IngestRequest, SourceSpec

DYING = """
import os, sys
from pathlib import Path
from erya.jobs import JobQueue
from erya.sources import IngestRequest, SourceSpec
home, path, base, begun = sys.argv[1:]
queue = JobQueue(Path(home))
spec = SourceSpec(kind='files', paths=(path,))
job = queue.submit(base, IngestRequest(sources=(spec,)), user='ada')
if begun == 'begun':
    with queue.running(job):
        queue.beat(job.number, {'files': 3, 'total': 9})
        os._exit(1)
"""


def request(path="/docs"):
    return IngestRequest(sources=(SourceSpec(kind="files", paths=(path,)),))


@pytest.fixture
def queue(tmp_path):
    return JobQueue(tmp_path)


def leave_behind(home, path="/docs", *, base="hr", begun="begun"):
    """Leave a job behind whose process is gone."""
    command = [sys.executable, "-c", DYING, str(home), path, base, begun]
    subprocess.run(command, check=False)


def run(queue, path, *, base="hr", **options):
    job = queue.submit(base, request(path), user="ada")
    with queue.running(job, **options):
        pass
    return job


def test_a_job_is_queued_run_and_done(queue):
    assert queue.all() == []
    job = queue.submit("hr", request(), user="ada")
    assert (job.state, job.is_alive, job.user) == ("queued", True, "ada")

    with queue.running(job) as running:
        running.tell({"files": 2})
        now = queue.get(job.number)
        assert (now.state, now.attempts) == ("running", 1)
        assert queue.at_work("hr") == now
        running.tell({"files": 7})
    done = queue.get(job.number)
    assert (done.state, done.is_alive, done.was_cut_off) == ("done", False, False)
    assert done.progress == {"files": 7}
    assert done.request == request()
    assert queue.at_work("hr") is None


def test_jobs_on_one_base_follow_each_other_and_others_do_not_wait(queue):
    first = queue.submit("hr", request("/a"), user="ada")
    second = queue.submit("hr", request("/b"), user="bob")
    order: list[str] = []
    waited: list[int] = []

    def run_second():
        with queue.running(second, on_wait=lambda job: waited.append(job.number)):
            order.append("second")

    with queue.running(first):
        thread = threading.Thread(target=run_second)
        thread.start()
        run(queue, "/c", base="it")
        order.append("other")
        time.sleep(0.5)
        order.append("first")
        with pytest.raises(BusyError):
            run(queue, "/d", wait=False)
    thread.join()

    assert order == ["other", "first", "second"]
    assert set(waited) == {first.number}


def test_a_job_that_fails_says_why(queue):
    job = queue.submit("hr", request(), user="ada")
    with pytest.raises(ZeroDivisionError), queue.running(job):
        _ = 1 / 0

    failed = queue.get(job.number)
    assert (failed.state, failed.message) == ("failed", "division by zero")


def test_a_running_job_ends_when_it_is_cancelled(queue, monkeypatch):
    monkeypatch.setattr("erya.jobs.queue._BEAT_SECONDS", 0.05)
    job = queue.submit("hr", request(), user="ada")

    def work():
        with queue.running(job) as running:
            queue.cancel(job.number)
            while True:
                running.tell({"files": 1})
                time.sleep(0.02)

    with pytest.raises(JobCancelledError, match=f"Job {job.number} was cancelled"):
        work()
    assert queue.get(job.number).state == "cancelled"
    with pytest.raises(NotFoundError, match="cancelled already"):
        queue.cancel(job.number)


def test_a_job_is_cancelled_while_it_waits(queue, monkeypatch):
    monkeypatch.setattr("erya.jobs.queue._BEAT_SECONDS", 0.05)
    first = queue.submit("hr", request("/a"), user="ada")
    second = queue.submit("hr", request("/b"), user="ada")
    with queue.running(first):
        queue.cancel(second.number)
        with pytest.raises(JobCancelledError), queue.running(second):
            pass

    assert queue.get(second.number).state == "cancelled"
    assert queue.get(first.number).state == "done"


def test_a_job_whose_process_died_is_found_however_many_followed(queue, tmp_path):
    leave_behind(tmp_path)
    cut = queue.get(1)
    assert (cut.state, cut.was_cut_off, cut.progress["files"]) == ("running", True, 3)
    for n in range(12):
        run(queue, f"/{n}")

    assert queue.cut_off(base="hr") == cut
    assert queue.cut_off(base="it") is None
    taken = queue.take_over(1)
    assert (taken.is_alive, taken.attempts) == (True, 1)
    with queue.running(taken):
        pass
    assert (queue.get(1).state, queue.get(1).attempts) == ("done", 2)
    assert queue.cut_off() is None


def test_the_same_request_goes_on_with_the_job_that_was_cut_off(queue, tmp_path):
    leave_behind(tmp_path)
    leave_behind(tmp_path, "/other")

    assert queue.submit("hr", request(), user="ada").number == 1
    assert queue.submit("hr", request("/new"), user="ada").number == 3
    assert queue.submit("it", request(), user="ada").number == 4


def test_what_another_job_has_done_needs_nobody_any_more(queue, tmp_path):
    """Two were cut off that asked the same; one that is done does for both."""
    running = queue.submit("hr", request(), user="ada")
    leave_behind(tmp_path, begun="queued")
    with queue.running(running):
        pass

    assert [(job.number, job.state) for job in queue.all()] == [
        (2, "done"),
        (1, "done"),
    ]
    assert queue.get(2).message == "done by job 1"


def test_the_dead_are_not_waited_for(queue, tmp_path):
    leave_behind(tmp_path)
    leave_behind(tmp_path, "/queued", begun="queued")

    run(queue, "/new", wait=False)


def test_a_cut_off_job_is_cancelled_at_once_and_a_live_one_not_taken(queue, tmp_path):
    leave_behind(tmp_path)
    assert queue.cancel(1).state == "cancelled"
    job = queue.submit("hr", request(), user="ada")
    with pytest.raises(BusyError):
        queue.take_over(job.number)
    with queue.running(job):
        pass
    with pytest.raises(NotFoundError, match="nothing to go on with"):
        queue.take_over(job.number)
    with pytest.raises(NotFoundError, match="no job 99"):
        queue.get(99)


def test_an_owner_elsewhere_lives_as_long_as_its_heart_beats():
    now = time.time()
    long_ago = now - owners.STALE_SECONDS - 1

    assert owners.is_alive("other-machine:1:2", heard_at=now)
    assert not owners.is_alive("other-machine:1:2", heard_at=long_ago)
    assert not owners.is_alive("", heard_at=now)


def test_an_owner_that_only_slept_lives():
    """It would go on beside whoever took its job over."""
    assert owners.is_alive(owners.this_owner(), heard_at=0)


def test_a_number_that_another_process_was_given_is_not_its_owner():
    machine, number, began = owners.this_owner().rsplit(":", 2)
    other = f"{machine}:{number}:{int(began) + 1}"

    assert owners.is_alive(owners.this_owner(), heard_at=time.time())
    assert not owners.is_alive(other, heard_at=time.time())


TAKING = """
import sys
from pathlib import Path
from erya.errors import BusyError, NotFoundError
from erya.jobs import JobQueue
queue = JobQueue(Path(sys.argv[1]))
sys.stdin.read(1)
try:
    queue.take_over(1)
    print("taken")
except (BusyError, NotFoundError):
    print("refused")
sys.stdin.read()
"""


def tell(process, text):
    process.stdin.write(text)
    process.stdin.flush()


def test_of_several_that_take_a_job_over_one_has_it(queue, tmp_path):
    leave_behind(tmp_path)
    takers: list[Any] = [
        subprocess.Popen(
            [sys.executable, "-c", TAKING, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for taker in takers:
        tell(taker, "\n")
    said = [taker.stdout.readline().strip() for taker in takers]
    for taker in takers:
        taker.communicate()

    assert sorted(said) == ["refused", "refused", "taken"]


def give_to(queue, number, owner):
    with queue._connect() as database, database:
        database.execute("update jobs set owner = ? where number = ?", (owner, number))


def test_whose_job_was_taken_over_ends_and_leaves_it_alone(queue, monkeypatch):
    monkeypatch.setattr("erya.jobs.queue._BEAT_SECONDS", 0.05)
    job = queue.submit("hr", request(), user="ada")

    def work():
        with queue.running(job) as running:
            give_to(queue, job.number, "elsewhere:1:2")
            while True:
                running.tell({"files": 1})
                time.sleep(0.02)

    with pytest.raises(JobCancelledError):
        work()
    now = queue.get(job.number)
    assert (now.state, now.owner) == ("running", "elsewhere:1:2")


def test_a_job_that_was_interrupted_is_cut_off_though_the_process_lives(queue):
    job = queue.submit("hr", request(), user="ada")
    with pytest.raises(KeyboardInterrupt), queue.running(job):
        raise KeyboardInterrupt

    assert queue.get(job.number).was_cut_off
    assert queue.submit("hr", request(), user="ada").number == job.number


def test_jobs_of_a_base_that_was_deleted_are_over(queue, tmp_path):
    leave_behind(tmp_path)
    leave_behind(tmp_path, base="it")
    queue.drop_base("hr")

    assert queue.get(1).state == "cancelled"
    assert queue.cut_off() == queue.get(2)


STARTING = """
import sys
from pathlib import Path
from erya.jobs import JobQueue
from erya.sources import IngestRequest, SourceSpec
path = sys.stdin.read(1)
request = IngestRequest(sources=(SourceSpec(kind="files", paths=(path,)),))
JobQueue(Path(sys.argv[1])).submit("hr", request, user="ada")
"""


def test_several_may_make_the_list_at_once(tmp_path):
    command = [sys.executable, "-c", STARTING, str(tmp_path / "home")]
    starters: list[Any] = [
        subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(5)
    ]
    for number, starter in enumerate(starters):
        tell(starter, b"%d" % number)
        starter.stdin.close()

    assert [starter.wait() for starter in starters] == [0] * 5
    assert len(JobQueue(tmp_path / "home").all()) == 5


def test_a_job_that_was_cancelled_before_its_turn_does_not_begin(queue):
    job = queue.submit("hr", request(), user="ada")
    queue.cancel(job.number)
    with pytest.raises(JobCancelledError), queue.running(job):
        pytest.fail("it began")

    assert (queue.get(job.number).state, queue.get(job.number).attempts) == (
        "cancelled",
        0,
    )


def test_a_job_of_somebody_else_is_not_begun(queue):
    job = queue.submit("hr", request(), user="ada")
    give_to(queue, job.number, "elsewhere:1:2")
    with pytest.raises(JobCancelledError), queue.running(job):
        pytest.fail("it began")

    now = queue.get(job.number)
    assert (now.state, now.owner, now.attempts) == ("queued", "elsewhere:1:2", 0)


def test_the_last_jobs_are_kept_and_what_was_cut_off(queue, tmp_path, monkeypatch):
    monkeypatch.setattr("erya.jobs.queue._KEPT", 2)
    leave_behind(tmp_path)
    for n in range(5):
        run(queue, f"/{n}")

    assert [job.number for job in queue.all()] == [6, 5, 1]
