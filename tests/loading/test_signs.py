"""A number or a sign must not change on the way from a file to its text."""

import io
from email.message import EmailMessage

import docx
import pptx
import pytest
import xlrd
import xlsxwriter
import xlwt
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pptx.util import Inches

from erya.errors import DocumentError
from erya.language import lowered, raised, terms
from erya.loading import parse
from erya.loading.formats.symbols import decode_symbols
from tests.loading.pdf_files import pdf
from tests.loading.test_docx import saved
from tests.loading.test_formats import packed


@pytest.mark.parametrize(
    ("text", "before", "shown"),
    [
        ("6", "10", "⁶"),
        ("-3", "10", "⁻³"),
        ("n", "2", "ⁿ"),
        ("k", "x", "^k"),
        ("n+1x", "2", "^(n+1x)"),
        ("1,2", "Area", "¹,²"),
        ("1)", "300", "¹⁾"),
        ("st", "1", "st"),
        ("o", "1", "o"),
        ("me", "M", "me"),
        ("[4]", "Note.", "[4]"),
        ("TM", "Erya", "TM"),
        ("", "x", ""),
    ],
)
def test_what_stands_above_the_line_does_not_join_it(text, before, shown):
    assert raised(text, before=before) == shown


@pytest.mark.parametrize(
    ("text", "before", "shown"),
    [
        ("2", "CO", "₂"),
        ("max", "T", "_max"),
        ("i+1", "x", "_(i+1)"),
        ("below", "", "below"),
    ],
)
def test_what_stands_below_the_line_does_not_join_it(text, before, shown):
    assert lowered(text, before=before) == shown


def test_a_power_and_a_note_are_no_digits_of_their_number():
    assert {"10", "6"} <= terms("10⁶ ohm")
    assert "106" not in terms("10⁶ ohm")
    assert "2501" not in terms("It costs 250¹ euro.")
    assert "rotterdam" in terms("Rotterdam¹ is open.")
    assert "m2" in terms("5 m²")


LINE = "Up to 10⁶ ohm, 250¹ euro, CO₂."


def in_word():
    document = docx.Document()
    paragraph = document.add_paragraph()
    for text, stands in (
        ("Up to 10", ""), ("6", "superscript"), (" ohm, 250", ""), ("1", "superscript"),
        (" euro, CO", ""), ("2", "subscript"), (".", ""),
    ):  # fmt: skip
        run = paragraph.add_run(text)
        if stands:
            setattr(run.font, stands, True)
    return saved(document)


def in_slides():
    deck = pptx.Presentation()
    box = deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_textbox(
        0, 0, Inches(5), Inches(1)
    )
    paragraph = box.text_frame.paragraphs[0]
    for text, height in (
        ("Up to 10", 0), ("6", 30_000), (" ohm, 250", 0), ("1", 30_000),
        (" euro, CO", 0), ("2", -25_000), (".", 0),
    ):  # fmt: skip
        run = paragraph.add_run()
        run.text = text
        run.font._element.set("baseline", str(height))
    return saved(deck)


def in_open_document():
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in (("office", "office"), ("text", "text"), ("style", "style"))
    )
    content = f"""<office:document-content {names}><office:automatic-styles>
      <style:style style:name="U"><style:text-properties
       style:text-position="super 58%"/></style:style>
      <style:style style:name="D"><style:text-properties
       style:text-position="-33% 58%"/></style:style></office:automatic-styles>
      <office:body><office:text><text:p>Up to 10<text:span
       text:style-name="U">6</text:span> ohm, 250<text:span
       text:style-name="U">1</text:span> euro, CO<text:span
       text:style-name="D">2</text:span>.</text:p></office:text></office:body>
      </office:document-content>"""
    kind = "application/vnd.oasis.opendocument.text"
    return packed(**{"mimetype": kind, "content.xml": content})


def in_workbook():
    data = io.BytesIO()
    with xlsxwriter.Workbook(data) as book:
        up = book.add_format({"font_script": 1})
        down = book.add_format({"font_script": 2})
        sheet = book.add_worksheet()
        sheet.write_rich_string(
            "A1", "Up to 10", up, "6", " ohm, 250", up, "1", " euro, CO", down, "2", "."
        )
        sheet.write_string("B1", "other")
    return data.getvalue()


