"""Personal data by form and check digits, Chinese and English.

What has check digits counts only when they are right: ISO 7064 for Chinese identity
cards, GB 32100 for social credit codes, Luhn (ISO/IEC 7812) for bank cards, ISO 13616
for IBAN. What has none needs a form that little else has, or a word before it.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator
from datetime import date
from itertools import chain, pairwise
from typing import Final, NamedTuple

from typing_extensions import override

from erya.guarding.base import PersonalData, PersonalDataDetector
from erya.language import table_cells
from erya.records import Span

__all__ = ["KINDS", "RULES", "PersonalDataRules"]

# Raise it when the rules find more or less: masked documents are read anew.
RULES: Final = "5"


class _Rule(NamedTuple):
    """A form, and what must hold beside it; group `it` is what is found."""

    kind: str
    form: re.Pattern[str]
    holds: Callable[[re.Match[str]], bool] = lambda _: True


class PersonalDataRules(PersonalDataDetector):
    """Finds what has a form: no model, nothing is contacted.

    Kinds: `secret` (keys, tokens, passwords), `email`, `wechat_id`, `ip_address`,
    `iban`, `cn_social_credit`, `cn_id_card`, `bank_card`, `us_ssn`, `passport`,
    `vehicle_plate`, `date_of_birth`, `phone`, `address`, `person`. Of addresses only
    those with a street and a number, of people only those whom a title, a form's field
    or a table's column announces.
    """

    @override
    def find(self, text: str) -> list[PersonalData]:
        hits: list[PersonalData] = []
        taken = bytearray(len(text))
        text = _DASHES.sub("-", text)  # one sign for one
        # The surest first: what one has taken, the next cannot have.
        for rule in _RULES:
            for match in filter(rule.holds, rule.form.finditer(text)):
                start, end = match.span("it")
                if not any(taken[start:end]):
                    taken[start:end] = b"\1" * (end - start)
                    hits.append(PersonalData(rule.kind, start, end))
        for start, end in _people_in_tables(text):
            if not any(taken[start:end]):
                hits.append(PersonalData("person", start, end))
        return sorted(hits, key=lambda each: each.start)


def _people_in_tables(text: str) -> Iterator[Span]:
    """Yield the cells with a name below those columns that are named so, or beside."""
    for table in _TABLES.finditer(text):
        names, *rows = table_cells(text, Span(*table.span()))
        yield from (
            value
            for label, value in chain.from_iterable(map(pairwise, (names, *rows)))
            if _FIELD.fullmatch(text[slice(*label)])
            and _PERSON_IN_FORM.fullmatch(text[slice(*value)])
        )
        columns = [
            at for at, cell in enumerate(names) if _FIELD.fullmatch(text[slice(*cell)])
        ]
        for cells in rows if columns else ():
            values = (
                (cells[at], text[slice(*cells[at])])
                for at in columns
                if at < len(cells)
            )
            yield from (
                cell
                for cell, words in values
                if _PERSON.fullmatch(words) and not _LABEL.fullmatch(words)
            )


def _is_id_card(match: re.Match[str]) -> bool:
    """Check region, birth date and ISO 7064 MOD 11-2 (GB 11643)."""
    text = match["it"].replace(" ", "").replace("-", "")
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(d) * w for d, w in zip(text[:17], weights, strict=True))
    return (
        text[:2] in _REGIONS
        and "10X98765432"[total % 11] == text[17].upper()
        and _is_date(text[6:10], text[10:12], text[12:14])
    )


def _is_date(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def _is_social_credit(match: re.Match[str]) -> bool:
    """Check the sign at the end (GB 32100): weights are powers of 3, modulo 31."""
    text = match["it"]
    values = [_CREDIT_SIGNS.index(sign) for sign in text]
    total = sum(value * pow(3, at, 31) for at, value in enumerate(values[:17]))
    return -total % 31 == values[17]


def _is_bank_card(match: re.Match[str]) -> bool:
    """Check the issuer's prefix with its lengths (ISO/IEC 7812), and Luhn's sum."""
    digits = "".join(sign for sign in match["it"] if sign.isdigit())
    if not any(
        low <= digits[: len(low)] <= high and len(digits) in lengths
        for low, high, lengths in _ISSUERS
    ):
        return False
    doubled = (
        sum(divmod(2 * int(digit), 10)) if at % 2 else int(digit)
        for at, digit in enumerate(reversed(digits))
    )
    return sum(doubled) % 10 == 0


def _is_iban(match: re.Match[str]) -> bool:
    """Check the length and the remainder by 97 (ISO 13616)."""
    packed = match["it"].replace(" ", "").upper()
    turned = packed[4:] + packed[:4]
    return (
        15 <= len(packed) <= 34
        and int("".join(str(int(c, 36)) for c in turned)) % 97 == 1
    )


def _is_ip(match: re.Match[str]) -> bool:
    try:
        ipaddress.ip_address(match["it"])
    except ValueError:
        return False
    return True


def _is_ip_6(match: re.Match[str]) -> bool:
    """Check it, and that it is no name of a program: those have no digit, as `a::b`."""
    return (
        match["it"].count(":") > 1
        and bool(_DIGIT.search(match["it"]))
        and _is_ip(match)
    )


def _is_birth_date(match: re.Match[str]) -> bool:
    first, second, third = re.findall(r"\d+", match["it"])
    if len(first) == 4:
        return _is_date(first, second, third)
    return _is_date(third, first, second) or _is_date(third, second, first)


def _is_phone(match: re.Match[str]) -> bool:
    """Check that there are as many digits as numbers have, and that it is no other.

    Years from and to, decimals and norms have two groups, too: these count only where
    they begin with 0 or a country, or where a word beside them says what they are.
    """
    number = re.split("[a-z]", match["it"], maxsplit=1)[0].strip()
    groups = re.findall(r"\d+", number)
    parted = {sign for sign in number if sign in ".-"}
    if (
        not 7 <= sum(map(len, groups)) <= 15
        or len(parted) > 1
        or _NO_PHONE.match(number)
    ):
        return False
    if number[0] in "+(0" or len(groups) > 2 or len(groups[0]) == 11:
        return True
    near = match.string[max(0, match.start("it") - 24) : match.end("it") + 8]
    return "." not in parted and bool(_CALLED.search(near))


# What an identity card begins with: provinces and regions (GB/T 2260).
_REGIONS: Final = frozenset(
    re.findall(
        "..",
        "1112131415212223313233343536374142434445465051525354616263646571818283",
    )
)
_CREDIT_SIGNS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_PROVINCES: Final = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|"
    "湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
)
# Prefixes of issuers, from and to, and how long their numbers are.
_ISSUERS: Final = (
    ("4", "4", (13, 16, 19)),
    ("51", "55", (16,)),
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),
    ("37", "37", (15,)),
    ("300", "305", (14,)),
    ("36", "36", (14,)),
    ("38", "39", (14,)),
    ("1800", "1800", (15,)),
    ("2131", "2131", (15,)),
    ("35", "35", range(16, 20)),
    ("50", "50", range(12, 20)),
    ("56", "69", range(12, 20)),
)
# A date, perhaps with an hour; American and Brazilian postal codes; numbers of bills.
_NO_PHONE: Final = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}(?!\d)"
    r"|\d{5}-\d{3,4}$|\d{4}-\d{4}-\d{4}$"
)
_DIGIT: Final = re.compile("[0-9]")
_CALLED: Final = re.compile(
    r"phone|call|tel\b|fax|mobile|office|reach me|电话|热线|手机|致电|传真|联系方式",
    re.IGNORECASE,
)
_FREE: Final = r"(?<![0-9A-Za-z+])"  # no letter, digit or plus before
_ENDS: Final = r"(?![0-9A-Za-z])"  # and none after
_NAME: Final = r"[^\W\d_a-z][\w'’-]{1,20}"
_HAN: Final = "[\u4e00-\u9fff]"

# Hyphens and dashes as programs and people write them between groups of digits.
_DASHES: Final = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_FIELDS: Final = "姓名|联系人|收件人|收货人|申请人|负责人|经办人"
_TABLES: Final = re.compile(
    r"^\| [^\n]{0,4000} \|\n\| ---[^\n]*\|(?:\n\| [^\n]* \|)+", re.MULTILINE
)
_FIELD: Final = re.compile(
    rf".{{0,4}}(?:{_FIELDS})"
    r"|(?:full|first|last|given|family|employee|customer|patient|contact) ?name"
    r"|contact(?: person)?|surname",
    re.IGNORECASE,
)
_LABEL: Final = re.compile(
    r"(?:联系|移动|固定|办公|家庭|电子|出生|入职|现|工作)?(?:手机|电话|性别|年龄|邮箱|邮件|部门|职务|职位|岗位|学历"
    r"|民族|籍贯|备注|日期|工号|学号|地址|单位|编号|住址|生日|证件|证号|年月|方式)号?码?"
)
# Beside a label also other labels stand: a surname and no usual label, or two words.
_PERSON_IN_FORM: Final = re.compile(
    rf"(?!(?:金额|余额|任务|文件|方式|方向|高度|文号|石材|江苏|常用|马上)$)"
    rf"(?:司马|诸葛|上官|[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛"
    rf"叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺"
    rf"赖龚文欧]){_HAN}{{1,3}}"
    r"|(?!.*\b(?:Number|Date|Address|E-?mail|Phone|ID|Code|Type|Name|Status|Title|Role)\b)"
    rf"{_NAME}(?: {_NAME}){{1,3}}"
)
_PERSON: Final = re.compile(rf"{_HAN}{{2,4}}|{_NAME}(?: {_NAME}){{0,3}}")

_RULES: Final = (
    _Rule(
        "secret",
        re.compile(
            r"(?<![A-Za-z0-9])(?P<it>(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,251}"
            r"|github_pat_\w{60,90}|sk-(?:proj-|ant-)?[A-Za-z0-9_-]{20,200}|AIza[\w-]{35}"
            r"|xox[abprs]-[A-Za-z0-9-]{10,200}|LTAI[A-Za-z0-9]{12,24}|AKID[A-Za-z0-9]{32}"
            r"|eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10,1000})(?![A-Za-z0-9])",
            re.ASCII,
        ),
    ),
    _Rule(
        "secret",
        re.compile(
            r"(?P<it>-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]{0,8000}?"
            r"-----END [A-Z ]{0,30}PRIVATE KEY-----)"
        ),
    ),
    _Rule(
        "secret",
        re.compile(
            r"(?:\b(?:password|passwd|api[_-]?key|secret|token)\b|密码|口令|密钥)"
            r"[\"' ]{0,2}(?:[:：=]|是|为)[\"' ]{0,3}"
            r"(?P<it>(?=[^\s\"',，。;；]{0,127}\d)[^\s\"',，。;；]{6,128})",
            re.IGNORECASE,
        ),
    ),
    _Rule(
        "email",
        re.compile(
            r"(?<![\w%+])(?P<it>[A-Za-z0-9_][A-Za-z0-9._%+-]{0,63}@"
            r"(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24})" + _ENDS,
            re.ASCII,
        ),
    ),
    _Rule("wechat_id", re.compile(_FREE + r"(?P<it>wxid_[A-Za-z0-9]{6,24})" + _ENDS)),
    _Rule(
        "wechat_id",
        re.compile(
            r"微信(?:号|ID)?[:： ]{1,2}(?P<it>[A-Za-z][A-Za-z0-9_-]{5,19})" + _ENDS
        ),
    ),
    _Rule(
        "ip_address",
        re.compile(
            r"(?<![\w.:])(?<![Ss]ection )(?<![Vv]ersion )(?<!版本)(?<!版本 )(?<!第)"
            r"(?P<it>\d{1,3}(?:\.\d{1,3}){3})(?!\w|\.\d)",
            re.ASCII,
        ),
        _is_ip,
    ),
    _Rule(
        "ip_address",
        re.compile(
            r"(?<![\w.:])(?P<it>[0-9A-Fa-f:]{2,39}(?<=[0-9A-Fa-f]))(?![\w:])", re.ASCII
        ),
        _is_ip_6,
    ),
    _Rule(
        "cn_id_card",
        re.compile(
            # Looked at from each place: a number before it may look like its beginning.
            _FREE + r"(?=(?P<it>[1-8]\d(?:[ -]?\d){15}[ -]?[\dXx])" + _ENDS + ")",
            re.ASCII,
        ),
        _is_id_card,
    ),
    _Rule(
        "cn_social_credit",
        re.compile(_FREE + r"(?P<it>[159ANY][0-9A-HJ-NPQRTUWXY]{17})" + _ENDS),
        _is_social_credit,
    ),
    _Rule(
        "iban",
        re.compile(
            _FREE + r"(?P<it>[A-Za-z]{2}\d{2}(?: ?[0-9A-Za-z]{4}){2,7}"
            r"(?: ?[0-9A-Za-z]{1,3})?)" + _ENDS,
            re.ASCII,
        ),
        _is_iban,
    ),
    _Rule(
        "bank_card",
        re.compile(
            _FREE + r"(?P<it>\d{4}(?P<by>[ -])(?:\d{4}(?P=by)){3}\d{3})" + _ENDS,
            re.ASCII,
        ),
        _is_bank_card,
    ),
    _Rule(
        "bank_card",
        re.compile(
            _FREE
            + r"(?P<it>\d{12,19}|\d{4}(?P<by>[ -])(?:\d{4}(?P=by)\d{4}(?P=by)\d{4}"
            r"|\d{6}(?P=by)\d{4,5}))" + _ENDS,
            re.ASCII,
        ),
        _is_bank_card,
    ),
    _Rule(
        "us_ssn",
        re.compile(
            r"(?<![\w-])(?P<it>(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4})(?![\w-])",
            re.ASCII,
        ),
    ),
    _Rule(
        "passport",
        re.compile(
            r"(?:护照|[Pp]assport).{0,12}?"
            + _FREE
            + r"(?P<it>[A-Z]{1,2}\d{7,8})"
            + _ENDS
        ),
    ),
    _Rule(
        "vehicle_plate",
        re.compile(
            r"(?P<it>[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
            r"[A-HJ-NP-Z][·• ]?[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳])" + _ENDS
        ),
    ),
    _Rule(
        "date_of_birth",
        re.compile(
            r"(?:出生(?:日期|年月)?|生日|[Dd]ate of [Bb]irth|DOB|[Bb]irthday|"
            r"[Bb]orn(?: on)?)[:：是为于 ]{0,3}"
            r"(?P<it>\d{4}年\d{1,2}月\d{1,2}日|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
            r"|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})"
        ),
        _is_birth_date,
    ),
    _Rule(  # Chinese mobiles, landlines and service numbers
        "phone",
        re.compile(
            r"(?<![\w+-])(?<!\d\.)(?P<it>(?:(?:\+|00)?86[ -]?)?"
            r"1[3-9]\d(?:\d{8}|[ -]\d{4}[ -]\d{4})"
            r"|(?:\(0\d{2,3}\) ?|0\d{2,3}[ -]?)[2-8]\d{6,7}(?:-\d{1,4})?"
            r"|[48]00-\d{3}-\d{4}|1-\d{3}-\d{3}-\d{4})(?![^\W_]|-\w)",
            re.ASCII,  # a Chinese character may stand beside a number
        ),
        _is_phone,
    ),
    _Rule(  # elsewhere: digits in groups, perhaps with an extension
        "phone",
        re.compile(
            r"(?<![\w.,/+-])(?P<it>\+\d{8,14}(?![ .-]\d)"
            r"|(?:(?:\+|00)\d{1,3}[ .-]?)?(?:\(\d{1,5}\)[ .-]?)?"
            r"\d{2,5}(?:[ .-]\d{2,8}){1,4}(?: ?(?:x|ext\.?) ?\d{1,6})?)"
            r"(?!\w|[-./]\d| [A-Z][a-z])",
            re.ASCII,
        ),
        _is_phone,
    ),
    _Rule(
        "address",
        re.compile(
            rf"(?P<it>(?:{_PROVINCES}){_HAN}{{0,30}}?(?:路|街|道|巷|弄|村|里)"
            r"[A-Za-z0-9一二三四五六七八九十]{1,6}(?:号|座|栋|幢|弄)"
            rf"(?:{_HAN}?[A-Za-z0-9]{{1,5}}(?:号|室|单元|层|楼)){{0,3}}"
            r"(?: ?[0-9]{6}(?![0-9]))?)"
        ),
    ),
    _Rule(
        "address",
        re.compile(
            _FREE + r"(?P<it>\d{1,6}[A-Za-z]? (?:[A-Z0-9][\w'.-]{0,24} ){1,4}"
            r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|"
            r"Place|Pl|Square|Terrace|Way)\b\.?(?:,? (?:Apt|Suite|Unit)\.? \w{1,6})?)"
        ),
    ),
    _Rule("address", re.compile(r"\b(?P<it>P\.? ?O\.? ?[Bb]ox \d{1,7})\b", re.ASCII)),
    _Rule(
        "person",
        re.compile(
            rf"(?:{_FIELDS})[:：] ?(?P<it>{_HAN}{{2,4}}?)"
            "(?=[^\u4e00-\u9fff]|$|电话|手机|身份证)"
        ),
    ),
    _Rule(
        "person",
        re.compile(
            r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof)\. |\b[Mm]y name is |(?<!\w )(?<!\w)Name: ?"
            r"|\b(?i:contact person|full name): ?)"
            rf"(?P<it>{_NAME}(?: {_NAME}){{0,2}})"
        ),
    ),
)

KINDS: Final = frozenset(rule.kind for rule in _RULES)
