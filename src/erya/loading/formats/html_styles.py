"""What the declarations of a style do to the text that they are for (CSS)."""

import colorsys
import re
from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

__all__ = ["INHERITED", "Style", "merge_styles", "read_style", "without_strings"]

_LONGEST: Final = 10_000  # characters of one style that are looked at
_LONGEST_VALUE: Final = 200
# What holds no declaration of its own: addresses, comments, and strings.
_NO_DECLARATION: Final = re.compile(
    r"url\([^()]*\)|/\*.*?(?:\*/|\Z)|\"[^\"]*\"|'[^']*'", re.DOTALL
)
_NO_LETTERS: Final = re.compile(r"[^\w ,-]+")
_ESCAPED: Final = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.DOTALL)
_AROUND: Final = re.compile(r" ?([,()/]) ?")
_NUMBER: Final = re.compile(r"([+-]?(?:\d{1,9}\.?\d{0,9}|\.\d{1,9}))([a-z]{0,4}|%)")
_PIXELS: Final = {
    "px": 1.0, "pt": 4 / 3, "pc": 16.0, "em": 16.0, "rem": 16.0, "ex": 8.0, "%": 0.16,
    "mm": 3.78, "cm": 37.8, "in": 96.0,
}  # fmt: skip
_TINY: Final = 2  # pixels, of letters that nobody reads
_SMALL: Final = 9.5  # pixels, of letters smaller than those of a text
_SMALL_SHARE: Final = 13  # pixels, where a size is a share of those of a text
_MOVED: Final = 2  # pixels off the line: less sets pictures and letters straight
_OFF_THE_LINE: Final = {"super": "sup", "sub": "sub"}
_FAINT: Final = 0.05  # of an opacity
_FAR_OFF: Final = re.compile(r"-\d{3,6}(?:\.\d+)?(?:px|pt|em|rem)?|-\d{3,6}(?:vw|vh|%)")
_FAR_MARGIN: Final = re.compile(r"(?:.* )?-\d{4,6}(?:\.\d+)?(?:px|pt|em|rem)?(?: .*)?")
_SMALLER: Final = frozenset(("smaller", "small", "x-small", "xx-small"))
_APART: Final = frozenset(("block", "flex", "grid", "list-item", "table", "table-row"))
_PICTURES: Final = frozenset(("background", "background-image"))
_IMAGE: Final = re.compile(r"\burl\b|gradient\(|image")
_NO_GROUND: Final = frozenset(("none", "transparent", "inherit", "initial", "unset"))
_NAMED: Final = {"white": "#fff", "black": "#000"}
_HEX: Final = re.compile(r"#(?:[\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})")
_FUNCTION: Final = re.compile(r"(rgb|hsl)a?\(([^()]*)\)")
_WHITE: Final = 250  # of 255, in each colour: and more
_CLOSE: Final = 5  # of 255: no eye parts them
_NOT_SHOWN: Final = {
    "transform": re.compile(r"(?:.* )?scale(?:x|y|3d)?\(0(?:\.0*)?[,)].*"),
    "filter": re.compile(r"(?:.* )?opacity\(0?\.?0*%?\).*"),
    # A box of no size; four different sides leave something of it.
    "clip": re.compile(r"rect\((\d[\d.a-z]*)(?:[, ]\1){3}\)"),
    "clip-path": re.compile(
        r"inset\((?:[5-9]\d|100)%.*\)|circle\(0.*\)|polygon\(0[, ]0\)"
    ),
}


_Value = TypeVar("_Value", str, bool)
_Colour = tuple[float, float, float, float]  # red, green, blue, opacity


