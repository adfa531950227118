"""What the cells of spreadsheets show: heads of several rows, merged cells, signs."""

import io
import zipfile

import pytest
import xlwt

from erya.loading import parse
from erya.loading.formats.table_heads import Span, count_notes, join_heads

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"


def tables(parsed):
    return [parsed.text[b.start : b.end] for b in parsed.blocks if b.kind != "heading"]


def packed(parts):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return data.getvalue()


def xlsx(*rows, merged=(), styles=""):
    """Return a workbook of one sheet; a cell is a text, a number, or its own XML."""
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    lines = []
    for at, row in enumerate(rows, 1):
        cells = ""
        for letter, cell in zip("ABCDEFG", row, strict=False):
            if isinstance(cell, str) and cell.startswith("<"):
                cells += cell.replace("<c", f'<c r="{letter}{at}"', 1)
            elif isinstance(cell, str) and cell:
                cells += f'<c r="{letter}{at}" t="inlineStr"><is><t>{cell}</t></is></c>'
            elif cell != "":
                cells += f'<c r="{letter}{at}"><v>{cell}</v></c>'
        lines.append(f'<row r="{at}">{cells}</row>')
    joined = "".join(f'<mergeCell ref="{ref}"/>' for ref in merged)
    return packed({
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship '
        f'Id="a" Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{rel}"><sheets><sheet name="S" '
        'sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{rel}/worksheet" Target="worksheets/s1.xml"/>'
        "</Relationships>",
        "xl/worksheets/s1.xml": f"<worksheet {_MAIN}><sheetData>{''.join(lines)}"
        f"</sheetData><mergeCells>{joined}</mergeCells></worksheet>",
        "xl/styles.xml": f"<styleSheet {_MAIN}>{styles}</styleSheet>",
    })  # fmt: skip


def ods(cells, styles="", more=""):
    rows = "".join(
        f"<t:table-row><t:table-cell o:value-type='string'><x:p>{name}</x:p>"
        f"</t:table-cell>{cell}</t:table-row>"
        for name, cell in cells
    )
    spaces = {"o": "office", "t": "table", "x": "text", "s": "style", "d": "drawing"}
    declared = " ".join(f'xmlns:{k}="{_OASIS}{v}:1.0"' for k, v in spaces.items())
    content = (
        f"<o:document-content {declared}><o:automatic-styles>{styles}"
        "</o:automatic-styles><o:body><o:spreadsheet><t:table t:name='S'>"
        f"{rows}{more}</t:table></o:spreadsheet></o:body></o:document-content>"
    )
    # As the names that programs give them are needed.
    for short, long in spaces.items():
        content = content.replace(f"<{short}:", f"<{long}:")
        content = content.replace(f"</{short}:", f"</{long}:")
        content = content.replace(f" {short}:", f" {long}:")
        content = content.replace(f"xmlns:{short}=", f"xmlns:{long}=")
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = f'<manifest:manifest xmlns:manifest="{_OASIS}manifest:1.0"/>'
    parts = {"META-INF/manifest.xml": manifest, "content.xml": content}
    return packed({"mimetype": kind, **parts})


def test_titles_and_notes_stand_above_the_names_of_columns():
    rows = [
        ["2024年第一季度考核结果"],
        ["编制：人事部", "", "2024-04-02"],
        ["姓名", "部门", "得分"],
        ["赵一", "销售部", 95],
        ["钱二", "研发部", 88],
    ]

    assert tables(parse(xlsx(*rows, merged=["A1:C1"]), "a.xlsx")) == [
        "2024年第一季度考核结果",
        "编制：人事部 | 2024-04-02",
        (
            "| 姓名 | 部门 | 得分 |\n| --- | --- | --- |\n"
            "| 赵一 | 销售部 | 95 |\n| 钱二 | 研发部 | 88 |"
        ),
    ]


@pytest.mark.parametrize(
    ("rows", "notes"),
    [
        ([["", "Mon", "Tue"], ["9:00", "Maths", "Art"], ["10:00", "PE", "Art"]], 0),
        (
            [["", "2023", "", "2024"], ["Who", "Q1", "Q2", "Q1"], ["A", "1", "2", "3"]],
            0,
        ),
        ([["Section"], ["Name", "Ann"], ["Town", "Graz"]], 0),
        ([["Prices"], ["Item", "Price"], ["Bolt", "5"], ["Nut", "6"]], 1),
        ([["Title"], ["1", "2", "3"], ["4", "5", "6"]], 0),
        (
            [
                ["单位：万元"],
                ["部门", "2022", "2023"],
                ["甲", "5", "6"],
                ["乙", "5", "6"],
            ],
            1,
        ),
        ([], 0),
    ],
)
def test_notes_are_told_from_heads(rows, notes):
    assert count_notes(rows) == notes


def test_heads_of_two_rows_are_joined():
    rows = [
        ["职级", "住宿", "", "伙食"],
        ["", "国内", "国外", "国内"],
        ["总监", 800, 1500, 100],
    ]

    assert tables(parse(xlsx(*rows, merged=["A1:A2", "B1:C1"]), "a.xlsx")) == [
        (
            "| 职级 | 住宿 国内 | 住宿 国外 | 伙食 国内 |\n| --- | --- | --- | --- |\n"
            "| 总监 | 800 | 1500 | 100 |"
        )
    ]


