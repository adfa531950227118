"""A BERT encoder in plain NumPy, 64-bit, written for the tests alone: the reference.

After "BERT: Pre-training of Deep Bidirectional Transformers" (Devlin et al., 2019) and
nothing of `erya.models.conversion`.
"""

import math

import numpy as np


def encode(weights, config, ids):
    """Return the last hidden state, [tokens, width], of one text's token numbers."""
    w = {name: np.asarray(value, np.float64) for name, value in weights.items()}
    eps, heads = config["layer_norm_eps"], config["num_attention_heads"]
    first = config.get("first_position", 0)
    x = w["embeddings.word_embeddings.weight"][ids]
    x = x + w["embeddings.position_embeddings.weight"][first : first + len(ids)]
    x = x + w["embeddings.token_type_embeddings.weight"][0]
    x = _norm(x, w, "embeddings.LayerNorm", eps)
    for i in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{i}."
        q, k, v = (
            _dense(x, w, f"{name}attention.self.{part}")
            for part in ("query", "key", "value")
        )
        mixed = np.empty_like(q)
        size = q.shape[1] // heads
        for h in range(heads):
            cut = slice(h * size, (h + 1) * size)
            scores = q[:, cut] @ k[:, cut].T / math.sqrt(size)
            scores = np.exp(scores - scores.max(axis=1, keepdims=True))
            mixed[:, cut] = scores / scores.sum(axis=1, keepdims=True) @ v[:, cut]
        x = _norm(
            x + _dense(mixed, w, f"{name}attention.output.dense"),
            w,
            f"{name}attention.output.LayerNorm",
            eps,
        )
        inner = _dense(x, w, f"{name}intermediate.dense")
        inner = inner * 0.5 * (1 + np.vectorize(math.erf)(inner / math.sqrt(2)))
        x = _norm(
            x + _dense(inner, w, f"{name}output.dense"),
            w,
            f"{name}output.LayerNorm",
            eps,
        )
    return x


def unit(vector):
    """Return a vector brought to length 1."""
    return vector / np.linalg.norm(vector)


def _dense(x, w, name):
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def _norm(x, w, name, eps):
    mean = x.mean(axis=1, keepdims=True)
    spread = x.var(axis=1, keepdims=True)
    return (x - mean) / np.sqrt(spread + eps) * w[f"{name}.weight"] + w[f"{name}.bias"]
