"""Which chunker finds what answers, within as many tokens as a model would be given.

    python benchmarks/chunking.py --data ../shared/data

Two sets: chunking_evaluation tells the exact characters that answer, so that recall,
precision and intersection over union of characters can be told (Smith and Troynikov,
"Evaluating Chunking Strategies for Retrieval", 2024); graphrag_bench_medical is one
document of 1 MB with answers in other words, of which the share of the answer's words
is counted that stand in what was found. Both by the offline default, without the
reader; passages are taken in order until the budget is spent.
"""

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from common import OWNER, print_run, read_jsonl

from erya.assistant import Assistant
from erya.chunking import CHUNKERS, chunker_of
from erya.evaluating.benchmarks.chunking import overlap
from erya.language import content_words, count_tokens
from erya.loading import document_of, parse
from erya.models import OFFLINE_MODEL, open_local
from erya.records import Chunk, Document, Item, Span
from erya.stores import Bases

BUDGET = 800  # tokens


class Asked(NamedTuple):
    """A question, and the characters that answer it or an answer in words."""

    text: str
    document: str
    spans: list[Span]
    answer: str = ""


def main() -> None:
    """Cut, search, count, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=300, help="of each set")
    parser.add_argument("--sizes", default="128,256")
    parser.add_argument("--chunkers", default=",".join(CHUNKERS))
    given = parser.parse_args()
    print_run()
    model = open_local(Path(), OFFLINE_MODEL, threads=2)
    sets = {
        "chunking_evaluation": spans_set(given.data / "chunking_evaluation"),
        "graphrag_bench_medical": medical_set(given.data / "graphrag_bench_medical"),
    }
    print(f"Within {BUDGET} tokens; question by question, means.\n")
    print(
        "chunker tokens | recall precision IoU | words of the answer | chunks, seconds"
    )
    for name in given.chunkers.split(","):
        for size in map(int, given.sizes.split(",")):
            chunker = chunker_of(name, max_tokens=size, embedding=model)
            told = []
            chunks, began = 0, time.perf_counter()
            for documents, questions in sets.values():
                some = random.Random(7).sample(
                    questions, min(given.questions, len(questions))
                )
                with tempfile.TemporaryDirectory() as scratch:
                    store = Bases(Path(scratch)).open("chunks", create=True)
                    with Assistant(
                        store=store, embedding=model, chunker=chunker, passages=40
                    ) as assistant:
                        assistant.add(documents, principal=OWNER)
                        chunks += store.status(OWNER).chunks
                        told.append([measured(assistant, each) for each in some])
            spans, words = (
                [statistics.fmean(column) for column in zip(*each, strict=True)]
                for each in told
            )
            spent = time.perf_counter() - began
            print(
                f"{name} {size} | {spans[0]:.3f} {spans[1]:.3f} {spans[2]:.3f} | "
                f"{words[0]:.3f} | {chunks:,}, {spent:.0f}",
                flush=True,
            )


def measured(assistant: Assistant, asked: Asked) -> tuple[float, float, float]:
    """Return recall, precision and IoU; of an answer in words the recall alone."""
    found = assistant.search(asked.text, principal=OWNER, limit=40)
    wide = assistant.widen(found, principal=OWNER)
    taken = list(within_budget([hit.chunk for hit in wide.hits]))
    if asked.answer:
        wanted = set(content_words(asked.answer))
        there = {word for chunk in taken for word in content_words(chunk.text)}
        share = len(wanted & there) / len(wanted) if wanted else 1.0
        return share, 0.0, 0.0
    here = [Span(c.start, c.end) for c in taken if c.source == asked.document]
    elsewhere = sum(len(c.text) for c in taken if c.source != asked.document)
    return overlap(here, asked.spans, elsewhere=elsewhere)


def within_budget(chunks: Sequence[Chunk]) -> Iterator[Chunk]:
    """Yield chunks until the next would not fit; the first whatever its size."""
    spent = 0
    for number, chunk in enumerate(chunks):
        spent += count_tokens(chunk.text)
        if spent > BUDGET and number:
            return
        yield chunk


def read_as(name: str, text: str) -> Document:
    """Read a text as the program would, so that it has its blocks."""
    item = Item(source=name, data=text.encode())
    return document_of(item, parse(item.data, name), readers=frozenset({"public"}))


def spans_set(folder: Path) -> tuple[list[Document], list[Asked]]:
    """Read chunking_evaluation; spans are found again where reading moved them."""
    documents = [
        read_as(path.stem + ".txt", path.read_text("utf-8"))
        for path in sorted((folder / "corpora").glob("*.md"))
    ]
    texts = {d.source.removesuffix(".txt"): d.text for d in documents}
    questions = []
    for row in read_jsonl(folder / "queries.jsonl"):
        text = texts[row["corpus_id"]]
        spans = []
        for each in row["references"]:
            at = text.find(each["content"].strip())
            if at >= 0:
                spans.append(Span(at, at + len(each["content"].strip())))
        if spans:
            questions.append(Asked(row["text"], row["corpus_id"] + ".txt", spans))
    return documents, questions


def medical_set(folder: Path) -> tuple[list[Document], list[Asked]]:
    """Read graphrag_bench_medical."""
    (row,) = read_jsonl(folder / "corpus.jsonl")
    text = row["text"] if isinstance(row.get("text"), str) else json.dumps(row)
    questions = [
        Asked(each["question"], "", [], " ".join(each["answers"]))
        for each in read_jsonl(folder / "qa.jsonl")
    ]
    return [read_as("medical.txt", text)], questions


if __name__ == "__main__":
    main()
