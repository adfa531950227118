"""What was measured, and what it says, as JSON."""

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from erya.evaluating import Comparison, Difference, Estimate, Run
    from erya.evaluating.judge_check import JudgeCheck
    from erya.evaluating.ladder import MeasuredRung
    from erya.evaluating.retrieval import RetrievalReport

__all__ = [
    "comparison_shape",
    "estimates_shape",
    "judge_check_shape",
    "retrieval_shape",
    "run_shape",
    "rung_shape",
    "runs_shape",
    "spent_shape",
]


def estimates_shape(estimates: "Mapping[str, Estimate]") -> dict[str, Any]:
    """Return NAME and NAME_interval for each metric."""
    shape: dict[str, Any] = {}
    for name, estimate in estimates.items():
        shape[name] = estimate.mean
        shape[f"{name}_interval"] = [estimate.low, estimate.high]
    return shape


def spent_shape(run: "Run") -> dict[str, Any]:
    """Return the seconds of each stage, and tokens, cost and calls of models."""
    return {
        "seconds": {name: each._asdict() for name, each in run.stages().items()},
        "tokens": run.tokens(),
        "cost": run.cost(),
        "calls": run.calls(),
    }


def run_shape(run: "Run", outcomes: "Mapping[str, int]") -> dict[str, Any]:
    """Return what a run measured, as `evaluate answers --json` has it.

    Args:
        run: The run.
        outcomes: How many of its questions were right, wrong and so on.
    """
    return {
        "run": run.name,
        "questions": len(run.items),
        "outcomes": outcomes,
        **estimates_shape(run.estimates()),
        "not_judged": {k: v.missing for k, v in run.not_judged().items()},
        **spent_shape(run),
        "figures": dict(run.figures),
        "spec": dict(run.spec),
    }


def comparison_shape(comparison: "Comparison") -> dict[str, Any]:
    """Return a comparison, as `compare --json` has it."""
    first, second = comparison.first, comparison.second
    return {
        "first": first.name,
        "second": second.name,
        "shared": comparison.shared,
        "spent": {"first": spent_shape(first), "second": spent_shape(second)},
        "metrics": {
            each.metric: {
                "first": each.first.mean,
                "second": each.second.mean,
                "difference": each.difference.mean,
                "interval": [each.difference.low, each.difference.high],
                "p": each.p,
                "verdict": each.verdict,
                "better": each.difference.better,
                "worse": each.difference.worse,
                "detectable": each.difference.detectable,
            }
            for each in comparison.metrics
        },
        "changed": [
            {
                "id": each.id,
                "question": each.second.detail.get("question"),
                "gains": dict(each.gains),
                "first": each.first.detail.get("answer"),
                "second": each.second.detail.get("answer"),
            }
            for each in comparison.changed
        ],
        "notes": list(comparison.notes),
    }


def rung_shape(measured: "MeasuredRung") -> dict[str, Any]:
    """Return a rung of the ladder, as `ladder --json` has it."""
    rung, run, step = measured.rung, measured.run, measured.step
    if run is None:
        return {"rung": rung.name, "kind": rung.kind, "measured": False}
    return {
        "rung": rung.name,
        "kind": rung.kind,
        "measured": True,
        "run": run.name,
        "main_metric": run.main_metric,
        **estimates_shape(run.estimates()),
        "p50_seconds": run.stages()["total"].p50,
        "tokens": run.tokens(),
        "cost_per_1000": measured.cost(),
        "over_the_one_before": None
        if step is None
        else {
            "difference": step.difference.mean,
            "interval": [step.difference.low, step.difference.high],
            "p": step.p,
            "verdict": step.verdict,
        },
    }


def judge_check_shape(check: "JudgeCheck") -> dict[str, Any]:
    """Return how a judge and people agree, as `evaluate judge --json` has it."""
    return {
        "metric": check.metric,
        "labelled": check.labelled,
        "not_judged": check.not_judged,
        "kappa": _number(check.kappa),
        "pearson": _number(check.pearson),
        "spearman": _number(check.spearman),
        "estimate": list(check.estimate) if check.estimate else None,
        "position_bias": check.position._asdict() if check.position else None,
        "length_bias": check.length._asdict() if check.length else None,
        "run": check.run.name,
    }


def _number(value: float) -> float | None:
    """Return a number as JSON has it: NaN is none."""
    return None if math.isnan(value) else value


def retrieval_shape(
    report: "RetrievalReport", gains: "Mapping[str, Difference]"
) -> dict[str, Any]:
    """Return what was found of a set, as `evaluate retrieval --json` has it.

    Args:
        report: The report.
        gains: What reranking changes, by metric; empty without a rerank model.
    """
    shape: dict[str, Any] = {"documents": report.documents} if report.documents else {}
    shape |= {
        "queries": report.queries,
        **estimates_shape(report.metrics),
        "peak_rss_mb": round(report.peak_rss_mb),
        "run": report.run.name,
    }
    if report.documents_per_second:
        shape["documents_per_second"] = report.documents_per_second
    if report.documents:
        # Of a search for ten passages; `seconds` has the deeper one that is judged.
        shape |= {
            "search_10_p50_ms": report.p50_ms,
            "search_10_p95_ms": report.p95_ms,
        }
    if gains:
        shape["gained_by_reranking"] = {k: v._asdict() for k, v in gains.items()}
    return {**shape, **spent_shape(report.run), "settings": dict(report.settings)}


def runs_shape(runs: "Iterable[Run]") -> dict[str, Any]:
    """Return what was measured so far, as `evaluate runs --json` has it."""
    rows = [
        {
            "run": run.name,
            "spec": dict(run.spec),
            "items": len(run.items),
            "finished": run.finished,
        }
        for run in runs
    ]
    return {"runs": rows}
