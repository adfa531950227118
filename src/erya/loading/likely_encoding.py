"""Which encoding bytes are in, where nothing tells: the one that makes likely text.

Nearly any bytes are text in several encodings. Each encoding stands for the writing of
some languages; what it makes of the bytes is as likely as its characters are common
there. The likeliest of them wins (a naive Bayes classifier over characters).
"""

import math
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple

from erya.language import listed

__all__ = ["LATIN", "likely_encoding"]

LATIN: Final = "latin"
_SAMPLE: Final = 20_000  # bytes: more tell nothing new
# The signs that are most frequent in Chinese, two thirds of any text.
_HAN: Final = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得"
    "于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天"
    "分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已"
    "工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什"
    "二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声"
    "提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报"
    "才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决"
    "治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求"
    "据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运笔单价元款编"
    "号称库存采购销售客户财费姓备注档项额率均税票订签付账银质检验收货审批请假考勤薪"
    "奖绩训招聘职岗级组织培营策划络服器软硬版测试证照址联邮箱码省县镇街楼室厂车线班"
    "耗材料配修护换装卸仓储螺母栓钢铝铜铁板轴承泵阀柜图附页章节股债租赁险赔偿责违约"
    "诉讼裁律庭判刑罪犯罚申复议益执止禁令依符须擅删颁布施废负监督查医药病患诊疗士牌"
    "商店餐饮宿酒房煤暖供热冷温湿压速轻宽厚径尺寸六七八九零百千亿半双每周早晚午夜春"
    "夏秋冬左右州江河湖岛参办适满足休息婚丧陪范标准流预算余李赵刘陈杨黄吴"
)
_HANGUL: Final = (
    "이다는의에을가고를은한하지로사시기인도리나자어아해그대수서일정부있것들으라스상"
    "과적장전구거여보만제와주면니요안동게관선조세때모원국공성경신생비소산금화물말용"
    "분연방실회무업위계교학중개내할된되년월없않습합입까며러려치트드오우유후마미민발"
    "행현통차체출재저점직진질집층력명문번당단달데두등료름람반받본불식심약양영예외운"
    "음임작파표품터호확환열순십매"
)
_CYRILLIC: Final = ("оеаинтсрвл", "бгджзйкмпуфхцчшщъыьэюяё№іїєґў")
_GREEK: Final = ("αοιετσνηρπ", "βγδζθκλμξςυφχψωάέήίόύώϊϋΐΰ")
_HEBREW: Final = ("יוהלאמרתבש", "גדזחטכךםנןסעפףצץק")
_ARABIC: Final = ("اليمنوتربه", "ةعدسفكقحجطصشخذزضظغثئءأإآىؤ،؟؛")
_THAI: Final = (
    "านรอกเงมยลวทดสตคปบหพไใแโำขจชผถซศษณญธ่้ัีิุู็ะ",
    "".join(map(chr, range(0xE01, 0xE4F))),
)
_PUNCTUATION: Final = "，。、：；“”‘’（）《》？！…—·【】「」『』〈〉％　～－①②③④⑤"
_ALPHABETS: Final = {
    "cp1251": _CYRILLIC, "koi8_r": _CYRILLIC, "cp866": _CYRILLIC,
    "iso8859_5": _CYRILLIC, "cp1253": _GREEK, "cp1255": _HEBREW, "cp1256": _ARABIC,
    "cp874": _THAI,
}  # fmt: skip
# How likely an encoding is before its bytes are seen, in a Chinese or English office.
_PRIORS: Final = {
    "gb18030": 0.0, LATIN: 0.0, "big5hkscs": -2.0, "cp932": -3.0, "euc_jp": -3.5,
    "cp949": -7.0, "utf-16-le": -5.0, "utf-16-be": -6.0, "cp1251": -6.0,
    "koi8_r": -7.0, "cp866": -9.0, "iso8859_5": -10.0, "cp1253": -7.0, "cp1255": -8.0,
    "cp1256": -8.0, "cp874": -9.0,
}  # fmt: skip
# Logarithms of how common a sign is: one of ASCII, one that no such text has, bytes
# that are none.
_ASCII: Final = math.log(0.5 / 96)
_ODD: Final = -19.0
_BROKEN: Final = -40.0
# What speaks against a text beside its signs: a letter beyond ASCII behind another in a
# Latin alphabet; a word of capitals, or of one letter; one with capitals inside, or of
# two alphabets; a vowel over no letter; a character or two inside a word of ASCII.
_NEIGHBOURS: Final = -3.0
_SELDOM: Final = -2.5
_FAULT: Final = -6.0
_WORD: Final = re.compile(r"[^\W\d_]+")
_LETTER: Final = re.compile("[A-Za-z]")
_NO_FIRST: Final = re.compile("(?<![\u0e01-\u0e4e])[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]")
_INSIDE: Final = re.compile(
    r"[a-z][^\x00-\x7f]{1,2}(?=[A-Za-z])|(?<![^\x00-\x7f])[^\x00-\x7f](?=[a-z])"
)
_NEXT: Final = re.compile(r"(?<=[\x80-\xff])[\x80-\xff]")


_TRAILS: Final = (*range(0x40, 0x7F), *range(0xA1, 0xFF))
# Punctuation, full-width letters, signs, and characters of other countries.
_EASTERN: Final = (
    (0x3000, 0x303F, -8.0), (0xFF01, 0xFF5E, -9.0), (0x2010, 0x203F, -9.0),
    (0x2460, 0x25FF, -10.0), (0x2190, 0x22FF, -11.0), (0xA1, 0xFF, -12.0),
    (0x391, 0x3C9, -12.0), (0x4E00, 0x9FFF, -15.5), (0x3041, 0x30FE, -14.0),
    (0x410, 0x44F, -15.0), (0x3400, 0x4DBF, -18.0),
)  # fmt: skip


