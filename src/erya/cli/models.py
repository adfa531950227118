"""`erya models`: the models that answer, and those that place texts by meaning."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, get_args

import click

from erya.addresses import cover_secrets
from erya.cli.common import (
    echo,
    echo_json,
    place_options,
    settings_for,
    table,
    usual_options,
)
from erya.cli.lazy import Group
from erya.config import Settings
from erya.errors import NotFoundError, UsageError
from erya.models import (
    ModelCatalogue,
    ModelEntry,
    ModelKind,
    ModelRegistry,
)
from erya.models.importing import Use, download, import_model
from erya.models.offline import BUNDLED_MODELS, local_model_cards, local_model_folder
from erya.models.probing import (
    Probe,
    capabilities_of,
    probe_chat,
    probe_embedding,
    probe_rerank,
)
from erya.shapes import models_shape, probes_shape

__all__ = ["app"]

app = Group(
    "models",
    help="Add, list and test models.",
)
add = Group("add", help="Add a model.")
app.add_command(add)

_key_option = click.option(
    "--api-key-env",
    default="",
    show_default=False,
    help="The variable that holds the key, if any.",
)


@add.command("chat")
@click.argument("name", help="What to call it.")
@click.option("--base-url", required=True, help="The endpoint.")
@click.option("--model", required=True, help="What the endpoint calls the model.")
@_key_option
@click.option("--input-price", type=float, help="Of a million tokens that it reads.")
@click.option("--output-price", type=float, help="Of a million tokens that it writes.")
@place_options
def add_chat(
    *,
    name: str,
    base_url: str,
    model: str,
    api_key_env: str,
    input_price: float | None,
    output_price: float | None,
    home: Path | None,
    config: Path | None,
) -> None:
    """Add a chat model behind an OpenAI-compatible endpoint. Contacts nobody.

    The key itself is never stored, only the name of the variable that holds it. With
    its prices, in your money, measurements tell what they cost.

    Examples:

      erya models add chat local --base-url http://localhost:11434/v1 --model qwen3

      erya models add chat deepseek --base-url https://api.deepseek.com/v1 \
