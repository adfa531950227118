"""Experiments as values: the data, the system, and the scorers.

An experiment says all that it takes to repeat a measurement. Running it keeps a run,
which goes on where it was when it is run again after it was stopped.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, get_args

from erya.agents import (
    AgentFinished,
    AgentOptions,
    Runner,
    open_agent,
    start_run,
    work,
)
from erya.answering import GroundedAnswerer, PromptedAnswerer
from erya.assistant import Assistant
from erya.config import Settings
from erya.errors import ModelError, UsageError
from erya.evaluating.answers import (
    AnswerMeasures,
    Ask,
    by_suffix,
    evaluate_answers,
)
from erya.evaluating.benchmarks import Setup, benchmark_named, measure_benchmark
from erya.evaluating.caching import CachedChat
from erya.evaluating.citation_metrics import citation_scores, quoted
from erya.evaluating.datasets import read_retrieval_set
from erya.evaluating.examples import ExampleSet, read_examples
from erya.evaluating.files import digest_of
from erya.evaluating.judge_check import JudgeCheck, check_judge, read_labelled
from erya.evaluating.judges import JUDGED, Judge
from erya.evaluating.overlap import about_set
from erya.evaluating.retrieval import (
    RetrievalReport,
    evaluate_base,
    evaluate_retrieval,
    score_run,
)
from erya.evaluating.runs import (
    Progress,
    Run,
    Runs,
    SampleResult,
    finish,
    measure_all,
    sum_counts,
    tokens_of,
)
from erya.evaluating.scratch import scratch_home
from erya.evaluating.specification import (
    RECORDED,
    chat_entry,
    contents_spec,
    models_spec,
    prices_of,
    prompts_of,
    reader_spec,
    resolve_models,
    search_spec,
    with_recorded,
)
from erya.evaluating.transcripts import answer_in, evidence_in, example_in
from erya.evaluating.trec import read_judgements, read_trec_run
from erya.filters import Filter, filter_from_json, filter_to_json
from erya.language import run_together
from erya.models import ChatModel, ModelRegistry
from erya.opening import (
    build_answerer,
    build_parts,
    build_strategy,
    open_assistant,
)
from erya.records import Answer, Evidence, Example, Principal
from erya.sources import FolderSource
from erya.stores import Bases

__all__ = [
    "Data",
    "Experiment",
    "Kind",
    "RunOptions",
    "Scorers",
    "System",
    "Watcher",
    "cached_chat",
    "experiment_of",
    "measure_answers",
    "measure_base",
    "measure_judge",
    "measure_retrieval",
    "run_experiment",
    "runs_of",
    "score_again",
    "score_trec_run",
]

_NAMED: Final = 10  # lines of a set that are named
_CACHE: Final = "model-calls.sqlite3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """The data of an experiment.

    Attributes:
        path: A folder in BEIR's layout, questions, the data of a benchmark, judged
            answers, or a TREC run.
        benchmark: The name of the benchmark; empty where it is none.
        docs: Files that a benchmark's questions are about, where they lie apart.
        qrels: What is relevant, for a TREC run.
        split: Only questions of this split; empty takes all.
        tuning: Whether settings are chosen by the result: held-out questions are
            refused then.
        queries: Only so many, drawn at random; None takes all.
        seed: Of the draw and of the intervals.
    """

    path: Path
    benchmark: str = ""
    docs: Path | None = None
    qrels: Path | None = None
    split: str = ""
    tuning: bool = False
    queries: int | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """The system that is measured.

    Attributes:
        settings: Models, strategy and sizes.
        kb: The base; empty takes that of the settings.
        docs: Files to make a base of that is thrown away, in place of `kb`.
        principal: Who asks; None is the owner of the home folder.
        prompt_only: Whether the chat model is asked alone, and shown no document.
        agent: The strategy of an agent that answers in place of the assistant; empty
            is none.
        bases: Where the base is; None is the home folder.
        where: Only documents that pass are searched.
    """

    settings: Settings
    kb: str = ""
    docs: tuple[str, ...] = ()
    principal: Principal | None = None
    prompt_only: bool = False
    agent: str = ""
    bases: Bases | None = None
    where: Filter | None = None

    @property
    def asker(self) -> Principal:
        """Who asks."""
        return self.principal or Principal.owner(self.settings.user)

    @property
    def base(self) -> str:
        """The name of the base."""
        return self.kb or self.settings.kb


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorers:
    """How the results are scored.

    Attributes:
        metrics: Of a search, by the names of trec_eval.
        judge: The chat model that judges answers; empty where none does.
        guidelines: Rules that answers have to keep, for the judge.
    """

    metrics: tuple[str, ...] = ()
    judge: str = ""
    guidelines: tuple[str, ...] = ()


Kind = Literal["retrieval", "retrieval-base", "retrieval-run", "answers", "benchmark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """All that it takes to measure, and to measure again.

    Attributes:
        kind: `retrieval` of a set that brings its documents, `retrieval-base` of
            questions that name evidence in a base, `retrieval-run` of what another
            system found, `answers` to questions, or a `benchmark`.
        data: The data.
        system: The system that is measured.
        scorers: What is measured.
        label: What it is called beside others; may be empty.
    """

    kind: Kind
    data: Data
    system: System
    scorers: Scorers = field(default_factory=Scorers)
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watcher:
    """Who wants to know how a measurement goes on.

    Attributes:
        note: Called with what a person should know, a sentence at a time.
        progress: Called with what is done, how far, and of how many.
    """

    note: Callable[[str], None] = lambda _: None
    progress: Progress = lambda _what, _done, _total: None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How an experiment is run.

    Attributes:
        fresh: Begin anew, and do not go on with an unfinished run.
        again: Begin anew, and ask models even what they were asked before.
        concurrency: Questions at once.
        watcher: Who wants to know how it goes on.
    """

    fresh: bool = False
    again: bool = False
    concurrency: int = 1
    watcher: Watcher = field(default_factory=Watcher)


