"""What the commands share: options, settings, and how things are shown."""

import dataclasses
import json
import math
import os
import re
import shlex
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from typing_extensions import override

from erya.config import AUTO_CHUNKER, AUTO_MODEL, Settings, load, secret, trust
from erya.errors import NotFoundError, UntrustedSettingsError, UsageError
from erya.records import Chunk, Citation, Hit, Principal, Problem

if TYPE_CHECKING:
    from erya.answering import Answerer
    from erya.assistant import Assistant
    from erya.chunking import Chunker
    from erya.loading import Limits
    from erya.models import ChatModel, EmbeddingModel, ModelEntry, ReaderModel
    from erya.preparing import Preparation
    from erya.reranking import Reranker
    from erya.retrieving import Retriever
    from erya.stores import Bases, Finding

__all__ = [
    "STOPPED",
    "Group",
    "Share",
    "as_dict",
    "as_option",
    "assistant_for",
    "base_for_reading",
    "chat_model_for",
    "chunker_for",
    "citation_json",
    "columns_of",
    "config_option",
    "echo",
    "echo_json",
    "finding_options",
    "flags_of",
    "hit_json",
    "home_option",
    "interactive",
    "json_option",
    "kb_option",
    "limits_for",
    "model_option",
    "one_line",
    "parts_for",
    "place",
    "place_options",
    "preparation_for",
    "principal_for",
    "problem_json",
    "reader_for",
    "rerank_option",
    "reranker_for",
    "settings_for",
    "show_findings",
    "snippet",
    "strategy_for",
    "strategy_option",
    "table",
    "together",
    "usual_options",
    "visible",
]

STOPPED: Final = 130  # the exit code after Ctrl-C, as shells have it

home_option = click.option(
    "--home",
    type=click.Path(path_type=Path),
    help="Where bases are kept. [env: ERYA_HOME]",
    metavar="DIR",
)
config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Settings file. [env: ERYA_CONFIG; default: ./erya.toml]",
    metavar="FILE",
)
_UNNAMED: Final = next(
    field.default for field in dataclasses.fields(Settings) if field.name == "kb"
)
_OWN: Final = "auto-"  # how bases of single files begin
_MOST_NAMED: Final = 10
kb_option = click.option("--kb", help="The knowledge base. [env: ERYA_KB]")
as_option = click.option(
    "--as",
    "narrowed",
    metavar="NAME[,GROUP...]",
    help="See only what this person, in these groups, may read.",
)
model_option = click.option("--model", help="A chat model added with `models add`.")
strategy_option = click.option(
    "--strategy",
    "query_strategy",
    metavar="NAME",
    help="multi-query also searches for other wordings by the chat model.",
)
rerank_option = click.option(
    "--rerank",
    "rerank_model",
    metavar="NAME",
    help="A rerank model added with `models add`; '' for none.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object, for programs."
)


