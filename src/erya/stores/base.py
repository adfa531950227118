"""The contract of this room; `erya.testing.store_contract` checks it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Protocol

from typing_extensions import override

from erya.filters import Filter
from erya.records import Chunk, Document, Fingerprint, Notice, Principal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from erya.language import Word, WrittenTerms
    from erya.policy import Role

# The names of the legs in `Hit.ranks`.
KEYWORD: Final = "keyword"
MOMENT: Final = 2.0  # seconds that a writer waits for one who is about to finish
VECTOR: Final = "vector"

__all__ = [
    "EVERY_PAGE",
    "KEYWORD",
    "MOMENT",
    "VECTOR",
    "Catalogue",
    "DocumentWriter",
    "Embedding",
    "Finding",
    "Job",
    "Page",
    "Search",
    "Status",
    "Store",
    "StoredChunking",
    "StoredDocument",
    "StoredEmbedder",
    "StoredItem",
    "WordHit",
    "Writer",
]


class Embedding(NamedTuple):
    """A text as a vector.

    Attributes:
        vector: Float32 of the shape (dimension,), of length 1.
        token_coverage: The share of the text's tokens that the model knows, 0 to 1.
    """

    vector: "NDArray[np.float32]"
    token_coverage: float


class WordHit(NamedTuple):
    """A chunk with its BM25 score, and the part of it that telling words have."""

    number: int
    score: float
    telling: float


class Page(NamedTuple):
    """A part of a list that is in order.

    Attributes:
        after: Only what comes after this; the last of one page begins the next. None
            begins with the first.
        skip: How many of those to leave out.
        limit: How many at most; None for all.
    """

    after: str | None = None
    skip: int = 0
    limit: int | None = None


EVERY_PAGE: Final = Page()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """What a listing tells of a document, without its text.

    Attributes:
        id: The document's id.
        source: Where a reader can find it.
        title: What a person would call it.
        content_hash: The SHA-256 of the original bytes; empty for readers of a masked
            document.
        recipe: How the bytes were read and cut.
        readers: Who may read it.
        chunks: How many chunks it has.
        media_type: What the original bytes were.
        language: The main language.
        added_at: When this version was stored: ISO 8601, UTC.
        version: How many versions there have been, this one included.
    """

    id: str
    source: str
    title: str
    content_hash: str
    recipe: str
    readers: frozenset[str]
    chunks: int
    media_type: str
    language: str
    added_at: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredItem:
    """What became of a file that a source offered, where its document does not tell.

    Attributes:
        source: Where it was.
        content_hash: The SHA-256 of its bytes; empty if they could not be read.
        recipe: How they were read, and with which abilities.
        parts: How many files were inside.
        code: Why it gave no document, as one word; empty if it did, or holds others.
        message: The reason, and what to do.
        failed: Whether it should have worked.
        validators: What tells whether it has changed, such as an ETag.
        notices: What should be known of how it was read.
        at: When that was: ISO 8601, UTC; given by the store.
    """

    source: str
    content_hash: str
    recipe: str
    parts: int = 0
    code: str = ""
    message: str = ""
    failed: bool = False
    validators: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEmbedder:
    """An embedding model that has made vectors of a base.

    Attributes:
        fingerprint: Which model.
        current: Whether searches use it.
        previous: Whether searches used it before the last switch.
        vectors: Chunks that have a vector of it.
        missing: Chunks that have none.
    """

    fingerprint: Fingerprint
    current: bool
    previous: bool
    vectors: int
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChunking:
    """A chunker that has cut documents of a base.

    Attributes:
        recipe: Which chunker.
        previous: Whether searches used it before the last switch.
        documents: Documents that it has cut, as they are now.
        missing: Documents that it has not.
    """

    recipe: str
    previous: bool
    documents: int
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run that changed the base.

    Attributes:
        state: `running` also stays when a run was killed: it can be resumed, and is
            `resumed` once another run with the same arguments has ended.
        arguments: Those of the run, to repeat it.
        summary: What it reported at its end.
    """

    number: int
    kind: str
    state: Literal["running", "done", "failed", "resumed"]
    started_at: str
    finished_at: str
    arguments: Mapping[str, Any]
    summary: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a principal sees of a base as a whole.

    Attributes:
        documents: How many documents they may read.
        chunks: How many chunks those have.
        characters: The characters of their texts.
        jobs: The last runs, newest first; empty for a reader.
    """

    documents: int
    chunks: int
    characters: int
    jobs: tuple[Job, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check looked at."""

    check: str
    ok: bool
    detail: str


