"""The matrix of a base: every vector in one file, searched without approximation.

It holds nothing that the catalogue does not: per row a vector in bytes, the
number of its chunk, the number of its set of readers, and how much of its text the
model knew. Rows are only ever appended; a row whose chunk is gone is
listed in the manifest, until so many are that all is written anew. The manifest beside
the files names the base, the generation, how many rows count, and their checksums.
Whatever does not fit is not used but caught up or written anew.
"""

import os
import secrets
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from typing_extensions import override

from erya.stores.embedded.index_files import (
    crc_of,
    draft_folder,
    put_in_place,
    read_manifest,
    write_manifest,
)
from erya.stores.parts import (
    IndexedVector,
    Neighbour,
    VectorIndex,
    VectorSearcher,
)
from erya.stores.quantization import Codes, bounds, decode, pack, unpack

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from erya.stores.parts import Numbered

__all__ = ["Matrix", "MatrixIndex"]

_UPPER: Final = "upper.u8"
_LOWER: Final = "lower.i8"
_ROWS: Final = "rows"
_ROW: Final = [
    ("number", "<i8"), ("label_set", "<i8"), ("known", "<f8"),
    ("scale", "<f4"), ("lost", "<f4"),
]  # fmt: skip
_ROWS_AT_ONCE: Final = 1_000
# Gone rows cost time in every search, writing anew costs it once.
_FEW_GONE: Final = 1_000
_GONE_SHARE: Final = 0.2
# Sums of 32-bit floats are off by less for each number in them.
_SLACK: Final = 1e-7
_FEW_ROWS: Final = 300  # of so many the exact cosine costs less than a first look
_GATHERED: Final = 4  # one row in so many costs less to copy than to look at all
_DIGITS: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manifest:
    """What is on disk: `rows` rows, of which `gone` no longer count."""

    identity: str
    generation: int
    dimension: int
    rows: int
    gone: list[int]
    upper_crc: int
    lower_crc: int
    rows_crc: int
    written: str  # tells these files from others of the same generation


