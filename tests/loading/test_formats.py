"""Every kind of file: its text, structure and place."""

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from email.message import EmailMessage

import pptx
import pytest
from pptx.util import Inches

from erya.errors import DocumentError
from erya.language import table_cells
from erya.loading import Limits, ParserPool, media_type, parse
from erya.loading.formats.number_formats import format_number as shown_number
from erya.loading.office import office_program
from erya.records import Item, Span


def format_number(parsed):
    return [(b.kind, parsed.text[b.start : b.end]) for b in parsed.blocks]


def searched(parsed):
    return [parsed.text[b.start : b.end] for b in parsed.blocks if not b.omitted]


def packed(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def opened(data, name):
    """Return what became of a file and of what is in it."""
    with ParserPool(workers=1, ocr=False) as pool:
        return list(pool.parse_all([Item(source=f"/d/{name}", data=data)]))


def test_cells_of_a_table_lead_back_to_the_text():
    parsed = parse(
        "| 型号 | 价格 |\n|--|--|\n| HX\\|2 | 120 |\n|  | 5 |\n".encode(), "a.md"
    )
    (table,) = parsed.blocks

    rows = table_cells(parsed.text, Span(table.start, table.end))

    assert [[parsed.text[c.start : c.end] for c in row] for row in rows] == [
        ["型号", "价格"],
        ["HX\\|2", "120"],
        ["", "5"],
    ]


SLIDES = {"title": "Cold boxes", "points": ["Keep it closed.", "Charge it."]}


def presentation():
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = SLIDES["title"]
    body = slide.placeholders[1].text_frame
    body.text = SLIDES["points"][0]
    second = body.add_paragraph()
    second.text, second.level = SLIDES["points"][1], 1
    slide.notes_slide.notes_text_frame.text = "Say why."
    empty = deck.slides.add_slide(deck.slide_layouts[6])
    table = empty.shapes.add_table(
        2, 2, Inches(1), Inches(1), Inches(4), Inches(1)
    ).table
    for at, text in enumerate(["Model", "Price", "HX-210", "120"]):
        table.cell(at // 2, at % 2).text = text
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def test_slides_are_pages_with_titles_lists_tables_and_notes():
    parsed = parse(presentation(), "deck.pptx")

    assert format_number(parsed) == [
        ("heading", "Cold boxes"),
        ("list", "- Keep it closed.\n  - Charge it."),
        ("paragraph", "Say why."),
        ("table", "| Model | Price |\n| --- | --- |\n| HX-210 | 120 |"),
    ]
    assert [parsed.text[p.start : p.end][:10] for p in parsed.pages] == [
        "Cold boxes",
        "| Model | ",
    ]


def test_slides_hold_what_python_pptx_finds_in_them():
    data = presentation()
    theirs = [
        shape.text_frame.text
        for slide in pptx.Presentation(io.BytesIO(data)).slides
        for shape in slide.shapes
        if shape.has_text_frame
    ]
    text = parse(data, "deck.pptx").text
    assert all(line in text for each in theirs for line in each.splitlines())


SHEET = """<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"""


def workbook(*sheets, styles=()):
    """Return an xlsx file; a sheet is its name and its rows of (reference, value).

    A value may be a cell's own XML. `styles` are the formats of the cells' styles.
    """
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    named = "".join(
        f'<sheet name="{name}" sheetId="{i}" r:id="r{i}"/>'
        for i, (name, _) in enumerate(sheets, 1)
    )
    related = "".join(
        f'<Relationship Id="r{i}" Type="{rel}/worksheet" Target="worksheets/s{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    cells = {
        f"xl/worksheets/s{i}.xml": SHEET.format(
            rows="".join(
                "<row>"
                + "".join(
                    v
                    if isinstance(v, str) and v.startswith("<c ")
                    else f'<c r="{r}" t="inlineStr"><is><t>{v}</t></is></c>'
                    if isinstance(v, str)
                    else f'<c r="{r}"><v>{v}</v></c>'
                    for r, v in row
                )
                + "</row>"
                for row in rows
            )
        )
        for i, (_, rows) in enumerate(sheets, 1)
    }
    if styles:
        codes = "".join(
            f'<numFmt numFmtId="{i}" formatCode="{code}"/>'
            for i, code in enumerate(styles, 164)
        )
        used = "".join(f'<xf numFmtId="{i}"/>' for i in range(164, 164 + len(styles)))
        cells["xl/styles.xml"] = (
            f"<styleSheet {main}><numFmts>{codes}</numFmts>"
            f"<cellXfs>{used}</cellXfs></styleSheet>"
        )
    return packed(**{
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{rel}"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{related}</Relationships>',
        **cells,
    })  # fmt: skip


def test_sheets_are_pages_and_blank_rows_part_their_tables():
    parsed = parse(
        workbook(
            (
                "价格",
                [
                    [("A1", "型号"), ("B1", "价格")],
                    [("A2", "HX-210"), ("B2", 120)],
                    [("A4", 1), ("B4", 2)],
                    [("A5", 3), ("B5", 4.5)],
                ],
            ),
            ("Notes", [[("A1", "Only a line.")]]),
        ),
        "p.xlsx",
    )

    assert format_number(parsed) == [
        ("heading", "价格"),
        ("table", "| 型号 | 价格 |\n| --- | --- |\n| HX-210 | 120 |"),
        ("table", "|  |  |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4.5 |"),
        ("heading", "Notes"),
        ("paragraph", "Only a line."),
    ]
    assert len(parsed.pages) == 2


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [  # as LibreOffice shows them
        (0.1256, "0.0%", "12.6%"),
        (-0.05, "0%;(0%)", "(5%)"),
        (1234567.891, '"$"#,##0.00', "$1,234,567.89"),
        (-1234.5, "[$¥-804]#,##0.00", "-¥1,234.50"),
        (1234.5, "[$€-407] #,##0.00", "€ 1,234.50"),
        (42, "00000", "00042"),
        (12.5, '0.00"元"', "12.50元"),
        (-1234.5, "#,##0.00_);[Red]\\(#,##0.00\\)", "(1,234.50)"),
        (0, '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_)', "$-"),
        (0, '0;-0;"-"', "-"),
        (2.675, "0.00", "2.68"),
        (-0.2, "0", "0"),
        (0.5, "#.##", ".5"),
        (1.5, "0.0##", "1.5"),
        (7, '0" %"', "7 %"),
        (3, "General", None),
        (45_000, "yyyy-mm-dd", None),
        (0.5, "# ?/?", None),
        (1e10, "0.00E+00", None),
        (1_234_567, "#,##0,", "1,235"),
        (123_456_789, '0!.0,"万"', "12345.7万"),
        (-1200, "#,##0;[Red]#,##0", "-1,200"),
        (-1200, "0.0;0.0", "-1200.0"),
        (-5, "General;General", "-5"),
        (0.475, "▲0.0%;▼0.0%", "▲47.5%"),
        (-0.05, "▲0.0%;▼0.0%", "▼5.0%"),
        (-5, '"up "0;"down "0', "down 5"),
        (8, 'General" kg"', "8 kg"),
        (1, '"Yes";"Yes";"No"', "Yes"),
        (0, '"Yes";"Yes";"No"', "No"),
        (7, '[=1]"Yes";[=0]"No";0', "7"),
        (0, '[=1]"Yes";[=0]"No";0', "No"),
        (123, '[>=1000]#,##0,"k";0', "123"),
        (1_234_567, "000-00-0000", "001-23-4567"),
        (5_551_234_567, "(000) 000-0000", "(555) 123-4567"),
        (45_356, "aaaa", "星期二"),
        (45_356, "[$-409]dddd", "Tuesday"),
        (42, ";;;", None),
        (42, "0;;", "42"),
        (-42, "0;;", None),
        (5, "0,000", "0,005"),
        (1_234, "0000000,000", "0,000,001,234"),
        (-5, "0;@", "-5"),
        (float("nan"), "#,##0", None),
        (1, "0" * 300, None),
        (12, "[>10]0", "12"),
        (-1234.567, '[>=10000]0!.0,"万";0', "-1235"),
        (-1234.567, "[<100]0.0;0", "-1234.6"),
        (-5, '[>100]0" km";0" m"', "-5 m"),
        (-5, "[>=0]0;(0)", "(5)"),
        (-5, '[<0]"down "0;0', "down 5"),
        (-5, "[<0]0;[>0]+0;0", "-5"),
        (-5, '[>0]0;(0);"-"', "(5)"),
        (5, '0;[<0](0);"zero"', "5"),
        (12_345_678, "0000-0000", "1234-5678"),
        (1, "", None),
        (1, '"open', None),
    ],
)
def test_numbers_are_shown_by_their_formats(value, code, text):
    assert shown_number(value, code) == text


def test_numbers_are_read_as_a_sheet_shows_them():
    rows = [
        [("B3", "rate"), ("C3", "part"), ("D3", "sum"), ("E3", "word")],
        [
            ("B4", '<c r="B4" s="1"><v>0.13</v></c>'),
            ("C4", '<c r="C4" s="2"><v>0.0725</v></c>'),
            ("D4", '<c r="D4" s="0"><v>0.5</v></c>'),
            ("E4", '<c r="E4" s="3"><v>1234.5</v></c>'),
        ],
        [
            ("B5", '<c r="B5" s="1"><v>-0.285</v></c>'),
            ("C5", '<c r="C5" s="2"><v>1</v></c>'),
        ],
    ]
    styles = ("General", "0%;[Red]-0%", "0.00%", "&quot;¥&quot;#,##0.00")
    parsed = parse(workbook(("rates", rows), styles=styles), "r.xlsx")

    assert format_number(parsed)[1] == (
        "table",
        (
            "| rate | part | sum | word |\n| --- | --- | --- | --- |\n"
            "| 13% | 7.25% | 0.5 | ¥1,234.50 |\n| -29% | 100.00% |  |  |"
        ),
    )
    assert not parsed.notices


def test_a_number_in_the_first_row_names_no_column_whatever_stands_beside_it():
    rows = [
        [
            ("A1", '<c r="A1" s="0"><v>1</v></c>'),
            ("B1", '<c r="B1" s="0"><v>3</v></c>'),
        ],
        [
            ("A2", '<c r="A2" s="0"><v>2</v></c>'),
            ("B2", '<c r="B2" s="0"><v>6</v></c>'),
        ],
    ]
    parsed = parse(workbook(("x", rows), styles=("0&quot;元&quot;",)), "n.xlsx")

    assert (
        format_number(parsed)[1][1]
        == "|  |  |\n| --- | --- |\n| 1元 | 3元 |\n| 2元 | 6元 |"
    )


def test_formulas_without_a_value_and_hidden_rows_are_told():
    rows = [
        [("A1", "a"), ("B1", '<c r="B1"><f>1/8</f><v></v></c>')],
        [("A2", 1), ("B2", '<c r="B2" t="str"><f>IF(A1,"",1)</f><v></v></c>')],
        [("A3", 2), ("B3", '<c r="B3"><f t="shared" si="0"/></c>')],
        [("A4", 2), ("B4", '<c r="B4"><f>2*4</f><v>8</v></c>')],
        [("A5", '<c r="A5"><v>3</v></c></row><row r="6" hidden="1">')],
    ]
    parsed = parse(workbook(("x", rows)), "f.xlsx")

    told = {notice.code: notice.message for notice in parsed.notices}
    assert told.keys() == {"no_value", "hidden_cells"}
    assert "without a value: 2." in told["no_value"]
    assert "x" in told["hidden_cells"]


def test_a_cell_far_out_is_no_reason_to_fill_the_memory():
    far = ("x", [[("A1", "here")], [("XFD1048576", "there")]])
    parsed = parse(workbook(far), "far.xlsx")
    assert parsed.text.split("\n\n")[0] == "x"
    assert "here" in parsed.text
    assert "there" in parsed.text
    assert parsed.notices == ()


def test_a_cell_far_out_without_anything_in_it_is_none():
    empty = '<c r="XFD1048576" s="0"></c>'
    parsed = parse(
        workbook(("x", [[("A1", "here")], [("XFD1048576", empty)]])), "f.xlsx"
    )

    assert parsed.text == "x\n\nhere"
    assert not parsed.notices


def test_long_numbers_have_all_their_digits():
    cell = '<c r="A1"><v>1.10101199003071E+17</v></c>'

    assert (
        "110101199003071000" in parse(workbook(("x", [[("A1", cell)]])), "n.xlsx").text
    )


ODT = '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><office:body><office:text>{}</office:text></office:body></office:document-content>'


def test_open_document_text_keeps_headings_lists_tables_and_notes():
    body = (
        '<text:h text:outline-level="2">Leave</text:h><text:p>Ten<text:s text:c="2"/>days<text:note><text:note-body><text:p>paid</text:p></text:note-body></text:note>.</text:p>'
        "<text:list><text:list-item><text:p>one</text:p><text:list><text:list-item><text:p>two</text:p></text:list-item></text:list></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>A</text:p></table:table-cell><table:table-cell><text:p>B</text:p></table:table-cell></table:table-row>"
        '<table:table-row><table:table-cell table:number-columns-repeated="2"><text:p>7</text:p></table:table-cell></table:table-row></table:table>'
    )
    data = packed(
        mimetype="application/vnd.oasis.opendocument.text",
        **{"content.xml": ODT.format(body)},
    )

    parsed = parse(data, "leave.odt")

    assert format_number(parsed) == [
        ("heading", "Leave"),
        ("paragraph", "Ten days [paid]."),
        ("list", "- one\n  - two"),
        ("table", "| A | B |\n| --- | --- |\n| 7 | 7 |"),
    ]
    assert parsed.blocks[0].level == 2


STYLED = '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"><office:automatic-styles>{}</office:automatic-styles><office:body><office:text>{}</office:text></office:body></office:document-content>'


START = 'text:start-value="{}"'


def styled(styles, body):
    return packed(
        mimetype="application/vnd.oasis.opendocument.text",
        **{"content.xml": STYLED.format(styles, body)},
    )


@pytest.mark.parametrize(
    "properties",
    [
        '<style:text-properties fo:color="#ffffff"/>',
        '<style:text-properties text:display="none"/>',
        '<style:text-properties fo:color="#fefefe" fo:background-color="#ffffff"/>',
    ],
)
def test_what_a_style_hides_in_an_open_document_is_left_out_and_told(properties):
    style = (
        f'<style:style style:name="T1" style:family="text">{properties}</style:style>'
    )
    body = '<text:p>It is 40<text:span text:style-name="T1"> or 1</text:span>.</text:p>'

    parsed = parse(styled(style, body), "fees.odt")

    assert parsed.text == "It is 40."
    assert [notice.code for notice in parsed.notices] == ["hidden_text"]


@pytest.mark.parametrize(
    ("white", "above", "around"),
    [
        ('fo:background-color="#000080"', "", "{}"),
        ("", 'fo:background-color="#000080"', "{}"),
        ("", "", '<draw:page xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0">{}</draw:page>'),
    ],
)  # fmt: skip
def test_white_on_a_colour_in_an_open_document_is_read(white, above, around):
    styles = (
        '<style:style style:name="T1" style:family="text">'
        f'<style:text-properties fo:color="#ffffff" {white}/></style:style>'
        '<style:style style:name="P1" style:family="paragraph">'
        f"<style:paragraph-properties {above}/></style:style>"
    )
    body = around.format(
        '<text:p text:style-name="P1">It is '
        '<text:span text:style-name="T1">40</text:span>.</text:p>'
    )

    assert parse(styled(styles, body), "fees.odt").text == "It is 40."


def test_lists_of_an_open_document_have_their_numbers():
    def level(number, form, told=""):
        return (
            f'<text:list-level-style-number text:level="{number}" '
            f'style:num-format="{form}" style:num-suffix=")" {told}/>'
        )

    styles = (
        f'<text:list-style style:name="L1">{level(1, "1")}{level(2, "a")}'
        f'</text:list-style><text:list-style style:name="L2">'
        f"{level(1, 'I', START.format(4))}</text:list-style>"
    )

    def item(text, inside="", told=""):
        return (
            f"<text:list-item {told}><text:p>{text}</text:p>{inside}</text:list-item>"
        )

    inner = f"<text:list>{item('deep')}{item('deeper')}</text:list>"
    body = (
        f'<text:list xml:id="a" text:style-name="L1">{item("one", inner)}{item("two")}'
        f"{item('nine', told=START.format(9))}</text:list>"
        "<text:p>Between.</text:p>"
        f'<text:list text:continue-list="a" text:style-name="L1">{item("ten")}'
        f'</text:list><text:p>And.</text:p><text:list text:style-name="L2">'
        f"{item('four')}</text:list><text:p>End.</text:p>"
        f"<text:list>{item('plain')}</text:list>"
    )

    assert parse(styled(styles, body), "steps.odt").text == (
        "1) one\n  a) deep\n  b) deeper\n2) two\n9) nine\n\nBetween.\n\n10) ten\n\n"
        "And.\n\nIV) four\n\nEnd.\n\n- plain"
    )


def test_a_book_is_read_in_the_order_of_its_spine():
    opf = '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>书</dc:title><dc:creator>Ada</dc:creator></metadata><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/><item id="b" href="b%20c.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="b"/><itemref idref="a"/></spine></package>'
    data = packed(**{
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="o/b.opf"/></rootfiles></container>',
        "o/b.opf": opf,
        "o/a.xhtml": "<html><body><h1>Second</h1><p>b</p></body></html>",
        "o/b c.xhtml": "<html><body><h1>First</h1><p>a</p></body></html>",
    })  # fmt: skip

    parsed = parse(data, "x.epub")

    assert [text for _, text in format_number(parsed)] == ["First", "a", "Second", "b"]
    assert (parsed.title, parsed.metadata["author"]) == ("书", "Ada")


XHTML = "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml' xmlns:epub='http://www.idpf.org/2007/ops'>"


def book(sheet, *pages, kind="application/xhtml+xml", behind=""):
    names = [f"p{number}.xhtml" for number in range(len(pages))]
    items = "".join(f'<item id="{n}" href="t/{n}" media-type="{kind}"/>' for n in names)
    spine = "".join(f'<itemref idref="{name}"/>' for name in names)
    return packed(**{
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="o/b.opf"/></rootfiles></container>',
        "o/b.opf": f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest><spine>{spine}{behind}</spine></package>',
        "o/s.css": sheet,
        **{f"o/t/{name}": page for name, page in zip(names, pages, strict=True)},
    })  # fmt: skip


def test_pages_of_a_book_are_read_as_xml():
    page = f"{XHTML}<head><title/><script src='a.js'/></head><body><p>One &#160;<iframe src='x'/>two<textarea/></p><p>Three</p></body></html>"

    assert parse(book("", page, page), "x.epub").text == "\n\n".join(
        2 * ["One two", "Three"]
    )


def test_the_sheets_of_a_book_are_read():
    sheet = ".u{vertical-align:super}.h{display:none}.w{color:#fff}br{display:none}p.b span{display:block}"
    link = "<head><link rel='stylesheet' href='../s.css'/></head>"
    page = f"{XHTML}{link}<body><p>10<i class='u'>6</i><br/>ohm<b class='h'>7</b> <b class='w'>8</b></p><p class='b'><span>1</span><span>2</span></p></body></html>"
    parsed = parse(book(sheet, page, page), "x.epub")

    assert parsed.text == "\n\n".join(2 * ["10⁶\nohm", "1 2"])
    assert [notice.code for notice in parsed.notices] == ["hidden_text"]


def test_a_sheet_of_a_book_that_a_reader_may_choose_is_not_applied():
    link = "<head><link rel='alternate stylesheet' href='../s.css'/></head>"
    page = f"{XHTML}{link}<body><p class='h'>Night</p></body></html>"

    assert parse(book(".h{display:none}", page), "x.epub").text == "Night"


def test_sheets_that_others_name_and_chapters_that_are_missing_are_found():
    page = f"{XHTML}<head><link rel='stylesheet' href='../s.css'/></head><body><p>10<i class='u'>6</i></p></body></html>"
    style = f"{XHTML}<body><p>x</p></body></html>"
    data = book("@import url('t/p1.xhtml');", page, ".u{vertical-align:super}")
    lost = parse(book("", style, behind="<itemref idref='a'/>"), "x.epub")

    assert parse(data, "x.epub").text.startswith("10⁶")
    assert [notice.code for notice in lost.notices] == ["missing_part"]


def test_a_heading_beside_a_picture_of_it_is_read():
    sheet = "h1{position:absolute;left:-999em}p{position:absolute;left:-999em}"
    page = f"{XHTML}<head><link rel='stylesheet' href='../s.css'/></head><body><div><h1>Title</h1> <img src='t.png' alt=''/></div><div><p>Not seen</p></div></body></html>"

    assert parse(book(sheet, page), "x.epub").text == "Title"


def test_references_to_notes_of_a_book_change_no_number():
    note = "<a epub:type='noteref' href='#n'>1</a>"
    page = f"{XHTML}<body><p>Price 250{note}, see note {note} of <a role='doc-noteref'>2</a>.</p></body></html>"

    assert parse(book("", page), "x.epub").text == "Price 250¹, see note 1 of 2."


def test_drawings_of_a_book_are_read_and_what_is_not_is_told():
    drawing = "<svg xmlns='http://www.w3.org/2000/svg'><text>Label 5</text></svg>"

    assert parse(book("", drawing, kind="image/svg+xml"), "x.epub").text == "Label 5"
    with pytest.raises(DocumentError, match="not read"):
        parse(book("", drawing, kind="audio/mp3"), "x.epub")


def mail(**attached):
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = (
        "年假 plan",
        "ada@example.org",
        "bob@example.org",
    )
    message.set_content("Ten days.\n\nThat is all.")
    message.add_alternative("<p>Ten days.</p><p>That is all.</p>", subtype="html")
    for name, data in attached.items():
        message.add_attachment(
            data, maintype="application", subtype="octet-stream", filename=name
        )
    return message


def test_a_mail_has_its_subject_its_people_its_text_once_and_its_attachments():
    data = mail(**{"../a/plan.md": b"# Plan\n\nGo."}).as_bytes()

    first, second = opened(data, "m.eml")

    assert first.parsed
    assert [text for _, text in format_number(first.parsed)] == [
        "年假 plan",
        "From: ada@example.org\nTo: bob@example.org",
        "Ten days.",
        "That is all.",
    ]
    assert first.parsed.metadata["author"] == "ada@example.org"
    assert second.item.source == "/d/m.eml/a/plan.md"
    assert second.parsed
    assert second.parsed.title == "Plan"


REPORT = b"""\
From: mailer@example.org
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; boundary=B; report-type=delivery-status

--B
Content-Type: text/plain

It failed.
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Status: 5.1.1

--B
Content-Type: message/rfc822

Subject: Call 13812345678

The mail itself.
--B--
"""


def test_a_mail_that_came_back_is_read_with_what_became_of_it():
    first, second = opened(REPORT, "m.eml")

    assert first.parsed
    assert [text for _, text in format_number(first.parsed)][2:] == [
        "It failed.",
        "Reporting-MTA: dns; mx.example.org",
        "Status: 5.1.1",
    ]
    assert second.item.source == "/d/m.eml/message-1.eml"  # not by what it is about
    assert second.parsed
    assert "The mail itself." in second.parsed.text


def test_each_part_of_a_mail_that_has_alternatives_chooses_by_itself():
    message = EmailMessage()
    message["Subject"] = "s"
    message.set_content("<p>The body.</p>", subtype="html")
    message.make_mixed()
    inner = EmailMessage()
    inner.set_content("plain words")
    inner.add_alternative("<p>styled words</p>", subtype="html")
    message.attach(inner)
    footer = EmailMessage()
    footer.set_content("-- the list")
    message.attach(footer)
    table = EmailMessage()
    table.set_content("a,b\n1,2\n", subtype="csv", disposition="attachment")
    message.attach(table)

    first, second = opened(message.as_bytes(), "m.eml")

    assert first.parsed
    texts = [text for _, text in format_number(first.parsed)]
    assert texts[1:] == ["The body.", "plain words", "-- the list"]
    assert second.item.source == "/d/m.eml/attachment-1.csv"


CORE = """\
<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">
<dc:title>Left over</dc:title><dc:creator>Ada</dc:creator><dcterms:created>2019-05-06T00:00:00Z</dcterms:created>
<cp:keywords>price; pumps</cp:keywords>
</cp:coreProperties>"""


def test_office_files_say_who_wrote_them_and_when():
    book = workbook(("x", [[("A1", "a"), ("B1", "b")]]))
    comments = '<comments><commentList><comment ref="A1"/></commentList></comments>'
    out = io.BytesIO(book)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("docProps/core.xml", CORE)
        archive.writestr("xl/comments1.xml", comments)

    parsed = parse(out.getvalue(), "x.xlsx")

    assert parsed.title == "x"
    assert parsed.metadata == {
        "author": "Ada",
        "created": "2019-05-06T00:00:00Z",
        "keywords": "price; pumps",
    }
    assert [notice.code for notice in parsed.notices] == ["comments"]


def test_a_cell_far_out_is_seen_however_it_is_written():
    far = '<c s="0" r="XFD1048576"><v>1</v></c>'
    book = workbook(("x", [[("A1", "here")], [("XFD1048576", far)]]))

    assert "1" in parse(book, "f.xlsx").text.split()


def test_a_mailbox_is_a_folder_of_mails():
    one, two = mail().as_bytes(), mail().as_bytes().replace(b"Ten", b"Six")
    box = (
        b"From a@b Thu Jan  1 00:00:00 2026\n"
        + one
        + b"\nFrom c@d Fri Jan  2 00:00:00 2026\n"
        + two
    )

    outcomes = opened(box, "all.mbox")

    assert [o.item.source for o in outcomes] == [
        "/d/all.mbox",
        "/d/all.mbox/00001.eml",
        "/d/all.mbox/00002.eml",
    ]
    assert outcomes[2].parsed
    assert "Six days." in outcomes[2].parsed.text


def test_a_mail_nested_without_end_is_refused():
    inner = b"Content-Type: text/plain\n\nx"
    for i in range(60):
        inner = (
            f'Content-Type: multipart/mixed; boundary="b{i}"\n\n--b{i}\n'.encode()
            + inner
            + f"\n--b{i}--\n".encode()
        )
    with pytest.raises(DocumentError) as caught:
        parse(b"Subject: x\n" + inner, "deep.eml")
    assert caught.value.code == "too_deep"


def test_a_saved_web_page_is_read_as_the_page():
    data = b'Subject: Saved\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary="b"\n\n--b\nContent-Type: text/html; charset=utf-8\n\n<h1>Page</h1><p>Text.</p>\n--b\nContent-Type: image/png\n\nxx\n--b--\n'

    assert [text for _, text in format_number(parse(data, "page.mhtml"))] == [
        "Page",
        "Text.",
    ]


def test_a_notebook_has_prose_code_and_what_it_printed():
    cells = [
        {"cell_type": "markdown", "source": ["# Prices\n", "Read *this*."]},
        {
            "cell_type": "code",
            "source": "print(3)",
            "outputs": [{"text": ["3\n"]}, {"data": {"image/png": "x"}}],
        },
    ]
    parsed = parse(json.dumps({"cells": cells, "nbformat": 4}).encode(), "a.ipynb")

    assert format_number(parsed) == [
        ("heading", "Prices"),
        ("paragraph", "Read this."),
        ("code", "print(3)"),
        ("code", "3"),
    ]
    assert parsed.title == "Prices"


def test_subtitles_are_joined_to_sentences_behind_their_time():
    data = "1\n00:00:01,000 --> 00:00:02,000\n<i>Keep the box</i>\n\n2\n00:00:02,000 --> 00:00:04,000\nclosed.\n\n3\n01:02:03,000 --> 01:02:04,000\n好。\n"

    assert searched(parse(data.encode(), "a.srt")) == [
        "[00:00:01] Keep the box closed.",
        "[01:02:03] 好。",
    ]


def test_voices_of_captions_are_kept():
    data = "WEBVTT\n\nNOTE no\n\n00:01.000 --> 00:02.000\n<v Ada>Hello.\n\n00:02.000 --> 00:03.000\n<v Bob>Hi.\n"

    assert searched(parse(data.encode(), "a.vtt")) == [
        "[00:00:01] Ada: Hello.",
        "[00:00:02] Bob: Hi.",
    ]


def test_rst_keeps_structure_and_can_reach_nothing(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("hunter2")
    source = f"""Guide
=====

See :ref:`the box <box>`.

.. include:: {secret}
.. raw:: html
   :file: {secret}

Part
----

- one

  1. inner

==  ==
A   B
==  ==
1   2
==  ==

Code::

    x = 1
"""
    parsed = parse(source.encode(), "guide.rst")

    assert "hunter2" not in parsed.text
    levels = {parsed.text[b.start : b.end]: b.level for b in parsed.blocks}
    assert (levels["Guide"], levels["Part"]) == (1, 2)
    assert ("table", "| A | B |\n| --- | --- |\n| 1 | 2 |") in format_number(parsed)
    assert ("code", "x = 1") in format_number(parsed)
    assert "See the box." in parsed.text
    assert "- one\n  1. inner" in parsed.text


def test_code_is_cut_where_definitions_begin():
    body = "\n".join(f"    a = {i}" for i in range(6))
    source = f"import os\n\n\n# What it does.\n@cache\ndef one():\n{body}\n\n\nclass Two:\n{body}\n"

    parsed = parse(source.encode(), "tool.py")

    assert parsed.text == source
    assert [b.kind for b in parsed.blocks] == ["code"] * len(parsed.blocks)
    assert [text.split("\n")[0] for _, text in format_number(parsed)] == [
        "import os",
        "# What it does.",
        "class Two:",
    ]
    assert parsed.metadata["programming_language"] == "Python"


def test_json_records_and_values_become_lines():
    assert (
        parse(b'{"a": {"b": [1, 2], "c": [{"d": "x"}]}}', "a.json").text
        == "a.b: 1, 2\na.c[0].d: x"
    )
    pairs = json.dumps(
        [{"question": "几天？", "answer": "十天。"}, {"question": "b", "answer": "c"}]
    )
    assert format_number(parse(pairs.encode(), "faq.json"))[:2] == [
        ("heading", "几天？"),
        ("paragraph", "十天。"),
    ]


def test_values_of_xml_keep_the_names_of_their_elements():
    data = """<c xmlns:x="urn:x"><!-- c --><book id="b1"><author>Wang</author>
    <title>Tides</title><price currency="EUR">44.95</price><seen/></book>
    <x:tag>a</x:tag><person name="王芳" age="30"/></c>"""

    parsed = parse(data.encode(), "a.xml")

    assert parsed.text == (
        "Tides\n\nid: b1\nauthor: Wang\nprice: 44.95 (currency: EUR)\n\n"
        "tag: a\nperson: name: 王芳, age: 30"
    )
    assert parsed.blocks[0].kind == "heading"


def test_xml_gives_titles_and_paragraphs_and_expands_nothing(tmp_path):
    assert format_number(
        parse(b"<a><sec><title>T</title><p>One <b>two</b>.</p></sec></a>", "a.xml")
    ) == [
        ("heading", "T"),
        ("paragraph", "One two."),
    ]
    bomb = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    with pytest.raises(DocumentError) as caught:
        parse(bomb, "a.xml")
    assert caught.value.code == "xml_dtd_forbidden"


def test_office_files_declare_no_entities():
    data = packed(
        **{
            "word/document.xml": '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
            "[Content_Types].xml": "<Types/>",
        }
    )
    with pytest.raises(DocumentError) as caught:
        parse(data, "a.docx")
    assert caught.value.code == "xml_dtd_forbidden"


def tarred(*members, mode="w"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data, kind in members:
            info = tarfile.TarInfo(name)
            info.size, info.type = len(data), kind
            info.linkname = "/etc/passwd" if kind == tarfile.SYMTYPE else ""
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        packed(**{"../up/a.txt": "one", "/b.txt": "two"}),
        tarred(
            ("../up/a.txt", b"one", tarfile.REGTYPE),
            ("/b.txt", b"two", tarfile.REGTYPE),
        ),
        tarred(
            ("up/a.txt", b"one", tarfile.REGTYPE),
            ("b.txt", b"two", tarfile.REGTYPE),
            mode="w:gz",
        ),
        tarred(
            ("up/a.txt", b"one", tarfile.REGTYPE),
            ("b.txt", b"two", tarfile.REGTYPE),
            mode="w:xz",
        ),
    ],
)
def test_an_archive_is_a_folder_and_names_lead_nowhere(data):
    archive, *inside = opened(data, "all.arc")

    assert archive.parsed is archive.problem is None
    assert [(o.item.source, o.parsed and o.parsed.text) for o in inside] == [
        ("/d/all.arc/up/a.txt", "one"),
        ("/d/all.arc/b.txt", "two"),
    ]
    assert {o.item.inside for o in inside} == {"/d/all.arc"}


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_packed_file_is_the_file_without_its_ending(pack):
    _, inside = opened(pack("年假十天。".encode()), "leave.md.gz")

    assert inside.item.source == "/d/leave.md.gz/leave.md"
    assert inside.parsed
    assert inside.parsed.text == "年假十天。"


def test_links_and_devices_are_passed_over_and_named():
    data = tarred(
        ("link", b"", tarfile.SYMTYPE),
        ("ok.txt", b"ok", tarfile.REGTYPE),
        ("dev", b"", tarfile.CHRTYPE),
    )

    archive, inside = opened(data, "a.tar")

    assert [n.code for n in archive.notices] == ["link", "link"]
    assert inside.parsed


def test_what_is_hidden_in_an_archive_is_passed_over_as_in_a_folder():
    names = (
        ".env",
        "d/.git/config",
        "d/.git/HEAD",
        "~$a.docx",
        "__MACOSX/._a",
        "d/.DS_Store",
        "a.txt",
    )
    for data in (
        packed(**dict.fromkeys(names, "x")),
        tarred(*((name, b"x", tarfile.REGTYPE) for name in names)),
    ):
        archive, inside = opened(data, "a.arc")

        assert inside.item.source == "/d/a.arc/a.txt"
        assert [n.code for n in archive.notices] == ["hidden"] * 3


@pytest.mark.parametrize("name", ["a.zip", "a.gz"])
def test_a_bomb_is_refused_before_it_fills_the_memory(name):
    zeros = b"\0" * 60_000_000
    data = packed(**{"a.txt": zeros}) if name == "a.zip" else gzip.compress(zeros)

    outcomes = opened(data, name)

    assert [o.problem and o.problem.code for o in outcomes] == ["archive_limit"]
    assert outcomes[0].problem
    assert outcomes[0].problem.failed


def test_bombs_inside_of_archives_end_the_opening_of_the_outermost():
    bomb = packed(**{"a.txt": b"\0" * 60_000_000})
    middle = packed(**{f"{i}.zip": bomb for i in range(5)})

    outcomes = opened(packed(**{"x.zip": middle, "y.zip": middle}), "top.zip")

    found = [(o.item.source, o.problem.code) for o in outcomes if o.problem]
    assert found == [
        ("/d/top.zip/x.zip/0.zip", "archive_limit"),
        ("/d/top.zip", "archive_limit"),
    ]


def test_nothing_is_held_of_archives_that_were_read():
    inner = packed(**{"a.txt": "text " * 50})
    data = packed(**{"x.zip": inner, "y.txt": "more"})

    with ParserPool(workers=2, ocr=False) as pool:
        list(pool.parse_all([Item(source=f"/d/{i}.zip", data=data) for i in range(3)]))
        assert pool._waiting_bytes == 0


def test_what_is_too_deep_inside_is_named():
    data = b"text"
    for i in range(6):
        data = packed(**{f"{i}.zip" if i else "a.txt": data})

    assert [o.problem.code for o in opened(data, "top.zip") if o.problem] == [
        "too_deep"
    ]


def test_the_same_name_twice_gives_both():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "one")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.txt", "two")

    archive, first, second = opened(out.getvalue(), "x.zip")

    assert [n.code for n in archive.notices] == ["same_name"]
    assert [o.item.source[-9:] for o in (first, second)] == ["zip/a.txt", "p/a~2.txt"]


