"""Measure as settings say, and write down all that it takes to do so again."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from erya.addresses import cover_secrets
from erya.cli.common import (
    assistant_for,
    chat_model_for,
    chunker_for,
    echo,
    embedding_model_for,
    parts_for,
    reader_for,
    reranker_for,
    strategy_for,
)
from erya.cli.measured import begun, progress
from erya.cli.progress import ingest_with_progress
from erya.config import AUTO_MODEL, Settings
from erya.errors import UsageError
from erya.records import Principal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from erya.assistant import Assistant
    from erya.evaluating import CachedChat, RetrievalReport, Run
    from erya.evaluating.examples import ExampleSet
    from erya.models import ChatModel
    from erya.records import Example
    from erya.stores import Bases

__all__ = [
    "cached_chat",
    "calls_told",
    "chat_entry",
    "measure_answers",
    "measure_base",
    "measure_named",
    "measure_retrieval",
    "prices_of",
    "prompts_of",
    "with_recorded",
]

_RECORDED: Final = (
    "embedding_model", "query_strategy", "rerank_model", "rerank_candidates",
    "read_units",
    "chat_model", "chunker", "chunk_tokens", "diversity", "passages",
)  # fmt: skip
_ANSWERS: Final = ("passages",)  # which a search has no use for
_NAMED: Final = 10  # lines of a set that are named
_CACHE: Final = "model-calls.sqlite3"


def measure_retrieval(
    settings: Settings,
    folder: Path,
    *,
    metrics: Sequence[str],
    queries: int | None = None,
    seed: int = 0,
    fresh: bool = False,
    again: bool = False,
) -> "RetrievalReport":
    """Measure what is found of a folder in BEIR's layout.

    Raises:
        ModelError: The embedding model cannot be reached.
        UsageError: The folder is no such set.
    """
    from erya.assistant import Assistant  # noqa: PLC0415
    from erya.evaluating import evaluate_retrieval, read_retrieval_set  # noqa: PLC0415

    if not folder.is_dir():
        msg = f"There is no folder {str(folder)!r}."
        raise UsageError(msg)
    data = read_retrieval_set(folder)
    for note in data.notes:
        echo(f"Note: {note}", err=True)
    if queries is not None:
        data = data.drawn(queries, seed=seed)
    settings = _resolved(settings)
    spec = {
        "kind": "retrieval",
        "about": data.name,
        "data": str(folder.resolve()),
        "digest": data.digest,
        "queries": queries,
        "metrics": list(metrics),
        **_searching(settings),
        "seed": seed,
    }
    parts = parts_for(settings)  # first: it tells what is missing
    cache = _strategy_cache(settings, again=again)
    parts["strategy"] = strategy_for(settings, cache)
    with progress() as show:
        return evaluate_retrieval(
            data,
            begun(settings, spec, fresh=fresh or again),
            assistant=lambda store: Assistant(store=store, fall_back=False, **parts),
            metrics=metrics,
            calls=_counting(cache),
            on_progress=show,
        )


def measure_base(
    settings: Settings,
    file: Path,
    *,
    principal: Principal,
    metrics: Sequence[str],
    queries: int | None = None,
    seed: int = 0,
    fresh: bool = False,
    again: bool = False,
    bases: "Bases | None" = None,
) -> "RetrievalReport":
    """Measure what a base that is there finds of the evidence that questions name.

    By default the base is one of the home folder; `bases` has it elsewhere.

    Raises:
        ModelError: A model cannot be reached.
        NotFoundError: There is no such base or model.
        UsageError: The file has no questions about the base.
    """
    from erya.evaluating import read_examples  # noqa: PLC0415
    from erya.evaluating.retrieval import evaluate_base  # noqa: PLC0415

    examples = read_examples(file)
    if queries is not None:
        examples = replace(examples, examples=examples.drawn(queries, seed=seed))
    with assistant_for(settings, kb=settings.kb, bases=bases) as assistant:
        settings = _resolved(settings, assistant)
        assistant.fall_back = False
        cache = _strategy_cache(settings, again=again)
        assistant.strategy = strategy_for(settings, cache)
        spec = {
            "kind": "retrieval-base",
            "about": f"{settings.kb}-{file.stem}",
            "data": str(file.resolve()),
            "digest": examples.digest,
            "queries": queries,
            "metrics": list(metrics),
            "base": {"kb": settings.kb, **_contents(assistant, principal)},
            "reader": _reader(principal),
            **_searching(settings),
            "seed": seed,
        }
        with progress() as show:
            return evaluate_base(
                assistant,
                examples,
                begun(settings, spec, fresh=fresh or again),
                principal=principal,
                metrics=metrics,
                calls=_counting(cache),
                on_progress=show,
            )


def _resolved(settings: Settings, assistant: "Assistant | None" = None) -> Settings:
    """Return settings that name the embedding model itself, to be recorded.

    Args:
        settings: What may leave it to the base.
        assistant: Has the base open; without one it is a new base's model.
    """
    from erya.models import OFFLINE_MODEL  # noqa: PLC0415

    if settings.embedding_model != AUTO_MODEL:
        return settings
    name = OFFLINE_MODEL
    if assistant is not None:
        name = assistant.embedding.name if assistant.embedding else ""
    return replace(settings, embedding_model=name)


def _searching(settings: Settings) -> dict[str, Any]:
    """Return what a run tells of settings, models, prompts and prices of a search."""
    asks = bool(settings.query_strategy)
    recorded = {n: getattr(settings, n) for n in _RECORDED if n not in _ANSWERS}
    return {
        "settings": {**recorded, "chat_model": settings.chat_model if asks else ""},
        "models": _models(settings, chat=asks),
        "prompts": prompts_of(settings, judge="", answers=False),
        "prices": prices_of(settings, chat=asks),
    }


def _strategy_cache(settings: Settings, *, again: bool) -> "CachedChat | None":
    return cached_chat(settings, again=again) if settings.query_strategy else None


def _reader(principal: Principal) -> dict[str, Any] | None:
    if principal.role != "reader":
        return None
    return {"user": principal.user, "groups": sorted(principal.groups)}


def measure_answers(
    settings: Settings,
    file: Path,
    *,
    kb: str,
    docs: Sequence[str] = (),
    principal: Principal,
    prompt_only: bool = False,
    split: str = "",
    tuning: bool = False,
    queries: int | None = None,
    seed: int = 0,
    judge: str = "",
    guidelines: Sequence[str] = (),
    label: str = "",
    fresh: bool = False,
    again: bool = False,
) -> "Run":
    """Ask the base `kb` the questions of a file, or one made for it from `docs`.

    With `prompt_only` the chat model is asked, and shown no document. With `tuning`
    settings are chosen by what comes, and held-out questions are refused. With `again`
    models are asked even what they were asked before.

    Raises:
        ModelError: A model cannot be reached; what was measured before is kept.
        NotFoundError: There is no such base or model.
        UsageError: The file has no questions.
    """
    from erya.evaluating import (  # noqa: PLC0415
        AnswerMeasures,
        Judge,
        evaluate_answers,
        finish,
        read_examples,
    )
    from erya.evaluating.citation_metrics import quoted  # noqa: PLC0415
    from erya.evaluating.overlap import about_set  # noqa: PLC0415

    asked = read_examples(file)
    if split:
        asked = asked.part(split)
    if tuning:
        asked.check_tuning()
    examples = asked.drawn(queries, seed=seed) if queries else asked.examples
    told: Mapping[str, str] = {}
    with _base(settings, kb=kb, docs=docs) as assistant:
        settings = _resolved(settings, assistant)
        if not prompt_only:
            told = _unmatched(assistant, examples, principal=principal)
            _warn(told, replace(asked, examples=examples))
        cache = _cached(assistant, settings, prompt_only=prompt_only, again=again)
        spec = {
            "kind": "answers",
            "about": f"{'docs' if docs else kb}-{file.stem}",
            "label": label,
            "split": split,
            "prompt_only": prompt_only,
            "data": str(file.resolve()),
            "digest": asked.digest,
            "queries": queries,
            "base": {
                "kb": "" if docs else kb,
                "docs": [str(Path(path).resolve()) for path in docs],
                **_contents(assistant, principal),
            },
            "reader": _reader(principal),
            "settings": {name: getattr(settings, name) for name in _RECORDED},
            "models": _models(settings, chat=True),
            "prompts": prompts_of(settings, judge=judge),
            "judge": chat_entry(settings, judge) if judge else None,
            "prices": prices_of(settings, judge=judge),
            "guidelines": list(guidelines),
            "seed": seed,
        }
        judging = asked_judge = None
        if judge:
            judges = replace(settings, chat_model=judge)
            asked_judge = cached_chat(judges, again=again)
            judging = Judge(model=asked_judge, guidelines=guidelines)
        with progress() as show:
            run = evaluate_answers(
                assistant,
                examples,
                begun(settings, spec, fresh=fresh or again),
                principal=principal,
                measures=AnswerMeasures(
                    similar_by=assistant.embedding,
                    entails=judging.entails_too if judging else quoted,
                    judge=judging,
                    saved=(lambda: cache.saved) if cache else (lambda: 0.0),
                    calls=_counting(cache, asked_judge),
                    searched=not prompt_only,
                ),
                on_progress=show,
            )
    about = {**about_set(examples), "unmatched": len(told)}
    return finish(run, {**calls_told(run), "questions": about})


def measure_named(
    settings: Settings,
    name: str,
    folder: Path,
    *,
    docs: Path | None = None,
    queries: int | None = None,
    seed: int = 0,
    fresh: bool = False,
    again: bool = False,
) -> "Run":
    """Measure a benchmark by its name.

    Raises:
        ModelError: A model cannot be reached; what was measured before is kept.
        UsageError: There is no such benchmark, or the folder does not hold its data.
    """
    from erya.answering import ExtractiveAnswerer, GroundedAnswerer  # noqa: PLC0415
    from erya.evaluating import AnswerMeasures, finish  # noqa: PLC0415
    from erya.evaluating.benchmarks import (  # noqa: PLC0415
        Setup,
        benchmark_named,
        measure_benchmark,
    )
    from erya.evaluating.files import digest_of  # noqa: PLC0415

    benchmark = benchmark_named(name)
    if benchmark.read is None:
        msg = (
            f"Erya does not measure {name!r} yet. It will take a folder with "
            f"{benchmark.layout}."
        )
        raise UsageError(msg)
    if not folder.is_dir():
        msg = f"There is no folder {str(folder)!r}. {name} wants {benchmark.layout}."
        raise UsageError(msg)
    settings = _resolved(settings)
    embedding = embedding_model_for(settings)
    cache = cached_chat(settings, again=again) if settings.chat_model else None
    setup = Setup(
        answerer=GroundedAnswerer(model=cache, passages=settings.passages)
        if cache
        else ExtractiveAnswerer(readings=max(settings.read_units, 1)),
        embedding=embedding,
        strategy=strategy_for(settings, cache),
        reranker=reranker_for(settings),
        reader=reader_for(settings),
        chunker=chunker_for(settings, embedding=embedding),
        passages=settings.passages,
        measures=AnswerMeasures(
            similar_by=embedding,
            saved=(lambda: cache.saved) if cache else (lambda: 0.0),
            calls=_counting(cache),
        ),
        queries=queries,
        docs=docs,
        seed=seed,
    )
    task = benchmark.read(folder, setup)
    spec = {
        "kind": "benchmark",
        "about": f"{name}-{folder.resolve().name}",
        "benchmark": name,
        "data": str(folder.resolve()),
        "docs": str(docs.resolve()) if docs else None,
        "digest": digest_of(task.files),
        "queries": queries,
        "settings": {name: getattr(settings, name) for name in _RECORDED},
        "models": _models(settings, chat=True),
        "prompts": prompts_of(settings, judge=""),
        "prices": prices_of(settings),
        "seed": seed,
    }
    with progress() as show:
        run = begun(settings, spec, fresh=fresh or again)
        run = measure_benchmark(task, setup, run, on_progress=show)
    return finish(run, calls_told(run))


def calls_told(run: "Run") -> dict[str, int]:
    """Return how often models were asked for a run; nothing where none was."""
    calls = run.calls()
    if not calls:
        return {}
    return {"model_calls": calls["asked"], "repeated": calls["repeated"]}


def _counting(*caches: "CachedChat | None") -> Callable[[], dict[str, int]]:
    """Return what counts the calls of several models together."""
    from erya.evaluating.runs import summed  # noqa: PLC0415

    return lambda: summed(each.calls() for each in caches if each is not None)


def _unmatched(
    assistant: "Assistant", examples: "Sequence[Example]", *, principal: Principal
) -> dict[str, str]:
    """Return what is wrong with the evidence of questions, by their ids.

    A document that is not there, or words that it does not have.
    """
    from erya.evaluating.answers import by_suffix  # noqa: PLC0415
    from erya.language import run_together  # noqa: PLC0415

    named = [(e.id, *each) for e in examples for each in e.evidence]
    if not named:
        return {}
    documents = {d.source: d.id for d in assistant.store.documents(principal)}
    held = by_suffix(documents)
    texts: dict[str, str] = {}
    found: dict[str, str] = {}
    for key, source, quote in named:
        sources = held.get(source.lstrip("/"), []) if source else list(documents)
        for each in sources:
            if each not in texts:
                text = assistant.store.document(principal, documents[each]).text
                texts[each] = run_together(text)
        if not sources:
            found[key] = f"the base has no document {source!r}"
        elif not any(run_together(quote) in texts[each] for each in sources):
            where = f"{source!r} does not have" if source else "no document has"
            found[key] = f"{where} the words {quote!r:.60}"
    return found


def _warn(unmatched: Mapping[str, str], asked: "ExampleSet") -> None:
    """Name the lines whose evidence is not there."""
    for key, what in list(unmatched.items())[:_NAMED]:
        line = asked.lines.get(key)
        where = f"line {line}" if line else f"question {key}"
        echo(f"Note: {asked.path}, {where}, matches nothing: {what}.", err=True)
    left = len(unmatched) - _NAMED
    if left > 0:
        echo(f"Note: {left} more lines match nothing.", err=True)


def with_recorded(settings: Settings, spec: Mapping[str, Any]) -> Settings:
    """Return settings with those that a run recorded."""
    recorded = spec.get("settings") or {}
    return replace(settings, **{k: v for k, v in recorded.items() if k in _RECORDED})


@contextmanager
def _base(settings: Settings, *, kb: str, docs: Sequence[str]) -> "Iterator[Assistant]":
    """Open a base, or make one of `docs` that is thrown away."""
    if not docs:
        with assistant_for(settings, kb=kb, chat=True) as assistant:
            assistant.fall_back = False
            yield assistant
        return
    from erya.evaluating.scratch import scratch_home  # noqa: PLC0415
    from erya.sources import FolderSource  # noqa: PLC0415
    from erya.stores import Bases  # noqa: PLC0415

    with (
        scratch_home() as home,
        # Models stay those of the home folder; only the base is elsewhere.
        assistant_for(
            settings, kb="documents", create=True, chat=True, bases=Bases(home)
        ) as assistant,
    ):
        assistant.fall_back = False
        owner = Principal.owner(settings.user)
        everybody = frozenset({"public"})
        source = FolderSource(docs, file_bytes=assistant.limits.file_bytes)
        report = ingest_with_progress(
            assistant, source, principal=owner, readers=everybody, quiet=True
        )
        for problem in report.failed:
            echo(f"Not read: {problem.source}: {problem.message}", err=True)
        yield assistant


def _cached(
    assistant: "Assistant", settings: Settings, *, prompt_only: bool, again: bool
) -> "CachedChat | None":
    """Let the assistant's model be asked nothing twice, unless `again`."""
    from erya.answering import GroundedAnswerer, PromptedAnswerer  # noqa: PLC0415

    answerer = assistant.answerer
    if not isinstance(answerer, GroundedAnswerer):
        return None
    cache = cached_chat(settings, answerer.model, again=again)
    assistant.strategy = strategy_for(settings, cache)
    assistant.answerer = (
        PromptedAnswerer(model=cache) if prompt_only else replace(answerer, model=cache)
    )
    return cache


