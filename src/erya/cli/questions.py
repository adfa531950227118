"""`erya questions`: test sets from one's own documents."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from erya.cli.common import (
    Share,
    as_option,
    echo,
    echo_json,
    json_option,
    kb_option,
    place_options,
    settings_for,
    table,
    usual_options,
)
from erya.cli.lazy import Group
from erya.cli.measured import watching
from erya.cli.principals import principal_for
from erya.cli.text import visible
from erya.config import Settings
from erya.errors import UsageError
from erya.evaluating import read_examples
from erya.evaluating.experiments import cached_chat
from erya.evaluating.overlap import about_set, set_notes
from erya.evaluating.questions import (
    decide,
    export_examples,
    import_examples,
    keep,
    make_questions,
    restore,
    save,
    versions_of,
)
from erya.opening import open_assistant
from erya.records import Example, Principal

__all__ = ["app", "queue_of"]

app = Group(
    "questions",
    help="Make, review and exchange test sets.",
)

file_argument = click.argument(
    "file",
    type=click.Path(path_type=Path),
    help="Questions with answers, one JSON object on a line.",
)

_HELP: Final = (
    "k keep, d drop, q change question, a change answer, n note, s skip, x end"
)


@app.command("make")
@click.argument("kb", help="The knowledge base to ask about.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="Where to write them.",
)
@click.option("--count", type=click.IntRange(min=1), default=50, help="How many.")
@click.option(
    "--unanswerable",
    type=Share(),
    default=0.2,
    help="The share whose evidence is taken away when it is asked.",
)
@click.option("--model", help="A chat model that writes them; else rules do.")
@click.option("--seed", type=int, default=0, help="Of the draw.")
@as_option
@usual_options
def make(
    *,
    kb: str,
    out: Path,
    count: int,
    unanswerable: float,
    model: str | None,
    seed: int,
    narrowed: str | None,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Write questions with answers and evidence from a base.

    Rules ask for what tables, lists, headings and sentences say, in other words and
    another order; none is made twice, and fewer than --count where the documents give
    no more. Some are made unanswerable by taking their evidence away. What FILE held
    before is kept as a version. Look at them before you trust them: erya questions
    review FILE.

    Examples:

      erya questions make handbook --out questions.jsonl

      erya questions make handbook --out questions.jsonl --count 200 --model qwen
    """  # fmt: skip
    settings = settings_for(home=home, config=config, chat_model=model)
    writer = cached_chat(settings) if settings.chat_model else None
    with (
        open_assistant(settings, kb) as assistant,
        watching(resumes=False) as watcher,
    ):
        made = make_questions(
            assistant,
            principal=principal_for(settings, narrowed),
            count=count,
            unanswerable=unanswerable,
            model=writer,
            seed=seed,
            on_progress=watcher.progress,
        )
    if not made.examples:
        msg = (
            f"The documents of {kb!r} gave no question of the {made.tried} drafts; "
            "name a chat model that writes them with --model."
        )
        raise UsageError(msg)
    version = save(out, made.examples)
    about = about_set(made.examples)
    told = {
        "questions": len(made.examples),
        "unanswerable": sum(not each.answerable for each in made.examples),
        "tried": made.tried,
        "echoing": made.echoing,
        "repeated": made.repeated,
        "unusable": made.unusable,
        "version": version,
        "file": str(out),
        **about,
    }
    if as_json:
        echo_json(told)
        return
    echo(
        f"{told['questions']} questions in {out} (version {version}), "
        f"{told['unanswerable']} of them made unanswerable."
    )
    echo(
        f"Left out of {made.tried} drafts: {made.echoing} that repeat the documents' "
        f"words, {made.repeated} repeated, {made.unusable} unusable."
    )
    for note in set_notes(about):
        echo(note)
    if len(made.examples) < count:
        echo("The documents give no more that a person would ask.")
    echo(f"Look at them: erya questions review {out}")


@app.command("review")
@click.argument(
    "file",
    type=click.Path(path_type=Path),
    required=False,
    help="Questions; without one, what feedback has brought.",
)
@click.option(
    "--all", "everything", is_flag=True, help="Also those that were reviewed before."
)
@kb_option
@place_options
def review(
    *,
    file: Path | None,
    everything: bool,
    kb: str | None,
    home: Path | None,
    config: Path | None,
) -> None:
    """Look at questions one by one: keep, change, note or drop them.

    What was reviewed is saved at once; ending early loses nothing.

    Examples:

      erya questions review questions.jsonl

      erya questions review --kb handbook
    """
    if file is None:
        file = queue_of(settings_for(home=home, config=config, kb=kb))
        if not file.is_file():
            echo("Nobody has said anything yet. See: erya feedback --help")
            return
    examples = read_examples(file).examples
    waiting = [e for e in examples if everything or e.metadata.get("review") != "kept"]
    if not waiting:
        echo("All were reviewed. Look again with --all.")
        return
    keep(file)
    reviewed = dropped = 0
    try:
        for number, example in enumerate(waiting, start=1):
            echo(f"\n{number} of {len(waiting)}")
            outcome = _asked(example)
            if outcome is _END:
                break
            if outcome is _SKIPPED:
                continue
            kept = outcome if isinstance(outcome, Example) else None
            if not decide(file, example.id, kept):
                echo("This is the last question; a file cannot be without any.")
                continue
            reviewed += 1
            dropped += kept is None
    finally:  # also when the input ends
        if reviewed:
            told = f"{reviewed} reviewed, {dropped} dropped"
            echo(f"{told}; {file} is version {keep(file)}.")


