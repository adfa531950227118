"""What the style sheets inside a page hide from its reader.

Only rules that stand in the page itself, and that no other rule and no script takes
back: menus, tabs and what fades in are hidden at first, and shown in the end.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["hidden_by_sheets"]

_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_BRACE: Final = re.compile(r"[{}]")
_NAME: Final = re.compile(r"[.#][\w-]+|(?<![\w.#-])[a-z][a-z0-9]*", re.IGNORECASE)
# One element by its tag, id and classes, with such ones above it.
_PLAIN: Final = re.compile(r"[\w.#* >-]{1,200}")
_SHOWS: Final = re.compile(r"(?:^|[;\s])(?:display|visibility|opacity|content)\s*:")
_LONGEST: Final = 500_000  # characters of sheets that are looked at
_MOST: Final = 50  # rules that hide: each costs a walk through the page
_EVERYTHING: Final = frozenset(("*", "html", "body"))


def hidden_by_sheets(
    tree: LexborHTMLParser,
    hides: Callable[[str], bool],
    whitens: Callable[[str], bool],
) -> Iterator[LexborNode]:
    """Yield elements that style sheets of the page hide.

    Args:
        tree: The page.
        hides: Tells whether declarations hide what they are for.
        whitens: Tells whether they make it white on nothing. They hide if nothing in
            the page has a ground of its own.
    """
    told = "\n".join(
        node.text(deep=True)
        for node in tree.css("style")
        if (node.attributes.get("media") or "all").lower() in {"all", "screen"}
    )
    if not told or _runs_scripts(tree):
        return
    rules = list(_rules(_COMMENT.sub(" ", told[:_LONGEST])))
    plain = not any("background" in what for _, what in rules) and not tree.css_first(
        "[bgcolor], [background], [style*=background], link[rel=stylesheet]"
    )
    hiding = [
        where for where, what in rules if hides(what) or (plain and whitens(what))
    ]
    shown = {
        name
        for where, what in rules
        if _SHOWS.search(what) and not hides(what)
        for name in _NAME.findall(where)
    }
    selectors = [one.strip() for where in hiding for one in where.split(",")]
    for selector in selectors[:_MOST]:
        last = _NAME.findall(re.split(r"[ >]", selector)[-1])
        taken_back = {*last} & (shown | _EVERYTHING)
        if last and not taken_back and _PLAIN.fullmatch(selector):
            yield from tree.css(selector)


def _runs_scripts(tree: LexborHTMLParser) -> bool:
    return any(
        "json" not in (node.attributes.get("type") or "") for node in tree.css("script")
    )


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Yield the selectors and declarations of rules that hold on every screen."""
    depth = start = 0
    selectors = ""
    for brace in _BRACE.finditer(sheet):
        if brace[0] == "{":
            if depth == 0:
                selectors = sheet[start : brace.start()].rpartition(";")[2].strip()
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0 and not selectors.startswith("@"):
                yield selectors, sheet[start : brace.start()].lower()
        start = brace.end()