def cached_chat(
    settings: Settings, model: "ChatModel | None" = None, *, again: bool = False
) -> "CachedChat":
    """Return the chat model of the settings, which is asked nothing twice.

    Unless `again`: then what it says takes the place of what it said before.

    Raises:
        NotFoundError: It was never added.
        UsageError: The variable that holds its key is not set.
    """
    from erya.evaluating import CachedChat  # noqa: PLC0415

    return CachedChat(
        model or chat_model_for(settings),
        identity=repr(sorted(chat_entry(settings, settings.chat_model).items())),
        file=Path(settings.home) / "runs" / _CACHE,
        again=again,
    )


def _contents(assistant: "Assistant", principal: Principal) -> dict[str, Any]:
    """Return how many documents a base has, and what tells it from another."""
    told = sorted(
        (each.id, each.content_hash, each.recipe)
        for each in assistant.store.documents(principal)
    )
    digest = hashlib.sha256(repr(told).encode()).hexdigest()
    return {"documents": len(told), "contents": digest[:16]}


def _models(settings: Settings, *, chat: bool) -> dict[str, Any]:
    """Return what tells the models from others."""
    from erya.models import ModelCatalogue, fingerprint_of  # noqa: PLC0415

    told: dict[str, Any] = {}
    embedding = embedding_model_for(settings)
    if embedding is not None:
        found = fingerprint_of(embedding)
        told["embedding"] = {"name": found.name, "dimension": found.dimension}
        entry = _embedding_entry(settings)
        # What a remote model is, its entry says; its numbers may waver.
        probe = [round(number, 3) for number in found.probe[:8]]
        told["embedding"].update(entry or [("probe", probe)])
    if settings.rerank_model:
        entry_ = ModelCatalogue(settings.home, kind="rerank").get(settings.rerank_model)
        told["rerank"] = {
            "name": entry_.name, "base_url": cover_secrets(entry_.base_url),
            "model": entry_.model,
        }  # fmt: skip
    if chat and settings.chat_model:
        told["chat"] = chat_entry(settings, settings.chat_model)
    return told


