"""PDF, by PDFium. Runs in a parsing process, as every parser of untrusted bytes."""

import ctypes
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from operator import itemgetter
from pathlib import PurePosixPath
from typing import Final, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from erya.errors import DocumentError
from erya.loading.encodings import clean
from erya.loading.pdf.boxes import Box, turned
from erya.loading.pdf.characters import Signs, direction
from erya.loading.pdf.fields import (
    Annotation,
    add_annotations,
    attached_files,
    read_annotations,
)
from erya.loading.pdf.headers_footers import learn_headers_footers, sample_of
from erya.loading.pdf.layout import PageText, lay_out
from erya.loading.pdf.lines import Line, page_lines, read_signs, runs_left
from erya.loading.pdf.objects import page_objects
from erya.loading.pdf.reading_order import Region
from erya.loading.pdf.ruling_lines import RulingLine, RulingLines, find_ruling_lines
from erya.loading.pdf.struck_text import mark_struck
from erya.loading.pdf.tables.stream import names_above
from erya.loading.pdf.tables.tables import grids_of_tables
from erya.loading.pdf.visibility import part_by_sight, shows_picture
from erya.records import Block, Notice, Parsed, Part, Span

__all__ = ["PdfReader", "open_pdf", "parse_pdf"]

_MOST_PAGES: Final = 20_000
_LEVELS: Final = 6
_KEYS: Final = ("Title", "Author", "Subject", "Keywords", "CreationDate")
_NO_TITLE: Final = (
    "untitled", "microsoft word", "microsoft powerpoint", "无标题", "(anonymous)",
    "(unspecified)", "powerpoint presentation",
)  # fmt: skip
_SECTION: Final = re.compile(
    r"[\W\d]|第.{1,4}[编章节]|[一二三四五六七八九十]{1,3}、|摘\s*要|目\s*录|引\s*言|前\s*言"
    r"|arxiv:|abstract\b|introduction\b|contents\b|table of contents\b",
    re.IGNORECASE,
)
_GARBLED: Final = 0.2  # of a page's signs: then its text is not what the page shows
_FEW_SIGNS: Final = 12  # a page with fewer, and a picture, is taken for a picture
_LARGE: Final = 0.4  # of a page, that a picture of text covers
_SOME: Final = 0.03  # of a page without any text, that a picture covers
_MOST_ENTRIES: Final = 5_000  # of an outline
_MOST_LISTED: Final = 12
_FAILURES: Final = ("garbled", "no_text", "damaged")
_SCRIPTS: Final = re.compile(rb"/(?:JavaScript|JS|Launch)\b")
_MARKS: Final = re.compile(r"[\W_]+")


def parse_pdf(
    data: bytes,
    name: str,
    *,
    ocr: bool = False,
    layout: bool = False,
    on_page: Callable[[int], None] = lambda _: None,
    on_part: Callable[[Part], None] = lambda _: None,
) -> Parsed:
    """Read every page; `pages` are their ranges in the text.

    The outline, else a larger type, makes a heading; rules, or gaps that stand below
    each other, make tables. Running heads, and what a reader cannot see, stand in the
    text and are not searched. A page whose signs are no letters, or that is a picture,
    is noted, and read by OCR if that is wanted.

    Args:
        data: The PDF.
        name: Its name.
        ocr: Recognise the text of pages that have no other.
        layout: Read pages by their regions, as the model of the extra `layout` sees
            them.
        on_page: Called after each page with the number of pages.
        on_part: Called with each file that it carries.

    Raises:
        DocumentError: It wants a password, is damaged, has too many pages, or has no
            text: then its pages are pictures.
    """
    whole = _Whole()
    with open_pdf(data) as document:
        info = {key: _read_info(document, key) for key in _KEYS}
        reader = PdfReader(document, ocr=ocr, layout=layout)
        for number in range(len(document)):
            page = reader.page(number)
            whole.add(page)
            on_page(len(document))
            for part in page.files:
                on_part(part)
        outline = _outline(document)
        for part in attached_files(document):
            on_part(part)
    notices = (*_notices(whole, ocr=ocr), *_active(data))
    if not any(not block.omitted for block in whole.blocks):
        message = " ".join(notice.message for notice in notices)
        code = next((n.code for n in notices if n.code in _FAILURES), "empty")
        msg = message or "The pages of this PDF are empty."
        raise DocumentError(msg, code=code)
    text = "".join(whole.text)
    ranked = _rank_by_outline(text, whole, outline) or _rank_by_size(
        whole.blocks, whole.sizes
    )
    return Parsed(
        title=_title(clean(info.get("Title", "")), text, ranked, first=whole.pages[0])
        or PurePosixPath(name).stem,
        text=text,
        blocks=ranked,
        pages=tuple(whole.pages),
        media_type="application/pdf",
        metadata={
            key.lower(): clean(value)
            for key, value in info.items()
            if key != "Title" and clean(value).strip()
        },
        notices=notices,
    )


