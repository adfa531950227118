"""What a search, an addition and a deletion cost as a base grows.

    python benchmarks/growth.py --data ../shared/data/squad_v11_dev --chunks 10000,100000

Passages are sentences of the set, shuffled together to 454 characters; their vectors are
random, which costs as much as real ones. One in a hundred is for one group alone, which
is the reader of little. Questions are the set's, their vectors random too: embedding is
not in the figures. CPU time of the whole process, so that threads do not hide it.

Beside it stand qdrant-edge and zvec, where they are installed (`pip install
qdrant-edge-py zvec`), with the same vectors and the same labels as their filter; they
search by vectors alone, and keep no texts. Their recall is that of random vectors, which
have no neighbourhoods: real ones are found better.
"""

import argparse
import random
import re
import subprocess
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from common import OWNER, print_run, read_jsonl, spread
from typing_extensions import override

from erya.assistant import Assistant
from erya.models import Embedded, EmbeddingModel
from erya.records import Block, Document, Principal
from erya.stores import Bases

DIMENSION, CHARACTERS, LIMIT = 384, 454, 10
SEARCHES, CHANGES, ROUNDS = 100, 12, 3
FEW = Principal(user="ada", groups=frozenset({"few"}))


class RandomVectors(EmbeddingModel):
    """A direction for each text, always the same."""

    name = "random"
    local = True

    @override
    def token_coverage(self, texts: Sequence[str]) -> list[float]:
        return [1.0] * len(texts)

    @override
    def embed_passages(self, texts: Sequence[str]) -> Embedded:
        return Embedded(vectors=vectors_of(texts), cut=(0,) * len(texts))

    @override
    def embed_query(self, text: str) -> Embedded:
        return self.embed_passages([text])


def vectors_of(texts: Sequence[str]) -> np.ndarray:
    """Return a random vector of length 1 for each text."""
    made = np.empty((len(texts), DIMENSION), np.float32)
    for row, text in zip(made, texts, strict=True):
        row[:] = np.random.default_rng(zlib.crc32(text.encode())).normal(size=DIMENSION)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def documents(
    sentences: list[str], count: int, *, seed: int, folder: str
) -> Iterator[Document]:
    """Yield documents of one chunk each."""
    rng = random.Random(seed)
    for number in range(count):
        text = " ".join(rng.choices(sentences, k=8))[:CHARACTERS]
        source = f"{folder}/{number:07d}.txt"
        yield Document(
            id=Document.id_of(source), source=source, title="", text=text,
            blocks=(Block(kind="paragraph", start=0, end=len(text)),),
            readers=frozenset({"group:few" if number % 100 == 0 else "group:many"}),
        )  # fmt: skip


