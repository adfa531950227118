"""Read real files beside markitdown and pypdf: what becomes of them, how right, how fast.

    python benchmarks/loading.py ../shared/data/documents --peers /tmp/peers/bin/python

Three parts. Every file of the folder ends in text or in a typed error. Where a reference
text exists, precision and recall of characters: letters and digits in their order, by the
longest common subsequence (rapidfuzz), after NFKC; marks of Markdown, addresses of links
and blanks do not count. The references by poppler show columns beside each other and all
running heads: there pairs of letters are compared in any order. Chinese laws, whose text is known, are printed to docx, HTML and
PDF (one and two columns) first. The peers run in an environment of their own, made with
`pip install 'markitdown[all]' pypdf`.
"""

import argparse
import collections
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from common import print_run
from documents import alone as pdfium
from rapidfuzz.distance import LCSseq
from selectolax.lexbor import LexborHTMLParser

from erya.loading import ParserPool, parse
from erya.records import Item

PEERS = ("markitdown", "pypdf")
LAWS = 12
RUNS = 5
OTHER = 0.2  # recall of the best reader: a reference with less is of another file
# Marks of Markdown and of pictures in the references: not text of the documents.
_MARKS = re.compile(
    r"<!--.*?-->|!\[[^\]]*\]\([^)]*\)|\]\([^)\s]*\)|<[^<>]{1,200}>", re.DOTALL
)
# Lam and alef of one sign in the order of the page, as poppler has them behind an
# article; the gold references show that no reader has them so.
_TURNED = re.compile("\u0627([\u0622\u0623\u0625\u0627])\u0644")
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}


