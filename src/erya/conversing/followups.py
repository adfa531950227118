"""Make a follow-up whole: "and in Berlin?" after "How much leave is there in Bern?"."""

import re
from collections.abc import Sequence
from typing import Final

from erya.language import content_words, language_of, tagged_words
from erya.models import ChatModel, ChatRequest, complete
from erya.prompts import load_prompt
from erya.records import Message, Usage

__all__ = ["standalone_by_model", "standalone_question"]

_LONGEST: Final = 500  # characters of a question that a model has made whole
# English: what a fragment begins with, and where the part begins that it stands for.
_OPENING: Final = re.compile(
    r"^(?:(?:and|but|or|so|ok(?:ay)?|then)[\s,]+)*(?:(?:what|how)\s+about\s+|same\s+for\s+)"
    r"|^(?:and|but|or)[\s,]+",
    re.IGNORECASE,
)
_PREPOSITIONS: Final = (
    "in|for|at|on|of|with|without|after|before|from|during|under|by|to|until|since"
)
_PREPOSITION: Final = re.compile(rf"^(?P<word>{_PREPOSITIONS})\s+", re.IGNORECASE)
_VERB: Final = re.compile(
    r"\b(?:is|are|was|were|do|does|did|can|may|must|should|will|would|has|have|had|who"
    r"|what|when|where|why|which|how)\b",
    re.IGNORECASE,
)
_NAME: Final = re.compile(r"\b(?!I\b)[A-Z][\w-]*(?:\s+[A-Z][\w-]*)*")
_PRONOUN: Final = re.compile(
    r"\b(?:it|its|they|them|their|this|these|those|he|she|his|her)\b|它|他们|她们|他|她"
    r"|这个|那个|这些|那些|该",
    re.IGNORECASE,
)
_NO_MODIFIER: Final = rf"(?:{_PREPOSITIONS}|the|a|an|is|are|many|much|any|our|my)\b"
_MOST_WORDS: Final = 6  # of a fragment
_TELLING: Final = 3  # content words of a question that stands by itself
# Chinese: 那上海呢？ 试用期呢
_CHINESE: Final = re.compile(
    r"^(?P<before>那么|那|还有|另外|以及|换成|如果是|要是)?[，,\s]*(?P<part>[^，,。？?]{1,16}?)"
    r"(?P<after>呢|的话呢|怎么样|又如何)?[？?。\s]*$"
)
_NAMES: Final = frozenset(["nr", "ns", "nt", "nz", "nrt", "nrfg", "eng"])
_MODIFIERS: Final = frozenset(["a", "ad", "an", "b", "n"])
_TIMES: Final = frozenset(["m", "t"])


def standalone_question(question: str, before: str) -> str:
    """Return what a question means after the one before it, by rules.

    A question that stands by itself is returned as it is; so is one that the rules do
    not see through.

    Args:
        question: What was asked.
        before: The question before it, whole; empty where there is none.
    """
    question = question.strip()
    if not before.strip():
        return question
    if language_of(question) == "zh":
        return _chinese(question, before.strip())
    return _english(question, before.strip())


def standalone_by_model(
    question: str, history: Sequence[Message], model: ChatModel
) -> tuple[str, Usage]:
    """Return what a question means after a conversation, in a model's words.

    Args:
        question: What was asked.
        history: The conversation before.
        model: Words it.

    Returns:
        The question, as it was where the model gives none, and what asking cost.

    Raises:
        ModelError: The model cannot be reached.
    """
    told = "\n".join(f"{turn.role}: {turn.text}" for turn in history)
    prompt = load_prompt("standalone_question").fill()
    user = f"Conversation:\n{told}\n\nLast question: {question}"
    done = complete(model, ChatRequest.of(prompt, user))
    lines = done.text.strip().splitlines()
    said = lines[0].strip().strip('"“”') if lines else ""
    return (said if 0 < len(said) <= _LONGEST else question), done.usage


