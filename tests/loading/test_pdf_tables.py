import random
from collections import Counter
from itertools import pairwise

import pytest

from erya.loading import parse
from erya.loading.pdf.marking import mark_pdf
from erya.loading.pdf.parser import PdfReader, open_pdf
from tests.loading.pdf_files import pdf

XS, YS = (50, 150, 300, 450), (600, 630, 660, 690)  # of three rows of three cells
TEXT = "words of running text that fill a line of this page from its left to its right"


def rules(xs=XS, ys=YS, scale=1):
    """Draw each rule as a thin rectangle, as most programs do."""
    across = [(xs[0], y, xs[-1] - xs[0], 0.5) for y in ys]
    upright = [(x, ys[0], 0.5, ys[-1] - ys[0]) for x in xs]
    return "".join(
        " ".join(f"{scale * value}" for value in box) + " re f\n"
        for box in across + upright
    )


def in_cells(*rows, xs=XS, ys=YS, size=9, step=10):
    """Draw the lines of cells, cell after cell; the first row is the highest."""
    return [
        (xs[column] + 4, ys[-1 - row] - step * (line + 1), size, text)
        for row, cells in enumerate(rows)
        for column, cell in enumerate(cells)
        for line, text in enumerate(cell.split("\n"))
        if text
    ]


def tables(data):
    parsed = parse(data, "x.pdf")
    return [
        [
            [cell.strip() for cell in line.strip("|").split(" | ")]
            for line in parsed.text[block.start : block.end].split("\n")
            if set(line) - set("|- ")
        ]
        for block in parsed.blocks
        if block.kind == "table"
    ]


ROWS = [
    ["Item", "What is told of it", "Price"],
    ["A1", "goes on over\ntwo lines", ""],
    ["", "short", "12"],
]
WANTED = [
    ["Item", "What is told of it", "Price"],
    ["A1", "goes on over two lines", ""],
    ["", "short", "12"],
]


def across():
    """Draw the rules from left to right alone."""
    return "".join(f"50 {y} 400 0.5 re f\n" for y in YS)


def strokes():
    """Draw all rules as lines of one path."""
    across = "".join(f"{XS[0]} {y} m {XS[-1]} {y} l\n" for y in YS)
    return across + "".join(f"{x} {YS[0]} m {x} {YS[-1]} l\n" for x in XS) + "S\n"


def cells():
    """Draw a frame around each cell."""
    return "".join(
        f"{left} {low} {right - left} {high - low} re S\n"
        for left, right in pairwise(XS)
        for low, high in pairwise(YS)
    )


@pytest.mark.parametrize(
    ("drawn", "form"),
    [
        (rules(), False),
        (strokes(), False),
        (cells(), False),
        (rules(scale=2), True),
        (across() + "".join(f"{x} 600 0.5 90 re f\n" for x in XS[1:-1]), False),
    ],
    ids=["rectangles", "one path", "frames", "in a form", "open at its sides"],
)
def test_a_cell_reaches_from_rule_to_rule(drawn, form):
    assert tables(pdf(in_cells(*ROWS), drawn=drawn, form=form)) == [WANTED]


def test_text_without_a_gap_is_cut_at_a_rule():
    """Cells that are full to their edges stand as near as words."""
    page = [(54, 678, 9, "Item"), (74, 678, 9, "Price"), (54, 648, 9, "A1")]
    page += [(74, 648, 9, "12"), (54, 618, 9, "B1"), (74, 618, 9, "13")]

    (table,) = tables(pdf(page, drawn=rules(xs=(50, 73, 120))))

    assert table == [["Item", "Price"], ["A1", "12"], ["B1", "13"]]


def test_cells_without_a_rule_between_them_are_one():
    """The rule between the first two columns is not drawn in the first two rows."""
    drawn = rules(xs=(50, 300, 450)) + "150 600 0.5 30 re f\n"
    page = in_cells(["", "Joined", "Price"], ["", "a b", "12"], ["c", "d", "13"])

    (table,) = tables(pdf(page, drawn=drawn))

    assert table == [["Joined", "", "Price"], ["a b", "", "12"], ["c", "d", "13"]]


