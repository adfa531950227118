"""The vectors of a model's tokens, four bits a number, in files of their own.

Of a small multilingual model they are most of its size, and two graphs can share them:
the table stays outside of the graphs, which are given vectors instead of numbers. The
form is Q4_0 of GGML: 32 neighbours share a scale, and each is one of 16 steps of it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from erya.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["BLOCK", "TokenTable"]

BLOCK: Final = 32  # numbers that share a scale
_MIDDLE: Final = 8
_CODES: Final = "token_codes.npy"
_SCALES: Final = "token_scales.npy"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTable:
    """Vectors of tokens, by the tokens' numbers.

    Attributes:
        codes: Bytes of the shape (tokens, dimension / 2). Byte j of a block's 16 holds
            its number j in the lower half and its number j + 16 in the upper.
        scales: 16-bit floats of the shape (tokens, dimension / 32).
    """

    codes: "NDArray[np.uint8]"
    scales: "NDArray[np.float16]"

    @classmethod
    def is_in(cls, folder: Path) -> bool:
        """Tell whether a model's folder holds a table."""
        return (folder / _CODES).is_file()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Map the table in `folder`; what is not looked up is not read.

        Raises:
            ModelError: It is missing or damaged.
        """
        import numpy as np  # noqa: PLC0415 - as for all of this room

        try:
            codes = np.load(folder / _CODES, mmap_mode="r", allow_pickle=False)
            scales = np.load(folder / _SCALES, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            msg = (
                f"The token table in {folder} cannot be read: {error}. Install Erya "
                "again, or in a checkout build the model again with: make model"
            )
            raise ModelError(msg) from None
        if codes.shape != (len(scales), scales.shape[1] * BLOCK // 2):
            msg = f"The token table in {folder} is damaged: its files do not fit."
            raise ModelError(msg)
        return cls(codes=codes, scales=scales)

    def save(self, folder: Path) -> None:
        """Write the table into `folder`."""
        import numpy as np  # noqa: PLC0415

        np.save(folder / _CODES, self.codes, allow_pickle=False)
        np.save(folder / _SCALES, self.scales, allow_pickle=False)

    def rows(self, numbers: "NDArray[np.int64]") -> "NDArray[np.float32]":
        """Return the vectors of tokens, float32 of the shape (numbers, dimension)."""
        import numpy as np  # noqa: PLC0415

        scales = self.scales[numbers].astype(np.float32)
        codes = self.codes[numbers].reshape(*scales.shape, BLOCK // 2)
        halves = np.concatenate([codes & 15, codes >> 4], axis=-1)
        steps = halves.astype(np.float32) - _MIDDLE
        return np.asarray((steps * scales[..., None]).reshape(len(numbers), -1))
