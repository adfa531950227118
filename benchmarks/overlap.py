"""What share of the words of people's questions stands in the sentence that answers.

    python benchmarks/overlap.py DATA/squad_v11_dev DATA/cmrc2018_dev

`erya.evaluating.overlap.USUAL_OVERLAP` has the figures: made questions are held to them.
"""

import argparse
import json
from pathlib import Path

from erya.evaluating import read_retrieval_set
from erya.evaluating.overlap import word_overlap
from erya.language import sentences


def main() -> None:
    """Print a line for each set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    for folder in parser.parse_args().folders:
        data = read_retrieval_set(folder)
        texts = {each.id: each.text for each in data.corpus}
        lines = (folder / "queries.jsonl").read_text("utf-8").splitlines()
        answers = {row["_id"]: row["answers"] for row in map(json.loads, lines)}
        shares = []
        for question in data.questions:
            text = texts[next(iter(data.relevant[question.id]))]
            parts = [text[span.start : span.end] for span in sentences(text)]
            held = [p for p in parts if any(a in p for a in answers[question.id])]
            found = [word_overlap(question.text, part) for part in held or [text]]
            shares.append(sum(found) / len(found))
        print(f"{data.name:<16} {len(shares):>6,}  {sum(shares) / len(shares):.3f}")


if __name__ == "__main__":
    main()