@app.command("versions")
@file_argument
@click.option(
    "--restore", "restored", type=int, metavar="NUMBER", help="Go back to this version."
)
@json_option
def versions(*, file: Path, restored: int | None, as_json: bool) -> None:
    """List the versions of a file of questions, or go back to one.

    Examples:

      erya questions versions questions.jsonl

      erya questions versions questions.jsonl --restore 2
    """
    if restored is not None:
        number = restore(file, restored)
        echo(f"{file} is as in version {restored} again; that is version {number}.")
        return
    found = versions_of(file)
    if as_json:
        told = [{"version": v.number, "questions": v.questions} for v in found]
        echo_json({"versions": told})
        return
    if not found:
        echo(f"{file} has no versions yet; what writes it keeps one.")
        return
    rows = [(str(v.number), str(v.questions)) for v in found]
    table(rows, header=("VERSION", "QUESTIONS"))


@app.command("import")
@click.argument(
    "source", type=click.Path(path_type=Path), help="Questions as .jsonl or .csv."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="Where to write them.",
)
@click.option("--add", is_flag=True, help="Add to what FILE holds, by their ids.")
def import_(*, source: Path, out: Path, add: bool) -> None:
    """Read questions from a table or from another program's lines.

    A table has the columns question and answers, several with || between.

    Examples:

      erya questions import support.csv --out questions.jsonl

      erya questions import more.csv --out questions.jsonl --add
    """
    examples = list(import_examples(source).examples)
    before: list[Example] = []
    if add and out.is_file():
        fresh = {each.id for each in examples}
        before = [e for e in read_examples(out).examples if e.id not in fresh]
    version = save(out, [*before, *examples])
    echo(f"{len(examples)} questions into {out} (version {version}).")


@app.command("export")
@file_argument
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    required=True,
    metavar="PATH",
    help=".csv, .jsonl, or a folder (BEIR).",
)
@kb_option
@place_options
def export(
    *, file: Path, to: Path, kb: str | None, home: Path | None, config: Path | None
) -> None:
    """Write questions as a table, as lines, or with their documents in BEIR's layout.

    Examples:

      erya questions export questions.jsonl --to questions.csv

      erya questions export questions.jsonl --to beir/ --kb handbook
    """
    examples = read_examples(file).examples
    if to.suffix.lower() in {".csv", ".jsonl"}:
        export_examples(examples, to)
    elif to.suffix and not to.is_dir():
        msg = f"{to} is of no known kind: write .csv, .jsonl, or the name of a folder."
        raise UsageError(msg)
    else:
        settings = settings_for(home=home, config=config, kb=kb)
        with open_assistant(settings, settings.kb) as assistant:
            owner = Principal.owner(settings.user)
            documents = [
                assistant.store.document(owner, each.id)
                for each in assistant.store.documents(owner)
            ]
            export_examples(examples, to, documents=documents)
    echo(f"{len(examples)} questions in {to}.")


def queue_of(settings: Settings) -> Path:
    """Return where the feedback on a base waits for review."""
    return Path(settings.home) / "questions" / f"{settings.kb}.jsonl"


class _Outcome:
    """What became of a question that is neither kept nor changed."""


_END: Final = _Outcome()
_SKIPPED: Final = _Outcome()
_DROPPED: Final = _Outcome()


def _asked(example: Example) -> Example | _Outcome:
    """Show a question until it is decided on."""
    while True:
        _show(example)
        unsure = example.metadata.get("thumb") == "down" and not example.answers
        usual = "s" if unsure else "k"  # Enter must not keep what has no answer yet
        choice = click.prompt(_HELP, default=usual, show_default=False).strip().lower()
        decided = {"d": _DROPPED, "s": _SKIPPED, "x": _END}.get(choice)
        if decided is not None:
            return decided
        if choice == "k":
            return replace(example, metadata={**example.metadata, "review": "kept"})
        change = _CHANGES.get(choice)
        if change is None:
            echo(f"{choice!r} is none of them.")
        else:
            example = change(example)


def _show(example: Example) -> None:
    echo(f"Question: {example.question}")
    if example.answerable:
        echo(f"Answer:   {' | '.join(example.answers)}")
    else:
        echo("Answer:   (the documents do not say)")
    for source, quote in example.evidence:
        echo(f"Evidence: {quote}\n          {source}")
    for name in ("made_by", "said", "thumb", "reason", "note"):
        if example.metadata.get(name):
            called = f"{name.replace('_', ' ').capitalize()}:"
            echo(f"{called:<9} {example.metadata[name]}")


def _with_question(example: Example) -> Example:
    return replace(example, question=_typed("Question", example.question))


def _with_answer(example: Example) -> Example:
    asked = "Answers, | between; - if the documents do not say"
    told = _typed(asked, " | ".join(example.answers) or "-")
    parts = (each.strip() for each in told.split("|"))
    answers = tuple(each for each in parts if each and each != "-")
    known = dict(example.metadata)
    if answers:
        known.pop("without", None)  # its evidence is no longer to be taken away
    return replace(example, answers=answers, answerable=bool(answers), metadata=known)


def _with_note(example: Example) -> Example:
    note = _typed("Note", str(example.metadata.get("note", "")))
    return replace(example, metadata={**example.metadata, "note": note})


def _typed(asked: str, usual: str) -> str:
    """Ask for a text; what stands there already may come from strangers."""
    return str(click.prompt(asked, default=visible(usual)))


_CHANGES: Final[dict[str, Callable[[Example], Example]]] = {
    "q": _with_question,
    "a": _with_answer,
    "n": _with_note,
}
