"""How text of an OpenDocument file looks, by the styles of it and around it.

A style has what it is based on; a span what is around it, and a paragraph the default
of its kind (OpenDocument 1.3, part 3, 16.2).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from erya.loading.formats.odf_names import DRAW, FO, STYLE, SVG, TABLE, TEXT
from erya.loading.looks import are_alike, is_near_white

__all__ = ["Look", "Looks"]

_COLOUR: Final = re.compile("#[0-9a-fA-F]{6}")
_WHITE: Final = "#ffffff"
_UNKNOWN: Final = ""  # a ground of a colour that is not known: nothing is hidden on it
_SMALL: Final = re.compile(r"(?:0(?:\.\d{1,4})?|1(?:\.0{1,4})?)pt")
_MOST_STYLES: Final = 20  # each based on the next
_LENGTH: Final = re.compile(r"(\d{1,5}(?:\.\d{1,6})?)(cm|mm|in|pt)")
_INCHES: Final = {"cm": 1 / 2.54, "mm": 1 / 25.4, "in": 1.0, "pt": 1 / 72}
_COVER: Final = 8.27 * 11.69 / 4  # square inches: a quarter of a page (A4)
_Properties = Mapping[str, str]


class Look(NamedTuple):
    """How text is shown."""

    is_hidden: bool  # not shown, or in the colour of its ground, or too small
    height: str  # "sup", "sub", or "" on the line
    is_struck: bool
    font: str


class Looks:
    """Tells how text looks."""

    def __init__(self, roots: Iterable[Any]) -> None:
        """Read the styles of the parts of a file."""
        self._styles: dict[tuple[str, str], Any] = {}
        self._defaults: dict[str, _Properties] = {}
        self._fonts: dict[str, str] = {}
        self._merged: dict[tuple[str, str], _Properties] = {}
        self._grounds: dict[tuple[str, str], str | None] = {}
        self._look_cache: dict[tuple[str, ...], tuple[_Properties, Look]] = {}
        self._on_white = True
        for root in roots:
            self._read(root)

    def _read(self, root: Any) -> None:
        for style in root.iter(f"{STYLE}style"):
            key = style.get(f"{STYLE}family", "text"), style.get(f"{STYLE}name", "")
            self._styles[key] = style
        for style in root.iter(f"{STYLE}default-style"):
            self._defaults[style.get(f"{STYLE}family", "")] = _text_properties(style)
        for face in root.iter(f"{STYLE}font-face"):
            family = face.get(f"{SVG}font-family", "").strip("'\"")
            self._fonts[face.get(f"{STYLE}name", "")] = family
        grounds = [_ground(page) for page in root.iter(f"{STYLE}page-layout")]
        if any(ground is not None for ground in grounds) or self._has_cover(root):
            self._on_white = False

    def _has_cover(self, root: Any) -> bool:
        """Tell whether a large drawing is behind the text, as on a title page."""
        behind = {
            name
            for (family, name), style in self._styles.items()
            if family == "graphic"
            and any(
                properties.get(f"{STYLE}run-through") == "background"
                for properties in style.iter(f"{STYLE}graphic-properties")
            )
        }
        return bool(behind) and any(
            shape.get(f"{DRAW}style-name") in behind and _area(shape) >= _COVER
            for shape in root.iter(f"{DRAW}frame", f"{DRAW}custom-shape", f"{DRAW}rect")
        )

    def of(self, paragraph: Any, spans: Iterable[str]) -> Look:
        """Return how text looks in a paragraph.

        Args:
            paragraph: Its element, or a heading's.
            spans: The styles of the spans around the text, the outermost first.
        """
        name = paragraph.get(f"{TEXT}style-name", "")
        key = name, *spans
        if key not in self._look_cache:
            merged = dict(self._defaults.get("paragraph", {}))
            merged |= self._of_style("paragraph", name)
            for span in spans:
                merged |= self._of_style("text", span)
            self._look_cache[key] = merged, self._plain(merged)
        properties, look = self._look_cache[key]
        if look.is_hidden or not self._is_unseen(properties, paragraph):
            return look
        return look._replace(is_hidden=True)

    def _plain(self, properties: _Properties) -> Look:
        """Return how text looks on any ground."""
        font = properties.get(f"{STYLE}font-name", "")
        stands = properties.get(f"{STYLE}text-position", "").partition(" ")[0]
        lines = properties.get(f"{STYLE}text-line-through-style", "none")
        return Look(
            is_hidden=properties.get(f"{TEXT}display") == "none"
            or _SMALL.fullmatch(properties.get(f"{FO}font-size", "")) is not None,
            height=_height(stands),
            is_struck=properties.get(f"{STYLE}text-line-through-type", lines) != "none",
            font=self._fonts.get(font) or properties.get(f"{FO}font-family", font),
        )

    def _of_style(self, family: str, name: str) -> _Properties:
        """Return what a style says of letters, with those that it is based on."""
        key = family, name
        if key not in self._merged:
            properties: dict[str, str] = {}
            for style in self._chain(family, name):
                properties = {**_text_properties(style), **properties}
            self._merged[key] = properties
        return self._merged[key]

    def _chain(self, family: str, name: str) -> Iterator[Any]:
        for _ in range(_MOST_STYLES):
            style = self._styles.get((family, name))
            if style is None:
                return
            yield style
            name = style.get(f"{STYLE}parent-style-name", "")

    def _is_unseen(self, properties: _Properties, paragraph: Any) -> bool:
        colour = properties.get(f"{FO}color", "")
        if properties.get(f"{STYLE}use-window-font-color") == "true":
            return False
        if not _COLOUR.fullmatch(colour):
            return False
        ground = _ground_colour(properties)
        return are_alike(colour, self._behind(paragraph) if ground is None else ground)

    def _behind(self, paragraph: Any) -> str:
        """Return the colour behind the text of a paragraph."""
        ground = self._ground_of("paragraph", paragraph.get(f"{TEXT}style-name", ""))
        if ground is not None:
            return ground
        for around in paragraph.iterancestors():
            if around.tag.startswith(DRAW):
                return _UNKNOWN  # shapes and slides have grounds of their own
            if around.tag.startswith(TABLE):
                family = around.tag.removeprefix(TABLE)
                for name in ("style-name", "default-cell-style-name"):
                    kind = "table-cell" if name.startswith("default") else family
                    ground = self._ground_of(kind, around.get(f"{TABLE}{name}", ""))
                    if ground is not None:
                        return ground
        return _WHITE if self._on_white else _UNKNOWN

    def _ground_of(self, family: str, name: str) -> str | None:
        key = family, name
        if key not in self._grounds:
            grounds = map(_ground, self._chain(family, name))
            self._grounds[key] = next((each for each in grounds if each), None)
        return self._grounds[key]


def _text_properties(style: Any) -> dict[str, str]:
    element = style.find(f"{STYLE}text-properties")
    properties = dict(element.attrib) if element is not None else {}
    if f"{FO}color" in properties:  # in the place of a colour that suits its ground
        properties.setdefault(f"{STYLE}use-window-font-color", "false")
    return properties


def _ground_colour(properties: Mapping[str, str]) -> str | None:
    ground = properties.get(f"{FO}background-color", "transparent")
    return None if ground == "transparent" else ground


def _ground(style: Any) -> str | None:
    """Return the colour that a style gives to a paragraph, a cell, a table, or a page.

    None is white, or none at all.
    """
    for properties in style:
        if properties.tag != f"{STYLE}text-properties":
            ground = _ground_colour(properties.attrib)
            if ground is not None and not is_near_white(ground):
                return ground
    return None


def _height(position: str) -> str:
    """Return whether a position such as `super`, `-33%` or `0%` is off the line."""
    if position.startswith(("sub", "-")):
        return "sub"
    return "sup" if position.rstrip("%") not in {"", "0"} else ""


def _area(shape: Any) -> float:
    """Return the square inches of a shape; 0 where it does not say."""
    area = 1.0
    for side in ("width", "height"):
        match = _LENGTH.fullmatch(shape.get(f"{SVG}{side}", ""))
        area *= float(match[1]) * _INCHES[match[2]] if match else 0
    return area