_USUAL: Final = RunOptions()


def run_experiment(experiment: Experiment, options: RunOptions = _USUAL) -> Run:
    """Run an experiment, whatever its kind.

    Raises:
        ModelError: A model cannot be reached; what was measured before is kept.
        NotFoundError: There is no such base or model.
        UsageError: The data is not what it should be.
    """
    match experiment.kind:
        case "retrieval":
            return measure_retrieval(experiment, options).run
        case "retrieval-base":
            return measure_base(experiment, options).run
        case "retrieval-run":
            return score_trec_run(experiment, options).run
        case "benchmark":
            return _measure_named(experiment, options)
        case "answers":
            return measure_answers(experiment, options)


def experiment_of(run: Run, settings: Settings) -> Experiment:
    """Return the experiment that a run measured, on this machine.

    Args:
        run: The run.
        settings: What it did not record: where models are, and the like.

    Raises:
        UsageError: It is of a kind that cannot be measured again.
    """
    spec = run.spec
    kind = spec["kind"]
    if kind not in get_args(Kind):
        msg = (
            f"The run {run.name} is of the kind {kind!r}; measured again are "
            f"{', '.join(get_args(Kind))}. Give the command that began it once more."
        )
        raise UsageError(msg)
    paths = spec["data"] if kind == "retrieval-run" else [spec["data"]]
    base = spec.get("base") or {}
    docs = spec.get("docs")
    reader = spec.get("reader")
    return Experiment(
        kind=kind,
        data=Data(
            path=Path(paths[0]),
            qrels=Path(paths[1]) if len(paths) > 1 else None,
            benchmark=spec.get("benchmark", ""),
            docs=Path(docs) if docs else None,
            split=spec.get("split", ""),
            queries=spec.get("queries"),
            seed=spec.get("seed", 0),
        ),
        system=System(
            settings=with_recorded(settings, spec),
            kb=base.get("kb", ""),
            docs=tuple(base.get("docs", ())),
            principal=reader
            and Principal(user=reader["user"], groups=frozenset(reader["groups"])),
            prompt_only=spec.get("prompt_only", False),
            agent=spec.get("agent", ""),
            where=filter_from_json(spec["filter"]) if "filter" in spec else None,
        ),
        scorers=Scorers(
            metrics=tuple(spec.get("metrics", ())),
            judge=(spec.get("judge") or {}).get("name", ""),
            guidelines=tuple(spec.get("guidelines") or ()),
        ),
        label=spec.get("label", ""),
    )


