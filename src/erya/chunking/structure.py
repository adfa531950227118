"""Chunks that follow a document's own structure."""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from typing_extensions import override

from erya.chunking.base import Chunker
from erya.errors import UsageError
from erya.language import count_tokens, sentences, table_header
from erya.records import Block, Chunk, Document, Span

__all__ = ["StructureChunker"]

_LEAST_TOKENS = 16
_LONGEST_HEADING = 200  # characters; it is repeated in every chunk below it
_LINE = re.compile(r"[^\n]*\S[^\n]*")
_CLAUSE = re.compile(r"[，,；;：:、]\s*|\s+")

_Cut = Callable[[str], list[Span]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureChunker(Chunker):
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

    max_tokens: int = 256

    def __post_init__(self) -> None:
        """Refuse a size that would cut through words.

        Raises:
            UsageError: `max_tokens` is below 16.
        """
        if self.max_tokens < _LEAST_TOKENS:
            msg = (
                f"max_tokens must be at least {_LEAST_TOKENS}, got {self.max_tokens!r}."
                " Try 256."
            )
            raise UsageError(msg)

    @property
    @override
    def recipe(self) -> str:
        return f"structure-2:{self.max_tokens}"

    @override
    def chunk(self, document: Document) -> Iterator[Chunk]:
        page_starts = [page.start for page in document.pages]
        names = _Names(document)
        for headings, blocks in _sections(document):
            for span in self._pack(document.text, blocks):
                named = names.above(span.start)
                yield Chunk(
                    id=_chunk_id(document, span),
                    document_id=document.id,
                    start=span.start,
                    end=span.end,
                    text=document.text[span.start : span.end],
                    source=document.source,
                    title=document.title,
                    headings=(*headings, named[:_LONGEST_HEADING])
                    if named
                    else headings,
                    page=bisect_right(page_starts, span.start) or None,
                )

    def _pack(self, text: str, blocks: Sequence[Block]) -> Iterator[Span]:
        """Join neighbouring pieces as long as they fit together."""
        start = end = size = 0
        for block in blocks:
            if block.omitted:
                if size:
                    yield Span(start, end)
                size = 0
                continue
            cuts = _CUTS.get(block.kind, _BY_SENTENCE)
            for piece, tokens in self._pieces(text, Span(block.start, block.end), cuts):
                if size and size + tokens > self.max_tokens:
                    yield Span(start, end)
                    size = 0
                start = start if size else piece.start
                end, size = piece.end, size + tokens
        if size:
            yield Span(start, end)

    def _pieces(
        self, text: str, span: Span, cuts: Sequence[_Cut]
    ) -> Iterator[tuple[Span, int]]:
        """Cut `span` until each piece fits; yield the pieces with their tokens."""
        inner = text[span.start : span.end]
        tokens = count_tokens(inner)
        if tokens <= self.max_tokens:
            yield span, max(tokens, 1)
            return
        if cuts:
            parts = cuts[0](inner)
        else:  # a character is at most one token
            step = self.max_tokens
            parts = [
                Span(i, min(i + step, len(inner))) for i in range(0, len(inner), step)
            ]
        for part in parts:
            shifted = Span(span.start + part.start, span.start + part.end)
            yield from self._pieces(text, shifted, cuts[1:])


class _Names:
    """The rows that name the columns of a document's tables."""

    def __init__(self, document: Document) -> None:
        self._tables = [b for b in document.blocks if b.kind == "table"]
        self._starts = [block.start for block in self._tables]
        self._told = [
            table_header(document.text, Span(block.start, block.end))
            for block in self._tables
        ]

    def above(self, position: int) -> str:
        """Return the names above a position that is below them in a table."""
        at = bisect_right(self._starts, position) - 1
        if at < 0 or position >= self._tables[at].end:
            return ""
        header, begins = self._told[at]
        return header if position >= begins else ""


def _lines(text: str) -> list[Span]:
    return [Span(match.start(), match.end()) for match in _LINE.finditer(text)]


def _rows(text: str) -> list[Span]:
    """Return the rows of a table; the names of the columns stay with the first."""
    rows = _lines(text)
    if len(rows) > 2 and table_header(text, Span(0, len(text)))[1]:
        rows[:3] = [Span(rows[0].start, rows[2].end)]
    return rows


def _clauses(text: str) -> list[Span]:
    ends = [match.end() for match in _CLAUSE.finditer(text)]
    starts = [0, *ends]
    cuts = zip(starts, [*ends, len(text)], strict=True)
    return [Span(start, end) for start, end in cuts if text[start:end].strip()]


_BY_SENTENCE: tuple[_Cut, ...] = (sentences, _lines, _clauses)
_BY_LINE: tuple[_Cut, ...] = (_lines, sentences, _clauses)
_CUTS: dict[str, tuple[_Cut, ...]] = {
    "list": _BY_LINE, "code": _BY_LINE, "table": (_rows, sentences, _clauses),
}  # fmt: skip


def _sections(document: Document) -> Iterator[tuple[tuple[str, ...], list[Block]]]:
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
    return tuple(heading[:_LONGEST_HEADING] for _, heading in path)


def _chunk_id(document: Document, span: Span) -> str:
    parts = (document.id, document.content_hash, str(span.start), str(span.end))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]
