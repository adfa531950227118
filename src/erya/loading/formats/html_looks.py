"""What a reader sees of a page by its styles: what is hidden, raised, or struck out."""

import functools
from collections.abc import Iterator
from typing import Final, Literal

from selectolax.lexbor import LexborHTMLParser, LexborNode

from erya.loading.builder import TextBuilder
from erya.loading.formats.html_sheets import runs_scripts, sheets_of, styles_by_sheets
from erya.loading.formats.html_styles import INHERITED, Style, merge_styles, read_style

__all__ = ["NUMBERING", "apply_looks"]

# References to notes are raised by what shows a book, and so are most of its sheets.
_NOTES: Final = r"a[role=doc-noteref], a[epub\:type~=noteref]"
_LOOKED_AT: Final = f"[style], [hidden], iframe, [aria-hidden=true i], font, {_NOTES}"
# A page that is hidden as a whole is shown by a script in the end; lines that a sheet
# does not break by `br`, it breaks otherwise.
_NEVER_HIDDEN: Final = frozenset(("html", "body", "br"))
# Text that stands apart for itself is never raised by its style.
_IN_LINES: Final = frozenset(
    ("a", "abbr", "b", "big", "cite", "code", "em", "font", "i", "ins", "label", "mark",
     "q", "small", "span", "strong", "tt", "u", "var")
)  # fmt: skip
_CELLS: Final = frozenset(("td", "th"))
_FONTS: Final = frozenset(("symbol", "wingdings", "wingdings 2"))
# How text is put where only those who hear a page meet it.
_AWAY: Final = frozenset(
    ("left", "right", "top", "bottom", "text-indent", "clip", "clip-path")
)
_EMPTY_ELEMENTS: Final = frozenset(("iframe", "img", "input"))  # have nothing inside
_REPLACED_ELEMENTS: Final = frozenset(
    ("iframe", "img", "input", "svg", "textarea", "select", "button")
)
_COLOURED: Final = frozenset(("a", "mark"))  # by what shows pages
_BESIDE: Final = 3  # elements, with the text between them
_DEEPEST: Final = 100  # elements around one, of which any may have a colour
# The numbers of lists by their names in styles, as the attribute `type` has them.
NUMBERING: Final = {
    "lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A",
    "lower-roman": "i", "upper-roman": "I", "cjk-ideographic": "一",
    "simp-chinese-informal": "一", "trad-chinese-informal": "一",
}  # fmt: skip


def apply_looks(
    builder: TextBuilder, tree: LexborHTMLParser, *, linked: str | None
) -> frozenset[str]:
    """Take away what is hidden, and mark with attributes how the rest stands.

    `erya-standing` is `sup` or `sub`, `erya-font` a font of signs; `erya-struck` and
    `erya-block` are there or not; the `type` of a list is how it is numbered.

    Args:
        builder: Is notified if text was hidden.
        tree: The page.
        linked: The style sheets that it names; None if those are not there.

    Returns:
        The attributes that were set.
    """
    looks = _Looks(tree, linked)
    marks: set[str] = set()
    hidden: list[LexborNode] = []
    hidden_parts: list[LexborNode] = []
    tell = False
    for node in reversed(tree.css(_LOOKED_AT)):  # what is inside others before them
        style = looks.of(node)
        if node.tag not in _NEVER_HIDDEN and looks.are_hidden(node, style):
            parts = looks.hidden_parts(node, style)
            hidden += [node] if parts is None else []
            hidden_parts += parts or []
            tell = tell or (looks.is_reported(node, style) and _has_text(node, parts))
        else:
            for name, value in _marks(node, style):
                node.attrs[name] = value
                marks.add(name)
    if tell:
        message = "Some text is hidden from a reader; it is not searched."
        builder.notice("hidden_text", message)
    _take_away(looks, hidden_parts, hidden)
    return frozenset(marks)


