"""What gzip or zlib has packed, block by block, and never more than was asked for."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

__all__ = ["unpack"]

_BLOCK: Final = 1 << 16
_EITHER: Final = zlib.MAX_WBITS + 32  # the head tells which of both it is
_BARE: Final = -zlib.MAX_WBITS  # some servers leave the head out


def unpack(parts: Iterable[bytes], *, most_bytes: int) -> Iterator[bytes]:
    """Yield what is packed in blocks of at most 64 KiB; several members as one.

    Args:
        parts: What is packed, cut anywhere.
        most_bytes: The most that may come out.

    Raises:
        ValueError: It is damaged or cut off, or unpacks to more.
    """
    left = most_bytes
    reader = zlib.decompressobj(_EITHER)
    begun = False
    held = b""
    for part in parts:
        rest = held + part
        held = b"" if begun or len(rest) >= _HEAD else rest
        while rest and not held:
            if reader.eof:  # another member may follow
                reader = zlib.decompressobj(_EITHER)
            try:
                block = reader.decompress(rest, _BLOCK)
            except zlib.error:
                if begun:
                    raise ValueError(_DAMAGED) from None
                reader = zlib.decompressobj(_BARE)
                block = _first_block(reader, rest)
            begun = True
            left -= len(block)
            if left < 0:
                msg = f"what is packed is more than {most_bytes:,} bytes"
                raise ValueError(msg)
            yield block
            rest = reader.unused_data if reader.eof else reader.unconsumed_tail
    if held or (begun and not reader.eof):
        raise ValueError(_DAMAGED)


_HEAD: Final = 2  # bytes that tell whether there is a head
_DAMAGED: Final = "what is packed is damaged or cut off"


def _first_block(reader: "zlib._Decompress", data: bytes) -> bytes:
    try:
        return reader.decompress(data, _BLOCK)
    except zlib.error:
        raise ValueError(_DAMAGED) from None
