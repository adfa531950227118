"""All benchmarks that Erya knows by name."""

from typing import Final

from erya.errors import UsageError
from erya.evaluating.benchmarks.base import Benchmark
from erya.evaluating.benchmarks.chunking import read_chunking
from erya.evaluating.benchmarks.embedding import read_embedding
from erya.evaluating.benchmarks.financebench import read_financebench
from erya.evaluating.benchmarks.injection import read_injection
from erya.evaluating.benchmarks.pii import read_pii
from erya.evaluating.benchmarks.reading import read_reading
from erya.evaluating.benchmarks.rgb import read_rgb
from erya.evaluating.benchmarks.toolcalls import read_toolcalls

__all__ = ["BENCHMARKS", "benchmark_named"]

_CORPUS: Final = (
    "corpus.jsonl, queries.jsonl with answers, qrels.tsv; or qa.jsonl with contexts"
)

BENCHMARKS: Final = {
    benchmark.name: benchmark
    for benchmark in (
        Benchmark(
            name="rgb",
            measures="noise, rejection, integration and counterfactual passages",
            layout="zh_refine.jsonl, zh_int.jsonl, zh_fact.jsonl, the same with en",
            source="Chen and others, 2024",
            read=read_rgb,
        ),
        Benchmark(
            name="squad",
            measures="answers from Wikipedia, English",
            layout=_CORPUS,
            source="Rajpurkar and others, 2016 and 2018",
            read=read_reading,
        ),
        Benchmark(
            name="cmrc",
            measures="answers from Wikipedia, Chinese",
            layout=_CORPUS,
            source="Cui and others, 2019",
            read=read_reading,
        ),
        Benchmark(
            name="clapnq",
            measures="long answers from passages, and refusal",
            layout="qa.jsonl with question, answers, answerable and contexts",
            source="Rosenthal and others, 2024",
            read=read_reading,
        ),
        Benchmark(
            name="financebench",
            measures="answers from annual reports as PDF, and the page",
            layout="qa.jsonl; the PDF files in pdf/ or where --docs says",
            source="Islam and others, 2023",
            read=read_financebench,
        ),
        Benchmark(
            name="chunking",
            measures="how well chunks fit what questions ask for",
            layout="queries.jsonl with references, corpora/",
            source="Smith and Troynikov, 2024",
            read=read_chunking,
        ),
        Benchmark(
            name="embedding",
            measures="an embedding model, by MTEB's kinds of task",
            layout="*.jsonl: pairs, labelled texts, rankings, summaries; or a corpus",
            source="Muennighoff and others, 2023",
            read=read_embedding,
        ),
        Benchmark(
            name="toolcalls",
            measures="function calls of a chat model, or none where none fits",
            layout="*.jsonl with functions, messages or question, answers",
            source="Patil and others, 2025; Chen and others, 2025",
            read=read_toolcalls,
        ),
        Benchmark(
            name="injection",
            measures="answers from documents that hold instructions",
            layout="*.jsonl with context, question, ideal, attack, label",
            source="Yi and others, 2023",
            read=read_injection,
        ),
        Benchmark(
            name="pii",
            measures="personal data found in texts",
            layout="*.jsonl with text and spans of type, start, end",
            source="Presidio's synthetic data",
            read=read_pii,
        ),
        Benchmark(
            name="recall",
            measures="answers from passages that contradict what is known",
            layout="qa.jsonl with question, answers, contexts, false_answers",
            source="Liu and others, 2023",
        ),
        Benchmark(
            name="multihop",
            measures="answers that take several documents",
            layout="corpus.jsonl, queries.jsonl with answers and evidence, qrels.tsv",
            source="Tang and Yang, 2024",
        ),
    )
}


def benchmark_named(name: str) -> Benchmark:
    """Return a benchmark.

    Raises:
        UsageError: There is none of that name, or nothing in Erya to measure by it yet.
    """
    entry = BENCHMARKS.get(name)
    if entry is None:
        msg = f"There is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}."
        raise UsageError(msg)
    return entry
