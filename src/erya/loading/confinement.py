"""Bounds of a parsing process: memory, files, network, other processes.

What a bound forbids ends the process at once, with a reply that names it. On Linux the
process has a network of its own with nothing in it, where the system lets a user make
one; elsewhere, and beside it, Python's audit hooks see sockets, programs and files that
are opened to be written.
"""

import ctypes
import os
import sys
from collections.abc import Callable
from typing import Any, Final

__all__ = ["confine", "limits_hold", "network_is_apart"]

_OPEN_FILES: Final = 64
_NEW_NETWORK: Final = 0x40000000  # CLONE_NEWNET and CLONE_NEWUSER of linux/sched.h
_NEW_USER: Final = 0x10000000
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_FORBIDDEN: Final = {
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
    "os.mkdir": "make a folder",
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


def confine(*, memory_bytes: int, on_breach: Callable[[str], None]) -> None:
    """Bound this process for good; `leave_network` comes before there are threads.

    Args:
        memory_bytes: Address space.
        on_breach: Told what was tried, as the end of a sentence; must not return.
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

    def seen(event: str, given: tuple[Any, ...]) -> None:
        if event in _FORBIDDEN:
            on_breach(_FORBIDDEN[event])
        elif event == "open" and _is_written(given):
            on_breach("write a file")

    sys.addaudithook(seen)


def _is_written(given: tuple[Any, ...]) -> bool:
    path, _, flags = given
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


def network_is_apart() -> bool:
    """Tell whether a parsing process has a network of its own on this system."""
    import subprocess  # noqa: PLC0415

    code = (
        "from erya.loading.confinement import leave_network;"
        "raise SystemExit(not leave_network())"
    )
    ended = subprocess.run([sys.executable, "-I", "-c", code], check=False)  # noqa: S603
    return ended.returncode == 0
