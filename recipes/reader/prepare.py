"""Make the reader's examples out of public sets, and some of our own.

    python recipes/reader/prepare.py ../shared/data reader.json

One JSON list: {"set", "fold", "q", "pos": {"title", "text", "start", "end"} or null,
"negs": [{"title", "text"}]}. Passages are cut as the program cuts them. A fold is what
`train.py --hold` leaves out as a whole.
"""

import json
import math
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from made import altered_examples, made_examples

from erya.chunking import StructureChunker
from erya.language import terms
from erya.records import Document

CHUNKER = StructureChunker()
NEGATIVES = 5
DRCD = 2_200  # questions of DRCD, which has three times as many as any other set
Row = dict[str, Any]


class Piece(NamedTuple):
    """A passage as the program cuts it."""

    key: str
    title: str
    text: str

    def row(self) -> Row:
        """Return what the reader is given."""
        return {"title": self.title, "text": self.text}


class Bm25:
    """Finds hard negatives."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.terms = [terms(f"{p.title}\n{p.text}") for p in pieces]
        self.holders = defaultdict(list)
        for number, found in enumerate(self.terms):
            for term in found:
                self.holders[term].append(number)
        self.average = sum(map(len, self.terms)) / max(len(pieces), 1)

    def best(self, question: str, count: int) -> list[int]:
        """Return the numbers of the best pieces; a term of every third says nothing."""
        total, scores = len(self.terms), Counter()
        for term in terms(question):
            holders = self.holders.get(term, ())
            if not holders or len(holders) > total / 3:
                continue
            idf = math.log(1 + (total - len(holders) + 0.5) / (len(holders) + 0.5))
            for number in holders:
                length = len(self.terms[number]) / self.average
                scores[number] += idf * 2.2 / (1 + 1.2 * (0.25 + 0.75 * length))
        return [number for number, _ in scores.most_common(count)]


def rows(path: Path) -> list[Row]:
    """Read JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def judged(path: Path) -> dict[str, list[str]]:
    """Return the relevant passages of each question."""
    found = defaultdict(list)
    for line in path.read_text("utf-8").splitlines()[1:]:
        query, passage, score = line.split("\t")
        if int(score) > 0:
            found[query].append(passage)
    return found


def cut(key: str, title: str, text: str) -> list[Piece]:
    """Cut a passage as the program does."""
    document = Document(id=key, source=key, title=title, text=text)
    return [Piece(key, title, chunk.text) for chunk in CHUNKER.chunk(document)]


def place(text: str, answers: Sequence[str], question: str) -> tuple[float, int, int]:
    """Return where an answer most likely stands: among words of the question."""
    best = (-1.0, -1, -1)
    asked = terms(question)
    for answer in filter(str.strip, answers):
        for match in re.finditer(re.escape(answer), text):
            before = text[match.start() - 1 : match.start()]
            after = text[match.end() : match.end() + 1]
            if _goes_on(before, answer[0]) or _goes_on(answer[-1], after):
                continue
            around = text[max(0, match.start() - 60) : match.end() + 60]
            score = len(terms(around) & asked) + (0.5 if answer == answers[0] else 0)
            score -= 0.001 * match.start() / max(len(text), 1)
            best = max(best, (score, match.start(), match.end()))
    return best


def _goes_on(one: str, other: str) -> bool:
    both = one + other
    return len(both) == 2 and both.isascii() and both.isalnum()


def of_corpus(
    name: str, fold: str, corpus: Iterable[Row], questions: Iterable[Row],
    relevant: dict[str, list[str]],
) -> list[Row]:  # fmt: skip
    """Return the examples of a set with a corpus, its answers without places."""
    pieces = [
        piece
        for row in corpus
        for piece in cut(row["_id"], row.get("title") or "", row["text"])
    ]
    index, by_key = Bm25(pieces), defaultdict(list)
    for number, piece in enumerate(pieces):
        by_key[piece.key].append(number)
    found = []
    for row in questions:
        counted = Counter(row.get("answers") or ())
        answers = sorted(counted, key=lambda a: (-counted[a], len(a)))
        own = [n for key in relevant.get(row["_id"], ()) for n in by_key[key]]
        places = [(*place(pieces[n].text, answers, row["text"]), n) for n in own]
        score, start, end, number = max(places, default=(-1.0, 0, 0, 0))
        if score < 0:
            continue
        rivals = dict.fromkeys(
            [*index.best(row["text"], 12), *by_key[pieces[number].key]]
        )
        negatives = [
            n
            for n in rivals
            if n != number and not any(a in pieces[n].text for a in answers)
        ]
        found.append(
            {
                "set": name, "fold": fold, "q": row["text"],
                "pos": {**pieces[number].row(), "start": start, "end": end},
                "negs": [pieces[n].row() for n in negatives[:NEGATIVES]],
            }
        )  # fmt: skip
    return found


