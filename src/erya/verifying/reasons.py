"""Why a sentence is not supported, in words of its own language."""

from erya.language import language_of

__all__ = ["denied", "gone", "lacking", "other", "sourceless"]


def gone(sentence: str, number: int) -> str:
    """Say that what a citation points to is not there any more."""
    if _is_chinese(sentence):
        return f"[{number}] 的来源已不存在"
    return f"the source of [{number}] is no longer there"


def other(sentence: str, number: int) -> str:
    """Say that a quote is not what stands there."""
    if _is_chinese(sentence):
        return f"[{number}] 与其来源的原文不符"
    return f"[{number}] is not what its source says"


def lacking(sentence: str, missing: str) -> str:
    """Say that a number, a code or a name is not in what is cited."""
    if _is_chinese(sentence):
        return f"所引来源中没有 {missing!r}"
    return f"{missing!r} does not occur in what it cites"


def denied(sentence: str, said: str) -> str:
    """Say what the source says, which is the opposite."""
    if _is_chinese(sentence):
        return f"其来源写的是 {said!r}"
    return f"its source says {said!r}"


def sourceless(sentence: str) -> str:
    """Say that a sentence names no source."""
    return "没有注明来源" if _is_chinese(sentence) else "it names no source"


def _is_chinese(sentence: str) -> bool:
    return language_of(sentence) == "zh"
