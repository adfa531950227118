"""The numbers of lists of pages, which a browser writes and readers cite."""

import re
from dataclasses import dataclass
from typing import Final

from selectolax.lexbor import LexborHTMLParser

__all__ = ["NumberedList", "count_reversed", "value_of_item"]

_START: Final = re.compile(r'(?:^|\s)start="(-?\d{1,9})"')
_VALUE: Final = re.compile(r'(?:^|\s)value="(-?\d{1,9})"')
_TYPE: Final = re.compile(r'(?:^|\s)type="([aAiI一])"')
_REVERSED: Final = re.compile(r"(?:^|\s)reversed(?:[\s=]|$)")
_WORD: Final = {"i": "lowerRoman", "I": "upperRoman", "一": "chineseCounting"}
_MOST_ROMAN: Final = 3_999


@dataclass(slots=True)
class NumberedList:
    """Counts the items of a list."""

    number: int
    type: str
    step: int

    @classmethod
    def of(cls, attributes: str) -> "NumberedList":
        """Begin a list with the attributes of its tag."""
        start, type_ = _START.search(attributes), _TYPE.search(attributes)
        return cls(
            number=int(start[1]) if start else 1,
            type=type_[1] if type_ else "1",
            step=-1 if _REVERSED.search(attributes) else 1,
        )

    def next_mark(self) -> str:
        """Return what stands before the next item, and count it."""
        number = self.number
        self.number += self.step
        if self.type in {"a", "A"} and number > 0:
            letters = _letters(number)
            return f"{letters if self.type == 'a' else letters.upper()}."
        if self.type in _WORD and 0 < number <= _MOST_ROMAN:
            from erya.loading.formats.docx_numbering import (  # noqa: PLC0415 - loads python-docx
                format_list_number,
            )

            return f"{format_list_number(number, _WORD[self.type])}."
        return f"{number}."


def value_of_item(attributes: str) -> int | None:
    """Return the number that an item gives itself, from which others go on."""
    value = _VALUE.search(attributes)
    return int(value[1]) if value else None


def count_reversed(tree: LexborHTMLParser) -> None:
    """Let lists that count down begin with the number of their items."""
    for node in tree.css("ol[reversed]:not([start])"):
        items = sum(child.tag == "li" for child in node.iter())
        node.attrs["start"] = str(items)


def _letters(number: int) -> str:
    """Write a number in letters: z is followed by aa, and that by ab."""
    text = ""
    while number:
        number, letter = divmod(number - 1, 26)
        text = chr(ord("a") + letter) + text
    return text
