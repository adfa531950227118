"""The contract of this room, and how answers are put together."""

from collections.abc import Callable, Sequence
from typing import Protocol

from erya.language import header_above, is_row, language_of, named_row
from erya.records import Answer, Chunk, Citation, Claim, Evidence, Hit, Span

__all__ = ["Answerer", "abstain", "assemble", "column_names"]

_NOT_SAID = {
    "zh": "文档中没有说明这一点。",
    "en": "The documents do not say.",
}
_NEAREST = 3


class Answerer(Protocol):
    """Answers a question from evidence alone."""

    def answer(
        self,
        question: str,
        evidence: Evidence,
        *,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """Return a draft whose claims still have to be verified.

        Args:
            question: What was asked.
            evidence: What was found; empty evidence gives an abstention.
            on_text: Called with each piece of text as it is made, where that takes
                time.

        Raises:
            ModelError: A model was asked and gave no usable answer.
        """
        ...


def abstain(question: str, evidence: Evidence) -> Answer:
    """Return the answer that says that the documents do not say."""
    language = "zh" if language_of(question) == "zh" else "en"
    return Answer(
        text=_NOT_SAID[language], abstained=True, nearest=evidence.hits[:_NEAREST]
    )


def assemble(quotes: Sequence[tuple[Hit, Span]]) -> Answer:
    """Join quoted spans of chunks into an answer, each its own claim and citation.

    Args:
        quotes: A hit, and a span of its chunk's text, in the order to be read.
    """
    text = ""
    claims: list[Claim] = []
    citations: list[Citation] = []
    for number, (hit, span) in enumerate(quotes, start=1):
        chunk = hit.chunk
        quote = chunk.text[span.start : span.end]
        text += _joint(chunk, citations)
        start = len(text)
        text += (
            named_row(quote, column_names(chunk, span.start))
            if is_row(quote)
            else quote
        )
        claims.append(Claim(start=start, end=len(text), citations=(number,)))
        text += f" [{number}]"
        citations.append(
            Citation(
                number=number,
                chunk=chunk,
                start=chunk.start + span.start,
                end=chunk.start + span.end,
                quote=quote,
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
