"""How many result lists change because of documents that the asker may not read.

    python benchmarks/privacy.py --data ../shared/data/squad_v11_dev

One base holds half of a corpus, readable; another holds all of it, the second half
readable by somebody else. The same questions are asked of both by the same reader, by
words and by both legs. The peer is tantivy with a label filter, which is what most
products do.
"""

import argparse
import random
import tempfile
from pathlib import Path

from common import OWNER, print_run, read_jsonl

from erya.assistant import Assistant
from erya.language import query_terms
from erya.models import OFFLINE_MODEL, open_local
from erya.records import Principal
from erya.retrieving import HybridRetriever, search_store
from erya.stores import Bases, Store
from erya.stores.catalogue import schema
from erya.stores.catalogue.reading import passages, scope_of
from erya.testing import document

READER = Principal(user="ada")
TOP = 10
MODEL = open_local(Path(), OFFLINE_MODEL, threads=2)


def main() -> None:
    """Build both bases, ask, count."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--queries", type=int, default=300)
    given = parser.parse_args()
    print_run()
    rows = read_jsonl(given.data / "corpus.jsonl")
    random.Random(1).shuffle(rows)
    half = len(rows) // 2
    asked = [row["text"] for row in read_jsonl(given.data / "queries.jsonl")]
    questions = asked[: given.queries]
    with tempfile.TemporaryDirectory() as scratch:
        bases = Bases(Path(scratch))
        alone = bases.open("alone", create=True)
        fill(alone, rows[:half], "public")
        mixed = bases.open("mixed", create=True)
        fill(mixed, rows[half:], "user:bob")
        fill(mixed, rows[:half], "public")
        both = HybridRetriever(alone, MODEL), HybridRetriever(mixed, MODEL)
        retrievers = dict(zip((alone, mixed), both, strict=True))

        def hybrid(store: Store, question: str) -> list[tuple[str, float]]:
            hits = retrievers[store].retrieve(READER, question, limit=TOP).hits
            return [(hit.chunk.id, hit.score) for hit in hits]

        for name, search in (
            ("tantivy with a label filter", filtered),
            ("Erya, by words", by_words),
            ("Erya, by both legs", hybrid),
        ):
            pairs = [(search(alone, q), search(mixed, q)) for q in questions]
            lists = sum([i for i, _ in a] != [i for i, _ in b] for a, b in pairs)
            scores = sum(a != b for a, b in pairs)
            print(
                f"{name}: of {len(questions)} top-{TOP} lists {lists} have other "
                f"passages or another order, {scores} other scores"
            )
        alone.close()
        mixed.close()


def fill(store: Store, rows: list[dict[str, str]], label: str) -> None:
    """Store passages under one label."""
    documents = (document(r["_id"], r["text"], readers=(label,)) for r in rows)
    Assistant(store=store, embedding=MODEL).add(documents, principal=OWNER)


def by_words(store: Store, question: str) -> list[tuple[str, float]]:
    """Search by the keyword leg alone."""
    hits = search_store(store, READER, question, limit=TOP).hits
    return [(hit.chunk.id, hit.score) for hit in hits]


def filtered(store: Store, question: str) -> list[tuple[str, float]]:
    """Search the same index with the engine's own scores, filtered by readers."""
    # The benchmark looks inside on purpose: the peer is the engine of the same index.
    with store._snapshot() as snapshot:  # type: ignore[attr-defined]  # noqa: SLF001
        scope = scope_of(snapshot.connection, READER, "privacy")
        boosts = {("body", term): 1.0 for term in query_terms(question).body}
        found = snapshot.searcher.propose(boosts, scope.label_sets, limit=TOP)
        which = schema.chunks.c.number.in_([p.number for p in found])
        texts = passages(snapshot.connection, scope, which)
    return [(texts[p.number].id, round(p.score, 5)) for p in found]


if __name__ == "__main__":
    main()
