import io
import pathlib
import zipfile

import docx
import pytest
from docx.enum.text import WD_COLOR_INDEX
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt, RGBColor

from erya.errors import DocumentError
from erya.loading import media_type, parse
from erya.loading.formats.docx_numbering import chinese, letters, roman


def saved(document):
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def blocks(parsed):
    return [(b.kind, b.level, parsed.text[b.start : b.end]) for b in parsed.blocks]


def test_headings_lists_and_tables_keep_their_places():
    document = docx.Document()
    document.core_properties.title = "Probation"
    document.add_heading("Length", 1)
    document.add_paragraph("Two months.")
    document.add_heading("Bring", 2)
    document.add_paragraph("the goals", style="List Bullet")
    document.add_paragraph("one question", style="List Bullet")
    table = document.add_table(rows=0, cols=2)
    for row in (("Role", "Notice"), ("Office", "one week")):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.add_paragraph("In writing.")

    parsed = parse(saved(document), "p.docx")

    assert parsed.title == "Probation"
    assert blocks(parsed) == [
        ("heading", 1, "Length"),
        ("paragraph", 0, "Two months."),
        ("heading", 2, "Bring"),
        ("list", 0, "- the goals\n- one question"),
        ("table", 0, "| Role | Notice |\n| --- | --- |\n| Office | one week |"),
        ("paragraph", 0, "In writing."),
    ]


def numbered(document, pattern, how, *, levels=1, more=""):
    """Add a numbering definition; `more` stands in its last level."""
    part = document.part.numbering_part.element
    inner = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{how}"/>{more if i == levels - 1 else ""}<w:lvlText w:val="{pattern[i]}"/></w:lvl>'
        for i in range(levels)
    )
    part.insert(
        0,
        parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77">{inner}</w:abstractNum>'
        ),
    )
    part.append(
        parse_xml(
            f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'
        )
    )


def number(paragraph, level=0):
    paragraph._p.get_or_add_pPr().append(
        parse_xml(
            f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="77"/></w:numPr>'
        )
    )


def test_the_numbers_that_word_writes_itself_are_read():
    document = docx.Document()
    numbered(document, ["第%1条"], "chineseCountingThousand")
    for text in ("劳动者享有休息的权利。", "年假不少于五天。"):
        number(document.add_paragraph(text))

    text = parse(saved(document), "law.docx").text

    assert text.split() == [
        "第一条",
        "劳动者享有休息的权利。",
        "第二条",
        "年假不少于五天。",
    ]


def test_deeper_levels_begin_again():
    document = docx.Document()
    numbered(document, ["%1.", "%1.%2"], "decimal", levels=2)
    for text, level in (
        ("one", 0),
        ("one a", 1),
        ("one b", 1),
        ("two", 0),
        ("two a", 1),
    ):
        number(document.add_paragraph(text), level)

    text = parse(saved(document), "x.docx").text

    assert [line.strip() for line in text.splitlines()] == [
        "1. one",
        "1.1 one a",
        "1.2 one b",
        "2. two",
        "2.1 two a",
    ]


def test_articles_may_be_counted_through_all_chapters():
    document = docx.Document()
    patterns = ["第%1章", "第%2条"]
    numbered(
        document,
        patterns,
        "chineseCounting",
        levels=2,
        more='<w:lvlRestart w:val="0"/>',
    )
    for text, level in (("总则", 0), ("甲", 1), ("乙", 1), ("附则", 0), ("丙", 1)):
        number(document.add_paragraph(text), level)

    text = parse(saved(document), "law.docx").text

    assert text.split() == [
        "第一章", "总则", "第一条", "甲", "第二条", "乙", "第二章", "附则", "第三条", "丙",
    ]  # fmt: skip


def test_a_level_may_write_all_numbers_in_digits():
    document = docx.Document()
    patterns = ["第%1章", "%1.%2"]
    numbered(document, patterns, "chineseCounting", levels=2, more="<w:isLgl/>")
    number(document.add_paragraph("总则"), 0)
    number(document.add_paragraph("范围"), 1)

    assert "1.1 范围" in parse(saved(document), "law.docx").text


