"""Measure what a base finds and says, on questions with known answers.

Figures come with 95 % intervals; nothing is measured on data that a user did not name.
"""

from erya.evaluating.datasets import RetrievalSet, read_retrieval_set
from erya.evaluating.retrieval import RetrievalReport, evaluate_retrieval, score_run
from erya.evaluating.retrieval_metrics import RETRIEVAL_METRICS
from erya.evaluating.runs import Measured, Run, Runs
from erya.evaluating.statistics import Difference, Estimate, bootstrap, paired
from erya.evaluating.trec import read_judgements, read_trec_run

__all__ = [
    "RETRIEVAL_METRICS",
    "Difference",
    "Estimate",
    "Measured",
    "RetrievalReport",
    "RetrievalSet",
    "Run",
    "Runs",
    "bootstrap",
    "evaluate_retrieval",
    "paired",
    "read_judgements",
    "read_retrieval_set",
    "read_trec_run",
    "score_run",
]
