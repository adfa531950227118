"""`erya inspect`: what is read of a file."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from erya.cli.common import (
    chunker_for,
    echo,
    echo_json,
    embedding_model_for,
    limits_for,
    one_line,
    preparation_for,
    settings_for,
    snippet,
    usual_options,
)
from erya.cli.ingested import notice_json
from erya.errors import UsageError

if TYPE_CHECKING:
    from erya.config import Settings
    from erya.loading import ParseResult
    from erya.records import Block, Chunk, Document, Item, Notice

__all__ = ["inspect"]

_WORDS = 60  # columns of the beginning of a block


class _Seen(NamedTuple):
    """A file, the document that it is, its passages, the languages of its blocks.

    And what should be known of how it was read.
    """

    outcome: "ParseResult"
    document: "Document | None"
    passages: list["Chunk"]
    languages: list[str]
    notices: tuple["Notice", ...]


@click.command("inspect")
@click.argument("file", type=click.Path(path_type=Path), help="The file.")
@click.option("--text", is_flag=True, help="Print the whole text, and nothing else.")
@click.option("--blocks", is_flag=True, help="Show every block, not headings alone.")
@click.option("--chunks", is_flag=True, help="Show the passages that are searched.")
@click.option(
    "--coverage",
    is_flag=True,
    help="Show which share of the file's own words is in the text, and which are not.",
)
@usual_options
def inspect(
    *,
    file: Path,
    text: bool,
    blocks: bool,
    chunks: bool,
    as_json: bool,
    coverage: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Show what is read of a file: headings, tables, pages, passages, what to look at.

    Nothing is stored. It says why an answer lacks something that stands in a file: a
    page that is a picture, text that is left out, a table that is none. Exits with 1
    when nothing is read.

    Examples:

      erya inspect handbook.pdf

      erya inspect handbook.pdf --chunks

      erya inspect scan.pdf --text

      erya inspect report.docx --coverage

      erya inspect mails.zip --json
    """
    settings = settings_for(home=home, config=config)
    if coverage:
        _show_coverage(_item(file, settings), settings, as_json=as_json)
        return
    shown = []
    nothing = False
    for seen in _read(_item(file, settings), settings):
        nothing = nothing or seen.outcome.problem is not None
        if as_json:
            shown.append(_as_json(seen))
        elif text:
            echo(seen.document.text if seen.document else "")
        else:
            _show(seen, blocks=blocks, chunks=chunks)
    if as_json:
        echo_json({"files": shown})
    if nothing:
        raise click.exceptions.Exit(1)


def _show_coverage(item: "Item", settings: "Settings", *, as_json: bool) -> None:
    """Print which share of a file's own words was read, worst first.

    Raises:
        UsageError: Nothing was read of it, or its own words cannot be.
    """
    from erya.errors import DocumentError  # noqa: PLC0415
    from erya.loading import ParserPool  # noqa: PLC0415

    with ParserPool(limits=limits_for(settings), workers=1) as pool:
        outcome = next(pool.parse_all([item]))
        if outcome.parsed is None:
            problem = outcome.problem
            msg = problem.message if problem else "It is an archive of other files."
            raise UsageError(msg)
        told = (outcome.parsed.text, outcome.parsed.title)
        try:
            parts = pool.coverage(item, "\n".join((*told, *_attached(outcome))))
        except DocumentError as error:
            raise UsageError(str(error)) from None
    if not parts:
        msg = "A file of this kind has no words of its own to compare with."
        raise UsageError(msg)
    words, found = sum(p.words for p in parts), sum(p.found for p in parts)
    share = found / words
    if as_json:
        echo_json({"share": share, "parts": [part._asdict() for part in parts]})
        return
    echo(f"{share:.2%} of {words:,} words of the file are in its text.")
    for part in sorted(parts, key=lambda each: each.found / each.words):
        if part.found < part.words:
            missing = " ".join(part.missing)
            echo(f"  {part.found / part.words:7.2%}  {part.part}: {missing}")


def _attached(outcome: "ParseResult") -> list[str]:
    return [part.source for part in outcome.parts]


def _item(file: Path, settings: "Settings") -> "Item":
    """Return the bytes of a file.

    Raises:
        UsageError: There is none, or it cannot be read.
    """
    if not os.path.lexists(file):
        msg = f"There is no file {str(file)!r}. Check the path."
        raise UsageError(msg)
    from erya.records import Item  # noqa: PLC0415
    from erya.sources import FolderSource  # noqa: PLC0415

    if file.is_dir():
        msg = f"{str(file)!r} is a folder. Name one file of it."
        raise UsageError(msg)
    (found,) = FolderSource([file], file_bytes=settings.max_file_bytes).items()
    if not isinstance(found, Item):
        msg = f"{str(file)!r} cannot be read. {found.message}"
        raise UsageError(msg)
    return found


