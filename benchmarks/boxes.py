"""Draw spans of PDFs at random, and look whether their boxes hold the same words.

    python benchmarks/boxes.py ../shared/data/documents --spans 500

Spans of 12 to 60 characters of what is searched, from Chinese and English PDFs: those of
the folder, and Chinese laws printed to one and two columns, some of their pages turned by
90, 180 and 270 degrees. A span's boxes come from `mark_pdf`, as `erya show` draws them.
What stands under them is read by poppler (`pdftotext` with a crop), which knows nothing
of PDFium's characters. Right is a span of whose letters and digits at least nine tenths
are found there, with at most a quarter more beside them.
"""

import argparse
import collections
import random
import re
import subprocess
import tempfile
import unicodedata
from pathlib import Path

import pypdf
import pypdfium2
from common import print_run
from rapidfuzz.distance import LCSseq

from erya.errors import DocumentError
from erya.loading.pdf.marking import mark_pdf
from erya.loading.pdf.parser import parse_pdf
from loading import laws

SEED = 7
DPI = 720  # a tenth of a point is a pixel
FOUND, BESIDE = 0.9, 1.25


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--spans", type=int, default=500)
    parser.add_argument("--verbose", action="store_true", help="name what is wrong")
    given = parser.parse_args()
    print_run()
    draw = random.Random(SEED)
    with tempfile.TemporaryDirectory() as made:
        groups = files(given.folder, Path(made))
        right: collections.Counter[str] = collections.Counter()
        total: collections.Counter[str] = collections.Counter()
        each = -(-given.spans // sum(map(len, groups.values())))
        spans = [
            (group, path, *span)
            for group, paths in groups.items()
            for path in paths
            for span in spans_of(path, each + 2, draw)
        ]
        for group, path, page, start, quote in draw.sample(
            spans, min(given.spans, len(spans))
        ):
            found = under(path, page, start, quote)
            good = holds(quote, found)
            total[group] += 1
            right[group] += good
            if given.verbose and not good:
                print(f"{path.name} p. {page}: {quote!r}\n    {found!r}")
    for group, count in total.items():
        print(
            f"{group:22} {right[group]:4} of {count:4} right, {right[group] / count:.1%}"
        )
    done = sum(total.values())
    print(f"{'all':22} {sum(right.values()):4} of {done:4} right, "
          f"{sum(right.values()) / done:.1%} (seed {SEED})")  # fmt: skip


def files(folder: Path, made: Path) -> dict[str, list[Path]]:
    """Return the PDFs by what they are; turned ones are made."""
    groups: dict[str, list[Path]] = collections.defaultdict(list)
    for path in sorted(folder.rglob("*.pdf")):
        if "right_to_left" in path.name or "ocr" in path.parts:
            continue
        try:
            text = parse_pdf(path.read_bytes(), path.name).text
        except DocumentError:
            continue
        chinese = len(re.findall("[\u4e00-\u9fff]", text)) > 0.2 * len(text)
        groups["zh papers" if chinese else "en"].append(path)
    printed = [
        p.path for p in laws(folder / "laws_zh", made, 6) if p.path.suffix == ".pdf"
    ]
    groups["zh laws"] = printed
    for path, degrees in zip(
        [*printed[:3], *groups["en"][:3]], (90, 180, 270) * 2, strict=True
    ):
        groups["turned pages"].append(turned(path, made, degrees))
    return groups


def turned(path: Path, made: Path, degrees: int) -> Path:
    """Return a PDF drawn sideways or upside down, whose pages are turned to be read."""
    writer = pypdf.PdfWriter(clone_from=path)
    for page in writer.pages:
        page.rotate(degrees)
        page.transfer_rotation_to_content()
        page.rotate(-degrees)
    out = made / f"turned-{degrees}-{path.name}"
    writer.write(out)
    return out


def spans_of(path: Path, count: int, draw: random.Random) -> list[tuple[int, int, str]]:
    """Draw spans: page from 1, start in the page, words."""
    parsed = parse_pdf(path.read_bytes(), path.name)
    usable = [b for b in parsed.blocks if not b.omitted and b.end - b.start >= 12]
    found = []
    for block in draw.choices(usable, k=count) if usable else ():
        length = min(draw.randint(12, 60), block.end - block.start)
        start = draw.randint(block.start, block.end - length)
        number = next(
            n
            for n, page in enumerate(parsed.pages, 1)
            if page.start <= start < page.end
        )
        quote = parsed.text[start : start + length]
        if len(letters(quote)) >= 6:
            found.append((number, start - parsed.pages[number - 1].start, quote))
    return found


def under(path: Path, page: int, start: int, quote: str) -> str:
    """Return what poppler reads under the boxes of a span."""
    marked = mark_pdf(
        path.read_bytes(), page=page, start=start, end=start + len(quote), quote=quote,
        picture=False,
    )  # fmt: skip
    width, height = pypdfium2.PdfDocument(path)[page - 1].get_size()
    texts = []
    for left, upper, right, lower in marked["boxes"]:
        top, bottom = upper, lower
        scale_x, scale_y = width * DPI / 72, height * DPI / 72
        # Poppler takes what has its baseline inside: boxes end there, or just below.
        if (right - left) * scale_x > (bottom - top) * scale_y:
            high = lower - upper
            top, bottom = upper + high * 0.3, lower + high * 0.1
        texts.append(
            subprocess.run(
                ["pdftotext", "-cropbox", "-r", str(DPI), "-f", str(page), "-l", str(page),
                 "-x", str(round(left * scale_x)), "-y", str(round(top * scale_y)),
                 "-W", str(max(1, round((right - left) * scale_x))),
                 "-H", str(max(1, round((bottom - top) * scale_y))),
                 str(path), "-"],
                check=True, capture_output=True, text=True, errors="replace",
            ).stdout
        )  # fmt: skip
    return " ".join(texts)


def holds(quote: str, found: str) -> bool:
    """Tell whether the words stand there, and little else."""
    wanted, there = letters(quote), letters(found)
    common = LCSseq.similarity(wanted, there)
    return common >= FOUND * len(wanted) and len(there) <= BESIDE * len(wanted) + 2


def letters(text: str) -> str:
    """Return the letters and digits of a text."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(filter(str.isalnum, folded))


if __name__ == "__main__":
    main()
