"""Who works on a job, and whether they still live."""

import os
import platform
import time
from pathlib import Path
from typing import Final

__all__ = ["STALE_SECONDS", "is_alive", "this_owner"]

# An owner that was not heard of for so long is dead, or the machine sleeps.
STALE_SECONDS: Final = 20.0


def this_owner() -> str:
    """Return what tells this process from all others: machine, number, beginning."""
    return f"{platform.node()}:{os.getpid()}:{_start_time(os.getpid())}"


def is_alive(owner: str, *, heard_at: float) -> bool:
    """Tell whether an owner still works.

    On this machine a process is asked for; of another one only its heartbeat is known.

    Args:
        owner: As `this_owner` wrote it; empty for nobody.
        heard_at: When its heart last beat, in seconds since the epoch.
    """
    if not owner:
        return False
    machine, process, began = owner.rsplit(":", 2)
    if machine == platform.node() and began:
        # One that merely sleeps lives, and would go on beside whoever took over.
        return _start_time(int(process)) == began
    return time.time() - heard_at < STALE_SECONDS


def _start_time(process: int) -> str:
    """Return when a process began, in the ticks of Linux; empty where nobody says.

    A number alone would do until another process is given it.
    """
    try:
        stat = Path(f"/proc/{process}/stat").read_text("ascii", "replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
