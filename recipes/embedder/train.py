"""Adapt the embedder: a low-rank addition to multilingual-e5-small.

    python recipes/embedder/train.py --data FOLDER --minutes 3 --out adaptation.npz

FOLDER comes from `prepare.py`. Needs `torch` and `numpy` alone, so that it can run on a
machine that has nothing else; without an accelerator it is slow. Read it
from top to bottom. Shapes: B texts, L tokens, W the width (384).
"""

import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
MATRICES = {
    "query": "attention.self.query", "key": "attention.self.key",
    "value": "attention.self.value", "mixed": "attention.output.dense",
    "inner": "intermediate.dense", "outer": "output.dense",
}  # fmt: skip
BLOCK, HEADS, WIDTH = 32, 12, 384
RANK, RATE, WARM_UP = 16, 4e-4, 60
TOKENS, TEMPERATURE = 160, 0.05
QUESTION, PASSAGE = 0, 1
# A step: pairs of translations by kind, and questions with passages of one language.
DOCUMENTS, MESSAGES, WORDS, GLOSSED = 192, 96, 32, 32
ENGLISH, CHINESE = 256, 112
# Of the losses, and of the teachers beside the model as it was.
PAIRS, SAME_EN, SAME_ZH, ACROSS, PLACES = 0.3, 4.0, 4.0, 1.0, 60.0
BGE, MINILM, USE = 0.7, 0.5, 0.5


