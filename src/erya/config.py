"""Settings: the only reader of the environment and of settings files.

Each value comes from the last of these that gives it: the default, `erya.toml`, the
environment (`ERYA_` and the name in capitals), a flag. Read once at the door and passed
on as arguments; nothing else looks.
"""

import dataclasses
import difflib
import getpass
import hashlib
import math
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple, get_type_hints

import platformdirs

from erya.errors import UntrustedSettingsError, UsageError

__all__ = [
    "AUTO_CHUNKER",
    "AUTO_MODEL",
    "BASE_SETTINGS",
    "DEFAULT_BASE",
    "SETTINGS",
    "TABLES",
    "WEB_DELAY",
    "WEB_PAGES",
    "DatabaseSettings",
    "Origin",
    "Setting",
    "Settings",
    "SourceSettings",
    "ToolServerSettings",
    "check_setting",
    "load",
    "secret",
]

# Of a web site that is read as a source.
WEB_PAGES: Final = 2_000
WEB_DELAY: Final = 0.5  # seconds
DEFAULT_BASE: Final = "default"
_FLAG: Final = "flag"
_PREFIX: Final = "ERYA_"
_FILE: Final = "erya.toml"
# As the name of an embedding model: the one that a base was made with, for a new base
# the one that comes with Erya.
AUTO_MODEL: Final = "auto"
# As a chunker: the one that a base was switched to, or the one that comes first.
AUTO_CHUNKER: Final = "auto"
# Read by `load` itself, so no settings of their own.
_CONFIG: Final = "ERYA_CONFIG"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a process without a name, as in a bare container
        return "owner"


