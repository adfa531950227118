"""Check an answer against the documents before anybody sees it.

Every citation must be an exact span of its document; the numbers, codes and names of a
sentence must occur in what it cites, and it must not deny what its source says. A
sentence that fails is marked, never hidden; one in other words than its source is
`cited`, not `supported`: to compare what they mean takes a model.
"""

from erya.verifying.base import (
    MARK,
    Check,
    Objection,
    ReadDocument,
    Verification,
    verify,
)
from erya.verifying.checks import (
    check_denials,
    check_facts,
    check_spans,
    check_words,
    cited_text,
    foreign_fact,
)

__all__ = [
    "MARK",
    "Check",
    "Objection",
    "ReadDocument",
    "Verification",
    "check_denials",
    "check_facts",
    "check_spans",
    "check_words",
    "cited_text",
    "foreign_fact",
    "verify",
]