@dataclass(slots=True)
class _Whole:
    """The pages so far."""

    text: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)
    pages: list[Span] = field(default_factory=list)
    states: dict[str, list[int]] = field(default_factory=dict)
    length: int = 0

    def add(self, page: PageText) -> None:
        if page.text and self.length:
            self.text.append("\n\n")
            self.length += 2
        self.blocks += [
            block._replace(start=block.start + self.length, end=block.end + self.length)
            for block in page.blocks
        ]
        self.sizes += page.sizes
        self.pages.append(Span(self.length, self.length + len(page.text)))
        for state in page.states:
            self.states.setdefault(state, []).append(len(self.pages))
        self.text.append(page.text)
        self.length += len(page.text)


def _notices(whole: _Whole, *, ocr: bool) -> tuple[Notice, ...]:
    """Return a notice for each state that pages are in."""
    cure = (
        "OCR found nothing there."
        if ocr
        else "Text recognition reads them: pip install 'erya[ocr]', then read it again."
    )
    words = {
        "no_text": f"pictures without text, as of a scanner. {cure}",
        "garbled": f"set in fonts that do not say their letters. {cure}",
        "ocr": "read by text recognition, which errs now and then.",
        "hidden_text": "with text that a reader cannot see; it is not searched.",
        "comments": "with notes at the margin; they are not searched.",
        "password_field": "with a password in a form; it is not read.",
        "lost_attachment": "with an attached file that could not be read.",
        "damaged": "damaged and left out.",
    }
    notices = []
    for state, numbers in whole.states.items():
        listed = ", ".join(map(str, numbers[:_MOST_LISTED]))
        more = ", …" if len(numbers) > _MOST_LISTED else ""
        count = f"{len(numbers):,} of {len(whole.pages):,} pages"
        message = f"{count} ({listed}{more}): {words[state]}"
        notices.append(Notice(state, message, numbers[0]))
    return tuple(notices)


def _active(data: bytes) -> tuple[Notice, ...]:
    if not _SCRIPTS.search(data):
        return ()
    message = (
        "It holds scripts or starts programs where it is opened; they are not run."
    )
    return (Notice("active_content", message),)


