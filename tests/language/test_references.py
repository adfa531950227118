import pytest

from erya.language import (
    leading_references,
    passage_terms,
    query_terms,
    reference_keys,
    references,
    terms,
)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("第四十七条 规定", ["第47条"]),
        ("第一百二十條", ["第120条"]),
        ("第十章、第 3 節", ["第10章", "第3节"]),
        ("第二十一条之一", ["第21条之1"]),
        ("第十五条之内", ["第15条"]),
        ("合伙企业法第15至17条", ["第15条", "第16条", "第17条"]),
        ("民法典1127条", ["第1127条"]),
        ("3.1.1条怎么说", ["第3.1.1条"]),
        ("3.2规定了什么", ["第3.2条"]),
        ("国务院令第二七三号", ["第273号"]),
        ("Article 47 says", ["第47条"]),
        ("Article 7(2), not Article 7(3)", ["第7(2)条", "第7(3)条"]),
        ("art. 5 and Section 12", ["第5条", "第12节"]),
        ("Section 3.2", ["第3.2节"]),
        ("§ 5a is no § 5", ["第5a节", "第5节"]),
        ("clause V", ["第v款"]),
        ("Annex C and Appendix 2", ["附c", "附2"]),
        ("the article, three sections, 3条建议, 有5条", []),
        ("How do I schedule a meeting?", []),
        ("the annex I built, section civil, 地铁第3号线", []),
        ("Annex A, schedule 2", ["附a", "表2"]),
        ("ſection 3", ["第3节"]),
        ("", []),
    ],
)
def test_references_have_one_key_however_they_are_written(text, keys):
    assert reference_keys(text) == keys


def test_references_are_told_as_they_are_written():
    assert [each.text for each in references("第四十七条, then Art. 5")] == [
        "第四十七条",
        "Art. 5",
    ]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("第二条 本法适用于企业。\n根据第三条，第四条另有规定。", ["第2条"]),
        ("3.1 Payment\nSee section 4.\n## 5.2.1 Notices", ["3.1", "5.2.1"]),
        ("3.1.1 戴帽。 3.1.2 禁烟。", ["3.1.1", "3.1.2"]),
        ("§ 5 Insure. § 15 Keep records.", ["第5节", "第15节"]),
        ("1. Fill it.\n2. Close it.\n2024年", []),
    ],
)
def test_what_begins_a_line_is_what_is_referred_to(text, keys):
    assert leading_references(text) == keys


def test_a_heading_may_have_its_number_alone():
    assert leading_references("4. Term", heading=True) == ["4"]
    assert leading_references("4. Term") == []


def test_a_reference_is_one_term_in_both_languages():
    shared = terms("第四十二条 挂车") & terms("What does Article 42 say?")

    assert "第42条" in shared
    assert "第42条" not in terms("第一百四十二条")


def test_an_article_has_a_term_that_those_which_mention_it_lack():
    def found(text, headings=()):
        return passage_terms(text, title="", headings=headings, source="a", chunks=9)

    asked = query_terms("第二条说了什么").expansions.keys()
    assert asked & found("第二条 本法适用于企业。").body.keys()
    assert not asked & found("第七条 有本法第二条规定情形的。").body.keys()
    asked = query_terms("What does section 3.1 say?").expansions.keys()
    assert asked & found("Pay at once.", headings=("Terms", "3.1 Payment")).body.keys()
    assert not asked & found("Pay by section 3.1.", headings=("3.10 Late",)).body.keys()
