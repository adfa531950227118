"""What a paragraph of an OpenDocument file shows, in a line."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from erya.language import STANDING
from erya.loading.formats.odf_looks import Look, Looks
from erya.loading.formats.odf_names import DRAW, FORM, OFFICE, SVG, TEXT
from erya.loading.formats.symbols import decode_symbols
from erya.loading.formats.whole_numbers import whole_number
from erya.loading.looks import STRUCK

__all__ = ["UNSEEN", "Lines", "form_values", "paragraphs_in"]

UNSEEN: Final = frozenset(
    (f"{TEXT}tracked-changes", f"{OFFICE}annotation", f"{TEXT}sequence-decls",
     f"{OFFICE}forms", f"{TEXT}ruby-text", f"{OFFICE}annotation-end",
     "{http://openoffice.org/2009/office}annotation")
)  # fmt: skip
_XML_ID: Final = "{http://www.w3.org/XML/1998/namespace}id"
_BOXES: Final = frozenset((f"{FORM}checkbox", f"{FORM}radio"))
_MOST_BLANKS: Final = 100
_ON: Final = frozenset(("checked", "true"))


class Lines:
    """Reads paragraphs."""

    def __init__(
        self, looks: Looks, formula: Callable[[Any], str], values: Mapping[str, str]
    ) -> None:
        """Keep what paragraphs need.

        Args:
            looks: Tells how text looks.
            formula: Returns the formula in a frame.
            values: The values of fields of forms, by their ids.
        """
        self._looks = looks
        self._formula = formula
        self._values = values
        self.has_hidden = False  # in any of them

    def read(self, paragraph: Any) -> str:
        """Return what a paragraph shows: blanks, tabs and line ends are elements."""
        if any(map(_hides, paragraph.iter(f"{TEXT}hidden-paragraph"))):
            self.has_hidden |= bool("".join(paragraph.itertext()).strip())
            return ""
        line = _Line(self, self._looks, paragraph)
        line.read(paragraph, ())
        line.end_strike()
        self.has_hidden |= line.has_hidden
        return "".join(line.parts)

    def other(self, element: Any) -> str | None:
        """Return what an element shows that is no text; None for other elements."""
        if element.tag == f"{TEXT}s":
            count = whole_number(element.get(f"{TEXT}c"), default=1)
            return " " * min(count, _MOST_BLANKS)
        if element.tag == f"{TEXT}note":
            body = element.find(f"{TEXT}note-body")
            notes = () if body is None else map(self.read, paragraphs_in(body))
            return f" [{' '.join(notes)}]" if body is not None else ""
        if element.tag == f"{DRAW}frame":
            return self._formula(element) or _in_blanks(alternative(element))
        if element.tag == f"{DRAW}control":
            return self._values.get(element.get(f"{DRAW}control", ""), "")
        return _mark_of_field(element) or _SIGNS.get(element.tag)


_SIGNS: Final = {f"{TEXT}tab": " ", f"{TEXT}line-break": "\n"}


class _Line:
    """A paragraph that is being read."""

    def __init__(self, lines: Lines, looks: Looks, paragraph: Any) -> None:
        self.parts: list[str] = []
        self.has_hidden = False
        self._lines = lines
        self._looks = looks
        self._paragraph = paragraph
        self._look_cache: dict[tuple[str, ...], Look] = {}
        self._is_struck = False
        self._last = ""

    def read(self, element: Any, spans: tuple[str, ...]) -> None:
        """Add the text of an element; `spans` are the styles around it."""
        self._text(element.text, spans)
        for child in element:
            if child.tag == f"{TEXT}hidden-text" and _hides(child):
                self.has_hidden |= bool("".join(child.itertext()).strip())
            elif child.tag not in UNSEEN:
                text = self._lines.other(child)
                if text is None:
                    self.read(child, self._around(child, spans))
                else:
                    self._put(text, self._look(spans))
            self._text(child.tail, spans)

    def end_strike(self) -> None:
        if self._is_struck:
            self.parts.append(STRUCK)

    def _around(self, child: Any, spans: tuple[str, ...]) -> tuple[str, ...]:
        name = child.get(f"{TEXT}style-name") if child.tag == f"{TEXT}span" else None
        return (*spans, name) if name else spans

    def _look(self, spans: tuple[str, ...]) -> Look:
        if spans not in self._look_cache:
            self._look_cache[spans] = self._looks.of(self._paragraph, spans)
        return self._look_cache[spans]

    def _text(self, text: str | None, spans: tuple[str, ...]) -> None:
        if text:
            look = self._look(spans)
            self._put(decode_symbols(look.font, text), look)

    def _put(self, text: str, look: Look) -> None:
        if not text:
            return
        if look.is_hidden and not text.isspace():
            self.has_hidden = True
            return
        if look.is_struck != self._is_struck and not text.isspace():
            self.parts.append(STRUCK)
            self._is_struck = look.is_struck
        write = STANDING.get(look.height)
        if write is not None:
            text = write(text, before=self._last)
        self.parts.append(text)
        self._last = text


def paragraphs_in(element: Any) -> Iterator[Any]:
    """Yield the paragraphs in an element but those of notes, read in their lines."""
    stack = list(reversed(element))
    while stack:
        child = stack.pop()
        if child.tag == f"{TEXT}p":
            yield child
        if child.tag != f"{TEXT}note" and child.tag not in UNSEEN:
            stack.extend(reversed(child))


def alternative(element: Any) -> str:
    """Return the words that an author gave for a drawing."""
    elements = (element.find(f"{SVG}{name}") for name in ("desc", "title"))
    words = ((each.text or "") for each in elements if each is not None)
    return " ".join(next(filter(None, words), "").split())


def form_values(forms: Any) -> dict[str, str]:
    """Return what fields of forms show, by their ids."""
    values: dict[str, str] = {}
    for field in forms.iter():
        value = _value_of_field(field)
        for key in (field.get(f"{FORM}id"), field.get(_XML_ID)):
            if key is not None and value is not None:
                values[key] = value
    return values


def _value_of_field(field: Any) -> str | None:
    if field.tag in _BOXES:
        states = (f"{FORM}current-state", f"{FORM}current-selected", f"{FORM}selected")
        on = any(field.get(state) in _ON for state in states)
        return _in_blanks(f"{'☑' if on else '☐'}{field.get(f'{FORM}label', '')}")
    chosen = [
        option.get(f"{FORM}label", "")
        for option in field.iterchildren(f"{FORM}option")
        if option.get(f"{FORM}current-selected") == "true"
    ]
    value = field.get(f"{FORM}current-value", field.get(f"{FORM}value"))
    if field.tag == f"{FORM}password":
        return None
    return _in_blanks(", ".join(chosen) if value is None else value)


def _mark_of_field(mark: Any) -> str | None:
    """Return what a field of a form shows as old Word files have them.

    A box, or a chosen entry; None for other elements.
    """
    if not str(mark.tag).endswith("}fieldmark"):
        return None
    kind = _attribute(mark, "type")
    attributes = [
        (_attribute(each, "name"), _attribute(each, "value")) for each in mark
    ]
    if kind.endswith("FORMCHECKBOX"):
        return "☑" if ("Checkbox_Checked", "true") in attributes else "☐"
    if kind.endswith("FORMDROPDOWN"):
        entries = [value for name, value in attributes if name == "Dropdown_ListEntry"]
        at = next(
            (value for name, value in attributes if name == "Dropdown_Selected"), ""
        )
        chosen = at.isdecimal() and len(at) < 4 and int(at) < len(entries)
        return entries[int(at)] if chosen else ""
    return None


def _attribute(element: Any, name: str) -> str:
    values = (
        str(value) for key, value in element.attrib.items() if key.endswith(f"}}{name}")
    )
    return next(values, "")


def _hides(element: Any) -> bool:
    return str(element.get(f"{TEXT}is-hidden")) != "false"


def _in_blanks(text: str) -> str:
    return f" {text} " if text else ""
