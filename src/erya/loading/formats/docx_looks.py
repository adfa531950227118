"""How runs of a Word document look, by their own properties and those of styles.

What a run says itself goes before its character style, that before the style of its
paragraph, and that before the document's defaults (ECMA-376, part 1, 17.7.2).
"""

import re
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from docx.oxml.ns import qn

from erya.loading.looks import are_alike, is_near_white

if TYPE_CHECKING:
    from docx.oxml.xmlchemy import BaseOxmlElement

__all__ = ["Look", "Looks", "is_on"]

_OFF: Final = frozenset(("0", "false", "off", "none"))
_COLOUR: Final = re.compile("[0-9a-fA-F]{6}")
_WHITE: Final = "FFFFFF"
_UNKNOWN: Final = ""  # a ground of a colour that is not known: nothing is hidden on it
_HIGHLIGHTS: Final = {"black": "000000", "white": _WHITE}
_LIGHT: Final = frozenset(("background1", "light1"))  # white in nearly all themes
_UNSEEN_SIZES: Final = frozenset(("0", "1", "2"))  # half points
_RAISED: Final = 4  # half points off the line, from which letters are above or below
_FONTS: Final = (qn("w:ascii"), qn("w:asciiTheme"))
_STRIKES: Final = (qn("w:strike"), qn("w:dstrike"))
_MOST_BEFORE: Final = 5  # marks may stand before the properties of a table
_MOST_STYLES: Final = 20  # each based on the next
_W14: Final = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_WP: Final = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_WPS: Final = "{http://schemas.microsoft.com/office/word/2010/wordprocessingShape}"
_A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_VML: Final = "{urn:schemas-microsoft-com:vml}"
_SHAPES: Final = tuple(f"{_VML}{name}" for name in ("rect", "roundrect", "shape"))
_FILLS: Final = tuple(f"{_A}{name}" for name in ("gradFill", "blipFill", "pattFill"))
_LIGHT_IN_DRAWINGS: Final = frozenset(("bg1", "lt1", "white"))
_WHITES: Final = frozenset(("white", "#fff", "#ffffff"))
_COVER: Final = 7_560_310 * 10_692_130 // 4  # square EMU: a quarter of a page (A4)
_Properties = Mapping[str, "BaseOxmlElement"]


class Look(NamedTuple):
    """How a run is shown."""

    is_hidden: bool  # Word does not show it
    is_unseen: bool  # shown, but in the colour of its ground, or too small
    height: str  # as `language.STANDING` calls it; "" on the line
    position: int  # half points above the line of the others
    is_struck: bool
    font: str


