"""A tool that runs Python which a model has written, behind the parsers' walls.

Off unless it is asked for. Where the system cannot hold a process (see `erya doctor`),
it is refused.
"""

import json
import subprocess
import sys
from typing import Final

from erya.loading.sandbox.confinement import limits_hold
from erya.tools.base import Tool, ToolContext, ToolError, ToolLimits
from erya.tools.functions import FunctionTool

__all__ = ["python_tools"]

_LIMITS: Final = ToolLimits(seconds=20.0)
_SHOWN: Final = 2_000  # characters of what a process has left behind


def python_tools() -> list[Tool]:
    """Return the tool that runs Python in a process without network and files."""
    return [FunctionTool.of(run_python, limits=_LIMITS)]


def run_python(context: ToolContext, program: str) -> str:
    """Run a Python program and return what it prints.

    It has the standard library, no network, no files and no other programs. Print what
    you want to see.

    Args:
        context: Of the call.
        program: The whole program.

    Raises:
        ToolError: It takes too long or too much, or does what it may not.
    """
    if not limits_hold():
        msg = "This system cannot hold a process to its limits, so none is started."
        raise ToolError(msg)
    seconds = max(int(context.seconds_left) - 1, 1)
    process = subprocess.Popen(  # noqa: S603 - this program, behind its walls
        [sys.executable, "-I", "-m", "erya.tools.python_worker", str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={},
        cwd="/",
    )
    try:
        out, err = process.communicate(program.encode("utf-8", "replace"), seconds)
    except subprocess.TimeoutExpired:
        msg = f"The program was not done after {seconds} seconds."
        raise ToolError(msg) from None
    finally:
        process.kill()
        process.communicate()
    try:
        return str(json.loads(out)) or "(It printed nothing.)"
    except ValueError:
        left = err.decode("utf-8", "replace").strip()[-_SHOWN:]
        msg = left or f"The program ended with the code {process.returncode}."
        raise ToolError(msg) from None
