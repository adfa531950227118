"""XML: names of values stay, paragraphs are whole, characters are as they are meant."""

import pytest

from erya.loading import parse
from tests.loading.test_parsers import shown


def read(source):
    return [text for _, text in shown(parse(source.encode(), "a.xml"))]


def test_one_element_with_text_between_others_takes_no_names_away():
    source = """<items lang="en"><item id="1"><price currency="EUR">12.50</price>
    <name>Bolt</name></item><item id="2"><price>0.10</price>
    <note level="2">Use <b>only</b> with <part code="N7">nuts</part></note></item></items>"""

    assert read(source) == [
        "lang: en",
        "id: 1\nprice: 12.50 (currency: EUR)\nname: Bolt",
        "id: 2\nprice: 0.10\nnote: Use only with nuts (code: N7) (level: 2)",
    ]


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ("<row><a>100</a><b>250</b></row>", "a: 100\nb: 250"),
        ("<item><code>840</code><link>http://x/5</link></item>",
         "code: 840\nlink: http://x/5"),
        ('<item><link href="http://x/5"/><code lang="x">840</code></item>',
         "link: href: http://x/5\ncode: 840 (lang: x)"),
        ("<product><code>A12</code></product>", "code: A12"),
        ("<note>Use <b>1</b><i>2</i> <part><a>3</a><b>4</b></part></note>",
         "note: Use 12 3 4"),
        ("<p><b>1</b><i>2</i></p>", "12"),
    ],
)  # fmt: skip
def test_marks_are_marks_in_text_and_names_of_values_elsewhere(item, text):
    assert read(f"<data>{item}</data>") == [text]


MATH = '<m:math xmlns:m="http://www.w3.org/1998/Math/MathML">{}</m:math>'
SQUARE = MATH.format("<m:msup><m:mi>x</m:mi><m:mn>2</m:mn></m:msup>")


@pytest.mark.parametrize(
    ("paragraph", "text"),
    [
        (f"Up to 10<sup>6</sup> of <inline-formula>{SQUARE}</inline-formula> end.",
         "Up to 10⁶ of x^2 end."),
        ("Limit 10<superscript>6</superscript> ohm, CO<subscript>2</subscript>.",
         "Limit 10⁶ ohm, CO₂."),
        ("It is 5<footnote><para>since 2024</para></footnote> euro.",
         "It is 5 [since 2024] euro."),
        ("By <name><surname>Li</surname><given-names>An</given-names></name>: <i>a</i><b>b</b>",
         "By Li An: ab"),
        (f"See <alternatives><tex-math>\\use{{x}} y</tex-math>{SQUARE}</alternatives>.",
         "See x^2 ."),
        ("限额为10<sup>6</sup>元，\n每年", "限额为10⁶元，每年"),
        ("It is 5<note place='foot'>since <hi>2024</hi></note> euro.",
         "It is 5 [since 2024] euro."),
    ],
)  # fmt: skip
def test_a_paragraph_goes_on_around_what_is_in_its_line(paragraph, text):
    source = f"<article><sec><title>S</title><p>{paragraph}</p></sec></article>"

    assert read(source) == ["S", text]


def test_a_document_has_tables_and_facts_with_their_names():
    source = """<article><front><year>2024</year></front><sec id="s1"><title>S</title>
    <p>One <xref rid="b1"/>two.</p><graphic href="x.png"/>
    <table-wrap><label>Table 1</label><table><thead><tr><th>City</th><th>Fee</th></tr></thead>
    <tbody><tr><td rowspan="2"><p>Graz</p></td><td>5</td></tr><tr><td/></tr></tbody></table>
    </table-wrap></sec></article>"""

    assert read(source) == [
        "year: 2024", "S", "One two.", "Table 1",
        "| City | Fee |\n| --- | --- |\n| Graz | 5 |\n| Graz |  |",
    ]  # fmt: skip


def test_code_of_a_document_keeps_its_lines():
    source = "<book><para>a <programlisting>b\n  c</programlisting> d</para></book>"

    assert shown(parse(source.encode(), "a.xml")) == [
        ("paragraph", "a"), ("code", "b\n  c"), ("paragraph", "d"),
    ]  # fmt: skip


