"""A parser's process that also prepares a text, cuts it and counts its terms.

Started as `python -I -m erya.preparing.worker MEMORY_BYTES SECONDS OCR`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from erya.chunking import chunker_of
from erya.guarding import Masking
from erya.language import passage_terms, write_terms
from erya.loading import document_of
from erya.loading.worker import main
from erya.preparing.enriching import Enrichment
from erya.preparing.preparation import Preparation
from erya.records import Item, Parsed

__all__ = ["prepare_and_cut"]

_AT_ONCE: Final = 64  # chunks that are sent together
_CUT_AT_ONCE: Final = 4_096  # chunks that are cut before a sign of life is given


def prepare_and_cut(
    parsed: Parsed,
    request: Mapping[str, Any],
    rows: Callable[[Sequence[Any]], None],
) -> tuple[Parsed, Mapping[str, Any]]:
    """Prepare a text and cut it, as `erya.loading.worker.Further` asks for.

    Args:
        parsed: What was read.
        request: What `further_work` has asked for, and the `source`.
        rows: Takes the chunks, each with where it stands and its terms.
    """
    item = Item(source=request["source"], data=b"")
    document = document_of(item, parsed, readers=frozenset())
    # A long text takes its time at each step.
    document = _preparation(request).prepare(document, on_step=lambda: rows(()))
    chunker = chunker_of(request["chunker"], max_tokens=request["tokens"])
    chunks = []
    for chunk in chunker.chunk(document):
        chunks.append(chunk)
        if not len(chunks) % _CUT_AT_ONCE:
            rows(())
    batch = []
    for chunk in chunks:
        terms = write_terms(
            passage_terms(
                chunk.text,
                title=chunk.title,
                headings=chunk.headings,
                source=chunk.source,
                chunks=len(chunks),
            )
        )
        place = (chunk.start, chunk.end, chunk.page, chunk.headings)
        batch.append([*place, terms.body, terms.exact])
        if len(batch) == _AT_ONCE:
            rows(batch)
            batch = []
    rows(batch)
    result = replace(
        parsed,
        title=document.title,
        text=document.text,
        blocks=document.blocks,
        metadata=document.metadata,
    )
    return result, {
        "language": document.language,
        "masked": document.masked,
        "private_original": document.private_original,
    }


def _preparation(request: Mapping[str, Any]) -> Preparation:
    masking = request["masking"]
    return Preparation(
        cleaning=tuple(request["cleaning"]),
        enrichment=Enrichment(
            steps=tuple(request["enriching"]), names=frozenset(request["names"])
        ),
        masking=None if masking is None else Masking(kinds=frozenset(masking)),
    )


if __name__ == "__main__":
    main(prepare_and_cut)
