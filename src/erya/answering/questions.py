"""What a question asks for, by its words: a kind of answer, and names it must be about.

The kinds are those that a program can recognise in a sentence. A question of no kind is
open: any sentence may answer it.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final, Literal

from erya.answering.forms import form_of
from erya.answering.wanted import Wanted, holds, wanted_in
from erya.language import (
    HAN,
    Limits,
    facts,
    leading_references,
    limits,
    listed,
    named_numbers,
    normal_text,
    question_words,
    reference_keys,
    references,
)

__all__ = ["BACKGROUND", "Intent", "begins_key", "detect_intent", "mentions"]

Kind = Literal["number", "time", "reason", "person", "list", "comparison", "open"]

_TIME: Final = re.compile(
    r"\bwhen\b|\b(?:what|which) (?:year|date|day|time|month)\b"
    r"|什么时候|何时|哪年|哪一年|哪天|几号|哪日|哪月|哪一天|日期|几点|什麼時候|何時|幾點|幾號",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(
    r"\bhow (?:many|much|long|often|far|old|fast|soon|big|large|high|late|early|tall"
    r"|deep|heavy|wide)\b|\b(?:price|cost|percentage|limit|number of)\b"
    r"|多少|几(?!乎)|多久|多长|多大|多高|多远|多快|多重|幾(?!乎)|多遠|多長",
    re.IGNORECASE,
)
_REASON: Final = re.compile(
    r"\bwhy\b|\breason\b|为什么|为何|为啥|原因|為什麼|為何", re.IGNORECASE
)
_GIVES_REASON: Final = re.compile(
    r"\b(?:because|since|due to|as a result|therefore|so that|in order to)\b"
    r"|因为|由于|因此|所以|为了|以便|以免|否则|因為|由於|為了|否則",
    re.IGNORECASE,
)
_PERSON: Final = re.compile(r"\bwho(?:m|se)?\b|谁|誰|哪位|什么人|何人", re.IGNORECASE)
_LIST: Final = re.compile(
    r"\b(?:which|what)\b(?: (?!does|is|was|has|do|did)[\w-]+){0,3}"
    r" (?:(?!does|was|has|this|its|less|\w*ss\b|status|news)\w{3,}s|people|children)\b"
    r"(?! (?:is|was|has|does)\b)"
    r"|\b(?:list|name) (?:all|the)\b|\bwhat (?:are|were) the\b|\bsteps\b"
    r"|哪些|哪几|哪幾|什么(?:条件|材料|手续|资料|情形|证件|文件|事项|职责|义务|权利)"
    r"|几种|幾種|列出|都有|分别|分別",
    re.IGNORECASE,
)
_COMPARISON: Final = re.compile(
    r"\b(?:compare|difference between|compared (?:to|with)|versus|vs\.?|respectively"
    r"|or)\b"
    r"|\b(?:more|less|longer|shorter|higher|lower|bigger|cheaper|faster) than\b"
    r"|\bwhich (?:of|one|is)\b|\bboth\b"
    r"|[和与跟、].{1,12}(?:哪[个家]|谁).{0,10}[高低多少大小长短快慢贵早晚]"
    r"|区别|不同|相比|对比|还是|比较|各是|分别|哪个更|谁更|區別|還是|分別|差别",
    re.IGNORECASE,
)
_HOW_TO: Final = re.compile(
    r"\bhow (?:do|can|should|could|would|to|does one|are|is)\b|\b(?:steps|procedure)\b"
    r"|怎么|怎麼|怎样|怎樣|如何|步骤|步驟|流程|咋",
    re.IGNORECASE,
)
# What is meant exactly or not at all: a version, a code, a setting, a reference.
_EXACT: Final = re.compile(
    # v2.1.1, 10.8.4.20
    r"(?<![\w.])(?:[vV]\d+(?:\.\d+)*|\d+(?:\.\d+){2,})(?:[-.]?[a-z]+\d*)?(?![\w])"
    r"|(?<![\w])[A-Za-z]{1,6}/[A-Za-z] ?\d{2,}(?:[.-]\d+)*"  # GB/T 11643
    r"|(?<![\w])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+(?![\w])"
    # E07, SEV4, ERP10.2.3
    r"|(?<![\w-])[A-Z]{1,6}\d[A-Z0-9]*(?:\.\d+)*(?![\w])"
    r"|(?<![\w])[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+(?![\w])"  # retry_budget
    r"|(?<![\w-])--[a-z][a-z0-9-]+"  # --dry-run
    r"|(?<![\w-])[a-z]+(?:-[a-z]+){2,}(?![\w-])"  # pxc-loop-timeout
    r"|(?<![\w.,-])0\d{2,}-\d+(?![\w-])"  # 0012-8, which is no article
    r"|(?<![\w.,+-])\d{7,}(?![\w-]|[.,]\d)",  # 4500017731
    re.ASCII,  # Chinese follows a code without a blank
)
_GERMAN: Final = re.compile(
    r"\b(?:der|die|das|des|dem|den|ein|eine[nrms]?|ist|sind|hat|haben|wie|welche[rsnm]?"
    r"|wann|wer|wo|warum|wird|werden|muss|darf|kann|gilt|im|am|zum|zur|für|und|nicht"
    r"|bei|von|mit|hoch|viele?|lange?)\b",
    re.IGNORECASE,
)
_NAMED_NUMBER: Final = re.compile(r"\b[A-Z]{2,} \d+\b")  # HEB 200 is no amount
_LISTED: Final = re.compile(r"\b0\d{2,}-\d+\b", re.ASCII)
# A number that tells one thing of a kind from others: cost centre 4400, room 4.04.
_NUMBERED: Final = re.compile(
    r"(?:\b(?:order|invoice|item|room|cost cent(?:er|re)|account|heat|batch|lot|ticket"
    r"|case|document|serial|vendor|customer|employee|machine|line)"
    r"(?: number| no\.?| nr\.?)?"
    r"|订单|工单|单号|编号|房间|成本中心|物料|批次|批号|合同|发票|工号|设备)[:：#号]?\s?"
    r"((?!(?:19|20)\d\d\b)(?:\d{3,}(?:[.-]\d+)?|\d+[.-]\d+))(?![\w%.,-]\d|\s?[元%万个天人])",
    re.IGNORECASE | re.ASCII,
)
# The number of an official document: 国发〔2024〕13号
_ISSUED: Final = re.compile(
    rf"[{HAN}]{{1,8}}[〔\[(【]\d{{4}}[〕\])】]\s?第?\d{{1,5}}号"
)
_BRACKETS: Final = str.maketrans("[(【])】", "〔〔〔〕〕〕")
# The work that a reference is of: 《…》, or what ends as laws and rules do.
_WORK: Final = re.compile(
    rf"(?:《([^《》]{{2,40}})》|([{HAN}]{{1,24}}(?:法|典|例|办法|规定|细则|准则|则|章程"
    r"|制度|公约|手册|指引|规程)))[\s的]{0,2}$"
)
# The same in English and German, where a file may have other words in its title.
_PAPER: Final = re.compile(
    r"\b(?:of|in|under) (?:the |our |this )?([\w' -]{0,40}?\b(?:contract|agreement"
    r"|policy|handbook|manual|act|code|regulations?|rules|terms|lease|guide|standard|procedure"
    r"|subcontract))\b|\b(?:des|der|im|vom) ([A-ZÄÖÜ][\w-]{5,40})",
)
_BEFORE_WORK: Final = re.compile(
    "^(?:请问|根据|按照|依据|依照|关于|查询|查一?下|看看|我想知道|我国|中国|按|在|查|看|问)+"
)
# What is said of a reference when all of it is asked for.
_GENERIC: Final = frozenset(
    ("规定", "内容", "说", "讲", "写", "原文", "全文", "条文", "条款", "什么", "啥",
     "具体", "怎样", "怎么", "如何", "是", "里", "中", "关于", "say", "state",
     "content", "text", "read", "provid", "tell", "contain", "about")
)  # fmt: skip
_LONGEST: Final = 4_000  # characters, as are searched for
_NAME_PART: Final = r"[A-Z][a-z\u00df-\u017f]{2,}\b(?!['’-]?[A-Z])"
_NAME: Final = re.compile(rf"(?<=[a-z,;] ){_NAME_PART}(?: {_NAME_PART})*")
# What stands before a name, or behind it, and is none.
_CALLED: Final = frozenset(
    ("Mr", "Mrs", "Miss", "Dr", "Doctor", "Prof", "Professor", "Sir", "Madam", "Office",
     "Department", "Team", "Group", "Branch", "Street", "Building", "Room", "Section",
     "Article", "Chapter", "Annex", "Appendix", "Clause")
)  # fmt: skip
# Inside a question no such word begins large, but in a title.
_LARGE: Final = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]+")
_FILLERS: Final = frozenset(listed("stop_words.txt")) - {"may", "us", "will"}
# What a question may name that its answer need not.
BACKGROUND: Final = frozenset(listed("background_names.txt"))
_VERSION: Final = re.compile(r"v?(\d+(?:\.\d+)+\S*)", re.IGNORECASE)
_LARGE_NAME: Final = re.compile(r"[A-Z]{2}")
# Where some write a blank or a hyphen: HX-210, HX 210, HX210.
_JOINTS: Final = re.compile(r"-|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_NOT_EXACT: Final = re.compile(
    r"\d+(?:st|nd|rd|th|s|k|m|d|g|h|x|px|kb|mb|gb|tb|ml|kg|mg|km|cm|mm|am|pm)"
    r"|(?:fy|q|h)\d{1,4}|(?:\d+-[a-z]{2,}|\d{1,3}-[a-z])(?:-[a-z]+)?|(?!0\d\d)\d{1,4}(?:-\d{1,2}){1,2}"
    r"|[a-z]+-(?:of|to|the|in|and|a|at|by|or|for|up)-[a-z-]+"
    r"|(?:covid|top|mid|pre|post|non)-\d+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a question asks for.

    Attributes:
        kind: What an answer holds.
        several: Whether more than one thing is asked for.
        steps: Whether a way to do something is asked for.
        wanted: What each answer has, where a program can tell; None where it cannot.
        exact: Codes, versions, settings and references that it names, as it writes
            them.
        names: Of a question in a Latin script the words that begin large as names do,
            without those of countries, days and months.
        work: The law, rules or paper that a reference is of; empty where none is named.
        paper: The same in a Latin script, if in fewer words than its title may have.
        whole: Whether all of what it refers to is asked for, and nothing else.
        form: What a sentence has that answers, where its form tells; None elsewhere.
        amounts: The amounts and ranges of amounts that it names.
        is_german: Whether all its nouns begin large.
    """

    kind: Kind
    several: bool
    steps: bool
    wanted: Wanted | None
    exact: tuple[str, ...]
    names: tuple[str, ...] = ()
    work: str = ""
    paper: str = ""
    whole: bool = False
    form: re.Pattern[str] | None = None
    amounts: tuple[Limits, ...] = ()
    is_german: bool = False

    @property
    def references(self) -> tuple[str, ...]:
        """Those of `exact` that refer to an article, a section or the like."""
        return tuple(each for each in self.exact if reference_keys(each))

    @property
    def holds(self) -> Callable[[str], bool]:
        """A test for sentences that hold what is asked for; an open one has none."""
        if self.wanted is not None:
            return partial(holds, self.wanted)
        return _HOLDS.get(self.kind, lambda _: False)


