"""The knowledge base of a laptop: SQLite is the truth, tantivy proposes what to score.

A base is one folder: `base.sqlite` holds everything, `terms/` an index that can be
written anew from it at any time, `writer.lock` keeps writers apart.
"""

from erya.stores.embedded.store import EmbeddedStore

__all__ = ["EmbeddedStore"]
