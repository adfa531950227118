"""What slides show beside their words: numbers, ticks, charts, and what is hidden."""

import io

import pptx
import pytest
from lxml import etree
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches, Pt

from erya.loading import parse
from erya.loading.builder import TextBuilder
from erya.loading.formats.office_charts import add_chart

_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_C = f'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" {_A}'
_BOX = (Inches(1), Inches(1), Inches(4), Inches(3))


def slide(deck):
    return deck.slides.add_slide(deck.slide_layouts[6])


def saved(deck):
    out = io.BytesIO()
    deck.save(out)
    return parse(out.getvalue(), "deck.pptx")


def box(page, *paragraphs, at=_BOX):
    """Add a text box; a paragraph is its runs as XML, with its properties before."""
    shape = page.shapes.add_textbox(*at)
    body = shape.text_frame._txBody
    body.remove(body.p_lst[0])
    for each in paragraphs:
        body.append(etree.fromstring(f"<a:p {_A}>{each}</a:p>"))
    return shape


def run(text, inside="", told=""):
    return f"<a:r><a:rPr {told}>{inside}</a:rPr><a:t>{text}</a:t></a:r>"


def of_paragraphs(*paragraphs):
    deck = pptx.Presentation()
    box(slide(deck), *paragraphs)
    return saved(deck).text


def numbered(text, kind="arabicPeriod", start="", level=0):
    start = f'startAt="{start}"' if start else ""
    bullet = f'<a:buAutoNum type="{kind}" {start}/>'
    return f'<a:pPr lvl="{level}">{bullet}</a:pPr>{run(text)}'


def test_numbers_of_paragraphs_are_counted_as_slides_show_them():
    assert of_paragraphs(
        numbered("three", start=3),
        numbered("deep", "alphaLcParenR", level=1),
        numbered("deeper", "alphaLcParenR", level=1),
        numbered("four", start=3),
        numbered("again", "alphaLcParenR", level=1),
        run("plain"),
        numbered("new", start=3),
        numbered("other", "romanUcParenBoth"),
        numbered("circle", "circleNumDbPlain"),
        numbered("中", "ea1ChsPeriod"),
        numbered("odd", "unheardOf"),
    ) == (
        "3. three\n  a) deep\n  b) deeper\n4. four\n  a) again\n- plain\n3. new\n"
        "(I) other\n① circle\n一. 中\n1. odd"
    )


def test_numbers_may_be_those_of_the_shape():
    deck = pptx.Presentation()
    shape = box(slide(deck), run("one"), f"<a:pPr><a:buNone/></a:pPr>{run('none')}")
    style = f'<a:lstStyle {_A}><a:lvl1pPr><a:buAutoNum type="arabicPlain"/></a:lvl1pPr></a:lstStyle>'
    body = shape.text_frame._txBody
    for old in body.findall("{*}lstStyle"):
        body.remove(old)
    body.insert(1, etree.fromstring(style))

    assert saved(deck).text == "1 one\n- none"


def test_ticks_before_paragraphs_are_read():
    bullet = '<a:pPr><a:buFont typeface="Wingdings"/><a:buChar char="{}"/></a:pPr>'
    assert of_paragraphs(
        bullet.format("ü") + run("Approved"),
        bullet.format("û") + run("Rejected"),
        bullet.format("§") + run("Open"),
    ) == "✓ Approved\n✗ Rejected\n- Open"  # fmt: skip


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        (run("5 ") + run("à", '<a:sym typeface="Wingdings"/>') + run(" 7"), "5 → 7"),
        (run("à moi", '<a:sym typeface="Wingdings"/>'), "à moi"),
        (run("þ", '<a:latin typeface="Wingdings"/>') + run(" yes"), "☑ yes"),
        (run("m", '<a:latin typeface="Symbol"/>') + run("m"), "μm"),
        (run("900", told='strike="sngStrike"') + run(" 800"), "~~900~~ 800"),
        (
            run("9", told='strike="sngStrike"') + run("00", told='strike="dblStrike"'),
            "~~900~~",
        ),
        (run("900", told='strike="noStrike"'), "900"),
    ],
)
def test_signs_and_struck_words_of_slides_are_read(runs, expected):
    assert of_paragraphs(runs) == expected


def test_what_an_audience_does_not_see_is_told():
    deck = pptx.Presentation()
    page = slide(deck)
    box(page, run("The fee is 40."))
    box(page, run("Beside."), at=(Pt(-300), Pt(10), Pt(200), Pt(20)))
    hidden = box(page, run("The fee is 1."))
    hidden._element.find(".//{*}cNvPr").set("hidden", "1")
    second = slide(deck)
    box(second, run("Spare."))
    second._element.set("show", "0")

    parsed = saved(deck)

    searched = [parsed.text[b.start : b.end] for b in parsed.blocks if not b.omitted]
    assert searched == ["Beside.", "The fee is 40.", "Spare."]
    assert {notice.code for notice in parsed.notices} == {
        "hidden_slides", "outside", "hidden_text",
    }  # fmt: skip
    assert "(slides 2)" in parsed.notices[0].message