def _filter_spec(system: System) -> dict[str, Any]:
    """Return what a run tells of its filter; nothing where it has none, as before."""
    return {"filter": filter_to_json(system.where)} if system.where else {}


def runs_of(settings: Settings) -> Runs:
    """Return the runs that the home folder keeps."""
    return Runs(Path(settings.home) / "runs")


def _start_or_resume(
    settings: Settings, spec: Mapping[str, Any], options: RunOptions
) -> Run:
    """Start a run, or go on with an unfinished one of the same spec, and say so."""
    fresh = options.fresh or options.again
    run = runs_of(settings).begin(spec, fresh=fresh)
    if run.items:
        options.watcher.note(
            f"Going on with {run.name}: {len(run.items)} are measured."
        )
    return run


def measure_retrieval(
    experiment: Experiment, options: RunOptions = _USUAL
) -> RetrievalReport:
    """Measure retrieval on a folder in BEIR's layout.

    Raises:
        ModelError: The embedding model cannot be reached.
        UsageError: The folder is no such set.
    """
    data, metrics = experiment.data, experiment.scorers.metrics
    if not data.path.is_dir():
        msg = f"There is no folder {str(data.path)!r}."
        raise UsageError(msg)
    dataset = read_retrieval_set(data.path)
    for note in dataset.notes:
        options.watcher.note(f"Note: {note}")
    if data.queries is not None:
        dataset = dataset.sample(data.queries, seed=data.seed)
    settings = resolve_models(experiment.system.settings)
    spec = {
        "kind": "retrieval",
        "about": dataset.name,
        "data": str(data.path.resolve()),
        "digest": dataset.digest,
        "queries": data.queries,
        "metrics": list(metrics),
        **search_spec(settings),
        "seed": data.seed,
    }
    parts = build_parts(settings)  # first: it tells what is missing
    cache = _strategy_cache(settings, options)
    parts["strategy"] = build_strategy(settings, cache)
    return evaluate_retrieval(
        dataset,
        _start_or_resume(settings, spec, options),
        assistant=lambda store: Assistant(store=store, degrade=False, **parts),
        metrics=metrics,
        calls=_count_calls(cache),
        on_progress=options.watcher.progress,
    )


def measure_base(
    experiment: Experiment, options: RunOptions = _USUAL
) -> RetrievalReport:
    """Measure what a base that is there finds of the evidence that questions name.

    Raises:
        ModelError: A model cannot be reached.
        NotFoundError: There is no such base or model.
        UsageError: The file has no questions about the base.
    """
    data, system, metrics = (
        experiment.data,
        experiment.system,
        experiment.scorers.metrics,
    )
    examples = read_examples(data.path)
    if data.queries is not None:
        sample = examples.sample(data.queries, seed=data.seed)
        examples = replace(examples, examples=sample)
    with open_assistant(system.settings, system.base, bases=system.bases) as opened:
        settings = resolve_models(system.settings, opened)
        cache = _strategy_cache(settings, options)
        strategy = build_strategy(settings, cache)
        assistant = replace(
            opened, degrade=False, strategy=strategy, where=system.where
        )
        spec = {
            "kind": "retrieval-base",
            "about": f"{system.base}-{data.path.stem}",
            "data": str(data.path.resolve()),
            "digest": examples.digest,
            "queries": data.queries,
            "metrics": list(metrics),
            "base": {"kb": system.base, **contents_spec(assistant, system.asker)},
            "reader": reader_spec(system.asker),
            **search_spec(settings),
            **_filter_spec(system),
            "seed": data.seed,
        }
        return evaluate_base(
            assistant,
            examples,
            _start_or_resume(settings, spec, options),
            principal=system.asker,
            metrics=metrics,
            calls=_count_calls(cache),
            on_progress=options.watcher.progress,
        )


