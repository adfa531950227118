"""Check an answer against the documents before anybody sees it.

Every citation must be an exact span of its document; the numbers, codes and names of a
sentence must occur in what it cites. A sentence that fails is marked, never hidden.
Whether a source contradicts a sentence takes a model and comes beside these checks.
"""

from erya.verifying.base import MARK, Check, verify
from erya.verifying.checks import check_facts, check_spans, cited_text, foreign_fact

__all__ = [
    "MARK",
    "Check",
    "check_facts",
    "check_spans",
    "cited_text",
    "foreign_fact",
    "verify",
]
