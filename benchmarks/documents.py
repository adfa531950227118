"""Every PDF and docx of a folder: text or a typed error, and pages per CPU second.

    python benchmarks/documents.py ../shared/data/documents

Beside the time of reading stands that of PDFium alone, which only opens the pages and
hands their characters over: the limit of anything that is built on it.
"""

import argparse
import collections
import time
from pathlib import Path

import pypdfium2
from common import print_run, spread

from erya.errors import DocumentError
from erya.loading import parse

RUNS = 3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    print_run()
    for suffix in (".pdf", ".docx"):
        files = sorted(p for p in given.folder.rglob(f"*{suffix}") if p.is_file())
        outcomes = collections.Counter(outcome(path) for path in files)
        told = ", ".join(f"{n} {what}" for what, n in outcomes.most_common())
        print(f"{len(files)} {suffix} files: {told}")
    readable = [
        path
        for path in sorted(given.folder.rglob("*.pdf"))
        if outcome(path) == "with text"
    ]
    held = [(path, path.read_bytes()) for path in readable]
    parse(held[0][1], "first.pdf")
    ours, limit = [], []
    for _ in range(RUNS):
        pages, spent = 0, 0.0
        for path, data in held:
            began = time.process_time()
            pages += len(parse(data, path.name).pages)
            spent += time.process_time() - began
        ours.append(pages / spent)
        began = time.process_time()
        for _, data in held:
            alone(data)
        limit.append(pages / (time.process_time() - began))
    print(f"{pages} pages, {RUNS} runs, pages per CPU second: {spread(ours)}")
    print(f"PDFium alone: {spread(limit)}")


def outcome(path: Path) -> str:
    """Say what became of a file."""
    try:
        parse(path.read_bytes(), path.name)
    except DocumentError as error:
        return error.code
    return "with text"


def alone(data: bytes) -> None:
    """Open every page and take its characters."""
    document = pypdfium2.PdfDocument(data)
    for page in document:
        textpage = page.get_textpage()
        if textpage.count_chars():
            textpage.get_text_range()
        textpage.close()
        page.close()
    document.close()


if __name__ == "__main__":
    main()