class Style(NamedTuple):
    """What a reader sees of a text by its style. None: the style does not say."""

    says: frozenset[str] = frozenset()  # the names of its declarations
    important: frozenset[str] = frozenset()  # those that go before others
    hides: frozenset[str] = frozenset()  # those that hide by themselves
    undoes: frozenset[str] = frozenset()  # what hides and is inherited from above
    is_folded: bool = False  # in a box of no height, which a script may open
    colour: str | None = None
    ground: str | None = None  # the colour behind the text
    picture: str | None = None  # behind the text
    standing: str | None = None  # off the line: `sup` or `sub`, or in it: nothing
    is_struck: bool | None = None
    is_block: bool | None = None  # stands apart from the line around it
    font: str = ""
    numbering: str = ""  # of a list

    @property
    def is_white(self) -> bool:
        """Whether its letters are white."""
        return _is_white(_colour(self.colour or ""))

    @property
    def has_ground(self) -> bool:
        """Whether behind it is a picture or another colour than white."""
        ground = self.ground or ""
        coloured = ground not in _NO_GROUND and not _is_white(_colour(ground))
        return (bool(ground) and coloured) or bool(_IMAGE.search(self.picture or ""))

    @property
    def is_blended(self) -> bool:
        """Whether its letters have the colour that is behind them."""
        if self.colour is None or _IMAGE.search(self.picture or ""):
            return False
        behind = _colour(self.ground or "")
        return not _is_white(behind) and _is_close(_colour(self.colour), behind)

    @property
    def hidden_by(self) -> frozenset[str]:
        """The names of declarations that hide, with others or by themselves."""
        return self.hides | {"color"} if self.is_blended else self.hides

    @property
    def conceals(self) -> frozenset[str]:
        """What it hides the text by, each kind of it by one name."""
        names = {*self.hidden_by, *(["color"] if self.is_white else [])}
        if self.is_folded:
            names.add("height")
        return frozenset(_KINDS.get(name, name) for name in names)

    @property
    def shows(self) -> frozenset[str]:
        """What it says and does not hide the text by, each kind of it by one name."""
        visible = (self.says & _HIDING) - self.hides
        return frozenset(_KINDS.get(name, name) for name in visible) - self.conceals

    @property
    def is_hidden(self) -> bool:
        """Whether no reader sees the text."""
        return bool(self.hidden_by)

    @property
    def is_disguised(self) -> bool:
        """Whether it is hidden as no page hides its own menus: that is reported."""
        return not self.hidden_by <= _PLAINLY


def read_style(style: str) -> Style:
    """Return what declarations do; of two with one name, the later one."""
    properties: dict[str, str] = {}
    important = set()
    for name, value, goes_before in _declarations(style):
        if name in important and not goes_before:
            continue
        properties[name] = value
        if goes_before:
            important.add(name)
    hides = {
        name for name in properties if name in _HIDES and _HIDES[name](properties[name])
    }
    if hides == {"text-indent"} and not _PICTURES.isdisjoint(properties):
        hides.clear()  # a picture of the same words stands in their place
    ground, picture = _behind(properties)
    display = properties.get("display")
    return Style(
        says=frozenset(properties),
        important=frozenset(important),
        hides=frozenset(hides),
        undoes=frozenset(
            _KINDS.get(name, name)
            for name in _INHERITED.intersection(properties) - hides
            if not _RELATIVE.search(properties[name])
        ),
        is_folded=_cuts_off(properties),
        colour=properties.get("color"),
        ground=ground,
        picture=picture,
        standing=_standing(properties),
        is_block=None if display is None else display.partition(" ")[0] in _APART,
        is_struck=_is_struck(properties),
        font=properties.get("font-family", "").partition(",")[0].strip(),
        numbering=properties.get("list-style-type") or properties.get("list-style", ""),
    )


def merge_styles(under: Style, over: Style) -> Style:
    """Return one style laid over another, which wins where both say something."""
    visible = over.shows
    hides = {name for name in under.hides if _KINDS.get(name, name) not in visible}
    return Style(
        says=under.says | over.says,
        important=under.important | over.important,
        hides=over.hides | hides,
        undoes=under.undoes | over.undoes,
        is_folded=over.is_folded or (under.is_folded and "height" not in visible),
        colour=_last(under.colour, over.colour),
        ground=_last(under.ground, over.ground),
        picture=_last(under.picture, over.picture),
        standing=_last(under.standing, over.standing),
        is_struck=_last(under.is_struck, over.is_struck),
        is_block=_last(under.is_block, over.is_block),
        font=over.font or under.font,
        numbering=over.numbering or under.numbering,
    )


