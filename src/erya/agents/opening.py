"""From settings and the wishes of a user to an agent with its tools."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, get_args

from erya.agents.base import Agent, Budget
from erya.assistant import Assistant
from erya.config import DatabaseSettings, Settings, secret
from erya.errors import UsageError
from erya.models import ModelRegistry
from erya.opening import build_limits
from erya.tools import (
    READ_ONLY,
    Permission,
    Tool,
    Toolbox,
    ToolServer,
    computing_tools,
    database_tools,
    document_tools,
    file_tools,
    python_tools,
    web_tools,
)

__all__ = ["DEFAULT_TOOLS", "AgentOptions", "open_agent", "open_toolbox"]

DEFAULT_TOOLS: Final = ("documents", "compute")
_KINDS: Final = (
    "documents", "compute", "python", "web", "files", "database", "server",
)  # fmt: skip
_SIMPLE: Final = {"compute": computing_tools, "python": python_tools}
_USUAL: Final = Budget()
_PERMISSIONS: Final[tuple[Permission, ...]] = get_args(Permission)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentOptions:
    """What an agent is started with; kept with its runs.

    Attributes:
        tools: Which tools it has: `documents`, `compute`, `python`, `web`, `files`
            (with `folder`), `database:NAME` and `server:NAME` of the settings.
        folder: The folder that it may work in; empty is none.
        allow: What calls may do without approval, beside reading.
        strategy: How it works.
        steps: Turns of the model at most.
        seconds: How long it may take.
        tokens: How many tokens it may take; None is without a limit.
        context: How many the model is sent at once.
    """

    tools: tuple[str, ...] = DEFAULT_TOOLS
    folder: str = ""
    allow: tuple[str, ...] = ()
    strategy: str = "react"
    steps: int = _USUAL.steps
    seconds: float = _USUAL.seconds
    tokens: int | None = None
    context: int = _USUAL.context

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the options that a run keeps."""
        lists = {key: tuple(stored[key]) for key in ("tools", "allow")}
        return cls(**{**stored, **lists})


@contextmanager
def open_agent(
    settings: Settings, assistant: Assistant | None, options: AgentOptions
) -> Iterator[Agent]:
    """Open an agent over an assistant's bases; connections to servers end with it.

    Args:
        settings: Where the model and what tools need are.
        assistant: Whose documents are searched; None where no tool does.
        options: How it is to work.

    Raises:
        NotFoundError: The chat model was never added.
        UsageError: There is no chat model, no such tool, or no such permission.
    """
    if not settings.chat_model:
        msg = (
            "An agent needs a chat model. Add one: erya models add --help, then name "
            "it with --model."
        )
        raise UsageError(msg)
    allowed = READ_ONLY | _permissions(options.allow, "--allow")
    model = ModelRegistry(settings).chat(settings.chat_model)
    with open_toolbox(settings, assistant, options) as toolbox:
        yield Agent(
            model=model,
            toolbox=toolbox,
            allowed=allowed,
            budget=Budget(
                steps=options.steps,
                seconds=options.seconds,
                tokens=options.tokens,
                context=options.context,
            ),
        )


@contextmanager
def open_toolbox(
    settings: Settings, assistant: Assistant | None, options: AgentOptions
) -> Iterator[Toolbox]:
    """Open the tools of some options.

    Args:
        settings: Where databases, servers and the search engine are.
        assistant: Whose documents are searched; None where no tool does.
        options: Which tools.

    Raises:
        UsageError: There is no such tool, or it cannot be had.
    """
    with ExitStack() as stack:
        tools: list[Tool] = []
        for named in dict.fromkeys(options.tools):
            kind, _, name = named.partition(":")
            if kind == "server":
                server = stack.enter_context(_server(settings, name))
                tools += server.tools()
            else:
                tools += _tools_of(
                    kind, name, settings=settings, assistant=assistant, options=options
                )
        yield Toolbox(tools)


def _tools_of(
    kind: str,
    name: str,
    *,
    settings: Settings,
    assistant: Assistant | None,
    options: AgentOptions,
) -> list[Tool]:
    """Return the tools of one kind.

    Raises:
        UsageError: There is none, or something that it needs is missing.
    """
    if kind in _SIMPLE:
        return _SIMPLE[kind]()
    if kind == "documents":
        return [] if assistant is None else document_tools(assistant)
    limits = build_limits(settings)
    if kind == "web":
        return web_tools(search_url=settings.search_url, limits=limits)
    if kind == "database":
        found = _named(settings.databases, name, "databases")
        return database_tools(_address_of(found), found.tables)
    if kind == "files":
        if not Path(options.folder).is_dir() or not options.folder:
            msg = (
                f"The tools for files need a folder, got {options.folder!r}. Name one "
                "with --folder."
            )
            raise UsageError(msg)
        return file_tools(Path(options.folder), limits=limits)
    msg = f"There are no tools {kind!r}. There are: {', '.join(_KINDS)}."
    raise UsageError(msg)


def _server(settings: Settings, name: str) -> ToolServer:
    found = _named(settings.tool_servers, name, "tool_servers")
    where = f"permissions of [tool_servers.{name}]"
    return ToolServer(
        name,
        command=found.command,
        url=found.url,
        permissions=_permissions(found.permissions, where),
    )


def _named(rows: tuple[Any, ...], name: str, table: str) -> Any:
    """Return the row of a table of settings.

    Raises:
        UsageError: There is none of this name.
    """
    for row in rows:
        if row.name == name:
            return row
    there = ", ".join(row.name for row in rows) or "none"
    msg = f"There is no [{table}.{name}] in the settings; there is: {there}."
    raise UsageError(msg)


def _address_of(database: DatabaseSettings) -> str:
    """Return where a database is.

    Raises:
        UsageError: The variable that says so is not set.
    """
    if not database.url_env:
        return database.url
    address = secret(database.url_env)
    if not address:
        msg = f"The variable {database.url_env} with the address is not set."
        raise UsageError(msg)
    return address


def _permissions(names: tuple[str, ...], where: str) -> frozenset[Permission]:
    """Return permissions by their names.

    Raises:
        UsageError: One is none.
    """
    found = frozenset(each for each in _PERMISSIONS if each in names)
    unknown = sorted({*names} - {*found})
    if unknown:
        msg = f"{where}: {unknown[0]!r} is none of {', '.join(_PERMISSIONS)}."
        raise UsageError(msg)
    return found
