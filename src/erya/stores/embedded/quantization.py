"""A first look at every vector through a quarter of the bytes, with a proven bound.

Exact search is bound by how fast the vectors can be read. So each is also kept in
bytes: its numbers over the largest of them, in 127 steps. What is lost is known for
each row, and by the Cauchy-Schwarz inequality it bounds how far a cosine can be off:

    |v·q - v'·q'| <= |v - v'| |q| + |v'| |q - q'|    with |v| = |q| = 1

Whoever wants the nearest computes exactly what could be among them, and nothing else:
the result is that of a search through all vectors (docs/decisions/0010-first-look.md).
"""

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Codes", "bounds", "encoded"]

# Seven bits for rows, written as numbers above 0: as bytes, signed or not, the same.
_ROW_STEPS: Final = 63
_ZERO: Final = 64
_QUERY_STEPS: Final = 127
_LEAST: Final = 1e-30


class Codes(NamedTuple):
    """Vectors in bytes.

    Attributes:
        codes: Bytes of the shape (rows, dimension).
        scale: Per row, what a step stands for.
        lost: Per row, the length of what the bytes do not say.
    """

    codes: "NDArray[np.uint8]"
    scale: "NDArray[np.float32]"
    lost: "NDArray[np.float32]"


def encoded(vectors: "NDArray[np.float32]") -> Codes:
    """Return vectors, of the shape (rows, dimension), in bytes."""
    import numpy as np  # noqa: PLC0415 - as for all of the vectors

    largest = np.abs(vectors).max(axis=1, initial=_LEAST, keepdims=True)
    scale = (largest / _ROW_STEPS).astype(np.float32)
    steps = np.rint(vectors / scale)
    lost = np.linalg.norm(vectors - steps * scale, axis=1)
    return Codes((steps + _ZERO).astype(np.uint8), scale[:, 0], lost)


def bounds(rows: Codes, vector: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Return what the product of each row with `vector`, both of length 1, is at most.

    But for the rounding of 32-bit floats.
    """
    import numpy as np  # noqa: PLC0415
    import simsimd  # noqa: PLC0415

    scale = max(float(np.abs(vector).max()), _LEAST) / _QUERY_STEPS
    steps = np.rint(vector / scale).astype(np.int8)
    lost = float(np.linalg.norm(vector - steps * scale))
    # Whole numbers, so exact. Of two dimensions, however few rows there are.
    products = simsimd.cdist(rows.codes.view(np.int8), steps[None, :], metric="dot")
    sums = np.asarray(products)[:, 0] - _ZERO * int(steps.sum(dtype=np.int64))
    found = sums.astype(np.float32) * (rows.scale * np.float32(scale))
    return np.asarray(found + (rows.lost * np.float32(1 + lost) + np.float32(lost)))