def floats(codes: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Return matrices of 4 bits as `erya.models.token_table` does."""
    wide = scales.astype(np.float32)
    halves = codes.reshape(*wide.shape, BLOCK // 2)
    steps = np.concatenate([halves & 15, halves >> 4], axis=-1).astype(np.float32) - 8
    return (steps * wide[..., None]).reshape(len(codes), -1)


class Adapted(nn.Module):
    """A frozen linear layer with a low-rank addition: Hu et al., "LoRA" (2021)."""

    added = True  # False: the model as it was

    def __init__(self, weight: np.ndarray, bias: np.ndarray) -> None:
        super().__init__()
        self.register_buffer("weight", torch.tensor(weight, dtype=torch.bfloat16))
        self.register_buffer("bias", torch.tensor(bias, dtype=torch.bfloat16))
        self.down = nn.Parameter(
            torch.randn(RANK, weight.shape[1]) * weight.shape[1] ** -0.5
        )
        self.up = nn.Parameter(torch.zeros(weight.shape[0], RANK))

    def forward(self, x: Tensor) -> Tensor:
        out = F.linear(x, self.weight, self.bias)
        if not Adapted.added:
            return out
        return out + F.linear(F.linear(x, self.down.to(x.dtype)), self.up.to(x.dtype))


class Norm(nn.Module):
    def __init__(self, weights: dict[str, np.ndarray], name: str) -> None:
        super().__init__()
        for part in ("weight", "bias"):
            held = torch.tensor(weights[f"{name}.{part}"], dtype=torch.bfloat16)
            self.register_buffer(part, held)

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], self.weight, self.bias, 1e-12)


class Layer(nn.Module):
    """One layer of BERT."""

    def __init__(self, weights: dict[str, np.ndarray], name: str) -> None:
        super().__init__()
        for ours, theirs in MATRICES.items():
            key = f"{name}{theirs}"
            matrix = floats(
                weights[f"{key}.weight.codes"], weights[f"{key}.weight.scales"]
            )
            matrix = matrix.reshape(weights[f"{key}.weight.shape"])
            setattr(self, ours, Adapted(matrix, weights[f"{key}.bias"]))
        self.first = Norm(weights, f"{name}attention.output.LayerNorm")
        self.second = Norm(weights, f"{name}output.LayerNorm")

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        def apart(y: Tensor) -> Tensor:  # (B, L, W) → (B, heads, L, W / heads)
            return y.view(*y.shape[:2], HEADS, -1).transpose(1, 2)

        parts = (apart(part(x)) for part in (self.query, self.key, self.value))
        seen = F.scaled_dot_product_attention(*parts, attn_mask=mask)
        x = self.first(x + self.mixed(seen.transpose(1, 2).reshape(x.shape)))
        return self.second(x + self.outer(F.gelu(self.inner(x))))


class Encoder(nn.Module):
    """The embedder as the program has it: mean of the tokens, shared part taken out."""

    def __init__(
        self, weights: dict[str, np.ndarray], centre: dict[str, np.ndarray]
    ) -> None:
        super().__init__()
        words = floats(weights["codes"], weights["scales"])
        self.register_buffer("words", torch.tensor(words, dtype=torch.bfloat16))
        e = "embeddings."
        here = (
            weights[f"{e}position_embeddings.weight"]
            + weights[f"{e}token_type_embeddings.weight"][:1]
        )
        self.register_buffer("positions", torch.tensor(here, dtype=torch.bfloat16))
        self.norm = Norm(weights, f"{e}LayerNorm")
        self.layers = nn.ModuleList(
            Layer(weights, f"encoder.layer.{i}.") for i in range(12)
        )
        means = np.stack([centre["query"], centre["passage"]])
        self.register_buffer("means", torch.tensor(means))
        self.register_buffer("directions", torch.tensor(centre["directions"]))

    def forward(self, ids: Tensor, there: Tensor, kind: Tensor) -> Tensor:
        """Return vectors of length 1, (B, W), of ids (B, L); kind (B,) has the role."""
        x = self.norm(self.words[ids] + self.positions[: ids.shape[1]])
        mask = torch.zeros(there.shape, dtype=torch.bfloat16, device=x.device)
        mask = mask.masked_fill_(~there, -1e4)[:, None, None, :]
        mask = mask.expand(-1, HEADS, there.shape[1], -1)
        for layer in self.layers:
            x = layer(x, mask)
        shown = there[..., None].float()
        mean = F.normalize((x.float() * shown).sum(1) / shown.sum(1), dim=-1)
        rest = mean - self.means[kind]
        rest = rest - (rest @ self.directions.T) @ self.directions
        return F.normalize(rest, dim=-1)


class Texts:
    """The tokens of all texts, on the device."""

    def __init__(self, data: dict[str, np.ndarray]) -> None:
        self.flat = torch.tensor(data["flat"].astype(np.int64), device=DEVICE)
        self.lengths = torch.tensor(data["lens"].astype(np.int64), device=DEVICE)
        self.starts = torch.cumsum(self.lengths, 0) - self.lengths
        self.opening, self.closing = (int(n) for n in data["specials"])
        before = [data["query"], data["passage"]]
        longest = max(map(len, before))
        padded = [
            np.pad(each.astype(np.int64), (0, longest - len(each))) for each in before
        ]
        self.prefixes = torch.tensor(np.stack(padded), device=DEVICE)
        self.firsts = torch.tensor([len(each) + 1 for each in before], device=DEVICE)

    def batch(self, which: Tensor, kind: Tensor) -> tuple[Tensor, Tensor]:
        """Return `<s> query: text </s>` in tokens, and which tokens are there: (B, L)."""
        count, first = self.lengths[which].clamp(max=TOKENS), self.firsts[kind]
        longest = int((count + first).max()) + 1
        at = torch.arange((longest + 15) // 16 * 16, device=DEVICE)[None]
        from_text = (at - first[:, None]).clamp(min=0)
        places = (self.starts[which][:, None] + from_text).clamp(max=len(self.flat) - 1)
        ids = self.flat[places]
        size = self.prefixes.shape[1]
        inside = at[:, 1 : size + 1] < first[:, None]
        ids[:, 1 : size + 1] = torch.where(
            inside, self.prefixes[kind], ids[:, 1 : size + 1]
        )
        ids[:, 0] = self.opening
        end = (count + first)[:, None]
        ids = torch.where(at < end, ids, torch.zeros_like(ids))
        return torch.where(at == end, self.closing, ids), at <= end

    def vectors(
        self, model: Encoder, which: Tensor, kind: Tensor, *, parts: int
    ) -> Tensor:
        """Return vectors (B, W); texts of like length run together."""
        order = torch.argsort(self.lengths[which], stable=True)
        found = [
            model(*self.batch(which[part], kind[part]), kind[part])
            for part in order.tensor_split(parts)
        ]
        back = torch.empty_like(order)
        back[order] = torch.arange(len(order), device=DEVICE)
        return torch.cat(found)[back]


class Teachers:
    """What the model as it was, and others, say of questions and passages."""

    def __init__(
        self, model: Encoder, texts: Texts, told: dict[str, np.ndarray], sets
    ) -> None:
        count = len(texts.lengths)
        self.before = torch.zeros(2, count, WIDTH, dtype=torch.float16, device=DEVICE)
        Adapted.added = False
        with torch.inference_mode():
            for kind in (QUESTION, PASSAGE):
                which = torch.tensor(
                    np.unique(np.concatenate([s[:, kind] for s in sets])), device=DEVICE
                ).long()
                kinds = torch.full_like(which, kind)
                vectors = texts.vectors(
                    model, which, kinds, parts=len(which) // 512 + 1
                )
                self.before[kind, which] = vectors.half()
        Adapted.added = True

        def held(ids: np.ndarray, vectors: np.ndarray) -> Tensor:
            full = torch.zeros(count, vectors.shape[1], dtype=torch.float16)
            unit = F.normalize(torch.tensor(vectors.astype(np.float32)), dim=-1)
            full[torch.tensor(ids.astype(np.int64))] = unit.half()
            return full.to(DEVICE)

        self.use = held(told["use_ids"], told["use"])
        self.english = [
            (
                weight,
                (
                    held(told["enq"], told[f"{name}_q"]),
                    held(told["enp"], told[f"{name}_p"]),
                ),
            )
            for name, weight in (("bge", BGE), ("mini", MINILM))
        ]

    def near(
        self, a: tuple[int, Tensor], b: tuple[int, Tensor], *, what: str
    ) -> Tensor:
        """Return cosines of two lists of (role, numbers), each teacher weighed."""
        others = {
            "chinese": [],
            "english": self.english,
            "across": [(USE, (self.use, self.use))],
        }[what]
        total, weights = (
            self.before[a[0], a[1]].float() @ self.before[b[0], b[1]].float().T,
            1.0,
        )
        for weight, held in others:
            total = (
                total + weight * held[a[0]][a[1]].float() @ held[b[0]][b[1]].float().T
            )
            weights += weight
        return total / weights


class Draws:
    """Draws a step's texts; a third at random, others from clusters, so that they are hard."""

    def __init__(
        self, data: dict[str, np.ndarray], teachers: Teachers, seed: int
    ) -> None:
        self.rng = np.random.default_rng(seed)
        self.pairs = data["pairs"].astype(np.int64)
        kinds = self.pairs[:, 3]
        self.pools = [np.flatnonzero(kinds == kind) for kind in (3, 4, 5)]
        documents: dict[int, list[int]] = {}
        for row in np.flatnonzero(kinds <= 2):
            documents.setdefault(self.pairs[row, 2], []).append(row)
        self.documents = list(documents.values())
        self.sets = [data["en"].astype(np.int64), data["zh"].astype(np.int64)]
        self.clusters = [
            self._clusters(teachers, rows, count)
            for rows, count in zip(self.sets, (120, 40), strict=True)
        ]

    def _clusters(
        self, teachers: Teachers, rows: np.ndarray, count: int
    ) -> list[np.ndarray]:
        vectors = teachers.before[
            PASSAGE, torch.tensor(rows[:, 1], device=DEVICE)
        ].float()
        centres = vectors[torch.randperm(len(vectors), device=DEVICE)[:count]]
        nearest = (vectors @ centres.T).argmax(1)
        for _ in range(6):
            sums = torch.zeros_like(centres).index_add_(0, nearest, vectors)
            nearest = (vectors @ F.normalize(sums, dim=-1).T).argmax(1)
        nearest = nearest.cpu().numpy()
        found = [np.flatnonzero(nearest == i) for i in range(count)]
        return [each for each in found if len(each) > 8]

    def translations(self) -> np.ndarray:
        taken: list[int] = []
        while len(taken) < DOCUMENTS:  # some of the same document: hard
            document = self.documents[self.rng.integers(len(self.documents))]
            taken += list(self.rng.permutation(document)[:6])
        taken = taken[:DOCUMENTS]
        for pool, count in zip(self.pools, (MESSAGES, WORDS, GLOSSED), strict=True):
            taken += list(self.rng.choice(pool, count))
        return self.pairs[np.array(taken)]

    def asked(self, number: int, count: int) -> np.ndarray:
        rows, clusters = self.sets[number], self.clusters[number]
        taken = list(self.rng.integers(0, len(rows), count // 3))
        while len(taken) < count:
            some = self.rng.permutation(clusters[self.rng.integers(len(clusters))])
            taken += list(some[: min(64, count - len(taken))])
        return rows[np.array(taken)]


def contrast(zh: Tensor, en: Tensor, rows: Tensor) -> Tensor:
    """Return the loss of finding each translation among others and texts of its own language.

    InfoNCE both ways. Texts of the same page in the same language are no negatives.
    """
    own = torch.arange(len(rows), device=DEVICE)
    differ = (rows[:, 0, None] != rows[None, :, 0]) & (
        rows[:, 1, None] != rows[None, :, 1]
    )
    across = differ | torch.eye(len(rows), dtype=torch.bool, device=DEVICE)
    same = differ & (rows[:, 2, None] != rows[None, :, 2])
    counts = torch.cat([across, same], 1)
    loss = torch.zeros((), device=DEVICE)
    for a, b in ((zh, en), (en, zh)):
        found = torch.cat([a @ b.T, a @ a.T], 1) / TEMPERATURE
        loss = loss + F.cross_entropy(found.masked_fill(~counts, -1e4), own)
    return loss


def order(found: Tensor, told: Tensor) -> Tensor:
    """Return the divergence from what teachers put first."""
    return F.kl_div(
        F.log_softmax(found / TEMPERATURE, 1),
        F.softmax(told / TEMPERATURE, 1),
        reduction="batchmean",
    )


def places(found: Tensor, told: Tensor) -> Tensor:
    """Return how far cosines differ, but for what all of a row share."""
    return F.mse_loss(
        found - found.mean(1, keepdim=True), told - told.mean(1, keepdim=True)
    )


def loss_of(
    model: Encoder, texts: Texts, teachers: Teachers, draws: Draws
) -> tuple[Tensor, ...]:
    rows, en, zh = (
        draws.translations(),
        draws.asked(0, ENGLISH),
        draws.asked(1, CHINESE),
    )
    turned = draws.rng.integers(0, 2, len(rows))  # which of a pair is the question
    numbers = [rows[:, 0], rows[:, 1], en[:, 0], en[:, 1], zh[:, 0], zh[:, 1]]
    roles = [
        turned,
        1 - turned,
        *(np.full(len(side), kind) for side in (en, zh) for kind in (0, 1)),
    ]
    which = torch.tensor(np.concatenate(numbers), device=DEVICE)
    kind = torch.tensor(np.concatenate(roles), device=DEVICE)
    sizes = [len(each) for each in numbers]
    vectors = texts.vectors(model, which, kind, parts=4).split(sizes)
    ids = which.split(sizes)
    (zh_side, en_side), (en_q, en_p, zh_q, zh_p) = vectors[:2], vectors[2:]
    en_ids, zh_ids = (
        [(k, ids[2 + k]) for k in (0, 1)],
        [(k, ids[4 + k]) for k in (0, 1)],
    )
    near = teachers.near
    told_en, told_zh = near(*en_ids, what="english"), near(*zh_ids, what="chinese")
    to_en = near(zh_ids[0], en_ids[1], what="across")
    to_zh = near(en_ids[0], zh_ids[1], what="across")
    pairs = contrast(zh_side, en_side, torch.tensor(rows, device=DEVICE))
    same_en, same_zh = order(en_q @ en_p.T, told_en), order(zh_q @ zh_p.T, told_zh)
    across = order(zh_q @ en_p.T, to_en) + order(en_q @ zh_p.T, to_zh)
    apart = (
        places(en_q @ en_p.T, told_en)
        + places(en_p @ en_p.T, near(en_ids[1], en_ids[1], what="english"))
        + places(zh_q @ zh_p.T, told_zh)
        + places(zh_p @ zh_p.T, near(zh_ids[1], zh_ids[1], what="chinese"))
        + 0.5 * (places(zh_q @ en_p.T, to_en) + places(en_q @ zh_p.T, to_zh))
    )
    loss = (
        PAIRS * pairs
        + SAME_EN * same_en
        + SAME_ZH * same_zh
        + ACROSS * across
        + PLACES * apart
    )
    return loss, pairs, same_en, same_zh, across, apart


def export(model: Encoder, path: Path) -> None:
    """Write the factors in bytes, with a scale for each of the rank."""
    out = {}
    for number, layer in enumerate(model.layers):
        for ours, theirs in MATRICES.items():
            part = getattr(layer, ours)
            for name, factor, axis in (
                ("lora_a", part.down, 1),
                ("lora_b", part.up, 0),
            ):
                values = factor.detach().float().cpu().numpy()
                scale = np.abs(values).max(axis=axis, keepdims=True) / 127 + 1e-12
                key = f"encoder.layer.{number}.{theirs}.{name}"
                out[key] = np.round(values / scale).astype(np.int8)
                out[f"{key}_scale"] = scale.reshape(-1, 1).astype(np.float32)
    np.savez_compressed(path, **out)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--centring", type=Path, default=Path(__file__).parent / "centring.npz"
    )
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--steps", type=int, default=100_000, help="at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    torch.manual_seed(given.seed)
    weights, data, told = (
        dict(np.load(given.data / f"{name}.npz"))
        for name in ("model", "train", "teach")
    )
    model = Encoder(weights, dict(np.load(given.centring))).to(DEVICE)
    texts = Texts(data)
    teachers = Teachers(model, texts, told, [data["en"], data["zh"]])
    draws = Draws(data, teachers, given.seed)
    trained = list(model.parameters())
    print(
        f"{sum(p.numel() for p in trained) / 1e6:.2f} million numbers are trained",
        flush=True,
    )
    optimizer = torch.optim.AdamW(
        trained, lr=RATE, weight_decay=0.01, betas=(0.9, 0.98)
    )
    began = time.monotonic()
    for step in range(given.steps):
        done = max(step / given.steps, (time.monotonic() - began) / 60 / given.minutes)
        if done >= 1:
            break
        rate = (
            RATE * min(1, (step + 1) / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * done))
        )
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss, *parts = loss_of(model, texts, teachers, draws)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        if step % 50 == 0:
            names = ("pairs", "en", "zh", "across", "places")
            shown = "  ".join(
                f"{n} {p.item():.4f}" for n, p in zip(names, parts, strict=True)
            )
            print(f"{step} after {time.monotonic() - began:.0f} s  {shown}", flush=True)
    export(model, given.out)


if __name__ == "__main__":
    main()
