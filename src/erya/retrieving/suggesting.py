"""Whether a question was misspelt, or has a word that the documents happen to lack."""

import re
from dataclasses import replace

from erya.models import common_words
from erya.records import Evidence

__all__ = ["keep_likely"]

_WORD = re.compile(r"[^\W\d_]+")


def keep_likely(found: Evidence, question: str) -> Evidence:
    """Leave out a suggestion that puts a right word right: clause is not cause."""
    if not found.suggestion:
        return found
    asked, meant = (_words(text) for text in (question, found.suggestion))
    return replace(found, suggestion="") if (asked - meant) & common_words() else found


def _words(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(text)}