def test_numbers_are_counted_where_no_text_stands_and_in_tables():
    document = docx.Document()
    numbered(document, ["%1."], "decimal")
    number(document.add_paragraph("first"))
    number(document.add_paragraph(""))
    table = document.add_table(rows=2, cols=2)
    cells = [cell for row in table.rows for cell in row.cells]
    for one, text in zip(cells, "ABCD", strict=True):
        one.text = text
    number(cells[2].paragraphs[0])
    number(document.add_paragraph("last"))

    text = parse(saved(document), "x.docx").text

    assert "1. first" in text
    assert "| 3. C | D |" in text
    assert "4. last" in text


def test_a_style_has_the_numbers_of_the_one_it_is_based_on():
    document = docx.Document()
    numbered(document, ["§ %1."], "decimal")
    base = document.styles.add_style("Article", 1)
    base.element.get_or_add_pPr().append(
        parse_xml(f'<w:numPr {nsdecls("w")}><w:numId w:val="77"/></w:numPr>')
    )
    narrow = document.styles.add_style("Narrow article", 1)
    narrow.base_style = base
    document.add_paragraph("one", style=base)
    document.add_paragraph("two", style=narrow)

    text = parse(saved(document), "x.docx").text

    assert text.split() == ["§", "1.", "one", "§", "2.", "two"]


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, "一"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (101, "一百零一"),
        (110, "一百一十"),
        (1005, "一千零五"),
        (2024, "二千零二十四"),
    ],
)
def test_chinese_numbers(count, expected):
    assert chinese(count) == expected


def test_letters_and_roman_numbers():
    assert [letters(n) for n in (1, 26, 27, 53)] == ["a", "z", "aa", "aaa"]
    assert [roman(n) for n in (4, 9, 14, 1990)] == ["iv", "ix", "xiv", "mcmxc"]


def test_what_was_deleted_is_not_read_and_what_was_inserted_is():
    document = docx.Document()
    paragraph = document.add_paragraph("Leave is ")._p
    for tag, inner in (("del", "<w:delText>10</w:delText>"), ("ins", "<w:t>15</w:t>")):
        paragraph.append(
            parse_xml(
                f'<w:{tag} {nsdecls("w")} w:id="1" w:author="x"><w:r>{inner}</w:r></w:{tag}>'
            )
        )
    paragraph.append(
        parse_xml(f'<w:r {nsdecls("w")}><w:t xml:space="preserve"> days.</w:t></w:r>')
    )
    control = parse_xml(
        f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    document.element.body.insert(1, control)

    assert parse(saved(document), "x.docx").text == "Leave is 15 days.\n\nIn a control."


def test_styles_named_otherwise_are_headings_by_their_outline():
    document = docx.Document()
    style = document.styles.add_style("Kapitel", 1)
    style.element.get_or_add_pPr().append(
        parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="1"/>')
    )
    document.add_paragraph("Kap", style="Kapitel")
    document.add_paragraph("Text.")

    assert blocks(parse(saved(document), "x.docx")) == [
        ("heading", 2, "Kap"),
        ("paragraph", 0, "Text."),
    ]


def test_an_archive_is_told_by_what_is_in_it():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", "text")
    assert media_type(stream.getvalue(), "x.docx") == "application/zip"
    assert media_type(saved(docx.Document()), "x").endswith("wordprocessingml.document")
    assert media_type(b"PK\x03\x04 damaged", "x.docx") == "application/zip"


def test_a_damaged_document_is_a_typed_error():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("word/document.xml", "<not-closed")
        archive.writestr("[Content_Types].xml", "<also-not")
    with pytest.raises(DocumentError) as raised:
        parse(stream.getvalue(), "x.docx")
    assert raised.value.code == "damaged"


def test_an_entity_is_not_expanded():
    """No file of this machine comes into a text by way of XML."""
    data = saved(docx.Document())
    stream = io.BytesIO()
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname"><!ENTITY g "gggg">]>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
        "<w:t>before &f; after</w:t></w:r></w:p></w:body></w:document>"
    )
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, bomb if name == "word/document.xml" else old.read(name))
    try:
        text = parse(stream.getvalue(), "x.docx").text
    except DocumentError:
        return
    with pathlib.Path("/etc/hostname").open(encoding="utf-8") as file:
        assert file.read().strip() not in text


WIDE, TALL = '<w:gridSpan w:val="2"/>', '<w:vMerge w:val="restart"/>'