def test_rows_of_data_are_no_heads():
    rows = [["A", "B", ""], ["", "1", "x"]]
    assert join_heads(rows, [[Span(1, 2)], []]) == rows


def test_a_cell_over_several_rows_stands_in_each():
    rows = [["大区", "城市"], ["华东", "上海"], ["", "杭州"], ["", "南京"]]

    assert tables(parse(xlsx(*rows, merged=["A2:A3"]), "a.xlsx")) == [
        "| 大区 | 城市 |\n| --- | --- |\n| 华东 | 上海 |\n| 华东 | 杭州 |\n|  | 南京 |"
    ]


def test_errors_signs_and_raised_digits_of_a_sheet_are_shown():
    fonts = (
        '<fonts><font><name val="Arial"/></font><font><name val="Wingdings"/></font>'
        '</fonts><cellXfs><xf numFmtId="0" fontId="0"/><xf numFmtId="0" fontId="1"/>'
        "</cellXfs>"
    )
    rich = (
        '<c t="inlineStr"><is><r><t>10</t></r><r><rPr><vertAlign val="superscript"/>'
        "</rPr><t>6</t></r></is></c>"
    )
    rows = [
        ["name", "value"],
        ["error", '<c t="e"><f>NA()</f><v>#N/A</v></c>'],
        ["tick", '<c s="1" t="inlineStr"><is><t>\xfc</t></is></c>'],
        ["rich", rich],
    ]

    assert tables(parse(xlsx(*rows, styles=fonts), "a.xlsx"))[0].splitlines()[2:] == [
        "| error | #N/A |",
        "| tick | ✓ |",
        "| rich | 10⁶ |",
    ]


def test_a_number_that_its_format_hides_is_read_and_told():
    styles = (
        '<numFmts><numFmt numFmtId="170" formatCode=";;;"/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs>'
    )
    parsed = parse(
        xlsx(["k", "v"], ["a", '<c s="1"><v>42</v></c>'], styles=styles), "a.xlsx"
    )

    assert "| a | 42 |" in parsed.text
    assert [notice.code for notice in parsed.notices] == ["hidden_cells"]


def test_what_is_struck_out_in_a_sheet_is_marked_so():
    fonts = (
        '<fonts><font/><font><strike/></font><font><strike val="0"/></font></fonts>'
        '<cellXfs><xf fontId="0"/><xf fontId="1"/><xf fontId="2"/></cellXfs>'
    )
    rich = (
        '<c t="inlineStr"><is><r><rPr><strike/></rPr><t xml:space="preserve">900 </t></r><r><t>800</t></r>'
        "</is></c>"
    )
    rows = [
        ["name", "price"],
        ["old", '<c s="1"><v>500</v></c>'],
        ["new", '<c s="2"><v>450</v></c>'],
        ["both", rich],
    ]
    assert tables(parse(xlsx(*rows, styles=fonts), "a.xlsx"))[0].splitlines()[2:] == [
        "| old | ~~500~~ |",
        "| new | 450 |",
        "| both | ~~900~~ 800 |",
    ]

    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    sheet.write(0, 0, "old")
    sheet.write(0, 1, 500, xlwt.easyxf("font: struck_out on"))
    data = io.BytesIO()
    book.save(data)
    assert "old | ~~500~~" in parse(data.getvalue(), "a.xls").text


def test_a_day_of_the_week_is_left_a_number_where_days_count_from_1904():
    styles = (
        '<numFmts><numFmt numFmtId="170" formatCode="aaaa"/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs>'
    )
    data = xlsx(["day", "x"], ["a", '<c s="1"><v>45356</v></c>'], styles=styles)
    assert "| a | 星期二 |" in parse(data, "a.xlsx").text

    old = io.BytesIO(data)
    parts = {}
    with zipfile.ZipFile(old) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    book = parts["xl/workbook.xml"].replace(
        "<sheets>", '<workbookPr date1904="1"/><sheets>'
    )
    parts["xl/workbook.xml"] = book
    assert "| a | 45356 |" in parse(packed(parts), "a.xlsx").text


def test_errors_and_raised_digits_of_an_old_workbook_are_shown():
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    raised = xlwt.Font()
    raised.escapement = xlwt.Font.ESCAPEMENT_SUPERSCRIPT
    for at, name in enumerate(("name", "rich", "sign")):
        sheet.write(at, 0, name)
    sheet.write(0, 1, "value")
    sheet.write_rich_text(1, 1, ["10", ("6", raised), " ohm"])
    sheet.write(2, 1, "\xfb", xlwt.easyxf("font: name Wingdings"))
    data = io.BytesIO()
    book.save(data)

    assert tables(parse(data.getvalue(), "a.xls"))[0].splitlines()[2:] == [
        "| rich | 10⁶ ohm |",
        "| sign | ✗ |",
    ]


