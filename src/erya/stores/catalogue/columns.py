"""Columns whose values are kept otherwise than they are used.

Texts and terms are packed: the rows of a passage of 450 characters and its document
take 1,240 bytes in place of 2,870. What earlier releases wrote as it is, is read as
well.
"""

import zlib
from typing import Any, Final

import sqlalchemy as sa
from typing_extensions import override

from erya.language import format_counts
from erya.stores.damage import DamagedRowError, read_json

__all__ = [
    "StoredHash",
    "StoredJson",
    "StoredTerms",
    "StoredText",
    "read_hash",
    "read_terms",
    "read_text",
]

_LEVEL: Final = 3  # of packing: 6 took a sixth longer, and gave the same size


class StoredJson(sa.TypeDecorator[Any]):
    """JSON that is a table or a list, as it was written."""

    impl = sa.JSON
    cache_ok = True

    def __init__(self, kind: type) -> None:
        super().__init__()
        self.kind = kind

    @override
    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return self.impl_instance.coerce_compared_value(op, value)

    @override
    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        """Return the value that was read, if it is of the kind.

        Raises:
            DamagedRowError: It is not.
        """
        del dialect  # the same for every one
        if value is not None and not isinstance(value, self.kind):
            msg = f"a {self.kind.__name__} was expected, not {value!r:.40}"
            raise DamagedRowError(msg)
        return value


class _Declared(sa.types.UserDefinedType[Any]):
    """A column of SQLite, declared as earlier releases did. It keeps anything."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    @override
    def get_col_spec(self, **_: Any) -> str:
        return self.name


class _Packed(sa.TypeDecorator[Any]):
    """A value that is kept as bytes."""

    impl = sa.LargeBinary
    cache_ok = True
    declared = ""

    @override
    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(_Declared(self.declared))
        return dialect.type_descriptor(sa.LargeBinary())


class StoredHash(_Packed):
    """A hash in hexadecimal digits, of which two are a byte."""

    cache_ok = True
    declared = "VARCHAR"

    @override
    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> Any:
        del dialect
        return None if value is None else bytes.fromhex(value)

    @override
    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        del dialect
        return read_hash(value)


class StoredText(_Packed):
    """A text."""

    cache_ok = True
    declared = "TEXT"

    @override
    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> Any:
        del dialect
        return None if value is None else zlib.compress(value.encode(), _LEVEL)

    @override
    def process_result_value(self, value: Any, dialect: sa.Dialect) -> str | None:
        """Return the text.

        Raises:
            DamagedRowError: It is none.
        """
        del dialect
        return None if value is None else read_text(value)


class StoredTerms(_Packed):
    """Terms, each with its count: a table, or the text that is written of one."""

    cache_ok = True
    declared = "JSON"

    @override
    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        del dialect
        text = value if isinstance(value, str) else format_counts(value)
        return zlib.compress(text.encode(), _LEVEL)

    @override
    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        """Return the counts.

        Raises:
            DamagedRowError: It is not what was written.
        """
        del dialect
        lines = read_terms(value).split("\n")[1:-1]
        pairs = (line.partition("\t") for line in lines)
        try:
            return {term: int(count) if tab else 1 for term, tab, count in pairs}
        except ValueError as error:
            msg = f"counts of terms: {error}"
            raise DamagedRowError(msg) from None


def read_hash(value: Any) -> Any:
    """Return a hash as a row has it; what is none stays, and is equal to no other."""
    return value.hex() if isinstance(value, bytes) else value


def read_text(value: Any) -> str:
    """Return a text as a row has it.

    Raises:
        DamagedRowError: It is none.
    """
    if isinstance(value, str):
        return value
    try:
        return zlib.decompress(value).decode()
    except (zlib.error, ValueError, TypeError) as error:
        msg = f"a text was expected: {error}"
        raise DamagedRowError(msg) from None


def read_terms(value: Any) -> str:
    """Return terms as `ChunkTerms` has them, from a row.

    Raises:
        DamagedRowError: They have another shape.
    """
    if isinstance(value, str):  # as earlier releases wrote them
        counts = read_json(value)
        if not isinstance(counts, dict):
            msg = f"counts of terms are a table, not {value!r:.40}"
            raise DamagedRowError(msg)
        return format_counts(counts)
    text = read_text(value)
    if not (text.startswith("\n") and text.endswith("\n")):
        msg = f"counts of terms are lines, not {text!r:.40}"
        raise DamagedRowError(msg)
    return text
