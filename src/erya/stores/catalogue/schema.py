"""The tables of a base. `migrations/` makes the same ones, step by step."""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from erya.stores.catalogue.columns import (
    StoredHash,
    StoredJson,
    StoredTerms,
    StoredText,
)

__all__ = [
    "base",
    "chunkings",
    "chunks",
    "documents",
    "embedders",
    "items",
    "jobs",
    "journal",
    "label_sets",
    "metadata",
    "originals",
    "readers",
    "removals",
    "vectors",
    "versions",
    "words",
]

metadata = MetaData()

# In the order of code points everywhere: SQLite knows no other, and ranges need it.
_NAME = String().with_variant(String(collation="C"), "postgresql")
_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
_CRC = Integer().with_variant(BigInteger(), "postgresql")  # unsigned, 32 bits

# Facts of the base as a whole: identity, generation, analysis, pruned; embedder, which
# is missing where nothing was ever embedded; embedder_before, missing before a switch;
# chunker and chunker_before, the same; embedded_to, a model's number and that of a
# chunk up to which all have a vector of it.
base = Table(
    "base",
    metadata,
    Column("key", _NAME, primary_key=True),
    Column("value", _NAME, nullable=False),
)

# Documents with the same readers share a set, so that a query filters by few numbers.
label_sets = Table(
    "label_sets",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("labels", _NAME, nullable=False, unique=True),  # sorted, a JSON list
)
readers = Table(
    "readers",
    metadata,
    Column("label_set", ForeignKey("label_sets.number"), primary_key=True),
    Column("label", _NAME, primary_key=True),
    Index("readers_by_label", "label"),
)

documents = Table(
    "documents",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", _NAME, nullable=False, unique=True),
    Column("source", _NAME, nullable=False, index=True),
    Column("label_set", ForeignKey("label_sets.number"), nullable=False, index=True),
    Column("version", Integer, nullable=False),  # the current one, in `versions`
    Column("chunks", Integer, nullable=False),
    Column("body_length", Integer, nullable=False),  # terms of all chunks together
    Column("exact_length", Integer, nullable=False),
    # A hash of its source, its readers, and what its version says of the file.
    Column("seal", StoredHash, nullable=False, server_default=""),
    sqlite_autoincrement=True,
)

# A superseded version keeps its hashes and when it was, and loses all that it says.
versions = Table(
    "versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column(
        "document",
        ForeignKey("documents.number", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("content_hash", _NAME, nullable=False, index=True),
    Column("recipe", _NAME, nullable=False),
    Column("title", _NAME, nullable=False),
    Column("language", _NAME, nullable=False),
    Column("media_type", _NAME, nullable=False),
    Column("details", StoredJson(dict), nullable=False),  # Document.metadata
    Column("characters", Integer, nullable=False),
    Column("hash", StoredHash, nullable=False),  # of all that `document` returns
    Column("added_at", _NAME, nullable=False),
    Column("superseded_at", _NAME),
    Column(
        "structure", StoredJson(dict)
    ),  # {"blocks": [[kind, start, end, level, omitted?]], "pages": [[s, e]]}
    Column("text", StoredText),
    sqlite_autoincrement=True,
)
# How current documents were read: the few different ones are found without the others.
Index(
    "versions_current_recipe",
    versions.c.recipe,
    sqlite_where=versions.c.superseded_at.is_(None),
    postgresql_where=versions.c.superseded_at.is_(None),
)

# A number is never used twice: the indexes know chunks by it.
chunks = Table(
    "chunks",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", _NAME, nullable=False, unique=True),
    Column(
        "document",
        ForeignKey("documents.number", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("generation", Integer, nullable=False, index=True),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("page", Integer),
    Column("headings", StoredJson(list), nullable=False),
    # Of a document that is not short: a search must not read it whole. Else empty.
    Column("text", _TEXT, nullable=False),
    Column("hash", StoredHash, nullable=False),  # of all that a hit shows
    Column("body_length", Integer, nullable=False),
    Column("exact_length", Integer, nullable=False),
    Column("body", StoredTerms, nullable=False),  # {term: count}
    Column("exact", StoredTerms, nullable=False),
    sqlite_autoincrement=True,
)

# Embedding models that have made vectors; the base's fact `embedder` names the current.
embedders = Table(
    "embedders",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("name", _NAME, nullable=False),
    Column("dimension", Integer, nullable=False),
    Column("probe", LargeBinary, nullable=False),  # 32-bit floats, little endian
)

# A chunk may have none: it is then found by its words alone.
vectors = Table(
    "vectors",
    metadata,
    Column("chunk", ForeignKey("chunks.number", ondelete="CASCADE"), primary_key=True),
    Column("embedder", ForeignKey("embedders.number"), primary_key=True),
    Column("known", Float, nullable=False),  # share of the tokens, 0 to 1
    Column("crc", _CRC, nullable=False),  # of known and data: embedded again if wrong
    Column("data", LargeBinary, nullable=False),  # as a probe
)

# A document cut by another chunker than the one in use, or by the one before.
chunkings = Table(
    "chunkings",
    metadata,
    Column(
        "document",
        ForeignKey("documents.number", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("recipe", _NAME, primary_key=True),  # the chunker's
    Column("version", Integer, nullable=False),  # another version is cut anew
    Column("embedder", Integer),  # missing where nothing was embedded
    # [[id, start, end, page, headings, known]], in reading order
    Column("chunks", StoredJson(list), nullable=False),
    Column("vectors", LargeBinary, nullable=False),  # of all chunks, one after another
    Column("crc", _CRC, nullable=False),  # of both
)

# What people say in place of what the documents say, and words that are one term.
words = Table(
    "words",
    metadata,
    Column("word", _NAME, primary_key=True),
    Column("kind", _NAME, primary_key=True),  # same, wider, narrower or word
    Column("others", StoredJson(list), nullable=False),  # a list; empty for a word
)

# Chunks that are gone, until every index has followed.
removals = Table(
    "removals",
    metadata,
    Column("chunk", Integer, primary_key=True),
    Column("generation", Integer, nullable=False, index=True),
)

originals = Table(
    "originals",
    metadata,
    Column("hash", _NAME, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

# What became of what a source offered, where a document alone does not tell: files that
# gave no text or a doubtful one, files with others inside, pages of the web.
items = Table(
    "items",
    metadata,
    Column("source", _NAME, primary_key=True),
    Column("content_hash", _NAME, nullable=False),
    Column("recipe", _NAME, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("code", _NAME, nullable=False),
    Column("message", _NAME, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("validators", StoredJson(dict), nullable=False),
    Column("notices", StoredJson(list), nullable=False),  # [[code, message, page]]
    Column("at", _NAME, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("kind", _NAME, nullable=False),
    Column("state", _NAME, nullable=False),
    Column("started_at", _NAME, nullable=False),
    Column("finished_at", _NAME, nullable=False),
    Column("arguments", StoredJson(dict), nullable=False),
    Column("summary", StoredJson(dict), nullable=False),
)

# What was done, by whom; never what a document says.
journal = Table(
    "journal",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("at", _NAME, nullable=False),
    Column("who", _NAME, nullable=False),
    Column("action", _NAME, nullable=False),
    Column("document", _NAME, nullable=False),
    Column("generation", Integer, nullable=False),
)
