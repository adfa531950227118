"""What a person who watches sees of work that takes time."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from erya.cli.common import columns_of, interactive, visible
from erya.records import Principal

if TYPE_CHECKING:
    from erya.assistant import Assistant
    from erya.evaluating.runs import Progress
    from erya.indexing import IngestReport

__all__ = ["draft_shown", "existing", "ingest_with_progress", "shown"]

# What moves in a terminal (ECMA-48): up a line, clear from here on, the cursor again.
_UP: Final = "\x1b[A"
_CLEARED: Final = "\r\x1b[J"
_CURSOR: Final = "\x1b[?25h"
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"
_SELDOM: Final = 0.1  # seconds between two drawings of a bar


def ingest_with_progress(
    assistant: "Assistant",
    paths: Sequence[str | Path],
    *,
    principal: Principal,
    readers: frozenset[str] | None,
    force: bool = False,
    gone: bool = False,
    quiet: bool = False,
) -> "IngestReport":
    """Ingest `paths`; show count, rate and time left on a terminal.

    Args:
        assistant: Whose base to fill.
        paths: Files and folders.
        principal: Who ingests.
        readers: Who may read the documents; None as before, or the principal alone.
        force: Read unchanged files again.
        gone: Whether paths may be missing; their documents are then removed.
        quiet: Take the bar away at the end.

    Raises:
        UsageError: A path does not exist.
        StoreError: The base cannot be written.
    """
    from erya.loading import FolderSource  # noqa: PLC0415 - not for `--help`

    source = FolderSource(paths, file_bytes=assistant.limits.file_bytes, gone=gone)
    total = source.count() if interactive() else 0  # it reads the folders once more
    with shown(stays=not quiet) as show:

        def told(report: "IngestReport") -> None:
            done = report.added + report.updated + report.unchanged + len(report.failed)
            show("Reading", done, total)

        show("Reading", 0, total)
        report = assistant.ingest(
            source, principal=principal, readers=readers, force=force, on_progress=told
        )
        show("Reading", total, total)
    return report


def existing(paths: Sequence[str | Path]) -> None:
    """Check that every path is there, before a base is made for it.

    Raises:
        UsageError: One is not, or is empty.
    """
    from erya.loading import FolderSource  # noqa: PLC0415

    FolderSource(paths, file_bytes=1)


@contextmanager
def draft_shown(*, wanted: bool) -> Iterator[Callable[[str], None] | None]:
    """Show a model's text on a terminal as it is written, then take it away.

    What stays on the screen is the checked answer only.
    """
    if not (wanted and interactive()):
        yield None
        return
    size = shutil.get_terminal_size()
    # Lines are broken here, one column early, so that how many there are is known.
    width, most = size.columns - 1, size.lines - 2
    rows = column = 0

    def show(piece: str) -> None:
        nonlocal rows, column
        laid = ""
        for sign in visible(piece).replace("\t", " "):
            if rows >= most:  # what has left the screen could not be taken away
                break
            if sign == "\n" or column + columns_of(sign) > width:
                laid, rows, column = laid + "\n", rows + 1, 0
            if sign != "\n":
                laid, column = laid + sign, column + columns_of(sign)
        sys.stderr.write(f"{_DIM}{laid}{_PLAIN}")
        sys.stderr.flush()

    sys.stderr.write(f"{_DIM}…{_PLAIN}\r")
    try:
        yield show
    finally:
        sys.stderr.write(_UP * rows + _CLEARED)
        sys.stderr.flush()


@contextmanager
def shown(*, stays: bool = False) -> Iterator["Progress"]:
    """Show how far work is, its rate and what is left, on a terminal only.

    Args:
        stays: Leave the bar there at the end.
    """
    if not interactive():
        yield lambda *_: None
        return
    bars: dict[str, Any] = {}  # click names their class nowhere
    drawn = "", 0.0  # which bar, and when

    def show(what: str, done: int, total: int) -> None:
        nonlocal drawn
        now = time.time()
        if what == drawn[0] and done < total and now - drawn[1] < _SELDOM:
            return
        if what != drawn[0]:
            sys.stderr.write(_CLEARED)
        drawn = what, now
        bar = bars.get(what)
        if bar is None:
            bar = bars[what] = click.progressbar(
                length=total,
                label=what,
                show_pos=True,
                item_show_func=lambda rate: rate,
                file=sys.stderr,
                width=_width(what, total),
            )
        rate = done / max(now - bar.start, _SELDOM)
        bar.update(done - bar.pos, f"{rate:,.0f}/s" if rate >= 1 else "")
        bar.render_progress()  # also at the beginning

    try:
        yield show
    finally:
        if stays and bars:
            bars[drawn[0]].render_finish()
        else:
            sys.stderr.write(_CLEARED + _CURSOR)
        sys.stderr.flush()


def _width(what: str, total: int) -> int:
    """Return how wide a bar may be, so that all of it stands on one line."""
    told = f"{what}  []  {total}/{total}  00:00:00  {total:,}/s"
    room = shutil.get_terminal_size().columns - 1 - columns_of(told)
    return min(36, max(1, room))
