"""Which documents a question is about: a small typed tree that each store compiles.

A filter only ever narrows. Who may read what is decided elsewhere, and first.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

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
]

Field = Literal["document", "source", "media_type", "language"]
FIELDS: Final[tuple[Field, ...]] = get_args(Field)


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