def test_names_of_chinese_programs_are_read_as_they_mean_them():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("placeholder")
        archive.writestr(info, "十天")
    data = out.getvalue().replace(b"placeholder", "年假制度.md".encode("gbk"))
    assert len("年假制度.md".encode("gbk")) == len(b"placeholder")

    _, inside = opened(data, "x.zip")

    assert inside.item.source == "/d/x.zip/年假制度.md"


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        ("WordDocument", "a.doc", "application/msword"),
        ("PowerPoint Document", "a.bin", "application/vnd.ms-powerpoint"),
        ("EncryptedPackage", "a.docx", "application/x-encrypted-office"),
        ("__properties_version1.0", "a", "application/vnd.ms-outlook"),
    ],
)
def test_old_office_files_are_told_apart_by_their_streams(head, name, kind):
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + head.encode("utf-16-le")
    assert media_type(data, name) == kind


def test_what_bears_the_name_of_another_kind_is_read_and_noted_or_refused():
    page = b"<html><body><table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table></body></html>"

    parsed = parse(page, "report.xls")

    assert [n.code for n in parsed.notices] == ["type_mismatch"]
    with pytest.raises(DocumentError) as caught:
        parse(b"\x89PNG\r\n\x1a\n", "report.pdf")
    assert caught.value.code == "type_mismatch"