def _trusted_file() -> Path:
    return platformdirs.user_config_path("erya", appauthor=False) / "trusted-settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """A source that `erya sync` keeps a base in step with: `[sources.NAME]`.

    Attributes:
        name: What it is called.
        path: A folder or file, from the folder of the settings file; or
        url: where a web site begins; or
        bucket: a bucket of S3.
        prefix: What the keys of the bucket begin with.
        endpoint: Where the bucket is, if not at AWS.
        kb: The base; empty takes the one of the settings.
        readers: Who may read its documents; empty as with `erya ingest`.
        meta: Metadata of its documents, as `department=hr`; empty as with `erya
            ingest`.
        pages: How many pages of a web site at most.
        delay: Seconds between two requests to it.
        private: Whether the site may have an address that is not public.
        proxy: The proxy to reach a bucket through; empty goes there directly.
        machine_role: Whether a bucket's keys may come from the machine's own role.
    """

    name: str
    path: str = ""
    url: str = ""
    bucket: str = ""
    prefix: str = ""
    endpoint: str = ""
    kb: str = ""
    readers: tuple[str, ...] = ()
    meta: tuple[str, ...] = ()
    pages: int = WEB_PAGES
    delay: float = WEB_DELAY
    private: bool = False
    proxy: str = ""
    machine_role: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """A database whose tables agents may read: `[databases.NAME]`.

    Attributes:
        name: What it is called.
        url: Where it is: `sqlite:///FILE` or `postgresql+pg8000://…`; or
        url_env: the variable of the environment that holds that.
        tables: The tables and views that may be read; nothing else can be.
    """

    name: str
    url: str = ""
    url_env: str = ""
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolServerSettings:
    """A server of the Model Context Protocol, with tools: `[tool_servers.NAME]`.

    Attributes:
        name: What it is called; the names of its tools begin with it.
        command: A program and its arguments, which is started; or
        url: where a server listens.
        permissions: What its tools may do, each of `read`, `write`, `network` and
            `money`. Whatever a server says of its tools itself does not count.
    """

    name: str
    command: tuple[str, ...] = ()
    url: str = ""
    permissions: tuple[str, ...] = ("write", "network")


class Setting(NamedTuple):
    """What is declared of a setting, beside its default and its type.

    Attributes:
        about: What it is, for people.
        choices: What it may be; empty for any.
        joins: Whether several of the choices may be named, with `+` between them.
        least: The smallest number; below it nothing works.
        most: The largest number; above it is a mistake.
        reaches_out: Whether it says who is asked, or what is written: a file that one
            merely stands beside may not set it.
        of_base: Whether it belongs to a base, which keeps it: a setting only says what
            a new base gets; by a flag or the environment, also what one command does
            otherwise.
    """

    about: str
    choices: tuple[str, ...] = ()
    joins: bool = False
    least: float = -math.inf
    most: float = math.inf
    reaches_out: bool = False
    of_base: bool = False


def setting(
    about: str,
    *,
    default: Any = None,
    make: Callable[[], Any] | None = None,
    **told: Any,
) -> Any:
    """Declare a setting.

    Args:
        about: What it is, for people.
        default: What it is where nobody says anything; or
        make: what makes that.
        **told: As for `Setting`.
    """
    metadata = {"setting": Setting(about, **told)}
    if make is not None:
        return field(default_factory=make, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. `about` tells what each setting is.

    Attributes:
        origins: Where `load` found those that are no defaults; no setting itself.
    """

    home: Path = setting(
        "Where bases and models are kept.",
        make=lambda: platformdirs.user_data_path("erya", appauthor=False),
        reaches_out=True,
    )
    catalogue: str = setting(
        "The address of a PostgreSQL database that keeps what is known of the bases, "
        "for several machines: `postgresql://NAME@HOST/DATABASE`; empty keeps it in "
        "the home folder.",
        default="",
        reaches_out=True,
    )
    kb: str = setting(
        "The knowledge base that is used when none is named.",
        default=DEFAULT_BASE,
    )
    user: str = setting(
        "Who is at the keyboard: the reader of what they ingest.",
        make=_user,
        reaches_out=True,
    )
    chat_model: str = setting(
        "The chat model that answers; empty quotes the documents instead.",
        default="",
        reaches_out=True,
    )
    chat_seconds: float = setting(
        "The longest a chat model may take, retries included.",
        default=120.0,
        least=0.1,
        most=86_400,
    )
    chat_proxy: str = setting(
        "The proxy to reach chat models through; empty goes there directly.",
        default="",
        reaches_out=True,
    )
    embedding_model: str = setting(
        "The model that places texts by their meaning. `auto` is the one that a base "
        "was embedded with, for a new base the one that comes with Erya; empty "
        "searches by words alone.",
        default=AUTO_MODEL,
        reaches_out=True,
        of_base=True,
    )
    embedding_seconds: float = setting(
        "The longest an embedding endpoint may take for one request.",
        default=120.0,
        least=0.1,
        most=86_400,
    )
    embedding_proxy: str = setting(
        "The proxy to reach embedding endpoints through.",
        default="",
        reaches_out=True,
    )
    query_strategy: str = setting(
        "How a question is searched beside as it stands, with the chat model: for "
        "other wordings (`multi-query`, `rewrite`), for the simple questions in it "
        "(`sub-queries`), for a more general one (`step-back`), for a passage that "
        "might answer (`hyde`); several with `+`. Empty searches for it alone.",
        default="",
        choices=("", "multi-query", "sub-queries", "rewrite", "hyde", "step-back"),
        joins=True,
    )
    rerank_model: str = setting(
        "The model that reads the best passages once more and puts the best first; "
        "empty leaves the order of the search.",
        default="",
        reaches_out=True,
    )
    rerank_candidates: int = setting(
        "Passages that it reads for each question.",
        default=30,
        least=1,
        most=1_000,
    )
    rerank_seconds: float = setting(
        "The longest a rerank endpoint may take for one request.",
        default=120.0,
        least=0.1,
        most=86_400,
    )
    rerank_proxy: str = setting(
        "The proxy to reach rerank endpoints through.",
        default="",
        reaches_out=True,
    )
    read_units: int = setting(
        "Sentences, rows and items that the reader reads together with each question,"
        " to choose those that answer and to mark the words; 0 reads none.",
        default=8,
        least=0,
        most=100,
    )
    diversity: float = setting(
        "How much a passage loses for what those before it say, 0 to 1: where several"
        " passages say the same, others come forward.",
        default=0.0,
        least=0.0,
        most=1.0,
    )
    model_hub: str = setting(
        "Where models are fetched from, when one is added by its name.",
        default="https://huggingface.co",
        reaches_out=True,
    )
    passages: int = setting(
        "Passages that an answer is made from.",
        default=8,
        least=1,
        most=1_000,
    )
    chunker: str = setting(
        "How documents are cut: `structure`, `recursive`, `fixed`, `parent-child`, "
        "`semantic` or `discourse`. `auto` is the one that a base was switched to, "
        "else `structure`.",
        default=AUTO_CHUNKER,
        choices=(
            "auto",
            "structure",
            "recursive",
            "fixed",
            "parent-child",
            "semantic",
            "discourse",
        ),
        of_base=True,
    )
    chunk_tokens: int = setting(
        "The largest passage, in tokens; a base that was switched to another chunker "
        "keeps its own.",
        default=256,
        least=16,
        most=100_000,
        of_base=True,
    )
    workers: int = setting(
        "Processes that read files.",
        make=lambda: min(4, os.cpu_count() or 1),
        least=1,
        most=64,
    )
    max_file_bytes: int = setting(
        "The largest file that is read.",
        default=100_000_000,
        least=1,
        most=1_000_000_000,
    )
    max_text_characters: int = setting(
        "The longest text that a file may turn into.",
        default=20_000_000,
        least=1,
        most=300_000_000,
    )
    parse_seconds: float = setting(
        "The longest that reading a file may take without a page of it being done.",
        default=30.0,
        least=0.1,
        most=86_400,
    )
    parse_memory_mb: int = setting(
        "Memory of a process that reads files, in megabytes.",
        default=1_000,
        least=256,
        most=1_000_000,
    )
    html: str = setting(
        "Whether web pages are read `whole`, or their `main` part alone.",
        default="whole",
        choices=("whole", "main"),
        of_base=True,
    )
    clean: str = setting(
        "Steps that clean a document, with commas: normalise, duplicates, quality, "
        "and boilerplate, which also leaves out what is said of several things below "
        "one heading; `none` cleans nothing.",
        default="normalise,duplicates,quality",
        of_base=True,
    )
    enrich: str = setting(
        "What is told of a document in its metadata: facts, languages, keywords, "
        "entities.",
        default="facts,languages",
        of_base=True,
    )
    enrich_model: str = setting(
        "The chat model that names keywords and entities; empty goes by rules.",
        default="",
        reaches_out=True,
    )
    enrich_names: str = setting(
        "A file of names to look for, one on each line.",
        default="",
        reaches_out=True,
        of_base=True,
    )
    mask: str = setting(
        "Kinds of personal data that are masked, with commas, or `all`; `none` masks "
        "nothing.",
        default="",
        reaches_out=True,
        of_base=True,
    )
    mask_originals: str = setting(
        "Whether the files that masked documents were read from are kept, for the "
        "`owner` alone, or `none` are.",
        default="owner",
        choices=("owner", "none"),
        reaches_out=True,
        of_base=True,
    )
    language: str = setting(
        "The language of the words around an answer: `en`, `zh`, or `auto` for that "
        "of the question.",
        default="auto",
        choices=("auto", "en", "zh"),
        of_base=True,
    )
    trace_file: str = setting(
        "Where spans are written, one JSON object each; empty writes none.",
        default="",
        reaches_out=True,
    )
    search_url: str = setting(
        "Where a search engine is that speaks the API of SearXNG, for agents that "
        "search the web; empty lets none.",
        default="",
        reaches_out=True,
    )
    sources: tuple[SourceSettings, ...] = setting(
        "What `erya sync` keeps bases in step with; in `erya.toml` only.",
        default=(),
        reaches_out=True,
    )
    databases: tuple[DatabaseSettings, ...] = setting(
        "Databases whose tables agents may read; in `erya.toml` only.",
        default=(),
        reaches_out=True,
    )
    tool_servers: tuple[ToolServerSettings, ...] = setting(
        "Servers of the Model Context Protocol whose tools agents may call; in "
        "`erya.toml` only.",
        default=(),
        reaches_out=True,
    )
    origins: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def is_default(self, name: str) -> bool:
        """Tell whether a setting is what it is where nobody says anything."""
        return bool(getattr(self, name) == _DEFAULTS[name])

    def is_given(self, name: str) -> bool:
        """Tell whether somebody set this for now: not a file, which holds for all."""
        origin = self.origins.get(name)
        if origin is None:
            return not self.is_default(name)
        return origin == _FLAG or origin.startswith(_PREFIX)


