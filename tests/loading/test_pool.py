import os
import signal
import subprocess
import sys
import time

import pytest

from erya.loading import Limits, ParserPool
from erya.loading import worker as worker_module
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
            assert outcome.problem.code == "empty"
            assert not outcome.problem.failed


def test_a_parser_that_never_ends_is_stopped_and_the_next_file_is_read():
    # Nesting that the Markdown parser takes a quadratic time for.
    slow = item("[" * 60_000 + "](" * 60_000, "slow.md")

    with ParserPool(limits=Limits(seconds=0.5), workers=1) as pool:
        first, second = list(pool.parse_all([slow, item("fine")]))

    assert first.problem
    assert first.problem.code == "timeout"
    assert "0.5 s" in first.problem.message
    assert second.parsed
    assert second.parsed.text == "fine"


def test_a_file_that_takes_too_much_memory_is_named():
    if not worker_module.limits_hold():
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


def test_an_error_outside_ends_the_busy_processes_at_once():
    slow = item("[" * 60_000 + "](" * 60_000, "slow.md")

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
        "import os, sys; from erya.loading.worker import limit_process\n"
        "limit_process(memory_bytes=10**9)\n"
        "assert 'SECRET_KEY' not in os.environ\n"
        f"file = os.open({str(tmp_path / 'x')!r}, os.O_CREAT | os.O_WRONLY)\n"
        "try:\n    os.write(file, b'y' * 10)\n"
        "except OSError:\n    sys.exit(0)\nsys.exit(1)\n"
    )
    if not worker_module.limits_hold():
        pytest.skip("this system cannot bound what a process writes")
    done = subprocess.run([sys.executable, "-I", "-c", probe], env={}, check=False)
    assert done.returncode == 0
