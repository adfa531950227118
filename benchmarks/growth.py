"""What a search, an addition and a deletion cost as a base grows.

    python benchmarks/growth.py --data ../shared/data/squad_v11_dev --chunks 10000,100000

Passages are sentences of the set, shuffled together to 454 characters; their vectors are
random, which costs as much as real ones. One in a hundred is for one group alone, which
is the reader of little. Questions are the set's, their vectors random too: embedding is
not in the figures. CPU time of the whole process, so that threads do not hide it.

Beside it stands qdrant-edge, where it is installed (`pip install qdrant-edge-py`), with
the same vectors and the same labels as its filter; it searches by vectors alone, and
keeps no texts.
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
from typing import Any

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
    def known(self, texts: Sequence[str]) -> list[float]:
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


def peer(home: Path, sentences: list[str], asked: list[str], count: int) -> None:
    """Measure a shard of qdrant-edge, if it is there."""
    try:
        import qdrant_edge as qdrant
    except ImportError:
        print("  qdrant-edge is not installed: no peer")
        return
    vector = qdrant.EdgeVectorParams(size=DIMENSION, distance=qdrant.Distance.Dot)
    shard = qdrant.EdgeShard.create(str(home), qdrant.EdgeConfig(vectors={"": vector}))
    change = qdrant.UpdateOperation
    shard.update(change.create_field_index("few", qdrant.PayloadSchemaType.Bool))
    made = vectors_of(
        [d.text for d in documents(sentences, count, seed=5, folder="old")]
    )
    began = time.process_time()
    for first in range(0, count, 1_000):
        rows = range(first, min(first + 1_000, count))
        shard.update(change.upsert_points([
            qdrant.Point(n, {"": made[n].tolist()}, {"few": n % 100 == 0}) for n in rows
        ]))  # fmt: skip
    shard.flush()
    shard.optimize()
    stored = (time.process_time() - began) / count * 1e6
    questions = vectors_of(asked)
    few = qdrant.Filter(
        must=[qdrant.FieldCondition("few", match=qdrant.MatchValue(value=True))]
    )

    def search(narrow: Any) -> Callable[[int], Any]:
        return lambda turn: shard.query(
            qdrant.QueryRequest(
                limit=LIMIT,
                query=qdrant.Query.Nearest(questions[turn].tolist()),
                filter=narrow,
            )
        )

    def exact(turn: int) -> set[int]:
        return set(np.argsort(-(made @ questions[turn]))[:LIMIT].tolist())

    def put(turn: int) -> None:
        shard.update(change.upsert_points([
            qdrant.Point(count + turn, {"": questions[turn].tolist()}, {"few": False})
        ]))  # fmt: skip
        shard.flush()

    def drop(turn: int) -> None:
        shard.update(change.delete_points([count + turn]))
        shard.flush()

    for turn in range(20):
        search(None)(turn)
    recall = np.mean(
        [len(exact(t) & {p.id for p in search(None)(t)}) / LIMIT for t in range(30)]
    )
    print(
        f"qdrant-edge, {count:,} vectors: stored in {stored:,.0f} µs CPU each, {megabytes(home)} MB, recall {recall:.3f}"
    )
    print(f"  search                   {rounds(search(None), SEARCHES)} ms CPU")
    print(f"  search, 1 % by a filter  {rounds(search(few), SEARCHES)}")
    print(f"  add one point            {rounds(put, CHANGES)}")
    print(f"  delete one point         {rounds(drop, CHANGES)}")
    shard.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--chunks", default="10000,30000,100000")
    given = parser.parse_args()
    print_run()
    rows = read_jsonl(given.data / "corpus.jsonl")
    sentences = [s for r in rows for s in re.split(r"(?<=[.?!]) ", r["text"]) if s]
    asked = [row["text"] for row in read_jsonl(given.data / "queries.jsonl")]
    random.Random(3).shuffle(asked)
    for count in map(int, given.chunks.split(",")):
        with tempfile.TemporaryDirectory() as home:
            erya(Path(home), sentences, asked, count)
        with tempfile.TemporaryDirectory() as home:
            peer(Path(home), sentences, asked, count)


if __name__ == "__main__":
    main()
