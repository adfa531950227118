"""Measurements that are kept: what was measured, and every item as it was measured.

A run is a folder with `run.json` and `items.jsonl`. An item is written as soon as it is
measured, so that a run that was killed goes on with the next one.
"""

import importlib.metadata
import json
import math
import os
import platform
import re
import shutil
import statistics
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import filelock

from erya.errors import NotFoundError, UsageError
from erya.evaluating.statistics import SCALES, Estimate, bootstrap_all
from erya.records import Usage

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = [
    "Latency",
    "NotJudged",
    "Progress",
    "Run",
    "Runs",
    "SampleResult",
    "finish",
    "measure_all",
    "sum_counts",
    "tokens_of",
]

# What is done, how far, and of how many.
Progress = Callable[[str, int, int], None]

_SPEC: Final = "run.json"
_ITEMS: Final = "items.jsonl"
_MAIN: Final = ("contains", "ndcg@10", "f2")
_TOKEN_METRICS: Final = frozenset(
    ("exact_match", "f1", "rouge_l", "bleu", "similarity", "similar")
)
_PRICES: Final = "prices"  # what a run cost does not make it another
_LOCK: Final = ".lock"
_UNKNOWN: Final = "unknown"  # answers whose tokens were not reported
_MILLION: Final = 1_000_000  # tokens that a price is for
_UNSAFE: Final = re.compile(r"[^\w.-]+")
_VERSIONS: Final = (
    "erya", "numpy", "onnxruntime", "rjieba", "scikit-learn", "tantivy", "tokenizers",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleResult:
    """One question, or whatever else was measured, and its measurements.

    Attributes:
        id: Tells it from the others of the run.
        scores: Name of a metric to its value; None where it could not be judged.
        seconds: Name of a stage to the time it took.
        tokens: Tokens that models read and wrote for it.
        detail: What a person wants to see of it: question, answer, evidence.
        calls: How often models were `asked` for it, and how often that was `repeated`
            from what they had said before.
    """

    id: str
    scores: Mapping[str, float | None]
    seconds: Mapping[str, float] = field(default_factory=dict)
    tokens: Mapping[str, int] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
    calls: Mapping[str, int] = field(default_factory=dict)


_FIELDS: Final = tuple(each.name for each in fields(SampleResult))


class Latency(NamedTuple):
    """Seconds of one stage: the median, and what 95 of 100 stay below."""

    p50: float
    p95: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Self:
        """Return both of at least one time."""
        last = math.ceil(0.95 * len(seconds)) - 1
        return cls(statistics.median(seconds), sorted(seconds)[last])


class NotJudged(NamedTuple):
    """How many items a metric has no value for, and of how many."""

    missing: int
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One measurement.

    Attributes:
        folder: Where it is kept.
        spec: What was measured, with all that is needed to repeat it.
        items: The measured items, in the order of measuring.
        figures: What was measured of the whole: documents per second, memory.
        finished: Whether all items were measured.
    """

    folder: Path
    spec: Mapping[str, Any]
    items: Sequence[SampleResult]
    figures: Mapping[str, Any] = field(default_factory=dict)
    finished: bool = False

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read a run from its folder; an item that was half written is left out.

        Raises:
            NotFoundError: There is no run.
            UsageError: Its files are damaged.
        """
        try:
            description = json.loads((folder / _SPEC).read_text("utf-8"))
            spec = description["spec"]
        except OSError:
            msg = f"There is no run in {folder}. See: erya evaluate runs"
            raise NotFoundError(msg) from None
        except (ValueError, LookupError, TypeError) as error:
            msg = f"{folder / _SPEC} is damaged: {error}."
            raise UsageError(msg) from None
        return cls(
            folder=folder,
            spec=spec,
            items=_read_items(folder / _ITEMS),
            figures=description.get("figures") or {},
            finished=bool(description.get("finished")),
        )

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def metrics(self) -> list[str]:
        """The names of the metrics, as the items have them; counts of tokens last."""
        names = dict.fromkeys(name for item in self.items for name in item.scores)
        return sorted(names, key=_TOKEN_METRICS.__contains__)

    @property
    def main_metric(self) -> str:
        """The metric that says most in one figure; empty without any item."""
        names = self.metrics
        return next(
            (name for name in _MAIN if name in names), names[0] if names else ""
        )

    def values(self, metric: str) -> dict[str, float]:
        """Return each item's value, without those that could not be judged."""
        pairs = ((item.id, item.scores.get(metric)) for item in self.items)
        return {key: value for key, value in pairs if value is not None}

    def estimates(self) -> dict[str, Estimate]:
        """Return each metric's mean and 95 % interval over the items that have one."""
        columns = {
            name: [item.scores.get(name) for item in self.items]
            for name in self.metrics
        }
        shares = [name for name in columns if name not in SCALES]
        seed = int(self.spec.get("seed", 0))
        return bootstrap_all(columns, seed=seed, shares=shares)

    def not_judged(self) -> dict[str, NotJudged]:
        """Return the metrics that could not be judged for some items."""
        missing = {}
        for name in self.metrics:
            scores = [item.scores[name] for item in self.items if name in item.scores]
            if None in scores:
                missing[name] = NotJudged(scores.count(None), len(scores))
        return missing

    def stages(self) -> dict[str, Latency]:
        """Return the time that each stage took, over the items that have it."""
        spans: dict[str, list[float]] = {}
        for item in self.items:
            for stage, seconds in item.seconds.items():
                spans.setdefault(stage, []).append(seconds)
        return {stage: Latency.of(taken) for stage, taken in spans.items()}

    def tokens(self) -> dict[str, int]:
        """Return the tokens that models read and wrote, as `tokens_of` counts them."""
        return sum_counts(item.tokens for item in self.items)

    def calls(self) -> dict[str, int]:
        """Return how often models were `asked`, and how often that was `repeated`."""
        return sum_counts(item.calls for item in self.items)

    def cost(
        self, prices: Mapping[str, Mapping[str, float]] | None = None
    ) -> float | None:
        """Return what the tokens of all items cost, calls that were repeated too.

        Args:
            prices: Of a million tokens that a model reads (`input`) and writes
                (`output`), for `chat` and `judge`; by default those the run was
                started with.

        Returns:
            Money, in that of the prices. 0 where no model was asked; None where one was
            whose prices or tokens are not known. What a paid endpoint takes for
            embedding or reranking is not in it.
        """
        price_list = prices or self.spec.get("prices") or {}
        tokens = self.tokens()
        if any(n for name, n in tokens.items() if name.endswith(_UNKNOWN)):
            return None
        if not any(tokens.values()):
            return None if any(self.calls().values()) else 0.0
        total = 0.0
        for name, count in tokens.items():
            stage, _, kind = name.rpartition("_")  # judge_input, search_output, input
            price = price_list.get("judge" if stage == "judge" else "chat", {}).get(
                kind
            )
            if count and price is None:
                return None
            total += count * price if count and price is not None else 0.0
        return total / _MILLION


def tokens_of(usage: Usage, stage: str = "") -> dict[str, int]:
    """Return what a model read and wrote, as a run counts it; nothing if none did.

    `unknown` counts what an endpoint was asked that does not say.

    Args:
        usage: What it says.
        stage: What it was asked for, such as `judge`; empty for the answer.
    """
    if not usage.model:
        return {}
    before = f"{stage}_" if stage else ""
    if usage.input_tokens is None or usage.output_tokens is None:
        return {f"{before}{_UNKNOWN}": 1}
    return {
        f"{before}input": usage.input_tokens,
        f"{before}output": usage.output_tokens,
    }


class Runs:
    """The runs that are kept in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> Run:
        """Return a run by its name, by the path of its folder, or `last`.

        The last is the last that was finished, if any was.

        Raises:
            NotFoundError: There is no such run.
            UsageError: Its files are damaged.
        """
        if name == "last":
            newest = None
            for each in reversed(self.names()):
                run = Run.read(self._folder / each)
                newest = newest or run
                if run.finished:
                    return run
            if newest is None:
                msg = f"No run is kept in {self._folder} yet."
                raise NotFoundError(msg)
            return newest
        if os.sep in name or (Path(name) / _SPEC).is_file():
            return Run.read(Path(name))
        return Run.read(self._folder / name)

    def names(self) -> list[str]:
        """Return the names of all runs, the oldest first."""
        return sorted(path.parent.name for path in self._folder.glob(f"*/{_SPEC}"))

    def of_base(self, kb: str) -> list[str]:
        """Return the names of runs that asked a base: they quote what it held."""
        names = []
        for name in self.names():
            try:
                description = json.loads(
                    (self._folder / name / _SPEC).read_text("utf-8")
                )
                base = description["spec"]["base"]["kb"]
            except (OSError, ValueError, LookupError, TypeError):
                continue  # of none, or damaged
            if base == kb:
                names.append(name)
        return names

    def forget(self, name: str) -> None:
        """Delete a run with everything in it.

        Raises:
            NotFoundError: There is no such run here.
            UsageError: It cannot be deleted.
        """
        if name not in self.names():
            msg = f"There is no run {name!r} in {self._folder}."
            raise NotFoundError(msg)
        try:
            shutil.rmtree(self._folder / name)
        except OSError as error:
            msg = f"The run {name!r} cannot be deleted: {error}."
            raise UsageError(msg) from None

    def begin(self, spec: Mapping[str, Any], *, fresh: bool = False) -> Run:
        """Return an unfinished run of the same spec to go on with, or a new one.

        Args:
            spec: What is measured. `kind` and `about` name the run.
            fresh: Begin a new one anyway.

        Raises:
            UsageError: The folder cannot be written.
        """
        if not fresh:
            for name in reversed(self.names()):
                if self._is_unfinished(name, spec):
                    run = Run.read(self._folder / name)
                    # Its prices may have become known since.
                    return replace(run, spec={**run.spec, _PRICES: spec.get(_PRICES)})
        began = datetime.now(UTC)
        about = _UNSAFE.sub("-", f"{spec['kind']}-{spec['about']}").strip("-")[:60]
        # Down to the millisecond, so that names sort as runs began.
        stamp = f"{began:%Y%m%d-%H%M%S%f}"[:-3]
        folder = _free(self._folder / f"{stamp}-{about}")
        spec = {
            **spec, **_environment(), "began": f"{began:%Y-%m-%d %H:%M:%S} UTC",
        }  # fmt: skip
        try:
            # The hits of an owner are not for everybody on the machine.
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700)
            _write(folder, {"spec": spec})
        except OSError as error:
            msg = f"{folder} cannot be written: {error}."
            raise UsageError(msg) from None
        return Run(folder=folder, spec=spec, items=())

    def _is_unfinished(self, name: str, spec: Mapping[str, Any]) -> bool:
        try:
            description = json.loads((self._folder / name / _SPEC).read_text("utf-8"))
            return not description.get("finished") and _same(description["spec"], spec)
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return False  # a damaged run is reported when it is opened


def measure_all(
    run: Run,
    things: Sequence[tuple[str, Any]],
    measure: Callable[[Any], SampleResult],
    *,
    what: str,
    calls: Callable[[], Mapping[str, int]] = dict,
    concurrency: int = 1,
    on_progress: Progress = lambda *_: None,
) -> Run:
    """Measure what `run` has not measured yet, and keep each item at once.

    Args:
        run: What to go on with.
        things: Ids, and what to measure.
        measure: Measures one thing.
        what: What is done, for the progress.
        calls: Counts the calls of models that this thread has made so far; each item
            keeps its own.
        concurrency: Items at once.
        on_progress: Called with `what`, how far, and of how many.

    Raises:
        UsageError: Another process measures the run, or an id is there twice; what
            `measure` raises comes through, and the items before stay.
    """
    ids = {key for key, _ in things}
    if len(ids) < len(things):
        twice = Counter(key for key, _ in things).most_common(1)[0][0]
        msg = f"The data has the id {twice!r} twice; ids must tell items apart."
        raise UsageError(msg)
    with _hold(run.folder):
        # Read anew: another process may have gone on since, and a half-written item
        # has to go before the next is appended.
        done = {item.id: item for item in _read_items(run.folder / _ITEMS, mend=True)}
        with (run.folder / _ITEMS).open("a", encoding="utf-8") as file:
            left = [(key, thing) for key, thing in things if key not in done]
            skipped = len(things) - len(left)
            on_progress(what, skipped, len(things))

            def measure_one(thing: Any) -> SampleResult:
                return _measure_timed(measure, thing, calls)

            with closing(
                _in_parallel(measure_one, left, at_once=concurrency)
            ) as measured:
                for number, (key, item) in enumerate(measured, start=skipped + 1):
                    done[key] = item
                    file.write(_line(item))
                    file.flush()  # a kill loses nothing; a loss of power may
                    on_progress(what, number, len(things))
    return replace(run, items=[done[key] for key, _ in things])


def _measure_timed(
    measure: Callable[[Any], SampleResult],
    thing: Any,
    calls: Callable[[], Mapping[str, int]],
) -> SampleResult:
    """Measure one thing, with its time and the calls that it took."""
    began, before = time.perf_counter(), calls()
    item = measure(thing)
    seconds = {"total": time.perf_counter() - began, **item.seconds}
    return replace(
        item,
        scores={name: _finite_or_none(v) for name, v in item.scores.items()},
        seconds={stage: round(took, 6) for stage, took in seconds.items()},
        calls={k: n - before.get(k, 0) for k, n in calls().items()},
    )


def _in_parallel(
    act: Callable[[Any], SampleResult],
    things: Sequence[tuple[str, Any]],
    *,
    at_once: int,
) -> Generator[tuple[str, SampleResult], None, None]:
    """Yield the measurement of each thing, as soon as it is there.

    After an error nothing more begins; what is under way ends, and is yielded before
    the error is raised.
    """
    if at_once <= 1:
        for key, thing in things:
            yield key, act(thing)
        return
    threads = ThreadPoolExecutor(at_once, thread_name_prefix="erya-measure")
    try:
        waiting = {threads.submit(act, thing): key for key, thing in things}
        failed: Future[SampleResult] | None = None
        for future in as_completed(waiting):
            if future.cancelled():
                continue
            if future.exception() is None:
                yield waiting[future], future.result()
                continue
            failed = failed or future
            for other in waiting:  # those under way are not cancelled by this
                other.cancel()
        if failed is not None:
            failed.result()
    finally:
        threads.shutdown(wait=True, cancel_futures=True)


def finish(run: Run, figures: Mapping[str, Any]) -> Run:
    """Note that all items were measured, and what was measured of the whole."""
    description = {"spec": run.spec, "finished": True, "figures": figures}
    _write(run.folder, description)
    return replace(run, figures=figures, finished=True)


def sum_counts(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the sum of each count."""
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(total)


def _free(folder: Path) -> Path:
    """Return the folder, or another that is not there yet."""
    number = 1
    free = folder
    while free.exists():
        number += 1
        free = folder.with_name(f"{folder.name}-{number}")
    return free


@contextmanager
def _hold(folder: Path) -> Iterator[None]:
    lock = filelock.FileLock(folder / _LOCK)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        msg = f"The run {folder.name} is being measured by another process."
        raise UsageError(msg) from None
    try:
        yield
    finally:
        lock.release()


def _finite_or_none(value: float | None) -> float | None:
    """Return a value, or None for one that is no number."""
    return value if value is not None and math.isfinite(value) else None


def _line(item: SampleResult) -> str:
    values = {name: getattr(item, name) for name in _FIELDS}
    return json.dumps(values, ensure_ascii=False) + "\n"


def _read_items(path: Path, *, mend: bool = False) -> list[SampleResult]:
    """Return the whole items of a file; `mend` cuts off what follows them.

    Raises:
        UsageError: A line is none.
    """
    if not path.is_file():
        return []
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if mend and len(whole) < len(data):
        with path.open("r+b") as file:
            file.truncate(len(whole))
    items: dict[str, SampleResult] = {}
    for number, line in enumerate(whole.split(b"\n")[:-1], start=1):
        try:
            item = SampleResult(**json.loads(line.decode("utf-8")))
        except (ValueError, TypeError) as error:
            msg = f"{path}, line {number}, is no item of a run: {error}."
            raise UsageError(msg) from None
        items.setdefault(item.id, item)
    return list(items.values())


def _write(folder: Path, description: Mapping[str, Any]) -> None:
    """Replace the description of a run as a whole."""
    fresh = folder / f"{_SPEC}.new"
    text = json.dumps(description, ensure_ascii=False, indent=2) + "\n"
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(folder / _SPEC)


def _same(stored: Mapping[str, Any], spec: Mapping[str, Any]) -> bool:
    """Tell whether a run that is kept measures `spec`, with the same versions."""
    expected = {
        **spec,
        **_environment(),
        **{name: stored[name] for name in ("began", _PRICES) if name in stored},
    }
    # As a file has it: with lists for tuples.
    return bool(stored == json.loads(json.dumps(expected)))


def _environment() -> dict[str, Any]:
    versions = {"python": platform.python_version()}
    for name in _VERSIONS:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # an extra that is not installed
    return {"versions": versions}
