"""`erya kb create`, `set`, `grant` and `revoke`: what a base keeps of itself."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from erya.cli.common import (
    echo,
    echo_json,
    name_argument,
    place_options,
    settings_for,
    together,
    usual_options,
)
from erya.cli.principals import principal_for
from erya.errors import UsageError
from erya.opening import bases_of, change_base, create_base
from erya.policy import check_grant
from erya.shapes import base_settings_shape
from erya.sources import specs_of_targets

__all__ = ["create", "grant", "revoke", "set_settings"]

_profile_options = together(
    click.option(
        "--embedding",
        "embedding_model",
        metavar="NAME",
        help="The embedding model; '' finds by words alone.",
    ),
    click.option("--chunker", metavar="C", help="How documents are cut."),
    click.option("--tokens", "chunk_tokens", type=int, help="The largest passage."),
    click.option("--clean", metavar="STEPS", help="Steps of cleaning, with commas."),
    click.option("--enrich", metavar="STEPS", help="What is told of a document."),
    click.option("--mask", metavar="KINDS", help="Personal data that is masked."),
    click.option(
        "--mask-originals", metavar="WHO", help="Who keeps the files: owner or none."
    ),
    click.option("--html", metavar="HOW", help="Web pages whole, or their main part."),
    click.option(
        "--language", metavar="L", help="Of the words around answers: en, zh or auto."
    ),
)


@click.command("create")
@name_argument
@_profile_options
@click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="TARGET",
    help="A folder or address that `erya sync --kb NAME` reads; may be repeated.",
)
@place_options
def create(
    *,
    name: str,
    sources: tuple[str, ...],
    home: Path | None,
    config: Path | None,
    **given: Any,
) -> None:
    """Make an empty base that keeps how it is read, cut, masked and embedded.

    Later commands need not be told again. What is left out is as the settings say.

    Examples:

      erya kb create handbook --embedding bge-zh --mask all

      erya kb create contracts --chunker parent-child --tokens 512 --source contracts/
    """
    settings = settings_for(home=home, config=config)
    profile = {key: value for key, value in given.items() if value is not None}
    if sources:
        profile["sources"] = _specs(sources)
    create_base(settings, name, profile=profile)
    echo(f"Made {name!r}. Fill it with: erya ingest PATH --kb {name}")


@click.command("set")
@name_argument
@click.argument(
    "changes", nargs=-1, metavar="[SETTING=VALUE]...", help="What to change."
)
@click.option(
    "--unset", multiple=True, metavar="SETTING", help="Do as the settings say again."
)
@click.option(
    "--source", "sources", multiple=True, metavar="TARGET", help="Also read this."
)
@click.option("--no-sources", is_flag=True, help="Forget all sources.")
@usual_options
def set_settings(
    *,
    name: str,
    changes: tuple[str, ...],
    unset: tuple[str, ...],
    sources: tuple[str, ...],
    no_sources: bool,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Change what a base keeps, or show it.

    Documents are read, cut or masked anew by the next `erya ingest`. The model of a
    base with vectors is changed by `erya kb reembed`, its chunker best by `erya kb
    rechunk`: both compare before they switch.

    Examples:

      erya kb set handbook

      erya kb set handbook mask=all html=main

      erya kb set handbook --unset mask

      erya kb set handbook --source https://docs.example.org/
    """
    settings = settings_for(home=home, config=config)
    principal = principal_for(settings, None)
    wanted: dict[str, Any] = dict(_change(each) for each in changes)
    wanted |= dict.fromkeys(unset)
    with closing(bases_of(settings).open(name)) as store:
        profile = store.profile(principal)
        if sources or no_sources:
            kept = [] if no_sources else list(profile.get("sources", ()))
            kept += _specs(sources)
            wanted["sources"] = kept or None
        if wanted:
            change_base(store, wanted, settings=settings, principal=principal)
            profile = store.profile(principal)
    if as_json:
        echo_json(base_settings_shape(name, profile))
        return
    if not profile:
        echo(f"{name!r} keeps nothing of its own: the settings say it all.")
    for key, value in sorted(profile.items()):
        for each in value if key == "sources" else [value]:
            echo(f"{key} = {each}")


def _specs(targets: Sequence[str]) -> list[dict[str, Any]]:
    return [spec.to_json() for spec in specs_of_targets(targets)]


def _change(given: str) -> tuple[str, str]:
    """Read SETTING=VALUE.

    Raises:
        UsageError: It is none.
    """
    key, equals, value = given.partition("=")
    if not equals:
        msg = f"Changes are written as SETTING=VALUE, got {given!r}. Try mask=all."
        raise UsageError(msg)
    return key, value


@click.command("grant")
@name_argument
@click.argument("label", metavar="LABEL", help="user:NAME or group:NAME.")
@click.argument("role", metavar="ROLE", help="reader, editor or owner.")
@place_options
def grant(
    *, name: str, label: str, role: str, home: Path | None, config: Path | None
) -> None:
    """Give a person or a group a role in a base.

    An editor reads and writes everything in it; an owner may also change its settings,
    models and grants. A role in one base is none in another. A reader, as everybody
    without a role, reads the documents whose readers they are among, and no more: those
    are named by `erya ingest --readers`.

    Examples:

      erya kb grant handbook user:ada editor

      erya kb grant handbook group:hr owner
    """
    settings = settings_for(home=home, config=config)
    who, what = check_grant(label, role)
    principal = principal_for(settings, None)
    with (
        closing(bases_of(settings).open(name)) as store,
        store.writer(principal, purpose="grant a role") as writer,
    ):
        writer.set_grant(who, what)
    echo(f"{who} is {what} of {name!r}.")
    if what == "reader":
        echo("They read the documents that name them: erya ingest --readers.", err=True)


@click.command("revoke")
@name_argument
@click.argument("label", metavar="LABEL", help="user:NAME or group:NAME.")
@place_options
def revoke(*, name: str, label: str, home: Path | None, config: Path | None) -> None:
    """Take the role of a person or a group in a base.

    Example:

      erya kb revoke handbook user:ada
    """
    settings = settings_for(home=home, config=config)
    principal = principal_for(settings, None)
    with closing(bases_of(settings).open(name)) as store:
        if label not in store.grants(principal):
            msg = f"{label} has no role in {name!r}. Who has one shows: erya kb show"
            raise UsageError(msg)
        with store.writer(principal, purpose="take a role") as writer:
            writer.set_grant(label, None)
    echo(f"{label} has no role in {name!r} any more.")
