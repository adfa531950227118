"""From what was read to what is stored: cleaned, masked, enriched, cut, in this order.

All of it happens in the process that read the file, under the same limits, unless it
asks a model or a part that a program brought along.
"""

from erya.preparing.further import Ready, further_work, made_ready
from erya.preparing.preparation import MASKED, Preparation, unsearched

__all__ = [
    "MASKED",
    "Preparation",
    "Ready",
    "further_work",
    "made_ready",
    "unsearched",
]
