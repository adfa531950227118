import struct
import zlib

import pypdfium2.raw as pdfium
import pytest

from erya.errors import DocumentError
from erya.loading import ParserPool, parse
from erya.loading.pdf import PdfReader, open_pdf
from erya.records import Item
from tests.loading.pdf_files import pdf

LINE = "words of running text that fill a column here"
WIDE = 460  # points of the widest line below


def lines(*texts, x=60, top=700, size=10, step=14):
    return [(x, top - i * step, size, text) for i, text in enumerate(texts)]


def blocks(parsed):
    return [(b.kind, parsed.text[b.start : b.end]) for b in parsed.blocks]


def test_pages_are_ranges_of_the_text():
    parsed = parse(
        pdf(lines("First page."), [], lines("Third page."), title="Manual"), "x.pdf"
    )

    assert parsed.text == "First page.\n\nThird page."
    assert [parsed.text[p.start : p.end] for p in parsed.pages] == [
        "First page.",
        "",
        "Third page.",
    ]
    assert parsed.title == "Manual"
    assert parsed.media_type == "application/pdf"


def test_lines_become_paragraphs_and_larger_type_headings():
    page = [
        (60, 740, 18, "Cold boxes"),
        *lines(
            "A box keeps its load", "cold for a long time.", "It is light.", top=700
        ),
        *lines("Another paragraph.", top=620),
    ]

    parsed = parse(pdf(page), "manual.pdf")

    assert blocks(parsed) == [
        ("heading", "Cold boxes"),
        ("paragraph", "A box keeps its load cold for a long time. It is light."),
        ("paragraph", "Another paragraph."),
    ]
    assert parsed.title == "Cold boxes"


@pytest.mark.parametrize("order", ["columns", "rows"])
def test_two_columns_are_read_one_after_the_other(order):
    """Even when the page is drawn row by row, across both columns."""
    left = lines(*(f"left {i} {LINE}" for i in range(8)), x=50)
    right = lines(*(f"right {i} {LINE}" for i in range(8)), x=320)
    title = [(60, 760, 10, f"A title that reaches over both columns {LINE}")]
    body = (
        [*left, *right]
        if order == "columns"
        else [each for pair in zip(left, right, strict=True) for each in pair]
    )

    text = parse(pdf(title + body), "x.pdf").text

    found = [text.index(f"{side} {i} ") for side in ("left", "right") for i in range(8)]
    assert found == sorted(found)
    assert text.startswith("A title")


def test_rows_of_a_table_carry_the_names_of_their_columns():
    cells = [
        ("Model", "Range", "Price"),
        ("CB-60", "2 to 8", "1,960"),
        ("CB-60-F", "below -18", "2,340"),
        ("GW-8", "none", "372"),
    ]
    page = [
        (x, 700 - 16 * i, 10, cell)
        for i, row in enumerate(cells)
        for x, cell in zip((60, 220, 380), row, strict=True)
    ]

    parsed = parse(
        pdf(
            [
                *lines("Prices are in euros.", top=760),
                *page,
                *lines("Valid for a year.", top=600),
            ]
        ),
        "x.pdf",
    )

    assert blocks(parsed) == [
        ("paragraph", "Prices are in euros."),
        (
            "table",
            "| Model | Range | Price |\n| --- | --- | --- |\n| CB-60 | 2 to 8 | 1,960 |\n| CB-60-F | below -18 | 2,340 |\n| GW-8 | none | 372 |",
        ),
        ("paragraph", "Valid for a year."),
    ]


def test_wide_blanks_of_justified_text_make_no_table():
    places = [(60, 130, 210, 300), (60, 150, 245, 300), (60, 105, 180, 300)]
    words = iter(
        [
            "a",
            "few",
            "words",
            "of",
            "differing",
            "widths",
            "stand",
            "far",
            "apart",
            "in",
            "narrow",
            "columns",
        ]
    )
    page = [
        (x, 700 - 14 * i, 10, next(words))
        for i, row in enumerate(places)
        for x in row[:3]
    ]

    assert [kind for kind, _ in blocks(parse(pdf(page), "x.pdf"))] == ["paragraph"]