def test_a_row_over_all_columns_stands_above_its_table():
    drawn = (
        rules(ys=YS[:-1])
        + "50 660 0.5 30 re f 450 660 0.5 30 re f 50 690 400 0.5 re f\n"
    )
    page = in_cells(["Prices of 2026"], ["Item", "Kind", "Price"], ["A", "b", "12"])

    parsed = parse(pdf(page, drawn=drawn), "x.pdf")

    assert [block.kind for block in parsed.blocks] == ["paragraph", "table"]
    assert parsed.text.startswith("Prices of 2026\n")


def test_columns_between_upright_rules_alone_have_their_rows():
    page = in_cells(
        *([f"item {n}", f"kind {n}", f"{n}0"] for n in range(5)),
        ys=tuple(range(620, 700, 15)),
    )
    drawn = rules(ys=(600, 700))

    (table,) = tables(pdf(page, drawn=drawn))

    assert table[-5:] == [[f"item {n}", f"kind {n}", f"{n}0"] for n in range(5)]


@pytest.mark.parametrize(
    "drawn",
    [
        "50 590 420 120 re S\n",
        "1 1 0 rg 50 650 420 20 re f 0 g\n",
        "".join(
            f"{x} 500 m {x} 700 l S {x} 500 m 450 {x} l S\n" for x in range(60, 450)
        ),
        "q 50 590 420 120 re W n Q\n",
        "1 g 50 640 100 50 re f 150 640 200 50 re f 50 600 100 40 re f 0 g\n",
    ],
    ids=["frame", "highlight", "drawing", "clip", "white"],
)
def test_what_is_drawn_around_text_makes_no_table(drawn):
    page = [(60, 700 - 14 * i, 10, f"{i} {TEXT}") for i in range(6)]

    parsed = parse(pdf(page, drawn=drawn), "x.pdf")

    assert [block.kind for block in parsed.blocks] == ["paragraph"]
    assert parsed.text == " ".join(f"{i} {TEXT}" for i in range(6))


def test_a_word_that_stands_over_a_rule_stays_whole():
    page = [*in_cells(*ROWS), (130, 640, 9, "overlay of a box")]

    parsed = parse(pdf(page, drawn=rules()), "x.pdf")

    assert "overlay" in parsed.text


@pytest.mark.parametrize("rotate", [0, 90, 270])
def test_a_turned_page_keeps_its_table(rotate):
    assert tables(pdf(in_cells(*ROWS), drawn=rules(), rotate=rotate)) == [WANTED]


def test_names_of_columns_are_no_running_head():
    """A table goes on over pages, and begins with the same names on each."""
    ys = tuple(range(650, 791, 20))
    names = ["Item", "Kind", "Price"]
    page = [
        in_cells(names, *([f"i{n} {p}", "k", f"{n}{p}"] for n in range(6)), ys=ys)
        for p in range(4)
    ]

    found = tables(pdf(*page, drawn=rules(ys=ys)))

    assert [table[0] for table in found] == [names] * 4


@pytest.mark.parametrize(
    "drawn",
    ["", across(), "0.9 g 50 630 400 30 re f 0 g\n"],
    ids=["no lines", "rules between rows", "a row in colour"],
)
def test_cells_that_go_on_are_of_one_row_without_rules_around_them(drawn):
    rows = [
        ["Item", "What is told of it", "Price"],
        ["Anchor", "a cell that goes on over its\nwhole width and more", "12"],
        ["Buoy", "another cell that goes on as\nfar as the first one", "1,300"],
    ]

    (table,) = tables(pdf(in_cells(*rows), drawn=drawn))

    assert table == [[cell.replace("\n", " ") for cell in row] for row in rows]


