"""A tiny model of the BERT family, laid out as on a hub, made by the test."""

import json
import struct

import numpy as np

WIDTH, LAYERS, HEADS, WORDS = 32, 2, 4, 40
VOCABULARY = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "leave", "is", "15", "days", "a", "year",
    "年", "假", "有", "天", "##s", "box", "cold", "how", "many", "do", "i", "have", ".", "?", ",",
    "query", ":", "passage",
]  # fmt: skip


def make_model(folder, *, kind="bert", pooling="mean", seed=0, dtype="F32"):
    """Write config, weights, tokenizer and the papers of a random model."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "model_type": kind, "hidden_size": WIDTH, "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS, "intermediate_size": 4 * WIDTH, "hidden_act": "gelu",
        "layer_norm_eps": 1e-12, "max_position_embeddings": 64, "pad_token_id": 1 if kind != "bert" else 0,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    weights = make_weights(seed)
    write_safetensors(folder / "model.safetensors", weights, dtype=dtype)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer()))
    (folder / "README.md").write_text("---\nlicense: mit\n---\nA tiny model.\n")
    (folder / "1_Pooling").mkdir(exist_ok=True)
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps(
            {
                "pooling_mode_cls_token": pooling == "cls",
                "pooling_mode_mean_tokens": pooling == "mean",
            }
        )
    )
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 16}')
    return weights, config


def make_weights(seed):
    dice = np.random.default_rng(seed)

    def some(*shape):
        return dice.normal(0, 0.3, shape).astype(np.float32)

    weights = {
        "embeddings.word_embeddings.weight": some(WORDS, WIDTH),
        "embeddings.position_embeddings.weight": some(64, WIDTH),
        "embeddings.token_type_embeddings.weight": some(2, WIDTH),
    }
    norms = ["embeddings.LayerNorm"]
    for i in range(LAYERS):
        name = f"encoder.layer.{i}."
        for part in (
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
            "attention.output.dense",
        ):
            weights[f"{name}{part}.weight"], weights[f"{name}{part}.bias"] = (
                some(WIDTH, WIDTH),
                some(WIDTH),
            )
        (
            weights[f"{name}intermediate.dense.weight"],
            weights[f"{name}intermediate.dense.bias"],
        ) = some(4 * WIDTH, WIDTH), some(4 * WIDTH)
        weights[f"{name}output.dense.weight"], weights[f"{name}output.dense.bias"] = (
            some(WIDTH, 4 * WIDTH),
            some(WIDTH),
        )
        norms += [f"{name}attention.output.LayerNorm", f"{name}output.LayerNorm"]
    for norm in norms:
        weights[f"{norm}.weight"], weights[f"{norm}.bias"] = (
            1 + some(WIDTH),
            some(WIDTH),
        )
    return weights


def write_safetensors(path, weights, *, dtype="F32"):
    header, parts, at = {}, [], 0
    for name, value in weights.items():
        data = value.tobytes()
        if dtype == "BF16":
            data = (value.view(np.uint32) >> 16).astype("<u2").tobytes()
        header[name] = {
            "dtype": dtype,
            "shape": list(value.shape),
            "data_offsets": [at, at + len(data)],
        }
        parts.append(data)
        at += len(data)
    head = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    path.write_bytes(struct.pack("<Q", len(head)) + head + b"".join(parts))


def tokenizer():
    special = [
        {"id": i, "special": True, "content": VOCABULARY[i], "single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
        for i in range(5)
    ]  # fmt: skip
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": special,
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {t: {"id": t, "ids": [VOCABULARY.index(t)], "tokens": [t]} for t in ("[CLS]", "[SEP]")},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": {word: i for i, word in enumerate(VOCABULARY)},
        },
    }  # fmt: skip
