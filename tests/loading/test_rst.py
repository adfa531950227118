"""reStructuredText: nothing of it is lost, and what cannot be read is told."""

import pytest

from erya.errors import DocumentError
from erya.loading import parse
from tests.loading.test_parsers import shown


def read(source):
    return parse(source.encode(), "a.rst")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (".. code-block:: sh\n   :linenos:\n\n   ls 12\n", ["ls 12"]),
        (".. code-block:: sh\n   :emphasize-lines: 1\n\n   ls 12\n", ["ls 12"]),
        (".. code-block:: sh\n   :caption: 列表\n\n   ls 12\n", ["列表", "ls 12"]),
        (".. code:: python\n   :number-lines:\n\n   ls 12\n", ["ls 12"]),
        (".. math::\n   :label: eq\n\n   a = 12\n", ["a = 12"]),
        (".. note::\n   :collapsible:\n\n   超过12天\n", ["超过12天"]),
        (".. admonition:: Head\n   :icon: x\n\n   Body\n", ["icon: x", "Head", "Body"]),
        (".. figure:: x.png\n   :alt: Alt\n   :zoom:\n\n   Caption\n", ["Alt", "Caption"]),
        (".. image:: x.png\n   :loading: soon\n   :alt: Alt\n", ["Alt"]),
        (".. topic:: Head\n   :foo:\n\n   Body\n", ["Head", "Body"]),
        (
            (
                ".. list-table:: Prices\n   :widths: 1 2 3\n   :header-rows: 1\n"
                "   :sort:\n\n   * - k\n     - v\n   * - a\n     - 12\n"
            ),
            ["Prices", "| k | v |\n| --- | --- |\n| a | 12 |"],
        ),
        (
            (
                ".. table:: Prices\n   :zebra:\n\n   == ==\n   k  v\n   == ==\n"
                "   a  12\n   == ==\n"
            ),
            ["Prices", "| k | v |\n| --- | --- |\n| a | 12 |"],
        ),
        (".. mermaid::\n   :caption: Flow\n\n   A --> B12\n", ["Flow", "A --> B12"]),
        (".. toctree::\n   :caption: Parts\n\n   Use it <use>\n   api\n", ["Parts", "Use it"]),
    ],
)  # fmt: skip
def test_an_option_that_docutils_does_not_know_loses_nothing(source, expected):
    parsed = read(source)

    assert [text for _, text in shown(parsed)] == expected
    assert parsed.notices == ()


@pytest.mark.parametrize(
    "broken",
    [
        "== ==\nk  v\n== ==\na  12 is too long\nbbbbbb  13\n== ==",
        "+---+---+\n| a | 12345 |\n+---+---+",
        ".. list-table::\n\n   * - k\n     - v\n   * - 12",
        ".. code-block:: sh\n   ls 12",
    ],
)
def test_what_docutils_cannot_read_stands_as_it_is_written_and_is_told(broken):
    parsed = read(f"Before.\n\n{broken}\n\nAfter.\n")

    assert shown(parsed) == [
        ("paragraph", "Before."), ("code", broken), ("paragraph", "After."),
    ]  # fmt: skip
    assert [notice.code for notice in parsed.notices] == ["unreadable_markup"]


def test_a_short_line_below_a_heading_is_no_error():
    parsed = read("年度预算制度\n====\n\nText.\n")

    assert shown(parsed) == [("heading", "年度预算制度"), ("paragraph", "Text.")]
    assert parsed.notices == ()


def test_references_to_notes_do_not_join_numbers():
    parsed = read("It is 250\\ [1]_ or 300\\ [#a]_ [CIT]_.\n\n.. [1] net\n.. [#a] gross\n"
                  ".. [CIT] A book\n")  # fmt: skip

    assert [text for _, text in shown(parsed)] == [
        "It is 250[1] or 300[2] [CIT].", "[1] net", "[2] gross", "[CIT] A book",
    ]  # fmt: skip


