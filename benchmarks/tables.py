"""Print tables to PDF, read them back, and count which cells stand where they stood.

    python benchmarks/tables.py ../shared/data --peers /tmp/peers/bin/python

The tables are real ones, of the sheets, web pages and Office files in `documents`, and
made ones of records in Chinese and English, with long cells and empty ones. Chromium and
LibreOffice print each in several styles: all lines drawn, lines between rows alone, every
other row filled, no lines, and cells in the middle of their rows; LibreOffice takes over
from a web page all lines or none. The score is that of the ICDAR 2013 table competition (Göbel
et al. 2013): of pairs of cells that are neighbours in a row or a column, empty ones
skipped, the share that was found, the share of those found that is right, and F1 of
both. Cells are compared by their letters and digits. The peers run in an environment of
their own, made with `pip install 'markitdown[all]'`; pdfplumber is told nothing, as
markitdown tells it nothing.
"""

import argparse
import collections
import html
import random
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from pathlib import Path

from common import print_run, read_jsonl

from erya.errors import DocumentError
from erya.loading import parse
from loading import Pair, by_peer, convert, letters, ours, to_pdf

PEERS = ("pdfplumber", "markitdown")
SEED = 7
ROWS, COLUMNS, LONGEST = 40, 8, 150  # of a table that fits a page
MADE = 20
KINDS = {".html", ".xlsx", ".xls", ".docx", ".csv", ".ods", ".odt", ".pptx", ".md"}
STYLES = {
    "all lines": "td,th{border:1px solid}",
    "row lines": "td,th{border-bottom:1px solid}",
    "filled rows": "tr:nth-child(even){background:#ddd}",
    "no lines": "",
    "no lines, in the middle": "td{vertical-align:middle}",
}
OFFICE = ("all lines", "no lines")  # of a web page it takes over these
_BAR = re.compile(r"(?<!\\)\|")

