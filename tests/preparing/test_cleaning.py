"""What is done with a document between reading and cutting it."""

import dataclasses
import random
from dataclasses import replace

import pytest

from erya.errors import UsageError
from erya.guarding import Masking
from erya.language import fold_letters
from erya.loading import document_of, parse
from erya.preparing import CLEANING, Enrichment, Preparation, clean_document
from erya.records import Item
from erya.testing import ScriptedChatModel

LONG = "The company gives every employee twenty five days of annual leave in a year."


def document(text, name="a.md"):
    data = text.encode()
    return document_of(
        Item(source=f"/d/{name}", data=data), parse(data, name), readers=frozenset()
    )


def left_out(cleaned):
    return [
        (b.omitted, cleaned.text[b.start : b.end]) for b in cleaned.blocks if b.omitted
    ]


def test_unusual_signs_become_usual_ones_in_their_places():
    text = "⽤户Ａ１２：㐂，（年假）ﬁ\u00a0x"
    folded = fold_letters(text)

    assert folded == "用户A12：㐂，（年假）ﬁ x"
    assert len(folded) == len(text)
    cleaned = clean_document(document("⽤户Ａ"), ["normalise"])
    assert cleaned.text == "用户A"
    assert cleaned.metadata["cleaned"] == "normalise: 2 signs made usual"


def test_lines_said_again_and_again_are_kept_once():
    text = "\n\n".join(
        [
            "Internal use only",
            "One.",
            "Internal use only",
            "Two.",
            "Internal  use only",
            "Three.",
        ]
    )

    cleaned = clean_document(document(text), ["boilerplate"])

    assert left_out(cleaned) == [("boilerplate", "Internal use only")] * 2
    assert cleaned.text == document(text).text


def test_what_is_said_below_another_heading_or_of_another_number_is_no_copy():
    run = "Run `systemctl restart app`, and wait for two minutes until it answers."
    fine = "违反第{}条规定的，由主管部门责令改正，给予警告，可以并处五千元以上五万元以下罚款。"
    text = "\n\n".join(
        [
            *(f"## {name}\n\n{run}\n\n审批人：部门经理" for name in ("Billing", "Mail", "Files")),
            "## 罚则",
            *(fine.format(number) for number in "三四五"),
        ]
    )  # fmt: skip

    cleaned = clean_document(document(text), list(CLEANING))

    assert left_out(cleaned) == []


def test_near_copies_of_paragraphs_are_left_out_and_others_are_not():
    zh = "公司每年给予员工二十五天年假，须提前三天向部门主管提出书面申请，经批准后方可休假，并在系统中登记备案。"
    other = LONG.replace("twenty five", "thirty").replace("annual", "sick")
    text = "\n\n".join(
        [
            LONG,
            zh,
            LONG.replace("gives", "gives "),
            other,
            zh.replace("登记备案。", "登记备案"),
        ]
    )

    cleaned = clean_document(document(text), ["duplicates"])

    assert [reason for reason, _ in left_out(cleaned)] == ["duplicate", "duplicate"]
    assert other in [
        cleaned.text[b.start : b.end] for b in cleaned.blocks if not b.omitted
    ]


def test_copies_are_found_among_many_paragraphs():
    draw = random.Random(3)
    words = [f"w{i}" for i in range(2_000)]
    paragraphs = [" ".join(draw.choices(words, k=30)) for _ in range(300)]
    text = "\n\n".join([*paragraphs, *paragraphs[::30]])

    cleaned = clean_document(document(text), ["duplicates"])

    assert [t for _, t in left_out(cleaned)] == paragraphs[::30]


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("=-=-=-=+++///===~~~###@@@!!!%%%^^^&&&((()))", True),
        ("哈" * 40, True),
        ("x" * 20 + "QmFzZTY0" * 9, True),
        (
            "锟斤拷锟斤拷 2024 锟斤拷锟斤拷锟斤拷 3 锟斤拷锟斤拷锟斤拷锟斤拷锟斤拷锟斤拷",
            True,
        ),
        (
            "年假按工龄计算，满十年者十五天，满二十年者二十天，另行规定者除外。".encode().decode(
                "latin-1"
            ),
            True,
        ),
        ("立即购买，限时优惠，" * 20, True),
        ("Buy now and save. " * 30, True),
        (
            "年假十天" * 250_000 + "。",
            False,
        ),  # looked at a few times, not at each place
        (
            "\n".join(f"Room {n}: meeting room for {n % 9} people." for n in range(99)),
            False,
        ),
        ("\n".join(f"第{n}条 违反本条规定的，处罚款{n}元。" for n in range(80)), False),
        (
            "L'été dernier, le café où nous étions allés était fermé à cause d'un décès.",
            False,
        ),
        (
            "锅炉烫伤者应立即用流动的冷水冲洗伤处十五分钟，再到医务室处理，并由班组长登记。",
            False,
        ),
        (LONG, False),
        (
            "年假按工龄计算，满十年者十五天，满二十年者二十天，具体办法由人事部门另行规定。",
            False,
        ),
        (
            "See https://docs.example.org/a/very/long/address/that/goes/on/and/on/index.html",
            False,
        ),
    ],
)
def test_what_is_no_language_is_left_out(text, gone):
    assert (
        bool(
            left_out(
                clean_document(document(f"{LONG}\n\n{text}", "a.txt"), ["quality"])
            )
        )
        is gone
    )


