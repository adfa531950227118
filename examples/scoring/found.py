"""Write what LangChain, LlamaIndex or Dify found as a TREC run, and let Erya score it.

    erya evaluate retrieval --run found.trec --qrels qrels.tsv

Each function takes what the library returns for one question and gives a score for each
document, that of its best passage. `write_run` writes them all. Nothing here needs the
libraries themselves, nor Erya.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def of_langchain(
    hits: Iterable[tuple[Any, float]], *, key: str = "source", distance: bool = False
) -> dict[str, float]:
    """Read `vectorstore.similarity_search_with_score(question, k=100)`.

    Args:
        hits: Pairs of a Document and its score.
        key: The entry of the metadata that names the document as the judgements do.
        distance: Whether the store returns distances, as FAISS and Chroma do: less is
            better there.
    """
    return _best(
        (document.metadata[key], -score if distance else score)
        for document, score in hits
    )


def of_llama_index(nodes: Iterable[Any], *, key: str | None = None) -> dict[str, float]:
    """Read `index.as_retriever(similarity_top_k=100).retrieve(question)`.

    Args:
        nodes: Nodes with scores.
        key: The entry of the metadata that names the document; by default its own id.
    """
    return _best(
        (found.node.metadata[key] if key else found.node.ref_doc_id, found.score or 0.0)
        for found in nodes
    )


def of_dify(response: Mapping[str, Any]) -> dict[str, float]:
    """Read the answer of Dify's `POST /datasets/{id}/retrieve`, by document names."""
    return _best(
        (record["segment"]["document"]["name"], record["score"])
        for record in response["records"]
    )


def write_run(
    path: Path, found: Mapping[str, Mapping[str, float]], *, tag: str
) -> None:
    """Write the scores of all questions; blanks in ids become underscores.

    Args:
        path: The run.
        found: Question id to document id to score.
        tag: The system's name.
    """
    lines = []
    for question, scores in found.items():
        ranked = sorted(scores, key=lambda key: -scores[key])
        for rank, document in enumerate(ranked, start=1):
            ids = "_".join(question.split()), "_".join(document.split())
            lines.append(f"{ids[0]} Q0 {ids[1]} {rank} {scores[document]!r} {tag}\n")
    path.write_text("".join(lines), encoding="utf-8")


def _best(hits: Iterable[tuple[str, float]]) -> dict[str, float]:
    best: dict[str, float] = {}
    for document, score in hits:
        best[document] = max(best.get(document, score), float(score))
    return best
