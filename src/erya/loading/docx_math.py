"""Formulas of Word (OMML) in a line, in LaTeX's notation where a line needs one."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from docx.oxml.ns import qn

if TYPE_CHECKING:
    from docx.oxml.xmlchemy import BaseOxmlElement

__all__ = ["MATH", "formula"]

MATH: Final = frozenset((qn("m:oMath"), qn("m:oMathPara")))
_Part = Callable[[str], str]


def formula(element: "BaseOxmlElement") -> str:
    r"""Return a formula: `\frac{a}{b}`, `x^{2}`, `\sqrt{x}`; letters as they are."""
    if element.tag == qn("m:t"):
        return element.text or ""
    write = _WRITTEN.get(element.tag)
    if write is not None:
        return write(lambda name: _part(element, name))
    return "".join(map(formula, element.iterchildren()))


def _part(element: "BaseOxmlElement", name: str) -> str:
    found = element.find(qn(f"m:{name}"))
    return formula(found) if found is not None else ""


def _root(part: _Part) -> str:
    degree = part("deg")
    return f"\\sqrt[{degree}]{{{part('e')}}}" if degree else f"\\sqrt{{{part('e')}}}"


def _sum(part: _Part) -> str:
    low, high = part("sub"), part("sup")
    limits = (f"_{{{low}}}" if low else "") + (f"^{{{high}}}" if high else "")
    return f"\\sum{limits}{part('e')}"


_WRITTEN: Final[dict[str, Callable[[_Part], str]]] = {
    qn("m:f"): lambda part: f"\\frac{{{part('num')}}}{{{part('den')}}}",
    qn("m:sSup"): lambda part: f"{part('e')}^{{{part('sup')}}}",
    qn("m:sSub"): lambda part: f"{part('e')}_{{{part('sub')}}}",
    qn("m:sSubSup"): lambda part: f"{part('e')}_{{{part('sub')}}}^{{{part('sup')}}}",
    qn("m:rad"): _root,
    qn("m:nary"): _sum,
    qn("m:func"): lambda part: f"\\{part('fName')}{part('e')}",
    qn("m:d"): lambda part: f"({part('e')})",
}
