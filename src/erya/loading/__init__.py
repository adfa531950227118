"""Read bytes as text, with structure kept as offsets.

A source offers items; a parser, chosen by what the bytes are, reads each in a child
process that can be killed. Nothing here decides who may read a document, and nothing is
ever extracted to a path.
"""

from erya.loading.base import PARSING, GoneSource, Limits, Parser, Source
from erya.loading.cleaning import CLEANING, check_cleaning, clean_document
from erya.loading.documents import document_of
from erya.loading.enriching import ENRICHING, Enrichment, languages_of
from erya.loading.folders import FolderSource
from erya.loading.pool import (
    FurtherWork,
    Made,
    Marked,
    Outcome,
    ParserPool,
    has_layout_model,
)
from erya.loading.registry import PARSERS, parse
from erya.loading.sniffing import media_type
from erya.loading.stream import StreamSource

__all__ = [
    "CLEANING",
    "ENRICHING",
    "PARSERS",
    "PARSING",
    "Enrichment",
    "FolderSource",
    "FurtherWork",
    "GoneSource",
    "Limits",
    "Made",
    "Marked",
    "Outcome",
    "Parser",
    "ParserPool",
    "Source",
    "StreamSource",
    "check_cleaning",
    "clean_document",
    "document_of",
    "has_layout_model",
    "languages_of",
    "media_type",
    "parse",
]
