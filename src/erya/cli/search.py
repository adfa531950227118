"""`erya search`: the passages, without an answer."""

import re
from pathlib import Path

import click

from erya.assistant import Assistant
from erya.cli.common import (
    as_option,
    echo,
    echo_json,
    filter_option,
    finding_options,
    kb_option,
    settings_for,
    usual_options,
)
from erya.cli.places import place
from erya.cli.principals import principal_for
from erya.cli.text import snippet
from erya.errors import NotFoundError, UsageError
from erya.evaluating.misses import why_missed
from erya.filters import Filter
from erya.opening import bases_for_reading, open_assistant
from erya.records import Evidence, Hit, Principal, Span
from erya.retrieving import ConvexFusion
from erya.shapes import evidence_shape, miss_shape

__all__ = ["search"]

_SCORE = (
    "A score adds up how much of the query's words a passage has, how far its vector "
    "rises above the crowd, each by its weight."
)
_LEGS = ("keyword", "vector", "rerank")  # other ranks are those of wordings
_SCORE_JOINED = (
    "Each wording's scores count in proportion to its best, the question's own twice."
)
_PLACE = re.compile(r"(.+):(\d+)-(\d+)")
_SCORE_BY_WORDS = "A score is the BM25 of the keyword leg."


@click.command("search")
@click.argument("query", help="What to look for.")
@click.option(
    "-k", "limit", type=click.IntRange(min=1, max=1000), default=10, help="How many."
)
@kb_option
@click.option(
    "--explain", is_flag=True, help="Show what each leg says, and its weight."
)
@click.option(
    "--why",
    metavar="DOCUMENT[:START-END]",
    help="Tell what each stage did with a document that was not found.",
)
@as_option
@filter_option
@finding_options
@usual_options
def search(
    *,
    query: str,
    limit: int,
    kb: str | None,
    explain: bool,
    why: str | None,
    narrowed: str | None,
    where: Filter | None,
    model: str | None,
    query_strategy: str | None,
    rerank_model: str | None,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Find the passages nearest to a query, by its words and by its meaning.

    Examples:

      erya search "GB/T 11643" --kb standards

      erya search "差旅 住宿 标准" -k 3 --json

      erya search "travel" --filter "under=policies/ and lang=en date>=2025-01-01"

      erya search "lost my phone" --explain

      erya search "lost my phone" --why information-security.md
    """
    settings = settings_for(
        home=home,
        config=config,
        kb=kb,
        chat_model=model,
        query_strategy=query_strategy,
        rerank_model=rerank_model,
    )
    if not query.strip():
        msg = "The query is empty. Name what to look for, in quotes."
        raise UsageError(msg)
    principal = principal_for(settings, narrowed)
    name, *beside = bases_for_reading(settings)
    with open_assistant(settings, name, beside=beside) as assistant:
        if why is not None:
            _show_why(assistant, query, why, principal, limit=limit, as_json=as_json)
            return
        found = assistant.search(query, principal=principal, limit=limit, where=where)
        has_vectors = explain and assistant.store.embedder(principal) is not None
    if as_json:
        echo_json(evidence_shape(found))
    else:
        _show(found, explain=explain, has_vectors=has_vectors)


def _show(found: Evidence, *, explain: bool, has_vectors: bool) -> None:
    hits = found.hits
    if not hits:
        echo("Nothing was found.")
    for rank, hit in enumerate(hits, start=1):
        echo(f"{rank:>2}. {hit.score:6.3f}  {place(hit.chunk)}")
        echo(f"            {snippet(hit.chunk.text)}")
        for line in _explained(hit, has_vectors=has_vectors) if explain else ():
            echo(f"            {line}")
    if explain and hits:
        echo(f"\n{_SCORE if 'vector' in hits[0].weights else _SCORE_BY_WORDS}")
        if any(leg not in _LEGS for leg in hits[0].ranks):
            echo(_SCORE_JOINED)
        if found.also:
            echo(f"Also searched for: {', '.join(found.also)}")
    if found.suggestion:
        echo(f"\nDid you mean: {found.suggestion}")
    if found.note:
        echo(f"\nNote: {found.note}")


def _show_why(
    assistant: Assistant,
    query: str,
    target: str,
    principal: Principal,
    *,
    limit: int,
    as_json: bool,
) -> None:
    document_id, span = _target(assistant, target, principal)
    miss = why_missed(
        assistant, query, document_id, principal=principal, span=span, limit=limit
    )
    if as_json:
        echo_json(miss_shape(miss))
        return
    echo(f"{place(miss.chunk)}\n  {snippet(miss.chunk.text)}\n")
    for stage in miss.stages:
        echo(f"{stage.name:<8} {stage.outcome}")
        if stage.cure:
            echo(f"{'':<8} → {stage.cure}")


def _target(
    assistant: Assistant, target: str, principal: Principal
) -> tuple[str, Span | None]:
    """Find the document that is named by its id or the end of its source.

    Raises:
        NotFoundError: There is none of this name that the principal may read.
    """
    match = _PLACE.fullmatch(target)
    name, span = target, None
    if match is not None:
        name, span = match[1], Span(int(match[2]), int(match[3]))
    found = [
        each
        for each in assistant.store.documents(principal)
        if each.id.startswith(name) or each.source.endswith(name)
    ]
    if len(found) != 1:
        named = "no document" if not found else f"{len(found)} documents"
        msg = (
            f"{named} of this base end in {name!r}. Name it by more of its path, or by "
            "its id: erya kb show NAME --json"
        )
        raise NotFoundError(msg[0].upper() + msg[1:])
    return found[0].id, span


def _explained(hit: Hit, *, has_vectors: bool) -> list[str]:
    """Say what each leg found, how much it counts, and why."""
    lines: list[str] = []
    for leg, what in (("keyword", "BM25"), ("vector", "cosine")):
        weight = hit.weights.get(leg, 0.0)
        if leg not in hit.scores:
            if leg in hit.weights:
                lines.append(f"{leg:<8} no vector: found by its words alone")
            continue
        place = f"rank {hit.ranks[leg]}" if leg in hit.ranks else "not among its best"
        lines.append(
            f"{leg:<8} {place}, {what} {hit.scores[leg]:.4f}, weight {weight:.3f}"
        )
    asked = [
        f"rank {rank} by {leg}" for leg, rank in hit.ranks.items() if leg not in _LEGS
    ]
    if asked:
        lines.append(f"wordings {', '.join(asked)}")
    if "rerank" in hit.scores:
        said = f"rank {hit.ranks['rerank']}, score {hit.scores['rerank']:.4f}"
        lines.append(f"rerank   {said}: it has decided the order")
    if "vector" not in hit.weights:
        why = (
            "the model knows less than half of the query, or gave no answer"
            if has_vectors
            else "the base has no vectors"
        )
        lines.append(f"vector   not asked: {why}")
    if "vector" in hit.scores:
        lines.append(f"         {_why(hit.weights.get('vector', 0.0))}")
    return lines


def _why(weight: float) -> str:
    if not weight:
        return "the model knows too few tokens of the passage to judge it by meaning"
    most = ConvexFusion().weight
    return (
        f"the vector counts {most} where the model knows all tokens of query and "
        f"passage, here {weight / most:.0%} of that"
    )
