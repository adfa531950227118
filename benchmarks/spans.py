"""How well the words match that the first quote marks as the answer, through retrieval.

    python benchmarks/spans.py ../shared/data/cmrc2018_dev
    python benchmarks/spans.py ../shared/data/squad_v2_dev --reader FOLDER

F1 and exact match over words, Chinese over characters, as SQuAD's and CMRC's scripts
count them: the best of the accepted answers; an answer that refuses has 0. Of a set
with `qa.jsonl` all passages make one base, and the balanced accuracy of answering or
refusing is told: the mean of the share of answerable questions that are answered and of
the others that are refused.

--reader names a folder with another reader, as `make model` writes one: a figure is
honest only by a reader that never saw the set. --unless leaves questions out whose
passage stands in another set, too.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from common import OWNER, print_run, read_jsonl, read_qrels

import erya.models
from erya.assistant import Assistant
from erya.evaluating.answer_metrics import exact_match, f1
from erya.models import OFFLINE_MODEL, LocalReader, open_local, open_reader
from erya.records import Document
from erya.stores import Bases


class Asked(NamedTuple):
    """A question, its accepted answers (none if it has none), and its passages."""

    text: str
    answers: list[str]
    passages: list[str]


class Said(NamedTuple):
    """What came of a question."""

    f1: float
    exact: float
    refused: bool
    found: bool
    milliseconds: float


def main() -> None:
    """Store, ask, count, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--questions", type=int, help="of each set, drawn at random")
    parser.add_argument("--reader", type=Path)
    parser.add_argument("--no-reader", action="store_true")
    parser.add_argument("--unless", type=Path, help="a set with the same passages")
    given = parser.parse_args()
    print_run()
    words = Path(erya.models.__file__).parent / "bundled" / OFFLINE_MODEL
    model = open_local(Path(), OFFLINE_MODEL, threads=2)
    reader = (
        LocalReader(given.reader, words=words, threads=2)
        if given.reader
        else open_reader(threads=2)
    )
    for folder in given.data:
        documents, questions = read_set(folder)
        if given.unless:
            others, _ = read_set(given.unless)
            there = {" ".join(each.text.split()) for each in others}
            texts = {d.id: " ".join(d.text.split()) for d in documents}
            questions = [
                q for q in questions if not any(texts[p] in there for p in q.passages)
            ]
        if given.questions and given.questions < len(questions):
            questions = random.Random(7).sample(questions, given.questions)
        with tempfile.TemporaryDirectory() as scratch:
            store = Bases(Path(scratch)).open("spans", create=True)
            with Assistant(
                store=store,
                embedding=model,
                reader=None if given.no_reader else reader,
            ) as assistant:
                assistant.add(documents, principal=OWNER)
                told = [asked(assistant, each) for each in questions]
        show(folder.name, questions, told)


def read_set(folder: Path) -> tuple[list[Document], list[Asked]]:
    """Read a corpus in BEIR's layout, or questions with their passages."""
    if not (folder / "qa.jsonl").exists():
        relevant = read_qrels(folder / "qrels.tsv")
        documents = [
            document(row["_id"], row.get("title") or "", row["text"])
            for row in read_jsonl(folder / "corpus.jsonl")
        ]
        keys = {each.source: each.id for each in documents}
        questions = [
            Asked(row["text"], row["answers"], [keys[k] for k in relevant[row["_id"]]])
            for row in read_jsonl(folder / "queries.jsonl")
            if row.get("answers") and row["_id"] in relevant
        ]
        return documents, questions
    by_text: dict[str, Document] = {}
    questions = []
    for row in read_jsonl(folder / "qa.jsonl"):
        title = row.get("title") or str(row.get("context_id", "")).partition("#")[0]
        passages = []
        for text in row["contexts"]:
            made = document(f"{len(by_text)}", title.replace("_", " "), text)
            passages.append(by_text.setdefault(text, made).id)
        answers = row["answers"] if row["answerable"] else []
        questions.append(Asked(row["question"], answers, passages))
    return list(by_text.values()), questions


def document(key: str, title: str, text: str) -> Document:
    """Return a passage as a document."""
    return Document(
        id=Document.id_of(key), source=key, title=title, text=text,
        readers=frozenset({"public"}),
    )  # fmt: skip


def asked(assistant: Assistant, question: Asked) -> Said:
    """Ask, and compare what the first quote marks."""
    began = time.perf_counter()
    answer = assistant.ask(question.text, principal=OWNER)
    spent = (time.perf_counter() - began) * 1_000
    if answer.abstained:
        return Said(0.0, 0.0, refused=True, found=False, milliseconds=spent)
    first = answer.citations[0]
    marked = first.quote
    if first.answer is not None:
        start, end = (at - first.start for at in first.answer)
        marked = first.quote[start:end]
    return Said(
        f1(marked, question.answers) if question.answers else 0.0,
        exact_match(marked, question.answers) if question.answers else 0.0,
        refused=False,
        found=first.chunk.document_id in question.passages,
        milliseconds=spent,
    )


def show(name: str, questions: Sequence[Asked], told: Sequence[Said]) -> None:
    """Print the figures of a set."""
    answerable = [s for q, s in zip(questions, told, strict=True) if q.answers]
    others = [s for q, s in zip(questions, told, strict=True) if not q.answers]

    def mean(values: list[float]) -> str:
        spread = 1.96 * statistics.pstdev(values) / max(len(values), 1) ** 0.5
        return f"{statistics.fmean(values):.3f} ±{spread:.3f}"

    print(
        f"{name}: {len(answerable)} answerable, F1 {mean([s.f1 for s in answerable])}, "
        f"exact {mean([s.exact for s in answerable])}, first quote of a right passage "
        f"{mean([float(s.found) for s in answerable])}, refused "
        f"{mean([float(s.refused) for s in answerable])}, median "
        f"{statistics.median(s.milliseconds for s in told):.0f} ms",
        flush=True,
    )
    if others:
        right = statistics.fmean(not s.refused for s in answerable)
        left = statistics.fmean(s.refused for s in others)
        print(
            f"  {len(others)} not answerable, refused {left:.3f}; balanced accuracy "
            f"{(right + left) / 2:.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
