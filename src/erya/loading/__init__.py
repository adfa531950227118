"""Read bytes as text, with structure kept as offsets.

A source offers items; a parser, chosen by what the bytes are, reads each in a child
process that can be killed. Nothing here decides who may read a document, and nothing is
ever extracted to a path.
"""

from erya.loading.base import Limits, Parser, Source
from erya.loading.folders import FolderSource
from erya.loading.pool import Outcome, ParserPool
from erya.loading.registry import PARSERS, parse
from erya.loading.sniffing import media_type

__all__ = [
    "PARSERS",
    "FolderSource",
    "Limits",
    "Outcome",
    "Parser",
    "ParserPool",
    "Source",
    "media_type",
    "parse",
]
