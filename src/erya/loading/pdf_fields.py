"""What is laid over the pages of a PDF: values of forms, text boxes, notes, files."""

import ctypes
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from erya.loading.encodings import clean
from erya.loading.pdf_layout import PageText
from erya.loading.pdf_lines import NONE
from erya.records import Part

__all__ = ["Annotation", "add_annotations", "attached_files", "read_annotations"]

_MOST_ANNOTATIONS: Final = 5_000  # of a page
_MOST_BYTES: Final = 200_000  # of one value
_MOST_FILES: Final = 1_000
_HIDDEN: Final = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW
_BOXES: Final = frozenset(
    (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON)
)
_VALUES: Final = frozenset(
    (
        pdfium.FPDF_FORMFIELD_TEXTFIELD,
        pdfium.FPDF_FORMFIELD_COMBOBOX,
        pdfium.FPDF_FORMFIELD_LISTBOX,
    )
)
# What holds another's text, or a name of a place.
_NO_NOTES: Final = frozenset((pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP))
# What of a page should be known, by why something of it is not searched.
_STATES: Final = {"comment": "comments", "hidden": "hidden_text"}
_SIZE: Final = 10.0  # points, that the letters of a value are taken for


class Annotation(NamedTuple):
    """Something laid over a page, as text."""

    text: str
    omitted: str


def add_annotations(found: PageText, annotations: Sequence[Annotation]) -> None:
    """Add the values of a form and what stands in text boxes; notes are not searched.

    Args:
        found: The text of the page so far.
        annotations: From `read_annotations`.
    """
    for text, omitted in annotations:
        numbers = [NONE] * len(text)
        found.add("paragraph", text, numbers, size=_SIZE, omitted=omitted)
        state = _STATES.get(omitted)
        if state and state not in found.states:
            found.states.append(state)


def attached_files(document: pypdfium2.PdfDocument) -> Iterator[Part]:
    """Yield the files that a PDF carries."""
    count = pdfium.FPDFDoc_GetAttachmentCount(document.raw)
    for number in range(min(count, _MOST_FILES)):
        file = pdfium.FPDFDoc_GetAttachment(document.raw, number)
        name = _string(
            lambda *room, file=file: pdfium.FPDFAttachment_GetName(file, *room)
        )
        length = ctypes.c_ulong()
        asked = ctypes.byref(length)
        if not file or not pdfium.FPDFAttachment_GetFile(file, None, 0, asked):
            continue
        data = ctypes.create_string_buffer(length.value)
        if pdfium.FPDFAttachment_GetFile(file, data, length.value, asked):
            yield Part(clean(name) or f"attachment-{number + 1}", data.raw)


def read_annotations(
    document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage
) -> list[Annotation]:
    """Return what is laid over a page, in the order of the file.

    Args:
        document: The PDF that the page is of, with its form opened.
        page: The page.
    """
    return [each for each in _annotations(document, page) if each.text]


def _annotations(
    document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage
) -> Iterator[Annotation]:
    form = document.formenv.raw if document.formenv is not None else None
    count = pdfium.FPDFPage_GetAnnotCount(page.raw)
    for number in range(min(count, _MOST_ANNOTATIONS)):
        with _opened(page, number) as annotation:
            if annotation is None:
                continue
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            unseen = pdfium.FPDFAnnot_GetFlags(annotation) & _HIDDEN
            if kind == pdfium.FPDF_ANNOT_WIDGET:
                text = _field(form, annotation) if form else ""
                yield Annotation(text, "hidden" if unseen else "")
            elif kind == pdfium.FPDF_ANNOT_FREETEXT:
                yield Annotation(_contents(annotation), "hidden" if unseen else "")
            elif kind not in _NO_NOTES:
                yield Annotation(_contents(annotation), "comment")


def _field(form: Any, annotation: Any) -> str:
    """Return a field of a form as `name: value`; empty where nothing was entered."""
    kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)

    def told(ask: Any) -> str:
        return _string(partial(ask, form, annotation)).strip()

    name = told(pdfium.FPDFAnnot_GetFormFieldAlternateName)
    name = name or told(pdfium.FPDFAnnot_GetFormFieldName).rpartition(".")[2]
    if kind in _BOXES:
        checked = pdfium.FPDFAnnot_IsChecked(form, annotation)
        if kind == pdfium.FPDF_FORMFIELD_RADIOBUTTON:
            choice = told(pdfium.FPDFAnnot_GetFormFieldExportValue)
            return f"☑ {name}: {choice}" if checked else ""
        return f"{'☑' if checked else '☐'} {name}"
    value = told(pdfium.FPDFAnnot_GetFormFieldValue) if kind in _VALUES else ""
    return f"{name}: {value}" if name and value else value


def _contents(annotation: Any) -> str:
    ask = partial(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents")
    return _string(ask).strip()


def _string(ask: Callable[..., int]) -> str:
    """Return what PDFium writes into a buffer as UTF-16."""
    size = min(ask(None, 0), _MOST_BYTES)
    buffer = ctypes.create_string_buffer(size + 2)
    ask(ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
    told = buffer.raw[: size - size % 2].decode("utf-16-le", "replace")
    lines = told.partition("\0")[0].replace("\r\n", "\n").replace("\r", "\n")
    return clean(lines)


@contextmanager
def _opened(page: pypdfium2.PdfPage, number: int) -> Iterator[Any]:
    annotation = pdfium.FPDFPage_GetAnnot(page.raw, number)
    try:
        yield annotation or None
    finally:
        if annotation:
            pdfium.FPDFPage_CloseAnnot(annotation)