class PdfReader:
    """Reads single pages, each time in the same way."""

    def __init__(
        self,
        document: pypdfium2.PdfDocument,
        *,
        ocr: bool = False,
        layout: bool = False,
    ) -> None:
        """Look at some pages for what stands at the edges of all.

        Args:
            document: An open PDF.
            ocr: Recognise the text of pages that have no other.
            layout: Read pages by their regions, as a model sees them.
        """
        self._document = document
        self._layout = layout
        self._ocr = ocr
        # Most of the time goes into opening pages: what was read there is kept.
        self._sampled_looks = {
            number: self._look(number) for number in sample_of(len(document))
        }
        self._headers_footers = learn_headers_footers(
            [(look.lines, look.edges) for look in self._sampled_looks.values()]
        )

    def page(self, number: int) -> PageText:
        """Return the text of a page, counted from 0. A damaged page has none."""
        look = self._sampled_looks.pop(number, None) or self._look(number)
        page_text = PageText()
        if look.state in {"no_text", "garbled"} and self._ocr:
            with self._open_page(number) as opened:
                if opened is not None:
                    return _recognise(opened.page)
        if look.state:
            page_text.states.append(look.state)
        if look.state == "garbled":
            lay_out(page_text, look.lines, omitted="garbled")
            return page_text
        heads, body, feet = self._headers_footers.part(look.lines, look.edges)
        names = names_above(heads, body)
        heads = [line for line in heads if line not in names]
        body = names + body
        lay_out(page_text, heads, omitted="running_head")
        lay_out(
            page_text,
            body,
            horizontal_lines=look.horizontal_lines,
            regions=self._regions(number, look),
        )
        lay_out(page_text, feet, omitted="running_head")
        if look.hidden:
            lay_out(page_text, look.hidden, omitted="hidden")
            page_text.states.append("hidden_text")
        add_annotations(page_text, look.annotations)
        return page_text

    def _regions(self, number: int, look: "_Look") -> list[Region] | None:
        """Return the regions of a page; None where no model is to look at it.

        It knows no letters that are written to the left.
        """
        if not self._layout or any(
            runs_left(piece.text) for line in look.lines for piece in line
        ):
            return None
        with self._open_page(number) as opened:
            if opened is None:
                return None
            from erya.loading.pdf.regions import page_regions  # noqa: PLC0415 - extra

            turn = (look.degrees - opened.page.get_rotation()) // 90 % 4
            return page_regions(opened.page, look.edges, turn=turn)

    def _look(self, number: int) -> "_Look":
        with self._open_page(number) as opened:
            if opened is None:
                return _Look([], [], Box(0.0, 0.0, 0.0, 0.0), "damaged")
            page, textpage = opened
            edges = Box(*page.get_bbox())
            turn = None
            if degrees := direction(textpage.raw):  # drawn sideways, or shown turned
                turn = partial(turned, degrees=degrees, edges=edges)
                edges = turn(edges)
            signs = read_signs(textpage.raw, turn)
            objects = page_objects(page.raw)
            lines, horizontal_lines = _cut_at_rules(
                find_ruling_lines(objects, turn=turn), signs
            )
            state = ""
            count = _count_signs(lines)
            if count < _FEW_SIGNS and shows_picture(
                page, least=_LARGE if count else _SOME
            ):
                state = "no_text"
            elif signs.garbled_share() > _GARBLED:
                state = "garbled"
            visible, hidden = part_by_sight(
                lines, page, signs=signs, objects=objects, edges=edges
            )
            notes = read_annotations(self._document, page)
            return _Look(
                visible, hidden, edges, state, horizontal_lines, notes, degrees
            )

    @contextmanager
    def _open_page(self, number: int) -> "Iterator[_Opened | None]":
        try:
            page = self._document[number]
            textpage = page.get_textpage()
        except pypdfium2.PdfiumError:
            yield None
            return
        try:
            yield _Opened(page, textpage)
        finally:
            textpage.close()
            page.close()


class _Look(NamedTuple):
    """What is on a page, and the state that it is in, as one word."""

    lines: list[Line]
    hidden: list[Line]
    edges: Box
    state: str
    horizontal_lines: tuple[RulingLine, ...] = ()
    annotations: Sequence[Annotation] = ()
    degrees: int = 0


def _cut_at_rules(
    ruling_lines: RulingLines, signs: Signs
) -> tuple[list[Line], tuple[RulingLine, ...]]:
    """Return the lines of a page, cut where rules make a table, and those rules."""
    lines = list(page_lines(signs, ruling_lines))
    if any(piece.grid is not None for line in lines for piece in line):
        grids = grids_of_tables(lines)
        # Others are drawings, which cut no words.
        if len(grids) < len(ruling_lines.grids):
            ruling_lines = replace(ruling_lines, grids=grids)
            lines = list(page_lines(signs, ruling_lines))
    if mark_struck(signs, lines, ruling_lines.horizontal_lines):
        lines = list(page_lines(signs, ruling_lines))
    return lines, ruling_lines.horizontal_lines


