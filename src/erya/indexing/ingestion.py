"""One run over a source."""

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Final, NamedTuple

from erya.indexing.embedding import AT_ONCE, embed_chunks
from erya.language import WrittenTerms
from erya.metadata import given_suffix, without_given
from erya.models import EmbeddingModel, fingerprint_of
from erya.records import (
    Chunk,
    Document,
    Item,
    Notice,
    Problem,
    Unchanged,
    is_under,
)
from erya.stores import DocumentWriter, Embedding, StoredDocument, StoredItem

__all__ = [
    "IngestReport",
    "Ingestion",
    "PipelineVersion",
    "Stored",
    "is_unchanged",
    "known_of",
]

_NOTHING_GIVEN: Final[Mapping[str, str]] = MappingProxyType({})
# A commit waits for the disk, whatever it holds; a crash loses what was not committed.
_COMMIT_DOCUMENTS = 1_000
_COMMIT_CHARACTERS = 8_000_000
_COMMIT_SECONDS = 1.0
_COMMIT_SHARE = 0.05  # of the time that committing may take
_UNFINISHED = "unfinished"  # the recipe of a file whose inside is not stored yet
_EMBED_AT_ONCE = 64  # chunks that are waited for, so that all cores have work


@dataclass(slots=True)
class IngestReport:
    """What a run did. Grows while it runs.

    Attributes:
        files: Files that were offered, whatever became of them.
        added: New documents stored.
        updated: Documents replaced, or given other readers.
        unchanged: Documents that were left as they are.
        removed: Documents whose files are gone.
        kept: Documents that were not seen, and stay: not all of a place could be
            looked at, or there is nothing in it.
        opened: Archives and mailboxes; what is in them is counted by itself.
        bytes: The bytes that were offered.
        pages: Pages, slides and sheets that were read.
        formats: How many documents of each kind were read, by media type.
        doubtful: What should be known of how documents were read, by their sources.
        skipped: What was rightly passed over.
        failed: What should have worked; what was stored of it before stays.
        cut: Passages longer than the embedding model reads: their ends are found by
            their words alone.
        seconds: How long it took.
    """

    files: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    kept: int = 0
    opened: int = 0
    bytes: int = 0
    pages: int = 0
    formats: dict[str, int] = field(default_factory=dict)
    doubtful: list[tuple[str, Notice]] = field(default_factory=list)
    skipped: list[Problem] = field(default_factory=list)
    failed: list[Problem] = field(default_factory=list)
    cut: int = 0
    seconds: float = 0.0


class PipelineVersion(NamedTuple):
    """How files are read and cut.

    Attributes:
        text: What documents of another recipe are redone for.
        capabilities: What files can be read with: what gave no text, or a doubtful one,
            is read again when there is more.
        given: What the team says of the documents; None keeps what it has said.
    """

    text: str
    capabilities: str = ""
    given: Mapping[str, str] | None = None

    @property
    def reading(self) -> str:
        """Text and capabilities, as files are noted with."""
        return f"{self.text}|{self.capabilities}"

    def covers(self, recipe: str) -> bool:
        """Tell whether a document of a recipe is as this run would make it."""
        if self.given is None:
            return without_given(recipe) == self.text
        return recipe == self.text_with(self.given)

    def covers_note(self, recipe: str) -> bool:
        """Tell whether a file that was noted with a recipe is read as it would be."""
        if self.given is None:
            return without_given(recipe) == self.reading
        return recipe == self.reading_with(self.given)

    def text_with(self, given: Mapping[str, str]) -> str:
        """Return the recipe of a document that has such metadata given."""
        return f"{self.text}{given_suffix(given)}"

    def reading_with(self, given: Mapping[str, str]) -> str:
        """Return what a file is noted with that has such metadata given."""
        return f"{self.text_with(given)}|{self.capabilities}"


