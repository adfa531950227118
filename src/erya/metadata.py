"""What the team says of its documents, beside what they say of themselves."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Final

from erya.errors import UsageError

__all__ = [
    "GIVEN",
    "OWN_METADATA",
    "given_in",
    "given_suffix",
    "parse_metadata",
    "with_given",
    "without_given",
]

GIVEN: Final = "given"  # the entry that names those that the team gave
OWN_METADATA: Final = frozenset(("cleaned", GIVEN, "masked"))  # Erya writes them
# What a filter asks of the document itself.
_OTHERS: Final = frozenset(
    ("document", "id", "lang", "language", "media_type", "source", "type", "under")
)
_KEY: Final = re.compile(r"[^\s()\"'<>=!,]{1,80}")
_LONGEST: Final = 1_000  # characters of a value
_MOST: Final = 50
_SUFFIX: Final = re.compile(",given:[0-9a-f]{16}")


def parse_metadata(entries: Iterable[str]) -> dict[str, str]:
    """Read entries as people write them: `department=hr`, `tag=policy`.

    An entry that comes twice has both values, as a list: `hr, legal`.

    Raises:
        UsageError: One is no such entry, or has a name that means something else.
    """
    found: dict[str, str] = {}
    for entry in entries:
        key, sign, value = (part.strip() for part in entry.partition("="))
        key = {"tag": "tags"}.get(key, key)
        if not sign or not value or not _KEY.fullmatch(key):
            msg = f"Metadata is KEY=VALUE, as department=hr, got {entry!r:.80}."
            raise UsageError(msg)
        if key.lower() in _OTHERS | OWN_METADATA:
            msg = f"{key!r} is no name for metadata: Erya knows it of a document."
            raise UsageError(msg)
        found[key] = f"{found[key]}, {value}" if key in found else value
        if len(found[key]) > _LONGEST or len(found) > _MOST:
            msg = (
                f"Metadata may have {_MOST} entries of {_LONGEST:,} characters; "
                f"{key!r} is too much."
            )
            raise UsageError(msg)
    return found


def with_given(metadata: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return what a document says of itself, and over it what the team says."""
    told = {key: metadata[key] for key in metadata if key != GIVEN}
    return {**told, **given, GIVEN: ", ".join(given)} if given else told


def given_in(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return what the team has said of a document that has such metadata."""
    names = metadata.get(GIVEN, "").split(", ")
    return {name: metadata[name] for name in names if name in metadata}


def given_suffix(given: Mapping[str, str]) -> str:
    """Return what is added to the recipe of documents that had it given."""
    if not given:
        return ""
    packed = json.dumps(dict(given), sort_keys=True, ensure_ascii=False).encode()
    return f",given:{hashlib.sha256(packed).hexdigest()[:16]}"


def without_given(recipe: str) -> str:
    """Return a recipe without that."""
    return _SUFFIX.sub("", recipe)
