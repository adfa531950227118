"""How texts are cut to a size, and cuts become chunks: what all chunkers share."""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from erya.chunking.base import Chunker
from erya.errors import UsageError
from erya.language import count_tokens, sentences, table_header
from erya.records import Chunk, Document, Span

if TYPE_CHECKING:
    from erya.records import Block

__all__ = [
    "BY_LINE",
    "BY_ROW",
    "BY_SENTENCE",
    "LEAST_TOKENS",
    "LONGEST_HEADING",
    "SEPARATORS",
    "Cut",
    "Places",
    "SizedChunker",
    "chunk_ids",
    "clauses",
    "cut_to_size",
    "lines",
    "pack",
    "paragraphs",
    "searched",
    "trimmed",
]

LEAST_TOKENS = 16
LONGEST_HEADING = 200  # characters; it is repeated in every chunk below it
_LINE = re.compile(r"[^\n]*\S[^\n]*")
_BLANK_LINE = re.compile(r"\n[ \t]*\n\s*")
_CLAUSE = re.compile(r"[，,；;：:、]\s*|\s+")

Cut = Callable[[str], list[Span]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SizedChunker(Chunker):
    """A chunker that is told apart by its kind and by how large chunks may be.

    Attributes:
        max_tokens: The largest chunk, by `erya.language.count_tokens`, at least 16.
        kind: Its name and the release of its cuts: raise it with every change that
            gives other chunks.
    """

    kind: ClassVar[str]
    max_tokens: int = 256

    def __post_init__(self) -> None:
        """Refuse a size that would cut through words.

        Raises:
            UsageError: `max_tokens` is below 16.
        """
        if self.max_tokens < LEAST_TOKENS:
            msg = (
                f"max_tokens must be at least {LEAST_TOKENS}, got {self.max_tokens!r}."
                " Try 256."
            )
            raise UsageError(msg)

    @property
    @override
    def recipe(self) -> str:
        return f"{self.kind}:{self.max_tokens}"


class Places:
    """Makes chunks of a document's spans: where they stand, and what is above them."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._id_of = chunk_ids(document)
        self._pages = [page.start for page in document.pages]
        self._tables = [b for b in document.blocks if b.kind == "table"]
        self._starts = [block.start for block in self._tables]
        self._table_headers = [
            table_header(document.text, Span(block.start, block.end))
            for block in self._tables
        ]
        self._ends, self._paths = _heading_paths(document)

    def chunk(self, span: Span, headings: tuple[str, ...] | None = None) -> Chunk:
        """Return a chunk; its headings are those that end before it, unless given."""
        document = self._document
        if headings is None:
            at = bisect_right(self._ends, span.start)
            headings = self._paths[at - 1] if at else ()
        named = self._columns_above(span.start)
        return Chunk(
            id=self._id_of(span),
            document_id=document.id,
            start=span.start,
            end=span.end,
            text=document.text[span.start : span.end],
            source=document.source,
            title=document.title,
            headings=(*headings, named[:LONGEST_HEADING]) if named else headings,
            page=bisect_right(self._pages, span.start) or None,
        )

    def _columns_above(self, position: int) -> str:
        """Return the names above a position that is below them in a table."""
        at = bisect_right(self._starts, position) - 1
        if at < 0 or position >= self._tables[at].end:
            return ""
        header, begins = self._table_headers[at]
        return header if position >= begins else ""


def pack(pieces: Iterator[tuple[Span, int]], *, max_tokens: int) -> Iterator[Span]:
    """Join neighbouring pieces, each with its tokens, as long as they fit together."""
    start = end = size = 0
    for piece, tokens in pieces:
        if size and size + tokens > max_tokens:
            yield Span(start, end)
            size = 0
        start = start if size else piece.start
        end, size = piece.end, size + tokens
    if size:
        yield Span(start, end)


def cut_to_size(
    text: str, span: Span, cuts: Sequence[Cut], *, max_tokens: int
) -> Iterator[tuple[Span, int]]:
    """Cut `span` until each piece fits; yield the pieces with their tokens.

    Args:
        text: The document's.
        span: What is cut.
        cuts: Ways to cut, the one to be tried first first.
        max_tokens: The largest piece, by `erya.language.count_tokens`.
    """
    inner = text[span.start : span.end]
    tokens = count_tokens(inner)
    if tokens <= max_tokens:
        yield span, max(tokens, 1)
        return
    if cuts:
        parts = cuts[0](inner)
    else:  # a character is at most one token
        step = max_tokens
        parts = [Span(i, min(i + step, len(inner))) for i in range(0, len(inner), step)]
    for part in parts:
        shifted = Span(span.start + part.start, span.start + part.end)
        yield from cut_to_size(text, shifted, cuts[1:], max_tokens=max_tokens)


def searched(document: Document) -> list[Span]:
    """Return the stretches of a document that are searched, whatever their blocks."""
    if not document.blocks:
        return [Span(0, len(document.text))] if document.text.strip() else []
    spans: list[Span] = []
    goes_on = False
    for block in document.blocks:
        if block.omitted:
            goes_on = False
            continue
        if goes_on:
            spans[-1] = Span(spans[-1].start, block.end)
        else:
            spans.append(Span(block.start, block.end))
        goes_on = True
    return spans


def trimmed(text: str, span: Span) -> Span:
    """Return a span without white space at its ends."""
    inner = text[span.start : span.end]
    start = span.start + len(inner) - len(inner.lstrip())
    return Span(start, span.start + len(inner.rstrip()))


def lines(text: str) -> list[Span]:
    """Return the lines that are not blank."""
    return [Span(match.start(), match.end()) for match in _LINE.finditer(text)]


def paragraphs(text: str) -> list[Span]:
    """Return what stands between blank lines."""
    return _between(_BLANK_LINE, text)


def clauses(text: str) -> list[Span]:
    """Return what stands between commas and the like."""
    return _between(_CLAUSE, text)


def _between(separator: re.Pattern[str], text: str) -> list[Span]:
    """Return the parts of `text`, each with the separator behind it."""
    ends = [match.end() for match in separator.finditer(text)]
    starts = [0, *ends]
    cuts = zip(starts, [*ends, len(text)], strict=True)
    return [Span(start, end) for start, end in cuts if text[start:end].strip()]


def _rows(text: str) -> list[Span]:
    """Return the rows of a table; the names of the columns stay with the first."""
    rows = lines(text)
    if len(rows) > 2 and table_header(text, Span(0, len(text)))[1]:
        rows[:3] = [Span(rows[0].start, rows[2].end)]
    return rows


BY_SENTENCE: tuple[Cut, ...] = (sentences, lines, clauses)
BY_LINE: tuple[Cut, ...] = (lines, sentences, clauses)
BY_ROW: tuple[Cut, ...] = (_rows, sentences, clauses)
SEPARATORS: tuple[Cut, ...] = (paragraphs, lines, sentences, clauses)


def _heading_paths(document: Document) -> tuple[list[int], list[tuple[str, ...]]]:
    """Return where each heading ends, and the path of headings from there on."""
    ends: list[int] = []
    paths: list[tuple[str, ...]] = []
    above: list[Block] = []
    for block in document.blocks:
        if block.kind != "heading" or block.omitted:
            continue
        while above and above[-1].level >= block.level:
            above.pop()
        above.append(block)
        ends.append(block.end)
        paths.append(
            tuple(document.text[b.start : b.end][:LONGEST_HEADING] for b in above)
        )
    return ends, paths


def chunk_ids(document: Document) -> Callable[[Span], str]:
    """Return what gives a span of a document the id of its chunk."""
    # The bytes of a masked document can be guessed by whoever sees a digest of them.
    digest = document.content_hash
    if document.private_original:
        digest = hashlib.sha256(document.text.encode()).hexdigest()

    def id_of(span: Span) -> str:
        parts = (document.id, digest, str(span.start), str(span.end))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]

    return id_of
