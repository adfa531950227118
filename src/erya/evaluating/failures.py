"""In which way a question went wrong, as far as the figures tell."""

from typing import Final, NamedTuple

from erya.evaluating.runs import Measured, Run

__all__ = ["FAILURES", "Cluster", "clusters", "failure_of"]

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


def failure_of(item: Measured) -> str | None:
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
    found: dict[str, list[str]] = {}
    for item in run.items:
        kind = failure_of(item)
        if kind:
            found.setdefault(kind, []).append(item.id)
    groups = [Cluster(kind, items) for kind, items in found.items()]
    return sorted(groups, key=lambda cluster: -len(cluster.items))


def _of_answer(item: Measured) -> str:
    scores = item.scores
    held = bool(scores.get("answer_in_passages"))
    if scores.get("over_refusal"):
        return "refused" if held else "not_found"
    if not scores["contains"]:
        return "wrong" if held else "missed"
    return "unsupported" if (scores.get("supported") or 0.0) < 1.0 else ""