def test_cells_that_stand_in_the_middle_of_their_row_are_of_it():
    """Where rules part the rows, heights inside of them do not matter."""
    page = [
        (54, 675, 9, "Item"), (154, 675, 9, "Told"), (304, 675, 9, "Price"),
        (54, 640, 9, "A1"), (154, 646, 9, "first of two lines"),
        (154, 635, 9, "and the second"), (304, 640, 9, "12"),
        (54, 610, 9, "B1"), (154, 610, 9, "short"), (304, 610, 9, "13"),
    ]  # fmt: skip

    (table,) = tables(pdf(page, drawn=rules()))

    assert table[1] == ["A1", "first of two lines and the second", "12"]


def test_signs_of_money_and_percent_belong_to_their_figures():
    page = [
        cell
        for n, label in enumerate(["Net sales", "Cost of sales", "Gross profit"])
        for cell in (
            (60, 700 - 14 * n, 9, label),
            *([(300, 700 - 14 * n, 9, "$")] if n == 0 else []),
            (330, 700 - 14 * n, 9, f"{n + 1},200"),
            (400, 700 - 14 * n, 9, f"{n + 1}4.2"),
            (430, 700 - 14 * n, 9, "%"),
        )
    ]

    (table,) = tables(pdf(page))

    assert table == [
        ["Net sales", "$ 1,200", "14.2 %"],
        ["Cost of sales", "2,200", "24.2 %"],
        ["Gross profit", "3,200", "34.2 %"],
    ]


def test_names_of_columns_over_several_lines_are_one_row():
    page = [
        (300, 740, 9, "Year ended"), (400, 740, 9, "Year ended"),
        (300, 729, 9, "March 31, 2026"), (400, 729, 9, "March 31, 2025"),
        (60, 710, 9, "Net sales"), (320, 710, 9, "1,200"), (420, 710, 9, "1,100"),
        (60, 696, 9, "Cost of sales"), (320, 696, 9, "1,000"), (420, 696, 9, "900"),
        (60, 682, 9, "Profit"), (320, 682, 9, "200"), (420, 682, 9, "200"),
    ]  # fmt: skip

    (table,) = tables(pdf(page))

    assert table[0] == ["", "Year ended March 31, 2026", "Year ended March 31, 2025"]
    assert table[-1] == ["Profit", "200", "200"]


FIGURES = [
    *[(60, 700, 9, "Net sales"), (310, 700, 9, "1,200"), (410, 700, 9, "1,100")],
    *[(500, 700, 9, "9.1"), (60, 686, 9, "Cost of sales"), (310, 686, 9, "1,000")],
    *[(410, 686, 9, "900"), (500, 686, 9, "11.1"), (60, 672, 9, "Profit")],
    *[(310, 672, 9, "200"), (410, 672, 9, "200"), (500, 672, 9, "0.0")],
]
YEARS = [(312, 718, 9, "2026"), (412, 718, 9, "2025"), (492, 718, 9, "Change")]


def test_a_name_over_a_rule_is_of_all_columns_below_the_rule():
    page = [(60, 760, 12, "A report"), (335, 733, 9, "Year ended"), *YEARS, *FIGURES]

    (table,) = tables(pdf(page, drawn="305 730 130 0.5 re f\n"))

    assert table[:2] == [
        ["", "Year ended 2026", "Year ended 2025", "Change"],
        ["Net sales", "1,200", "1,100", "9.1"],
    ]


def test_a_name_alone_in_the_middle_of_the_columns_is_of_all_of_them():
    page = [(380, 733, 9, "In millions"), *YEARS, *FIGURES]

    (table,) = tables(pdf(page))

    assert table[0] == ["", *(f"In millions {n}" for n in ("2026", "2025", "Change"))]


def test_a_label_between_names_and_rows_is_a_row_of_the_table():
    page = [
        *((x, y + 14, size, text) for x, y, size, text in YEARS),
        (60, 714, 9, "Sales and cost"),
        *FIGURES,
    ]

    (table,) = tables(pdf(page))

    assert table[:3] == [
        ["", "2026", "2025", "Change"],
        ["Sales and cost", "", "", ""],
        ["Net sales", "1,200", "1,100", "9.1"],
    ]


