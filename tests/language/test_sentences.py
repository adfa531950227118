from itertools import pairwise

import pytest

from erya.language import (
    LIST_MARK,
    count_tokens,
    language_of,
    named_row,
    sentences,
)


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  \n ", []),
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("第一句。第二句！第三句？", ["第一句。", "第二句！", "第三句？"]),
        ("他说：“走。”然后走了。", ["他说：“走。”", "然后走了。"]),
        ("Dr. Smith met J. R. Doe at 3.5 p.m. sharp.", None),
        ("See e.g. section 2. Then go.", ["See e.g. section 2.", "Then go."]),
        ("Pens, paper, etc. The rest is extra.", ["Pens, paper, etc.", "The rest is extra."]),
        ("1. First step\n2. Second step", ["1. First step", "2. Second step"]),
        ("no end", ["no end"]),
        ("A: 1 | B: 2\nA: 3 | B: 4", ["A: 1 | B: 2", "A: 3 | B: 4"]),
        ("It costs 3.50 euro. Fine.", ["It costs 3.50 euro.", "Fine."]),
        ("The answer is no. Travel is not refunded.", ["The answer is no.", "Travel is not refunded."]),
        ("Ask for No. 5 today.", None),
        ("Item: Yahoo! box | Note: v1.2. Fast.", None),
        ("（一）" + "甲" * 30 + "，\n（二）乙。", ["（一）" + "甲" * 30 + "，", "（二）乙。"]),
        ("等等……后来好了。", ["等等……", "后来好了。"]),
        ("v2.1 is out. It works.", ["v2.1 is out.", "It works."]),
    ],
)  # fmt: skip
def test_where_sentences_end(text, expected):
    assert cut(text) == ([text] if expected is None else expected)


def test_dots_that_lead_to_a_price_end_nothing():
    text = "Espresso ........ 2.80\nClub sandwich ..... $ 7.90\nAnd so on..... The end."
    found = [text[span.start : span.end] for span in sentences(text)]
    assert found == [
        "Espresso ........ 2.80",
        "Club sandwich ..... $ 7.90",
        "And so on.....",
        "The end.",
    ]


def test_a_wrapped_line_of_prose_goes_on():
    text = (
        "This paragraph was wrapped by an editor at some width so that\n"
        "its sentence goes on. The next one does not."
    )

    assert cut(text)[1] == "The next one does not."


def test_spans_come_in_order_and_do_not_overlap():
    text = "甲。乙！ One. (Two.) “Three.” ... 4. Five\n\nSix" * 20
    spans = sentences(text)

    assert all(a.end <= b.start for a, b in pairwise(spans))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("你好", 2),
        ("hello", 1),
        ("international", 3),
        ("a, b", 3),
        ("第3章", 3),
    ],
)
def test_tokens_are_estimated(text, tokens):
    assert count_tokens(text) == tokens


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("年假有几天", "zh"),
        ("How many days?", "en"),
        ("请联系 Anna Berg 了解休假安排和差旅报销的规定", "zh"),
        ("The word 年假 means annual leave.", "en"),
        ("これはひらがなのぶんしょうです", ""),
        ("Отпуск составляет двадцать дней (Annual leave)", ""),
        ("تاريخ ارائه مدارک - Page 7", ""),
        ("The angle α grows with β and γ.", "en"),
        ("123", ""),
        ("", ""),
    ],
)
def test_the_main_language_is_told(text, language):
    assert language_of(text) == language


def test_the_first_part_of_an_address_is_no_number_of_a_list():
    assert LIST_MARK.match("10.1.4.31") is None
    assert LIST_MARK.match("10. Doors") is not None


def test_an_empty_cell_without_a_name_keeps_its_place():
    assert named_row("| 主管 |  | 二等座 |  |", "") == "主管 | — | 二等座"
    assert named_row("| a |  | 3 |", "| x | y | z |") == "x: a | z: 3"


@pytest.mark.parametrize(
    "text",
    [
        "Der Termin ist am 14. Juli 2025 in Linz.",
        "Es gilt ab 1. 1. 2025 für alle.",
        "Im 2. Quartal stieg der Umsatz.",
        "Předání proběhne 30. dubna v sídle.",
        "Die Kosten betragen rd. 1,2 Mio. Euro zzgl. MwSt. und Versand.",
        "The fee is 300 EUR incl. VAT and shipping.",
        "See fig. 2 in the annex a.o. works.",
    ],
)
def test_dates_and_abbreviations_end_no_sentence(text):
    assert [s.end - s.start for s in sentences(text)] == [len(text)]


def test_a_number_ends_a_sentence_before_another():
    assert len(sentences("We paid 12. Augmented glasses came.")) == 2
    assert len(sentences("ok. see you tomorrow. bring it.")) == 3
