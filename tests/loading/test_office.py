import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from erya.errors import DocumentError
from erya.loading import Limits
from erya.loading.office import convert

# Stands in for LibreOffice: HOME is the folder of the one file. What it starts notes its
# number, as the launcher of LibreOffice starts the program itself.
CONVERTS = """
mkdir $HOME/made; cat $HOME/given.doc > $HOME/made/given.docx
sleep 600 & echo $! > {notes}/started
"""
HANGS = """
sleep 600 & echo $! > {notes}/started; echo $$ > {notes}/launcher
echo $HOME > {notes}/folder; wait
"""
CALLER = """
from erya.loading import Limits
from erya.loading.office import convert
convert(b"private", to="docx", limits=Limits())
"""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a stand-in in sh")


@pytest.fixture
def notes(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def stand_in(notes, script):
    program = notes / "bin" / "soffice"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script.format(notes=notes)}", encoding="utf-8")
    program.chmod(0o755)
    return f"{program.parent}:{os.environ['PATH']}"


def wait_until(holds):
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_running(number):
    try:
        status = Path(f"/proc/{number}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return status.rpartition(") ")[2][0] != "Z"


def number_in(path):
    wait_until(lambda: path.exists() and path.read_text(encoding="utf-8").strip())
    return int(path.read_text(encoding="utf-8"))


needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")


@needs_proc
def test_what_was_converted_comes_back_and_nothing_is_left(notes, monkeypatch):
    monkeypatch.setenv("PATH", stand_in(notes, CONVERTS))

    assert convert(b"text", to="docx", limits=Limits()) == b"text"

    wait_until(lambda: not is_running(number_in(notes / "started")))
    assert not list(notes.glob("erya-office-*"))


@needs_proc
def test_a_conversion_that_takes_too_long_ends_with_all_it_started(notes, monkeypatch):
    monkeypatch.setenv("PATH", stand_in(notes, HANGS))

    with pytest.raises(DocumentError) as caught:
        convert(b"text", to="docx", limits=Limits(seconds=0.5))

    assert caught.value.code == "timeout"
    for name in ("started", "launcher"):
        number = number_in(notes / name)
        wait_until(lambda number=number: not is_running(number))
    assert not list(notes.glob("erya-office-*"))


@needs_proc
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_a_conversion_does_not_outlive_erya(notes, how):
    path = stand_in(notes, HANGS)
    # Who runs the tests may have it ignored, as nohup does.
    before = None if how == signal.SIGKILL else signal.signal(how, signal.SIG_DFL)
    try:
        process = subprocess.Popen(
            [sys.executable, "-IB", "-c", CALLER],
            env={"PATH": path, "TMPDIR": str(notes)},
            stderr=subprocess.DEVNULL,
        )
    finally:
        if before is not None:
            signal.signal(how, before)
    numbers = [number_in(notes / name) for name in ("started", "launcher")]
    wait_until((notes / "folder").exists)
    assert all(map(is_running, numbers))

    process.send_signal(how)
    process.wait(timeout=20)

    wait_until(lambda: not any(map(is_running, numbers)))
    wait_until(lambda: not list(notes.glob("erya-office-*")))


@needs_proc
def test_a_conversion_ends_when_the_process_beside_it_is_terminated(notes):
    path = stand_in(notes, HANGS)
    process = subprocess.Popen(
        [sys.executable, "-IB", "-c", CALLER],
        env={"PATH": path, "TMPDIR": str(notes)},
        stderr=subprocess.DEVNULL,
    )
    launcher = number_in(notes / "launcher")
    status = Path(f"/proc/{launcher}/stat").read_text(encoding="utf-8")
    beside = int(status.rpartition(") ")[2].split()[1])

    os.kill(beside, signal.SIGTERM)
    process.wait()

    wait_until(lambda: not is_running(launcher))
    wait_until(lambda: not is_running(number_in(notes / "started")))
    assert not list(notes.glob("erya-office-*"))


def test_folders_that_killed_processes_left_are_removed(notes, monkeypatch):
    monkeypatch.setenv("PATH", stand_in(notes, CONVERTS))
    left, used, young = (notes / f"erya-office-{name}" for name in "abc")
    for folder in (left, used, young):
        folder.mkdir()
        (folder / "given.doc").write_text("private", encoding="utf-8")
    for folder in (left, used):
        os.utime(folder, (0, 0))
    lock = os.open(used, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)

    convert(b"text", to="docx", limits=Limits())

    os.close(lock)
    assert [left.exists(), used.exists(), young.exists()] == [False, True, True]
