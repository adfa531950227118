"""What measuring itself costs: metrics, runs beside their searches, the report's size.

    python benchmarks/evaluation.py --data ../shared/data/lcqmc_faq_dev

Metrics of 10,000 rankings of 100 are taken beside pytrec_eval, whose core is the C code
of trec_eval, on the same rankings in the same run. The time of a retrieval evaluation
stands beside that of its searches alone; the bars are 2 s and 5 %, for the report of
1,000 questions 3 MB.
"""

import argparse
import random
import statistics
import tempfile
import time
from pathlib import Path

import pytrec_eval
from common import print_run, spread

from erya.assistant import Assistant
from erya.evaluating import evaluate_retrieval, read_retrieval_set
from erya.evaluating.report import html_report
from erya.evaluating.retrieval_metrics import (
    RETRIEVAL_METRICS,
    judge,
    metric_named,
    ranked,
)
from erya.evaluating.runs import Runs, SampleResult, finish, measure_all
from erya.models import OFFLINE_MODEL, open_local

QUERIES, DEEP, JUDGED = 10_000, 100, 20
REPEATS = 5
PEER = ["ndcg_cut.10", "recip_rank", "map", "P.5", "P.10", "recall.10", "recall.100", "success.1"]  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, help="A set in BEIR's layout.")
    parser.add_argument("--queries", type=int, default=300)
    given = parser.parse_args()
    print_run()
    metrics()
    if given.data:
        overhead(given.data, given.queries)
    report()


def metrics() -> None:
    """Score made-up rankings with our metrics and with pytrec_eval."""
    dice = random.Random(0)
    found, judged = {}, {}
    for number in range(QUERIES):
        documents = [f"d{dice.randrange(10**6)}" for _ in range(DEEP)]
        found[f"q{number}"] = {each: dice.random() for each in documents}
        wanted = dice.sample(documents, JUDGED // 2)
        wanted += [f"d{dice.randrange(10**6)}" for _ in range(JUDGED // 2)]
        judged[f"q{number}"] = {each: dice.randrange(3) for each in wanted}
    measures = {name: metric_named(name) for name in RETRIEVAL_METRICS}
    ours, theirs = [], []
    for _ in range(REPEATS):
        began = time.process_time()
        told = {}
        for key, scores in found.items():
            seen = judge(ranked(scores), judged[key])
            told[key] = {name: metric(seen) for name, metric in measures.items()}
        ours.append(time.process_time() - began)
        began = time.process_time()
        peer = pytrec_eval.RelevanceEvaluator(judged, PEER).evaluate(found)
        theirs.append(time.process_time() - began)
    apart = max(abs(told[k]["ndcg@10"] - peer[k]["ndcg_cut_10"]) for k in told)
    print(f"\nmetrics, {QUERIES:,} questions × {DEEP} results, {REPEATS} runs")
    print(f"  CPU seconds, {len(measures)} metrics: {spread(ours)}")
    print(f"  pytrec_eval, {len(PEER)} metrics: {spread(theirs)}")
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(f"  ours over theirs: {ratio:.2f}; nDCG@10 apart by at most {apart:.0e}")


def overhead(folder: Path, queries: int) -> None:
    """Compare the time of an evaluation's items with that of their searches."""
    data = read_retrieval_set(folder).sample(queries, seed=0)
    model = open_local(Path(), OFFLINE_MODEL, threads=2)
    with tempfile.TemporaryDirectory() as home:
        run = Runs(Path(home)).begin({"kind": "retrieval", "about": data.name})
        done = evaluate_retrieval(
            data, run, assistant=lambda store: Assistant(store=store, embedding=model)
        ).run
    whole = sum(item.seconds["total"] for item in done.items)
    searches = sum(item.seconds["search"] for item in done.items)
    print(f"\nevaluation of {folder.name}, {len(done.items)} questions")
    print(
        f"  beside its searches: {100 * (whole - searches) / searches:.2f} % more time"
    )


def report() -> None:
    """Make a report of 1,000 questions with eight passages each."""
    text = "Every employee has 25 days of annual leave. 年假十五天。" * 20

    def measure(number: int) -> SampleResult:
        passage = {"source": f"/docs/{number}.md", "page": 1, "text": text}
        evidence = [{**passage, "score": 1.0, "cited": not at} for at in range(8)]
        return SampleResult(
            id=f"q{number}",
            scores={"contains": float(number % 4 > 0), "f1": 0.5, "over_refusal": 0.0},
            detail={
                "question": f"How many days, {number}?",
                "accepted": ["25 days"],
                "answer": text[:200],
                "verdicts": ["supported"],
                "evidence": evidence,
            },
        )

    with tempfile.TemporaryDirectory() as home:
        run = Runs(Path(home)).begin({"kind": "answers", "about": "report", "seed": 0})
        things = [(f"q{n}", n) for n in range(1_000)]
        run = finish(measure_all(run, things, measure, what="Asking"), {})
        began = time.process_time()
        size = len(html_report(run).encode())
    print("\nreport of 1,000 questions with eight passages")
    print(f"  {size / 1e6:.2f} MB in {time.process_time() - began:.1f} CPU s")


if __name__ == "__main__":
    main()
