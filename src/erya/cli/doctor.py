"""`erya doctor`: does this machine have what Erya needs?"""

from pathlib import Path

import click

from erya.cli.common import settings_for, show_findings, usual_options
from erya.health import check_machine

__all__ = ["doctor"]


@click.command("doctor")
@usual_options
def doctor(*, as_json: bool, home: Path | None, config: Path | None) -> None:
    """Check this machine: limits on parsers, disk, libraries. Contacts nobody.

    Exits with 1 when something does not hold.

    Example:

      erya doctor
    """
    settings = settings_for(home=home, config=config)
    show_findings(check_machine(settings), as_json=as_json)
