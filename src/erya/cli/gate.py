"""`erya gate`: let no change through that makes answers worse."""

from pathlib import Path
from typing import Final

import click

from erya.cli.common import Share, echo, echo_json, settings_for, usual_options
from erya.cli.measured import show_comparison
from erya.errors import UsageError
from erya.evaluating import compare, regressions, runs_of
from erya.shapes import comparison_shape

__all__ = ["gate"]

_REGRESSED: Final = 4  # neither a mistake of the user nor a failure


@click.command("gate")
@click.option(
    "--baseline", required=True, metavar="RUN", help="A run, or the folder of one."
)
@click.option("--run", default="last", metavar="RUN", help="The run to be judged.")
@click.option(
    "--min-drop",
    type=Share(),
    default=0.0,
    help="Let smaller drops through.",
)
@click.option("--metrics", help="Only these count, such as contains,refusal.")
@click.option(
    "--other-data", is_flag=True, help="Let the two have measured different data."
)
@usual_options
def gate(
    *,
    baseline: str,
    run: str,
    min_drop: float,
    metrics: str | None,
    other_data: bool,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Fail when a run is worse than its baseline by more than chance.

    A metric has regressed when its drop, question by question, is at least --min-drop
    and would not be likely by chance (5 %, corrected for the metrics that count). The
    exit code is then 4; it is 0 when nothing regressed.

    Examples:

      erya gate --baseline evaluation/baseline --metrics contains,refusal

      erya gate --baseline 20261122-080122-answers-handbook --run last --min-drop 0.02
    """
    kept = runs_of(settings_for(home=home, config=config))
    before, after = kept.get(baseline), kept.get(run)
    unfinished = [each.name for each in (before, after) if not each.finished]
    if unfinished:
        msg = f"The run {unfinished[0]} is not finished; measure it to its end first."
        raise UsageError(msg)
    if before.spec.get("digest") != after.spec.get("digest") and not other_data:
        msg = (
            f"{before.name} and {after.name} measured different data. Measure the "
            "baseline again, or compare what they share with --other-data."
        )
        raise UsageError(msg)
    missing = {i.id for i in before.items} - {i.id for i in after.items}
    if missing and not other_data:
        msg = (
            f"{after.name} lacks {len(missing)} of the {len(before.items)} questions "
            "of the baseline. Measure all, or compare what both have with --other-data."
        )
        raise UsageError(msg)
    counted = [each.strip() for each in (metrics or "").split(",") if each.strip()]
    found = compare(before, after, metrics=counted)
    worse = regressions(found, min_drop=min_drop)
    if as_json:
        told = {"passed": not worse, "regressed": [each.metric for each in worse]}
        echo_json({**told, **comparison_shape(found)})
    else:
        show_comparison(found)
        for each in worse:
            echo(
                f"REGRESSED: {each.metric} from {each.first.mean:.4f} to "
                f"{each.second.mean:.4f} (p = {each.p:.4f})"
            )
        if not worse:
            echo("Passed: nothing is worse by more than chance.")
    if worse:
        raise click.exceptions.Exit(_REGRESSED)
