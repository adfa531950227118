"""Write the pages of the guide that list every command, option and setting.

    python scripts/build_reference.py

English texts are those of `--help` and of `Settings`; Chinese ones stand in
docs/zh/reference.toml. The suite holds the pages against the program.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from erya.cli.main import app
from erya.config import SETTINGS, TABLES, load

DOCS: Final = Path(__file__).parent.parent / "docs"
# What depends on the machine, and is told in words.
_OF_THE_MACHINE: Final = frozenset(("home", "user", "workers"))
# On every command that has them; said once.
_EVERYWHERE: Final = frozenset(("--home", "--config", "--json", "--help"))


class Words(NamedTuple):
    """The words of one language around what the program says."""

    commands: str
    settings: str
    option: str
    meaning: str
    default: str
    setting: str
    machine: str
    about_commands: str
    about_settings: str


WORDS: Final = {
    "en": Words(
        commands="Commands", settings="Settings", option="option", meaning="meaning",
        default="default", setting="setting", machine="of this machine",
        about_commands=(
            "Every command has `--help` with examples. Where they are listed nowhere, "
            "`--home DIR` says where bases are kept, `--config FILE` which settings "
            "file is read, and `--json` prints one object for programs."
        ),
        about_settings=(
            "In `erya.toml` as `name = value`, in the environment as `ERYA_NAME`. "
            "`erya config show` tells each value and where it came from."
        ),
    ),
    "zh": Words(
        commands="命令", settings="设置", option="选项", meaning="含义",
        default="默认值", setting="设置", machine="视机器而定",
        about_commands=(
            "每个命令都有带示例的 `--help`，选项的说明与 `--help` 相同，为英文。"
            "未列出的：`--home DIR` 指定库的位置，`--config FILE` 指定设置文件，"
            "`--json` 输出供程序读取的一个对象。"
        ),
        about_settings=(
            "在 `erya.toml` 里写作 `name = value`，在环境变量里写作 `ERYA_NAME`。"
            "`erya config show` 列出每个值及其来源。"
        ),
    ),
}  # fmt: skip


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its whole name, as `kb show`."""
    waiting: list[tuple[str, click.Command]] = [("", app)]
    while waiting:
        name, command = waiting.pop(0)
        if isinstance(command, click.Group):
            context = click.Context(command)
            inner = [
                (n, command.get_command(context, n))
                for n in command.list_commands(context)
            ]
            waiting[:0] = [
                (f"{name} {n}".strip(), c) for n, c in inner if c is not None
            ]
        else:
            yield name, command


def commands_page(language: str, texts: Mapping[str, str]) -> str:
    """Return the page of all commands.

    Args:
        language: `en` or `zh`.
        texts: What a command does, by its name; where it lacks, as `--help` says.
    """
    words = WORDS[language]
    parts = [f"# {words.commands}", words.about_commands]
    for name, command in commands():
        usage = " ".join(command.collect_usage_pieces(click.Context(command)))
        parts += [f"## erya {name}", texts.get(name) or _first(command.help or "")]
        parts.append(f"```\nerya {name} {usage}\n```")
        rows = [
            (
                f"`{', '.join(each.opts + each.secondary_opts)}`",
                _one_line(each.help or ""),
            )
            for each in command.params
            if isinstance(each, click.Option) and not _EVERYWHERE & {*each.opts}
        ]
        if rows:
            parts.append(_table((words.option, words.meaning), rows))
    return "\n\n".join(parts) + "\n"


def settings_page(language: str, texts: Mapping[str, str]) -> str:
    """Return the page of all settings."""
    words = WORDS[language]
    defaults = {
        each.name: each.value
        for each in load(environment={}, file=Path("/dev/null"))[1]
    }
    rows = [
        (
            f"`{name}`",
            words.machine if name in _OF_THE_MACHINE else _written(defaults[name]),
            texts.get(name) or told.about,
        )
        for name, told in SETTINGS.items()
        if name not in TABLES
    ]
    parts = [f"# {words.settings}", words.about_settings]
    parts.append(_table((words.setting, words.default, words.meaning), rows))
    return "\n\n".join(parts) + "\n"


def pages() -> dict[Path, str]:
    """Return every page that is made here, by its place."""
    chinese: dict[str, Any] = tomllib.loads(
        (DOCS / "zh/reference.toml").read_text("utf-8")
    )
    return {
        DOCS / "en/commands.md": commands_page("en", {}),
        DOCS / "en/settings.md": settings_page("en", {}),
        DOCS / "zh/commands.md": commands_page("zh", chinese["commands"]),
        DOCS / "zh/settings.md": settings_page("zh", chinese["settings"]),
    }


def _first(text: str) -> str:
    return _one_line(text.partition("\n\n")[0])


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _written(value: Any) -> str:
    return f"`{value}`" if value not in {"", ()} else "–"


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)


def main() -> None:
    """Write the pages."""
    for path, text in pages().items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
