"""What a person who watches sees of work that takes time."""

import shutil
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol

import click

from erya.assistant import Assistant
from erya.cli.common import echo, interactive
from erya.cli.ingested import total
from erya.cli.principals import principal_for
from erya.cli.text import columns_of, visible
from erya.config import Settings
from erya.indexing import WAIT_SECONDS, IngestReport, Plan, plan_of_new_base
from erya.jobs import Job, JobQueue, RunningJob
from erya.opening import bases_of, open_assistant
from erya.records import Principal
from erya.sources import FolderSource, IngestRequest, Source
from erya.stores import MOMENT

__all__ = [
    "draft_shown",
    "ingest_with_progress",
    "plans_of",
    "require_existing",
    "run_job",
    "shown",
]

# What moves in a terminal (ECMA-48): up a line, clear from here on, the cursor again.
_UP: Final = "\x1b[A"
_CLEARED: Final = "\r\x1b[J"
_CURSOR: Final = "\x1b[?25h"
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"
_SELDOM: Final = 0.1  # seconds between two drawings of a bar
_LINE_SECONDS: Final = 30.0  # between two lines where there is no terminal
_LATELY: Final = 30.0  # seconds that the rate is taken over


def ingest_with_progress(
    assistant: Assistant,
    source: Source,
    *,
    principal: Principal,
    request: IngestRequest,
    job: RunningJob | None = None,
    quiet: bool = False,
) -> IngestReport:
    """Ingest a source; show files, pages and bytes, rates and time left on a terminal.

    Args:
        assistant: Whose base to fill.
        source: What to read.
        principal: Who ingests.
        request: What it is part of: who may read, and what to begin again.
        job: Told how far it is; ends it when somebody cancels.
        quiet: Take the bar away at the end.

    Raises:
        StoreError: The base cannot be written.
        UsageError: The source cannot be reached.
    """
    total = 0
    if interactive() and isinstance(source, FolderSource):
        total = source.count()  # it reads the folders once more
    began = time.monotonic()
    with shown(stays=not quiet) as show:

        def told(report: IngestReport) -> None:
            if job is not None:
                job.tell({"files": report.files, "total": max(total, report.files)})
            seconds = max(time.monotonic() - began, _SELDOM)
            more = f"{report.bytes / 1e6 / seconds:,.1f} MB/s"
            if report.pages:
                more = f"{report.pages / seconds:,.0f} pages/s  {more}"
            # A file may hold others: what there is grows while it is read.
            show("Reading", report.files, max(total, report.files + (not total)), more)

        show("Reading", 0, max(total, 1))
        report = assistant.ingest(
            source,
            principal=principal,
            request=request,
            wait=MOMENT if quiet else WAIT_SECONDS,
            on_progress=told,
        )
        show("Reading", max(total, report.files), max(total, report.files))
    return report


@contextmanager
def _turn_of(queue: JobQueue, job: Job) -> Iterator[RunningJob]:
    """Run a job once those before it on its base are done, and say whom it waits for.

    Raises:
        JobCancelledError: Somebody cancelled it.
    """
    said = 0

    def say(other: Job) -> None:
        nonlocal said
        if other.number != said:
            said = other.number
            echo(f"Waiting for job {other.number} on {other.base!r}.", err=True)

    with queue.running(job, on_wait=say) as running:
        yield running


def run_job(
    queue: JobQueue,
    job: Job,
    sources: Sequence[Source],
    *,
    settings: Settings,
    create: bool = False,
) -> IngestReport:
    """Run a job in its turn, with progress, and return one report of its sources.

    The base is opened when the turn has come: how it is cut and masked may change while
    others work.

    Args:
        queue: The jobs.
        job: Ours.
        sources: Those of its request, opened.
        settings: What the assistant on the base is like.
        create: Make the base if it is not there.

    Raises:
        EryaError: As `open_assistant` and `Assistant.ingest` do.
        JobCancelledError: Somebody cancelled it.
    """
    with (
        _turn_of(queue, job) as running,
        open_assistant(settings, job.base, create=create) as assistant,
    ):
        owner = principal_for(settings, None)
        return total(
            [
                ingest_with_progress(
                    assistant,
                    source,
                    principal=owner,
                    request=job.request,
                    job=running,
                )
                for source in sources
            ]
        )