def _last(under: _Value | None, over: _Value | None) -> _Value | None:
    return under if over is None else over


def _behind(properties: dict[str, str]) -> tuple[str | None, str | None]:
    """Return the colour and the picture behind a text."""
    ground = picture = None
    for name, value in properties.items():
        if name == "background":
            ground = picture = value
        elif name == "background-color":
            ground = value
        elif name == "background-image":
            picture = value
    return ground, picture


def _is_struck(properties: dict[str, str]) -> bool | None:
    lines = [
        properties[name]
        for name in ("text-decoration", "text-decoration-line")
        if name in properties
    ]
    return any("line-through" in line for line in lines) if lines else None


def without_strings(text: str) -> str:
    """Return text of a sheet without addresses, comments and what could end strings."""
    return _NO_DECLARATION.sub(_bare, text)


def _declarations(style: str) -> list[tuple[str, str, bool]]:
    """Return names and values, in small letters and with single blanks.

    With each, whether it is marked as important.
    """
    text = without_strings(style[:_LONGEST].lower())
    if "\\" in text:
        text = _ESCAPED.sub(_unescape, text)
    declarations = []
    for declaration in text.split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            value, _, mark = value.partition("!")
            value = " ".join(value.split())[:_LONGEST_VALUE]
            declarations.append(
                (name.strip(), _AROUND.sub(r"\1", value), mark.strip() == "important")
            )
    return declarations


def _bare(match: re.Match[str]) -> str:
    """Leave the letters of a string, as of a font's name, and that an address is."""
    if match[0][0] in "\"'":
        return _NO_LETTERS.sub("", match[0])
    return " " if match[0].startswith("/*") else " url "


def _unescape(match: re.Match[str]) -> str:
    code = int(match[1] or "0", 16)
    return match[2] or (chr(code) if 0 < code < 0x110000 else "")


def _pixels(value: str) -> float | None:
    """Return a length; None of what is none."""
    match = _NUMBER.fullmatch(value)
    if match is None:
        return None
    number = float(match[1])
    if not number:
        return 0
    return number * _PIXELS[match[2]] if match[2] in _PIXELS else None


def _is_tiny(value: str) -> bool:
    size = _pixels(value)
    return size is not None and size <= _TINY


def _is_faint(value: str) -> bool:
    match = _NUMBER.fullmatch(value)
    if match is None:
        return value.startswith("-")
    return float(match[1]) / (100 if match[2] == "%" else 1) <= _FAINT


def _is_see_through(value: str) -> bool:
    colour = _colour(value)
    return value == "transparent" or (colour is not None and colour[3] <= _FAINT)


_HIDES: Final[dict[str, Callable[[str], object]]] = {
    "display": lambda value: value == "none",
    "visibility": lambda value: value in {"hidden", "collapse"},
    "opacity": _is_faint,
    "font-size": _is_tiny,
    "font": lambda value: any(map(_is_tiny, value.partition("/")[0].split())),
    "color": _is_see_through,
    "left": _FAR_OFF.fullmatch,
    "right": _FAR_OFF.fullmatch,
    "top": _FAR_OFF.fullmatch,
    "bottom": _FAR_OFF.fullmatch,
    "text-indent": _FAR_OFF.fullmatch,
    "margin": _FAR_MARGIN.fullmatch,
    "margin-left": _FAR_MARGIN.fullmatch,
    "margin-top": _FAR_MARGIN.fullmatch,
    **{name: form.fullmatch for name, form in _NOT_SHOWN.items()},
}
# Names that say the same of what can hide.
_KINDS: Final = {
    "font": "font-size", "margin-left": "margin", "margin-top": "margin",
    "max-height": "height", "overflow": "height", "overflow-y": "height",
}  # fmt: skip
_HIDING: Final = frozenset((*_HIDES, "height", "max-height", "overflow", "overflow-y"))
# What an element has from those above it, so that those within may undo it.
INHERITED: Final = frozenset(("font-size", "visibility", "color"))
_INHERITED: Final = INHERITED | {"font"}
# A share of what is above, which says nothing new.
_RELATIVE: Final = re.compile(r"inherit|unset|currentcolor|er$|%|(?<!r)em\b")
_PLAINLY: Final = frozenset(("display", "visibility"))


