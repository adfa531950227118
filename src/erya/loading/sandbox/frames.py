"""Messages over a pipe: a kind, eight bytes of length, then the bytes."""

from typing import IO, Final, NamedTuple

__all__ = [
    "BREACH",
    "DATA",
    "DONE",
    "PAGE",
    "PART",
    "REQUEST",
    "ROWS",
    "Frame",
    "read_frame",
    "write_frame",
]

REQUEST: Final = b"A"  # what is wanted, as JSON
DATA: Final = b"D"  # a file's bytes
PAGE: Final = b"P"  # a page more was read; how many there are
PART: Final = b"I"  # a file inside: its name, a zero byte, its bytes
ROWS: Final = b"C"  # some of what was made of a text further on, as JSON
DONE: Final = b"R"  # the reply, as JSON
BREACH: Final = b"B"  # what the process tried to do and may not

_LENGTH: Final = 8


class Frame(NamedTuple):
    """One message."""

    kind: bytes
    payload: bytes


def write_frame(stream: IO[bytes], kind: bytes, payload: bytes) -> None:
    """Write one message and flush it."""
    stream.write(kind + len(payload).to_bytes(_LENGTH, "big"))
    stream.write(payload)
    stream.flush()


def read_frame(stream: IO[bytes], *, limit: int) -> Frame:
    """Read one message.

    Raises:
        EOFError: The stream ended before the message did.
        ValueError: The message is longer than `limit` bytes; nothing of it was read.
    """
    head = _exactly(stream, 1 + _LENGTH)
    size = int.from_bytes(head[1:], "big")
    if size > limit:
        msg = f"a message of {size} bytes is over the limit of {limit}"
        raise ValueError(msg)
    return Frame(head[:1], _exactly(stream, size))


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