--model deepseek-chat --api-key-env DEEPSEEK_API_KEY --input-price 0.28 \
--output-price 0.42
    """
    settings = settings_for(home=home, config=config)
    ModelCatalogue(settings.home).add(
        ModelEntry(
            name=name,
            base_url=base_url,
            model=model,
            api_key_env=api_key_env,
            input_price=input_price,
            output_price=output_price,
        )
    )
    echo(
        f"Added {name!r}. Answer with it: erya ask QUESTION --model {name}, or always: "
        f'chat_model = "{name}" in erya.toml.'
    )


@add.command("embedding")
@click.argument(
    "name", help="OWNER/NAME on a hub, a folder, or with --base-url what to call it."
)
@click.option("--base-url", help="An OpenAI-compatible endpoint.")
@click.option(
    "--model", default="", show_default=False, help="What the endpoint calls the model."
)
@_key_option
@click.option(
    "--precision", default="int8", help="int8 or fp16, where it is converted."
)
@click.option("--pooling", help="mean or cls, where the model does not say.")
@click.option("--query-prefix", help="Stands before a question.")
@click.option("--passage-prefix", help="Stands before a passage.")
@place_options
def add_embedding(
    *,
    name: str,
    base_url: str | None,
    model: str,
    api_key_env: str,
    precision: str,
    pooling: str | None,
    query_prefix: str | None,
    passage_prefix: str | None,
    home: Path | None,
    config: Path | None,
) -> None:
    """Add an embedding model: fetch it to run here, or name an endpoint.

    A model of a hub is fetched from there (ERYA_MODEL_HUB names another hub); one that
    comes without an ONNX graph is converted, which needs: pip install 'erya[convert]'.

    Examples:

      erya models add embedding BAAI/bge-small-zh-v1.5

      erya models add embedding ./my-model --pooling mean

      erya models add embedding bge --base-url http://localhost:11434/v1 --model bge-m3
    """
    settings = settings_for(home=home, config=config)
    if not name.strip():
        msg = "The name is empty. Try: erya models add embedding BAAI/bge-small-zh-v1.5"
        raise UsageError(msg)
    if base_url is not None:
        _unused(settings, name, by_endpoint=True)
        ModelCatalogue(settings.home, kind="embedding").add(
            ModelEntry(
                name=name,
                base_url=base_url,
                model=model,
                api_key_env=api_key_env,
                query_prefix=query_prefix or "",
                passage_prefix=passage_prefix or "",
            )
        )
        _say_how_to_use(name)
        return

    use = Use(
        pooling=_one_of("--pooling", pooling, ("mean", "cls")),
        query_prefix=query_prefix,
        passage_prefix=passage_prefix,
    )
    known = _one_of("--precision", precision, ("int8", "fp16"))
    called = _import(settings, name, use, precision=known)
    _say_how_to_use(called)


def _one_of(option: str, given: str | None, choices: tuple[str, ...]) -> Any:
    """Return `given` if it is one of the choices, or None.

    Raises:
        UsageError: It is something else.
    """
    if given is not None and given not in choices:
        msg = f"{option} is {' or '.join(choices)}, got {given!r}."
        raise UsageError(msg)
    return given


def _import(settings: Settings, name: str, use: Use, *, precision: Any) -> str:
    """Bring a model of a folder or of a hub into the home; return what it is called.

    Raises:
        UsageError: The name is neither a folder nor OWNER/NAME.
    """
    folder = Path(name).expanduser()
    called = folder.resolve().name if folder.is_dir() else name.rpartition("/")[2]
    target = local_model_folder(settings.home, called)
    if called in BUNDLED_MODELS:
        msg = (
            f"{called!r} is what a model is called that comes with Erya, and bases "
            "hold its vectors. Copy the folder under another name, and add that."
        )
        raise UsageError(msg)
    _unused(settings, called, by_endpoint=False)
    if folder.is_dir():
        import_model(
            folder, target, name=called, source=str(folder.resolve()),
            precision=precision, use=use,
        )  # fmt: skip
        return called
    if name.count("/") != 1 or name.startswith((".", "/", "~")):
        msg = (
            f"There is no folder {name!r}, and a model of a hub is named OWNER/NAME. "
            "Try: erya models add embedding BAAI/bge-small-zh-v1.5"
        )
        raise UsageError(msg)
    echo(f"Fetching {name} from {settings.model_hub} …", err=True)
    with download(name, hub=settings.model_hub, home=settings.home) as fetched:
        import_model(
            fetched, target, name=called, source=f"{settings.model_hub}/{name}",
            precision=precision, use=use,
        )  # fmt: skip
    return called


def _unused(settings: Settings, name: str, *, by_endpoint: bool) -> None:
    """Refuse a name that another kind of embedding model has: texts would go there.

    Raises:
        UsageError: It is taken.
    """
    if by_endpoint:
        taken = [card.name for card in local_model_cards(settings.home)]
    else:
        entries = ModelCatalogue(settings.home, kind="embedding").all()
        taken = [entry.name for entry in entries]
    if name in taken:
        where = "here" if by_endpoint else "at an endpoint"
        msg = (
            f"There is an embedding model {name!r} already, which runs {where}. Remove "
            f"it first: erya models remove {name}"
        )
        raise UsageError(msg)


def _no_model(settings: Settings, name: str) -> NotFoundError:
    """Return the error for a name that no model of any kind has."""
    names = [card.name for card in local_model_cards(settings.home)]
    for kind in get_args(ModelKind):
        entries = ModelCatalogue(settings.home, kind=kind).all()
        names += [entry.name for entry in entries]
    there = ", ".join(names) or "none yet"
    msg = f"There is no model {name!r}. Models here: {there}."
    return NotFoundError(msg)


def _say_how_to_use(name: str) -> None:
    echo(
        f"Added {name!r}. A base keeps the model it began with; use this one for a new "
        f'base: embedding_model = "{name}" in erya.toml, or ERYA_EMBEDDING_MODEL.'
    )


@add.command("rerank")
@click.argument("name", help="What to call it.")
@click.option("--base-url", required=True, help="The endpoint; /rerank is put to it.")
@click.option("--model", required=True, help="What the endpoint calls the model.")
@_key_option
@place_options
def add_rerank(
    *,
    name: str,
    base_url: str,
    model: str,
    api_key_env: str,
    home: Path | None,
    config: Path | None,
) -> None:
    """Add a rerank model behind an endpoint with the API of Cohere and Jina.

    vLLM, Infinity, Xinference and llama.cpp serve it, too. Contacts nobody.

    Examples:

      erya models add rerank bge --base-url http://localhost:7997/v1 \
