"""Measure what a base finds, on questions with known answers.

Figures come with 95 % intervals; nothing is measured on data that a user did not name.
"""

from erya.evaluating.datasets import RetrievalSet, read_retrieval_set
from erya.evaluating.intervals import Estimate, bootstrap
from erya.evaluating.retrieval import RetrievalReport, evaluate_retrieval

__all__ = [
    "Estimate",
    "RetrievalReport",
    "RetrievalSet",
    "bootstrap",
    "evaluate_retrieval",
    "read_retrieval_set",
]
