"""OpenDocument files: looks by styles, formulas, charts, forms, and what is hidden."""

import pytest

from erya.loading import parse
from tests.loading.test_formats import packed

_SHORT = {
    "fo": "xsl-fo-compatible", "svg": "svg-compatible", "draw": "drawing",
    **{n: n for n in ("office", "text", "style", "table", "form", "chart", "presentation")},
}  # fmt: skip
_NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
    for short, long in _SHORT.items()
)
_NAMES += ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="urn:dc"'
_NAMES += (
    ' xmlns:field="urn:openoffice:names:experimental:ooo-ms-interop:xmlns:field:1.0"'
)
_NAMES += ' xmlns:officeooo="http://openoffice.org/2009/office"'


_MANIFEST = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'


def opened(body, automatic="", named="", parts=None, kind="text"):
    content = (
        f"<office:document-content {_NAMES}><office:automatic-styles>{automatic}"
        f"</office:automatic-styles><office:body><office:{kind}>{body}</office:{kind}>"
        "</office:body></office:document-content>"
    )
    styles = f"<office:document-styles {_NAMES}>{named}</office:document-styles>"
    made = {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "content.xml": content,
        "styles.xml": styles,
        "META-INF/manifest.xml": _MANIFEST,
        **(parts or {}),
    }
    suffix = {"text": "odt", "presentation": "odp", "spreadsheet": "ods"}[kind]
    return parse(packed(**made), f"x.{suffix}")


def style(name, properties, family="text", parent="", told=""):
    parent = f'style:parent-style-name="{parent}"' if parent else ""
    return (
        f'<style:style style:name="{name}" style:family="{family}" {parent}>{told}'
        f"<style:text-properties {properties}/></style:style>"
    )


def span(text, name):
    return f'<text:span text:style-name="{name}">{text}</text:span>'


def p(inside, name=""):
    return f'<text:p text:style-name="{name}">{inside}</text:p>'


_HIDES = [
    'text:display="none"',
    'fo:color="#ffffff"',
    'fo:font-size="1pt"',
    'fo:color="#000000" fo:background-color="#000000"',
]


@pytest.mark.parametrize("hide", _HIDES)
def test_what_styles_hide_with_those_that_they_are_based_on_is_left_out(hide):
    named = style("Ghost", hide) + style("Hides", hide, family="paragraph")
    automatic = style("T1", "", parent="Ghost")
    automatic += style("P1", "", family="paragraph", parent="Hides")
    body = p(f"It is 40{span(span(' or 1', 'None'), 'T1')}.") + p("It is 2.", "P1")

    parsed = opened(body, automatic, named)

    assert parsed.text == "It is 40."
    assert [notice.code for notice in parsed.notices] == ["hidden_text"]


@pytest.mark.parametrize(
    "body",
    [
        '<text:section text:display="none"><text:p>It is 1.</text:p></text:section>',
        '<text:p><text:hidden-paragraph text:is-hidden="true"/>It is 1.</text:p>',
        '<text:p><text:hidden-text text:is-hidden="true">It is 1.</text:hidden-text></text:p>',
    ],
)
def test_what_is_marked_as_hidden_is_left_out_and_told(body):
    parsed = opened(p("It is 40.") + body)

    assert parsed.text == "It is 40."
    assert [notice.code for notice in parsed.notices] == ["hidden_text"]
    shown = opened(
        body.replace('"none"', '"true"').replace('hidden="true"', 'hidden="false"')
    )
    assert (shown.text, shown.notices) == ("It is 1.", ())  # fmt: skip


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ("", False),
        ('fo:background-color="#ffffff"', False),
        ('fo:background-color="#000080"', True),
    ],
)
def test_white_in_a_cell_is_read_if_the_cell_has_a_colour(told, seen):
    ground = f"<style:table-cell-properties {told}/>"
    automatic = style("T1", 'fo:color="#ffffff"') + style(
        "C1", "", family="table-cell", told=ground
    )
    cells = "".join(
        f'<table:table-cell table:style-name="C1">{p(text)}</table:table-cell>'
        for text in ("Fee", span("40", "T1"))
    )
    parsed = opened(f"<table:table><table:table-row>{cells}</table:table-row></table:table>", automatic)  # fmt: skip

    assert parsed.text == ("Fee | 40" if seen else "Fee")


