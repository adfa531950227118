"""`erya kb show`, `verify` and others: one knowledge base."""

from pathlib import Path

import click

from erya.cli.common import (
    as_option,
    echo,
    echo_json,
    name_argument,
    place_options,
    settings_for,
    show_findings,
    table,
    usual_options,
)
from erya.cli.ingested import tell_kept_runs
from erya.cli.principals import principal_for
from erya.cli.text import one_line
from erya.cli.words import words_of_base
from erya.errors import DamagedError, UsageError
from erya.jobs import JobQueue
from erya.opening import bases_of
from erya.shapes import status_shape, stored_problems_shape
from erya.stores import Finding, Page, Status, StoredItem

__all__ = ["delete", "rebuild", "show", "verify", "words"]

_SHOWN = 50


@click.command("show")
@name_argument
@as_option
@click.option(
    "--all", "everything", is_flag=True, help="Show every document, not the first 50."
)
@click.option(
    "--page",
    type=click.IntRange(min=1),
    default=1,
    help="Which 50 documents to show.",
)
@click.option(
    "--problems",
    is_flag=True,
    help="Show the files that gave no text, or a doubtful one, and what to do.",
)
@usual_options
def show(
    *,
    name: str,
    narrowed: str | None,
    everything: bool,
    page: int,
    problems: bool,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Show what a base holds: documents, readers, versions, last runs.

    Examples:

      erya kb show handbook

      erya kb show handbook --problems

      erya kb show handbook --as ada,sales --json
    """
    settings = settings_for(home=home, config=config)
    principal = principal_for(settings, narrowed)
    store = bases_of(settings).open(name)
    try:
        status = store.status(principal)
        whole = everything or as_json
        part = Page() if whole else Page(skip=(page - 1) * _SHOWN, limit=_SHOWN)
        documents = list(store.documents(principal, page=part))
        embedder = store.embedder(principal)
        items = list(store.items(principal))
        profile = store.profile(principal)
        grants = store.grants(principal) if narrowed is None else {}
    finally:
        store.close()
    model = embedder.name if embedder else None
    if problems:
        _show_problems(items, name=name, narrowed=narrowed is not None, as_json=as_json)
        return
    if as_json:
        shape = status_shape(
            name,
            status,
            documents,
            embedding_model=model,
            settings=profile,
            grants=grants,
        )
        echo_json(shape)
        return
    echo(
        f"{name}: {status.documents} documents, {status.chunks:,} passages, "
        f"{status.characters:,} characters, found by words"
        + (f" and by {model}" if model else "")
    )
    if profile:
        kept = (f"{key} = {value}" for key, value in sorted(profile.items()))
        echo(f"keeps: {', '.join(kept)}")
    for label, role in sorted(grants.items()):
        echo(f"{label}: {role}")
    if documents:
        echo()
        table(
            [
                (
                    d.source,
                    d.chunks,
                    f"v{d.version}",
                    d.added_at,
                    ",".join(sorted(d.readers)),
                )
                for d in documents
            ],
            header=("SOURCE", "PASSAGES", "VERSION", "ADDED", "READERS"),
        )
    left = status.documents - part.skip - len(documents)
    if left > 0:
        echo(f"… and {left} more: --page {page + 1}, or --all")
    _show_jobs(status)


def _show_problems(
    items: list[StoredItem], *, name: str, narrowed: bool, as_json: bool
) -> None:
    shape = stored_problems_shape(name, items)
    if as_json:
        echo_json(shape)
        return
    found = shape["problems"]
    for each in found:
        page = f", p. {each['page']}" if each["page"] else ""
        source = one_line(str(each["path"]))
        echo(f"{source}{page}\n  {each['message']} ({each['code']})")
    if narrowed:
        echo("Only the owner sees which files gave no text: leave out --as.")
    elif not found:
        echo(f"Every file of {name!r} was read, and nothing about one is doubtful.")


def _show_jobs(status: Status) -> None:
    if not status.jobs:
        return
    echo("\nLast runs:")
    for job in status.jobs:
        ended = job.finished_at or "not ended: go on with erya ingest --resume"
        echo(f"  {job.started_at}  {job.kind}  {job.state}  ({ended})")


@click.command("delete")
@name_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@place_options
def delete(*, name: str, yes: bool, home: Path | None, config: Path | None) -> None:
    """Delete a base with everything in it. The files it was read from stay.

    Example:

      erya kb delete handbook --yes
    """
    settings = settings_for(home=home, config=config)
    bases = bases_of(settings)
    if not bases.exists(name):
        bases.open(name)  # raises, naming those there are
    if not yes and not click.confirm(f"Delete the base {name!r} for good?"):
        msg = "Nothing was deleted."
        raise UsageError(msg)
    bases.delete(principal_for(settings, None), name)
    JobQueue(settings.home).drop_base(name)
    echo(f"Deleted {name!r}.")
    tell_kept_runs(settings.home, kb=name)


@click.command("verify")
@name_argument
@usual_options
def verify(*, name: str, as_json: bool, home: Path | None, config: Path | None) -> None:
    """Check everything in a base against everything else. Changes nothing.

    Exits with 1 when something is wrong.

    Example:

      erya kb verify handbook
    """
    settings = settings_for(home=home, config=config)
    findings: list[Finding]
    try:
        store = bases_of(settings).open(name)
    except DamagedError as error:
        findings = [Finding(check="database", ok=False, detail=str(error))]
    else:
        try:
            findings = store.verify(principal_for(settings, None))
        finally:
            store.close()
    show_findings(findings, as_json=as_json)


@click.command("rebuild")
@name_argument
@place_options
def rebuild(*, name: str, home: Path | None, config: Path | None) -> None:
    """Write the index of a base anew from its texts, leaving no trace of what is gone.

    Example:

      erya kb rebuild handbook
    """
    settings = settings_for(home=home, config=config)
    store = bases_of(settings).open(name)
    try:
        store.rebuild(principal_for(settings, None))
    finally:
        store.close()
    echo(f"The index of {name!r} was written anew.")


@click.command("words")
@name_argument
@click.option(
    "--add",
    multiple=True,
    metavar="ENTRY",
    help="'A = B, C' the same; 'A < B' a B; 'B > A' the other way; 'A' one term.",
)
@click.option("--remove", multiple=True, metavar="WORD", help="Drop all of a word.")
@click.option(
    "--from",
    "file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Add the entries of a file, one on each line; # begins a comment.",
)
@usual_options
def words(
    *,
    name: str,
    add: tuple[str, ...],
    remove: tuple[str, ...],
    file: Path | None,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """List, add and drop what people say in place of what the documents say.

    A question with such a word is searched for the others, too, which count less.
    Nothing is indexed anew.

    Examples:

      erya kb words handbook --add "上班时间 = 工作时间, 办公时间"

      erya kb words handbook --add "iPad < tablet" --add "holiday = annual leave"

      erya kb words handbook --add 灵犀云盘

      erya kb words handbook --from words.txt

      erya kb words handbook --remove iPad
    """
    words_of_base(
        settings_for(home=home, config=config),
        name,
        add=add,
        remove=remove,
        file=file,
        as_json=as_json,
    )
