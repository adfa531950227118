import pytest

from erya.language import facts


def values(text: str) -> list[str]:
    return [fact.value for fact in facts(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It costs 1,200.50 euro.", ["1200.5"]),
        ("Three days", ["3"]),
        ("since March 2024", ["3", "2024"]),
        ("You may go.", []),
        ("员工每年有三十天年假", ["30"]),
        ("二〇二四年", ["2024"]),
        ("一百零五元，两万个", ["105", "20000"]),
        ("第三者责任", []),
        ("The HX-210 and v2.1", ["hx-210", "v2.1"]),
        ("It was said by Anna Berg of Berlin.", ["anna berg", "berlin"]),
        ("The cat sat.", []),
        ("由 Acme 公司审批", ["acme"]),
        ("５０％", ["50%"]),
        ("年假为15天", ["15"]),
        ("2024年3月1日，1,200元", ["2024", "3", "1", "1200"]),
        ("5万元，1.2 亿", ["50000", "120000000"]),
        ("from -5 to −22 °C, 3-5 days", ["-5", "-22", "3", "5"]),
        ("20 percent, 20%", ["20%", "20%"]),
        ("这十分重要，一次性付清", []),
        ("", []),
    ],
)
def test_the_facts_of_a_sentence(text, expected):
    assert values(text) == expected


def test_ways_of_writing_a_number_are_one():
    assert values("15 天") == values("十五天") == values("15.0 days") == ["15"]
