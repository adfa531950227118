"""Scores agree with a library, and no proposal is ever cut off too early."""

import json
import math
import random
from collections import Counter

import bm25s
import pytest

from erya.language import passage_terms, query_terms
from erya.records import Principal
from erya.retrieving import search_store
from erya.stores.scoring import EXACT_WEIGHT, K1, B, _engine_idf
from erya.testing import chunked, document

OWNER = Principal.owner("owner")
WORDS = [
    "leave",
    "travel",
    "sensor",
    "price",
    "hotel",
    "cold",
    "box",
    "alarm",
    "budget",
    "年假",
    "差旅",
    "温度",
    "v2.1",
]


def put(store, documents):
    with store.writer(OWNER, purpose="test") as writer:
        for given in documents:
            writer.put(given, chunked(given), original=b"", recipe="test")


def texts(seed: int, count: int, longest: int = 40) -> list[str]:
    dice = random.Random(seed)
    return [
        " ".join(dice.choices(WORDS, k=dice.randint(1, longest))) for _ in range(count)
    ]


def analysis_of(chunks):
    sizes = Counter(chunk.document_id for chunk in chunks)
    return {
        c.id: passage_terms(
            c.text,
            title=c.title,
            headings=c.headings,
            source=c.source,
            chunks=sizes[c.document_id],
        )
        for c in chunks
    }


def brute_force(chunks, question):
    """BM25 over both fields, written down again without any index."""
    analysed = analysis_of(chunks)
    asked = query_terms(question)
    scores: Counter[str] = Counter()
    for field, weight in (("body", 1.0), ("exact", EXACT_WEIGHT)):
        counts = {i: getattr(terms, field) for i, terms in analysed.items()}
        average = sum(c.total() for c in counts.values()) / len(counts)
        for term, asked_count in getattr(asked, field).items():
            holding = [i for i, c in counts.items() if term in c]
            idf = math.log(
                1 + (len(counts) - len(holding) + 0.5) / (len(holding) + 0.5)
            )
            for i in holding:
                tf, length = counts[i][term], counts[i].total()
                norm = K1 * (1 - B + B * length / average)
                scores[i] += weight * asked_count * idf * tf * (K1 + 1) / (tf + norm)
    return scores


def test_scores_are_those_of_bm25s(store):
    """Reference: bm25s, method "lucene", which leaves out the constant factor k1 + 1."""
    documents = [document(f"{i}", t, title="-") for i, t in enumerate(texts(1, 60))]
    put(store, documents)
    chunks = [c for d in documents for c in chunked(d)]
    # Questions of Chinese words and codes touch the body alone, as the reference does.
    tokens = [list(terms.body.elements()) for terms in analysis_of(chunks).values()]
    reference = bm25s.BM25(method="lucene", k1=K1, b=B)
    reference.index(tokens, show_progress=False)

    for question in ("年假", "差旅 温度", "v2.1 年假"):
        asked = query_terms(question)
        totals = sum(
            weight * reference.get_scores([term])
            for weights in (asked.body, asked.filler)
            for term, weight in weights.items()
        )
        expected = dict(zip([c.id for c in chunks], totals, strict=True))
        hits = search_store(store, OWNER, question, limit=100).hits
        assert len(hits) == sum(score > 0 for score in expected.values())
        for hit in hits:
            assert hit.score == pytest.approx(
                expected[hit.chunk.id] * (K1 + 1), rel=1e-4
            )


@pytest.mark.parametrize("seed", range(4))
def test_the_best_are_found_however_the_lengths_are_skewed(store, seed):
    """Many alike, some far longer, some removed: the engine's own order is then wrong."""
    kept = [document(f"k{i}", t) for i, t in enumerate(texts(seed, 250, 12))]
    gone = [document(f"g{i}", t * 30) for i, t in enumerate(texts(seed + 9, 40, 60))]
    put(store, kept + gone)
    with store.writer(OWNER, purpose="test") as writer:
        for given in gone:
            writer.remove(given.id)
    chunks = [c for d in kept for c in chunked(d)]

    for question in [*WORDS, "sensor price hotel", "cold box 年假 v2.1", "alarm alarm"]:
        expected = brute_force(chunks, question)
        ranked = sorted(expected.items(), key=lambda e: (-round(e[1], 9), e[0]))[:10]
        hits = search_store(store, OWNER, question, limit=10).hits
        assert [h.chunk.id for h in hits] == [i for i, _ in ranked]
        assert [h.score for h in hits] == pytest.approx([s for _, s in ranked])


def test_a_flat_ranking_is_ordered_by_id(store):
    put(store, [document(f"{i}", "the same sensor", title="-") for i in range(300)])

    hits = search_store(store, OWNER, "sensor", limit=10).hits

    every = sorted(c.id for i in range(300) for c in store.chunks(OWNER, _id(i)))
    assert [hit.chunk.id for hit in hits] == every[:10]


@pytest.mark.parametrize("holding", [1, 7, 500, 997, 1_000])
def test_the_idf_of_the_engine_is_known_to_the_last_bit(store, holding):
    """Else a term in nearly every chunk would be boosted wrongly, and the bound off."""
    put(
        store,
        [
            document(f"{i}", "sensor" if i < holding else "alarm", title="-")
            for i in range(1_000)
        ],
    )
    search_store(store, OWNER, "sensor", limit=1)
    searcher = store._indexes.terms._open[1]
    query = searcher._term("body", "sensor")
    address = searcher._searcher.search(query, limit=1).hits[0][1]
    told = json.loads(query.explain(searcher._searcher, address).to_json())
    idf = next(
        d["value"] for d in told["details"] if d["description"].startswith("idf")
    )

    stats = searcher.stats("body")
    expected = _engine_idf(stats.documents, searcher.engine_count("body", "sensor"))
    assert expected == pytest.approx(idf, rel=1e-7)


def _id(number: int) -> str:
    return document(f"{number}", "x").id
