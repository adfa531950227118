"""`erya evaluate judge`: whether a judge can be trusted."""

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from erya.cli.common import (
    echo,
    echo_json,
    settings_for,
    table,
    usual_options,
)
from erya.cli.measured import again_option, begun, fresh_option, progress
from erya.cli.measuring import (
    cached_chat,
    calls_told,
    chat_entry,
    prices_of,
    prompts_of,
)

if TYPE_CHECKING:
    from erya.evaluating.judge_check import JudgeCheck

__all__ = ["judge"]


@click.command("judge")
@click.argument(
    "file",
    type=click.Path(path_type=Path),
    help="Judged answers, one JSON object on a line.",
)
@click.option(
    "--judge", "by", required=True, metavar="NAME", help="The chat model that judges."
)
@fresh_option
@again_option
@usual_options
def judge(
    *,
    file: Path,
    by: str,
    fresh: bool,
    again: bool,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Hold a judge against people: agreement, biases, and what people would say of all.

    A line has `question` and `answer`, `accepted` (correctness, 1 to 5) or `passages`
    (faithfulness, 0 to 1), and `label` where a person has judged. With labels on some
    lines only, the mean over all lines is estimated from both.

    Examples:

      erya evaluate judge labelled.jsonl --judge gpt

      erya evaluate judge labelled.jsonl --judge gpt --json
    """
    from erya.evaluating import Judge, finish  # noqa: PLC0415
    from erya.evaluating.files import digest_of  # noqa: PLC0415
    from erya.evaluating.judge_check import (  # noqa: PLC0415
        check_judge,
        read_labelled,
    )

    settings = replace(settings_for(home=home, config=config), chat_model=by)
    items = read_labelled(file)
    model = cached_chat(settings, again=again)
    spec = {
        "kind": "judge",
        "about": f"{by}-{file.stem}",
        "data": str(file.resolve()),
        "digest": digest_of([file]),
        "judge": chat_entry(settings, by),
        "prompts": prompts_of(settings, judge=by),
        "prices": prices_of(settings, judge=by, chat=False),
        "seed": 0,
    }
    with progress() as show:
        run = begun(settings, spec, fresh=fresh or again)
        found = check_judge(
            Judge(model=model), items, run, calls=model.calls, on_progress=show
        )
    finish(found.run, {**calls_told(found.run), "probe_calls": found.probes})
    if as_json:
        echo_json(_as_json(found))
    else:
        _show(found)


def _as_json(found: "JudgeCheck") -> dict[str, Any]:
    estimate = found.estimate
    return {
        "metric": found.metric,
        "labelled": found.labelled,
        "not_judged": found.not_judged,
        "kappa": _number(found.kappa),
        "pearson": _number(found.pearson),
        "spearman": _number(found.spearman),
        "estimate": estimate and list(estimate),
        "position_bias": found.position and found.position._asdict(),
        "length_bias": found.length and found.length._asdict(),
        "run": found.run.name,
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _show(found: "JudgeCheck") -> None:
    echo(
        f"{found.metric}: {found.labelled} items judged by both, {found.not_judged} "
        "that the judge could not judge"
    )
    rows = [
        ("Cohen's kappa", f"{found.kappa:.3f}"),
        ("Pearson", f"{found.pearson:.3f}"),
        ("Spearman", f"{found.spearman:.3f}"),
    ]
    if found.position is not None:
        turned = f"{found.position.value:.0%} of {found.position.items} turn"
        rows.append(("position of two answers", turned))
    if found.length is not None:
        gained = f"{found.length.value:+.2f} points on {found.length.items}"
        rows.append(("empty words at the end", gained))
    table(rows, header=("AGREEMENT", ""))
    if found.estimate is not None:
        mean, low, high = found.estimate
        echo(
            f"People would give all of them about {mean:.3f} ({low:.3f} to "
            f"{high:.3f}), by the labels and the judge together."
        )
    echo(f"Kept as the run {found.run.name}.")