Table = list[list[str]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--peers", type=Path, help="Python that has them")
    parser.add_argument("--keep", type=Path, help="folder for the PDFs")
    parser.add_argument("--programs", nargs="*", default=["chromium", "office"])
    given = parser.parse_args()
    print_run()
    groups = {
        "real": list(real(given.data / "documents")),
        "made zh": list(made(chinese(given.data / "csl_dev"))),
        "made en": list(made(english(given.data / "financebench"))),
    }
    with tempfile.TemporaryDirectory() as folder:
        base = given.keep or Path(folder)
        base.mkdir(exist_ok=True)
        for name, tables in groups.items():
            print(
                f"\n{name}: {len(tables)} tables, {sum(map(cells, tables)):,} cells with text"
            )
            for style, program in product(STYLES, given.programs):
                if program == "chromium" or style in OFFICE:
                    path = printed(
                        tables, base / name.replace(" ", "-"), style, program
                    )
                    compare(path, tables, f"{style}, {program}", given.peers)


def real(folder: Path) -> Iterator[Table]:
    """Yield the tables of files whose format says what a cell is, each once."""
    seen = set()
    for path in sorted(folder.rglob("*")):
        if path.suffix not in KINDS or "gold" in path.parts:
            continue
        try:
            found = parse(path.read_bytes(), path.name)
        except DocumentError:
            continue
        for block in found.blocks:
            text = found.text[block.start : block.end]
            for table in tables_of(text) if block.kind == "table" else ():
                if fits(table) and text not in seen:
                    seen.add(text)
                    yield table


def fits(table: Table) -> bool:
    """Tell whether a table is one, and fits a page."""
    return (
        3 <= len(table) <= ROWS
        and 2 <= len(table[0]) <= COLUMNS
        and cells([table]) >= len(table) * len(table[0]) / 3
        and max(len(cell) for row in table for cell in row) <= LONGEST
    )


def cells(tables: Sequence[object]) -> int:
    """Count cells that are not empty, in tables or in one table."""
    return sum(
        cells(part) if isinstance(part, list) else bool(letters(str(part)))
        for part in tables
    )


def chinese(folder: Path) -> list[list[str]]:
    """Return records of Chinese papers."""
    labels = {row["id"]: row for row in read_jsonl(folder / "category.jsonl")}
    return [["编号", "题目", "学科", "摘要", "字数"]] + [
        [str(at), labels[row["_id"]]["text"], labels[row["_id"]]["label"],
         row["text"][:60], f"{len(row['text']):,}"]
        for at, row in enumerate(read_jsonl(folder / "corpus.jsonl"), start=1)
    ]  # fmt: skip


def english(folder: Path) -> list[list[str]]:
    """Return records of questions to annual reports."""
    return [["No.", "Company", "Question", "Answer", "Type"]] + [
        [str(at), row["company"], row["question"][:120], row["answers"][0][:60],
         row["question_type"]]
        for at, row in enumerate(read_jsonl(folder / "qa.jsonl"), start=1)
    ]  # fmt: skip


def made(records: list[list[str]]) -> Iterator[Table]:
    """Yield tables of records, some of whose cells are empty."""
    draw = random.Random(SEED)
    for _ in range(MADE):
        picked = sorted(draw.sample(range(len(records[0])), draw.randint(2, 5)))
        rows = draw.sample(records[1:], draw.randint(3, 10))
        yield [
            ["" if number and draw.random() < 0.15 else row[at] for at in picked]
            for number, row in enumerate([records[0], *rows])
        ]


def printed(tables: list[Table], base: Path, style: str, program: str) -> Path:
    """Print tables, one on each page, between two lines of text."""
    page = base.with_name(f"{base.name}-{style.replace(' ', '-')}-{program}.html")
    pdf = page.with_suffix(".pdf")
    if pdf.exists():
        return pdf
    # LibreOffice knows of lines as an attribute alone.
    border = int(style == "all lines" and program != "chromium")
    body = "".join(
        f"<p style='page-break-before:always'>表 {at}. Table {at} follows.</p>"
        f"<table border={border} cellspacing=0>"
        + "".join(
            "<tr>"
            + "".join(
                f"<td valign=top>{html.escape(cell) or '&nbsp;'}</td>" for cell in row
            )
            + "</tr>"
            for row in table
        )
        + "</table><p>这是表格后面的一段文字。 A line behind it.</p>"
        for at, table in enumerate(tables, start=1)
    )
    page.write_text(
        "<!doctype html><meta charset=utf-8><style>body{font:10pt Noto Sans CJK SC}"
        "table{border-collapse:collapse;width:100%}td{padding:3pt;vertical-align:top}"
        "p{margin-top:100pt}"  # below what may be running heads

        f"{STYLES[style]}</style><body>{body}", "utf-8"
    )  # fmt: skip
    if program == "chromium":
        to_pdf(page)
    else:
        convert(page, "docx:MS Word 2007 XML", "--infilter=HTML (StarWriter)")
        convert(page.with_suffix(".docx"), "pdf:writer_pdf_Export")
    return pdf


def compare(path: Path, tables: list[Table], title: str, peers: Path | None) -> None:
    """Print the scores of each reader for a file."""
    texts = {"erya": ours(Pair(path, "pdf", ""))}
    for peer in PEERS if peers else ():
        texts[peer] = next(by_peer(peers, peer, [path]))[0]
    wanted = sum((relations(table) for table in tables), collections.Counter())
    for reader, text in texts.items():
        found = sum(map(relations, tables_of(text)), collections.Counter())
        right = (wanted & found).total()
        precision = right / max(found.total(), 1)
        recall = right / wanted.total()
        f1 = 2 * right / (found.total() + wanted.total())
        print(f"{title:24} {reader:11} P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}")


def tables_of(text: str) -> list[Table]:
    """Return the Markdown tables of a text."""
    tables: list[Table] = []
    before = False
    for line in text.split("\n"):
        row = line.startswith("|") and line.rstrip().endswith("|")
        if row and not before:
            tables.append([])
        before = row
        if row and set(line) - set("|-: "):
            tables[-1].append([cell.strip() for cell in _BAR.split(line.strip())[1:-1]])
    return [table for table in tables if table]


def relations(table: Table) -> collections.Counter[tuple[str, str, str]]:
    """Count the neighbours of each cell to the right and below, empty ones skipped."""
    found: collections.Counter[tuple[str, str, str]] = collections.Counter()
    width = max(map(len, table))
    rows = [
        [letters(cell) for cell in row] + [""] * (width - len(row)) for row in table
    ]
    for way, lines in (("right", rows), ("below", list(zip(*rows, strict=True)))):
        for line in lines:
            told = [cell for cell in line if cell]
            found.update((a, b, way) for a, b in pairwise(told))
    return found


if __name__ == "__main__":
    sys.exit(main())