class Stored(NamedTuple):
    """What a base holds when a run begins.

    Attributes:
        documents: Its documents.
        items: What was noted of files.
        vectors_of: Returns the vectors that the texts of a document have, by its id:
            what did not change in it is not embedded again, unless all is read again.
    """

    documents: Iterable[StoredDocument]
    items: Iterable[StoredItem] = ()
    vectors_of: Callable[[str], Mapping[str, Embedding]] = lambda _: {}


def known_of(
    stored: Stored, *, version: PipelineVersion, force: bool
) -> dict[str, Mapping[str, str]]:
    """Return everything that was read before, with the validators that still hold.

    Args:
        stored: What a base holds.
        version: How files would be read: files that were read otherwise are read anew.
        force: Whether unchanged files are read again.
    """
    validators: dict[str, Mapping[str, str]] = {
        each.source: {} for each in stored.documents
    }
    opened = set()
    for item in stored.items:
        holds = version.covers_note(item.recipe) and not force
        validators[item.source] = item.validators if holds else {}
        if item.parts:
            opened.add(item.source)
    # No source offers what is inside of a file.
    return {
        source: value for source, value in validators.items() if _lies(source, opened)
    }


def _lies(source: str, opened: Set[str]) -> bool:
    """Tell whether a file lies in its place by itself, and not inside of another."""
    while source:
        source = source.rpartition("/")[0]
        if source in opened:
            return False
    return True


def is_unchanged(
    item: Item,
    *,
    noted: StoredItem | None,
    stored: StoredDocument | None,
    version: PipelineVersion,
) -> bool:
    """Tell whether a file was read before, as it is and as it would be now.

    The one place where that is decided, for a run and for what it would do.

    Args:
        item: The file as it is offered.
        noted: What is noted of it.
        stored: The document that it became.
        version: How files are read and cut now.
    """
    if noted is not None and noted.content_hash == item.content_hash:
        return version.covers_note(noted.recipe)
    return (
        stored is not None
        and version.covers(stored.recipe)
        and stored.content_hash == item.content_hash
    )


class _Read(NamedTuple):
    """A document that waits for its vectors."""

    document: Document
    chunks: Sequence[Chunk]
    original: bytes | None
    terms: Sequence[WrittenTerms] | None
    recipe: str


