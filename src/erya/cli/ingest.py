"""`erya ingest`: bring a base in step with files and folders."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from erya.cli.common import (
    STOPPED,
    assistant_for,
    echo,
    echo_json,
    flags_of,
    kb_option,
    one_line,
    principal_for,
    problem_json,
    settings_for,
    usual_options,
)
from erya.cli.progress import existing, ingest_with_progress
from erya.errors import UsageError
from erya.policy import reader_labels

if TYPE_CHECKING:
    from erya.assistant import Assistant
    from erya.indexing import IngestReport

__all__ = ["ingest"]

_STRICT_EXIT = 3


@click.command("ingest")
@click.argument("paths", nargs=-1, metavar="[PATH]...", help="Files or folders.")
@kb_option
@click.option(
    "--readers",
    multiple=True,
    metavar="LABEL",
    help="Who may read: user:NAME, group:NAME or public; several with commas, or the "
    "option again. Default: as before, new files only you.",
)
@click.option(
    "--resume", is_flag=True, help="Go on with the last run that was cut off."
)
@click.option("--force", is_flag=True, help="Read unchanged files again.")
@click.option(
    "--gone", is_flag=True, help="The paths were deleted: remove their documents."
)
@click.option("--strict", is_flag=True, help="Exit with 3 when a file failed.")
@usual_options
def ingest(
    *,
    paths: tuple[str, ...],
    kb: str | None,
    readers: tuple[str, ...],
    resume: bool,
    force: bool,
    gone: bool,
    strict: bool,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Read files and folders into a knowledge base.

    Unchanged files are left as they are, changed ones are replaced, and documents whose
    files are gone are removed. A bad file is named and never stops the rest. A run that
    was stopped goes on where it was when the same command is given again.

    Examples:

      erya ingest handbook/

      erya ingest contracts/ --kb legal --readers group:legal,user:ada

      erya ingest --resume --kb legal
    """
    settings = settings_for(home=home, config=config, kb=kb)
    labels = None
    if readers:
        given = (part.strip() for label in readers for part in label.split(","))
        labels = reader_labels(filter(None, given))
    if not paths and not resume:
        msg = "No path was given. Try: erya ingest handbook/"
        raise UsageError(msg)
    owner = principal_for(settings, None)
    if paths and not gone:
        existing(paths)
    with assistant_for(settings, kb=settings.kb, create=not resume) as assistant:
        chosen: list[str | Path] = list(paths or ())
        if not chosen:
            chosen, labels, force = _unfinished(assistant)
        try:
            report = ingest_with_progress(
                assistant,
                chosen,
                principal=owner,
                readers=labels,
                force=force,
                gone=gone,
            )
        except KeyboardInterrupt:
            flags = flags_of({"--kb": kb, "--home": home, "--config": config})
            echo(f"Stopped. Go on with: erya ingest --resume{flags}", err=True)
            raise click.exceptions.Exit(STOPPED) from None
    if as_json:
        echo_json(_as_json(report))
    else:
        _show(report, kb=settings.kb)
    if strict and report.failed:
        raise click.exceptions.Exit(_STRICT_EXIT)


def _unfinished(
    assistant: "Assistant",
) -> tuple[list[str | Path], frozenset[str] | None, bool]:
    """Return what the last run that did not end was given: paths, readers, force.

    Raises:
        UsageError: Every run has ended.
    """
    from erya.records import Principal  # noqa: PLC0415

    jobs = assistant.store.status(Principal.system()).jobs
    jobs = tuple(job for job in jobs if job.state == "running")
    if not jobs:
        msg = "No run was cut off. Name the paths to read: erya ingest PATH..."
        raise UsageError(msg)
    given = jobs[0].arguments
    readers = given.get("readers")
    return (
        list(given["roots"]),
        None if readers is None else frozenset(readers),
        bool(given.get("force")),
    )


def _show(report: "IngestReport", *, kb: str) -> None:
    for title, problems in (("Skipped", report.skipped), ("Failed", report.failed)):
        if problems:
            echo(f"{title} {len(problems)}:")
        for problem in problems:
            echo(f"  {one_line(problem.source)}: {problem.message} ({problem.code})")
    if report.cut:
        echo(
            f"{report.cut} passages are longer than the embedding model reads; their "
            "ends are found by their words alone."
        )
    if not report.files and not report.skipped and not report.removed:
        echo("Nothing to read is there.")
    rate = report.files / report.seconds if report.seconds else 0.0
    echo(
        f"{report.files} files into {kb!r}: {report.added} added, {report.updated} "
        f"updated, {report.unchanged} unchanged, {report.removed} removed, "
        f"{len(report.skipped)} skipped, {len(report.failed)} failed, "
        f"in {report.seconds:.1f} s ({rate:,.0f} files/s)."
    )


def _as_json(report: "IngestReport") -> dict[str, Any]:
    return {
        "files": report.files,
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "skipped": problem_json(report.skipped),
        "failed": problem_json(report.failed),
        "cut": report.cut,
        "seconds": report.seconds,
    }
