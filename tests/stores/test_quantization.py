"""The first look never loses what an exact search finds."""

import numpy as np
import pytest

from erya.stores.embedded import vector_index
from erya.stores.embedded.vector_index import MatrixIndex
from erya.stores.parts import IndexedVector
from erya.stores.quantization import (
    bounds,
    decode,
    encode,
    of_length_1,
    pack,
    unpack,
)

WIDTH = 48


def unit(dice, rows, *, spread=1.0, width=WIDTH):
    """Return vectors of length 1; with little spread they lie close together."""
    vectors = dice.normal(size=(rows, width)) * spread + dice.normal(size=width)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("f4")


@pytest.mark.parametrize("spikes", [False, True])
@pytest.mark.parametrize("spread", [1e-4, 0.1, 1.0, 100.0])
@pytest.mark.parametrize("width", [1, 2, 7, 384, 1_024])
def test_no_cosine_exceeds_its_bound(width, spread, spikes):
    dice = np.random.default_rng(width)
    vectors = unit(dice, 200, spread=spread, width=width)
    if spikes:  # one large number leaves few steps for all others
        vectors[:, 0] += 9
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    question = unit(dice, 1, spread=spread, width=width)[0]

    codes = encode(vectors)
    most = bounds(codes, question)

    kept = decode(codes.upper, codes.lower, codes.scale)
    exact = kept.astype("f8") @ question.astype("f8")
    assert (exact <= most + 1e-6).all()
    assert (most - exact).max() < 0.2  # and says something


def test_a_vector_of_zeros_is_no_fault():
    nothing = np.zeros((2, WIDTH), "f4")

    codes = encode(nothing)

    assert (codes.lost == 0).all()
    assert bounds(codes, unit(np.random.default_rng(1), 1)[0]) == pytest.approx(
        [0, 0], abs=0.02
    )


@pytest.mark.parametrize("width", [1, 2, 5, 384])
def test_what_is_kept_is_near_and_gives_the_same_bytes_again(width):
    dice = np.random.default_rng(width)
    vectors = unit(dice, 5_000, width=width)
    vectors[7] = 0
    codes = encode(vectors)
    kept = decode(codes.upper, codes.lower, codes.scale)

    steps = np.abs(vectors).max(axis=1, keepdims=True) / 63 / 256
    assert (np.abs(kept - vectors) <= steps * 0.51).all()
    assert (kept[7] == 0).all()
    again = encode(kept)
    assert pack(again) == pack(codes)
    assert pack(unpack(pack(codes), width)) == pack(codes)


def test_a_vector_whose_errors_point_one_way_is_of_length_1_again():
    odd = np.full(1_024, 1.0)
    for share in (0.30, 0.49, 0.51, 0.70):
        odd[:] = share
        odd[0] = 63 * 256
        given = (odd / np.linalg.norm(odd)).astype("f4")[None]
        codes = encode(given)
        kept = of_length_1(decode(codes.upper, codes.lower, codes.scale))
        assert abs(float(np.linalg.norm(kept)) - 1) < 1e-4


def test_vectors_of_earlier_releases_are_read_beside_those_of_today():
    vectors = unit(np.random.default_rng(3), 9)
    today = pack(encode(vectors))
    before = [vector.astype("<f4").tobytes() for vector in vectors]
    for rows in (before, today[:4] + before[4:], before[:1] + today[1:8] + before[8:]):
        assert pack(unpack(rows, WIDTH)) == today
    with pytest.raises(ValueError, match="another dimension"):
        unpack([*today, before[0][:-4]], WIDTH)
    assert len(unpack([], WIDTH).upper) == 0


@pytest.mark.parametrize("spread", [0.01, 0.3, 3.0])
def test_many_vectors_are_searched_as_exactly_as_few(tmp_path, monkeypatch, spread):
    dice = np.random.default_rng(7)
    vectors = unit(dice, 3_000, spread=spread)
    vectors[100:140] = vectors[100]  # level with each other
    index = MatrixIndex(tmp_path / "vectors", identity="x")
    index.change(
        1,
        dimension=WIDTH,
        remove=(),
        add=(
            IndexedVector(n, n % 3, float(n % 50 > 0), data)
            for n, data in enumerate(pack(encode(vectors)))
        ),
        anew=True,
    )
    index.change(2, dimension=WIDTH, remove=range(0, 3_000, 7), add=())
    asked = [*unit(dice, 10, spread=spread), vectors[100]]
    found = {}
    looks = []

    def counted(rows, vector):
        looks.append(vector)
        return bounds(rows, vector)

    monkeypatch.setattr(vector_index, "bounds", counted)
    for few in (1, 10**9):
        monkeypatch.setattr(vector_index, "_FEW_ROWS", few)
        matrix = index.searcher(2)
        assert matrix is not None
        found[few] = [
            matrix.nearest(question, readers, limit=10)
            for question in asked
            for readers in (None, (1,), (0, 2), (9,))
        ]

    assert len(looks) == 3 * len(asked)  # nothing to look at for readers (9,)
    assert found[1] == found[10**9]
    best = found[1][0]
    there = [n for n in range(3_000) if n % 7 and n % 50]
    codes = encode(vectors[there])
    kept = decode(codes.upper, codes.lower, codes.scale)
    cosines = (kept.astype("f8") * asked[0].astype("f8")).sum(axis=1).round(9)
    assert [n.cosine for n in best[:10]] == sorted(cosines, reverse=True)[:10]