def test_white_on_a_coloured_page_or_over_a_large_drawing_is_read():
    automatic = style("T1", 'fo:color="#ffffff"')
    page = '<style:page-layout><style:page-layout-properties fo:background-color="#000080"/></style:page-layout>'
    cover = '<style:style style:name="G" style:family="graphic"><style:graphic-properties style:run-through="background"/></style:style>'
    frame = '<text:p><draw:frame draw:style-name="G" svg:width="21cm" svg:height="11in"/></text:p>'
    body = p("On " + span("Report", "T1"))

    assert opened(body, automatic, page).text == "On Report"
    assert opened(frame + body, automatic + cover).text == "On Report"
    small = frame.replace("21cm", "2cm")
    assert opened(small + body, automatic + cover).text == "On"


def test_signs_stand_as_styles_have_them():
    named = style("Superscript", 'style:text-position="super 58%"')
    automatic = style("T1", "", parent="Superscript")
    automatic += style("S", 'style:text-line-through-style="solid"')
    faces = '<office:font-face-decls><style:font-face style:name="W" svg:font-family="&apos;Wingdings 2&apos;"/></office:font-face-decls>'
    automatic += style("F", 'style:font-name="W"')
    body = (
        p(f"10{span('6', 'Superscript')} ohm, 10{span(span('7', 'None'), 'T1')} ohm")
        + p(f"price {span('5', 'S')}{span('00', 'S')} 250")
        + p(f"{span('R', 'F')} yes {span('£', 'F')} no")
    )

    assert opened(body, automatic, faces + named).text == (
        "10⁶ ohm, 10⁷ ohm\n\nprice ~~500~~ 250\n\n☑ yes ☐ no"
    )


_MATH = '<{0}math xmlns{1}="http://www.w3.org/1998/Math/MathML"><{0}semantics><{0}mrow><{0}mi>v</{0}mi><{0}mo>=</{0}mo><{0}mspace/><{0}mfrac><{0}mn>3</{0}mn><{0}mi>t</{0}mi></{0}mfrac></{0}mrow><{0}annotation encoding="StarMath 5.0">v = 3 over t</{0}annotation></{0}semantics></{0}math>'


@pytest.mark.parametrize("kind", ["text", "presentation"])
def test_formulas_are_read_where_they_stand(kind):
    linked = '<draw:object xlink:href="./Object 1"/><svg:desc>formula</svg:desc>'
    inside = f"<draw:object>{_MATH.format('m:', ':m')}</draw:object>"
    body = p(f"a <draw:frame>{linked}</draw:frame> b") if kind == "text" else ""
    body += f"<draw:frame>{inside}</draw:frame>"

    parsed = opened(
        body, kind=kind, parts={"Object 1/content.xml": _MATH.format("", "")}
    )

    first = "a v= \\frac{3}{t} b\n\n" if kind == "text" else ""
    assert parsed.text == first + "v= \\frac{3}{t}"


_CHART = f"""<office:document-content {_NAMES}><office:body><office:chart><chart:chart>
<chart:title><text:p>Sales</text:p></chart:title><chart:plot-area>
<chart:axis chart:dimension="x"/><chart:axis chart:dimension="y"><chart:title>
<text:p>mEUR</text:p></chart:title></chart:axis></chart:plot-area><table:table>{{}}
</table:table></chart:chart></office:chart></office:body></office:document-content>"""


def rows(*told):
    return "".join(
        "<table:table-row>"
        + "".join(f"<table:table-cell>{p(cell)}</table:table-cell>" for cell in row)
        + "</table:table-row>"
        for row in told
    )


@pytest.mark.parametrize("kind", ["text", "presentation", "spreadsheet"])
def test_charts_are_read(kind):
    parts = {"Object 1/content.xml": _CHART.format(rows(("", "Gap"), ("a", "1"), ("b", "NaN"), ("c", "3")))}  # fmt: skip
    frame = '<draw:frame><draw:object xlink:href="./Object 1"/></draw:frame>'
    if kind == "spreadsheet":
        frame = f'<table:table table:name="S"><table:shapes>{frame}</table:shapes><table:table-row><table:table-cell>{p("x")}</table:table-cell></table:table-row></table:table>'

    text = opened(p(frame) if kind == "text" else frame, kind=kind, parts=parts).text

    table = "|  | Gap (mEUR) |\n| --- | --- |\n| a | 1 |\n| b |  |\n| c | 3 |"
    assert text.endswith(
        "Sales\n\nmEUR" if kind == "spreadsheet" else f"Sales\n\n{table}"
    )


def test_text_boxes_of_sheets_are_read():
    box = f"<draw:frame><draw:text-box>{p('Rates of May')}</draw:text-box></draw:frame>"
    body = f'<table:table table:name="S"><table:shapes>{box}</table:shapes><table:table-row><table:table-cell>{p("x")}</table:table-cell></table:table-row></table:table>'

    assert "Rates of May" in opened(body, kind="spreadsheet").text


