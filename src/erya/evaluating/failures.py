"""Which answers are right, and in which way the others went wrong."""

from collections import Counter
from typing import Final, Literal, NamedTuple

from erya.evaluating.overlap import word_overlap
from erya.evaluating.runs import Run, SampleResult

__all__ = [
    "FAILURES",
    "Cluster",
    "Outcome",
    "clusters",
    "failure_of",
    "outcome_of",
    "outcomes",
]

Outcome = Literal["right", "partly", "wrong", "refused"]

_PARTLY: Final = 0.5  # of an accepted answer's words, from which it is partly said

FAILURES: Final = {
    "made_up": "Answered although the documents do not say",
    "not_found": "Refused, and the passages do not hold the answer",
    "refused": "Refused although the passages hold the answer",
    "unsupported": "A sentence is not carried by what it cites",
    "missed": "Answered beside the point: the passages do not hold the answer",
    "wrong": "Answered beside the point although the passages hold the answer",
    "nothing_relevant": "Nothing relevant among the first ten",
    "ranked_low": "Relevant among the first ten, not at the top",
}


class Cluster(NamedTuple):
    """Questions that went wrong in the same way.

    Attributes:
        kind: A key of `FAILURES`.
        items: Their ids.
    """

    kind: str
    items: list[str]


def outcomes(run: Run) -> dict[str, int]:
    """Return how many answers are right, partly right, wrong and refused.

    Empty where a run is not about answers.
    """
    counts = Counter(outcome_of(item) for item in run.items)
    names: tuple[Outcome, ...] = ("right", "partly", "wrong", "refused")
    return {name: counts[name] for name in names} if counts.keys() - {None} else {}


def outcome_of(item: SampleResult) -> Outcome | None:
    """Return what became of an answer; None where the item is none.

    Right is an answer that contains an accepted one, partly right one that has half of
    its words. Where the documents do not say, a refusal is right and all else wrong.
    """
    scores = item.scores
    if "refusal" in scores:
        return "right" if scores["refusal"] else "wrong"
    if "contains" not in scores:
        return None
    if scores.get("over_refusal"):
        return "refused"
    if scores["contains"]:
        return "right"
    answer = str(item.detail.get("answer") or "")
    accepted = map(str, item.detail.get("accepted") or ())
    has = max((word_overlap(each, answer) for each in accepted), default=0.0)
    return "partly" if has >= _PARTLY else "wrong"


def failure_of(item: SampleResult) -> str | None:
    """Return the kind of failure, a key of `FAILURES`; empty if nothing went wrong.

    None where the figures do not tell right from wrong.

    An answer counts as right if it contains an accepted one.
    """
    scores = item.scores
    if "refusal" in scores:
        return "" if scores["refusal"] else "made_up"
    if "contains" in scores:
        return _of_answer(item)
    if "hit@10" in scores:
        if not scores["hit@10"]:
            return "nothing_relevant"
        return "" if scores.get("hit@1", 1.0) else "ranked_low"
    return None


def clusters(run: Run) -> list[Cluster]:
    """Return the failures of a run by their kind, the largest first."""
    ids_by_kind: dict[str, list[str]] = {}
    for item in run.items:
        kind = failure_of(item)
        if kind:
            ids_by_kind.setdefault(kind, []).append(item.id)
    groups = [Cluster(kind, items) for kind, items in ids_by_kind.items()]
    return sorted(groups, key=lambda cluster: -len(cluster.items))


def _of_answer(item: SampleResult) -> str:
    scores = item.scores
    is_in_passages = bool(scores.get("answer_in_passages"))
    if scores.get("over_refusal"):
        return "refused" if is_in_passages else "not_found"
    if not scores["contains"]:
        return "wrong" if is_in_passages else "missed"
    return "unsupported" if (scores.get("supported") or 0.0) < 1.0 else ""