def plans_of(
    settings: Settings, kb: str, sources: Sequence[Source], *, request: IngestRequest
) -> list[Plan]:
    """Return what a job would change, source by source; the base need not be there.

    Raises:
        EryaError: As `open_assistant` and `Assistant.plan` do.
    """
    if not bases_of(settings).exists(kb):
        return [plan_of_new_base(source.items({})) for source in sources]
    with open_assistant(settings, kb) as assistant:
        return [
            assistant.plan(
                source,
                principal=principal_for(settings, None),
                readers=request.readers,
                force=request.force,
                given=request.given,
            )
            for source in sources
        ]


def require_existing(paths: Sequence[str | Path]) -> None:
    """Check that every path is there, before a base is made for it.

    Raises:
        UsageError: One is not, or is empty.
    """
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


class Shown(Protocol):
    """Tells a person how far work is."""

    def __call__(self, what: str, done: int, total: int, more: str = "") -> None:
        """Show it, with more that is to be known of its pace."""
        ...


@contextmanager
def shown(*, stays: bool = False) -> Iterator[Shown]:
    """Show how far work is, its rate and what is left.

    Without a terminal that is a line for a log now and then, of work that takes long.

    Args:
        stays: Leave the bar there at the end.
    """
    if not interactive():
        yield _Lines().show
        return
    bars: dict[str, _Bar] = {}
    drawn = "", 0.0  # which bar, and when

    def show(what: str, done: int, total: int, more: str = "") -> None:
        nonlocal drawn
        now = time.monotonic()
        if what == drawn[0] and done < total and now - drawn[1] < _SELDOM:
            return
        if what != drawn[0]:
            sys.stderr.write(_CLEARED)
        drawn = what, now
        if what not in bars:
            bars[what] = _Bar(what, total)
        bars[what].draw(done, total, now=now, more=more)

    try:
        yield show
    finally:
        if stays and bars:
            bars[drawn[0]].end()
        else:
            sys.stderr.write(_CLEARED + _CURSOR)
        sys.stderr.flush()


class _Lines:
    """Writes a line every half minute, for logs; nothing of what is done before."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def show(self, what: str, done: int, total: int, more: str = "") -> None:
        now = time.monotonic()
        if now - self._last < _LINE_SECONDS:
            return
        self._last = now
        of_all = f" of {total:,}" if total > done else ""
        pace = f" ({more})" if more else ""
        sys.stderr.write(f"{what}: {done:,}{of_all}{pace}\n")
        sys.stderr.flush()


class _Bar:
    """One bar, with the rate of late.

    click's own time left takes the mean since the bar began, in which what an earlier
    process has done, or what is skipped, counts as done in no time.
    """

    def __init__(self, what: str, total: int) -> None:
        told = f"{what}  []  {total}/{total}  {total:,}/s  00:00:00 left"
        room = shutil.get_terminal_size().columns - 1 - columns_of(told)
        self._bar = click.progressbar(
            length=total,
            label=what,
            show_pos=True,
            show_eta=False,
            item_show_func=lambda pace: pace,
            file=sys.stderr,
            width=min(36, max(1, room)),
        )
        self._total = total
        self._seen: deque[tuple[float, int]] = deque()  # when, and how far it was

    def draw(self, done: int, total: int, *, now: float, more: str = "") -> None:
        if total != self._total:
            self._bar.length = self._total = total
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[0][0] > _LATELY:
            self._seen.popleft()
        began, before = self._seen[0]
        rate = (done - before) / max(now - began, _SELDOM)
        self._bar.update(done - self._bar.pos, self._pace(done, rate, more))
        self._bar.render_progress()  # also at the beginning

    def end(self) -> None:
        self._bar.render_finish()

    def _pace(self, done: int, rate: float, more: str) -> str:
        if not rate or done >= self._total:
            return ""
        left = timedelta(seconds=round((self._total - done) / rate))
        parts = (f"{rate:,.0f}/s" if rate >= 1 else "", more, f"{left} left")
        return "  ".join(filter(None, parts))
