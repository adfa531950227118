"""The contract of this room, and the marking of what fails."""

import dataclasses
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from erya.errors import NotFoundError
from erya.records import (
    Answer,
    Chunk,
    Citation,
    ClaimChecked,
    Document,
    Verdict,
)
from erya.verifying.reasons import sourceless

if TYPE_CHECKING:
    from erya.records import (
        Claim,
    )

__all__ = ["MARK", "Check", "Objection", "ReadDocument", "Verification", "verify"]

MARK: Final = " ⚠"


class Objection(NamedTuple):
    """What a check has against a sentence.

    Attributes:
        verdict: What becomes of it.
        reason: Why, for a person; empty where nothing is wrong, only unchecked.
    """

    verdict: Verdict
    reason: str = ""


# Returns the document of a chunk, as the asker may read it.
ReadDocument = Callable[[Chunk], Document]
# Returns what stands against a sentence and what it cites; None if nothing does.
Check = Callable[[str, Sequence[Citation], ReadDocument], Objection | None]
# The marks behind a sentence, and the bar of a row that they stand before.
_MARKS: Final = re.compile(r"(?: \[\d{1,3}\])*(?: \|)?")


class Verification:
    """Checks an answer as it grows, each claim once, and marks those that fail."""

    def __init__(self, read: ReadDocument, *, checks: Sequence[Check]) -> None:
        """Begin with nothing.

        Args:
            read: Returns the document of a chunk, as the asker may read it.
            checks: Asked in order; the first objection counts. A sentence that none has
                anything against is `supported`.
        """
        self._read = read
        self._checks = checks
        self._placed: dict[int, Citation] = {}
        self._begin()

    def _begin(self) -> None:
        self._seen = Answer(text="")
        self._text = ""
        self._taken = 0  # characters of the draft that are in the text
        self._claims: list[Claim] = []

    def extend(self, draft: Answer) -> list[ClaimChecked]:
        """Check the claims that a draft has gained, and return them.

        Args:
            draft: Goes on where the one before ended; where it does not, because the
                model takes back what it said, all is checked anew.
        """
        if not self._goes_on(draft):
            self._placed = {}
            self._begin()
        self._seen = draft
        cited = {citation.number: citation for citation in draft.citations}
        checked = []
        for claim in draft.claims[len(self._claims) :]:
            sources = [cited[number] for number in claim.citations if number in cited]
            sentence = draft.text[claim.start : claim.end]
            verdict, reason = self._judged(sentence, sources)
            before = draft.text[self._taken : claim.start]
            marks = _MARKS.match(draft.text, claim.end)
            self._taken = marks.end() if marks else claim.end
            after = draft.text[claim.end : self._taken] + (MARK if reason else "")
            start = len(self._text) + len(before)
            done = dataclasses.replace(
                claim,
                start=start,
                end=start + len(sentence),
                verdict=verdict,
                reason=reason,
            )
            gained = before + sentence + after
            self._text += gained
            self._claims.append(done)
            citations = tuple(self._place(source) for source in sources)
            checked.append(ClaimChecked(text=gained, claim=done, citations=citations))
        return checked

    def finish(self, draft: Answer) -> Answer:
        """Return the whole answer, with a verdict on every claim.

        Args:
            draft: The last; an abstention has no claims and stays as it is.
        """
        self.extend(draft)
        if not draft.claims:
            return draft
        return dataclasses.replace(
            draft,
            text=self._text + draft.text[self._taken :],
            claims=tuple(self._claims),
            citations=tuple(self._place(citation) for citation in draft.citations),
        )

    def _goes_on(self, draft: Answer) -> bool:
        seen = self._seen
        return (
            draft.text.startswith(seen.text[: self._taken])
            and draft.claims[: len(seen.claims)] == seen.claims
        )

    def _place(self, citation: Citation) -> Citation:
        """Give a citation its page: a chunk may begin on the one before."""
        if citation.chunk.page is None:
            return citation
        if citation.number not in self._placed:
            try:
                page = self._read(citation.chunk).page_at(citation.start)
            except NotFoundError:
                page = citation.page  # gone meanwhile, which the checks have said
            self._placed[citation.number] = dataclasses.replace(citation, page=page)
        return self._placed[citation.number]

    def _judged(self, sentence: str, sources: Sequence[Citation]) -> Objection:
        if not sources:
            return Objection("not_found", sourceless(sentence))
        objections = (check(sentence, sources, self._read) for check in self._checks)
        return next(filter(None, objections), Objection("supported"))


def verify(draft: Answer, read: ReadDocument, *, checks: Sequence[Check]) -> Answer:
    """Return `draft` with a verdict on every claim, failing sentences marked.

    Args:
        draft: A whole answer.
        read: As for `Verification`.
        checks: As for `Verification`.
    """
    return Verification(read, checks=checks).finish(draft)