def test_an_open_sheet_is_read_as_it_shows_its_cells():
    styles = "<s:style s:name='T1'><s:text-properties s:text-position='super 58%'/></s:style>"
    cells = [
        ("k", "<t:table-cell o:value-type='string'><x:p>v</x:p></t:table-cell>"),
        (
            "area",
            (
                "<t:table-cell o:value-type='string'><x:p>10<x:span x:style-name='T1'>6"
                "</x:span> m</x:p></t:table-cell>"
            ),
        ),
        (
            "gaps",
            (
                "<t:table-cell o:value-type='string'><x:p>a<x:s/>b<x:tab/>c<x:line-break/>d"
                "</x:p></t:table-cell>"
            ),
        ),
        (
            "time",
            (
                "<t:table-cell o:value-type='time' o:time-value='PT36H00M00S'><x:p>36:00"
                "</x:p></t:table-cell>"
            ),
        ),
        (
            "loss",
            (
                "<t:table-cell o:value-type='float' o:value='-1200'><x:p>1,200</x:p>"
                "</t:table-cell>"
            ),
        ),
    ]
    more = (
        "<t:table-row t:visibility='collapse'><t:table-cell/></t:table-row>"
        "<t:shapes><d:frame><d:text-box><x:p>Box 22</x:p></d:text-box></d:frame>"
        "</t:shapes>"
    )
    parsed = parse(
        ods(cells, styles, more.replace("'collapse'", '"collapse"')), "a.ods"
    )

    assert tables(parsed)[0].splitlines()[2:] == [
        "| area | 10⁶ m |",
        "| gaps | a b c d |",
        "| time | 36:00 |",
        "| loss | -1,200 |",
    ]
    assert tables(parsed)[1] == "Box 22"
    assert [notice.code for notice in parsed.notices] == ["hidden_cells"]


def test_merged_cells_of_an_open_sheet_stand_in_each_row():
    value = "<t:table-cell o:value-type='string'{}><x:p>{}</x:p></t:table-cell>"
    cells = [
        ("区", value.format("", "市")),
        ("甲", value.format(" t:number-rows-spanned='2'", "沪")),
        ("乙", "<t:covered-table-cell/>"),
    ]

    assert "| 乙 | 沪 |" in parse(ods(cells), "a.ods").text


def test_a_sheet_in_xml_is_read_as_it_shows_its_cells():
    sheet = "urn:schemas-microsoft-com:office:spreadsheet"
    cells = [
        ("share", 's:StyleID="p"', '<s:Data s:Type="Number">0.475</s:Data>'),
        ("code", 's:StyleID="z"', '<s:Data s:Type="Number">7</s:Data>'),
        ("day", "", '<s:Data s:Type="DateTime">2024-03-05T00:00:00.000</s:Data>'),
        ("yes", "", '<s:Data s:Type="Boolean">1</s:Data>'),
        ("area", "", '<s:Data s:Type="String">10<Sup>6</Sup> m</s:Data>'),
        ("lasts", 's:StyleID="h"', ('<s:Data s:Type="DateTime">1900-01-01T06:15:00'
         "</s:Data>")),
        ("none", "", '<s:Data s:Type="Error">#N/A</s:Data><s:Comment/>'),
    ]  # fmt: skip
    rows = "".join(
        f'<s:Row><s:Cell><s:Data s:Type="String">{name}</s:Data></s:Cell>'
        f"<s:Cell {style}>{value}</s:Cell></s:Row>"
        for name, style, value in cells
    )
    head = '<s:Row><s:Cell><s:Data s:Type="String">k</s:Data></s:Cell><s:Cell>'
    head += '<s:Data s:Type="String">v</s:Data></s:Cell></s:Row>'
    styles = "".join(
        f'<s:Style s:ID="{name}"><s:NumberFormat s:Format="{code}"/></s:Style>'
        for name, code in (("p", "Percent"), ("z", "00000"), ("h", "[h]:mm"))
    )
    book = (
        f'<?xml version="1.0"?><s:Workbook xmlns:s="{sheet}"><s:Styles>{styles}'
        f'</s:Styles><s:Worksheet s:Name="S"><s:Table>{head}{rows}</s:Table>'
        "</s:Worksheet></s:Workbook>"
    )
    parsed = parse(book.encode(), "a.xls")

    assert tables(parsed)[0].splitlines()[2:] == [
        "| share | 47.50% |",
        "| code | 00007 |",
        "| day | 2024-03-05 |",
        "| yes | TRUE |",
        "| area | 10⁶ m |",
        "| lasts | 30:15:00 |",
        "| none | #N/A |",
    ]
    assert "comments" in {notice.code for notice in parsed.notices}


def test_an_error_stands_where_an_opendocument_sheet_shows_it():
    calc = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
    cells = [
        ("Rate", "<t:table-cell o:value-type='string'><x:p>Sum</x:p></t:table-cell>"),
        (
            "Oak",
            (
                "<t:table-cell o:value-type='string' o:string-value=''"
                f" xmlns:calcext='{calc}' calcext:value-type='error'>"
                "<x:p>#DIV/0!</x:p></t:table-cell>"
            ),
        ),
    ]

    assert "| Oak | #DIV/0! |" in parse(ods(cells), "a.ods").text
