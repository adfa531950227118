"""Order, headings and tables of PDF pages beside references made by hand.

    python benchmarks/layout.py ../shared/data/documents REFERENCES

REFERENCES is a folder of JSON files, one for a page: `file` below the folder of
documents, `page` from 1, `group`, `order` (the beginnings of lines in reading order),
`headings`, `maybe` (that are not counted), `tables` of `columns` (group>leaf) and `rows`
(the label first, then values). Scores: of neighbours in the order, the share that follow
each other; precision and recall of headings; the share of rows whose label and values
stand in one row; the share of names (group and leaf) that stand above their column.
"""

import argparse
import collections
import json
import re
import time
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from common import print_run
from tables import Table, tables_of

from erya.loading.pdf.parser import PdfReader, open_pdf
from erya.loading.pool import has_layout_model

ANCHOR = 20  # letters of a line's beginning
ALIKE = 0.6  # of a heading, that a part of it has

_SEPARATORS = re.compile(r"[\s\u00ad\ufffe\u0002\ufffd|\-‐–—_*#]")
_SIGNS = re.compile(r"[\s$%)\ufffe*]")
Reference = dict[str, Any]
Score = collections.Counter[str]


class Page(NamedTuple):
    """What was read."""

    text: str
    headings: list[str]
    tables: list[Table]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("documents", type=Path)
    parser.add_argument("references", type=Path)
    given = parser.parse_args()
    print_run()
    references = [
        json.loads(p.read_text("utf-8")) for p in given.references.glob("*.json")
    ]
    for layout in (False, True) if has_layout_model() else (False,):
        scores: dict[str, Score] = collections.defaultdict(collections.Counter)
        for reference, page, seconds in pages(
            given.documents, references, layout=layout
        ):
            for group in (reference["group"], "all"):
                scores[group].update(order(reference, page))
                scores[group].update(headings(reference, page))
                scores[group].update(tables(reference, page))
                scores[group].update({"pages": 1, "ms": round(1_000 * seconds)})
        for group, score in sorted(scores.items()):
            print(f"{'layout' if layout else 'rules':7} {group:4} {told(score)}")


def pages(
    folder: Path, references: Sequence[Reference], *, layout: bool
) -> Iterator[tuple[Reference, Page, float]]:
    """Read each page, and yield it with its CPU seconds."""
    for file in sorted({reference["file"] for reference in references}):
        with open_pdf((folder / file).read_bytes()) as document:
            reader = PdfReader(document, layout=layout)
            for reference in references:
                if reference["file"] == file:
                    began = time.process_time()
                    page = reader.page(reference["page"] - 1)
                    spent = time.process_time() - began
                    blocks = [
                        (b.kind, page.text[b.start : b.end])
                        for b in page.blocks
                        if not b.omitted
                    ]
                    yield reference, Page(
                        "\n".join(text for _, text in blocks),
                        [text for kind, text in blocks if kind == "heading"],
                        [t for kind, text in blocks if kind == "table" for t in tables_of(text)],
                    ), spent  # fmt: skip


def told(score: Score) -> str:
    """Word the scores of a group."""

    def share(one: str, other: str) -> str:
        return f"{score[one] / score[other]:.3f}" if score[other] else "    -"

    return (
        f"order {share('next', 'pairs')}  headings P {share('right', 'seen')} "
        f"R {share('found', 'wanted')}  rows {share('rows', 'all rows')}  "
        f"names {share('names', 'all names')}  {share('ms', 'pages')} ms a page"
    )


