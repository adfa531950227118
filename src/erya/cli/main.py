"""The program `erya`."""

import sys

import typer

from erya.cli import ask, config, doctor, ingest, kb, models, search
from erya.errors import EryaError, UsageError

__all__ = ["app", "main"]

app = typer.Typer(
    name="erya",
    help="Answers from your own documents, every sentence cited. Offline, no key.\n\n"
    "Start with: erya ask 'How many days of leave do I have?' docs/",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("ask")(ask.ask)
app.command("ingest")(ingest.ingest)
app.command("search")(search.search)
app.add_typer(kb.app, name="kb")
app.add_typer(models.app, name="models")
app.add_typer(config.app, name="config")
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the program; a mistake of the user is told in a sentence, not a traceback."""
    try:
        app()
    except EryaError as error:
        sys.stderr.write(f"erya: {error}\n")
        raise SystemExit(2 if isinstance(error, UsageError) else 1) from None
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        raise SystemExit(0) from None