def of_xquad(folder: Path) -> list[Row]:
    """Return XQuAD in each language, and with question and passage in different ones."""
    corpus, relevant = rows(folder / "corpus.jsonl"), judged(folder / "qrels.tsv")
    both: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in rows(folder / "queries.jsonl"):
        both[row["_id"].split("-", 1)[1]][row["lang"]] = row
    found = []
    for asked in ("en", "zh"):
        for read in ("en", "zh"):
            questions = [
                {**pair[asked], "answers": pair[read]["answers"]}
                for pair in both.values()
            ]
            own = {
                pair[asked]["_id"]: [
                    key for key in relevant[pair[read]["_id"]] if key.startswith(read)
                ]
                for pair in both.values()
            }
            passages = [row for row in corpus if row["_id"].startswith(read)]
            name = f"xquad_{asked}" + ("" if asked == read else f"->{read}")
            found += of_corpus(name, "xquad", passages, questions, own)
    return found


def of_clapnq(path: Path) -> list[Row]:
    """Return long answers, and questions that their passage does not answer."""
    data, found = rows(path), []
    pool = [
        piece for row in data for text in row["contexts"]
        for piece in cut(row["id"], row["title"], text)
    ]  # fmt: skip
    index = Bm25(pool)
    for row in data:
        own = [
            p for text in row["contexts"] for p in cut(row["id"], row["title"], text)
        ]
        rivals = [
            pool[n].row()
            for n in index.best(row["question"], 8)
            if pool[n].key != row["id"]
        ]
        base = {"set": "clapnq", "fold": "clapnq", "q": row["question"]}
        if not row["answerable"]:
            found.append({**base, "pos": None, "negs": [p.row() for p in own][:4]})
            continue
        spans = [
            (piece, piece.text.find(sentence), len(sentence))
            for piece in own for sentence in row.get("selected_sentences") or ()
            if sentence and sentence in piece.text
        ]  # fmt: skip
        if spans:
            piece = Counter(s[0] for s in spans).most_common(1)[0][0]
            mine = [(at, at + size) for one, at, size in spans if one == piece]
            pos = {**piece.row(), "start": min(mine)[0], "end": max(e for _, e in mine)}
            found.append({**base, "pos": pos, "negs": rivals[:4]})
    return found


def of_squad2(path: Path) -> list[Row]:
    """Return questions that their passage only seems to answer."""
    return [
        {
            "set": "squad2",
            "fold": "squad",
            "q": row["question"],
            "pos": None,
            "negs": [p.row()],
        }
        for row in rows(path)
        if not row["answerable"]
        for p in cut(
            "", row["context_id"].split("#")[0].replace("_", " "), row["contexts"][0]
        )[:2]
    ]


def of_spans(folder: Path) -> list[Row]:
    """Return the questions of chunking_evaluation, which come with exact places."""
    found = []
    texts = {p.stem: p.read_text("utf-8") for p in (folder / "corpora").glob("*.md")}
    chunks = {
        name: list(CHUNKER.chunk(Document(id=name, source=name, title="", text=text)))
        for name, text in texts.items()
    }
    indexes = {
        name: Bm25([Piece("", "", chunk.text) for chunk in cut_])
        for name, cut_ in chunks.items()
    }
    for row in rows(folder / "queries.jsonl"):
        own, wanted = chunks[row["corpus_id"]], row["references"]
        start, end = wanted[0]["start_index"], wanted[0]["end_index"]
        holder = next((c for c in own if c.start <= start and end <= c.end), None)
        if holder is None or texts[row["corpus_id"]][start:end] != wanted[0]["content"]:
            continue
        rivals = [
            own[n] for n in indexes[row["corpus_id"]].best(row["text"], 8)
            if not any(own[n].start < r["end_index"] and r["start_index"] < own[n].end for r in wanted)
        ]  # fmt: skip
        pos = {
            "title": "",
            "text": holder.text,
            "start": start - holder.start,
            "end": end - holder.start,
        }
        negs = [{"title": "", "text": c.text} for c in rivals[:4]]
        found.append(
            {
                "set": "chunking",
                "fold": "chunking",
                "q": row["text"],
                "pos": pos,
                "negs": negs,
            }
        )
    return found


def main() -> None:
    """Read the sets, write the examples."""
    data, target = Path(sys.argv[1]), Path(sys.argv[2])
    rng = random.Random(7)
    found = []
    for name, folder in (
        ("squad", "squad_v11_dev"), ("cmrc", "cmrc2018_dev"), ("drcd", "drcd_dev"),
    ):  # fmt: skip
        questions = rows(data / folder / "queries.jsonl")
        rng.shuffle(questions)
        corpus = rows(data / folder / "corpus.jsonl")
        own = of_corpus(
            name, name, corpus, questions, judged(data / folder / "qrels.tsv")
        )
        found += own[:DRCD]
    found += of_xquad(data / "xquad_en_zh")
    found += of_clapnq(data / "clapnq_dev/qa.jsonl")
    found += of_squad2(data / "squad_v2_dev/qa.jsonl")
    found += of_spans(data / "chunking_evaluation")
    found += [
        *made_examples(found, rng=random.Random(11)),
        *altered_examples(found, rng=random.Random(13)),
    ]
    target.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    for name, count in Counter(row["set"] for row in found).items():
        print(f"{name}: {count}")


if __name__ == "__main__":
    main()
