"""Find what all vectors of the embedder share, and what tells its languages apart.

python recipes/embedder/centring.py ../shared/data recipes/embedder/centring.npz
"""

import argparse
import gzip
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erya.models import OFFLINE_MODEL, open_local

SETS = (
    "cmrc2018_dev", "drcd_dev", "csl_dev", "lcqmc_faq_dev",
    "squad_v11_dev", "climate_fever", "scifact_test",
)  # fmt: skip
# Questions to titles of abstracts are no questions, and LCQMC's passages are none.
CHINESE = {
    "passage": ("cmrc2018_dev", "drcd_dev", "csl_dev"),
    "query": ("cmrc2018_dev", "drcd_dev", "lcqmc_faq_dev"),
}
ENGLISH = ("squad_v11_dev", "climate_fever", "scifact_test")
# Pairs of like sets whose means differ in the language above all.
PAIRS = (
    ("passage", "cmrc2018_dev", "squad_v11_dev"),
    ("passage", "drcd_dev", "squad_v11_dev"),
    ("passage", "csl_dev", "scifact_test"),
    ("query", "cmrc2018_dev", "squad_v11_dev"),
    ("query", "lcqmc_faq_dev", "climate_fever"),
    ("passage", "lcqmc_faq_dev", "climate_fever"),
)
SHARE, DIRECTIONS = 0.8, 3


def texts(folder: Path, name: str) -> list[str]:
    plain = folder / f"{name}.jsonl"
    data = (
        plain.read_bytes()
        if plain.is_file()
        else gzip.decompress((folder / f"{name}.jsonl.gz").read_bytes())
    )
    rows = [json.loads(line) for line in data.splitlines()]
    return [f"{row.get('title') or ''}\n{row['text']}".strip() for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--most", type=int, help="texts of each set; all without it")
    given = parser.parse_args()
    model = open_local(Path(), OFFLINE_MODEL, threads=2)
    model._centring = None  # noqa: SLF001 - as they are, before anything is taken out
    means: dict[tuple[str, str], NDArray[np.float32]] = {}
    for name in SETS:
        passages = texts(given.data / name, "corpus")[: given.most]
        queries = texts(given.data / name, "queries")[: given.most]
        means["passage", name] = model.embed_passages(passages).vectors.mean(axis=0)
        means["query", name] = np.mean(
            [model.embed_query(q).vectors[0] for q in queries], axis=0
        )
        print(f"{name}: {len(passages)} passages, {len(queries)} questions", flush=True)
    shared = {
        kind: SHARE
        * np.mean(
            [
                np.mean([means[kind, n] for n in sets], axis=0)
                for sets in (CHINESE[kind], ENGLISH)
            ],
            axis=0,
        )
        for kind in ("passage", "query")
    }
    differences = np.array(
        [means[kind, zh] - means[kind, en] for kind, zh, en in PAIRS]
    )
    left, _, _ = np.linalg.svd(differences.T, full_matrices=False)
    directions = left[:, :DIRECTIONS].T
    np.savez_compressed(
        given.target,
        directions=directions.astype(np.float32),
        **{k: v.astype(np.float32) for k, v in shared.items()},
    )


if __name__ == "__main__":
    main()
