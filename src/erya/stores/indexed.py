"""A base: its catalogue, and two indexes that follow it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa
from typing_extensions import override

from erya.errors import BusyError, NewerFormatError, NotFoundError
from erya.filters import Filter
from erya.language import ANALYSIS, lexicon_of, query_terms
from erya.records import Fingerprint, Principal
from erya.stores import checking
from erya.stores.base import MOMENT, Finding, Search, Store, Writer
from erya.stores.catalogue import SqlCatalogue, schema
from erya.stores.catalogue.database import (
    Database,
    check_argument,
    deleted_meanwhile,
)
from erya.stores.catalogue.facts import facts_of
from erya.stores.catalogue.filtering import check_parts
from erya.stores.catalogue.reading import (
    ChunkSet,
    Scope,
    chunks_where,
    scope_of,
    stored_embedder,
    words_of,
)
from erya.stores.catalogue.writing import CatalogueWriter
from erya.stores.following import catch_up, go_ahead
from erya.stores.parts import BODY, EXACT, Indexes
from erya.stores.scoring import ReadableStats
from erya.stores.searching import IndexedSearch, SearchRequest, Snapshot

__all__ = ["IndexedStore"]

_PATIENCE = 30.0  # seconds that a reader waits for a writer to finish its commit
_PAUSE = 0.01
_STATS_KEPT = 1_000  # sets of readers
_FILTERS_KEPT = 16  # with the numbers of the chunks that pass


class IndexedStore(SqlCatalogue, Store):
    """One base: what the catalogue knows is found through the indexes."""

    def __init__(self, database: Database, indexes: Indexes) -> None:
        """Take the parts.

        Args:
            database: Tables that are made, and of this release's format.
            indexes: Of this base; whatever they lack is added to them.
        """
        super().__init__(database)
        self._indexes = indexes
        self._stats: dict[tuple[int, tuple[int, ...] | None], ReadableStats] = {}
        self._filtered: dict[tuple[int, tuple[int, ...] | None, Filter], ChunkSet] = {}
        self._embedders: dict[str, Fingerprint | None] = {}

    @property
    @override
    def private_scores(self) -> bool:
        return True

    @override
    def close(self) -> None:
        self._database.engine.dispose()

    @contextmanager
    @override
    def writer(
        self, principal: Principal, *, purpose: str, wait: float = MOMENT
    ) -> Iterator[Writer]:
        self._permit(principal, "write")
        self._check_still_there()
        # A reader that mends the index holds the lock for a moment, too.
        with self._database.hold(purpose=purpose, wait=wait):
            self._check_still_there()
            # What a crash or a damage left behind is mended first: readers could not do
            # it while the lock is ours.
            self._catch_up()
            writer = CatalogueWriter(
                self._database,
                principal=principal,
                ahead=self._go_ahead,
                follow=self._catch_up,
            )
            yield writer
            writer.commit()
            writer.finish()

    def _go_ahead(self, connection: sa.Connection) -> None:
        # Where another machine may commit the same number, an index that waits here
        # for a commit that never came would be taken for it.
        if not self._database.shared:
            go_ahead(connection, self._indexes)

    def _catch_up(self) -> None:
        with self._database.translate_errors():
            catch_up(self._database.engine, self._indexes)

    @contextmanager
    @override
    def search(
        self, principal: Principal, question: str, *, where: Filter | None = None
    ) -> Iterator[Search]:
        check_argument("A question", question, str)
        with self._snapshot() as snapshot:
            with self._database.translate_errors():
                connection = snapshot.connection
                terms = query_terms(question, lexicon_of(words_of(connection)))
                scope = scope_of(connection, principal, self._name)
                stats = self._readable(snapshot, scope)
                within = self._within(snapshot, scope, where)
            request = SearchRequest(question, terms, scope, stats, within)
            yield IndexedSearch(self._database, snapshot, request)

    @override
    def verify(self, principal: Principal) -> list[Finding]:
        self._permit(principal, "maintain")
        if self._database.shared:  # what another machine has written is no damage here
            with self._database.hold_here(purpose="catch up its index", wait=MOMENT):
                self._catch_up()
        return checking.verify(self._database, self._indexes)

    @override
    def rebuild(self, principal: Principal) -> None:
        self._permit(principal, "maintain")
        self._check_still_there()
        with self._database.hold(purpose="rebuild its index", wait=MOMENT):
            versions = schema.versions
            # As earlier releases left them.
            with self._database.transaction() as connection:
                connection.execute(
                    sa.update(versions)
                    .where(versions.c.superseded_at.is_not(None))
                    .values(title="", details={})
                )
                connection.execute(
                    sa.delete(schema.base).where(schema.base.c.key == "lost")
                )
            with self._database.translate_errors():
                catch_up(self._database.engine, self._indexes, anew=True)
            # What was deleted is overwritten in the file; now also in the log.
            self._database.drop_traces()

    @contextmanager
    def _snapshot(self) -> Iterator[Snapshot]:
        """Open the catalogue and the indexes at the same generation.

        While a writer commits they differ for whoever has them not open; after a crash
        they differ until somebody catches up, and that is then us.

        Raises:
            BusyError: A writer has not finished its commit for `_PATIENCE` seconds.
        """
        deadline = time.monotonic() + _PATIENCE
        while True:
            with self._database.transaction() as connection:
                facts = facts_of(connection)
                snapshot = self._open_snapshot(connection, facts)
                if snapshot is not None:
                    yield snapshot
                    return
            if time.monotonic() > deadline:
                raise BusyError(base=self._name, holder="somebody who never finishes")
            if self._has_moved_on(int(facts["generation"])):
                continue
            # Terms of another analysis are written into the catalogue itself.
            same = facts["analysis"] == ANALYSIS
            hold = self._database.hold_here if same else self._database.hold
            try:
                with hold(purpose="catch up its index"):
                    self._catch_up()
            except BusyError:
                time.sleep(_PAUSE)

    def _open_snapshot(
        self, connection: sa.Connection, facts: Mapping[str, str]
    ) -> Snapshot | None:
        """Return a snapshot of the transaction.

        None where an index is not at the generation of the catalogue.

        Raises:
            NewerFormatError: Other machines share the base, of a later release.
        """
        if self._database.shared and _is_later(facts["analysis"]):
            msg = (
                f"The base {self._name!r} has terms of a later release of Erya on "
                "another machine. Upgrade with: pip install -U erya"
            )
            raise NewerFormatError(msg)
        generation = int(facts["generation"])
        searcher = self._indexes.terms.searcher(generation)
        matrix = self._indexes.vectors.searcher(generation)
        if not searcher or not matrix or facts["analysis"] != ANALYSIS:
            return None
        embedder = self._embedder(connection, facts.get("embedder"))
        return Snapshot(connection, searcher, matrix, generation, embedder)

    def _has_moved_on(self, generation: int) -> bool:
        """Tell whether a writer has committed since: then the index may fit by now."""
        with self._database.transaction() as connection:
            return int(facts_of(connection)["generation"]) != generation

    def _check_still_there(self) -> None:
        """Refuse to write into a base that was deleted meanwhile.

        Raises:
            NotFoundError: It was.
        """
        if not self._database.still_there():
            raise NotFoundError(deleted_meanwhile(self._name))

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
        chunks = self._filtered.get(key)
        if chunks is None:
            chunks = ChunkSet(chunks_where(snapshot.connection, scope, where))
            # A new one in its place: other threads may be reading the old one.
            recent = [(k, v) for k, v in list(self._filtered.items()) if k[0] == key[0]]
            self._filtered = dict([*recent[1 - _FILTERS_KEPT :], (key, chunks)])
        return chunks

    def _readable(self, snapshot: Snapshot, scope: Scope) -> ReadableStats:
        key = (snapshot.generation, scope.label_sets)
        stats = self._stats.get(key)
        if stats is None:
            documents = schema.documents
            count, body, exact = snapshot.connection.execute(
                sa.select(
                    sa.func.coalesce(sa.func.sum(documents.c.chunks), 0),
                    sa.func.coalesce(sa.func.sum(documents.c.body_length), 0),
                    sa.func.coalesce(sa.func.sum(documents.c.exact_length), 0),
                ).where(scope.allows())
            ).one()
            stats = ReadableStats(
                chunks=count,
                # A field that is empty everywhere has no term to score, hence any
                # average above zero will do.
                averages={
                    BODY: body / count if body else 1.0,
                    EXACT: exact / count if exact else 1.0,
                },
            )
            # A new one in its place: other threads may be reading the old one.
            recent = [(k, v) for k, v in list(self._stats.items()) if k[0] == key[0]]
            self._stats = dict([*recent[-_STATS_KEPT:], (key, stats)])
        return stats


def _is_later(analysis: str) -> bool:
    """Tell whether terms are of a later release; numbers count the analyses."""
    return analysis.isdecimal() and int(analysis) > int(ANALYSIS)
