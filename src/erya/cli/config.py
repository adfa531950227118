"""`erya config`: what is set, and where it came from."""

from pathlib import Path

from erya.cli.common import (
    Group,
    echo_json,
    table,
    usual_options,
)
from erya.config import load

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
        echo_json({o.name: {"value": o.value, "origin": o.origin} for o in origins})
        return
    table(
        [(o.name, "(none)" if o.value == "" else o.value, o.origin) for o in origins],
        header=("SETTING", "VALUE", "FROM"),
    )
