"""`erya show`: a citation in its place."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from erya.cli.common import (
    as_option,
    base_for_reading,
    echo,
    echo_json,
    kb_option,
    one_line,
    principal_for,
    settings_for,
    usual_options,
)
from erya.errors import DocumentError, NotFoundError, UsageError
from erya.records import Principal, Span

if TYPE_CHECKING:
    from erya.config import Settings
    from erya.loading import PageHighlight
    from erya.records import Document
    from erya.stores import Store

__all__ = ["show"]

_REFERENCE = re.compile(r"([0-9a-f]{4,20}):(\d{1,10})-(\d{1,10})")
_AROUND = 600  # characters shown on either side where there are no pages
_OPEN, _CLOSE = "⟦", "⟧"


class _Place(NamedTuple):
    """The text around a span: a page, or what stands near."""

    start: int
    end: int
    page: int | None


@click.command("show")
@click.argument("citation", help="As erya ask prints it: 3f2a9c1b:120-180.")
@click.option(
    "--png",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to write a PDF's page. [default: in this folder, "
    "by its name; with --json nowhere]",
)
@kb_option
@as_option
@usual_options
def show(
    *,
    citation: str,
    png: Path | None,
    kb: str | None,
    narrowed: str | None,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Show a citation where it stands; of a PDF also as a picture of the page.

    The picture is made from the file as it was ingested, with the cited words marked.

    Examples:

      erya show 3f2a9c1b:120-180 --kb handbook

      erya show 3f2a9c1b:120-180 --kb handbook --png page.png
    """
    from erya.stores import Bases  # noqa: PLC0415

    settings = settings_for(home=home, config=config, kb=kb)
    principal = principal_for(settings, narrowed)
    store = Bases(settings.home).open(base_for_reading(settings))
    try:
        document, start, end = _found(store, principal, citation)
        place = _place(document, start, end)
        marked = _marked(store, principal, settings, document, span=Span(start, end))
    finally:
        store.close()
    written = None
    if png is not None and place.page is None:
        echo(f"No picture: {one_line(document.source)} has no pages.", err=True)
    if marked is not None and (png is not None or not as_json):
        # Named after the citation, so that no other file is overwritten; not after the
        # document, whose name is not ours.
        written = png or Path(f"erya-{document.id[:8]}-p{place.page}-{start}.png")
        try:
            _write_private(written, marked.png)
        except OSError as error:
            reason = f"{written}: {error.strerror or error}"
            if png is not None:
                msg = f"The picture cannot be written to {reason}. Name another place."
                raise UsageError(msg) from None
            echo(f"No picture was written to {reason}. Name a place: --png", err=True)
            written = None
    if as_json:
        echo_json(
            {
                "document": document.id,
                "source": document.source,
                "title": document.title,
                "page": place.page,
                "start": start,
                "end": end,
                "quote": document.text[start:end],
                "boxes": [list(box) for box in marked.boxes] if marked else [],
                "png": str(written) if written else None,
            }
        )
        return
    page = f", p. {place.page}" if place.page else ""
    echo(f"{one_line(document.source)}{page}\n")
    before = document.text[place.start : start]
    after = document.text[end : place.end]
    echo(f"{before}{_OPEN}{document.text[start:end]}{_CLOSE}{after}")
    if written:
        echo(f"\nThe page with the words marked: {written}")


def _write_private(path: Path, data: bytes) -> None:
    """Write a file that nobody else on the machine may read: documents may be so."""
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "wb") as file:
        file.write(data)


def _found(
    store: "Store", principal: Principal, citation: str
) -> tuple["Document", int, int]:
    """Return the document and the span that a citation names.

    Raises:
        NotFoundError: There is no such document that the principal may read.
        UsageError: It is no citation, or ends before it starts.
    """
    match = _REFERENCE.fullmatch(citation.strip())
    if match is None:
        msg = (
            f"A citation is written as 3f2a9c1b:120-180, got {citation!r}. "
            "erya ask prints one behind each source."
        )
        raise UsageError(msg)
    prefix, start, end = match[1], int(match[2]), int(match[3])
    ids = [d.id for d in store.documents(principal) if d.id.startswith(prefix)]
    if len(ids) != 1:
        what = "several documents" if ids else "no document"
        msg = f"There is {what} {prefix!r} in this base. Is --kb the one you asked?"
        raise NotFoundError(msg)
    document = store.document(principal, ids[0])
    if not start < end <= len(document.text):
        msg = (
            f"{document.source} has {len(document.text)} characters, and the citation "
            f"names {start} to {end}. The file may have changed since: ask again."
        )
        raise UsageError(msg)
    return document, start, end


def _place(document: "Document", start: int, end: int) -> _Place:
    number = document.page_at(start)
    if number is not None:
        page = document.pages[number - 1]
        return _Place(page.start, max(page.end, end), number)
    text = document.text
    return _Place(max(0, start - _AROUND), min(len(text), end + _AROUND), None)


def _marked(
    store: "Store",
    principal: Principal,
    settings: "Settings",
    document: "Document",
    *,
    span: Span,
) -> "PageHighlight | None":
    """Mark the span on its page, or return None where there are no pages to show."""
    from erya.loading import Limits  # noqa: PLC0415
    from erya.locating import locate  # noqa: PLC0415

    limits = Limits(
        seconds=settings.parse_seconds,
        memory_bytes=settings.parse_memory_mb * 1_000_000,
    )
    try:
        return locate(store, document, span, principal=principal, limits=limits)
    except (DocumentError, NotFoundError) as error:
        echo(f"No picture of the page: {error}", err=True)
        return None
