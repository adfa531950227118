import io
import struct
import zlib
from typing import Any

import pypdf
import pypdfium2.raw as pdfium
import pytest
from PIL import Image, ImageDraw, ImageFont

from erya.errors import DocumentError
from erya.loading import ParserPool, parse
from erya.loading.coverage import coverage_of
from erya.loading.pdf.boxes import Box
from erya.loading.pdf.lines import _letters_in_order
from erya.loading.pdf.marking import mark_pdf
from erya.loading.pdf.parser import PdfReader, open_pdf
from erya.records import Item
from tests.loading.pdf_files import pdf

LINE = "words of running text that fill a column here"
WIDE = 460  # points of the widest line below


def lines(*texts, x=60, top=700, size=10, step=14):
    return [(x, top - i * step, size, text) for i, text in enumerate(texts)]


def rows(*texts):
    """Draw rows of three cells, without lines around them."""
    return [
        (x, 700 - 20 * row, 12, text)
        for row, cells in enumerate(texts)
        for x, text in zip((100, 250, 400), cells, strict=True)
    ]


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


def test_letters_count_by_the_size_they_are_drawn_in():
    page = [
        (60, 740, 9, "1. Of a section"),
        (60, 700, 18, "The title"),
        *lines(LINE, LINE, top=660),
    ]

    parsed = parse(pdf(page, unit=True), "a.pdf")

    assert ("heading", "The title") in blocks(parsed)
    assert parsed.title == "The title"


def test_a_section_is_no_title():
    page = [(60, 740, 14, "1. Introduction"), *lines(LINE, LINE)]

    assert parse(pdf(page), "report.pdf").title == "report"


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


# Running heads, outlines, what cannot be seen or read


def left_out(parsed):
    return [
        (b.omitted, parsed.text[b.start : b.end]) for b in parsed.blocks if b.omitted
    ]


def book(pages, *, head="Cold chain manual"):
    return [
        [
            (60, 770, 8, f"{head} - part {i // 4 + 1}"),
            *lines(f"Page {i} tells of box {i * 7}.", f"It weighs {i} kg.", top=700),
            (300, 30, 8, str(i + 1)),
        ]
        for i in range(pages)
    ]


def test_running_heads_and_page_numbers_stay_in_the_text_and_are_not_searched():
    parsed = parse(pdf(*book(8)), "book.pdf")

    assert [text for _, text in left_out(parsed)][:4] == [
        "Cold chain manual - part 1",
        "1",
        "Cold chain manual - part 1",
        "2",
    ]
    assert {reason for reason, _ in left_out(parsed)} == {"running_head"}
    assert len(left_out(parsed)) == 16
    assert "Page 3 tells of box 21." in parsed.text
    assert len(parsed.pages) == 8


def test_running_heads_are_found_where_only_some_pages_are_looked_at():
    parsed = parse(pdf(*book(90)), "book.pdf")

    assert len(left_out(parsed)) == 180


def test_text_at_the_top_of_a_few_pages_is_no_running_head():
    pages = [
        [(60, 770, 10, f"{word} begins."), *lines(f"Text of {word}.")]
        for word in ("One", "Other", "Third", "Last")
    ]

    assert left_out(parse(pdf(*pages), "x.pdf")) == []


def test_a_span_behind_a_running_head_is_marked_in_its_place():
    data = pdf(*book(8))
    parsed = parse(data, "book.pdf")
    page = parsed.pages[4]
    start = parsed.text.index("It weighs 4 kg.")

    marked = mark_pdf(
        data,
        page=5,
        start=start - page.start,
        end=start - page.start + 15,
        quote="It weighs 4 kg.",
    )

    ((left, top, right, bottom),) = marked["boxes"]
    assert left == pytest.approx(60 / 600, abs=0.01)
    assert (1 - bottom) * 800 < 690 < (1 - top) * 800
    assert right < 0.3


