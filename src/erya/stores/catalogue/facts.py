"""Facts of a base as a whole, and of one vector."""

import struct
import zlib
from typing import Final

import sqlalchemy as sa

from erya.stores.catalogue import schema
from erya.stores.catalogue.dialects import upsert
from erya.stores.damage import DamagedRowError

__all__ = ["begin_anew", "embedder_of", "facts_of", "set_fact", "vector_crc"]

_NUMBERS: Final = ("generation", "pruned")
_FACTS: Final = sa.select(schema.base.c.key, schema.base.c.value)


def facts_of(connection: sa.Connection) -> dict[str, str]:
    """Return the facts of the base as a whole.

    Raises:
        DamagedRowError: One that every base has is missing, or no number.
    """
    facts = {key: value for key, value in connection.execute(_FACTS)}  # noqa: C416 - typed
    if not {"identity", "analysis", *_NUMBERS} <= facts.keys():
        msg = f"of the facts of a base there are only {sorted(facts)}"
        raise DamagedRowError(msg)
    for key in _NUMBERS:
        if not facts[key].isdecimal():
            msg = f"{key} is a number, not {facts[key]!r:.40}"
            raise DamagedRowError(msg)
    return facts


def embedder_of(connection: sa.Connection) -> tuple[int, int] | None:
    """Return number and dimension of the current embedding model, if there is one."""
    number = facts_of(connection).get("embedder")
    if number is None:
        return None
    embedders = schema.embedders
    dimension = connection.scalar(
        sa.select(embedders.c.dimension).where(embedders.c.number == int(number))
    )
    return int(number), int(dimension or 0)


def vector_crc(coverage: float, data: bytes) -> int:
    """Return the checksum that a vector is stored with."""
    return zlib.crc32(data, zlib.crc32(struct.pack("<d", coverage)))


def set_fact(connection: sa.Connection, key: str, value: int | str) -> None:
    """Keep a fact of the base, in place of what it was."""
    connection.execute(
        upsert(connection, schema.base), {"key": key, "value": str(value)}
    )


def begin_anew(connection: sa.Connection) -> None:
    """Begin a generation that every index is written anew for."""
    generation = int(facts_of(connection)["generation"]) + 1
    for key in _NUMBERS:
        set_fact(connection, key, generation)
