"""winmail.dat: what Outlook puts around attachments for itself (TNEF, MS-OXTNEF)."""

import struct
from collections.abc import Iterator
from typing import Final

from erya.errors import DocumentError
from erya.loading.encodings import decode
from erya.records import Part

__all__ = ["is_tnef", "tnef_parts"]

_SIGNATURE: Final = b"\x78\x9f\x3e\x22"
_HEAD: Final = struct.Struct("<BII")  # level, attribute, length; a checksum follows
_KEY_AND_SIGNATURE: Final = 6
_NEXT_FILE: Final = 0x00069002  # attAttachRenddata
_NAME: Final = 0x00018010  # attAttachTitle
_DATA: Final = 0x0006800F  # attAttachData
_BODY: Final = 0x0002800C  # attBody
_CHECKSUM: Final = 2


def is_tnef(data: bytes) -> bool:
    """Tell whether bytes are such a file, by how they begin."""
    return data.startswith(_SIGNATURE)


def tnef_parts(data: bytes) -> Iterator[Part]:
    """Yield the files inside, and the text of the mail if it stands there.

    What is cut off ends it without an error: what came before is whole.

    Args:
        data: Of a file for which `is_tnef` holds.
    """
    name, number = b"", 0
    for attribute, value in _attributes(data):
        if attribute == _NEXT_FILE:
            name, number = b"", number + 1
        elif attribute == _NAME:
            name = value.partition(b"\0")[0]
        elif attribute == _DATA:
            yield Part(_decode_name(name) or f"attachment-{number}", value)
        elif attribute == _BODY:
            yield Part("message.txt", value.rstrip(b"\0"))


def _decode_name(name: bytes) -> str:
    """Return a name, which is in the encoding of the machine that wrote it."""
    try:
        return decode(name)
    except DocumentError:
        return name.decode("utf-8", "replace")


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = _KEY_AND_SIGNATURE
    while at + _HEAD.size <= len(data):
        _, attribute, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if at + length > len(data):
            return
        yield attribute, data[at : at + length]
        at += length + _CHECKSUM