def outlined(data, entries):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    parents: dict[int, Any] = {0: None}
    for title, page, level in entries:
        parents[level] = writer.add_outline_item(
            title=title, page_number=page, parent=parents[level - 1]
        )
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_the_outline_makes_headings_of_type_like_any_other():
    page = [
        *lines("1 Scope", top=740),
        *lines("It holds for all boxes that we sell or rent out.", top=700),
        *lines("1.1 Words", top=660),
        *lines("A box is a box.", top=620),
    ]

    parsed = parse(outlined(pdf(page), [("Scope", 0, 1), ("1.1 Words", 0, 2)]), "x.pdf")

    assert [
        (b.level, parsed.text[b.start : b.end])
        for b in parsed.blocks
        if b.kind == "heading"
    ] == [(1, "1 Scope"), (2, "1.1 Words")]


def test_numbered_lines_of_the_same_type_are_headings():
    page = lines(
        "2.1 Scope of the rules",
        "This holds for all boxes and for everybody who opens one of them,",
        "whatever the reason may be, at any time of the day or of the night.",
        "2.2 Exceptions",
        "There are none that anybody in the company could name when asked.",
    )

    assert [k for k, _ in blocks(parse(pdf(page), "x.pdf"))] == [
        "heading",
        "paragraph",
        "heading",
        "paragraph",
    ]


def test_what_a_reader_cannot_see_is_left_out_and_noted():
    shown = pdf(
        [
            *lines("The warranty is 24 months."),
            (60, 900, 10, "Beyond the page."),
            (60, 500, 0.5, "Too small."),
        ]
    )
    drawn = pdf(lines("The warranty is 24 months.", "3 Tr marks this."))
    hidden = drawn.replace(b"(3 Tr marks this.) Tj", b"3 Tr (It is unseen) Tj")

    parsed = parse(shown, "x.pdf")
    assert {t for _, t in left_out(parsed)} == {"Beyond the page.", "Too small."}
    assert [n.code for n in parsed.notices] == ["hidden_text"]
    assert left_out(parse(hidden, "x.pdf")) == [("hidden", "It is unseen")]


def test_a_page_whose_fonts_do_not_say_their_letters_is_left_out_and_noted():
    names = " ".join(f"/g{i}" for i in range(26))  # of small letters; they mean nothing
    data = pdf(lines("WORDS THAT CAN BE READ"), lines(*["secret words"] * 4)).replace(
        b"/Encoding /WinAnsiEncoding",
        f"/Encoding << /Type /Encoding /Differences [97 {names}] >>".encode(),
    )

    parsed = parse(data, "x.pdf")

    assert [b.omitted for b in parsed.blocks] == ["", *["garbled"] * 4]
    (notice,) = parsed.notices
    assert (notice.code, notice.page) == ("garbled", 2)
    assert "pip install 'erya[ocr]'" in notice.message


def scan(text):
    """Return a PDF whose page is a picture of a text, as a scanner makes it."""
    image = Image.new("RGB", (1200, 500), "white")
    font = ImageFont.load_default(size=60)
    for i, line in enumerate(text.split("\n")):
        ImageDraw.Draw(image).text((60, 60 + i * 120), line, fill="black", font=font)
    out = io.BytesIO()
    image.save(out, "PDF", resolution=150)
    return out.getvalue(), image


def test_a_scan_is_read_by_text_recognition_and_its_words_have_boxes():
    data, _ = scan("Annual leave is 25 days.\nAsk the office.")
    item = Item(source="/d/scan.pdf", data=data)

    with ParserPool(workers=1) as pool:
        (outcome,) = pool.parse_all([item])
        assert outcome.parsed
        text = outcome.parsed.text
        start = text.index("25 days")
        marked = pool.mark(item, page=1, start=start, quote="25 days")

    assert "Annual leave is 25 days." in text
    assert [n.code for n in outcome.parsed.notices] == ["ocr"]
    (box,) = marked.boxes
    assert box.left > 0.35
    assert box.bottom < 0.4


