import gzip
import json
import random

import pytest
import pytrec_eval

from erya.assistant import Assistant
from erya.errors import UsageError
from erya.evaluating import (
    Runs,
    evaluate_retrieval,
    read_judgements,
    read_retrieval_set,
    read_trec_run,
    score_run,
)
from erya.evaluating.retrieval_metrics import judge, metric_named, ranked
from erya.reranking import Reranker
from erya.testing import HashingEmbedding, OverlapReranking

REFERENCE = {
    "ndcg@10": "ndcg_cut_10", "ndcg": "ndcg", "mrr": "recip_rank", "map": "map",
    "map@100": "map_cut_100", "hit@1": "success_1", "hit@5": "success_5",
    "precision@10": "P_10", "recall@10": "recall_10", "recall@100": "recall_100",
}  # fmt: skip


def measured(scores, gains, name):
    return metric_named(name)(judge(ranked(scores), gains))


@pytest.mark.parametrize("seed", range(40))
def test_metrics_are_those_of_trec_eval(seed):
    """Reference: pytrec_eval, with ties, near ties, grades, and nothing found or relevant."""
    dice = random.Random(seed)
    documents = [f"d{i}" for i in range(150)] + ["年假", "é"]
    grades = dice.choice([(0, 0, 1), (0, 1, 2, 3), (-1, 0, 5), (0,)])
    gains = {d: dice.choice(grades) for d in dice.sample(documents, 40)}
    scores = {
        d: dice.randrange(12) + dice.choice((0.0, 1e-9, 1e-3))
        for d in dice.sample(documents, dice.choice((0, 3, 120)))
    }
    wanted = {
        "ndcg",
        "ndcg_cut",
        "recip_rank",
        "map",
        "map_cut",
        "success",
        "P",
        "recall",
    }
    expected = pytrec_eval.RelevanceEvaluator({"q": gains}, wanted).evaluate(
        {"q": scores}
    )

    for name, theirs in REFERENCE.items():
        found = measured(scores, gains, name)
        assert found == pytest.approx(expected["q"][theirs], abs=1e-9), name


def test_the_mean_reciprocal_rank_looks_no_further_than_k():
    scores = {f"d{i}": -float(i) for i in range(20)}

    assert measured(scores, {"d9": 1}, "mrr@10") == 0.1
    assert measured(scores, {"d10": 1}, "mrr@10") == 0.0


@pytest.mark.parametrize(
    "name", ["nonsense@10", "ndcg@0", "ndcg@x", "precision", "hit", "@5", ""]
)
def test_a_metric_that_is_none_is_refused(name):
    with pytest.raises(UsageError, match="no metric.*ndcg@10"):
        metric_named(name)


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


SPEC = {"kind": "retrieval", "about": "test", "seed": 0}


def evaluate(data, home, embedding=None, reranker=None, strategy=None, **options):
    run = Runs(home / "runs").begin(SPEC, fresh=True)
    return evaluate_retrieval(
        data,
        run,
        assistant=lambda store: Assistant(
            store=store, embedding=embedding, reranker=reranker, strategy=strategy,
            degrade=False,
        ),
        **options,
    )  # fmt: skip


def test_reranking_is_measured_with_and_without(folder):
    """A model that turns the order round puts the relevant document last."""

    class Backwards(OverlapReranking):
        def rerank(self, question, passages):
            return list(range(len(passages)))

    data = read_retrieval_set(folder)
    plain = evaluate(data, folder)
    reranker = Reranker(model=Backwards(name="backwards"))
    report = evaluate(data, folder, reranker=reranker)

    assert report.settings["rerank_model"] == "backwards"
    for item, alone in zip(report.run.items, plain.run.items, strict=True):
        assert item.detail["found"] == alone.detail["found"][::-1]
        assert item.scores["ndcg@10_before"] == alone.scores["ndcg@10"] == 1.0
        place = item.detail["found"].index(item.detail["relevant"][0]) + 1
        assert item.scores["mrr@10"] == pytest.approx(1 / place)
        assert item.seconds["rerank"] > 0
    assert "ndcg@10_before" not in plain.run.metrics


def test_a_rerank_model_is_asked_once_for_each_question_and_stays(folder):
    """Not for the timing, and not by a search that warms up: an endpoint may be paid."""
    model = OverlapReranking()
    made = []

    def assistant(store):
        made.append(Assistant(store=store, reranker=Reranker(model=model)))
        return made[0]

    run = Runs(folder / "runs").begin(SPEC, fresh=True)
    data = read_retrieval_set(folder)
    report = evaluate_retrieval(data, run, assistant=assistant)

    assert len(model.asked) == report.queries == 5
    assert made[0].reranker is not None


