"""The process in which a model's Python runs: no network, no files, bounded."""

import code
import contextlib
import io
import json
import os
import sys
from typing import Final, NoReturn

from typing_extensions import override

from erya.loading.sandbox.confinement import (
    confine,
    leave_network,
    limits_hold,
    watch,
)

__all__ = ["main"]

_MEMORY: Final = 1_000_000_000  # bytes of address space
_OUTPUT: Final = 1_000_000  # characters
_BREACH: Final = 3  # the exit code after something that is forbidden


class _Bounded(io.StringIO):
    """Takes so much, and drops the rest."""

    @override
    def write(self, text: str) -> int:
        """Keep what still fits."""
        super().write(text[: max(_OUTPUT - self.tell(), 0)])
        return len(text)


def main() -> None:
    """Read a program from standard input, run it, and write what it has printed."""
    program = sys.stdin.buffer.read().decode("utf-8", "replace")
    seconds = int(sys.argv[1])
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")

    def breach(what: str) -> NoReturn:
        # Written past what the program may have done to the module's own names.
        os.write(2, f"The program tried to {what}, which it may not.".encode())
        os._exit(_BREACH)

    leave_network()
    if limits_hold():
        import resource  # noqa: PLC0415 - POSIX only

        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    confine(memory_bytes=_MEMORY)
    watch(on_breach=breach)
    printed = _Bounded()
    # The interpreter of the standard library: the last line's value is shown as there.
    interpreter = code.InteractiveInterpreter({"__name__": "__main__"})
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        contextlib.suppress(SystemExit),
    ):
        interpreter.runsource(program, "program", "exec")
    json.dump(printed.getvalue(), out)
    out.flush()


if __name__ == "__main__":
    main()