def plain(text: str) -> str:
    """Return what counts of a text."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text).lower())


def value(text: str) -> str:
    """Return what counts of a cell: of a figure its digits."""
    bare = _SIGNS.sub("", unicodedata.normalize("NFKC", text)).replace("−", "-")
    if bare in {"-", "—", "–"}:
        return ""
    return bare.replace("-", "(") if re.match(r"\(?-?[\d.,]+$", bare) else plain(bare)


def order(reference: Reference, page: Page) -> Score:
    """Count beginnings of lines that follow the one that stands before them."""
    text = plain(page.text)
    anchors = [a for line in reference["order"] if len(a := plain(line)[:ANCHOR]) > 1]
    places, last = [], -1
    for anchor in anchors:
        found = [match.start() for match in re.finditer(re.escape(anchor), text)]
        if found:
            last = next((place for place in found if place > last), found[0])
            places.append(last)
    follows = dict(pairwise(sorted(places)))
    after = sum(follows.get(one) == other for one, other in pairwise(places))
    return collections.Counter({"next": after, "pairs": max(len(places) - 1, 0)})


def headings(reference: Reference, page: Page) -> Score:
    """Count headings that were found, and those found that are some."""
    wanted, maybe = (
        [plain(each) for each in reference.get(name, [])]
        for name in ("headings", "maybe")
    )
    seen = [text for each in page.headings if (text := plain(each))]
    right = [text for text in seen if any(alike(text, each) for each in wanted)]
    counted = [
        t for t in seen if t in right or not any(alike(t, each) for each in maybe)
    ]
    found = sum(any(alike(text, each) for text in seen) for each in wanted)
    return collections.Counter(
        {
            "right": len(right),
            "seen": len(counted),
            "found": found,
            "wanted": len(wanted),
        }
    )


def alike(one: str, other: str) -> bool:
    """Tell whether a heading is the other, most of it, or has it inside."""
    return (one in other and len(one) >= ALIKE / 2 * len(other)) or (
        other in one and len(other) >= ALIKE * len(one)
    )


def tables(reference: Reference, page: Page) -> Score:
    """Count rows that stand in one row, and names above the values of theirs."""
    score: Score = collections.Counter()
    used: set[tuple[int, int]] = set()
    for table in reference["tables"]:
        hits = []
        for row in table["rows"]:
            score["all rows"] += 1
            hit = row_of(row, page.tables, used)
            if hit:
                score["rows"] += 1
                used.add(hit[:2])
                hits.append(hit)
        for column, name in enumerate(table["columns"], start=1):
            parts = name.split(">")
            score["all names"] += len(parts)
            hit = next((hit for hit in hits if column in hit[2]), None)
            if hit:
                number, _, columns = hit
                first = min(h[1] for h in hits if h[0] == number)
                above = plain(
                    " ".join(
                        row[columns[column]] for row in page.tables[number][:first]
                    )
                )
                score["names"] += sum(plain(part) in above for part in parts)
    return score


def row_of(
    row: list[str], found: Sequence[Table], used: set[tuple[int, int]]
) -> tuple[int, int, dict[int, int]] | None:
    """Return table, row and columns of a row; `~` marks one whose label has more."""
    loose = row[0].startswith("~")
    label = plain(row[0].lstrip("~"))
    values = [(at, value(c)) for at, c in enumerate(row[1:], 1) if c == "*" or value(c)]
    if loose and re.match(r"[\d.]+$", label):
        values, label = [(0, value(row[0].lstrip("~"))), *values], ""
    for number, table in enumerate(found):
        for at, cells in enumerate(table):
            filled = [
                (c, text) for c, cell in enumerate(cells) if (text := value(cell))
            ]
            head, tail = filled[: -len(values)], filled[-len(values) :]
            title = plain("".join(text for _, text in head))
            if (
                (number, at) not in used
                and len(tail) == len(values)
                and (loose or len(head) <= 1)
                and all(
                    v in {"*", text}
                    for (_, v), (_, text) in zip(values, tail, strict=True)
                )
                and (not label or (title and (label in title or title in label)))
            ):
                columns = {
                    c: place for (c, _), (place, _) in zip(values, tail, strict=True)
                }
                return number, at, columns
    return None


if __name__ == "__main__":
    main()
