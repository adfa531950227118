"""Test sets from one's own documents: made, filtered, reviewed, kept in versions."""

from erya.evaluating.questions.exchange import export_examples, import_examples
from erya.evaluating.questions.feedback import Feedback, add_feedback, decide
from erya.evaluating.questions.making import Made, make_questions
from erya.evaluating.questions.versions import keep, restore, save, versions_of

__all__ = [
    "Feedback",
    "Made",
    "add_feedback",
    "decide",
    "export_examples",
    "import_examples",
    "keep",
    "make_questions",
    "restore",
    "save",
    "versions_of",
]