def _count_signs(lines: Sequence[Line]) -> int:
    return sum(len(piece.text) for line in lines for piece in line)


def _recognise(page: pypdfium2.PdfPage) -> PageText:
    from erya.loading.pdf.ocr import recognise_page  # noqa: PLC0415 - an extra

    page_text = PageText()
    recognition = recognise_page(page)
    lay_out(page_text, recognition.lines)
    page_text.ocr_boxes = recognition.boxes
    page_text.states.append("ocr" if page_text.text else "no_text")
    return page_text


class _Opened(NamedTuple):
    """A page, and PDFium's list of its characters."""

    page: pypdfium2.PdfPage
    textpage: pypdfium2.PdfTextPage


def _outline(document: pypdfium2.PdfDocument) -> list[tuple[str, int, int]]:
    """Return the outline: title, page from 0, level from 1."""
    entries = []
    for entry in islice(document.get_toc(max_depth=_LEVELS), _MOST_ENTRIES):
        place = entry.get_dest()
        number = place.get_index() if place is not None else None
        title = clean(entry.get_title() or "")
        if number is not None and _fold(title):
            entries.append((title, number, entry.level + 1))
    return entries


def _fold(text: str) -> str:
    return _MARKS.sub("", text.casefold())


def _rank_by_outline(
    text: str, whole: _Whole, outline: Sequence[tuple[str, int, int]]
) -> tuple[Block, ...]:
    """Make headings of what the outline names; empty if it names little of the text.

    A heading that only its type makes stands below the one that is named before it.
    """
    named: dict[int, int] = {}  # a block's place in the list → level
    starts = [block.start for block in whole.blocks]
    for title, page, level in outline:
        if not 0 <= page < len(whole.pages):
            continue
        span = whole.pages[page]
        folded_title = _fold(title)
        begins = bisect_left(starts, span.start)
        for at in range(begins, bisect_left(starts, span.end)):
            block = whole.blocks[at]
            inner = text[block.start : block.end]
            if (
                at not in named
                and not block.omitted
                and len(inner) < 2 * len(title) + 40
                and _fold(inner).endswith(folded_title)
            ):
                named[at] = level
                break
    if 2 * len(named) < len(outline) or not named:
        return ()
    below = 1
    blocks = []
    for at, block in enumerate(whole.blocks):
        if at in named:
            below = named[at] + 1
            blocks.append(block._replace(kind="heading", level=min(named[at], _LEVELS)))
        elif block.kind == "heading":
            blocks.append(block._replace(level=min(below, _LEVELS)))
        else:
            blocks.append(block)
    return tuple(blocks)


def _read_info(document: pypdfium2.PdfDocument, key: str) -> str:
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
        if document.get_formtype():
            document.init_forms()
        yield document
    finally:
        document.close()


def _rank_by_size(blocks: list[Block], sizes: list[float]) -> tuple[Block, ...]:
    """Give headings their levels: the largest type is the first."""
    heading_sizes = {
        round(s) for b, s in zip(blocks, sizes, strict=True) if b.kind == "heading"
    }
    levels = {
        size: min(level, _LEVELS)
        for level, size in enumerate(sorted(heading_sizes, reverse=True), start=1)
    }
    return tuple(
        block._replace(level=levels[round(size)]) if block.kind == "heading" else block
        for block, size in zip(blocks, sizes, strict=True)
    )


def _title(title: str, text: str, blocks: tuple[Block, ...], *, first: Span) -> str:
    """Return what the PDF calls itself, unless a program has said so for it.

    Else the highest heading of the first page that is not of a section; or none.
    """
    title = " ".join(title.split())
    if title and not title.lower().startswith(_NO_TITLE) and "\ufffd" not in title:
        return title
    headings = [
        (block.level, text[block.start : block.end])
        for block in blocks
        if block.kind == "heading" and block.end <= first.end
    ]
    named = [each for each in headings if not _SECTION.match(each[1])]
    return min(named, key=itemgetter(0), default=(0, ""))[1]
