"""`erya search`: the passages, without an answer."""

from typing import Annotated

import typer

from erya.cli.common import (
    AsOption,
    ConfigOption,
    HomeOption,
    JsonOption,
    KbOption,
    assistant_for,
    echo,
    echo_json,
    hit_json,
    place,
    principal_for,
    settings_for,
    snippet,
)

__all__ = ["search"]


def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    limit: Annotated[int, typer.Option("-k", min=1, max=1_000, help="How many.")] = 10,
    kb: KbOption = None,
    narrowed: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
    config: ConfigOption = None,
) -> None:
    """Find the passages that share the most telling words with a query.

    Examples:

      erya search "GB/T 11643" --kb standards

      erya search "差旅 住宿 标准" -k 3 --json
    """
    settings = settings_for(home=home, config=config, kb=kb)
    principal = principal_for(settings, narrowed)
    with assistant_for(settings, kb=settings.kb) as assistant:
        hits = assistant.search(query, principal=principal, limit=limit).hits
    if as_json:
        echo_json({"hits": [hit_json(hit) for hit in hits]})
        return
    if not hits:
        echo("Nothing shares a word with the query.")
    for rank, hit in enumerate(hits, start=1):
        echo(f"{rank:>2}. {hit.score:6.2f}  {place(hit.chunk)}")
        echo(f"            {snippet(hit.chunk.text)}")
