"""Markdown: what its marks, components and front matter say is not lost."""

import pytest

from erya.loading import parse
from tests.loading.test_parsers import shown


def read(source, name="a.md"):
    return parse(source.encode(), name)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("The box is 600*800*1200 mm.", "The box is 600*800*1200 mm."),
        ("尺寸600*800*1200毫米", "尺寸600*800*1200毫米"),
        ("5*3 and 2*4 and `1*2*3`", "5*3 and 2*4 and 1*2*3"),
        ("2**3 and 4**2", "2**3 and 4**2"),
        ("*one* **two** a*b*c", "one two abc"),
        ("Call <name> with List<String> or <your key>.",
         "Call <name> with List<String> or <your key>."),
        ("A <kbd>Key</kbd> and <Note>note</Note>", "A Key and note"),
        ("[备注]: 每晚500元。", "[备注]: 每晚500元。"),
        ("[备注]: 500元/间", "[备注]: 500元/间"),
        ("- [备注]: 每晚500元。", "- [备注]: 每晚500元。"),
        ("250[^1]\n\n[^1]: 含税。", "250[^1]\n\n[^1]: 含税。"),
        ("[a][x]\n\n[x]: https://a.example/\n[//]: # (no)", "a"),
        ("250[1]\n\n[1]: https://a.example/", "250[1]\n\n[1]: https://a.example/"),
        ("[see][1]\n\n[1]: https://a.example/", "see"),
        ("250[1](#n) of v[2](#n)", "250[1] of v2"),
        ("- > 30 天：扣款\n- <5 天", "- > 30 天：扣款\n- <5 天"),
        ("> 5 kg is heavy", "> 5 kg is heavy"),
        ("> Quoted\n> 5 times", "Quoted 5 times"),
        ("+ 5 %", "+ 5 %"),
        ("if a<b and c>d", "if a<b and c>d"),
        (
            "| a | b |\n|---|---|\n| 1 | 2 | 3 |",
            "| a | b |  |\n| --- | --- | --- |\n| 1 | 2 | 3 |",
        ),
        (
            "> a | b\n> --|--\n> `x|y` | 元 |",
            "| a | b |\n| --- | --- |\n| x\\|y | 元 |",
        ),
        ('![Plan](x.png "Floor 3")', "Plan (Floor 3)"),
    ],
)  # fmt: skip
def test_what_looks_like_a_mark_and_is_none_is_kept(source, text):
    assert read(source).text == text


def test_code_shows_what_is_kept_elsewhere_as_it_is():
    source = "1*2*3 <name>\n\n    1*2*3 <name>\n    [备注]: 元\n\n[备注]: 元\n"

    assert [text for kind, text in shown(read(source)) if kind == "code"] == [
        "1*2*3 <name>\n[备注]: 元"
    ]


FRONT = """---
title: "出差管理办法"
编号: ZD-2024-07
author: Ann
tags: [差旅, "报销"]
# no value
approved by:
  - Bob
  - 'Cy'
scope: |
  All staff
  of Graz.
limits:
  hotel: 500
---
# Head
"""


@pytest.mark.parametrize("name", ["a.md", "a.mdx"])
def test_what_front_matter_says_is_text(name):
    parsed = read(FRONT, name)

    assert parsed.title == "出差管理办法"
    assert parsed.metadata == {
        "编号": "ZD-2024-07",
        "author": "Ann",
        "tags": "差旅, 报销",
        "approved_by": "Bob, Cy",
        "scope": "All staff of Graz.",
        "limits": "hotel: 500",
    }
    assert shown(parsed) == [
        (
            "paragraph",
            (
                "编号: ZD-2024-07\nauthor: Ann\ntags: 差旅, 报销\napproved by: Bob, Cy\n"
                "scope: All staff of Graz.\nlimits: hotel: 500"
            ),
        ),
        ("heading", "Head"),
    ]


def test_front_matter_gives_no_entry_that_erya_writes_and_none_without_end():
    many = "".join(f"key{n}: {'x' * 2_000}\n" for n in range(60))
    parsed = read(
        f"---\nmasked: 3 phone\ngiven: team\nCleaned: all\n{many}---\nText.\n"
    )

    assert not {"masked", "given", "cleaned"} & {*parsed.metadata}
    assert len(parsed.metadata) == 50
    assert {len(value) for value in parsed.metadata.values()} == {1_000}


def test_front_matter_may_be_toml():
    source = '+++\ntitle = "Pump"\nprice = 12.50\ntags = ["a", "b"]\n[by]\nname = "Bo"\n+++\nText.\n'

    parsed = read(source)

    assert parsed.title == "Pump"
    assert parsed.text == "price: 12.50\ntags: a, b\nby.name: Bo\n\nText."


@pytest.mark.parametrize("line", ["  ", "- a", "a: b", "\t"])
def test_front_matter_without_an_end_is_read_in_one_pass(line):
    assert read("---\n" + f"{line}\n" * 50_000 + "End.\n").text.endswith("End.")


MDX = """import { Tab,
  Tabs } from './tabs'
import './x.css'

export const meta = {
  price: 7,

  title: 'x',
}
Right below.

import goods from abroad within 8 days.

export your data on day 9.

```js
import a from 'a'

export default a
```

{/* a * b */}Text `{/* c */}`.

    export A=10

<Card title="Fees & dues" href="/x">Body</Card>

It costs <Price value={12} currency="EUR" />.
"""


def test_code_of_mdx_ends_with_its_statements_and_stays_in_fences():
    parsed = read(MDX, "a.mdx")

    assert [text for _, text in shown(parsed)] == [
        "Right below.",
        "import goods from abroad within 8 days.",
        "export your data on day 9.",
        "import a from 'a'\n\nexport default a",
        "Text {/* c */}.",
        "export A=10",
        "Fees & dues\nBody",
        "It costs value: 12, currency: EUR .",
    ]
    assert [notice.code for notice in parsed.notices] == ["code_left_out"]


@pytest.mark.parametrize("part", ["| a ", "| a | b |\n|--|--|\n|1|2|3|\n\n", "[1]: x\n",
                                  "> 5\n\n", "<a b>", "1*2*", "`|", "+ 5\n"])  # fmt: skip
def test_escapes_are_found_in_one_pass(part):
    assert read("|a|b|\n|-|-|\n" + part * 20_000).text


@pytest.mark.parametrize(
    "part",
    ["export const a = {\n\n", "{/* ", "import {", "import a\n", "<Card title='", "<A b={",
     "export const a = (\n x\n", f"import{' ' * 5_000}\n"],
)  # fmt: skip
def test_mdx_without_ends_is_read_in_one_pass(part):
    assert read("Text.\n\n" + part * 20_000, "a.mdx").text.startswith("Text.")