PAGE = (
    "Up to 10<sup>6</sup> ohm, 250<sup><a href='#n'>1</a></sup> euro, CO<sub>2</sub>."
)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.html", f"<p>{PAGE}</p>".encode),
        ("a.md", PAGE.encode),
        ("a.xml", f"<t><p>{PAGE}</p>x</t>".encode),
        (
            "a.rst",
            lambda: (
                rb"Up to 10\ :sup:`6` ohm, 250\ :superscript:`1` euro, CO\ :sub:`2`\ ."
            ),
        ),
        ("a.docx", in_word),
        ("a.pptx", in_slides),
        ("a.odt", in_open_document),
        ("a.xlsx", in_workbook),
    ],
)
def test_signs_off_the_line_are_told_in_every_format(name, make):
    assert LINE in parse(make(), name).text


def test_symbols_and_form_fields_of_word_are_read():
    document = docx.Document()
    mark = '<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{}</w:ffData></w:fldChar></w:r>'
    entries = '<w:listEntry w:val="Red"/><w:listEntry w:val="Blue"/>'
    for inner in (
        '<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r><w:r><w:t> gas</w:t></w:r>',
        '<w:r><w:t>5 k</w:t></w:r><w:r><w:sym w:font="Symbol" w:char="F057"/></w:r>',
        '<w:r><w:rPr><w:rFonts w:ascii="Symbol"/></w:rPr><w:t>a</w:t></w:r>',
        mark.format("<w:checkBox><w:checked/></w:checkBox>"),
        mark.format('<w:checkBox><w:default w:val="0"/></w:checkBox>'),
        mark.format(f'<w:ddList><w:result w:val="1"/>{entries}</w:ddList>'),
    ):
        document.element.body.insert(
            -1, parse_xml(f"<w:p {nsdecls('w')}>{inner}</w:p>")
        )

    lines = parse(saved(document), "a.docx").text.split("\n\n")

    assert lines == ["☑ gas", "5 kΩ", "α", "☑", "☐", "Blue"]


def test_a_font_that_is_not_known_shows_its_letters():
    assert decode_symbols("Arial", "W") == "W"
    assert decode_symbols("Symbol", "\uf0a3 \uf06d") == "≤ μ"
    assert decode_symbols("Wingdings", "\uf041") == "•"
    assert decode_symbols("Wingdings", "\uf081\uf08a\uf095") == "①⑩❿"
    assert decode_symbols("Wingdings 2", "j \uf0a3 £") == "① ☐ ☐"
    assert decode_symbols("Wingdings 3", "p q") == "▲ ▼"
    assert decode_symbols("Webdings", "a r") == "✔ ✘"
    assert decode_symbols("Wingdings", "à þ 光") == "→ ☑ 光"
    assert decode_symbols("Symbol", "é") == "é"


TEX = "<annotation encoding='application/x-tex'>k^{4}</annotation>"
DRAWN = r'<img alt="{\displaystyle q=7}">'


@pytest.mark.parametrize(
    ("formula", "line"),
    [
        ("<math><mi>E</mi><mo>=</mo><msup><mi>c</mi><mn>2</mn></msup></math>", "E=c^2"),
        ("<math><mfrac><mn>1</mn><mi>ab</mi></mfrac></math>", r"\frac{1}{ab}"),
        ("<math><msqrt><mi>x</mi><mn>7</mn></msqrt></math>", r"\sqrt{x7}"),
        ("<math><mi>a</mi><mo>&lt;</mo><mi>b</mi></math>", "a<b"),
        ("<math><msubsup><mi>x</mi><mi>i</mi><mn>10</mn></msubsup></math>", "x_i^{10}"),
        (f"<math><semantics><mi>k</mi>{TEX}</semantics></math>", "k^{4}"),
        ('<script type="math/tex">r=9</script>', "r=9"),
        ("<math><mphantom><mn>99</mn></mphantom><mn>8</mn></math>", "8"),
        ("<math><mfenced open='|' close='|'><mi>x</mi></mfenced></math>", "|x|"),
        (
            "<math><mfenced open='[' separators=';'><mn>1</mn><mn>2</mn></mfenced></math>",
            "[1; 2)",
        ),
        ("<math><mfenced separators=''><mi>a</mi><mi>b</mi></mfenced></math>", "(ab)"),
        (
            "<math><mfenced separators=';,'><mi>a</mi><mi>b</mi><mi>c</mi><mi>d</mi></mfenced></math>",
            "(a; b, c, d)",
        ),
        ("<math><mn>1</mn><mspace width='1em'/><mn>2</mn></math>", "1 2"),
        (
            "<math><mn>2</mn><mo>&#x2062;</mo><mn>3</mn><mo>&#x2062;</mo><mi>x</mi></math>",
            "2 3x",
        ),
        ("<math><msub><mi>x</mi><mn>1</mn></msub><mn>2</mn></math>", "x_1 2"),
        (
            "<math><msup><mfrac><mn>1</mn><mn>2</mn></mfrac><mn>3</mn></msup></math>",
            r"{\frac{1}{2}}^3",
        ),
        (
            "<math><msup><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></msup></math>",
            "{a+b}^2",
        ),
        (
            "<math><msup><mrow><mo>(</mo><mi>a</mi><mo>)</mo></mrow><mn>2</mn></msup></math>",
            "(a)^2",
        ),
        (
            "<math><mfrac linethickness='0'><mi>n</mi><mi>k</mi></mfrac></math>",
            r"{n \atop k}",
        ),
        (
            "<math><mfrac linethickness='0.5px'><mi>n</mi><mi>k</mi></mfrac></math>",
            r"\frac{n}{k}",
        ),
        (
            "<math><menclose notation='updiagonalstrike'><mn>5</mn></menclose><mn>7</mn></math>",
            r"\cancel{5}7",
        ),
        (
            "<math><mover><mi>x</mi><mo>¯</mo></mover><mo>=</mo><mn>3</mn></math>",
            r"\bar{x}=3",
        ),
        (
            "<math><mmultiscripts><mi>C</mi><mn>6</mn><none/><mprescripts/><none/><mn>14</mn></mmultiscripts></math>",
            "{}^{14}C_6",
        ),
        ("<math><maction><mi>x</mi><mtext>press</mtext></maction></math>", "x"),
        ("<math alttext='x^2'></math>", "x^2"),
        (f"<b style='display: none'><math><mi>q</mi></math></b>{DRAWN}", "q=7"),
    ],
)
def test_formulas_of_pages_are_read(formula, line):
    page = f"<p>So {formula} holds.</p>"

    assert " ".join(parse(page.encode(), "a.html").text.split()) == f"So {line} holds."


