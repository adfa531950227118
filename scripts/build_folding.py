"""Write the table of traditional and simplified characters from OpenCC's.

    python scripts/build_folding.py

Character by character: a phrase table would shift offsets, and in an index both sides
fold alike. OpenCC itself is 7 MB installed, of which a search needs this table.
"""

from importlib.metadata import version
from pathlib import Path

import opencc

TABLE = Path(__file__).parents[1] / "src/erya/language/traditional.txt"
BLOCKS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF))  # NFKC leaves none in others
PAIRS_A_LINE = 24


def pairs() -> list[str]:
    """Return each traditional character together with its simplified one."""
    characters = [
        chr(code) for first, last in BLOCKS for code in range(first, last + 1)
    ]
    simplified = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    both = zip(characters, simplified, strict=True)
    return [old + new for old, new in both if old != new]


def main() -> None:
    """Write the table."""
    found = pairs()
    lines = [
        " ".join(found[first : first + PAIRS_A_LINE])
        for first in range(0, len(found), PAIRS_A_LINE)
    ]
    head = (
        f"# Traditional characters, each with its simplified one, as OpenCC "
        f"{version('opencc')}\n# (Apache-2.0) has them; made by "
        f"scripts/build_folding.py.\n"
    )
    TABLE.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
