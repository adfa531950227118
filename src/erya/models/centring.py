"""What all vectors of a model share, taken out of them.

A multilingual model places a text first by its language and then by what it says: in a
base with documents in both, a Chinese question finds Chinese passages about something
else before the English one that answers. Taking out the directions in which the means
of languages differ, and most of the mean itself, leaves what is said. After "All-but-
the-Top" (Mu and Viswanath, 2018) and "A Simple and Effective Method To Eliminate the
Self Language Bias in Multilingual Representations" (Yang et al., 2021); measured in
docs/decisions/0016-bilingual-embedder.md.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from erya.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Centring"]

_FILE: Final = "centring.npz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Centring:
    """Takes the shared part out of vectors of length 1.

    Attributes:
        passage: What passages have in common, of the shape (dimension,).
        query: What questions have in common, of the shape (dimension,).
        directions: In which languages differ: orthonormal, (directions, dimension).
    """

    passage: "NDArray[np.float32]"
    query: "NDArray[np.float32]"
    directions: "NDArray[np.float32]"

    @classmethod
    def open(cls, folder: Path) -> Self | None:
        """Read the file in a model's folder; None where a model has none.

        Raises:
            ModelError: It is damaged.
        """
        import numpy as np  # noqa: PLC0415 - as for all of this room

        path = folder / _FILE
        if not path.is_file():
            return None
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return cls(**{name: arrays[name] for name in cls.__slots__})
        except (OSError, ValueError, KeyError) as error:
            msg = f"{path} cannot be read: {error}. Install Erya again."
            raise ModelError(msg) from None

    def passages(self, vectors: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Return vectors of passages, (texts, dimension), without the shared part."""
        return self._rest(vectors - self.passage)

    def queries(self, vectors: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Return vectors of questions, (texts, dimension), without the shared part."""
        return self._rest(vectors - self.query)

    def _rest(self, vectors: "NDArray[np.float32]") -> "NDArray[np.float32]":
        import numpy as np  # noqa: PLC0415

        # Row by row, so that no vector depends on how many there are.
        rows = [row - (self.directions @ row) @ self.directions for row in vectors]
        return np.stack(rows)
