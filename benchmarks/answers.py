"""How often the offline answer is right, and how often it refuses as it should.

    python benchmarks/answers.py
    python benchmarks/answers.py --data ../shared/data/drcd_dev --queries 400

An answer is right when it contains one of the accepted answers, of a list or comparison
all parts, white space and case aside. Without --data: the example handbook and its questions. With --data: a public set
in BEIR layout; half of the questions are asked of the whole corpus, the other half of a
base from which their passages were left out, and should be refused.
"""

import argparse
import random
import re
import tempfile
from pathlib import Path
from typing import NamedTuple

from common import OWNER, corpus_base, print_run, read_jsonl, read_qrels

from erya.assistant import Assistant
from erya.models import (
    OFFLINE_MODEL,
    LocalEmbedding,
    LocalReader,
    open_local,
    open_reader,
)
from erya.sources import FolderSource
from erya.stores import Bases

EXAMPLES = Path(__file__).parent.parent / "examples"


class Asked(NamedTuple):
    """One question and what came of it."""

    question: str
    answers: list[str]
    text: str
    abstained: bool
    parts: list[str]

    @property
    def right(self) -> bool:
        """Whether an accepted answer stands in the answer."""
        said = _folded(self.text)
        if self.parts:
            return not self.abstained and all(_folded(p) in said for p in self.parts)
        return not self.abstained and any(_folded(a) in said for a in self.answers)


def main() -> None:
    """Ask, count, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, help="a folder in BEIR layout")
    parser.add_argument("--queries", type=int, default=800)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--show", action="store_true", help="print what went wrong")
    given = parser.parse_args()
    print_run()
    with tempfile.TemporaryDirectory() as scratch:
        if given.data:
            asked = ask_corpus(
                given.data, Path(scratch), queries=given.queries, seed=given.seed
            )
        else:
            asked = ask_examples(Path(scratch))
    answerable = [one for one in asked if one.answers]
    unanswerable = [one for one in asked if not one.answers]
    print(f"data: {given.data or EXAMPLES.name}, seed {given.seed}")
    print(f"right answers: {share([one.right for one in answerable])}")
    print(f"refused although answerable: {share([o.abstained for o in answerable])}")
    print(f"refused as they should be: {share([o.abstained for o in unanswerable])}")
    if given.show:
        for one in asked:
            if not (one.right if one.answers else one.abstained):
                print(f"  {one.question} {one.answers}\n    {one.text!r}")


def ask_examples(home: Path) -> list[Asked]:
    """Ask the example questions of the example handbook."""
    store = Bases(home).open("examples", create=True)
    with Assistant(store=store, embedding=offline(), reader=reader()) as assistant:
        source = FolderSource([EXAMPLES / "handbook"], file_bytes=10**7)
        assistant.ingest(source, principal=OWNER)
        return [
            ask(assistant, row["question"], row["answers"], row.get("all"))
            for row in read_jsonl(EXAMPLES / "questions.jsonl")
        ]


def ask_corpus(folder: Path, home: Path, *, queries: int, seed: int) -> list[Asked]:
    """Ask half of the questions with their passages, half without."""
    relevant = read_qrels(folder / "qrels.tsv")
    rows = [
        row
        for row in read_jsonl(folder / "queries.jsonl")
        if row.get("answers") and row["_id"] in relevant
    ]
    random.Random(seed).shuffle(rows)
    half = min(queries, len(rows)) // 2
    answerable, unanswerable = rows[:half], rows[half : 2 * half]
    gone = set().union(*(relevant[row["_id"]] for row in unanswerable))
    with Assistant(
        store=corpus_base(home, folder), embedding=offline(), reader=reader()
    ) as whole:
        asked = [ask(whole, row["text"], row["answers"]) for row in answerable]
    store = corpus_base(home, folder, without=gone)
    with Assistant(store=store, embedding=offline(), reader=reader()) as without:
        asked += [ask(without, row["text"], []) for row in unanswerable]
    return asked


def reader() -> LocalReader:
    """Return the reader that travels with Erya."""
    return open_reader(threads=2)


def offline() -> LocalEmbedding:
    """Return the model that the program uses by default."""
    return open_local(Path(), OFFLINE_MODEL, threads=2)


def ask(
    assistant: Assistant,
    question: str,
    answers: list[str],
    parts: list[str] | None = None,
) -> Asked:
    """Ask one question; of a list or a comparison all parts are wanted."""
    answer = assistant.ask(question, principal=OWNER)
    return Asked(question, answers, answer.text, answer.abstained, parts or [])


def share(outcomes: list[bool]) -> str:
    """Return `84.0 % (336 of 400)`."""
    count = sum(outcomes)
    return f"{100 * count / max(len(outcomes), 1):.1f} % ({count} of {len(outcomes)})"


def _folded(text: str) -> str:
    return re.sub(r"\s+", "", text).casefold()


if __name__ == "__main__":
    main()
