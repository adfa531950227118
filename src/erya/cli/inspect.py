"""`erya inspect`: what is read of a file."""

from pathlib import Path

import click

from erya.cli.common import echo, echo_json, settings_for, usual_options
from erya.cli.text import one_line, snippet
from erya.config import Settings
from erya.inspecting import Inspection, inspect_file, measure_coverage
from erya.language import table_cells
from erya.loading import format_name
from erya.opening import (
    build_chunker,
    build_embedding,
    build_limits,
    build_preparation,
)
from erya.records import Block, Document, Span
from erya.shapes import inspection_shape

__all__ = ["inspect"]

_WORDS = 60  # columns of the beginning of a block


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
        _show_coverage(file, settings, as_json=as_json)
        return
    embedding = build_embedding(settings) if settings.chunker == "semantic" else None
    shapes = []
    nothing = False
    for inspection in inspect_file(
        file,
        preparation=build_preparation(settings),
        chunker=build_chunker(settings, embedding=embedding),
        limits=build_limits(settings),
        main=settings.html == "main",
    ):
        nothing = nothing or inspection.problem is not None
        if as_json:
            shapes.append(inspection_shape(inspection))
        elif text:
            echo(inspection.document.text if inspection.document else "")
        else:
            _show(inspection, blocks=blocks, chunks=chunks)
    if as_json:
        echo_json({"files": shapes})
    if nothing:
        raise click.exceptions.Exit(1)


def _show_coverage(file: Path, settings: Settings, *, as_json: bool) -> None:
    """Print which share of a file's own words was read, worst first."""
    parts = measure_coverage(file, limits=build_limits(settings))
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


def _show(inspection: Inspection, *, blocks: bool, chunks: bool) -> None:
    document, problem = inspection.document, inspection.problem
    passages = inspection.chunks
    echo(one_line(inspection.source))
    if problem is not None:
        echo(f"  Nothing was read: {problem.message} ({problem.code})")
    if inspection.inside:
        echo(f"  {len(inspection.inside)} files inside; they follow.")
    for notice in inspection.notices:
        page = f"p. {notice.page}: " if notice.page else ""
        echo(f"  ! {page}{notice.message} ({notice.code})")
    if document is None:
        return
    left_out = sum(bool(block.omitted) for block in document.blocks)
    facts = {
        "title": document.title,
        "kind": format_name(document.media_type),
        "language": document.language,
        "pages": f"{len(document.pages):,}" if document.pages else "",
        **document.metadata,
        "text": f"{len(document.text):,} characters, {len(document.blocks):,} blocks, "
        f"{len(passages):,} passages",
        "left out of search": f"{left_out:,} blocks" if left_out else "",
    }
    for key, value in facts.items():
        if value:
            echo(f"  {key}: {snippet(value)}")
    for block, language in zip(document.blocks, inspection.languages, strict=True):
        if blocks or block.kind in {"heading", "table"}:
            _show_block(document, block, language)
    for number, chunk in enumerate(passages if chunks else (), start=1):
        page = f", p. {chunk.page}" if chunk.page else ""
        path = " › ".join(chunk.headings)
        echo(f"\n--- passage {number} [{chunk.start}-{chunk.end}{page}] {path}")
        echo(chunk.text)


def _show_block(document: Document, block: Block, language: str) -> None:
    page = document.page_at(block.start)
    place = f"p. {page}" if page else str(block.start)
    kind = f"h{block.level}" if block.kind == "heading" else block.kind
    left_out = f" (left out: {block.omitted})" if block.omitted else ""
    indent = "  " * max(block.level, 1)
    text = document.text[block.start : block.end]
    if block.kind == "table":
        text = _table_size(document.text, block)
    other = f" ({language})" if language not in {"", document.language} else ""
    words = snippet(text, width=_WORDS)
    echo(f"  {place:>8} {kind:9}{indent}{words}{other}{left_out}")


def _table_size(text: str, block: Block) -> str:
    """Return the size of a table, rows by columns, and what its rows begin with."""
    rows = [
        [text[start:end] for start, end in row]
        for row in table_cells(text, Span(block.start, block.end))
    ]
    filled = [" | ".join(row) for row in rows if any(row)]
    width = max(map(len, rows), default=0)
    return f"{len(filled)} × {width}: {'; '.join(filled)}"
