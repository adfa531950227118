import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from erya.loading import ParserPool
from erya.loading import pool as pool_module
from erya.loading.sandbox import seccomp
from erya.loading.sandbox.seccomp import program_for
from erya.loading.sandbox.walls import standing_walls
from erya.records import Item

PROBE = str(Path(__file__).with_name("wall_probe.py"))
ROOT = os.name == "posix" and os.geteuid() == 0
ALL = {"files", "parent", "changes", "network", "programs"}
# Verdicts of linux/seccomp.h: an error with its number, all is well, the end.
EPERM, ENOTTY, ENOSYS = 0x50001, 0x50019, 0x50026
ALLOWED, KILLED = 0x7FFF0000, 0x80000000
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # of linux/audit.h
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}

needs_walls = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not standing_walls() >= ALL,
    reason="this system has no Landlock or no filters of system calls",
)


@pytest.fixture
def place():
    """A folder in which everybody may do everything: rights are not what denies it."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("read", "write", "unlink", "rename", "cut", "mode"):
            Path(folder, name).write_text("private", encoding="utf-8")
            Path(folder, name).chmod(0o666)
        Path(folder, "empty").mkdir()
        Path(folder).chmod(0o777)
        yield folder


def attempts(place, monkeypatch, mode):
    """Have a parsing process try everything; return which acts succeeded."""
    worker = (sys.executable, "-IB", PROBE, mode)
    monkeypatch.setattr(pool_module, "_WORKER", worker)
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as local,
        socket.socket(socket.AF_UNIX) as abstract,
        ParserPool(workers=1) as pool,
    ):
        port = server.getsockname()[1]
        for each, name in ((local, f"{place}/socket"), (abstract, f"\0erya{port}")):
            each.bind(name)
            each.listen()
        Path(place, "socket").chmod(0o777)
        asked = {"place": place, "port": port, "parent": os.getpid()}
        data = json.dumps(asked).encode()
        (outcome,) = pool.parse_all([Item(source="probe.txt", data=data)])
    assert outcome.parsed, outcome.problem
    return json.loads(outcome.parsed.text)


@needs_walls
@pytest.mark.parametrize(
    "mode", ["as-is", "same-network", "as-nobody", "as-nobody-in-same-network"]
)
def test_machine_code_in_a_parser_can_do_nothing_outside_of_it(
    place, monkeypatch, mode
):
    if mode.startswith("as-nobody") and not ROOT:
        pytest.skip("only root can become nobody")
    before = {path.name for path in Path(place).iterdir()}

    tried = attempts(place, monkeypatch, mode)

    assert len(tried) > 30
    assert [act for act, succeeded in tried.items() if succeeded] == []
    assert {path.name for path in Path(place).iterdir()} == {*before, "socket"}
    assert {p.read_text() for p in Path(place).iterdir() if p.is_file()} == {"private"}


@needs_walls
def test_without_its_walls_a_parser_could_do_it(place, monkeypatch):
    """The probe's acts fail by the walls and not by themselves."""
    tried = attempts(place, monkeypatch, "open")

    failed = {act for act, succeeded in tried.items() if not succeeded}
    # What a container or an old kernel may deny by itself.
    assert failed <= {
        "trace the parent",
        "read the parent's memory",
        "read the parent's memory by a call",
        "ask for io_uring",
        "share memory",
    }


@needs_walls
def test_without_landlock_a_parser_can_read_and_no_more(place, monkeypatch):
    tried = attempts(place, monkeypatch, "no-landlock")

    succeeded = {act for act, succeeded in tried.items() if succeeded}
    assert succeeded <= {act for act in tried if act.startswith(("read", "list"))}
    assert "read a file" in succeeded


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_numbers_of_calls_are_those_of_the_kernels_headers(machine):
    if not HEADERS[machine].exists():
        pytest.skip("the kernel's headers are not installed")
    pattern = r"#define __NR(?:3264)?_(\w+)\s+(\d+)"
    real = dict(re.findall(pattern, HEADERS[machine].read_text(encoding="utf-8")))
    column = ["x86_64", "aarch64"].index(machine)
    ours = [
        each
        for table in (seccomp._DENIED, seccomp._JUDGED)
        for each in seccomp._numbers(table, column)
    ]

    assert len(ours) > 100
    for name, number in ours:
        assert int(real.get(name, number)) == number, name
    named = {
        each.split()[0]
        for table in (seccomp._DENIED, seccomp._JUDGED)
        for each in table.replace("\n", ",").split(",")
        if each
    }
    left_out = named - {name for name, _ in ours}
    assert not left_out & real.keys()


