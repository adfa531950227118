"""Where documents come from: folders, web sites, buckets, standard input.

A source lists what it offers and hands over bytes; it parses nothing, stores nothing,
and decides nothing about who may read. What it is can be written down as a
`SourceSpec`.
"""

from erya.sources.base import NOTHING_KNOWN, GoneSource, Known, Source
from erya.sources.folders import FolderSource
from erya.sources.spec import (
    IngestRequest,
    SourceSpec,
    TargetOptions,
    is_address,
    open_source,
    spec_of_settings,
    specs_of_targets,
)
from erya.sources.stream import StreamSource

__all__ = [
    "NOTHING_KNOWN",
    "FolderSource",
    "GoneSource",
    "IngestRequest",
    "Known",
    "Source",
    "SourceSpec",
    "StreamSource",
    "TargetOptions",
    "is_address",
    "open_source",
    "spec_of_settings",
    "specs_of_targets",
]
