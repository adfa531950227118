"""From what was read to what is stored: cleaned, masked, enriched, cut, in this order.

All of it happens in the process that read the file, under the same limits, unless it
asks a model or a part that a program brought along.
"""

from erya.preparing.cleaning import CLEANING, check_cleaning, clean_document
from erya.preparing.enriching import ENRICHING, Enrichment, languages_of
from erya.preparing.further import Ready, further_work, made_ready
from erya.preparing.preparation import Preparation, unsearched

__all__ = [
    "CLEANING",
    "ENRICHING",
    "Enrichment",
    "Preparation",
    "Ready",
    "check_cleaning",
    "clean_document",
    "further_work",
    "languages_of",
    "made_ready",
    "unsearched",
]
