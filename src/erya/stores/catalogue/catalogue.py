"""The catalogue of a base: everything that is known of it, in the tables of an engine.

The same SQL runs on SQLite and on PostgreSQL; `dialects` has what differs.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from typing_extensions import override

from erya.filters import Filter
from erya.language import Word
from erya.policy import EVERYTHING, Action, Role, labels, owns, permit
from erya.records import Block, Chunk, Document, Fingerprint, Notice, Principal, Span
from erya.stores.base import (
    EVERY_PAGE,
    Catalogue,
    Embedding,
    Job,
    Page,
    Status,
    StoredChunking,
    StoredDocument,
    StoredEmbedder,
    StoredItem,
)
from erya.stores.catalogue import chunkings, schema
from erya.stores.catalogue.database import Database, check_argument
from erya.stores.catalogue.facts import embedder_of, facts_of
from erya.stores.catalogue.filtering import condition_of, lies_under
from erya.stores.catalogue.hashes import document_hash
from erya.stores.catalogue.reading import (
    access_of,
    damaged,
    document_row,
    embedders_of,
    masked,
    passages,
    recipes_of,
    scope_of,
    stored_embedder,
    vectors_of,
    words_of,
)
from erya.stores.catalogue.sealing import labels_of
from erya.stores.quantization import decode, of_length_1, unpack

__all__ = ["SqlCatalogue"]

_JOBS_SHOWN = 10
_ROWS_AT_ONCE = 1_000
_PLACES = frozenset(("sources", "enrich_names"))


class SqlCatalogue(Catalogue):
    """One base in the tables of a database."""

    def __init__(self, database: Database) -> None:
        """Take tables that are made, and of this release's format."""
        self._database = database
        self._name = database.name

    def _permit(self, principal: Principal, action: Action) -> None:
        """Let a principal do something in this base, or refuse.

        Raises:
            NotAllowedError: Their role in it does not allow that.
        """
        with self._database.transaction() as connection:
            access = access_of(connection, self._name)
        permit(principal, action, access)

    @override
    def grants(self, principal: Principal) -> dict[str, Role]:
        self._permit(principal, "maintain")
        with self._database.transaction() as connection:
            return dict(access_of(connection, self._name).grants)

    @override
    def profile(self, principal: Principal) -> dict[str, Any]:
        with self._database.transaction() as connection:
            stored = facts_of(connection).get("profile")
            owned = owns(principal, access_of(connection, self._name))
        profile: dict[str, Any] = json.loads(stored) if stored else {}
        return profile if owned else {k: profile[k] for k in profile.keys() - _PLACES}

    @override
    def embedder(self, principal: Principal) -> Fingerprint | None:
        with self._database.transaction() as connection:
            return stored_embedder(connection)

    @override
    def embedders(self, principal: Principal) -> list[StoredEmbedder]:
        self._permit(principal, "maintain")
        vectors = schema.vectors
        with self._database.transaction() as connection:
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
            embedders = embedders_of(connection)
        return [
            StoredEmbedder(
                fingerprint=one,
                current=str(number) == current,
                previous=str(number) == facts.get("embedder_before"),
                vectors=counts.get(number, 0),
                missing=(chunks or 0) - counts.get(number, 0),
            )
            for number, one in sorted(embedders.items())
            if counts.get(number) or str(number) == current
        ]

    @override
    def chunker(self, principal: Principal) -> str:
        with self._database.transaction() as connection:
            return facts_of(connection).get("chunker", "")

    @override
    def chunkings(self, principal: Principal) -> list[StoredChunking]:
        self._permit(principal, "maintain")
        with self._database.transaction() as connection:
            return chunkings.staged(connection)

    @override
    def words(self, principal: Principal) -> list[Word]:
        self._permit(principal, "maintain")
        with self._database.transaction() as connection:
            return words_of(connection)

    @override
    def documents(
        self,
        principal: Principal,
        *,
        where: Filter | None = None,
        page: Page = EVERY_PAGE,
    ) -> Iterator[StoredDocument]:
        left = math.inf if page.limit is None else page.limit
        while left > 0:
            size = int(min(left, _ROWS_AT_ONCE))
            batch = self._some_documents(principal, where, page._replace(limit=size))
            yield from batch
            if len(batch) < size:
                return
            left -= size
            page = Page(after=batch[-1].source)

    def _some_documents(
        self, principal: Principal, where: Filter | None, page: Page
    ) -> list[StoredDocument]:
        documents, versions = schema.documents, schema.versions
        every = versions.alias()
        so_far = (
            sa.select(sa.func.count())
            .where(every.c.document == documents.c.number)
            .correlate(documents)
            .scalar_subquery()
        )
        with self._database.transaction() as connection:
            # Of an owner it is not read: the structure of long documents is long.
            private = (
                sa.false()
                if owns(principal, access_of(connection, self._name))
                else versions.c.structure["private"].as_boolean()
            )
            scope = scope_of(connection, principal, self._name)
            last = page.after
            later = sa.true() if last is None else documents.c.source > last
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
                .where(later, scope.allows(), condition_of(where))
                .order_by(documents.c.source)
                .offset(page.skip)
                .limit(page.limit)
            ).all()
            used = sorted({row.label_set for row in rows})
            sets = labels_of(connection, schema.readers.c.label_set.in_(used))
        return [_stored_document(tuple(row), sets) for row in rows]

    @override
    def items(
        self, principal: Principal, *, within: Sequence[str] | None = None
    ) -> Iterator[StoredItem]:
        table = schema.items
        inside = sa.true() if within is None else lies_under(table.c.source, within)
        with self._database.transaction() as connection:
            access = access_of(connection, self._name)
            if labels(principal, access) is not EVERYTHING:
                return
            rows = connection.execute(
                sa.select(table).where(inside).order_by(table.c.source)
            ).mappings()
            items = [
                StoredItem(
                    **{
                        **row,
                        "failed": bool(row["failed"]),
                        "notices": tuple(Notice(*each) for each in row["notices"]),
                    }
                )
                for row in rows
            ]
        yield from items

    @override
    def recipes(self, principal: Principal) -> frozenset[str]:
        with self._database.transaction() as connection:
            scope = scope_of(connection, principal, self._name)
            return recipes_of(connection, scope)

    @override
    def document(self, principal: Principal, document_id: str) -> Document:
        check_argument("The id of a document", document_id, str)
        with self._database.transaction() as connection:
            row = document_row(connection, principal, document_id, name=self._name)
            is_owner = owns(principal, access_of(connection, self._name))
        actual_hash = document_hash(
            title=row["title"],
            text=row["text"],
            structure=row["structure"],
            details=row["details"],
        )
        if actual_hash != row["hash"]:
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
        with self._database.transaction() as connection:
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
        if data is None and row["text"] is not None:
            data = row["text"].encode()  # the same, and not kept twice
        if data is None or hashlib.sha256(data).hexdigest() != row["content_hash"]:
            raise damaged(row["source"])
        return bytes(data)

    @override
    def chunks(self, principal: Principal, document_id: str) -> list[Chunk]:
        check_argument("The id of a document", document_id, str)
        with self._database.transaction() as connection:
            row = document_row(connection, principal, document_id, name=self._name)
            scope = scope_of(connection, principal, self._name)
            chunks = passages(connection, scope, schema.documents.c.id == row["id"])
        return sorted(chunks.values(), key=lambda chunk: chunk.start)

    @override
    def vectors(self, principal: Principal, document_id: str) -> dict[str, Embedding]:
        self._permit(principal, "maintain")
        check_argument("The id of a document", document_id, str)
        with self._database.transaction() as connection:
            model = embedder_of(connection)
            stored = vectors_of(connection, document_id)
        if model is None or not stored:
            return {}
        codes = unpack([data for _, data in stored.values()], model[1])
        vectors = of_length_1(decode(codes.upper, codes.lower, codes.scale))
        return {
            text: Embedding(vector, coverage)
            for vector, (text, (coverage, _)) in zip(
                vectors, stored.items(), strict=True
            )
        }

    @override
    def status(self, principal: Principal) -> Status:
        documents, versions = schema.documents, schema.versions
        with self._database.transaction() as connection:
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