def test_a_step_that_does_not_exist_is_named():
    with pytest.raises(UsageError, match="no step 'polish'.*normalise"):
        clean_document(document("x"), ["polish"])
    with pytest.raises(UsageError, match="no step 'polish'.*keywords"):
        Enrichment(steps=("polish",))


def test_clean_text_needs_no_account():
    given = document(LONG)
    assert clean_document(given, list(CLEANING)) == given


def test_dates_of_every_form_become_one_and_languages_are_counted():
    mail = (
        b"Subject: x\nDate: Thu, 05 Mar 2026 10:00:00 +0000\n\n"
        + LONG.encode()
        + "\n\n年假按工龄计算，满十年者十五天。".encode()
    )
    read = document_of(
        Item(source="/a.eml", data=mail), parse(mail, "a.eml"), readers=frozenset()
    )

    told = Enrichment().enrich(read).metadata

    assert told["date"] == "2026-03-05"
    assert told["languages"].startswith("en ")
    assert "zh " in told["languages"]


@pytest.mark.parametrize(
    ("told", "tags"),
    [
        ({"keywords": "price; pumps"}, "price, pumps"),
        ({"tags": "差旅、报销", "keywords": "x"}, "差旅, 报销"),
        ({"category": "Manuals"}, "Manuals"),
        ({"author": "Ada"}, None),
    ],
)
def test_what_formats_call_otherwise_are_tags(told, tags):
    given = dataclasses.replace(document(LONG), metadata=told)

    assert Enrichment().enrich(given).metadata.get("tags") == tags


def test_keywords_and_entities_go_by_rules_and_a_list():
    text = "# 考勤\n\n北京尔雅科技有限公司依据《劳动法》办理考勤。考勤自2026年1月1日起计算。HX-210 belongs to Acme Group."
    told = (
        Enrichment(
            steps=("keywords", "entities"), names=frozenset({"HX-210", "HX-999"})
        )
        .enrich(document(text))
        .metadata
    )

    assert told["keywords"].split(", ")[0] == "考勤"
    entities = told["entities"].split(", ")
    assert {"HX-210", "《劳动法》", "2026年1月1日", "Acme Group"} <= {*entities}
    assert any(each.endswith("科技有限公司") for each in entities)
    assert "HX-999" not in entities


def test_a_chat_model_names_them_when_it_is_asked_and_rules_when_it_fails():
    steps = ("keywords", "entities")
    model = ScriptedChatModel(["keywords: leave，年假\nentities: Acme, Bob\nother: no"])
    told = Enrichment(steps=steps, model=model).enrich(document(LONG)).metadata
    assert told == {"keywords": "leave, 年假", "entities": "Acme, Bob"}

    told = (
        Enrichment(steps=steps, model=ScriptedChatModel(["I cannot say."]))
        .enrich(document(LONG * 3))
        .metadata
    )
    assert "leave" in told["keywords"]


PERSONAL = "电话：13800138000。身份证 11010519491231002X，\n联系 ada@example.org, order 20260101."


def test_masked_text_has_the_same_length_and_says_what_was_found():
    given = document(PERSONAL, "a.txt")
    masked = Masking().mask(given)

    assert len(masked.text) == len(given.text)
    assert "13800138000" not in masked.text
    assert masked.text.startswith(
        "电话：***********。身份证 ******************，\n联系 ***************, order 20260101."
    )
    assert masked.metadata["masked"] == "1 cn_id_card, 1 email, 1 phone"
    assert [given.text[s.start : s.end] for s in masked.masked] == [
        "13800138000",
        "11010519491231002X",
        "ada@example.org",
    ]


