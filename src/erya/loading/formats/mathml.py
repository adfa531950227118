"""Formulas of pages (MathML) in a line, in LaTeX's notation where a line needs one."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

__all__ = ["formula"]

_UNSEEN: Final = frozenset(("annotation", "annotation-xml", "mphantom"))
_DEEPEST: Final = 100
_INVISIBLE: Final = frozenset("\u2061\u2062\u2063\u2064")  # times, comma, plus
_SCRIPT_BEFORE: Final = re.compile(r"[_^]\w\Z")
# What a script belongs to without braces: a word, a sign, or what brackets hold.
_ONE: Final = re.compile(
    r"\w+|\W|\\[A-Za-z]+|\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|\|[^|]*\|"
)
_ACCENTS: Final = {
    "^": "hat", "ˆ": "hat", "~": "tilde", "˜": "tilde", "¯": "bar", "‾": "bar",
    "-": "bar", "−": "bar", "_": "bar", "→": "vec", "⃗": "vec", ".": "dot", "˙": "dot",
    "¨": "ddot", "ˇ": "check", "˘": "breve", "´": "acute", "`": "grave",
    "⏞": "overbrace",
}  # fmt: skip
_BELOW: Final = {
    "_": "underline", "̲": "underline", "¯": "underline", "‾": "underline",
    "⏟": "underbrace",
}  # fmt: skip
_ENCLOSED: Final = {
    "updiagonalstrike": "cancel", "downdiagonalstrike": "cancel",
    "verticalstrike": "cancel", "horizontalstrike": "cancel", "radical": "sqrt",
    "top": "overline", "bottom": "underline",
}  # fmt: skip


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
    if node.tag in _WRITERS or node.tag in _WITH_ATTRIBUTES:
        children = [child for child in children if child.tag != "-text"]
    parts = [formula(child, depth + 1) for child in children]
    if node.tag == "mmultiscripts":
        return _around([child.tag for child in children], parts)
    return _write_node(node, parts)


def _write_node(node: Any, parts: Sequence[str]) -> str:
    write = _WRITERS.get(node.tag)
    if write is not None and len(parts) >= write[0]:
        return write[1](parts)
    if node.tag in _WITH_ATTRIBUTES:
        return _WITH_ATTRIBUTES[node.tag](node, parts)
    return f" {_run(parts)} " if node.tag in {"mtext", "mspace"} else _run(parts)


def _run(parts: Sequence[str]) -> str:
    """Join what stands side by side, so that no number goes on into the next."""
    if len(parts) == 1:
        return parts[0]
    pieces: list[str] = []
    last = ""
    invisible = False
    for part in parts:
        if part in _INVISIBLE:
            invisible = True
        elif part:
            apart = part[0].isalnum() and (
                _SCRIPT_BEFORE.search(last[-2:])
                or (invisible and last[-1:].isdigit() and part[0].isdigit())
            )
            pieces.append(f" {part}" if apart else part)
            last, invisible = part, False
    return "".join(pieces)


def _around(tags: Sequence[str], parts: Sequence[str]) -> str:
    """Write signs around one: pairs of lower and upper ones, those before it last."""
    if not parts:
        return ""
    before = tags.index("mprescripts") if "mprescripts" in tags else len(tags)
    behind, ahead = parts[1:before], parts[before + 1 :]
    return (
        ("{}" + _pairs(ahead) if any(ahead) else "") + _one(parts[0]) + _pairs(behind)
    )


def _pairs(parts: Sequence[str]) -> str:
    return "".join(
        f"{'^' if at % 2 else '_'}{_group(part)}"
        for at, part in enumerate(parts)
        if part
    )


def _fraction(node: Any, parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return _run(parts)
    thickness = (node.attributes.get("linethickness") or "1").strip()
    if thickness.startswith("0") and not thickness.strip("0.empxtinc%"):
        return f"{{{parts[0]} \\atop {parts[1]}}}"  # as of a binomial coefficient
    return f"\\frac{{{parts[0]}}}{{{parts[1]}}}"


def _fence_parts(node: Any, parts: Sequence[str]) -> str:
    attributes = node.attributes
    opens, closes = (
        _fence(attributes.get("open"), "("),
        _fence(attributes.get("close"), ")"),
    )
    between = "".join(_fence(attributes.get("separators"), ",").split())
    pieces = []
    for at, part in enumerate(parts):
        sign = between[min(at, len(between)) - 1] if at and between else ""
        pieces.append(f"{sign} {part}" if sign else part)
    return f"{opens}{''.join(pieces)}{closes}"


def _fence(value: str | None, usual: str) -> str:
    return usual if value is None else value.strip()


def _enclose(node: Any, parts: Sequence[str]) -> str:
    text = _run(parts)
    for notation in (node.attributes.get("notation") or "").lower().split():
        if notation in _ENCLOSED:
            return f"\\{_ENCLOSED[notation]}{{{text}}}"
    return text


def _above(parts: Sequence[str]) -> str:
    accent = _ACCENTS.get(parts[1].strip())
    return f"\\{accent}{{{parts[0]}}}" if accent else _script("^", parts)


def _below(parts: Sequence[str]) -> str:
    accent = _BELOW.get(parts[1].strip())
    return f"\\{accent}{{{parts[0]}}}" if accent else _script("_", parts)


def _script(sign: str, parts: Sequence[str]) -> str:
    return f"{_one(parts[0])}{sign}{_group(parts[1])}"


def _limits(parts: Sequence[str]) -> str:
    return f"{_one(parts[0])}_{_group(parts[1])}^{_group(parts[2])}"


def _one(text: str) -> str:
    """Return what a script belongs to."""
    return text if not text or _ONE.fullmatch(text) else f"{{{text}}}"


def _group(text: str) -> str:
    """Return what LaTeX takes for one: more than a sign stands in braces."""
    return text if len(text) == 1 else f"{{{text}}}"


_Write = Callable[[Sequence[str]], str]
_WITH_ATTRIBUTES: Final[dict[str, Callable[[Any, Sequence[str]], str]]] = {
    "mfrac": _fraction,
    "mfenced": _fence_parts,
    "menclose": _enclose,
}
# With the parts that each needs at least.
_WRITERS: Final[dict[str, tuple[int, _Write]]] = {
    "msup": (2, lambda p: _script("^", p)),
    "msub": (2, lambda p: _script("_", p)),
    "msubsup": (3, _limits),
    "munderover": (3, _limits),
    "munder": (2, _below),
    "mover": (2, _above),
    "msqrt": (1, lambda p: f"\\sqrt{{{_run(p)}}}"),
    "mroot": (2, lambda p: f"\\sqrt[{p[1]}]{{{p[0]}}}"),
    "maction": (1, lambda p: p[0]),  # the others are shown when it is asked for
    "mtr": (1, " & ".join),
    "mlabeledtr": (1, " & ".join),
    "mtable": (1, " \\\\ ".join),
}
