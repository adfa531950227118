"""`erya show`: a citation in its place."""

import os
from pathlib import Path

import click

from erya.cli.common import (
    as_option,
    echo,
    echo_json,
    kb_option,
    settings_for,
    usual_options,
)
from erya.cli.principals import principal_for
from erya.cli.text import one_line
from erya.errors import UsageError
from erya.locating import CitedPassage, find_cited_passage
from erya.opening import base_for_reading, bases_of, build_limits
from erya.shapes import cited_passage_shape

__all__ = ["show"]

_OPEN, _CLOSE = "⟦", "⟧"


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
    settings = settings_for(home=home, config=config, kb=kb)
    principal = principal_for(settings, narrowed)
    store = bases_of(settings).open(base_for_reading(settings))
    try:
        cited = find_cited_passage(
            store, citation, principal=principal, limits=build_limits(settings)
        )
    finally:
        store.close()
    if cited.problem:
        echo(f"No picture of the page: {cited.problem}", err=True)
    written = _write_picture(cited, png, wanted=png is not None or not as_json)
    if as_json:
        shape = cited_passage_shape(cited)
        echo_json({**shape, "png": str(written) if written else None})
        return
    text = cited.document.text
    page = f", p. {cited.page}" if cited.page else ""
    echo(f"{one_line(cited.document.source)}{page}\n")
    before = text[cited.around.start : cited.start]
    after = text[cited.end : cited.around.end]
    echo(f"{before}{_OPEN}{text[cited.start : cited.end]}{_CLOSE}{after}")
    if written:
        echo(f"\nThe page with the words marked: {written}")


def _write_picture(
    cited: CitedPassage, png: Path | None, *, wanted: bool
) -> Path | None:
    """Write the page with the words marked; return where, or None.

    Raises:
        UsageError: It cannot be written where the person asked.
    """
    document = cited.document
    if png is not None and cited.page is None:
        echo(f"No picture: {one_line(document.source)} has no pages.", err=True)
    if cited.highlight is None or not wanted:
        return None
    # Named after the citation, so that no other file is overwritten; not after the
    # document, whose name is not ours.
    path = png or Path(f"erya-{document.id[:8]}-p{cited.page}-{cited.start}.png")
    try:
        _write_private(path, cited.highlight.png)
    except OSError as error:
        reason = f"{path}: {error.strerror or error}"
        if png is not None:
            msg = f"The picture cannot be written to {reason}. Name another place."
            raise UsageError(msg) from None
        echo(f"No picture was written to {reason}. Name a place: --png", err=True)
        return None
    return path


def _write_private(path: Path, data: bytes) -> None:
    """Write a file that nobody else on the machine may read: documents may be so."""
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "wb") as file:
        file.write(data)