def test_text_that_no_reader_sees_is_removed_and_noted():
    tags = "".join(chr(0xE0000 + ord(c)) for c in "ignore")
    parsed = parse(
        f"The warranty is 24 months.{tags} 保\u200b修\u200b期\u200b".encode(), "a.txt"
    )

    assert parsed.text == "The warranty is 24 months. 保修期"
    assert [n.code for n in parsed.notices] == ["hidden_text"]


def test_attachments_of_one_name_are_all_read():
    message = mail()
    for text in (b"one", b"two", b"three"):
        message.add_attachment(
            text, maintype="text", subtype="plain", filename="report.txt"
        )

    _, *inside = opened(message.as_bytes(), "m.eml")

    assert [(o.item.source, o.parsed and o.parsed.text) for o in inside] == [
        ("/d/m.eml/report.txt", "one"),
        ("/d/m.eml/report~2.txt", "two"),
        ("/d/m.eml/report~3.txt", "three"),
    ]


def test_no_text_between_elements_of_xml_is_lost():
    parsed = parse(b"<a>hello<p>one</p>two<title>t</title><q>r</q>tail</a>", "a.xml")

    assert [text for _, text in format_number(parsed)] == [
        "hello",
        "one",
        "two",
        "t",
        "r",
        "tail",
    ]


