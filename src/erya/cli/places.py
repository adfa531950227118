"""Where a passage stands, in a line."""

from pathlib import Path

from erya.cli.text import one_line
from erya.language import is_row
from erya.records import Chunk

__all__ = ["place"]


def place(chunk: Chunk, *, page: int | None = None) -> str:
    """Say where a chunk stands: `leave.md › Annual leave, p. 3`.

    Its base stands before that, where several were asked. The names of a table's
    columns, which a chunk below them has, are no place.
    """
    source = chunk.source
    try:
        inside = Path(source).relative_to(Path.cwd())
        source = str(inside)
    except (ValueError, OSError):
        pass  # elsewhere, or no path: shown in full
    headings = [
        heading
        for heading in chunk.headings
        if heading != chunk.title and not is_row(heading)
    ]
    page = page or chunk.page
    told = f", p. {page}" if page else ""
    where = f"{chunk.base}: {source}" if chunk.base else source
    return one_line(" › ".join([where, *headings]) + told)