def verdict(machine, number, *arguments, audit=None):
    """Run the filter as the kernel does, by the manual of classic BPF."""
    given = struct.pack(
        "=iIQ6Q", number, audit or AUDIT[machine], 0, *arguments, *[0] * (6 - len(arguments))
    )  # fmt: skip
    program = program_for(machine, own=77)
    loaded = at = 0
    while True:
        code, value, yes, no = program[at]
        at += 1
        match code:
            case 0x20:
                (loaded,) = struct.unpack_from("=I", given, value)
            case 0x06:
                return value
            case 0x15:
                at += yes if loaded == value else no
            case 0x25:
                at += yes if loaded > value else no
            case 0x35:
                at += yes if loaded >= value else no
            case 0x45:
                at += yes if loaded & value else no
            case _:
                pytest.fail(f"the filter has an unknown instruction: {code:#x}")


# Numbers by the manuals of both architectures: read, write, mmap, futex, exit_group.
@pytest.mark.parametrize(
    ("machine", "numbers"),
    [("x86_64", (0, 1, 9, 202, 231)), ("aarch64", (63, 64, 222, 98, 94))],
)
def test_the_filter_lets_a_parser_work(machine, numbers):
    for number in numbers:
        assert verdict(machine, number) == ALLOWED


@pytest.mark.parametrize(
    ("call", "arguments", "expected"),
    [
        ("openat", (0, 0, os.O_RDONLY | 0o2000000), ALLOWED),
        ("openat", (0, 0, os.O_WRONLY), EPERM),
        ("openat", (0, 0, os.O_RDWR), EPERM),
        ("openat", (0, 0, os.O_RDONLY | os.O_CREAT), EPERM),
        ("openat", (0, 0, os.O_RDONLY | os.O_TRUNC), EPERM),
        ("openat2", (), ENOSYS),
        ("clone", (0x3D0F00,), ALLOWED),  # as glibc starts a thread
        ("clone", (0x1200011,), EPERM),  # as glibc forks
        ("clone3", (), ENOSYS),
        ("kill", (77, 6), ALLOWED),
        ("kill", (78, 0), EPERM),
        ("kill", (0, 9), EPERM),
        ("kill", ((1 << 64) - 1, 9), EPERM),
        ("tgkill", (77, 79, 6), ALLOWED),  # as `abort` does
        ("tgkill", (1, 1, 6), EPERM),
        ("ioctl", (1, 0x5401), ALLOWED),
        ("ioctl", (0, 0x5412), ENOTTY),  # TIOCSTI types into a terminal
        ("fcntl", (3, 3), ALLOWED),
        ("fcntl", (3, 8), EPERM),
        ("prctl", (15,), ALLOWED),  # the name of a thread
        ("prctl", (1, 0), EPERM),
        ("prlimit64", (0, 1, 0, 4096), ALLOWED),
        ("prlimit64", (0, 1, 4096, 0), EPERM),
        ("prlimit64", (0, 1, 1 << 32, 0), EPERM),
        ("execve", (), EPERM),
        ("socket", (), EPERM),
    ],
)
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_judges_calls_by_their_arguments(machine, call, arguments, expected):
    column = ["x86_64", "aarch64"].index(machine)
    numbers = dict(seccomp._numbers(seccomp._DENIED + seccomp._JUDGED, column))

    assert verdict(machine, numbers[call], *arguments) == expected


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_calls_by_other_numbers_end_the_process_and_newer_ones_are_not_there(machine):
    assert verdict(machine, 11, audit=0x40000003) == KILLED  # execve of 32 bits
    assert verdict(machine, 0x40000000 | 520) == KILLED  # execve of x32
    assert verdict(machine, 452) == ENOSYS  # fchmodat2


@needs_walls
def test_the_kernel_takes_the_filter():
    code = (
        "import ctypes; from erya.loading.sandbox import kernel, seccomp;"
        "assert kernel.forbid_new_privileges() and seccomp.deny_calls();"
        "ctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 | 520))"
    )
    done = subprocess.run([sys.executable, "-IB", "-c", code], check=False)

    assert done.returncode == -signal.SIGSYS