def test_a_label_that_goes_on_in_the_first_row_is_of_it():
    goes_on = [
        (x, y, size, text.replace("Net sales", "sold abroad"))
        for x, y, size, text in FIGURES
    ]
    page = [
        *((x - 8, y + 10, size, text) for x, y, size, text in YEARS[:2]),
        (60, 711, 9, "Products"),
        *goes_on,
    ]

    (table,) = tables(pdf(page))

    assert table[1] == ["Products sold abroad", "1,200", "1,100", "9.1"]


@pytest.mark.parametrize(
    "above",
    [
        [(60, 718, 9, "By region")],
        [(300, 718, 9, "Table 3. Sales by region and year")],
        [(312, 718, 9, "One region")],
        [
            (260, 718, 9, "A title in the middle"),
            *((x, 736, 9, t) for x, _, _, t in YEARS[:1]),
        ],
        [(312, 718, 9, "3,400"), (412, 718, 9, "3,500"), (500, 718, 9, "2.9")],
        [(60, 718, 9, TEXT[:70])],
        [(312, 760, 9, "2026"), (412, 760, 9, "2025"), (492, 760, 9, "Change")],
    ],
    ids=["title", "caption", "one name", "middle", "figures", "sentence", "far above"],
)
def test_what_names_no_columns_stays_out_of_their_names(above):
    (table, *_) = tables(pdf([*above, *FIGURES]))

    assert ["Net sales", "1,200", "1,100", "9.1"] in table[:2]
    assert (
        parse(pdf([*above, *FIGURES]), "x.pdf").text.count("|  |  |  |  |\n| --- |")
        == 1
    )


def test_a_name_of_several_columns_can_be_marked_from_each():
    page = [(335, 733, 9, "Year ended"), *YEARS, *FIGURES]
    data = pdf(page, drawn="305 730 130 0.5 re f\n")
    with open_pdf(data) as document:
        text = PdfReader(document).page(0).text

    first, second = (
        mark_pdf(data, page=1, start=at, end=at + 10, quote="Year ended", picture=False)
        for at in (text.index("Year ended"), text.rindex("Year ended"))
    )

    assert first["boxes"] == second["boxes"]


def test_names_above_rules_between_rows_have_several_lines():
    page = [
        (54, 745, 9, "A title"),
        (304, 722, 9, "Year ended"), (404, 722, 9, "Year ended"),
        (304, 711, 9, "March 31,"), (404, 711, 9, "March 31,"),
        (54, 700, 9, "In millions"), (304, 700, 9, "2026"), (404, 700, 9, "2025"),
        *in_cells(
            ["Net sales", "1,200", "1,100"],
            ["Cost of sales", "1,000", "900"],
            ["Profit", "200", "200"],
            xs=(50, 300, 400),
        ),
    ]  # fmt: skip

    (table,) = tables(pdf(page, drawn=across()))

    assert table[0] == [
        "In millions", "Year ended March 31, 2026", "Year ended March 31, 2025",
    ]  # fmt: skip
    assert len(table) == 4


@pytest.mark.parametrize("mark", ["-", "1.", "(a)", "3.1"])
def test_a_list_is_no_table(mark):
    page = [
        cell
        for n in range(4)
        for cell in (
            (60, 700 - 14 * n, 9, mark),
            (90, 700 - 14 * n, 9, f"entry {n} of it"),
        )
    ]

    assert tables(pdf(page)) == []


def test_text_that_is_drawn_column_by_column_is_no_table():
    left = [(60, 700 - 14 * n, 9, f"street {n}") for n in range(4)]
    right = [(400, 700 - 14 * n, 9, f"reference {n}") for n in range(4)]

    parsed = parse(pdf(left + right), "x.pdf")

    assert tables(pdf(left + right)) == []
    assert parsed.text.index("street 3") < parsed.text.index("reference 0")


