"""Every kind of task on small data, with a model whose cosines are known.

The definitions of classification and clustering were run beside those of `mteb` 2.26 on
public data, and gave the same figures to the last digit (LOG.md).
"""

import json

import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import average_precision_score

from erya.errors import UsageError
from erya.evaluating.benchmarks import BENCHMARKS, Setup, measure_benchmark
from erya.evaluating.runs import Runs
from erya.models import Embedded
from erya.testing import HashingEmbedding


class Angles(HashingEmbedding):
    """Reads a text such as `30` as an angle in degrees."""

    def embed_passages(self, texts):
        angles = np.radians([float(text) for text in texts])
        vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
        return Embedded(vectors=vectors, cut=(0,) * len(texts))

    def embed_query(self, text):
        return self.embed_passages([text])


def measured(folder, files, *, model=None, queries=None):
    for name, rows in files.items():
        lines = (
            rows
            if isinstance(rows, str)
            else "".join(json.dumps(row) + "\n" for row in rows)
        )
        (folder / name).write_text(lines, "utf-8")
    setup = Setup(embedding=model or Angles(), queries=queries)
    read = BENCHMARKS["embedding"].read
    assert read is not None
    run = Runs(folder / "runs").begin({"kind": "benchmark", "about": "x"}, fresh=True)
    done = measure_benchmark(
        read(folder, setup), setup, run, on_progress=lambda *_: None
    )
    return {item.id: next(iter(item.scores.values())) for item in done.items}


def test_pairs_are_similar_or_belong_together(tmp_path):
    pairs = [("0", "5"), ("0", "80"), ("0", "40"), ("10", "25"), ("0", "60")]
    cosines = [np.cos(np.radians(float(b) - float(a))) for a, b in pairs]
    graded, binary = [5, 0, 2, 1, 3], [1, 0, 1, 0, 1]

    found = measured(
        tmp_path,
        {
            "sts.jsonl": [{"a": a, "b": b, "label": str(g)} for (a, b), g in zip(pairs, graded, strict=True)],
            "same.jsonl": [{"a": a, "b": b, "label": g} for (a, b), g in zip(pairs, binary, strict=True)],
            "nli.jsonl": [
                {"a": "0", "b": "1", "label": "entailment"}, {"a": "0", "b": "90", "label": "contradiction"},
                {"a": "0", "b": "2", "label": "neutral"},
            ],
        },
    )  # fmt: skip

    assert found["sts/sts"] == pytest.approx(scipy.stats.spearmanr(cosines, graded)[0])
    assert found["pair_classification/same"] == pytest.approx(
        average_precision_score(binary, cosines)
    )
    assert found["pair_classification/nli"] == 1.0


def test_labels_that_lie_apart_are_learned_and_clustered(tmp_path):
    def texts(start):
        return [
            {"text": str(start + 120 * label + n / 4), "label": f"l{label}"}
            for label in range(3)
            for n in range(20)
        ]

    found = measured(
        tmp_path,
        {
            "topics_train.jsonl": texts(0),
            "topics_test.jsonl": texts(0.5),
            "news_dev.jsonl": texts(0),
        },
    )

    assert found == {"classification/topics": 1.0, "clustering/news_dev": 1.0}


def test_rankings_and_summaries_are_scored_by_hand(tmp_path):
    """By hand: of 10 (relevant), 5 and 20 (relevant) ranks are 2 and 3: (1/2 + 2/3) / 2."""
    found = measured(
        tmp_path,
        {
            "rank.jsonl": [
                {"query": "0", "positive": ["10", ["20"]], "negative": ["5"]},
                {"query": "0", "positive": ["1"], "negative": []},
            ],
            "sum.jsonl": [
                {"text": "0", "human": ["0", "50"], "machine": ["1", "1", "70"], "relevance": [3, 2, 1]},
                {"text": "0", "human": ["0"], "machine": ["1", "2"], "relevance": [2, 2]},
            ],
        },
    )  # fmt: skip

    assert found["reranking/rank"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert found["summarization/sum"] == pytest.approx(np.sqrt(3) / 2)


def test_a_corpus_in_two_languages_is_searched_and_paired(tmp_path):
    corpus = [
        {"_id": f"{lang}-{n}", "text": str(40 * n + shift), "lang": lang}
        for lang, shift in (("en", 0), ("zh", 3)) for n in range(4)
    ]  # fmt: skip
    found = measured(
        tmp_path,
        {
            "corpus.jsonl": corpus,
            "queries.jsonl": [{"_id": "q", "text": "41"}],
            "qrels.tsv": "query-id\tcorpus-id\tscore\nq\ten-1\t1\n",
        },
    )

    assert found == {
        f"retrieval/{tmp_path.name}": 1.0,
        f"bitext_mining/{tmp_path.name}": 1.0,
    }


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no task for an embedding model"),
        (
            {"x.jsonl": [{"a": "1", "b": "2", "label": "perhaps"}]},
            "line 1, has 'perhaps' as label",
        ),
    ],
)
def test_data_that_is_none_is_told(tmp_path, files, said):
    with pytest.raises(UsageError, match=said):
        measured(tmp_path, files)


def test_an_embedding_model_is_wanted(tmp_path):
    read = BENCHMARKS["embedding"].read
    assert read is not None
    with pytest.raises(UsageError, match="name one"):
        read(tmp_path, Setup())
