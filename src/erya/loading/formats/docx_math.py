"""Formulas of Office (OMML) in a line, in LaTeX's notation where a line needs one.

What stands for a property that is not given is of ECMA-376, part 1, 22.1.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from docx.oxml.ns import qn

if TYPE_CHECKING:
    from docx.oxml.xmlchemy import BaseOxmlElement

__all__ = ["MATH", "formula"]

MATH: Final = frozenset((qn("m:oMath"), qn("m:oMathPara")))
_DELETED: Final = frozenset((qn("w:del"), qn("w:moveFrom")))
_OFF: Final = frozenset(("0", "off", "false"))
_OPERATORS: Final = {
    "∑": "\\sum", "∏": "\\prod", "∐": "\\coprod", "∫": "\\int", "∬": "\\iint",
    "∭": "\\iiint", "∮": "\\oint", "⋃": "\\bigcup", "⋂": "\\bigcap",
}  # fmt: skip
_ACCENTS: Final = {
    "\u0300": "\\grave", "\u0301": "\\acute", "\u0302": "\\hat", "\u0303": "\\tilde",
    "\u0304": "\\bar", "\u0305": "\\overline", "\u0306": "\\breve", "\u0307": "\\dot",
    "\u0308": "\\ddot", "\u030c": "\\check", "\u20d7": "\\vec",
    "¯": "\\bar", "^": "\\hat", "~": "\\tilde",
}  # fmt: skip
_BRACES: Final = {"⏟": "\\underbrace", "⏞": "\\overbrace"}
_STRIKES: Final = ("strikeH", "strikeV", "strikeBLTR", "strikeTLBR")


def formula(element: "BaseOxmlElement") -> str:
    r"""Return a formula: `\frac{a}{b}`, `x^{2}`, `\sqrt{x}`; letters as they are."""
    if element.tag == qn("m:t"):
        return element.text or ""
    if element.tag in _DELETED:
        return ""
    write = _WRITERS.get(element.tag)
    return _inner(element) if write is None else write(_Node(element))


def _inner(element: "BaseOxmlElement") -> str:
    return "".join(map(formula, element.iterchildren()))


class _Node:
    """An object of a formula: its parts and its properties."""

    def __init__(self, element: "BaseOxmlElement") -> None:
        self._element = element

    def part(self, name: str) -> str:
        element = self._element.find(qn(f"m:{name}"))
        return formula(element) if element is not None else ""

    def parts(self, name: str) -> list[str]:
        return [formula(each) for each in self._element.iterchildren(qn(f"m:{name}"))]

    def property(self, name: str, default: str) -> str:
        """Return a property's value; `default` where it is not given."""
        element = self._element.find(f"{self._element.tag}Pr/{qn(f'm:{name}')}")
        value = element.get(qn("m:val")) if element is not None else None
        return default if value is None else str(value)

    def has(self, name: str) -> bool:
        """Tell whether a property is on, as one without a value is."""
        element = self._element.find(f"{self._element.tag}Pr/{qn(f'm:{name}')}")
        return element is not None and element.get(qn("m:val")) not in _OFF


def _limits(node: _Node) -> str:
    low, high = node.part("sub"), node.part("sup")
    return (f"_{{{low}}}" if low else "") + (f"^{{{high}}}" if high else "")


def _fraction(node: _Node) -> str:
    above, below = node.part("num"), node.part("den")
    if node.property("type", "bar") == "noBar":  # as of a binomial coefficient
        return f"{{{above} \\atop {below}}}"
    return f"\\frac{{{above}}}{{{below}}}"


def _root(node: _Node) -> str:
    degree, inside = node.part("deg"), node.part("e")
    return f"\\sqrt[{degree}]{{{inside}}}" if degree else f"\\sqrt{{{inside}}}"


def _operator(node: _Node) -> str:
    sign = node.property("chr", "∫")
    limits = _limits(node) or " "
    return f"{_OPERATORS.get(sign, sign)}{limits}{node.part('e')}"


def _delimiters(node: _Node) -> str:
    before, after = node.property("begChr", "("), node.property("endChr", ")")
    return f"{before}{node.property('sepChr', '|').join(node.parts('e'))}{after}"


def _bar(node: _Node) -> str:
    line = "\\overline" if _is_above(node) else "\\underline"
    return f"{line}{{{node.part('e')}}}"


def _accent(node: _Node) -> str:
    sign = node.property("chr", "\u0302")
    command = _ACCENTS.get(sign) or f"\\overset{{{sign}}}"
    return f"{command}{{{node.part('e')}}}"


def _group(node: _Node) -> str:
    sign = node.property("chr", "⏟")
    where = "\\overset" if _is_above(node) else "\\underset"
    command = _BRACES.get(sign) or f"{where}{{{sign}}}"
    return f"{command}{{{node.part('e')}}}"


def _is_above(node: _Node) -> bool:
    return node.property("pos", "bot") == "top"


def _phantom(node: _Node) -> str:
    """Return what takes room, and is seen only if it says so or says nothing."""
    return "" if node.property("show", "1") in _OFF else node.part("e")


def _box(node: _Node) -> str:
    struck = any(map(node.has, _STRIKES))
    return f"\\cancel{{{node.part('e')}}}" if struck else node.part("e")


_WRITERS: Final[dict[str, Callable[[_Node], str]]] = {
    qn("m:f"): _fraction,
    qn("m:sSup"): lambda node: f"{node.part('e')}^{{{node.part('sup')}}}",
    qn("m:sSub"): lambda node: f"{node.part('e')}_{{{node.part('sub')}}}",
    qn("m:sSubSup"): lambda node: (
        f"{node.part('e')}_{{{node.part('sub')}}}^{{{node.part('sup')}}}"
    ),
    qn("m:sPre"): lambda node: f"{{}}{_limits(node)}{node.part('e')}",
    qn("m:rad"): _root,
    qn("m:nary"): _operator,
    qn("m:func"): lambda node: f"\\{node.part('fName')}{node.part('e')}",
    qn("m:limLow"): lambda node: f"{node.part('e')}_{{{node.part('lim')}}}",
    qn("m:limUpp"): lambda node: f"\\overset{{{node.part('lim')}}}{{{node.part('e')}}}",
    qn("m:d"): _delimiters,
    qn("m:m"): lambda node: " \\\\ ".join(node.parts("mr")),
    qn("m:mr"): lambda node: " & ".join(node.parts("e")),
    qn("m:eqArr"): lambda node: " \\\\ ".join(node.parts("e")),
    qn("m:bar"): _bar,
    qn("m:acc"): _accent,
    qn("m:groupChr"): _group,
    qn("m:phant"): _phantom,
    qn("m:borderBox"): _box,
}
