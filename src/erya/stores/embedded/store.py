"""The embedded store: what it reads, checks and repairs. `writing` changes it."""

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from typing_extensions import override

from erya.errors import BusyError, DamagedError, NotFoundError, StoreError
from erya.filters import Filter
from erya.language import ANALYSIS, Word, lexicon_of, query_terms
from erya.policy import EVERYTHING, Action, Role, labels, owns, permit
from erya.records import (
    Block,
    Chunk,
    Document,
    Evidence,
    Fingerprint,
    Hit,
    Notice,
    Principal,
    Span,
)
from erya.stores.base import (
    MOMENT,
    Embedding,
    Finding,
    Job,
    Status,
    Store,
    StoredChunking,
    StoredDocument,
    StoredEmbedder,
    StoredItem,
    VectorQuery,
    Writer,
)
from erya.stores.embedded import checking, chunkings, schema
from erya.stores.embedded.catching_up import Indexes, catch_up, facts_of
from erya.stores.embedded.database import (
    check_argument,
    create,
    engine_for,
    guarded,
    is_current,
    migrate,
    outside_transaction,
)
from erya.stores.embedded.filtering import check_parts, condition_of, lies_under
from erya.stores.embedded.hashes import document_hash
from erya.stores.embedded.lock import WriterLock
from erya.stores.embedded.reading import (
    ChunkSet,
    Scope,
    access_of,
    chunks_where,
    damaged,
    document_row,
    embedders_of,
    masked,
    other_model,
    passages,
    passages_of,
    recipes_of,
    scope_of,
    stored_embedder,
    terms_of,
    vectors_of,
    words_of,
)
from erya.stores.embedded.scoring import ReadableStats
from erya.stores.embedded.sealing import labels_of
from erya.stores.embedded.searching import Legs, Snapshot, passing_on
from erya.stores.embedded.spelling import respelled
from erya.stores.embedded.term_index import BODY, EXACT, TermIndex
from erya.stores.embedded.vector_index import VectorIndex
from erya.stores.embedded.writing import EmbeddedWriter

__all__ = ["EmbeddedStore"]

_PATIENCE = 30.0  # seconds that a reader waits for a writer to finish its commit
_PAUSE = 0.01
_JOBS_SHOWN = 10
_STATS_KEPT = 1_000  # sets of readers
_FILTERS_KEPT = 16  # with the numbers of the chunks that pass
_PLACES = frozenset(("sources", "enrich_names"))


