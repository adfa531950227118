"""What the scripts share: data, throw-away bases, and how figures are printed."""

import gzip
import importlib.metadata
import json
import platform
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from erya.assistant import Assistant
from erya.loading import document_of, parse
from erya.models import OFFLINE_MODEL, open_local
from erya.records import Document, Item, Principal
from erya.stores import Bases, Store

OWNER = Principal.owner("bench")
_PUBLIC = frozenset({"public"})


def print_run() -> None:
    """Print the command and the versions that the figures belong to."""
    names = ("erya", "tantivy", "onnxruntime", "numpy", "sqlalchemy", "rjieba")
    versions = ", ".join(f"{n} {importlib.metadata.version(n)}" for n in names)
    print(f"$ python {' '.join(sys.argv)}")
    print(f"Python {platform.python_version()}, {versions}")


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines; `path` may also be there as `.gz`."""
    if not path.exists():
        path = path.with_name(path.name + ".gz")
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def read_qrels(path: Path) -> dict[str, set[str]]:
    """Return the relevant passages of each question."""
    relevant: dict[str, set[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        query, passage, score = line.split("\t")
        if int(score) > 0:
            relevant.setdefault(query, set()).add(passage)
    return relevant


def corpus_base(home: Path, folder: Path, *, without: set[str] | None = None) -> Store:
    """Store a corpus, less some passages, in a new base."""
    name = "without" if without else "whole"
    store = Bases(home).open(name, create=True)
    model = open_local(Path(), OFFLINE_MODEL, threads=2)
    Assistant(store=store, embedding=model).add(
        (
            _document(row)
            for row in read_jsonl(folder / "corpus.jsonl")
            if not (without and row["_id"] in without)
        ),
        principal=OWNER,
    )
    return store


def _document(row: dict[str, Any]) -> Document:
    titled = f"# {row['title']}\n\n{row['text']}" if row.get("title") else row["text"]
    data = titled.encode()
    item = Item(source=row["_id"], data=data)
    return document_of(item, parse(data, "passage.txt"), readers=_PUBLIC)


def spread(values: Sequence[float]) -> str:
    """Return median and middle half, as `1.20 [1.10, 1.35]`."""
    if len(values) < 2:
        return f"{values[0]:.2f}"
    low, _, high = quantiles(values, n=4)
    return f"{median(values):.2f} [{low:.2f}, {high:.2f}]"


def batches(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Cut a sequence into parts."""
    for first in range(0, len(items), size):
        yield items[first : first + size]