def _has(kind: str) -> Callable[[str], bool]:
    return lambda sentence: any(fact.kind == kind for fact in facts(sentence))


_HOLDS: Final[Mapping[Kind, Callable[[str], bool]]] = MappingProxyType(
    {
        "number": _has("number"),
        "time": _has("number"),
        "reason": lambda sentence: _GIVES_REASON.search(sentence) is not None,
        "person": _has("name"),
        # What introduces one.
        "list": lambda sentence: sentence.rstrip().endswith((":", "：")),
    }
)


def detect_intent(question: str) -> Intent:
    """Tell what a question asks for; only its first 4,000 characters are looked at."""
    question = question[:_LONGEST]
    comparing = _COMPARISON.search(question) is not None
    listing = _LIST.search(question) is not None
    named: tuple[tuple[re.Pattern[str], Kind], ...] = (
        (_REASON, "reason"), (_TIME, "time"), (_NUMBER, "number"), (_PERSON, "person"),
    )  # fmt: skip
    kind: Kind = "open"
    for pattern, name in named:
        if pattern.search(question):
            kind = name
            break
    else:
        kind = "comparison" if comparing else "list" if listing else "open"
    exact = _exact(question)
    work, whole = _referred(question)
    keys = reference_keys(question)
    return Intent(
        kind=kind,
        several=comparing or listing or len(exact) > 1 or len(set(keys)) > 1,
        steps=_HOW_TO.search(question) is not None,
        wanted=wanted_in(question),
        exact=exact,
        names=_names(question),
        work=work,
        paper=_paper(question) if keys else "",
        whole=whole,
        form=form_of(question),
        amounts=tuple(limits(_NAMED_NUMBER.sub(" ", question))),
        is_german=len(_GERMAN.findall(question)) > 1,
    )