def test_values_of_forms_and_words_of_pictures_are_read():
    forms = (
        '<office:forms><form:form><form:text form:id="a" form:current-value="Ann"/>'
        '<form:checkbox form:id="b" form:label="Gas" form:current-state="checked"/>'
        '<form:listbox form:id="c"><form:option form:label="red"/><form:option form:label="blue" form:current-selected="true"/></form:listbox>'
        '<form:password form:id="d" form:current-value="secret"/></form:form></office:forms>'
    )  # fmt: skip
    controls = " ".join(f'<draw:control draw:control="{key}"/>' for key in "abcd")
    old = (
        '<field:fieldmark field:type="x.FORMCHECKBOX"><field:param field:name="Checkbox_Checked" field:value="true"/></field:fieldmark>'
        '<field:fieldmark field:type="x.FORMDROPDOWN"><field:param field:name="Dropdown_ListEntry" field:value="one"/><field:param field:name="Dropdown_ListEntry" field:value="two"/><field:param field:name="Dropdown_Selected" field:value="1"/></field:fieldmark>'
    )
    picture = "<draw:frame><draw:image/><svg:desc>A red pump</svg:desc></draw:frame>"

    assert opened(forms + p(controls) + p(old) + p(picture)).text == (
        "Ann ☑Gas blue\n\n☑two\n\nA red pump"
    )


def test_headers_and_footers_are_not_searched():
    master = f"<style:master-page><style:header>{p('Top')}</style:header><style:footer>{p('End')}</style:footer></style:master-page>"

    parsed = opened(p("Text."), named=master)

    assert [(parsed.text[b.start : b.end], bool(b.omitted)) for b in parsed.blocks] == [
        ("Top", True),
        ("Text.", False),
        ("End", True),
    ]


def test_numbers_of_pages_and_comments_of_slides_are_not_searched():
    number = f'<draw:frame presentation:class="page-number"><draw:text-box>{p("7")}</draw:text-box></draw:frame>'
    comment = f"<officeooo:annotation>{p('Ask Ann.')}</officeooo:annotation>"
    box = f"<draw:frame><draw:text-box>{p('Text.')}</draw:text-box></draw:frame>"

    parsed = opened(f"<draw:page>{box}{number}{comment}</draw:page>", kind="presentation")  # fmt: skip

    assert [parsed.text[b.start : b.end] for b in parsed.blocks if not b.omitted] == [
        "Text."
    ]
    assert [notice.code for notice in parsed.notices] == ["comments"]


def test_numbers_of_levels_and_ticks_of_lists_are_read():
    automatic = (
        '<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/>'
        '<text:list-level-style-number text:level="2" style:num-format="a" text:display-levels="2"/></text:list-style>'
        '<text:list-style style:name="T"><text:list-level-style-bullet text:level="1" text:bullet-char="&#xF0FC;"><style:text-properties fo:font-family="Wingdings"/></text:list-level-style-bullet></text:list-style>'
    )

    def item(inside):
        return f"<text:list-item>{inside}</text:list-item>"

    inner = f"<text:list>{item(p('deep'))}{item(p('deeper'))}</text:list>"
    body = (
        f'<text:list text:style-name="L">{item(p("one") + inner)}</text:list>{p("And")}'
        f'<text:list text:style-name="T">{item(p("done"))}</text:list>'
    )

    assert opened(body, automatic).text == (
        "1. one\n  1.a deep\n  1.b deeper\n\nAnd\n\n✓ done"
    )


def test_a_heading_that_is_an_item_of_a_list_has_its_number():
    automatic = (
        '<text:list-style style:name="L"><text:list-level-style-number text:level="1" '
        'style:num-format="1" style:num-prefix="§ "/></text:list-style>'
    )
    heads = "".join(
        f'<text:list-item><text:h text:outline-level="1">{text}</text:h></text:list-item>'
        for text in ("Duty", "Pay")
    )
    body = f'<text:list text:style-name="L">{heads}</text:list>{p("And")}'

    assert opened(body, automatic).text == "§ 1 Duty\n\n§ 2 Pay\n\nAnd"


