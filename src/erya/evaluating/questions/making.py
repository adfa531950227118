"""Make questions of a base, of all kinds and documents in turn.

Whether a search finds the evidence is not looked at: a set of what is found already
would say that everything is found.
"""

import hashlib
import json
import math
import posixpath
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from erya.assistant import Assistant
from erya.errors import NotAllowedError
from erya.evaluating.overlap import USUAL_OVERLAP, mean_overlap
from erya.evaluating.questions.drafts import Draft
from erya.evaluating.questions.rules import drafts
from erya.evaluating.questions.wording import Wording
from erya.evaluating.runs import Progress
from erya.language import language_of, run_together, terms
from erya.models import ChatModel, ChatRequest, complete
from erya.prompts import load_prompt
from erya.records import Chunk, Example, Principal, Quote

__all__ = ["Made", "make_questions"]

_SAME: Final = 0.9  # of the terms of two questions, from which they are one
_TRIED: Final = 8  # times the number of questions: drafts that are tried
_SPARE: Final = 1.5  # of the number, as those that share most words are left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Questions, and what became of the drafts.

    Attributes:
        examples: The questions, of all documents in turn.
        tried: Drafts that were looked at.
        echoing: Drafts that were left out because, with them, questions would share
            more words with their evidence than those of people do.
        repeated: Drafts that ask what another asks, left out.
        unusable: Replies of the model that were no question on the passage, left out.
    """

    examples: Sequence[Example]
    tried: int
    echoing: int
    repeated: int
    unusable: int


def make_questions(
    assistant: Assistant,
    *,
    principal: Principal,
    count: int,
    unanswerable: float = 0.2,
    model: ChatModel | None = None,
    seed: int = 0,
    on_progress: Progress = lambda *_: None,
) -> Made:
    """Write questions with answers and evidence, from what `principal` may read.

    A share of them is made unanswerable: their passages are taken away when they are
    asked (`without` in the metadata). Fewer come back where the documents give no more.

    Args:
        assistant: Whose base to ask about.
        principal: Who will ask.
        count: How many to write, at least 1.
        unanswerable: The share that the documents shall not answer, 0 to 1.
        model: Writes the questions; without one, rules do.
        seed: Of the draw.
        on_progress: Called with what is done, how far, and of how many.

    Raises:
        ModelError: The model cannot be reached.
        StoreError: The base is damaged or out of reach.
    """
    stored = list(assistant.store.documents(principal))
    root = _root(d.source for d in stored)
    rng = random.Random(seed)  # noqa: S311 - a draw that repeats
    keys = [document.id for document in stored]
    rng.shuffle(keys)
    documents = ([*assistant.store.chunks(principal, key)] for key in keys)
    wording = _wording(assistant, principal)
    candidates = (
        _by_rule(documents, rng, wording) if model is None
        else _by_model(model, documents, rng)
    )  # fmt: skip
    kept: list[Example] = []
    seen: list[frozenset[str]] = []
    tried = repeated = unusable = 0
    target = math.ceil(count * _SPARE)
    for draft, chunk in candidates:
        tried += 1
        question_terms = terms(draft.question) if draft is not None else frozenset()
        if draft is None:
            unusable += 1
        elif any(_alike(question_terms, other) for other in seen):
            repeated += 1
        else:
            seen.append(question_terms)
            kept.append(_example(draft, chunk, root=root))
            on_progress("Writing", min(len(kept), count), count)
        if len(kept) >= target or tried >= count * _TRIED:
            break
    plain = _plain(kept)
    examples = plain[:count]
    chosen = set(rng.sample(range(len(examples)), round(unanswerable * len(examples))))
    return Made(
        examples=[
            _remove_evidence(e) if i in chosen else e for i, e in enumerate(examples)
        ],
        tried=tried,
        echoing=len(kept) - len(plain),
        repeated=repeated,
        unusable=unusable,
    )


def _wording(assistant: Assistant, principal: Principal) -> Wording:
    """Return the wording of the base; of Erya alone for those who may not see its."""
    try:
        return Wording.of(assistant.store.words(principal))
    except NotAllowedError:
        return Wording.of()


def _plain(examples: list[Example]) -> list[Example]:
    """Return the questions without those that share most words with their evidence.

    In each language, as many are left out as it takes for the rest to share no more
    than people's do.
    """
    most = min(USUAL_OVERLAP.values())
    left: set[str] = set()
    for language in ("zh", "en"):
        shares = sorted(
            (mean_overlap([each]) or 0.0, at)
            for at, each in enumerate(examples)
            if language_of(each.question) == language
        )
        total = sum(share for share, _ in shares)
        while shares and total > most * len(shares):
            total -= shares.pop()[0]
        left.update(examples[at].id for _, at in shares)
    return [each for each in examples if each.id in left]


def _by_rule(
    documents: Iterable[list[Chunk]], rng: random.Random, wording: Wording
) -> Iterator[tuple[Draft, Chunk]]:
    """Yield a draft of each document, then another of each, of all kinds in turn.

    What a document answers in two ways is not asked at all.
    """
    used: Counter[str] = Counter()
    queues: list[list[tuple[Draft, Chunk]]] = []

    def rarest(queue: list[tuple[Draft, Chunk]]) -> tuple[Draft, Chunk]:
        draft, chunk = min(queue, key=lambda each: used[each[0].kind])
        queue.remove((draft, chunk))
        used[draft.kind] += 1
        return draft, chunk

    for chunks in documents:
        candidates = [
            (d, chunk) for chunk in chunks for d in drafts(chunk, wording=wording)
        ]
        answers: dict[str, set[tuple[str, ...]]] = {}
        for draft, _ in candidates:
            answers.setdefault(draft.question, set()).add(draft.answers)
        queue = [each for each in candidates if len(answers[each[0].question]) == 1]
        rng.shuffle(queue)
        queues.append(queue)
        if queue:
            yield rarest(queue)
    while any(queues):
        for queue in queues:
            if queue:
                yield rarest(queue)


def _by_model(
    model: ChatModel, documents: Iterable[list[Chunk]], rng: random.Random
) -> Iterator[tuple[Draft | None, Chunk]]:
    """Yield what the model asks about each chunk; None where it is no question."""
    for chunk in _in_turn(documents, rng):
        yield _ask_model(model, chunk), chunk


def _in_turn(documents: Iterable[list[Chunk]], rng: random.Random) -> Iterator[Chunk]:
    """Yield a chunk of each document, then another of each, in a random order."""
    queues: list[list[Chunk]] = []
    for chunks in documents:
        rng.shuffle(chunks)
        if chunks:
            yield chunks.pop()
        queues.append(chunks)
    while any(queues):
        for chunks in queues:
            if chunks:
                yield chunks.pop()


def _ask_model(model: ChatModel, chunk: Chunk) -> Draft | None:
    payload = {"title": chunk.title, "headings": chunk.headings, "passage": chunk.text}
    user = json.dumps(payload, ensure_ascii=False)
    done = complete(model, ChatRequest.of(load_prompt("write_question").fill(), user))
    try:
        start = done.text.index("{")
        reply: dict[str, Any]
        reply, _ = json.JSONDecoder().raw_decode(done.text[start:])
        question, answer = str(reply["question"]).strip(), str(reply["answer"]).strip()
        quote = str(reply["quote"]).strip()
    except (LookupError, TypeError, ValueError):
        return None
    stands = quote and run_together(quote) in run_together(chunk.text)
    return (
        Draft("model", question, (answer,), (quote,))
        if stands and question and answer
        else None
    )


def _root(sources: Iterable[str]) -> str:
    """Return the folder that all documents lie in, with its slash; empty for none.

    Evidence is named from there, so that a test set holds where the folder is moved.
    """
    folders = {source.rpartition("/")[0] for source in sources}
    try:
        shared = posixpath.commonpath(folders)
    except ValueError:  # none, or absolute and relative ones
        shared = ""
    return f"{shared}/" if shared.strip("/") else ""


def _example(draft: Draft, chunk: Chunk, *, root: str) -> Example:
    source = chunk.source.removeprefix(root)
    identity = f"{source}\n{draft.question}"
    return Example(
        id=hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:12],
        question=draft.question,
        answers=draft.answers,
        evidence=tuple(Quote(source, quote) for quote in draft.quotes),
        metadata={"made_by": draft.kind, "review": "pending"},
    )


def _remove_evidence(example: Example) -> Example:
    """Return the question with its evidence taken away."""
    without = [quote.quote for quote in example.evidence]
    return replace(
        example,
        answers=(),
        answerable=False,
        evidence=(),
        metadata={**example.metadata, "without": without},
    )


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Tell whether two drafts ask the same, or nearly."""
    return len(one & other) / max(len(one | other), 1) >= _SAME