def test_a_scan_without_text_recognition_says_what_to_do():
    with ParserPool(workers=1, ocr=False) as pool:
        (outcome,) = pool.parse_all(
            [Item(source="/d/scan.pdf", data=scan("Words here.")[0])]
        )

    assert outcome.problem
    assert outcome.problem.code == "no_text"
    assert "pip install 'erya[ocr]'" in outcome.problem.message


@pytest.mark.parametrize("pixels", [(9_000, 9_000), (30_000, 20_000)])
def test_a_picture_is_read_and_one_of_too_many_pixels_is_refused(pixels):
    _, image = scan("Opening hours: 8 to 20.")
    out = io.BytesIO()
    image.save(out, "PNG")
    large = io.BytesIO()
    Image.new("1", pixels).save(large, "PNG")

    with ParserPool(workers=1) as pool:
        read, refused = pool.parse_all(
            [
                Item(source="/d/a.png", data=out.getvalue()),
                Item(source="/d/b.png", data=large.getvalue()),
            ]
        )

    assert read.parsed
    assert "Opening hours: 8 to 20." in read.parsed.text
    assert refused.problem
    assert refused.problem.code == "too_large"


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_pages_that_are_turned_to_be_read_are_read_and_marked(degrees):
    writer = pypdf.PdfWriter(
        clone_from=io.BytesIO(
            pdf(lines("First line of the page.", "Second line of the page."))
        )
    )
    for page in writer.pages:
        page.rotate(degrees)
        page.transfer_rotation_to_content()
        page.rotate(-degrees)
    out = io.BytesIO()
    writer.write(out)
    upright = mark_pdf(
        pdf(lines("First line of the page.", "Second line of the page.")),
        page=1,
        start=24,
        end=47,
        quote="Second line of the page",
    )

    parsed = parse(out.getvalue(), "x.pdf")
    marked = mark_pdf(
        out.getvalue(), page=1, start=24, end=47, quote="Second line of the page"
    )

    assert parsed.text == "First line of the page. Second line of the page."
    assert marked["boxes"][0] == pytest.approx(upright["boxes"][0], abs=0.01)


def test_a_sign_that_is_two_arabic_letters_is_read_in_their_order():
    means = {"A": "\u0644\u0627", "a": "\u0628", "b": "\u0631", "c": "\u0645"}

    # Drawn from the left, read from the right.
    parsed = parse(pdf([(60, 700, 12, "baA c")], means=means), "a.pdf")

    assert parsed.text == "\u0645 \u0644\u0627\u0628\u0631"


HEBREW = {sign: chr(0x5D0 + at) for at, sign in enumerate("abcdefghijklmno")}


def hebrew(drawn):
    """What is read where these signs are drawn from the left."""
    return "".join(HEBREW.get(sign, sign) for sign in reversed(drawn))


def test_a_table_that_is_written_from_right_to_left_begins_with_its_right_column():
    labels = ["abc", "defg", "hij"]
    page = [
        drawn
        for row, label in enumerate(labels)
        for drawn in (
            (100, 700 - 20 * row, 12, f"20{row}6"),
            (400 - 6 * len(label), 700 - 20 * row, 12, label),
        )
    ]

    (table,) = blocks(parse(pdf(page, means=HEBREW), "a.pdf"))

    assert table == (
        "table",
        "|  |  |\n| --- | --- |\n"
        + "\n".join(
            f"| {hebrew(label)} | 20{row}6 |" for row, label in enumerate(labels)
        ),
    )


def test_a_long_number_among_words_from_right_to_left_parts_no_line():
    page = [(100, 700, 12, "abc"), (125, 700, 12, "4750026"), (180, 700, 12, "def")]

    parsed = parse(pdf(page, means=HEBREW), "a.pdf")

    assert parsed.text == f"{hebrew('def')} 4750026 {hebrew('abc')}"
    assert len(parsed.blocks) == 1