class DocumentWriter(Protocol):
    """Changes documents of a base: what a run that reads files needs.

    Nothing is acknowledged before `commit` has returned.
    """

    def put(
        self,
        document: Document,
        chunks: Sequence[Chunk],
        *,
        original: bytes | None,
        recipe: str,
        embeddings: Sequence[Embedding] | None = None,
        terms: "Sequence[WrittenTerms] | None" = None,
    ) -> None:
        """Store a document with its chunks, in place of what its id held before.

        Args:
            document: The document.
            chunks: Spans of its text.
            original: The bytes that it was read from; None keeps none, as where
                personal data in them is masked.
            recipe: How they were read and cut.
            embeddings: One for each chunk, by the model that `use_embedder` named; None
                leaves the chunks to be found by their words.
            terms: Those of each chunk, by `erya.language.write_terms`, where they are
                known already.

        Raises:
            ValueError: A chunk is not a span of the document's text, or the embeddings
                are not finite, not as many, or of another dimension than the model's,
                or the terms are not as many.
        """
        ...

    def use_embedder(self, fingerprint: Fingerprint) -> None:
        """Name the model that the embeddings come from.

        Another than before may be named while the base holds no vector.

        Raises:
            OtherModelError: The base holds vectors of another model.
        """
        ...

    def unembedded(self, *, limit: int) -> list[Chunk]:
        """Return some chunks that have no vector of the model in use, if there are.

        Damaged ones are left out; `verify` names them.

        Args:
            limit: How many at most.
        """
        ...

    def embed(self, embeddings: Mapping[str, Embedding]) -> None:
        """Store vectors for chunks by their ids. An unknown id changes nothing.

        Args:
            embeddings: By the chunks' ids.

        Raises:
            ValueError: As for `put`.
        """
        ...

    def relabel(self, document_id: str, readers: frozenset[str]) -> None:
        """Give a stored document other readers. An unknown id changes nothing."""
        ...

    def remove(self, document_id: str) -> None:
        """Remove a document with everything it had. An unknown id changes nothing."""
        ...

    def note(self, item: StoredItem) -> None:
        """Note what became of an item, in place of what was noted of it before."""
        ...

    def forget(self, source: str) -> None:
        """Drop what was noted of an item. An unknown source changes nothing."""
        ...

    def commit(self) -> None:
        """Make everything since the last commit durable and visible, all at once.

        Raises:
            StoreError: Nothing of it was stored; what was committed before still is.
        """
        ...


class Writer(DocumentWriter, Protocol):
    """Changes a base in every way. Nothing is acknowledged before `commit` returned."""

    def stage_embedder(self, fingerprint: Fingerprint) -> None:
        """Name a model whose vectors are built beside those that searches use."""
        ...

    def switch_embedder(self, fingerprint: Fingerprint) -> None:
        """Let searches use a model that every chunk has a vector of, in one commit.

        The vectors of the model before stay, until they are forgotten.

        Raises:
            UsageError: Chunks lack a vector of it.
        """
        ...

    def forget_embedder(self, fingerprint: Fingerprint) -> int:
        """Delete the vectors of a model, and return how many there were.

        Raises:
            UsageError: Searches use it.
        """
        ...

    def stage_chunks(
        self,
        document: Document,
        chunks: Sequence[Chunk],
        *,
        recipe: str,
        embeddings: Sequence[Embedding] | None = None,
    ) -> None:
        """Keep chunks of a stored document beside those that searches use.

        They go with the version of the document that they were cut from; where another
        is stored, they are not kept.

        Args:
            document: What they were cut from.
            chunks: Spans of its text.
            recipe: The chunker's.
            embeddings: One for each chunk, by the model that `use_embedder` named; None
                where the base has no vectors.

        Raises:
            ValueError: As for `put`.
        """
        ...

    def unchunked(self, recipe: str, *, limit: int) -> list[str]:
        """Return the ids of some documents that a chunker has not cut, if there are.

        With vectors of another model than the base's they count as not cut.

        Args:
            recipe: The chunker's.
            limit: How many at most.
        """
        ...

    def switch_chunker(
        self, recipe: str, *, before: str, renamed: Callable[[str], str]
    ) -> None:
        """Let searches use the chunks of another chunker, in one commit.

        Those of the chunker before stay beside them, until they are forgotten.

        Args:
            recipe: The chunker's, that every document has chunks of.
            before: That of the chunker in use.
            renamed: Returns how a document was read with the other chunker's recipe in
                place of the one before.

        Raises:
            UsageError: Documents lack chunks of it.
        """
        ...

    def forget_chunker(self, recipe: str) -> int:
        """Delete what a chunker has cut beside, and return for how many documents."""
        ...

    @override
    def unembedded(self, *, limit: int, staged: bool = False) -> list[Chunk]:
        """Return some chunks that have no vector of the model in use, if there are.

        Damaged ones are left out; `verify` names them.

        Args:
            limit: How many at most.
            staged: Ask for the staged model instead.
        """
        ...

    @override
    def embed(
        self, embeddings: Mapping[str, Embedding], *, staged: bool = False
    ) -> None:
        """Store vectors for chunks by their ids. An unknown id changes nothing.

        Args:
            embeddings: By the chunks' ids.
            staged: They are of the staged model; searches do not see them.

        Raises:
            ValueError: As for `put`.
        """
        ...

    def set_word(self, word: "Word") -> None:
        """Note a word of the base, in place of what it was of that kind, at once.

        Raises:
            ValueError: There is no such kind.
        """
        ...

    def drop_word(self, word: str) -> int:
        """Drop a word of every kind, at once; return how many entries there were."""
        ...

    def set_grant(self, label: str, role: "Role | None") -> None:
        """Give a person or a group a role in this base, or take it; at once.

        Args:
            label: `user:NAME` or `group:NAME`.
            role: None takes what they had.

        Raises:
            NotAllowedError: The principal does not own the base.
        """
        ...

    def set_profile(self, profile: Mapping[str, Any]) -> None:
        """Keep what the base says of itself, in place of what it said; at once.

        Raises:
            NotAllowedError: The principal does not own the base.
        """
        ...

    def begin_job(self, kind: str, arguments: Mapping[str, Any]) -> int:
        """Note that a run begins, and return its number."""
        ...

    def end_job(
        self,
        number: int,
        *,
        state: Literal["done", "failed"],
        summary: Mapping[str, Any],
    ) -> None:
        """Note how a run ended."""
        ...


