"""What elements of a page show that hold more than text, or something else.

Pictures, fields, drawings, frames and formulas: each is put into words in its place.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from erya.loading.builder import TextBuilder
from erya.loading.formats.mathml import formula
from erya.loading.formats.symbols import decode_symbols

__all__ = [
    "close_dialogs", "open_frames", "tell_stand_ins", "write_formulas", "write_marks",
    "write_values",
]  # fmt: skip

_DISPLAYSTYLE: Final = re.compile(r"\s*\{\\displaystyle\s+(.*)\}\s*", re.DOTALL)
_IN_LATEX: Final = ", ".join(
    f"annotation[encoding='{name}' i]"
    for name in ("application/x-tex", "latex", "tex", "text/latex")
)
_BOXES: Final = frozenset(("checkbox", "radio"))
_TYPED: Final = frozenset(
    ("text", "email", "tel", "url", "search", "number", "date", "time", "month", "week",
     "datetime-local", "range")
)  # fmt: skip
_FRAMES_DEEP: Final = 3  # frames inside of others
_STAND_INS: Final = ("video", "audio", "canvas", "noscript")
_UNSEEN_SIGNS: Final = frozenset(("none", "hidden", "collapse", "0"))
# A button that is all of one of these opens what it names.
_NAMED_BY_BUTTONS: Final = frozenset(
    ("h1", "h2", "h3", "h4", "h5", "h6", "dt", "summary", "legend")
)
_NEAR: Final = 5  # elements above
_DEEP: Final = 100


def open_frames(
    tree: LexborHTMLParser,
    look: Callable[[LexborHTMLParser], frozenset[str]],
    *,
    depth: int = 1,
) -> frozenset[str]:
    """Put pages that stand inside of a page, in attributes, in their places.

    Each has its own styles, which are for no other page.

    Args:
        tree: The page, without what is hidden in it.
        look: Takes away what is hidden in a page, and returns the marks that it sets.
        depth: Of the frame in others.

    Returns:
        The marks that were set in the frames.
    """
    marks: set[str] = set()
    for frame in tree.css("iframe[srcdoc]"):
        page = LexborHTMLParser(frame.attributes.get("srcdoc") or "")
        marks |= look(page)
        if depth < _FRAMES_DEEP:
            marks |= open_frames(page, look, depth=depth + 1)
        if page.root is not None:
            frame.insert_before(page.root)
        frame.decompose()
    return frozenset(marks)


def tell_stand_ins(
    builder: TextBuilder, tree: LexborHTMLParser, tags: Iterable[str]
) -> None:
    """Tell of text that only an old browser shows, in place of a film or script."""
    there = sorted({*tags}.intersection(_STAND_INS))
    if there and any(node.text().strip() for node in tree.css(", ".join(there))):
        message = (
            "Some text stands for what a browser shows instead, such as a film or what "
            "a script does; it is not searched."
        )
        builder.notice("stand_in", message)


def close_dialogs(tree: LexborHTMLParser) -> None:
    """Take away dialogs that are not open."""
    for node in reversed(tree.css("dialog:not([open])")):  # inner ones first
        node.decompose()


def write_marks(tree: LexborHTMLParser, marks: frozenset[str]) -> None:
    """Write letters of fonts of signs as what they show, and set blocks apart."""
    for node in tree.css("[erya-block]") if "erya-block" in marks else ():
        node.insert_before(" ")
        node.insert_after(" ")
    for node in tree.css("[erya-font]") if "erya-font" in marks else ():
        font = node.attributes.get("erya-font") or ""
        for child in list(node.iter(include_text=True)):
            if child.tag == "-text":
                child.replace_with(decode_symbols(font, child.text_content or ""))


def write_values(tree: LexborHTMLParser, tags: set[str]) -> None:
    """Put the words of pictures and the values of form fields in their places.

    So with the ticks of lists of tasks, which some programs draw by a style alone.
    """
    for node in tree.css("li[data-inline-task-id]") if "li" in tags else ():
        done = "checked" in (node.attributes.get("class") or "").split()
        first = next(node.iter(include_text=True), None)
        if first is not None:
            first.insert_before("☑ " if done else "☐ ")
    for tag in sorted(tags.intersection(_VALUES)):
        for node in tree.css(tag):
            value = _VALUES[tag](node)
            if value is not None:
                node.replace_with(f" {value} ")


def _value_of_input(node: LexborNode) -> str | None:
    kind = (node.attributes.get("type") or "text").lower()
    if kind in _BOXES:
        return "☑" if "checked" in node.attributes else "☐"
    return node.attributes.get("value") or "" if kind in _TYPED else None


def _value_of_select(node: LexborNode) -> str:
    chosen = node.css("option[selected]") or node.css("option")[:1]
    return ", ".join(option.text().strip() for option in chosen)


def _value_of_button(node: LexborNode) -> str | None:
    above: LexborNode | None = node
    for _ in range(_NEAR):
        if above is None or not _is_alone(above):
            break
        above = above.parent
        if above is not None and above.tag in _NAMED_BY_BUTTONS:
            return node.text()
    return None


def _is_alone(node: LexborNode) -> bool:
    """Tell whether an element is all that its own one holds, blanks aside."""
    before, behind = node.prev, node.next
    if before is not None and _is_blank(before):
        before = before.prev
    if behind is not None and _is_blank(behind):
        behind = behind.next
    return before is None and behind is None


def _is_blank(node: LexborNode) -> bool:
    return node.tag == "-text" and not (node.text_content or "").strip()


def _words_of_drawing(node: LexborNode) -> str:
    """Return the labels of a drawing: not its title, which is a hint as on a link."""
    if _is_within(node, "svg"):
        return ""  # the outer one has them
    labels = []
    for label in node.css("text, foreignObject"):
        attributes = label.attributes
        is_visible = _UNSEEN_SIGNS.isdisjoint(
            (
                attributes.get("display"),
                attributes.get("visibility"),
                attributes.get("opacity"),
            )
        )
        above = label.parent
        # Beside HTML in a drawing stands the same again, for who cannot show it.
        again = (
            label.tag == "text"
            and above is not None
            and above.tag == "switch"
            and above.css_first("foreignObject") is not None
        )
        if is_visible and not again:
            labels.append(" ".join(_label(label).split()))
    return " ".join(labels)


def _is_within(node: LexborNode, tag: str) -> bool:
    above = node.parent
    for _ in range(_DEEP):
        if above is None or above.tag == tag:
            break
        above = above.parent
    return above is not None and above.tag == tag


def _label(node: LexborNode) -> str:
    """Return a label: lines of it that are set apart stand apart."""
    return "".join(
        f" {child.text()}"
        if {"x", "y", "dy"} & {*child.attributes} or child.tag in {"div", "p", "br"}
        else child.text()
        for child in node.iter(include_text=True)
        if child.tag != "-comment"
    )


_VALUES: Final[dict[str, Callable[[LexborNode], str | None]]] = {
    "area": lambda node: node.attributes.get("alt"),
    "button": _value_of_button,
    "img": lambda node: node.attributes.get("alt"),
    "input": _value_of_input,
    "select": _value_of_select,
    "svg": _words_of_drawing,
    "textarea": lambda node: node.text(),
}


def write_formulas(tree: LexborHTMLParser, there: set[str]) -> None:
    """Put the lines of formulas in their places, as the page's own words first.

    A picture of a formula that has it in words, and a script that would draw it, are
    shown by most pages beside a hidden formula, so each formula is written once.
    """
    if "script" in there:
        for node in tree.css("script[type^='math/tex']"):
            node.replace_with(node.text())
    if "math" in there:
        for node in tree.css("math"):
            annotation = node.css_first(_IN_LATEX)
            latex = annotation.text().strip() if annotation is not None else ""
            latex = latex or formula(node).strip()
            node.replace_with(f" {latex or node.attributes.get('alttext') or ''} ")
    if "img" in there:
        for node in tree.css("img[alt*='displaystyle']"):
            match = _DISPLAYSTYLE.fullmatch(node.attributes.get("alt") or "")
            if match:
                node.replace_with(f" {match[1]} ")