class Matrix(VectorSearcher):
    """The vectors as they were at one generation."""

    def __init__(
        self,
        upper: "NDArray[np.uint8]",
        lower: "NDArray[np.int8]",
        rows: "NDArray[Any]",
        *,
        gone: Sequence[int],
    ) -> None:
        import numpy as np  # noqa: PLC0415 - as for all of this module

        self._codes = Codes(upper, lower, rows["scale"].copy(), rows["lost"].copy())
        self._rows = rows
        self._there = np.ones(len(rows), dtype=bool)
        self._there[gone] = False
        # Texts of which the model knows too little stand nowhere. They would all lie
        # level with the last, and a search would read the whole base.
        self._placed = self._there & (rows["known"] > 0)
        # Which rows the last question could be answered from.
        self._readable: (
            tuple[tuple[int, ...] | None, Numbered | None, NDArray[np.int64]] | None
        ) = None
        # To find chunks by their numbers. One that was indexed again has an old row,
        # too, which is gone.
        there = np.flatnonzero(self._there)
        numbers = rows["number"][there]
        order = np.argsort(numbers, kind="stable")
        self._sorted, self._places = numbers[order], there[order]

    @override
    def nearest(
        self,
        vector: "NDArray[np.float32]",
        label_sets: tuple[int, ...] | None,
        *,
        limit: int,
        within: "Numbered | None" = None,
    ) -> list[Neighbour]:
        import numpy as np  # noqa: PLC0415

        places = self._allowed_rows(label_sets, within)
        kept = min(limit, len(places))
        if not kept:
            return []
        if len(places) > _FEW_ROWS:
            most = self._most(vector, places)
            first = np.argpartition(most, -kept)[-kept:]
            # As many are at least this near; what cannot be is not among the nearest.
            least = self._exact(places[first], vector).min()
            places = places[most >= least]
        exact = self._exact(places, vector)
        order = np.argsort(-exact, kind="stable")
        last = exact[order[kept - 1]]
        numbers = self._rows["number"]
        return [
            Neighbour(int(numbers[places[i]]), float(exact[i]))
            for i in order
            if exact[i] >= last
        ]

    @override
    def cosines(
        self, numbers: Sequence[int], vector: "NDArray[np.float32]"
    ) -> dict[int, tuple[float, float]]:
        import numpy as np  # noqa: PLC0415

        if not len(self._sorted):
            return {}
        keys = np.array(numbers, dtype=np.int64)
        at = np.minimum(np.searchsorted(self._sorted, keys), len(self._sorted) - 1)
        is_present = (self._sorted[at] == keys) & self._placed[self._places[at]]
        places = self._places[at[is_present]]
        exact = self._exact(places, vector)
        coverages = self._rows["known"][places]
        rows = zip(
            keys[is_present].tolist(), exact.tolist(), coverages.tolist(), strict=True
        )
        return {number: (cosine, share) for number, cosine, share in rows}

    @override
    def numbers(self) -> set[int]:
        return set(self._rows["number"][self._there].tolist())

    @override
    def data_of(self, number: int) -> bytes | None:
        import numpy as np  # noqa: PLC0415

        at = int(np.searchsorted(self._sorted, number))
        if at == len(self._sorted) or self._sorted[at] != number:
            return None
        return pack(self._codes_at(self._places[at : at + 1]))[0]

    @override
    def vector(self, number: int) -> "NDArray[np.float32]":
        import numpy as np  # noqa: PLC0415

        at = int(np.searchsorted(self._sorted, number))
        values: NDArray[np.float32] = self._vectors_at(self._places[at : at + 1])[0]
        return values

    def _codes_at(self, places: "NDArray[np.int64]") -> Codes:
        upper, lower, scale, lost = self._codes
        return Codes(upper[places], lower[places], scale[places], lost[places])

    def _vectors_at(self, places: "NDArray[np.int64]") -> "NDArray[np.float32]":
        upper, lower, scale, _ = self._codes
        return decode(upper[places], lower[places], scale[places])

    def _most(
        self, vector: "NDArray[np.float32]", places: "NDArray[np.int64]"
    ) -> "NDArray[np.float32]":
        """Return what the cosine of each of some rows is at most."""
        if len(places) * _GATHERED < len(self._rows):
            upper, lower, scale, lost = self._codes
            # The lower bytes are not looked at, and need not be copied.
            few = Codes(upper[places], lower[:0], scale[places], lost[places])
            most = bounds(few, vector)
        else:
            most = bounds(self._codes, vector)
            if len(places) < len(most):
                most = most[places]
        return most + (len(vector) + 10) * _SLACK

    def _exact(
        self, places: "NDArray[np.int64]", vector: "NDArray[np.float32]"
    ) -> "NDArray[np.float64]":
        """Return cosines that depend on nothing but the two vectors.

        The sums of a matrix product depend on the row's place in it, so on what else
        is in the base.
        """
        import numpy as np  # noqa: PLC0415

        wide = vector.astype(np.float64)
        cosines = np.empty(len(places), np.float64)
        for first in range(0, len(places), _ROWS_AT_ONCE):
            some = slice(first, first + _ROWS_AT_ONCE)
            cosines[some] = (self._vectors_at(places[some]) * wide).sum(axis=1)
        return np.asarray(np.round(cosines, _DIGITS))

    def _allowed_rows(
        self, label_sets: tuple[int, ...] | None, within: "Numbered | None"
    ) -> "NDArray[np.int64]":
        """Return the rows where to look, in order."""
        import numpy as np  # noqa: PLC0415

        cached = self._readable
        if cached is None or cached[:2] != (label_sets, within):
            readable = self._placed
            if label_sets is not None:
                readable = readable & np.isin(self._rows["label_set"], label_sets)
            if within is not None:
                readable = readable & np.isin(self._rows["number"], within.numbers)
            self._readable = cached = (label_sets, within, np.flatnonzero(readable))
        return cached[2]


