"""A run, or several, as one page that needs no network and no other file."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from erya.evaluating.comparison import LOWER_IS_BETTER
from erya.evaluating.failures import FAILURES, clusters, failure_of, outcomes
from erya.evaluating.overlap import set_notes
from erya.evaluating.runs import Run, SampleResult
from erya.evaluating.statistics import SCALES

__all__ = ["html_report", "notes_of"]

_TEMPLATE: Final = Path(__file__).with_name("report.html")
_DATA: Final = "__DATA__"
_BYTES: Final = 2_500_000  # of data in a page; passages are shortened until it fits
_WIDTHS: Final = (500, 300, 200, 120, 80, 40)  # characters of a passage
_PASSAGES: Final = 4


def html_report(run: Run, *others: Run) -> str:
    """Return a page with figures, plots, failures and every question of `run`.

    Text of documents and models is data in it: it is never read as markup.

    Args:
        run: The run that the questions are shown of.
        others: Runs to show beside it, in figures and in the plot of cost and quality.
    """
    overview = {
        "runs": [_figures(each) for each in (run, *others)],
        "clusters": [
            {"kind": kind, "label": FAILURES[kind], "count": len(items)}
            for kind, items in clusters(run)
        ],
    }
    data = ""
    for width in _WIDTHS:
        items = [_item(item, width=width) for item in run.items]
        data = json.dumps(
            {**overview, "items": items}, ensure_ascii=False, separators=(",", ":")
        )
        if len(data.encode()) <= _BYTES:
            break
    # Within a script, `<` could end it.
    return _TEMPLATE.read_text("utf-8").replace(_DATA, data.replace("<", "\\u003c"))


def notes_of(run: Run) -> list[str]:
    """Return what a reader has to know of the questions of a run, as sentences."""
    about = run.figures.get("questions")
    return set_notes(about) if about else []


def _figures(run: Run) -> Mapping[str, Any]:
    stages = run.stages()
    return {
        "name": run.name,
        "label": run.spec.get("label") or run.name,
        "spec": run.spec,
        "finished": run.finished,
        "figures": run.figures,
        "outcomes": outcomes(run),
        "notes": notes_of(run),
        "questions": len(run.items),
        "metrics": [
            {
                "name": name,
                "mean": each.mean,
                "low": each.low,
                "high": each.high,
                "most": SCALES.get(name, 1.0),
                "lower_is_better": name in LOWER_IS_BETTER,
            }
            for name, each in run.estimates().items()
        ],
        "not_judged": {name: each.missing for name, each in run.not_judged().items()},
        "stages": {name: each._asdict() for name, each in stages.items()},
        "tokens": run.tokens(),
        "cost": run.cost(),
    }


def _item(item: SampleResult, *, width: int) -> Mapping[str, Any]:
    detail = item.detail
    return {
        "id": item.id,
        "scores": {
            name: None if value is None else value
            for name, value in item.scores.items()
        },
        "failure": failure_of(item),
        "seconds": item.seconds.get("total", 0.0),
        "tokens": sum(item.tokens.values()),
        "question": detail.get("question", ""),
        "accepted": detail.get("accepted", []),
        "answer": detail.get("answer"),
        "verdicts": detail.get("verdicts", []),
        "found": detail.get("found", []),
        "relevant": detail.get("relevant", []),
        "note": detail.get("note", ""),
        "trace": detail.get("trace_id", ""),
        "judged": detail.get("judged"),
        "evidence": _passages(detail.get("evidence", []), width=width),
    }


def _passages(
    evidence: Sequence[Mapping[str, Any]], *, width: int
) -> list[Mapping[str, Any]]:
    """Return the passages that were cited, then the best others, cut to `width`."""
    first = sorted(evidence, key=lambda passage: not passage["cited"])[:_PASSAGES]
    return [
        {
            "source": passage["source"],
            "page": passage["page"],
            "cited": passage["cited"],
            "text": passage["text"][:width] + "…" * (len(passage["text"]) > width),
        }
        for passage in first
    ]
