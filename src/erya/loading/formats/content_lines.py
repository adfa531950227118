"""Lines of a name, parameters and a value, as calendars and contacts have them."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

__all__ = ["Property", "properties", "unescape"]

_FOLD: Final = re.compile(r"\r?\n[ \t]")
_ESCAPE: Final = re.compile(r"\\([,;nN\\])")
_PROPERTY: Final = re.compile(
    r'(?:[\w-]{1,40}\.)?([A-Za-z-]+)((?:;(?:"[^"]*"|[^":])*)?):(.*)'
)
_PARAMETER: Final = re.compile(r';([A-Za-z-]+)=(?:"([^"]*)"|([^";:]*))')


class Property(NamedTuple):
    """A line: its name, what is said of its value, and the value."""

    name: str
    parameters: dict[str, str]
    value: str


def properties(text: str) -> Iterator[Property]:
    """Yield the lines of a text, those that were folded as one (RFC 5545, RFC 6350).

    Colons in quoted parameters part nothing. A line of another form has no name.
    """
    for line in _FOLD.sub("", text).split("\n"):
        match = _PROPERTY.match(line)
        if match is None:
            yield Property("", {}, "")
            continue
        parameters = {
            parameter[1].upper(): parameter[2]
            if parameter[2] is not None
            else parameter[3]
            for parameter in _PARAMETER.finditer(match[2])
        }
        yield Property(match[1].upper(), parameters, match[3].strip())


def unescape(value: str) -> str:
    """Return a value with its commas, semicolons and line ends as they are meant."""
    return _ESCAPE.sub(lambda f: "\n" if f[1] in "nN" else f[1], value)
