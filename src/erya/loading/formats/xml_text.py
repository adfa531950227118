"""XML of any kind as text: documents as prose, data as lines of names and values."""

import html
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from erya.language import STANDING
from erya.loading.builder import TextBuilder
from erya.loading.formats.flowing import flowing
from erya.loading.formats.html import add_html
from erya.loading.formats.packed import read_xml
from erya.loading.formats.whole_numbers import whole_number
from erya.records import Parsed

__all__ = ["parse_xml"]

_TITLES: Final = frozenset(("title", "heading", "article-title", "h1", "h2", "h3"))
# Paragraphs of documents (JATS, DocBook, TEI, DITA, XHTML): their names say nothing.
_PROSE: Final = frozenset(
    ("p", "para", "simpara", "li", "dd", "dt", "h4", "h5", "h6", "blockquote", "pre",
     "programlisting", "screen", "literallayout", "span", "div", "math", "mathphrase",
     "tex-math")
)  # fmt: skip
_PROSE_OF_DOCUMENTS: Final = _PROSE | frozenset(
    ("text", "tspan", "desc", "head", "l", "label", "subtitle", "phrase")
)
# What parts the text around it; anything else goes on in the line.
_BLOCKS: Final = frozenset(
    (*_TITLES, "p", "para", "simpara", "li", "dd", "dt", "h4", "h5", "h6", "blockquote",
     "pre", "programlisting", "screen", "literallayout", "div", "abstract", "caption",
     "boxed-text", "chapter", "def-list", "disp-formula", "disp-quote", "dl", "tip",
     "equation",
     "example", "fig", "figure", "formalpara", "informalequation", "informalfigure",
     "informaltable", "itemizedlist", "list", "list-item", "listitem", "mediaobject",
     "note", "ol", "orderedlist", "row", "sec", "sect1", "sect2", "section", "table",
     "table-wrap", "tr", "ul", "variablelist", "warning")
)  # fmt: skip
# Marks inside of words; other elements that follow each other stand apart.
_MARKS: Final = re.compile(
    r"b|i|em|strong|italic|bold|emphasis|emph|su[bp]|(?:sub|super)script|a|u|sc|span"
    r"|xref|ext-link|ulink|link|hi|code|literal|styled-content|underline|monospace"
)
# Without a text these say nothing in a document: they lead to a file, or to a note.
_EMPTY: Final = re.compile(rf"(?:inline-)?(?:graphic|media)|imagedata|{_MARKS.pattern}")
# Documents by their root, if they have paragraphs: attributes are for programs there.
_DOCUMENTS: Final = frozenset(
    ("article", "book", "chapter", "concept", "html", "part", "reference", "section",
     "svg", "task", "tei", "topic")
)  # fmt: skip
_PARAGRAPHS: Final = frozenset(("p", "para", "simpara"))
_CELLS: Final = ("{*}td", "{*}th", "{*}entry")
_FRAMES: Final = frozenset(("tgroup", "colgroup", "col", "colspec", "spanspec"))
_UNSEEN: Final = frozenset(("script", "style", "metadata", "defs"))  # of drawings
_NOTES: Final = frozenset(("fn", "footnote", "indexterm", "note"))
_CODE: Final = frozenset(("literallayout", "pre", "programlisting", "screen"))
_TABLES: Final = {
    "table": "table", "informaltable": "table", "thead": "thead", "tbody": "tbody",
    "tfoot": "tfoot", "tr": "tr", "row": "tr", "td": "td", "th": "th", "entry": "td",
}  # fmt: skip
_FORMULAS: Final = frozenset(("inline-formula", "alternatives", "disp-formula"))
_MOST_COLUMNS: Final = 200  # that have names
_MOST_WAYS: Final = 10  # of writing one formula


def parse_xml(data: bytes, name: str) -> Parsed:
    """Read the text of any XML: titles as headings, paragraphs as such.

    Values are lines of `name: value`, as of JSON, attributes among them. An element
    with text between others is a value or a paragraph as a whole, unless there are
    paragraphs in it.

    Raises:
        DocumentError: It is damaged, or declares entities.
    """
    root = read_xml(data, called="XML file")
    _write_in_lines(root)
    builder = TextBuilder()
    _Reader(builder, root).read()
    title = next((_flat(e) for e in root.iter() if _local(e) in _TITLES), "")
    return builder.parsed(
        title=title[:200] or PurePosixPath(name).stem, media_type="application/xml"
    )


def _write_in_lines(root: Any) -> None:
    """Put formulas, notes and what stands off the line into their lines."""
    elements = list(root.iter())  # held, as their identity counts
    mixed = set(filter(_is_mixed, elements))
    for child in elements:
        name = _local(child)
        if name == "math":
            _write_formula(child)
        elif name in _NOTES and child.getparent() in mixed:
            _replace(child, f" [{_flat(child)}]")
            child.tag = "fn"  # it parts no paragraph any more
        elif name in STANDING and not any(_local(c) in _BLOCKS for c in child.iter()):
            above, parent = child.getprevious(), child.getparent()
            before = above.tail if above is not None else getattr(parent, "text", "")
            text = "".join(child.itertext())
            _replace(child, STANDING[name](text, before=before or ""))


