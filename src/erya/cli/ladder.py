"""`erya ladder`: the same questions on every rung, so that a team sees which pays."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from erya.cli.common import (
    chat_model_for,
    echo,
    echo_json,
    reranker_for,
    settings_for,
    strategy_for,
    table,
    usual_options,
)
from erya.cli.measured import (
    estimates_json,
    held_out_option,
    html_option,
    queries_option,
    seed_option,
    split_option,
    write_html,
)
from erya.cli.measuring import measure_answers
from erya.config import Settings
from erya.errors import UsageError
from erya.records import Principal

if TYPE_CHECKING:
    from erya.evaluating import Run
    from erya.evaluating.comparison import MetricChange

__all__ = ["ladder"]

_MEASURED: Final = ("documents", "prompt", "queries", "rerank")
# Rungs of the ladder whose rooms are not built yet: named, so that nobody misses them.
_DECLARED: Final = ("agent", "fine-tuned")


class _Rung(NamedTuple):
    name: str
    kind: str
    settings: Mapping[str, Any]
    price: Mapping[str, float]


class _Plan(NamedTuple):
    data: Path
    kb: str
    docs: Sequence[str]
    rungs: Sequence[_Rung]


class _Measured(NamedTuple):
    rung: _Rung
    run: "Run | None"
    step: "MetricChange | None"  # over the last rung that was measured before


@click.command("ladder")
@click.argument(
    "file",
    type=click.Path(path_type=Path),
    metavar="LADDER.toml",
    help="The rungs, in their order.",
)
@queries_option
@seed_option
@split_option
@held_out_option
@html_option
@usual_options
def ladder(
    *,
    file: Path,
    queries: int | None,
    seed: int,
    split: str,
    held_out: bool,
    html: Path | None,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Measure the same questions on several rungs: quality, time and cost side by side.

    LADDER.toml names `data`, the questions, and `docs` or `kb`; then a `[[rung]]` for
    each with a `name` and any settings. `kind = "prompt"` asks the chat model without
    documents. `price = {input = 0.5, output = 1.5}`, per million tokens, gives a cost.

    Examples:

      erya ladder examples/ladder.toml

      erya ladder ladder.toml --queries 100 --html ladder.html
    """
    from erya.evaluating import compare  # noqa: PLC0415

    plan = _read(file)
    measured: list[_Measured] = []
    # All rungs are checked before any is measured.
    checked = [_checked(rung, home=home, config=config) for rung in plan.rungs]
    for rung, settings in zip(plan.rungs, checked, strict=True):
        if settings is None:
            measured.append(_Measured(rung, None, None))
            continue
        echo(f"Measuring {rung.name}", err=True)
        run = measure_answers(
            settings,
            plan.data,
            kb=plan.kb or settings.kb,
            docs=plan.docs,
            principal=Principal.owner(settings.user),
            prompt_only=rung.kind == "prompt",
            split=split,
            tuning=not held_out,
            label=rung.name,
            queries=queries,
            seed=seed,
        )
        before = next((each.run for each in reversed(measured) if each.run), None)
        step = None
        if before is not None:
            step = compare(before, run, metrics=[run.main_metric]).metrics[0]
        measured.append(_Measured(rung, run, step))
    measured = _corrected(measured)
    runs = [each.run for each in measured if each.run is not None]
    if html is not None:
        write_html(runs[-1], html, others=runs[:-1])
    if as_json:
        echo_json({"rungs": [_as_json(each) for each in measured]})
    else:
        _show(measured)


def _read(file: Path) -> _Plan:
    """Read the rungs.

    Raises:
        UsageError: The file cannot be read, or is no ladder.
    """
    try:
        told = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{file} cannot be read: {error}."
        raise UsageError(msg) from None
    data, rungs = told.get("data"), told.get("rung")
    if not isinstance(data, str) or not isinstance(rungs, list) or not rungs:
        msg = f"{file} needs data = FILE and a [[rung]]. See: erya ladder --help"
        raise UsageError(msg)
    beside = file.resolve().parent
    docs = told.get("docs") or []
    docs = [docs] if isinstance(docs, str) else docs
    plan = _Plan(
        data=beside / data,
        kb=str(told.get("kb") or ""),
        docs=[str(beside / path) for path in docs],
        rungs=[_rung(file, number, each) for number, each in enumerate(rungs, start=1)],
    )
    names = [rung.name for rung in plan.rungs]
    if len(set(names)) < len(names):
        msg = f"{file} has two rungs of one name; names tell them apart."
        raise UsageError(msg)
    if all(rung.kind in _DECLARED for rung in plan.rungs):
        msg = f"{file} has no rung that this version measures."
        raise UsageError(msg)
    return plan


