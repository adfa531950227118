"""Old Office files (doc, ppt, rtf) through LibreOffice, where it is installed.

A process of its own, `python -I -m erya.loading.office FOLDER BYTES PROGRAM ...`,
starts LibreOffice within bounds and stays beside it. When its input closes, it is
terminated or its parent dies, it ends LibreOffice and removes the folder with the copy
of the document: so nothing outlives Erya, however that ends.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Final, NoReturn

from erya.errors import DocumentError
from erya.loading.base import Limits
from erya.loading.sandbox.confinement import end_with_parent, leave_network
from erya.loading.sandbox.kernel import forbid_new_privileges

__all__ = ["convert", "office_program"]

_PROGRAMS: Final = ("soffice", "libreoffice")
_PATIENCE: Final = 4  # times the seconds of other parsers: it takes long to start
_MEMORY_BYTES: Final = 4_000_000_000  # address space: most of it is never touched
_PREFIX: Final = "erya-office-"
_YOUNG: Final = 60  # seconds in which a folder may not be locked yet
_GRACE: Final = 10  # seconds to end LibreOffice and to remove the folder
_STOPPED: Final = 75
_PACKAGES: Final = {"docx": "libreoffice-writer", "pptx": "libreoffice-impress"}
_SUFFIXES: Final = {"docx": "doc", "pptx": "ppt"}


def office_program() -> str | None:
    """Return where LibreOffice is, or None."""
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


def convert(data: bytes, *, to: str, limits: Limits) -> bytes:
    """Return an old Office file as `docx` or `pptx`.

    LibreOffice gets a folder of its own for this one file, no network where the system
    allows that, and runs no macros.

    Raises:
        DocumentError: LibreOffice is not installed, or cannot read the file.
    """
    program = office_program()
    if program is None:
        msg = (
            f"It is read through LibreOffice, which is not installed. Install the "
            f"package {_PACKAGES[to]}, and run this again."
        )
        raise DocumentError(msg, code="needs_program")
    with _locked_folder() as folder:
        source = Path(folder) / f"given.{_SUFFIXES[to]}"
        source.write_bytes(data)
        result = Path(folder) / f"made/given.{to}"
        command = [
            sys.executable, "-I", "-m", "erya.loading.office",
            folder, str(limits.file_bytes), program,
            "--headless", "--norestore", "--nologo", "--nodefault",
            f"-env:UserInstallation=file://{folder}/profile",
            "--convert-to", to, "--outdir", str(result.parent), str(source),
        ]  # fmt: skip
        process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            command,
            cwd=folder,
            env={
                "HOME": folder,
                "PATH": os.defpath,
                "LANG": "C.UTF-8",
                "TMPDIR": folder,
            },
            stdin=subprocess.PIPE,  # nothing is written: it closes with this process
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(limits.seconds * _PATIENCE)
        except subprocess.TimeoutExpired:
            seconds = limits.seconds * _PATIENCE
            msg = f"LibreOffice took longer than {seconds:g} s to read it."
            raise DocumentError(msg, code="timeout") from None
        finally:
            _end(process)
        if not result.is_file():
            msg = "LibreOffice cannot read it: it is damaged, or wants a password."
            raise DocumentError(msg, code="damaged")
        if result.stat().st_size > limits.file_bytes:
            msg = f"LibreOffice makes more than {limits.file_bytes:,} bytes of it."
            raise DocumentError(msg, code="too_large")
        return result.read_bytes()


@contextlib.contextmanager
def _locked_folder() -> Iterator[str]:
    """Make a folder for one file; remove those of processes that were killed."""
    import fcntl  # noqa: PLC0415 - POSIX only

    for path in Path(gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # in use, gone, or another user's
            _remove_unlocked(path)
    with TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as folder:
        lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
        finally:
            os.close(lock)


def _remove_unlocked(path: Path) -> None:
    """Remove a folder whose process is no more.

    Raises:
        OSError: It is locked, or cannot be opened.
    """
    import fcntl  # noqa: PLC0415 - POSIX only

    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        status = os.fstat(lock)
        if status.st_uid == os.getuid() and time.time() - status.st_mtime > _YOUNG:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(lock)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Have the process beside LibreOffice end it, if it runs still."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> None:
    """Run LibreOffice within bounds until it ends or Erya does.

    Raises:
        SystemExit: It was stopped, and is no more.
    """
    import resource  # noqa: PLC0415 - POSIX only

    leave_network()
    folder, largest, *command = sys.argv[1:]
    for what, value in (
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, int(largest)),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))
    forbid_new_privileges()
    signal.signal(signal.SIGTERM, _stop)
    end_with_parent(by=signal.SIGTERM)
    # Between two threads a signal could be lost, so none is started before.
    office = subprocess.Popen(  # noqa: S603 - named by its caller, no shell
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_end_at_once_with_parent,  # noqa: PLW1509 - there is one thread
    )
    try:
        threading.Thread(target=_stop_at_end_of_input, daemon=True).start()
        office.wait()
    except SystemExit:
        _end_group(office)
        _remove(folder)
        raise
    _end_group(office)


def _stop(*_: object) -> NoReturn:
    # A second one, as when input closes and the parent dies, must not cut it short.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(_STOPPED)


def _stop_at_end_of_input() -> None:
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _end_at_once_with_parent() -> None:
    end_with_parent(by=signal.SIGKILL)


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    """End a process with all that it has started."""
    with contextlib.suppress(ProcessLookupError):  # it has ended, and so have those
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _remove(folder: str) -> None:
    """Remove a folder in which processes that are being ended may write still."""
    for _ in range(50):
        shutil.rmtree(folder, ignore_errors=True)
        if not Path(folder).exists():
            return
        time.sleep(0.1)


if __name__ == "__main__":
    main()
