"""The two indexes of a base. Both are written anew from its catalogue at any time.

An index follows the generations of its catalogue: it is at one, is brought to the next
by what has changed since, and says so in the same act. Whatever it holds is of chunks
by their numbers, each with the number of its set of readers, so that a search looks
only where the asker may read. `erya.testing` has a contract suite for each.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from erya.stores.damage import DamagedRowError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "BODY",
    "EXACT",
    "ChunkTerms",
    "FieldStats",
    "IndexedChunk",
    "IndexedVector",
    "Indexes",
    "KeywordIndex",
    "KeywordSearcher",
    "Neighbour",
    "Numbered",
    "Pending",
    "PendingNote",
    "Proposal",
    "VectorIndex",
    "VectorSearcher",
    "is_unit",
    "line_prefix",
]

# The fields of a chunk: its terms, and the exact forms of its English words.
BODY: Final = "body"
EXACT: Final = "exact"

_UNIT: Final = 1e-4  # what a length of 1 may be off


class IndexedChunk(NamedTuple):
    """What a keyword index keeps of a chunk, its terms as `format_counts` has them."""

    number: int
    label_set: int
    body: str
    exact: str


class IndexedVector(NamedTuple):
    """What a vector index keeps of a chunk: `data` is as `quantization` packs it."""

    number: int
    label_set: int
    token_coverage: float
    data: bytes


class ChunkTerms(NamedTuple):
    """A chunk's terms as the catalogue keeps them.

    Attributes:
        id: The chunk's id.
        term_lines: Field to its terms, as `erya.language.format_counts` has them.
        lengths: Field to the sum of the counts.
    """

    id: str
    term_lines: Mapping[str, str]
    lengths: Mapping[str, int]

    def terms(self, field: str) -> list[str]:
        """Return the terms of a field."""
        lines = self.term_lines[field].split("\n")[1:-1]
        return [line.partition("\t")[0] for line in lines]

    def occurrences(self, field: str, key: str) -> int:
        """Return the count on the line of a `line_prefix`; 0 where there is none.

        Looking for a few keys in the text took a fifth of the time of reading it all.

        Raises:
            DamagedRowError: There is no number.
        """
        text = self.term_lines[field]
        start = text.find(key)
        while start >= 0:
            end = start + len(key)
            if text[end] == "\n":
                return 1
            if text[end] == "\t":
                return _number(text[end : text.find("\n", end)])
            start = text.find(key, end)  # it was a longer term
        return 0


def _number(text: str) -> int:
    """Return a count as it is written.

    Raises:
        DamagedRowError: It is none.
    """
    try:
        return int(text)
    except ValueError:
        msg = f"the count {text:.40} of a term is no number"
        raise DamagedRowError(msg) from None


def line_prefix(term: str) -> str:
    """Return the beginning of a term's line in `ChunkTerms.term_lines`."""
    return f"\n{term}"


class Proposal(NamedTuple):
    """A chunk that may belong among the best, with the engine's own score."""

    number: int
    score: float


@dataclass(frozen=True, slots=True)
class FieldStats:
    """What the engine's own scores in one field are computed with.

    Attributes:
        documents: Documents counted, the deleted and the unreadable ones included.
        average: The average length of the field over those.
    """

    documents: int
    average: float


class Neighbour(NamedTuple):
    """A chunk near a question."""

    number: int
    cosine: float


class Numbered(Protocol):
    """Chunks by their numbers."""

    @property
    def numbers(self) -> tuple[int, ...]:
        """Theirs."""
        ...


class KeywordSearcher(Protocol):
    """A keyword index as it was at one generation.

    It proposes: the scores that count are computed from what the catalogue says of the
    proposed chunks, with statistics over what the asker may read (`scoring`).
    """

    def count(self, field: str, term: str, label_sets: tuple[int, ...] | None) -> int:
        """Count the chunks with `term` that carry one of `label_sets`; None is all."""
        ...

    def engine_count(self, field: str, term: str) -> int:
        """Count as the engine does for its own scores, the deleted included."""
        ...

    def stats(self, field: str) -> FieldStats:
        """Return what the engine's scores in `field` rest on."""
        ...

    def propose(
        self,
        boosts: Mapping[tuple[str, str], float],
        label_sets: tuple[int, ...] | None,
        *,
        limit: int,
        within: Sequence[int] | None = None,
    ) -> list[Proposal]:
        """Return the `limit` chunks that score highest, each term under its boost.

        Args:
            boosts: Field and term to the factor on the engine's score.
            label_sets: Where to look; None is everywhere.
            limit: How many at most.
            within: The numbers of the chunks to look among; None is all.
        """
        ...

    def similar(
        self,
        field: str,
        term: str,
        label_sets: tuple[int, ...] | None,
        *,
        distance: int,
        limit: int,
    ) -> list[int]:
        """Return the numbers of some chunks with a term that is nearly `term`.

        Args:
            field: Where to look.
            term: The word; two letters exchanged count as one that is wrong.
            label_sets: The sets of readers; None is everywhere.
            distance: How many letters may be wrong, at most 2.
            limit: How many chunks at most.
        """
        ...

    def numbers(self) -> set[int]:
        """Return the number of every chunk in the index."""
        ...