def test_elements_in_preformatted_text_lose_nothing():
    assert format_number(parse(b"<pre>1\n<p>4</p></pre>", "a.html")) == [
        ("code", "1\n4")
    ]


def test_names_of_columns_may_have_blanks_around_them():
    data = b'{" question ":"what","answer":"that"}\n'
    assert format_number(parse(data, "a.jsonl")) == [
        ("heading", "what"),
        ("paragraph", "that"),
    ]
    assert format_number(parse(b" question ,answer\nwhat,that\n", "a.csv")) == [
        ("heading", "what"),
        ("paragraph", "that"),
    ]


def test_archives_wait_for_each_other_when_they_hold_much():
    boxes = [packed(**{f"{i}.txt": f"text {i} " * 100}) for i in range(6)]
    items = [Item(source=f"/d/{i}.zip", data=data) for i, data in enumerate(boxes)]

    with ParserPool(workers=2, ocr=False, limits=Limits(unpacked_bytes=4_000)) as pool:
        found = [o for o in pool.parse_all(items) if o.item.inside]

    assert [o.item.source for o in found] == [f"/d/{i}.zip/{i}.txt" for i in range(6)]
    assert all(o.parsed for o in found)


RTF = rb"{\rtf1\ansi\deff0{\fonttbl{\f0 Arial;}}\f0 Annual leave is 25 days.\par}"


