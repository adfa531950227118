"""What changes a base. Lives as long as its holder has the writer's lock."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple

import sqlalchemy as sa
from typing_extensions import override

from erya.errors import UsageError
from erya.language import (
    WORD_KINDS,
    Word,
    WrittenTerms,
    passage_terms,
    write_terms,
)
from erya.policy import Role, permit
from erya.records import Chunk, Document, Fingerprint, Principal
from erya.stores.base import Embedding, StoredItem, Writer
from erya.stores.catalogue import chunkings, schema
from erya.stores.catalogue.database import Database, check_argument
from erya.stores.catalogue.dialects import upsert
from erya.stores.catalogue.facts import (
    begin_anew,
    embedder_of,
    facts_of,
    set_fact,
    vector_crc,
)
from erya.stores.catalogue.hashes import chunk_hash, hash_of, seal_of, structure_of
from erya.stores.catalogue.reading import (
    VARIABLES,
    Scope,
    access_of,
    numbered_embedder,
    other_model,
    passages,
    stored_embedder,
)
from erya.stores.catalogue.sealing import seal_all
from erya.stores.parts import is_unit
from erya.stores.quantization import encode, pack

__all__ = ["CatalogueWriter"]

_SHORT: Final = 16_000  # characters; to unpack so many takes 100 µs
_LOOKED_AT_AGAIN: Final = 1_000  # chunks; noting that all have vectors costs a commit


class _Put(NamedTuple):
    document: Document
    chunks: list[dict[str, Any]]
    original: bytes | None
    recipe: str
    embeddings: Sequence[Embedding]  # one for each chunk, or none at all


@dataclass(slots=True)
class _Batch:
    """What the next commit will do, the last word on each document."""

    puts: dict[str, _Put] = field(default_factory=dict)
    relabels: dict[str, frozenset[str]] = field(default_factory=dict)
    removes: dict[str, None] = field(default_factory=dict)
    vectors: dict[str, dict[str, Any]] = field(default_factory=dict)  # by chunk id
    staged: dict[str, dict[str, Any]] = field(default_factory=dict)  # the same
    cut: dict[str, dict[str, chunkings.Staged]] = field(
        default_factory=dict
    )  # by a chunker's recipe and a document's id
    notes: dict[str, StoredItem | None] = field(default_factory=dict)  # by source

    @property
    def changes(self) -> bool:
        """Whether it changes what is searched."""
        return bool(self.puts or self.relabels or self.removes or self.vectors)


class CatalogueWriter(Writer):
    """Collects changes and commits them as one transaction and one generation."""

    def __init__(
        self,
        database: Database,
        *,
        principal: Principal,
        ahead: Callable[[sa.Connection], None],
        follow: Callable[[], None],
    ) -> None:
        """Take the base to write to.

        Args:
            database: The base, locked for writing.
            principal: Who writes.
            ahead: Brings the indexes to the generation that is about to be committed.
            follow: Brings the indexes to the generation that was just committed.
        """
        self._database = database
        self._ahead = ahead
        self._follow = follow
        self._who = principal.user
        self._principal = principal
        self._name = database.name
        self._batch = _Batch()
        self._purge = False
        self._embedder: tuple[int, int] | None = None  # number and dimension
        self._staged: tuple[int, int] | None = None  # the same

    @override
    def put(
        self,
        document: Document,
        chunks: Sequence[Chunk],
        *,
        original: bytes | None,
        recipe: str,
        embeddings: Sequence[Embedding] | None = None,
        terms: Sequence[WrittenTerms] | None = None,
    ) -> None:
        self._check(document, chunks, embeddings)
        short = len(document.text) <= _SHORT
        # One after the other: tables of terms take eight times what their text takes.
        counted = terms or (_terms_of(chunk, chunks=len(chunks)) for chunk in chunks)
        rows = [
            _chunk_row(*pair, short=short) for pair in zip(chunks, counted, strict=True)
        ]
        self._forget(document.id)
        self._batch.puts[document.id] = _Put(
            document, rows, original, recipe, embeddings or ()
        )

    def _check(
        self,
        document: Document,
        chunks: Sequence[Chunk],
        embeddings: Sequence[Embedding] | None,
    ) -> None:
        """Refuse what does not fit together.

        Raises:
            ValueError: A chunk is no span of the document, or the embeddings do not
                fit.
        """
        for key, value in document.metadata.items():
            check_argument("A name in metadata", key, str)
            check_argument(f"The entry {key!r:.80} of metadata", value, str)
        for chunk in chunks:
            if document.text[chunk.start : chunk.end] != chunk.text:
                msg = f"chunk {chunk.id} is not a span of the text of {document.source}"
                raise ValueError(msg)
        if embeddings is not None and len(embeddings) != len(chunks):
            msg = (
                f"{len(embeddings)} embeddings for {len(chunks)} chunks of "
                f"{document.source}"
            )
            raise ValueError(msg)
        self._check_embeddings(embeddings or ())

    def _check_embeddings(
        self, embeddings: Iterable[Embedding], *, staged: bool = False
    ) -> None:
        """Refuse what is no vector of the model in use.

        Raises:
            ValueError: One is none.
        """
        model = self._staged if staged else self._embedder
        expected = model[1] if model else None
        for vector, coverage in embeddings:
            nowhere = coverage == 0 and vector.shape == (expected,) and not vector.any()
            if not nowhere and not is_unit(vector, expected or 0):
                msg = (
                    f"an embedding of the shape {vector.shape} is no vector of length "
                    f"1 and {expected} finite numbers, as the model in use gives them"
                )
                raise ValueError(msg)

    @override
    def use_embedder(self, fingerprint: Fingerprint) -> None:
        with self._database.transaction() as connection:
            stored = stored_embedder(connection)
            if stored is None or not stored.agrees(fingerprint):
                some = connection.scalar(sa.select(schema.vectors.c.chunk).limit(1))
                if stored is not None and some is not None:
                    raise other_model(self._name, stored, fingerprint)
                _set_embedder(connection, fingerprint)
            self._embedder = embedder_of(connection)

    @override
    def stage_embedder(self, fingerprint: Fingerprint) -> None:
        self._maintain()
        with self._database.transaction() as connection:
            existing = numbered_embedder(connection, fingerprint)
            number = (
                _add_embedder(connection, fingerprint) if existing is None else existing
            )
            self._staged = number, fingerprint.dimension

    @override
    def switch_embedder(self, fingerprint: Fingerprint) -> None:
        self._maintain()
        with self._database.transaction() as connection:
            number = numbered_embedder(connection, fingerprint)
            lacking = _count_missing(connection, number)
            if number is None or lacking:
                msg = (
                    f"{lacking} passages of {self._name!r} have no vector of "
                    f"{fingerprint.name!r} yet; nothing was switched. Make them with: "
                    f"erya kb reembed {self._name} --model {fingerprint.name}"
                )
                raise UsageError(msg)
            before = embedder_of(connection)
            if before is not None and before[0] != number:
                set_fact(connection, "embedder_before", before[0])
            set_fact(connection, "embedder", number)
            begin_anew(connection)
            self._ahead(connection)
        self._embedder = number, fingerprint.dimension
        self._follow()

    @override
    def forget_embedder(self, fingerprint: Fingerprint) -> int:
        self._maintain()
        with self._database.transaction() as connection:
            number = numbered_embedder(connection, fingerprint)
            current = embedder_of(connection)
            if number is not None and current is not None and number == current[0]:
                msg = (
                    f"Searches in {self._name!r} use {fingerprint.name!r}; nothing was "
                    "deleted. Switch to another model first."
                )
                raise UsageError(msg)
            vectors, embedders = schema.vectors, schema.embedders
            gone = connection.execute(
                sa.delete(vectors).where(vectors.c.embedder == number)
            )
            connection.execute(sa.delete(embedders).where(embedders.c.number == number))
            connection.execute(
                sa.delete(schema.base).where(schema.base.c.key == "embedded_to")
            )
        self._purge = True
        return int(gone.rowcount)

    @override
    def unembedded(self, *, limit: int, staged: bool = False) -> list[Chunk]:
        embedder = self._staged if staged else self._embedder
        if embedder is None:
            return []
        chunks, vectors = schema.chunks, schema.vectors
        there = sa.exists().where(
            vectors.c.chunk == chunks.c.number,
            vectors.c.embedder == embedder[0],
        )
        with self._database.transaction() as connection:
            last = first = 0 if staged else _embedded_to(connection, embedder[0])
            while numbers := connection.scalars(
                sa.select(chunks.c.number)
                .where(~there, chunks.c.number > last)
                .order_by(chunks.c.number)
                .limit(limit)
            ).all():
                which = chunks.c.number.in_(numbers)
                batch = passages(connection, Scope(None), which, damaged_too=False)
                if batch:
                    return list(batch.values())
                last = numbers[-1]
            if last == first and not staged:
                _note_embedded(connection, embedder[0], since=first)
        return []

    @override
    def stage_chunks(
        self,
        document: Document,
        chunks: Sequence[Chunk],
        *,
        recipe: str,
        embeddings: Sequence[Embedding] | None = None,
    ) -> None:
        self._check(document, chunks, embeddings)
        vector_rows = _vector_rows(embeddings or ())
        coverages = [each["known"] for each in vector_rows] or [0.0] * len(chunks)
        rows = [
            [c.id, c.start, c.end, c.page, list(c.headings), share]
            for c, share in zip(chunks, coverages, strict=True)
        ]
        vectors = b"".join(each["data"] for each in vector_rows)
        version = hash_of(document)
        staged = chunkings.Staged(rows, vectors, version)
        self._batch.cut.setdefault(recipe, {})[document.id] = staged

    @override
    def unchunked(self, recipe: str, *, limit: int) -> list[str]:
        with self._database.transaction() as connection:
            query = chunkings.missing(connection, recipe).limit(limit)
            return list(connection.scalars(query))

    @override
    def switch_chunker(
        self, recipe: str, *, before: str, renamed: Callable[[str], str]
    ) -> None:
        self._maintain()
        with self._database.transaction() as connection:
            chunkings.switch(
                connection,
                recipe,
                before=before,
                renamed=renamed,
                row_of=lambda chunk, count, length: _chunk_row(
                    chunk, _terms_of(chunk, chunks=count), short=length <= _SHORT
                ),
                take_numbers=lambda count: self._database.take_numbers(
                    connection, schema.chunks, count=count
                ),
            )
            set_fact(connection, "chunker_before", before)
            set_fact(connection, "chunker", recipe)
            begin_anew(connection)
            self._ahead(connection)
        self._follow()

    @override
    def forget_chunker(self, recipe: str) -> int:
        self._maintain()
        self._purge = True
        with self._database.transaction() as connection:
            return chunkings.forget(connection, recipe)

    @override
    def embed(
        self, embeddings: Mapping[str, Embedding], *, staged: bool = False
    ) -> None:
        self._check_embeddings(embeddings.values(), staged=staged)
        made = _vector_rows(list(embeddings.values()))
        rows = dict(zip(embeddings, made, strict=True))
        (self._batch.staged if staged else self._batch.vectors).update(rows)

    @override
    def set_word(self, word: Word) -> None:
        self._maintain()
        if word.kind not in WORD_KINDS:
            msg = f"a word is {', '.join(WORD_KINDS)}, not {word.kind!r}"
            raise ValueError(msg)
        values = {"word": word.word, "kind": word.kind, "others": list(word.others)}
        with self._database.transaction() as connection:
            connection.execute(upsert(connection, schema.words), values)

    @override
    def drop_word(self, word: str) -> int:
        self._maintain()
        table = schema.words
        with self._database.transaction() as connection:
            gone = connection.execute(sa.delete(table).where(table.c.word == word))
        return int(gone.rowcount)

    @override
    def relabel(self, document_id: str, readers: frozenset[str]) -> None:
        check_argument("The id of a document", document_id, str)
        check_argument("Whoever may read a document", readers, frozenset)
        self._batch.relabels[document_id] = readers

    @override
    def remove(self, document_id: str) -> None:
        check_argument("The id of a document", document_id, str)
        self._forget(document_id)
        self._batch.removes[document_id] = None

    @override
    def note(self, item: StoredItem) -> None:
        self._batch.notes[item.source] = item

    @override
    def forget(self, source: str) -> None:
        self._batch.notes[source] = None

    @override
    def set_grant(self, label: str, role: Role | None) -> None:
        self._maintain()
        with self._database.transaction() as connection:
            grants = dict(access_of(connection, self._name).grants)
            grants.pop(label, None)
            if role is not None:
                grants[label] = role
            set_fact(connection, "grants", json.dumps(grants, sort_keys=True))

    @override
    def set_profile(self, profile: Mapping[str, Any]) -> None:
        self._maintain()
        with self._database.transaction() as connection:
            set_fact(connection, "profile", json.dumps(profile, sort_keys=True))

    def _maintain(self) -> None:
        """Refuse what an owner alone may change.

        Raises:
            NotAllowedError: The principal does not own the base.
        """
        with self._database.transaction() as connection:
            access = access_of(connection, self._name)
        permit(self._principal, "maintain", access)

    @override
    def commit(self) -> None:
        batch, self._batch = self._batch, _Batch()
        for recipe, rows in batch.cut.items():
            with self._database.transaction() as connection:
                model = self._embedder and self._embedder[0]
                chunkings.stage(connection, rows, recipe=recipe, embedder=model)
        if batch.staged and self._staged is not None:
            with self._database.transaction() as connection:
                _write_vectors(connection, batch.staged, embedder=self._staged[0])
        if not batch.changes:
            if batch.notes:
                with self._database.transaction() as connection:
                    _write_notes(connection, batch.notes)
            return
        with self._database.transaction() as connection:
            _write_notes(connection, batch.notes)
            transaction = _Transaction(
                self._database,
                connection,
                who=self._who,
                embedder=self._embedder[0] if self._embedder else None,
            )
            transaction.apply(batch)
            self._ahead(connection)
        self._purge = self._purge or transaction.erased
        self._follow()

    @override
    def begin_job(self, kind: str, arguments: Mapping[str, Any]) -> int:
        jobs = schema.jobs
        with self._database.transaction() as connection:
            number = connection.scalar(
                sa.insert(jobs)
                .values(
                    kind=kind,
                    state="running",
                    started_at=_now(),
                    finished_at="",
                    arguments=dict(arguments),
                    summary={},
                )
                .returning(jobs.c.number)
            )
        return int(number or 0)

    @override
    def end_job(
        self,
        number: int,
        *,
        state: Literal["done", "failed"],
        summary: Mapping[str, Any],
    ) -> None:
        jobs = schema.jobs
        with self._database.transaction() as connection:
            connection.execute(
                sa.update(jobs)
                .where(jobs.c.number == number)
                .values(state=state, finished_at=_now(), summary=dict(summary))
            )
            if state == "done":
                # What an earlier run with the same arguments left undone is done now.
                done = sa.select(sa.cast(jobs.c.arguments, sa.Text)).where(
                    jobs.c.number == number
                )
                connection.execute(
                    sa.update(jobs)
                    .where(
                        jobs.c.state == "running",
                        jobs.c.number < number,
                        sa.cast(jobs.c.arguments, sa.Text) == done.scalar_subquery(),
                    )
                    .values(state="resumed", finished_at=_now())
                )

    def finish(self) -> None:
        """Leave nothing of what was removed in the engine's log."""
        if self._purge:
            self._database.drop_traces()

    def _forget(self, document_id: str) -> None:
        """Drop what this batch held of a document before."""
        self._batch.puts.pop(document_id, None)
        self._batch.relabels.pop(document_id, None)
        self._batch.removes.pop(document_id, None)


