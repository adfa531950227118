"""Conventions that a reviewer would otherwise have to repeat."""

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import erya
from erya import errors
from erya.cli.main import app

HEAVY = {
    "alembic", "charset_normalizer", "httpx", "httpx2", "numpy",
    "opentelemetry", "pydantic", "rich", "rjieba", "selectolax", "sqlalchemy", "tantivy",
    "torch", "transformers", "click", "lxml", "docutils", "pyromark", "protego",
    "python_calamine", "oxmsg", "boto3", "rapidocr", "rapid_layout",
}  # fmt: skip


def modules() -> list[str]:
    found = pkgutil.walk_packages(erya.__path__, "erya.")
    return [m.name for m in found if ".migrations" not in m.name]


def test_every_public_name_of_erya_is_exported():
    for name in erya.__all__:
        assert getattr(erya, name) is not None
    public = {
        name
        for name, value in vars(erya).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert public - {"Any", "TYPE_CHECKING"} == set(erya.__all__)
    assert erya.__all__ == sorted(erya.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = erya.Nonsense


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_belongs_to_the_tree_and_says_what_it_means(name):
    error = getattr(errors, name)

    assert issubclass(error, errors.EryaError)
    assert error.__doc__
    assert name in (errors.__doc__ or "")


@pytest.mark.parametrize("name", [m for m in modules() if m != "erya.__main__"])
def test_every_module_says_what_it_is_and_what_it_offers(name):
    module = importlib.import_module(name)

    assert module.__doc__
    for offered in getattr(module, "__all__", ()):
        assert hasattr(module, offered)


def loaded_by(statement: str) -> set[str]:
    probe = (
        f"import sys; {statement}; print(*{{m.partition('.')[0] for m in sys.modules}})"
    )
    return set(
        subprocess.run(
            [sys.executable, "-c", probe], capture_output=True, text=True, check=True
        ).stdout.split()
    )


def test_importing_erya_loads_nothing_heavy():
    assert not HEAVY & loaded_by("import erya")


def test_help_loads_no_library_but_that_of_the_command_line():
    loaded = loaded_by("import erya.cli.main")

    assert not (HEAVY - {"click"}) & loaded


def test_a_program_that_only_asks_loads_no_parser():
    loaded = loaded_by("import erya.assistant")

    assert not {"docx", "lxml", "pypdfium2", "python_calamine"} & loaded


CONTEXT = click.Context(app)


def commands(group=app, path=()):
    for name in group.list_commands(CONTEXT):
        command = group.get_command(CONTEXT, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


@pytest.mark.parametrize(("path", "command"), list(commands()))
def test_every_command_has_help_with_an_example(path, command):
    assert re.search(rf"Examples?:\s+(\w+=\w+ )?erya {path}\b", command.help)
    for option in command.params:
        assert option.help, f"{path} {option.name}"


def test_every_command_of_the_program_is_listed_without_being_imported():
    shown = loaded_by(
        "from erya.cli.main import app; import click; app.get_help(click.Context(app))"
    )

    assert not (HEAVY - {"click"}) & shown
    for name in app.list_commands(CONTEXT):
        command = app.get_command(CONTEXT, name)
        assert command is not None
        assert command.name == name
    assert app.get_command(CONTEXT, "nonsense") is None


def test_a_shell_is_offered_commands_by_their_beginning():
    offered = app.shell_complete(CONTEXT, "in")

    assert [each.value for each in offered] == ["ingest", "inspect"]


def test_commands_import_at_the_top_of_their_files():
    folder = Path(erya.__file__).parent / "cli"
    for file in sorted(folder.glob("*.py")):
        within = [
            node
            for function in ast.walk(ast.parse(file.read_text("utf-8")))
            if isinstance(function, ast.FunctionDef)
            for node in ast.walk(function)
            if isinstance(node, (ast.Import, ast.ImportFrom))
        ]
        assert not within, file.name
