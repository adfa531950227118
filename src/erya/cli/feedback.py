"""`erya feedback`: say whether an answer was good."""

from pathlib import Path
from typing import Literal

import click

from erya.cli.common import echo, echo_json, kb_option, settings_for, usual_options
from erya.cli.questions import queue_of
from erya.errors import NotFoundError
from erya.evaluating.questions import Feedback, add_feedback
from erya.opening import bases_of

__all__ = ["feedback"]


@click.command("feedback")
@click.argument("question", help="What was asked, in quotes.")
@click.option(
    "--thumb",
    type=click.Choice(["up", "down"]),
    required=True,
    help="Whether it was good.",
)
@click.option("--answer", default="", show_default=False, help="What was answered.")
@click.option(
    "--correct",
    "corrected",
    default="",
    show_default=False,
    help="What would have been right.",
)
@click.option("--reason", default="", show_default=False, help="Why.")
@kb_option
@usual_options
def feedback(
    *,
    question: str,
    thumb: Literal["up", "down"],
    answer: str,
    corrected: str,
    reason: str,
    kb: str | None,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Say whether an answer was good; it becomes a question to be reviewed.

    Examples:

      erya feedback "How many days of leave?" --thumb down --correct "25 days"

      erya feedback "年假有几天？" --thumb up --answer "15 天" --kb handbook
    """
    settings = settings_for(home=home, config=config, kb=kb)
    if settings.kb not in bases_of(settings).names():
        msg = f"There is no base {settings.kb!r}. Name one with --kb; see: erya kb list"
        raise NotFoundError(msg)
    queue = queue_of(settings)
    example = add_feedback(
        queue,
        Feedback(
            question=question,
            answer=answer,
            thumb=thumb,
            corrected=corrected,
            reason=reason,
            user=settings.user,
        ),
    )
    if as_json:
        echo_json({"id": example.id, "queue": str(queue)})
    else:
        echo(f"Thank you. Review it with: erya questions review --kb {settings.kb}")