def score_trec_run(
    experiment: Experiment, options: RunOptions = _USUAL
) -> RetrievalReport:
    """Score what another system found, as a run that is kept.

    Raises:
        UsageError: A file is not what it should be, or they share no question.
    """
    run, qrels = experiment.data.path, experiment.data.qrels
    if qrels is None:
        msg = "What another system found is scored by judgements: name them."
        raise UsageError(msg)
    results, judgements = read_trec_run(run), read_judgements(qrels)
    if not results.keys() & judgements.keys():
        msg = (
            f"{run} and {qrels} share no question: {min(results)!r} is in one and "
            f"{min(judgements)!r} in the other, for example."
        )
        raise UsageError(msg)
    if unjudged := results.keys() - judgements.keys():
        options.watcher.note(
            f"Note: {len(unjudged)} questions of {run}, such as {min(unjudged)!r}, "
            f"have no judgement in {qrels} and do not count."
        )
    spec = {
        "kind": "retrieval-run",
        "about": run.stem,
        "data": [str(run.resolve()), str(qrels.resolve())],
        "digest": digest_of([run, qrels]),
        "metrics": list(experiment.scorers.metrics),
        "seed": experiment.data.seed,
    }
    new_run = runs_of(experiment.system.settings).begin(spec, fresh=True)
    return score_run(results, judgements, new_run, metrics=experiment.scorers.metrics)


def _strategy_cache(settings: Settings, options: RunOptions) -> CachedChat | None:
    if not settings.query_strategy:
        return None
    return cached_chat(settings, again=options.again)


def measure_answers(experiment: Experiment, options: RunOptions = _USUAL) -> Run:
    """Ask a base the questions of a file, and measure what it says.

    Raises:
        ModelError: A model cannot be reached; what was measured before is kept.
        NotFoundError: There is no such base or model.
        UsageError: The file has no questions.
    """
    data, system, scorers = experiment.data, experiment.system, experiment.scorers
    questions = read_examples(data.path)
    if data.split:
        questions = questions.part(data.split)
    if data.tuning:
        questions.check_tuning()
    if data.queries:
        sample = questions.sample(data.queries, seed=data.seed)
        questions = replace(questions, examples=sample)
    examples = questions.examples
    unmatched: Mapping[str, str] = {}
    with _open_base(system, options.watcher) as opened:
        settings = resolve_models(system.settings, opened)
        assistant, cache = _cache_model(opened, settings, system, again=options.again)
        if not system.prompt_only:
            unmatched = _find_unmatched(assistant, examples, principal=system.asker)
            _warn(unmatched, questions, options.watcher)
        contents = contents_spec(assistant, system.asker)
        spec = _answers_spec(experiment, settings, contents, digest=questions.digest)
        judging = _judge_cache(settings, scorers, again=options.again)
        judge = Judge(model=judging, guidelines=scorers.guidelines) if judging else None
        run = evaluate_answers(
            assistant,
            examples,
            _start_or_resume(settings, spec, options),
            principal=system.asker,
            measures=AnswerMeasures(
                similar_by=assistant.embedding,
                entails=judge.entails_too if judge else quoted,
                judge=judge,
                saved=(lambda: cache.saved) if cache else (lambda: 0.0),
                calls=_count_calls(cache, judging),
                searched=not system.prompt_only,
                ask=_agent_ask(assistant, settings, system.agent)
                if system.agent
                else None,
            ),
            concurrency=options.concurrency,
            on_progress=options.watcher.progress,
        )
    about = {**about_set(examples), "unmatched": len(unmatched)}
    return finish(run, {**_calls_of(run), "questions": about})