def test_an_old_office_file_without_its_program_says_what_to_install(monkeypatch):
    monkeypatch.setattr("erya.loading.office.shutil.which", lambda _: None)
    (outcome,) = opened(RTF, "leave.rtf")

    assert outcome.problem
    assert outcome.problem.code == "needs_program"
    assert "libreoffice-writer" in outcome.problem.message


@pytest.mark.skipif(office_program() is None, reason="LibreOffice is not installed")
def test_an_old_office_file_is_read_through_libreoffice():
    (outcome,) = opened(RTF, "leave.rtf")

    assert outcome.parsed
    assert "Annual leave is 25 days." in outcome.parsed.text
    assert outcome.parsed.title == "leave"
    assert outcome.parsed.notices == ()
    assert outcome.item.data == RTF


def test_what_directives_of_sphinx_hold_is_text():
    source = """Config
======

.. py:data:: DEBUG

    Whether it is *on*.

.. confval:: SECRET
   :default: none

   A key of 32 bytes.

.. versionadded:: 2.3
   The ``SECRET`` key.

.. glossary::

   term one
      The first definition.

.. toctree::
   :maxdepth: 2

   api

.. tabs::

   .. tab:: Linux

      Use apt.

.. only:: html

   In html.
"""

    assert parse(source.encode(), "a.rst").text.split("\n\n") == [
        "Config", "DEBUG", "Whether it is on.", "SECRET", "default: none",
        "A key of 32 bytes.", "Added in version 2.3", "The SECRET key.", "term one",
        "The first definition.", "Linux", "Use apt.", "In html.",
    ]  # fmt: skip