class Looks:
    """Tells how runs look."""

    def __init__(self, styles: "BaseOxmlElement", *, on_white: bool) -> None:
        """Read the styles.

        Args:
            styles: The root of the styles of a document.
            on_white: Whether nothing but white is behind the text of its pages.
        """
        self._styles = {
            style.get(qn("w:styleId")): style
            for style in styles.iterchildren(qn("w:style"))
        }
        self._usual = next(
            (
                key
                for key, style in self._styles.items()
                if style.get(qn("w:type")) == "paragraph"
                and style.get(qn("w:default")) in {"1", "true", "on"}
            ),
            None,
        )
        defaults = styles.find(
            f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}"
        )
        self._defaults = _by_tag(defaults)
        self._on_white = on_white
        self._tables: dict[str | None, str | None] = {}
        self._merged: dict[tuple[str | None, str | None], _Properties] = {}
        self._last: BaseOxmlElement | None = None  # paragraph, asked for each run
        self._last_on_banner = False

    def of(self, run: "BaseOxmlElement", paragraph: "BaseOxmlElement") -> Look:
        """Return how a run of a paragraph looks."""
        own = run.find(qn("w:rPr"))
        character = _value(own, "w:rStyle")
        style = self._paragraph_style(paragraph)
        by_style = self._by_styles(character, style)
        properties = by_style if own is None else {**by_style, **_by_tag(own)}
        fonts, stands = (
            properties.get(qn("w:rFonts")),
            properties.get(qn("w:vertAlign")),
        )
        return Look(
            is_hidden=is_on(properties.get(qn("w:vanish"))),
            is_unseen=self._is_unseen(properties, paragraph),
            height=stands.get(qn("w:val"), "") if stands is not None else "",
            position=_position(properties),
            is_struck=any(is_on(properties.get(tag)) for tag in _STRIKES),
            font=fonts.get(qn("w:ascii"), "") if fonts is not None else "",
        )

    def _paragraph_style(self, paragraph: "BaseOxmlElement") -> str | None:
        return _value(_first(paragraph, "w:pPr"), "w:pStyle") or self._usual

    def _by_styles(self, character: str | None, paragraph: str | None) -> _Properties:
        """Return what the styles of a run and its paragraph say together."""
        key = character, paragraph
        if key not in self._merged:
            properties: dict[str, BaseOxmlElement] = {}
            for first in key:
                for style in self._chain(first):
                    for tag, element in _by_tag(style.find(qn("w:rPr"))).items():
                        properties.setdefault(tag, element)
            self._merged[key] = {**self._defaults, **properties}
        return self._merged[key]

    def _chain(self, key: str | None) -> Iterator["BaseOxmlElement"]:
        """Yield a style and those that it is based on."""
        for _ in range(_MOST_STYLES):
            style = self._styles.get(key)
            if style is None:
                return
            yield style
            key = _value(style, "w:basedOn")

    def _is_unseen(self, properties: _Properties, paragraph: "BaseOxmlElement") -> bool:
        if _of(properties.get(qn("w:sz"))) in _UNSEEN_SIZES:
            return True
        if _is_clear(properties):
            return True
        colour = _colour(properties.get(qn("w:color")))
        return colour is not None and are_alike(
            colour, self._ground(properties, paragraph)
        )

    def _ground(self, properties: _Properties, paragraph: "BaseOxmlElement") -> str:
        """Return the colour behind a run."""
        highlight = _of(properties.get(qn("w:highlight")), "none")
        if highlight != "none":
            return _HIGHLIGHTS.get(highlight, _UNKNOWN)
        fills = [properties.get(qn("w:shd")), _shading(paragraph, "w:pPr")]
        fills += [
            style.find(f"{qn('w:pPr')}/{qn('w:shd')}")
            for style in self._chain(self._paragraph_style(paragraph))
        ]
        around = map(self._fill_around, paragraph.iterancestors())
        on_white = self._on_white and not self._is_on_banner(paragraph)
        page = _WHITE if on_white else _UNKNOWN
        behind = chain(map(_fill, fills), around)  # the nearest first
        return next((fill for fill in behind if fill is not None), page)

    def _is_on_banner(self, paragraph: "BaseOxmlElement") -> bool:
        """Tell whether a filled drawing stands at a paragraph or the one before it."""
        if self._last is not paragraph:
            above = paragraph.getprevious()
            near = [paragraph]
            near += [above] if above is not None and above.tag == qn("w:p") else []
            self._last = paragraph
            self._last_on_banner = any(map(_has_filled_drawing, near))
        return self._last_on_banner

    def _fill_around(self, around: "BaseOxmlElement") -> str | None:
        """Return the colour that a cell or a table gives to what is in it."""
        if around.tag == qn("w:txbxContent"):
            return _UNKNOWN  # shapes have grounds of their own
        if around.tag == qn("w:tc"):
            return _fill(_shading(around, "w:tcPr"))
        properties = _first(around, "w:tblPr") if around.tag == qn("w:tbl") else None
        if properties is None:
            return None
        own = _fill(properties.find(qn("w:shd")))
        return self._by_table(_value(properties, "w:tblStyle")) if own is None else own

    def _by_table(self, key: str | None) -> str | None:
        """Return a colour that a style of tables gives to some of their cells."""
        if key not in self._tables:
            shadings = (
                _fill(shading)
                for style in self._chain(key)
                for shading in style.iter(qn("w:shd"))
            )
            some = any(fill is not None for fill in shadings)
            self._tables[key] = _UNKNOWN if some else None
        return self._tables[key]


def is_on(element: "BaseOxmlElement | None") -> bool:
    """Tell whether a property is given and not switched off."""
    return element is not None and element.get(qn("w:val")) not in _OFF


def has_cover(roots: "Iterator[BaseOxmlElement]") -> bool:
    """Tell whether a large drawing is behind the text, as on a title page."""
    for root in roots:
        for anchor in root.iter(f"{_WP}anchor"):
            extent = anchor.find(f"{_WP}extent")
            if anchor.get("behindDoc") in {"1", "true"} and extent is not None:
                sides = extent.get("cx", ""), extent.get("cy", "")
                if all(each.isdecimal() and len(each) < 12 for each in sides) and (
                    int(sides[0]) * int(sides[1]) >= _COVER
                ):
                    return True
    return False