def score_again(
    run: Run,
    scorers: Scorers,
    *,
    settings: Settings,
    options: RunOptions = _USUAL,
) -> Run:
    """Score the answers that a run has kept, by a judge, and ask nobody else again.

    The result is a run of its own, with the scores of the first and of the judge.

    Args:
        run: A run of answers, with whole transcripts.
        settings: Where models are.
        scorers: The judge, and its guidelines.
        options: How it is run.

    Raises:
        ModelError: The judge cannot be reached; what was judged before is kept.
        NotFoundError: There is no such judge.
        UsageError: The run has no transcripts or is not finished, or no judge is named.
    """
    if not run.finished:
        msg = (
            f"The run {run.name!r} is not finished, so there is no telling what is "
            "missing. Measure it to its end first, with the command that began it."
        )
        raise UsageError(msg)
    model = _judge_cache(settings, scorers, again=options.again)
    if model is None:
        msg = "Answers are scored anew by a judge: name a chat model with --judge."
        raise UsageError(msg)
    judge = Judge(model=model, guidelines=scorers.guidelines)
    spec = {
        **run.spec,
        "scored_from": run.name,
        "judge": chat_entry(settings, scorers.judge),
        "guidelines": list(scorers.guidelines),
        "prompts": {
            **run.spec.get("prompts", {}),
            **prompts_of(replace(settings, chat_model=""), judge=scorers.judge),
        },
        "prices": {
            **run.spec.get("prices", {}),
            **prices_of(settings, judge=scorers.judge, chat=False),
        },
    }
    things = []
    for item in run.items:
        example_in(item.id, item.detail)  # tells now what an early run lacks
        things.append((item.id, item))
    scored = measure_all(
        _start_or_resume(settings, spec, options),
        things,
        partial(_judge_again, judge=judge),
        what="Judging",
        calls=_count_calls(model),
        concurrency=options.concurrency,
        on_progress=options.watcher.progress,
    )
    questions = run.figures.get("questions", {})
    return finish(scored, {**_calls_of(scored), "questions": questions})


def _judge_again(item: SampleResult, *, judge: Judge) -> SampleResult:
    detail = item.detail
    began = time.perf_counter()
    example, answer = example_in(item.id, detail), answer_in(detail)
    # Nothing of a judge before stays under the name of this one.
    scores = {k: v for k, v in item.scores.items() if k not in JUDGED}
    if "citation_recall" in scores:
        recall, precision = citation_scores(answer, judge.entails_too)
        scores |= {"citation_recall": recall, "citation_precision": precision}
    judged = judge(example, answer, evidence_in(detail))
    took = time.perf_counter() - began
    tokens = {k: n for k, n in item.tokens.items() if not k.startswith("judge_")}
    return replace(
        item,
        scores={**scores, **judged.scores},
        seconds={**item.seconds, "judge": took},
        tokens=sum_counts([tokens, tokens_of(judged.usage, "judge")]),
        detail={**detail, "judged": judged.detail},
    )


def _judge_cache(
    settings: Settings, scorers: Scorers, *, again: bool
) -> CachedChat | None:
    """Return the judging model of an experiment, which is asked nothing twice."""
    if not scorers.judge:
        return None
    return cached_chat(replace(settings, chat_model=scorers.judge), again=again)


def _answers_spec(
    experiment: Experiment,
    settings: Settings,
    contents: Mapping[str, Any],
    *,
    digest: str,
) -> dict[str, Any]:
    data, system, scorers = experiment.data, experiment.system, experiment.scorers
    judge = scorers.judge
    return {
        "kind": "answers",
        "about": f"{'docs' if system.docs else system.base}-{data.path.stem}",
        "label": experiment.label,
        "split": data.split,
        "prompt_only": system.prompt_only,
        **({"agent": system.agent} if system.agent else {}),
        "data": str(data.path.resolve()),
        "digest": digest,
        "queries": data.queries,
        "base": {
            "kb": "" if system.docs else system.base,
            "docs": [str(Path(path).resolve()) for path in system.docs],
            **contents,
        },
        "reader": reader_spec(system.asker),
        "settings": {name: getattr(settings, name) for name in RECORDED},
        "models": models_spec(settings, chat=True),
        "prompts": prompts_of(settings, judge=judge),
        "judge": chat_entry(settings, judge) if judge else None,
        "prices": prices_of(settings, judge=judge),
        "guidelines": list(scorers.guidelines),
        **_filter_spec(system),
        "seed": data.seed,
    }