def test_rows_of_numbers_below_heads_from_right_to_left_stand_below_their_heads():
    drawn = rows(
        ("ghi", "def", "abc"),
        ("900", "2000", "10"),
        ("901", "2001", "11"),
        ("902", "2002", "12"),
    )

    parsed = parse(pdf(drawn, means=HEBREW), "a.pdf")

    first, _, below = parsed.text.splitlines()[:3]
    assert first == f"| {hebrew('abc')} | {hebrew('def')} | {hebrew('ghi')} |"
    assert below == "| 10 | 2000 | 900 |"


def test_a_table_from_left_to_right_keeps_its_columns_where_names_run_left():
    drawn = rows(
        ("10", "Anna", "1990"),
        ("11", "XYZ", "1991"),
        ("12", "Mary", "1992"),
        ("13", "Tom", "1993"),
    )
    means = {letter: letter for letter in "AnMryaTom0123456789"}
    means |= {"X": "\u05d0", "Y": "\u05d1", "Z": "\u05d2"}

    parsed = parse(pdf(drawn, means=means), "a.pdf")

    assert "| 11 | \u05d2\u05d1\u05d0 | 1991 |" in parsed.text


def test_words_that_are_given_as_they_are_drawn_are_turned_around():
    # As PDFium gives some words of what Chromium prints, one sign of which is two letters.
    units = "\u0645\u0644\u0627\u0633 \u0633\u0644\u0627\u0645"
    places = [0, 10, 10, 20, 30, 70, 60, 60, 50]

    def box(number):
        return Box(places[number], 0, places[number] + 8, 10)

    assert (
        _letters_in_order(units, box)
        == "\u0633\u0644\u0627\u0645 \u0633\u0644\u0627\u0645"
    )


def test_digits_off_the_line_are_told_and_the_line_goes_on():
    page = [
        (50, 700, 12, "Up to 10"), (96.7, 704.5, 7, "6"), (100.6, 700, 12, " ohm, 250"),
        (150.6, 704.5, 7, "1"), (154.5, 700, 12, ", CO"), (178.6, 698, 7, "2"),
        (182.5, 700, 12, " and 4"), (50, 680, 12, "Room 12"), (50, 665, 8, "Note 3"),
    ]  # fmt: skip

    text = parse(pdf(page), "a.pdf").text

    assert "Up to 10⁶ ohm, 250¹, CO₂ and 4" in text.replace("\n", " ")
    assert "Room 12" in text
    assert "Note 3" in text


@pytest.mark.parametrize(
    ("above", "below", "text"),
    [
        ("a long-", "term plan", "a long-term plan"),
        ("by e-", "mail only", "by e-mail only"),
        ("a long-", "ing for it", "a longing for it"),
        ("an impor-", "tant word", "an important word"),
    ],
)
def test_a_hyphen_that_belongs_to_a_word_stays(above, below, text):
    page = [(50, 700, 12, above), (50, 686, 12, below)]

    assert text in parse(pdf(page), "a.pdf").text


def word_of(*parts, base=700, size=12):
    """Return a line of (text, how large, how far above it) of letters 6 points wide."""
    placed, x = [], 50
    for text, share, above in parts:
        placed.append((x, base + above, round(size * share, 1), text))
        x = round(x + width(text) * size * share, 2)
    return placed


