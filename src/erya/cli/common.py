"""What the commands share: options, settings, and how things are shown."""

import json
import math
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from typing_extensions import override

from erya.cli.text import columns_of, one_line, visible
from erya.config import Settings, load, trust
from erya.errors import UntrustedSettingsError
from erya.filters import AllOf, AnyOf, Filter, Is, Not, Under, parse_filter
from erya.records import absolute_path
from erya.shapes import VERSION, findings_shape
from erya.stores import Finding

__all__ = [
    "Share",
    "as_option",
    "config_option",
    "echo",
    "echo_json",
    "filter_option",
    "finding_options",
    "flags_of",
    "home_option",
    "interactive",
    "json_option",
    "kb_option",
    "model_option",
    "name_argument",
    "place_options",
    "rerank_option",
    "settings_for",
    "show_findings",
    "strategy_option",
    "table",
    "together",
    "usual_options",
]


home_option = click.option(
    "--home",
    type=click.Path(path_type=Path),
    help="Where bases are kept. [env: ERYA_HOME]",
    metavar="DIR",
)
config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Settings file. [env: ERYA_CONFIG; default: ./erya.toml]",
    metavar="FILE",
)
kb_option = click.option("--kb", help="The knowledge base. [env: ERYA_KB]")
as_option = click.option(
    "--as",
    "narrowed",
    metavar="NAME[,GROUP...]",
    help="See only what this person may read, in their groups and in these.",
)


class FilterText(click.ParamType[Filter]):
    """A filter, as `erya.filters.parse_filter` reads it, in which paths are whole."""

    name = "filter"

    @override
    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Filter:
        return _with_whole_paths(parse_filter(value))


def _with_whole_paths(given: Filter) -> Filter:
    """Return a filter with paths as documents have them, where there are such files."""
    found = given
    match given:
        case Under(roots):
            found = Under(tuple(map(_whole_path, roots)))
        case Is("source", values):
            found = Is("source", tuple(map(_whole_path, values)))
        case AllOf(filters):
            found = AllOf(tuple(map(_with_whole_paths, filters)))
        case AnyOf(filters):
            found = AnyOf(tuple(map(_with_whole_paths, filters)))
        case Not(inner):
            found = Not(_with_whole_paths(inner))
        case _:
            pass
    return found


def _whole_path(source: str) -> str:
    return absolute_path(source) if Path(source).exists() else source


filter_option = click.option(
    "--filter",
    "where",
    type=FilterText(),
    metavar="FILTER",
    help="Only documents that pass: 'under=hr/ and type=pdf and not tag=draft'. Keys: "
    "under, source, id, type, lang, author, tag, date, other metadata.",
)
model_option = click.option("--model", help="A chat model added with `models add`.")
strategy_option = click.option(
    "--strategy",
    "query_strategy",
    metavar="NAME",
    help="Let the chat model word the question anew: multi-query, rewrite, "
    "sub-queries, step-back, hyde; several with +.",
)
rerank_option = click.option(
    "--rerank",
    "rerank_model",
    metavar="NAME",
    help="A rerank model added with `models add`; '' for none.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object, for programs."
)


def together(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return one decorator for options that commands share, in the order of help."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


name_argument = click.argument("name", help="The knowledge base.")
place_options = together(home_option, config_option)
usual_options = together(json_option, place_options)
finding_options = together(model_option, strategy_option, rerank_option)


class Share(click.FloatRange):
    """A number from 0 to 1; not NaN, which compares as being in every range."""

    def __init__(self) -> None:
        super().__init__(min=0.0, max=1.0)

    @override
    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        found = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value!r} is no number from 0 to 1.", param, ctx)
        return found


def settings_for(**flags: Any) -> Settings:
    """Read the settings under the given flags; `config` names the file.

    Raises:
        UsageError: A setting is unknown or wrong.
    """
    file = flags.pop("config", None)
    try:
        settings, origins = load(flags, file=file)
    except UntrustedSettingsError as error:
        if not interactive():
            raise
        what = ", ".join(error.settings)
        echo(f"{error.file} sets {what}: what can reach other machines, or write.")
        if not click.confirm("Is it yours, and may it?"):
            raise
        trust(Path(error.file))
        settings, origins = load(flags, file=file)
    found = {Path(each.origin) for each in origins if each.origin.endswith(".toml")}
    for path in found if file is None else ():
        echo(f"Settings: {path}", err=True)
    return settings


def flags_of(given: Mapping[str, object]) -> str:
    """Return the flags that were given, for a command to go on with."""
    return "".join(
        f" {flag} {shlex.quote(str(value))}" for flag, value in given.items() if value
    )


def echo(text: str = "", *, err: bool = False) -> None:
    """Print a line, without what could steer a terminal or hide in it."""
    click.echo(visible(text), err=err)


def echo_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object, with the version of its shape."""
    shape = {"version": VERSION, **value}
    click.echo(json.dumps(shape, ensure_ascii=False, default=str))


def table(rows: Sequence[Sequence[object]], *, header: Sequence[str]) -> None:
    """Print rows in columns."""
    lines = [[one_line(str(cell)) for cell in row] for row in (header, *rows)]
    widths = [max(map(columns_of, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (
            cell + " " * (width - columns_of(cell))
            for cell, width in zip(line, widths, strict=True)
        )
        echo("  ".join(cells).rstrip())


def show_findings(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Print what checks have found, and exit with 1 if anything is wrong."""
    shape = findings_shape(findings)
    if as_json:
        echo_json(shape)
    else:
        for finding in findings:
            echo(f"{'ok ' if finding.ok else 'BAD'}  {finding.check}: {finding.detail}")
    if not shape["ok"]:
        raise click.exceptions.Exit(1)


def interactive() -> bool:
    """Tell whether a person watches standard error."""
    return sys.stderr.isatty() and os.name != "nt"