def test_each_character_is_told_once_and_can_be_marked():
    page = [
        *in_cells(*ROWS),
        *((60, 500 - 14 * i, 10, f"{i} {TEXT}") for i in range(3)),
        *((x, 400 - 14 * i, 9, f"{x + i}") for i in range(4) for x in (60, 200, 300)),
    ]
    data = pdf(page, drawn=rules())
    with open_pdf(data) as document:
        told = PdfReader(document).page(0)
    numbers = [number for number in told.numbers if number >= 0]
    start = told.text.index("two lines")

    found = mark_pdf(data, page=1, start=start, end=start + 9, quote="two lines")

    assert len(numbers) == len(set(numbers))
    (box,) = found["boxes"]
    left, top, right, bottom = box
    assert left * 600 == pytest.approx(154, abs=2)
    assert 800 * (1 - bottom) == pytest.approx(640, abs=3)
    assert right > left
    assert bottom > top


@pytest.mark.parametrize("count", [4_000, 30_000])
def test_a_page_full_of_lines_is_read_all_the_same(count):
    drawn = "".join(f"{x % 600} {x % 790} 40 0.4 re f\n" for x in range(count))

    assert "goes on over" in parse(pdf(in_cells(*ROWS), drawn=drawn), "x.pdf").text


def test_a_long_value_beside_its_label_names_no_column():
    party = "Northgate Clinic and Brightwater Supplies Ltd"
    rows = [["Parties", party], ["Term", "three years"], ["Law", "England"]]

    parsed = parse(
        pdf(in_cells(*rows, xs=(50, 150, 450)), drawn=rules(xs=(50, 150, 450))), "x.pdf"
    )

    assert parsed.text.startswith("|  |  |\n| --- | --- |\n| Parties |")


def test_names_of_columns_over_several_rows_are_joined():
    """The first row has cells over two columns, the corner one over two rows."""
    drawn = (
        "50 600 0.5 90 re f 150 600 0.5 90 re f 300 600 0.5 60 re f 450 600 0.5 90 re f\n"
        "600 600 0.5 90 re f 50 600 550 0.5 re f 50 630 550 0.5 re f\n"
        "150 660 450 0.5 re f 50 690 550 0.5 re f\n"
    )
    page = in_cells(
        ["Item", "Europe", "", ""],
        ["", "Price", "Weight", "Asia price"],
        ["A", "12", "13", "14"],
        xs=(50, 150, 300, 450, 600),
    )

    (table,) = tables(pdf(page, drawn=drawn))

    assert table == [
        ["Item", "Europe Price", "Weight", "Asia price"],
        ["A", "12", "13", "14"],
    ]


def test_rows_that_are_not_cut_by_rules_are_cut_by_gaps():
    """Only the names have upright rules; each other row is one cell."""
    ys = tuple(range(600, 691, 15))
    rows = [
        ["Name", "2022", "2021"],
        *([f"Item {n}", f"{n},234", f"{n},345"] for n in range(5)),
    ]
    drawn = "".join(f"50 {y} 400 0.5 re f\n" for y in ys) + "".join(
        f"{x} 675 0.5 15 re f\n" for x in XS[1:-1]
    )
    drawn += "50 600 0.5 90 re f 450 600 0.5 90 re f\n"

    (table,) = tables(pdf(in_cells(*rows, ys=ys), drawn=drawn))

    assert table == rows


def test_words_on_coloured_ground_stay_whole():
    drawn = "0.9 g 95 696 60 12 re f 120 684 80 12 re f 95 672 60 12 re f 0 g\n"
    page = [(60, 700 - 12 * i, 10, f"{i} {TEXT}") for i in range(4)]

    parsed = parse(pdf(page, drawn=drawn), "x.pdf")

    assert parsed.text == " ".join(f"{i} {TEXT}" for i in range(4))


def test_a_word_wider_than_its_cell_stays_whole():
    xs = (50, 88, 300, 450)

    (table,) = tables(
        pdf(
            in_cells(*[[f"summers{n}", "", f"{n}0"] for n in range(3)], xs=xs),
            drawn=rules(xs=xs),
        )
    )

    assert [row[0] for row in table] == ["summers0", "summers1", "summers2"]


