"""What would be read of a file, and of its own words what share: nothing is stored."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from erya.chunking import Chunker
from erya.errors import DocumentError, UsageError
from erya.loading import Limits, ParseResult, ParserPool, document_of
from erya.loading.base import PartCoverage
from erya.preparing import Preparation, languages_of, made_ready, unsearched
from erya.records import Chunk, Document, Item, Notice, Problem
from erya.sources import FolderSource

__all__ = ["Inspection", "inspect_file", "measure_coverage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What is read of a file.

    Attributes:
        source: The file.
        document: What it becomes; None of an archive, and after a problem.
        chunks: What the document is cut into.
        languages: The language of each block of the document.
        notices: What should be known of how it was read.
        inside: The files inside the file, by their sources.
        problem: Why nothing was read.
    """

    source: str
    document: Document | None = None
    chunks: tuple[Chunk, ...] = ()
    languages: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    inside: tuple[str, ...] = ()
    problem: Problem | None = None


def _read_item(file: Path, *, limits: Limits) -> Item:
    """Return the bytes of a file.

    Raises:
        UsageError: There is none, it is a folder, or it cannot be read.
    """
    if not os.path.lexists(file):
        msg = f"There is no file {str(file)!r}. Check the path."
        raise UsageError(msg)
    if file.is_dir():
        msg = f"{str(file)!r} is a folder. Name one file of it."
        raise UsageError(msg)
    (item,) = FolderSource([file], file_bytes=limits.file_bytes).items()
    if not isinstance(item, Item):
        msg = f"{str(file)!r} cannot be read. {item.message}"
        raise UsageError(msg)
    return item


def inspect_file(
    file: Path,
    *,
    preparation: Preparation,
    chunker: Chunker,
    limits: Limits,
    main: bool = False,
) -> Iterator[Inspection]:
    """Yield what is read of a file, then of each file inside of it.

    Args:
        file: Where it is.
        preparation: How it is cleaned, masked and enriched.
        chunker: Cuts it.
        limits: What it may cost.
        main: Read only the main part of web pages.

    Raises:
        UsageError: There is no such file, or it cannot be read.
    """
    item = _read_item(file, limits=limits)
    with ParserPool(limits=limits, workers=1, main=main) as pool:
        for result in pool.parse_all([item]):
            yield _inspection(result, preparation, chunker)


def _inspection(
    result: ParseResult, preparation: Preparation, chunker: Chunker
) -> Inspection:
    inside = tuple(part.source for part in result.parts)
    if result.parsed is None:
        return Inspection(
            source=result.item.source,
            notices=result.notices,
            inside=inside,
            problem=result.problem,
        )
    document, chunks, _ = made_ready(
        document_of(result.item, result.parsed, readers=frozenset()),
        result.made,
        preparation=preparation,
        chunker=chunker,
    )
    notices = (*result.notices, *result.parsed.notices, *unsearched(document))
    return Inspection(
        source=result.item.source,
        document=document,
        chunks=tuple(chunks),
        languages=tuple(languages_of(document)),
        notices=notices,
        inside=inside,
    )


def measure_coverage(file: Path, *, limits: Limits) -> list[PartCoverage]:
    """Return which share of a file's own words was read, part by part.

    Raises:
        UsageError: Nothing was read of it, or its own words cannot be.
    """
    item = _read_item(file, limits=limits)
    with ParserPool(limits=limits, workers=1) as pool:
        result = next(pool.parse_all([item]))
        if result.parsed is None:
            problem = result.problem
            msg = problem.message if problem else "It is an archive of other files."
            raise UsageError(msg)
        names = (part.source for part in result.parts)
        text = "\n".join((result.parsed.text, result.parsed.title, *names))
        try:
            parts = pool.coverage(item, text)
        except DocumentError as error:
            raise UsageError(str(error)) from None
    if not parts:
        msg = "A file of this kind has no words of its own to compare with."
        raise UsageError(msg)
    return parts