def _cuts_off(properties: dict[str, str]) -> bool:
    """Tell whether a box of no height cuts off what is in it.

    With a padding it keeps room for a picture or a film, as many pages do.
    """
    cut = any(
        properties.get(name, "").partition(" ")[0] in {"hidden", "clip"}
        for name in ("overflow", "overflow-y")
    )
    padded = any(
        name.startswith("padding") and not _is_tiny(value)
        for name, value in properties.items()
    )
    return cut and not padded and (
        _is_tiny(properties.get("height", ""))
        or _is_tiny(properties.get("max-height", ""))
    )  # fmt: skip


def _standing(properties: dict[str, str]) -> str | None:
    """Tell whether text stands off the line: by name, or moved up or down."""
    align = properties.get("vertical-align")
    if align in _OFF_THE_LINE:
        return _OFF_THE_LINE[align]
    up = _pixels(properties.get("mso-text-raise", "")) or 0  # as Word says it
    if _is_small(properties.get("font-size", "")):
        up = _MOVED if align in {"top", "text-top"} else up or _pixels_up(properties)
    if abs(up) >= _MOVED:
        return "sup" if up > 0 else "sub"
    return None if align is None else ""


def _is_small(size: str) -> bool:
    """Tell whether letters are smaller than those of the text around them."""
    pixels = _pixels(size)
    small = _SMALL_SHARE if size.endswith(("em", "%")) else _SMALL
    return size in _SMALLER or (pixels is not None and pixels <= small)


def _pixels_up(properties: dict[str, str]) -> float:
    """Return by how many pixels text is moved up."""
    up = _pixels(properties.get("vertical-align", ""))
    if not up and properties.get("position") == "relative":
        up = _pixels(properties.get("bottom", "")) or -(
            _pixels(properties.get("top", "")) or 0
        )
    return up or 0


def _is_white(colour: _Colour | None) -> bool:
    return colour is not None and min(colour[:3]) >= _WHITE


def _is_close(one: _Colour | None, other: _Colour | None) -> bool:
    """Tell whether letters and what is behind them have one colour."""
    if one is None or other is None:
        return False
    return all(abs(a - b) <= _CLOSE for a, b in zip(one[:3], other[:3], strict=True))


def _colour(value: str) -> _Colour | None:
    """Return a colour as red, green and blue up to 255, and its opacity up to 1."""
    value = _NAMED.get(value, value)
    if _HEX.fullmatch(value):
        digits = value[1:]
        if len(digits) < 6:
            digits = "".join(2 * digit for digit in digits)
        channels = bytes.fromhex(digits.ljust(8, "f"))
        return channels[0], channels[1], channels[2], channels[3] / 255
    match = _FUNCTION.fullmatch(value)
    if match is None:
        return None
    parts = [_NUMBER.fullmatch(part) for part in re.split(r"[ ,/]", match[2])]
    numbers = [_share(part) for part in parts if part is not None]
    if len(numbers) != len(parts) or len(numbers) not in {3, 4}:
        return None
    one, two, three = numbers[:3]
    opacity = numbers[3] if len(numbers) > 3 else 1.0
    if match[1] == "hsl":
        one, two, three = colorsys.hls_to_rgb(one / 360 % 1, three, two)
    scale = 255.0 if match[1] == "hsl" or "%" in re.split(r"[ ,]", match[2])[0] else 1.0
    return scale * one, scale * two, scale * three, opacity


def _share(number: re.Match[str]) -> float:
    return float(number[1]) / (100 if number[2] == "%" else 1)