def test_a_narrow_table_keeps_its_place():
    ys = tuple(range(300, 701, 20))
    xs = (50, 80, 110)
    page = [
        (60, 740, 10, TEXT),
        *in_cells(*([f"K{n}", f"{n}7"] for n in range(20)), xs=xs, ys=ys),
        (60, 250, 10, f"last {TEXT}"),
    ]

    kinds = [
        b.kind for b in parse(pdf(page, drawn=rules(xs=xs, ys=ys)), "x.pdf").blocks
    ]

    assert kinds == ["paragraph", "table", "paragraph"]


def test_words_beside_a_table_of_a_column_are_no_row_of_it():
    words = "running text that fills its column well"
    left = [(40, 760 - 12 * i, 10, f"{i} {words}") for i in range(8)]
    right = [(310, 760 - 12 * i, 10, f"{i} {words}") for i in range(40)]
    cells = in_cells(["a", "b"], ["c", "d"], xs=(120, 170, 220), ys=(600, 620, 640))
    beside = [(40, 628, 10, "Note one"), (40, 608, 10, "Note two")]
    drawn = rules(xs=(120, 170, 220), ys=(600, 620, 640))

    parsed = parse(pdf([*left, *beside, *cells, *right], drawn=drawn), "x.pdf")

    assert "| a | b |\n| c | d |" in parsed.text
    assert parsed.text.index("Note two") < parsed.text.index("39 running")


@pytest.mark.parametrize("rotate", [0, 90, 180])
def test_text_decides_how_a_page_is_turned(rotate):
    """A table drawn upwards on its page, however the page is shown."""
    drawn = "".join(
        f"BT 0 1 -1 0 {700 - y} {x} Tm /F {size} Tf ({text}) Tj ET\n"
        for x, y, size, text in in_cells(*ROWS)
    )
    turned = "q 0 1 -1 0 700 0 cm\n" + rules() + "Q\n"

    assert tables(pdf([], drawn=turned + drawn, rotate=rotate)) == [WANTED]


def test_upright_text_of_a_page_that_is_shown_upside_down_is_read_as_it_stands():
    assert parse(pdf([(60, 700, 10, TEXT)], rotate=180), "x.pdf").text == TEXT


def test_names_of_columns_come_again_without_rules():
    pages = [
        [
            *in_cells(
                ["Item", "What is told", "Price"],
                *(
                    [f"i{n} {'abcd'[p]}", f"kind {'efgh'[p]}", f"{n}{p}"]
                    for n in range(6)
                ),
                ys=tuple(range(640, 781, 20)),
            ),
            (300, 20, 9, f"page {p}"),
        ]
        for p in range(4)
    ]

    found = tables(pdf(*pages))

    assert [table[0] for table in found] == [["Item", "What is told", "Price"]] * 4


def test_a_running_head_in_the_frame_of_its_page_stays_one():
    frame = "40 40 520 740 re S 40 750 m 560 750 l S\n"
    pages = [
        [
            (60, 760, 9, "ACME Manual, revision 7"),
            *((60, 700 - 14 * i, 10, f"{p}{i} {TEXT}") for i in range(9)),
        ]
        for p in range(4)
    ]

    blocks = parse(pdf(*pages, drawn=frame), "x.pdf").blocks

    assert sum(block.omitted == "running_head" for block in blocks) == 4


def test_a_sign_without_a_letter_makes_no_part_of_a_row():
    page = [
        (x, 700 - 14 * n, 9, text)
        for n in range(5)
        for x, text in (
            (60, f"Name {n}"),
            (200, "~"),
            (209, f"beta {n}"),
            (400, f"{n}1"),
        )
    ]
    means = {chr(code): chr(code) for code in range(32, 126)} | {"~": "\x01"}

    parsed = parse(pdf(page, means=means), "x.pdf")

    assert all(parsed.text.count(f"beta {n}") == 1 for n in range(5))


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ("A-", "101", "A-101"),
        ("2026-01-", "02", "2026-01-02"),
        ("pur-", "chase", "purchase"),
    ],
)
def test_a_hyphen_at_the_end_of_a_line_stays_in_codes_and_dates(first, second, joined):
    page = [(60, 700, 10, f"{TEXT} {first}"), (60, 688, 10, f"{second} {TEXT}")]

    assert f" {joined} " in parse(pdf(page), "x.pdf").text


