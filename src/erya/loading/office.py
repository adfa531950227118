"""Old Office files (doc, ppt, rtf) through LibreOffice, where it is installed."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from erya.errors import DocumentError
from erya.loading.base import Limits

__all__ = ["convert", "office_program"]

_PROGRAMS: Final = ("soffice", "libreoffice")
_PATIENCE: Final = 4  # times the seconds of other parsers: it takes long to start
_MEMORY_BYTES: Final = 4_000_000_000  # address space: most of it is never touched
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
    with TemporaryDirectory(prefix="erya-office-") as folder:
        given = Path(folder) / f"given.{_SUFFIXES[to]}"
        given.write_bytes(data)
        made = Path(folder) / f"made/given.{to}"
        command = [
            sys.executable, "-I", "-m", "erya.loading.office", str(limits.file_bytes),
            program, "--headless", "--norestore", "--nologo", "--nodefault",
            f"-env:UserInstallation=file://{folder}/profile",
            "--convert-to", to, "--outdir", str(made.parent), str(given),
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
            stdin=subprocess.DEVNULL,
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
        if not made.is_file():
            msg = "LibreOffice cannot read it: it is damaged, or wants a password."
            raise DocumentError(msg, code="damaged")
        if made.stat().st_size > limits.file_bytes:
            msg = f"LibreOffice makes more than {limits.file_bytes:,} bytes of it."
            raise DocumentError(msg, code="too_large")
        return made.read_bytes()


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a process with all that it has started."""
    with contextlib.suppress(ProcessLookupError):  # it has ended, and so have those
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def main() -> None:
    """Become LibreOffice, within bounds."""
    import resource  # noqa: PLC0415 - POSIX only

    from erya.loading.confinement import leave_network  # noqa: PLC0415

    leave_network()
    largest, *command = sys.argv[1:]
    for what, value in (
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, int(largest)),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))
    os.execv(command[0], command)  # noqa: S606 - replaced, not started by a shell


if __name__ == "__main__":
    main()