class Catalogue(Protocol):
    """What is known of one base: its documents, their readers, what it is."""

    def grants(self, principal: Principal) -> "dict[str, Role]":
        """Return who has which role in this base: `user:NAME` or `group:NAME` to role.

        Raises:
            NotAllowedError: The principal does not own it.
        """
        ...

    def profile(self, principal: Principal) -> dict[str, Any]:
        """Return what the base says of itself: how it is read, cut, masked, embedded.

        The names are those of settings; what it does not say the settings do. Where
        files lie, `sources` and `enrich_names`, is for owners alone.
        """
        ...

    def embedder(self, principal: Principal) -> Fingerprint | None:
        """Return the model that was named last, or None if none ever was.

        Whether any document has a vector of it does not matter: that would tell of
        documents that the principal may not read.
        """
        ...

    def embedders(self, principal: Principal) -> list[StoredEmbedder]:
        """Return every model that has vectors here, the oldest first.

        Raises:
            NotAllowedError: The principal may only read.
        """
        ...

    def chunker(self, principal: Principal) -> str:
        """Return the recipe of the chunker that was switched to; empty before that."""
        ...

    def chunkings(self, principal: Principal) -> list[StoredChunking]:
        """Return every chunker that has cut documents beside the one in use.

        Raises:
            NotAllowedError: The principal may only read.
        """
        ...

    def words(self, principal: Principal) -> "list[Word]":
        """Return the words of the base: what questions are looked for as, too.

        Raises:
            NotAllowedError: The principal may only read.
        """
        ...

    def documents(
        self,
        principal: Principal,
        *,
        where: Filter | None = None,
        page: Page = EVERY_PAGE,
    ) -> Iterator[StoredDocument]:
        """Yield what the principal may read, in the order of the sources.

        It is read some at a time, so that a large base takes no more memory; what is
        written meanwhile may be in it or not.

        Args:
            principal: Who asks.
            where: Only what passes; by sources it costs what it yields, whatever else
                the base holds.
            page: Only a part of it.
        """
        ...

    def items(
        self, principal: Principal, *, within: Sequence[str] | None = None
    ) -> Iterator[StoredItem]:
        """Yield what was noted of items, in the order of the sources.

        Only to the owner and to maintenance: who may read a file that gave no document
        is not known.

        Args:
            principal: Who asks.
            within: Only what is one of these sources, or lies inside one.
        """
        ...

    def recipes(self, principal: Principal) -> frozenset[str]:
        """Return how the documents that the principal may read were read and cut."""
        ...

    def document(self, principal: Principal, document_id: str) -> Document:
        """Return a document with its text.

        Raises:
            NotFoundError: There is none, or the principal may not read it.
            DamagedError: The stored text is not what was written.
        """
        ...

    def original(self, principal: Principal, document_id: str) -> bytes:
        """Return the bytes that a document was read from.

        Raises:
            NotFoundError: There is none, or the principal may not read it; or personal
                data is masked, and the principal is no owner, or nothing was kept.
            DamagedError: The stored bytes are not what was written.
        """
        ...

    def chunks(self, principal: Principal, document_id: str) -> list[Chunk]:
        """Return a document's chunks in reading order.

        Raises:
            NotFoundError: There is none, or the principal may not read it.
        """
        ...

    def vectors(self, principal: Principal, document_id: str) -> dict[str, Embedding]:
        """Return the vectors of a document's chunks, by the texts that were embedded.

        Of the model in use. What has none, is damaged, or was not placed is left out;
        empty where there is no such document. Each number is off by less than 0.00004
        of the largest; put again, a vector stays as it is.

        Raises:
            NotAllowedError: The principal does not own the base.
        """
        ...

    def status(self, principal: Principal) -> Status:
        """Count what the principal may read."""
        ...