def _names(question: str) -> tuple[str, ...]:
    """Return names of a question; none of one that writes all words large."""
    runs = (m[0].split() for m in _NAME.finditer(question))
    named = ([part for part in run if part not in _CALLED] for run in runs)
    found = [
        " ".join(run)
        for run in named
        if run and not all(part in BACKGROUND for part in run)
    ]
    if any(word.lower() in _FILLERS for word in _LARGE.findall(question)):
        return ()
    return tuple(dict.fromkeys(found))


def _referred(question: str) -> tuple[str, bool]:
    """Return the work that a question's first reference is of; whether all is asked.

    All of an article is asked for by who names it, and its law, and says no more.
    """
    found = references(question)
    if not found:
        return "", False
    first = question.find(found[0].text)
    named = _WORK.search(question[:first])
    work = ""
    if named is not None:
        work = named[1] or _BEFORE_WORK.sub("", named[2].rpartition("的")[2])
    rest = question[:first] if named is None else question[: named.start()]
    rest = _BEFORE_WORK.sub("", rest) + " " + question[first:]
    for each in found:
        rest = rest.replace(each.text, " ")
    words = {"".join(word) for word in question_words(rest)} - _GENERIC
    chapters = all("章" in each.key or "号" in each.key for each in found)
    return work, not (words or chapters)