def table_of(*rows):
    return parse_xml(f"<w:tbl {nsdecls('w')}>{''.join(rows)}</w:tbl>")


def cell(text, how=""):
    return f"<w:tc><w:tcPr>{how}</w:tcPr><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>"


def test_a_merged_cell_moves_no_other_under_a_wrong_name():
    document = docx.Document()
    document.element.body.insert(0, table_of(
        f"<w:tr>{cell('Name')}{cell('Price')}{cell('Stock')}</w:tr>",
        f"<w:tr>{cell('wide', WIDE)}{cell('7')}</w:tr>",
        f"<w:tr>{cell('tall', TALL)}{cell('1')}{cell('2')}</w:tr>",
        f"<w:sdt><w:sdtContent><w:tr>{cell('', '<w:vMerge/>')}{cell('3')}{cell('4')}</w:tr></w:sdtContent></w:sdt>",
    ))  # fmt: skip

    assert parse(saved(document), "x.docx").text.splitlines() == [
        "| Name | Price | Stock |",
        "| --- | --- | --- |",
        "| wide |  | 7 |",
        "| tall | 1 | 2 |",
        "| tall | 3 | 4 |",
    ]


def test_a_table_in_a_table_is_read_once():
    inner = f"<w:tbl><w:tr>{cell('A')}{cell('B')}</w:tr></w:tbl>"
    document = docx.Document()
    document.element.body.insert(0, table_of(
        f"<w:tr>{cell('H1')}{cell('H2')}</w:tr>",
        f"<w:tr>{cell('x')}<w:tc>{inner}<w:p/></w:tc></w:tr>",
    ))  # fmt: skip

    assert (
        parse(saved(document), "x.docx").text
        == "| H1 | H2 |\n| --- | --- |\n| x | A B |"
    )


def test_what_word_hides_is_not_read():
    document = docx.Document()
    paragraph = document.add_paragraph("Seen.")
    run = paragraph.add_run(" Hidden.")
    run.font.hidden = True

    assert parse(saved(document), "x.docx").text == "Seen."


@pytest.mark.parametrize("hide", ["FFFFFF", "FEFEFE", "size"])
def test_what_nobody_sees_in_a_line_is_left_out_and_told(hide):
    document = docx.Document()
    paragraph = document.add_paragraph("The fee is 40.")
    run = paragraph.add_run(" The fee is 1.")
    if hide == "size":
        run.font.size = Pt(1)
    else:
        run.font.color.rgb = RGBColor.from_string(hide)
    paragraph.add_run(" It is due.")

    parsed = parse(saved(document), "x.docx")

    searched = [kind for kind in parsed.blocks if not kind.omitted]
    assert [parsed.text[b.start : b.end] for b in searched] == [
        "The fee is 40. It is due."
    ]
    assert [notice.code for notice in parsed.notices] == ["hidden_text"]


@pytest.mark.parametrize("ground", ["run", "highlight", "paragraph", "page"])
def test_white_on_a_colour_is_read(ground):
    document = docx.Document()
    paragraph = document.add_paragraph("The fee is")
    run = paragraph.add_run(" 40.")
    run.font.color.rgb = RGBColor(255, 255, 255)
    shade = parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:fill="000080"/>')
    if ground == "run":
        run._r.get_or_add_rPr().append(shade)
    elif ground == "highlight":
        run.font.highlight_color = WD_COLOR_INDEX.BLUE
    elif ground == "paragraph":
        paragraph._p.get_or_add_pPr().append(shade)
    else:
        page = parse_xml(f'<w:background {nsdecls("w")} w:color="000080"/>')
        document.element.insert(0, page)

    assert parse(saved(document), "x.docx").text == "The fee is 40."


def test_a_list_that_begins_again_does():
    document = docx.Document()
    numbered(document, ["%1."], "decimal")
    document.part.numbering_part.element.append(parse_xml(
        f'<w:num {nsdecls("w")} w:numId="78"><w:abstractNumId w:val="77"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
    ))  # fmt: skip
    for text in ("a", "b", "c", "d"):
        number(document.add_paragraph(text))
    for paragraph in document.paragraphs[2:]:
        paragraph._p.find(f".//{qn('w:numId')}").set(qn("w:val"), "78")

    assert parse(saved(document), "x.docx").text.splitlines() == [
        "1. a",
        "2. b",
        "1. c",
        "2. d",
    ]