def test_numbers_of_json_stay_as_they_are_written():
    given = '{"price": 12.50, "far": 1e400, "is": true, "of": null, "l": [1.0, null]}'

    assert parse(given.encode(), "a.json").text.split("\n") == [
        "price: 12.50", "far: 1e400", "is: true", "of: null", "l: 1.0, null",
    ]  # fmt: skip
    inner = '[{"a": {"b": 1.10, "c": ["x", 20]}}, {"a": 3.0}]'
    text = parse(inner.encode(), "a.json").text
    assert text == 'a: {"b": 1.10, "c": ["x", 20]}\n\na: 3.0'


def test_lines_that_are_no_json_are_told_and_the_others_read():
    parsed = parse(b'{"a": 1.50}\n{bad\n[1]\n{"a": 2}', "a.jsonl")

    assert parsed.text == "a: 1.50\n\na: 2"
    (notice,) = parsed.notices
    assert notice.code == "lines_left_out"
    assert notice.message.endswith("2, 3.")


def test_numbers_of_old_spreadsheets_are_read_as_they_are_shown():
    book = xlwt.Workbook()
    sheet = book.add_sheet("Prices")
    for row, (value, code) in enumerate(
        [
            (0.475, "0.0%"),
            (1234.5, '"¥"#,##0.00'),
            (7, "00000"),
            (-1200, "#,##0;(#,##0)"),
        ],
        start=1,
    ):
        sheet.write(row, 2, value, xlwt.easyxf(num_format_str=code))
    data = io.BytesIO()
    book.save(data)

    text = parse(data.getvalue(), "a.xls").text

    for shown in ("47.5%", "¥1,234.50", "00007", "(1,200)"):
        assert shown in text


def test_numbers_of_an_old_spreadsheet_without_readable_formats_are_told(monkeypatch):
    book = xlwt.Workbook()
    book.add_sheet("Prices").write(1, 2, 0.475, xlwt.easyxf(num_format_str="0.0%"))
    data = io.BytesIO()
    book.save(data)

    def refuse(**_):
        raise xlrd.XLRDError

    monkeypatch.setattr(xlrd, "open_workbook", refuse)
    parsed = parse(data.getvalue(), "a.xls")

    assert "0.475" in parsed.text
    assert [notice.code for notice in parsed.notices] == ["number_formats"]


