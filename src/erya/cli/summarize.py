"""`erya summarize`: what documents say, each sentence with its source."""

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

import click

from erya.answering import GroundedAnswerer, summarize
from erya.assistant import Assistant
from erya.cli.answers import show_answer, words_for
from erya.cli.common import (
    as_option,
    echo_json,
    filter_option,
    flags_of,
    kb_option,
    model_option,
    settings_for,
    usual_options,
)
from erya.cli.principals import principal_for
from erya.cli.progress import shown
from erya.errors import NotFoundError, UsageError
from erya.filters import AllOf, Filter, Is
from erya.opening import base_for_reading, open_assistant
from erya.records import Hit, Principal, absolute_path
from erya.shapes import answer_shape

__all__ = ["summarize_command"]

_MOST_PASSAGES: Final = 2_000


@click.command("summarize")
@click.argument("documents", nargs=-1, help="Files that were read, or their sources.")
@click.option("--for", "task", default="", metavar="TEXT", help="What it is for.")
@click.option(
    "--sentences", type=click.IntRange(1, 100), default=8, help="How long it may be."
)
@click.option(
    "--tokens",
    type=click.IntRange(min=500),
    default=6_000,
    help="What the model is given at once.",
)
@model_option
@kb_option
@as_option
@filter_option
@usual_options
def summarize_command(
    *,
    documents: tuple[str, ...],
    task: str,
    sentences: int,
    tokens: int,
    model: str | None,
    kb: str | None,
    narrowed: str | None,
    where: Filter | None,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Summarize documents of a base with the chat model, however long they are.

    What is too long for the model is summarized in parts, and those together. Every
    sentence is checked against the passages that it names.

    Examples:

      erya summarize handbook/hr/leave.md --kb handbook --model local

      erya summarize --filter "under=contracts/" --for "notice periods" --model local
    """
    settings = settings_for(home=home, config=config, kb=kb, chat_model=model)
    principal = principal_for(settings, narrowed)
    name = base_for_reading(settings)
    with open_assistant(settings, name, chat=True) as assistant:
        answerer = assistant.answerer
        if not isinstance(answerer, GroundedAnswerer):
            msg = "A summary takes a chat model: name one with --model."
            raise UsageError(msg)
        hits = _passages(assistant, documents, where, principal=principal)
        with shown(stays=False) as show:
            text, usage = summarize(
                hits,
                model=answerer.model,
                task=task,
                tokens=tokens,
                sentences=sentences,
                on_part=lambda done, parts: show("Summarizing", done, parts),
            )
        answer = assistant.check(text, hits, principal=principal)
    answer = replace(answer, usage=usage)
    if as_json:
        echo_json({**answer_shape(answer)})
        return
    flags = flags_of({"--kb": name, "--home": home})
    words = words_for(settings.language, text)
    show_answer(answer, words=words, flags=flags, context=False)


def _passages(
    assistant: Assistant,
    documents: tuple[str, ...],
    where: Filter | None,
    *,
    principal: Principal,
) -> list[Hit]:
    """Return the passages of documents, in the order to be read.

    Raises:
        NotFoundError: There is no such document in the base.
        UsageError: None is named, or they are too many.
    """
    if not documents and where is None:
        msg = "Name documents, or choose them with --filter."
        raise UsageError(msg)
    sources = tuple(
        absolute_path(each) if Path(each).exists() else each for each in documents
    )
    parts = tuple(
        each
        for each in (where, Is("source", sources) if sources else None)
        if each is not None
    )
    stored = list(assistant.store.documents(principal, where=AllOf(parts)))
    missing = {*sources} - {each.source for each in stored}
    if missing or not stored:
        what = f"{min(missing)!r}" if missing else "that passes the filter"
        msg = f"There is no document {what} in the base. See: erya kb show"
        raise NotFoundError(msg)
    chunks = (
        chunk for each in stored for chunk in assistant.store.chunks(principal, each.id)
    )
    hits = [
        Hit(chunk=chunk, score=0.0, ranks={})
        for chunk in islice(chunks, _MOST_PASSAGES + 1)
    ]
    if len(hits) > _MOST_PASSAGES:
        msg = f"These have more than {_MOST_PASSAGES:,} passages. Name fewer documents."
        raise UsageError(msg)
    return hits
