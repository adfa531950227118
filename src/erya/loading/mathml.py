"""Formulas of pages (MathML) in a line, in LaTeX's notation where a line needs one."""

from collections.abc import Callable, Sequence
from typing import Any, Final

__all__ = ["formula"]

_UNSEEN: Final = frozenset(("annotation", "annotation-xml", "none", "mprescripts"))
_DEEPEST: Final = 100


def formula(node: Any, depth: int = 0) -> str:
    r"""Return a formula: `\frac{a}{b}`, `x^{2}`, `\sqrt{x}`; letters as they are.

    Args:
        node: An element of a page, `math` or inside of it.
        depth: How many elements of it are around.
    """
    if depth > _DEEPEST or node.tag in _UNSEEN:
        return ""
    if node.tag == "-text":
        return " ".join((node.text_content or "").split())
    children = [
        child for child in node.iter(include_text=True) if child.tag != "-comment"
    ]
    if node.tag in _WRITTEN:
        children = [child for child in children if child.tag != "-text"]
    parts = [formula(child, depth + 1) for child in children]
    write = _WRITTEN.get(node.tag)
    if write is not None and len(parts) >= write[0]:
        return write[1](parts)
    if node.tag == "mtext":
        return f" {''.join(parts)} "
    return "".join(parts)


def _limits(parts: Sequence[str]) -> str:
    return f"{parts[0]}_{_group(parts[1])}^{_group(parts[2])}"


def _group(text: str) -> str:
    """Return what LaTeX takes for one: more than a sign stands in braces."""
    return text if len(text) == 1 else f"{{{text}}}"


_Write = Callable[[Sequence[str]], str]
_WRITTEN: Final[dict[str, tuple[int, _Write]]] = {
    "mfrac": (2, lambda p: f"\\frac{{{p[0]}}}{{{p[1]}}}"),
    "msup": (2, lambda p: f"{p[0]}^{_group(p[1])}"),
    "msub": (2, lambda p: f"{p[0]}_{_group(p[1])}"),
    "msubsup": (3, _limits),
    "munderover": (3, _limits),
    "munder": (2, lambda p: f"{p[0]}_{_group(p[1])}"),
    "mover": (2, lambda p: f"{p[0]}^{_group(p[1])}"),
    "msqrt": (1, lambda p: f"\\sqrt{{{''.join(p)}}}"),
    "mroot": (2, lambda p: f"\\sqrt[{p[1]}]{{{p[0]}}}"),
    "mfenced": (1, lambda p: f"({', '.join(p)})"),
    "mtr": (1, " & ".join),
    "mtable": (1, " \\\\ ".join),
}
