"""The tantivy index of a base: proposes chunks for terms, and counts them.

It holds nothing that SQLite does not: per chunk its number, the number of its set of
readers, and its terms. One marker document, written in the same commit, names the base
and the generation; a manifest beside the files holds their checksums. Whenever either
does not fit, the index is not used but caught up or written anew.
"""

import json
import os
import shutil
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import tantivy
from typing_extensions import override

from erya.stores.embedded.index_files import (
    MANIFEST,
    crc_of,
    draft_folder,
    is_read_only,
    linked_folder,
    put_in_place,
    read_manifest,
    write_manifest,
)
from erya.stores.parts import (
    BODY,
    EXACT,
    FieldStats,
    IndexedChunk,
    KeywordIndex,
    KeywordSearcher,
    Proposal,
)

__all__ = ["TermIndex"]

_MARK: Final = "\x01marker"  # no text yields it: control characters are no term
_HEAP = 50_000_000
_COUNTS_KEPT = 100_000
_FEW_SETS = 16  # up to here terms were four times as fast as a set


class Searcher(KeywordSearcher):
    """The index as it was at one generation."""

    def __init__(self, schema: tantivy.Schema, searcher: tantivy.Searcher) -> None:
        self._schema = schema
        self._searcher = searcher
        self._stats: dict[str, FieldStats] = {}
        self._counts: dict[tuple[str, str, tuple[int, ...] | None], int] = {}

    @override
    def count(self, field: str, term: str, label_sets: tuple[int, ...] | None) -> int:
        key = (field, term, label_sets)
        total = self._counts.get(key)
        if total is None:
            if len(self._counts) >= _COUNTS_KEPT:
                self._counts.clear()
            query = self._within(self._term(field, term), label_sets)
            result = self._searcher.search(query, limit=1, count=True)
            total = int(
                result.count or 0  # type: ignore[attr-defined]  # not in its stubs
            )
            self._counts[key] = total
        return total

    @override
    def engine_count(self, field: str, term: str) -> int:
        return self._searcher.doc_freq(field, term)

    @override
    def stats(self, field: str) -> FieldStats:
        # As the engine explains itself.
        if field not in self._stats:
            query = self._term(field, _MARK)
            address = self._searcher.search(query, limit=1).hits[0][1]
            explanation = json.loads(query.explain(self._searcher, address).to_json())
            values = dict(_named_values(explanation))
            self._stats[field] = FieldStats(int(values["N"]), values["avgdl"])
        return self._stats[field]

    @override
    def propose(
        self,
        boosts: Mapping[tuple[str, str], float],
        label_sets: tuple[int, ...] | None,
        *,
        limit: int,
        within: Sequence[int] | None = None,
    ) -> list[Proposal]:
        query = tantivy.Query.boolean_query(
            [
                (
                    tantivy.Occur.Should,
                    tantivy.Query.boost_query(self._term(field, term), boost),
                )
                for (field, term), boost in boosts.items()
            ]
        )
        query = self._within(query, label_sets)
        if within is not None:
            query = self._among(query, within)
        hits = self._searcher.search(query, limit=limit, count=False).hits
        numbers = _numbers_of(self._searcher, hits)
        return [
            Proposal(number, score)
            for (score, _), number in zip(hits, numbers, strict=True)
        ]

    @override
    def similar(
        self,
        field: str,
        term: str,
        label_sets: tuple[int, ...] | None,
        *,
        distance: int,
        limit: int,
    ) -> list[int]:
        query = tantivy.Query.fuzzy_term_query(
            self._schema, field, term, distance=distance
        )
        hits = self._searcher.search(
            self._within(query, label_sets), limit=limit, count=False
        ).hits
        return _numbers_of(self._searcher, hits)

    @override
    def numbers(self) -> set[int]:
        query = tantivy.Query.term_query(self._schema, "kind", "chunk")
        size = max(self._searcher.num_docs, 1)
        hits = self._searcher.search(query, limit=size, count=False).hits
        return set(_numbers_of(self._searcher, hits))

    def _term(self, field: str, term: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, term, "freq")

    def _within(
        self, query: tantivy.Query, label_sets: tuple[int, ...] | None
    ) -> tantivy.Query:
        if label_sets is None:
            return query
        allowed = self._any_of(label_sets)
        return tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Must, query),
                (tantivy.Occur.Must, tantivy.Query.const_score_query(allowed, 0.0)),
            ]
        )

    def _among(self, query: tantivy.Query, numbers: Sequence[int]) -> tantivy.Query:
        allowed = tantivy.Query.term_set_query(self._schema, "number", list(numbers))
        return tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Must, query),
                (tantivy.Occur.Must, tantivy.Query.const_score_query(allowed, 0.0)),
            ]
        )

    def _any_of(self, label_sets: tuple[int, ...]) -> tantivy.Query:
        """Match chunks of any of the sets: few as terms, which skip, many as a set."""
        if len(label_sets) > _FEW_SETS:
            return tantivy.Query.term_set_query(self._schema, "labels", label_sets)
        return tantivy.Query.boolean_query(
            [
                (
                    tantivy.Occur.Should,
                    tantivy.Query.term_query(self._schema, "labels", number, "basic"),
                )
                for number in label_sets
            ]
        )


