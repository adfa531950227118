import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

import erya
from erya.loading import Limits, ParserPool
from erya.loading import pool as pool_module
from erya.loading.sandbox import confinement
from erya.loading.sandbox.confinement import limits_hold
from erya.loading.sandbox.walls import standing_walls
from erya.records import Item


def item(text: str, name: str = "a.txt") -> Item:
    return Item(source=f"/docs/{name}", data=text.encode())


def test_files_come_back_in_order_whatever_becomes_of_them():
    items = [item(f"Text {i}.") if i % 3 else item("") for i in range(40)]

    with ParserPool(workers=3) as pool:
        outcomes = list(pool.parse_all(items))

    assert [o.item for o in outcomes] == items
    for i, outcome in enumerate(outcomes):
        if i % 3:
            assert outcome.parsed
            assert outcome.parsed.text == f"Text {i}."
        else:
            assert outcome.problem
            assert outcome.problem.code == "empty_file"
            assert not outcome.problem.failed


@pytest.fixture
def hostile(monkeypatch):
    """Have files read by a parser that does what the file says."""
    stub = str(Path(__file__).with_name("stub_worker.py"))
    monkeypatch.setattr(pool_module, "_WORKER", (sys.executable, "-B", stub))


@pytest.mark.usefixtures("hostile")
def test_a_parser_that_never_ends_is_stopped_and_the_next_file_is_read():
    with ParserPool(limits=Limits(seconds=6), workers=1) as pool:
        first, second = list(pool.parse_all([item("hang"), item("fine")]))

    assert first.problem
    assert first.problem.code == "timeout"
    assert "6 s" in first.problem.message
    assert second.parsed
    assert second.parsed.text == "read"


def test_a_file_that_takes_too_much_memory_is_named():
    if not limits_hold():
        pytest.skip("this system cannot bound a process's memory")
    big = item("<p>" + "x" * 60_000_000, "big.html")

    with ParserPool(limits=Limits(memory_bytes=300_000_000), workers=1) as pool:
        first, second = list(pool.parse_all([big, item("fine")]))

    assert first.problem
    assert first.problem.failed
    # Whether the parser or the process gives up first depends on the library.
    assert first.problem.code in {"too_large", "parser_failed", "parser_crashed"}
    assert second.parsed


def test_a_text_that_is_too_long_is_refused():
    with ParserPool(limits=Limits(text_characters=1_000), workers=1) as pool:
        short, long, far_too_long = list(
            pool.parse_all([item("x" * 1_000), item("x" * 1_001), item("x" * 99_999)])
        )

    assert short.parsed
    assert long.problem
    assert long.problem.code == "too_large"
    assert far_too_long.problem
    assert far_too_long.problem.code == "too_large"


def test_a_worker_that_was_killed_costs_no_file():
    with ParserPool(workers=1) as pool:
        outcomes = pool.parse_all(iter([item("one")]))
        assert next(outcomes).parsed
        os.kill(pool._idle[0].process.pid, signal.SIGKILL)
        first, second = list(pool.parse_all([item("two"), item("three")]))

    assert first.parsed
    assert first.parsed.text == "two"
    assert second.parsed
    assert second.parsed.text == "three"


@pytest.mark.usefixtures("hostile")
def test_an_error_outside_ends_the_busy_processes_at_once():
    slow = item("hang")

    def fail():
        with ParserPool(limits=Limits(seconds=60), workers=1) as pool:
            for _ in range(2):
                pool._threads.submit(pool._parse, slow)
            time.sleep(0.5)
            raise ZeroDivisionError

    began = time.monotonic()
    with pytest.raises(ZeroDivisionError):
        fail()
    assert time.monotonic() - began < 20


def test_leaving_ends_the_processes():
    with ParserPool(workers=2) as pool:
        list(pool.parse_all([item("x")] * 8))
        processes = [worker.process for worker in pool._idle]

    assert processes
    assert all(process.poll() is not None for process in processes)


