"""Whether what an answer cites carries what it says, as ALCE defines it."""

from collections.abc import Callable
from typing import NamedTuple

from erya.language import run_together
from erya.records import Answer
from erya.verifying import cited_text, foreign_fact

__all__ = ["CitationScores", "Entails", "citation_scores", "quoted"]

# Premise and statement: whether the first carries the second; None if nobody can say.
Entails = Callable[[str, str], bool | None]


class CitationScores(NamedTuple):
    """How well the citations of an answer carry it; None where nobody can say.

    Attributes:
        recall: The share of statements that their citations carry together.
        precision: The share of citations that are needed for it.
    """

    recall: float | None
    precision: float | None


def citation_scores(answer: Answer, entails: Entails) -> CitationScores:
    """Return citation recall and precision of an answer that is no refusal.

    Gao and others, "Enabling Large Language Models to Generate Text with Citations"
    (2023). A statement counts as recalled if what it cites, taken together, entails it.
    A citation is precise if its statement is recalled and either the citation alone
    entails it, or the others without it do not. An answer that cites nothing has a
    precision of 0.
    """
    recalled: list[bool | None] = []
    precise: list[bool | None] = []
    cited = {citation.number: citation for citation in answer.citations}
    for claim in answer.claims:
        statement = answer.text[claim.start : claim.end]
        premises = [cited_text(cited[n]) for n in claim.citations if n in cited]
        carried = entails("\n".join(premises), statement) if premises else False
        recalled.append(carried)
        precise += [
            _is_needed(
                premises, at, statement=statement, carried=carried, entails=entails
            )
            for at in range(len(premises))
        ]
    return CitationScores(_share(recalled), _share(precise))


def quoted(premise: str, statement: str) -> bool | None:
    """Say what needs no model: a quotation is carried, a foreign fact is not.

    Everything else would take a judge, and is None.
    """
    if foreign_fact(statement, premise):
        return False
    return True if _bare(statement) in _bare(premise) else None


def _is_needed(
    premises: list[str],
    at: int,
    *,
    statement: str,
    carried: bool | None,
    entails: Entails,
) -> bool | None:
    if not carried or len(premises) == 1:
        return carried
    alone = entails(premises[at], statement)
    if alone is not False:
        return alone
    others = entails("\n".join(premises[:at] + premises[at + 1 :]), statement)
    return None if others is None else not others


def _bare(text: str) -> str:
    return run_together(text).rstrip(".。")


def _share(outcomes: list[bool | None]) -> float | None:
    if None in outcomes:
        return None
    return sum(map(bool, outcomes)) / len(outcomes) if outcomes else 0.0