def _write_formula(math: Any) -> None:
    inner = TextBuilder()
    add_html(inner, _as_formula(math))
    _replace(math, f" {inner.parsed(title='', media_type='').text} ")
    around = math.getparent()
    if around is not None and _local(around) in _FORMULAS and len(around) < _MOST_WAYS:
        for other in around:
            if _local(other) == "tex-math":  # the same in another notation
                _replace(other, "")


def _replace(element: Any, text: str) -> None:
    element[:] = []
    element.text = text


def _as_formula(element: Any) -> str:
    """Return MathML as a page has it: names without prefixes."""
    name = _local(element)
    inner = "".join(
        _as_formula(child) + html.escape(child.tail or "") for child in element
    )
    value = html.escape(element.get("encoding", ""))
    return (
        f'<{name} encoding="{value}">{html.escape(element.text or "")}{inner}</{name}>'
        if name
        else ""
    )


def _as_table(element: Any) -> str:
    """Return a table as a page has it; what else is in its cells, as lines."""
    name = _local(element)
    tag = _TABLES.get(name, "p" if name in _BLOCKS else "span")
    row = element.getparent()
    if name == "entry" and row is not None and _local(row.getparent()) == "thead":
        tag = "th"
    spans = {n: element.get(n, "") for n in ("rowspan", "colspan")}
    if element.get("morerows", "").isdecimal():
        spans["rowspan"] = str(int(element.get("morerows")[:3]) + 1)
    attributes = "".join(f' {n}="{v}"' for n, v in spans.items() if v.isdecimal())
    inner = "".join(
        (_as_table(child) if _local(child) else "") + html.escape(child.tail or "")
        for child in element
    )
    text = html.escape(element.text or "") + inner
    return text if name in _FRAMES else f"<{tag}{attributes}>{text}</{tag}>"


def _is_table(element: Any) -> bool:
    """Tell whether an element is a table of cells, and not one of a database."""
    if _TABLES.get(_local(element)) != "table":
        return False
    cell = next(element.iter(*_CELLS), None)
    return cell is not None and _TABLES.get(_local(cell.getparent())) == "tr"


def _place_cells(table: Any) -> bool:
    """Put cells that name their columns (CALS) into their places.

    Returns:
        Whether that could be done: each column that is named is one of the table.
    """
    for group in table.iter("{*}tgroup"):
        specs = list(group.iterchildren("{*}colspec"))[:_MOST_COLUMNS]
        names = [spec.get("colname") for spec in specs]
        columns = {name: at for at, name in enumerate(names) if name}
        spans = {
            spec.get("spanname", ""): (spec.get("namest", ""), spec.get("nameend", ""))
            for spec in group.iterchildren("{*}spanspec")
        }
        rows = [row for part in group for row in part.iterchildren("{*}row")]
        for row in rows:
            for entry in row.iterchildren("{*}entry"):
                first, last = spans.get(
                    entry.get("spanname"), (entry.get("namest"), entry.get("nameend"))
                )
                if first and last:
                    if columns.get(first, -1) > columns.get(last, -1) or (
                        first not in columns
                    ):
                        return False
                    entry.set("colspan", str(columns[last] - columns[first] + 1))
                entry.set("colname", first or entry.get("colname", ""))
        _fill_rows(rows, columns)
    return True


def _fill_rows(rows: list[Any], columns: Mapping[str, int]) -> None:
    """Add the empty cells that are left out before those of a named column."""
    below: dict[int, int] = {}  # by columns: the rows that a cell above still takes
    for row in rows:
        at = 0
        for entry in list(row.iterchildren("{*}entry")):
            start = columns.get(entry.get("colname", ""), 0)
            while below.get(at, 0) or at < start:
                if below.get(at, 0):
                    below[at] -= 1
                else:
                    entry.addprevious(entry.makeelement(entry.tag))
                at += 1
            wide = whole_number(entry.get("colspan"), default=1)
            end = at + min(wide, _MOST_COLUMNS)
            down = whole_number(entry.get("morerows"), default=0)
            below |= dict.fromkeys(range(at, end), down)
            at = end
        for column in below:
            below[column] -= column >= at and below[column] > 0