def _measure_named(experiment: Experiment, options: RunOptions = _USUAL) -> Run:
    """Measure a benchmark by its name.

    Raises:
        ModelError: A model cannot be reached; what was measured before is kept.
        UsageError: There is no such benchmark, or the folder does not hold its data.
    """
    data, name = experiment.data, experiment.data.benchmark
    benchmark = benchmark_named(name)
    if benchmark.read is None:
        msg = (
            f"Erya does not measure {name!r} yet. It will take a folder with "
            f"{benchmark.layout}."
        )
        raise UsageError(msg)
    if not data.path.is_dir():
        msg = f"There is no folder {str(data.path)!r}. {name} wants {benchmark.layout}."
        raise UsageError(msg)
    settings = resolve_models(experiment.system.settings)
    setup = _setup(settings, data, again=options.again)
    task = benchmark.read(data.path, setup)
    spec = {
        "kind": "benchmark",
        "about": f"{name}-{data.path.resolve().name}",
        "benchmark": name,
        "data": str(data.path.resolve()),
        "docs": str(data.docs.resolve()) if data.docs else None,
        "digest": digest_of(task.files),
        "queries": data.queries,
        "settings": {name: getattr(settings, name) for name in RECORDED},
        "models": models_spec(settings, chat=True),
        "prompts": prompts_of(settings, judge=""),
        "prices": prices_of(settings),
        "seed": data.seed,
    }
    run = _start_or_resume(settings, spec, options)
    run = measure_benchmark(task, setup, run, on_progress=options.watcher.progress)
    return finish(run, _calls_of(run))


def _setup(settings: Settings, data: Data, *, again: bool) -> Setup:
    """Return what a benchmark measures, as the settings say."""
    parts = build_parts(settings)
    embedding = parts["embedding"]
    cache = cached_chat(settings, again=again) if settings.chat_model else None
    return Setup(
        answerer=build_answerer(settings, cache),
        embedding=embedding,
        strategy=build_strategy(settings, cache),
        reranker=parts["reranker"],
        reader=parts["reader"],
        chunker=parts["chunker"],
        passages=settings.passages,
        measures=AnswerMeasures(
            similar_by=embedding,
            saved=(lambda: cache.saved) if cache else (lambda: 0.0),
            calls=_count_calls(cache),
        ),
        queries=data.queries,
        docs=data.docs,
        seed=data.seed,
    )


def _calls_of(run: Run) -> dict[str, int]:
    """Return how often models were asked for a run; nothing where none was."""
    calls = run.calls()
    if not calls:
        return {}
    return {"model_calls": calls["asked"], "repeated": calls["repeated"]}


def _count_calls(*caches: CachedChat | None) -> Callable[[], dict[str, int]]:
    """Return what counts the calls of several models together."""
    return lambda: sum_counts(each.calls() for each in caches if each is not None)


def _find_unmatched(
    assistant: Assistant, examples: Sequence[Example], *, principal: Principal
) -> dict[str, str]:
    """Return what is wrong with the evidence of questions, by their ids.

    A document that is not there, or words that it does not have.
    """
    quotes = [(e.id, *each) for e in examples for each in e.evidence]
    if not quotes:
        return {}
    documents = {d.source: d.id for d in assistant.store.documents(principal)}
    sources_by_suffix = by_suffix(documents)
    texts: dict[str, str] = {}
    problems: dict[str, str] = {}
    for key, source, quote in quotes:
        sources = (
            sources_by_suffix.get(source.lstrip("/"), []) if source else list(documents)
        )
        for each in sources:
            if each not in texts:
                text = assistant.store.document(principal, documents[each]).text
                texts[each] = run_together(text)
        if not sources:
            problems[key] = f"the base has no document {source!r}"
        elif not any(run_together(quote) in texts[each] for each in sources):
            where = f"{source!r} does not have" if source else "no document has"
            problems[key] = f"{where} the words {quote!r:.60}"
    return problems


def _warn(unmatched: Mapping[str, str], examples: ExampleSet, watcher: Watcher) -> None:
    """Name the lines whose evidence is not there."""
    for key, what in list(unmatched.items())[:_NAMED]:
        line = examples.lines.get(key)
        where = f"line {line}" if line else f"question {key}"
        watcher.note(f"Note: {examples.path}, {where}, matches nothing: {what}.")
    left = len(unmatched) - _NAMED
    if left > 0:
        watcher.note(f"Note: {left} more lines match nothing.")


