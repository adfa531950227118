"""Chunkers by their names, and the recipes that tell them apart."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from erya.chunking.base import Chunker
from erya.chunking.cohesive import DiscourseChunker, SemanticChunker
from erya.chunking.parent_child import ParentChildChunker
from erya.chunking.plain import FixedChunker, RecursiveChunker
from erya.chunking.structure import StructureChunker
from erya.errors import UsageError
from erya.models import EmbeddingModel

__all__ = [
    "CHUNKERS",
    "chunker_of",
    "plain_chunker",
    "recipe_in",
    "split_recipe",
    "with_recipe",
]

_PLAIN: Final[Mapping[str, Callable[..., Chunker]]] = MappingProxyType(
    {
        "structure": StructureChunker,
        "recursive": RecursiveChunker,
        "fixed": FixedChunker,
        "parent-child": ParentChildChunker,
        "discourse": DiscourseChunker,
    }
)
CHUNKERS: Final = (*_PLAIN, "semantic")
_RECIPE: Final = re.compile(rf"\b({'|'.join(CHUNKERS)})-\d+:(\d+)")


def chunker_of(
    name: str, *, max_tokens: int, embedding: EmbeddingModel | None = None
) -> Chunker:
    """Return a chunker by its name.

    Args:
        name: One of `CHUNKERS`.
        max_tokens: Its largest chunk, at least 16.
        embedding: What the semantic one compares sentences with.

    Raises:
        UsageError: There is none of that name, the size is too small, or the semantic
            one has nothing to compare with.
    """
    if name in _PLAIN:
        return _PLAIN[name](max_tokens=max_tokens)
    if name != "semantic":
        msg = f"There is no chunker {name!r}. There are: {', '.join(CHUNKERS)}."
        raise UsageError(msg)
    if embedding is None:
        msg = (
            "The semantic chunker compares sentences by an embedding model, and none "
            "is set. Set embedding_model, or take another chunker."
        )
        raise UsageError(msg)
    return SemanticChunker(embedding=embedding, max_tokens=max_tokens)


def plain_chunker(chunker: Chunker) -> tuple[str, int] | None:
    """Return the name and the size of a chunker of ours that needs no model."""
    ours = type(chunker) in _PLAIN.values()
    return split_recipe(chunker.recipe) if ours else None


def recipe_in(recipe: str) -> str:
    """Return the chunker's part of how a document was read; empty if it has none."""
    match = _RECIPE.search(recipe)
    return match[0] if match else ""


def split_recipe(recipe: str) -> tuple[str, int]:
    """Return the name and the size that a chunker's recipe tells.

    Raises:
        UsageError: It is of no chunker that there is.
    """
    match = _RECIPE.fullmatch(recipe)
    if match is None:
        msg = (
            f"The base was cut by {recipe!r}, which is no chunker of this release. "
            f"Choose one with the setting chunker: {', '.join(CHUNKERS)}."
        )
        raise UsageError(msg)
    return match[1], int(match[2])


def with_recipe(recipe: str, *, chunker: str) -> str:
    """Return how a document was read, with another chunker's recipe in it."""
    return _RECIPE.sub(chunker, recipe, count=1)
