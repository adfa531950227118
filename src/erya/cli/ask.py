"""`erya ask`: a question, an answer, its sources."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from erya.answering import GroundedAnswerer, check_schema, extract_values
from erya.assistant import Assistant
from erya.cli.answers import show_answer, words_for
from erya.cli.common import (
    as_option,
    echo,
    echo_json,
    filter_option,
    finding_options,
    flags_of,
    kb_option,
    settings_for,
    usual_options,
)
from erya.cli.places import place
from erya.cli.principals import principal_for
from erya.cli.progress import draft_shown, ingest_with_progress, require_existing
from erya.cli.text import one_line
from erya.errors import BusyError, UsageError
from erya.filters import Filter
from erya.jobs import JobQueue
from erya.locating import reference_of
from erya.opening import bases_for_reading, open_assistant, settings_of_base
from erya.records import (
    Answer,
    AnswerFinished,
    AskEvent,
    ClaimChecked,
    Principal,
    Query,
    absolute_path,
)
from erya.shapes import answer_shape, citation_shape, extraction_shape
from erya.sources import FolderSource, IngestRequest, SourceSpec

__all__ = ["ask"]

_SLUG = re.compile(r"[^\w-]+")


@click.command("ask")
@click.argument("question", help="What to answer, in quotes.")
@click.argument(
    "paths", nargs=-1, metavar="[PATH]...", help="Files or folders to read first."
)
@kb_option
@as_option
@filter_option
@click.option(
    "--context", is_flag=True, help="Show each quote within the passage around it."
)
@click.option(
    "--lang",
    type=click.Choice(["auto", "en", "zh"]),
    help="The language of the words around the answer; auto is the question's.",
)
@click.option(
    "--schema",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A JSON schema: let the chat model fill it in, each value with its source.",
)
@finding_options
@usual_options
def ask(
    *,
    question: str,
    paths: tuple[str, ...],
    kb: str | None,
    narrowed: str | None,
    where: Filter | None,
    context: bool,
    lang: str | None,
    schema: Path | None,
    model: str | None,
    query_strategy: str | None,
    rerank_model: str | None,
    as_json: bool,
    home: Path | None,
    config: Path | None,
) -> None:
    """Answer a question from documents, every sentence with its source.

    With paths, reads them first: into the base --kb names, or into one of their own.
    Unchanged files are not read again.

    Examples:

      erya ask "How fast must I report a stolen phone?" handbook/

      erya ask "婚假有几天？" --kb handbook

      erya ask "Who approves travel?" --kb handbook --as ada,sales --json

      erya ask "How long is the warranty?" manuals/ --context

      erya ask "Who approves travel?" --kb handbook --filter "tag=policy or type=pdf"

      erya ask "Who approves travel?" --kb handbook,finance

      erya ask --schema lease.json --model local --kb contracts "The lease"
    """
    settings = settings_for(
        home=home,
        config=config,
        kb=kb,
        chat_model=model,
        rerank_model=rerank_model,
        query_strategy=query_strategy,
        language=lang,
    )
    owner = Principal.owner(settings.user)
    principal = principal_for(settings, narrowed)
    if not question.strip():
        msg = "The question is empty. Ask something, in quotes."
        raise UsageError(msg)
    if paths:
        require_existing(paths)
    own = paths and kb is None
    if paths:
        name, beside = _own_base(paths) if own else settings.kb, list[str]()
    else:
        name, *beside = bases_for_reading(settings)
    with open_assistant(
        settings, name, beside=beside, create=bool(paths), chat=True
    ) as assistant:
        if paths:
            at_work = JobQueue(settings.home).at_work(name) is not None
            _read(assistant, paths, principal=owner, at_work=at_work)
        if schema is not None:
            query = Query(question=question, where=where)
            _show_values(
                assistant,
                query,
                _schema_in(schema),
                principal=principal,
                as_json=as_json,
            )
            return
        with draft_shown(wanted=bool(settings.chat_model) and not as_json) as show:
            query = Query(question=question, where=where)
            answer = _answered(assistant.stream(query, principal=principal), show)
        profile = assistant.store.profile(owner)
        language = settings_of_base(settings, profile).language
        if narrowed is None and answer.abstained and not answer.nearest:
            _tell_empty(assistant, owner, kb=name)
    if as_json:
        echo_json(_shape(answer, context=context))
    else:
        shown = answer.citations[0].chunk.base if beside and answer.citations else name
        given = {"--kb": shown if kb or name != settings.kb else None, "--home": home}
        given |= {"--config": config, "--as": narrowed}
        words = words_for(language, question)
        show_answer(answer, words=words, flags=flags_of(given), context=context)


def _schema_in(file: Path) -> dict[str, Any]:
    """Return the schema in a file.

    Raises:
        UsageError: It cannot be read, or is none.
    """
    try:
        schema: Any = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        msg = f"The schema {str(file)!r} cannot be read: {error}."
        raise UsageError(msg) from None
    check_schema(schema)
    return dict(schema)


def _show_values(
    assistant: Assistant,
    query: Query,
    schema: dict[str, Any],
    *,
    principal: Principal,
    as_json: bool,
) -> None:
    """Let the chat model fill a schema in, and show where each value is from.

    Raises:
        UsageError: There is no chat model.
    """
    answerer = assistant.answerer
    if not isinstance(answerer, GroundedAnswerer):
        msg = "Filling a schema in takes a chat model: name one with --model."
        raise UsageError(msg)
    found = assistant.search(
        query.question, principal=principal, limit=assistant.passages, where=query.where
    )
    hits = assistant.widen(found, principal=principal).hits
    extraction = extract_values(query.question, hits, schema, model=answerer.model)
    if as_json:
        echo_json(extraction_shape(extraction))
        return
    echo(json.dumps(extraction.data, ensure_ascii=False, indent=2))
    echo()
    for each in extraction.values:
        if each.citation is None:
            echo(f"  ⚠ {each.path}: no passage has {each.value!r}")
        else:
            where = place(each.citation.chunk, page=each.citation.page)
            echo(f"  {each.path}: {where}  ({reference_of(each.citation)})")


def _answered(events: Iterator[AskEvent], show: Callable[[str], None] | None) -> Answer:
    """Return the answer; show each sentence of it as soon as it is checked."""
    answer = Answer(text="")
    for event in events:
        if isinstance(event, ClaimChecked) and show is not None:
            show(event.text)
        elif isinstance(event, AnswerFinished):
            answer = event.answer
    return answer


def _read(
    assistant: Assistant, paths: Sequence[str], *, principal: Principal, at_work: bool
) -> None:
    """Bring the base in step with the paths; say on standard error what is not read.

    Not while a job works on it, which would do the same work twice.
    """
    spec = SourceSpec(kind="files", paths=tuple(map(absolute_path, paths)))
    source = FolderSource(paths, file_bytes=assistant.limits.file_bytes)
    before = "Answered from what was read before"
    if at_work:
        echo(f"{before}: a job works on the base. See: erya jobs list", err=True)
        return
    try:
        report = ingest_with_progress(
            assistant,
            source,
            principal=principal,
            request=IngestRequest(sources=(spec,)),
            quiet=True,
        )
    except BusyError as error:
        echo(f"{before}: {error}", err=True)
        return
    named = set(map(absolute_path, paths))
    for problem in (*report.failed, *report.skipped):
        # Of what lies in a folder, only failures are worth a line before an answer.
        if problem.failed or problem.source in named:
            echo(f"Not read: {one_line(problem.source)}: {problem.message}", err=True)
    if not report.files and not report.skipped:
        echo("Nothing to read is there; the base has what was read before.", err=True)
    rest = sum(problem.source not in named for problem in report.skipped)
    if rest:
        echo(f"{rest} files were passed over; erya ingest names them.", err=True)


def _tell_empty(assistant: Assistant, owner: Principal, *, kb: str) -> None:
    """Say so to the owner if there is nothing to answer from."""
    if not assistant.store.status(owner).documents:
        told = f"The base {kb!r} holds no documents: erya ingest PATH --kb {kb}"
        echo(told, err=True)


def _own_base(paths: Sequence[str]) -> str:
    """Name a base for these paths: told apart by where they are, readable in a list."""
    resolved = sorted(map(absolute_path, paths))
    digest = hashlib.sha256("\0".join(resolved).encode("utf-8", "replace")).hexdigest()
    slug = _SLUG.sub("-", Path(resolved[0]).name).strip("-_")[:40]
    return f"auto-{slug or 'files'}-{digest[:8]}"


def _shape(answer: Answer, *, context: bool) -> dict[str, Any]:
    shape: dict[str, Any] = {**answer_shape(answer)}
    if context:
        shape["citations"] = [
            citation_shape(each) | {"context": each.chunk.text}
            for each in answer.citations
        ]
    return shape