SETTINGS: Final[Mapping[str, Setting]] = MappingProxyType(
    {
        each.name: each.metadata["setting"]
        for each in dataclasses.fields(Settings)
        if "setting" in each.metadata
    }
)
# Settings that are tables of `erya.toml`, and what says where each leads.
TABLES: Final[Mapping[str, type[Any]]] = MappingProxyType(
    {
        "sources": SourceSettings,
        "databases": DatabaseSettings,
        "tool_servers": ToolServerSettings,
    }
)
_PLACES: Final = {
    "sources": ("path", "url", "bucket"),
    "databases": ("url", "url_env"),
    "tool_servers": ("command", "url"),
}
BASE_SETTINGS: Final = tuple(n for n, told in SETTINGS.items() if told.of_base)
_DEFAULTS: Final = {
    each.name: each.default
    for each in dataclasses.fields(Settings)
    if each.name in SETTINGS
}


class Origin(NamedTuple):
    """A setting's value and where it came from, for `erya config show`."""

    name: str
    value: Any
    origin: str


def load(
    flags: Mapping[str, Any] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> tuple[Settings, list[Origin]]:
    """Read the settings, and tell where each came from.

    Args:
        flags: What the command line gives; None values give nothing.
        environment: The environment; the process's own by default.
        file: The settings file; by default the one that ERYA_CONFIG names, else
            `erya.toml` in the working folder if it is there.

    Raises:
        UntrustedSettingsError: The file merely lies in the working folder, sets what
            can send or write, and nobody has said that it may.
        UsageError: A name is unknown, a value has the wrong type or is out of range, or
            the file cannot be read.
    """
    environment = os.environ if environment is None else environment
    named = file or (Path(environment[_CONFIG]) if environment.get(_CONFIG) else None)
    told = _from_file(named)
    if named is None:
        _refuse_untrusted(Path(_FILE).resolve(), told)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for origin, given in (
        (str(Path(named or _FILE).resolve()), told),
        ("environment", _from_environment(environment)),
        (_FLAG, {k: v for k, v in (flags or {}).items() if v is not None}),
    ):
        for name, value in given.items():
            if name in TABLES and origin not in {"environment", _FLAG}:
                values[name] = _rows(name, value, origin)
                origins[name] = origin
                continue
            where = f"{_PREFIX}{name.upper()}" if origin == "environment" else origin
            values[name] = check_setting(name, value, where)
            origins[name] = where
    settings = Settings(**values, origins=origins)
    return settings, [
        Origin(f.name, getattr(settings, f.name), origins.get(f.name, "default"))
        for f in dataclasses.fields(settings)
        if f.name in _DEFAULTS
    ]


def secret(variable: str) -> str | None:
    """Return a key from the environment, or None if the variable is not set.

    Blanks and line ends around it are left out, which a file that was pasted brings.
    """
    value = os.environ.get(variable)
    return None if value is None else value.strip()


def trust(file: Path) -> None:
    """Remember that a settings file may name what sends and writes, as it is now.

    Raises:
        UsageError: It cannot be read, or this cannot be remembered.
    """
    try:
        mark = _mark_of(file.resolve())
        known = _trusted_marks()
        _trusted_file().parent.mkdir(parents=True, exist_ok=True)
        _trusted_file().write_text("\n".join([*sorted({*known, mark}), ""]), "utf-8")
    except OSError as error:
        msg = f"It cannot be remembered that {str(file)!r} is trusted: {error}."
        raise UsageError(msg) from None


def _refuse_untrusted(file: Path, given: Mapping[str, Any]) -> None:
    risky = tuple(
        sorted(
            name
            for name in given.keys() & SETTINGS.keys()
            if SETTINGS[name].reaches_out and _asks(given[name])
        )
    )
    if risky and _mark_of(file) not in _trusted_marks():
        raise UntrustedSettingsError(file=str(file), settings=risky)


def _asks(value: Any) -> bool:
    """Tell whether a setting asks for anything: `auto` is what comes with Erya."""
    return value not in {"", AUTO_MODEL} if isinstance(value, str) else bool(value)


def _mark_of(file: Path) -> str:
    """Return what tells a file with these contents from all others."""
    return hashlib.sha256(str(file).encode() + b"\0" + file.read_bytes()).hexdigest()


def _trusted_marks() -> frozenset[str]:
    try:
        return frozenset(_trusted_file().read_text("utf-8").split())
    except (OSError, ValueError):
        return frozenset()


def _from_file(named: Path | None) -> dict[str, Any]:
    path = named or Path(_FILE)
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        if named is None:
            return {}
        msg = (
            f"There is no settings file {str(named)!r}. Check --config and ERYA_CONFIG."
        )
        raise UsageError(msg) from None
    except (OSError, ValueError) as error:
        msg = f"The settings file {str(path)!r} cannot be read: {error}."
        raise UsageError(msg) from None


def _rows(table: str, given: Any, where: str) -> tuple[Any, ...]:
    """Read tables such as `[sources.NAME]`.

    Raises:
        UsageError: One has an unknown name, a value of another type, or names no place,
            or two.
    """
    if not isinstance(given, dict):
        msg = f"{table} ({where}) are tables: [{table}.NAME]."
        raise UsageError(msg)
    return tuple(
        _row(table, name, told=told, where=where) for name, told in given.items()
    )


_TYPES: Final = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    tuple: 'a list, as in ["group:legal"]',
}


