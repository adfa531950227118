from typing import Any

import opencc
import pytest

from erya.language import (
    document_terms,
    is_code,
    passage_terms,
    query_terms,
    question_words,
    terms,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("running", {"run"}),
        ("GB/T 11643-1999", {"gb/t11643-1999", "gb", "t", "11643", "1999"}),
        ("v2.1", {"v2.1", "v", "2", "1"}),
        ("File 12. Then", {"file", "12", "then"}),
        ("HX-210", {"hx-210", "hx", "210"}),
        ("ＨＸ－２１０", {"hx-210", "hx", "210"}),
        ("2,500", {"2", "500"}),
        ("年假", {"年假", "年", "假"}),
        ("頭髮", {"头发", "头", "发"}),
        ("计算机", {"计算机", "计算", "算机", "计", "算", "机"}),
        ("", set()),
        ("？！ \n", set()),
    ],
)
def test_what_a_text_gives_to_the_index(text, expected):
    assert terms(text) == expected


def test_exact_forms_stand_beside_stems():
    found = document_terms("Running runs run")

    assert found.body == {"run": 3}
    assert found.exact == {"running": 1, "runs": 1, "run": 1}


def test_folding_makes_both_scripts_one():
    assert (
        document_terms("資訊安全與頭髮").body == document_terms("资讯安全与头发").body
    )


def test_folding_is_that_of_opencc():
    characters = [
        chr(code) for code in (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000))
    ]
    simplified = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")

    assert simplified != characters
    assert [terms(c) for c in characters] == [{c} for c in simplified]


def test_a_question_drops_what_only_holds_it_together():
    assert set(query_terms("How many days of leave do I get?").body) == {"day", "leav"}
    assert set(query_terms("请问年假有多少天？").body) == {"年假", "年", "假", "天"}


def test_a_question_of_nothing_else_keeps_its_words():
    assert set(query_terms("what is it").body) == {"what", "is", "it"}
    assert query_terms("？？").body == {}


def test_question_words_group_what_belongs_together():
    assert question_words("Why do HX-210 sensors fail?") == [
        ("hx-210",), ("sensor",), ("fail",),
    ]  # fmt: skip
    assert question_words("计算机的价格是多少") == [("计算", "算机"), ("价格",)]
    assert question_words("") == []
    assert question_words("what is it") == []


def test_every_question_word_is_a_query_term():
    text = "为什么 HX-210 的报警 alarms 会在 GB/T 11643 之后出现？"
    asked = query_terms(text).body

    for word in question_words(text):
        assert set(word) <= set(asked)


def test_a_run_of_letters_that_is_no_word_is_left_out():
    assert terms("x" * 1_000 + " ok") == {"ok"}


def test_joined_words_are_words_and_endless_codes_cost_no_time():
    assert terms("read/write long-term don't") == {
        "read",
        "write",
        "long",
        "term",
        "don't",
    }
    assert terms("a-" * 20_000 + "b") == {"a", "b"}


def test_codes_are_told_by_their_digits():
    assert is_code("hx-210")
    assert not is_code("sensor")


def passage(text, **given):
    told: dict[str, Any] = {"title": "", "headings": (), "source": "", "chunks": 9}
    return passage_terms(text, **told | given).body


def test_a_heading_counts_twice_and_the_title_in_short_documents_only():
    assert passage("Leave.", headings=("Leave",))["leav"] == 3
    assert passage("Leave.", title="Leave")["leav"] == 2
    assert passage("Leave.", title="Leave", chunks=3)["leav"] == 3
    assert passage("", title="Leave", headings=("Leave",))["leav"] == 1


def test_the_name_of_a_file_is_searched_where_the_title_is_another():
    assert passage("", source="/docs/travel-rates.md", title="Costs") == {
        "travel": 1, "rate": 1, "cost": 1,
    }  # fmt: skip
    assert passage("", source="/docs/travel.md", title="Travel") == {"travel": 1}
    assert passage("", source="https://a.org/leave/") == {"leav": 1}


def test_an_apostrophe_is_the_same_however_it_is_written() -> None:
    assert terms("O’Neill") == terms("O'Neill") == terms("Oʼneill")


def test_words_with_a_prefix_are_found_with_and_without_their_hyphen() -> None:
    for hyphened, whole in (("e-mail", "email"), ("Co-operation", "cooperation")):
        assert terms(whole) <= terms(hyphened)
    assert "longterm" not in terms("long-term")
