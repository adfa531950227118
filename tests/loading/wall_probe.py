"""A parsing process that tries, as machine code could, what no parser may do.

Started as `python -IB wall_probe.py MODE ...`, where MODE is `as-is`, `as-nobody`,
`same-network`, `as-nobody-in-same-network` or `no-landlock`, or `open` for a process without walls, which tells
whether an act would succeed at all. Each act goes through the C library, past Python's audit hooks.
"""

import ctypes
import json
import os
import platform
import resource
import socket
import sys

from erya.loading import worker
from erya.loading.sandbox import confinement
from erya.records import Block, Parsed

libc = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == "x86_64"
NOBODY = 65534


def opens(path, flags=os.O_RDONLY):
    return libc.open(os.fsencode(path), flags, 0o600) >= 0


def connects(family, kind, address):
    number = libc.socket(family, kind, 0)
    named = family.to_bytes(2, sys.byteorder) + address
    return libc.connect(number, named, len(named)) == 0


def sends(address):
    number = libc.socket(2, 2, 0)
    named = (2).to_bytes(2, sys.byteorder) + address
    return libc.sendto(number, b"x", 1, 0, named, len(named)) == 1


def binds():
    number = libc.socket(2, 1, 0)
    return libc.bind(number, (2).to_bytes(2, sys.byteorder) + bytes(14), 16) == 0


def forks():
    started = libc.fork()
    if started == 0:
        os._exit(0)
    return started > 0


def in_a_child(act):
    """Try what ends or replaces a process in one of its own, if one can be had."""
    started = libc.fork()
    if started == 0:
        os._exit(not act())
    if started < 0:
        return act()
    return os.waitstatus_to_exitcode(os.waitpid(started, 0)[1]) == 0


def starts_a_shell():
    words = (ctypes.c_char_p * 4)(b"/bin/sh", b"-c", b":", None)
    return libc.execv(b"/bin/sh", words) == 0


def call(number, *arguments):
    return libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))


def raises_limit():
    # What was set may be set again, so that this can succeed anywhere.
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    limits = (ctypes.c_ulong * 2)(*(each & 0xFFFFFFFFFFFFFFFF for each in (soft, hard)))
    return libc.setrlimit(resource.RLIMIT_STACK, limits) == 0


def owns_signals():
    reader, _ = os.pipe()
    return libc.fcntl(reader, 8, os.getppid()) == 0


def reads_memory(parent):
    here = ctypes.create_string_buffer(8)
    local = (ctypes.c_void_p * 2)(ctypes.addressof(here), 8)
    there = (ctypes.c_void_p * 2)(ctypes.addressof(here), 8)
    number = 310 if X86 else 270
    done = libc.syscall(
        ctypes.c_long(number), ctypes.c_long(parent), local, 1, there, 1, 0
    )
    # An address of this process need not be one of the other, which is no denial.
    return done > 0 or ctypes.get_errno() == 14


def acts(place, port, parent):
    """Return each act by its name; each that changes a file has one of its own."""
    address = port.to_bytes(2, "big") + socket.inet_aton("127.0.0.1") + bytes(8)

    def at(name):
        return os.fsencode(f"{place}/{name}")

    return {
        "read a file": lambda: opens(at("read")),
        "read the accounts": lambda: opens("/etc/passwd"),
        "list a folder": lambda: opens(place, os.O_DIRECTORY),
        "read the parent's environment": lambda: opens(f"/proc/{parent}/environ"),
        "read the parent's memory": lambda: opens(f"/proc/{parent}/mem"),
        "read the parent's memory by a call": lambda: reads_memory(parent),
        "trace the parent": lambda: libc.ptrace(0x4206, parent, 0, 0) == 0,
        "open a file to write": lambda: opens(at("write"), os.O_WRONLY),
        "make a file": lambda: opens(at("made"), os.O_CREAT | os.O_WRONLY),
        "empty a file by opening it": lambda: opens(at("write"), os.O_TRUNC),
        "remove a file": lambda: libc.unlink(at("unlink")) == 0,
        "rename a file": lambda: libc.rename(at("rename"), at("renamed")) == 0,
        "truncate a file": lambda: libc.truncate(at("cut"), ctypes.c_long(0)) == 0,
        "change rights": lambda: libc.chmod(at("mode"), 0o777) == 0,
        "change times": lambda: libc.utimes(at("mode"), None) == 0,
        "make a folder": lambda: libc.mkdir(at("folder"), 0o700) == 0,
        "remove a folder": lambda: libc.rmdir(at("empty")) == 0,
        "make a link": lambda: libc.symlink(at("read"), at("link")) == 0,
        "make a hard link": lambda: libc.link(at("read"), at("hard")) == 0,
        "make a pipe": lambda: libc.mkfifo(at("pipe"), 0o600) == 0,
        "fork": forks,
        "start a shell": lambda: in_a_child(starts_a_shell),
        "make a socket": lambda: libc.socket(2, 1, 0) >= 0,
        "connect to a unix socket": lambda: connects(1, 1, at("socket") + b"\0"),
        "connect to an abstract socket": lambda: connects(1, 1, b"\0erya%d" % port),
        "connect by TCP": lambda: connects(2, 1, address),
        "send by UDP": lambda: sends(address),
        "bind a port": binds,
        "signal the parent": lambda: libc.kill(parent, 0) == 0,
        "signal the group": lambda: libc.kill(0, 0) == 0,
        "have signals sent to the parent": owns_signals,
        "raise a limit": raises_limit,
        "share memory": lambda: libc.shmget(0, 4096, 0o1600) >= 0,
        "ask for io_uring": lambda: call(425, 0, 0) >= 0 or ctypes.get_errno() == 14,
        "take a process by number": lambda: call(434, parent, 0) >= 0,
        "leave the group": lambda: in_a_child(lambda: libc.setsid() >= 0),
        "outlive the parent": lambda: libc.prctl(1, 0, 0, 0, 0) == 0,
    }


def read_file(data, name, _options):
    asked = json.loads(data)
    results = {act: bool(attempt()) for act, attempt in acts(**asked).items()}
    text = json.dumps(results)
    block = Block(kind="paragraph", start=0, end=len(text))
    return Parsed(title="", text=text, blocks=(block,), media_type="text/plain")


MODE = sys.argv.pop(1)
setattr(worker, "read_file", read_file)  # noqa: B010 - the worker does not export it
if MODE.startswith("as-nobody"):
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
if MODE.endswith("same-network") or MODE == "open":
    setattr(worker, "leave_network", lambda: False)  # noqa: B010
if MODE == "no-landlock":
    setattr(confinement, "allow_reading_only", lambda _: False)  # noqa: B010
if MODE == "open":
    setattr(worker, "confine", lambda **_: None)  # noqa: B010
worker.main()
