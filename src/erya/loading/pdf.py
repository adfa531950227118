"""PDF, by PDFium. Runs in a parsing process, as every parser of untrusted bytes."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium

from erya.errors import DocumentError
from erya.loading.encodings import clean
from erya.loading.pdf_layout import PageText, read_page
from erya.records import Block, Parsed, Span

__all__ = ["open_pdf", "page_text", "parse_pdf"]

_MOST_PAGES: Final = 20_000
_LEVELS: Final = 4
_KEYS: Final = ("Title", "Author", "Subject", "CreationDate")
_NO_TITLE: Final = ("untitled", "microsoft word", "microsoft powerpoint", "无标题")


def parse_pdf(data: bytes, name: str) -> Parsed:
    """Read every page; `pages` are their ranges in the text.

    A larger type makes a heading, a wide gap a column or a table's cell.

    Raises:
        DocumentError: It wants a password, is damaged, has too many pages, or has no
            text: then its pages are pictures.
    """
    text: list[str] = []
    blocks: list[Block] = []
    sizes: list[float] = []
    pages: list[Span] = []
    length = 0
    with open_pdf(data) as document:
        told = {key: _told(document, key) for key in _KEYS}
        for number in range(len(document)):
            page = page_text(document, number)
            if page.text and length:
                text.append("\n\n")
                length += 2
            blocks += [
                replace(block, start=block.start + length, end=block.end + length)
                for block in page.blocks
            ]
            sizes += page.sizes
            pages.append(Span(length, length + len(page.text)))
            text.append(page.text)
            length += len(page.text)
    if not blocks:
        msg = (
            f"The {len(pages)} pages of this PDF hold no text: they are pictures, as "
            "of a scanner. Run it through text recognition (OCR) first."
        )
        raise DocumentError(msg, code="no_text")
    whole = "".join(text)
    ranked = _ranked(blocks, sizes)
    return Parsed(
        title=_title(clean(told.get("Title", "")), whole, ranked)
        or PurePosixPath(name).stem,
        text=whole,
        blocks=ranked,
        pages=tuple(pages),
        media_type="application/pdf",
        metadata={
            key.lower(): clean(value)
            for key, value in told.items()
            if key != "Title" and clean(value).strip()
        },
    )


def _told(document: pypdfium2.PdfDocument, key: str) -> str:
    """Return what a PDF says of itself, read as far as it can be read."""
    size = pdfium.FPDF_GetMetaText(document.raw, key.encode(), None, 0)
    buffer = ctypes.create_string_buffer(size)
    pdfium.FPDF_GetMetaText(document.raw, key.encode(), buffer, size)
    return buffer.raw.decode("utf-16-le", "replace").rstrip("\x00")


@contextmanager
def open_pdf(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """Open a PDF, and close it again.

    Raises:
        DocumentError: It wants a password, is damaged, or has too many pages.
    """
    try:
        document = pypdfium2.PdfDocument(data)
        count = len(document)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD:
            msg = "This PDF wants a password. Save it without one, and read it again."
            raise DocumentError(msg, code="password_protected") from None
        msg = f"This PDF is damaged: {error}"
        raise DocumentError(msg, code="damaged") from None
    try:
        if not 0 < count <= _MOST_PAGES:
            msg = f"This PDF has {count:,} pages; from 1 to {_MOST_PAGES:,} are read."
            raise DocumentError(msg, code="too_large" if count else "damaged")
        yield document
    finally:
        document.close()


def page_text(document: pypdfium2.PdfDocument, number: int) -> PageText:
    """Return the text of a page, counted from 0. A damaged page has none."""
    try:
        page = document[number]
        textpage = page.get_textpage()
    except pypdfium2.PdfiumError:
        return PageText()
    found = read_page(textpage.raw)
    textpage.close()
    page.close()
    return found


def _ranked(blocks: list[Block], sizes: list[float]) -> tuple[Block, ...]:
    """Give headings their levels: the largest type is the first."""
    found = {
        round(s) for b, s in zip(blocks, sizes, strict=True) if b.kind == "heading"
    }
    levels = {
        size: min(level, _LEVELS)
        for level, size in enumerate(sorted(found, reverse=True), start=1)
    }
    return tuple(
        replace(block, level=levels[round(size)]) if block.kind == "heading" else block
        for block, size in zip(blocks, sizes, strict=True)
    )


def _title(told: str, text: str, blocks: tuple[Block, ...]) -> str:
    """Return what the PDF calls itself, unless a program has said so for it."""
    told = " ".join(told.split())
    if told and not told.lower().startswith(_NO_TITLE) and "\ufffd" not in told:
        return told
    headings = (text[b.start : b.end] for b in blocks if b.kind == "heading")
    return next(headings, "")