def test_only_the_kinds_that_are_asked_for_are_masked():
    masked = Masking(kinds=frozenset({"email"})).mask(document(PERSONAL, "a.txt"))

    assert "13800138000" in masked.text
    assert "ada@" not in masked.text


@pytest.mark.parametrize(
    "secret",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_" + "a1B2" * 9,
        "sk-proj-" + "Ab1_" * 8,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----",
    ],
)
def test_keys_and_tokens_are_masked(secret):
    masked = Masking().mask(document(f"Use {secret} here.", "a.txt"))
    assert secret.split("\n")[0] not in masked.text
    assert masked.metadata["masked"] == "1 secret"


def test_passwords_are_known_by_the_word_before_them():
    found = Masking().mask(
        document("password: hunter22x, 密码是Abc12345。The password is long.", "a.txt")
    )
    assert found.text == "password: *********, 密码是********。The password is long."


def test_a_preparation_masks_before_anything_is_told_of_a_document():
    prepared = Preparation(
        enrichment=Enrichment(
            steps=("entities",), names=frozenset({"ada@example.org"})
        ),
        masking=Masking(),
    ).prepare(document(PERSONAL, "a.txt"))

    assert "ada@" not in str(prepared.metadata)
    assert Preparation().recipe != Preparation(masking=Masking()).recipe


def test_a_name_is_no_keyword_because_the_words_around_it_are_gone():
    given = document(
        "联系人：王小明，电话 13800138000。王小明负责考勤，王小明负责请假。", "a.txt"
    )
    told = Preparation(
        enrichment=Enrichment(steps=("keywords",)), masking=Masking()
    ).prepare(given)

    assert "***" in told.text
    assert told.text.count("王小明") == 2  # what no rule knows is not hidden by chance
    named = Preparation(enrichment=Enrichment(names=frozenset({"a"}))).recipe
    assert named != Preparation(enrichment=Enrichment(names=frozenset({"b"}))).recipe


def test_a_long_title_is_not_cut_within_a_number():
    title = "题" * 190 + "110101199003074477"
    read = document(f"# {title}\n\nText.")

    assert read.title == "题" * 190
    assert "110101" not in Masking().mask(read).title


def test_what_is_masked_is_not_kept_if_so_asked():
    masking = Masking(keep_original=False)
    preparation = Preparation(masking=masking)
    found = preparation.prepare(document(PERSONAL, "a.txt"))
    nothing = preparation.prepare(document(LONG, "b.txt"))

    # A file holds more than its text: comments, attachments, what is hidden.
    assert preparation.kept(found, b"x") is preparation.kept(nothing, b"x") is None
    assert nothing.private_original
    assert Preparation().kept(document(LONG), b"x") == b"x"


@pytest.mark.parametrize(
    ("kinds", "named"), [((), False), (("person",), False), (("phone",), True)]
)
def test_the_author_of_a_masked_document_is_not_named(kinds, named):
    read = replace(document("Call 13812345678."), metadata={"author": "Ada Byron"})

    masked = Masking(kinds=frozenset(kinds)).mask(read)

    assert ("author" in masked.metadata) is named


@pytest.mark.parametrize(
    "text",
    [
        "Espresso ................................ 2.80\nClub sandwich ............. 7.90",
        "Holder: Ada Lind ______________________________________________________",
        "Zone . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . K7",
        "+-----------+-----+\n| lock nut  |  97 |\n+-----------+-----+\n| screw     |   4 |",
        "Graz 0.000 0.0 0.0 10 0.000 0.0 0.0 13 4.000 0.0 0.000 0.0 0.000 0.00",
        "北京 ………………………………………………………………… 2.80 元 上海 ………………………… 3.60 元",
    ],
)
def test_what_carries_facts_between_leaders_and_lines_is_searched(text):
    cleaned = clean_document(document(f"{LONG}\n\n{text}", "a.txt"), ["quality"])

    assert not any(block.omitted for block in cleaned.blocks)


@pytest.mark.parametrize("text", ["=" * 40, "_ " * 30, "🎉" * 40, "*-" * 30])
def test_lines_of_signs_alone_are_not_searched(text):
    cleaned = clean_document(document(f"{LONG}\n\n{text}", "a.txt"), ["quality"])

    assert [block.omitted for block in cleaned.blocks] == ["", "low_quality"]
