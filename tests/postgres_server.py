"""A real PostgreSQL of Debian's package, on a port of its own, thrown away at the end."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pg8000

_FOLDERS = "/usr/lib/postgresql"
_PATIENCE = 60.0
# The server refuses to run as root; Debian's package brings a user for it.
_AS_ANOTHER: dict[str, Any] = (
    {"user": "postgres", "group": "postgres", "extra_groups": []}
    if os.geteuid() == 0
    else {}
)


def programs() -> Path | None:
    """Return the folder of the newest server's programs, or None if there is none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    installed = Path(_FOLDERS).glob("*/bin/initdb")
    newest = max(installed, key=lambda path: float(path.parts[-3]), default=None)
    return newest and newest.parent


class Server:
    """A server that can be stopped, and started again with what it holds."""

    def __init__(
        self, program: Path, arguments: list[str | Path], *, port: int
    ) -> None:
        self.address = f"postgresql://tester@127.0.0.1:{port}/postgres"
        self._command = [program, *arguments]
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, cwd="/", stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, **_AS_ANOTHER,
        )  # fmt: skip
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            assert self._process.poll() is None, "the server has ended"
            try:
                pg8000.connect("tester", "127.0.0.1", "postgres", self._port).close()
            except pg8000.Error:
                time.sleep(0.05)
            else:
                return
        msg = "the server does not answer"
        raise AssertionError(msg)

    def stop(self) -> None:
        """End it at once; who is connected is cut off."""
        assert self._process
        self._process.send_signal(signal.SIGINT)
        self._process.wait(_PATIENCE)


@contextmanager
def running() -> Iterator["Server"]:
    """Start a server with an empty database."""
    folder = programs()
    assert folder, "PostgreSQL is not installed: apt-get install postgresql"
    root = Path(tempfile.mkdtemp(prefix="erya-postgres-"))
    data = root / "data"
    try:
        if _AS_ANOTHER:
            shutil.chown(root, "postgres")
        _run([folder / "initdb", "--pgdata", data, "--username", "tester",
              "--auth", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C.UTF-8"])  # fmt: skip
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        server = Server(
            folder / "postgres",
            ["-D", data, "-p", str(port), "-k", root,
             "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"], port=port,
        )  # fmt: skip
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, cwd="/", check=False, **_AS_ANOTHER
    )
    assert done.returncode == 0, done.stderr
