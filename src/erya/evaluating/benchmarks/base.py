"""What a benchmark is, and what it is given."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from erya.answering import Answerer, ExtractiveAnswerer
from erya.assistant import Assistant
from erya.chunking import Chunker, StructureChunker
from erya.evaluating.answers import AnswerMeasures
from erya.evaluating.draws import draw_sample
from erya.evaluating.runs import (
    Progress,
    Run,
    SampleResult,
    measure_all,
    sum_counts,
    tokens_of,
)
from erya.evaluating.scratch import scratch_home
from erya.guarding import PersonalDataDetector, PersonalDataRules
from erya.loading import document_of
from erya.loading.formats.text import parse_text
from erya.models import EmbeddingModel, ReaderModel
from erya.records import Answer, Document, Item, Principal
from erya.reranking import Reranker
from erya.retrieving import Retriever
from erya.stores import Bases

__all__ = [
    "OWNER",
    "Benchmark",
    "Measure",
    "Setup",
    "Task",
    "ask",
    "measure_benchmark",
    "passage",
    "reader_of",
]

OWNER = Principal.owner("benchmark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is measured, and how much of it.

    Attributes:
        answerer: Words the answers.
        embedding: Places texts by their meaning; None finds by words alone.
        strategy: As for an assistant.
        reranker: As for an assistant.
        reader: As for an assistant.
        chunker: Cuts the documents.
        passages: Passages that an answer is made from.
        measures: What is measured of answers.
        personal_data: Finds personal data.
        queries: Items to measure, drawn at random; None measures all.
        docs: Files that the questions are about, where they lie apart from the data.
        seed: Of draws.
    """

    answerer: Answerer = field(default_factory=ExtractiveAnswerer)
    embedding: EmbeddingModel | None = None
    strategy: Callable[[Retriever], Retriever] | None = None
    reranker: Reranker | None = None
    reader: ReaderModel | None = None
    chunker: Chunker = field(default_factory=StructureChunker)
    passages: int = 8
    measures: AnswerMeasures = field(default_factory=AnswerMeasures)
    personal_data: PersonalDataDetector = field(default_factory=PersonalDataRules)
    queries: int | None = None
    docs: Path | None = None
    seed: int = 0

    @contextmanager
    def assistant(self) -> Iterator[Assistant]:
        """Open an assistant on an empty base that is thrown away."""
        with scratch_home() as home:
            store = Bases(home).open("benchmark", create=True)
            with Assistant(
                store=store,
                answerer=self.answerer,
                embedding=self.embedding,
                strategy=self.strategy,
                reranker=self.reranker,
                reader=self.reader,
                chunker=self.chunker,
                passages=self.passages,
                degrade=False,
            ) as assistant:
                yield assistant


Measure = Callable[[Any], SampleResult]


class Task(NamedTuple):
    """A benchmark with its data read: files, what to measure, and how.

    Attributes:
        files: The files of the data, for the digest.
        items: Ids, and whatever is measured.
        opened: Makes ready what is needed, and gives the function that measures.
        group: Tells the parts of the benchmark apart, such as its abilities; by default
            what stands in an id before the first slash.
    """

    files: Sequence[Path]
    items: Sequence[tuple[str, Any]]
    opened: Callable[[Progress], AbstractContextManager[Measure]]
    group: Callable[[str], object] = lambda key: key.partition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One benchmark.

    Attributes:
        name: What a user calls it.
        measures: What it measures, in a sentence.
        layout: What its folder holds.
        read: Reads a folder; None where Erya has nothing yet that it could measure.
        source: Whose definition it follows.
    """

    name: str
    measures: str
    layout: str
    source: str
    read: Callable[[Path, Setup], Task] | None = None


def measure_benchmark(
    task: Task, setup: Setup, run: Run, *, on_progress: Progress
) -> Run:
    """Measure a benchmark, or so many of its items as `setup` says.

    Raises:
        ModelError: A model cannot be reached; what was measured before is kept.
        StoreError: The base cannot be written.
        UsageError: The data is not what it should be.
    """
    items = task.items
    if setup.queries is not None:
        items = draw_sample(
            items,
            setup.queries,
            group=lambda item: task.group(item[0]),
            seed=setup.seed,
        )
    with task.opened(on_progress) as measure:
        return measure_all(
            run,
            items,
            measure,
            what="Asking",
            calls=setup.measures.calls,
            on_progress=on_progress,
        )


def ask(
    assistant: Assistant, question: str, *, principal: Principal
) -> tuple[Answer, dict[str, int]]:
    """Ask, and return the answer with the tokens of search and answer.

    Raises:
        ModelError: A model cannot be reached.
        StoreError: The base is damaged or out of reach.
    """
    evidence = assistant.search(question, principal=principal, limit=assistant.passages)
    answer = assistant.answer(question, evidence, principal=principal)
    searching = tokens_of(evidence.usage, "search")
    return answer, sum_counts([searching, tokens_of(answer.usage)])


def passage(
    text: str, *, key: str, title: str = "", readers: Iterable[str]
) -> Document:
    """Return a passage as a document that `readers` may read."""
    data = text.encode("utf-8", "replace")
    item = Item(source=key, data=data)
    document = document_of(item, parse_text(data, ""), readers=frozenset(readers))
    return replace(document, title=title)


def reader_of(key: str) -> Principal:
    """Return somebody who may read what is for `group:KEY`, and nothing else.

    So that each question has passages of its own in one base: ranks and scores are
    the same as if nothing else were there.
    """
    return Principal(user="benchmark", groups=frozenset({key}))
