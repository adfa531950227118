"""`erya feedback`: say whether an answer was good."""

from enum import StrEnum
from typing import Annotated

import typer

from erya.cli.common import (
    ConfigOption,
    HomeOption,
    JsonOption,
    KbOption,
    echo,
    echo_json,
    settings_for,
)
from erya.cli.questions import queue_of
from erya.errors import NotFoundError

__all__ = ["feedback"]


class Thumb(StrEnum):
    """Whether an answer was good."""

    UP = "up"
    DOWN = "down"


def feedback(
    question: Annotated[str, typer.Argument(help="What was asked, in quotes.")],
    thumb: Annotated[Thumb, typer.Option("--thumb", help="Whether it was good.")],
    answer: Annotated[str, typer.Option("--answer", help="What was answered.")] = "",
    corrected: Annotated[
        str, typer.Option("--correct", help="What would have been right.")
    ] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    kb: KbOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
    config: ConfigOption = None,
) -> None:
    """Say whether an answer was good; it becomes a question to be reviewed.

    Examples:

      erya feedback "How many days of leave?" --thumb down --correct "25 days"

      erya feedback "年假有几天？" --thumb up --answer "15 天" --kb handbook
    """
    from erya.evaluating.questions import Feedback, add_feedback  # noqa: PLC0415
    from erya.stores import Bases  # noqa: PLC0415

    settings = settings_for(home=home, config=config, kb=kb)
    if settings.kb not in Bases(settings.home).names():
        msg = f"There is no base {settings.kb!r}. Name one with --kb; see: erya kb list"
        raise NotFoundError(msg)
    queue = queue_of(settings)
    example = add_feedback(
        queue,
        Feedback(
            question=question,
            answer=answer,
            thumb=thumb.value,
            corrected=corrected,
            reason=reason,
            user=settings.user,
        ),
    )
    if as_json:
        echo_json({"id": example.id, "queue": str(queue)})
    else:
        echo(f"Thank you. Review it with: erya questions review --kb {settings.kb}")