def _rung(file: Path, number: int, told: Mapping[str, Any]) -> _Rung:
    """Read one rung.

    Raises:
        UsageError: It is of no known kind, or its price is none.
    """
    settings = dict(told)
    name = str(settings.pop("name", f"rung {number}"))
    kind = settings.pop("kind", "documents")
    price = settings.pop("price", {})
    if settings.keys() & {"home", "config"}:
        msg = f"{file}: home and config of {name!r} come from the command line."
        raise UsageError(msg)
    if kind not in _MEASURED + _DECLARED:
        known = ", ".join(_MEASURED + _DECLARED)
        msg = f"{file}: the rung {name!r} is of the kind {kind!r}; there are {known}."
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
    return _Rung(name, kind, settings, price)


def _checked(rung: _Rung, *, home: Path | None, config: Path | None) -> Settings | None:
    """Return the settings of a rung; None for one that is only declared.

    Raises:
        NotFoundError: Its chat model was never added.
        UsageError: A setting is wrong.
    """
    if rung.kind in _DECLARED:
        return None
    settings = settings_for(home=home, config=config, **rung.settings)
    if settings.chat_model:
        chat_model_for(settings)
    elif rung.kind == "prompt":
        msg = f"The rung {rung.name!r} asks a model alone; give it a chat_model."
        raise UsageError(msg)
    reranker_for(settings)
    strategy_for(settings)
    if rung.kind == "queries" and not settings.query_strategy:
        msg = (
            f"The rung {rung.name!r} asks in another way; give it "
            'query_strategy = "multi-query" and a chat_model.'
        )
        raise UsageError(msg)
    if rung.kind == "rerank" and not settings.rerank_model:
        msg = f"The rung {rung.name!r} reranks; give it a rerank_model."
        raise UsageError(msg)
    return settings


def _corrected(measured: Sequence[_Measured]) -> list[_Measured]:
    """Correct the p-values of the steps for being several."""
    from erya.evaluating.statistics import corrected  # noqa: PLC0415

    steps = {n: m.step.difference for n, m in enumerate(measured) if m.step}
    p_values = corrected({str(number): each for number, each in steps.items()})
    return [
        each
        if each.step is None
        else each._replace(step=each.step._replace(p=p_values[str(number)]))
        for number, each in enumerate(measured)
    ]


def _cost(measured: _Measured) -> float | None:
    """Return what a thousand questions cost, in the money of the price."""
    run, price = measured.run, measured.rung.price
    if run is None:
        return None
    cost = run.cost({"chat": price} if price else None)
    return None if cost is None else cost / max(len(run.items), 1) * 1000


def _as_json(measured: _Measured) -> dict[str, Any]:
    rung, run, step = measured
    if run is None:
        return {"rung": rung.name, "kind": rung.kind, "measured": False}
    cost = _cost(measured)
    return {
        "rung": rung.name,
        "kind": rung.kind,
        "measured": True,
        "run": run.name,
        "main_metric": run.main_metric,
        **estimates_json(run.estimates()),
        "p50_seconds": run.stages()["total"].p50,
        "tokens": run.tokens(),
        "cost_per_1000": None if cost is None else cost,
        "over_the_one_before": None
        if step is None
        else {
            "difference": step.difference.mean,
            "interval": [step.difference.low, step.difference.high],
            "p": step.p,
            "verdict": step.verdict,
        },
    }


def _show(measured: Sequence[_Measured]) -> None:
    first = next(each.run for each in measured if each.run is not None)
    table(
        [_row(each) for each in measured],
        header=(
            "RUNG", first.main_metric.upper(), "95 % INTERVAL", "OVER THE ONE BEFORE",
            "REFUSAL", "MEDIAN", "COST/1000",
        ),
    )  # fmt: skip
    echo("Refusal: of the questions that the documents do not answer.")


def _row(measured: _Measured) -> tuple[str, ...]:
    rung, run, step = measured
    if run is None:
        return (rung.name, "-", "not in this version", "", "", "", "")
    estimates = run.estimates()
    main = estimates[run.main_metric]
    gained = ""
    if step is not None:
        difference = step.difference
        gained = (
            f"{difference.mean:+.3f} ({difference.low:+.3f} to {difference.high:+.3f})"
            f" {step.verdict}"
        )
    refusal, cost = estimates.get("refusal"), _cost(measured)
    return (
        rung.name,
        f"{main.mean:.3f}",
        f"{main.low:.3f} to {main.high:.3f}",
        gained,
        "-" if refusal is None else f"{refusal.mean:.3f}",
        f"{run.stages()['total'].p50:.3f} s",
        "-" if cost is None else f"{cost:.3f}",
    )
