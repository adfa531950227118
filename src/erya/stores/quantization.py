"""Vectors in two bytes a number: the first for a quick look, both for what counts.

Each vector is kept as whole numbers over the largest of it, in 16,128 steps either way,
which is off by less than 0.00004 of that largest number. Exact search is bound by how
fast vectors can be read, so a first look goes through the upper bytes alone. What they
do not say is known for each row, and by the Cauchy-Schwarz inequality it bounds how far
a cosine can be off:

    |v·q - v'·q'| <= |v - v'| |q| + |v'| |q - q'|    with |v| = |q| = 1

Whoever wants the nearest computes what could be among them from both bytes, and nothing
else: the result is that of a search through all vectors, as they are kept
(docs/decisions/0010-first-look.md).
"""

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "Codes",
    "bounds",
    "decode",
    "encode",
    "has_length",
    "of_length_1",
    "pack",
    "unpack",
]

# Seven bits for the upper byte, written as numbers above 0: signed or not, the same.
_STEPS: Final = 63
_ZERO: Final = 64
_PARTS: Final = 256  # of a step
_QUERY_STEPS: Final = 127
_LEAST: Final = 1e-30
_ODD: Final = 5e-5
_MARK: Final = 1
_SCALE_BYTES: Final = 4
_HEAD: Final = 1 + _SCALE_BYTES
_WHOLE_BYTES: Final = 4  # of a number as earlier releases kept it


class Codes(NamedTuple):
    """Vectors in bytes.

    Attributes:
        upper: Bytes of the shape (rows, dimension): whole steps.
        lower: Signed bytes of the same shape: what is left, in 256ths of a step.
        scale: Per row, what a step stands for.
        lost: Per row, the length of what the upper bytes do not say.
    """

    upper: "NDArray[np.uint8]"
    lower: "NDArray[np.int8]"
    scale: "NDArray[np.float32]"
    lost: "NDArray[np.float32]"


def encode(vectors: "NDArray[np.float32]") -> Codes:
    """Return vectors, of the shape (rows, dimension), in bytes.

    What was decoded gives the bytes that it was decoded from.
    """
    import numpy as np  # noqa: PLC0415 - as for all of the vectors

    largest = np.abs(vectors).max(axis=1, initial=_LEAST)
    scale = (largest / np.float32(_STEPS)).astype(np.float32)
    # Divided once more it must be the same, or what is read could not be kept again.
    while len(odd := np.flatnonzero(_again(scale) != scale)):
        scale[odd] = np.nextafter(scale[odd], np.float32(np.inf))
    steps = np.rint(vectors / (scale[:, None] / np.float32(_PARTS))).astype(np.int32)
    upper = (steps + _PARTS // 2) >> 8
    lower = (steps - upper * _PARTS).astype(np.int8)
    lost = _lost(lower, scale)
    return Codes((upper + _ZERO).astype(np.uint8), lower, scale, lost)


def _again(scale: "NDArray[np.float32]") -> "NDArray[np.float32]":
    import numpy as np  # noqa: PLC0415

    return (scale * np.float32(_STEPS)) / np.float32(_STEPS)


def decode(
    upper: "NDArray[np.uint8]",
    lower: "NDArray[np.int8]",
    scale: "NDArray[np.float32]",
) -> "NDArray[np.float32]":
    """Return the vectors of bytes, of the shape (rows, dimension)."""
    import numpy as np  # noqa: PLC0415

    steps = (upper.astype(np.int32) - _ZERO) * _PARTS + lower
    return np.asarray(
        steps.astype(np.float32) / np.float32(_PARTS) * scale[:, None], np.float32
    )


def of_length_1(vectors: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Return vectors, those that rounding has made too long or short put right.

    Where all errors point one way a length is off by more than a vector may be.
    """
    import numpy as np  # noqa: PLC0415

    lengths = np.linalg.norm(vectors, axis=1)
    odd = (np.abs(lengths - 1) > _ODD) & (lengths > 0)
    vectors[odd] /= lengths[odd, None]
    return vectors


def pack(codes: Codes) -> list[bytes]:
    """Return each vector as a catalogue keeps it: a mark, the scale, both bytes."""
    import numpy as np  # noqa: PLC0415

    rows = np.concatenate(
        [
            np.full((len(codes.scale), 1), _MARK, np.uint8),
            codes.scale.astype("<f4").view(np.uint8).reshape(-1, _SCALE_BYTES),
            codes.upper,
            codes.lower.view(np.uint8),
        ],
        axis=1,
    )
    return [row.tobytes() for row in rows]


def unpack(rows: "Sequence[bytes]", dimension: int) -> Codes:
    """Return vectors in bytes as they were packed, or as earlier releases kept them.

    Those kept 32-bit floats, little endian: that is never as long.

    Raises:
        ValueError: One has another dimension.
    """
    import numpy as np  # noqa: PLC0415

    size = _HEAD + 2 * dimension
    before = [row for row in rows if len(row) != size]
    if not all(has_length(row, dimension) for row in before):
        msg = "a stored vector has another dimension than its model"
        raise ValueError(msg)
    if before:
        floats = np.frombuffer(b"".join(before), "<f4").reshape(-1, dimension)
        anew = iter(pack(encode(floats)))
        rows = [row if len(row) == size else next(anew) for row in rows]
    table = np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), size)
    scale = table[:, 1:_HEAD].copy().view("<f4")[:, 0]
    upper = table[:, _HEAD : _HEAD + dimension]
    lower = table[:, _HEAD + dimension :].view(np.int8)
    return Codes(upper, lower, scale, _lost(lower, scale))


def has_length(row: bytes, dimension: int) -> bool:
    """Tell whether a vector is as long as one of so many numbers, however kept."""
    return len(row) in {_HEAD + 2 * dimension, _WHOLE_BYTES * dimension}


def _lost(
    lower: "NDArray[np.int8]", scale: "NDArray[np.float32]"
) -> "NDArray[np.float32]":
    import numpy as np  # noqa: PLC0415

    parts = scale[:, None] / np.float32(_PARTS)
    return np.asarray(np.linalg.norm(lower * parts, axis=1), np.float32)


def bounds(rows: Codes, vector: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Return what the product of each row with `vector`, both of length 1, is at most.

    But for the rounding of 32-bit floats. The lower bytes are not looked at.
    """
    import numpy as np  # noqa: PLC0415
    import simsimd  # noqa: PLC0415

    scale = max(float(np.abs(vector).max()), _LEAST) / _QUERY_STEPS
    steps = np.rint(vector / scale).astype(np.int8)
    lost = float(np.linalg.norm(vector - steps * scale))
    # Whole numbers, so exact. Of two dimensions, however few rows there are.
    products = simsimd.cdist(rows.upper.view(np.int8), steps[None, :], metric="dot")
    sums = np.asarray(products)[:, 0] - _ZERO * int(steps.sum(dtype=np.int64))
    approximate = sums.astype(np.float32) * (rows.scale * np.float32(scale))
    return np.asarray(
        approximate + (rows.lost * np.float32(1 + lost) + np.float32(lost))
    )