def test_a_process_sees_no_environment_and_cannot_write(monkeypatch, tmp_path):
    """What a hostile parser could reach: checked inside such a process."""
    monkeypatch.setenv("SECRET_KEY", "hunter2")
    probe = (
        "import os, sys; from erya.loading.sandbox import confinement\n"
        f"file = os.open({str(tmp_path / 'x')!r}, os.O_CREAT | os.O_WRONLY)\n"
        "confinement.confine(memory_bytes=10**9)\n"
        "assert 'SECRET_KEY' not in os.environ\n"
        "try:\n    os.write(file, b'y' * 10)\n"
        "except OSError:\n    sys.exit(0)\nsys.exit(1)\n"
    )
    if not limits_hold():
        pytest.skip("this system cannot bound what a process writes")
    done = subprocess.run([sys.executable, "-I", "-c", probe], env={}, check=False)
    assert done.returncode == 0


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize(
    ("what", "code", "named"),
    [
        ("abort", "parser_crashed", "died"),
        ("allocate", "too_large", "memory"),
        ("connect", "forbidden", "look up a host"),
        ("start", "forbidden", "start a program"),
        ("fork", "forbidden", "start a process"),
        ("write {folder}/x", "forbidden", "write a file"),
    ],
)
def test_what_no_file_may_cause_ends_its_process_and_is_named(
    tmp_path, what, code, named
):
    files = [item(what.format(folder=tmp_path)), item("fine")]
    with ParserPool(workers=1) as pool:
        first, second = list(pool.parse_all(files))

    assert first.problem
    assert (first.problem.code, first.problem.failed) == (code, True)
    assert named in first.problem.message
    assert second.parsed
    assert not (tmp_path / "x").exists()


@pytest.mark.usefixtures("hostile")
def test_pages_keep_the_clock_from_running_out_but_not_for_ever():
    limits = Limits(seconds=3.0)  # of pages that take five together
    with ParserPool(limits=limits, workers=1) as pool:
        (slow,) = pool.parse_all([item("pages")])
        assert pool.pages == 8
    with ParserPool(limits=replace(limits, file_seconds=0.6), workers=1) as pool:
        (too_slow,) = pool.parse_all([item("pages")])

    assert slow.parsed
    assert too_slow.problem
    assert too_slow.problem.code == "timeout"
    assert "0.6 s in all" in too_slow.problem.message


@pytest.mark.usefixtures("hostile")
def test_a_library_that_opens_a_connection_by_itself_reaches_nobody():
    if "network" not in standing_walls():
        pytest.skip("this system keeps machine code from no network")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with ParserPool(workers=1) as pool:
            (outcome,) = pool.parse_all([item(f"connect-unseen {port}")])

    assert outcome.parsed
    assert outcome.parsed.text == "cut off"


@pytest.mark.usefixtures("hostile")
def test_what_a_parser_has_started_ends_with_it():
    with ParserPool(limits=Limits(seconds=6), workers=1) as pool:
        (outcome,) = pool.parse_all([item("fork-unseen")])

    assert outcome.problem
    assert outcome.problem.code == "timeout"
    left = [
        path
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if b"stub_worker" in _read(path)
    ]
    assert not left


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""  # it has ended meanwhile


def test_of_more_files_inside_than_the_limit_those_within_it_are_read():
    mail = b"From a@b Thu Jan  1 00:00:00 2026\nSubject: Note\n\nText %d.\n\n"
    box = b"".join(mail % number for number in range(6))
    with ParserPool(limits=Limits(parts=5), workers=1) as pool:
        found = list(pool.parse_all([Item(source="/all.mbox", data=box)]))

    read = [each.item.source for each in found if each.parsed is not None]
    assert read == [f"/all.mbox/{number:05}.eml" for number in range(1, 6)]
    assert found[-1].problem is not None
    assert found[-1].problem.code == "archive_limit"


def test_the_share_of_a_files_own_words_is_told_part_by_part():
    item = Item(source="/a.html", data=b"<p>One two three</p><script>four</script>")
    with ParserPool(workers=1) as pool:
        (whole,) = pool.coverage(item, "One two three")
        (some,) = pool.coverage(item, "One three and more")

    assert (whole.words, whole.found, whole.missing) == (3, 3, ())
    assert (some.words, some.found, some.missing) == (3, 2, ("two",))


def test_a_parser_may_read_all_of_erya_wherever_it_is_installed():
    assert str(Path(erya.__file__).parent) in confinement._readable()
