"""From a citation to the place on its page."""

from erya.errors import DocumentError
from erya.loading import Limits, PageHighlight, ParserPool
from erya.records import Document, Item, Principal, Span
from erya.stores import Store

__all__ = ["locate"]

_PDF = "application/pdf"


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
