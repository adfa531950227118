"""Answers judged by a chat model, where words alone cannot tell.

A judge replies with one JSON object. What it was to judge is data in its prompt; a
reply that cannot be read is asked for once more, and then counts as not judged.
"""

import contextlib
import json
import math
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from erya.evaluating.answers import Judged, answer_text
from erya.evaluating.citation_metrics import quoted
from erya.language import sentences
from erya.models import ChatModel, ChatRequest, complete
from erya.prompts import load_prompt
from erya.records import Answer, Evidence, Example, Message, Usage

__all__ = ["JUDGED", "KINDS", "Judge", "Opinion"]

KINDS: Final = (
    "correctness", "faithfulness", "answer_relevancy", "context_precision",
    "context_recall", "guidelines", "entailment", "preference",
)  # fmt: skip
# What `Judge` scores of an answer.
JUDGED: Final = frozenset(KINDS) - {"entailment", "preference"}


class Opinion(NamedTuple):
    """What a judge says of one thing.

    Attributes:
        score: The value; None if the judge could not be understood.
        reason: Why, in the judge's words.
    """

    score: float | None
    reason: str


class _Spending(threading.local):
    """What each call of a thread has cost, until somebody takes it."""

    def __init__(self) -> None:
        self.usages: list[Usage] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Judges answers with a chat model.

    Attributes:
        model: The chat model.
        guidelines: The user's own rules that an answer has to keep; often none.
    """

    model: ChatModel
    guidelines: Sequence[str] = ()
    _spending: _Spending = field(default_factory=_Spending, init=False, repr=False)

    def take_spent(self) -> Usage:
        """Return what the calls of this thread have cost since this was last asked."""
        usages, self._spending.usages = self._spending.usages, []
        return sum(usages, Usage())

    def __call__(self, example: Example, answer: Answer, evidence: Evidence) -> Judged:
        """Judge all that can be judged of an answer.

        `correctness`, 1 to 5, `answer_relevancy`, 0 to 2, `context_precision` and
        `context_recall` of answerable questions; `faithfulness` of an answer that is
        no refusal; `guidelines`, where there are some, of every answer.

        Raises:
            ModelError: The model cannot be reached.
        """
        passages = [hit.chunk.indexed_text for hit in evidence.hits]
        opinions: dict[str, Opinion] = {}
        text = answer_text(answer)
        if example.answerable:
            opinions["correctness"] = (
                self.correctness(example.question, text, accepted=example.answers)
                if text
                else Opinion(1.0, "It is a refusal.")
            )
            opinions["answer_relevancy"] = (
                self.relevancy(example.question, text)
                if text
                else Opinion(0.0, "It is a refusal.")
            )
            opinions["context_precision"] = self.context_precision(
                example.question, passages, accepted=example.answers
            )
            opinions["context_recall"] = self.context_recall(
                example.answers[0], passages
            )
        if text:
            statements = [answer.text[c.start : c.end] for c in answer.claims]
            opinions["faithfulness"] = self.faithfulness(statements or [text], passages)
        if self.guidelines:
            opinions["guidelines"] = self.adherence(example.question, answer.text)
        return Judged(
            {name: opinion.score for name, opinion in opinions.items()},
            {
                name: opinion.reason
                for name, opinion in opinions.items()
                if opinion.reason
            },
            self.take_spent(),  # on entailment, too
        )

    def correctness(
        self, question: str, answer: str, *, accepted: Sequence[str]
    ) -> Opinion:
        """Say how correct an answer is, 1 to 5."""
        payload = {"question": question, "accepted": list(accepted), "answer": answer}
        return self._opinion("correctness", payload, _score(1, 5))

    def relevancy(self, question: str, answer: str) -> Opinion:
        """Say how far an answer answers the question, 0 to 2."""
        payload = {"question": question, "answer": answer}
        return self._opinion("answer_relevancy", payload, _score(0, 2))

    def faithfulness(
        self, statements: Sequence[str], passages: Sequence[str]
    ) -> Opinion:
        """Say which share of the statements the passages carry, 0 to 1."""
        payload = {
            "statements": _number_texts(statements),
            "passages": _number_texts(passages),
        }
        read = _share("carried", len(statements))
        return self._opinion("faithfulness", payload, read)

    def context_precision(
        self, question: str, passages: Sequence[str], *, accepted: Sequence[str]
    ) -> Opinion:
        """Say how well useful passages are ranked first, 0 to 1.

        The mean of the precisions at each useful passage; 0 if none is.
        """
        payload = {
            "question": question,
            "accepted": list(accepted),
            "passages": _number_texts(passages),
        }

        def read(reply: Mapping[str, Any]) -> float:
            useful = _flags(reply, "useful", len(passages))
            precisions = [
                sum(useful[: rank + 1]) / (rank + 1)
                for rank, is_useful in enumerate(useful)
                if is_useful
            ]
            return math.fsum(precisions) / len(precisions) if precisions else 0.0

        if not passages:
            return Opinion(0.0, "There is no passage.")
        return self._opinion("context_precision", payload, read)

    def context_recall(self, truth: str, passages: Sequence[str]) -> Opinion:
        """Say which share of a true answer's sentences the passages hold, 0 to 1."""
        parts = [truth[span.start : span.end] for span in sentences(truth)] or [truth]
        payload = {
            "statements": _number_texts(parts),
            "passages": _number_texts(passages),
        }
        if not passages:
            return Opinion(0.0, "There is no passage.")
        return self._opinion("context_recall", payload, _share("held", len(parts)))

    def adherence(self, question: str, answer: str) -> Opinion:
        """Say which share of the guidelines an answer keeps, 0 to 1."""
        payload = {
            "guidelines": _number_texts(self.guidelines),
            "question": question,
            "answer": answer,
        }
        read = _share("kept", len(self.guidelines))
        return self._opinion("guidelines", payload, read)

    def entails(self, premise: str, statement: str) -> bool | None:
        """Say whether a premise carries a statement; None if the judge is unclear."""
        payload = {"premise": premise, "statement": statement}
        opinion = self._opinion("entailment", payload, _share("carried", None))
        return None if opinion.score is None else bool(opinion.score)

    def entails_too(self, premise: str, statement: str) -> bool | None:
        """Say the same, asking the model only where it takes one."""
        verdict = quoted(premise, statement)
        return self.entails(premise, statement) if verdict is None else verdict

    def prefers(self, question: str, first: str, second: str) -> Opinion:
        """Say which answer is better: 1 the first, -1 the second, 0 neither."""
        payload = {"question": question, "first": first, "second": second}

        def read(reply: Mapping[str, Any]) -> float:
            return {"first": 1.0, "second": -1.0, "neither": 0.0}[reply["better"]]

        return self._opinion("preference", payload, read)

    def _opinion(
        self,
        kind: str,
        payload: Mapping[str, Any],
        read: Callable[[Mapping[str, Any]], float],
    ) -> Opinion:
        messages = [
            Message.of("system", load_prompt(f"judge_{kind}").fill()),
            Message.of("user", json.dumps(payload, ensure_ascii=False)),
        ]
        for _ in range(2):
            done = complete(self.model, ChatRequest(messages=tuple(messages)))
            self._spending.usages.append(done.usage)
            try:
                reply = _object_in(done.text)
                return Opinion(read(reply), str(reply.get("reason") or ""))
            except (LookupError, RecursionError, TypeError, ValueError):
                messages += [
                    Message.of("assistant", done.text),
                    Message.of("user", load_prompt("judge_repair").fill()),
                ]
        return Opinion(None, "")


