"""The checks that need no model."""

import re
from collections.abc import Sequence
from operator import itemgetter
from typing import Final

from erya.errors import NotFoundError
from erya.language import denies, facts, header_above, terms
from erya.records import Citation
from erya.verifying.base import Objection, ReadDocument
from erya.verifying.reasons import denied, gone, lacking, other

__all__ = [
    "check_denials",
    "check_facts",
    "check_spans",
    "check_words",
    "cited_text",
    "foreign_fact",
]

_SHARED: Final = 0.5
_SHARED_WITH_FACTS: Final = 0.3
_SAME: Final = 0.5
_CLAUSES: Final = 200  # of a sentence, and of a quote: more are no sentence
_SHOWN: Final = 80  # characters of a clause in a reason
_CLAUSE_END: Final = re.compile(
    r"[,，;；:：。！？!?\n—|]|\s-+\s|\.\s"
    r"|\b(?:but|although|though|while|whereas|even if)\b|但是?|虽然|尽管"
)


def check_spans(
    sentence: str,
    sources: Sequence[Citation],
    read: ReadDocument,
) -> Objection | None:
    """Ask whether every quote stands in its document where the citation says."""
    for citation in sources:
        try:
            document = read(citation.chunk)
        except NotFoundError:
            return Objection("not_found", gone(sentence, citation.number))
        if document.text[citation.start : citation.end] != citation.quote:
            return Objection("not_found", other(sentence, citation.number))
    return None


def _stands_in(name: str, text: str) -> bool:
    """Tell whether a name or code stands in `text` by itself: HX-21 not in HX-210."""
    whole = rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])"
    return re.search(whole, text) is not None


def check_facts(
    sentence: str,
    sources: Sequence[Citation],
    read: ReadDocument,  # noqa: ARG001 - part of the contract of a check
) -> Objection | None:
    """Ask whether the numbers, codes and names of a sentence stand in what it cites.

    The title and the headings above a quote count as part of it: they say what it is
    about.
    """
    given = "\n".join(map(cited_text, sources))
    missing = foreign_fact(sentence, given)
    if not missing:
        return None
    return Objection("not_found", lacking(sentence, missing))


def check_denials(
    sentence: str,
    sources: Sequence[Citation],
    read: ReadDocument,  # noqa: ARG001 - part of the contract of a check
) -> Objection | None:
    """Ask whether a clause denies what the same clause of its source says, or says it.

    Clauses are the same when each shares half of its terms with the other: of sentences
    that people call supported 1.3 % are marked in QAGS, 2.1 % in OCNLI.
    """
    theirs = [clause for each in sources for clause in _clauses(each.quote)]
    for clause, asked in _clauses(sentence):
        shared, nearest = max(
            ((_likeness(asked, there), other) for other, there in theirs),
            default=(0.0, ""),
            key=itemgetter(0),
        )
        if shared >= _SAME and denies(clause) != denies(nearest):
            return Objection("contradicted", denied(sentence, _brief(nearest)))
    return None


def check_words(
    sentence: str,
    sources: Sequence[Citation],
    read: ReadDocument,  # noqa: ARG001 - part of the contract of a check
) -> Objection | None:
    """Ask whether a sentence is in the words of what it cites, else it is unchecked.

    Half of its terms must stand there, or three of ten where it states numbers, codes
    or names, which `check_facts` holds against it. Of what people call supported that
    is all of QAGS and 91 % of SciFact, of sentences with another source 1 %.
    """
    asked = terms(sentence)
    there = terms("\n".join(map(cited_text, sources)))
    least = _SHARED_WITH_FACTS if facts(sentence) else _SHARED
    if len(asked & there) >= least * len(asked):
        return None
    return Objection("cited")


def _clauses(text: str) -> list[tuple[str, frozenset[str]]]:
    """Return the clauses of a text that say something, with their terms."""
    pairs = ((clause, terms(clause)) for clause in _CLAUSE_END.split(text))
    return [(clause, found) for clause, found in pairs if len(found) > 1][:_CLAUSES]


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the smaller share of terms that one has of the other, 0 to 1."""
    return len(one & other) / max(len(one), len(other))


def _brief(text: str) -> str:
    shown = " ".join(text.split())
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


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
