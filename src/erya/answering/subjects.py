"""Whether a line speaks of what a question names, or of another of the same kind.

The row of another person, the figures of another year and the office of another town
answer nothing, however near they are in words and meaning.
"""

import re
from collections.abc import Sequence
from typing import Final

from erya.answering.questions import BACKGROUND, Intent
from erya.language import (
    Limits,
    is_row,
    language_of,
    limits,
    normal_text,
    question_words,
    terms,
)

__all__ = ["fits_amounts", "has_cell", "is_about"]

# A year, and no sum: 2,000 euros, 2000 元, $2000.
_YEAR: Final = re.compile(
    r"(?<![\d$€£¥￥])(?<!\d[.,])((?:19|20)\d\d)(?!\d|[.,]\d)"
    r"(?!\s?(?:[元圆块欧人名个個件台字米克%€]|yuan|euros?|dollars?|pounds?|people|words"
    r"|employees|items|[kKM]?m\b|k?g\b|[A-Z]{3}\b))"
)
_YEARS: Final = re.compile(
    r"(?<!\d)((?:19|20)\d\d)\s?(?:[-–—~至到]|to)\s?((?:19|20)\d\d)(?!\d)"
)
_MONTH: Final = re.compile(r"(?<!\d)(?:19|20)\d\d\s?[-/.年]\s?\d{1,2}(?!\d)")
_LONGEST_TIME: Final = 200  # years
# Who asks for the most of all, for a sum or by a value, names no row.
_OVER_ALL: Final = re.compile(
    r"\b(?:most|least|highest|lowest|largest|smallest|longest|shortest|cheapest"
    r"|earliest|latest|total|all|any|every|each|average)\b"
    r"|最|总共|一共|合计|共有|所有|全部|任何|每[个種种]|平均",
    re.IGNORECASE,
)
_PRONOUN: Final = re.compile(r"(?:It|He|She|They|This|These|That|There)\b")
_OTHER_NAME: Final = re.compile(r"(?<=[a-z,;] )[A-Z][a-z\u00df-\u017f]{2,}\b")
_SENTENCE_END: Final = re.compile(r"[.!?]\s|\n")
_SHORTEST: Final = 2  # characters of a word that tells a row from another


def is_about(
    question: str, intent: Intent, *, line: str, before: str, above: str
) -> bool:
    """Tell whether a line may answer, by the names, years and rows that it is of.

    Args:
        question: What is asked.
        intent: The same, understood.
        line: A sentence, or a row of a table without the names of its columns.
        before: What stands before it in its passage.
        above: The title, the headings and the name of the file; of a row also the
            names of the columns, and the text around the table.
    """
    if not _is_of_year(question, line, above):
        return False
    if intent.exact or intent.several:
        return True
    if is_row(line):
        # In another language all words are others.
        same = not any(map(str.isalpha, line)) or (
            (language_of(question) == "zh") == (language_of(line) == "zh")
        )
        return not same or _is_of_row(question, intent, line, around=above)
    if not intent.names or language_of(question) == "zh":  # a name is written otherwise
        return True
    near = line
    if _PRONOUN.match(line):  # of whom the sentence before speaks
        near = f"{_SENTENCE_END.split(before.rstrip('. '))[-1]} {line}"
    return _is_of_name(intent, near, above)


def has_cell(line: str, question: str) -> bool:
    """Tell whether a row has a cell whose words all stand in a question, as they are.

    张伟 is in a question that names him, and not in one that names 张伟民.
    """
    asked = normal_text(question)
    cells = (normal_text(cell).strip() for cell in line.strip("| ").split(" | "))
    return any(
        re.search(rf"(?<![a-z0-9]){re.escape(cell)}(?![a-z0-9])", asked)
        for cell in cells
        if len(cell) >= _SHORTEST and not cell.isdigit()
    )


def fits_amounts(asked: Sequence[Limits], text: str) -> bool | None:
    """Tell whether a text is for an amount that is asked about: 3万 is in 1万元以上.

    None where it gives no range of such amounts.
    """
    ranges = [each for each in limits(text) if each.is_range]
    own = [r for r in ranges if any(r.is_of_kind(amount) for amount in asked)]
    return any(r.covers(amount) for r in own for amount in asked) if own else None


def _is_of_year(question: str, line: str, above: str) -> bool:
    """Tell whether a line is not of other years alone than those that are asked for."""
    asked, told = _years(question), _years(line)
    return not (asked and told) or not asked.isdisjoint(told | _years(above))


def _years(text: str) -> set[int]:
    """Return the years that a text names, those of a span all."""
    found = {int(year) for year in _YEAR.findall(text)}
    for first, last in _YEARS.findall(text):
        if 0 < int(last) - int(first) < _LONGEST_TIME:
            found |= {*range(int(first), int(last) + 1)}
    return found


def _is_of_row(question: str, intent: Intent, line: str, *, around: str) -> bool:
    """Tell whether a row has a word that is asked about in one of its cells.

    What the names of its columns and the text around it have tells no row from another.
    Of a name it has all or nothing: another Berger is somebody else.
    """
    there, known = terms(line), terms(around)
    for name in intent.names:
        own = [terms(part) for part in name.split()]
        parts = [part <= there for part in own if not part <= known]
        if any(parts) and not all(parts):
            return False
    if _OVER_ALL.search(question):
        return True
    asked = _years(question)
    # A row of a month tells nothing of the year, and one of no year nothing of any.
    of_month = asked and _MONTH.search(line) is not None
    of_none = asked.isdisjoint(_years(line) | _years(around))
    numbers = _YEAR.sub("", question) if of_month or of_none else question
    if any(map(str.isdigit, numbers)):
        return True
    words = [
        word
        for word in question_words(question)
        if len("".join(word)) >= _SHORTEST and not _YEAR.fullmatch("".join(word))
    ]
    telling = [word for word in words if not {*word} <= known]
    return not telling or any({*word} <= there for word in words)


def _is_of_name(intent: Intent, near: str, above: str) -> bool:
    """Tell whether a sentence is of the names of the question, or of nobody else."""
    words = {part.lower() for name in intent.names for part in name.split()}
    told = terms(f"{near}\n{above}")
    if any(terms(part) <= told for part in words):
        return True
    others = _OTHER_NAME.findall(near)  # how a sentence begins tells no name
    return all(other in BACKGROUND for other in others)
