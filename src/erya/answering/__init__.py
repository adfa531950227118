"""Turn evidence into an answer whose every sentence points to its source.

An answerer takes a question and evidence and returns a draft: sentences with citations,
not yet checked. It never searches, and never shows what was not given to it.
"""

from erya.answering.base import Answerer, Draft
from erya.answering.completing import COMPLETED, completed, may_be_cut
from erya.answering.extracting import (
    ExtractedValue,
    Extraction,
    check_schema,
    extract_values,
)
from erya.answering.extractive import ExtractiveAnswerer
from erya.answering.grounded import (
    GroundedAnswerer,
    draft_from,
    passages_text,
)
from erya.answering.prompted import PromptedAnswerer
from erya.answering.summarizing import summarize

__all__ = [
    "COMPLETED",
    "Answerer",
    "Draft",
    "ExtractedValue",
    "Extraction",
    "ExtractiveAnswerer",
    "GroundedAnswerer",
    "PromptedAnswerer",
    "check_schema",
    "completed",
    "draft_from",
    "extract_values",
    "may_be_cut",
    "passages_text",
    "summarize",
]