def _read(item: "Item", settings: "Settings") -> list[_Seen]:
    from erya.loading import ParserPool, document_of  # noqa: PLC0415
    from erya.preparing import languages_of, unsearched  # noqa: PLC0415

    model = embedding_model_for(settings) if settings.chunker == "semantic" else None
    chunker = chunker_for(settings, embedding=model)
    preparation = preparation_for(settings)
    found = []
    with ParserPool(
        limits=limits_for(settings),
        workers=settings.workers,
        main=settings.html == "main",
    ) as pool:
        for outcome in pool.parse_all([item]):
            if outcome.parsed is None:
                found.append(_Seen(outcome, None, [], [], outcome.notices))
                continue
            read = document_of(outcome.item, outcome.parsed, readers=frozenset())
            document = preparation.prepare(read)
            passages = list(chunker.chunk(document))
            notices = (
                *outcome.notices, *outcome.parsed.notices, *unsearched(document)
            )  # fmt: skip
            found.append(
                _Seen(outcome, document, passages, languages_of(document), notices)
            )
    return found


def _show(seen: _Seen, *, blocks: bool, chunks: bool) -> None:
    from erya.loading import format_name  # noqa: PLC0415

    outcome, document, passages, languages, notices = seen
    echo(one_line(outcome.item.source))
    if outcome.problem is not None:
        echo(f"  Nothing was read: {outcome.problem.message} ({outcome.problem.code})")
    if outcome.parts:
        echo(f"  {len(outcome.parts)} files inside; they follow.")
    for notice in notices:
        page = f"p. {notice.page}: " if notice.page else ""
        echo(f"  ! {page}{notice.message} ({notice.code})")
    if document is None:
        return
    left_out = sum(bool(block.omitted) for block in document.blocks)
    told = {
        "title": document.title,
        "kind": format_name(document.media_type),
        "language": document.language,
        "pages": f"{len(document.pages):,}" if document.pages else "",
        **document.metadata,
        "text": f"{len(document.text):,} characters, {len(document.blocks):,} blocks, "
        f"{len(passages):,} passages",
        "left out of search": f"{left_out:,} blocks" if left_out else "",
    }
    for key, value in told.items():
        if value:
            echo(f"  {key}: {snippet(value)}")
    for block, language in zip(document.blocks, languages, strict=True):
        if blocks or block.kind in {"heading", "table"}:
            _show_block(document, block, language)
    for number, chunk in enumerate(passages if chunks else (), start=1):
        page = f", p. {chunk.page}" if chunk.page else ""
        path = " › ".join(chunk.headings)
        echo(f"\n--- passage {number} [{chunk.start}-{chunk.end}{page}] {path}")
        echo(chunk.text)


def _show_block(document: "Document", block: "Block", language: str) -> None:
    page = document.page_at(block.start)
    place = f"p. {page}" if page else str(block.start)
    kind = f"h{block.level}" if block.kind == "heading" else block.kind
    left_out = f" (left out: {block.omitted})" if block.omitted else ""
    indent = "  " * max(block.level, 1)
    text = document.text[block.start : block.end]
    if block.kind == "table":
        text = _told_table(document.text, block)
    other = f" ({language})" if language not in {"", document.language} else ""
    words = snippet(text, width=_WORDS)
    echo(f"  {place:>8} {kind:9}{indent}{words}{other}{left_out}")


def _told_table(text: str, block: "Block") -> str:
    """Return the size of a table, rows by columns, and what its rows begin with."""
    from erya.language import table_cells  # noqa: PLC0415
    from erya.records import Span  # noqa: PLC0415

    rows = [
        [text[start:end] for start, end in row]
        for row in table_cells(text, Span(block.start, block.end))
    ]
    filled = [" | ".join(row) for row in rows if any(row)]
    width = max(map(len, rows), default=0)
    return f"{len(filled)} × {width}: {'; '.join(filled)}"


def _as_json(seen: _Seen) -> dict[str, Any]:
    outcome, document, passages, languages, notices = seen
    problem = outcome.problem
    told: dict[str, Any] = {
        "path": outcome.item.source,
        "problem": None
        if problem is None
        else {"code": problem.code, "message": problem.message},
        "notices": [notice_json(notice) for notice in notices],
        "inside": [part.source for part in outcome.parts],
    }
    if document is None:
        return told
    return told | {
        "title": document.title,
        "media_type": document.media_type,
        "language": document.language,
        "metadata": dict(document.metadata),
        "text": document.text,
        "pages": [list(page) for page in document.pages],
        "blocks": [
            {
                "kind": block.kind,
                "start": block.start,
                "end": block.end,
                "level": block.level,
                "omitted": block.omitted,
                "language": language,
            }
            for block, language in zip(document.blocks, languages, strict=True)
        ],
        "passages": [
            {"start": c.start, "end": c.end, "page": c.page, "headings": c.headings}
            for c in passages
        ],
    }