def test_a_set_in_beirs_layout_is_measured(folder):
    told = []
    report = evaluate(
        read_retrieval_set(folder), folder, HashingEmbedding(),
        on_progress=lambda *what: told.append(what),
    )  # fmt: skip

    assert (report.documents, report.queries) == (6, 5)
    assert report.metrics["ndcg@10"].mean == 1.0
    assert report.metrics["hit@1"] == pytest.approx((1.0, 0.025 ** (1 / 5), 1.0))
    assert report.settings["embedding_model"] == "hashing"
    assert report.documents_per_second > 0
    assert 0 < report.p50_ms <= report.p95_ms
    assert report.peak_rss_mb > 10
    assert ("Storing", 6, 6) in told
    assert ("Asking", 5, 5) in told
    kept = Runs(folder / "runs").get("last")
    assert kept.finished
    assert kept.items == report.run.items
    assert kept.items[0].detail["found"][0] == "d0"
    assert kept.items[0].seconds["search"] <= kept.items[0].seconds["total"]


def test_a_draw_of_questions_repeats(folder):
    data = read_retrieval_set(folder)

    assert len(data.sample(2, seed=1).questions) == 2
    assert data.sample(2, seed=1) == data.sample(2, seed=1)
    assert data.sample(9, seed=1) == data
    with pytest.raises(UsageError, match="at least 1, got 0"):
        data.sample(0, seed=1)


def test_what_another_system_found_is_scored(tmp_path):
    """By hand: q1 found at rank 2, q2 not answered, q3 has nothing relevant."""
    found = tmp_path / "found.trec"
    found.write_text("q1 Q0 d9 1 2.5 x\nq1 Q0 d1 2 2.0 x\nq3 Q0 d1 1 1 x\n", "utf-8")
    qrels = tmp_path / "qrels.txt"
    qrels.write_text("q1 0 d1 1\nq2 0 d2 1\nq3 0 d1 0\n", "utf-8")
    run = Runs(tmp_path / "runs").begin(SPEC)

    report = score_run(
        read_trec_run(found),
        read_judgements(qrels),
        run,
        metrics=["mrr", "hit@1", "hit@2"],
    )

    assert report.queries == 2
    assert report.run.values("mrr") == {"q1": 0.5, "q2": 0.0}
    assert (report.metrics["hit@1"].mean, report.metrics["hit@2"].mean) == (0.0, 0.5)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no results"),
        (
            "q1 Q0 d1 1 2.5 x\nq1 Q0 d1 2 2.0 x\n",
            r"line 2, repeats 'd1' for 'q1'",
        ),
        ("q1 d1 2.5\n", "line 1, must be question, Q0"),
        ("q1 Q0 d1 1 high x\n", "line 1, must be"),
        ("q1 Q0 d1 1 nan x\n", "line 1, must be"),
    ],
)
def test_a_run_that_is_none_names_the_line(tmp_path, content, said):
    path = tmp_path / "run"
    path.write_text(content, "utf-8")

    with pytest.raises(UsageError, match=said):
        read_trec_run(path)


def test_judgements_may_be_trecs_or_beirs(tmp_path):
    trec, beir = tmp_path / "trec", tmp_path / "beir"
    trec.write_text("q1 0 d1 2\nq1 0 d2 0\n", "utf-8")
    beir.write_text("query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\n", "utf-8")

    assert (
        read_judgements(trec) == read_judgements(beir) == {"q1": {"d1": 2.0, "d2": 0.0}}
    )


def test_a_judgement_of_what_is_not_there_is_told_with_its_line(folder):
    with (folder / "qrels.tsv").open("a", encoding="utf-8") as file:
        file.write("q1\tnowhere\t1\nq99\td1\t1\n")

    document, question = read_retrieval_set(folder).notes

    assert "line 8, judges the document 'nowhere'" in document
    assert "line 9, judges for the question 'q99'" in question


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
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq1\td1\n", r"qrels.tsv, line 2"),
        (
            "qrels.tsv",
            "query-id\tcorpus-id\tscore\nq1\td1\t0\n",
            "0 questions with a relevant",
        ),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\n", "has no judgements"),
        (
            "qrels.tsv",
            "q1\td1\t1\nq1\td1\t1\n",
            r"line 2, repeats the judgement of 'd1'",
        ),
        (
            "queries.jsonl",
            '{"_id": 1, "text": "a"}\n' * 2,
            r"line 2, repeats the question 1",
        ),
        ("corpus.jsonl.gz", "no gzip", "cannot be read"),
        ("qrels.tsv", "q1 0 d1 x\n", r"line 1, must be query-id"),
        ("qrels.tsv", "q1 0 d1 extra 1\n", r"line 1, must be query-id"),
    ],
)
def test_a_set_that_is_none_is_refused_in_words(folder, name, content, said):
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(content, "utf-8")

    with pytest.raises(UsageError, match=said):
        read_retrieval_set(folder)
