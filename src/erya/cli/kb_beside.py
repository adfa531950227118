"""`erya kb reembed` and `rechunk`: another model or chunker, tried beside."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from erya.cli.common import name_argument, settings_for, together, usual_options
from erya.cli.rechunking import rechunk_base
from erya.cli.reembedding import reembed_base

__all__ = ["rechunk", "reembed"]


def _beside_options(what: str, made: str) -> Callable[[Any], Any]:
    """Return the options of what is built beside, and may be switched to."""
    return together(
        click.option(
            "--compare",
            "questions",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="QUESTIONS",
            help=f"Measure both {what}s on these questions, paired.",
        ),
        click.option(
            "--switch", is_flag=True, help=f"Let searches use the {what} from now on."
        ),
        click.option(
            "--back", is_flag=True, help=f"Let searches use the {what} before again."
        ),
        click.option(
            "--forget", is_flag=True, help=f"Delete the {made} of all other {what}s."
        ),
    )


@click.command("reembed")
@name_argument
@click.option("--model", metavar="M", help="The embedding model to change to.")
@_beside_options("model", "vectors")
@usual_options
def reembed(
    *,
    name: str,
    model: str | None,
    questions: Path | None,
    switch: bool,
    back: bool,
    forget: bool,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Embed a base with another model, compare, switch, and go back.

    The new vectors are made beside the old ones while searches go on. A run that was
    stopped goes on where it was. Nothing of the old model is deleted before --forget.

    Examples:

      erya kb reembed handbook --model erya-embedder

      erya kb reembed handbook --model erya-embedder --compare q.jsonl

      erya kb reembed handbook --model erya-embedder --switch

      erya kb reembed handbook --back

      erya kb reembed handbook --forget
    """
    reembed_base(
        settings_for(home=home, config=config),
        name,
        model=model,
        questions=questions,
        switch=switch,
        back=back,
        forget=forget,
        as_json=as_json,
    )


@click.command("rechunk")
@name_argument
@click.option(
    "--chunker",
    metavar="C",
    help="structure, recursive, fixed, parent-child, semantic or discourse.",
)
@click.option("--tokens", type=int, metavar="N", help="The largest passage. [256]")
@_beside_options("chunker", "passages")
@usual_options
def rechunk(
    *,
    name: str,
    chunker: str | None,
    tokens: int | None,
    questions: Path | None,
    switch: bool,
    back: bool,
    forget: bool,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Cut a base by another chunker, compare, switch, and go back.

    The new passages are made beside the old ones while searches go on. A run that was
    stopped goes on where it was. Nothing of the old ones is deleted before --forget.

    Examples:

      erya kb rechunk handbook --chunker recursive --tokens 128

      erya kb rechunk handbook --chunker recursive --tokens 128 --compare q.jsonl

      erya kb rechunk handbook --chunker recursive --tokens 128 --switch

      erya kb rechunk handbook --back

      erya kb rechunk handbook --forget
    """
    rechunk_base(
        settings_for(home=home, config=config, chunker=chunker, chunk_tokens=tokens),
        name,
        named=chunker is not None or tokens is not None,
        questions=questions,
        switch=switch,
        back=back,
        forget=forget,
        as_json=as_json,
    )
