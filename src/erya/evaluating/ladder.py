"""The ladder: the same questions on every rung, so that a team sees which pays."""

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from erya.agents import strategy_of
from erya.config import Settings
from erya.errors import UsageError
from erya.evaluating.comparison import MetricChange, compare
from erya.evaluating.experiments import (
    Data,
    Experiment,
    RunOptions,
    System,
    measure_answers,
)
from erya.evaluating.runs import Run
from erya.evaluating.statistics import corrected
from erya.models import ModelRegistry
from erya.opening import build_reranker, build_strategy

__all__ = [
    "Ladder",
    "MeasuredRung",
    "Rung",
    "measure_ladder",
    "read_ladder",
]

_MEASURED: Final = ("agent", "documents", "prompt", "queries", "rerank")
# Rungs of the ladder whose rooms are not built yet: named, so that nobody misses them.
_DECLARED: Final = ("fine-tuned",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One way to answer the questions.

    Attributes:
        name: What it is called.
        kind: `documents`, `prompt`, `queries`, `rerank` or `agent`; `fine-tuned` is
            named and not measured yet.
        settings: Settings that it has in place of those of the machine.
        price: What a million tokens cost, by `input` and `output`; empty if not known.
        strategy: How an agent works; empty for another kind.
    """

    name: str
    kind: str
    settings: Mapping[str, Any]
    price: Mapping[str, float]
    strategy: str = ""

    @property
    def is_declared(self) -> bool:
        """Whether it is named and not measured yet."""
        return self.kind in _DECLARED


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """Questions, what they are asked of, and the rungs in their order.

    Attributes:
        data: The questions.
        kb: The base; empty takes that of the settings.
        docs: Files to make a base of in its place.
        rungs: In their order; at least one can be measured.
    """

    data: Path
    kb: str
    docs: tuple[str, ...]
    rungs: tuple[Rung, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredRung:
    """What a rung brings.

    Attributes:
        rung: Which one.
        run: What was measured; None of one that is only declared.
        step: What it gains over the last rung that was measured before.
    """

    rung: Rung
    run: Run | None
    step: MetricChange | None

    def cost(self) -> float | None:
        """Return what a thousand questions cost, in the money of the price."""
        run, price = self.run, self.rung.price
        if run is None:
            return None
        cost = run.cost({"chat": price} if price else None)
        return None if cost is None else cost / max(len(run.items), 1) * 1000


def read_ladder(file: Path) -> Ladder:
    """Read the rungs.

    Raises:
        UsageError: The file cannot be read, or is no ladder.
    """
    try:
        fields = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{file} cannot be read: {error}."
        raise UsageError(msg) from None
    data, rungs = fields.get("data"), fields.get("rung")
    if not isinstance(data, str) or not isinstance(rungs, list) or not rungs:
        msg = f"{file} needs data = FILE and a [[rung]]. See: erya ladder --help"
        raise UsageError(msg)
    beside = file.resolve().parent
    docs = fields.get("docs") or []
    docs = [docs] if isinstance(docs, str) else docs
    ladder = Ladder(
        data=beside / data,
        kb=str(fields.get("kb") or ""),
        docs=tuple(str(beside / path) for path in docs),
        rungs=tuple(
            _rung(file, number, each) for number, each in enumerate(rungs, start=1)
        ),
    )
    names = [rung.name for rung in ladder.rungs]
    if len(set(names)) < len(names):
        msg = f"{file} has two rungs of one name; names tell them apart."
        raise UsageError(msg)
    if all(rung.is_declared for rung in ladder.rungs):
        msg = f"{file} has no rung that this version measures."
        raise UsageError(msg)
    return ladder


def _rung(file: Path, number: int, fields: Mapping[str, Any]) -> Rung:
    """Read one rung.

    Raises:
        UsageError: It is of no known kind, or its price is none.
    """
    settings = dict(fields)
    name = str(settings.pop("name", f"rung {number}"))
    kind = settings.pop("kind", "documents")
    price = settings.pop("price", {})
    strategy = settings.pop("strategy", "react") if kind == "agent" else ""
    if settings.keys() & {"home", "config"}:
        msg = f"{file}: home and config of {name!r} come from the command line."
        raise UsageError(msg)
    if kind not in _MEASURED + _DECLARED:
        kinds = ", ".join(_MEASURED + _DECLARED)
        msg = f"{file}: the rung {name!r} is of the kind {kind!r}; there are {kinds}."
        raise UsageError(msg)
    if price and not (
        isinstance(price, dict)
        and price.keys() == {"input", "output"}
        and all(
            isinstance(each, (int, float)) and 0 <= each < math.inf
            for each in price.values()
        )
    ):
        msg = (
            f"{file}: the price of {name!r} must be like {{input = 0.5, output = 1.5}}."
        )
        raise UsageError(msg)
    if strategy:
        strategy_of(strategy)
    return Rung(name=name, kind=kind, settings=settings, price=price, strategy=strategy)


def _check_rung(rung: Rung, settings: Settings) -> None:
    """Check that a rung has what its kind takes, before anything is measured.

    Raises:
        NotFoundError: A model was never added.
        UsageError: It lacks a model, or a strategy.
    """
    if settings.chat_model:
        ModelRegistry(settings).chat(settings.chat_model)
    elif rung.kind in {"prompt", "agent"}:
        msg = f"The rung {rung.name!r} asks a model; give it a chat_model."
        raise UsageError(msg)
    build_reranker(settings)
    build_strategy(settings)
    if rung.kind == "queries" and not settings.query_strategy:
        msg = (
            f"The rung {rung.name!r} asks in another way; give it "
            'query_strategy = "multi-query" and a chat_model.'
        )
        raise UsageError(msg)
    if rung.kind == "rerank" and not settings.rerank_model:
        msg = f"The rung {rung.name!r} reranks; give it a rerank_model."
        raise UsageError(msg)


def measure_ladder(
    ladder: Ladder,
    settings_of: Callable[[Rung], Settings],
    *,
    data: Data,
    options: RunOptions,
) -> list[MeasuredRung]:
    """Measure every rung on the same questions.

    Args:
        ladder: The rungs.
        settings_of: Returns the settings of a rung.
        data: Which of the questions, and how they are drawn.
        options: How each rung is run.

    Raises:
        ModelError: A model cannot be reached; what was measured before is kept.
        NotFoundError: There is no such base or model.
        UsageError: A rung lacks what its kind takes.
    """
    checked: list[Settings | None] = []
    for rung in ladder.rungs:
        settings = None if rung.is_declared else settings_of(rung)
        if settings is not None:
            _check_rung(rung, settings)
        checked.append(settings)
    measured: list[MeasuredRung] = []
    for rung, settings in zip(ladder.rungs, checked, strict=True):
        if settings is None:
            measured.append(MeasuredRung(rung=rung, run=None, step=None))
            continue
        options.watcher.note(f"Measuring {rung.name}")
        experiment = Experiment(
            kind="answers",
            data=data,
            system=System(
                settings=settings,
                kb=ladder.kb,
                docs=ladder.docs,
                prompt_only=rung.kind == "prompt",
                agent=rung.strategy,
            ),
            label=rung.name,
        )
        run = measure_answers(experiment, options)
        before = next((each.run for each in reversed(measured) if each.run), None)
        step = None
        if before is not None:
            step = compare(before, run, metrics=[run.main_metric]).metrics[0]
        measured.append(MeasuredRung(rung=rung, run=run, step=step))
    return _correct_steps(measured)


def _correct_steps(measured: Sequence[MeasuredRung]) -> list[MeasuredRung]:
    """Correct the p-values of the steps for being several."""
    steps = {str(n): m.step.difference for n, m in enumerate(measured) if m.step}
    p_values = corrected(steps)
    return [
        each
        if each.step is None
        else replace(each, step=each.step._replace(p=p_values[str(number)]))
        for number, each in enumerate(measured)
    ]
