"""Tables of plain text, forms, heads that nothing marks, and where lines end."""

import pytest

from erya.loading import parse

LIST = """2031.05.23     Orders       1
--------------------------------
|Order   |Vendor    |    Price|
--------------------------------
|45000001|Oak Ltd   |   21.40 |
|45000002|Elm GmbH  |  5.86-  |
--------------------------------
|  *                |  27.26  |
"""


def test_a_list_between_bars_is_a_table():
    text = parse(LIST.encode(), "list.txt").text

    assert "| Order | Vendor | Price |\n| --- | --- | --- |" in text
    assert "| 45000002 | Elm GmbH | 5.86- |\n| * |  | 27.26 |" in text


def test_lines_parted_by_tabs_are_a_table():
    text = parse("名称\t等级\t天\n甲\tA\t5\n乙\tB\t9\n".encode(), "credit.txt").text

    assert text.strip() == (
        "| 名称 | 等级 | 天 |\n| --- | --- | --- |\n| 甲 | A | 5 |\n| 乙 | B | 9 |"
    )


def test_a_first_pair_or_a_first_line_of_a_log_names_no_column():
    for text in (
        "ant\tan animal\nbee\tan insect\nelk\ta deer\n",
        "2031-05-01\tINFO\tbegun\n2031-05-02\tINFO\tdone\n2031-05-03\tWARN\tlate\n",
    ):
        assert parse(text.encode(), "a.txt").text.lstrip().startswith("|  |  |")


def test_a_figure_stands_below_the_name_that_its_bar_is_of():
    text = parse(
        LIST.replace(
            "|  *                |  27.26  |", "|  * 2   |  27.26 of all      |"
        ).encode(),
        "a.txt",
    ).text

    assert "| * 2 | 27.26 of all |  |" in text


def test_figures_of_a_line_whose_bars_stand_elsewhere_are_below_no_name():
    odd = LIST.replace(
        "|  *                |  27.26  |", "|  *            |  27.26      |"
    )

    text = parse(odd.encode(), "a.txt").text

    assert "| 45000002 | Elm GmbH | 5.86- |\n| * 27.26 |  |  |" in text


@pytest.mark.parametrize(
    "text",
    [
        "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |",
        "\tIndented words.\n\tAnd more.\n\tAnd more.",
        "one\ttwo\nthree",
        "-----\nA rule above, and below.\n-----",
    ],
)
def test_other_text_is_kept_as_it_is(text):
    assert parse(text.encode(), "a.txt").text == text


def test_labels_with_values_beside_them_are_a_form():
    page = (
        "<table><tr><td>Client:</td><td>Oak Ltd</td><td>Offer:</td><td>BX-7</td></tr>"
        "<tr><td>Phone:</td><td>55 77</td><td>Valid:</td><td>30 days</td></tr></table>"
    )

    assert parse(page.encode(), "a.html").text == (
        "Client: Oak Ltd\nOffer: BX-7\nPhone: 55 77\nValid: 30 days"
    )


def test_two_parties_that_sign_are_read_one_after_the_other():
    page = (
        "<table><tr><td>供方</td><td>需方</td></tr>"
        "<tr><td>名称：甲公司</td><td>名称：乙公司</td></tr>"
        "<tr><td>账号：11</td><td>账号：22</td></tr></table>"
    )

    assert parse(page.encode(), "a.html").text == (
        "供方\n名称：甲公司\n账号：11\n\n需方\n名称：乙公司\n账号：22"
    )


def test_names_above_figures_are_the_head_of_a_page_without_marks():
    rows = (("Item", "Qty", "Price"), ("Bench", "4", "€60"), ("Lamp", "2", "€90"))
    cells = "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows
    )

    text = parse(f"<table>{cells}</table>".encode(), "a.html").text

    assert text.startswith("| Item | Qty | Price |\n| --- | --- | --- |")


def test_blanks_name_no_columns():
    cells = "<tr>" + "<td>&nbsp;</td>" * 3 + "</tr>"
    rows = "<tr><td>Part</td><td>Lamps</td><td>4</td></tr>" * 2

    text = parse(f"<table>{cells}{rows}</table>".encode(), "a.html").text

    assert text.startswith("|  |  |  |\n| --- | --- | --- |\n| Part | Lamps | 4 |")


def test_what_a_program_says_of_its_export_is_no_head():
    text = parse(
        b'"EXTF";700;21;"Bookings";12\nSum;Side;Unit;Account;Text;Day\n'
        b"1190,00;S;EUR;10001;Bench;0303\n250,50;H;EUR;70012;Lamp;0503\n",
        "export.csv",
    ).text

    assert "| Sum | Side | Unit | Account | Text | Day |\n| ---" in text


def test_a_label_begins_a_line_of_its_own():
    text = parse(
        "> 地点：二楼\n> 主持人：李雷\n> 大家都\n> 到了\n".encode(), "a.md"
    ).text

    assert text == "地点：二楼 主持人：李雷大家都到了"


def test_lines_of_a_mail_that_were_cut_behind_a_blank_are_one():
    mail = (
        "From: a@b.example\nContent-Type: text/plain; charset=utf-8; format=flowed\n\n"
        "Please hand in the form, \nwith all bills.\n请交报销单，须 \n贴票。\n-- \nIda\n"
    )

    text = parse(mail.encode(), "a.eml").text

    assert "the form, with all bills.\n请交报销单，须贴票。" in text


def test_tasks_have_their_ticks():
    page = (
        '<ul class="inline-task-list"><li class="checked" data-inline-task-id="1">Done'
        '</li><li data-inline-task-id="2">Open</li></ul>'
    )

    assert parse(page.encode(), "a.html").text == "- ☑ Done\n- ☐ Open"


def test_text_that_an_element_hides_by_itself_is_told():
    page = '<p>Seen.</p><div style="display:none"><p>The gate is green.</p></div>'

    parsed = parse(page.encode(), "a.html")

    assert parsed.text == "Seen."
    assert [notice.code for notice in parsed.notices] == ["hidden_text"]