class MatrixIndex(VectorIndex):
    """The matrix in one folder. Only the holder of the base's lock may change it."""

    def __init__(self, folder: Path, *, identity: str) -> None:
        self._folder = folder
        self._identity = identity
        self._open: tuple[_Manifest, Matrix] | None = None
        # By name, what a file was when it was compared: inode, time, size and checksum.
        self._checked: dict[str, tuple[int, int, int, int]] = {}

    @override
    def searcher(self, generation: int) -> Matrix | None:
        current = self._open
        if current is not None and current[0].generation == generation:
            return current[1]
        try:
            manifest = self._manifest()
            if manifest.generation != generation or not self._intact(manifest):
                return None
            matrix = self._open_matrix(manifest)
            # The folder may have been exchanged between one file and the next.
            if self._manifest() != manifest:
                return None
        except (OSError, ValueError, LookupError, TypeError):
            return None
        self._open = manifest, matrix
        return matrix

    @override
    def generation(self) -> int | None:
        try:
            manifest = self._manifest()
            if self._intact(manifest) and self._manifest() == manifest:
                return manifest.generation
        except (OSError, ValueError, LookupError, TypeError):
            pass
        return None

    @override
    def change(
        self,
        generation: int,
        *,
        dimension: int,
        remove: Iterable[int],
        add: Iterable[IndexedVector],
        anew: bool = False,
    ) -> None:
        if anew:
            self._write_anew(generation, dimension, add)
            self._open = None
            return
        old = self._manifest()
        if old.dimension != dimension:
            msg = "the matrix holds vectors of another model"
            raise OSError(msg)
        gone = set(old.gone)
        leaving = set(remove)
        if leaving:
            gone.update(self._rows_of(old, leaving))
        draft = _Manifest(**{**asdict(old), "generation": generation})
        manifest = _append(self._folder, draft, add, gone=sorted(gone))
        if len(gone) > max(_FEW_GONE, _GONE_SHARE * manifest.rows):
            msg = "so many rows are gone that all is to be written anew"
            raise OSError(msg)
        write_manifest(self._folder, asdict(manifest))

    def _rows_of(self, manifest: _Manifest, numbers: Iterable[int]) -> list[int]:
        """Return which rows belong to chunks."""
        import numpy as np  # noqa: PLC0415

        rows = np.fromfile(self._folder / _ROWS, _ROW, count=manifest.rows)
        keys = np.fromiter(numbers, np.int64)
        return [int(at) for at in np.flatnonzero(np.isin(rows["number"], keys))]

    def _write_anew(
        self, generation: int, dimension: int, add: Iterable[IndexedVector]
    ) -> None:
        folder = draft_folder(self._folder)
        empty = _Manifest(
            identity=self._identity, generation=generation, dimension=dimension,
            rows=0, gone=[], upper_crc=0, lower_crc=0, rows_crc=0,
            written=secrets.token_hex(8),
        )  # fmt: skip
        write_manifest(folder, asdict(_append(folder, empty, add, gone=[])))
        put_in_place(folder, self._folder)

    def _manifest(self) -> _Manifest:
        loaded = _Manifest(**read_manifest(self._folder))
        if loaded.identity != self._identity:
            msg = "the matrix belongs to another base"
            raise ValueError(msg)
        return loaded

    def _intact(self, manifest: _Manifest) -> bool:
        """Compare the files with their checksums, once for each state of them.

        Rows are only ever appended, so of a file that has grown the end is compared.
        """
        for path, size, crc in _files(self._folder, manifest):
            status = path.stat()
            state = (status.st_ino, status.st_mtime_ns, size, crc)
            before = self._checked.get(path.name)
            if before == state:
                continue
            same_file = before is not None and before[0] == status.st_ino
            grown = before is not None and same_file and before[2] <= size
            checked = before[2:] if before is not None and grown else (0, 0)
            if crc_of(path, size, checked=checked) != crc and (
                not checked[0] or crc_of(path, size) != crc
            ):
                return False
            self._checked[path.name] = state
        return True

    def _open_matrix(self, manifest: _Manifest) -> Matrix:
        import numpy as np  # noqa: PLC0415

        shape = (manifest.rows, manifest.dimension)
        if not manifest.rows:
            nothing = np.empty(0, _ROW)
            return Matrix(
                np.empty(shape, "u1"), np.empty(shape, "i1"), nothing, gone=[]
            )
        upper = np.memmap(self._folder / _UPPER, "u1", "r", shape=shape)
        lower = np.memmap(self._folder / _LOWER, "i1", "r", shape=shape)
        rows = np.fromfile(self._folder / _ROWS, _ROW, count=manifest.rows)
        return Matrix(
            upper.view(np.ndarray), lower.view(np.ndarray), rows, gone=manifest.gone
        )


