"""What holds machine code in a parsing process: each wall is tried in such a process.

Started as `python -I -m erya.loading.sandbox.walls FOLDER PORT`, it prints the walls
that hold.
"""

import ctypes
import os
import socket
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from erya.loading.sandbox.confinement import confine, leave_network

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Wall", "standing_walls"]

Wall = Literal["files", "parent", "changes", "network", "programs"]

_FILE: Final = "file.txt"
_SOCKET: Final = "socket"
_MEMORY_BYTES: Final = 1_000_000_000


def standing_walls() -> frozenset[Wall]:
    """Return what a parsing process cannot do on this system, even past Python.

    `files`: read a file that is not its input; `parent`: read the environment and the
    memory of the process that started it; `changes`: write, remove or rename a file;
    `network`: connect by TCP or to a unix socket; `programs`: start a process or a
    program. Nothing is tried, and nothing holds, outside Linux.
    """
    if sys.platform != "linux":
        return frozenset()
    with (
        TemporaryDirectory(prefix="erya-walls-") as folder,
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as local,
    ):
        Path(folder, _FILE).write_text("private", encoding="utf-8")
        local.bind(f"{folder}/{_SOCKET}")
        local.listen()
        port = str(server.getsockname()[1])
        ended = subprocess.run(  # noqa: S603 - our own module, no shell
            [sys.executable, "-IB", "-m", "erya.loading.sandbox.walls", folder, port],
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=False,
        )
    printed = ended.stdout.split()
    return frozenset(wall for wall in get_args(Wall) if wall in printed)


def main() -> None:
    """Become as a parsing process is, and try each wall by calls of the C library."""
    folder, port = sys.argv[1], int(sys.argv[2])
    leave_network()
    confine(memory_bytes=_MEMORY_BYTES)
    libc = ctypes.CDLL(None)
    file = f"{folder}/{_FILE}".encode()
    tries: dict[Wall, Callable[[], bool]] = {
        "files": lambda: _opens(libc, file),
        "parent": lambda: any(
            _opens(libc, f"/proc/{os.getppid()}/{what}".encode())
            for what in ("environ", "mem")
        ),
        "changes": lambda: _changes(libc, file),
        "network": lambda: _connects(libc, folder=folder, port=port),
        "programs": lambda: _starts(libc),  # the last: it may be replaced
    }
    for wall, is_open in tries.items():
        if not is_open():
            print(wall, flush=True)  # noqa: T201 - the reply to `standing_walls`


def _opens(libc: Any, path: bytes, flags: int = os.O_RDONLY) -> bool:
    return bool(libc.open(path, flags) >= 0)


def _changes(libc: Any, path: bytes) -> bool:
    return (
        _opens(libc, path, os.O_WRONLY)
        or libc.truncate(path, ctypes.c_long(0)) == 0
        or libc.rename(path, path + b"~") == 0
        or libc.unlink(path) == 0
    )


def _connects(libc: Any, *, folder: str, port: int) -> bool:
    tcp = port.to_bytes(2, "big") + socket.inet_aton("127.0.0.1") + bytes(8)
    unix = f"{folder}/{_SOCKET}".encode() + b"\0"
    for family, address in ((socket.AF_INET, tcp), (socket.AF_UNIX, unix)):
        number = libc.socket(int(family), int(socket.SOCK_STREAM), 0)
        named = int(family).to_bytes(2, sys.byteorder) + address
        if libc.connect(number, named, len(named)) == 0:
            return True
    return False


def _starts(libc: Any) -> bool:
    started = libc.fork()
    if started == 0:
        os._exit(0)
    path = b"/bin/true"
    arguments = (ctypes.c_char_p * 2)(path, None)
    libc.execv(path, arguments)
    return bool(started > 0)


if __name__ == "__main__":
    main()
