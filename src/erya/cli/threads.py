"""`erya threads`: conversations that are kept."""

from pathlib import Path

import click

from erya.cli.common import (
    as_option,
    echo,
    echo_json,
    settings_for,
    table,
    usual_options,
)
from erya.cli.lazy import Group
from erya.cli.principals import principal_for
from erya.conversing import Threads, Turn
from erya.shapes import thread_shape, turn_shape

__all__ = ["app"]

app = Group("threads", help="List, show and forget conversations.")

thread_argument = click.argument("thread", help="The id of the conversation.")


@app.command("list")
@as_option
@usual_options
def list_threads(
    *, narrowed: str | None, as_json: bool, home: Path | None, config: Path | None
) -> None:
    """List your conversations, the latest first.

    Example:

      erya threads list
    """
    settings = settings_for(home=home, config=config)
    threads = Threads(settings.home).all(principal=principal_for(settings, narrowed))
    if as_json:
        echo_json({"threads": [thread_shape(each) for each in threads]})
    elif not threads:
        echo("No conversations yet. Begin one: erya chat --kb NAME")
    else:
        rows = [(each.id, each.updated_at[:16], each.title) for each in threads]
        table(rows, header=("THREAD", "LAST", "BEGINS WITH"))


@app.command("show")
@thread_argument
@as_option
@usual_options
def show(
    *,
    thread: str,
    narrowed: str | None,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Show a conversation.

    Example:

      erya threads show 3f2a9c81d0b7e645
    """
    settings = settings_for(home=home, config=config)
    principal = principal_for(settings, narrowed)
    kept = Threads(settings.home).turns(thread, principal=principal)
    turns = [Turn.from_json(each) for each in kept]
    if as_json:
        echo_json({"turns": [turn_shape(turn) for turn in turns]})
        return
    for turn in turns:
        echo(f"› {turn.question}")
        echo(f"{turn.text}\n")


@app.command("forget")
@thread_argument
@as_option
@usual_options
def forget(
    *,
    thread: str,
    narrowed: str | None,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Delete a conversation, and overwrite what it said.

    Example:

      erya threads forget 3f2a9c81d0b7e645
    """
    settings = settings_for(home=home, config=config)
    principal = principal_for(settings, narrowed)
    Threads(settings.home).forget(thread, principal=principal)
    if as_json:
        echo_json({"forgotten": thread})
    else:
        echo("Forgotten.")
