import pytest

from erya.language import normal_references, terms


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("第四十七条 规定", "第47条 规定"),
        ("第一百二十條", "第120条"),
        ("第十章、第 3 節", "第10章、第3节"),
        ("国务院令第二七三号", "国务院令第273号"),
        ("Article 47 says", "第47条 says"),
        ("art. 5 and Section 12", "第5条 and 第12节"),
        ("Section 3.2", "Section 3.2"),
        ("the article", "the article"),
        ("", ""),
    ],
)
def test_references_are_written_in_one_way(text, normal):
    assert normal_references(text) == normal


def test_a_reference_is_one_term_in_both_languages():
    shared = terms("第四十二条 挂车") & terms("What does Article 42 say?")

    assert "第42条" in shared
    assert "第42条" not in terms("第一百四十二条")
