"""Bounds of a parsing process: memory, files, network, other processes.

Machine code in it (a memory error of a library in C) is held by the kernel of Linux:
Landlock and a filter of system calls, which need no rights; a network of its own with
nothing in it, where the system lets a user make one. What they deny fails. Before them,
and on other systems alone, Python's audit hooks see what Python code tries, and end the
process at once, with a reply that names it.

`erya.loading.sandbox.walls` tries what holds.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from mimetypes import knownfiles
from pathlib import Path
from typing import Any, Final

from erya.loading.sandbox.kernel import (
    drop_capabilities,
    forbid_new_privileges,
    set_option,
)
from erya.loading.sandbox.landlock import allow_reading_only
from erya.loading.sandbox.seccomp import deny_calls

__all__ = ["confine", "end_with_parent", "leave_network", "limits_hold", "watch"]

_OPEN_FILES: Final = 64
_NEW_NETWORK: Final = 0x40000000  # CLONE_NEWNET and CLONE_NEWUSER of linux/sched.h
_NEW_USER: Final = 0x10000000
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_END_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG of linux/prctl.h
# What libraries open, beside Python's own folders: other libraries, fonts, the names of
# types, the time zone, how many processors there are.
_SYSTEM_PATHS: Final = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/nix/store",
    "/gnu/store",
    "/etc/ld.so.cache",
    "/usr/share/fonts",
    "/usr/share/X11/fonts",
    "/usr/local/share/fonts",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/sys/devices/system/cpu",
    "/proc/cpuinfo",
    "/dev/null",
    "/dev/urandom",
)
_FORBIDDEN: Final = {
    "socket.__new__": "open a connection",
    "socket.connect": "open a connection",
    "socket.bind": "open a connection",
    "socket.sendto": "open a connection",
    "socket.sendmsg": "open a connection",
    "socket.getaddrinfo": "look up a host",
    "socket.gethostbyname": "look up a host",
    "subprocess.Popen": "start a program",
    "os.system": "start a program",
    "os.exec": "start a program",
    "os.posix_spawn": "start a program",
    "os.fork": "start a process",
    "os.forkpty": "start a process",
    "os.remove": "remove a file",
    "os.rename": "rename a file",
    "os.truncate": "write a file",
    "os.chmod": "change a file",
    "os.chown": "change a file",
    "os.mkdir": "make a folder",
    "os.rmdir": "remove a folder",
    "os.link": "make a link",
    "os.symlink": "make a link",
}


def limits_hold() -> bool:
    """Tell whether this system can bound a process's memory and writes."""
    try:
        import resource  # noqa: F401, PLC0415 - POSIX only
    except ImportError:
        return False
    return sys.platform == "linux"


def confine(*, memory_bytes: int) -> None:
    """Bound this process for good, as far as this system can.

    Comes after `leave_network` and before there are other threads, some of which it
    would not hold.

    Args:
        memory_bytes: Address space.
    """
    if limits_hold():
        import resource  # noqa: PLC0415 - POSIX only

        for what, value in (
            (resource.RLIMIT_AS, memory_bytes),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_NOFILE, _OPEN_FILES),
            (resource.RLIMIT_CORE, 0),
        ):
            _, hard = resource.getrlimit(what)
            allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(what, (allowed, allowed))
        end_with_parent(by=signal.SIGKILL)  # which it can neither catch nor ignore
    drop_capabilities()
    if forbid_new_privileges():
        allow_reading_only(_readable())
        deny_calls()


def _readable() -> list[str]:
    """Return what a parser's process may open: what Python imports, and libraries."""
    python = [
        *sys.path,
        *(f"{prefix}/lib" for prefix in (sys.prefix, sys.base_prefix)),
        # Erya itself, also where it is installed by a link.
        str(Path(__file__).parents[2]),
    ]
    return [path for path in (*python, *_SYSTEM_PATHS, *map(str, knownfiles)) if path]


def end_with_parent(*, by: signal.Signals) -> None:
    """Have this process get a signal when the thread that started it is no more."""
    set_option(_END_WITH_PARENT, by)


def watch(*, on_breach: Callable[[str], None]) -> None:
    """See what Python code in this process tries that no parser needs.

    Args:
        on_breach: Called with what was tried, as the end of a sentence; must not
            return.
    """

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _FORBIDDEN:
            on_breach(_FORBIDDEN[event])
        elif event == "open" and _opens_for_writing(arguments):
            on_breach("write a file")

    sys.addaudithook(audit)


def _opens_for_writing(arguments: tuple[Any, ...]) -> bool:
    path, _, flags = arguments
    # What a library opens for itself has a number already; devices hold nothing.
    return (
        isinstance(flags, int)
        and bool(flags & _WRITES)
        and not isinstance(path, int)
        and not str(path).startswith("/dev/")
    )


def leave_network() -> bool:
    """Give this process a network with nothing in it; tell whether that worked."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    # An ordinary user may do so inside a user namespace only, root without one.
    return bool(
        libc.unshare(_NEW_NETWORK) == 0 or libc.unshare(_NEW_USER | _NEW_NETWORK) == 0
    )