def test_a_document_without_properties_has_the_title_of_its_heading():
    document = docx.Document()
    document.add_heading("Leave", 1)
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(saved(document))) as old,
        zipfile.ZipFile(stream, "w") as new,
    ):
        for name in old.namelist():
            data = old.read(name)
            if name == "_rels/.rels":
                data = b"".join(
                    part
                    for part in data.replace(
                        b"<Relationship ", b"\n<Relationship "
                    ).splitlines(keepends=True)
                    if b"core-properties" not in part
                    or part.endswith(b"</Relationships>")
                )
                if b"</Relationships>" not in data:
                    data += b"</Relationships>"
            if name != "docProps/core.xml":
                new.writestr(name, data)

    assert parse(stream.getvalue(), "x.docx").title == "Leave"


def test_paragraphs_of_a_text_box_stand_apart():
    document = docx.Document()
    inner = "".join(
        f"<w:p><w:r><w:t>{t}</w:t></w:r></w:p>"
        for t in ("Within 24 hours.", "A report.")
    )
    box = f"<w:r {nsdecls('w')}><w:pict><w:txbxContent>{inner}</w:txbxContent></w:pict></w:r>"
    document.add_paragraph("Yes.")._p.append(parse_xml(box))

    text = parse(saved(document), "x.docx").text

    assert text.splitlines() == ["Yes.", "Within 24 hours.", "A report."]


def run(text, properties=""):
    return (
        f"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"
    )


def element(xml):
    return parse_xml(
        f'<w:p {nsdecls("w", "m", "r", "wp", "a")} xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml">{xml}</w:p>'
    )


def in_word(*paragraphs, styles=""):
    """Return what is searched of paragraphs, and whether text is told to be hidden."""
    document = docx.Document()
    for style in parse_xml(f"<w:styles {nsdecls('w')}>{styles}</w:styles>"):
        document.styles.element.append(style)
    for each in paragraphs:
        document.element.body.insert(-1, element(each))
    parsed = parse(saved(document), "x.docx")
    searched = [parsed.text[b.start : b.end] for b in parsed.blocks if not b.omitted]
    return "\n\n".join(searched), "hidden_text" in {n.code for n in parsed.notices}


def style(kind, name, properties="", based_on=""):
    base = f'<w:basedOn w:val="{based_on}"/>' if based_on else ""
    return (
        f'<w:style w:type="{kind}" w:styleId="{name}"><w:name w:val="{name}"/>{base}'
        f"<w:rPr>{properties}</w:rPr></w:style>"
    )


@pytest.mark.parametrize(
    "hide",
    [
        "<w:vanish/>",
        '<w:color w:val="FFFFFF"/>',
        '<w:color w:val="auto" w:themeColor="background1"/>',
        '<w:sz w:val="2"/>',
        '<w:color w:val="000000"/><w:highlight w:val="black"/>',
        '<w:color w:val="112233"/><w:shd w:val="clear" w:fill="112233"/>',
        "<w14:textFill><w14:noFill/></w14:textFill>",
    ],
)
def test_what_a_style_hides_in_word_is_left_out_and_told(hide):
    if "w14" in hide:
        text, told = in_word(run("The fee is 40.") + run(" It is 1.", hide))
        assert (text, told) == ("The fee is 40.", True)
        return
    styles = style("character", "Ghost", hide)
    styles += style("character", "Ghostly", based_on="Ghost")
    styles += style("paragraph", "Hides", hide) + style("paragraph", "No", "")
    text, told = in_word(
        run("The fee is 40.") + run(" It is 1.", '<w:rStyle w:val="Ghostly"/>'),
        '<w:pPr><w:pStyle w:val="Hides"/></w:pPr>' + run("It is 2."),
        run("It is due.") + run(" It is 3.", hide),
        styles=styles,
    )

    assert (text, told) == ("The fee is 40.\n\nIt is due.", True)


