"""Embedding models by the kinds of task of MTEB, on data that lies here.

Muennighoff and others, "MTEB: Massive Text Embedding Benchmark" (2023), and C-MTEB. The
definitions are those of the package `mteb`; each file of the folder is one task, and
its kind shows in its form.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from erya.errors import UsageError
from erya.evaluating.agreement import spearman
from erya.evaluating.benchmarks.base import Measure, Setup, Task
from erya.evaluating.datasets import RetrievalSet, read_retrieval_set
from erya.evaluating.files import json_rows, wrong
from erya.evaluating.retrieval_metrics import judge, metric_named
from erya.evaluating.runs import Progress, SampleResult
from erya.extras import require
from erya.models import EmbeddingModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["read_embedding"]

_EXPERIMENTS: Final = 10  # draws of a classification
_PER_LABEL: Final = 8  # texts of each label that it learns from
_ITERATIONS: Final = 100
_CLUSTERED: Final = 500  # texts in a batch of k-means
_BATCH: Final = 256  # texts embedded at once
_NLI: Final = {"entailment": 1, "contradiction": 0}  # what is neutral is left out

_FIELDS: Final = (
    "a", "b", "text", "label", "positive", "negative", "human", "machine", "relevance",
)  # fmt: skip

Rows = Sequence[Mapping[str, Any]]


class _Task(NamedTuple):
    """A task: what kind, what it is called, and what is measured of it."""

    kind: str
    name: str
    score: Callable[["_Texts"], float]


class _Texts:
    """Embeds texts, each once; passages and questions apart, as models want it."""

    def __init__(self, model: EmbeddingModel) -> None:
        self._model = model

    def passages(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Return a unit vector for each text."""
        import numpy as np  # noqa: PLC0415 - as for all of this file

        unique = list(dict.fromkeys(texts))
        parts = [
            # An empty text has no vector; a full stop means as little.
            self._model.embed_passages(
                [text if text.strip() else "." for text in unique[at : at + _BATCH]]
            ).vectors
            for at in range(0, len(unique), _BATCH)
        ]
        rows = {text: row for row, text in enumerate(unique)}
        return np.concatenate(parts)[[rows[text] for text in texts]]

    def queries(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Return a unit vector for each question."""
        import numpy as np  # noqa: PLC0415

        vectors = [self._model.embed_query(text).vectors[0] for text in texts]
        return np.stack(vectors)


def read_embedding(folder: Path, setup: Setup) -> Task:
    """Read all tasks of a folder.

    `a`, `b`, `label`: a similarity, or pairs that belong together or not. `NAME_train`
    and `NAME_test` with `text`, `label`: classification; `text`, `label` alone:
    clustering. `query` or `question`, `positive`, `negative`: reranking. `text`,
    `human`, `machine`, `relevance`: summaries. `corpus.jsonl` and its kin: retrieval,
    and where its texts stand in two languages, bitext mining.

    Raises:
        UsageError: There is no task, or no embedding model.
    """
    if setup.embedding is None:
        msg = "This benchmark measures embedding models; name one."
        raise UsageError(msg)
    model = setup.embedding
    files = sorted(folder.glob("*.jsonl"))
    if any((folder / name).is_file() for name in ("corpus.jsonl", "corpus.jsonl.gz")):
        data = read_retrieval_set(folder)
        files, tasks = list(data.files), list(_of_corpus(data))
    else:
        tasks = [task for path in files for task in _of_file(path, seed=setup.seed)]
    if not tasks:
        msg = f"There is no task for an embedding model in {folder}."
        raise UsageError(msg)

    @contextmanager
    def open_task(on_progress: Progress) -> Iterator[Measure]:  # noqa: ARG001 - no base
        texts = _Texts(model)

        def measure(task: _Task) -> SampleResult:
            return SampleResult(
                id=f"{task.kind}/{task.name}",
                scores={task.kind: task.score(texts)},
                detail={"question": task.name},
            )

        yield measure

    return Task(files, [(f"{t.kind}/{t.name}", t) for t in tasks], open_task)


def _of_file(path: Path, *, seed: int) -> Iterator[_Task]:
    first: Mapping[str, Any] = next((row for _, row in json_rows(path)), {})
    if not first:
        return
    name = path.stem
    # What the first line has of these, all must have.
    required = [key for key in _FIELDS if key in first]
    numbered = list(json_rows(path, required=required))
    rows = [row for _, row in numbered]
    if {"a", "b", "label"} <= first.keys():
        yield _pairs(path, numbered)
    elif {"positive", "negative"} <= first.keys() and first.keys() & {
        "query",
        "question",
    }:
        usable = [row for row in rows if row["negative"] and _flat(row["positive"])]
        yield _Task("reranking", name, lambda texts: reranking(texts, usable))
    elif {"text", "human", "machine", "relevance"} <= first.keys():
        yield _Task("summarization", name, lambda texts: summarization(texts, rows))
    elif {"text", "label"} <= first.keys():
        yield from _read_labelled(path, rows, seed=seed)


def _pairs(path: Path, rows: Sequence[tuple[int, Mapping[str, Any]]]) -> _Task:
    labels: list[float] = []
    pairs: list[Mapping[str, Any]] = []
    for number, row in rows:
        label = row["label"]
        if label in {"neutral", "-"}:
            continue
        try:
            labels.append(float(_NLI.get(label, label)))
        except (TypeError, ValueError):
            raise UsageError(
                wrong(path, number, f"has {label!r} as label of a pair")
            ) from None
        pairs.append(row)
    if set(labels) <= {0.0, 1.0}:
        return _Task(
            "pair_classification",
            path.stem,
            lambda texts: pair_classification(texts, pairs, labels),
        )
    return _Task("sts", path.stem, lambda texts: similarity(texts, pairs, labels))


def _read_labelled(path: Path, rows: Rows, *, seed: int) -> Iterator[_Task]:
    name, _, part = path.stem.rpartition("_")
    if part == "train":
        return  # it is read with its test part
    train = path.with_name(f"{name}_train.jsonl")
    if part == "test" and train.is_file():
        train_rows = [row for _, row in json_rows(train, required=("text", "label"))]
        yield _Task(
            "classification",
            name,
            lambda texts: classification(texts, train_rows, rows, seed=seed),
        )
    else:
        yield _Task(
            "clustering", path.stem, lambda texts: clustering(texts, rows, seed=seed)
        )


def _of_corpus(data: RetrievalSet) -> Iterator[_Task]:
    def retrieval(texts: _Texts) -> float:
        passages = texts.passages([f"{p.title} {p.text}".strip() for p in data.corpus])
        ids = [passage.id for passage in data.corpus]
        ndcg = metric_named("ndcg@10")
        scores = []
        for question in data.questions:
            cosines = passages @ texts.queries([question.text])[0]
            best = sorted(zip(cosines.tolist(), ids, strict=True), reverse=True)[:10]
            ranking = [key for _, key in best]
            scores.append(ndcg(judge(ranking, data.relevant[question.id])))
        return sum(scores) / len(scores)

    yield _Task("retrieval", data.name, retrieval)
    rows = [row for _, row in json_rows(data.files[0])]
    languages = sorted({str(row.get("lang") or "") for row in rows})
    if len(languages) == 2 and all(languages):
        sides: list[dict[str, str]] = [{}, {}]
        for row in rows:
            key = str(row["_id"]).removeprefix(f"{row['lang']}-")
            sides[languages.index(row["lang"])][key] = str(row["text"])
        both = [key for key in sides[0] if key in sides[1]]
        ours, theirs = [sides[0][k] for k in both], [sides[1][k] for k in both]
        if both:
            yield _Task(
                "bitext_mining", data.name, lambda texts: bitext(texts, ours, theirs)
            )


def similarity(texts: _Texts, rows: Rows, labels: Sequence[float]) -> float:
    """Return Spearman's correlation of cosines and labels."""
    return spearman(_cosines(texts, rows), labels)


def pair_classification(texts: _Texts, rows: Rows, labels: Sequence[float]) -> float:
    """Return the average precision of cosines for pairs that belong together."""
    metrics = _sklearn("metrics")
    return float(metrics.average_precision_score(labels, _cosines(texts, rows)))


def classification(texts: _Texts, train: Rows, test: Rows, *, seed: int) -> float:
    """Return the mean accuracy of a logistic regression on eight texts of each label.

    Over ten draws of those eight. As in `mteb`, each draw shuffles the order that the
    one before has left, with one and the same permutation.
    """
    import numpy as np  # noqa: PLC0415

    linear = _sklearn("linear_model")
    train_vectors = texts.passages([str(row["text"]) for row in train])
    test_vectors = texts.passages([str(row["text"]) for row in test])
    truth = [str(row["label"]) for row in test]
    accuracies = []
    order = list(range(len(train)))
    for _ in range(_EXPERIMENTS):
        np.random.RandomState(seed).shuffle(order)
        taken: Counter[str] = Counter()
        sample = []
        for row in order:
            label = str(train[row]["label"])
            if taken[label] < _PER_LABEL:
                taken[label] += 1
                sample.append(row)
        model = linear.LogisticRegression(max_iter=_ITERATIONS, random_state=seed)
        model.fit(train_vectors[sample], [str(train[row]["label"]) for row in sample])
        accuracies.append(float(model.score(test_vectors, truth)))
    return sum(accuracies) / len(accuracies)


def clustering(texts: _Texts, rows: Rows, *, seed: int) -> float:
    """Return the V-measure of k-means with as many clusters as there are labels."""
    cluster, metrics = _sklearn("cluster"), _sklearn("metrics")
    labels = [str(row["label"]) for row in rows]
    model = cluster.MiniBatchKMeans(
        n_clusters=len(set(labels)),
        batch_size=_CLUSTERED,
        n_init="auto",
        random_state=seed,
    )
    model.fit(texts.passages([str(row["text"]) for row in rows]))
    return float(metrics.cluster.v_measure_score(labels, model.labels_))


def reranking(texts: _Texts, rows: Rows) -> float:
    """Return the mean average precision of passages ranked by their cosines."""
    average = metric_named("map")
    scores = []
    for row in rows:
        positive, negative = _flat(row["positive"]), _flat(row["negative"])
        query = texts.queries([str(row.get("query") or row.get("question") or "")])[0]
        cosines = (texts.passages([*positive, *negative]) @ query).tolist()
        order = sorted(range(len(cosines)), key=lambda i: -cosines[i])
        gains = {str(i): 1.0 for i in range(len(positive))}
        scores.append(average(judge([str(i) for i in order], gains)))
    return sum(scores) / len(scores)


def bitext(texts: _Texts, ours: Sequence[str], theirs: Sequence[str]) -> float:
    """Return the F1 of taking the nearest text of the other language for each."""
    metrics = _sklearn("metrics")
    nearest = (texts.passages(ours) @ texts.passages(theirs).T).argmax(1)
    truth = list(range(len(ours)))
    f1 = metrics.f1_score(truth, nearest, average="weighted", zero_division=0)
    return float(f1)


def summarization(texts: _Texts, rows: Rows) -> float:
    """Return the mean Spearman correlation of people's marks and nearest cosines.

    Of a machine's summary the cosine to the most similar human one counts. Texts whose
    marks or cosines do not vary are left out, as in `mteb`.
    """
    correlations = []
    for row in rows:
        human, machine = texts.passages(row["human"]), texts.passages(row["machine"])
        nearest = (machine @ human.T).max(1).tolist()
        marks = [float(mark) for mark in row["relevance"]]
        if len(set(marks)) > 1 and len(set(nearest)) > 1:
            correlations.append(spearman(nearest, marks))
    return sum(correlations) / len(correlations) if correlations else 0.0


def _cosines(texts: _Texts, rows: Rows) -> list[float]:
    import numpy as np  # noqa: PLC0415

    ours = texts.passages([str(row["a"]) for row in rows])
    theirs = texts.passages([str(row["b"]) for row in rows])
    return [float(value) for value in np.einsum("ij,ij->i", ours, theirs)]


def _flat(nested: Sequence[Any]) -> list[str]:
    return [
        str(text)
        for each in nested
        for text in (each if isinstance(each, list) else [each])
    ]


def _sklearn(part: str) -> Any:
    return require(
        f"sklearn.{part}", feature="Measuring embedding models", extra="evaluate"
    )