def width(text):
    """Return how wide a text of these signs is in Helvetica, in sizes."""
    wide = {"m": 0.833, "-": 0.333, "+": 0.584, ",": 0.278, " ": 0.278, ".": 0.278}
    wide |= dict.fromkeys("0123456789anou", 0.556) | dict.fromkeys("xcs", 0.5)
    wide |= {"t": 0.278, "C": 0.722, "O": 0.778, "U": 0.722, "/": 0.278}
    return sum(wide[sign] for sign in text)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([("a 10", 1, 0), ("12", 0.6, 4), (" cat", 1, 0)], "a 10¹² cat"),
        ([("a 10", 1, 0), ("-3", 0.6, 4), (" cat", 1, 0)], "a 10⁻³ cat"),
        ([("a 45", 1, 0), ("2,3", 0.6, 4), (" cat", 1, 0)], "a 45²,³ cat"),
        ([("a 45", 1, 0), ("2", 0.6, 4), (",", 0.6, 4), ("3", 0.6, 4)], "a 45²,³"),
        ([("a x", 1, 0), ("n+1", 0.6, 4), (" cat", 1, 0)], "a x^(n+1) cat"),
        ([("a x", 1, 0), ("nt", 0.6, -2), (" cat", 1, 0)], "a x_nt cat"),
        ([("CO", 1, 0), ("4", 0.6, -2), ("2-", 0.6, 4)], "CO₄²⁻"),
        ([("1", 0.6, 4), ("20 cats", 1, 0)], "¹20 cats"),
        ([("a 10", 1, 0), ("6", 1, 5), (" cat", 1, 0)], "a 10⁶ cat"),
        ([("5", 1, 0), ("1", 0.6, 4), ("/", 1, 0), ("2", 0.6, -1), (" m", 1, 0)],
         "5¹/₂ m"),
        ([("a 1", 1, 0), ("st", 0.6, 4), (" cat", 1, 0)], "a 1st cat"),
    ],
)  # fmt: skip
def test_what_stands_off_the_line_never_joins_what_it_stands_behind(parts, text):
    assert parse(pdf(word_of(*parts)), "a.pdf").text == text


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([("C", 1, 0), ("ount", 0.7, 0)], "Count"),  # small capitals
        ([("45", 1, 0), (" m", 0.7, 0)], "45 m"),
        ([("2", 1, 0), ("0", 1, 3), ("2", 1, 5), ("4", 1, 6)], "2024"),  # along a curve
    ],
)
def test_letters_of_other_sizes_and_along_a_curve_are_not_off_the_line(parts, text):
    assert parse(pdf(word_of(*parts)), "a.pdf").text == text


def test_signs_off_the_line_do_not_count_as_lost():
    data = pdf(word_of(("a x", 1, 0), ("nt", 0.6, -2), (" cat", 1, 0)))

    (page,) = coverage_of(data, "a.pdf", parse(data, "a.pdf").text)

    assert page.missing == ()


def test_digits_above_the_line_are_told_where_the_line_is_chinese():
    # PDFium ends no line behind them there.
    page = [
        (50, 700, 12, "YZ"), (80, 700, 12, "10"), (93.4, 704.5, 7, "9"),
        (98, 700, 12, "YZ"), (130, 700, 12, "250"), (150, 704.5, 7, "1"),
        (154.5, 700, 12, "YZ"),
    ]  # fmt: skip
    means = {sign: sign for sign in "0123456789"} | {"Y": "元", "Z": "米"}

    text = parse(pdf(page, means=means), "a.pdf").text

    assert text.replace(" ", "") == "元米10⁹元米250¹元米"


def test_digits_above_the_line_behind_chinese_may_stand_a_little_apart():
    # As a program sets numbers beside Chinese, and behind a stop with its empty half.
    page = [
        (50, 700, 12, "YZ"), (68.5, 704.5, 7, "3"), (74, 700, 12, "YZ"),
        (92, 700, 12, "X"), (104, 704.5, 7, "235"), (115.8, 700, 12, "U"),
    ]  # fmt: skip
    means = {sign: sign for sign in "235U"} | {"Y": "元", "Z": "米", "X": "；"}

    text = parse(pdf(page, means=means), "a.pdf").text

    assert text.replace(" ", "") == "元米³元米；²³⁵U"


def test_a_sign_that_is_written_as_several_is_marked_in_its_place():
    data = pdf(word_of(("a x", 1, 0), ("n+1", 0.6, 4), (" cat", 1, 0)))

    found = mark_pdf(data, page=1, start=2, end=9, quote="x^(n+1)", picture=False)

    ((left, _, right, _),) = found["boxes"]
    assert left * 600 == pytest.approx(60, abs=2)
    assert right * 600 == pytest.approx(78, abs=2)


