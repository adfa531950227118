"""What other systems found, in the files that the field exchanges."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from erya.errors import UsageError
from erya.evaluating.files import lines_of, wrong

__all__ = ["Judgements", "TrecRun", "read_judgements", "read_trec_run"]

# What stands over the gains in a file that names its columns.
_HEADERS: Final = frozenset({"score", "relevance", "rel", "gain", "label"})
# Question id to document id to gain; 0 is judged and not relevant.
Judgements = Mapping[str, Mapping[str, float]]
# Question id to document id to score, higher is better.
TrecRun = Mapping[str, Mapping[str, float]]


def read_judgements(path: Path) -> Judgements:
    """Read relevance judgements: BEIR's tsv, or TREC's four columns.

    BEIR has query-id, corpus-id and score with tabs between, mostly under a header;
    TREC has question, iteration, document and gain with white space between.

    Raises:
        UsageError: A line is neither, a document is judged twice for a question, or
            there is no judgement.
    """
    judgements: dict[str, dict[str, float]] = {}
    for number, line in lines_of(path):
        cells = line.split("\t")
        if len(cells) != 3:
            cells = line.split()
        if number == 1 and cells[-1].strip().lower() in _HEADERS:
            continue
        gain = _number(cells[-1])
        if len(cells) not in {3, 4} or gain is None:
            what = (
                "must be query-id, corpus-id and score with tabs between, or TREC's "
                f"question, 0, document and gain; got {line:.80}"
            )
            raise UsageError(wrong(path, number, what))
        question, document = cells[0].strip(), cells[-2].strip()
        judged = judgements.setdefault(question, {})
        if document in judged:
            what = f"repeats the judgement of {document!r} for {question!r}"
            raise UsageError(wrong(path, number, what))
        judged[document] = gain
    if not judgements:
        msg = f"{path} has no judgements."
        raise UsageError(msg)
    return judgements


def read_trec_run(path: Path) -> TrecRun:
    """Read a system's rankings: question, Q0, document, rank, score and a tag.

    As trec_eval does, ranks are ignored and scores decide.

    Raises:
        UsageError: A line is not of this form, a document is found twice for a
            question, or nothing was found.
    """
    rankings: dict[str, dict[str, float]] = {}
    for number, line in lines_of(path):
        cells = line.split()
        score = _number(cells[4]) if len(cells) in {5, 6} else None
        if score is None:
            what = (
                f"must be question, Q0, document, rank, score and tag; got {line:.80}"
            )
            raise UsageError(wrong(path, number, what))
        question, _, document = cells[:3]
        scores = rankings.setdefault(question, {})
        if document in scores:
            what = f"repeats {document!r} for {question!r}"
            raise UsageError(wrong(path, number, what))
        scores[document] = score
    if not rankings:
        msg = f"{path} has no results."
        raise UsageError(msg)
    return rankings


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
