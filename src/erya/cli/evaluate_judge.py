"""`erya evaluate judge`: whether a judge can be trusted."""

from pathlib import Path

import click

from erya.cli.common import echo, echo_json, settings_for, table, usual_options
from erya.cli.measured import again_option, fresh_option, watching
from erya.evaluating import RunOptions
from erya.evaluating.experiments import measure_judge
from erya.evaluating.judge_check import JudgeCheck
from erya.shapes import judge_check_shape

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
    settings = settings_for(home=home, config=config)
    with watching() as watcher:
        options = RunOptions(fresh=fresh, again=again, watcher=watcher)
        found = measure_judge(file, by, settings=settings, options=options)
    if as_json:
        echo_json(judge_check_shape(found))
    else:
        _show(found)


def _show(found: JudgeCheck) -> None:
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
