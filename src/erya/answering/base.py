"""The contract of this room, and how answers are put together."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Protocol

from erya.language import header_above, is_row, language_of, named_row
from erya.records import (
    Answer,
    Chunk,
    Citation,
    Claim,
    Evidence,
    Hit,
    Message,
    Span,
)

__all__ = ["Answerer", "Draft", "Quoted", "abstain", "assemble", "column_names"]

_NOT_SAID = {
    "zh": "文档中没有说明这一点。",
    "en": "The documents do not say.",
}
_NOT_MENTIONED: Final = {
    "zh": "文档中没有提到{exact}。",
    "en": "No document mentions {exact}.",
}
_NEAREST = 3


class Quoted(NamedTuple):
    """What is quoted of a hit.

    Attributes:
        hit: The passage.
        span: Where the quote stands in its chunk's text.
        heading: What the quote is shown below; empty where it speaks for itself.
        answer: The words that answer, in the chunk's text; None where nobody has read
            it.
        more: Whether what it is part of goes on.
    """

    hit: Hit
    span: Span
    heading: str = ""
    answer: Span | None = None
    more: bool = False


class Draft(NamedTuple):
    """An answer that may still grow; its claims are not verified.

    Attributes:
        answer: What there is of it.
        is_whole: Whether that is all.
    """

    answer: Answer
    is_whole: bool


class Answerer(Protocol):
    """Answers a question from evidence alone."""

    def drafts(
        self,
        question: str,
        evidence: Evidence,
        *,
        history: Sequence[Message] = (),
        seconds: float | None = None,
    ) -> Iterator[Draft]:
        """Yield the answer as it grows; its claims still have to be verified.

        Each draft goes on where the one before ended: text, claims and citations stay,
        unless a model takes back what it said. The last is whole. Closing the iterator
        stops a model that still writes.

        Args:
            question: What was asked.
            evidence: What was found; empty evidence gives an abstention.
            history: The conversation before.
            seconds: The longest that a model may take; None leaves it to the model.

        Raises:
            ModelError: A model was asked and gave no usable answer; what it had said
                by then is no answer.
        """
        ...

    def answer(self, question: str, evidence: Evidence) -> Answer:
        """Return the whole answer, its claims not verified.

        Raises:
            ModelError: As for `drafts`.
        """
        *_, whole = self.drafts(question, evidence)
        return whole.answer


def abstain(
    question: str, evidence: Evidence, *, missing: Sequence[str] = ()
) -> Answer:
    """Return the answer that says that the documents do not say.

    In the language of the question.

    Args:
        question: What was asked.
        evidence: What came nearest.
        missing: What the question names exactly and no document does.
    """
    language = "zh" if language_of(question) == "zh" else "en"
    text = _NOT_SAID[language]
    if missing:
        named = ("、" if language == "zh" else ", ").join(missing)
        text = _NOT_MENTIONED[language].format(exact=named)
    return Answer(text=text, abstained=True, nearest=evidence.hits[:_NEAREST])


def assemble(quotes: Sequence[Quoted]) -> Answer:
    """Join quoted spans of chunks into an answer, each its own claim and citation.

    Args:
        quotes: What is quoted, in the order to be read.
    """
    text = ""
    claims: list[Claim] = []
    citations: list[Citation] = []
    for number, (hit, span, heading, answer, more) in enumerate(quotes, start=1):
        chunk = hit.chunk
        quote = chunk.text[span.start : span.end]
        text += _joint(chunk, citations)
        start = len(text)
        text += f"{heading}: " if heading else ""
        text += (
            named_row(quote, column_names(chunk, span.start))
            if is_row(quote)
            else quote
        )
        text += " …" if more else ""
        claims.append(Claim(start=start, end=len(text), citations=(number,)))
        text += f" [{number}]"
        citations.append(
            Citation(
                number=number,
                chunk=chunk,
                start=chunk.start + span.start,
                end=chunk.start + span.end,
                quote=quote,
                answer=answer
                and Span(chunk.start + answer.start, chunk.start + answer.end),
            )
        )
    return Answer(text=text, claims=tuple(claims), citations=tuple(citations))


def column_names(chunk: Chunk, position: int) -> str:
    """Return the row that names the columns of the table row at `position`; or nothing.

    A chunk that begins below it has it in its heading path.
    """
    last = chunk.headings[-1] if chunk.headings else ""
    return header_above(chunk.text, position) or (last if is_row(last) else "")


def _joint(chunk: Chunk, before: Sequence[Citation]) -> str:
    if not before:
        return ""
    return " " if before[-1].chunk.id == chunk.id else "\n"