def test_a_mark_along_the_margin_mixes_with_no_line():
    turned = "BT /F 12 Tf 0 1 -1 0 20 300 Tm (arXiv 2312.16176) Tj ET\n"
    data = pdf(lines(*(f"line {i} of the abstract" for i in range(12))))
    mark = data.replace(b"stream\n", b"stream\n" + turned.encode(), 1)

    text = parse(mark, "x.pdf").text  # PDFium mends the length by itself

    assert text.index("line 0") < text.index("line 11")
    assert "abstract arXiv" not in text
    assert "arXiv 2312.16176" in text


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (pdf(lines("Secret."), encrypt=True), "password_protected"),
        (b"%PDF-1.7 and then nothing", "damaged"),
        (pdf([]), "empty"),
    ],
)
def test_what_cannot_be_read_is_a_typed_error(data, code):
    with pytest.raises(DocumentError) as raised:
        parse(data, "x.pdf")
    assert raised.value.code == code


# Marking


@pytest.mark.parametrize(
    ("rotate", "crop"), [(0, None), (90, None), (180, (30, 50, 560, 790))]
)
def test_every_mark_covers_just_the_words_it_names(rotate, crop):
    """Each box, read back from the page, holds the characters that were cited."""
    page = [
        *lines(*(f"row {i} {LINE}" for i in range(6)), x=50),
        *lines(*(f"other {i} {LINE}" for i in range(6)), x=320),
    ]
    data = pdf(lines("A first page."), page, rotate=rotate, crop=crop)
    parsed = parse(data, "x.pdf")
    item = Item(source="x.pdf", data=data)
    with ParserPool(workers=1) as pool, open_pdf(data) as document:
        second = document[1]
        for quote in ("row 3", "text that fill", "other 5 words"):
            start = parsed.text.index(quote)
            offset = start - parsed.pages[1].start
            marked = pool.mark(item, page=2, start=offset, quote=quote)
            (box,) = marked.boxes
            numbers = PdfReader(document).page(1).numbers[offset : offset + len(quote)]
            read = "".join(character(second, n) for n in numbers)
            assert read == quote
            assert 0 <= box.left < box.right <= 1
            assert 0 <= box.top < box.bottom <= 1
            assert yellow(marked.png) > 20
            if not rotate:  # a box in points again, from the lower left corner
                inside = second.get_textpage().get_text_bounded(
                    box.left * 600 - 1,
                    800 - box.bottom * 800 - 1,
                    box.right * 600 + 1,
                    800 - box.top * 800 + 1,
                )
                assert inside.strip() == quote


def character(page, number):
    """Ask PDFium itself which character has this number."""
    textpage = page.get_textpage()
    return chr(pdfium.FPDFText_GetUnicode(textpage.raw, number))


def yellow(png):
    """Count the marked pixels of a PNG, read by its specification."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    start = png.index(b"IDAT") + 4
    size = struct.unpack(">I", png[start - 8 : start - 4])[0]
    raw = zlib.decompress(png[start : start + size])
    rows = [
        raw[i * (3 * width + 1) + 1 : (i + 1) * (3 * width + 1)] for i in range(height)
    ]
    return sum(
        row[i : i + 3] == bytes((255, 235, 90))
        for row in rows
        for i in range(0, len(row), 3)
    )


def test_a_span_that_is_not_there_is_a_typed_error():
    item = Item(source="x.pdf", data=pdf(lines("One page.")))
    with ParserPool(workers=1) as pool:
        with pytest.raises(DocumentError, match="no page 2"):
            pool.mark(item, page=2, start=0, quote="One")
        with pytest.raises(DocumentError, match="read otherwise than when"):
            pool.mark(item, page=1, start=50, quote="elsewhere")
        with pytest.raises(DocumentError, match="damaged"):
            pool.mark(
                Item(source="x.pdf", data=b"%PDF-1.4 no"), page=1, start=0, quote="x"
            )


def test_half_a_character_in_the_title_is_no_reason_to_refuse():
    data = pdf(lines("Text."), title="TITLE").replace(b"(TITLE)", b"<FEFF0041D83D>")

    assert (parse(data, "x.pdf").title, parse(data, "x.pdf").text) == ("x", "Text.")


def test_text_about_pdf_is_text():
    assert (
        parse(b"# About PDF\n\nIt starts with %PDF-1.7 and a line.", "a.md").media_type
        == "text/markdown"
    )
    late = b"\x00\x01\x02" * 30 + pdf(lines("Text."))
    assert parse(late, "x").media_type == "application/pdf"
