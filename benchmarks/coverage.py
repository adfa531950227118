"""How much of each file's own words and numbers is in its text, over a folder.

    python benchmarks/coverage.py ../shared/data/documents [--below 98]

Words are compared with a second, simple reading of the file (`erya inspect --coverage`);
of numbers also the order: the share of those of a part that stand in the text one after
the other as in the file. Prints a line for each file below the limit, and the mean.
"""

import argparse
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from common import print_run

from erya.errors import DocumentError
from erya.loading import parse
from erya.loading.coverage import coverage_of, own_parts

_NUMBER = re.compile(r"\d+")
_MOST_NUMBERS = 20_000  # of a part
# Why a file's own words are not all in its text, looked up by hand; by what its path
# has, the first that it has.
_REASONS = {
    "escaped_characters": "signs written as entities, and addresses of links",
    "right_to_left": "letters in the forms that are drawn, which are read as letters",
    "webvtt": "times and numbers of cues, and its notes",
    "chartsheet": "the sheet is a chart alone; its numbers are in the sheet it is of",
    "pptx_chart.pptx": "numbers of a chart and of its workbook, read once",
    "table_with_equations": "a formula: πr^2 in place of πr2",
    "odf_presentation_01.odp.pdf": "covered on the page",
    "test_blog.html": "menus",
    "test.epub": "numbers of chapters in its contents",
    "README-w-include": "what it includes, and names of languages",
    "codeblock": "names of languages of code",
    "blocks.md": "names of languages of code",
    "gold/": "comments, and addresses of links and pictures",
    ".md": "comments",
    ".pdf": "words that a line's end had cut, joined; heads of pages",
}


def in_order(own: Sequence[str], read: Sequence[str]) -> int:
    """Return how many of `own` stand in `read` in their order, at least.

    The longest run of places that grows (patience sorting), each number taking the
    first place that is free behind those of its kind before.
    """
    places: defaultdict[str, list[int]] = defaultdict(list)
    for at, number in enumerate(read):
        places[number].append(at)
    used: defaultdict[str, int] = defaultdict(int)
    tails: list[int] = []
    for number in own:
        there = places[number]
        if used[number] >= len(there):
            continue
        at = there[used[number]]
        used[number] += 1
        spot = bisect_left(tails, at)
        tails[spot : spot + 1] = [at]
    return len(tails)


def main() -> None:
    """Measure each file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--below", type=float, default=98.0, help="percent")
    options = parser.parse_args()
    print_run()
    words: defaultdict[str, list[float]] = defaultdict(list)
    numbers: defaultdict[str, list[float]] = defaultdict(list)
    for path in sorted(p for p in options.folder.rglob("*") if p.is_file()):
        data = path.read_bytes()
        try:
            parsed = parse(data, path.name)
            text = f"{parsed.title}\n{parsed.text}"
            parts = coverage_of(data, path.name, text)
            own = "\n".join(part for _, part in own_parts(data, path.name))
        except DocumentError:
            continue
        if not parts:
            continue
        share = sum(p.found for p in parts) / sum(p.words for p in parts)
        kind = path.suffix.lower()
        words[kind].append(share)
        told = _NUMBER.findall(own)[:_MOST_NUMBERS]
        read = _NUMBER.findall(text)
        ordered = in_order(told, read) / len(told) if told else 1.0
        numbers[kind].append(ordered)
        if share * 100 < options.below:
            missing = " ".join(word for p in parts for word in p.missing)[:100]
            name = str(path.relative_to(options.folder))
            why = next((why for sign, why in _REASONS.items() if sign in name), "?")
            print(f"{share:7.2%} {name}: {missing} ({why})")
    for kind, shares in sorted(words.items()):
        print(
            f"{kind}: {len(shares)} files, words {fmean(shares):.2%} (lowest "
            f"{min(shares):.2%}), numbers in their order {fmean(numbers[kind]):.2%} "
            f"(lowest {min(numbers[kind]):.2%})"
        )


if __name__ == "__main__":
    main()
