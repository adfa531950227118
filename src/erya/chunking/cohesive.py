"""Chunkers that keep together what speaks of the same."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from typing_extensions import override

from erya.chunking.cutting import BY_SENTENCE, Places, SizedChunker, cut_to_size
from erya.chunking.structure import sections
from erya.language import content_words, is_row
from erya.models import EmbeddingModel
from erya.records import Block, Chunk, Document, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["DiscourseChunker", "SemanticChunker"]

_TOGETHER: Final = 0.25  # of neighbouring sentences are parted
_SHARED: Final = 2  # content words by which a paragraph goes on with the one before
# Words at the beginning of a paragraph that lean on what stands before it.
_LEANS: Final = re.compile(
    r"(?:however|but|and|or|so|thus|hence|therefore|moreover|furthermore|also|besides"
    r"|in addition|for example|for instance|that is|then|otherwise|instead|still|yet"
    r"|this|that|these|those|it|they|he|she|such|as a result|in this case|note)\b"
    r"|(?:但|但是|然而|不过|而且|并且|此外|另外|因此|所以|于是|例如|比如|其中|同时|这|那|该|其"
    r"|上述|前款|否则|否則|因而|换言之|也就是说|即|此)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SemanticChunker(SizedChunker):
    """Joins neighbouring sentences of a section as long as they are near in meaning.

    Two neighbours are parted where their cosine is among the lowest quarter of the
    document's, or where the chunk would grow too large.

    Attributes:
        embedding: Says how near two sentences are.
        max_tokens: The largest chunk, by `erya.language.count_tokens`, at least 16.
    """

    embedding: EmbeddingModel
    kind: ClassVar[str] = "semantic-1"

    @override
    def chunk(self, document: Document) -> Iterator[Chunk]:
        """Yield the chunks as every chunker does.

        Raises:
            ModelError: The model cannot be reached.
        """
        import numpy as np  # noqa: PLC0415 - other chunkers need none

        runs = list(_runs(document, max_tokens=self.max_tokens))
        texts = [document.text[p.start : p.end] for _, run in runs for p, _ in run]
        if not texts:
            return
        vectors = self.embedding.embed_passages(texts).vectors
        near = np.sum(vectors[:-1] * vectors[1:], axis=1)
        least = float(np.quantile(near, _TOGETHER)) if len(near) else 0.0
        places, first = Places(document), 0
        for headings, run in runs:
            inside = near[first : first + len(run) - 1]
            first += len(run)
            for span in self._join(run, inside, least=least):
                yield places.chunk(span, headings)

    def _join(
        self,
        run: Sequence[tuple[Span, int]],
        near: "NDArray[np.float32]",
        *,
        least: float,
    ) -> Iterator[Span]:
        (start, end), size = run[0]
        for (piece, tokens), cosine in zip(run[1:], near, strict=True):
            if cosine < least or size + tokens > self.max_tokens:
                yield Span(start, end)
                start, size = piece.start, 0
            end, size = piece.end, size + tokens
        yield Span(start, end)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscourseChunker(SizedChunker):
    """Begins a chunk where a paragraph begins something new.

    A paragraph goes on with the one before where it leans on it ("However", 因此), is a
    list, a table or code, or shares words with it that say what it is about.

    Attributes:
        max_tokens: The largest chunk, by `erya.language.count_tokens`, at least 16.
    """

    kind: ClassVar[str] = "discourse-1"

    @override
    def chunk(self, document: Document) -> Iterator[Chunk]:
        places = Places(document)
        for headings, run in _runs(document, max_tokens=self.max_tokens):
            for span in self._join(document, run):
                yield places.chunk(span, headings)

    def _join(
        self, document: Document, run: Sequence[tuple[Span, int]]
    ) -> Iterator[Span]:
        (start, end), size = run[0]
        for piece, tokens in run[1:]:
            fits = size + tokens <= self.max_tokens
            if not fits or _begins_anew(document.text, Span(start, end), piece):
                yield Span(start, end)
                start, size = piece.start, 0
            end, size = piece.end, size + tokens
        yield Span(start, end)


def _begins_anew(text: str, before: Span, piece: Span) -> bool:
    piece_text = text[piece.start : piece.end]
    apart = text[before.end : piece.start]
    if "\n" not in apart or _LEANS.match(piece_text) or is_row(piece_text):
        return False
    if text[before.start : before.end].rstrip().endswith((":", "：")):
        return False
    if "\n\n" not in apart:  # an item of a list, a line of code
        return False
    shared = set(content_words(piece_text)) & set(content_words(text[slice(*before)]))
    return len(shared) < _SHARED


def _runs(
    document: Document, *, max_tokens: int
) -> Iterator[tuple[tuple[str, ...], list[tuple[Span, int]]]]:
    """Yield the sentences of each run of blocks below a heading, and their tokens."""
    for headings, blocks in sections(document):
        run: list[tuple[Span, int]] = []
        for block in (*blocks, None):
            if block is not None and not block.omitted:
                run += _sentences(document.text, block, max_tokens=max_tokens)
            elif run:
                yield headings, run
                run = []


def _sentences(
    text: str, block: Block, *, max_tokens: int
) -> Iterator[tuple[Span, int]]:
    inner = text[block.start : block.end]
    for each in BY_SENTENCE[0](inner):
        span = Span(block.start + each.start, block.start + each.end)
        yield from cut_to_size(text, span, BY_SENTENCE[1:], max_tokens=max_tokens)