def _row(table: str, name: str, *, told: Any, where: str) -> Any:
    """Read one table.

    Raises:
        UsageError: It has an unknown name, or a value that cannot be one.
    """
    called = f"[{table}.{name}] ({where})"
    kinds = {f.name: type(f.default) for f in dataclasses.fields(TABLES[table])}
    del kinds["name"]
    for key, value in (told if isinstance(told, dict) else {"": told}).items():
        if key not in kinds:
            there = ", ".join(kinds)
            msg = f"{called} has no setting {key!r}. There are: {there}."
            raise UsageError(msg)
        allowed = {float: (int, float), tuple: (list,)}.get(kinds[key], (kinds[key],))
        if not isinstance(value, allowed) or (
            isinstance(value, bool) and kinds[key] is not bool
        ):
            kind = _TYPES[kinds[key]]
            msg = f"{key} of {called} must be {kind}, got {value!r}."
            raise UsageError(msg)
    places = _PLACES[table]
    if sum(bool(told.get(key)) for key in places) != 1:
        *first, last = places
        msg = f"{called} must name one of {', '.join(first)} and {last}."
        raise UsageError(msg)
    given = {k: tuple(map(str, v)) if kinds[k] is tuple else v for k, v in told.items()}
    if path := told.get("path"):
        # A timer starts programs anywhere: the file says where its paths begin.
        given["path"] = str(Path(where).parent / os.path.expanduser(path))  # noqa: PTH111 - it would raise
    return TABLES[table](name=name, **given)


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        key.removeprefix(_PREFIX).lower(): value
        for key, value in environment.items()
        if key.startswith(_PREFIX) and key != _CONFIG
    }


