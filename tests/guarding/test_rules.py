"""Values are made up; check digits are made to fit, or not to."""

import itertools
import random

import pytest

from erya.guarding import PersonalDataRules


def found(text):
    return [(x.kind, text[x.start : x.end]) for x in PersonalDataRules().find(text)]


def id_card(body="11010519900307123"):
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return (
        body
        + "10X98765432"[
            sum(int(a) * b for a, b in zip(body, weights, strict=True)) % 11
        ]
    )


def luhn(body):
    for last in "0123456789":
        digits = [int(c) for c in reversed(body + last)]
        odd, even = digits[::2], digits[1::2]
        if (sum(odd) + sum(d * 2 if d < 5 else d * 2 - 9 for d in even)) % 10 == 0:
            return body + last
    raise AssertionError(body)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"身份证号{id_card()}，", [("cn_id_card", id_card())]),
        *(
            (f"证件 2024 {grouped}。", [("cn_id_card", grouped)])
            for grouped in (
                f"{id_card()[:6]} {id_card()[6:14]} {id_card()[14:]}",
                f"{id_card()[:14]} {id_card()[14:]}",
                f"{id_card()[:6]}-{id_card()[6:14]}-{id_card()[14:]}",
                " ".join(id_card()[at : at + 4] for at in range(0, 18, 4)),
            )
        ),
        ("刷卡 " + luhn("622588789328792"), [("bank_card", luhn("622588789328792"))]),
        ("card 4111 1111 1111 1111 12/30", [("bank_card", "4111 1111 1111 1111")]),
        ("card 3782-822463-10005.", [("bank_card", "3782-822463-10005")]),
        ("IBAN GB82 WEST 1234 5698 7654 32.", [("iban", "GB82 WEST 1234 5698 7654 32")]),
        ("代码：91350100M000100Y43。", [("cn_social_credit", "91350100M000100Y43")]),
        ("写信到wang@corp.example.cn吧", [("email", "wang@corp.example.cn")]),
        ("SSN: 460-12-9847", [("us_ssn", "460-12-9847")]),
        ("from 10.0.0.7 and fe80::1", [("ip_address", "10.0.0.7"), ("ip_address", "fe80::1")]),
        ("http://192.168.1.1:8080/", [("ip_address", "192.168.1.1")]),
        ("tel:+4915112345678", [("phone", "+4915112345678")]),
        ("mail: _ada@example.com", [("email", "_ada@example.com")]),
        ("姓名：欧阳小明 电话", [("person", "欧阳小明")]),
        ("Name: Ada Byron", [("person", "Ada Byron")]),
        ("1-800-555-0199", [("phone", "1-800-555-0199")]),
        ("手机13800138000。", [("phone", "13800138000")]),
        ("电话：010-62781234", [("phone", "010-62781234")]),
        ("call +44 20 7946 0958 now", [("phone", "+44 20 7946 0958")]),
        ("Phone: 555 0134", [("phone", "555 0134")]),
        ("护照号码 E12345678 的", [("passport", "E12345678")]),
        ("车牌京A12345，", [("vehicle_plate", "京A12345")]),
        ("微信号 wang_2001，", [("wechat_id", "wang_2001")]),
        ("出生日期：1990年3月7日", [("date_of_birth", "1990年3月7日")]),
        ("born on 3/7/1990 in", [("date_of_birth", "3/7/1990")]),
        ("住在北京市海淀区中关村路5号楼", [("address", "北京市海淀区中关村路5号")]),
        ("at 12 Old Mill Road, near", [("address", "12 Old Mill Road")]),
        ("姓名：王小明 电话", [("person", "王小明")]),
        ("手机 138\u20111234\u20115678", [("phone", "138\u20111234\u20115678")]),
        ("Tel.13812345678, id 3.13812345678", [("phone", "13812345678")]),
        ("see 13800138000- or", [("phone", "13800138000")]),
        ("mail:-ada@example.com", [("email", "ada@example.com")]),
        ("contact person: Peter Parker", [("person", "Peter Parker")]),
        ("| 姓名 | 部门 |\n| --- | --- |\n| 张三丰 | 财务 |\n| 李四 | 人事 |",
         [("person", "张三丰"), ("person", "李四")]),
        ("| Contact person | Fee |\n| --- | --- |\n| Ann Lee | 12 |", [("person", "Ann Lee")]),
        ("| Name | Version |\n| --- | --- |\n| Visual Studio | 17 |", []),
        ("asked Dr. Maria Keller why", [("person", "Maria Keller")]),
    ],
)  # fmt: skip
def test_personal_data_is_found(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "证件号" + id_card()[:-1] + ("1" if id_card()[-1] != "1" else "2"),
        "订单号203860668928383838已发货",
        "card 4111 1111 1111 1112",
        "GB83WEST12345698765432",
        "代码：91350100M000100Y44。",
        "from 2008-2009 and 3000-4000",
        "2003-08-28 12:13:52",
        "version 999.1.2.3",
        "CEP 90010-170",
        "35.35-41.23 of 1,447.0000",
        "ISBN 978-7-111-40701-0",
        "相关负责人表示，患者采用",
        "a @ b.example and user@localhost",
        "E12345678",
        "12 angry men on the road",
        "std::vector a::b and c::d",
        "File Name: Report Final, Host Name: Server",
        "Invoice 2023-0001-4444",
        "DOB: 1990-13-45",
    ],
)
def test_what_only_looks_like_it_is_not(text):
    assert found(text) == []


def test_what_stands_in_a_text_is_found_once_and_in_order():
    text = f"{id_card()} 13800138000 {id_card()}"

    rows = PersonalDataRules().find(text)

    assert [row.kind for row in rows] == ["cn_id_card", "phone", "cn_id_card"]
    assert rows == sorted(rows, key=lambda row: row.start)
    assert all(text[row.start : row.end].strip() for row in rows)


@pytest.mark.parametrize(
    "signs", ["1", "1-", "a.", "@a", "A1 ", "(0", "号北京路", "Name: Aa ", ":0", "x@a."]
)
def test_a_hostile_text_is_read_to_its_end(signs):
    text = signs * (100_000 // len(signs)) + " ada@example.com"

    assert found(text)[-1] == ("email", "ada@example.com")


def test_nothing_lies_upon_another_in_any_text():
    dice = random.Random(1)
    text = "".join(dice.choices("0123456789-. @aA:路北京号()+", k=100_000))

    rows = PersonalDataRules().find(text)

    assert len(rows) > 10
    assert all(one.end <= two.start for one, two in itertools.pairwise(rows))


def test_people_stand_beside_their_label_in_a_form():
    form = (
        "| 姓名 | 陈思远 | 性别 | 男 |\n| --- | --- | --- | --- |\n"
        "| 手机 | 无 | 联系人 | 陈国栋 |"
    )
    place = "| 姓名 | 诸葛明 | 负责人 | 上海 |\n| --- | --- | --- | --- |"
    roster = "| 姓名 | 性别 | 金额 |\n| --- | --- | --- |\n| 王芳 | 女 | 12 |"
    found = PersonalDataRules().find

    assert [form[p.start : p.end] for p in found(form)] == ["陈思远", "陈国栋"]
    assert [place[p.start : p.end] for p in found(place + "\n| a | b | c | d |")] == [
        "诸葛明"
    ]
    assert [roster[p.start : p.end] for p in found(roster)] == ["王芳"]
