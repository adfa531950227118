"""From what was read to what is stored: cleaned, enriched, masked, in this order."""

from dataclasses import dataclass, field
from typing import Final

from erya.guarding import Masking
from erya.loading import Enrichment, clean_document
from erya.records import Document

__all__ = ["Preparation"]

_CLEANING: Final = ("normalise", "boilerplate", "duplicates", "quality")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """What is done with a document before it is cut and stored.

    Attributes:
        cleaning: Steps of cleaning; what they leave out stays in the text.
        enrichment: What is told of it in its metadata.
        masking: Writes over personal data; None leaves it.
    """

    cleaning: tuple[str, ...] = _CLEANING
    enrichment: Enrichment = field(default_factory=Enrichment)
    masking: Masking | None = None

    @property
    def recipe(self) -> str:
        """What documents are read anew for when it changes."""
        told = [*self.cleaning, *self.enrichment.steps]
        if self.enrichment.model is not None:
            told.append("model")
        if self.enrichment.names:
            told.append(str(len(self.enrichment.names)))
        if self.masking is not None:
            kept = "" if self.masking.keep_original else "!"
            told.append(f"mask{kept}:{'+'.join(sorted(self.masking.kinds))}")
        return ",".join(told)

    def prepare(self, document: Document) -> Document:
        """Return the document as it is stored.

        Raises:
            UsageError: There is no step of a name.
        """
        return self.mask(
            self.enrichment.enrich(clean_document(document, self.cleaning))
        )

    def mask(self, document: Document) -> Document:
        """Return the document with personal data written over, if that is asked for."""
        return document if self.masking is None else self.masking.mask(document)

    def kept(self, document: Document, original: bytes) -> bytes | None:
        """Return the original if it is kept: not that of masked data, if so asked."""
        unkept = self.masking is not None and not self.masking.keep_original
        return None if unkept and document.masked else original