@contextmanager
def _open_base(system: System, watcher: Watcher) -> Iterator[Assistant]:
    """Open a base, or make one of files that is thrown away; no model may fail."""
    settings = system.settings
    if not system.docs:
        with open_assistant(
            settings, system.base, chat=True, bases=system.bases
        ) as assistant:
            yield replace(assistant, degrade=False, where=system.where)
        return
    with (
        scratch_home() as home,
        # Models stay those of the home folder; only the base is elsewhere.
        open_assistant(
            settings, "documents", create=True, chat=True, bases=Bases(home)
        ) as assistant,
    ):
        report = assistant.ingest(
            FolderSource(system.docs, file_bytes=assistant.limits.file_bytes),
            principal=Principal.owner(settings.user),
            readers=frozenset({"public"}),
            on_progress=lambda report: watcher.progress("Reading", report.files, 0),
        )
        for problem in report.failed:
            watcher.note(f"Not read: {problem.source}: {problem.message}")
        yield replace(assistant, degrade=False, where=system.where)


def _cache_model(
    assistant: Assistant, settings: Settings, system: System, *, again: bool
) -> tuple[Assistant, CachedChat | None]:
    """Return an assistant whose model is asked nothing twice, unless `again`."""
    answerer = assistant.answerer
    if not isinstance(answerer, GroundedAnswerer):
        return assistant, None
    cache = cached_chat(settings, answerer.model, again=again)
    variant = replace(
        assistant,
        strategy=build_strategy(settings, cache),
        answerer=PromptedAnswerer(model=cache)
        if system.prompt_only
        else replace(answerer, model=cache),
    )
    return variant, cache


def _agent_ask(assistant: Assistant, settings: Settings, strategy: str) -> Ask:
    """Return what lets an agent answer, each question in a run of its own.

    It asks its model anew each time: what is remembered of a model has no calls of
    tools.
    """
    options = AgentOptions(strategy=strategy)

    def ask(question: str, principal: Principal) -> tuple[Answer, Evidence]:
        with open_agent(settings, assistant, options) as agent:
            runner = Runner(
                agent=agent,
                principal=principal,
                check=lambda text, hits: assistant.check(
                    text, hits, principal=principal
                ),
            )
            *_, last = work(runner, start_run(agent, question), strategy=strategy)
        assert isinstance(last, AgentFinished)  # noqa: S101 - every run ends with it
        run = last.run
        if run.reason == "failed":
            raise ModelError(run.note)
        evidence = Evidence(hits=run.hits, weights={})
        return run.answer, evidence

    return ask


def cached_chat(
    settings: Settings, model: ChatModel | None = None, *, again: bool = False
) -> CachedChat:
    """Return the chat model of the settings, which is asked nothing twice.

    Unless `again`: then what it says takes the place of what it said before.

    Raises:
        NotFoundError: It was never added.
        UsageError: The variable that holds its key is not set.
    """
    return CachedChat(
        model or ModelRegistry(settings).chat(settings.chat_model),
        identity=repr(sorted(chat_entry(settings, settings.chat_model).items())),
        file=Path(settings.home) / "runs" / _CACHE,
        again=again,
    )


def measure_judge(
    path: Path, judge: str, *, settings: Settings, options: RunOptions = _USUAL
) -> JudgeCheck:
    """Hold a judge against people, on answers both have judged.

    Args:
        path: The answers, with what people say of them.
        judge: The chat model.
        settings: Where models are.
        options: How it is run.

    Raises:
        ModelError: The judge cannot be reached; what was judged before is kept.
        NotFoundError: There is no such judge.
        UsageError: The file has no judged answers.
    """
    settings = replace(settings, chat_model=judge)
    items = read_labelled(path)
    model = cached_chat(settings, again=options.again)
    spec = {
        "kind": "judge",
        "about": f"{judge}-{path.stem}",
        "data": str(path.resolve()),
        "digest": digest_of([path]),
        "judge": chat_entry(settings, judge),
        "prompts": prompts_of(settings, judge=judge),
        "prices": prices_of(settings, judge=judge, chat=False),
        "seed": 0,
    }
    run = _start_or_resume(settings, spec, options)
    check = check_judge(
        Judge(model=model),
        items,
        run,
        calls=model.calls,
        on_progress=options.watcher.progress,
    )
    finish(check.run, {**_calls_of(check.run), "probe_calls": check.probes})
    return check