class TermIndex(KeywordIndex):
    """The index in one folder. Only the holder of the base's lock may change it."""

    def __init__(self, folder: Path, *, identity: str) -> None:
        self._folder = folder
        self._identity = identity
        self._schema = _schema()
        self._open: tuple[int, Searcher] | None = None
        # The state of a file when its checksum was taken, and that checksum.
        self._checked: dict[str, tuple[tuple[int, int, int], int | None]] = {}
        self._links: Path | None = None

    @override
    def searcher(self, generation: int) -> Searcher | None:
        # Other threads may open another generation meanwhile.
        current = self._open
        if current is None or current[0] != generation:
            current = self._open_searcher()
            if current is None or current[0] != generation:
                return None  # one ahead may be taken back, and is not kept
            self._open = current
        return current[1]

    def _place(self) -> str:
        """Return the folder to open: the engine makes a lock in it even to read."""
        if not is_read_only(self._folder):
            return str(self._folder)
        if self._links is None:
            self._links = linked_folder(self._folder)
            weakref.finalize(self, shutil.rmtree, self._links, ignore_errors=True)
        return str(self._links)

    @override
    def generation(self) -> int | None:
        opened = self._open_searcher()
        return None if opened is None else opened[0]

    def _open_searcher(self) -> tuple[int, Searcher] | None:
        # The files' checksums are compared before the engine reads them.
        try:
            manifest = read_manifest(self._folder)
            if manifest["identity"] != self._identity:
                return None
            if not all(
                self._intact(name, size, crc)
                for name, (size, crc) in manifest["files"].items()
            ):
                return None
            searcher = tantivy.Index.open(self._place()).searcher()
            marks = tantivy.Query.term_query(self._schema, "kind", self._mark())
            hits = searcher.search(marks, limit=2).hits
            generations = _numbers_of(searcher, hits)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if generations != [manifest["generation"]]:
            return None
        return generations[0], Searcher(self._schema, searcher)

    @override
    def change(
        self,
        generation: int,
        *,
        remove: Iterable[int],
        add: Iterable[IndexedChunk],
        anew: bool = False,
    ) -> None:
        if anew:
            folder = draft_folder(self._folder)
        else:
            folder = self._folder
            self._drop_strays()
        with _engine_errors():
            index = tantivy.Index(self._schema, path=str(folder), reuse=not anew)
            writer = index.writer(_HEAP, 1)
            for number in remove:
                # By a query: deleting by term takes the number for a signed one.
                gone = tantivy.Query.term_query(self._schema, "number", number)
                writer.delete_documents_by_query(gone)
            writer.delete_documents_by_term("kind", self._mark())
            for chunk in add:
                writer.add_document(_document(chunk))
            writer.add_document(self._marker(generation))
            writer.commit()
            # Merges rewrite files; nothing may change once their checksums are taken.
            writer.wait_merging_threads()
        self._write_manifest(folder, generation)
        if anew:
            put_in_place(folder, self._folder)
            self._open = None

    def _drop_strays(self) -> None:
        """Delete what a killed commit left, over which the engine would trip."""
        manifest = read_manifest(self._folder)
        for entry in list(os.scandir(self._folder)):
            if not entry.name.startswith(".") and entry.name not in {
                MANIFEST,
                *manifest["files"],
            }:
                Path(entry.path).unlink()

    def _mark(self) -> str:
        return f"marker:{self._identity}"

    def _marker(self, generation: int) -> tantivy.Document:
        marker = tantivy.Document()
        marker.add_text("kind", self._mark())
        marker.add_unsigned("number", generation)
        marker.add_text(BODY, _MARK)
        marker.add_text(EXACT, _MARK)
        return marker

    def _write_manifest(self, folder: Path, generation: int) -> None:
        meta = json.loads((folder / "meta.json").read_bytes())
        live = {segment["segment_id"].replace("-", "") for segment in meta["segments"]}
        names = [
            entry.name
            for entry in os.scandir(folder)
            if entry.name == "meta.json" or entry.name.partition(".")[0] in live
        ]
        files = {name: self._checksum_of(folder, name) for name in sorted(names)}
        write_manifest(
            folder,
            {"identity": self._identity, "generation": generation, "files": files},
        )

    def _checksum_of(self, folder: Path, name: str) -> tuple[int, int | None]:
        """Return size and checksum of a file; the engine writes most of them once."""
        path = folder / name
        status = path.stat()
        state = (status.st_ino, status.st_size, status.st_mtime_ns)
        checked = self._checked.get(name)
        if checked is None or checked[0] != state:
            checked = state, crc_of(path, status.st_size)
            self._checked[name] = checked
        return status.st_size, checked[1]

    def _intact(self, name: str, size: int, crc: int) -> bool:
        """Compare a file with its checksum, once for each state of it."""
        return self._checksum_of(self._folder, name) == (size, crc)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("kind", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("number", indexed=True, fast=True)
    builder.add_unsigned_field("labels", indexed=True)
    # Terms come ready made; they hold no blanks, so that blanks can part them.
    builder.add_text_field(BODY, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field(EXACT, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _document(chunk: IndexedChunk) -> tantivy.Document:
    document = tantivy.Document()
    document.add_text("kind", "chunk")
    document.add_unsigned("number", chunk.number)
    document.add_unsigned("labels", chunk.label_set)
    document.add_text(BODY, _repeat_terms(chunk.body))
    document.add_text(EXACT, _repeat_terms(chunk.exact))
    return document


def _repeat_terms(text: str) -> str:
    """Return each term as often as it counts, parted by ends of lines."""
    first, *rest = text.split("\t")  # before each tab a term, behind it its count
    parts = [first]
    term = first.rpartition("\n")[2]
    for each in rest:
        count, end, others = each.partition("\n")
        parts += [f"\n{term}" * (int(count) - 1), end, others]
        term = others.rpartition("\n")[2]
    return "".join(parts)


def _numbers_of(searcher: tantivy.Searcher, hits: Sequence[Any]) -> list[int]:
    """Return the chunk numbers of hits."""
    values = searcher.fast_field_values("number", [address for _, address in hits])
    return [int(value) for value in values if value is not None]


def _named_values(node: Any) -> Iterator[tuple[str, float]]:
    """Yield the named numbers of the engine's explanation of a score."""
    name = node["description"].partition(",")[0]
    if "," in node["description"]:
        yield name, node["value"]
    for inner in node.get("details") or []:
        yield from _named_values(inner)


@contextmanager
def _engine_errors() -> Iterator[None]:
    """Turn the engine's errors about files into `OSError`.

    Raises:
        OSError: The engine could not write.
    """
    try:
        yield
    except ValueError as error:
        raise OSError(str(error)) from error
