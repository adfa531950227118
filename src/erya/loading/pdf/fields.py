"""What is laid over the pages of a PDF: values of forms, text boxes, notes, files."""

import ctypes
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from erya.loading.encodings import clean
from erya.loading.pdf.layout import PageText
from erya.loading.pdf.lines import NONE
from erya.records import Part

__all__ = [
    "Annotation",
    "add_annotations",
    "attached_files",
    "read_annotations",
]

_MOST_ANNOTATIONS: Final = 5_000  # of a page
_MOST_BYTES: Final = 200_000  # of one value
_MOST_FILES: Final = 1_000
_MOST_OF_FILES: Final = 200_000_000  # bytes that are attached to one page
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
_CHOICES: Final = frozenset(
    (pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX)
)
_MOST_OPTIONS: Final = 2_000  # of a list
_UTF_16: Final = "\xfe\xff"  # what such a text begins with
_PASSWORD: Final = 1 << 13  # the flag of a text field (ISO 32000-1, table 228)
# The state of a page to report, by why something of it is not searched.
_STATES: Final = {
    "comment": "comments", "hidden": "hidden_text",
    "password": "password_field", "file": "lost_attachment",
}  # fmt: skip
_SIZE: Final = 10.0  # points, that the letters of a value are taken for


class Annotation(NamedTuple):
    """Something laid over a page, as text.

    Attributes:
        text: What it says; empty where that is not read.
        omitted: Why it is not searched.
        file: What is attached there.
    """

    text: str
    omitted: str = ""
    file: Part | None = None


def add_annotations(page: PageText, annotations: Sequence[Annotation]) -> None:
    """Add the values of a form and what stands in text boxes; notes are not searched.

    Args:
        page: The text of the page so far.
        annotations: From `read_annotations`.
    """
    for text, omitted, file in annotations:
        numbers = [NONE] * len(text)
        page.add("paragraph", text, numbers, size=_SIZE, omitted=omitted)
        if file is not None:
            page.files.append(file)
        state = _STATES.get(omitted)
        if state and state not in page.states:
            page.states.append(state)


def attached_files(document: pypdfium2.PdfDocument) -> Iterator[Part]:
    """Yield the files that a PDF carries, but for those attached to a page."""
    count = pdfium.FPDFDoc_GetAttachmentCount(document.raw)
    for number in range(min(count, _MOST_FILES)):
        file = pdfium.FPDFDoc_GetAttachment(document.raw, number)
        part = _part(file, f"attachment-{number + 1}")
        if part is not None:
            yield part


def _part(file: Any, name: str, *, most: int = 1 << 31) -> Part | None:
    """Return a file, or None where its bytes are not in the PDF or too many."""
    length = ctypes.c_ulong()
    length_at = ctypes.byref(length)
    if not file or not pdfium.FPDFAttachment_GetFile(file, None, 0, length_at):
        return None
    if length.value > most:
        return None
    data = ctypes.create_string_buffer(length.value)
    if not pdfium.FPDFAttachment_GetFile(file, data, length.value, length_at):
        return None
    return Part(_name_of(file) or name, data.raw)


def read_annotations(
    document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage
) -> list[Annotation]:
    """Return what is laid over a page, in the order of the file.

    Args:
        document: The PDF that the page is of, with its form opened.
        page: The page.
    """
    return [
        each
        for each in _annotations(document, page)
        if each.text or each.file or each.omitted in {"password", "file"}
    ]


