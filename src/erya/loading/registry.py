"""Which parser reads which kind of bytes."""

import importlib
from typing import Final, cast

from erya.errors import DocumentError
from erya.loading.base import Parser
from erya.loading.sniffing import media_type
from erya.records import Parsed

__all__ = ["PARSERS", "parse", "parser_for"]

# Media type → module and function. Named, not imported: a process that only asks, and a
# parsing process that never meets a format, need not load its library.
PARSERS: Final[dict[str, tuple[str, str]]] = {
    "text/plain": ("erya.loading.text", "parse_text"),
    "text/markdown": ("erya.loading.markdown", "parse_markdown"),
    "text/html": ("erya.loading.html", "parse_html"),
    "text/csv": ("erya.loading.faq", "parse_csv"),
    "application/jsonl": ("erya.loading.faq", "parse_jsonl"),
    "application/pdf": ("erya.loading.pdf", "parse_pdf"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (
        "erya.loading.docx",
        "parse_docx",
    ),
}


def parser_for(kind: str) -> Parser:
    """Return the parser of a media type.

    Raises:
        DocumentError: No parser reads this kind.
    """
    if kind == "application/x-empty":
        msg = "The file is empty."
        raise DocumentError(msg, code="empty")
    if kind not in PARSERS:
        msg = (
            f"Files of the kind {kind} cannot be read yet. "
            "Save it as PDF, docx, text, Markdown or HTML."
        )
        raise DocumentError(msg, code="unsupported_type")
    module, function = PARSERS[kind]
    return cast("Parser", getattr(importlib.import_module(module), function))


def parse(data: bytes, name: str) -> Parsed:
    """Read `data` with the parser for what it is.

    Raises:
        DocumentError: The kind is not supported, the bytes are damaged, or there is no
            text in them.
    """
    parsed = parser_for(media_type(data, name))(data, name)
    if not parsed.blocks:
        msg = "The file has no text in it."
        raise DocumentError(msg, code="empty")
    return parsed
