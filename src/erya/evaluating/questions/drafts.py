"""What a made question is, and what one has to be to be worth asking."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from erya.evaluating.overlap import copies
from erya.evaluating.questions.wording import Wording
from erya.language import language_of, question_words, terms
from erya.records import Chunk

__all__ = ["Draft", "Setting", "setting_of"]

_LONGEST: Final = {"zh": 64, "en": 220}  # characters of a question
_SHORTEST: Final = {"zh": 6, "en": 15}
_FEWEST_WORDS: Final = 2  # that say what is asked about
_TELLING_WORDS: Final = 5  # from which a question needs no document's name
_VAGUE: Final = re.compile(
    r"\bthe (?:company|author|paper|study|program|document|film|album|book|song"
    r"|band|team|game|series|show|novel|project)s?\b|公司|作者",
    re.IGNORECASE,
)

# What a question cannot say to somebody who does not see the page.
_POINTS: Final = re.compile(
    r"\b(?:this|these|those|above|below|following|aforementioned|such|said|herein"
    r"|respectively|current(?:ly)?|prior|recent(?:ly)?|today|previous(?:ly)?|its|their"
    r"|his|her|they|them|he|she|our|we|us|former|latter|et al"
    r"|(?:figure|table|fig\.?|section|page) ?\d)\b|[|*_#{}<>=\\•●@]|https?:"
    r"|[上下]列|[上前下]述|以[上下](?=[规行情条措材])|前[款条项]"
    r"|(?<![资成基样版文日根剧课书])本(?![人身科金质来])"
    r"|(?<!应)该|此|(?<![及与和])其(?!他|它|中|实)|(?:第.{1,4}|本)[条款项]|如[图表]"
    r"|[图表] ?\d"
    r"|予以|\d\.\s|\[\d",
    re.IGNORECASE,
)
_OPEN: Final = "（(“「《[【"
_CLOSE: Final = "）)”」》]】"
# Titles that no person would call a document by.
_NO_TITLE: Final = re.compile(
    r"[{}|\\@]|\d{2}[:/]\d|\.\w{2,4}$|^[a-z\d.-]+$|^(?:untitled|sheet|table|chapter"
    r"|section|introduction|exhibit|contents|document)\b|\bexample doc|\btest\b|^\W",
    re.IGNORECASE,
)
_LAW: Final = re.compile(
    r"(?:法|条例|规定|办法|细则|解释|章程|制度|手册|规范|指南|守则|编|规则)$"
)
_CASES: Final = re.compile(
    r"关于(?:审理|办理|适用|执行|处理)?(?P<topic>[^（(]{4,20}?)"
    r"(?:案件|适用|具体应用|若干|的(?:解释|规定|安排|批复|通知|暂行))"
)  # fmt: skip
_LONGEST_TITLE: Final = {"zh": 26, "en": 100}


class Draft(NamedTuple):
    """A question before anybody has tried to answer it.

    Attributes:
        kind: The rule that made it.
        question: The question.
        answers: Words of the document, or yes and no; each is right on its own.
        quotes: The stretches of the document that answer, word for word.
    """

    kind: str
    question: str
    answers: tuple[str, ...]
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a question is made: the language, and what the document is called.

    Attributes:
        language: `zh` or `en`.
        title: What a person would call the document by; empty if they would not.
        topic: What it is about, where the title is too long to say.
        wording: Says things in other words.
    """

    language: str
    title: str
    topic: str
    wording: Wording

    @property
    def is_law(self) -> bool:
        """Whether the document lays down rules."""
        return bool(_LAW.search(self.title))

    def draft(
        self,
        kind: str,
        question: str,
        *,
        answers: Sequence[str],
        quotes: Sequence[str],
        alone: bool = False,
        named: bool = False,
        reword: bool = True,
    ) -> Draft | None:
        """Return the question in other words than the text; None where it is no good.

        Args:
            kind: The rule that made it.
            question: With the words of the text.
            answers: As in `Draft`.
            quotes: As in `Draft`.
            alone: Whether it says by itself what it is about.
            named: Whether it means nothing unless the document is named.
            reword: Whether words may be replaced.
        """
        if not question or (named and not (self.title or self.topic)):
            return None
        if _POINTS.search(question):
            return None
        worded = self.wording.other(question) if reword else question
        placed = worded if alone else self._name_document(worded)
        if placed is None or not self._is_question(placed):
            return None
        if any(copies(placed, quote) for quote in quotes):
            return None
        unique = tuple(dict.fromkeys(each.strip() for each in answers))
        whole = all(each and _is_balanced(each) for each in unique)
        return Draft(kind, placed, unique, tuple(quotes)) if whole else None

    def _name_document(self, question: str) -> str | None:
        """Say which document is meant; None where it has no name to say."""
        name = self.title or self.topic
        question_terms = terms(question)
        words = question_words(name)
        if words and sum(question_terms.issuperset(w) for w in words) * 2 > len(words):
            return question
        if not name:
            enough = len(question_words(question)) >= _TELLING_WORDS
            return question if enough and not _VAGUE.search(question) else None
        if self.language == "en":
            lowered = question[0].lower() + question[1:]
            lowered = question if question.split(maxsplit=1)[0] in _KEPT else lowered
            return f"In “{name}”, {lowered}"
        if not self.title:
            return f"关于{name}，{question}"
        return (
            f"按照《{name}》，{question}"
            if self.is_law
            else f"《{name}》里，{question}"
        )

    def _is_question(self, question: str) -> bool:
        """Tell whether it reads as a question."""
        size = len(question)
        return (
            _SHORTEST[self.language] <= size <= _LONGEST[self.language]
            and language_of(question) == self.language
            and len(question_words(question)) >= _FEWEST_WORDS
            and _is_balanced(question)
        )


def _is_balanced(text: str) -> bool:
    return all(
        text.count(one) == text.count(two)
        for one, two in zip(_OPEN, _CLOSE, strict=True)
    )


_KEPT: Final = frozenset(("I",))


def setting_of(chunk: Chunk, wording: Wording, *, language: str) -> Setting:
    """Return what the questions of a chunk have in common."""
    title = re.sub(r"[\s_]+", " ", chunk.title).strip()
    if re.fullmatch(r"[A-Za-z]+(?:-[A-Za-z]+)+", title):
        title = title.replace("-", " ")  # the name of a file
    title = re.sub(r" ?[（(][^()（）]+[)）]$", "", title)
    title = title.removeprefix("中华人民共和国").strip("《》 ")
    head, colon, _ = title.partition(": ")
    if colon and len(head) > 3:
        title = head
    topic = _CASES.search(title)
    fits = len(title) <= _LONGEST_TITLE.get(language_of(title), 0)
    # A title in one language has no place in a question in the other.
    fits = fits and language_of(title) == language and not _NO_TITLE.search(title)
    return Setting(
        language=language,
        title=title if fits and not (topic and len(title) > 18) else "",
        topic=_topic(topic["topic"]) if topic and language == "zh" else "",
        wording=wording,
    )


def _topic(name: str) -> str:
    """Return what cases are about: 交通肇事 of 交通肇事刑事案件."""
    return re.sub("(?:刑事|民事|行政)$", "", name.removesuffix("的"))
