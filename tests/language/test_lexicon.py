import pytest

from erya.language import Word, lexicon_of, query_terms


def asked(question, *words):
    return query_terms(question, lexicon_of(words))


def test_what_means_the_same_is_looked_for_both_ways():
    word = Word("holiday", "same", ("annual leave",))

    assert set(asked("a holiday?", word).expansions) == {"annual", "leav"}
    assert set(asked("my annual leave?", word).expansions) == {"holiday"}


def test_a_wider_word_counts_less_and_one_way_only():
    wider, narrower = (
        asked("my iPad?", Word("ipad", kind, ("tablet",))).expansions["tablet"]
        for kind in ("wider", "narrower")
    )

    assert 0 < wider < narrower < 1
    assert asked("my tablet?", Word("ipad", "wider", ("tablet",))).expansions == {}


def test_what_is_asked_for_already_counts_once():
    terms = asked("holiday leave", Word("holiday", "same", ("leave",)))

    assert terms.expansions == {}
    assert terms.body["leav"] == 1.0


@pytest.mark.parametrize("question", ["Ipads?", "the IPAD", "ｉＰａｄ"])
def test_case_width_and_number_do_not_matter(question):
    assert "tablet" in asked(question, Word("iPad", "same", ("tablet",))).expansions


def test_a_word_inside_another_is_not_found():
    assert asked("capital", Word("cap", "same", ("hat",))).expansions == {}


def test_the_longest_word_is_found():
    words = (Word("年终", "same", ("岁末",)), Word("年终奖", "same", ("奖金",)))

    found = asked("年终奖多少", *words).expansions

    assert "奖金" in found
    assert "岁末" not in found


def test_of_a_word_that_is_one_term_no_character_counts_alone():
    torn = query_terms("灵犀云盘怎么用")
    whole = asked("灵犀云盘怎么用", Word("灵犀云盘", "word"))

    assert "盘" in torn.body
    assert "盘" not in whole.body
    assert {"灵犀", "犀云", "云盘"} <= set(whole.body)


def test_a_question_of_one_such_word_finds_it():
    assert set(asked("什么值得买", Word("什么值得买", "word")).body) == {
        "什么", "么值", "值得", "得买",
    }  # fmt: skip


def test_names_of_both_sides_of_the_strait_come_with_it():
    assert "伺服" in asked("服务器").expansions
    assert "鼠标" in asked("滑鼠").expansions


def test_without_a_lexicon_nothing_is_added():
    assert query_terms("服务器").expansions == {}
