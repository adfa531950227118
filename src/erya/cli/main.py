"""The program `erya`."""

import logging
import os
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import click
from typing_extensions import override

from erya.cli.lazy import STOPPED, LazyCommand, LazyGroup
from erya.cli.text import visible
from erya.errors import EryaError, UsageError

__all__ = ["app", "main"]


# Each with the name that it has in the module of its own name, and what it does; in the
# order in which a new user needs them.
_ROWS: Final = (
    ("ask", "ask", "Answer a question from documents, each sentence with its source."),
    ("chat", "chat", "Ask question after question, each understood after the last."),
    ("summarize", "summarize_command", "Say what documents say, with sources."),
    ("ingest", "ingest", "Read files, folders, web sites and buckets into a base."),
    ("sync", "sync", "Bring bases in step with what erya.toml, or a base, names."),
    ("inspect", "inspect", "Show what is read of a file, and what to look at."),
    ("search", "search", "Find the passages nearest to a query."),
    ("show", "show", "Show a citation where it stands, in text and on its page."),
    ("agent", "app", "Let a model work with tools, and go on where it was cut off."),
    ("tools", "app", "List the tools of agents, and try one."),
    ("evaluate", "app", "Measure, with intervals."),
    ("compare", "compare", "Tell which of two is better, on what, and by how much."),
    ("gate", "gate", "Fail when a run is worse than its baseline by more than chance."),
    ("ladder", "ladder", "Measure the same questions on several rungs, side by side."),
    ("feedback", "feedback", "Say whether an answer was good, for later review."),
    ("questions", "app", "Make, review and exchange test sets."),
    ("kb", "app", "Make, list, show, change, check and delete knowledge bases."),
    ("threads", "app", "List, show and forget conversations."),
    ("groups", "app", "List groups, and say who is in them."),
    ("jobs", "app", "List, show, cancel and resume work on bases."),
    ("models", "app", "Add, list and test models."),
    ("config", "app", "Show the settings."),
    ("doctor", "doctor", "Check this machine: limits on parsers, disk, libraries."),
)  # fmt: skip
_COMMANDS: Final[Mapping[str, LazyCommand]] = MappingProxyType(
    {name: LazyCommand(f"erya.cli.{name}:{here}", what) for name, here, what in _ROWS}
)


@click.group(
    "erya", cls=LazyGroup, lazy=_COMMANDS, context_settings={"show_default": True}
)
@click.version_option(
    package_name="erya",
    message="%(prog)s %(version)s",
    help="Show the version and exit.",
)
def app() -> None:
    """Answers from your own documents, every sentence cited. Offline, no key.

    Start with: erya ask 'Who approves travel?' docs/
    """


def main() -> None:
    """Run the program; a mistake of the user is told in a sentence, not a traceback."""
    logging.getLogger("erya").handlers = [_Stderr()]
    # Answers a shell that completes a line, if that is what started the program.
    app._main_shell_completion({}, "erya")  # noqa: SLF001 - what click's own main does
    try:
        # Not through click's own `main`, which ends a closed pipe with an error.
        with app.make_context("erya", sys.argv[1:]) as context:
            app.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        raise SystemExit(end.exit_code) from None
    except click.ClickException as error:
        error.show()
        raise SystemExit(error.exit_code) from None
    except (KeyboardInterrupt, click.Abort) as error:
        stopped = KeyboardInterrupt in {type(error), type(error.__context__)}
        sys.stderr.write("\n" if stopped else "Aborted.\n")
        raise SystemExit(STOPPED if stopped else 1) from None
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


class _Stderr(logging.Handler):
    """Shows what is logged as the program's other lines are."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Write one line to the standard error."""
        sys.stderr.write(f"erya: {visible(record.getMessage())}\n")


def _forget_output() -> None:
    """Let the interpreter end without another try to write what nobody can take."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
