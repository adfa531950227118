"""`erya groups`: who is in which group."""

from pathlib import Path

import click

from erya.cli.common import (
    echo,
    echo_json,
    settings_for,
    table,
    usual_options,
)
from erya.cli.lazy import Group
from erya.cli.principals import principal_for
from erya.opening import bases_of
from erya.shapes import groups_shape

__all__ = ["app"]

app = Group("groups", help="List groups, and say who is in them.")

group_argument = click.argument("group", help="The group.")
people_argument = click.argument(
    "people", nargs=-1, required=True, help="Who: names as in --as."
)


@app.command("list")
@usual_options
def list_groups(*, as_json: bool, home: Path | None, config: Path | None) -> None:
    """List groups, each with who is in it.

    Example:

      erya groups list
    """
    settings = settings_for(home=home, config=config)
    found = bases_of(settings).groups.all(principal_for(settings, None))
    if as_json:
        echo_json(groups_shape(found))
    elif not found:
        echo("No groups yet. Make one with: erya groups add GROUP NAME")
    else:
        rows = [(name, ", ".join(members)) for name, members in found.items()]
        table(rows, header=("GROUP", "MEMBERS"))


@app.command("add")
@group_argument
@people_argument
@usual_options
def add(
    *,
    group: str,
    people: tuple[str, ...],
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Take people into a group: they read what its readers read, from now on.

    What a group may do in a base says `erya kb grant`; what it reads, `--readers` of
    `erya ingest`.

    Examples:

      erya groups add sales ada bob

      erya ingest offers/ --kb offers --readers group:sales
    """
    settings = settings_for(home=home, config=config)
    groups, principal = bases_of(settings).groups, principal_for(settings, None)
    added = [who for who in people if groups.add(principal, group, who)]
    if as_json:
        echo_json({"group": group, "added": added})
    else:
        echo(f"{group}: {', '.join(added)} added." if added else "They were all in it.")


@app.command("remove")
@group_argument
@people_argument
@usual_options
def remove(
    *,
    group: str,
    people: tuple[str, ...],
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Take people out of a group, at once. A group without members is gone.

    Example:

      erya groups remove sales bob
    """
    settings = settings_for(home=home, config=config)
    groups, principal = bases_of(settings).groups, principal_for(settings, None)
    gone = [who for who in people if groups.remove(principal, group, who)]
    if as_json:
        echo_json({"group": group, "removed": gone})
    else:
        echo(f"{group}: {', '.join(gone)} removed." if gone else "Nobody was in it.")