class Search(Protocol):
    """A question beside one state of a base, within what the asker may read.

    Of both legs' hits `retrieving` makes one order. Chunks go by numbers that count
    only within this search. Nothing here depends on a document that the asker may not
    read.
    """

    @property
    def is_empty(self) -> bool:
        """Whether there is no term to look for, or nothing to read."""
        ...

    @property
    def also(self) -> tuple[str, ...]:
        """What is looked for as well, by the words of the base."""
        ...

    def has_vectors_of(self, model: Fingerprint) -> bool:
        """Tell whether the base can be searched by vectors of a model.

        Raises:
            OtherModelError: It has vectors, and they are of another.
        """
        ...

    def by_words(self, *, limit: int) -> list[WordHit]:
        """Return the best chunks by BM25, ties broken by chunk id."""
        ...

    def nearest(self, vector: "NDArray[np.float32]", *, limit: int) -> list[int]:
        """Return the nearest chunks by cosine, ties broken by chunk id.

        Args:
            vector: Of length 1 and the model's dimension.
            limit: How many at most.
        """
        ...

    def word_hits(self, numbers: Sequence[int]) -> dict[int, WordHit]:
        """Return what `by_words` says of chunks that `nearest` has brought."""
        ...

    def cosines(
        self, numbers: Sequence[int], vector: "NDArray[np.float32]"
    ) -> dict[int, tuple[float, float]]:
        """Return each chunk's cosine and how much of it the model knew, 0 to 1.

        Left out is what has no vector.
        """
        ...

    def vector(self, number: int) -> "NDArray[np.float32]":
        """Return the vector of a chunk that has a cosine."""
        ...

    def id_of(self, number: int) -> str:
        """Return the id of a chunk that either leg has brought."""
        ...

    def chunks(self, numbers: Sequence[int]) -> dict[int, Chunk]:
        """Return chunks by their numbers.

        Raises:
            DamagedError: One is not what was written.
        """
        ...

    def weights(self) -> dict[str, float]:
        """Return how telling each term of the question is among readable chunks."""
        ...

    def full_score(self) -> float:
        """Return about what a chunk would score that has all telling terms; above 0."""
        ...

    def suggestion(self) -> str:
        """Return the question with words put right that nothing readable has, or ''."""
        ...


class Store(Catalogue, Protocol):
    """One knowledge base: a catalogue whose chunks are found through two indexes."""

    @property
    def private_scores(self) -> bool:
        """Whether scores are computed over what the asker may read, and no more."""
        ...

    def writer(
        self, principal: Principal, *, purpose: str, wait: float = MOMENT
    ) -> AbstractContextManager[Writer]:
        """Become the one writer. Leaving commits, or drops what an error left behind.

        Args:
            principal: Who writes.
            purpose: What for, to tell others.
            wait: Seconds to wait for another to finish.

        Raises:
            BusyError: Another process or thread is writing all that time.
            NotAllowedError: The principal may only read.
        """
        ...

    def search(
        self, principal: Principal, question: str, *, where: Filter | None = None
    ) -> AbstractContextManager[Search]:
        """Hold a question beside the base as it is now.

        Args:
            principal: Who asks.
            question: Free text; one without any term finds nothing.
            where: Search only in documents that pass. How telling a word is, is still
                counted over all that the principal may read.

        Raises:
            StoreError: The base is damaged, or an index is not in reach.
        """
        ...

    def verify(self, principal: Principal) -> list[Finding]:
        """Check everything that is stored against everything else. Changes nothing.

        Raises:
            NotAllowedError: The principal may only read.
        """
        ...

    def rebuild(self, principal: Principal) -> None:
        """Write every index anew from the stored texts.

        Raises:
            BusyError: Another process is writing.
            NotAllowedError: The principal may only read.
        """
        ...

    def close(self) -> None:
        """Let go of files. The store cannot be used afterwards."""
        ...
