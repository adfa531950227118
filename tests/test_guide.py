"""The guide says what the program does."""

import importlib.util
import re
import shlex
import sys
import tomllib
from pathlib import Path

import click
import pytest

from erya.cli.main import app
from erya.config import TABLES, load

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
GENERATED = {"commands.md", "settings.md"}
PAGES = [
    ROOT / "README.md",
    ROOT / "README.zh-CN.md",
    *(p for p in sorted(DOCS.glob("??/*.md")) if p.name not in GENERATED),
]
FENCED = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(erya [^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+\.(?:md|toml))(?:#[^)]*)?\)")


@pytest.fixture(scope="module")
def reference():
    path = ROOT / "scripts" / "build_reference.py"
    spec = importlib.util.spec_from_file_location("build_reference", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["build_reference"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["build_reference"]


def lines_of(text):
    """Yield each command line that a page shows, as words."""
    shown = [line for block in FENCED.findall(text) for line in block.splitlines()]
    for line in [*shown, *INLINE.findall(FENCED.sub("", text))]:
        for part in line.removeprefix("$ ").split(" | "):
            if part.strip().startswith("erya "):
                yield shlex.split(part, comments=True)[1:]


def parse(words):
    """Parse a command line as the program would, without looking at its values."""
    command: click.Command = app
    context = click.Context(app, info_name="erya")
    while isinstance(command, click.Group):
        assert words, "a group alone is no command"
        name, *words = words
        found = command.get_command(context, name)
        assert found is not None, f"there is no command {name!r}"
        command, context = found, click.Context(found, parent=context, info_name=name)
    command.make_parser(context).parse_args(list(words))


def test_the_reference_lists_every_command_option_and_setting(reference):
    for path, text in reference.pages().items():
        stale = f"{path} is stale: run python scripts/build_reference.py"
        assert path.read_text("utf-8") == text, stale
    english = (DOCS / "en/commands.md").read_text("utf-8")
    names = [name for name, _ in reference.commands()]
    assert {"ask", "kb show", "models add chat"} <= {*names}
    assert [f"## erya {name}" for name in names] == re.findall("## erya .*", english)


def test_chinese_texts_are_those_of_commands_and_settings_that_exist(reference):
    texts = tomllib.loads((DOCS / "zh/reference.toml").read_text("utf-8"))
    settings = {each.name for each in load(environment={})[1]} - {*TABLES}

    assert {*texts["commands"]} == {name for name, _ in reference.commands()}
    assert {*texts["settings"]} == settings
    english = (DOCS / "en/settings.md").read_text("utf-8")
    assert {f"`{name}`" for name in settings} <= set(english.split())


def test_both_languages_have_the_same_pages():
    english, chinese = (
        {p.name for p in (DOCS / at).glob("*.md")} for at in ("en", "zh")
    )

    assert english == chinese
    for at in ("en", "zh"):
        index = (DOCS / at / "index.md").read_text("utf-8")
        assert {
            f"{name}.md" for name in re.findall(r"^([\w-]+)$", index, re.MULTILINE)
        } >= (english - {"index.md"})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_shows_can_be_typed(page):
    for words in lines_of(page.read_text("utf-8")):
        try:
            parse(words)
        except (AssertionError, click.UsageError) as error:
            pytest.fail(f"erya {' '.join(words)}: {error}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for link in LINK.findall(page.read_text("utf-8")):
        if "://" not in link:
            assert (page.parent / link).exists(), link


def test_every_command_is_explained_in_both_languages(reference):
    names = {name for name, _ in reference.commands()}
    for at in ("en", "zh"):
        texts = [p.read_text("utf-8") for p in PAGES if p.parent.name == at]
        shown = {" ".join(words) for text in texts for words in lines_of(text)}
        missing = {
            name
            for name in names
            if not any(s == name or s.startswith(f"{name} ") for s in shown)
        }
        assert not missing, at
