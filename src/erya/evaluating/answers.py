"""Ask a base questions with known answers, and measure what it says."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from erya.assistant import Assistant
from erya.evaluating.answer_metrics import ANSWER_METRICS, contains
from erya.evaluating.citation_metrics import Entails, citation_scores, quoted
from erya.evaluating.runs import (
    Progress,
    Run,
    SampleResult,
    measure_all,
    sum_counts,
    tokens_of,
)
from erya.evaluating.similarity import similarity
from erya.evaluating.transcripts import transcript_of
from erya.language import run_together
from erya.models import EmbeddingModel
from erya.records import Answer, Evidence, Example, Hit, Principal, Quote, Usage

__all__ = [
    "AnswerJudge",
    "AnswerMeasures",
    "Ask",
    "Judged",
    "answer_text",
    "evaluate_answers",
    "measure_answer",
]

_ALIKE: Final = 0.8  # a cosine from which two answers count as the same


class Judged(NamedTuple):
    """What a judge says of an answer.

    Attributes:
        scores: Name to value; None where it could not be judged.
        detail: The reasons, for a person.
        usage: What it cost.
    """

    scores: Mapping[str, float | None]
    detail: Mapping[str, Any]
    usage: Usage


AnswerJudge = Callable[[Example, Answer, Evidence], Judged]

# Answers a question for somebody, and tells what was read for it.
Ask = Callable[[str, Principal], tuple[Answer, Evidence]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerMeasures:
    """What is measured of an answer.

    Attributes:
        similar_by: Tells how alike an answer and an accepted one are; None leaves that
            out.
        entails: Says whether a passage carries a statement.
        judge: Further scores, by a model.
        saved: Returns the seconds that model calls once took which were not made again;
            they count as if they had been.
        calls: Counts the calls of models so far.
        searched: Whether answers are made from what is searched; else no score is about
            the passages.
        ask: Answers in another way than the assistant, and tells what it has read.
    """

    similar_by: EmbeddingModel | None = None
    entails: Entails = quoted
    judge: AnswerJudge | None = None
    saved: Callable[[], float] = lambda: 0.0
    calls: Callable[[], Mapping[str, int]] = dict
    searched: bool = True
    ask: Ask | None = None


def evaluate_answers(
    assistant: Assistant,
    examples: Sequence[Example],
    run: Run,
    *,
    principal: Principal,
    measures: AnswerMeasures = AnswerMeasures(),
    concurrency: int = 1,
    on_progress: Progress = lambda *_: None,
) -> Run:
    """Ask every question, and keep the measurements in `run`.

    Of answerable questions: `exact_match`, `contains`, `f1`, `rouge_l`, `bleu`,
    `similarity` and `similar`, all 0 for a refusal; `over_refusal`, 1 for a refusal;
    `answer_in_passages`, whether a passage holds an accepted answer;
    where the example names its evidence, `evidence_recall`, the share of its quotes
    that the passages hold. Of unanswerable ones: `refusal`. Of both, unless refused:
    `supported`, the share of sentences that the documents carry by Erya's own checks,
    `citation_recall` and `citation_precision`. A score that nobody could judge is None.

    Args:
        assistant: Whom to ask.
        examples: What to ask.
        run: Where to keep the items; those it has are not asked again.
        principal: Who asks.
        measures: What is measured.
        concurrency: Questions at once: worth it where a model behind an endpoint
            answers, or judges.
        on_progress: Called with what is done, how far, and of how many.

    Raises:
        ModelError: A model cannot be reached, unless the assistant falls back then.
        StoreError: The base is damaged or out of reach.
        UsageError: Another process measures the run.
    """

    def measure(example: Example) -> SampleResult:
        return measure_answer(
            assistant, example, principal=principal, measures=measures
        )

    things = [(example.id, example) for example in examples]
    return measure_all(
        run,
        things,
        measure,
        what="Asking",
        calls=measures.calls,
        concurrency=concurrency,
        on_progress=on_progress,
    )


def measure_answer(
    assistant: Assistant,
    example: Example,
    *,
    principal: Principal,
    measures: AnswerMeasures = AnswerMeasures(),
) -> SampleResult:
    """Ask one question, and measure the answer as `evaluate_answers` does.

    Raises:
        ModelError: A model cannot be reached, unless the assistant falls back then.
        StoreError: The base is damaged or out of reach.
    """
    began = time.perf_counter()
    if measures.ask is not None:
        retrieved_at = began
        saved = measures.saved()
        answer, evidence = measures.ask(example.question, principal)
    else:
        evidence = (
            _evidence(assistant, example, principal=principal)
            if measures.searched
            else Evidence(hits=(), weights={})
        )
        retrieved_at = time.perf_counter()
        saved = measures.saved()
        answer = assistant.answer(example.question, evidence, principal=principal)
    answered_at = time.perf_counter() + measures.saved() - saved
    seconds = {"retrieve": retrieved_at - began, "answer": answered_at - retrieved_at}
    seconds["total"] = answered_at - began
    measured = time.perf_counter()
    scores = _scores(example, answer, evidence=evidence, measures=measures)
    detail = transcript_of(example, answer, evidence)
    tokens = sum_counts([tokens_of(evidence.usage, "search"), tokens_of(answer.usage)])
    if measures.judge is not None:
        judged = measures.judge(example, answer, evidence)
        scores |= judged.scores
        detail["judged"] = judged.detail
        tokens = sum_counts([tokens, tokens_of(judged.usage, "judge")])
        seconds["judge"] = time.perf_counter() - measured
    return SampleResult(
        id=example.id,
        scores=scores,
        seconds=seconds,
        tokens=tokens,
        detail=detail,
    )


def _evidence(
    assistant: Assistant, example: Example, *, principal: Principal
) -> Evidence:
    """Search, without the passages that an unanswerable question was made from."""
    removed = [str(each) for each in example.metadata.get("without") or ()]
    limit = assistant.passages * (4 if removed else 1)
    evidence = assistant.search(example.question, principal=principal, limit=limit)
    if not removed:
        return evidence
    left = [
        hit
        for hit in evidence.hits
        if not any(contains(hit.chunk.text, [each]) for each in removed)
    ]
    return replace(evidence, hits=tuple(left[: assistant.passages]))


def answer_text(answer: Answer) -> str:
    """Return what an answer says, without its marks; nothing for a refusal."""
    if answer.abstained:
        return ""
    parts = (answer.text[claim.start : claim.end] for claim in answer.claims)
    return " ".join(parts) if answer.claims else answer.text


def _scores(
    example: Example,
    answer: Answer,
    *,
    evidence: Evidence,
    measures: AnswerMeasures,
) -> dict[str, float | None]:
    scores: dict[str, float | None] = {}
    text = answer_text(answer)
    if example.answerable:
        for name, metric in ANSWER_METRICS.items():
            scores[name] = metric(text, example.answers)
        if measures.similar_by is not None:
            alike = similarity(measures.similar_by, text, example.answers)
            scores["similarity"] = alike
            scores["similar"] = None if alike is None else float(alike >= _ALIKE)
        scores["over_refusal"] = float(answer.abstained)
        if measures.searched:
            passages = "\n".join(hit.chunk.indexed_text for hit in evidence.hits)
            scores["answer_in_passages"] = contains(passages, example.answers)
    else:
        scores["refusal"] = float(answer.abstained)
    if not measures.searched:
        return scores
    if example.evidence:
        covered = [_holds(evidence.hits, quote) for quote in example.evidence]
        scores["evidence_recall"] = sum(covered) / len(covered)
    if not answer.abstained:
        carried = [claim.verdict == "supported" for claim in answer.claims]
        scores["supported"] = sum(carried) / len(carried) if carried else 0.0
        recall, precision = citation_scores(answer, measures.entails)
        scores["citation_recall"] = recall
        scores["citation_precision"] = precision
    return scores


def _holds(hits: Sequence[Hit], quote: Quote) -> bool:
    """Tell whether a passage of the quote's source holds its words."""
    words = run_together(quote.quote)
    return any(
        is_of(hit.chunk.source, quote.source) and words in run_together(hit.chunk.text)
        for hit in hits
    )


def by_suffix(sources: Iterable[str]) -> dict[str, list[str]]:
    """Return the sources by all that a test set may call them: their last parts."""
    sources_by_suffix: dict[str, list[str]] = {}
    for source in sources:
        parts = source.lstrip("/").split("/")
        for first in range(len(parts)):
            sources_by_suffix.setdefault("/".join(parts[first:]), []).append(source)
    return sources_by_suffix


def is_of(source: str, name: str) -> bool:
    """Tell whether a document's source is what a test set names, or ends with it."""
    return not name or source == name or source.endswith(f"/{name.lstrip('/')}")