def test_numbers_of_free_spreadsheets_are_read_as_they_are_shown():
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
        for short in ("office", "text", "table")
    )
    cells = "".join(
        f'<table:table-cell {more} office:value-type="{kind}" office:value="{value}">'
        f"<text:p>{shown}</text:p></table:table-cell>"
        for kind, value, shown, more in (
            ("percentage", 0.475, "47.50%", ""),
            ("currency", 1234.5, "1.234,50 €", 'table:number-columns-repeated="2"'),
            ("float", 7, "007", ""),
        )
    )
    content = f"""<office:document-content {names}><office:body><office:spreadsheet>
      <table:table table:name="A"><table:table-row><table:table-cell
       office:value-type="string"><text:p>x<office:annotation><text:p>note</text:p>
       </office:annotation></text:p></table:table-cell>{cells}</table:table-row>
      </table:table></office:spreadsheet></office:body></office:document-content>"""
    kind = "application/vnd.oasis.opendocument.spreadsheet"

    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:'
        'manifest:1.0"/>'
    )
    parts = {
        "mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest,
    }  # fmt: skip
    parsed = parse(packed(**parts), "a.ods")

    assert "47.50% | 1.234,50 € | 1.234,50 € | 007" in parsed.text
    assert [notice.code for notice in parsed.notices] == ["comments"]


@pytest.mark.parametrize(
    "text",
    [
        "id|title|qty\n1|Bolt, hex|4\n2|Nut|9\n",
        "id\ttitle\tqty\n1\tBolt, hex\t4\n2\tNut\t9\n",
        "id;title;qty\n1;Bolt, hex;4\n2;Nut;9\n",
        'id,title,qty\n1,"Bolt, hex",4\n2,Nut,9\n',
        'id,title,qty\n1,"Bo\x00lt, hex",4\n2,Nut,9\n',
    ],
)
def test_the_delimiter_is_told_by_all_lines_and_not_by_the_first(text):
    rows = parse(text.encode(), "a.csv").text.split("\n")

    assert rows[0] == "| id | title | qty |"
    assert rows[2] == "| 1 | Bolt, hex | 4 |"


def test_a_title_above_a_table_and_quotation_marks_behind_backslashes():
    text = 'Report, all of it\nid;said\n1;"He said \\"hi\\"; then left"\n2;b\n'

    parsed = parse(text.encode(), "a.csv")

    assert parsed.text.startswith("Report, all of it\n\n| id | said |")
    assert '| 1 | He said "hi"; then left |' in parsed.text


WORKBOOK = (
    b'<?xml version="1.0"?><Workbook '
    b'xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    b'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
    b'<Worksheet ss:Name="S"><Table><Row><Cell><Data>A</Data></Cell>'
    b'<Cell ss:Index="3"><Data>B</Data></Cell></Row><Row><Cell><Data>1</Data>'
    b'</Cell><Cell ss:Index="3"><Data>2.50</Data></Cell></Row></Table>'
    b"</Worksheet></Workbook>"
)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"<table><tr><td>A</td><td>B</td></tr><tr><td>1</td><td>2.50</td></tr></table>",
         "html"),
        ("A\tB\n1\t2.50\n".encode("utf-16"), "csv"),
        ("甲,B\n1,2.50\n乙,3\n订单,4\n".encode("gbk"), "csv"),
        (WORKBOOK, "xml"),
    ],
)  # fmt: skip
def test_what_is_called_a_spreadsheet_is_read_as_what_it_is(data, kind):
    parsed = parse(data, "a.xls")

    assert "| 1 | 2.50 |" in parsed.text
    assert kind in parsed.media_type


@pytest.mark.parametrize(
    "before", [b"\xef\xbb\xbf", b"\n\n", b"HTTP noise: yes\r\n" * 20]
)
def test_a_pdf_may_stand_behind_something(before):
    assert (
        "Hello there"
        in parse(before + pdf([(50, 700, 12, "Hello there")]), "a.pdf").text
    )


def test_colours_of_a_terminal_are_no_text():
    text = "\x1b[1;33mWARN\x1b[0m low \x1b]8;;http://x.y\x07space\x1b]8;;\x07\n"

    assert parse(text.encode(), "a.log").text.strip() == "WARN low space"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>See <img src=a alt='Plan 92'> here.", "See Plan 92 here."),
        ("<p>See <img src=a> <img src=b alt=''>here.", "See here."),
        (
            "<label>Name</label><input value='Ada'><input type=hidden value=x>",
            "Name Ada",
        ),
        ("<input type=checkbox checked>gas<input type=radio>oil", "☑ gas ☐ oil"),
        ("<select><option>a<option selected>b</select><button>Go</button>", "b"),
        ("<label>Note</label><textarea>so &lt;b></textarea>", "Note so <b>"),
        (
            "<p><ruby>東<rp>(</rp><rt>とう</rt><rp>)</rp>京<rt>きょう</rt></ruby>支店",
            "東京支店",
        ),
    ],
)
def test_what_pictures_and_fields_say_is_read_and_readings_are_not(page, text):
    assert " ".join(parse(page.encode(), "a.html").text.split()) == text