def _take_away(
    looks: "_Looks", parts: list[LexborNode], hidden: list[LexborNode]
) -> None:
    for part in parts:
        part.decompose()
    for node in hidden:
        if node.tag in _CELLS and "display" not in looks.of(node).hidden_by:
            # It keeps its place, so that the next ones keep their columns.
            for child in list(node.iter(include_text=True)):
                child.decompose()
        else:
            node.decompose()


def _has_text(node: LexborNode, parts: list[LexborNode] | None) -> bool:
    """Tell whether an element has text, or parts of it, if not all is asked for."""
    if parts is None:
        return bool((node.attributes.get("srcdoc") or node.text()).strip())
    return any(
        (part.text_content or "").strip() for part in parts if part.tag == "-text"
    )


def _marks(node: LexborNode, style: Style) -> Iterator[tuple[str, str]]:
    standing = style.standing or ("sup" if _refers_to_note(node) else "")
    if standing and node.tag in _IN_LINES:
        yield "erya-standing", standing
    if style.is_block and node.tag in _IN_LINES:
        yield "erya-block", ""
    if style.is_struck:
        yield "erya-struck", ""
    font = style.font
    if node.tag == "font" and not font:
        font = (node.attributes.get("face") or "").strip().lower()
    if font in _FONTS:
        yield "erya-font", font
    if style.numbering and node.tag == "ol":
        for word in style.numbering.split():
            if word in NUMBERING:
                yield "type", NUMBERING[word]


def _refers_to_note(node: LexborNode) -> bool:
    """Tell whether it is the sign of a note, behind a word or number."""
    kinds = (node.attributes.get("epub:type") or "").split()
    if "noteref" not in kinds and node.attributes.get("role") != "doc-noteref":
        return False
    before = node.prev.text() if node.prev is not None else ""
    return bool(before.strip()) and not before[-1].isspace()


def _says_what_is_shown(node: LexborNode) -> bool:
    """Tell whether text is for those who hear a page, and others see the same.

    So with formulas, with what stands beside a picture, and beside what is not heard.
    """
    if node.tag == "math" or node.css_first("math") is not None:
        return True
    for beside in (_elements(node, "next"), _elements(node, "prev")):
        silent = bool(beside) and "aria-hidden" in beside[0].attributes
        if silent and node.tag in _IN_LINES:
            return True
        if any(element.tag in {"img", "svg"} for element in beside):
            return True
    return False


def _elements(node: LexborNode, step: Literal["next", "prev"]) -> list[LexborNode]:
    """Return the elements behind or before one, as far as they stand beside it."""
    elements: list[LexborNode] = []
    beside: LexborNode | None = getattr(node, step)
    for _ in range(2 * _BESIDE):
        if beside is None:
            break
        if beside.tag != "-text":
            elements.append(beside)
        beside = getattr(beside, step)
    return elements


def _is_hidden_by_attribute(node: LexborNode) -> bool:
    attributes = node.attributes
    if (
        node.tag == "iframe"
        and attributes.get("width") == attributes.get("height") == "0"
    ):
        return True
    return (
        "hidden" in attributes
        or (attributes.get("aria-hidden") or "").lower() == "true"
    )


