"""`erya models`: the chat models that may answer."""

from typing import Annotated

import typer

from erya.cli.common import (
    ConfigOption,
    HomeOption,
    JsonOption,
    as_dict,
    echo,
    echo_json,
    settings_for,
    table,
)

__all__ = ["app"]

app = typer.Typer(help="Add, list and test models.", no_args_is_help=True)
add = typer.Typer(help="Add a model.", no_args_is_help=True)
app.add_typer(add, name="add")


@add.command("chat")
def add_chat(
    name: Annotated[str, typer.Argument(help="What to call it.")],
    base_url: Annotated[str, typer.Option("--base-url", help="The endpoint.")],
    model: Annotated[
        str, typer.Option("--model", help="What the endpoint calls the model.")
    ],
    api_key_env: Annotated[
        str,
        typer.Option("--api-key-env", help="The variable that holds the key, if any."),
    ] = "",
    home: HomeOption = None,
    config: ConfigOption = None,
) -> None:
    """Add a chat model behind an OpenAI-compatible endpoint. Contacts nobody.

    The key itself is never stored, only the name of the variable that holds it.

    Examples:

      erya models add chat local --base-url http://localhost:11434/v1 --model qwen3

      erya models add chat deepseek --base-url https://api.deepseek.com/v1 \
--model deepseek-chat --api-key-env DEEPSEEK_API_KEY
    """
    from erya.models import ModelCatalogue, ModelEntry  # noqa: PLC0415

    settings = settings_for(home=home, config=config)
    ModelCatalogue(settings.home).add(
        ModelEntry(name=name, base_url=base_url, model=model, api_key_env=api_key_env)
    )
    echo(
        f"Added {name!r}. Answer with it: erya ask QUESTION --model {name}, or always: "
        f'chat_model = "{name}" in erya.toml.'
    )


@app.command("list")
def list_models(
    as_json: JsonOption = False, home: HomeOption = None, config: ConfigOption = None
) -> None:
    """List the models that were added.

    Example:

      erya models list
    """
    from erya.models import ModelCatalogue  # noqa: PLC0415

    settings = settings_for(home=home, config=config)
    entries = ModelCatalogue(settings.home).all()
    if as_json:
        echo_json({"chat": [as_dict(entry) for entry in entries]})
    elif not entries:
        echo(
            "No models yet: answers quote the documents. Add one: erya models add chat"
        )
    else:
        table(
            [(e.name, e.model, e.base_url, e.api_key_env or "-") for e in entries],
            header=("NAME", "MODEL", "BASE URL", "KEY FROM"),
        )


@app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="What it was called.")],
    home: HomeOption = None,
    config: ConfigOption = None,
) -> None:
    """Forget a model.

    Example:

      erya models remove local
    """
    from erya.models import ModelCatalogue  # noqa: PLC0415

    ModelCatalogue(settings_for(home=home, config=config).home).remove(name)
    echo(f"Removed {name!r}.")


@app.command("test")
def test(
    name: Annotated[str, typer.Argument(help="What it was called.")],
    home: HomeOption = None,
    config: ConfigOption = None,
) -> None:
    """Ask a model for one word, to see that it answers.

    Example:

      erya models test local
    """
    import time  # noqa: PLC0415

    from erya.cli.common import chat_model_for  # noqa: PLC0415
    from erya.records import Message  # noqa: PLC0415

    settings = settings_for(home=home, config=config, chat_model=name)
    began = time.monotonic()
    turn = Message(role="user", content="Reply with the word: ready")
    done = chat_model_for(settings).complete([turn])
    echo(f"{name!r} answered {done.text.strip()[:80]!r} in "
         f"{time.monotonic() - began:.1f} s.")  # fmt: skip