@pytest.mark.parametrize(
    ("own", "by_style"),
    [
        ('<w:vanish w:val="0"/>', "<w:vanish/>"),
        ('<w:color w:val="000000"/>', '<w:color w:val="FFFFFF"/>'),
        ('<w:shd w:val="clear" w:fill="000080"/>', '<w:color w:val="FFFFFF"/>'),
        ('<w:highlight w:val="black"/>', '<w:color w:val="FFFFFF"/>'),
        ('<w:color w:val="FFFFFF" w:themeColor="text1"/>', ""),
        ('<w:color w:val="BFBFBF" w:themeColor="background1" w:themeShade="BF"/>', ""),
    ],
)
def test_what_a_run_shows_itself_is_read(own, by_style):
    text, told = in_word(
        run("The fee is") + run(" 40.", f'<w:rStyle w:val="S"/>{own}'),
        styles=style("character", "S", by_style),
    )

    assert (text, told) == ("The fee is 40.", False)


@pytest.mark.parametrize("ground", ["", "cell", "table", "style"])
def test_white_in_a_cell_is_read_if_the_cell_has_a_colour(ground):
    shade = '<w:shd {} w:val="clear" w:fill="000080"/>'.format(nsdecls("w"))
    document = docx.Document()
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ("Role", "Fee", "Clerk", ""), strict=True):
        cell.text = text
    white = table.cell(1, 1).paragraphs[0].add_run("40")
    white.font.color.rgb = RGBColor(255, 255, 255)
    if ground == "cell":
        table.cell(1, 1)._tc.get_or_add_tcPr().append(parse_xml(shade))
    elif ground == "table":
        table._tbl.tblPr.append(parse_xml(shade))
    elif ground == "style":
        table.style = document.styles["Medium Shading 1 Accent 1"]

    parsed = parse(saved(document), "x.docx")

    told = [notice.code for notice in parsed.notices]
    assert ("| Clerk | 40 |" in parsed.text, told) == (
        (True, []) if ground else (False, ["hidden_text"])
    )


def test_white_over_a_large_drawing_behind_the_text_is_read():
    anchor = (
        '<w:r><w:drawing><wp:anchor behindDoc="1">'
        '<wp:extent cx="7560310" cy="10692130"/></wp:anchor></w:drawing></w:r>'
    )

    white = run("Annual report", '<w:color w:val="FFFFFF"/>')
    assert in_word(anchor, white) == ("Annual report", False)


_DRAWN = (
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)
_BLUE = '<a:solidFill><a:srgbClr val="1F3864"/></a:solidFill>'
_PALE = '<a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill>'
_BY_STYLE = '<wps:style><a:fillRef idx="1"/></wps:style>'
_RECT = (
    '<w:r><w:pict><v:rect xmlns:v="urn:schemas-microsoft-com:vml" '
    'style="position:absolute;width:9pt" fillcolor="{}"/></w:pict></w:r>'
)


def banner(fill, style="", place="anchor"):
    return (
        f"<w:r><w:drawing><wp:{place}><wps:wsp {_DRAWN}><wps:spPr>{fill}</wps:spPr>"
        f"{style}</wps:wsp></wp:{place}></w:drawing></w:r>"
    )


@pytest.mark.parametrize(
    ("drawn", "is_read"),
    [
        (banner(_BLUE), True),
        (banner("<a:gradFill/>"), True),
        (banner("", _BY_STYLE), True),
        (banner("<a:noFill/>", _BY_STYLE), False),
        (banner(_PALE), False),
        (banner(_BLUE, place="inline"), False),
        (_RECT.format("#1F3864"), True),
        (_RECT.format("white"), False),
    ],
)
@pytest.mark.parametrize("is_before", [True, False])
def test_white_on_a_filled_drawing_is_read(drawn, is_read, is_before):
    white = style("character", "Pale", '<w:color w:val="FFFFFF"/>')
    text = run("费用 Fees", '<w:rStyle w:val="Pale"/>')
    lines = [drawn, text] if is_before else [drawn + text]

    assert in_word(*lines, styles=white) == (
        ("费用 Fees", False) if is_read else ("", True)
    )


def test_white_further_from_a_filled_drawing_is_left_out():
    white = run("Fees", '<w:color w:val="FFFFFF"/>')

    assert in_word(banner(_BLUE), run("Text"), white) == ("Text", True)


