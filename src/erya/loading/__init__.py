"""Read bytes as text, with structure kept as offsets.

A parser, chosen by what the bytes are, reads each item in a child process that can be
killed. Nothing here decides who may read a document or asks a model, and nothing is
ever extracted to a path.
"""

from erya.loading.base import PARSING, Format, Limits, ParseOptions, Parser
from erya.loading.documents import document_of
from erya.loading.pool import (
    FurtherWork,
    Made,
    PageHighlight,
    ParseResult,
    ParserPool,
    has_layout_model,
)
from erya.loading.reading import parse
from erya.loading.registry import FORMATS, format_name
from erya.loading.sniffing import media_type

__all__ = [
    "FORMATS",
    "PARSING",
    "Format",
    "FurtherWork",
    "Limits",
    "Made",
    "PageHighlight",
    "ParseOptions",
    "ParseResult",
    "Parser",
    "ParserPool",
    "document_of",
    "format_name",
    "has_layout_model",
    "media_type",
    "parse",
]
