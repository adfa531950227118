import pytest

from erya.language import Limits, limits


def only(text: str) -> Limits:
    (found,) = limits(text)
    return found


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("1万元以下", None, 10_000),
        ("5万元（含）以上", 50_000, None),
        ("1万元以上5万元以下", 10_000, 50_000),
        ("1-5万元", 10_000, 50_000),
        ("1000-5万元", 1_000, 50_000),
        ("3天以内", None, 72),
        ("满10年不满20年", 87_600, 175_200),
        ("up to 5 days", None, 120),
        ("€500 to €2,000", 500, 2_000),
        ("10 or more people", 10, None),
        ("at least 20 km", 20_000, None),
        ("三千元", 3_000, 3_000),
    ],
)
def test_amounts_and_ranges_are_read(text, low, high):
    found = only(text)

    assert (found.low, found.high) == (low, high)


def test_an_amount_is_within_a_range_or_not():
    assert only("1万元以上5万元以下").covers(only("3万元"))
    assert only("1万元以上5万元以下").covers(only("3万"))
    assert not only("1万元以上5万元以下").covers(only("8万元"))
    assert not only("超过5万元").covers(only("5万元"))
    assert only("5万元以上").covers(only("5万元"))
    assert not only("5万元以下").covers(only("超过5万元"))
    assert not only("within 3 days").covers(only("30 euros"))
    assert only("15+").covers(only("20 years"))
    assert not only("0–4").covers(only("20 years"))


def test_years_articles_and_codes_are_no_amounts():
    assert limits("2024年第3条 HX-210 10kV") == []


def test_nothing_has_no_amounts():
    assert limits("") == []


def test_times_of_day_and_zones_are_no_ranges():
    assert not any(each.is_range for each in limits("Tue, 04 Mar 2025 10:12:30 +0100"))
