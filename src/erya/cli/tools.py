"""`erya tools`: what agents may have called."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from erya.agents import DEFAULT_TOOLS, AgentOptions, open_toolbox
from erya.assistant import Assistant
from erya.cli.common import (
    as_option,
    echo,
    echo_json,
    kb_option,
    settings_for,
    table,
    together,
    usual_options,
)
from erya.cli.lazy import Group
from erya.cli.principals import principal_for
from erya.config import Settings
from erya.errors import UsageError
from erya.opening import bases_for_reading, open_assistant
from erya.records import ToolCall
from erya.shapes import tool_result_shape, tool_shape

__all__ = [
    "app",
    "bases_for_tools",
    "open_bases",
    "shown_arguments",
    "split_tools",
    "tool_options",
]

_LEAST_SHOWN = 40  # characters of each argument

app = Group("tools", help="List the tools of agents, and try one.")

tool_options = together(
    click.option(
        "--tools",
        default=",".join(DEFAULT_TOOLS),
        metavar="LIST",
        help="Which: documents, compute, python, web, files, database:NAME, "
        "server:NAME.",
    ),
    click.option(
        "--folder",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="The folder that the tools for files may work in.",
    ),
)


def split_tools(listed: str) -> tuple[str, ...]:
    """Return the tools of a list with commas."""
    return tuple(filter(None, (name.strip() for name in listed.split(","))))


def bases_for_tools(settings: Settings, tools: Sequence[str]) -> list[str]:
    """Return the bases that tools search; none where none of them does."""
    return bases_for_reading(settings) if "documents" in tools else []


@contextmanager
def open_bases(settings: Settings, names: Sequence[str]) -> Iterator[Assistant | None]:
    """Open an assistant over bases; None where there are none."""
    if not names:
        yield None
        return
    name, *beside = names
    with open_assistant(settings, name, beside=beside) as assistant:
        yield assistant


@app.command("list")
@tool_options
@kb_option
@usual_options
def list_tools(
    *,
    tools: str,
    folder: Path | None,
    kb: str | None,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """List tools, what a call may do, and what they are for.

    Databases and servers are those of erya.toml: [databases.NAME] with url and tables,
    [tool_servers.NAME] with command or url.

    Examples:

      erya tools list

      erya tools list --tools compute,files --folder notes/ --json

      erya tools list --tools database:shop,server:tickets
    """
    settings = settings_for(home=home, config=config, kb=kb)
    options = AgentOptions(tools=split_tools(tools), folder=str(folder or ""))
    names = bases_for_tools(settings, options.tools)
    with (
        open_bases(settings, names) as assistant,
        open_toolbox(settings, assistant, options) as toolbox,
    ):
        if as_json:
            echo_json({"tools": [tool_shape(tool) for tool in toolbox]})
            return
        rows = [
            (t.spec.name, ", ".join(sorted(t.permissions)) or "-", t.spec.description)
            for t in toolbox
        ]
        table(rows, header=("TOOL", "MAY", "WHAT"))


@app.command("test")
@click.argument("tool", help="The name of the tool.")
@click.argument("arguments", default="{}", help="Its arguments, as a JSON object.")
@tool_options
@kb_option
@as_option
@usual_options
def test_tool(
    *,
    tool: str,
    arguments: str,
    tools: str,
    folder: Path | None,
    kb: str | None,
    narrowed: str | None,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Call a tool as an agent would, and show what it returns.

    You are the person who approves: what it does is done.

    Examples:

      erya tools test calculate '{"expression": "19 * 1250 / 12"}'

      erya tools test search_documents '{"query": "annual leave"}' --kb handbook

      erya tools test fetch_page '{"url": "https://example.com"}' --tools web
    """
    settings = settings_for(home=home, config=config, kb=kb)
    principal = principal_for(settings, narrowed)
    options = AgentOptions(tools=split_tools(tools), folder=str(folder or ""))
    names = bases_for_tools(settings, options.tools)
    with (
        open_bases(settings, names) as assistant,
        open_toolbox(settings, assistant, options) as toolbox,
    ):
        found = toolbox.get(tool)
        if found is None:
            there = ", ".join(each.spec.name for each in toolbox)
            msg = f"There is no tool {tool!r}. There are: {there}. See --tools."
            raise UsageError(msg)
        call = ToolCall(id="test", name=tool, arguments=arguments)
        seconds = found.limits.seconds
        result = toolbox.call(call, principal=principal, key="test", seconds=seconds)
    if as_json:
        echo_json(tool_result_shape(result))
    else:
        echo(result.text)
        for hit in result.passages:
            echo(f"\n{hit.chunk.source}\n{hit.chunk.text}")
    if result.is_error:
        raise click.exceptions.Exit(1)


def shown_arguments(call: ToolCall, *, width: int = 200) -> str:
    """Return the arguments of a call: each by its name, long ones cut by themselves."""
    try:
        values: Any = json.loads(call.arguments or "{}")
        texts = {
            key: json.dumps(value, ensure_ascii=False) for key, value in values.items()
        }
    except (AttributeError, ValueError, RecursionError):
        return _cut(call.arguments, width)
    short_first = sorted(texts.items(), key=lambda item: len(item[1]))
    most = max(width // max(len(texts), 1), _LEAST_SHOWN)
    return ", ".join(
        f"{key if key.isidentifier() else json.dumps(key)}={_cut(text, most)}"
        for key, text in short_first
    )


def _cut(text: str, width: int) -> str:
    more = len(text) - width
    return text if more <= 0 else f"{text[:width]}… ({more:,} more characters)"
