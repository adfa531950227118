"""What a paragraph of a Word document shows, in a line."""

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from docx.oxml.ns import qn

from erya.language import STANDING
from erya.loading.formats.docx_fields import draws, field_text
from erya.loading.formats.docx_looks import Look, Looks, is_on
from erya.loading.formats.docx_math import MATH, formula
from erya.loading.formats.office_parts import alternative
from erya.loading.formats.symbols import decode_symbols
from erya.loading.formats.whole_numbers import whole_number
from erya.loading.looks import STRUCK

if TYPE_CHECKING:
    from docx.oxml.xmlchemy import BaseOxmlElement

__all__ = ["Line", "number_in", "read_line"]

# Text that a reader does not see: deleted by a tracked change; and readings above the
# line.
_HIDDEN: Final = frozenset(map(qn, ("w:del", "w:moveFrom", "w:rPr", "w:rt")))
_ALTERNATIVE: Final = (
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
)
_VML: Final = "{urn:schemas-microsoft-com:vml}"
_DRAWING: Final = (
    "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
)
_LINE_ENDS: Final = re.compile(r"\n\n+")
_TEXTS: Final = {
    qn("w:tab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-",
}  # fmt: skip
_LONGEST: Final = 2_000  # characters of a field's code
_DEEPEST: Final = 8  # fields in the code of fields


class Line(NamedTuple):
    """A paragraph."""

    text: str  # what a reader sees of it, a text box at it included
    unseen: str  # what stands in it in the colour of its ground, or too small
    has_hidden: bool  # whether there is more, which Word does not show


def read_line(paragraph: "BaseOxmlElement", looks: Looks) -> Line:
    """Read a paragraph."""
    reader = _Reader(looks)
    reader.read(paragraph, paragraph)
    reader.end_strike()
    text = _LINE_ENDS.sub("\n", "".join(reader.parts).strip("\n"))
    return Line(text, "".join(reader.unseen), reader.has_hidden)


class _Field:
    """A field whose code or result is being read."""

    def __init__(self, around: "_Field | None") -> None:
        self.code = ""
        self.around = around  # the field in whose code it stands, if that draws it
        self.pieces_before_result: int | None = None

    def add(self, text: str) -> None:
        if len(self.code) < _LONGEST:
            self.code += text

    @property
    def draws(self) -> bool:
        return draws(self.code)


class _Reader:
    def __init__(self, looks: Looks) -> None:
        self.parts: list[str] = []
        self.unseen: list[str] = []
        self.has_hidden = False
        self.piece_count = 0  # pieces of text so far
        self._looks = looks
        self._fields: list[_Field] = []
        self._is_struck = False
        self._last = ""  # the last piece of text, behind which signs are raised
        self._base: int | None = None  # where the line's first letters stand

    def read(self, element: "BaseOxmlElement", paragraph: "BaseOxmlElement") -> None:
        """Add what is shown of an element that stands in a paragraph."""
        for child in element.iterchildren():
            if child.tag == qn("w:r"):
                self._run(child, paragraph)
            elif child.tag == qn("w:p"):  # in a text box, each on a line of its own
                self._put("\n")
                self.read(child, child)
                self._put("\n")
            elif child.tag == qn("w:fldSimple"):
                self._simple_field(child, paragraph)
            elif child.tag in MATH:
                self._put(formula(child))
            elif child.tag not in _HIDDEN and child.tag != _ALTERNATIVE:
                if words := _words_of(child):
                    self._put(f" {words} ")
                self.read(child, paragraph)

    def end_strike(self) -> None:
        if self._is_struck:
            self._put(STRUCK)
            self._is_struck = False

    def _run(self, run: "BaseOxmlElement", paragraph: "BaseOxmlElement") -> None:
        look = self._looks.of(run, paragraph)
        if look.is_hidden:
            self.has_hidden |= any(
                (text.text or "").strip() for text in run.iter(qn("w:t"))
            )
            return
        text = ""
        for child in run.iterchildren():
            if (piece := _piece(child, look.font)) is not None:
                text += piece
            elif child.tag not in _HIDDEN:
                self._text(text, look)
                text = ""
                self._other(child, look, paragraph)
        self._text(text, look)

    def _other(
        self, child: "BaseOxmlElement", look: Look, paragraph: "BaseOxmlElement"
    ) -> None:
        """Add what is no text in a run: a field, a drawing."""
        if child.tag == qn("w:instrText"):
            if self._fields:
                self._fields[-1].add(child.text or "")
        elif child.tag == qn("w:fldChar"):
            self._field_mark(child, look)
        elif child.tag != _ALTERNATIVE:
            self.read_one(child, paragraph)

    def read_one(self, child: "BaseOxmlElement", paragraph: "BaseOxmlElement") -> None:
        """Add what a drawing or another object in a run shows."""
        if child.tag in MATH:
            self._put(formula(child))
        else:
            self.read(child, paragraph)

    def _field_mark(self, mark: "BaseOxmlElement", look: Look) -> None:
        kind = mark.get(qn("w:fldCharType"))
        if kind == "begin":
            self._text(_form_value(mark), look)
            self._fields.append(_Field(self._drawing()))
        elif kind == "separate" and self._fields:
            self._fields[-1].pieces_before_result = self.piece_count
        elif kind == "end" and self._fields:
            field = self._fields.pop()
            if field.draws and field.pieces_before_result in {None, self.piece_count}:
                text = field_text(field.code, before=self._last, font=look.font)
                self._text(text, look)

    def _simple_field(
        self, field: "BaseOxmlElement", paragraph: "BaseOxmlElement"
    ) -> None:
        before = self.piece_count
        self.read(field, paragraph)
        code = field.get(qn("w:instr"), "")
        if draws(code) and self.piece_count == before:
            self._put(field_text(code, before=self._last))

    def _drawing(self) -> _Field | None:
        """Return the field that draws what stands here, as its code or inside of it."""
        if not 0 < len(self._fields) <= _DEEPEST:
            return None
        field = self._fields[-1]
        return (
            field
            if field.pieces_before_result is None and field.draws
            else field.around
        )

    def _text(self, text: str, look: Look) -> None:
        """Add text of a run."""
        if not text:
            return
        field = self._drawing()
        if field is not None:
            field.add(text)
        elif look.is_unseen and not text.isspace():
            self.unseen.append(text)
        else:
            self._stand(text, look)

    def _stand(self, text: str, look: Look) -> None:
        """Add text where it stands: on the line, above or below it, struck or not."""
        if look.is_struck != self._is_struck and not text.isspace():
            self._put(STRUCK)
            self._is_struck = look.is_struck
        if self._base is None:
            self._base = look.position
        write = STANDING.get(look.height)
        is_moved = look.position not in {0, self._base}
        # Behind a blank it is a word, moved to suit what stands beside it.
        if write is None and is_moved and not self._last[-1:].isspace():
            write = STANDING["sup" if look.position > 0 else "sub"]
        self._put(text if write is None else write(text, before=self._last))

    def _put(self, text: str) -> None:
        if text:
            self.parts.append(text)
            self.piece_count += not text.isspace()
            self._last = text


def _words_of(drawing: "BaseOxmlElement") -> str:
    """Return the words of a picture: those drawn with it, or those instead of it."""
    if drawing.tag == f"{_VML}textpath":
        return str(drawing.get("string", ""))
    return alternative(drawing) if drawing.tag in {_DRAWING, f"{_VML}shape"} else ""


def _piece(child: "BaseOxmlElement", font: str) -> str | None:
    """Return the text that a part of a run is; None for other parts."""
    if child.tag == qn("w:t"):
        return decode_symbols(font, child.text or "")
    if child.tag == qn("w:sym"):
        return _symbol(child)
    return _TEXTS.get(child.tag)


def _symbol(element: "BaseOxmlElement") -> str:
    """Return a sign that is given by a font and a number in it."""
    try:
        code = int(element.get(qn("w:char"), ""), 16)
        # Signs of such fonts are numbered from F000, and some programs leave that out.
        letter = chr(code + 0xF000 if code < 0x100 else code)
    except (ValueError, OverflowError):
        return ""
    return decode_symbols(element.get(qn("w:font"), ""), letter)


def _form_value(mark: "BaseOxmlElement") -> str:
    """Return what a form field of old Word files holds: a box, or a chosen entry."""
    box = mark.find(f"{qn('w:ffData')}/{qn('w:checkBox')}")
    if box is not None:
        element = box.find(qn("w:checked"))
        element = box.find(qn("w:default")) if element is None else element
        return "☑" if is_on(element) else "☐"
    choice = mark.find(f"{qn('w:ffData')}/{qn('w:ddList')}")
    if choice is None:
        return ""
    entries = [e.get(qn("w:val"), "") for e in choice.iterchildren(qn("w:listEntry"))]
    element = choice.find(qn("w:result"))
    element = choice.find(qn("w:default")) if element is None else element
    at = number_in(element, 0)
    return entries[at] if at < len(entries) else ""


def number_in(element: "BaseOxmlElement | None", default: int) -> int:
    """Return the whole number that an element holds; `default` for none."""
    value = element.get(qn("w:val")) if element is not None else None
    return whole_number(value, default=default)
