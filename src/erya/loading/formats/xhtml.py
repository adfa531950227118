"""Pages that are XML, written as the HTML that they mean.

Read as HTML, an element that is closed at once, such as `<title/>` or `<script/>`,
would swallow the rest of its page, and one with a prefix would mean nothing.
"""

import re
from html.entities import name2codepoint
from typing import Final

from lxml import etree

from erya.errors import DocumentError
from erya.loading.formats.packed import read_xml

__all__ = ["as_html", "is_xhtml", "without_prefixes"]

_HEAD: Final = 2_048
_NAMESPACE: Final = "http://www.w3.org/1999/xhtml"
_MATH: Final = "http://www.w3.org/1998/Math/MathML"
_NAMESPACES: Final = frozenset((_NAMESPACE, _MATH, "http://www.w3.org/2000/svg"))
_DECLARATION: Final = re.compile(r"\s*+<\?xml[^<>]*\?>")
_ENTITY: Final = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,9});")
_OF_XML: Final = frozenset(("amp", "lt", "gt", "quot", "apos"))
_PREFIX: Final = re.compile(
    rf"xmlns:([A-Za-z][\w-]{{0,20}})\s{{0,9}}=\s{{0,9}}[\"']{re.escape(_MATH)}[\"']"
)
# What holds nothing but text in HTML, or ends no earlier than its end tag.
_CLOSED_AT_ONCE: Final = re.compile(
    r"<(title|script|style|iframe|textarea|noscript|noembed|noframes|xmp|object|video"
    r"|audio|canvas|select|button|svg|math|template)\b([^<>]*)/>",
    re.IGNORECASE,
)


def is_xhtml(source: str) -> bool:
    """Tell whether a page says that it is XML."""
    return source.lstrip().startswith("<?xml") or _NAMESPACE in source[:_HEAD]


def as_html(source: str) -> str:
    """Return XHTML as HTML; if it is not well-formed, with its empty elements ended."""
    declaration = _DECLARATION.match(source)
    body = source[declaration.end() :] if declaration else source
    expanded = _ENTITY.sub(_character, body)
    try:
        root = read_xml(expanded.encode(), called="page")
    except DocumentError:
        return without_prefixes(_CLOSED_AT_ONCE.sub(r"<\1\2></\1>", source))
    for element in root.iter(etree.Element):
        name = etree.QName(element)
        if name.namespace in _NAMESPACES:
            element.tag = name.localname
    etree.cleanup_namespaces(root)
    page: str = etree.tostring(root, method="html", encoding="unicode")
    return page


def without_prefixes(source: str) -> str:
    """Return a page with formulas as HTML has them: `m:math` is `math`."""
    if _MATH not in source:
        return source
    prefixes = sorted({match[1] for match in _PREFIX.finditer(source)})
    if not prefixes:
        return source
    return re.sub(rf"(</?)(?:{'|'.join(prefixes[:10])}):", r"\1", source)


def _character(match: re.Match[str]) -> str:
    code = name2codepoint.get(match[1])
    return match[0] if code is None or match[1] in _OF_XML else chr(code)
