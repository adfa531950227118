"""How fast files are ingested, questions searched, and the program started: by words.

What embedding costs is in `retrieval.py` and `scale.py`; here, only the cold start on
the example handbook embeds its question.

    python benchmarks/speed.py --files 20000 --data ../shared/data/squad_v11_dev \
../shared/data/cmrc2018_dev

Without --data, texts are made of random words of both languages. The physical limit
beside the ingest is one core analysing the same texts and nothing else
(`document_terms`); the peer beside a search is tantivy alone on the same index and
terms; beside a cold start it is an interpreter that imports the same libraries.
"""

import argparse
import cProfile
import os
import pstats
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from common import OWNER, print_run, read_jsonl, spread

from erya.assistant import Assistant
from erya.language import document_terms, query_terms
from erya.retrieving import KeywordRetriever
from erya.sources import FolderSource
from erya.stores import Bases

WORDS = [
    "sensor",
    "leave",
    "travel",
    "price",
    "alarm",
    "budget",
    "report",
    "meeting",
    "battery",
    "humidity",
    "年假",
    "差旅",
    "温度",
    "报警",
    "预算",
    "会议",
    "电池",
    "湿度",
    "合同",
    "客户",
]
CHARACTERS = 400
LIMIT = 8
EXAMPLES = Path(__file__).parent.parent / "examples" / "handbook"
DEMO = "How fast must I report a stolen phone?"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--data", type=Path, nargs="*", default=[])
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    print_run()
    texts, questions = load(given.data, given.files, given.queries)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "docs")
        write(folder, texts)
        home = measure_ingest(folder, Path(scratch), texts, repeats=given.repeats)
        measure_search(home, questions)
        measure_cold(home, questions[0], repeats=max(given.repeats, 5))


def load(folders: list[Path], files: int, queries: int) -> tuple[list[str], list[str]]:
    """Return texts of about 400 characters, and questions."""
    dice = random.Random(1)
    if not folders:
        texts = [
            " ".join(dice.choices(WORDS, k=CHARACTERS // 5)) + "." for _ in range(files)
        ]
        return texts, [" ".join(dice.choices(WORDS, k=4)) for _ in range(queries)]
    passages = [row["text"] for f in folders for row in read_jsonl(f / "corpus.jsonl")]
    texts = [
        passage[start : start + CHARACTERS]
        for passage in passages
        for start in range(0, len(passage), CHARACTERS)
    ]
    asked = [row["text"] for f in folders for row in read_jsonl(f / "queries.jsonl")]
    dice.shuffle(texts)
    dice.shuffle(asked)
    return (texts * (files // len(texts) + 1))[:files], asked[:queries]


def write(folder: Path, texts: list[str]) -> None:
    """Write one file for each text, each different from the others."""
    for i, text in enumerate(texts):
        path = folder / f"{i // 500:04}" / f"{i:06}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text} {i}", encoding="utf-8")


def measure_ingest(
    folder: Path, scratch: Path, texts: list[str], *, repeats: int
) -> Path:
    """Ingest anew each time; profile once more at the end. Return the last home."""
    rates, ratios = [], []
    home = scratch
    for turn in range(repeats):
        home = scratch / f"home{turn}"
        seconds = timed(lambda home=home: ingest(folder, home))
        limit = timed(lambda: [document_terms(text) for text in texts])
        rates.append(len(texts) / seconds)
        ratios.append(seconds / limit)
    again = len(texts) / timed(lambda: ingest(folder, home))
    print(
        f"\ningest, {len(texts)} files of about {CHARACTERS} characters, {repeats} runs"
    )
    print(f"  files per second: {spread(rates)}; unchanged: {again:,.0f}")
    print(f"  time over that of one core analysing the texts: {spread(ratios)}")
    profile = cProfile.Profile()
    profile.runcall(ingest, folder, scratch / "profiled")
    print("  where the time goes in the main process (s):")
    for name, seconds in hot(profile):
        print(f"    {seconds:6.2f}  {name}")
    return home


def ingest(folder: Path, home: Path) -> None:
    """Ingest the folder."""
    with Assistant(store=Bases(home).open("speed", create=True)) as assistant:
        assistant.ingest(FolderSource([folder], file_bytes=10**7), principal=OWNER)


def hot(profile: cProfile.Profile) -> list[tuple[str, float]]:
    """Return the ten functions that took most time by themselves."""
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]  # not in typeshed
    rows = [
        (f"{Path(file).name}:{function}" if line else function, own)
        for (file, line, function), (_, _, own, _, _) in stats.items()
    ]
    return sorted(rows, key=lambda row: -row[1])[:10]


def measure_search(home: Path, questions: list[str]) -> None:
    """Time the search of each question, and tantivy alone on its terms."""
    store = Bases(home).open("speed")
    retriever = KeywordRetriever(store)
    retriever.retrieve(OWNER, questions[0], limit=LIMIT)  # loads dictionaries
    whole = [
        1_000 * timed(lambda q=q: retriever.retrieve(OWNER, q, limit=LIMIT))
        for q in questions
    ]
    # The benchmark looks inside on purpose: the peer is the engine under the same
    # terms.
    searcher = store._indexes.terms._open[1]  # type: ignore[attr-defined]  # noqa: SLF001
    alone = [
        1_000 * timed(lambda b=b: searcher.propose(b, None, limit=LIMIT))
        for b in ({("body", t): 1.0 for t in query_terms(q).body} for q in questions)
    ]
    store.close()
    whole.sort()
    print(f"\nsearch in process, {len(questions)} questions, {LIMIT} hits")
    print(f"  ms: {spread(whole)}; p95 {whole[int(len(whole) * 0.95)]:.1f}")
    print(f"  tantivy alone, unchecked scores, no texts, ms: {spread(alone)}")


def measure_cold(home: Path, question: str, *, repeats: int) -> None:
    """Time whole processes, in CPU seconds."""
    erya = [sys.executable, "-m", "erya"]
    ask = [*erya, "ask", question, "--kb", "speed", "--home", str(home)]
    read = [*erya, "ingest", str(EXAMPLES), "--kb", "demo", "--home", str(home)]
    subprocess.run(read, check=True, stdout=subprocess.DEVNULL)
    demo = [*erya, "ask", DEMO, "--kb", "demo", "--home", str(home)]
    libraries = "import click, sqlalchemy, tantivy, rjieba; rjieba.Jieba()"
    bare = [sys.executable, "-c", libraries]
    print(f"\ncold processes, CPU seconds, {repeats} runs")
    for name, command in (
        ("erya --help", [*erya, "--help"]),
        ("erya ask, by words", ask),
        ("erya ask on the example handbook, by both legs", demo),
        ("libraries alone", bare),
    ):
        print(f"  {name}: {spread([cpu_seconds(command) for _ in range(repeats)])}")


def cpu_seconds(command: list[str]) -> float:
    """Run a command; return the user and system time it took."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return (
        after.children_user
        - before.children_user
        + after.children_system
        - before.children_system
    )


def timed(action: Callable[[], object]) -> float:
    """Return how long an action takes, in seconds."""
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
