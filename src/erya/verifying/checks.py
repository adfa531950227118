"""The checks that need no model."""

import re
from collections.abc import Callable, Sequence

from erya.errors import NotFoundError
from erya.language import facts, header_above
from erya.records import Citation, Document

__all__ = ["check_facts", "check_spans", "cited_text", "foreign_fact"]


def check_spans(
    sentence: str,  # noqa: ARG001 - part of the contract of a check
    sources: Sequence[Citation],
    read: Callable[[str], Document],
) -> str:
    """Ask whether every quote stands in its document where the citation says."""
    for citation in sources:
        try:
            document = read(citation.chunk.document_id)
        except NotFoundError:
            return f"the source of [{citation.number}] is no longer there"
        if document.text[citation.start : citation.end] != citation.quote:
            return f"[{citation.number}] is not what its source says"
    return ""


def _stands_in(name: str, text: str) -> bool:
    """Tell whether a name or code stands in `text` by itself: HX-21 not in HX-210."""
    whole = rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])"
    return re.search(whole, text) is not None


def check_facts(
    sentence: str,
    sources: Sequence[Citation],
    read: Callable[[str], Document],  # noqa: ARG001 - part of the contract of a check
) -> str:
    """Ask whether the numbers, codes and names of a sentence stand in what it cites.

    The title and the headings above a quote count as part of it: they say what it is
    about.
    """
    given = "\n".join(map(cited_text, sources))
    missing = foreign_fact(sentence, given)
    return f"{missing!r} does not occur in what it cites" if missing else ""


def cited_text(citation: Citation) -> str:
    """Return a quote under the title, the headings, and the names of columns above."""
    chunk = citation.chunk
    names = header_above(chunk.text, citation.start - chunk.start)
    above = (chunk.title, *chunk.headings, *filter(None, (names,)))
    return "\n".join((*above, citation.quote))


def foreign_fact(sentence: str, given: str) -> str:
    """Return a number, code or name of a sentence that `given` lacks; empty if none."""
    known = {fact.value for fact in facts(given)}
    folded = given.casefold()
    for fact in facts(sentence):
        if fact.value not in known and not (
            fact.kind != "number" and _stands_in(fact.text.casefold(), folded)
        ):
            return fact.text
    return ""