def test_columns_of_entries_whose_lines_begin_further_in_are_read_in_turn():
    word = "abcde fghij klmno pqrst uvwxy abcde fghij"  # nearly a column wide
    left = [(50, 700 - 14 * row, 12, f"L{row} {word}"[:40]) for row in range(24)]
    right = [
        (308 if row % 4 == 0 else 322, 700 - 14 * row, 12, f"R{row} {word}"[:40])
        for row in range(24)
    ]
    rows = [piece for row in zip(left, right, strict=True) for piece in row]

    text = parse(pdf(rows), "a.pdf").text

    order = [text.index(f"L{row} ") for row in range(24)]
    order += [text.index(f"R{row} ") for row in range(24)]
    assert order == sorted(order)


def test_lines_over_both_columns_are_one_paragraph():
    word = "abcde fghij klmno pqrst uvwxy abcde fghij"
    wide = f"{word} {word} "[:80]
    across = [(50, 760 - 14 * row, 12, f"W{row} {wide}") for row in range(4)]
    rows = [
        piece
        for row in range(12)
        for piece in (
            (50, 690 - 12 * row, 10, f"L{row} {word}"),
            (308, 690 - 12 * row, 10, f"R{row} {word}"),
        )
    ]

    parsed = parse(pdf(across + rows), "a.pdf")

    first = parsed.blocks[0]
    assert first.kind == "paragraph"
    assert parsed.text[first.start : first.end].count("W") == 4
    assert parsed.text.index("L11 ") < parsed.text.index("R0 ")


def test_a_numbered_line_that_ends_in_a_bracket_of_the_line_above_is_no_heading():
    page = [
        (50, 700, 12, "\\(1 Office of Roads of the city of Graz, in Main Street,"),
        (50, 686, 12, "2 Office of Waters\\)"),
        (50, 672, 12, "Abstract: roads and waters of the city are described."),
        (50, 658, 12, "Roads and waters of the city are described at length."),
    ]

    assert all(b.kind == "paragraph" for b in parse(pdf(page), "a.pdf").blocks)


def test_chinese_that_is_set_wide_apart_has_no_blanks():
    means = dict(zip("abcdef", "采购管理办法", strict=True))
    page = [(60 + 20 * at, 700, 12, sign) for at, sign in enumerate("abcdef")]

    spread = parse(pdf([(60, 700, 12, "a b c d e f")], means=means), "a.pdf").text

    assert spread == "采购管理办法"
    assert parse(pdf(page, means=means), "a.pdf").text.replace(" ", "") == spread


def test_signs_of_another_font_stand_where_they_are_drawn():
    """As programs draw check boxes: after the words around them."""
    means = {"q": "□", "z": "☑"}
    page = [
        (60, 700, 12, "Pay:"),
        (110, 700, 12, "now"),
        (160, 700, 12, "later"),
        (98, 700, 12, "z"),
        (148, 700, 12, "q"),
        (200, 700, 12, "in 60 days."),
    ]

    assert parse(pdf(page, means=means), "a.pdf").text == (
        "Pay: ☑ now □ later in 60 days."
    )


def test_what_a_line_is_drawn_through_is_marked_as_struck():
    """Not what is underlined, and no more than the line goes through."""
    page = [(60, 700, 12, "Fee 2,000 1,750 euros"), (60, 660, 12, "Due in May")]
    drawn = "84 704 30.4 0.6 re f 60 658 65 0.6 re f "

    text = parse(pdf(page, drawn=drawn), "a.pdf").text

    assert " ".join(text.split()) == "Fee ~~2,000~~ 1,750 euros Due in May"


def test_a_rule_that_crosses_words_strikes_nothing():
    page = [(60, 700, 12, "Fee 2,000 1,750 euros")]

    assert "~~" not in parse(pdf(page, drawn="20 704 560 0.6 re f "), "a.pdf").text