class _Reader:
    """Walks without recursion."""

    def __init__(self, builder: TextBuilder, root: Any) -> None:
        self._builder = builder
        self._root = root
        self._all = list(root.iter())  # held, as their identity counts
        names = {_local(element) for element in self._all}
        self._is_drawing = _local(root) == "svg"
        self._is_document = self._is_drawing or (
            _local(root) in _DOCUMENTS and not names.isdisjoint(_PARAGRAPHS)
        )
        self._prose = _PROSE_OF_DOCUMENTS if self._is_document else _PROSE
        self._parted: set[Any] = set()  # elements with blocks in them
        for element in reversed(self._all):
            parent = element.getparent()
            inner = element in self._parted or _local(element) in _BLOCKS
            if parent is not None and inner:
                self._parted.add(parent)

    def read(self) -> None:
        """Add everything; values that follow each other are one paragraph."""
        stack: list[tuple[Any, int]] = [(self._root, 0)]
        while stack:
            part, depth = stack.pop()
            if isinstance(part, str):
                self._builder.paragraph(flowing(part), pairs=False)
            elif isinstance(part, list):
                self._builder.paragraph("\n".join(part), pairs=False)
            else:
                inner = self._parts(part, depth)
                stack += ((each, depth + 1) for each in reversed(inner))

    def _parts(self, element: Any, depth: int) -> list[Any]:
        """Add an element, or return what is in it: lines, texts and elements."""
        name = _local(element)
        if not name or (self._is_drawing and name in _UNSEEN):
            return []
        if self._add(element, depth):
            return []
        if self._is_whole(element):
            return [self._line(element)]
        return (
            self._split_content(element)
            if _is_mixed(element)
            else self._inner(element, depth)
        )

    def _add(self, element: Any, depth: int) -> bool:
        """Add a heading, code or a table; return whether it is one of them."""
        if self._is_title(element):
            self._builder.heading(_flat(element), level=min(max(depth - 1, 1), 6))
        elif _local(element) in _CODE:
            self._builder.code("".join(element.itertext()))
        elif _is_table(element) and _place_cells(element):
            add_html(self._builder, _as_table(element))
        else:
            return False
        return True

    def _inner(self, element: Any, depth: int) -> list[Any]:
        """Return what is in an element without text of its own."""
        children = list(element)
        run: list[str] = []
        if not self._is_document:
            titles = [at for at, e in enumerate(children) if self._is_title(e)]
            if titles:  # what stands before it belongs to it as well
                text = _flat(children.pop(titles[0]))
                self._builder.heading(text, level=min(max(depth, 1), 6))
            run += _attributes(element)
        parts: list[Any] = [run]
        for child in children:
            apart = _local(child) in _CODE or (
                self._is_document and self._is_title(child)
            )
            line = self._line(child) if self._is_whole(child) and not apart else child
            if isinstance(line, list):
                run += line
            else:
                run = []
                parts += [line, run]
        return [part for part in parts if not isinstance(part, list) or part]

    def _split_content(self, element: Any) -> list[Any]:
        """Return texts and elements in their order."""
        attributes = [] if self._is_document else _attributes(element)
        parts: list[Any] = [attributes, element.text or ""]
        for child in element:
            apart = _local(child) in _CODE or self._is_title(child)
            plain = not len(child) and not child.items() and not apart
            parts += [child.text or "" if plain else child, child.tail or ""]
        return parts

    def _is_title(self, element: Any) -> bool:
        return _local(element) in _TITLES and element not in self._parted

    def _is_whole(self, element: Any) -> bool:
        """Tell whether an element is one value, or one paragraph."""
        if element in self._parted:
            return False
        return (
            _local(element) in self._prose
            or _is_mixed(element)
            or not len(element)
            # Elsewhere their names are those of values: a code, a link.
            or (
                self._is_document
                and all(_MARKS.fullmatch(_local(child)) for child in element)
            )
        )

    def _line(self, element: Any) -> str | list[str]:
        """Return a paragraph, or the line of a value, if it is not empty."""
        name = _local(element)
        if not name or (self._is_drawing and name in _UNSEEN):
            return []
        text = _flat(element, is_data=not self._is_document)
        if name in self._prose:
            return text
        attributes = _attributes(element)
        if not text and (
            not attributes or (self._is_document and _EMPTY.fullmatch(name))
        ):
            return []
        beside = (
            f" ({', '.join(attributes)})"
            if text and attributes
            else ", ".join(attributes)
        )
        return [f"{_name(element.tag)}: {text}{beside}"]


def _is_mixed(element: Any) -> bool:
    """Tell whether text stands between elements."""
    texts = (element.text, *(child.tail for child in element))
    return len(element) > 0 and any(text and text.strip() for text in texts)


def _attributes(element: Any) -> list[str]:
    return [f"{_name(key)}: {value}" for key, value in element.items() if value]


def _flat(element: Any, *, is_data: bool = False) -> str:
    """Return all text of an element in a line.

    Args:
        element: The element.
        is_data: Whether it is data: attributes of what is inside are text as well, and
            marks are marks only beside a text.
    """
    in_text = not is_data or _local(element) in _PROSE
    return flowing("".join(_pieces(element, is_data=is_data, in_text=in_text)))


def _pieces(element: Any, *, is_data: bool, in_text: bool) -> Iterator[str]:
    yield element.text or ""
    above = None
    in_text = in_text or _is_mixed(element)
    for child in element:
        is_mark = in_text and _MARKS.fullmatch(_local(child)) is not None
        if above is not None and not above.tail and not is_mark:
            yield " "
        yield from _pieces(child, is_data=is_data, in_text=is_mark or not is_data)
        if is_data and not is_mark and (values := _attributes(child)):
            yield f" ({', '.join(values)})"
        yield child.tail or ""
        above = child


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _local(element: Any) -> str:
    tag = getattr(element, "tag", None)
    return _name(tag).lower() if isinstance(tag, str) else ""
