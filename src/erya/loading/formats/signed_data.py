"""The text of a mail that is signed around it (CMS SignedData, RFC 5652)."""

from collections.abc import Iterator
from typing import Final, NamedTuple

__all__ = ["signed_content"]

_SIGNED: Final = bytes.fromhex("2a864886f70d010702")  # the kind of what is signed
_SEQUENCE: Final = 0x30
_CONTEXT: Final = 0xA0
_OCTETS: Final = 0x04
_OCTETS_IN_PARTS: Final = 0x24
_ENDLESS: Final = 0x80  # a length that two zero bytes end
_DEEPEST: Final = 20


class _Element(NamedTuple):
    """An element of BER (X.690): its tag, where its content stands, what follows."""

    tag: int
    begin: int
    end: int
    after: int


def signed_content(data: bytes) -> bytes:
    """Return what is signed; nothing if the bytes are of another kind, or damaged.

    Whether the signature holds is not looked at.
    """
    try:
        kind, content, *_ = _inside(data, _element(data, 0))
        if data[kind.begin : kind.end] != _SIGNED or content.tag != _CONTEXT:
            return b""
        [signed] = _inside(data, content)
        around = next(each for each in _inside(data, signed) if each.tag == _SEQUENCE)
        _, content = _inside(data, around)
        [octets] = _inside(data, content)
        return b"".join(_octets(data, octets))
    except (IndexError, ValueError):
        return b""


def _octets(data: bytes, element: _Element) -> Iterator[bytes]:
    if element.tag == _OCTETS:
        yield data[element.begin : element.end]
    elif element.tag == _OCTETS_IN_PARTS:
        for part in _inside(data, element):
            yield data[part.begin : part.end]


def _inside(data: bytes, around: _Element) -> list[_Element]:
    elements: list[_Element] = []
    at = around.begin
    while at < around.end:
        elements.append(_element(data, at))
        at = elements[-1].after
    return elements


def _element(data: bytes, at: int, depth: int = 0) -> _Element:
    """Return the element that begins at a place.

    Raises:
        IndexError: It is cut off.
        ValueError: It is longer than the data, or nested without end.
    """
    tag, length, begin = data[at], data[at + 1], at + 2
    if length == _ENDLESS and depth < _DEEPEST:
        end = begin
        while data[end : end + 2] != b"\x00\x00":
            end = _element(data, end, depth + 1).after
        return _Element(tag, begin, end, end + 2)
    if length >= _ENDLESS:
        size = length - _ENDLESS
        length = int.from_bytes(data[begin : begin + size], "big")
        begin += size
    if depth >= _DEEPEST or begin + length > len(data):
        msg = "It is cut off, or nested without end."
        raise ValueError(msg)
    return _Element(tag, begin, begin + length, begin + length)
