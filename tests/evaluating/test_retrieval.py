import gzip
import json
import random

import numpy as np
import pytest
import pytrec_eval

from erya.chunking import StructureChunker
from erya.errors import UsageError
from erya.evaluating import bootstrap, evaluate_retrieval, read_retrieval_set
from erya.evaluating.retrieval_metrics import hit, ndcg, ranked, recall, reciprocal_rank
from erya.testing import HashingEmbedding

REFERENCE = {
    "ndcg_cut_10": lambda r, g: ndcg(r, g, k=10),
    "recip_rank": lambda r, g: reciprocal_rank(r, g, k=len(r)),
    "success_1": lambda r, g: hit(r, g, k=1),
    "success_5": lambda r, g: hit(r, g, k=5),
    "recall_100": lambda r, g: recall(r, g, k=100),
}


@pytest.mark.parametrize("seed", range(20))
def test_metrics_are_those_of_trec_eval(seed):
    """Reference: pytrec_eval, with ties, judged but irrelevant, and unjudged documents."""
    dice = random.Random(seed)
    documents = [f"d{i}" for i in range(150)]
    gains = {d: dice.choice((0, 0, 1, 2, 3)) for d in dice.sample(documents, 40)}
    gains["d0"] = 1
    scores = {
        d: float(dice.randrange(12))
        for d in dice.sample(documents, dice.choice((0, 3, 120)))
    }
    evaluator = pytrec_eval.RelevanceEvaluator(
        {"q": gains}, {"ndcg_cut", "recip_rank", "success", "recall"}
    )
    expected = (
        evaluator.evaluate({"q": scores})["q"]
        if scores
        else dict.fromkeys(REFERENCE, 0.0)
    )

    ranking = ranked(scores)

    for name, metric in REFERENCE.items():
        assert metric(ranking, gains) == pytest.approx(expected[name], abs=1e-9), name


def test_the_mean_reciprocal_rank_looks_no_further_than_k():
    ranking = [f"d{i}" for i in range(20)]

    assert reciprocal_rank(ranking, {"d9": 1}, k=10) == 0.1
    assert reciprocal_rank(ranking, {"d10": 1}, k=10) == 0.0


def test_an_interval_narrows_with_more_values_and_repeats():
    """For many values it is that of the normal approximation."""
    dice = np.random.default_rng(4)
    values = (dice.random(2_000) < 0.7).astype(float).tolist()

    found = bootstrap(values)

    assert found == bootstrap(values)
    assert found.mean == pytest.approx(np.mean(values))
    half = 1.96 * np.std(values) / np.sqrt(len(values))
    assert found.low == pytest.approx(found.mean - half, abs=0.003)
    assert found.high == pytest.approx(found.mean + half, abs=0.003)
    assert bootstrap([0.5]) == (0.5, 0.5, 0.5)
    with pytest.raises(ValueError, match="at least one"):
        bootstrap([])


@pytest.fixture
def folder(tmp_path):
    """Six documents, five questions with an answer, one without; one file compressed."""
    texts = [
        "Leave is 15 days.",
        "Hotels cost 140 euro.",
        "Sensors measure cold.",
        "年假有十五天。",
        "差旅住宿标准。",
        "Nothing here.",
    ]
    with gzip.open(tmp_path / "corpus.jsonl.gz", "wt", encoding="utf-8") as file:
        for i, text in enumerate(texts):
            file.write(
                json.dumps({"_id": f"d{i}", "title": f"T{i}", "text": text}) + "\n"
            )
    asked = [
        "leave days",
        "hotels euro",
        "cold sensors",
        "年假几天",
        "住宿标准",
        "unanswerable",
    ]
    (tmp_path / "queries.jsonl").write_text(
        "".join(
            json.dumps({"_id": f"q{i}", "text": t}) + "\n" for i, t in enumerate(asked)
        ),
        "utf-8",
    )
    rows = [
        "query-id\tcorpus-id\tscore",
        *(f"q{i}\td{i}\t1" for i in range(5)),
        "q5\td0\t0",
    ]
    (tmp_path / "qrels.tsv").write_text("\n".join(rows) + "\n", "utf-8")
    return tmp_path


def test_a_set_in_beirs_layout_is_measured(folder):
    told = []
    report = evaluate_retrieval(
        read_retrieval_set(folder), embedding=HashingEmbedding(), chunker=StructureChunker(),
        on_progress=lambda *what: told.append(what),
    )  # fmt: skip

    assert (report.documents, report.queries) == (6, 5)
    assert report.metrics["ndcg@10"].mean == 1.0
    assert report.metrics["hit@1"] == (1.0, 1.0, 1.0)
    assert report.settings["embedding_model"] == "hashing"
    assert report.documents_per_second > 0
    assert 0 < report.p50_ms <= report.p95_ms
    assert report.peak_rss_mb > 10
    assert ("Storing", 6, 6) in told
    assert ("Asking", 5, 5) in told


def test_a_draw_of_questions_repeats(folder):
    def run(seed):
        return evaluate_retrieval(
            read_retrieval_set(folder),
            embedding=None,
            chunker=StructureChunker(),
            queries=2,
            seed=seed,
        )

    assert run(1).queries == 2
    assert run(1).metrics == run(1).metrics


def test_no_question_cannot_be_drawn(folder):
    data = read_retrieval_set(folder)

    with pytest.raises(UsageError, match="at least 1, got 0"):
        evaluate_retrieval(data, embedding=None, chunker=StructureChunker(), queries=0)


def test_judgements_without_a_header_lose_none(folder):
    with_header = read_retrieval_set(folder).relevant
    path = folder / "qrels.tsv"
    path.write_text(path.read_text("utf-8").partition("\n")[2], "utf-8")

    assert read_retrieval_set(folder).relevant == with_header


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("queries.jsonl", None, r"no queries.jsonl in .*BEIR"),
        ("queries.jsonl", "{broken", r"queries.jsonl, line 1, is no JSON"),
        ("queries.jsonl", '{"_id": "q1"}\n', "lacks text"),
        ("qrels.tsv", "a\tb\tc\nq1\td1\n", r"qrels.tsv, line 2"),
        ("qrels.tsv", "a\tb\tc\nq1\td1\t0\n", "0 questions with a relevant"),
        ("corpus.jsonl.gz", "no gzip", "cannot be read"),
    ],
)
def test_a_set_that_is_none_is_refused_in_words(folder, name, content, said):
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(content, "utf-8")

    with pytest.raises(UsageError, match=said):
        read_retrieval_set(folder)
