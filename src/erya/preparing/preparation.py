"""How a document is cleaned, masked and enriched, in this order.

Masked before anything is said of it: a keyword lacks the words around it by which
personal data is known, and no chat model reads what is masked.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from erya.guarding import KINDS, RULES, Masking
from erya.preparing.cleaning import check_cleaning, clean_document
from erya.preparing.enriching import Enrichment
from erya.records import Document, Notice

__all__ = ["Preparation", "unsearched"]

_MASK: Final = ",mask:"  # in the pipeline version of documents that were masked

_MASKED: Final = re.compile(rf"{_MASK}[^:]*:([\w+-]*)")
_CLEANING: Final = ("normalise", "duplicates", "quality")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """What is done with a document before it is cut and stored.

    Attributes:
        cleaning: Steps of cleaning; what they leave out stays in the text.
        enrichment: What is said of it in its metadata.
        masking: Writes over personal data; None leaves it.
    """

    cleaning: tuple[str, ...] = _CLEANING
    enrichment: Enrichment = field(default_factory=Enrichment)
    masking: Masking | None = None

    @property
    def recipe(self) -> str:
        """What documents are read anew for when it changes."""
        entries = [*self.cleaning, *self.enrichment.steps]
        if self.enrichment.model is not None:
            entries.append(f"model {self.enrichment.model_name}")
        if self.enrichment.names:
            names = "\n".join(sorted(self.enrichment.names)).encode()
            entries.append(hashlib.sha256(names).hexdigest()[:8])
        return ",".join(["", *entries]) + self.masks

    def unmasks(self, pipeline_version: str) -> bool:
        """Tell whether documents of a version had more masked than this masks."""
        match = _MASKED.search(pipeline_version)
        if match is None:
            return False
        before = frozenset(filter(None, match[1].split("+"))) or KINDS
        now = (self.masking.kinds or KINDS) if self.masking else frozenset()
        return not before <= now

    @property
    def masks(self) -> str:
        """The part of the recipe that tells what is masked, and how."""
        if self.masking is None:
            return ""
        kept = "" if self.masking.keep_original else "!"
        return f"{_MASK}{RULES}{kept}:{'+'.join(sorted(self.masking.kinds))}"

    def check(self) -> None:
        """Refuse steps that there are not.

        Raises:
            UsageError: There is no step of a name.
        """
        check_cleaning(self.cleaning)

    def prepare(
        self, document: Document, *, on_step: Callable[[], None] = lambda: None
    ) -> Document:
        """Return the document as it is stored.

        Args:
            document: As it was read.
            on_step: Called after each step.

        Raises:
            UsageError: There is no step of a name.
        """
        for step in (self._clean, self.mask, self.enrichment.enrich):
            document = step(document)
            on_step()
        return document

    def _clean(self, document: Document) -> Document:
        return clean_document(document, self.cleaning)

    def mask(self, document: Document) -> Document:
        """Return the document with personal data written over, if that is asked for."""
        return document if self.masking is None else self.masking.mask(document)

    def kept(self, document: Document, original: bytes) -> bytes | None:
        """Return the original if it is kept: not if masking forbids it."""
        unkept = self.masking is not None and not self.masking.keep_original
        return None if unkept and document.private_original else original


def unsearched(document: Document) -> tuple[Notice, ...]:
    """Say so if nothing of a document is searched, since all of it is left out."""
    if not all(block.omitted for block in document.blocks):
        return ()
    reasons = ", ".join(sorted({block.omitted for block in document.blocks}))
    message = (
        f"It was read, but nothing of it is searched ({reasons}). If that is wrong, "
        "leave that step out of `clean`, and read it again."
    )
    return (Notice("nothing_searched", message),)