def _has_filled_drawing(paragraph: "BaseOxmlElement") -> bool:
    """Tell whether a drawing that text may stand upon is filled with a colour."""
    has_filled_shape = any(
        _is_filled(shape)
        and next(shape.iterancestors(f"{_WP}anchor"), None) is not None
        for shape in paragraph.iter(f"{_WPS}spPr")
    )
    # As old programs write them, which fill a shape in white if they do not say.
    return has_filled_shape or any(
        shape.get("fillcolor", "white").split(" ")[0].lower() not in _WHITES
        and shape.get("filled", "t") not in {"f", "false"}
        and "position:absolute" in shape.get("style", "").replace(" ", "")
        for shape in paragraph.iter(*_SHAPES)
    )


def _is_filled(properties: "BaseOxmlElement") -> bool:
    """Tell whether a shape is filled by its properties, or else by its style."""
    solid = properties.find(f"{_A}solidFill")
    if solid is not None:
        colour = next(iter(solid), None)
        value = colour.get("val", "") if colour is not None else ""
        return value not in _LIGHT_IN_DRAWINGS and not is_near_white(value)
    if properties.find(f"{_A}noFill") is not None:
        return False
    if any(properties.find(tag) is not None for tag in _FILLS):
        return True
    parent = properties.getparent()
    by_style = parent.find(f"{_WPS}style/{_A}fillRef") if parent is not None else None
    return by_style is not None and by_style.get("idx", "0") != "0"


def _by_tag(properties: "BaseOxmlElement | None") -> dict[str, Any]:
    if properties is None:
        return {}
    return {
        child.tag: child
        for child in properties.iterchildren()
        # Fonts of other scripts do not say what signs show.
        if child.tag != qn("w:rFonts") or any(child.get(name) for name in _FONTS)
    }


def _first(parent: "BaseOxmlElement", name: str) -> "BaseOxmlElement | None":
    """Return the properties with which an element begins.

    Without looking at all that is in it, as for each run of a long paragraph.
    """
    tag = qn(name)
    begin = islice(parent.iterchildren(), _MOST_BEFORE)
    return next((child for child in begin if child.tag == tag), None)


def _shading(parent: "BaseOxmlElement", name: str) -> "BaseOxmlElement | None":
    properties = _first(parent, name)
    return properties.find(qn("w:shd")) if properties is not None else None


def _value(parent: "BaseOxmlElement | None", name: str) -> str | None:
    element = parent.find(qn(name)) if parent is not None else None
    return element.get(qn("w:val")) if element is not None else None


def _of(element: "BaseOxmlElement | None", default: str = "") -> str:
    return default if element is None else element.get(qn("w:val"), default)


def _position(properties: _Properties) -> int:
    text = _of(properties.get(qn("w:position")), "0")
    digits = text.removeprefix("-")
    if not digits.isdecimal() or len(digits) > 4 or int(digits) < _RAISED:
        return 0
    return int(text)


def _is_clear(properties: _Properties) -> bool:
    """Tell whether letters have no colour at all, and no line around them."""
    fill, line = properties.get(f"{_W14}textFill"), properties.get(f"{_W14}textOutline")
    return (
        fill is not None
        and fill.find(f"{_W14}noFill") is not None
        and (line is None or line.find(f"{_W14}noFill") is not None)
    )


def _colour(element: "BaseOxmlElement | None") -> str | None:
    """Return the colour of letters; None for one that suits its ground."""
    if element is None:
        return None
    theme, value = element.get(qn("w:themeColor")), element.get(qn("w:val"), "")
    if theme is not None and theme not in _LIGHT:
        return None
    if _COLOUR.fullmatch(value):
        return str(value)
    shaded = element.get(qn("w:themeShade")) is not None
    return _WHITE if theme in _LIGHT and not shaded else None


def _fill(shading: "BaseOxmlElement | None") -> str | None:
    """Return the colour of a shading; None if it has none."""
    if shading is None:
        return None
    pattern = shading.get(qn("w:val"), "clear")
    if pattern == "nil":
        return None
    fill = shading.get(qn("w:color" if pattern == "solid" else "w:fill"), "auto")
    if pattern not in {"clear", "solid"}:  # two colours mixed
        return _UNKNOWN
    if fill == "auto":
        return None if pattern == "clear" else _UNKNOWN
    return str(fill) if _COLOUR.fullmatch(fill) else _UNKNOWN
