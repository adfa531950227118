"""Write what things are called on the two sides of the strait, from OpenCC's table.

    python scripts/build_regional.py TWPhrases.txt

TWPhrases.txt is OpenCC's (Apache-2.0), as its source or the package
`opencc-python-reimplemented` 0.1.7 has it. Left out is what differs in characters
alone, which folding sees to, and what is made of shorter entries.
"""

import re
import sys
from pathlib import Path

from erya.language import normal_text

TABLE = Path(__file__).parents[1] / "src/erya/language/regional.txt"
HAN = re.compile(r"[\u3400-\u9fff]{2,}")


def entries(source: str) -> dict[str, list[str]]:
    """Return each word with what it is called elsewhere, both in simplified signs."""
    found: dict[str, list[str]] = {}
    for line in source.splitlines():
        word, _, others = line.partition("\t")
        key = normal_text(word)
        told = [normal_text(each) for each in others.split()]
        told = [each for each in told if each != key and len(each) > 1]
        if told and len(key) > 1 and HAN.search(key):
            found[key] = told
    return {k: v for k, v in found.items() if not made_of_shorter(k, v, found)}


def made_of_shorter(word: str, others: list[str], found: dict[str, list[str]]) -> bool:
    """Tell whether shorter entries give the same pair."""
    for part, called in found.items():
        inside = part != word and part in word
        if inside and any(word.replace(part, each) in others for each in called):
            return True
    return False


def main() -> None:
    """Write the table."""
    found = entries(Path(sys.argv[1]).read_text("utf-8"))
    head = (
        "# What is called otherwise in Taiwan, in simplified characters, as OpenCC's\n"
        "# TWPhrases (Apache-2.0) has it; made by scripts/build_regional.py.\n"
    )
    lines = [f"{word}={','.join(others)}" for word, others in sorted(found.items())]
    TABLE.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