def together(*options: "Callable[[Any], Any]") -> "Callable[[Any], Any]":
    """Return one decorator for options that commands share, in the order of help."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


place_options = together(home_option, config_option)
usual_options = together(json_option, place_options)
finding_options = together(model_option, strategy_option, rerank_option)

# Signs that turn the direction of writing, or have no width: a quote could hide in
# them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SNIPPET = 160


class Share(click.FloatRange):
    """A number from 0 to 1; not NaN, which compares as being in every range."""

    def __init__(self) -> None:
        super().__init__(min=0.0, max=1.0)

    @override
    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        found = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value!r} is no number from 0 to 1.", param, ctx)
        return found


class Group(click.Group):
    """Commands, listed as they were added: those that a new user needs come first."""

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, no_args_is_help=True, **options)

    @override
    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self.commands)


def settings_for(**flags: Any) -> Settings:
    """Read the settings under the given flags; `config` names the file.

    Raises:
        UsageError: A setting is unknown or wrong.
    """
    file = flags.pop("config", None)
    try:
        settings, origins = load(flags, file=file)
    except UntrustedSettingsError as error:
        if not interactive():
            raise
        what = ", ".join(error.settings)
        echo(f"{error.file} sets {what}: what can reach other machines, or write.")
        if not click.confirm("Is it yours, and may it?"):
            raise
        trust(Path(error.file))
        settings, origins = load(flags, file=file)
    found = {Path(each.origin) for each in origins if each.origin.endswith(".toml")}
    for path in found if file is None else ():
        echo(f"Settings: {path}", err=True)
    return settings


def base_for_reading(settings: Settings) -> str:
    """Return the base that a reading command means.

    That is the one of the settings; where nobody named one and there is none of the
    default name, the only one there is, those of single files aside.

    Raises:
        NotFoundError: There are several.
    """
    from erya.stores import Bases  # noqa: PLC0415

    if settings.kb != _UNNAMED:
        return settings.kb
    names = Bases(settings.home).names()
    named = [name for name in names if not name.startswith(_OWN)]
    if settings.kb in names or not named:
        return settings.kb
    if len(named) > 1:
        shown = ", ".join(named[:_MOST_NAMED]) + ", …" * (len(named) > _MOST_NAMED)
        msg = f"There are several bases. Name one with --kb: {shown}"
        raise NotFoundError(msg)
    return named[0]


def principal_for(settings: Settings, narrowed: str | None) -> Principal:
    """Return the person at the keyboard, or whom `--as` narrows them to.

    Raises:
        UsageError: `--as` names nobody.
    """
    if narrowed is None:
        return Principal.owner(settings.user)
    user, *groups = [part.strip() for part in narrowed.split(",")]
    if not user:
        msg = f"--as needs a name, got {narrowed!r}. Try --as ada,sales."
        raise UsageError(msg)
    return Principal(user=user, groups=frozenset(filter(None, groups)))


@contextmanager
def assistant_for(
    settings: Settings,
    *,
    kb: str,
    create: bool = False,
    chat: bool = False,
    bases: "Bases | None" = None,
) -> Iterator["Assistant"]:
    """Open the base `kb` with an assistant on it, as the settings say.

    Args:
        settings: What the assistant is like.
        kb: The base's name.
        create: Make the base if it is not there.
        chat: Let the chat model of the settings answer.
        bases: Where the base is; by default in the home folder.

    Raises:
        NotFoundError: There is no such base or chat model.
    """
    # Loaded here, so that `erya --help` need not wait for them.
    from erya import traces  # noqa: PLC0415
    from erya.assistant import Assistant  # noqa: PLC0415
    from erya.stores import Bases  # noqa: PLC0415

    if settings.trace_file:
        try:
            traces.configure(Path(settings.trace_file).expanduser())
        except OSError as error:
            msg = f"trace_file cannot be written: {error}. Choose another file."
            raise UsageError(msg) from None
    # What may be missing comes before the base, which is else left behind empty.
    parts = parts_for(settings, chat=chat)
    store = (bases or Bases(settings.home)).open(kb, create=create)
    if settings.embedding_model == AUTO_MODEL:
        stored = store.embedder(Principal.system())
        if stored is not None:
            parts["embedding"] = _embedding_of_base(settings, stored.name)
    parts["chunker"] = chunker_for(
        settings,
        embedding=parts["embedding"],
        recipe=store.chunker(Principal.system()),
    )
    with Assistant(store=store, **parts) as assistant:
        yield assistant


def _embedding_of_base(settings: Settings, name: str) -> "EmbeddingModel | None":
    """Open the model that a base was embedded with.

    Raises:
        NotFoundError: It is not here any more.
    """
    try:
        return embedding_model_for(replace(settings, embedding_model=name))
    except NotFoundError as error:
        from erya.models import OFFLINE_MODEL  # noqa: PLC0415

        msg = (
            f"{error}\nThe base was embedded with {name!r}. Search by words alone with "
            'embedding_model = "", or embed it anew: erya kb reembed NAME --model '
            f"{OFFLINE_MODEL}"
        )
        raise NotFoundError(msg) from None


def parts_for(settings: Settings, *, chat: bool = False) -> dict[str, Any]:
    """Return what an assistant is made of beside its base, as the settings say.

    Raises:
        NotFoundError: A model was never added.
        UsageError: A model's key is not set, or a strategy lacks its chat model.
    """
    embedding = embedding_model_for(settings)
    return {
        "answerer": _answerer(settings, chat=chat),
        "embedding": embedding,
        "strategy": strategy_for(settings),
        "reranker": reranker_for(settings),
        "reader": reader_for(settings),
        "chunker": chunker_for(settings, embedding=embedding),
        "diversity": settings.diversity,
        "preparation": preparation_for(settings),
        "html": settings.html,
        "limits": limits_for(settings),
        "workers": settings.workers,
        "passages": settings.passages,
    }


def chunker_for(
    settings: Settings, *, embedding: "EmbeddingModel | None", recipe: str = ""
) -> "Chunker":
    """Return the chunker of the settings, or the one that a base was switched to.

    Args:
        settings: Which one, and how large chunks may be.
        embedding: What the semantic one compares sentences with.
        recipe: Of the chunker that the base was switched to; empty where it was not.

    Raises:
        UsageError: The semantic one has no model to compare with.
    """
    from erya.chunking import chunker_of, split_recipe  # noqa: PLC0415

    name, tokens = settings.chunker, settings.chunk_tokens
    if name == AUTO_CHUNKER:
        name, tokens = split_recipe(recipe) if recipe else ("structure", tokens)
    return chunker_of(name, max_tokens=tokens, embedding=embedding)


def limits_for(settings: Settings) -> "Limits":
    """Return the limits that files are read within, as the settings say."""
    from erya.loading import Limits  # noqa: PLC0415

    return Limits(
        file_bytes=settings.max_file_bytes,
        seconds=settings.parse_seconds,
        memory_bytes=settings.parse_memory_mb * 1_000_000,
        text_characters=settings.max_text_characters,
    )


def preparation_for(settings: Settings) -> "Preparation":
    """Return how documents are prepared, as the settings say.

    Raises:
        NotFoundError: The chat model was never added.
        UsageError: There is no step or kind of a name, or no file of names.
    """
    from erya.guarding import KINDS, Masking  # noqa: PLC0415
    from erya.preparing import Enrichment, Preparation  # noqa: PLC0415

    masked = frozenset(_listed(settings.mask))
    if unknown := masked - KINDS - {"all"}:
        there = ", ".join(sorted(KINDS))
        msg = f"mask names {', '.join(sorted(unknown))}. There are: all, {there}."
        raise UsageError(msg)
    masking = Masking(
        kinds=frozenset() if "all" in masked else masked,
        keep_original=settings.mask_originals == "owner",
    )
    named = dataclasses.replace(settings, chat_model=settings.enrich_model)
    return Preparation(
        cleaning=_listed(settings.clean),
        enrichment=Enrichment(
            steps=_listed(settings.enrich),
            names=_names(settings.enrich_names),
            model=chat_model_for(named) if settings.enrich_model else None,
            model_name=settings.enrich_model,
        ),
        masking=masking if masked else None,
    )


def _listed(told: str) -> tuple[str, ...]:
    if told.strip() == "none":
        return ()
    return tuple(filter(None, (part.strip() for part in told.split(","))))


def _names(path: str) -> frozenset[str]:
    """Read a file of names.

    Raises:
        UsageError: It cannot be read.
    """
    if not path:
        return frozenset()
    try:
        lines = Path(path).expanduser().read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        msg = f"enrich_names: {path!r} cannot be read: {error}"
        raise UsageError(msg) from None
    return frozenset(filter(None, map(str.strip, lines)))


def strategy_for(
    settings: Settings, model: "ChatModel | None" = None
) -> Callable[["Retriever"], "Retriever"] | None:
    """Return how the settings say that a question is searched; None as it stands.

    Args:
        settings: What they say.
        model: The chat model, if not that of the settings.

    Raises:
        NotFoundError: The chat model was never added.
        UsageError: There is none.
    """
    from erya.retrieving import MultiQueryRetriever  # noqa: PLC0415

    if not settings.query_strategy:
        return None
    if not settings.chat_model:
        msg = f"{settings.query_strategy} takes a chat model: name one with --model."
        raise UsageError(msg)
    asked = model or chat_model_for(settings)
    return lambda plain: MultiQueryRetriever(retriever=plain, model=asked)


def _answerer(settings: Settings, *, chat: bool) -> "Answerer":
    from erya.answering import ExtractiveAnswerer, GroundedAnswerer  # noqa: PLC0415

    if not chat or not settings.chat_model:
        return ExtractiveAnswerer(readings=max(settings.read_units, 1))
    return GroundedAnswerer(model=chat_model_for(settings), passages=settings.passages)


def chat_model_for(settings: Settings) -> "ChatModel":
    """Return the chat model that the settings name.

    Raises:
        NotFoundError: It was never added.
        UsageError: The variable that holds its key is not set.
    """
    from erya.models import ModelCatalogue, OpenAICompatibleChat  # noqa: PLC0415

    entry = ModelCatalogue(settings.home).get(settings.chat_model)
    return OpenAICompatibleChat(
        name=entry.name,
        base_url=entry.base_url,
        model=entry.model,
        api_key=_key_of(entry),
        seconds=settings.chat_seconds,
        proxy=settings.chat_proxy,
    )


def embedding_model_for(settings: Settings) -> "EmbeddingModel | None":
    """Return the embedding model that the settings name; None if they name none.

    Raises:
        NotFoundError: It was never added.
        UsageError: The variable that holds its key is not set.
    """
    from erya.models import (  # noqa: PLC0415
        OFFLINE_MODEL,
        ModelCatalogue,
        OpenAICompatibleEmbedding,
        open_local,
    )

    name = settings.embedding_model
    if not name:
        return None
    name = OFFLINE_MODEL if name == AUTO_MODEL else name
    catalogue = ModelCatalogue(settings.home, kind="embedding")
    entry = next((each for each in catalogue.all() if each.name == name), None)
    if entry is None:
        return open_local(settings.home, name, threads=settings.workers)
    return OpenAICompatibleEmbedding(
        name=entry.name,
        base_url=entry.base_url,
        model=entry.model,
        api_key=_key_of(entry),
        query_prefix=entry.query_prefix,
        passage_prefix=entry.passage_prefix,
        seconds=settings.embedding_seconds,
        proxy=settings.embedding_proxy,
    )


def reader_for(settings: Settings) -> "ReaderModel | None":
    """Return what reads sentences with the question; None if nothing does.

    Raises:
        NotFoundError: It is not in this installation.
    """
    from erya.models import open_reader  # noqa: PLC0415

    return open_reader(threads=settings.workers) if settings.read_units else None


def reranker_for(settings: Settings) -> "Reranker | None":
    """Return what reranks as the settings say; None if they name no rerank model.

    Raises:
        NotFoundError: It was never added.
        UsageError: The variable that holds its key is not set.
    """
    from erya.models import ModelCatalogue, RerankEndpoint  # noqa: PLC0415
    from erya.reranking import Reranker  # noqa: PLC0415

    if not settings.rerank_model:
        return None
    entry = ModelCatalogue(settings.home, kind="rerank").get(settings.rerank_model)
    model = RerankEndpoint(
        name=entry.name,
        base_url=entry.base_url,
        model=entry.model,
        api_key=_key_of(entry),
        seconds=settings.rerank_seconds,
        proxy=settings.rerank_proxy,
    )
    return Reranker(model=model, candidates=settings.rerank_candidates)


def _key_of(entry: "ModelEntry") -> str:
    key = secret(entry.api_key_env) if entry.api_key_env else ""
    if key is None:
        msg = (
            f"The key of the model {entry.name!r} is read from the variable "
            f"{entry.api_key_env}, which is not set. "
            f"Set it with: export {entry.api_key_env}=…"
        )
        raise UsageError(msg)
    return key


def flags_of(given: Mapping[str, object]) -> str:
    """Return the flags that were given, for a command to go on with."""
    return "".join(
        f" {flag} {shlex.quote(str(value))}" for flag, value in given.items() if value
    )


def echo(text: str = "", *, err: bool = False) -> None:
    """Print a line, without what could steer a terminal or hide in it."""
    click.echo(visible(text), err=err)


def visible(text: str) -> str:
    """Return `text` without control characters and signs that no reader can see."""
    return _INVISIBLE.sub("", text)


def echo_json(value: Any) -> None:
    """Print one JSON object."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def place(chunk: Chunk, *, page: int | None = None) -> str:
    """Say where a chunk stands: `leave.md › Annual leave, p. 3`.

    The names of a table's columns, which a chunk below them has, are no place.
    """
    from erya.language import is_row  # noqa: PLC0415

    source = chunk.source
    try:
        inside = Path(source).relative_to(Path.cwd())
        source = str(inside)
    except (ValueError, OSError):
        pass  # elsewhere, or no path: shown in full
    headings = [
        heading
        for heading in chunk.headings
        if heading != chunk.title and not is_row(heading)
    ]
    page = page or chunk.page
    told = f", p. {page}" if page else ""
    return one_line(" › ".join([source, *headings]) + told)


