"""Measure what a base finds and says, on questions with known answers.

Figures come with 95 % intervals; every measurement is kept as a run that can be
resumed, repeated and compared; nothing is measured on data that a user did not name.
"""

from erya.evaluating.answers import AnswerMeasures, evaluate_answers
from erya.evaluating.caching import CachedChat
from erya.evaluating.comparison import Comparison, compare, regressions
from erya.evaluating.datasets import RetrievalSet, read_retrieval_set
from erya.evaluating.examples import ExampleSet, read_examples, write_examples
from erya.evaluating.experiments import (
    Data,
    Experiment,
    RunOptions,
    Scorers,
    System,
    Watcher,
    run_experiment,
    runs_of,
)
from erya.evaluating.judges import Judge
from erya.evaluating.retrieval import RetrievalReport, evaluate_retrieval, score_run
from erya.evaluating.retrieval_metrics import RETRIEVAL_METRICS
from erya.evaluating.runs import Run, Runs, SampleResult, finish
from erya.evaluating.statistics import Difference, Estimate, bootstrap, paired
from erya.evaluating.trec import read_judgements, read_trec_run

__all__ = [
    "RETRIEVAL_METRICS",
    "AnswerMeasures",
    "CachedChat",
    "Comparison",
    "Data",
    "Difference",
    "Estimate",
    "ExampleSet",
    "Experiment",
    "Judge",
    "RetrievalReport",
    "RetrievalSet",
    "Run",
    "RunOptions",
    "Runs",
    "SampleResult",
    "Scorers",
    "System",
    "Watcher",
    "bootstrap",
    "compare",
    "evaluate_answers",
    "evaluate_retrieval",
    "finish",
    "paired",
    "read_examples",
    "read_judgements",
    "read_retrieval_set",
    "read_trec_run",
    "regressions",
    "run_experiment",
    "runs_of",
    "score_run",
    "write_examples",
]