_JSON: Final = json.JSONDecoder()
_BRACE: Final = re.compile(r"\{")
_MOST_TRIES: Final = 100
_LONGEST_REPLY: Final = 100_000  # characters; a judge says a few hundred


def _object_in(text: str) -> Mapping[str, Any]:
    """Return the last JSON object in a reply: what comes before it is a draft.

    Raises:
        ValueError: There is none.
    """
    text = text[-_LONGEST_REPLY:]
    reply: dict[str, Any] | None = None
    end = 0
    # The last of them are enough: a judge's object is flat, and each try takes time.
    for brace in list(_BRACE.finditer(text))[-_MOST_TRIES:]:
        if brace.start() < end:
            continue  # inside of one
        with contextlib.suppress(ValueError):
            reply, end = _JSON.raw_decode(text, brace.start())
    if reply is None:
        msg = "no object"
        raise ValueError(msg)
    return reply


def _score(low: int, high: int) -> Callable[[Mapping[str, Any]], float]:
    """Return a reader of a whole number within bounds."""

    def read(reply: Mapping[str, Any]) -> float:
        score = reply["score"]
        if isinstance(score, bool) or float(score) not in range(low, high + 1):
            msg = f"no score from {low} to {high}"
            raise ValueError(msg)
        return float(score)

    return read


def _share(name: str, count: int | None) -> Callable[[Mapping[str, Any]], float]:
    """Return a reader of the share that is true; of one flag where count is None."""

    def read(reply: Mapping[str, Any]) -> float:
        if count is None:
            return float(_flags({name: [reply[name]]}, name, 1)[0])
        flags = _flags(reply, name, count)
        return sum(flags) / count

    return read


def _flags(reply: Mapping[str, Any], name: str, count: int) -> list[bool]:
    flags = reply[name]
    if (
        not isinstance(flags, list)
        or len(flags) != count
        or not all(isinstance(flag, bool) for flag in flags)
    ):
        msg = f"not {count} times true or false"
        raise ValueError(msg)
    return flags


def _number_texts(texts: Sequence[str]) -> dict[str, str]:
    return {str(number): text for number, text in enumerate(texts, start=1)}
