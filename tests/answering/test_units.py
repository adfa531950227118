from erya.answering.units import (
    find_item,
    find_label,
    find_list,
    find_record,
    include_code,
    split_units,
)
from erya.records import Span
from erya.testing import chunked, document


def at(text, words):
    """Return where words stand."""
    start = text.index(words)
    return Span(start, start + len(words))


def said(text, span):
    return None if span is None else text[span.start : span.end]


LIST = "Before you leave:\n- Close the window.\n- Lock the door. Twice.\n\nGood night."


def test_an_introduction_and_any_item_give_the_whole_list():
    whole = "Before you leave:\n- Close the window.\n- Lock the door. Twice."

    for words in ("Before you leave:", "Close the window.", "Lock the door."):
        assert said(LIST, find_list(LIST, at(LIST, words))) == whole
    assert find_list(LIST, at(LIST, "Good night.")) is None


def test_a_chinese_list_keeps_its_introduction():
    text = "有下列情形之一的，不予受理：\n（一）超过期限的；\n（二）材料不全的。\n第六条 另行规定。"

    found = said(text, find_list(text, at(text, "（二）材料不全的。")))

    assert found == text.partition("\n第六条")[0]


def test_a_list_that_is_too_long_ends_with_an_item():
    text = "Items:\n" + "\n".join(f"- Item {i} {'x' * 50}." for i in range(40))

    found = said(text, find_list(text, at(text, "Items:")))

    assert len(found) <= 1_000
    assert found.endswith("x.")
    assert text[len(found)] == "\n"


def test_a_sentence_gives_the_item_that_it_is_part_of():
    assert said(LIST, find_item(LIST, at(LIST, "Lock the door."))) == (
        "Lock the door. Twice."
    )
    assert find_item(LIST, at(LIST, "Close the window.")) is None
    assert find_item(LIST, at(LIST, "Good night.")) is None


def test_a_field_gives_its_small_record():
    text = (
        "sku: A-1\nname: Shears\n\nsku: B-2\nname: Trowel\n\nA sentence: with a colon."
    )

    assert said(text, find_record(text, at(text, "sku: B-2"))) == (
        "sku: B-2\nname: Trowel"
    )
    assert find_record(text, at(text, "A sentence: with a colon.")) is None


def test_an_instruction_comes_with_the_code_below_it_and_code_with_its_instruction():
    text = "Nothing here.\n\nInstall it with pip.\n\npip install erya\nerya doctor\n\nDone."
    both = "Install it with pip.\n\npip install erya\nerya doctor"

    assert said(text, include_code(text, at(text, "Install it with pip."))) == both
    assert said(text, include_code(text, at(text, "erya doctor"))) == both
    assert said(text, include_code(text, at(text, "Done."))) == "Done."


def test_units_are_sentences_and_rows_with_the_names_of_their_columns():
    (chunk,) = chunked(
        document("a.md", "One. Two.\n\n| Name | Price |\n| --- | --- |\n| Pen | 3 |")
    )

    units = split_units(chunk)

    assert [unit.text for unit in units] == [
        "One.",
        "Two.",
        "| Pen | 3 | | Name | Price |",
    ]
    for unit in units[:2]:
        assert chunk.text[slice(*unit.span)] == unit.text


def test_a_label_and_its_value_belong_together():
    text = "Reception\n\nGround floor\n\nIt is open all day. Ring twice."

    for words in ("Reception", "Ground floor"):
        assert (
            said(text, find_label(text, at(text, words))) == "Reception\n\nGround floor"
        )
    assert find_label(text, at(text, "It is open all day.")) is None
    assert find_label("Alone", Span(0, 5)) is None


def test_a_number_by_itself_is_no_unit_and_a_row_of_numbers_is():
    (chunk,) = chunked(
        document("a.md", "One.\n\n17\n\n| A | B |\n| --- | --- |\n| 3 | 4 |")
    )

    assert [unit.text for unit in split_units(chunk)] == ["One.", "| 3 | 4 | | A | B |"]


def test_of_several_short_lines_each_second_one_is_a_value():
    text = "Name\nAnna Berg\nPhone\n555 1234"

    assert said(text, find_label(text, at(text, "Phone"))) == "Phone\n555 1234"
    assert said(text, find_label(text, at(text, "Anna Berg"))) == "Name\nAnna Berg"
    odd = "Name\nAnna Berg\nPhone"
    assert find_label(odd, at(odd, "Phone")) is None
    (chunk,) = chunked(document("a.txt", "Order number\n\n20240501"))
    assert [unit.text for unit in split_units(chunk)] == ["Order number", "20240501"]


def test_the_fields_of_a_form_are_one_record_though_blank_lines_part_them():
    text = "Permit\n\nHolder: Ada Lind\n\nZone: K7\n\nKeep this form."
    start = text.index("Zone")
    record = find_record(text, Span(start, start + 8))

    assert record is not None
    assert text[slice(*record)] == "Holder: Ada Lind\n\nZone: K7"
