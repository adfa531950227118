"""`erya jobs`: work that goes on, waits, or was cut off."""

from pathlib import Path

import click

from erya.cli.common import (
    echo,
    echo_json,
    flags_of,
    settings_for,
    table,
    usual_options,
)
from erya.cli.ingested import show_report
from erya.cli.lazy import STOPPED, Group
from erya.cli.progress import run_job
from erya.jobs import Job, JobQueue
from erya.opening import build_limits
from erya.shapes import job_shape, report_shape
from erya.sources import SourceSpec, open_source

__all__ = ["app"]

app = Group("jobs", help="List, show, cancel and resume work on bases.")

number_argument = click.argument("number", type=int, help="The job.")
_SHOWN = 20


@app.command("list")
@click.option("--kb", help="Only jobs on this base.")
@click.option("--all", "everything", is_flag=True, help="Not the last 20 alone.")
@usual_options
def list_jobs(
    *,
    kb: str | None,
    everything: bool,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """List jobs, the newest first.

    Examples:

      erya jobs list

      erya jobs list --kb handbook --json
    """
    settings = settings_for(home=home, config=config)
    jobs = JobQueue(settings.home).all(base=kb or "")
    jobs = jobs if everything else jobs[:_SHOWN]
    if as_json:
        echo_json({"jobs": [job_shape(job) for job in jobs]})
    elif not jobs:
        echo("No jobs yet. Work on a base is one: erya ingest PATH --kb NAME")
    else:
        table(
            [
                (job.number, job.base, _state(job), _progress(job), _what(job))
                for job in jobs
            ],
            header=("JOB", "BASE", "STATE", "FILES", "WHAT"),
        )


@app.command("show")
@number_argument
@usual_options
def show(*, number: int, as_json: bool, home: Path | None, config: Path | None) -> None:
    """Show a job: what was asked for, how far it is, how it ended.

    Example:

      erya jobs show 12
    """
    job = JobQueue(settings_for(home=home, config=config).home).get(number)
    if as_json:
        echo_json(job_shape(job))
        return
    echo(f"Job {job.number} on {job.base!r}: {_state(job)}")
    for spec in job.request.sources:
        echo(f"  reads {_named(spec)}")
    facts = {
        "asked for": f"{job.created_at} by {job.user}",
        "begun": f"{job.started_at}, {job.attempts} times" if job.started_at else "",
        "over": job.finished_at,
        "files": _progress(job),
        "message": job.message,
    }
    for key, value in facts.items():
        if value:
            echo(f"  {key}: {value}")
    if job.was_cut_off:
        echo(f"Go on with: erya jobs resume {job.number}")


@app.command("cancel")
@number_argument
@usual_options
def cancel(
    *, number: int, as_json: bool, home: Path | None, config: Path | None
) -> None:
    """Ask a job to end. It does within seconds; what it has stored stays.

    Example:

      erya jobs cancel 12
    """
    job = JobQueue(settings_for(home=home, config=config).home).cancel(number)
    if as_json:
        echo_json(job_shape(job))
    elif job.state == "cancelled":
        echo(f"Job {number} is cancelled.")
    else:
        echo(f"Job {number} was asked to end. See: erya jobs show {number}")


@app.command("resume")
@number_argument
@usual_options
def resume(
    *, number: int, as_json: bool, home: Path | None, config: Path | None
) -> None:
    """Go on with a job that was cut off: what is stored is not read again.

    Example:

      erya jobs resume 12
    """
    settings = settings_for(home=home, config=config)
    queue = JobQueue(settings.home)
    job = queue.get(number)
    most = build_limits(settings).file_bytes
    sources = [open_source(s, file_bytes=most) for s in job.request.sources]
    job = queue.take_over(number)
    try:
        report = run_job(queue, job, sources, settings=settings)
    except KeyboardInterrupt:
        flags = flags_of({"--home": home, "--config": config})
        echo(f"Stopped. Go on with: erya jobs resume {number}{flags}", err=True)
        raise click.exceptions.Exit(STOPPED) from None
    if as_json:
        echo_json(report_shape(report))
    else:
        show_report(report, kb=job.base, home=settings.home)


def _state(job: Job) -> str:
    if job.was_cut_off:
        return "cut off"
    return "ending" if job.is_cancelled and job.state == "running" else job.state


def _progress(job: Job) -> str:
    done, most = job.progress.get("files"), job.progress.get("total")
    if done is None:
        return ""
    return f"{done:,} of {most:,}" if most and most > done else f"{done:,}"


def _what(job: Job) -> str:
    return ", ".join(map(_named, job.request.sources)) or "nothing"


def _named(spec: SourceSpec) -> str:
    bucket = f"s3://{spec.bucket}/{spec.prefix}" if spec.bucket else ""
    return spec.url or bucket or spec.name or ", ".join(spec.paths)
