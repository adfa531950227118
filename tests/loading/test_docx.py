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
from erya.loading.docx_numbering import chinese, letters, roman


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
