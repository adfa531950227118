"""From a citation to its place: the document, what stands around, the page."""

import re
from dataclasses import dataclass
from typing import Final

from erya.errors import DocumentError, NotFoundError, UsageError
from erya.loading import Limits, PageHighlight, ParserPool
from erya.records import Citation, Document, Item, Principal, Span
from erya.stores import Store

__all__ = ["CitedPassage", "find_cited_passage", "locate", "reference_of"]

_PDF: Final = "application/pdf"
_REFERENCE: Final = re.compile(r"([0-9a-f]{4,20}):(\d{1,10})-(\d{1,10})")
_AROUND: Final = 600  # characters on either side where there are no pages
_ID: Final = 8  # characters of a document's id in a reference


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedPassage:
    """A citation in its place.

    Attributes:
        document: What is cited.
        start: First character of the quote, in the document's text.
        end: One past the last.
        around: What stands around it: its page, or some of the text.
        page: The number of the page, from 1; None where there are no pages.
        highlight: The page with the words marked; None where there is none to show.
        problem: Why the page cannot be shown; empty if it can, or if there is none.
    """

    document: Document
    start: int
    end: int
    around: Span
    page: int | None
    highlight: PageHighlight | None
    problem: str = ""


def reference_of(citation: Citation) -> str:
    """Return what `find_cited_passage` finds a citation by: `3f2a9c1b:120-180`."""
    return f"{citation.chunk.document_id[:_ID]}:{citation.start}-{citation.end}"


def find_cited_passage(
    store: Store,
    reference: str,
    *,
    principal: Principal,
    limits: Limits | None = None,
) -> CitedPassage:
    """Return what a reference to a citation leads to.

    Args:
        store: Holds the document.
        reference: As `reference_of` writes it.
        principal: Who asks.
        limits: What reading the file for its page may cost.

    Raises:
        NotFoundError: There is no such document that the principal may read.
        StoreError: The base is damaged.
        UsageError: It is no reference, or goes beyond the document.
    """
    document, span = _cited_span(store, principal, reference)
    number = document.page_at(span.start)
    if number is None:
        length = len(document.text)
        around = Span(max(0, span.start - _AROUND), min(length, span.end + _AROUND))
    else:
        page = document.pages[number - 1]
        around = Span(page.start, max(page.end, span.end))
    highlight, problem = None, ""
    try:
        highlight = locate(store, document, span, principal=principal, limits=limits)
    except (DocumentError, NotFoundError) as error:
        problem = str(error)
    return CitedPassage(
        document=document,
        start=span.start,
        end=span.end,
        around=around,
        page=number,
        highlight=highlight,
        problem=problem,
    )


def _cited_span(
    store: Store, principal: Principal, reference: str
) -> tuple[Document, Span]:
    """Return the document and the span that a reference names.

    Raises:
        NotFoundError: There is no such document that the principal may read.
        UsageError: It is no reference, or ends before it starts.
    """
    match = _REFERENCE.fullmatch(reference.strip())
    if match is None:
        msg = (
            f"A citation is written as 3f2a9c1b:120-180, got {reference!r}. "
            "erya ask prints one behind each source."
        )
        raise UsageError(msg)
    prefix, start, end = match[1], int(match[2]), int(match[3])
    ids = [d.id for d in store.documents(principal) if d.id.startswith(prefix)]
    if len(ids) != 1:
        what = "several documents" if ids else "no document"
        msg = f"There is {what} {prefix!r} in this base. Is --kb the one you asked?"
        raise NotFoundError(msg)
    document = store.document(principal, ids[0])
    if not start < end <= len(document.text):
        msg = (
            f"{document.source} has {len(document.text)} characters, and the citation "
            f"names {start} to {end}. The file may have changed since: ask again."
        )
        raise UsageError(msg)
    return document, Span(start, end)


def locate(
    store: Store,
    document: Document,
    span: Span,
    *,
    principal: Principal,
    limits: Limits | None = None,
) -> PageHighlight | None:
    """Return the rectangles of a span on its page, and a picture of the page.

    What goes on overleaf is left out. None where a document has no pages to show: only
    PDFs have.

    Args:
        store: Holds the document with the file that it was read from.
        document: As the store gives it.
        span: In its text, not empty.
        principal: Who asks.
        limits: What reading the file may cost.

    Raises:
        DocumentError: Personal data in the span is masked, or the file is read
            otherwise than when it was stored.
        NotFoundError: The principal may not see the file, or it was not kept.
    """
    number = document.page_at(span.start)
    if number is None or document.media_type != _PDF:
        return None
    if any(m.start < span.end and span.start < m.end for m in document.masked):
        msg = "Personal data in these words is masked: they are not shown on the page."
        raise DocumentError(msg, code="masked")
    page = document.pages[number - 1]
    data = store.original(principal, document.id)
    with ParserPool(limits=limits, workers=1) as pool:
        return pool.mark(
            Item(source=document.source, data=data),
            page=number,
            start=span.start - page.start,
            quote=document.text[span.start : min(span.end, page.end)],
        )
