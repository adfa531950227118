"""Words that turn a statement into its opposite, Chinese and English."""

import re
from typing import Final

__all__ = ["denies"]

_DENIES: Final = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|unable|hardly"
    r"|fail(?:s|ed)? to|prohibit(?:s|ed)?|forbid(?:s|den)?)\b|n['’]t\b"
    r"|不|没|沒|未|无|無|非|勿|禁|别|別|莫|\b(?:void|invalid|impossible)\b",
    re.IGNORECASE,
)
# What has such a word in it and denies nothing.
_OTHERWISE: Final = re.compile(
    r"\bnot (?:only|just|merely)\b|\bnot? (?:more|less|later|fewer|earlier) than\b"
    r"|\bnot exceed|不得?(?:超[过過]|[低高少多迟遲早晚长長短大小][于於])"
    r"|未成年|莫斯科|[别別]克|南非|不[锈鏽]|[沉淹]没|沉沒"
    r"|\bwhether or not\b|\bno doubt\b|\bno\.\s*\d"
    r"|不得不|不能不|不[仅但同断久少过管论停止妨安足够错]|不一定|不好意思|对不起|要不"
    r"|(.)不\1|[无無][论論数數限锡線线]|非[常洲]|未来|未來|是否|没准|莫名|差不多"
    r"|特[别別]|[别別][人的墅名]|[分个個区區性级級类類告识識鉴鑑差派辨][别別]",
    re.IGNORECASE,
)


def denies(text: str) -> bool:
    """Tell whether `text` says that something is not so.

    Two denials in one sentence count as one: what each belongs to is not known.
    """
    return _DENIES.search(_OTHERWISE.sub(" ", text)) is not None
