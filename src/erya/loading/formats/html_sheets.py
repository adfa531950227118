"""What style sheets do to the elements of a page.

Of what hides, only rules that no other rule and no script takes back: menus, tabs and
what fades in are hidden at first, and shown in the end.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from erya.loading.formats.html_styles import Style, merge_styles, without_strings

__all__ = ["runs_scripts", "sheets_of", "styles_by_sheets"]

_BRACE: Final = re.compile(r"[{}]")
_NAME: Final = re.compile(r"[.#][\w-]+|(?<![\w.#-])[a-z][a-z0-9]*", re.IGNORECASE)
# One element by its tag, id and classes, with such ones above it.
_PLAIN: Final = re.compile(r"[\w.#* >-]{1,200}")
# What is left out of a selector to see which elements it may be for.
_STATES: Final = re.compile(
    r"(?<![\\:]):(?!before|after|first-l)[\w-]{1,50}(?:\([^()]{0,999}\))?",
    re.IGNORECASE,
)
_WORDS: Final = re.compile(r"(?<!\\)\[\s{0,9}([\w-]{1,99})[^\]]{0,999}\]")
# What a sheet itself puts before or behind an element, and its first line.
_PARTS: Final = re.compile(r"(?<!\\)(?:::|:before|:after|:first-l)", re.IGNORECASE)
_COMMA: Final = re.compile(r",(?![^()]{0,200}\))")
_AT_RULE: Final = re.compile(r"@[\w-]+")
_LONGEST: Final = 500_000  # characters of sheets that are looked at
_MOST: Final = 200  # rules that matter: each costs a walk through the page
_MOST_SELECTORS: Final = 2_000
_MOST_MATCHES: Final = 1_000_000
_DEEPEST: Final = 3  # rules inside of others
_ALWAYS: Final = frozenset(("", "all", "screen", "only screen", "not print"))
_EVERYTHING: Final = frozenset(("*", "html", "body"))
_NOTHING: Final = Style()


class _Rule(NamedTuple):
    selectors: str
    declarations: str
    always: bool  # or on some screens, or in some states
    is_layered: bool = False  # goes behind all that are not


_Rank = tuple[int, int, int, int]  # of rules that are for one element
_LOWEST: Final = (0, 0, 0, 0)
_HIGHEST: Final = (2, 0, 0, 0)


class _Showing(NamedTuple):
    """What rules that may be for elements say and do not hide them by."""

    by_names: frozenset[tuple[str, str]]
    by_elements: dict[int, dict[str, _Rank]]  # by their place in memory
    undone: dict[int, frozenset[str]]  # of what they have from those above
    everywhere: frozenset[str]  # by more rules than are looked at

    def takes_back(self, node: LexborNode, style: Style, rank: _Rank) -> bool:
        """Tell whether some rule may show what a rule of a rank hides."""
        ranks = self.by_elements.get(node.mem_id, {})
        return any(
            what in self.everywhere or (what in ranks and ranks[what] >= rank)
            for what in style.conceals
        )


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
    tree: LexborHTMLParser,
    sheets: str,
    read: Callable[[str], Style],
    *,
    whole: bool,
    hidden_by: frozenset[str] = frozenset(),
) -> dict[int, Style]:
    """Return the styles that sheets give elements, by their place in memory.

    Elements with a style get the attribute `style`, if an empty one.

    Args:
        tree: The page.
        sheets: Its sheets.
        read: Reads declarations.
        whole: Whether there are no others, which may give what is white a ground.
        hidden_by: What elements are hidden by in their own styles.
    """
    rules = [(rule, read(rule.declarations)) for rule in _rules(sheets, always=True)]
    if runs_scripts(tree) or any(
        name.startswith("animation") for _, style in rules for name in style.says
    ):
        rules = [(rule, _unhide(style)) for rule, style in rules]
    elif not (whole and _are_grounds_known(rules)):
        rules = [(rule, style._replace(colour=None)) for rule, style in rules]
    concealed = {what for _, style in rules for what in style.conceals}
    showing = _find_showing(tree, rules, concealed | hidden_by)
    styles: dict[int, Style] = {}
    for node_id, undone in showing.undone.items():
        styles[node_id] = _NOTHING._replace(undoes=undone)
    matches = 0
    for selector, rank, style in _select_rules(
        rules, showing, is_colour_needed="color" in concealed | hidden_by
    ):
        nodes = _matches(tree, selector)
        matches += len(nodes)
        for node in nodes:
            applied = _unhide(style) if showing.takes_back(node, style, rank) else style
            styles[node.mem_id] = merge_styles(
                styles.get(node.mem_id, _NOTHING), applied
            )
            if "style" not in node.attributes:
                node.attrs["style"] = ""
        if matches > _MOST_MATCHES:
            break
    return styles


_Rules = list[tuple[_Rule, Style]]


def _unhide(style: Style) -> Style:
    return style._replace(hides=frozenset(), is_folded=False, colour=None)


def _are_grounds_known(rules: _Rules) -> bool:
    """Tell whether it is plain which elements have a colour behind them."""
    grounds = [rule for rule, style in rules if style.has_ground]
    return len(grounds) <= _MOST // 2 and all(
        rule.always and all(_PLAIN.fullmatch(one.strip()) for one in _selectors(rule))
        for rule in grounds
    )


def _select_rules(
    rules: _Rules, showing: _Showing, *, is_colour_needed: bool
) -> list[tuple[str, _Rank, Style]]:
    """Return the selectors that are understood, and their styles, the last on top."""
    matter: list[tuple[str, _Rank, Style]] = []
    for rule, style in rules:
        if not rule.always or len(matter) > _MOST_SELECTORS:
            continue
        base = style if is_colour_needed else _plain(style)
        for selector in _selectors(rule)[:_MOST_SELECTORS]:
            applied = base
            if _is_taken_back(selector, style, showing.by_names):
                applied = _unhide(base)
            applied = applied._replace(
                says=frozenset(), undoes=frozenset(), important=frozenset()
            )
            if applied != _NOTHING and _PLAIN.fullmatch(selector):
                rank = _LOWEST if rule.is_layered else _rank(selector, style)
                matter.append((selector, rank, applied))
    if len(matter) > _MOST:  # no colour is sure where others may come behind it
        matter = [(*one[:2], one[2]._replace(colour=None)) for one in matter]
        matter = [one for one in matter if one[2] != _NOTHING][:_MOST]
    return sorted(matter, key=lambda one: one[1][1:])


def _plain(style: Style) -> Style:
    return style._replace(colour=None, ground=None, picture=None)


def _rank(selector: str, style: Style) -> _Rank:
    """Return which rules go before others: for what shows rather more than less."""
    names = _NAME.findall(selector)
    ids = sum(name[0] == "#" for name in names)
    tags = sum(name[0] not in ".#" for name in names)
    others = len(names) - ids - tags + selector.count("[") + selector.count(":")
    return int(bool(style.important)), ids, others, tags


def _selectors(rule: _Rule) -> list[str]:
    return _split_selectors(rule.selectors)


def _split_selectors(selectors: str) -> list[str]:
    parts = _COMMA.split(selectors) if "(" in selectors else selectors.split(",")
    return [part.strip() for part in parts]


def _stateless(selectors: str) -> str:
    """Return selectors without what elements may become, or where they stand."""
    for _ in range(_DEEPEST):
        selectors = _STATES.sub(_drop_state, selectors)
    return selectors


def _drop_state(match: re.Match[str]) -> str:
    before = match.string[max(match.start() - 1, 0) : match.start()]
    return "*" if not before or before in " >+~,(" else ""


def _is_taken_back(
    selector: str, style: Style, showing: frozenset[tuple[str, str]]
) -> bool:
    """Tell whether some rule may show what this one hides.

    A rule of a bare tag takes nothing back from what has a class or an id.
    """
    last = _NAME.findall(re.split(r"[ >]", selector)[-1])
    own = [name for name in last if name[0] in ".#"] or last
    return not _EVERYTHING.isdisjoint((*last, selector)) or any(
        (name, what) in showing for name in own for what in style.conceals
    )


def _find_showing(
    tree: LexborHTMLParser, rules: _Rules, concealed: set[str]
) -> _Showing:
    """Return what rules, also those for some screens only, may show."""
    names: set[tuple[str, str]] = set()
    elements: dict[int, dict[str, _Rank]] = {}
    undone: dict[int, frozenset[str]] = {}
    everywhere: set[str] = set()
    count = matches = 0
    for rule, selector, style in _that_show(rules, concealed):
        shows = style.shows & concealed
        names.update((name, what) for name in _NAME.findall(selector) for what in shows)
        count += 1
        if count > _MOST or matches > _MOST_MATCHES:
            everywhere |= shows
            continue
        nodes = _matches(tree, _WORDS.sub(r"[\1]", selector), otherwise="*")
        matches += len(nodes)
        rank = _rank(selector, style)
        if rule.is_layered and style.important:
            rank = _HIGHEST
        for node in nodes:
            ranks = elements.setdefault(node.mem_id, {})
            for what in shows:
                ranks[what] = max(ranks.get(what, _LOWEST), rank)
            if undoes := style.undoes & concealed:
                undone[node.mem_id] = undone.get(node.mem_id, frozenset()) | undoes
    return _Showing(frozenset(names), elements, undone, frozenset(everywhere))


def _that_show(
    rules: _Rules, concealed: set[str]
) -> Iterator[tuple[_Rule, str, Style]]:
    """Yield rules that may show something, for each of their selectors.

    Those are without what elements may become, and where they stand.
    """
    for rule, style in rules:
        if style.shows & concealed:
            for selector in _split_selectors(_stateless(rule.selectors)):
                if not _PARTS.search(selector):
                    yield rule, selector, style


def _matches(
    tree: LexborHTMLParser, selector: str, *, otherwise: str = ""
) -> list[LexborNode]:
    try:
        return tree.css(selector)
    except SelectolaxError:  # such as one that begins with a digit
        return tree.css(otherwise) if otherwise else []


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
        # Rules inside of rules are not read, and may show what these hide.
        yield _Rule(before, within.lower(), always and "{" not in within)
        return
    kind, condition = before.lower(), ""
    if match := _AT_RULE.match(kind):
        kind, condition = match[0], " ".join(kind[match.end() :].split())
    if depth == _DEEPEST or kind not in {"@media", "@supports", "@layer", "@container"}:
        return
    if kind == "@media" and "print" in condition and condition not in _ALWAYS:
        return
    holds = kind == "@layer" or (kind == "@media" and condition in _ALWAYS)
    for rule in _rules(within, always=always and holds, depth=depth + 1):
        yield rule._replace(is_layered=rule.is_layered or kind == "@layer")
