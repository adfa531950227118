"""JSON, subtitles, notebooks and logs: what they say is not lost on the way."""

import json

import pytest

from erya.errors import DocumentError
from erya.loading import parse
from tests.loading.test_parsers import shown


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_all_values_of_a_name_that_stands_twice_are_read_and_told(name):
    data = b'{"price": 1.00, "price": 2.50, "name": "x"}'

    parsed = parse(data, name)

    assert "1.00" in parsed.text
    assert "2.50" in parsed.text
    assert [notice.code for notice in parsed.notices] == ["repeated_names"]
    assert "price" in parsed.notices[0].message


def test_names_of_other_objects_are_no_repetition():
    parsed = parse(b'[{"a": 1, "b": {"a": 2}}, {"a": 3}]', "a.json")

    assert parsed.notices == ()


def test_empty_lists_of_json_are_told():
    assert parse(b'{"a": {"debts": [], "b": {}}}', "a.json").text == (
        "a.debts: []\na.b: {}"
    )


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ('[{"question": "Who?", "answer": "Ann", "valid": "2024", "no": ""}, {"a": 1}]',
         "faq.json"),
        ('{"question": "Who?", "answer": "Ann", "valid": 2024}', "faq.jsonl"),
        ("question,answer,valid,no\nWho?,Ann,2024,\n", "faq.csv"),
    ],
)  # fmt: skip
def test_what_stands_beside_a_question_and_its_answer_is_kept(data, name):
    assert parse(data.encode(), name).text.startswith("Who?\n\nAnn\n\nvalid: 2024")


def test_characters_of_java_properties_are_read():
    parsed = parse(b"name=\\u5f20\\u4e09\nface=\\ud83d\\ude00 \\ud83d", "a.properties")

    assert parsed.text == "name=张三\nface=\U0001f600 \ufffd"


@pytest.mark.parametrize(
    ("cues", "lines"),
    [
        (
            "00:01.000 --> 00:02.000\n<v Ann>It is 5 euro.</v>\n<v.loud Bob>No, 7.",
            ["[00:00:01] Ann: It is 5 euro.", "[00:00:01] Bob: No, 7."],
        ),
        (
            "00:01.000 --> 00:02.000\n<v 王芳>预算五元<v 李明>不是",
            ["[00:00:01] 王芳: 预算五元", "[00:00:01] 李明: 不是"],
        ),
        (
            "00:01.000 --> 00:02.000\n<v Ann>Yes</v> (noise)",
            ["[00:00:01] Ann: Yes", "[00:00:01] (noise)"],
        ),
        (
            "00:01.000 --> 00:02.000\nR&amp;D: a &lt; 5 <c.red>and</c> 3 <4 but 6> 5",
            ["[00:00:01] R&D: a < 5 and 3 <4 but 6> 5"],
        ),
        (
            "00:01.0 --> 00:02.0\nOne.\n\nTwo.\n\nNOTE\nno\n\n00:03.0 --> 00:04.0\nThree.",
            ["[00:00:01] One.", "[00:00:01] Two.", "[00:00:03] Three."],
        ),
    ],
)  # fmt: skip
def test_all_that_cues_say_is_read_by_who_says_it(cues, lines):
    parsed = parse(f"WEBVTT\n\n{cues}\n".encode(), "a.vtt")

    assert parsed.text.split("\n\n") == lines


def notebook(*outputs):
    cells = [{"cell_type": "code", "source": "x", "outputs": list(outputs)}]
    return json.dumps({"cells": cells, "nbformat": 4}).encode()


OBJECT = "<IPython.core.display.Markdown object>"


@pytest.mark.parametrize(
    ("output", "block"),
    [
        ({"output_type": "error", "ename": "ValueError", "evalue": "bad 12",
          "traceback": ["\x1b[31mline 3\x1b[0m"]}, ("code", "ValueError: bad 12\nline 3")),
        ({"data": {"text/markdown": ["Sum **12**"], "text/plain": OBJECT}},
         ("paragraph", "Sum 12")),
        ({"data": {"text/latex": "$x = 12$", "text/plain": OBJECT}}, ("code", "$x = 12$")),
        ({"data": {"text/latex": "$x^2$"}}, ("code", "$x^2$")),
        ({"data": {"text/html": "<p>合计 <b>12</b></p>"}}, ("paragraph", "合计 12")),
        ({"data": {"text/html": "<p>12</p>", "text/plain": "12"}}, ("code", "12")),
        ({"html": "<p>12</p>"}, ("paragraph", "12")),
    ],
)  # fmt: skip
def test_what_a_cell_shows_is_read_in_the_form_that_a_reader_sees(output, block):
    assert shown(parse(notebook(output), "a.ipynb")) == [("code", "x"), block]


def test_an_output_that_is_cut_is_told():
    parsed = parse(notebook({"text": "1\n" * 5_000}), "a.ipynb")

    assert [notice.code for notice in parsed.notices] == ["outputs_cut"]


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("l\bls\bs - list 12", "ls - list 12"),
        ("_\bO_\bP [-a]", "OP [-a]"),
        ("O\b_K", "OK"),
        ("b\bb\bbo\bold", "bold"),
        ("10%\b\b\b20%\b\b\b", "20%"),
        ("10%\b\b\b20%\b\b\b\r\nok", "20%\nok"),
        ("\b\babc", "abc"),
        ("_\b限_\b额12元", "限额12元"),
        ("\x1b(B\x1b[mok\x1b)0 \x1b=7", "ok 7"),
    ],
)
def test_a_log_is_read_as_a_terminal_shows_it(written, seen):
    assert parse(written.encode(), "a.log").text == seen


def test_a_page_of_a_manual_is_text():
    page = "\n".join(f"{c}\b{c}{c}\b{c} word" for c in "abcdefgh" * 20)

    assert parse(page.encode(), "page.txt").text.startswith("aa word\nbb word")


def test_backspaces_without_end_cost_no_more_than_other_signs():
    with pytest.raises(DocumentError):
        parse(b"\b" * 1_000_000 + b" ", "a.txt")
    assert parse(b"ab\b" * 300_000, "a.txt").text