@pytest.mark.parametrize("seed", range(60))
def test_no_character_is_lost_or_told_twice_but_in_names_of_columns(seed):
    """Words and rules at random, some of them in rows and columns."""
    draw = random.Random(seed)
    xs = sorted(draw.sample(range(40, 560, 20), draw.randint(2, 6)))
    ys = sorted(draw.sample(range(100, 760, 15), draw.randint(2, 12)))
    words = ["sum", "1,200", "$", "%", "a longer cell of words", "(3.1)", "No.", "x  y"]
    page = [
        (
            x + draw.randint(0, 9),
            y + draw.choice((2, 2, 2, 7)),
            draw.choice((7, 9, 12)),
            draw.choice(words),
        )
        for y in ys
        for x in draw.sample(xs, draw.randint(1, len(xs)))
    ]
    drawn = rules(xs=xs, ys=ys) if draw.random() < 0.5 else across()
    drawn += "".join(
        f"0.9 g {draw.choice(xs)} {draw.choice(ys)} 60 15 re f 0 g\n" for _ in range(3)
    )

    with open_pdf(pdf(page, drawn=drawn)) as document:
        told = PdfReader(document).page(0)
        textpage = document[0].get_textpage()
        units = textpage.get_text_range()
        wanted = sorted(sign for sign in units if not sign.isspace())
        textpage.close()
    numbers = [number for number in told.numbers if number >= 0]
    found = [
        sign
        for sign, number in zip(told.text, told.numbers, strict=True)
        if number >= 0 and not sign.isspace()
    ]

    names = [  # of which one may be of several columns
        number
        for block in told.blocks
        for end in [told.text.find("\n", block.start, block.end)]
        if block.kind == "table"
        for number in told.numbers[block.start : end]
    ]
    again = Counter(numbers) - Counter(set(numbers))
    assert set(again) <= set(names)
    assert sorted(found) == sorted(
        wanted + [units[number] for number in again.elements()]
    )


NARROW = (50, 110, 300, 352)  # the last column has room for ten signs of 9 points


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("1,200,000.0\n0", "1,200,000.00"),
        ("12,178,320.\n55", "12,178,320.55"),
        ("SO2025051\n6001", "SO20250516001"),
        ("12,178,320\n12,178,321", "12,178,320 12,178,321"),
        ("SO2025051\n25-05-18", "SO2025051 25-05-18"),
    ],
)
def test_a_number_that_its_cell_is_too_narrow_for_goes_on_below(broken, whole):
    page = in_cells(
        ["Item", "Name", "Sum"], ["A1", "one", broken], xs=NARROW, ys=YS[:3]
    )

    (table,) = tables(pdf(page, drawn=rules(xs=NARROW, ys=YS[:3])))

    assert table[1:] == [["A1", "one", whole]]


def test_names_in_order_are_of_columns_whose_figures_stand_right_of_them():
    """As in a sheet without lines: names begin their cells, and figures end them."""
    page = [(110, 776, 9, "Linz"), (230, 776, 9, "Graz"), (50, 760, 9, "Team")]
    page += [
        (x, 760, 9, name)
        for x, name in zip((110, 170, 230, 290), ("Q1", "Q2") * 2, strict=True)
    ]
    for row, cells in enumerate(
        (("Design", "12", "14", "7", "9"), ("Site", "30", "28", "3", "22"))
    ):
        page += [
            (x, 744 - 16 * row, 9, cell)
            for x, cell in zip((50, 156, 216, 276, 336), cells, strict=True)
        ]

    (table,) = tables(pdf(page))

    assert table == [
        ["Team", "Linz Q1", "Linz Q2", "Graz Q1", "Graz Q2"],
        ["Design", "12", "14", "7", "9"],
        ["Site", "30", "28", "3", "22"],
    ]
