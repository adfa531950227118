"""Forms in which some questions are answered, whatever they ask about.

What a term means stands in a definition; from when rules hold, in the sentence that
brings them into force; what a bill comes to, in a line that is called so.
"""

import re
from typing import Final

__all__ = ["SUM", "form_of"]

_DEFINES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        (
            r"^(?:请问)?[“\"《]?([^，,？?]{1,20}?)[”\"》]?(?:是什么意思|指的?是什么|是指什么|怎么定义"
            r"|的(?:定义|含义|意思))"
        ),
        r"(?:什么叫做?|怎么理解)[“\"]?([^，,？?]{1,20}?)[”\"]?[？?]?$",
        r"\bwhat does [“\"]?(?:an? |the )?([^,?]{1,40}?)[”\"]? (?:mean|stand for)\b",
        (
            r"\bwhat is (?:the (?:meaning|definition) of|meant by) [“\"]?(?:an? |the )?"
            r"([^,?]{1,40}?)[”\"]?\??$"
        ),
        r"\bdefined? (?:an? |the )?[“\"]?([^,?]{1,40}?)[”\"]?\??$",
    )
)
_DEFINITION: Final = (
    r"(?<![\w\u4e00-\u9fff]){}[”\"」》）)]?(?:\s?[（(][^）)]{{0,40}}[）)])?，?\s?"
    r"(?:是指|指的是|系指|指(?=[^导示定标出令向数])|(?:shall )?means?\b|refers? to\b"
    r"|(?:is|are) defined as\b|stands? for\b)"
)
_FROM_WHEN: Final = re.compile(
    r"(?:哪[一天年日]|什么时候|何时|几号|什么日期|从啥时候).{0,12}"
    r"(?:生效|施行|实施|管用|起效|执行)"
    r"|\b(?:when|what date)\b.{0,80}\b(?:take effect|(?:come|go) into (?:force|effect)"
    r"|effective|in force)\b",
    re.IGNORECASE,
)
_IN_FORCE: Final = re.compile(
    r"自.{1,24}起(?:施行|实施|生效|执行)|(?:施行|生效|实施)(?:日期|时间)"
    r"|\b(?:takes?|took|comes?|came|goes|enters?|entered) (?:into )?(?:effect|force)\b"
    r"|\beffective (?:as of|from|on|date)\b",
    re.IGNORECASE,
)

# Of the next time, not of this one.
_NEXT: Final = re.compile(
    r"下次|下一[次届期轮]|下期"
    r"|\bnext (?:meeting|time|session|review|audit|inspection|release|delivery)\b",
    re.IGNORECASE,
)
_IN_ALL: Final = re.compile(
    r"\b(?:what|how much|how high)\b.{0,30}\b(?:total|sum)\b(?! number)"
    r"|(?:合计|总计|总额|总价|总金额|价税合计)(?:是|为|有)?多少",
    re.IGNORECASE,
)
# In a bill with hundreds of lines, none of which says what they come to.
SUM: Final = re.compile(
    r"^[|\s]*(?:(?:grand |net |gross |invoice )?(?:total|sum)\b|summe\b|gesamt"
    r"|(?:amount|balance) due\b|合\s?计|总\s?计|总额|总价|总金额|价税合计)",
    re.IGNORECASE,
)


def form_of(question: str) -> re.Pattern[str] | None:
    """Return what a sentence has that answers a question of such a form, or None."""
    if _FROM_WHEN.search(question):
        return _IN_FORCE
    if _NEXT.search(question):
        return _NEXT
    if _IN_ALL.search(question):
        return SUM
    for pattern in _DEFINES:
        if found := pattern.search(question):
            term = re.escape(found[1].strip())
            return re.compile(_DEFINITION.format(term), re.IGNORECASE)
    return None
