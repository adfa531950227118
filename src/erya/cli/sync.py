"""`erya sync`: keep bases in step with the sources of the settings."""

import re
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import click

from erya.cli.common import echo, echo_json, settings_for, usual_options
from erya.cli.ingested import show_plans, show_report
from erya.cli.lazy import STOPPED
from erya.cli.principals import principal_for
from erya.cli.progress import plans_of, run_job
from erya.config import Settings, SourceSettings
from erya.errors import EryaError, UsageError
from erya.jobs import JobQueue
from erya.metadata import parse_metadata
from erya.opening import bases_of
from erya.policy import reader_labels
from erya.shapes import report_shape
from erya.sources import (
    IngestRequest,
    Source,
    SourceSpec,
    open_source,
    spec_of_settings,
)

__all__ = ["sync"]

_EVERY = re.compile(r"(\d{1,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_LEAST = 10  # seconds: more often than this is a mistake


@click.command("sync")
@click.argument("names", nargs=-1, metavar="[NAME]...", help="Sources; all by default.")
@click.option("--kb", help="Read the sources that this base keeps; see `kb create`.")
@click.option(
    "--every",
    metavar="TIME",
    help="Go on and on, waiting so long between two runs: 30s, 15m, 6h, 1d.",
)
@click.option(
    "--dry-run", is_flag=True, help="Say what would change, and change nothing."
)
@usual_options
def sync(
    *,
    names: tuple[str, ...],
    kb: str | None,
    every: str | None,
    dry_run: bool,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Bring bases in step with the sources that erya.toml, or a base, names.

    A source that fails is named, and the others go on; without --every the exit code
    is then 1. What is unchanged is not read again, and what is gone is removed once a
    source was seen completely.

    A source is a table of erya.toml: [sources.NAME] with path, or url, or bucket, and
    if wanted kb, readers, meta, pages, delay, private, prefix and endpoint. With --json
    each source gives an object on a line of its own.

    Examples:

      erya sync

      erya sync handbook --dry-run

      erya sync --every 15m

      erya sync --kb handbook
    """
    settings = settings_for(home=home, config=config)
    if kb is not None:
        if names:
            msg = "Name sources of the settings, or a base with --kb, not both."
            raise UsageError(msg)
        jobs = _jobs_of_base(settings, kb)
    else:
        jobs = [_job_of_settings(given, settings) for given in _chosen(settings, names)]
    wait = _seconds(every) if every else 0
    try:
        while True:
            worked = [
                _synced(job, settings, dry_run=dry_run, as_json=as_json) for job in jobs
            ]
            if not wait:
                break
            time.sleep(wait)
    except KeyboardInterrupt:
        echo("Stopped. What was read is kept: erya sync goes on.", err=True)
        raise click.exceptions.Exit(STOPPED) from None
    if not all(worked):
        raise click.exceptions.Exit(1)


class _Job(NamedTuple):
    """A source, the base that is kept in step with it, and what is said of it."""

    name: str
    where: str  # it is set, for errors
    kb: str
    spec: SourceSpec
    readers: tuple[str, ...]
    meta: tuple[str, ...]


def _job_of_settings(given: SourceSettings, settings: Settings) -> _Job:
    kb = given.kb or settings.kb
    where = f"[sources.{given.name}]"
    return _Job(
        given.name, where, kb, spec_of_settings(given), given.readers, given.meta
    )


def _jobs_of_base(settings: Settings, kb: str) -> list[_Job]:
    """Return the sources that a base keeps.

    Raises:
        NotFoundError: There is no such base.
        UsageError: It keeps none.
    """
    with closing(bases_of(settings).open(kb)) as store:
        stored = store.profile(principal_for(settings, None)).get("sources", ())
    specs = [SourceSpec.from_json(each) for each in stored]
    if not specs:
        msg = f"{kb!r} keeps no source. Name one: erya kb set {kb} --source FOLDER"
        raise UsageError(msg)
    return [
        _Job(f"{kb} {n}", f"source {n} of {kb!r} (erya kb set {kb})", kb, spec, (), ())
        for n, spec in enumerate(specs, start=1)
    ]


def _synced(job: _Job, settings: Settings, *, dry_run: bool, as_json: bool) -> bool:
    """Bring one base in step with one source; tell whether that worked."""
    kb = job.kb
    if not as_json:
        echo(f"[{job.name}] {datetime.now().astimezone():%Y-%m-%d %H:%M:%S}")
    try:
        readers = reader_labels(job.readers) if job.readers else None
        given = parse_metadata(job.meta) if job.meta else None
        request = IngestRequest(sources=(job.spec,), readers=readers, given=given)
        source = _opened(job, settings)
        if dry_run:
            plans = plans_of(settings, kb, [source], request=request)
            show_plans(plans, kb=kb, as_json=as_json)
            return True
        queue = JobQueue(settings.home)
        queued = queue.submit(kb, request, user=settings.user)
        report = run_job(queue, queued, [source], settings=settings, create=True)
    except EryaError as error:
        if as_json:
            echo_json({"source": job.name, "error": str(error)})
        else:
            echo(f"Failed: {error}", err=True)
        return False
    if as_json:
        echo_json({"source": job.name, "kb": kb, **report_shape(report)})
    else:
        show_report(report, kb=kb, home=settings.home)
    return True


def _opened(job: _Job, settings: Settings) -> Source:
    """Open a source, and say of which one it is that it cannot be.

    Raises:
        UsageError: Its path does not exist, or its address is none.
    """
    try:
        return open_source(job.spec, file_bytes=settings.max_file_bytes)
    except UsageError as error:
        msg = f"{job.where}: {error}"
        raise UsageError(msg) from None


def _chosen(settings: Settings, names: tuple[str, ...]) -> list[SourceSettings]:
    """Return the sources that are meant.

    Raises:
        UsageError: There is none, or none of that name.
    """
    there = {given.name: given for given in settings.sources}
    if not there:
        msg = (
            "erya.toml names no source. Add a table: [sources.handbook], with "
            'path = "handbook". See: erya sync --help'
        )
        raise UsageError(msg)
    for name in names:
        if name not in there:
            msg = f"There is no source {name!r}. There are: {', '.join(there)}."
            raise UsageError(msg)
    return [there[name] for name in names or there]


def _seconds(every: str) -> int:
    """Return a time in seconds.

    Raises:
        UsageError: It is none, or too short.
    """
    match = _EVERY.fullmatch(every.strip())
    seconds = int(match[1]) * _SECONDS[match[2]] if match else 0
    if seconds < _LEAST:
        msg = f"--every takes a time from 10s on, as 15m, 6h or 1d, got {every!r}."
        raise UsageError(msg)
    return seconds
