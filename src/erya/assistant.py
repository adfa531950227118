"""The corridor: a document flows in, a question flows through, an answer comes out.

Read this file first. Each step has a room of its own, named like it; this module only
says in which order they follow each other.
"""

import contextlib
import dataclasses
import hashlib
import logging
import math
import statistics
import time
from collections.abc import (
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Self

from erya import traces
from erya.answering import (
    COMPLETED,
    Answerer,
    Draft,
    ExtractiveAnswerer,
    completed,
    draft_from,
    may_be_cut,
)
from erya.chunking import Chunker, StructureChunker
from erya.errors import (
    DocumentError,
    JobCancelledError,
    ModelError,
    NotFoundError,
    StoreError,
    UsageError,
)
from erya.filters import AllOf, Filter, Is, Under
from erya.indexing import (
    WAIT_SECONDS,
    BaseRules,
    Ingestion,
    IngestReport,
    PipelineVersion,
    Plan,
    Publisher,
    Stored,
    check_rules,
    known_of,
    planned,
)
from erya.loading import (
    PARSING,
    Limits,
    PageHighlight,
    ParseResult,
    ParserPool,
    document_of,
    has_layout_model,
)
from erya.locating import locate
from erya.metadata import given_in, with_given, without_given
from erya.models import EmbeddingModel, ReaderModel
from erya.preparing import (
    Preparation,
    further_work,
    made_ready,
    unsearched,
)
from erya.records import (
    Answer,
    AnswerFinished,
    AskEvent,
    Chunk,
    Citation,
    Document,
    Evidence,
    EvidenceFound,
    Item,
    NoticeGiven,
    Principal,
    Problem,
    Query,
    Span,
    Unchanged,
    Usage,
)
from erya.reranking import Reranker, diversified
from erya.retrieving import HybridRetriever, KeywordRetriever, Retriever
from erya.sources import IngestRequest, Source
from erya.stores import Store
from erya.verifying import (
    ReadDocument,
    Verification,
    check_denials,
    check_facts,
    check_spans,
    check_words,
    verify,
)

if TYPE_CHECKING:
    from erya.records import Hit

__all__ = ["Assistant"]

_ADDED_AT_ONCE: Final = 64
_FEW_ROOTS: Final = 50
_LOG: Final = logging.getLogger("erya")
_LONGEST_QUESTION: Final = 4_000  # characters; what comes after tells nothing more
_SPARE: Final = 3  # passages that diversity chooses from, for each that is wanted
# It does not say why: that names folders of this machine.
_BY_WORDS: Final = (
    "A model of this installation does not run; the documents are quoted instead, by "
    "their words alone. Look closer with: erya doctor"
)
_TIME_IS_OVER: Final = "The time was over before the answer was complete."
_CHECKS: Final = (check_spans, check_facts, check_denials, check_words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assistant:
    """Answers questions from one knowledge base, and keeps it in step with its sources.

    It never changes: `dataclasses.replace` makes another one on the same store.

    Attributes:
        store: Where the documents are.
        answerer: Words the answers; by default it quotes.
        embedding: Places passages and questions by their meaning; without it they are
            found by their words alone.
        strategy: Makes a retriever of another that searches in its own way, such as
            with several wordings of the question.
        reranker: Reads the best passages once more, with the question; without it they
            stay in the order of the search.
        reader: Reads the likeliest sentences, rows and items with the question, and
            marks the words that answer; without it they are chosen by meaning and
            words.
        diversity: How much a passage loses for what those before it say, 0 to 1.
        where: Every search looks only in documents that pass.
        chunker: Cuts the documents.
        preparation: Cleans, enriches and masks them before.
        html: Whether web pages are read whole, or their main part alone.
        limits: What one file may cost.
        workers: Processes that read files.
        passages: Passages that an answer is made from.
        rules: What the base was to be read, cut and masked by when it was opened:
            nothing is stored by others. None is for who has built this by hand.
        name: The base, where others are asked with it; else empty.
        beside: Assistants of further bases that are asked with this one, each by its
            own embedding model; it writes to none of them.
        degrade: Whether it does with less while a model cannot be reached: finds by
            words, quotes. A measurement had rather fail.
    """

    store: Store
    answerer: Answerer = field(default_factory=ExtractiveAnswerer)
    embedding: EmbeddingModel | None = None
    strategy: Callable[[Retriever], Retriever] | None = None
    reranker: Reranker | None = None
    reader: ReaderModel | None = None
    diversity: float = 0.0
    where: Filter | None = None
    chunker: Chunker = field(default_factory=StructureChunker)
    preparation: Preparation = field(default_factory=Preparation)
    html: Literal["whole", "main"] = "whole"
    limits: Limits = field(default_factory=Limits)
    workers: int = 2
    passages: int = 8
    rules: BaseRules | None = None
    name: str = ""
    beside: tuple["Assistant", ...] = ()
    degrade: bool = True
    _answerer: Answerer = field(init=False, repr=False, compare=False)
    _retriever: Retriever = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make what the steps need of what was given.

        The quoting answerer compares meanings, where that asks nobody else.
        """
        answerer = self.answerer
        if isinstance(answerer, ExtractiveAnswerer):
            answerer = self._comparing(answerer)
        object.__setattr__(self, "_answerer", answerer)
        object.__setattr__(self, "_retriever", self._build_retriever())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()

    def close(self) -> None:
        """Close the store, and those beside it; for those who do not use `with`."""
        self.store.close()
        for each in self.beside:
            each.close()

    def ingest(
        self,
        source: Source,
        *,
        principal: Principal,
        readers: frozenset[str] | None = None,
        force: bool = False,
        request: IngestRequest | None = None,
        wait: float = WAIT_SECONDS,
        on_progress: Callable[[IngestReport], None] = lambda _: None,
    ) -> IngestReport:
        """Bring the base in step with `source`, and tell what that took.

        Reading, cutting and embedding need no lock; each commit takes the writer's for
        a moment, so that others may write between. Two runs at once over one source
        would both do its work: `erya.jobs` lets them follow each other.

        Args:
            source: What to read. Documents that a complete scan no longer finds there
                are removed.
            principal: Who ingests; must be allowed to write.
            readers: Who may read the documents. None keeps the readers of those that
                are there already, and gives new ones to `principal` alone.
            force: Read unchanged files again.
            request: What the source is part of; noted with the run, to begin it again
                after it was cut off. Its `readers`, `force` and `given` count.
            wait: Seconds to wait at each commit for others who write.
            on_progress: Called with the growing report for each file that is offered,
                and after each document; what it raises ends the run, and what was
                committed by then stays.

        Raises:
            BusyError: Somebody else is writing to the base for all of the wait.
            ModelError: The embedding model cannot be reached; what was committed
                before stays.
            NotAllowedError: `principal` may not write.
            OtherModelError: The base holds vectors of another embedding model.
            StoreError: The base cannot be written; what was committed before stays.
            UsageError: The run would unmask what is masked, without `force`; or the
                source cannot be read at all.
        """
        if request is not None:
            readers, force = request.readers, request.force
        self._refuse_to_unmask(principal, force=force)
        private = frozenset({f"user:{principal.user}"})
        arguments = {
            "roots": list(source.roots),
            "readers": None if readers is None else sorted(readers),
            "force": force,
            "request": request.to_json() if request else {},
        }
        writer = Publisher(
            self.store, principal, purpose="ingest", wait=wait, rules=self.rules
        )
        with (
            traces.span("ingest") as told,
            _record_run(writer, arguments) as number,
            ParserPool(
                limits=self.limits,
                workers=self.workers,
                main=self.html == "main",
                further=further_work(self.preparation, self.chunker),
            ) as pool,
        ):
            run = Ingestion(
                writer,
                self._stored(source, Principal.system()),
                recipe=self._version(pool)._replace(
                    given=request.given if request else None
                ),
                roots=source.roots,
                readers=readers,
                force=force,
                model=self.embedding,
            )
            items = _report_progress(source.items(run.known()), run, on_progress)
            offered = run.changed(items)
            for outcome in _loaded(pool.parse_all(offered, within=run.changed)):
                run.report.pages = pool.pages
                self._take(run, outcome, private=private)
                on_progress(run.report)
            report = run.finish(source.roots, complete=source.complete)
            summary = dataclasses.asdict(report)
            writer.end_job(number, state="done", summary=summary)
            told["erya.documents"] = report.added + report.updated
        return report

    def _take(
        self, run: Ingestion, outcome: ParseResult, *, private: frozenset[str]
    ) -> None:
        """Store what became of a file, or note why there is nothing to store."""
        item, problem = outcome.item, outcome.problem
        ready = None
        given: Mapping[str, str] = {}
        if problem is None and outcome.parsed is not None:
            readers = run.readers_of(item, default=private)
            given = self._given(run, item)
            document = document_of(item, outcome.parsed, readers=readers)
            told = with_given(document.metadata, given)
            try:
                ready = made_ready(
                    dataclasses.replace(document, metadata=told),
                    outcome.made,
                    preparation=self.preparation,
                    chunker=self.chunker,
                )
            except DocumentError as error:
                problem = Problem(
                    source=item.source,
                    code=error.code,
                    message=str(error),
                    failed=True,
                )
        if problem is not None:
            run.note(problem, item)
            return
        notices = outcome.notices
        if ready is not None and outcome.parsed is not None:
            notices += (*outcome.parsed.notices, *unsearched(ready.document))
        run.opened(item, parts=len(outcome.parts), notices=notices, given=given)
        if ready is None:
            run.report.opened += 1
            return
        kind = ready.document.media_type
        run.report.formats[kind] = run.report.formats.get(kind, 0) + 1
        with traces.span("index", chunks=len(ready.chunks)):
            run.store(
                ready.document,
                ready.chunks,
                original=self.preparation.kept(ready.document, item.data),
                terms=ready.terms,
                given=given,
            )

    def _given(self, run: Ingestion, item: Item) -> Mapping[str, str]:
        """Return what the team says of a file, in this run or before."""
        if run.given is not None:
            return run.given
        old = run.stored(item)
        if old is None or without_given(old.recipe) == old.recipe:
            return {}
        try:
            return given_in(self.store.document(Principal.system(), old.id).metadata)
        except StoreError:  # what is damaged is being replaced
            return {}

    def plan(
        self,
        source: Source,
        *,
        principal: Principal,
        readers: frozenset[str] | None = None,
        force: bool = False,
        given: Mapping[str, str] | None = None,
    ) -> Plan:
        """Tell what `ingest` would do. Nothing is parsed, and nothing changes.

        Args:
            source: What would be read. What is inside archives is not looked at.
            principal: Who would ingest.
            readers: Who would be allowed to read; None keeps those who are.
            force: Whether unchanged files would be read again.
            given: What metadata the team would give; None keeps what it gave.

        Raises:
            StoreError: The base is damaged.
            UsageError: The run would be refused.
        """
        self._refuse_to_unmask(principal, force=force)
        with ParserPool(limits=self.limits) as pool:
            recipe = self._version(pool)._replace(given=given)
        stored = self._stored(source, principal)
        known = known_of(stored, version=recipe, force=force)
        return planned(
            source.items(known),
            stored,
            recipe=recipe,
            force=force,
            readers=readers,
            roots=lambda: [root for root in source.roots if source.complete(root)],
        )

    def _refuse_to_unmask(self, principal: Principal, *, force: bool) -> None:
        """Keep what is masked from being stored unmasked because a setting is missing.

        Raises:
            UsageError: The base holds documents of which more is masked than this run
                masks.
        """
        if force:
            return
        unmasks = cache(self.preparation.unmasks)
        if any(map(unmasks, self.store.recipes(principal))):
            msg = (
                "The base holds documents with personal data masked, and this run "
                "would store some unmasked. Set mask as before; to unmask them, ingest "
                "with --force."
            )
            raise UsageError(msg)

    @property
    def _recipe(self) -> str:
        told = self.preparation.recipe
        parsing = f"{PARSING}+layout" if has_layout_model() else PARSING
        return f"{parsing}:{self.html}/{self.chunker.recipe}/{told}"

    def _version(self, pool: ParserPool) -> PipelineVersion:
        """Return how files would be read now, and with what."""
        return PipelineVersion(self._recipe, f"{pool.capabilities}|{pool.limits_key}")

    def _stored(self, source: Source, principal: Principal) -> Stored:
        """Return what the base holds of what a source covers.

        Only owners and the system are told all hashes. An editor's run compares by
        them: they were let write before.
        """
        # A stream does not say what it offers; of many files each costs a look.
        roots = source.roots if 0 < len(source.roots) <= _FEW_ROOTS else None
        where = None if roots is None else Under(roots)
        return Stored(
            tuple(self.store.documents(principal, where=where)),
            tuple(self.store.items(principal, within=roots)),
            partial(self.store.vectors, Principal.system()),
        )

    def add(
        self, documents: Iterable[Document], *, principal: Principal
    ) -> IngestReport:
        """Store documents that are text already, each with the readers it names.

        A document takes the place of what its id held before. Nothing is removed.

        Raises:
            BusyError: Somebody else is writing to the base.
            ModelError: The embedding model cannot be reached; what was committed
                before stays.
            NotAllowedError: `principal` may not write.
            OtherModelError: The base holds vectors of another embedding model.
            StoreError: The base cannot be written; what was committed before stays.
            UsageError: The base is masked, and this assistant masks nothing.
        """
        self._refuse_to_unmask(principal, force=False)
        with (
            traces.span("ingest") as told,
            self.store.writer(principal, purpose="add documents") as writer,
        ):
            if self.rules is not None:
                check_rules(self.store, self.rules)
            run = Ingestion(
                writer,
                Stored((), vectors_of=partial(self.store.vectors, Principal.system())),
                recipe=PipelineVersion(self.chunker.recipe + self.preparation.masks),
                roots=(),
                readers=None,
                model=self.embedding,
            )
            for given in self._recognised(run, documents):
                original = given.text.encode("utf-8", "surrogatepass")
                document = self.preparation.mask(
                    dataclasses.replace(
                        given, content_hash=hashlib.sha256(original).hexdigest()
                    )
                )
                run.report.files += 1
                chunks = list(self.chunker.chunk(document))
                kept = self.preparation.kept(document, original)
                run.store(document, chunks, original=kept)
            report = run.finish((), complete=lambda _: False)
            told["erya.documents"] = report.added + report.updated
        return report

    def _recognised(
        self, run: Ingestion, documents: Iterable[Document]
    ) -> Iterator[Document]:
        """Pass documents on, once the run knows which of them are stored."""
        rest = iter(documents)
        while batch := list(islice(rest, _ADDED_AT_ONCE)):
            sources = Is("source", tuple(each.source for each in batch))
            run.recognise(self.store.documents(Principal.system(), where=sources))
            yield from batch

    def locate(
        self, citation: Citation, *, principal: Principal
    ) -> PageHighlight | None:
        """Return the rectangles of a citation on its page, in shares of the page.

        None where its document has no pages to show. With them comes a picture of the
        page with the words marked.

        Raises:
            DocumentError: Personal data in the quote is masked, or the file is read
                otherwise than when it was stored.
            NotFoundError: The principal may not read the document or see its file.
            StoreError: The base is damaged.
        """
        base = self._base(citation.chunk.base)
        document = base.store.document(principal, citation.chunk.document_id)
        span = Span(citation.start, citation.end)
        return locate(
            base.store, document, span, principal=principal, limits=base.limits
        )

    def search(
        self,
        question: str,
        *,
        principal: Principal,
        limit: int = 10,
        where: Filter | None = None,
    ) -> Evidence:
        """Find passages that `principal` may read, best first.

        With others `beside`, those of all bases, by their scores.

        Args:
            question: What to look for.
            principal: Who asks.
            limit: How many at most.
            where: Look only in documents that pass.

        Raises:
            ModelError: A model cannot be reached, and `degrade` is off.
            StoreError: The base is damaged or out of reach.
            UsageError: `limit` is below 1.
        """
        search = _Search(question, principal, _joined(self.where, where))
        evidence = self._search_own(search, limit=limit)
        if not self.beside:
            return evidence
        others = [
            each._search_own(search, limit=limit)  # noqa: SLF001 - one of us
            for each in self.beside
        ]
        return _merge_evidence([evidence, *others], limit=limit)

    def _search_own(self, search: "_Search", *, limit: int) -> Evidence:
        found = self._reranked(search, limit=limit)
        if self.diversity:
            hits = diversified(found.hits, diversity=self.diversity)
            found = dataclasses.replace(found, hits=hits)
        hits = found.hits[:limit]
        if self.name:
            hits = tuple(_in_base(hit, self.name) for hit in hits)
        return dataclasses.replace(found, hits=hits)

    def _reranked(self, search: "_Search", *, limit: int) -> Evidence:
        found = self._found(search, limit=limit)
        if self.reranker is None:
            return found
        with traces.span("rerank", passages=len(found.hits)):
            try:
                found = self.reranker.rerank(search.question[:_LONGEST_QUESTION], found)
            except ModelError:
                if not self.degrade:
                    raise
                # It does not say why: that may name machines.
                name = self.reranker.model.name
                note = (
                    f"The rerank model {name!r} gave no answer; passages stand in the "
                    f"order of the search. Look closer with: erya models test {name}"
                )
                found = _noted(found, note)
        return found

    def _found(self, search: "_Search", *, limit: int) -> Evidence:
        """Retrieve as many passages as are wanted, or as will be read once more."""
        if self.diversity:
            limit *= _SPARE
        if self.reranker is not None and limit > 0:  # 0 is refused there
            limit = max(limit, self.reranker.candidates)
        with traces.span("retrieve", limit=limit) as told:
            found = self._searched(search, limit=limit)
            told["erya.hits"] = len(found.hits)
        return found

    def _searched(self, search: "_Search", *, limit: int) -> Evidence:
        plain = self._retriever
        if self.strategy is None:
            return search.by(plain, limit=limit)
        try:
            return search.by(self.strategy(plain), limit=limit)
        except ModelError:
            if not self.degrade:
                raise
            found = search.by(plain, limit=limit)
            note = "A model gave no answer; the question was searched as it stands."
            return _noted(found, note)

    def ask(self, query: str | Query, *, principal: Principal) -> Answer:
        """Answer from what `principal` may read, every sentence cited and checked.

        As `stream` does, and waits until the answer is whole.

        Raises:
            ModelError: A model cannot be reached, and `degrade` is off.
            StoreError: The base is damaged or out of reach.
            UsageError: The question is empty.
        """
        return _last(self.stream(query, principal=principal))

    def stream(self, query: str | Query, *, principal: Principal) -> Iterator[AskEvent]:
        """Answer from what `principal` may read, in events as they come.

        First what was found, then each sentence once it is checked, and at the end the
        whole answer. Of a question the first 4,000 characters count. When a chat model
        fails, the documents are quoted instead, and a notice says so, unless `degrade`
        is off. Closing the iterator stops a model that still writes.

        Args:
            query: What to answer; a text is a query of its own.
            principal: Who asks.

        Raises:
            ModelError: A model cannot be reached, and `degrade` is off.
            StoreError: The base is damaged or out of reach.
            UsageError: The question is empty.
        """
        query = _asked(query)
        end = _end_of(query)
        with traces.span("ask") as told:
            limit = self.passages
            evidence = self.search(
                query.question, principal=principal, limit=limit, where=query.where
            )
            for event in self._answer(query, evidence, principal, end=end):
                if isinstance(event, AnswerFinished):
                    told["erya.abstained"] = event.answer.abstained
                yield event

    def answer(
        self, query: str | Query, evidence: Evidence, *, principal: Principal
    ) -> Answer:
        """Answer as `ask` does, from what `search` found.

        Args:
            query: What to answer.
            evidence: What was found for it.
            principal: Who asks; what they may not read is left out.

        Raises:
            ModelError: A model cannot be reached, and `degrade` is off.
            StoreError: The base is damaged or out of reach.
            UsageError: The question is empty.
        """
        readable = cache(lambda chunk: self._may_read(principal, chunk))
        hits = tuple(h for h in evidence.hits if readable(_place_of(h.chunk)))
        mine = dataclasses.replace(evidence, hits=hits)
        query = _asked(query)
        return _last(self._answer(query, mine, principal, end=_end_of(query)))

    def check(
        self, text: str, hits: Sequence["Hit"], *, principal: Principal
    ) -> Answer:
        """Return a text that cites passages as an answer, every sentence checked.

        Args:
            text: `[2]` behind a sentence cites the second passage. Without any passage
                it is nothing that documents carry, and has no claims.
            hits: What it was written from, in the order of the numbers.
            principal: Who reads it; a citation of what they may not read fails.

        Raises:
            StoreError: The base is damaged.
        """
        draft = draft_from(text, hits)
        if draft.abstained:
            return draft
        if not hits:
            return Answer(text=text)
        return verify(draft, self._reader_of(principal), checks=_CHECKS)

    def _may_read(self, principal: Principal, place: "_Place") -> bool:
        try:
            self._base(place.base).store.document(principal, place.document_id)
        except NotFoundError:
            return False
        return True

    def _base(self, name: str) -> "Assistant":
        """Return the assistant of a base that is asked."""
        return next((each for each in self.beside if each.name == name), self)

    def _reader_of(self, principal: Principal) -> ReadDocument:
        """Return what reads the documents of chunks, each once."""
        read = cache(
            lambda place: self._base(place.base).store.document(
                principal, place.document_id
            )
        )
        return lambda chunk: read(_place_of(chunk))

    def widen(self, evidence: Evidence, *, principal: Principal) -> Evidence:
        """Return the passages that answers are made from.

        Where chunks are cut small, the parent in place of each; one whose parent is
        there already, by a better one, is left out. Then the whole of a list or an
        article in which one of the best passages begins or ends.

        Raises:
            StoreError: The base is damaged.
        """
        read = self._reader_of(principal)
        around: dict[str, Chunk] = {}
        places = dict.fromkeys(_place_of(hit.chunk) for hit in evidence.hits)
        for place in places:
            chunker = self._base(place.base).chunker
            if type(chunker).widen is Chunker.widen:
                continue
            chunks = [h.chunk for h in evidence.hits if _place_of(h.chunk) == place]
            wider = chunker.widen(read(chunks[0]), chunks)
            around |= {
                chunk.id: dataclasses.replace(wide, base=place.base)
                for chunk, wide in zip(chunks, wider, strict=True)
            }
        wide: dict[str, Hit] = {}
        for rank, hit in enumerate(evidence.hits):
            parent = around.get(hit.chunk.id, hit.chunk)
            if rank < COMPLETED and may_be_cut(parent.text):
                parent = self._completed(parent, read)
            wide.setdefault(parent.id, dataclasses.replace(hit, chunk=parent))
        return dataclasses.replace(evidence, hits=tuple(wide.values()))

    def _completed(self, chunk: Chunk, read: ReadDocument) -> Chunk:
        """Return a passage with what its cut left out, unless it has changed since."""
        try:
            document = read(chunk)
        except NotFoundError:
            return chunk
        same = document.text[chunk.start : chunk.end] == chunk.text
        if not same:
            return chunk
        return dataclasses.replace(completed(document, chunk), base=chunk.base)

    def _answer(
        self, query: Query, evidence: Evidence, principal: Principal, *, end: float
    ) -> Iterator[AskEvent]:
        """Yield what was found, each claim as it is checked, and the whole answer.

        Raises:
            ModelError: A model cannot be reached, and `degrade` is off.
        """
        yield EvidenceFound(evidence=evidence)
        if evidence.note:
            yield NoticeGiven(text=evidence.note)
        evidence = self.widen(evidence, principal=principal)
        read = self._reader_of(principal)
        checking = Verification(read, checks=_CHECKS)
        draft = Answer(text="")
        note = ""
        drafts = self._drafts(query, evidence, end)
        try:
            for draft, is_whole in drafts:
                yield from checking.extend(draft)
                if not is_whole and time.monotonic() > end:
                    note = _TIME_IS_OVER
                    break
        except ModelError as error:
            if draft.claims and time.monotonic() > end:
                note = _TIME_IS_OVER
            elif self.degrade:
                draft = self._quoted(query.question, evidence, error)
                checking = Verification(read, checks=_CHECKS)
            else:
                raise
        finally:
            drafts.close()
        note = " ".join(filter(None, (draft.note, note)))
        if note:
            yield NoticeGiven(text=note)
        with traces.span("verify", claims=len(draft.claims)):
            answer = checking.finish(draft)
        answer = dataclasses.replace(
            answer,
            note=" ".join(filter(None, (evidence.note, note))),
            suggestion=evidence.suggestion,
            trace_id=traces.trace_id(),
        )
        yield AnswerFinished(answer=answer)

    def _drafts(
        self, query: Query, evidence: Evidence, end: float
    ) -> Generator[Draft, None, None]:
        """Yield the answer as it grows, in a span of its own."""
        left = max(end - time.monotonic(), 0.0)
        with traces.span("answer", passages=len(evidence.hits)) as told:
            for draft in self._answerer.drafts(
                query.question,
                evidence,
                history=query.history,
                seconds=None if math.isinf(left) else left,
            ):
                usage = draft.answer.usage
                told["gen_ai.usage.input_tokens"] = usage.input_tokens or 0
                told["gen_ai.usage.output_tokens"] = usage.output_tokens or 0
                yield draft

    def _quoted(self, question: str, evidence: Evidence, error: ModelError) -> Answer:
        """Quote where the answerer's model has failed; by words, if a local one has."""
        if not isinstance(self._answerer, ExtractiveAnswerer):
            quoting = self._comparing(ExtractiveAnswerer())
            # A note goes to whoever asks: no address, nothing that a server said.
            _LOG.warning("%s", error)
            note = f"{error.reader_message} The documents are quoted instead."
            with contextlib.suppress(ModelError):
                quoted = quoting.answer(question, evidence)
                return dataclasses.replace(quoted, note=note)
        quoted = ExtractiveAnswerer().answer(question, evidence)
        return dataclasses.replace(quoted, note=_BY_WORDS)

    def _comparing(self, answerer: ExtractiveAnswerer) -> ExtractiveAnswerer:
        model = self.embedding
        local = model if model is not None and model.local else None
        return dataclasses.replace(
            answerer,
            embedding=answerer.embedding or local,
            reader=answerer.reader or self.reader,
        )

    def _build_retriever(self) -> Retriever:
        """Return what finds by words, and by meaning where there is a model."""
        if self.embedding is None:
            return KeywordRetriever(self.store)
        return HybridRetriever(self.store, self.embedding, degrade=self.degrade)


def _noted(found: Evidence, note: str) -> Evidence:
    told = " ".join(filter(None, (found.note, note)))
    return dataclasses.replace(found, note=told)


def _end_of(query: Query) -> float:
    """Return when its time is over, on the monotonic clock."""
    return math.inf if query.seconds is None else time.monotonic() + query.seconds


def _asked(query: str | Query) -> Query:
    """Return a query with what counts of its question.

    Raises:
        UsageError: It is empty.
    """
    query = Query(question=query) if isinstance(query, str) else query
    question = query.question[:_LONGEST_QUESTION]
    if not question.strip():
        msg = "The question is empty. Ask something, in quotes."
        raise UsageError(msg)
    return dataclasses.replace(query, question=question)


def _last(events: Iterator[AskEvent]) -> Answer:
    """Return the whole answer of a stream of events."""
    (answer,) = (e.answer for e in events if isinstance(e, AnswerFinished))
    return answer


def _joined(always: Filter | None, now: Filter | None) -> Filter | None:
    """Return the filter that both let pass."""
    given = tuple(each for each in (always, now) if each is not None)
    return AllOf(given) if len(given) > 1 else next(iter(given), None)


class _Search(NamedTuple):
    """What is looked for, for whom and where."""

    question: str
    principal: Principal
    where: Filter | None

    def by(self, retriever: Retriever, *, limit: int) -> Evidence:
        """Let a retriever search."""
        return retriever.retrieve(
            self.principal, self.question, limit=limit, where=self.where
        )


class _Place(NamedTuple):
    """A document of one of the bases that are asked."""

    base: str
    document_id: str


def _place_of(chunk: Chunk) -> _Place:
    return _Place(chunk.base, chunk.document_id)


def _in_base(hit: "Hit", name: str) -> "Hit":
    return dataclasses.replace(hit, chunk=dataclasses.replace(hit.chunk, base=name))


def _merge_evidence(found: Sequence[Evidence], *, limit: int) -> Evidence:
    """Return the evidence of several bases as one, the best of all first.

    What a term tells is its mean over the bases that know it: a word that one base is
    full of tells little there, and may tell much in another.
    """
    first, *_ = found
    hits = sorted((h for each in found for h in each.hits), key=lambda h: -h.score)
    terms = {term for each in found for term in each.weights}
    weights = {
        term: statistics.fmean(e.weights[term] for e in found if term in e.weights)
        for term in terms
    }
    notes = dict.fromkeys(each.note for each in found if each.note)
    return Evidence(
        hits=tuple(hits[:limit]),
        weights=weights,
        note=" ".join(notes),
        usage=sum((each.usage for each in found), Usage()),
        also=tuple(dict.fromkeys(word for each in found for word in each.also)),
        suggestion="" if hits else first.suggestion,
    )


@contextlib.contextmanager
def _record_run(writer: Publisher, arguments: Mapping[str, Any]) -> Iterator[int]:
    """Note a run in the base. One that is refused or cancelled is not gone on with.

    Raises:
        JobCancelledError: As inside.
        UsageError: As inside.
    """
    number = writer.begin_job("ingest", arguments)
    try:
        yield number
    except (JobCancelledError, UsageError):
        writer.end_job(number, state="failed", summary={})
        raise


def _report_progress(
    items: Iterable[Item | Problem | Unchanged],
    run: Ingestion,
    on_progress: Callable[[IngestReport], None],
) -> Iterator[Item | Problem | Unchanged]:
    """Pass on what a source offers, and tell so: most of it may be unchanged."""
    for item in items:
        on_progress(run.report)
        yield item


def _loaded(outcomes: Iterator[ParseResult]) -> Iterator[ParseResult]:
    """Record the wait for each file; the span ends before the next step begins."""
    while True:
        with traces.span("load"):
            outcome = next(outcomes, None)
        if outcome is None:
            return
        yield outcome
