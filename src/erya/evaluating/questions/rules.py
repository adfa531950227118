"""Questions that need no model: from definitions, numbers, names and headings.

Each has its answer in one sentence of the document, word for word. They are plainer
than what people ask, and good enough to notice when something that was found is lost.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from erya.language import LIST_MARK, facts, language_of, sentences
from erya.records import Chunk

__all__ = ["Draft", "drafts"]

_SHORTEST, _LONGEST = 12, 300  # characters of a sentence that a question is made of
_FEWEST_HAN: Final = 8
_GAP: Final = "____"

_DEFINED_EN = re.compile(
    r"(?P<article>(?:(?:An?|The) )?)(?P<what>[A-Za-z0-9][\w\-/]*(?: [\w\-/]+){0,4})"
    r" (?P<verb>is|are|means|refers to|stands for)"
    r" (?P<answer>(?:an?|the|any|all|every) .{8,})"
)
_DEFINED_ZH = re.compile(
    r"(?P<what>[^，。；：、“”（）\s]{2,16})"
    r"(?:，|,)?(?:是指|指的是|系指|定义为|是一种|是一个|是一项|是由)(?P<answer>.{4,})"
)
_PART = re.compile(r"\d[.:：/-]____|____[.:：/-]\d")  # of a time, a date, a version
# What does not name what it speaks of.
_NO_SUBJECT = re.compile(
    r"(?:it|th(?:is|at|ese|ose|ere|ey)|here|s?he|we|you|wh(?:at|ich|o|en|ere)|one|each"
    r"|such|both|if|all|some|many|most|as|but|and|or|in|on|at|for)\b",
    re.IGNORECASE,
)
_NO_SUBJECT_ZH = re.compile(
    r"^(?:这|那|其|它|他|她|该|此|本|以上|以下|前款|并|而|但|也|就|都)"
)


class Draft(NamedTuple):
    """A question before anybody has tried to answer it.

    Attributes:
        kind: The rule that made it.
        question: What is asked.
        answer: The words of the document that answer.
        quote: The sentence they stand in.
    """

    kind: str
    question: str
    answer: str
    quote: str


def drafts(chunk: Chunk) -> Iterator[Draft]:
    """Yield questions whose answers stand in `chunk`; none for a text of fragments."""
    chinese = language_of(chunk.text) == "zh"
    for number, span in enumerate(sentences(chunk.text)):
        mark = LIST_MARK.match(chunk.text, span.start)
        start = min(mark.end() if mark else span.start, span.end)
        sentence = chunk.text[start : span.end]
        shortest = _FEWEST_HAN if chinese else _SHORTEST
        if not shortest <= len(sentence) <= _LONGEST or "\n" in sentence:
            continue
        if " | " in sentence or sentence.endswith(("?", "？", ":", "：")):
            continue  # rows of tables, questions and introductions are no statements
        yield from _defined(sentence, chinese=chinese)
        yield from _gap(chunk, sentence, chinese=chinese)
        if number == 0 and chunk.headings and chunk.headings[-1] != chunk.title:
            yield _about(chunk, sentence, chinese=chinese)


def _defined(sentence: str, *, chinese: bool) -> Iterator[Draft]:
    found = (_DEFINED_ZH if chinese else _DEFINED_EN).match(sentence)
    if found is None:
        return
    what = found["what"].strip()
    if chinese:
        if not _NO_SUBJECT_ZH.match(what):
            answer = found["answer"].rstrip("。；")
            yield Draft("definition", f"什么是{what}？", answer, sentence)
        return
    if _NO_SUBJECT.match(what):
        return
    answer = found["answer"].rstrip(".;")
    if found["verb"] in {"means", "refers to", "stands for"}:
        question = f"What does “{what}” mean?"
    else:
        question = f"What {found['verb']} {found['article'].lower()}{what}?"
    yield Draft("definition", question, answer, sentence)


def _gap(chunk: Chunk, sentence: str, *, chinese: bool) -> Iterator[Draft]:
    """Leave out the last number, code or name, which is the newest thing said."""
    told = [
        fact.text
        for fact in facts(sentence)
        if sentence.count(fact.text) == 1
        and not sentence.startswith(fact.text)
        and len(fact.text) < len(sentence) / 3
        and not _PART.search(sentence.replace(fact.text, _GAP))
    ]
    if not told:
        return
    kept = sentence.replace(told[-1], _GAP)
    above = chunk.headings[-1] if chunk.headings else chunk.title
    if chinese:
        where = f"在“{above}”中，" if above else ""
        question = f"{where}“{kept}”空格处应填什么？"
    else:
        where = f" in “{above}”" if above else ""
        question = f"What belongs in the gap{where}: “{kept}”?"
    kind = "number" if told[-1][:1].isdigit() else "name"
    yield Draft(kind, question, told[-1], sentence)


def _about(chunk: Chunk, sentence: str, *, chinese: bool) -> Draft:
    heading = chunk.headings[-1]
    if heading.endswith(("?", "？")):
        return Draft("question", heading, sentence, sentence)
    question = (
        f"关于“{heading}”，文档是怎么说的？"
        if chinese
        else f"What do the documents say about “{heading}”?"
    )
    return Draft("heading", question, sentence, sentence)
