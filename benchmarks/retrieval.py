"""What is found on public sets, by words alone and by both legs, with intervals.

    python benchmarks/retrieval.py ../shared/data/scifact_test ../shared/data/cmrc2018_dev

Every run is `erya evaluate retrieval` in a process of its own, all questions. Beside
the documents per second stands the time that the embedding model alone takes for the
same passages on the same cores: the limit of any ingest that embeds.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from common import print_run

from erya.chunking import StructureChunker
from erya.evaluating import read_retrieval_set
from erya.evaluating.retrieval import _documents
from erya.models import MIN_TOKEN_COVERAGE, OFFLINE_MODEL, open_local

ALONE = 256  # passages embedded by the model alone
MEASURE = {"lcqmc_faq_dev": "hit@1"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--queries", type=int, help="Ask only so many.")
    given = parser.parse_args()
    print_run()
    print()
    print("set · metric · words alone · both legs · documents/s (both) · of the model's "
          "own rate · p50 / p95 ms · MB")  # fmt: skip
    for folder in given.folders:
        metric = MEASURE.get(folder.name, "ndcg@10")
        words = evaluate(folder, given.queries, "")
        both = evaluate(folder, given.queries, OFFLINE_MODEL)
        rate = both["documents_per_second"]
        limit = model_alone(folder)
        print(
            f"{folder.name} · {metric} · {told(words, metric)} · {told(both, metric)} · "
            f"{rate:.0f} · {f'{rate / limit:.2f}' if limit else 'nothing to embed'} · "
            f"{both['search_10_p50_ms']:.1f} / {both['search_10_p95_ms']:.1f} · {both['peak_rss_mb']}",
            flush=True,
        )


def evaluate(folder: Path, queries: int | None, model: str) -> dict[str, Any]:
    """Run the command, and return what it reports."""
    command = [sys.executable, "-m", "erya", "evaluate", "retrieval", str(folder)]
    command += ["--json", "--embedding-model", model]
    command += ["--queries", str(queries)] if queries else []
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def told(found: dict[str, Any], metric: str) -> str:
    """Say a mean with its interval."""
    low, high = found[f"{metric}_interval"]
    return f"{found[metric]:.4f} [{low:.4f}, {high:.4f}]"


def model_alone(folder: Path) -> float:
    """Return the documents per second of the embedding model by itself."""
    data = read_retrieval_set(folder)
    chunker = StructureChunker()
    model = open_local(Path(), OFFLINE_MODEL, threads=2)
    texts: list[str] = []
    documents = 0
    for document in _documents(data.corpus, lambda *_: None):
        texts += [chunk.indexed_text for chunk in chunker.chunk(document)]
        documents += 1
        if len(texts) >= ALONE:
            break
    known = model.token_coverage(texts)
    telling = [
        t for t, share in zip(texts, known, strict=True) if share >= MIN_TOKEN_COVERAGE
    ]
    if len(telling) < len(texts) / 10:
        return 0.0
    model.embed_passages(telling[:8])
    began = time.perf_counter()
    model.embed_passages(telling)
    return documents / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