def test_what_stands_off_the_line_by_a_style_or_its_height_is_no_part_of_a_number():
    up = style("character", "Up", '<w:vertAlign w:val="superscript"/>')
    mark = '<w:bookmarkStart w:id="9" w:name="b"/>'
    text, _ = in_word(
        run("10") + run("6", '<w:rStyle w:val="Up"/>') + run(" ohm"),
        run("10") + run("7", '<w:position w:val="12"/>') + run(" ohm"),
        run("CO") + run("2", '<w:position w:val="-6"/>') + run(" gas"),
        run("x") + mark + run("i", '<w:vertAlign w:val="subscript"/>'),
        run("All 5 stand high", '<w:position w:val="12"/>'),
        styles=up,
    )

    assert text == "10⁶ ohm\n\n10⁷ ohm\n\nCO₂ gas\n\nx_i\n\nAll 5 stand high"


def test_struck_text_is_marked_as_in_markdown():
    text, _ = in_word(
        run("Price ")
        + run("50", "<w:strike/>")
        + run("0", "<w:dstrike/>")
        + run(" 250"),
        run("旧价") + run("900", '<w:strike w:val="0"/>'),
        run("gone", "<w:strike/>"),
    )

    assert text == "Price ~~500~~ 250\n\n旧价900\n\n~~gone~~"


def field(code, result=None):
    shown = (
        ""
        if result is None
        else f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run(result)}'
    )
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f"<w:r><w:instrText>{code}</w:instrText></w:r>{shown}"
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (r" EQ \f(3;4) ", r"10\frac{3}{4} m"),
        (r"EQ \s\up4(6)", "10⁶ m"),
        (r"EQ \s\do4(6)", "10₆ m"),
        (r"eq \o\ac(○,5)", "10⑤ m"),
        (r"eq \o\ac(○,密)", "10(密) m"),
        (r'EQ \* jc2 \* "Font:宋体" \* hps10 \o\ad(\s\up 9(guāng),光)', "10光 m"),
        (r"EQ \r(3,27)", r"10\sqrt[3]{27} m"),
        (r"EQ \r(2)", r"10\sqrt{2} m"),
        (r"EQ \i\su(1,5,x)", r"10\sum_{1}^{5}x m"),
        (r"EQ \b\bc\[(\f(1,2))", r"10[\frac{1}{2}] m"),
        (r"EQ \l(1\,5,2)", "101,5, 2 m"),
        (r"EQ \f(3,4", r"10\frac{3}{4} m"),
        ("EQ ))(", "10))( m"),
        ("EQ \\", "10 m"),
        (r"SYMBOL 177 \f Symbol \s 12", "10± m"),
        (r'SYMBOL 254 \f "Wingdings"', "10☑ m"),
        (r"SYMBOL 0x20AC \u", "10€ m"),
        (r"SYMBOL 233", "10é m"),
        (r"PAGE", "10 m"),
    ],
)
def test_fields_that_draw_what_they_show_are_read(code, expected):
    text, _ = in_word(run("10") + field(code) + run(" m"))
    assert text == expected
    text, _ = in_word(
        run("10")
        + f'<w:fldSimple w:instr="{code.replace(chr(34), "&quot;")}"/>'
        + run(" m")
    )
    assert text == expected  # fmt: skip


def test_a_field_with_a_result_shows_it():
    inner = field("= 5", "5")
    code = r"eq \o\ac(○,</w:instrText></w:r>" + inner + "<w:r><w:instrText>)"

    assert in_word(run("It is ") + field(r"EQ \f(3,4)", "0.75")) == (
        "It is 0.75",
        False,
    )
    assert in_word(run("It is ") + field(code)) == ("It is ⑤", False)


def test_a_row_that_was_deleted_is_not_read():
    document = docx.Document()
    table = document.add_table(4, 2)
    for row, texts in enumerate(
        (("Item", "Price"), ("Old", "1"), ("New", "2"), ("Next", "3"))
    ):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    for row, tag in ((1, "del"), (2, "hidden"), (3, "ins")):
        mark = parse_xml(f'<w:{tag} {nsdecls("w")} w:id="5" w:author="a"/>')
        table.rows[row]._tr.get_or_add_trPr().append(mark)

    parsed = parse(saved(document), "x.docx")

    assert parsed.text == "| Item | Price |\n| --- | --- |\n| New | 2 |\n| Next | 3 |"
    assert [notice.code for notice in parsed.notices] == ["hidden_rows"]  # fmt: skip