class Rate(NamedTuple):
    """Precision and recall of a text."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peers", type=Path, help="Python that has them")
    parser.add_argument("--laws", type=int, default=LAWS, help="laws to print")
    parser.add_argument("--speed", action="store_true", help="the speed alone")
    parser.add_argument("--verbose", action="store_true", help="a line for each file")
    given = parser.parse_args()
    print_run()
    if not given.speed:
        outcomes(given.folder)
        report("Reference texts", references(given.folder), given)
    with tempfile.TemporaryDirectory() as made:
        printed = list(laws(given.folder / "laws_zh", Path(made), given.laws))
        if not given.speed:
            report(f"{given.laws} Chinese laws, printed", printed, given)
        bound = book(given.folder / "laws_zh", Path(made))
        speed(given, [pair.path for pair in printed], bound)


def outcomes(folder: Path) -> None:
    """Read every file as `ingest` does, and count what became of it."""
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not {"gold", "poppler_text"} & set(path.parts)
    )
    found = collections.Counter()
    items = (Item(source=str(path), data=path.read_bytes()) for path in files)
    began = time.monotonic()
    with ParserPool() as pool:
        for outcome in pool.parse_all(items):
            if outcome.item.inside:
                continue
            found[outcome.problem.code if outcome.problem else "text"] += 1
    told = ", ".join(f"{count} {code}" for code, count in found.most_common())
    print(f"\n{len(files)} files: {told}; {time.monotonic() - began:.0f} s")


class Pair(NamedTuple):
    """A file, its kind, and what stands in it."""

    path: Path
    kind: str
    reference: str
    ordered: bool = True  # whether the reference stands in reading order


def references(folder: Path) -> list[Pair]:
    """Return the files whose text is known."""
    pairs = []
    for base, suffix in (("gold", ".md"), ("poppler_text", ".txt")):
        for told in sorted((folder / base).rglob(f"*{suffix}")):
            inside = told.relative_to(folder / base)
            path = folder / inside.with_name(told.name.removesuffix(suffix))
            if path.is_file():
                kind = path.suffix[1:] + (" (poppler)" if suffix == ".txt" else "")
                kind += " right to left" if "right_to_left" in path.name else ""
                text = told.read_text("utf-8", "replace")
                if suffix == ".txt":
                    text = _TURNED.sub("\u0627\u0644\\1", text)
                pairs.append(Pair(path, kind, text, ordered=suffix == ".md"))
    return pairs


def laws(folder: Path, made: Path, count: int) -> Iterator[Pair]:
    """Print laws of different lengths, and yield what came of it."""
    texts = sorted(folder.rglob("*.md"), key=lambda path: (path.stat().st_size, path))
    step = max(1, len(texts) // count)
    for number, path in enumerate(texts[::step][:count]):
        lines = lines_of(path)
        plain = "\n".join(lines)
        for kind, style in (("1", ""), ("2", "column-count:2;")):
            page = made / f"law-{number}-{kind}.html"
            page.write_text(page_of(lines, style), "utf-8")
            to_pdf(page)
            yield Pair(page.with_suffix(".pdf"), f"zh pdf, {kind} column", plain)
        page = made / f"law-{number}-1.html"
        yield Pair(page, "zh html", plain)
        convert(page, "docx:MS Word 2007 XML", "--infilter=HTML (StarWriter)")
        yield Pair(page.with_suffix(".docx"), "zh docx", plain)


def book(folder: Path, made: Path) -> dict[str, Path]:
    """Print all laws as one book of some hundred pages, with two programs."""
    page = made / "book-chromium.html"
    lines = [line for path in sorted(folder.rglob("*.md")) for line in lines_of(path)]
    page.write_text(page_of(lines), "utf-8")
    to_pdf(page)
    convert(page, "docx:MS Word 2007 XML", "--infilter=HTML (StarWriter)")
    office = page.with_suffix(".docx").rename(made / "book-office.docx")
    convert(office, "pdf:writer_pdf_Export")
    return {
        "html": page,
        "chromium": page.with_suffix(".pdf"),
        "office": office.with_suffix(".pdf"),
    }


def lines_of(path: Path) -> list[str]:
    """Return the lines of a law, without marks and comments."""
    lines = (line.strip("# ").strip() for line in path.read_text("utf-8").splitlines())
    return [line for line in lines if not line.startswith("<!--")]


def page_of(lines: list[str], style: str = "") -> str:
    """Return lines as HTML, chapters as headings."""
    body = "".join(
        f"<h2>{line}</h2>"
        if line.startswith("第") and len(line) < 20
        else f"<p>{line}</p>"
        for line in lines
        if line
    )
    return (
        "<!doctype html><meta charset=utf-8><title>x</title>"
        f"<body style='font-family:Noto Sans CJK SC;{style}'>{body}"
    )


def to_pdf(page: Path) -> None:
    """Print a page with Chromium."""
    subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
         f"--print-to-pdf={page.with_suffix('.pdf')}", page.as_uri()],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip


def convert(page: Path, kind: str, *options: str) -> None:
    """Save a file as another kind with LibreOffice."""
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation={page.parent.as_uri()}/profile",
         *options, "--convert-to", kind, "--outdir", str(page.parent), str(page)],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip


def report(title: str, pairs: list[Pair], given: argparse.Namespace) -> None:
    """Print precision and recall of each reader for each kind of file."""
    print(f"\n{title}: precision, recall and F1 of characters, means over files")
    read = {"erya": [(ours(pair), 0.0) for pair in pairs]}
    for peer in PEERS if given.peers else ():
        mine = [p for p in pairs if peer != "pypdf" or p.path.suffix == ".pdf"]
        read[peer] = list(by_peer(given.peers, peer, [pair.path for pair in mine]))
    rates: dict[tuple[Path, str], dict[str, Rate]] = collections.defaultdict(dict)
    for reader, texts in read.items():
        mine = [p for p in pairs if reader != "pypdf" or p.path.suffix == ".pdf"]
        for pair, (text, _) in zip(mine, texts, strict=True):
            rate = (rated if pair.ordered else shared)(text, pair.reference)
            rates[pair.path, pair.kind][reader] = rate
            if given.verbose:
                print(
                    f"  {reader:10} {rate.precision:.3f} {rate.recall:.3f} {pair.path.name}"
                )
    kinds = collections.defaultdict(lambda: collections.defaultdict(list))
    for (path, kind), by_reader in rates.items():
        if max(rate.recall for rate in by_reader.values()) < OTHER:
            print(f"left out: the reference of {path.name} is of another file")
            continue
        for reader, rate in by_reader.items():
            kinds[kind][reader].append(rate)
    for kind, readers in sorted(kinds.items()):
        for reader, rates in readers.items():
            mean = [
                statistics.fmean(getattr(r, f) for r in rates) for f in Rate._fields
            ]
            f1 = statistics.fmean(rate.f1 for rate in rates)
            print(f"{kind:26} {len(rates):3} {reader:11} "
                  f"P {mean[0]:.3f}  R {mean[1]:.3f}  F1 {f1:.3f}")  # fmt: skip


def ours(pair: Pair) -> str:
    """Return the text of a file that is searched; nothing if it gave none.

    Beside a reference with running heads in it, all of the text that is stored.
    """
    item = Item(source=str(pair.path), data=pair.path.read_bytes())
    with ParserPool(workers=1) as pool:
        parsed = next(pool.parse_all([item])).parsed
    if parsed is None:
        return ""
    shown = (b for b in parsed.blocks if not (pair.ordered and b.omitted))
    return "\n".join(parsed.text[block.start : block.end] for block in shown)


def by_peer(python: Path, peer: str, paths: list[Path]) -> Iterator[tuple[str, float]]:
    """Yield the text and the CPU seconds of each file."""
    told = "".join(f"{path}\n" for path in paths)
    script = Path(__file__).with_name("loading_peer.py")
    done = subprocess.run(
        [python, script, peer], input=told, text=True, capture_output=True, check=True
    )
    for line in done.stdout.splitlines():
        found = json.loads(line)
        yield found["text"], found["cpu"]


def rated(text: str, reference: str) -> Rate:
    """Compare letters and digits in their order."""
    mine, theirs = letters(text), letters(reference)
    common = LCSseq.similarity(mine, theirs)
    return Rate(
        common / len(mine) if mine else float(not theirs),
        common / len(theirs) if theirs else float(not mine),
    )


def shared(text: str, reference: str) -> Rate:
    """Compare pairs of letters inside of words, and Chinese characters, in any order.

    The reference shows columns beside each other, as they stand on the page.
    """
    mine, theirs = pairs_of(text), pairs_of(reference)
    common = (mine & theirs).total()
    return Rate(common / max(mine.total(), 1), common / max(theirs.total(), 1))


def pairs_of(text: str) -> collections.Counter[str]:
    """Count pairs of letters inside of words, and Chinese characters."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    found = collections.Counter(re.findall("[\u4e00-\u9fff]", folded))
    for word in re.findall(r"[^\W\u4e00-\u9fff_]+", folded):
        found.update(word[at : at + 2] for at in range(max(1, len(word) - 1)))
    return found