class EmbeddedStore(Store):
    """One base in one folder."""

    def __init__(self, folder: Path, *, name: str) -> None:
        """Open the base; make it, or bring it to this release's format, as needed.

        Raises:
            BusyError: It has to be made or migrated, and somebody else is writing.
            NewerFormatError: A later release wrote it.
            StoreError: The folder cannot be used.
        """
        self._name = name
        self._lock = WriterLock(folder, base=name)
        self._engine = engine_for(folder / "base.sqlite")
        self._stats: dict[tuple[int, tuple[int, ...] | None], ReadableStats] = {}
        self._filtered: dict[tuple[int, tuple[int, ...] | None, Filter], ChunkSet] = {}
        self._embedders: dict[str, Fingerprint | None] = {}
        try:
            # Looked for first: another process may be making both.
            indexed = (folder / "terms" / "meta.json").exists()
            if not (folder / "base.sqlite").exists() or self._is_blank():
                _refuse_emptied(folder, name=name, indexed=indexed)
                self._create(folder)
            if not is_current(self._engine, name=name):
                with self._lock.held(purpose="migrate it"), guarded(name):
                    migrate(self._engine)
            self._indexes = self._indexes_in(folder)
            self._file = (folder / "base.sqlite").stat()
        except BaseException:
            self._engine.dispose()
            raise
        self._path = folder / "base.sqlite"

    def _create(self, folder: Path) -> None:
        try:
            _make_private(folder)
        except OSError as error:
            msg = (
                f"The folder {folder} cannot be made: {error.strerror or error}. "
                "Choose another home with --home or ERYA_HOME."
            )
            raise StoreError(msg) from None
        with (
            self._lock.held(purpose="create it", wait=_PATIENCE),
            guarded(self._name),
        ):
            # Two processes may both have found nothing; the second finds tables now.
            if self._is_blank():
                create(self._engine)
                catch_up(self._engine, self._indexes_in(folder))

    def _is_blank(self) -> bool:
        """Tell whether nothing was made yet, or a crash came before the first table."""
        with guarded(self._name), self._engine.connect() as connection:
            return not sa.inspect(connection).get_table_names()

    def _indexes_in(self, folder: Path) -> Indexes:
        with guarded(self._name), self._engine.connect() as connection:
            identity = facts_of(connection)["identity"]
        return Indexes(
            TermIndex(folder / "terms", identity=identity),
            VectorIndex(folder / "vectors", identity=identity),
        )

    @property
    @override
    def private_scores(self) -> bool:
        return True

    @override
    def close(self) -> None:
        self._engine.dispose()

    def _permit(self, principal: Principal, action: Action) -> None:
        """Let a principal do something in this base, or refuse.

        Raises:
            NotAllowedError: Their role in it does not allow that.
        """
        with guarded(self._name), self._engine.begin() as connection:
            access = access_of(connection, self._name)
        permit(principal, action, access)

    @override
    def grants(self, principal: Principal) -> dict[str, Role]:
        self._permit(principal, "maintain")
        with guarded(self._name), self._engine.begin() as connection:
            return dict(access_of(connection, self._name).grants)

    @override
    def profile(self, principal: Principal) -> dict[str, Any]:
        with guarded(self._name), self._engine.begin() as connection:
            stored = facts_of(connection).get("profile")
            owned = owns(principal, access_of(connection, self._name))
        profile: dict[str, Any] = json.loads(stored) if stored else {}
        return profile if owned else {k: profile[k] for k in profile.keys() - _PLACES}

    @contextmanager
    @override
    def writer(
        self, principal: Principal, *, purpose: str, wait: float = MOMENT
    ) -> Iterator[Writer]:
        self._permit(principal, "write")
        self._still_there()
        # A reader that mends the index holds the lock for a moment, too.
        with self._lock.held(purpose=purpose, wait=wait):
            self._still_there()
            # What a crash or a damage left behind is mended first: readers could not do
            # it while the lock is ours.
            with guarded(self._name):
                catch_up(self._engine, self._indexes)
            writer = EmbeddedWriter(
                self._engine, self._indexes, principal=principal, name=self._name
            )
            yield writer
            writer.commit()
            writer.finish()

    @override
    def embedder(self, principal: Principal) -> Fingerprint | None:
        with guarded(self._name), self._engine.begin() as connection:
            return stored_embedder(connection)

    @override
    def embedders(self, principal: Principal) -> list[StoredEmbedder]:
        self._permit(principal, "maintain")
        vectors = schema.vectors
        with guarded(self._name), self._engine.begin() as connection:
            counted = connection.execute(
                sa.select(vectors.c.embedder, sa.func.count()).group_by(
                    vectors.c.embedder
                )
            )
            counts = {int(number): int(count) for number, count in counted}
            chunks = connection.scalar(
                sa.select(sa.func.count()).select_from(schema.chunks)
            )
            facts = facts_of(connection)
            current = facts.get("embedder")
            known = embedders_of(connection)
        return [
            StoredEmbedder(
                fingerprint=one,
                current=str(number) == current,
                previous=str(number) == facts.get("embedder_before"),
                vectors=counts.get(number, 0),
                missing=(chunks or 0) - counts.get(number, 0),
            )
            for number, one in sorted(known.items())
            if counts.get(number) or str(number) == current
        ]

    @override
    def chunker(self, principal: Principal) -> str:
        with guarded(self._name), self._engine.begin() as connection:
            return facts_of(connection).get("chunker", "")

    @override
    def chunkings(self, principal: Principal) -> list[StoredChunking]:
        self._permit(principal, "maintain")
        with guarded(self._name), self._engine.begin() as connection:
            return chunkings.staged(connection)

    @override
    def words(self, principal: Principal) -> list[Word]:
        self._permit(principal, "maintain")
        with guarded(self._name), self._engine.begin() as connection:
            return words_of(connection)

    @override
    def search(
        self,
        principal: Principal,
        question: str,
        *,
        limit: int,
        vectors: VectorQuery | None = None,
        where: Filter | None = None,
    ) -> Evidence:
        check_argument("A question", question, str)
        check_argument("A limit", limit, int)
        with passing_on(), guarded(self._name), self._snapshot() as snapshot:
            asked = query_terms(question, lexicon_of(words_of(snapshot.connection)))
            scope = scope_of(snapshot.connection, principal, self._name)
            stats = self._readable(snapshot, scope)
            if not stats.chunks or not asked.body:
                return Evidence(hits=(), weights={})
            within = self._within(snapshot, scope, where)
            legs = Legs(snapshot, scope, asked=asked, stats=stats, within=within)
            if vectors is None or snapshot.embedder is None:
                found = legs.by_words(limit=limit)
            elif not snapshot.embedder.agrees(vectors.model):
                raise other_model(self._name, snapshot.embedder, vectors.model)
            else:
                found = legs.by_both(vectors, limit=limit)
            chunks = passages_of(
                snapshot.connection, scope, [hit.number for hit in found]
            )
            weights = legs.term_weights()
            suggestion = respelled(
                question,
                snapshot.searcher,
                partial(terms_of, snapshot.connection, scope),
                label_sets=scope.label_sets,
            )
        hits = tuple(
            Hit(
                chunk=chunks[hit.number],
                score=hit.score,
                ranks=hit.ranks,
                scores=hit.scores,
                weights=hit.weights,
                telling=hit.telling,
            )
            for hit in found
        )
        return Evidence(
            hits=hits, weights=weights, also=asked.also, suggestion=suggestion
        )

    @override
    def documents(
        self, principal: Principal, *, where: Filter | None = None
    ) -> Iterator[StoredDocument]:
        documents, versions = schema.documents, schema.versions
        every = versions.alias()
        so_far = (
            sa.select(sa.func.count())
            .where(every.c.document == documents.c.number)
            .correlate(documents)
            .scalar_subquery()
        )
        # Of every other role it is not read: the structure of long documents is long.
        with guarded(self._name), self._engine.begin() as connection:
            private = (
                sa.false()
                if owns(principal, access_of(connection, self._name))
                else versions.c.structure["private"].as_boolean()
            )
            scope = scope_of(connection, principal, self._name)
            sets = labels_of(connection)
            rows = connection.execute(
                sa.select(
                    documents.c.id,
                    documents.c.source,
                    documents.c.label_set,
                    documents.c.chunks,
                    versions.c.title,
                    versions.c.content_hash,
                    versions.c.recipe,
                    versions.c.media_type,
                    versions.c.language,
                    versions.c.added_at,
                    private,
                    so_far,
                )
                .join(versions, versions.c.number == documents.c.version)
                .where(scope.allows(), condition_of(where))
                .order_by(documents.c.source)
            )
            found = [_stored_document(tuple(row), sets) for row in rows]
        yield from found

    @override
    def items(
        self, principal: Principal, *, within: Sequence[str] | None = None
    ) -> Iterator[StoredItem]:
        table = schema.items
        inside = sa.true() if within is None else lies_under(table.c.source, within)
        with guarded(self._name), self._engine.begin() as connection:
            access = access_of(connection, self._name)
            if labels(principal, access) is not EVERYTHING:
                return
            rows = connection.execute(
                sa.select(table).where(inside).order_by(table.c.source)
            ).mappings()
            found = [
                StoredItem(
                    **{
                        **row,
                        "failed": bool(row["failed"]),
                        "notices": tuple(Notice(*each) for each in row["notices"]),
                    }
                )
                for row in rows
            ]
        yield from found

    @override
    def recipes(self, principal: Principal) -> frozenset[str]:
        with guarded(self._name), self._engine.begin() as connection:
            scope = scope_of(connection, principal, self._name)
            return recipes_of(connection, scope)

    @override
    def document(self, principal: Principal, document_id: str) -> Document:
        check_argument("The id of a document", document_id, str)
        with guarded(self._name), self._engine.begin() as connection:
            row = document_row(connection, principal, document_id, name=self._name)
            is_owner = owns(principal, access_of(connection, self._name))
        found = document_hash(
            title=row["title"],
            text=row["text"],
            structure=row["structure"],
            details=row["details"],
        )
        if found != row["hash"]:
            raise damaged(row["source"])
        structure = row["structure"]
        return Document(
            id=row["id"],
            source=row["source"],
            title=row["title"],
            text=row["text"],
            blocks=tuple(
                Block(
                    kind=kind, start=start, end=end, level=level, omitted="".join(why)
                )
                for kind, start, end, level, *why in structure["blocks"]
            ),
            pages=tuple(Span(start, end) for start, end in structure["pages"]),
            language=row["language"],
            media_type=row["media_type"],
            metadata=row["details"],
            readers=row["readers"],
            content_hash=(
                ""
                if row["structure"].get("private") and not is_owner
                else row["content_hash"]
            ),
            masked=tuple(Span(*span) for span in structure.get("masked", ())),
            private_original=bool(structure.get("private")),
        )

    @override
    def original(self, principal: Principal, document_id: str) -> bytes:
        check_argument("The id of a document", document_id, str)
        with guarded(self._name), self._engine.begin() as connection:
            row = document_row(connection, principal, document_id, name=self._name)
            access = access_of(connection, self._name)
            if row["structure"].get("private") and not owns(principal, access):
                raise masked(row["source"])
            data = connection.scalar(
                sa.select(schema.originals.c.data).where(
                    schema.originals.c.hash == row["content_hash"]
                )
            )
        if data is None and row["structure"].get("private"):
            raise masked(row["source"])
        if data is None or hashlib.sha256(data).hexdigest() != row["content_hash"]:
            raise damaged(row["source"])
        return bytes(data)

    @override
    def chunks(self, principal: Principal, document_id: str) -> list[Chunk]:
        check_argument("The id of a document", document_id, str)
        with guarded(self._name), self._engine.begin() as connection:
            row = document_row(connection, principal, document_id, name=self._name)
            scope = scope_of(connection, principal, self._name)
            found = passages(connection, scope, schema.documents.c.id == row["id"])
        return sorted(found.values(), key=lambda chunk: chunk.start)

    @override
    def vectors(self, principal: Principal, document_id: str) -> dict[str, Embedding]:
        import numpy as np  # noqa: PLC0415 - a base without vectors needs none

        self._permit(principal, "maintain")
        check_argument("The id of a document", document_id, str)
        with guarded(self._name), self._engine.begin() as connection:
            found = vectors_of(connection, document_id)
        return {
            text: Embedding(np.frombuffer(data, "<f4"), known)
            for text, (known, data) in found.items()
        }

    @override
    def status(self, principal: Principal) -> Status:
        documents, versions = schema.documents, schema.versions
        with guarded(self._name), self._engine.begin() as connection:
            scope = scope_of(connection, principal, self._name)
            count, chunks, characters = connection.execute(
                sa.select(
                    sa.func.count(),
                    sa.func.coalesce(sa.func.sum(documents.c.chunks), 0),
                    sa.func.coalesce(sa.func.sum(versions.c.characters), 0),
                )
                .select_from(documents)
                .join(versions, versions.c.number == documents.c.version)
                .where(scope.allows())
            ).one()
            jobs = schema.jobs
            latest = sa.select(jobs).order_by(jobs.c.number.desc()).limit(_JOBS_SHOWN)
            rows = (
                connection.execute(latest).mappings().all()
                if labels(principal, access_of(connection, self._name)) is EVERYTHING
                else []
            )
        return Status(
            documents=count,
            chunks=chunks,
            characters=characters,
            jobs=tuple(Job(**row) for row in rows),
        )

    @override
    def verify(self, principal: Principal) -> list[Finding]:
        self._permit(principal, "maintain")
        return checking.verify(self._engine, self._indexes)

    @override
    def rebuild(self, principal: Principal) -> None:
        self._permit(principal, "maintain")
        self._still_there()
        with (
            self._lock.held(purpose="rebuild its index", wait=MOMENT),
            guarded(self._name),
        ):
            versions = schema.versions
            with self._engine.begin() as connection:  # as earlier releases left them
                connection.execute(
                    sa.update(versions)
                    .where(versions.c.superseded_at.is_not(None))
                    .values(title="", details={})
                )
                connection.execute(
                    sa.delete(schema.base).where(schema.base.c.key == "lost")
                )
            catch_up(self._engine, self._indexes, anew=True)
            # What was deleted is overwritten in the file; now also in the log.
            outside_transaction(self._engine, "PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _snapshot(self) -> Iterator[Snapshot]:
        """Open SQLite and the indexes at the same generation.

        Between the two commits of a writer they differ for a moment; after a crash they
        differ until somebody catches up, and that is then us.

        Raises:
            BusyError: A writer has not finished its commit for `_PATIENCE` seconds.
        """
        deadline = time.monotonic() + _PATIENCE
        while True:
            with self._engine.begin() as connection:
                facts = facts_of(connection)
                generation = int(facts["generation"])
                searcher = self._indexes.terms.searcher(generation)
                matrix = self._indexes.vectors.matrix(generation)
                if searcher and matrix and facts["analysis"] == ANALYSIS:
                    embedder = self._embedder(connection, facts.get("embedder"))
                    yield Snapshot(connection, searcher, matrix, generation, embedder)
                    return
            if time.monotonic() > deadline:
                raise BusyError(base=self._name, holder="somebody who never finishes")
            if self._has_moved_on(generation):
                continue
            try:
                with self._lock.held(purpose="catch up its index"):
                    catch_up(self._engine, self._indexes)
            except BusyError:
                time.sleep(_PAUSE)

    def _has_moved_on(self, generation: int) -> bool:
        """Tell whether a writer has committed since: then the index may fit by now."""
        with self._engine.connect() as connection:
            return int(facts_of(connection)["generation"]) != generation

    def _still_there(self) -> None:
        """Refuse to write into a base that was deleted meanwhile.

        Raises:
            NotFoundError: It was.
        """
        try:
            found = self._path.stat()
        except OSError:
            found = None
        if found is None or not os.path.samestat(found, self._file):
            msg = f"The base {self._name!r} was deleted meanwhile. Open it again."
            raise NotFoundError(msg)

    def _embedder(
        self, connection: sa.Connection, number: str | None
    ) -> Fingerprint | None:
        """Return the model with a number, which stays what it is."""
        if number is None:
            return None
        if number not in self._embedders:
            self._embedders[number] = stored_embedder(connection)
        return self._embedders[number]

    def _within(
        self, snapshot: Snapshot, scope: Scope, where: Filter | None
    ) -> ChunkSet | None:
        """Return the readable chunks that pass a filter; None where there is none."""
        if where is None:
            return None
        check_parts(where)  # before it is a key: one without end has no hash
        key = (snapshot.generation, scope.label_sets, where)
        held = self._filtered.get(key)
        if held is None:
            held = ChunkSet(chunks_where(snapshot.connection, scope, where))
            # A new one in its place: other threads may be reading the old one.
            kept = [(k, v) for k, v in list(self._filtered.items()) if k[0] == key[0]]
            self._filtered = dict([*kept[1 - _FILTERS_KEPT :], (key, held)])
        return held

    def _readable(self, snapshot: Snapshot, scope: Scope) -> ReadableStats:
        key = (snapshot.generation, scope.label_sets)
        held = self._stats.get(key)
        if held is None:
            documents = schema.documents
            count, body, exact = snapshot.connection.execute(
                sa.select(
                    sa.func.coalesce(sa.func.sum(documents.c.chunks), 0),
                    sa.func.coalesce(sa.func.sum(documents.c.body_length), 0),
                    sa.func.coalesce(sa.func.sum(documents.c.exact_length), 0),
                ).where(scope.allows())
            ).one()
            held = ReadableStats(
                chunks=count,
                # A field that is empty everywhere has no term to score, hence any
                # average above zero will do.
                averages={
                    BODY: body / count if body else 1.0,
                    EXACT: exact / count if exact else 1.0,
                },
            )
            # A new one in its place: other threads may be reading the old one.
            kept = [(k, v) for k, v in list(self._stats.items()) if k[0] == key[0]]
            self._stats = dict([*kept[-_STATS_KEPT:], (key, held)])
        return held


def _stored_document(
    row: tuple[Any, ...], sets: Mapping[int, frozenset[str]]
) -> StoredDocument:
    (
        document_id, source, label_set, chunks, title, content_hash, recipe,
        media_type, language, added_at, private, version,
    ) = row  # fmt: skip
    return StoredDocument(
        id=document_id,
        source=source,
        title=title,
        content_hash="" if private else content_hash,
        recipe=recipe,
        readers=sets[label_set],
        chunks=chunks,
        media_type=media_type,
        language=language,
        added_at=added_at,
        version=version,
    )


def _refuse_emptied(folder: Path, *, name: str, indexed: bool) -> None:
    """Make no new base where one was lost.

    Raises:
        DamagedError: There are indexes of one.
    """
    if not indexed:
        return
    msg = (
        f"The file {folder / 'base.sqlite'} of the base {name!r} is empty or gone, but "
        "the indexes of a base lie beside it: something has emptied it. Put it back "
        "from a backup, or move the folder away and ingest the documents again."
    )
    raise DamagedError(msg)


def _make_private(folder: Path) -> None:
    """Make the folder of a base, which nobody else on the machine may enter."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.mkdir(exist_ok=True, mode=0o700)
