"""A real PostgreSQL of Debian's package, on a port of its own, thrown away at the end."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FOLDERS = "/usr/lib/postgresql"
_PATIENCE = 60.0


def programs() -> Path | None:
    """Return the folder of the newest server's programs, or None if there is none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    installed = Path(_FOLDERS).glob("*/bin/initdb")
    newest = max(installed, key=lambda path: float(path.parts[-3]), default=None)
    return newest and newest.parent


@contextmanager
def running() -> Iterator[str]:
    """Start a server with an empty database, and yield its address."""
    folder = programs()
    assert folder, "PostgreSQL is not installed: apt-get install postgresql"
    # The server refuses to run as root; Debian's package brings a user for it.
    aside = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    root = Path(tempfile.mkdtemp(prefix="erya-postgres-"))
    data = root / "data"
    try:
        if aside:
            shutil.chown(root, "postgres")
        _run([*aside, folder / "initdb", "--pgdata", data, "--username", "tester",
              "--auth", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C.UTF-8"])  # fmt: skip
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        server = subprocess.Popen(
            [*aside, folder / "postgres", "-D", data, "-p", str(port), "-k", root,
             "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=root,
        )  # fmt: skip
        try:
            _await(port, server)
            yield f"postgresql://tester@127.0.0.1:{port}/postgres"
        finally:
            server.terminate()  # runuser hands the signal on
            server.wait(_PATIENCE)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
    assert done.returncode == 0, done.stderr


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server has ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    msg = "the server does not answer"
    raise AssertionError(msg)