class _Transaction:
    """Applies one batch inside one transaction."""

    def __init__(
        self,
        database: Database,
        connection: sa.Connection,
        *,
        who: str,
        embedder: int | None,
    ) -> None:
        self._database = database
        self._connection = connection
        self._who = who
        self._embedder = embedder
        self._now = _now()
        facts = facts_of(connection)
        self._generation = int(facts["generation"]) + 1
        self.erased = False  # whether anything was taken out of the base
        self._left: set[str] = set()  # hashes of bytes that a version no longer has
        self._label_sets: dict[frozenset[str], int] = {}

    def apply(self, batch: _Batch) -> None:
        stored = self._read_documents({*batch.puts, *batch.relabels, *batch.removes})
        journal: list[tuple[str, str]] = []
        for document_id in batch.removes:
            if document_id in stored:
                self._remove(stored.pop(document_id)["number"])
                journal.append(("removed", document_id))
        journal += [
            ("updated" if document_id in stored else "added", document_id)
            for document_id in batch.puts
        ]
        self._put_all(list(batch.puts.values()), stored)
        stored = self._read_documents(batch.relabels) if batch.relabels else {}
        for document_id, readers in batch.relabels.items():
            if document_id in stored:
                self._relabel(stored[document_id]["number"], readers)
                journal.append(("relabelled", document_id))
        self._embed_all(batch.vectors)
        self._drop_orphans()
        self._write_journal(journal)
        self._publish()

    def _read_documents(self, ids: Iterable[str]) -> dict[str, Mapping[str, Any]]:
        documents = schema.documents
        by_id: dict[str, Mapping[str, Any]] = {}
        for part in _parts(ids):
            rows = self._connection.execute(
                sa.select(documents).where(documents.c.id.in_(part))
            ).mappings()
            by_id.update({row["id"]: dict(row) for row in rows})
        return by_id

    def _put_all(
        self, puts: Sequence[_Put], stored: Mapping[str, Mapping[str, Any]]
    ) -> None:
        if not puts:
            return
        for put in puts:
            if put.document.id in stored:
                self._supersede(stored[put.document.id]["number"])
        fresh = sum(put.document.id not in stored for put in puts)
        next_document = self._take(schema.documents, fresh)
        next_version = self._take(schema.versions, len(puts))
        next_chunk = self._take(schema.chunks, sum(len(put.chunks) for put in puts))
        new: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        versions: list[dict[str, Any]] = []
        chunks: list[dict[str, Any]] = []
        embedded: list[int] = []  # the chunks that have vectors
        for put in puts:
            old = stored.get(put.document.id)
            number = old["number"] if old else next_document
            next_document += 0 if old else 1
            row = self._document_row(put, number=number, version=next_version)
            if old:
                changed.append({f"new_{key}": value for key, value in row.items()})
            else:
                new.append(row)
            versions.append(
                self._version_row(put, number=next_version, document=number)
            )
            next_version += 1
            for chunk in put.chunks:
                chunks.append(
                    chunk
                    | {
                        "number": next_chunk + len(chunks),
                        "document": number,
                        "generation": self._generation,
                    }
                )
            if put.embeddings:
                own = chunks[len(chunks) - len(put.chunks) :]
                embedded += [chunk["number"] for chunk in own]
        self._insert(schema.documents, new)
        self._insert(schema.versions, versions)
        self._insert(schema.chunks, chunks)
        vector_rows = _vector_rows([each for put in puts for each in put.embeddings])
        vectors = [
            row | {"chunk": number, "embedder": self._embedder}
            for number, row in zip(embedded, vector_rows, strict=True)
        ]
        self._insert(schema.vectors, vectors)
        originals = {
            p.document.content_hash: p.original
            for p in puts
            # What is the text itself is not kept twice.
            if p.original is not None and p.original != p.document.text.encode()
        }
        # What is there under the hash may be damaged; what comes now is not.
        self._drop_unkept([p for p in puts if p.original is None])
        if originals:
            self._connection.execute(
                upsert(self._connection, schema.originals),
                [{"hash": key, "data": data} for key, data in originals.items()],
            )
        if changed:
            columns = [c for c in schema.documents.c if c.name not in {"number", "id"}]
            self._connection.execute(
                sa.update(schema.documents)
                .where(schema.documents.c.number == sa.bindparam("new_number"))
                .values({c.name: sa.bindparam(f"new_{c.name}") for c in columns}),
                changed,
            )

    def _drop_unkept(self, puts: Sequence[_Put]) -> None:
        """Drop bytes that are not to be kept, unless another document is not masked."""
        versions, originals = schema.versions, schema.originals
        for content_hash in {put.document.content_hash for put in puts}:
            structures = self._connection.scalars(
                sa.select(versions.c.structure).where(
                    versions.c.content_hash == content_hash,
                    versions.c.superseded_at.is_(None),
                )
            )
            if all((each or {}).get("private") for each in structures):
                self.erased = True
                self._connection.execute(
                    sa.delete(originals).where(originals.c.hash == content_hash)
                )

    def _document_row(self, put: _Put, *, number: int, version: int) -> dict[str, Any]:
        return {
            "number": number,
            "id": put.document.id,
            "source": put.document.source,
            "label_set": self._label_set(put.document.readers),
            "version": version,
            "chunks": len(put.chunks),
            "body_length": sum(chunk["body_length"] for chunk in put.chunks),
            "exact_length": sum(chunk["exact_length"] for chunk in put.chunks),
            "seal": seal_of(
                {
                    "id": put.document.id,
                    "source": put.document.source,
                    "content_hash": put.document.content_hash,
                    "media_type": put.document.media_type,
                    "language": put.document.language,
                },
                put.document.readers,
            ),
        }

    def _version_row(self, put: _Put, *, number: int, document: int) -> dict[str, Any]:
        text = put.document.text
        structure = structure_of(put.document)
        return {
            "number": number,
            "document": document,
            "content_hash": put.document.content_hash,
            "recipe": put.recipe,
            "title": put.document.title,
            "language": put.document.language,
            "media_type": put.document.media_type,
            "details": dict(put.document.metadata),
            "characters": len(text),
            "hash": hash_of(put.document),
            "added_at": self._now,
            "structure": structure,
            "text": text,
        }

    def _label_set(self, labels: frozenset[str]) -> int:
        """Return the number of a set of readers, made if there is none yet."""
        if labels not in self._label_sets:
            self._label_sets[labels] = self._stored_label_set(labels)
        return self._label_sets[labels]

    def _stored_label_set(self, labels: frozenset[str]) -> int:
        table = schema.label_sets
        key = json.dumps(sorted(labels), ensure_ascii=False)
        number = self._connection.scalar(
            sa.select(table.c.number).where(table.c.labels == key)
        )
        if number is not None:
            return int(number)
        number = self._connection.scalar(
            sa.insert(table).values(labels=key).returning(table.c.number)
        )
        rows = [{"label_set": number, "label": label} for label in sorted(labels)]
        self._insert(schema.readers, rows)
        return int(number or 0)

    def _supersede(self, document: int) -> None:
        """Take a document's current version back: all that it says goes."""
        versions = schema.versions
        self.erased = True
        self._leave_original(document)
        self._retire_chunks(document)
        for table in (schema.chunks, schema.chunkings):
            self._connection.execute(
                sa.delete(table).where(table.c.document == document)
            )
        self._connection.execute(
            sa.update(versions)
            .where(versions.c.document == document, versions.c.superseded_at.is_(None))
            .values(
                superseded_at=self._now, title="", details={}, text=None, structure=None
            )
        )

    def _remove(self, document: int) -> None:
        self.erased = True
        self._leave_original(document)
        self._retire_chunks(document)
        self._connection.execute(
            sa.delete(schema.documents).where(schema.documents.c.number == document)
        )

    def _relabel(self, document: int, labels: frozenset[str]) -> None:
        documents, chunks = schema.documents, schema.chunks
        self._connection.execute(
            sa.update(documents)
            .where(documents.c.number == document)
            .values(label_set=self._label_set(labels))
        )
        seal_all(self._connection, documents.c.number == document)
        # The indexes filter by readers, so every chunk is indexed again.
        self._retire_chunks(document)
        self._connection.execute(
            sa.update(chunks)
            .where(chunks.c.document == document)
            .values(generation=self._generation)
        )

    def _embed_all(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Store vectors for chunks that have none yet."""
        chunks = schema.chunks
        for part in _write_vectors(self._connection, rows, embedder=self._embedder):
            # The matrix follows by generations, so these chunks are indexed again.
            which = chunks.c.id.in_(part)
            self._retire(which)
            self._connection.execute(
                sa.update(chunks).where(which).values(generation=self._generation)
            )

    def _retire_chunks(self, document: int) -> None:
        self._retire(schema.chunks.c.document == document)

    def _retire(self, which: sa.ColumnElement[bool]) -> None:
        """Note chunks for the indexes to drop, or to index again."""
        chunks = schema.chunks
        gone = sa.select(chunks.c.number, sa.literal(self._generation)).where(which)
        replace = upsert(self._connection, schema.removals)
        self._connection.execute(replace.from_select(["chunk", "generation"], gone))

    def _drop_orphans(self) -> None:
        """Drop the bytes of what was taken out, unless another document has them."""
        versions, originals = schema.versions, schema.originals
        kept = sa.exists().where(
            versions.c.content_hash == originals.c.hash,
            versions.c.superseded_at.is_(None),
        )
        for part in _parts(self._left):
            self._connection.execute(
                sa.delete(originals).where(originals.c.hash.in_(part), ~kept)
            )

    def _leave_original(self, document: int) -> None:
        """Note whose bytes a document no longer has."""
        versions = schema.versions
        self._left.update(
            self._connection.scalars(
                sa.select(versions.c.content_hash).where(
                    versions.c.document == document, versions.c.superseded_at.is_(None)
                )
            )
        )

    def _write_journal(self, entries: Sequence[tuple[str, str]]) -> None:
        rows = [
            {
                "at": self._now,
                "who": self._who,
                "action": action,
                "document": document_id,
                "generation": self._generation,
            }
            for action, document_id in entries
        ]
        self._insert(schema.journal, rows)

    def _publish(self) -> None:
        """Count the generation up, and forget removals that every index has seen.

        Those who are farther behind are written anew.
        """
        removals, base = schema.removals, schema.base
        # A switch that every index is written anew for is not forgotten either.
        pruned = int(facts_of(self._connection)["pruned"])
        seen = max(self._generation - self._database.kept_removals, pruned)
        self._connection.execute(
            sa.delete(removals).where(removals.c.generation <= seen)
        )
        for key, value in (("generation", self._generation), ("pruned", seen)):
            self._connection.execute(
                sa.update(base).where(base.c.key == key).values(value=str(value))
            )

    def _take(self, table: sa.Table, count: int) -> int:
        """Return the first of so many numbers that `table` has never used."""
        return self._database.take_numbers(self._connection, table, count=count)

    def _insert(self, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self._connection.execute(sa.insert(table), list(rows))


def _vector_rows(embeddings: Sequence[Embedding]) -> list[dict[str, Any]]:
    """Return what is stored of embeddings; many at once take a tenth of the time."""
    import numpy as np  # noqa: PLC0415 - a base without vectors needs none

    if not embeddings:
        return []
    vectors = np.stack([each.vector for each in embeddings]).astype(np.float32)
    return [
        {"known": coverage, "crc": vector_crc(coverage, data), "data": data}
        for coverage, data in zip(
            (float(each.token_coverage) for each in embeddings),
            pack(encode(vectors)),
            strict=True,
        )
    ]


def _write_vectors(
    connection: sa.Connection,
    rows: Mapping[str, Mapping[str, Any]],
    *,
    embedder: int | None,
) -> list[list[str]]:
    """Store vectors for chunks by their ids; return the ids in parts, as written."""
    chunks = schema.chunks
    parts = _parts(rows)
    for part in parts:
        chunk_rows = connection.execute(
            sa.select(chunks.c.number, chunks.c.id).where(chunks.c.id.in_(part))
        ).all()
        new = [
            {**rows[each.id], "chunk": each.number, "embedder": embedder}
            for each in chunk_rows
        ]
        if new:
            connection.execute(upsert(connection, schema.vectors), new)
    return parts


def _parts(values: Iterable[str]) -> list[list[str]]:
    """Return values in lists of as many as one statement may bind."""
    ordered = sorted(values)
    return [
        ordered[first : first + VARIABLES]
        for first in range(0, len(ordered), VARIABLES)
    ]


def _embedded_to(connection: sa.Connection, embedder: int) -> int:
    """Return a number up to which every chunk is known to have a vector of a model."""
    model, _, number = facts_of(connection).get("embedded_to", "").partition(":")
    return int(number) if model == str(embedder) else 0


def _note_embedded(connection: sa.Connection, embedder: int, *, since: int) -> None:
    """Note that all chunks have a vector of a model, where it saves a later look."""
    last = connection.scalar(sa.select(sa.func.max(schema.chunks.c.number))) or 0
    if last - since > _LOOKED_AT_AGAIN:
        set_fact(connection, "embedded_to", f"{embedder}:{last}")


def _count_missing(connection: sa.Connection, embedder: int | None) -> int:
    """Count the chunks without a vector of a model."""
    chunks, vectors = schema.chunks, schema.vectors
    there = sa.exists().where(
        vectors.c.chunk == chunks.c.number, vectors.c.embedder == embedder
    )
    count = sa.select(sa.func.count()).select_from(chunks).where(~there)
    return int(connection.scalar(count) or 0)


def _write_notes(
    connection: sa.Connection, notes: Mapping[str, StoredItem | None]
) -> None:
    table = schema.items
    for part in _parts(notes):
        connection.execute(sa.delete(table).where(table.c.source.in_(part)))
    rows = [
        {
            "source": item.source,
            "content_hash": item.content_hash,
            "recipe": item.recipe,
            "parts": item.parts,
            "code": item.code,
            "message": item.message,
            "failed": int(item.failed),
            "validators": dict(item.validators),
            "notices": [list(notice) for notice in item.notices],
            "at": _now(),
        }
        for item in notes.values()
        if item is not None
    ]
    if rows:
        connection.execute(sa.insert(table), rows)


def _set_embedder(connection: sa.Connection, fingerprint: Fingerprint) -> None:
    set_fact(connection, "embedder", _add_embedder(connection, fingerprint))


def _add_embedder(connection: sa.Connection, fingerprint: Fingerprint) -> int:
    import numpy as np  # noqa: PLC0415 - a base without vectors needs none

    number = connection.scalar(
        sa.insert(schema.embedders)
        .values(
            name=fingerprint.name,
            dimension=fingerprint.dimension,
            probe=np.array(fingerprint.probe, dtype="<f4").tobytes(),
        )
        .returning(schema.embedders.c.number)
    )
    return int(number or 0)


def _terms_of(chunk: Chunk, *, chunks: int) -> WrittenTerms:
    return write_terms(
        passage_terms(
            chunk.text,
            title=chunk.title,
            headings=chunk.headings,
            source=chunk.source,
            chunks=chunks,
        )
    )


def _chunk_row(chunk: Chunk, terms: WrittenTerms, *, short: bool) -> dict[str, Any]:
    """Return what is stored of a chunk; of a short document its text is read whole."""
    return {
        "id": chunk.id,
        "start": chunk.start,
        "end": chunk.end,
        "page": chunk.page,
        "headings": list(chunk.headings),
        "text": "" if short else chunk.text,
        "hash": chunk_hash(chunk),
        "body_length": terms.body_length,
        "exact_length": terms.exact_length,
        "body": terms.body,
        "exact": terms.exact,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