--model BAAI/bge-reranker-v2-m3

      erya search "lost my phone" --rerank bge
    """
    settings = settings_for(home=home, config=config)
    ModelCatalogue(settings.home, kind="rerank").add(
        ModelEntry(name=name, base_url=base_url, model=model, api_key_env=api_key_env)
    )
    echo(
        f"Added {name!r}. Use it with --rerank {name}, or always: "
        f'rerank_model = "{name}" in erya.toml.'
    )


@app.command("list")
@usual_options
def list_models(*, as_json: bool, home: Path | None, config: Path | None) -> None:
    """List the models that were added.

    Example:

      erya models list
    """
    settings = settings_for(home=home, config=config)
    chat = ModelCatalogue(settings.home).all()
    embedding = ModelCatalogue(settings.home, kind="embedding").all()
    reranking = ModelCatalogue(settings.home, kind="rerank").all()
    local = local_model_cards(settings.home)
    if as_json:
        entries = {"chat": chat, "embedding": embedding, "rerank": reranking}
        echo_json(models_shape(entries, local))
        return
    rows = [
        (
            kind,
            entry.name,
            entry.model,
            cover_secrets(entry.base_url),
            entry.api_key_env or "-",
            _prices(entry),
        )
        for kind, entries in (
            ("chat", chat),
            ("embedding", embedding),
            ("rerank", reranking),
        )
        for entry in entries
    ]
    rows += [("embedding", card.name, card.precision or "onnx", "here", "-", "")
             for card in local]  # fmt: skip
    if rows:
        table(rows, header=("KIND", "NAME", "MODEL", "WHERE", "KEY FROM", "PRICES"))
    if not chat:
        echo(
            "No chat model: answers quote the documents. Add one: erya models add chat"
        )


def _prices(entry: ModelEntry) -> str:
    if entry.input_price is None or entry.output_price is None:
        return ""
    return f"{entry.input_price:g} in, {entry.output_price:g} out"


@app.command("remove")
@click.argument("name", help="What it was called.")
@click.option(
    "--kind",
    type=click.Choice(["chat", "embedding", "rerank"]),
    help="Which, where several kinds have a model of that name.",
)
@place_options
def remove(
    *, name: str, kind: str | None, home: Path | None, config: Path | None
) -> None:
    """Forget a model; of one that runs here, also delete its files.

    Examples:

      erya models remove local

      erya models remove bge --kind rerank
    """
    settings = settings_for(home=home, config=config)
    catalogues = {
        each: ModelCatalogue(settings.home, kind=each) for each in get_args(ModelKind)
    }
    kinds = [
        each
        for each, catalogue in catalogues.items()
        if kind in {None, each} and any(e.name == name for e in catalogue.all())
    ]
    if kind in {None, "embedding"} and any(
        card.name == name for card in local_model_cards(settings.home)
    ):
        kinds.append("local")
    if not kinds:
        raise _no_model(settings, name)
    if len(kinds) > 1:
        msg = f"Several models are called {name!r}: say which with --kind."
        raise UsageError(msg)
    if kinds == ["local"]:
        folder = local_model_folder(settings.home, name)
        if not folder.is_dir():
            msg = f"{name!r} is part of Erya and stays."
            raise UsageError(msg)
        shutil.rmtree(folder)
    else:
        catalogues[kinds[0]].remove(name)
    echo(f"Removed {name!r}.")


@app.command("test")
@click.argument("name", help="What it was called.")
@usual_options
def test(*, name: str, as_json: bool, home: Path | None, config: Path | None) -> None:
    """Ask a model what it can do: answer, stream, JSON, tools, cost, vectors, order.

    What a chat model can do is kept with it, and used: one without tools is asked for
    them in words. Exits with 1 when it does not answer. Costs some hundred tokens.

    Examples:

      erya models test local

      erya models test local --json
    """
    settings = settings_for(home=home, config=config)
    registry, probes = ModelRegistry(settings), []
    for kind in _kinds_of(settings, name):
        if kind == "embedding":
            probes += probe_embedding(registry.embedding(name))
        elif kind == "rerank":
            probes += probe_rerank(registry.rerank(name))
        else:
            found = probe_chat(registry.chat(name, as_tested=False))
            _keep_capabilities(settings, name, found)
            probes += found
    if as_json:
        echo_json(probes_shape(name, probes))
    else:
        table(
            [
                (each.name, _SAID[each.works], f"{each.seconds:.1f} s", each.detail)
                for each in probes
            ],
            header=("WHAT", "WORKS", "TOOK", ""),
        )
    if not probes[0].works:
        raise click.exceptions.Exit(1)


_SAID: Final = {True: "yes", False: "no", None: "not known"}


def _kinds_of(settings: Settings, name: str) -> list[ModelKind]:
    """Return the kinds of which there is a model of this name.

    Raises:
        NotFoundError: There is none.
    """
    kinds: list[ModelKind] = [
        kind
        for kind in get_args(ModelKind)
        if any(e.name == name for e in ModelCatalogue(settings.home, kind=kind).all())
    ]
    local = any(card.name == name for card in local_model_cards(settings.home))
    if local and "embedding" not in kinds:
        kinds.append("embedding")
    if not kinds:
        raise _no_model(settings, name)
    return kinds


def _keep_capabilities(settings: Settings, name: str, probes: list[Probe]) -> None:
    if not probes[0].works:
        return
    catalogue = ModelCatalogue(settings.home)
    entry = catalogue.get(name)
    # What could not be told this time stays as it was found before.
    found = {**entry.capabilities, **capabilities_of(probes)}
    catalogue.add(replace(entry, capabilities=found))
