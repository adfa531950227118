"""Standard input as a source: one document."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from typing_extensions import override

from erya.records import Item, Problem
from erya.sources.base import NOTHING_KNOWN, Known, Source

__all__ = ["StreamSource"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSource(Source):
    """Offers what a stream holds, under a name; nothing else is ever removed for it.

    Attributes:
        stream: Read to its end, once.
        name: What to call it; its suffix tells kinds of text apart.
        file_bytes: The most that is read.
    """

    stream: IO[bytes]
    name: str
    file_bytes: int = 100_000_000

    @property
    @override
    def roots(self) -> tuple[str, ...]:
        """None."""
        return ()

    @override
    def complete(self, root: str) -> bool:
        """Tell that nothing was scanned."""
        return False

    @override
    def items(self, known: Known = NOTHING_KNOWN) -> Iterator[Item | Problem]:
        """Yield the one document, or that it is too large."""
        data = self.stream.read(self.file_bytes + 1)
        source = f"stdin:{self.name}"
        if len(data) > self.file_bytes:
            message = (
                f"It has more than {self.file_bytes:,} bytes: raise max_file_bytes."
            )
            yield Problem(source=source, code="too_large", message=message, failed=True)
        else:
            yield Item(source=source, data=data)
