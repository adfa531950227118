"""Directives and roles of reStructuredText as text, whatever options they have."""

import re
from collections.abc import Callable
from typing import Any, Final

from docutils import nodes
from docutils.parsers.rst import Directive, directives, roles
from docutils.parsers.rst.languages import en
from docutils.parsers.rst.states import SubstitutionDef

__all__ = ["know_directives", "know_roles"]

_NAMED: Final = re.compile(
    r"^[ \t]*\.\. +(?:\|[^|\n]+\| +)?([\w:+.-]+)::", re.MULTILINE
)
_ROLE: Final = re.compile(r":([a-zA-Z][\w:+.-]{0,40}):`|`:([a-zA-Z][\w:+.-]{0,40}):")
_TARGET: Final = re.compile(r"(.*\S)\s*<[^<>]*>", re.DOTALL)  # a title and where it is
# What they hold is for programs: names of files and modules.
_FOR_PROGRAMS: Final = re.compile(
    r"toctree|index|highlight|(?:py:)?(?:current)?module|tabularcolumns|jinja|program"
    r"|default-(?:role|domain)|sectionauthor|codeauthor|testsetup|testcleanup"
)
# What they show stands in another file.
_ELSEWHERE: Final = re.compile(r"auto\w+|(?:literal|c)?include")
_DRAWINGS: Final = re.compile(r"plantuml|graphviz|(?:di)?graph|mermaid|uml|plot")
_CHANGES: Final = {
    "versionadded": "Added in version", "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version", "versionremoved": "Removed in version",
}  # fmt: skip
# Options that change how something looks, not what it says; docutils refuses some
# values of theirs, and all that stands below them.
_LOOKS: Final = frozenset(
    ("align", "class", "dedent", "emphasize-lines", "figwidth", "force", "height",
     "label", "lineno-start", "linenos", "loading", "name", "nowrap", "number-lines",
     "scale", "stub-columns", "width", "widths")
)  # fmt: skip
_TITLES: Final = frozenset(("caption", "title"))
_UNREADABLE: Final = object()  # the value of an option


class Elsewhere(nodes.Invisible, nodes.Element):  # type: ignore[misc]  # untyped
    """Stands for what another file holds; its `name` is the file's, or a module's."""

    tagname = "elsewhere"


class _AnyOption(dict[str, Any]):
    """Takes every option as it is."""

    def __missing__(self, name: str) -> Any:
        return directives.unchanged


class _Base(Directive):  # type: ignore[misc]  # docutils tells no types
    """Writes options as paragraphs."""

    options: dict[str, Any]

    def _paragraph(self, line: str) -> Any:
        inline, _ = self.state.inline_text(line, self.lineno)
        return nodes.paragraph(line, "", *inline)

    def _option_paragraphs(self, options: dict[str, Any]) -> list[Any]:
        """Return a paragraph for each option that has a value."""
        lines = (
            value if name in _TITLES else f"{name}: {value}"
            for name, value in options.items()
            if value
        )
        return [self._paragraph(" ".join(line.split())) for line in lines]


class _Tolerant(_Base):
    """A directive that docutils knows, with options that it does not know.

    What they say stands above the directive; options for looks alone are passed over.
    """

    known: frozenset[str] = frozenset()

    def run(self) -> list[Any]:
        options = {
            name: value
            for name, value in self.options.items()
            if name not in _LOOKS and value is not _UNREADABLE
        }
        file = options.pop("file", None) or options.pop("url", None)
        self.options = {n: v for n, v in options.items() if n in self.known}
        if file and not self.content:
            return [Elsewhere(name=str(file))]
        if isinstance(self.state, SubstitutionDef):
            return list(super().run())  # it stands within a line
        others = {n: v for n, v in options.items() if n not in self.known}
        return [*self._option_paragraphs(others), *super().run()]


class _Text(_Base):
    """Its argument is a paragraph, and its content is what stands below it."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec = _AnyOption(name=directives.unchanged)

    def run(self) -> list[Any]:
        if _FOR_PROGRAMS.fullmatch(self.name):
            return self._titles()
        if _DRAWINGS.fullmatch(self.name):
            text = "\n".join(self.content)
            return [
                *self._option_paragraphs(self.options),
                nodes.literal_block(text, text),
            ]
        holder = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, holder)
        if _ELSEWHERE.fullmatch(self.name):
            file = Elsewhere(name=" ".join(self.arguments))
            return [*self._titles(), file, *holder.children]
        argument_text = "" if self.name == "only" else " ".join(self.arguments)
        lines = [line.strip() for line in argument_text.split("\n") if line.strip()]
        begin = _CHANGES.get(self.name, "")
        lines = [f"{begin} {line}".strip() for line in lines[:1]] + lines[1:]
        paragraphs = [self._paragraph(line) for line in lines]
        return [*paragraphs, *self._option_paragraphs(self.options), *holder.children]

    def _titles(self) -> list[Any]:
        """Return what a reader sees of a list of files: its title, and theirs."""
        lines = [self.options.get(name, "") for name in sorted(_TITLES)]
        if self.name == "toctree":
            lines += [
                title[1] for title in map(_TARGET.fullmatch, self.content) if title
            ]
        return [self._paragraph(line.strip()) for line in lines if line.strip()]


def know_directives(source: str) -> None:
    """Let docutils take any directive of a text, with any option, as text."""
    for name in {match.lower() for match in _NAMED.findall(source)}:
        is_known = name in en.directives or name in directives._directives  # noqa: SLF001
        if _ELSEWHERE.fullmatch(name) or not is_known:
            directives.register_directive(name, _Text)
            continue
        own, _ = directives.directive(name, en, None)
        if own.option_spec and not issubclass(own, _Base):
            directives.register_directive(name, _tolerant(own))


def _tolerant(own: Any) -> Any:
    spec = _AnyOption(
        {name: _lenient(convert) for name, convert in own.option_spec.items()}
    )
    body = {"option_spec": spec, "known": frozenset(own.option_spec)}
    return type(own.__name__, (_Tolerant, own), body)


def _lenient(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a conversion that refuses no value."""

    def convert_or_mark(value: str) -> Any:
        try:
            return convert(value)
        except (ValueError, TypeError):
            return _UNREADABLE

    return convert_or_mark


def know_roles(source: str) -> None:
    """Let docutils take the roles of a text that it does not know as their text.

    `:ref:`text <target>`` of Sphinx is shown as its text.
    """
    for name in {(a or b).lower() for a, b in _ROLE.findall(source)}:
        if name in en.roles:  # not what another text has made of it
            roles._roles.pop(name, None)  # noqa: SLF001
        else:
            roles.register_local_role(name, _role)


def _role(_name: str, raw: str, text: str, *_: Any) -> tuple[list[Any], list[Any]]:
    label = nodes.unescape(text)
    titled = _TARGET.fullmatch(label)
    label = titled[1] if titled else label
    return [nodes.inline(raw, label)], []
