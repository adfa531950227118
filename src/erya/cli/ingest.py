"""`erya ingest`: bring a base in step with files, folders, web sites and buckets."""

import sys
from contextlib import closing
from pathlib import Path

import click

from erya.cli.common import (
    echo,
    echo_json,
    flags_of,
    kb_option,
    settings_for,
    usual_options,
)
from erya.cli.ingested import show_plans, show_report
from erya.cli.lazy import STOPPED
from erya.cli.progress import plans_of, require_existing, run_job
from erya.config import WEB_DELAY, WEB_PAGES, Settings
from erya.errors import UsageError
from erya.indexing import IngestReport
from erya.jobs import JobQueue, unfinished_request
from erya.metadata import parse_metadata
from erya.opening import bases_of, build_limits, build_parts
from erya.policy import reader_labels
from erya.records import absolute_path
from erya.shapes import report_shape
from erya.sources import (
    IngestRequest,
    TargetOptions,
    is_address,
    open_source,
    specs_of_targets,
)

__all__ = ["ingest"]

_STRICT_EXIT = 3


@click.command("ingest")
@click.argument(
    "targets",
    nargs=-1,
    metavar="[TARGET]...",
    help="Files, folders, addresses of web sites, s3://BUCKET/PREFIX, or - for "
    "standard input.",
)
@kb_option
@click.option(
    "--readers",
    multiple=True,
    metavar="LABEL",
    help="Who may read: user:NAME, group:NAME or public; several with commas, or the "
    "option again. Default: as before, new files only you.",
)
@click.option(
    "--meta",
    multiple=True,
    metavar="KEY=VALUE",
    help="Metadata of these documents, for --filter: department=hr, tag=policy; the "
    "option again for more. Default: what was given before.",
)
@click.option(
    "--no-meta", is_flag=True, help="Take away the metadata that was given before."
)
@click.option(
    "--resume", is_flag=True, help="Go on with the last run that was cut off."
)
@click.option("--force", is_flag=True, help="Read unchanged files again.")
@click.option(
    "--gone", is_flag=True, help="The paths were deleted: remove their documents."
)
@click.option(
    "--dry-run", is_flag=True, help="Say what would change, and change nothing."
)
@click.option(
    "--name",
    default="stdin.txt",
    metavar="NAME",
    help="What to call standard input; its ending tells what it is.",
)
@click.option(
    "--private", is_flag=True, help="The web site may have a private address."
)
@click.option(
    "--pages",
    default=WEB_PAGES,
    type=click.IntRange(min=1),
    help="How many pages of a web site at most; 2000 by default.",
)
@click.option(
    "--delay",
    default=WEB_DELAY,
    type=click.FloatRange(min=0),
    help="Seconds between two requests to a web site; 0.5 by default.",
)
@click.option("--endpoint", default="", metavar="URL", help="Where a bucket is.")
@click.option("--strict", is_flag=True, help="Exit with 3 when a file failed.")
@usual_options
def ingest(
    *,
    targets: tuple[str, ...],
    kb: str | None,
    readers: tuple[str, ...],
    meta: tuple[str, ...],
    no_meta: bool,
    resume: bool,
    force: bool,
    gone: bool,
    dry_run: bool,
    name: str,
    private: bool,
    pages: int,
    delay: float,
    endpoint: str,
    strict: bool,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Read files, folders, web sites and buckets into a knowledge base.

    Unchanged files are left as they are, changed ones are replaced, and documents whose
    files are gone are removed. A bad file is named and never stops the rest. A run that
    was stopped goes on where it was when the same command is given again.

    Archives, attachments and mailboxes are opened; what is in them stands below them,
    as in a folder. What is read of a file shows: erya inspect FILE

    Examples:

      erya ingest handbook/

      erya ingest contracts/ --kb legal --readers group:legal,user:ada

      erya ingest handbook/hr --meta department=hr --meta tag=policy

      erya ingest handbook/ --dry-run

      erya ingest https://docs.example.org/guide/ --kb guide

      erya ingest s3://team-files/2026/ --endpoint http://127.0.0.1:9000

      cat notes.md | erya ingest - --name notes.md

      erya ingest --resume --kb legal
    """
    settings = settings_for(home=home, config=config, kb=kb)
    labels, given = _labels(readers), _given(meta, none=no_meta)
    if not targets:
        otherwise = bool(readers or force or given is not None)
        _check_resumed(resume=resume, otherwise=otherwise)
    if not gone and (paths := [t for t in targets if t != "-" and not is_address(t)]):
        require_existing(paths)
    options = TargetOptions(
        name=name, endpoint=endpoint, private=private, pages=pages, delay=delay
    )
    request = IngestRequest(
        sources=specs_of_targets(targets, options, gone=gone),
        readers=labels,
        force=force,
        given=given,
    )
    queue = JobQueue(settings.home)
    if not targets:
        request = _cut_off(queue, settings)
    limits = build_limits(settings)
    stdin = sys.stdin.buffer if targets else None  # which is read once
    sources = [
        open_source(each, file_bytes=limits.file_bytes, stream=stdin)
        for each in request.sources
    ]
    if dry_run:
        plans = plans_of(settings, settings.kb, sources, request=request)
        show_plans(plans, kb=settings.kb, as_json=as_json)
        return
    if not bases_of(settings).exists(settings.kb):
        build_parts(settings)  # tells what is missing before anything is noted
    job = queue.submit(settings.kb, request, user=settings.user)
    try:
        report = run_job(queue, job, sources, settings=settings, create=not resume)
    except KeyboardInterrupt:
        flags = flags_of({"--kb": kb, "--home": home, "--config": config})
        echo(f"Stopped. Go on with: erya ingest --resume{flags}", err=True)
        raise click.exceptions.Exit(STOPPED) from None
    if as_json:
        echo_json(report_shape(report))
    else:
        show_report(report, kb=settings.kb, home=settings.home)
    if gone and not report.removed:
        echo(f"No document of {settings.kb!r} lies there: erya kb show", err=True)
        raise click.exceptions.Exit(1)
    _exit_by(report, targets=targets, strict=strict)


def _cut_off(queue: JobQueue, settings: Settings) -> IngestRequest:
    """Return what the last run was asked for that was cut off, of any release.

    Raises:
        NotFoundError: There is no such base.
        UsageError: Every run has ended, or one still works on it.
    """
    with closing(bases_of(settings).open(settings.kb)) as store:
        job = queue.cut_off(base=settings.kb)
        if job is None and (other := queue.at_work(settings.kb)) is not None:
            msg = (
                f"Job {other.number} works on {settings.kb!r}, and no run was cut off. "
                f"See: erya jobs show {other.number}"
            )
            raise UsageError(msg)
        if job is None:
            noted = [each.request for each in queue.all(base=settings.kb)]
            return unfinished_request(store, over=noted)
    return job.request


def _exit_by(report: IngestReport, *, targets: tuple[str, ...], strict: bool) -> None:
    """End as a program that ran into trouble if a file failed that matters."""
    named = {t if is_address(t) else absolute_path(t) for t in targets if t != "-"}
    if strict and report.failed:
        raise click.exceptions.Exit(_STRICT_EXIT)
    # Of what lies in a folder some may fail; what was named was to be read.
    if any(problem.source in named for problem in (*report.failed, *report.skipped)):
        raise click.exceptions.Exit(1)


def _labels(readers: tuple[str, ...]) -> frozenset[str] | None:
    """Return who may read, as the options say; None if they do not.

    Raises:
        UsageError: A label is none.
    """
    if not readers:
        return None
    given = (part.strip() for label in readers for part in label.split(","))
    return reader_labels(filter(None, given))


def _given(meta: tuple[str, ...], *, none: bool) -> dict[str, str] | None:
    """Return the metadata that the options give; None if they do not say.

    Raises:
        UsageError: An entry is none, or both options are there.
    """
    if meta and none:
        msg = "--meta gives metadata and --no-meta takes it away; use one of them."
        raise UsageError(msg)
    return parse_metadata(meta) if meta or none else None


def _check_resumed(*, resume: bool, otherwise: bool) -> None:
    """Check what is asked where no path is given.

    Raises:
        UsageError: No run is to be resumed, or it is to go on otherwise than it began.
    """
    if not resume:
        msg = "No path was given. Try: erya ingest handbook/"
        raise UsageError(msg)
    if otherwise:
        msg = (
            "--resume goes on as the run began. To give other readers or metadata, or "
            "to read all again, name the paths."
        )
        raise UsageError(msg)