def _files(folder: Path, manifest: _Manifest) -> list[tuple[Path, int, int]]:
    """Return the files with the sizes and checksums of what counts in them."""
    return [
        (folder / _UPPER, manifest.rows * manifest.dimension, manifest.upper_crc),
        (folder / _LOWER, manifest.rows * manifest.dimension, manifest.lower_crc),
        (folder / _ROWS, manifest.rows * _row_size(), manifest.rows_crc),
    ]  # fmt: skip


def _row_size() -> int:
    import numpy as np  # noqa: PLC0415

    return np.dtype(_ROW).itemsize


def _append(
    folder: Path, manifest: _Manifest, add: Iterable[IndexedVector], *, gone: list[int]
) -> _Manifest:
    """Write rows behind those that count, over what a killed writer left there.

    Raises:
        ValueError: A vector has another dimension than the manifest says.
    """
    parts = _files(folder, manifest)
    sums = [crc for _, _, crc in parts]
    count = manifest.rows
    with ExitStack() as stack:
        files = [stack.enter_context(_open_at(path, size)) for path, size, _ in parts]
        for batch in _batches(add):
            columns = _encode_rows(batch, manifest.dimension)
            for file, data in zip(files, columns, strict=True):
                file.write(data)
            sums = list(map(zlib.crc32, columns, sums))
            count += len(batch)
        for file in files:
            file.flush()
            os.fsync(file.fileno())
    upper_crc, lower_crc, rows_crc = sums
    return replace(
        manifest, rows=count, gone=gone,
        upper_crc=upper_crc, lower_crc=lower_crc, rows_crc=rows_crc,
    )  # fmt: skip


def _encode_rows(
    batch: Sequence[IndexedVector], dimension: int
) -> tuple[bytes, bytes, bytes]:
    """Return rows as the files hold them.

    Raises:
        ValueError: A vector has another dimension.
    """
    import numpy as np  # noqa: PLC0415

    codes = unpack([each.data for each in batch], dimension)
    rows = np.empty(len(batch), _ROW)
    rows["number"] = [each.number for each in batch]
    rows["label_set"] = [each.label_set for each in batch]
    rows["known"] = [each.token_coverage for each in batch]
    rows["scale"], rows["lost"] = codes.scale, codes.lost
    return codes.upper.tobytes(), codes.lower.tobytes(), rows.tobytes()


def _open_at(path: Path, size: int) -> BinaryIO:
    """Open a file for writing after its first `size` bytes."""
    file = path.open("r+b" if path.exists() else "w+b")
    file.truncate(size)
    file.seek(size)
    return file


def _batches(add: Iterable[IndexedVector]) -> Iterator[list[IndexedVector]]:
    rest = iter(add)
    while batch := list(islice(rest, _ROWS_AT_ONCE)):
        yield batch
