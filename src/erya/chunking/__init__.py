"""Cut documents into chunks that can be cited.

A chunker takes one `Document` and yields `Chunk`s in reading order. It never rewrites
text: cleaning belongs to `erya.loading`.
"""

from erya.chunking.base import Chunker
from erya.chunking.structure import StructureChunker

__all__ = ["Chunker", "StructureChunker"]
