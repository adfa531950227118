"""The first look never loses what an exact search finds."""

import numpy as np
import pytest

from erya.stores.embedded import vector_index
from erya.stores.embedded.quantization import bounds, encoded
from erya.stores.embedded.vector_index import MatrixIndex
from erya.stores.parts import IndexedVector

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

    most = bounds(encoded(vectors), question)

    exact = vectors.astype("f8") @ question.astype("f8")
    assert (exact <= most + 1e-6).all()
    assert (most - exact).max() < 0.2  # and says something


def test_a_vector_of_zeros_is_no_fault():
    nothing = np.zeros((2, WIDTH), "f4")

    codes = encoded(nothing)

    assert (codes.lost == 0).all()
    assert bounds(codes, unit(np.random.default_rng(1), 1)[0]) == pytest.approx(
        [0, 0], abs=0.02
    )


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
            IndexedVector(n, n % 3, float(n % 50 > 0), vector.tobytes())
            for n, vector in enumerate(vectors)
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
    cosines = (vectors[there].astype("f8") @ asked[0].astype("f8")).round(9)
    assert [n.cosine for n in best[:10]] == sorted(cosines, reverse=True)[:10]
