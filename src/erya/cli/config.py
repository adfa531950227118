"""`erya config`: what is set, and where it came from."""

from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import click

from erya.addresses import cover_secrets
from erya.cli.common import echo, echo_json, table, usual_options
from erya.cli.lazy import Group
from erya.config import load, trust

__all__ = ["app"]

app = Group(
    "config",
    help="Show the settings.",
)


@app.command("show")
@usual_options
def show(*, as_json: bool, home: Path | None, config: Path | None) -> None:
    """Show each setting, its value, and where the value came from.

    Later ones win: default, erya.toml, environment (ERYA_NAME), flag.

    Examples:

      erya config show

      ERYA_CHUNK_TOKENS=128 erya config show --json
    """
    _, origins = load({"home": home}, file=config)
    if as_json:
        echo_json(
            {o.name: {"value": _shown(o.value), "origin": o.origin} for o in origins}
        )
        return
    table(
        [
            (o.name, "(none)" if o.value == "" else _shown(o.value), o.origin)
            for o in origins
        ],
        header=("SETTING", "VALUE", "FROM"),
    )


@app.command("trust")
@click.argument(
    "file",
    default="erya.toml",
    type=click.Path(path_type=Path, exists=True),
    help="The settings file.",
)
def trust_file(*, file: Path) -> None:
    """Let the settings file of a folder name what reaches other machines, or writes.

    As it is now: once it changes, it is asked again. A file that --config or
    ERYA_CONFIG names needs no trust.

    Examples:

      erya config trust

      erya config trust projects/erya.toml
    """
    trust(file)
    echo(f"Trusted as it is: {file.resolve()}")


def _shown(value: Any) -> Any:
    """Cover the passwords in a setting."""
    if isinstance(value, tuple):  # a table, or a list in one
        return tuple(map(_shown, value))
    if is_dataclass(value) and not isinstance(value, type):
        shown = {each.name: _shown(getattr(value, each.name)) for each in fields(value)}
        return replace(value, **shown)
    return cover_secrets(value) if isinstance(value, str) else value
