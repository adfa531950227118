"""Messages over a pipe: eight bytes of length, then the bytes."""

from typing import IO

__all__ = ["read_frame", "write_frame"]

_LENGTH = 8


def write_frame(stream: IO[bytes], payload: bytes) -> None:
    """Write one message and flush it."""
    stream.write(len(payload).to_bytes(_LENGTH, "big"))
    stream.write(payload)
    stream.flush()


def read_frame(stream: IO[bytes], *, limit: int) -> bytes:
    """Read one message.

    Raises:
        EOFError: The stream ended before the message did.
        ValueError: The message is longer than `limit` bytes; nothing of it was read.
    """
    size = int.from_bytes(_exactly(stream, _LENGTH), "big")
    if size > limit:
        msg = f"a message of {size} bytes is over the limit of {limit}"
        raise ValueError(msg)
    return _exactly(stream, size)


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