def test_words_of_drawings_are_read_and_drawn_formulas_told():
    deck = pptx.Presentation()
    page = slide(deck)
    shape = box(page, run("The plan"))
    shape._element.find(".//{*}cNvPr").set("descr", "A pump with two valves")
    formula = etree.SubElement(shape._element, "{http://schemas.openxmlformats.org/presentationml/2006/main}oleObj")  # fmt: skip
    formula.set("progId", "Equation.3")

    parsed = saved(deck)

    assert parsed.text == "The plan\n\nA pump with two valves"
    assert [notice.code for notice in parsed.notices] == ["formulas"]


def test_cells_of_a_slide_that_go_over_others_are_read_with_each():
    deck = pptx.Presentation()
    frame = slide(deck).shapes.add_table(4, 3, *_BOX)
    rows = (
        ("Team", "Staff", ""),
        ("", "men", "women"),
        ("Sales", "5", "6"),
        ("", "7", "8"),
    )
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            frame.table.cell(row, column).text = text
    for first, last in (((0, 0), (1, 0)), ((0, 1), (0, 2)), ((2, 0), (3, 0))):
        frame.table.cell(*first).merge(frame.table.cell(*last))

    assert saved(deck).text == (
        "| Team | Staff men | Staff women |\n| --- | --- | --- |\n"
        "| Sales | 5 | 6 |\n| Sales | 7 | 8 |"
    )  # fmt: skip


def test_numbers_of_a_chart_stand_where_it_has_them():
    data = CategoryChartData(number_format="0.0%")
    data.categories = ["a", "b", "c"]
    data.add_series("Gap", (0.1, None, 0.35))
    data.add_series("Full", (1, 2, 3), number_format="General")
    deck = pptx.Presentation()
    chart = slide(deck).shapes.add_chart(XL_CHART_TYPE.LINE, *_BOX, data).chart
    chart.has_title = False
    chart.value_axis.axis_title.text_frame.text = "mEUR"
    chart.category_axis.axis_title.text_frame.text = "Site"

    assert saved(deck).text == (
        "| Site | Gap (mEUR) | Full (mEUR) |\n| --- | --- | --- |\n| a | 10.0% | 1 |\n"
        "| b |  | 2 |\n| c | 35.0% | 3 |"
    )


def test_points_of_a_plane_have_both_numbers():
    data = XyChartData()
    for name in ("Left", "Right"):
        series = data.add_series(name)
        series.add_data_point(1.5, 10)
        series.add_data_point(2.5, 20 if name == "Left" else 30)
    deck = pptx.Presentation()
    chart = slide(deck).shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, *_BOX, data).chart
    chart.has_title = False
    chart.category_axis.axis_title.text_frame.text = "Days"

    assert saved(deck).text == (
        "| Days | Left | Right |\n| --- | --- | --- |\n| 1.5 | 10 | 10 |\n"
        "| 2.5 | 20 | 30 |"
    )


def points(*values, code=""):
    code = f"<c:formatCode>{code}</c:formatCode>" if code else ""
    return code + "".join(
        f'<c:pt idx="{at}"><c:v>{value}</c:v></c:pt>' for at, value in enumerate(values)
    )


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (
            f"<c:ser><c:cat><c:numRef>{points(45356, code='yyyy-mm-dd')}</c:numRef></c:cat><c:val>{points(5)}</c:val></c:ser>",
            "2024-03-05 | 5",
        ),
        (
            f'<c:ser><c:cat><c:lvl>{points("Q1", "Q2", "Q1")}</c:lvl><c:lvl><c:pt idx="0"><c:v>2023</c:v></c:pt><c:pt idx="2"><c:v>2024</c:v></c:pt></c:lvl></c:cat><c:val>{points(1, 2, 3)}</c:val></c:ser>',
            "|  |  |\n| --- | --- |\n| 2023 Q1 | 1 |\n| 2023 Q2 | 2 |\n| 2024 Q1 | 3 |",
        ),
        (
            f"<c:ser><c:tx><c:v>A</c:v></c:tx><c:xVal>{points(1)}</c:xVal><c:yVal>{points(2)}</c:yVal></c:ser><c:ser><c:tx><c:v>B</c:v></c:tx><c:xVal>{points(3)}</c:xVal><c:yVal>{points(4)}</c:yVal></c:ser>",
            "| x | A |\n| --- | --- |\n| 1 | 2 |\n\n| x | B |\n| --- | --- |\n| 3 | 4 |",
        ),
        ('<c:ser><c:val><c:pt idx="99999999999"><c:v>1</c:v></c:pt></c:val></c:ser>', ""),
    ],
)  # fmt: skip
def test_names_of_points_are_read(inside, expected):
    builder = TextBuilder()
    chart = f"<c:chartSpace {_C}><c:chart><c:plotArea><c:lineChart>{inside}</c:lineChart></c:plotArea></c:chart></c:chartSpace>"
    add_chart(builder, etree.fromstring(chart))

    assert builder.parsed(title="t", media_type="x").text == expected
