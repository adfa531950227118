"""Questions that a Chinese sentence answers, as somebody asks who has not read it."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from erya.evaluating.questions.drafts import Draft, Setting
from erya.evaluating.questions.patterns import Build, QuestionAnswer, Rule, read_rules

__all__ = ["ask_list", "ask_sentence"]

# Duties that say nothing that anybody could look up.
_EMPTY: Final = re.compile(
    r"遵守|遵循|加强|重视|支持|依法|做好|坚持|健全|完善|按照|根据|依照|促进|保障|推动"
    r"|尊重|配合|采取|相应|有关|相关|必要|承担|履行|符合|积极|鼓励|引导|监督|合理|规定"
    r"|责任|原则|作为|视为|享有|并$|负责|参照|情况|其他"
)
_FRAGMENT: Final = re.compile(
    r"^(?:利用|使用|通过|但|且|并|而|或|也|则|和|及|与|的|由|对|向|在|经|从|将|把|被|自|为|于|等|其|除"
    r"|因|依|按|根据|导致|造成|使|从而|致使|这|应当|可以|不得|同时|国家|以及|如果|另外)|(?:的|和|或|与|及|等|且"
    r"|应当|不得|可以|至少|最多|一般|原则上|均|都|也|对|为|经|在|以|其中|后|时|未|并|是|即|还|还应)$"
)
_LEAD: Final = re.compile(
    r"^(?:[-*•·\s]+|第[\d一二三四五六七八九十百千零]+[条章节]\s*|[（(]?[\d一二三四五六七八九十]{1,3}"
    r"[)）、.．]\s*)*(?:违反(?:本\S{1,4}|[^，]{0,8})规定，|同时，|因此，|此外，|另外，|依法，)?"
)
# What an answer cannot say to somebody who does not see the page.
_HERE: Final = re.compile(r"本(?:解释|条|款|规定|办法)第?|第[^，。]{1,4}[条款]")
_ITEM: Final = re.compile(r"\s*(?:[（(][\d一二三四五六七八九十]{1,3}[)）]|[-*•·])")


def ask_sentence(sentence: str, setting: Setting) -> Iterator[Draft]:
    """Yield what a sentence answers; it is the evidence."""
    bare = _bare(sentence)
    part = _ITEM.match(sentence) is not None  # of a list, whose beginning is missing
    for rule in _RULES:
        if part and rule.kind != "definition":
            continue
        match = rule.pattern.search(bare)
        pair = _form_question(rule, match, setting) if match else None
        draft = pair and setting.draft(
            rule.kind, pair.question, answers=pair.answers, quotes=[sentence]
        )
        if draft:
            yield draft


def ask_list(intro: str) -> str:
    """Return what a list answers, from the line that leads to it; empty if nothing."""
    for rule in _LISTS:
        match = rule.pattern.search(_bare(intro))
        if match and all(map(_is_whole, match.groupdict().values())):
            return rule.question.format(**match.groupdict())
    return ""


def _bare(sentence: str) -> str:
    return _LEAD.sub("", sentence, count=1)


def _is_whole(part: str) -> bool:
    return not _FRAGMENT.search(part)


def _form_question(
    rule: Rule, match: re.Match[str], setting: Setting
) -> QuestionAnswer | None:
    """Return the question, unless the match breaks off in the middle."""
    if rule.question.startswith("@"):
        return _BUILT[rule.question](match)
    parts = {name: part or "" for name, part in match.groupdict().items()}
    if not all(_is_whole(part) for name, part in parts.items() if name != "a"):
        return None
    if "{title}" in rule.question and not setting.is_law:
        return None
    return QuestionAnswer(
        rule.question.format(**parts, title=setting.title), (parts["a"],)
    )


def _meaning(match: re.Match[str]) -> QuestionAnswer | None:
    what = match["s"].removeprefix("所称")
    if not _is_whole(what) or what in match["a"] or _HERE.search(match["a"]):
        return None
    return QuestionAnswer(f"什么样的才算“{what}”？", (match["a"],))


def _short_name(match: re.Match[str]) -> QuestionAnswer | None:
    rest = iter(match["a"])
    if not _is_whole(match["a"]) or all(letter in rest for letter in match["s"]):
        return None  # who reads the short name knows the long one
    return QuestionAnswer(f"“{match['s']}”具体指什么？", (match["a"],))


def _polar(match: re.Match[str]) -> QuestionAnswer | None:
    subject, modal, rest = match["s"], match["m"], match["r"]
    if not (_is_whole(subject) and _is_whole(rest)) or _EMPTY.search(subject + rest):
        return None
    if subject.startswith("任何"):
        return None  # nobody asks whether just anybody may
    quote = f"{modal}{rest}"
    if modal in {"应当", "必须"}:
        return QuestionAnswer(f"{subject}是不是一定要{rest}？", ("是", quote))
    denied = modal == "不得"
    return QuestionAnswer(
        f"{subject}能不能{rest}？", ("不能" if denied else "能", quote)
    )


def _limit(match: re.Match[str]) -> QuestionAnswer | None:
    if not _is_whole(match["s"]):
        return None
    least = match["m"].endswith(("少于", "低于"))
    if re.match(
        r"[\d一二三四五六七八九十两]+个?(?:工作日|小时|分钟|[日天周月年])", match["a"]
    ):
        phrase = "最短要多久" if least else "最长可以多久"
    else:
        phrase = "最少是多少" if least else "最多是多少"
    return QuestionAnswer(f"{match['s']}{phrase}？", (match["a"],))


_BUILT: Final[Mapping[str, Build]] = {
    "@meaning": _meaning,
    "@short_name": _short_name,
    "@polar": _polar,
    "@limit": _limit,
}
_RULES, _LISTS = read_rules("chinese.txt", {})
