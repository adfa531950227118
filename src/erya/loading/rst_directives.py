"""Directives of reStructuredText that docutils does not know: they hold text."""

import re
from typing import Any, Final

from docutils import nodes
from docutils.parsers.rst import Directive, directives
from docutils.parsers.rst.languages import en

__all__ = ["know_directives"]

_NAMED: Final = re.compile(
    r"^[ \t]*\.\. +(?:\|[^|\n]+\| +)?([\w:+.-]+)::", re.MULTILINE
)
# What they hold is for programs: names of files and modules.
_FOR_PROGRAMS: Final = re.compile(
    r"toctree|auto\w+|(?:literal|c)?include|index|highlight|(?:py:)?(?:current)?module"
    r"|tabularcolumns|plantuml|graphviz|mermaid|uml|plot|image|figure|jinja|program"
    r"|default-(?:role|domain)|sectionauthor|codeauthor|testsetup|testcleanup|raw"
)
_CHANGES: Final = {
    "versionadded": "Added in version", "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version", "versionremoved": "Removed in version",
}  # fmt: skip


class _AnyOption(dict[str, Any]):
    """Takes every option as it is."""

    def __missing__(self, name: str) -> Any:
        return directives.unchanged


class _Text(Directive):  # type: ignore[misc]  # docutils tells no types
    """Its argument is a paragraph, and its content is what stands below it."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec = _AnyOption(name=directives.unchanged)

    def run(self) -> list[Any]:
        if _FOR_PROGRAMS.fullmatch(self.name):
            return []
        told = "" if self.name == "only" else " ".join(self.arguments)
        lines = [line.strip() for line in told.split("\n") if line.strip()]
        begin = _CHANGES.get(self.name, "")
        lines = [f"{begin} {line}".strip() for line in lines[:1]] + lines[1:]
        lines += [f"{name}: {value}" for name, value in self.options.items() if value]
        found = [self._paragraph(line) for line in lines]
        holder = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, holder)
        return [*found, *holder.children]

    def _paragraph(self, line: str) -> Any:
        inline, _ = self.state.inline_text(line, self.lineno)
        return nodes.paragraph(line, "", *inline)


def know_directives(source: str) -> None:
    """Let docutils take the directives of a text that it does not know as text."""
    for name in {match.lower() for match in _NAMED.findall(source)}:
        if name not in en.directives and name not in directives._directives:  # noqa: SLF001
            directives.register_directive(name, _Text)