@pytest.mark.parametrize("how", ["merged", "repeated"])
def test_names_of_columns_in_two_rows_are_one(how):
    document = docx.Document()
    table = document.add_table(3, 3)
    for row, texts in enumerate(
        (("Role", "Stay", ""), ("", "home", "abroad"), ("Clerk", "450", "900"))
    ):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(0, 1).merge(table.cell(0, 2))
    if how == "merged":
        table.cell(0, 0).merge(table.cell(1, 0))
    else:
        for row in (0, 1):
            mark = parse_xml(f"<w:tblHeader {nsdecls('w')}/>")
            table.rows[row]._tr.get_or_add_trPr().append(mark)

    assert parse(saved(document), "x.docx").text == (
        "| Role | Stay home | Stay abroad |\n| --- | --- | --- |\n| Clerk | 450 | 900 |"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("how", "count", "expected"),
    [
        ("ideographTraditional", 2, "乙、 fees"),
        ("ideographZodiac", 1, "子、 fees"),
        ("chineseLegalSimplified", 1, "壹、 fees"),
        ("chineseLegalSimplified", 12, "壹拾贰、 fees"),
        ("decimalFullWidth", 12, "１２、 fees"),
        ("decimalEnclosedCircle", 3, "③、 fees"),
        ("decimalEnclosedCircle", 21, "21、 fees"),
        ("ordinal", 12, "12th、 fees"),
        ("ordinal", 22, "22nd、 fees"),
    ],
)
def test_numbers_of_lists_are_written_as_their_format_says(how, count, expected):
    document = docx.Document()
    numbered(document, ["%1、"], how)
    for _ in range(count):
        paragraph = document.add_paragraph("fees")
        paragraph._p.get_or_add_pPr().append(parse_xml(NUMBERED))

    assert parse(saved(document), "x.docx").text.splitlines()[-1] == expected


NUMBERED = f'<w:numPr {nsdecls("w")}><w:ilvl w:val="0"/><w:numId w:val="77"/></w:numPr>'


def test_ticks_before_items_are_read():
    document = docx.Document()
    font = '<w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr>'
    numbered(document, ["\uf0fc"], "bullet", more=font)
    paragraph = document.add_paragraph("Approved")
    paragraph._p.get_or_add_pPr().append(parse_xml(NUMBERED))

    assert parse(saved(document), "x.docx").text == "✓ Approved"


def test_words_of_pictures_and_drawn_letters_are_read():
    drawing = '<w:r><w:drawing><wp:inline><wp:docPr id="1" name="x" descr="{}"/></wp:inline></w:drawing></w:r>'
    art = '<w:r><w:pict xmlns:v="urn:schemas-microsoft-com:vml"><v:shape><v:textpath string="Sold out"/></v:shape></w:pict></w:r>'

    text, _ = in_word(run("See") + drawing.format("The floor plan"))
    assert text == "See The floor plan"
    text, _ = in_word(run("See") + drawing.format("C:\\plan.PNG") + art)
    assert text == "See Sold out"


