"""Personal data masked in a document: what is stored and searched lacks it."""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from erya.guarding.base import PersonalDataDetector
from erya.guarding.rules import PersonalDataRules
from erya.metadata import GIVEN
from erya.records import Document, Span

__all__ = ["Masking"]

_SIGN: Final = "*"
_BLANK: Final = re.compile(r"\s")
# Of what documents say of themselves, that which names no person.
_IMPERSONAL: Final = frozenset((
    "category", "categories", "cleaned", "created", "creationdate", "date",
    "description", GIVEN, "keyword", "keywords", "modified", "programming_language",
    "subject", "tag", "tags", "url",
))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Masking:
    """Writes a sign over each character of what is found; offsets stay as they are.

    Attributes:
        kinds: The kinds that are masked, as the detector names them; empty masks all.
        keep_original: Whether the original bytes are kept, for the owner alone.
        detector: Finds it.
    """

    kinds: frozenset[str] = frozenset()
    keep_original: bool = True
    detector: PersonalDataDetector = field(default_factory=PersonalDataRules)

    def _is_impersonal(self, key: str, metadata: Mapping[str, str]) -> bool:
        """Tell whether an entry of metadata names nobody who is not to be named."""
        if self.kinds and "person" not in self.kinds:
            return True
        return key in _IMPERSONAL or key in metadata.get(GIVEN, "").split(", ")

    def mask(self, document: Document) -> Document:
        """Return the document as it is stored, with `masked` telling where.

        The original is private even if nothing is found: a file holds more than its
        text, such as comments and attachments.

        `metadata["masked"]` counts what was found; the title and what the document
        says of itself are masked as well, and its author is not named.
        """
        hits = self._find(document.text)
        counts = Counter(kind for kind, _ in hits)
        summary = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
        metadata = {
            key: self._mask_text(value)
            for key, value in document.metadata.items()
            # A name by itself has no form.
            if self._is_impersonal(key, document.metadata)
        }
        return replace(
            document,
            text=_overwrite(document.text, [span for _, span in hits]),
            title=self._mask_text(document.title),
            metadata={**metadata, "masked": summary} if summary else metadata,
            masked=tuple(span for _, span in hits),
            # What a file holds beside its text, nobody has looked through.
            private_original=True,
        )

    def _mask_text(self, text: str) -> str:
        return _overwrite(text, [span for _, span in self._find(text)])

    def _find(self, text: str) -> list[tuple[str, Span]]:
        return [
            (each.kind, Span(each.start, each.end))
            for each in self.detector.find(text)
            if not self.kinds or each.kind in self.kinds
        ]


def _overwrite(text: str, spans: Collection[Span]) -> str:
    """Return `text` with a sign for each character of the spans but blanks."""
    parts = []
    at = 0
    for start, end in spans:
        inner = text[start:end]
        parts += [
            text[at:start],
            "".join(sign if _BLANK.match(sign) else _SIGN for sign in inner),
        ]
        at = end
    return "".join((*parts, text[at:]))