def cpu_ms(act: Callable[[int], object], times: int) -> float:
    """Return the median CPU milliseconds of an act."""
    spans = []
    for turn in range(times):
        began = time.process_time()
        act(turn)
        spans.append((time.process_time() - began) * 1e3)
    return sorted(spans)[times // 2]


def rounds(act: Callable[[int], object], times: int) -> str:
    """Return the medians of some rounds, and their spread."""
    return spread([cpu_ms(act, times) for _ in range(ROUNDS)])


def megabytes(folder: Path) -> int:
    """Return what a folder takes on disk."""
    done = subprocess.run(
        ["du", "-sm", folder], capture_output=True, text=True, check=True
    )
    return int(done.stdout.split()[0])


def erya(home: Path, sentences: list[str], asked: list[str], count: int) -> None:
    """Measure a base of Erya."""
    store = Bases(home).open("growth", create=True)
    with Assistant(store=store, embedding=RandomVectors()) as assistant:
        began = time.process_time()
        assistant.add(
            documents(sentences, count, seed=5, folder="old"), principal=OWNER
        )
        stored = (time.process_time() - began) / count * 1e6
        for question in asked[:20]:  # what is read once, and held
            for principal in (OWNER, FEW):
                assistant.search(question, principal=principal, limit=LIMIT)
        new = list(documents(sentences, CHANGES * ROUNDS, seed=9, folder="new"))
        added, removed = iter(new), iter(new)

        def search(principal: Principal) -> Callable[[int], object]:
            return lambda turn: assistant.search(
                asked[turn], principal=principal, limit=LIMIT
            )

        def remove(_: int) -> None:
            with store.writer(OWNER, purpose="benchmark") as writer:
                writer.remove(next(removed).id)

        print(
            f"\nErya, {count:,} chunks: stored in {stored:,.0f} µs CPU a chunk, {megabytes(home)} MB"
        )
        print(f"  search, owner            {rounds(search(OWNER), SEARCHES)} ms CPU")
        print(f"  search, reader of 1 %    {rounds(search(FEW), SEARCHES)}")
        print(
            f"  add one document         {rounds(lambda _: assistant.add([next(added)], principal=OWNER), CHANGES)}"
        )
        print(f"  delete one document      {rounds(remove, CHANGES)}")


class Qdrant:
    """A shard of qdrant-edge."""

    name = "qdrant-edge"

    def __init__(self, home: Path) -> None:
        import qdrant_edge as qdrant

        vector = qdrant.EdgeVectorParams(size=DIMENSION, distance=qdrant.Distance.Dot)
        config = qdrant.EdgeConfig(vectors={"": vector})
        self._qdrant = qdrant
        self._shard = qdrant.EdgeShard.create(str(home), config)
        self._change = qdrant.UpdateOperation
        kind = qdrant.PayloadSchemaType.Keyword
        self._shard.update(self._change.create_field_index("readers", kind))
        few = qdrant.FieldCondition("readers", match=qdrant.MatchValue(value="few"))
        self._few = qdrant.Filter(must=[few])

    def put(self, numbers: Sequence[int], vectors: np.ndarray) -> None:
        """Store points, one in a hundred for few."""
        rows = zip(numbers, vectors, strict=True)
        point = self._qdrant.Point
        made = [
            point(n, {"": v.tolist()}, {"readers": "few" if n % 100 == 0 else "many"})
            for n, v in rows
        ]
        self._shard.update(self._change.upsert_points(made))

    def flush(self, *, optimize: bool = False) -> None:
        """Make them durable."""
        self._shard.flush()
        if optimize:
            self._shard.optimize()

    def drop(self, number: int) -> None:
        """Delete a point."""
        self._shard.update(self._change.delete_points([number]))

    def search(self, question: np.ndarray, *, few: bool) -> list[int]:
        """Return the nearest."""
        query = self._qdrant.Query.Nearest(question.tolist())
        request = self._qdrant.QueryRequest(
            limit=LIMIT, query=query, filter=self._few if few else None
        )
        return [point.id for point in self._shard.query(request)]

    def close(self) -> None:
        """Let go of files."""
        self._shard.close()


class Zvec:
    """A collection of zvec."""

    name = "zvec"

    def __init__(self, home: Path) -> None:
        import zvec

        self._zvec = zvec
        vector = zvec.VectorSchema(
            "v", zvec.DataType.VECTOR_FP32, DIMENSION,
            index_param=zvec.HnswIndexParam(metric_type=zvec.MetricType.IP),
        )  # fmt: skip
        few = zvec.FieldSchema(
            "few", zvec.DataType.INT32, index_param=zvec.InvertIndexParam()
        )
        schema = zvec.CollectionSchema("growth", fields=[few], vectors=[vector])
        self._collection = zvec.create_and_open(str(home / "zvec"), schema)

    def put(self, numbers: Sequence[int], vectors: np.ndarray) -> None:
        """Store points, one in a hundred for few."""
        self._collection.upsert([
            self._zvec.Doc(str(n), vectors={"v": v}, fields={"few": int(n % 100 == 0)})
            for n, v in zip(numbers, vectors, strict=True)
        ])  # fmt: skip

    def flush(self, *, optimize: bool = False) -> None:
        """Make them durable."""
        self._collection.flush()
        if optimize:
            self._collection.optimize()

    def drop(self, number: int) -> None:
        """Delete a point."""
        self._collection.delete(str(number))

    def search(self, question: np.ndarray, *, few: bool) -> list[int]:
        """Return the nearest."""
        query = self._zvec.Query("v", vector=question)
        found = self._collection.query(
            queries=query, topk=LIMIT, filter="few = 1" if few else None,
            output_fields=[],
        )  # fmt: skip
        return [int(each.id) for each in found]

    def close(self) -> None:
        """Let go of files."""
        self._collection.close()


def peer(
    kind: type[Qdrant | Zvec], sentences: list[str], asked: list[str], count: int
) -> None:
    """Measure another engine of vectors, if it is there."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        try:
            engine = kind(home)
        except ImportError:
            print(f"{kind.name} is not installed: no peer")
            return
        texts = documents(sentences, count, seed=5, folder="old")
        made = vectors_of([document.text for document in texts])
        began = time.process_time()
        for first in range(0, count, 1_000):
            rows = range(first, min(first + 1_000, count))
            engine.put(rows, made[rows.start : rows.stop])
        engine.flush(optimize=True)
        stored = (time.process_time() - began) / count * 1e6
        questions = vectors_of(asked)

        def put(turn: int) -> None:
            engine.put([count + turn], questions[turn : turn + 1])
            engine.flush()

        def drop(turn: int) -> None:
            engine.drop(count + turn)
            engine.flush()

        def search(*, few: bool) -> Callable[[int], object]:
            return lambda turn: engine.search(questions[turn], few=few)

        def recall(*, few: bool) -> float:
            step = 100 if few else 1
            shares = []
            for turn in range(30):
                near = np.argsort(-(made[::step] @ questions[turn]))[:LIMIT] * step
                there = set(engine.search(questions[turn], few=few))
                shares.append(len(there & set(near.tolist())) / LIMIT)
            return float(np.mean(shares))

        print(
            f"{kind.name}, {count:,} vectors: stored in {stored:,.0f} µs CPU each, {megabytes(home)} MB,"
            f" recall {recall(few=False):.3f}, within the filter {recall(few=True):.3f}"
        )
        print(
            f"  search                   {rounds(search(few=False), SEARCHES)} ms CPU"
        )
        print(f"  search, 1 % by a filter  {rounds(search(few=True), SEARCHES)}")
        print(f"  add one point            {rounds(put, CHANGES)}")
        print(f"  delete one point         {rounds(drop, CHANGES)}")
        engine.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--chunks", default="10000,30000,100000")
    parser.add_argument("--peers", default="qdrant-edge,zvec")
    given = parser.parse_args()
    print_run()
    rows = read_jsonl(given.data / "corpus.jsonl")
    sentences = [s for r in rows for s in re.split(r"(?<=[.?!]) ", r["text"]) if s]
    asked = [row["text"] for row in read_jsonl(given.data / "queries.jsonl")]
    random.Random(3).shuffle(asked)
    for count in map(int, given.chunks.split(",")):
        with tempfile.TemporaryDirectory() as home:
            erya(Path(home), sentences, asked, count)
        for kind in (Qdrant, Zvec):
            if kind.name in given.peers.split(","):
                peer(kind, sentences, asked, count)


if __name__ == "__main__":
    main()
