"""What some questions want, as far as a program can tell it in a sentence.

Who asks how much is paid has no use for a sentence without an amount. Each kind has the
signs of its questions, and signs that an answer cannot be without; where nothing that
is found has them, the documents do not say.
"""

import re
from typing import Final, NamedTuple

__all__ = ["Wanted", "holds", "wanted_in"]

_N: Final = (
    r"(?:\d[\d,.]*|[零〇一二三四五六七八九十百千万亿两兩半几数]+|\b(?:a|an|one|two|three|four"
    r"|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty"
    r"|sixty|ninety|hundred|half|once|twice|several|per|each|every)\b)"
)
_TIMES: Final = (
    r"(?:years?|months?|weeks?|days?|hours?|minutes?|seconds?|nights?|working|business"
    r"|calendar|h|min|s|ms|个?小时|小時|分钟|分鐘|秒|天|日|个?月|年|周|週|星期"
    r"|工作日|學期|季)"
)
_MONTHS: Final = (
    r"\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\b|\b(?:mon"
    r"|tues|wednes|thurs|fri|satur|sun)days?\b"
)
_FREE: Final = (
    r"\bfree\b|\bnothing\b|\bno (?:charge|fee|cost|limit)|免费|免費|不收|无偿|不限"
)


class Wanted(NamedTuple):
    """A kind of answer.

    Attributes:
        name: What it is called.
        asked: What its questions have.
        held: What each of its answers has.
    """

    name: str
    asked: re.Pattern[str]
    held: re.Pattern[str]


def _of(name: str, asked: str, held: str) -> Wanted:
    return Wanted(
        name, re.compile(asked, re.IGNORECASE), re.compile(held, re.IGNORECASE)
    )


# The first that a question has counts.
_KINDS: Final = (
    _of(
        "share",
        r"\bwhat (?:percentage|percent|share|proportion)\b|百分之几|百分之多少|几成"
        r"|幾成|占比|比例是",
        r"[%％‰]|\bper ?cent\b|百分之|成|\d\.\d|\bhalf\b|一半",
    ),
    _of(
        "money",
        r"\bhow much (?:money|cash|does .{0,60}\bcosts?\b|do .{0,60}\b(?:cost|pay"
        r"|get|earn)\b|(?:is|was|were|are) .{0,40}\bpaid\b|(?:will|can|may|would"
        r"|could) .{0,40}\b(?:pay|spend|claim|cost|refund)\w*)|\bwhat (?:does|did|do"
        r"|will|would) .{0,60}\bcosts?\b|\b(?:price|salary|wage|fee|fine"
        r"|deposit) (?:of|for)\b|多少钱|多少錢|多少元|多少奖金|多少工资|多少费"
        r"|罚多少|罰多少|贴多少|貼多少|出多少|报多少|報多少|花多少|付多少|给多少钱"
        r"|工资(?:是)?多少|价格(?:是)?多少|費用(?:是)?多少|费用(?:是)?多少",
        rf"[$€£¥￥₹]|\b(?:USD|EUR|CNY|RMB|NT\$?|TWD|JPY|GBP|CHF|HKD|euros?|dollars?"
        rf"|pounds?|yuan|cents?|francs?|yen)\b|[元圆圓角]|块钱|万|[%％]|百分之|倍"
        rf"|\btimes\b|\b(?:double|twice|half)\b|一半|半[价價薪]|{_FREE}|\d{{2,}}",
    ),
    _of(
        "duration",
        r"\bhow (?:long|soon|often|quickly)\b|\bhow many (?:\w+ ){0,2}(?:days|hours"
        r"|weeks|months|years|minutes|seconds|nights)\b|\bwithin what\b|多久"
        r"|多长时间|多長時間|几天|幾天|几个月|幾個月|几年|幾年|几小时|幾小時"
        r"|几个小时|多少天|多少小时|几分钟",
        rf"{_N}[\s-]*(?:\w+\s+){{0,2}}{_TIMES}|\b(?:immediately|at once|forever"
        rf"|indefinitely|permanent\w*|daily|weekly|monthly|yearly|annual\w*"
        rf"|quarterly|hourly|overnight)\b|立即|马上|馬上|永久|长期|長期|当[天日]"
        rf"|當[天日]|次日|每[天日周週月年]|{_MONTHS}|\d{{1,2}}:\d\d|前|不限|\d\.\d",
    ),
    _of(
        "date",
        r"\bwhat (?:\w+ ){0,1}(?:year|date|days?|month|time)\b|\bwhich (?:year|date"
        r"|days?|month)\b|\b(?:from|by|on|until) (?:what|which) (?:date|day)\b|几月"
        r"|幾月|几号|幾號|哪[一]?[天日年月]|何日|何年|几点|幾點|哪个月|哪幾天|哪几天",
        rf"{_MONTHS}|\d{{1,4}}\s?[年月日号號点點时時]|\b\d{{4}}\b|\d{{1,2}}[:：]\d\d|\d+[/-]\d+"
        r"|\b\d{1,2}(?:st|nd|rd|th)\b|\b\d{1,2} ?[ap]\.?m\b|\b(?:noon|midnight|today"
        r"|daily)\b|\b(?:first|last|second|third|fourth) (?:working "
        r"|business )?(?:day|week|month)|[一二三四五六七八九十〇零]+[年月日号點点]"
        r"|星期|周[一二三四五六日末]|週|礼拜|禮拜|每[天日月年周]|之日|当[天日]|次日",
    ),
    _of(
        "count",
        r"\bhow (?:many|much|big|large|high|tall|heavy|wide|deep|far|old|fast|hot"
        r"|cold)\b|多少|几(?!乎|种情"
        r"|類)[个個名位人次条條台件页頁份种種级級层層张張块塊]|幾[個名位人次]|多重"
        r"|多高|多大|多远|多遠|几岁|几度",
        rf"{_N}|\b(?:no|none|any|all|both|unlimited|only)\b|\d|不限|无|無|没有|沒有|全部",
    ),
)
# Numbers that say where something stands, and no more.
_PLACES: Final = re.compile(
    r"第\s*[\d一二三四五六七八九十百千零〇]+\s*[条條章节節款项項编編部回页頁]|^\s*[(（]?"
    r"[\d一二三四五六七八九十]{1,3}[)）.、．]|\[\d+\]|\b(?:section|chapter|article"
    r"|table|figure|fig\.|page|step) \d+(?:\.\d+)*",
    re.IGNORECASE,
)


def wanted_in(question: str) -> Wanted | None:
    """Return the kind of answer that a question wants; None where any will do."""
    return next((kind for kind in _KINDS if kind.asked.search(question)), None)


def holds(kind: Wanted, text: str) -> bool:
    """Tell whether a text has what each answer of a kind has."""
    return kind.held.search(_PLACES.sub(" ", text)) is not None