def test_names_stand_with_what_they_name():
    parsed = read("Rules\n=====\n\n:Author: Ann\n:Version: 2.1\n:Owner: HR\n\nText.\n\n"
                  "-o FILE  where to write\n--all    everything\n")  # fmt: skip

    assert [text for _, text in shown(parsed)] == [
        "Rules", "Author: Ann", "Version: 2.1", "Owner: HR", "Text.",
        "-o FILE: where to write", "--all: everything",
    ]  # fmt: skip
    assert parsed.metadata["author"] == "Ann"


def test_items_keep_the_numbers_that_they_are_written_with():
    source = (
        "(a) one\n(b) two\n\nText.\n\niv) four\nv) five\n\nText.\n\nB. bee\nC. see\n"
    )

    assert [text for kind, text in shown(read(source)) if kind == "list"] == [
        "(a) one\n(b) two", "iv) four\nv) five", "B. bee\nC. see",
    ]  # fmt: skip


def test_cells_over_several_rows_or_columns_keep_the_columns_of_others():
    source = """
+------+------+-----+
| City | Season     |
+------+------+-----+
| Graz | low  | 1   |
|      +------+-----+
|      | high | 2   |
+------+------+-----+
"""

    assert read(source).text.splitlines()[2:] == [
        "| City | Season |  |", "| Graz | low | 1 |", "| Graz | high | 2 |",
    ]  # fmt: skip


def test_a_row_whose_first_cell_is_empty_is_kept():
    source = (
        "====  ===  ===\n      Min  Max\n====  ===  ===\nSize  4.3  7.9\n====  ===  ==="
    )

    assert read(source).text.splitlines()[::2] == [
        "|  | Min | Max |", "| Size | 4.3 | 7.9 |",
    ]  # fmt: skip


def test_what_stands_in_other_files_is_told_and_never_read(tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("hunter2")
    names = ("include:: {}", "literalinclude:: {}", "raw:: html\n   :file: {}",
             "csv-table:: Head\n   :file: {}", "raw:: html\n   :url: file://{}")  # fmt: skip
    source = "\n\n".join(f".. {name.format(secret)}" for name in names)

    parsed = read(f"Text.\n\n{source}\n\n.. automodule:: erya.cli\n\n   More.\n")

    assert [text for _, text in shown(parsed)] == ["Text.", "More."]
    told = {notice.code: notice.message for notice in parsed.notices}
    assert told.keys() == {"elsewhere"}
    assert str(secret) in told["elsewhere"]
    assert "erya.cli" in told["elsewhere"]


def test_html_within_is_read_as_a_page_shows_it():
    source = (
        ".. role:: br(raw)\n   :format: html\n\nA\\ :br:`<br/>`\\ B.\n\n"
        ".. raw:: html\n\n   <p>Seen <b>12</b><script>no()</script></p>\n"
    )

    assert read(source).text == "A B.\n\nSeen 12"


def test_a_note_that_lacks_a_colon_is_kept_and_a_comment_is_not():
    parsed = read("Text.\n\n.. note: Pay 12 euro.\n\n.. no: secret\n\n.. TODO\n")

    assert parsed.text == "Text.\n\nnote: Pay 12 euro."


def test_wrapped_chinese_is_joined_without_a_blank():
    assert read("第一行\n第二行\n\n- 第三行\n  第四行\n").text == (
        "第一行第二行\n\n- 第三行第四行"
    )


def test_roles_are_text_and_code_that_shows_them_stays_as_it_is():
    source = "See :doc:`the guide <guide>` and :kbd:`Ctrl`.\n\n::\n\n   :doc:`x <y>` `a <b>`\n"

    assert [text for _, text in shown(read(source))] == [
        "See the guide and Ctrl.", ":doc:`x <y>` `a <b>`",
    ]  # fmt: skip


def test_what_is_too_deep_is_told():
    source = "".join(f"{'  ' * depth}- a\n\n" for depth in range(400))

    with pytest.raises(DocumentError) as caught:
        read(source)

    assert caught.value.code == "too_deep"
