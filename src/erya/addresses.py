"""Addresses as they may be shown: without the passwords and keys that they carry."""

import re
from typing import Final

__all__ = ["COVER", "cover_secrets"]

COVER: Final = "***"

# A value of any name is covered: what holds a key is called key, sig, token, code, …
# To the last @ of an address: a password may have one, or what else ends a host.
_USER: Final = re.compile(r"(?<=://)\S*@")
_BARE_USER: Final = re.compile(r"^[^\s@/:]+:[^\s@]+@")
_VALUE: Final = re.compile(r"(?<=[?&;#])([^=&;#\s]+)=([^&;#\s]*)")


def cover_secrets(text: str) -> str:
    """Return `text` with users and values of queries in its addresses covered.

    Args:
        text: An address, or a text with addresses in it.
    """
    if "://" not in text:
        return _BARE_USER.sub(f"{COVER}@", text)
    shown = _USER.sub(f"{COVER}@", text)
    return _VALUE.sub(rf"\1={COVER}", shown)