def one_line(text: str) -> str:
    """Return `text` with its line ends shown, so that a name cannot forge lines."""
    return text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def snippet(text: str, *, width: int = _SNIPPET) -> str:
    """Return the beginning of `text` on one line."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def hit_json(hit: Hit) -> dict[str, Any]:
    """Return a hit in the shape of `search --json`."""
    chunk = hit.chunk
    return {
        "document": chunk.document_id,
        "chunk": chunk.id,
        "source": chunk.source,
        "title": chunk.title,
        "headings": list(chunk.headings),
        "page": chunk.page,
        "start": chunk.start,
        "end": chunk.end,
        "text": chunk.text,
        "score": hit.score,
        "ranks": dict(hit.ranks),
        "scores": dict(hit.scores),
        "weights": dict(hit.weights),
    }


def reference(citation: Citation) -> str:
    """Return what `erya show` finds a citation by."""
    return f"{citation.chunk.document_id[:8]}:{citation.start}-{citation.end}"


def citation_json(citation: Citation) -> dict[str, Any]:
    """Return a citation in the shape of `ask --json`."""
    return {
        "number": citation.number,
        "document": citation.chunk.document_id,
        "chunk": citation.chunk.id,
        "source": citation.chunk.source,
        "page": citation.page or citation.chunk.page,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
        "answer": citation.answer and list(citation.answer),
    }


def problem_json(problems: Iterable[Problem]) -> list[dict[str, str]]:
    """Return problems in the shape of `ingest --json`."""
    return [{"path": p.source, "code": p.code, "message": p.message} for p in problems]


def table(rows: Sequence[Sequence[object]], *, header: Sequence[str]) -> None:
    """Print rows in columns."""
    lines = [[one_line(str(cell)) for cell in row] for row in (header, *rows)]
    widths = [max(map(columns_of, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (
            cell + " " * (width - columns_of(cell))
            for cell, width in zip(line, widths, strict=True)
        )
        echo("  ".join(cells).rstrip())


def columns_of(text: str) -> int:
    """Return how wide a terminal shows `text`: Chinese characters take two columns."""
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def show_findings(findings: "Sequence[Finding]", *, as_json: bool) -> None:
    """Print what checks have found, and exit with 1 if anything is wrong."""
    fine = all(finding.ok for finding in findings)
    if as_json:
        rows = [as_dict(finding) for finding in findings]
        echo_json({"ok": fine, "findings": rows})
    else:
        for finding in findings:
            echo(f"{'ok ' if finding.ok else 'BAD'}  {finding.check}: {finding.detail}")
    if not fine:
        raise click.exceptions.Exit(1)


def interactive() -> bool:
    """Tell whether a person watches standard error."""
    return sys.stderr.isatty() and os.name != "nt"


def as_dict(value: Any) -> dict[str, Any]:
    """Return a dataclass as a dictionary that JSON can hold."""
    found: dict[str, Any] = asdict(value)
    return {
        key: sorted(entry) if isinstance(entry, frozenset) else entry
        for key, entry in found.items()
    }