class _Writing(NamedTuple):
    """How common signs are in a writing, as logarithms.

    Attributes:
        by_sign: Of single signs.
        ranges: Of the others, by their first and last; the first range that has it.
    """

    by_sign: Mapping[str, float]
    ranges: tuple[tuple[int, int, float], ...]


def likely_encoding(data: bytes) -> str:
    """Return the likeliest encoding of `data`.

    `LATIN` stands for those of Western and Central Europe, which are distinguished by
    other means. UTF-8 is not among them: it is recognised by its form.
    """
    head = _sample(data)
    return max(_PRIORS, key=lambda each: _PRIORS[each] + _likelihood(head, each))


def _sample(data: bytes) -> bytes:
    """Return the beginning of `data`, cut where a line ends."""
    if len(data) <= _SAMPLE:
        return data
    end = data.rfind(b"\n", 0, _SAMPLE) + 1
    # UTF-16 has lines that end at odd places.
    return data[: end if end > _SAMPLE // 2 and b"\x00" not in data[:end] else _SAMPLE]


def _likelihood(head: bytes, encoding: str) -> float:
    """Return the logarithm of how likely bytes are in an encoding."""
    if encoding == LATIN:
        text = head.decode("latin-1")
        faults = len(_NEXT.findall(text)) * _NEIGHBOURS
    else:
        text = head.decode(encoding, "replace")
        faults = (
            _faults(text)
            if encoding in _ALPHABETS
            else len(_INSIDE.findall(text)) * _FAULT
        )
    writing = _writing(encoding)
    signs = Counter(text if encoding == LATIN else text.lower())
    return faults + math.fsum(n * _common(sign, writing) for sign, n in signs.items())


def _faults(text: str) -> float:
    """Return what speaks against a text in an alphabet beside its signs."""
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    mixed = sum(_LETTER.search(word) is not None for word in words)
    flips = sum(
        one.islower() and other.isupper()
        for word in words
        for one, other in pairwise(word)
    )
    odd: int = mixed + flips + len(_NO_FIRST.findall(text))
    seldom: int = sum(len(word) == 1 or word.isupper() for word in words)
    return odd * _FAULT + seldom * _SELDOM


def _common(sign: str, writing: _Writing) -> float:
    if (score := writing.by_sign.get(sign)) is not None:
        return score
    code = ord(sign)
    if code < 0x7F and (code >= 0x20 or sign in "\t\n\r\f"):
        return _ASCII
    if sign == "\ufffd":
        return _BROKEN
    scores = (common for first, last, common in writing.ranges if first <= code <= last)
    return next(scores, _ODD)


@cache
def _writing(encoding: str) -> _Writing:
    if encoding == LATIN:
        few = dict.fromkeys("\x81\x82\x83\x86\x87\x88\x89\x8b\x90\x98\x9b", -10.0)
        return _Writing(few, ((0xA0, 0xFF, -5.5), (0x80, 0x9F, -6.0)))
    if alphabet := _ALPHABETS.get(encoding):
        usual, seldom = alphabet
        by_sign = dict.fromkeys(seldom, -4.3) | dict.fromkeys(usual, -2.9)
        if encoding == "cp874":  # an alphabet of more letters
            by_sign = dict.fromkeys(seldom, -7.5) | dict.fromkeys(usual, -4.2)
        return _Writing(by_sign, ((0xA0, 0xBB, -8.0), (0x2010, 0x203A, -8.0)))
    if encoding == "cp949":
        by_sign = dict.fromkeys(_characters("euc_kr", 0xB0, 0xC8), -9.5)
        by_sign |= dict.fromkeys(_HANGUL, -5.5)
        return _Writing(by_sign, ((0xAC00, 0xD7A3, -13.0), *_EASTERN))
    if encoding in {"cp932", "euc_jp"}:
        by_sign = dict.fromkeys(_characters("euc_jp", 0xB0, 0xCF), -9.2)
        kana = ((0x3041, 0x3096, -5.3), (0x30A1, 0x30FE, -6.4), (0xFF61, 0xFF9F, -9.5))
        return _Writing(by_sign, (*kana, *_EASTERN))
    return _chinese(encoding)


def _chinese(encoding: str) -> _Writing:
    usual = -6.6
    by_sign: dict[str, float] = {}
    if encoding != "gb18030":
        by_sign |= dict.fromkeys(_characters("big5", 0xA4, 0xC6), -10.0)
    if encoding != "big5hkscs":
        by_sign |= dict.fromkeys(_characters("gb2312", 0xB0, 0xD7), -9.6)
    by_sign |= dict.fromkeys(_HAN, usual)
    # Traditional characters are rarer in files of the mainland.
    other = usual - 4 if encoding == "gb18030" else usual
    pairs = listed("traditional.txt")
    by_sign |= {
        pair[0]: other for pair in pairs if pair[1] in _HAN and pair[0] not in by_sign
    }
    return _Writing(by_sign | dict.fromkeys(_PUNCTUATION, -6.0), _EASTERN)


def _characters(encoding: str, first: int, last: int) -> str:
    """Return the characters of the rows of an encoding that hold the usual ones."""
    rows = (bytes((lead, at)) for lead in range(first, last + 1) for at in _TRAILS)
    signs = (row.decode(encoding, "ignore") for row in rows)
    return "".join(sign for sign in signs if not sign.isascii())
