"""A hundred thousand chunks on a laptop: time and memory of a search by both legs.

    python benchmarks/scale.py --chunks 100000 --data ../shared/data/squad_v11_dev

Passages are sentences of the set, shuffled together; their vectors are random, which
costs a search as much as real ones. Questions are the set's, embedded by the offline
model. Beside the time stands that of the bare parts in the same run: embedding the
question, and multiplying the matrix.
"""

import argparse
import random
import re
import resource
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from common import OWNER, print_run, read_jsonl, spread
from typing_extensions import override

from erya.assistant import Assistant
from erya.models import OFFLINE_MODEL, Embedded, LocalEmbedding, open_local
from erya.records import Block, Document
from erya.stores import Bases

LIMIT, QUESTIONS, ROUNDS, DIMENSION = 10, 300, 5, 384


class RandomPassages(LocalEmbedding):
    """The offline model for questions, random directions for passages."""

    @property
    @override
    def name(self) -> str:
        return "random passages"

    @override
    def token_coverage(self, texts: Sequence[str]) -> list[float]:
        return [1.0] * len(texts)

    @override
    def embed_passages(self, texts: Sequence[str]) -> Embedded:
        dice = np.random.default_rng(zlib.crc32("".join(texts).encode()))
        vectors = dice.normal(size=(len(texts), DIMENSION)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return Embedded(vectors=vectors, cut=(0,) * len(texts))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=5)
    given = parser.parse_args()
    print_run()
    rows = read_jsonl(given.data / "corpus.jsonl")
    sentences = [s for r in rows for s in re.split(r"(?<=[.?!]) ", r["text"]) if s]
    asked = [row["text"] for row in read_jsonl(given.data / "queries.jsonl")]
    with tempfile.TemporaryDirectory() as home:
        store = Bases(Path(home)).open("scale", create=True)
        model = RandomPassages(open_local(Path(), OFFLINE_MODEL, threads=2).folder)
        with Assistant(store=store, embedding=model) as assistant:
            began = time.perf_counter()
            assistant.add(documents(sentences, given), principal=OWNER)
            stored = time.perf_counter() - began
            chunks = assistant.store.status(OWNER).chunks
            rounds = [searched(assistant, asked) for _ in range(ROUNDS)]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(f"\n{chunks:,} chunks, stored in {stored:.0f} s; seed {given.seed}")
        print(
            f"search by both legs, {ROUNDS} rounds of {QUESTIONS} questions, {LIMIT} hits, ms"
        )
        for name, share in (("p50", 0.5), ("p95", 0.95)):
            found = [sorted(spans)[int(share * len(spans))] for spans in rounds]
            print(f"  {name} of the rounds: {spread(found)}")
        print(f"embedding the question alone, ms: {spread(embedded(asked))}")
        print(f"multiplying the matrix alone, ms: {spread(multiplied(chunks))}")
        print(f"most memory of the process, ingest and search: {peak:,.0f} MB")


def documents(sentences: list[str], given: argparse.Namespace) -> Iterator[Document]:
    """Yield documents of one chunk each, of three sentences."""
    dice = random.Random(given.seed)
    for number in range(given.chunks):
        text = " ".join(dice.choices(sentences, k=3))[:1_000]
        source = f"{number}.txt"
        yield Document(
            id=Document.id_of(source), source=source, title="", text=text,
            blocks=(Block(kind="paragraph", start=0, end=len(text)),),
            readers=frozenset({"public"}),
        )  # fmt: skip


def searched(assistant: Assistant, asked: list[str]) -> list[float]:
    """Return the milliseconds of searches, after some that fill the caches."""
    spans = []
    for number, question in enumerate(asked[: QUESTIONS + 20]):
        began = time.perf_counter()
        assistant.search(question, principal=OWNER, limit=LIMIT)
        if number >= 20:
            spans.append((time.perf_counter() - began) * 1e3)
    return spans


def embedded(asked: list[str]) -> list[float]:
    """Return the milliseconds of embedding questions."""
    model = open_local(Path(), OFFLINE_MODEL, threads=2)
    model.embed_query("load")
    spans = []
    for question in asked[:100]:
        began = time.perf_counter()
        model.embed_query(question)
        spans.append((time.perf_counter() - began) * 1e3)
    return spans


def multiplied(rows: int) -> list[float]:
    """Return the milliseconds of a matrix times a vector."""
    matrix = np.random.default_rng(1).random((rows, DIMENSION), dtype=np.float32)
    spans = []
    for _ in range(40):
        began = time.perf_counter()
        matrix @ matrix[7]
        spans.append((time.perf_counter() - began) * 1e3)
    return spans


if __name__ == "__main__":
    main()