def letters(text: str) -> str:
    """Return what counts of a text."""
    text = _MARKS.sub(" ", text)
    for entity, sign in _ENTITIES.items():
        text = text.replace(entity, sign)
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(filter(str.isalnum, folded))


def speed(
    given: argparse.Namespace, printed: list[Path], bound: dict[str, Path]
) -> None:
    """Print pages and bytes per CPU second, beside the peers and the parsers alone."""
    laws_pdf = [path for path in printed if path.name.endswith("-1.pdf")]
    papers = [given.folder / f"bcembedding/{n}_zh_0.pdf" for n in ("Comp", "Enco")]
    markdown = sorted((given.folder / "laws_zh").rglob("*.md"))
    pages = [path for path in printed if path.suffix == ".html"]
    print(f"\nSpeed, CPU seconds of one process, median of {RUNS} [slowest, fastest]")
    for name, paths, alone in (
        ("zh book, pdf (Chromium)", [bound["chromium"]], pdfium),
        ("zh book, pdf (LibreOffice)", [bound["office"]], pdfium),
        ("zh laws, pdf", laws_pdf, pdfium),
        ("zh papers, pdf", papers, pdfium),
        ("zh laws, md", markdown, None),
        ("zh book, html", [bound["html"]], lexbor),
        (
            "zh laws, html",
            [page for page in pages if page.name.endswith("-1.html")],
            lexbor,
        ),
        ("web pages, html", sorted(given.folder.rglob("*.html")), lexbor),
    ):
        size = sum(path.stat().st_size for path in paths) / 1e6
        held = [(path.read_bytes(), path.name) for path in paths]
        spent: dict[str, list[float]] = collections.defaultdict(list)
        for _ in range(RUNS):
            began = time.process_time()
            counted = sum(len(parse(*each).pages) for each in held)
            spent["erya"].append(time.process_time() - began)
            if alone is not None:
                began = time.process_time()
                for data, _ in held:
                    alone(data)
                spent["parser alone"].append(time.process_time() - began)
        for peer in PEERS if given.peers else ():
            if peer != "pypdf" or "pdf" in name:
                found = by_peer(given.peers, peer, paths)
                spent[peer].append(sum(cpu for _, cpu in found))
        for reader, runs in spent.items():
            took = statistics.median(runs)
            amount, unit = (counted, "pages") if counted else (size, "MB")
            print(f"{name:26} {reader:14} {amount / took:7.1f} {unit}/s "
                  f"[{amount / max(runs):.1f}, {amount / min(runs):.1f}]")  # fmt: skip


def lexbor(data: bytes) -> None:
    """Make the tree, and write it out."""
    assert LexborHTMLParser(data.decode("utf-8", "replace")).html is not None


if __name__ == "__main__":
    sys.exit(main())
