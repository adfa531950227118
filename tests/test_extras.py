import os
import subprocess
import sys

import pytest

from erya.errors import MissingExtraError
from erya.extras import require


def test_a_missing_extra_names_the_command_that_mends_it():
    with pytest.raises(MissingExtraError) as caught:
        require("no_such_package.inner", feature="Reading PDF files", extra="pdf")

    assert caught.value.extra == "pdf"
    assert str(caught.value) == (
        "Reading PDF files needs packages that are not installed. "
        "Install them with: pip install 'erya[pdf]'"
    )


def test_a_module_that_is_there_is_returned():
    assert require("json", feature="x", extra="x").loads("1") == 1


def test_a_package_that_is_broken_inside_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "half_there.py").write_text("import not_to_be_found")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ModuleNotFoundError, match="not_to_be_found"):
        require("half_there", feature="x", extra="x")


@pytest.mark.parametrize(
    "use",
    [
        "open_local(Path(), OFFLINE_MODEL, threads=1).embed_query('hello')",
        "bounds(encode(np.eye(4, dtype='f4')), np.eye(4, dtype='f4')[0])",
    ],
)
def test_onnx_runtime_reports_nothing_to_its_maker(tmp_path, use):
    """It would begin with a device id in the cache folder, and look its host up."""
    program = (
        "from pathlib import Path; import numpy as np, time\n"
        "from erya.models import OFFLINE_MODEL, open_local\n"
        "from erya.stores.quantization import bounds, encode\n"
        f"{use}\n"
        "time.sleep(0.5)"
    )
    kept = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    home = tmp_path / "home"
    home.mkdir()
    environment = kept | {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}

    subprocess.run([sys.executable, "-c", program], env=environment, check=True)

    assert list(home.rglob("*")) == []
