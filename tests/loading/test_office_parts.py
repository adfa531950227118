"""Packages of Office as other programs write them, and what else they carry."""

import io
import zipfile

import docx
import pytest

from erya.loading import ParserPool, parse
from erya.records import Item
from tests.loading.test_formats import workbook

_HTML = "<html><body><p>Clause 4: notice is 30 days.</p></body></html>"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_RELATED = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def word(*paragraphs):
    document = docx.Document()
    document.add_heading("Lease", level=1)
    for each in paragraphs or ("The rent is 900 euros.",):
        document.add_paragraph(each)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def sheet(*rows):
    return workbook(("Sheet", rows))


def changed(data, change=lambda name, part: (name, part), more=()):
    """Return a package with other names, parts, or more of them."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w") as new:
        for name in old.namelist():
            new.writestr(*change(name, old.read(name)))
        for name, part in dict(more).items():
            new.writestr(name, part)
    return written.getvalue()


def strict(name, part):
    usual = b"http://schemas.openxmlformats.org/"
    for kind in (b"wordprocessingml", b"officeDocument", b"drawingml"):
        part = part.replace(
            usual + kind + b"/2006/", b"http://purl.oclc.org/ooxml/" + kind + b"/"
        )
    return name, part


def backslashed(name, part):
    return name.replace("/", "\\"), part


def renamed(name, part):
    if name in {"[Content_Types].xml", "_rels/.rels"}:
        part = part.replace(b"word/document.xml", b"word/document2.xml")
    return name.replace("document.xml", "document2.xml"), part


def template(name, part):
    usual = b"wordprocessingml.document.main"
    return name, part.replace(usual, b"wordprocessingml.template.main")


def with_macros(name, part):
    usual = b"openxmlformats-officedocument.wordprocessingml.document.main"
    return name, part.replace(usual, b"ms-word.document.macroEnabled.main")


@pytest.mark.parametrize(
    "change", [strict, backslashed, renamed, template, with_macros]
)
def test_a_word_document_is_read_however_its_package_was_written(change):
    parsed = parse(changed(word(), change), "lease.docx")

    assert parsed.media_type.endswith("wordprocessingml.document")
    assert [parsed.text[b.start : b.end] for b in parsed.blocks] == [
        "Lease", "The rent is 900 euros.",
    ]  # fmt: skip


def test_a_sheet_with_backslashes_in_its_names_is_read():
    parsed = parse(changed(sheet([("A1", "Rent"), ("B1", 900)]), backslashed), "a.xlsx")

    assert "Rent" in parsed.text
    assert "900" in parsed.text


@pytest.mark.parametrize("piece", [_HTML, "<html", ""])
def test_a_piece_of_another_document_is_read_where_it_stands(piece):
    def chunk(name, part):
        if name == "word/document.xml":
            part = part.replace(b"<w:sectPr", b'<w:altChunk r:id="rX"/><w:sectPr', 1)
        if name == "word/_rels/document.xml.rels":
            relation = (
                b'<Relationship Id="rX" Type="' + _RELATED + b'aFChunk" '
                b'Target="piece.html"/></Relationships>'
            )
            part = part.replace(b"</Relationships>", relation)
        if name == "[Content_Types].xml":
            typed = b'<Default Extension="html" ContentType="text/html"/><Override'
            part = part.replace(b"<Override", typed, 1)
        return name, part

    parsed = parse(changed(word(), chunk, {"word/piece.html": piece}), "lease.docx")

    read = "\n\nClause 4: notice is 30 days." if piece == _HTML else ""
    assert parsed.text.endswith(f"900 euros.{read}")


def test_documents_inside_a_document_are_read_as_files_of_their_own():
    inner = sheet([("A1", "Deposit"), ("B1", 1800)])
    outer = changed(word(), more={"word/embeddings/costs.xlsx": inner})
    with ParserPool(workers=1) as pool:
        found = list(pool.parse_all([Item(source="/lease.docx", data=outer)]))

    sources = [each.item.source for each in found]
    assert sources == ["/lease.docx", "/lease.docx/costs.xlsx"]
    assert found[1].parsed is not None
    assert "1800" in found[1].parsed.text


def test_text_boxes_and_titles_of_charts_on_sheets_are_read():
    told = "<a:p><a:r><a:t>{}</a:t></a:r></a:p>"
    more = {
        "xl/drawings/drawing1.xml": f'<d xmlns:a="{_A}">'
        f"{told.format('Prices from May')}</d>",
        "xl/charts/chart1.xml": f'<c:c xmlns:c="{_C}" xmlns:a="{_A}"><c:title>'
        f"{told.format('Rents by year')}</c:title></c:c>",
    }
    parsed = parse(changed(sheet([("A1", "Rent")]), more=more), "a.xlsx")

    assert "Prices from May" in parsed.text
    assert "Rents by year" in parsed.text


def test_a_cell_far_out_does_not_make_a_sheet_too_large():
    near = [("A1", "Rent"), ("B1", 900)]
    data = sheet(near, [("B7", 12)], [("XFD1048576", "Left over")])
    parsed = parse(data, "a.xlsx")

    assert not parsed.notices
    for value in ("Rent", "900", "Left over", "12"):
        assert value in parsed.text
