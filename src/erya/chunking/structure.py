"""Chunks that follow a document's own structure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from erya.chunking.cutting import (
    BY_LINE,
    BY_ROW,
    BY_SENTENCE,
    LONGEST_HEADING,
    Cut,
    Places,
    SizedChunker,
    cut_to_size,
    pack,
)
from erya.records import Block, Chunk, Document, Span

__all__ = ["StructureChunker", "sections"]

_CUTS: dict[str, tuple[Cut, ...]] = {"list": BY_LINE, "code": BY_LINE, "table": BY_ROW}


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureChunker(SizedChunker):
    """Fills chunks with whole blocks of one section, up to `max_tokens`.

    What is omitted from search is in no chunk, and no chunk reaches over it. The row
    that names a table's columns stands in the heading path of a chunk that begins
    below it.

    A heading begins a new chunk and stands in the heading path of those below it, not
    in their text; a heading with nothing below it is a chunk itself. A block that is
    too large is cut at line ends (lists, tables, code) or at sentence ends, a sentence
    at clauses, and what is left at a fixed length.

    Attributes:
        max_tokens: The largest chunk, by `erya.language.count_tokens`, at least 16.
    """

    kind: ClassVar[str] = "structure-3"

    @override
    def chunk(self, document: Document) -> Iterator[Chunk]:
        places = Places(document)
        for headings, blocks in sections(document):
            for span in self._pack(document.text, blocks):
                yield places.chunk(span, headings)

    def _pack(self, text: str, blocks: Sequence[Block]) -> Iterator[Span]:
        """Join neighbouring blocks; nothing reaches over what is omitted."""
        run: list[Block] = []
        for block in (*blocks, None):
            if block is not None and not block.omitted:
                run.append(block)
                continue
            pieces = (piece for each in run for piece in self._pieces(text, each))
            together = _with_introductions(text, pieces, max_tokens=self.max_tokens)
            yield from pack(together, max_tokens=self.max_tokens)
            run = []

    def _pieces(self, text: str, block: Block) -> Iterator[tuple[Span, int]]:
        cuts = _CUTS.get(block.kind, BY_SENTENCE)
        span = Span(block.start, block.end)
        return cut_to_size(text, span, cuts, max_tokens=self.max_tokens)


def _with_introductions(
    text: str, pieces: Iterator[tuple[Span, int]], *, max_tokens: int
) -> Iterator[tuple[Span, int]]:
    """Join what ends in a colon with the piece that it introduces, if both fit."""
    before: tuple[Span, int] | None = None
    for span, tokens in pieces:
        joined = (span, tokens)
        if before is not None:
            if before[1] + tokens <= max_tokens:
                joined = (Span(before[0].start, span.end), before[1] + tokens)
            else:
                yield before
        if text[span.start : span.end].rstrip().endswith((":", "：")):
            before = joined
        else:
            before = None
            yield joined
    if before is not None:
        yield before


def sections(document: Document) -> Iterator[tuple[tuple[str, ...], list[Block]]]:
    """Yield each run of blocks under one heading path, with the path.

    A heading that heads nothing is a run by itself, under the headings above it.
    """
    text = document.text
    blocks = document.blocks
    if not blocks and text.strip():
        blocks = (Block(kind="paragraph", start=0, end=len(text)),)
    path: list[tuple[int, str]] = []
    body: list[Block] = []
    lone: Block | None = None
    for block in blocks:
        if block.kind != "heading" or block.omitted:
            body.append(block)
            lone = None if not block.omitted else lone
            continue
        if body:
            yield _headings(path), body
            body = []
        elif lone is not None and block.level <= lone.level:
            yield _headings(path[:-1]), [lone]
        while path and path[-1][0] >= block.level:
            path.pop()
        path.append((block.level, text[block.start : block.end]))
        lone = block
    if body:
        yield _headings(path), body
    elif lone is not None:
        yield _headings(path[:-1]), [lone]


def _headings(path: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(heading[:LONGEST_HEADING] for _, heading in path)