def test_a_table_of_docbook_is_a_table_and_one_of_a_database_is_not():
    book = """<book><para>a</para><informaltable><tgroup cols="2"><thead><row><entry>k</entry>
    <entry>v</entry></row></thead><tbody><row><entry>a</entry><entry>7</entry></row></tbody>
    </tgroup></informaltable></book>"""
    base = "<table name='t'><row><id>1</id><city>Graz</city></row></table>"

    assert read(book) == ["a", "| k | v |\n| --- | --- |\n| a | 7 |"]
    assert read(base) == ["name: t", "id: 1\ncity: Graz"]


_COLUMNS = "".join(f"<colspec colname='{name}'/>" for name in "abc")
_TWO = "<entry>2</entry><entry>3</entry>"
_HEAD = "<thead><row><entry>A</entry><entry>B</entry><entry>C</entry></row></thead>"


@pytest.mark.parametrize(
    ("columns", "entries", "rows"),
    [
        (_COLUMNS, "<entry namest='a' nameend='b'>1</entry><entry>2</entry>",
         ["| 1 |  | 2 |"]),
        (_COLUMNS, "<entry colname='b'>1</entry><entry colname='c'>2</entry>",
         ["|  | 1 | 2 |"]),
        (_COLUMNS + "<spanspec spanname='s' namest='b' nameend='c'/>",
         "<entry>1</entry><entry spanname='s'>2</entry>", ["| 1 | 2 |  |"]),
        (_COLUMNS,
         f"<entry morerows='1'>1</entry>{_TWO}</row><row><entry colname='c'>4</entry>",
         ["| 1 | 2 | 3 |", "| 1 |  | 4 |"]),
    ],
)  # fmt: skip
def test_cells_that_name_their_columns_stand_in_them(columns, entries, rows):
    group = f"{columns}{_HEAD}<tbody><row>{entries}</row></tbody>"
    book = f"<book><para>a</para><informaltable><tgroup>{group}</tgroup></informaltable></book>"

    assert read(book)[1].splitlines() == ["| A | B | C |", "| --- | --- | --- |", *rows]


def test_cells_over_columns_that_nothing_tells_stand_in_lines():
    row = "<row><entry namest='a' nameend='b'>1</entry><entry>2</entry></row>"
    group = f"<tgroup>{_HEAD}<tbody>{row}</tbody></tgroup>"
    book = f"<book><para>a</para><informaltable>{group}</informaltable></book>"

    assert read(book) == [
        "a",
        "entry: A\nentry: B\nentry: C",
        "entry: 1 (namest: a, nameend: b)\nentry: 2",
    ]


@pytest.mark.parametrize(
    ("declared", "encoding", "text"),
    [("gb2312", "gbk", "朱镕基 90 元"), ("GBK", "gb18030", "㐀 90 元"),
     ("iso-8859-1", "cp1252", "Fee – 90 €")],
)  # fmt: skip
def test_characters_beyond_a_declared_encoding_are_read(declared, encoding, text):
    data = f'<?xml version="1.0" encoding="{declared}"?><a><fee>{text}</fee></a>'

    assert parse(data.encode(encoding), "a.xml").text == f"fee: {text}"


@pytest.mark.parametrize(
    "source",
    [
        "<p>" + "x<fn>y</fn>" * 30_000 + "</p>",
        "<p>" + "x<alternatives>" + "<math/>" * 5_000 + "</alternatives></p>",
        "<a>" + "<b>x" * 200 + "<c/>" * 50_000 + "</b>" * 200 + "</a>",
        "<a>" + "<table><td>x</td>" * 200 + "<c/>" * 20_000 + "</table>" * 200 + "</a>",
    ],
)
def test_much_of_anything_is_read_in_one_pass(source):
    assert "x" in parse(source.encode(), "a.xml").text


def test_bytes_that_windows_has_not_are_read_as_declared():
    source = b'<?xml version="1.0" encoding="ISO-8859-1"?><a><fee>\xe990\x81</fee></a>'

    assert parse(source, "a.xml").text.startswith("fee: é90")
