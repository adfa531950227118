"""Questions that need no model, from the sentences and the structure of a document.

Each has its answer in the document, word for word, and asks for it in words that are
not all the document's own, in another order. Fewer and better: what would not be
understood without the page is not asked.
"""

import re
from collections.abc import Iterator
from typing import Final

from erya.evaluating.questions import chinese, english
from erya.evaluating.questions.drafts import Draft, setting_of
from erya.evaluating.questions.outlines import ask_heading, ask_lists
from erya.evaluating.questions.tables import ask_labels, ask_tables
from erya.evaluating.questions.wording import Wording
from erya.language import language_of, sentences
from erya.records import Chunk

__all__ = ["drafts"]

_EXCEPTION: Final = re.compile(
    r"\s*(?:但|除|确[实因需]|另有|因特殊|有特殊|however|but|except|unless)",
    re.IGNORECASE,
)
_LONGEST: Final = 320  # characters of a sentence that a question is made of


def drafts(chunk: Chunk, *, wording: Wording | None = None) -> Iterator[Draft]:
    """Yield questions whose answers stand in `chunk`; none for a text of fragments.

    Args:
        chunk: What to ask about.
        wording: The words of the base; those of Erya alone if there are none.
    """
    language = language_of(chunk.text)
    if not language:
        return
    setting = setting_of(chunk, wording or Wording.of(), language=language)
    yield from ask_tables(chunk, setting)
    yield from ask_labels(chunk, setting)
    yield from ask_lists(chunk, setting)
    ask = chinese.ask_sentence if language == "zh" else english.ask_sentence
    first = True
    for span in sentences(chunk.text):
        sentence = chunk.text[span.start : span.end]
        if " | " in sentence or (language == "zh" and "\n" in sentence):
            continue
        if len(sentence) > _LONGEST or sentence.endswith(("?", "？", ":", "：")):
            continue
        if first and (draft := ask_heading(chunk, sentence, setting)):
            yield draft
        first = False
        excepted = _EXCEPTION.match(chunk.text, span.end) is not None
        for draft in ask(sentence, setting):
            # The next sentence takes back what this one says without condition.
            if not (excepted and draft.kind == "yes or no"):
                yield draft
