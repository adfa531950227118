"""What some questions want, as far as a program can tell it in a sentence.

Who asks how much is paid has no use for a sentence without an amount. Each kind has the
signs of its questions, and signs that an answer cannot be without; where nothing that
is found has them, the documents do not say.
"""

import re
from typing import Final, NamedTuple

__all__ = ["Wanted", "holds", "wanted_in"]

_COUNTED: Final = (
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w{3,5}teen"
    r"|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|half|once"
    r"|twice|several"
)
_DIGITS: Final = r"(?<!\d)\d[\d,.]{0,30}|[零〇一二三四五六七八九十百千万亿两兩半几数]+"
_N: Final = rf"(?:{_DIGITS}|\b(?:a|an|per|each|every|{_COUNTED})\b)"
_TIMES: Final = (
    r"(?:years?|months?|weeks?|days?|hours?|minutes?|seconds?|nights?|working|business"
    r"|calendar|h|min|s|ms|个?小时|小時|分钟|分鐘|秒|天|日|个?月|年|周|週|星期"
    r"|工作日|學期|季)"
)
_MONTHS: Final = (
    r"\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\b|\b(?:mon"
    r"|tues|wednes|thurs|fri|satur|sun)days?\b"
)
_SUMS: Final = (
    r"(?:price|cost|fee|amount|salary|pay|total|sales|revenue|income|fine|deposit|rent|rate|价|價|费|費|额|額"
    r"|工资|薪|补|補|奖|獎|罚|罰|款)"
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


def _measured(name: str, asked: str, units: str) -> Wanted:
    """A number with one of the units, which may stand in the name of a column."""
    return _of(name, asked, rf"{_N}[\s-]*(?:{units})|[(（]\s*(?:{units})\s*[)）]")


# The first that a question has counts.
_KINDS: Final = (
    _of(
        "share",
        r"\bwhat (?:percentage|percent|share|proportion)\b|百分之几|百分之多少|几成"
        r"|幾成|占比|比例是",
        r"[%％‰]|\bper ?cent\b|百分之|成|\d\.\d|\bhalf\b|一半|\|[^|]*\d\s*(?:\||$)",
    ),
    _of(
        "money",
        r"\bhow much (?:money|cash|(?:do|does|did) .{0,60}\b(?:costs?|pay|get|earn)\b"
        r"|(?:is|was|were|are) .{0,40}\bpaid\b|(?:will|can|may|would|could) .{0,40}"
        r"\b(?:pay|spend|claim|cost|refund)\w*)|\bwhat (?:does|did|do|will|would)"
        r" .{0,60}\b(?:costs?|earn|charge)\b|\b(?:price|salary|wage|fee|fine|deposit)"
        r" (?:of|for)\b|\bwhat (?:fee|price|salary|wage|fine|deposit)\b"
        r"|\bwhat (?:is|was|are|were) the (?:net |gross |grand |overall )?(?:total|sum)"
        r"(?: (?:net|price|cost|amount))?(?=\?|$| (?:of|for|on) (?:the )?(?:invoice"
        r"|order|quot\w+|offer|bill|contract|receipt))"
        r"|(?:合计|总计|总额|总价|货款|应付)(?:金额)?(?:是|为|有)?多少"
        r"|多少钱|多少錢|多少元|多少奖金|多少工资|多少费"
        r"|罚多少|罰多少|贴多少|貼多少|出多少|报多少|報多少|花多少|付多少|给多少钱"
        r"|工资(?:是)?多少|价格(?:是)?多少|費用(?:是)?多少|费用(?:是)?多少",
        rf"[$€£¥￥₹]|(?-i:\b[A-Z]{{3}}) ?\d|\b(?:USD|EUR|CNY|RMB|NT\$?|TWD|JPY|GBP"
        rf"|euros?|dollars?|pounds?|yuan|cents?|francs?|yen)\b|[元圆圓角]|块钱|万|[%％]|百分之|倍"
        rf"|\btimes\b|\b(?:double|twice|half)\b|一半|半[价價薪]|{_FREE}"
        # A list of prices has its currency elsewhere.
        rf"|(?:\.{{2,}}|…|[:：|\t])\s*\d+[.,]\d\d\b(?!%)"
        rf"|\d,\d{{3}}\b|{_SUMS}[^|\n]{{0,30}}?[:：| ]\s*\d"
        rf"|\|\s*\d[\d.]*\s*\|.*{_SUMS}",
    ),
    _of(
        "duration",
        r"\bhow (?:long|soon|often|quickly)\b|\bhow many (?:\w+ ){0,2}(?:days|hours"
        r"|weeks|months|years|minutes|seconds|nights)\b|\bwithin what\b|多久"
        r"|多长时间|多長時間|[期限假龄][有是]?多[长長]|几天|幾天|几个月|幾個月|几年|幾年|几小时|幾小時"
        r"|几个小时|多少天|多少小时|几分钟",
        rf"{_N}[\s-]*(?:\w+\s+){{0,2}}{_TIMES}|\b(?:immediately|at once|forever"
        rf"|indefinitely|permanent\w*|daily|weekly|monthly|yearly|annual\w*"
        rf"|quarterly|hourly|overnight)\b|立即|马上|馬上|永久|长期|長期|当[天日]"
        rf"|當[天日]|次日|每[天日周週月年班次批季轮旬]|{_MONTHS}|\d{{1,2}}:\d\d|不限|\|\s*\d+\.\d"
        # A number in a column that is called so.
        r"|\|\s*\d[\d.]*\s*\|.*(?:\b(?:years|months|weeks|days|hours|minutes)\b"
        r"|天数|天|小时|年限|月数)",
    ),
    _of(
        "month",
        r"\b(?:what|which) month\b|几月|幾月|哪个月|哪個月|哪一个月",
        rf"{_MONTHS}|[\d一二三四五六七八九十]\s?月|\d+[/-]\d+|月[底初末中]",
    ),
    _of(
        "clock",
        r"\b(?:what|which) time\b(?! zone)"
        r"|(?:几点|幾點)(?!要求|建议|注意|原因|说明|好处|意见)",
        r"\d[:：]\d\d|[\d一二三四五六七八九十]\s?[点點时時]|\d ?[ap]\.?m\b"
        r"|\b(?:noon|midnight|o'clock)\b|中午|正午|零点|午夜",
    ),
    _of(
        "date",
        r"\b(?:what|which) (?:\w+ )?(?:year|date|days?)\b|\b(?:from|by|on|until)"
        r" (?:what|which) (?:date|day)\b|几号|幾號|哪[一]?[天日年月]|何日|何年|哪幾天"
        r"|哪几天",
        rf"{_MONTHS}|\d{{1,4}}\s?[年月日号號]|\b\d{{4}}\b|\d+[/-]\d+"
        rf"|\b\d{{1,2}}(?:st|nd"
        r"|rd|th)\b|\b(?:today|daily)\b|\b(?:first|last|second|third"
        r"|fourth) (?:working "
        r"|business )?(?:day|week|month)|[一二三四五六七八九十〇零]+[年月日号]"
        r"|星期|周[一二三四五六日末]|週|礼拜|禮拜|每[天日月年周]|之日|当[天日]|次日",
    ),
    _measured(
        "size",
        r"\bhow much (?:memory|ram|storage|disk|space)\b"
        r"|多[少大](?:的)?(?:内存|存储|硬盘|空间)",
        r"[KMGT](?:i?B)?\b|(?:mega|giga|tera|kilo)bytes?\b|兆",
    ),
    _measured(
        "length",
        r"\bhow (?:far(?! in advance| back| along)|tall|wide|deep)\b|多远|多遠"
        r"|(?<![期限假龄有是])多[长長宽寬] ?[?？]|多少(?:公里|米|厘米)",
        r"(?:[kcm]?m|(?:kilo|centi|milli)?met(?:re|er)s?|miles?|feet|foot|ft|inch\w*"
        r"|yards?)\b|公里|千米|厘米|毫米|公分|[米里尺]",
    ),
    _measured(
        "weight",
        r"\bhow heavy\b|\bhow much .{0,40}\bweighs?\b|多重(?=[?？，, ]|$)"
        r"|多少(?:公斤|千克|斤|克|吨|噸)",
        r"(?:[km]?g|kilo\w*|grams?|lbs?|pounds?|tons?|tonnes?|ounces?)\b|公斤|千克"
        r"|[克斤吨噸]",
    ),
    _measured(
        "temperature",
        r"\bhow (?:hot|cold|warm)\b|\bwhat temperature\b|多少度|几度|幾度",
        r"[°℃℉度]|(?:degrees?|C)\b",
    ),
    _of(
        "address",
        r"\b(?:url|website|web page|github|git repository|web address)\b|网址|網址"
        r"|网站|網站"
        r"|下载链接|代码仓库|代码库",
        r"https?:|www\.|\w\.(?:com|org|net|io|cn|edu|gov|dev)\b|github|gitee",
    ),
    _of(
        "mail",
        r"\b(?:e-?mail|mail) address\b|\bwhat .{0,30}\be-?mail\b|邮箱|郵箱"
        r"|电子邮件|電子郵件",
        r"[\w.-]@[\w-]",
    ),
    _of(
        "phone",
        r"\b(?:tele)?phone number\b|\bwhat (?:extension|number)\b.{0,30}\b(?:call"
        r"|dial)\b"
        r"|电话是|電話是|电话多少|手机号|手機號|分机|分機|热线|熱線|打什么电话|打哪个电话",
        r"\d{3}",
    ),
    _of(
        "version",
        r"\b(?:what|which) (?:(?!press)\w+ )?(?:version|release)\b|哪个版本|哪個版本"
        r"|什么版本|哪一版",
        r"\d+\.\d|\bv\d|版|\b(?:version|release) \w*\d",
    ),
    _of(
        "person",
        r"(?:^|[.,;:?!] )who(?:m|se|'s)?\b|谁|誰|哪位|什么人|何人|叫什么名字",
        r"(?-i:\b[A-Z][\w'’-]+ (?:[A-Z]\. ?)*[A-Z][a-z]+|[A-Z]\w+:(?!\s*[A-Z]*\d))"
        r"|\||^[^:：\n]{1,40}[:：]\s?[^\W\d]|\b(?:\w*manager"
        r"|director|officer"
        r"|head|team|department|committee|engineer|owner|president|minister|court"
        r"|authorit\w+|employ\w+|staff|agent|trustee|advis\w+|lead\w*|chair\w*|board"
        r"|council|partner|author|founder|parents?|you|we|he|she|they|any(?:one|body)"
        r"|every(?:one|body)|no(?:body| one)|by)\b|[人者员員长長师師部局院会會府]"
        r"|机关|機關"
        r"|单位|單位|公司|经理|經理|领导|主任|总理|總理|专员|先生|女士|[由经]",
    ),
    _of(
        "count",
        r"\bhow (?:many|much|big|large|high|tall|heavy|wide|deep|old|fast|hot"
        r"|cold)\b|多少|(?<!第)几(?!乎|种情"
        r"|類)[个個名位人次条條台件页頁份种種级級层層张張块塊]|幾[個名位人次]"
        r"|多高|多大|多远|多遠|几岁|几度",
        rf"{_DIGITS}|\b(?:{_COUNTED}|no(?!\.)|none|all|both|unlimited)\b|不限|无|無|没有"
        rf"|沒有|全部",
    ),
)
# Numbers that say where something stands, and no more.
_PLACES: Final = re.compile(
    r"第\s*[\d一二三四五六七八九十百千零〇]+\s*[条條章节節款项項编編部回页頁]"
    r"|(?:金额)?单位[:：]\s?[^\s|]{1,6}|^\s*[(（]?"
    r"[\d一二三四五六七八九十]{1,3}[)）.、．](?!\d)|\[\d+\]|\b(?:section"
    r"|chapter|article"
    r"|table|figure|fig\.|page|step) \d+(?:\.\d+)*",
    re.IGNORECASE,
)
# And digits of a name: HX-210, IP67.
_NAMES: Final = re.compile(
    r"(?<![A-Za-z0-9_$€£¥.@])(?![A-Z]{3}\d{2,}(?:[.,]\d+)*(?![A-Za-z0-9-]))(?![vV]\d)"
    r"[A-Za-z]+-?\d[A-Za-z0-9-]*(?:\.\d+)*(?![A-Za-z0-9@])"
)
# And those of a year or a day.
_DAYS: Final = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?:\s?年(?:\s?\d{1,2}\s?月(?:\s?\d{1,2}\s?日)?)?"
    r"|[-/.]\d{1,2}(?:[-/.]\d{1,2})?(?!\d))"
)
# A date, a time or its zone, a sum: none of them is a number to call.
_MOMENTS: Final = re.compile(
    r"(?<!\d)(?:19|20)\d\d\s?[-/.年]\s?\d{1,2}(?:[-/.月]\s?\d{1,2}日?)?(?!\d)"
    r"|\b(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[kc]t|nov|de[cz])[a-zä]*\.?"
    r" (?:19|20)\d\d\b|\d{1,2}[:：]\d\d(?:[:：]\d\d)?|[+-]\d{4}\b(?!\d)"
    r"|[$€£¥￥]\s?\d[\d.,]*|\d[\d.,]*\s?(?:[元块万]|euros?\b|EUR\b)",
    re.IGNORECASE,
)
# What is asked of these is a number; others may be written as names are.
_NUMBERED: Final = frozenset(
    ("share", "money", "duration", "size", "length", "weight", "temperature", "count")
)
# Who wants to do something with it does not ask for it.
_TO_DO: Final = re.compile(
    r"\bhow (?:do|can|should|could|would|to)\b|\b(?:change|update|reset|connect|clone"
    r"|delete|add)\b|怎么|怎麼|怎样|如何|修改|更改|打不开|设置|接入|满了",
    re.IGNORECASE,
)
_ADDRESSES: Final = frozenset(("address", "mail", "phone"))


def wanted_in(question: str) -> Wanted | None:
    """Return the kind of answer that a question wants; None where any will do."""
    found = next((kind for kind in _KINDS if kind.asked.search(question)), None)
    to_do = found is not None and found.name in _ADDRESSES and _TO_DO.search(question)
    return None if to_do else found


def holds(kind: Wanted, text: str) -> bool:
    """Tell whether a text has what each answer of a kind has."""
    said = _PLACES.sub(" ", text)
    if kind.name in _NUMBERED:
        said = _DAYS.sub(" ", _NAMES.sub(" ", said))
    elif kind.name == "phone":
        said = _MOMENTS.sub(" ", said)
    return kind.held.search(said) is not None