class _Looks:
    """The styles of a page's elements, of its sheets and their own."""

    def __init__(self, tree: LexborHTMLParser, linked: str | None) -> None:
        self._read = functools.cache(read_style)
        # Of hidden elements: whether something in them is shown.
        self._is_visible_within: dict[int, bool] = {}
        sheets = sheets_of(tree, linked)
        named = "link[rel~=stylesheet i]:not([rel~=alternate i])"
        others = linked is None and tree.css_first(named) is not None
        self._opens = runs_scripts(tree)
        # A class may give a ground, if what it stands for is not known.
        self._are_classes_known = bool(sheets) and not others
        self._by_sheets = (
            styles_by_sheets(
                tree,
                sheets,
                self._read,
                whole=not others,
                hidden_by=self._conceal_by_themselves(tree),
            )
            if sheets
            else {}
        )

    def _conceal_by_themselves(self, tree: LexborHTMLParser) -> frozenset[str]:
        """Return what elements hide text within by, that it may undo."""
        concealed: set[str] = set()
        for node in tree.css("[style]"):
            concealed |= self._read(node.attributes.get("style") or "").conceals
        if tree.css_first("font[color]") is not None:
            concealed.add("color")
        return INHERITED.intersection(concealed)

    def hidden_parts(self, node: LexborNode, style: Style) -> list[LexborNode] | None:
        """Return what of a hidden element is hidden, if not all of it: else nothing.

        Letters of no size or of the colour of the page, and what is not visible, are
        handed on to what is inside, which may say otherwise. What is inside and is
        hidden is asked for first.
        """
        by = style.hidden_by or frozenset(("color",))
        by = frozenset("font-size" if name == "font" else name for name in by)
        self._is_visible_within[node.mem_id] = False
        if _is_hidden_by_attribute(node) or style.is_folded or not by <= INHERITED:
            return None
        parts: list[LexborNode] = []
        is_any_visible = False
        within = list(node.iter(include_text=True))
        while within:
            child = within.pop()
            if child.mem_id in self._is_visible_within:
                is_any_visible |= self._is_visible_within[child.mem_id]
            elif child.tag == "-text":
                parts.append(child)
            elif self._is_visible(child, by):
                is_any_visible = True
            elif child.tag in _EMPTY_ELEMENTS:
                parts.append(child)
            else:
                within += child.iter(include_text=True)
        self._is_visible_within[node.mem_id] = is_any_visible
        return parts if is_any_visible else None

    def _is_visible(self, node: LexborNode, by: frozenset[str]) -> bool:
        """Tell whether an element is seen in one that hides by what is handed on."""
        if node.tag in _REPLACED_ELEMENTS and "visibility" not in by:
            return node.tag != "img" or bool(node.attributes.get("alt"))
        return by <= self._undone(node)

    def _undone(self, node: LexborNode) -> frozenset[str]:
        """Return what an element says anew of how it is seen."""
        style = self.of(node)
        undone = {*style.undoes}
        if (
            node.tag in _COLOURED
            or "color" in node.attributes
            or self._may_have_ground(node)
        ):
            undone.add("color")
        return frozenset(undone - style.conceals)

    def of(self, node: LexborNode) -> Style:
        own = self._read(node.attributes.get("style") or "")
        under = self._by_sheets.get(node.mem_id)
        return merge_styles(under, own) if under is not None else own

    def are_hidden(self, node: LexborNode, style: Style) -> bool:
        """Tell whether a reader does not see what is in an element."""
        if _is_hidden_by_attribute(node):
            return True
        hidden = style.is_hidden or (style.is_folded and not self._opens)
        if hidden and style.hidden_by <= _AWAY and _says_what_is_shown(node):
            return False
        return hidden or self._is_white(node, style)

    def is_reported(self, node: LexborNode, style: Style) -> bool:
        """Tell whether an element is hidden by its style, not by an attribute alone.

        Attributes hide signs from those who hear a page, and what scripts show later.
        """
        return style.is_hidden or style.is_folded or self._is_white(node, style)

    def _is_white(self, node: LexborNode, style: Style) -> bool:
        """Tell whether an element is white, and nothing around it has a colour."""
        is_stated = style.colour is not None or "color" in style.undoes
        if node.tag == "font" and not is_stated:
            style = self._read(f"color:{node.attributes.get('color') or ''}")
        if not style.is_white:
            return False
        around: LexborNode | None = node
        for _ in range(_DEEPEST):
            if around is None:
                return True
            if self._may_have_ground(around):
                return False
            around = around.parent
        return False

    def _may_have_ground(self, node: LexborNode) -> bool:
        attributes = node.attributes
        return (
            not {"bgcolor", "background"}.isdisjoint(attributes)
            or ("class" in attributes and not self._are_classes_known)
            or self.of(node).has_ground
        )