class Ingestion:
    """Decides what of a source is stored, and stores it in batches.

    Use the methods in the order in which they stand.
    """

    def __init__(
        self,
        writer: DocumentWriter,
        stored: Stored,
        *,
        recipe: PipelineVersion,
        roots: Sequence[str],
        readers: frozenset[str] | None,
        force: bool = False,
        model: EmbeddingModel | None = None,
    ) -> None:
        """Begin a run.

        Args:
            writer: Where to store.
            stored: Everything in the base.
            recipe: How this run reads and cuts.
            roots: What the source covers.
            readers: Who may read what is offered; None keeps those a document has.
            force: Read unchanged files again.
            model: Embeds the chunks; None leaves them to be found by their words.

        Raises:
            ModelError: The model cannot be reached.
            OtherModelError: The base holds vectors of another model.
        """
        self.report = IngestReport()
        self._writer = writer
        self._stored = {document.source: document for document in stored.documents}
        self._items = {item.source: item for item in stored.items}
        self._sources = sorted({*self._stored, *self._items})
        self._version = recipe
        self._roots = roots
        self._readers = readers
        self._force = force
        self._seen: set[str] = set()
        self._noted: set[str] = set()
        self._open_files: list[StoredItem] = []  # what is inside is still read
        self._gone: list[str] = []  # whatever else could be seen
        self._kept: list[str] = []  # what failed: what was in it before stays
        self._began = self._committed = time.monotonic()
        self._documents = self._characters = 0
        self._pause = _COMMIT_SECONDS
        self._model = model
        self._vectors_of = stored.vectors_of
        self._waiting: list[_Read] = []
        self._chunks_waiting = 0
        if model is not None:
            fingerprint = fingerprint_of(model)
            writer.use_embedder(fingerprint)
            self._dimension = fingerprint.dimension

    def recognise(self, documents: Iterable[StoredDocument]) -> None:
        """Learn of further documents that the base holds."""
        self._stored.update((document.source, document) for document in documents)

    def changed(self, offered: Iterable[Item | Problem | Unchanged]) -> Iterator[Item]:
        """Yield the items that have to be read; note everything else."""
        for item in offered:
            self.report.files += 1
            if isinstance(item, Problem):
                self.note(item)
                continue
            if isinstance(item, Item):
                self.report.bytes += len(item.data)
                if self._force or not self._is_same(item):
                    yield item
                    continue
            self._leave(item.source)
            stored = self._items.get(item.source)
            if stored is not None and stored.parts:
                for inner in self._inside(item.source):
                    self.report.files += 1
                    self._leave(inner)

    def _leave(self, source: str) -> None:
        """Leave a file as it is, but for its readers; report again what was noted."""
        self._seen.add(source)
        if source in self._items:
            self._note_again(self._items[source])
        if source in self._stored:
            if not self._relabel(source):
                self.report.unchanged += 1
        elif source in self._items and not self._items[source].code:
            self.report.opened += 1

    def _relabel(self, source: str) -> bool:
        """Give a document the readers of this run; tell whether it had others."""
        old = self._stored.get(source)
        if old is None or self._readers is None or old.readers == self._readers:
            return False
        self._writer.relabel(old.id, self._readers)
        self.report.updated += 1
        self._count(0)
        return True

    def _note_again(self, stored: StoredItem) -> None:
        self.report.doubtful += [(stored.source, notice) for notice in stored.notices]
        if stored.code:
            self._report(
                Problem(
                    source=stored.source,
                    code=stored.code,
                    message=stored.message,
                    failed=stored.failed,
                )
            )

    def _inside(self, source: str) -> list[str]:
        """Return what is noted or stored of the files directly or deeper in a file."""
        below = f"{source}/"
        # They stand together; what follows them begins with a sign after the slash.
        first = bisect_left(self._sources, below)
        last = bisect_left(self._sources, f"{source}0", first)
        return [s for s in self._sources[first:last] if s not in self._seen]

    def known(self) -> dict[str, Mapping[str, str]]:
        """Return all that was read before, as a source wants to know it."""
        stored = Stored(self._stored.values(), self._items.values())
        return known_of(stored, version=self._version, force=self._force)

    def readers_of(self, item: Item, *, default: frozenset[str]) -> frozenset[str]:
        """Return who may read `item`: as this run says, as before, or `default`.

        A file that was moved or copied inside of the source is for those who may read
        all that is stored there of the same bytes.
        """
        if self._readers is not None:
            return self._readers
        old = self._stored.get(item.source) or self._stored.get(item.inside)
        if old is not None:
            return old.readers
        return self._same_bytes.get(item.content_hash) or default

    @property
    def given(self) -> Mapping[str, str] | None:
        """What the team says of what is offered; None keeps what it has said."""
        return self._version.given

    def stored(self, item: Item) -> StoredDocument | None:
        """Return the document that a file has become before; None if it is new."""
        return self._stored.get(item.source)

    @cached_property
    def _same_bytes(self) -> dict[str, frozenset[str]]:
        readers_by_hash: dict[str, frozenset[str]] = {}
        for document in self._stored.values():
            if any(is_under(document.source, root) for root in self._roots):
                readers = readers_by_hash.get(document.content_hash, document.readers)
                readers_by_hash[document.content_hash] = readers & document.readers
        return readers_by_hash

    def opened(
        self,
        item: Item,
        *,
        parts: int = 0,
        notices: Sequence[Notice] = (),
        given: Mapping[str, str] = _NOTHING_GIVEN,
    ) -> None:
        """Note how a file was read.

        Args:
            item: The file.
            parts: How many files were inside.
            notices: What was noticed.
            given: What the team says of it.
        """
        self._close_files(item.source)
        self._seen.add(item.source)
        self.report.doubtful += [(item.source, notice) for notice in notices]
        if parts or notices or item.validators:
            noted = StoredItem(
                source=item.source,
                content_hash=item.content_hash,
                recipe=self._version.reading_with(given),
                parts=parts,
                notices=tuple(notices),
                validators=item.validators,
            )
            if parts:
                # Until all that is inside is stored, it counts as never read.
                self._open_files.append(noted)
                noted = replace(noted, recipe=_UNFINISHED)
            self._writer.note(noted)
        elif item.source in self._items:
            self._writer.forget(item.source)

    def _close_files(self, source: str = "") -> None:
        """Note that files are done, once the next item is not inside of them."""
        while self._open_files and not is_under(source, self._open_files[-1].source):
            self._put_waiting()
            self._writer.note(self._open_files.pop())

    def store(
        self,
        document: Document,
        chunks: Sequence[Chunk],
        *,
        original: bytes | None,
        terms: Sequence[WrittenTerms] | None = None,
        given: Mapping[str, str] = _NOTHING_GIVEN,
    ) -> None:
        """Store a document, now or with the documents that follow.

        Args:
            document: The document.
            chunks: What it was cut into.
            original: The bytes that are kept of it.
            terms: Those of each chunk, where they are known.
            given: What the team says of it; its metadata has that already.

        Raises:
            ModelError: The chunks cannot be embedded; nothing of them is stored.
        """
        recipe = self._version.text_with(given)
        self._waiting.append(_Read(document, chunks, original, terms, recipe))
        self._chunks_waiting += len(chunks)
        if self._chunks_waiting >= _EMBED_AT_ONCE:
            self._put_waiting()
        self._seen.add(document.source)
        if document.source in self._stored:
            self.report.updated += 1
        else:
            self.report.added += 1
        self._count(len(document.text))

    def note(self, problem: Problem, item: Item | None = None) -> None:
        """Note what is not stored. After a failure, what was stored before stays.

        Args:
            problem: Why.
            item: Its bytes, if they could be read: unless they change, they are not
                read again.
        """
        self._close_files(problem.source)
        if problem.failed and (
            problem.source in self._stored or self._inside(problem.source)
        ):
            message = problem.message.rstrip(".")
            message = f"{message}. What was read of it before stays."
            problem = replace(problem, message=message)
        self._report(problem)
        if item is not None or problem.failed:
            self._noted.add(problem.source)
            self._writer.note(
                StoredItem(
                    source=problem.source,
                    content_hash=item.content_hash if item else "",
                    recipe=self._version.reading_with(self._version.given or {}),
                    code=problem.code,
                    message=problem.message,
                    failed=problem.failed,
                    validators=item.validators if item else {},
                )
            )
        # An archive that was left half open: its last note tells so as well.
        self._open_files = [
            replace(
                each,
                code=problem.code,
                message=problem.message,
                failed=problem.failed,
            )
            if each.source == problem.source
            else each
            for each in self._open_files
        ]

    def _report(self, problem: Problem) -> None:
        if problem.failed:
            self.report.failed.append(problem)
            self._kept.append(problem.source)
            # What was stored of it, and of what is inside, stays; for other readers, if
            # this run says so.
            for source in (problem.source, *self._inside(problem.source)):
                self._relabel(source)
            self._seen.add(problem.source)
        else:
            self.report.skipped.append(problem)
            if problem.gone and problem.source in self._stored:
                self._gone.append(problem.source)

    def finish(
        self, roots: Sequence[str], *, complete: Callable[[str], bool]
    ) -> IngestReport:
        """Remove what has vanished, commit the rest, and return the report.

        Args:
            roots: What the source covers.
            complete: Tells whether all of a root was seen; what is missing under
                another root may only be out of sight.
        """
        self._close_files()
        whole = [root for root in roots if complete(root)]
        for source in dict.fromkeys([*self.vanished(whole), *self._gone]):
            if source in self._stored:
                self._writer.remove(self._stored[source].id)
                self.report.removed += 1
            if source in self._items and source not in self._noted:
                self._writer.forget(source)
        parts = [root for root in roots if root not in whole]
        self._seen.update(self._gone)
        self.report.kept = sum(1 for s in self.vanished(parts) if s in self._stored)
        self._commit()
        self._embed_what_has_no_vector()
        self.report.seconds = round(time.monotonic() - self._began, 3)
        return self.report

    def vanished(self, roots: Sequence[str]) -> Iterator[str]:
        """Yield the sources under `roots` that were known and are not offered."""
        for source in {**self._stored, **self._items}:
            if (
                source not in self._seen
                and any(is_under(source, root) for root in roots)
                and not any(is_under(source, kept) for kept in self._kept)
            ):
                yield source

    def _is_same(self, item: Item) -> bool:
        return is_unchanged(
            item,
            noted=self._items.get(item.source),
            stored=self._stored.get(item.source),
            version=self._version,
        )

    def _count(self, characters: int) -> None:
        """Commit when enough has gathered."""
        self._documents += 1
        self._characters += characters
        if (
            self._documents >= _COMMIT_DOCUMENTS
            or self._characters >= _COMMIT_CHARACTERS
            or time.monotonic() - self._committed >= self._pause
        ):
            self._commit()

    def _commit(self) -> None:
        self._put_waiting()
        began = time.monotonic()
        self._writer.commit()
        self._documents = self._characters = 0
        self._committed = time.monotonic()
        took = self._committed - began
        self._pause = max(_COMMIT_SECONDS, took / _COMMIT_SHARE)

    def _put_waiting(self) -> None:
        """Embed what waits in one go, so that all cores have something to do."""
        waiting, self._waiting, self._chunks_waiting = self._waiting, [], 0
        embeddings = self._embed_anew(waiting)
        for document, chunks, original, terms, recipe in waiting:
            own, embeddings = embeddings[: len(chunks)], embeddings[len(chunks) :]
            self._writer.put(
                document,
                chunks,
                original=original,
                recipe=recipe,
                embeddings=own if self._model else None,
                terms=terms,
            )

    def _embed_anew(self, waiting: Sequence[_Read]) -> list[Embedding]:
        """Return the vectors of all chunks, those of texts that were there as kept."""
        if self._model is None:
            return []
        texts = [(r.document, c.indexed_text) for r in waiting for c in r.chunks]
        stored: dict[tuple[str, str], Embedding] = {}
        for document in [] if self._force else [read.document for read in waiting]:
            if document.source in self._stored:
                there = self._vectors_of(document.id).items()
                stored |= {(document.id, text): vector for text, vector in there}
        new = [(d, text) for d, text in texts if (d.id, text) not in stored]
        embedded = iter(self._embed([t for _, t in new], [d.source for d, _ in new]))
        return [stored.get((d.id, text)) or next(embedded) for d, text in texts]

    def _embed(self, texts: Sequence[str], sources: Sequence[str]) -> list[Embedding]:
        """Embed texts; those that the model refuses are reported by their documents."""
        if self._model is None or not texts:
            return []
        embedded = embed_chunks(self._model, texts, dimension=self._dimension)
        self.report.cut += embedded.cut
        for source in dict.fromkeys(sources[at] for at in embedded.refused):
            why = [w for at, w in embedded.refused.items() if sources[at] == source]
            message = (
                f"Passages of it that the embedding model refuses ({len(why)}) are "
                f"found by their words alone: {why[0]}"
            )
            self.report.doubtful.append((source, Notice("not_embedded", message)))
        return embedded.embeddings

    def _embed_what_has_no_vector(self) -> None:
        """Embed chunks of an earlier release, or of runs without a model."""
        if self._model is None:
            return
        while chunks := self._writer.unembedded(limit=AT_ONCE):
            embeddings = self._embed(
                [chunk.indexed_text for chunk in chunks],
                [chunk.source for chunk in chunks],
            )
            ids = [chunk.id for chunk in chunks]
            self._writer.embed(dict(zip(ids, embeddings, strict=True)))
            self._writer.commit()
