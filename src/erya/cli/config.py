"""`erya config`: what is set, and where it came from."""

import typer

from erya.cli.common import ConfigOption, HomeOption, JsonOption, echo_json, table
from erya.config import load

__all__ = ["app"]

app = typer.Typer(help="Show the settings.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Show the settings."""


@app.command("show")
def show(
    as_json: JsonOption = False, home: HomeOption = None, config: ConfigOption = None
) -> None:
    """Show each setting, its value, and where the value came from.

    Later ones win: default, erya.toml, environment (ERYA_NAME), flag.

    Examples:

      erya config show

      ERYA_CHUNK_TOKENS=128 erya config show --json
    """
    _, origins = load({"home": home}, file=config)
    if as_json:
        echo_json({o.name: {"value": o.value, "origin": o.origin} for o in origins})
        return
    table(
        [(o.name, "(none)" if o.value == "" else o.value, o.origin) for o in origins],
        header=("SETTING", "VALUE", "FROM"),
    )
