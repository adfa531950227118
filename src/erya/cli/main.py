"""The program `erya`."""

import importlib.metadata
import os
import sys
from typing import Annotated

import typer

from erya.cli import (
    ask,
    compare,
    config,
    doctor,
    evaluate,
    feedback,
    gate,
    ingest,
    kb,
    ladder,
    models,
    questions,
    search,
    show,
)
from erya.cli.common import visible
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
app.command("show")(show.show)
app.add_typer(evaluate.app, name="evaluate")
app.command("compare")(compare.compare)
app.command("gate")(gate.gate)
app.command("ladder")(ladder.ladder)
app.command("feedback")(feedback.feedback)
app.add_typer(questions.app, name="questions")
app.add_typer(kb.app, name="kb")
app.add_typer(models.app, name="models")
app.add_typer(config.app, name="config")
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the program; a mistake of the user is told in a sentence, not a traceback."""
    try:
        app(standalone_mode=True)
        sys.stdout.flush()
    except EryaError as error:
        sys.stderr.write(f"erya: {visible(str(error))}\n")
        raise SystemExit(2 if isinstance(error, UsageError) else 1) from None
    except BrokenPipeError:  # the reader of our output has seen enough
        _forget_output()
        raise SystemExit(0) from None
    except OSError as error:
        _forget_output()
        where = f" ({error.filename})" if error.filename else ""
        sys.stderr.write(f"erya: {error.strerror or error}{where}.\n")
        raise SystemExit(1) from None


def _forget_output() -> None:
    """Let the interpreter end without another try to write what nobody can take."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.")
    ] = False,
) -> None:
    if version:
        typer.echo(f"erya {importlib.metadata.version('erya')}")
        raise typer.Exit