class KeywordIndex(Protocol):
    """Finds chunks by their terms. Only the holder of its lock may change it."""

    def generation(self) -> int | None:
        """Return the generation it is at, or None if it is missing or damaged."""
        ...

    def searcher(self, generation: int) -> KeywordSearcher | None:
        """Return the index at `generation`, or None if it is not there intact."""
        ...

    def change(
        self,
        generation: int,
        *,
        remove: Iterable[int],
        add: Iterable[IndexedChunk],
        anew: bool = False,
    ) -> None:
        """Bring the index to `generation`, all at once.

        Args:
            generation: What the index holds afterwards.
            remove: Numbers of chunks that are gone or will be added again.
            add: The chunks to add, in any number.
            anew: Write a new index and put it in the place of the old one.

        Raises:
            OSError: It cannot be written; it is then not usable until it is written
                anew.
        """
        ...


class VectorSearcher(Protocol):
    """A vector index as it was at one generation."""

    def nearest(
        self,
        vector: "NDArray[np.float32]",
        label_sets: tuple[int, ...] | None,
        *,
        limit: int,
        within: Numbered | None = None,
    ) -> list[Neighbour]:
        """Return the nearest chunks by cosine, the best first.

        At least `limit` where there are as many, and all that lie level with the last:
        who decides among those is the caller. A text of which the model knows nothing
        stands nowhere, and is not near anything.

        Args:
            vector: Of length 1.
            label_sets: Where to look; None is everywhere.
            limit: How many at most.
            within: The chunks to look among; None is all.
        """
        ...

    def cosines(
        self, numbers: Sequence[int], vector: "NDArray[np.float32]"
    ) -> dict[int, tuple[float, float]]:
        """Return the cosine and token coverage of each chunk that stands somewhere."""
        ...

    def vector(self, number: int) -> "NDArray[np.float32]":
        """Return the vector of a chunk that stands somewhere."""
        ...

    def data_of(self, number: int) -> bytes | None:
        """Return a chunk's vector, packed, or None where there is none."""
        ...

    def numbers(self) -> set[int]:
        """Return the number of every chunk in the index."""
        ...


class VectorIndex(Protocol):
    """Finds chunks by their vectors. Only the holder of its lock may change it."""

    def generation(self) -> int | None:
        """Return the generation it is at, or None if it is missing or damaged."""
        ...

    def searcher(self, generation: int) -> VectorSearcher | None:
        """Return the index at `generation`, or None if it is not there intact."""
        ...

    def change(
        self,
        generation: int,
        *,
        dimension: int,
        remove: Iterable[int],
        add: Iterable[IndexedVector],
        anew: bool = False,
    ) -> None:
        """Bring the index to `generation`, all at once.

        Args:
            generation: What it holds afterwards.
            dimension: The numbers in each vector; of another than before, only anew.
            remove: Numbers of chunks that are gone or will be added again.
            add: The chunks to add, in any number.
            anew: Write a new index and put it in the place of the old one.

        Raises:
            OSError: It cannot be written, or only anew.
        """
        ...


class Pending(NamedTuple):
    """A generation that the indexes may be at before the catalogue is.

    Attributes:
        generation: The number.
        chunks: Those that it adds, changes or takes out; None where it is another
            whole, for which every index is written anew.
    """

    generation: int
    chunks: list[int] | None


class PendingNote(Protocol):
    """Where it is noted what the indexes are brought to, until it is committed."""

    def read(self) -> Pending | None:
        """Return what is noted."""
        ...

    def write(self, pending: Pending) -> None:
        """Note it, so that it outlives a crash.

        Raises:
            OSError: It cannot be written.
        """
        ...

    def clear(self) -> None:
        """Forget it.

        Raises:
            OSError: It cannot be written.
        """
        ...


class Indexes(NamedTuple):
    """Both indexes of a base, and what is noted of them."""

    terms: KeywordIndex
    vectors: VectorIndex
    pending: PendingNote


def is_unit(vector: "NDArray[np.float32]", dimension: int) -> bool:
    """Tell whether a vector has `dimension` finite numbers and the length 1."""
    import numpy as np  # noqa: PLC0415 - a base without vectors needs none

    if vector.shape != (dimension,):
        return False
    # What is not finite has no finite length.
    return abs(math.sqrt(float(np.dot(vector, vector))) - 1) < _UNIT