def _embedding_entry(settings: Settings) -> dict[str, str]:
    """Return what tells a remote embedding model from others; nothing for a local."""
    from erya.models import ModelCatalogue  # noqa: PLC0415

    for entry in ModelCatalogue(settings.home, kind="embedding").all():
        if entry.name == settings.embedding_model:
            return {
                "base_url": cover_secrets(entry.base_url),
                "model": entry.model,
                "query_prefix": entry.query_prefix,
                "passage_prefix": entry.passage_prefix,
            }
    return {}


def chat_entry(settings: Settings, name: str) -> dict[str, str]:
    """Return what tells a chat model from others.

    Raises:
        NotFoundError: It was never added.
    """
    from erya.models import ModelCatalogue  # noqa: PLC0415

    entry = ModelCatalogue(settings.home).get(name)
    where = cover_secrets(entry.base_url)
    return {"name": entry.name, "base_url": where, "model": entry.model}


def prices_of(
    settings: Settings, *, judge: str = "", chat: bool = True
) -> dict[str, dict[str, float]]:
    """Return the prices of the chat model and of the judge, where they are known."""
    from erya.models import ModelCatalogue  # noqa: PLC0415

    catalogue = ModelCatalogue(settings.home)
    told: dict[str, dict[str, float]] = {}
    for who, name in (("chat", settings.chat_model if chat else ""), ("judge", judge)):
        entry = catalogue.get(name) if name else None
        if entry is None or entry.input_price is None or entry.output_price is None:
            continue
        told[who] = {"input": entry.input_price, "output": entry.output_price}
    return told


def prompts_of(
    settings: Settings, *, judge: str, answers: bool = True
) -> dict[str, str]:
    """Return the beginning of each prompt's hash."""
    from erya.answering import PROMPT, PROMPTED  # noqa: PLC0415
    from erya.evaluating.benchmarks.toolcalls import TOOLS_PROMPT  # noqa: PLC0415
    from erya.evaluating.judges import JUDGE_PROMPTS  # noqa: PLC0415
    from erya.retrieving import MULTI_QUERY  # noqa: PLC0415

    texts = {}
    if settings.chat_model and answers:
        texts = {"answer": PROMPT, "alone": PROMPTED, "tools": TOOLS_PROMPT}
    if settings.query_strategy:
        texts["multi-query"] = MULTI_QUERY
    if judge:
        texts |= {f"judge {name}": text for name, text in JUDGE_PROMPTS.items()}
    return {
        name: hashlib.sha256(text.encode()).hexdigest()[:16]
        for name, text in texts.items()
    }
