"""Groups of commands; those of the program itself are imported when they are called."""

import importlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import click
from click.shell_completion import CompletionItem
from typing_extensions import override

__all__ = ["STOPPED", "Group", "LazyCommand", "LazyGroup"]

STOPPED: Final = 130  # the exit code after Ctrl-C, as shells have it


class Group(click.Group):
    """Commands, listed as they were added: those that a new user needs come first."""

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, no_args_is_help=True, **options)

    @override
    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self.commands)


class LazyCommand(NamedTuple):
    """A command that is imported when it is called.

    Attributes:
        place: Module and name: `erya.cli.ask:ask`.
        help: What it does, in a line, as the list of commands shows it.
    """

    place: str
    help: str


class LazyGroup(Group):
    """Commands that are imported when they are called: the list of them costs none."""

    def __init__(
        self, name: str, lazy: Mapping[str, LazyCommand], **options: Any
    ) -> None:
        super().__init__(name, **options)
        self._lazy = lazy

    @override
    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self._lazy)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._lazy:
            return None
        module, _, name = self._lazy[cmd_name].place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    @override
    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.help) for name, each in self._lazy.items()])

    @override
    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> list[CompletionItem]:
        names = [
            CompletionItem(name, help=each.help)
            for name, each in self._lazy.items()
            if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]
