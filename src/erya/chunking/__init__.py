"""Cut documents into chunks that can be cited.

A chunker takes one `Document` and yields `Chunk`s in reading order. It never rewrites
text: cleaning belongs to `erya.loading`.
"""

from erya.chunking.base import Chunker
from erya.chunking.cohesive import DiscourseChunker, SemanticChunker
from erya.chunking.cutting import chunk_ids
from erya.chunking.named import (
    CHUNKERS,
    chunker_of,
    plain_chunker,
    recipe_in,
    split_recipe,
    with_recipe,
)
from erya.chunking.parent_child import ParentChildChunker
from erya.chunking.plain import FixedChunker, RecursiveChunker
from erya.chunking.structure import StructureChunker

__all__ = [
    "CHUNKERS",
    "Chunker",
    "DiscourseChunker",
    "FixedChunker",
    "ParentChildChunker",
    "RecursiveChunker",
    "SemanticChunker",
    "StructureChunker",
    "chunk_ids",
    "chunker_of",
    "plain_chunker",
    "recipe_in",
    "split_recipe",
    "with_recipe",
]
