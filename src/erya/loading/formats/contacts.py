"""Contacts of an address book (vCard, RFC 6350 and its forerunners)."""

import quopri
from pathlib import PurePosixPath
from typing import Final

from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.loading.formats.content_lines import Property, properties, unescape
from erya.records import Parsed

__all__ = ["parse_contacts"]

# What is shown of a contact, by its names.
_LABELS: Final = {
    "FN": "Name",
    "NICKNAME": "Nickname",
    "ORG": "Organisation",
    "TITLE": "Position",
    "ROLE": "Role",
    "TEL": "Phone",
    "EMAIL": "E-mail",
    "ADR": "Address",
    "URL": "URL",
    "IMPP": "Messages",
    "BDAY": "Birthday",
    "ANNIVERSARY": "Anniversary",
    "LANG": "Language",
    "TZ": "Time zone",
    "CATEGORIES": "Categories",
    "RELATED": "Related",
    "NOTE": "Note",
}
_PARTED: Final = frozenset(("N", "ORG", "ADR"))
_KINDS: Final = {
    "TEL": {"cell": "mobile", "fax": "fax", "work": "work", "home": "home"},
    "EMAIL": {"work": "work", "home": "home"},
    "ADR": {"work": "work", "home": "home"},
}
_PICTURES: Final = frozenset(("PHOTO", "LOGO", "SOUND", "KEY"))


def parse_contacts(data: bytes, name: str) -> Parsed:
    """Read contacts, each as one paragraph with a line for each of its facts."""
    builder = TextBuilder()
    facts: list[str] = []
    for line in properties(decode(data)):
        if line.name == "BEGIN":
            facts = []
        elif line.name == "END":
            builder.paragraph("\n".join(facts), pairs=False)
        elif line.name in _PICTURES and line.value:
            message = "Pictures, sounds and keys of contacts are not read."
            builder.notice("stand_in", message)
        elif line.value and (label := _LABELS.get(line.name)):
            facts.append(f"{label}{_kind(line)}: {_format_value(line)}")
        elif line.name == "N" and line.value:
            facts.append(f"Family name: {_format_value(line, most=1)}")
    return builder.parsed(title=PurePosixPath(name).stem, media_type="text/vcard")


def _kind(line: Property) -> str:
    """Return which of several numbers or addresses it is, as its parameters say."""
    types = line.parameters.get("TYPE", "").lower().split(",")
    labels = _KINDS.get(line.name, {})
    kinds = [labels[each] for each in types if each in labels]
    return f" ({', '.join(dict.fromkeys(kinds))})" if kinds else ""


def _format_value(line: Property, *, most: int | None = None) -> str:
    value = line.value
    if line.parameters.get("ENCODING", "").upper() == "QUOTED-PRINTABLE":
        value = decode(quopri.decodestring(value.encode()))
    if line.name in _PARTED:
        parts = (part.strip() for part in value.replace("\\;", "\0").split(";"))
        value = ", ".join(part.replace("\0", ";") for part in parts if part)
        value = ", ".join(value.split(", ")[:most])
    return unescape(value.removeprefix("tel:").removeprefix("mailto:"))
