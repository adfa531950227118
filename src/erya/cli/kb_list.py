"""`erya kb list`: the knowledge bases at a glance, in a moment however many."""

from pathlib import Path
from typing import Any

import click

from erya.cli.common import echo, echo_json, settings_for, table, usual_options
from erya.errors import StoreError
from erya.opening import bases_of
from erya.records import Principal
from erya.shapes import base_shape

__all__ = ["list_bases"]


@click.command("list")
@usual_options
def list_bases(*, as_json: bool, home: Path | None, config: Path | None) -> None:
    """List the knowledge bases.

    Example:

      erya kb list
    """
    settings = settings_for(home=home, config=config)
    bases = bases_of(settings)
    rows: list[dict[str, Any]] = []
    for name in bases.names():
        try:
            size = bases.size(Principal.owner(settings.user), name)
            rows.append(base_shape(name, size))
        except StoreError as error:  # one damaged base must not hide the others
            rows.append(base_shape(name, None, error=str(error)))
    if as_json:
        echo_json({"bases": rows})
    elif not rows:
        echo("No bases yet. Make one with: erya ingest PATH --kb NAME")
    else:
        table(
            [
                (row["name"], *(_or_dash(row[k]) for k in ("documents", "chunks")),
                 row.get("error", ""))
                for row in rows
            ],
            header=("NAME", "DOCUMENTS", "CHUNKS", ""),
        )  # fmt: skip


def _or_dash(value: object) -> object:
    return "-" if value is None else value
