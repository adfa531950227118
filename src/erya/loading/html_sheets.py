"""What style sheets do to the elements of a page.

Of what hides, only rules that no other rule and no script takes back: menus, tabs and
what fades in are hidden at first, and shown in the end.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from erya.loading.html_styles import HIDING, Style, merged, without_strings

__all__ = ["runs_scripts", "sheets_of", "styles_by_sheets"]

_BRACE: Final = re.compile(r"[{}]")
_NAME: Final = re.compile(r"[.#][\w-]+|(?<![\w.#-])[a-z][a-z0-9]*", re.IGNORECASE)
# One element by its tag, id and classes, with such ones above it.
_PLAIN: Final = re.compile(r"[\w.#* >-]{1,200}")
_AT_RULE: Final = re.compile(r"@[\w-]+")
_LONGEST: Final = 500_000  # characters of sheets that are looked at
_MOST: Final = 200  # rules that matter: each costs a walk through the page
_MOST_MATCHES: Final = 1_000_000
_DEEPEST: Final = 3  # rules inside of others
_ALWAYS: Final = frozenset(("", "all", "screen", "only screen", "not print"))
_EVERYTHING: Final = frozenset(("*", "html", "body"))
_NOTHING: Final = Style()


class _Rule(NamedTuple):
    selectors: str
    declarations: str
    always: bool  # or on some screens, or in some states


def runs_scripts(tree: LexborHTMLParser) -> bool:
    """Tell whether a page has scripts, which may show what is hidden."""
    return any(
        "json" not in (node.attributes.get("type") or "") for node in tree.css("script")
    )


def sheets_of(tree: LexborHTMLParser, linked: str | None) -> str:
    """Return the sheets of a page, and of those that it names what is there."""
    own = (
        node.text(deep=True)
        for node in tree.css("style")
        if (node.attributes.get("media") or "").strip().lower() in _ALWAYS
    )
    return without_strings("\n".join((linked or "", *own))[:_LONGEST]).strip()


def styles_by_sheets(
    tree: LexborHTMLParser, sheets: str, read: Callable[[str], Style], *, whole: bool
) -> dict[int, Style]:
    """Return the styles that sheets give elements, by their place in memory.

    Elements with a style get the attribute `style`, if an empty one.

    Args:
        tree: The page.
        sheets: Its sheets.
        read: Reads declarations.
        whole: Whether there are no others, which may give what is white a ground.
    """
    rules = [(rule, read(rule.declarations)) for rule in _rules(sheets, always=True)]
    if runs_scripts(tree) or any(
        name.startswith("animation") for _, style in rules for name in style.says
    ):
        rules = [(rule, _seen(style)) for rule, style in rules]
    elif not (whole and _are_grounds_known(rules)):
        rules = [(rule, style._replace(is_white=False)) for rule, style in rules]
    styles: dict[int, Style] = {}
    matches = 0
    for selector, style in _that_matter(rules, _shown(rules)):
        nodes = _matches(tree, selector)
        matches += len(nodes)
        for node in nodes:
            styles[node.mem_id] = merged(styles.get(node.mem_id, _NOTHING), style)
            if "style" not in node.attributes:
                node.attrs["style"] = ""
        if matches > _MOST_MATCHES:
            break
    return styles


_Rules = list[tuple[_Rule, Style]]


def _seen(style: Style) -> Style:
    return style._replace(hidden_by=frozenset(), is_folded=False, is_white=False)


def _are_grounds_known(rules: _Rules) -> bool:
    """Tell whether it is plain which elements have a colour behind them."""
    grounds = [rule for rule, style in rules if style.has_ground]
    return len(grounds) <= _MOST // 2 and all(
        rule.always and all(_PLAIN.fullmatch(one.strip()) for one in _selectors(rule))
        for rule in grounds
    )


def _that_matter(
    rules: _Rules, shown: frozenset[tuple[str, str]]
) -> Iterator[tuple[str, Style]]:
    """Yield the selectors that are understood, and their styles."""
    is_any_white = any(style.is_white for _, style in rules)
    count = 0
    for rule, style in rules:
        if not rule.always:
            continue
        for selector in _selectors(rule):
            given = _seen(style) if _is_taken_back(selector, style, shown) else style
            given = given._replace(
                says=frozenset(), has_ground=given.has_ground and is_any_white
            )
            if given != _NOTHING and _PLAIN.fullmatch(selector):
                count += 1
                yield selector, given
            if count >= _MOST:
                return


def _selectors(rule: _Rule) -> list[str]:
    return [selector.strip() for selector in rule.selectors.split(",")]


def _is_taken_back(
    selector: str, style: Style, shown: frozenset[tuple[str, str]]
) -> bool:
    """Tell whether some rule may show what this one hides.

    A rule of a bare tag takes nothing back from what has a class or an id.
    """
    last = _NAME.findall(re.split(r"[ >]", selector)[-1])
    own = [name for name in last if name[0] in ".#"] or last
    hiding = [*style.hidden_by, *(["color"] if style.is_white else [])]
    if style.is_folded:
        hiding += ("height", "max-height", "overflow")
    return not _EVERYTHING.isdisjoint((*last, selector)) or any(
        (name, what) in shown for name in own for what in hiding
    )


def _shown(rules: _Rules) -> frozenset[tuple[str, str]]:
    """Return the names of elements, and what some rule says of them and hides not."""
    return frozenset(
        (name, what)
        for rule, style in rules
        if not style.is_folded
        for what in (style.says & HIDING) - style.hidden_by
        if not (style.is_white and what == "color")
        for selector in _selectors(rule)
        for name in _NAME.findall(selector)
    )


def _matches(tree: LexborHTMLParser, selector: str) -> list[LexborNode]:
    try:
        return tree.css(selector)
    except SelectolaxError:  # such as one that begins with a digit
        return []


def _rules(sheet: str, *, always: bool, depth: int = 0) -> Iterator[_Rule]:
    """Yield the rules of a sheet, those for paper aside."""
    open_ = start = begins = 0
    before = ""
    for brace in _BRACE.finditer(sheet):
        if brace[0] == "{":
            if open_ == 0:
                before = sheet[start : brace.start()].rpartition(";")[2].strip()
                begins = brace.end()
            open_ += 1
        elif open_:
            open_ -= 1
            if open_ == 0:
                within = sheet[begins : brace.start()]
                yield from _rules_within(before, within, always=always, depth=depth)
        start = brace.end()


def _rules_within(
    before: str, within: str, *, always: bool, depth: int
) -> Iterator[_Rule]:
    if not before.startswith("@"):
        yield _Rule(before, within.lower(), always)
        return
    kind, condition = before.lower(), ""
    if told := _AT_RULE.match(kind):
        kind, condition = told[0], " ".join(kind[told.end() :].split())
    if depth == _DEEPEST or kind not in {"@media", "@supports", "@layer", "@container"}:
        return
    if kind == "@media" and "print" in condition and condition not in _ALWAYS:
        return
    holds = kind == "@layer" or (kind == "@media" and condition in _ALWAYS)
    yield from _rules(within, always=always and holds, depth=depth + 1)