def check_setting(name: str, value: Any, where: str) -> Any:
    """Bring a value to the type of its setting.

    Args:
        name: The setting.
        value: What it is to be; numbers and paths may be written as text.
        where: Where it was found, for the error.

    Raises:
        UsageError: There is no such setting, or the value cannot be one.
    """
    if name not in SETTINGS or name in TABLES:
        near = difflib.get_close_matches(name, SETTINGS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else " See: erya config show"
        msg = f"Unknown setting {name!r} ({where}).{hint}"
        raise UsageError(msg)
    declared, kind = SETTINGS[name], _KINDS[name]
    if isinstance(value, bool) or not isinstance(value, _MAY_BE_WRITTEN[kind]):
        msg = f"{name} ({where}) must be {_WORDS[kind]}, got {value!r}."
        raise UsageError(msg)
    try:
        converted = kind(value)
    except ValueError:
        msg = f"{name} ({where}) must be {_WORDS[kind]}, got {value!r}."
        raise UsageError(msg) from None
    if isinstance(converted, Path):
        if not str(value):
            msg = f"{name} ({where}) is empty. Name a folder."
            raise UsageError(msg)
        return converted.expanduser().absolute()
    if declared.choices and not _is_choice(declared, converted):
        there = " or ".join(repr(each) for each in declared.choices)
        msg = f"{name} ({where}) is {there}, got {value!r}."
        raise UsageError(msg)
    least, most = declared.least, declared.most
    if kind in {int, float} and not least <= converted <= most:
        msg = f"{name} ({where}) must be from {least:,} to {most:,}, got {value!r}."
        raise UsageError(msg)
    if name == "user" and not _USER.fullmatch(converted):
        msg = (
            f"{name} ({where}) must be a name without blanks or commas, got {value!r}."
        )
        raise UsageError(msg)
    return converted


def _is_choice(declared: Setting, value: Any) -> bool:
    if value in declared.choices:
        return True
    several = str(value).split("+") if declared.joins else []
    return len(several) > 1 and {*several} <= {*declared.choices} - {""}


# A Path or a number may also be written as text.
_KINDS: Final = {name: get_type_hints(Settings)[name] for name in SETTINGS}
_USER: Final = re.compile(r"[^\s,]+")
_MAY_BE_WRITTEN: Final[dict[type, tuple[type, ...]]] = {
    str: (str,), Path: (str, Path), int: (str, int), float: (str, int, float),
}  # fmt: skip
_WORDS: Final = {
    str: "a text", int: "a whole number", float: "a number", Path: "a folder",
}  # fmt: skip