def test_cells_that_go_over_others_are_read_with_each():
    body = """<table:table><table:table-row>
    <table:table-cell table:number-rows-spanned="2"><text:p>Team</text:p></table:table-cell>
    <table:table-cell table:number-columns-spanned="2"><text:p>Staff</text:p></table:table-cell>
    <table:covered-table-cell/></table:table-row><table:table-row><table:covered-table-cell/>
    <table:table-cell><text:p>men</text:p></table:table-cell>
    <table:table-cell><text:p>women</text:p></table:table-cell></table:table-row>
    <table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>Sales</text:p></table:table-cell>
    <table:table-cell><text:p>5</text:p></table:table-cell><table:table-cell><text:p>6</text:p></table:table-cell>
    </table:table-row><table:table-row><table:covered-table-cell/><table:table-cell><text:p>7</text:p>
    </table:table-cell><table:table-cell><text:p>8</text:p></table:table-cell></table:table-row></table:table>"""

    assert opened(body).text == (
        "| Team | Staff men | Staff women |\n| --- | --- | --- |\n"
        "| Sales | 5 | 6 |\n| Sales | 7 | 8 |"
    )


def test_numbers_of_headings_are_counted():
    named = (
        '<text:outline-style style:name="Outline"><text:outline-level-style text:level="1" style:num-format="1" style:num-suffix="."/>'
        '<text:outline-level-style text:level="2" style:num-format="a" text:display-levels="2"/><text:outline-level-style text:level="3" style:num-format=""/></text:outline-style>'
    )

    def head(text, level, told=""):
        return f'<text:h text:outline-level="{level}" {told}>{text}</text:h>'

    plain = 'text:is-list-header="true"'
    body = head("A", 1) + head("B", 2) + head("C", 2) + head("D", 3) + head("E", 1)
    body += head("F", 1, plain) + head("", 1) + head("G", 2)

    assert opened(body, named=named).text == (
        "1. A\n\n1.a B\n\n1.b C\n\nD\n\n2. E\n\nF\n\n3.a G"
    )


def test_boxes_in_boxes_are_read_once():
    box = "<draw:frame><draw:text-box>{}</draw:text-box></draw:frame>"
    text = "in"
    for _ in range(20):
        text = box.format(p(text))

    assert opened(p("a" + text)).text == "a\n\nin"


def test_percents_and_places_of_points_are_read_as_a_chart_shows_them():
    names = (
        f'{_NAMES} xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"'
    )
    styles = (
        '<office:automatic-styles><number:percentage-style style:name="N11"><number:number number:decimal-places="1"/></number:percentage-style>'
        '<style:style style:name="ch1" style:family="chart" style:data-style-name="N11"/></office:automatic-styles>'
    )
    series = '<chart:series chart:style-name="ch1" chart:values-cell-range-address="local-table.$B$2:.$B$3"><chart:domain table:cell-range-address="local-table.$C$2:.$C$3"/></chart:series>'
    chart = _CHART.format(rows(("", "Share", "Series2"), ("", "0.125", "1.5"), ("", "-0.5", "2.5")))  # fmt: skip
    chart = chart.replace("<office:body>", styles + "<office:body>", 1)
    chart = chart.replace("</chart:plot-area>", series + "</chart:plot-area>")
    chart = chart.replace(_NAMES, names)
    frame = '<draw:frame><draw:object xlink:href="./Object 1"/></draw:frame>'

    assert opened(p(frame), parts={"Object 1/content.xml": chart}).text == (
        "Sales\n\n| Share (mEUR) | x |\n| --- | --- |\n| 12.5% | 1.5 |\n| -50.0% | 2.5 |"
    )


HUGE = "9" * 5_000  # more digits than Python reads
_HUGE_ROWS = (
    f'<table:table><table:table-row table:number-rows-repeated="{HUGE}">'
    f'<table:table-cell table:number-columns-repeated="{HUGE}">{p("a b")}'
    "</table:table-cell></table:table-row></table:table>"
)


@pytest.mark.parametrize(
    "body",
    [
        p(f'a<text:s text:c="{HUGE}"/>b'),
        f'<text:h text:outline-level="{HUGE}">a b</text:h>',
        _HUGE_ROWS,
    ],
)
def test_a_number_of_thousands_of_digits_is_none(body):
    assert opened(body).text == "a b"


def note(inside):
    return f"<text:note><text:note-body>{p(inside)}</text:note-body></text:note>"


def test_notes_in_notes_and_notes_in_cells_are_read_once():
    inside = "n"
    for _ in range(10):
        inside = f"n{note(inside)}"
    cell = f"<table:table-cell>{p('c' + note('k'))}</table:table-cell>"
    table = (
        f"<table:table><table:table-row>{cell}{cell}</table:table-row></table:table>"
    )

    text = opened(p(inside) + table).text

    assert text.count("n") == 11
    assert text.splitlines()[2] == "c [k] | c [k]"


def test_a_text_box_in_a_heading_is_read():
    box = f"<draw:frame><draw:text-box>{p('Box 7')}</draw:text-box></draw:frame>"

    assert opened(f"<text:h>Head{box}</text:h>").text == "Head\n\nBox 7"