def test_formulas_that_are_pictures_are_told():
    document = docx.Document()
    document.element.body.insert(-1, element('<w:r><w:t>v is</w:t></w:r><w:r><w:object xmlns:o="urn:schemas-microsoft-com:office:office"><o:OLEObject ProgID="Equation.3" r:id="x"/></w:object></w:r>'))  # fmt: skip

    assert [n.code for n in parse(saved(document), "x.docx").notices] == ["formulas"]


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<m:nary><m:naryPr><m:chr m:val='∏'/></m:naryPr><m:sub>{1}</m:sub><m:sup>{2}</m:sup><m:e>{x}</m:e></m:nary>", r"\prod_{1}^{2}x"),
        ("<m:nary><m:naryPr/><m:sub>{1}</m:sub><m:sup>{2}</m:sup><m:e>{x}</m:e></m:nary>", r"\int_{1}^{2}x"),
        ("<m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr><m:e>{x}</m:e></m:nary>", r"\sum x"),
        ("{f}<m:d><m:dPr><m:sepChr m:val=','/></m:dPr><m:e>{3}</m:e><m:e>{4}</m:e></m:d>", "f(3,4)"),
        ("<m:d><m:dPr><m:begChr m:val='|'/><m:endChr m:val='|'/></m:dPr><m:e>{x}</m:e></m:d>", "|x|"),
        ("<m:d><m:dPr><m:begChr m:val='['/></m:dPr><m:e>{0,1}</m:e></m:d>", "[0,1)"),
        ("<m:m><m:mr><m:e>{1}</m:e><m:e>{2}</m:e></m:mr><m:mr><m:e>{3}</m:e><m:e>{4}</m:e></m:mr></m:m>", r"1 & 2 \\ 3 & 4"),
        ("<m:f><m:fPr><m:type m:val='noBar'/></m:fPr><m:num>{5}</m:num><m:den>{2}</m:den></m:f>", r"{5 \atop 2}"),
        ("<m:sPre><m:sub>{6}</m:sub><m:sup>{14}</m:sup><m:e>{C}</m:e></m:sPre>", "{}_{6}^{14}C"),
        ("<m:limLow><m:e>{lim}</m:e><m:lim>{x→0}</m:lim></m:limLow>{5}", "lim_{x→0}5"),
        ("<m:limUpp><m:e>{=}</m:e><m:lim>{def}</m:lim></m:limUpp>", r"\overset{def}{=}"),
        ("<m:bar><m:barPr><m:pos m:val='top'/></m:barPr><m:e>{x}</m:e></m:bar>", r"\overline{x}"),
        ("<m:acc><m:e>{x}</m:e></m:acc>", r"\hat{x}"),
        ("<m:groupChr><m:e>{x}</m:e></m:groupChr>", r"\underbrace{x}"),
        ("<m:phant><m:phantPr><m:show m:val='0'/></m:phantPr><m:e>{99}</m:e></m:phant>{8}", "8"),
        ("<m:phant><m:e>{9}</m:e></m:phant>{8}", "98"),
        ("<m:eqArr><m:e>{a=1}</m:e><m:e>{b=2}</m:e></m:eqArr>", r"a=1 \\ b=2"),
        ("<m:borderBox><m:borderBoxPr><m:strikeBLTR/></m:borderBoxPr><m:e>{5}</m:e></m:borderBox>", r"\cancel{5}"),
        ("<w:del>{5}</w:del>{6}", "6"),
    ],
)  # fmt: skip
def test_formulas_of_word_keep_their_signs(inside, expected):
    inside = inside.replace("{", "<m:r><m:t>").replace("}", "</m:t></m:r>")

    assert in_word(f"<m:oMath>{inside}</m:oMath>") == (expected, False)


def merged_table(rows, *merged, heads=0):
    document = docx.Document()
    table = document.add_table(len(rows), len(rows[0]))
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    for first, last in merged:
        table.cell(*first).merge(table.cell(*last))
    for row in range(heads):
        mark = parse_xml(f"<w:tblHeader {nsdecls('w')}/>")
        table.rows[row]._tr.get_or_add_trPr().append(mark)
    return parse(saved(document), "x.docx").text


def test_a_form_with_merged_cells_has_no_row_of_names():
    rows = (
        ("Name", "Ann", "", "Photo"),
        ("Born", "1990", "", ""),
        ("Town", "Graz", "", ""),
    )
    merged = [((0, 1), (0, 2)), ((0, 3), (1, 3))]

    text = merged_table(rows, *merged)

    assert "| Name | Ann | Photo |" in text
    assert "| Born | 1990 | Photo |" in text  # fmt: skip


def test_a_title_above_all_columns_is_no_name_of_one():
    rows = (("Fees of May", ""), ("Item", "Fee"), ("Rent", "40"))

    assert merged_table(rows, ((0, 0), (0, 1)), heads=2) == (
        "Fees of May\n\n| Item | Fee |\n| --- | --- |\n| Rent | 40 |"
    )


@pytest.mark.parametrize("tag", ["w:start", "w:lvlRestart"])
def test_a_number_of_thousands_of_digits_is_none(tag):
    document = docx.Document()
    huge = f'<{tag} w:val="{"9" * 5_000}"/>'
    numbered(document, ["%1."], "decimal", more=huge)
    number(document.add_paragraph("Item"), level="9" * 5_000)

    assert parse(saved(document), "a.docx").text.endswith("Item")
