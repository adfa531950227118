"""What Erya knows about Chinese and English text.

Terms for the index, sentences for quoting, and the size of a text in tokens. It never
changes a text: whatever is folded or cut here is for comparing and counting only.
"""

from erya.language.facts import Fact, facts
from erya.language.sentences import sentences
from erya.language.terms import (
    ANALYSIS,
    Terms,
    document_terms,
    is_code,
    query_terms,
    terms,
)
from erya.language.tokens import count_tokens, language_of

__all__ = [
    "ANALYSIS",
    "Fact",
    "Terms",
    "count_tokens",
    "document_terms",
    "facts",
    "is_code",
    "language_of",
    "query_terms",
    "sentences",
    "terms",
]
