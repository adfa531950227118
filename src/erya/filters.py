"""Which documents a question is about: a small typed tree that each store compiles.

A filter only ever narrows. Who may read what is decided elsewhere, and first.
"""

import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NoReturn, get_args

from erya.errors import UsageError

__all__ = [
    "FIELDS",
    "Above",
    "AllOf",
    "AnyOf",
    "Below",
    "Field",
    "Filter",
    "Has",
    "Is",
    "Not",
    "Under",
    "filter_from_json",
    "filter_to_json",
    "parse_filter",
]

Field = Literal["document", "source", "media_type", "language"]
FIELDS: Final[tuple[Field, ...]] = get_args(Field)
_NAMES: Final[dict[str, Field]] = {
    "id": "document",
    "document": "document",
    "source": "source",
    "type": "media_type",
    "media_type": "media_type",
    "lang": "language",
    "language": "language",
}
_TAGS: Final = {"tag": "tags"}
_KEYS: Final = frozenset(("under", *_NAMES, *_TAGS))  # in capitals or not
_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<sign>[()])
      | (?P<key>[^\s()"'<>=!]+)\s*(?P<operator>>=|<|!=|=)\s*
        (?P<value>"[^"]*"|'[^']*'|[^\s()"']+)
      | (?P<word>and|or|not)(?![^\s()])
      | (?P<wrong>\S.*)
    )""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_LONGEST: Final = 10_000  # characters
_DEEPEST: Final = 50


@dataclass(frozen=True, slots=True)
class Under:
    """Documents whose source is one of `roots`, or lies inside one; none for no root.

    Attributes:
        roots: Sources, as documents have them: paths, folders, addresses.
    """

    roots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Is:
    """Documents of which a field has one of `values`; none for no value.

    Attributes:
        field: What the store itself knows of every document.
        values: Compared as they are.
    """

    field: Field
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.field not in FIELDS:
            msg = f"A document has no {self.field!r}. It has: {', '.join(FIELDS)}."
            raise UsageError(msg)


@dataclass(frozen=True, slots=True)
class Has:
    """Documents of whose metadata one entry is `value`, or names it in a list.

    Lists are written with commas or semicolons, as the tags of a page are. ASCII
    letters are the same in capitals.

    Attributes:
        key: Of the metadata: `author`, `tags`, or one of the team's own.
        value: What it is, or holds.
    """

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Above:
    """Documents of whose metadata an entry is `value` or comes after it, as text.

    Dates written as `2026-11-28` or longer stand in their order.
    """

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Below:
    """Documents of whose metadata an entry comes before `value`, as text."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """Documents that pass every one of `filters`; all, for none."""

    filters: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Documents that pass one of `filters` at least; none, for none."""

    filters: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """Documents that do not pass `filter`."""

    filter: "Filter"


Filter = Under | Is | Has | Above | Below | AllOf | AnyOf | Not


def filter_to_json(given: Filter) -> list[Any]:
    """Return a filter as JSON: the kind, then what it has, in the order of fields."""
    found: list[Any] = []
    match given:
        case AllOf(filters) | AnyOf(filters):
            kind = "all" if isinstance(given, AllOf) else "any"
            found = [kind, *map(filter_to_json, filters)]
        case Not(inner):
            found = ["not", filter_to_json(inner)]
        case Under(roots):
            found = ["under", list(roots)]
        case Is(field, values):
            found = ["is", field, list(values)]
        case Has(key, value) | Above(key, value) | Below(key, value):
            found = [type(given).__name__.lower(), key, value]
    return found


def filter_from_json(given: object, *, depth: int = 0) -> Filter:
    """Return the filter that `filter_to_json` wrote.

    Raises:
        UsageError: It is no such thing.
    """
    found: Filter | None = None
    if depth <= _DEEPEST:
        match given:
            case ["all" | "any" as kind, *filters]:
                inner = tuple(filter_from_json(f, depth=depth + 1) for f in filters)
                found = AllOf(inner) if kind == "all" else AnyOf(inner)
            case ["not", filtered]:
                found = Not(filter_from_json(filtered, depth=depth + 1))
            case ["under", [*roots]]:
                found = Under(_texts(roots))
            case ["is", str(field), [*values]]:
                found = Is(field, _texts(values))  # type: ignore[arg-type]  # it checks
            case ["has", str(key), str(value)]:
                found = Has(key, value)
            case ["above", str(key), str(value)]:
                found = Above(key, value)
            case ["below", str(key), str(value)]:
                found = Below(key, value)
            case _:
                pass
    if found is None:
        msg = f"A filter is a list that begins with its kind, got {given!r:.200}."
        raise UsageError(msg)
    return found


def _texts(values: Sequence[object]) -> tuple[str, ...]:
    """Return values that are texts.

    Raises:
        UsageError: One is none.
    """
    texts = tuple(value for value in values if isinstance(value, str))
    if len(texts) < len(values):
        msg = f"The values of a filter are texts, got {values!r:.200}."
        raise UsageError(msg)
    return texts


def parse_filter(text: str) -> Filter:
    """Read a filter as people write it: `lang=zh and not (under=/hr or type=pdf)`.

    `KEY=VALUE` compares, with commas between several values of which one is enough;
    `!=` is the opposite; `>=` and `<` compare as text, which is right for dates. What
    stands side by side has to hold together; `and` binds stronger than `or`. Values
    with blanks stand in quotation marks. Keys are `under` (a folder, file or address,
    with all inside it), `source`, `id`, `type` (`pdf`, or a media type), `lang`,
    `author`, `tag`, `date`, and whatever else the metadata of documents has.

    Raises:
        UsageError: It cannot be read; the message says where.
    """
    return _Reader(text).read()


class _Reader:
    """Reads a filter by recursive descent."""

    def __init__(self, text: str) -> None:
        self._text = text
        if len(text) > _LONGEST:
            self._refuse(f"it is longer than {_LONGEST:,} characters")
        self._tokens = [*_TOKEN.finditer(text.rstrip())]
        self._at = self._depth = 0

    def read(self) -> Filter:
        found = self._any()
        if self._at < len(self._tokens):
            self._refuse(f"nothing was expected at {self._rest()!r}")
        return found

    def _any(self) -> Filter:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all(self) -> Filter:
        parts = [self._one()]
        while self._take("and") or self._next() not in {"", "or", ")"}:
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _one(self) -> Filter:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._refuse(f"it is nested more than {_DEEPEST} deep")
        if self._take("not"):
            found: Filter = Not(self._one())
        elif self._take("("):
            found = self._any()
            if not self._take(")"):
                self._refuse("a parenthesis is not closed")
        elif self._next() == "=":
            found = self._comparison(self._tokens[self._at])
            self._at += 1
        else:
            what = self._rest() or "its end"
            self._refuse(f"KEY=VALUE was expected at {what!r}")
        self._depth -= 1
        return found

    def _comparison(self, token: "re.Match[str]") -> Filter:
        key, operator, value = token["key"], token["operator"], token["value"]
        if key.lower() in _KEYS:
            key = key.lower()
        if value[0] in "\"'":
            values = [value[1:-1]]
        else:
            values = [part for part in re.split("[,，]", value) if part]
        if not values:
            self._refuse(f"{key} has no value")
        if operator in {">=", "<"}:
            if key in _NAMES or key == "under" or len(values) > 1:
                self._refuse(f"{key} cannot be compared by {operator}")
            return Above(key, values[0]) if operator == ">=" else Below(key, values[0])
        found = _equal(key, tuple(values))
        return Not(found) if operator == "!=" else found

    def _take(self, sign: str) -> bool:
        if self._next() != sign:
            return False
        self._at += 1
        return True

    def _next(self) -> str:
        """Return what comes next: a word, a parenthesis, or `=` for a comparison."""
        if self._at == len(self._tokens):
            return ""
        token = self._tokens[self._at]
        if token["wrong"]:
            self._refuse(f"KEY=VALUE was expected at {token['wrong']!r}")
        return "=" if token["key"] else (token["word"] or token["sign"]).lower()

    def _rest(self) -> str:
        left = self._tokens[self._at :]
        return self._text[left[0].start() :].strip() if left else ""

    def _refuse(self, why: str) -> NoReturn:
        """Tell where the text cannot be read.

        Raises:
            UsageError: Always.
        """
        msg = (
            f"The filter {self._text[:200]!r} cannot be read: {why[:300]}. Try: "
            "'under=/data/hr and type=pdf,docx and not tag=draft and date>=2025-01-01'"
        )
        raise UsageError(msg)


def _equal(key: str, values: tuple[str, ...]) -> Filter:
    if key == "under":
        return Under(values)
    field = _NAMES.get(key)
    if field == "media_type":
        values = tuple(map(_media_type, values))
    if field is not None:
        return Is(field, values)
    named = tuple(Has(_TAGS.get(key, key), value) for value in values)
    return named[0] if len(named) == 1 else AnyOf(named)


def _media_type(name: str) -> str:
    """Return the media type of files with an ending; a media type is left as it is."""
    if "/" in name:
        return name
    return mimetypes.guess_type(f"file.{name.lstrip('.').lower()}")[0] or name