def test_readings_of_word_are_no_part_of_the_line():
    ruby = (
        "<w:r><w:ruby><w:rt><w:r><w:t>guāng</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>光"
        "</w:t></w:r></w:rubyBase></w:ruby></w:r><w:r><w:t>寰路</w:t></w:r>"
    )
    document = docx.Document()
    document.element.body.insert(-1, parse_xml(f"<w:p {nsdecls('w')}>{ruby}</w:p>"))

    assert parse(saved(document), "a.docx").text == "光寰路"


def test_mdx_is_markdown_without_its_code():
    source = (
        'import X from "./x"\nexport const a = {b:1}\n\n# Head\n\n<Tabs>Text</Tabs>\n'
    )

    assert parse(source.encode(), "a.mdx").text == "Head\n\nText"


@pytest.mark.parametrize(
    ("plain", "text"),
    [("Please view this as HTML in a viewer that can show it, please.", "Discount 4141 for all orders of this year and the next"),
     ("Discount 4141 for all orders of this year.", "orders of this year.")],
)  # fmt: skip
def test_a_plain_part_that_says_less_is_no_text_of_a_mail(plain, text):
    mail = EmailMessage()
    mail["Subject"] = "Alt"
    mail.set_content(plain)
    mail.add_alternative(
        "<p>Discount 4141 for all orders of this year and the next", subtype="html"
    )

    assert text in parse(mail.as_bytes(), "a.eml").text


def test_paths_of_windows_are_no_quotation_marks():
    text = 'A,"C:\\Program\\",first\nB,C:\\new\\table,"second"\nC,D:\\x,third\n'

    rows = parse(text.encode(), "a.csv").text.split("\n")

    assert "| A | C:\\Program\\ | first |" in rows
    assert "| B | C:\\new\\table | second |" in rows


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<dl><dt>A<dt><dd>told</dl>", "A: told"),
        ("<div><dt>Lost term</div>", "Lost term"),
        ("<dl><dt>Run<dd><pre>ls</pre><dt>Next<dd>two</dl>", "Run ls Next: two"),
        ("<dl><dt>Stray</dl><h2>Chapter</h2><p>para", "Stray Chapter para"),
    ],
)
def test_a_term_without_a_text_is_kept_where_it_stands(page, text):
    assert " ".join(parse(page.encode(), "a.html").text.split()) == text


def test_many_raised_runs_and_a_box_in_a_font_of_signs_are_read():
    raised_run = (
        '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>1</w:t></w:r>'
    )
    box = (
        '<w:r><w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr><w:txbxContent><w:p><w:r>'
        "<w:t>Important</w:t></w:r></w:p></w:txbxContent></w:r>"
    )
    cross = (
        '<w:r><w:rPr><w:rFonts w:ascii="Symbol"/></w:rPr>'
        '<w:sym w:font="Symbol" w:char="F0B4"/><w:t>×</w:t></w:r>'
    )
    document = docx.Document()
    for inner in (raised_run * 1_000, box, cross):
        document.element.body.insert(
            -1, parse_xml(f"<w:p {nsdecls('w')}>{inner}</w:p>")
        )

    first, second, third = parse(saved(document), "a.docx").text.split("\n\n")

    assert set(first) == {"¹"}
    assert (second, third) == ("Important", "××")


def test_null_of_a_record_is_written_and_of_an_answer_is_nothing():
    records = b'[{"name": "a", "lead": null}, {"name": "b", "lead": 1.50}]'
    pairs = b'[{"question": "q", "answer": null}, {"question": "r", "answer": "s"}]'

    assert parse(records, "a.json").text == "name: a\nlead: null\n\nname: b\nlead: 1.50"
    assert parse(pairs, "a.json").text == "q\n\nr\n\ns"


def test_json_nested_too_deep_to_be_told_is_a_typed_error():
    deep = '{"a":' * 400 + "1" + "}" * 400

    with pytest.raises(DocumentError, match="too deep"):
        parse(f"[{deep}, {deep}]".encode(), "a.json")
    assert parse(f'{{"b": 2}}\n{deep}\n'.encode(), "a.jsonl").text == "b: 2"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (b"Use `~{name~}` to set 100 and ~{what~}.",
         "Use `~{name~}` to set 100 and ~{what~}."),
        ("年假不少于五天。".encode("hz"), "年假不少于五天。"),
    ],
)  # fmt: skip
def test_ascii_is_hz_only_where_it_has_chinese(source, text):
    assert parse(source, "a.txt").text == text