def _annotations(
    document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage
) -> Iterator[Annotation]:
    form = document.formenv.raw if document.formenv is not None else None
    count = pdfium.FPDFPage_GetAnnotCount(page.raw)
    room = _MOST_OF_FILES
    for number in range(min(count, _MOST_ANNOTATIONS)):
        with _open_annotation(page, number) as annotation:
            if annotation is None:
                continue
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            unseen = pdfium.FPDFAnnot_GetFlags(annotation) & _HIDDEN
            if kind == pdfium.FPDF_ANNOT_WIDGET:
                field = _field(form, annotation) if form else Annotation("")
                unread = unseen and field.text
                yield field._replace(omitted="hidden") if unread else field
            elif kind == pdfium.FPDF_ANNOT_FREETEXT:
                yield Annotation(_contents(annotation), "hidden" if unseen else "")
            elif kind == pdfium.FPDF_ANNOT_FILEATTACHMENT:
                file = pdfium.FPDFAnnot_GetFileAttachment(annotation)
                part = _part(file, f"attached-{number + 1}", most=room)
                room -= len(part.data) if part else 0
                yield Annotation(_contents(annotation), "comment")
                yield Annotation("", "" if part else "file", part)
            elif kind not in _NO_NOTES:
                yield Annotation(_contents(annotation), "comment")


def _field(form: Any, annotation: Any) -> Annotation:
    """Return a field of a form as `name: value`; empty where nothing was entered.

    What was entered as a password is not read.
    """
    kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)

    def read_text(ask: Any) -> str:
        return _string(partial(ask, form, annotation)).strip()

    name = read_text(pdfium.FPDFAnnot_GetFormFieldAlternateName)
    name = name or read_text(pdfium.FPDFAnnot_GetFormFieldName).rpartition(".")[2]
    if kind in _BOXES:
        checked = pdfium.FPDFAnnot_IsChecked(form, annotation)
        if kind == pdfium.FPDF_FORMFIELD_RADIOBUTTON:
            choice = read_text(pdfium.FPDFAnnot_GetFormFieldExportValue)
            return Annotation(f"☑ {name}: {choice}" if checked else "")
        return Annotation(f"{'☑' if checked else '☐'} {name}")
    value = read_text(pdfium.FPDFAnnot_GetFormFieldValue) if kind in _VALUES else ""
    if kind in _CHOICES:
        value = ", ".join(_chosen_entries(form, annotation)) or value
    elif value and pdfium.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD:
        return Annotation("", "password")
    return Annotation(f"{name}: {value}" if name and value else value)


def _chosen_entries(form: Any, annotation: Any) -> Iterator[str]:
    """Yield the entries of a list that are chosen, as a reader sees them."""
    count = pdfium.FPDFAnnot_GetOptionCount(form, annotation)
    for number in range(min(count, _MOST_OPTIONS)):
        if pdfium.FPDFAnnot_IsOptionSelected(form, annotation, number):
            label = partial(pdfium.FPDFAnnot_GetOptionLabel, form, annotation, number)
            yield _string(label).strip()


def _contents(annotation: Any) -> str:
    ask = partial(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents")
    return _string(ask).strip()


def _string(ask: Callable[..., int]) -> str:
    """Return what PDFium writes into a buffer as UTF-16."""
    text = _utf_16(ask)
    lines = text.partition("\0")[0].replace("\r\n", "\n").replace("\r", "\n")
    return clean(lines)


def _name_of(file: Any) -> str:
    """Return the name of a file; PDFium takes some in UTF-16 for bytes of Latin."""
    name = _utf_16(partial(pdfium.FPDFAttachment_GetName, file)).removesuffix("\0")
    if name.startswith(_UTF_16) and max(name) <= "\xff":
        name = name.encode("latin-1").decode("utf-16", "replace")
    return clean(name.partition("\0")[0])


def _utf_16(ask: Callable[..., int]) -> str:
    size = min(ask(None, 0), _MOST_BYTES)
    buffer = ctypes.create_string_buffer(size + 2)
    ask(ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
    return buffer.raw[: size - size % 2].decode("utf-16-le", "replace")


@contextmanager
def _open_annotation(page: pypdfium2.PdfPage, number: int) -> Iterator[Any]:
    annotation = pdfium.FPDFPage_GetAnnot(page.raw, number)
    try:
        yield annotation or None
    finally:
        if annotation:
            pdfium.FPDFPage_CloseAnnot(annotation)