def _english(question: str, before: str) -> str:
    opening = _OPENING.match(question)
    part = question[opening.end() if opening else 0 :].strip().rstrip("?.! ")
    preposition = _PREPOSITION.match(part)
    is_fragment = (
        bool(opening or preposition)
        and 0 < len(part.split()) <= _MOST_WORDS
        and not _VERB.search(part)
    )
    if is_fragment:
        body = before.rstrip("?.! ")
        return f"{_replaced(body, part, preposition)}?"
    return _with_topic(question, before)


def _replaced(body: str, part: str, preposition: re.Match[str] | None) -> str:
    """Return a question with one part in place of that which it stands for."""
    if preposition is not None:
        word = preposition["word"]
        slot = rf"\b{word}\s+(?:(?!\b(?:{_PREPOSITIONS})\b)[^,;])+"
        found = list(re.finditer(slot, body, re.IGNORECASE))
        if not found:
            return f"{body} {part}"
        last = found[-1]
        gap = " " if last[0].endswith(" ") else ""
        return body[: last.start()] + part + gap + body[last.end() :]
    *_, last_word = part.split()
    modifiers = len(part.split()) - 1
    same_noun = (
        rf"\b(?:(?!{_NO_MODIFIER})\w+\s+){{0,{modifiers}}}{re.escape(last_word)}\b"
    )
    for pattern in (
        *([_NAME] if _NAME.match(part) else []),
        re.compile(same_noun, re.IGNORECASE),
    ):
        # The first word has a capital letter whatever it is.
        found = [m for m in pattern.finditer(body) if m.start() > 0]
        if found:
            return body[: found[-1].start()] + part + body[found[-1].end() :]
    return f"{body} for {part}"


def _chinese(question: str, before: str) -> str:
    match = _CHINESE.match(question)
    body = before.rstrip("？?。 ")
    if match and (match["before"] or match["after"]):
        part = match["part"].removesuffix("的").strip()
        words = tagged_words(part)
        if part and not any(tag in {"v", "r", "ry"} for _, tag in words):
            return f"{_exchanged(body, part, words)}？"
    return _with_topic(question, before)


def _exchanged(body: str, part: str, words: Sequence[tuple[str, str]]) -> str:
    """Return a question with a part in place of the word of its kind."""
    head, tag = words[-1]
    position = start = 0  # where a word begins, and what stands before it in one run
    before = ""
    for word, kind in tagged_words(body):
        end = position + len(word)
        # 年假 is two words for jieba, and 病假 is one.
        joined = position - 1 if len(word) == len(before) == 1 else position
        same_kind = any(tag in each and kind in each for each in (_NAMES, _TIMES))
        same_noun = kind.startswith("n") and word[-1] == head[-1]
        if same_kind or same_noun:
            begin = start if word == head else joined
            return body[: _from_shared(body, begin, part)] + part + body[end:]
        start = start if kind in _MODIFIERS else end
        before, position = word, end
    return f"{part}：{body}"


def _from_shared(body: str, start: int, part: str) -> int:
    """Return where a part begins in a question that has its beginning already."""
    for length in range(min(len(part), start), 0, -1):
        if body.startswith(part[:length], start - length):
            return start - length
    return start


def _with_topic(question: str, before: str) -> str:
    """Return a question that points back with what the one before was about."""
    if not _PRONOUN.search(question) or len(content_words(question)) > _TELLING:
        return question
    if language_of(before) == "zh":
        return f"{question} ({_chinese_topic(before)})"
    known = set(content_words(question))
    topic = [word for word in content_words(before) if word not in known]
    return f"{question} ({' '.join(topic)})" if topic else question


def _chinese_topic(question: str) -> str:
    """Return the nouns of a question with what links them."""
    topic = ""
    for word, kind in tagged_words(question):
        is_noun = kind[0] in "nabm" and not any(sign in word for sign in "几多少")
        if is_noun or (kind == "uj" and topic):  # 的
            topic += word
    return topic.removesuffix("的")
