"""The contract of this room, and the marking of what fails."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from erya.errors import NotFoundError
from erya.records import Answer, Citation, Document, Verdict
from erya.verifying.reasons import sourceless

if TYPE_CHECKING:
    from erya.records import Claim

__all__ = ["MARK", "Check", "Objection", "verify"]

MARK: Final = " ⚠"


class Objection(NamedTuple):
    """What a check has against a sentence.

    Attributes:
        verdict: What becomes of it.
        reason: Why, for a person; empty where nothing is wrong, only unchecked.
    """

    verdict: Verdict
    reason: str = ""


# Returns what stands against a sentence and what it cites; None if nothing does.
Check = Callable[[str, Sequence[Citation], Callable[[str], Document]], Objection | None]


def verify(
    draft: Answer, read: Callable[[str], Document], *, checks: Sequence[Check]
) -> Answer:
    """Return `draft` with a verdict on every claim, failing sentences marked.

    Args:
        draft: An answer; an abstention has no claims and stays as it is.
        read: Returns a document by its id, as the asker may read it.
        checks: Asked in order; the first objection counts. A sentence that none has
            anything against is `supported`.
    """
    if not draft.claims:
        return draft
    cited = {citation.number: citation for citation in draft.citations}
    text = ""
    position = 0
    claims: list[Claim] = []
    ends = [*(claim.start for claim in draft.claims[1:]), len(draft.text)]
    for claim, end in zip(draft.claims, ends, strict=True):
        sources = [cited[number] for number in claim.citations if number in cited]
        sentence = draft.text[claim.start : claim.end]
        verdict, reason = _judged(sentence, sources, read=read, checks=checks)
        shift = len(text) - position
        text += draft.text[position : claim.end]
        rest = draft.text[claim.end : end]
        marks = rest.rstrip()
        text += marks + (MARK if reason else "") + rest[len(marks) :]
        position = end
        claims.append(
            dataclasses.replace(
                claim,
                start=claim.start + shift,
                end=claim.end + shift,
                verdict=verdict,
                reason=reason,
            )
        )
    text += draft.text[position:]
    placed = tuple(_placed(citation, read) for citation in draft.citations)
    return dataclasses.replace(draft, text=text, claims=tuple(claims), citations=placed)


def _placed(citation: Citation, read: Callable[[str], Document]) -> Citation:
    """Give a citation its page: a chunk may begin on the one before."""
    if citation.chunk.page is None:
        return citation
    try:
        document = read(citation.chunk.document_id)
    except NotFoundError:
        return citation  # gone meanwhile, which the checks have said
    return dataclasses.replace(citation, page=document.page_at(citation.start))


def _judged(
    sentence: str,
    sources: Sequence[Citation],
    *,
    read: Callable[[str], Document],
    checks: Sequence[Check],
) -> Objection:
    if not sources:
        return Objection("not_found", sourceless(sentence))
    objections = (check(sentence, sources, read) for check in checks)
    return next(filter(None, objections), Objection("supported"))
