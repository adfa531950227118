"""`erya chat`: a conversation with the documents."""

import readline  # noqa: F401 - editing and history while a person types
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from erya.cli.answers import show_answer, words_for
from erya.cli.common import (
    as_option,
    echo,
    echo_json,
    filter_option,
    finding_options,
    flags_of,
    interactive,
    kb_option,
    settings_for,
    usual_options,
)
from erya.cli.principals import principal_for
from erya.cli.progress import draft_shown
from erya.config import Settings
from erya.conversing import Conversation, Threads, parse_memory
from erya.errors import EryaError
from erya.filters import Filter
from erya.models import ChatModel, ModelRegistry
from erya.opening import bases_for_reading, open_assistant
from erya.records import Answer, AnswerFinished, ClaimChecked
from erya.shapes import answer_shape

__all__ = ["chat"]

_HELP = """\
  /sources      where the last answer is from
  /save FILE    write the conversation to a file of Markdown
  /forget       forget this conversation, and begin another
  /help         this
  /quit         end; so does Ctrl-D"""


@click.command("chat")
@kb_option
@as_option
@filter_option
@click.option("--thread", metavar="ID", help="Go on with a conversation.")
@click.option("--continue", "goes_on", is_flag=True, help="Go on with the last one.")
@click.option(
    "--memory",
    default="turns:6",
    metavar="MEMORY",
    help="What a chat model is sent of it: whole, turns:N, tokens:N, summary, none.",
)
@finding_options
@usual_options
def chat(
    *,
    kb: str | None,
    narrowed: str | None,
    where: Filter | None,
    thread: str | None,
    goes_on: bool,
    memory: str,
    model: str | None,
    query_strategy: str | None,
    rerank_model: str | None,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Ask question after question; a follow-up is understood after the one before.

    "And in Berlin?" and "那上海呢？" are made whole, by rules or by the chat model
    where one answers, and what was searched is shown. Conversations are kept in the
    home, each its person's. Without a terminal each line of standard input is a
    question.

    Examples:

      erya chat --kb handbook

      erya chat --kb handbook --model local --memory summary

      erya chat --continue

      echo "How much leave is there?" | erya chat --json
    """
    settings = settings_for(
        home=home,
        config=config,
        kb=kb,
        chat_model=model,
        rerank_model=rerank_model,
        query_strategy=query_strategy,
    )
    principal = principal_for(settings, narrowed)
    remembered = parse_memory(memory)
    threads = Threads(settings.home)
    kept = None
    if thread or goes_on:
        there = threads.all(principal=principal)
        kept = (
            threads.get(thread, principal=principal)
            if thread
            else next(iter(there), None)
        )
    names = (
        list(kept.options["kb"])
        if kept is not None and kb is None
        else bases_for_reading(settings)
    )
    name, *beside = names
    with open_assistant(settings, name, beside=beside, chat=True) as assistant:
        talk = Conversation(
            assistant=assistant,
            principal=principal,
            threads=threads,
            thread=kept.id if kept else threads.begin(principal, options={"kb": names}),
            model=_model_of(settings),
            memory=remembered,
        ).load()
        session = _Session(
            talk, settings=settings, names=names, where=where, as_json=as_json
        )
        for line in _lines(quiet=as_json):
            if not session.take(line):
                break


class _Session:
    """What each line of a person does."""

    def __init__(
        self,
        talk: Conversation,
        *,
        settings: Settings,
        names: list[str],
        where: Filter | None,
        as_json: bool,
    ) -> None:
        self._talk = talk
        self._settings = settings
        self._names = names
        self._where = where
        self._as_json = as_json
        self._answer = Answer(text="")
        if talk.turns and not as_json:
            last = talk.turns[-1]
            echo(f"{len(talk.turns)} questions before; the last: {last.question}")

    def take(self, line: str) -> bool:
        """Do what a line says; tell whether the conversation goes on."""
        line = line.strip()
        if not line:
            return True
        if line.startswith("/"):
            return self._command(*line[1:].split(maxsplit=1))
        try:
            self._ask(line)
        except EryaError as error:
            echo(f"erya: {error}", err=True)
        return True

    def _ask(self, question: str) -> None:
        talk = self._talk
        wanted = bool(self._settings.chat_model) and not self._as_json
        with draft_shown(wanted=wanted) as show:
            for event in talk.ask(question, where=self._where):
                if isinstance(event, ClaimChecked) and show is not None:
                    show(event.text)
                elif isinstance(event, AnswerFinished):
                    self._answer = event.answer
        if self._as_json:
            shape = {"thread": talk.thread, "question": question}
            echo_json(
                {**shape, "searched": talk.searched, **answer_shape(self._answer)}
            )
            return
        if talk.searched != question:
            echo(f"({talk.searched})")
        flags = flags_of({"--kb": ",".join(self._names), "--home": self._settings.home})
        words = words_for(self._settings.language, question)
        show_answer(self._answer, words=words, flags=flags, context=False)

    def _command(self, name: str = "", rest: str = "") -> bool:
        talk = self._talk
        if name in {"quit", "exit", "q"}:
            return False
        if name == "sources":
            sources = talk.turns[-1].sources if talk.turns else ()
            for number, (ref, source) in enumerate(sources, start=1):
                echo(f"  [{number}] {source}  ({ref})")
            if not sources:
                echo("The last answer has no sources.")
        elif name == "save" and rest:
            self._save(Path(rest.strip().strip("\"'")))
        elif name == "forget":
            talk.threads.forget(talk.thread, principal=talk.principal)
            options = {"kb": self._names}
            talk.thread = talk.threads.begin(talk.principal, options=options)
            talk.turns = []
            echo("Forgotten.")
        else:
            echo(_HELP)
        return True

    def _save(self, file: Path) -> None:
        parts = [
            f"**{turn.question}**\n\n{turn.text}\n\n"
            + "".join(f"- {source} ({ref})\n" for ref, source in turn.sources)
            for turn in self._talk.turns
        ]
        try:
            with file.open("x", encoding="utf-8") as out:  # nothing is written over
                out.write("\n".join(parts))
        except OSError as error:
            echo(f"{file} cannot be written: {error.strerror}.", err=True)
        else:
            echo(f"Written: {file}")


def _model_of(settings: Settings) -> ChatModel | None:
    name = settings.chat_model
    return ModelRegistry(settings).chat(name) if name else None


def _lines(*, quiet: bool) -> Iterator[str]:
    """Yield what is typed, or the lines of standard input."""
    if not interactive() or quiet:
        yield from sys.stdin
        return
    echo("Ask, or /help. Ctrl-D ends.")
    while True:
        try:
            yield input("› ")
        except EOFError:
            echo()
            return