def _paper(question: str) -> str:
    found = _PAPER.search(question)
    return (found[1] or found[2]).strip() if found else ""


def _exact(question: str) -> tuple[str, ...]:
    normal = unicodedata.normalize("NFKC", question)
    found = references(_LISTED.sub(" ", normal))
    referred = [r.text if reference_keys(r.text) else r.key for r in found]
    issued = [m[0] for m in _ISSUED.finditer(normal)]
    rest = normal
    for each in (*(r.text for r in found), *issued):
        rest = rest.replace(each, " ")
    named = [m[0] for m in _EXACT.finditer(rest) if not _NOT_EXACT.fullmatch(m[0])]
    numbered = [
        m[1] for m in _NUMBERED.finditer(rest) if not any(m[1] in n for n in named)
    ]
    return tuple(dict.fromkeys([*named, *numbered, *issued, *referred]))


def mentions(text: str, exact: str) -> bool:
    """Tell whether a text names what `Intent.exact` holds, as a whole.

    `HX-210` is not in HX-2101 and is HX 210; 第四十七条 and Article 47 are the same
    reference, `v2.1.1` and 2.1.1 the same version.
    """
    if keys := reference_keys(exact):
        return not {*keys}.isdisjoint(reference_keys(text)) or _begins(text, exact)
    normal = unicodedata.normalize("NFKC", text)
    if _ISSUED.fullmatch(exact):
        return _as_issued(exact) in _as_issued(normal)
    version = _VERSION.fullmatch(exact)
    letters = version[1] if version else "".join(exact.split())
    parts = [re.escape(part) for part in _JOINTS.split(letters) if part]
    # A blank parts a name of several letters from its number, written as it is here:
    # "a 12 month period" names no form A12.
    joint = r"[\s-]?" if _LARGE_NAME.match(letters) else "-?"
    spread = ("(?:v ?)?" if version else "") + joint.join(parts)
    begins_whole = r"(?<![A-Za-z0-9_])(?<!\d\.)"
    pattern = rf"{begins_whole}{spread}(?![A-Za-z0-9_]|\.\d|-\d)"
    found = re.search(pattern, normal, re.IGNORECASE)
    return found is not None and (" " not in found[0] or found[0][:1].isupper())


def _begins(text: str, exact: str, *, heading: bool = False) -> bool:
    """Tell whether a line of a text begins with a reference: it is what is referred to.

    Args:
        text: A passage, or a heading.
        exact: A reference, as a question writes it.
        heading: Whether the text is a heading, whose number names it.
    """
    return any(begins_key(text, k, heading=heading) for k in reference_keys(exact))


def begins_key(text: str, key: str, *, heading: bool = False) -> bool:
    """Tell the same of the key of a reference."""
    begun = {*leading_references(normal_text(text), heading=heading)}
    return not begun.isdisjoint((key, *named_numbers(key)))


def _as_issued(text: str) -> str:
    return "".join(text.translate(_BRACKETS).replace("第", "").split())
