"""Put pieces of a page's lines together, as lines and as running text."""

import re
from collections.abc import Sequence
from typing import Final

from erya.loading.pdf.boxes import joined
from erya.loading.pdf.lines import NONE, Line, Piece

__all__ = ["by_lines", "flat", "is_broken", "running"]


def by_lines(pieces: Sequence[Piece]) -> list[Line]:
    """Put pieces at one height into one line, from left to right.

    Args:
        pieces: From the top.
    """
    lines: list[Line] = []
    for piece in pieces:  # from the top
        middle = (piece.box.top + piece.box.bottom) / 2
        if lines and lines[-1][0].box.bottom <= middle <= lines[-1][0].box.top:
            lines[-1].append(piece)
        else:
            lines.append([piece])
    return [sorted(line, key=lambda piece: piece.box.left) for line in lines]


_LAST_WORD: Final = re.compile(r"(?<![A-Za-z])[A-Za-z]+$")
_FIRST_WORD: Final = re.compile(r"[a-z]+")
# Words that begin many pairs with a hyphen, and endings that make one word with them.
_FIRST_OF_PAIRS: Final = frozenset(
    ("e", "x", "t", "long", "short", "high", "low", "well", "self", "full", "half",
     "real", "hard", "soft", "top", "end", "one", "two", "three", "four", "five", "six",
     "first", "second", "third", "time", "cost", "year", "open", "large", "small",
     "single", "double", "user", "world", "so")
)  # fmt: skip
_ENDINGS: Final = frozenset(
    ("ly", "ness", "ing", "ings", "er", "ers", "est", "ed", "en", "ity", "age", "ages",
     "ish", "ful", "less", "ware", "able", "al", "ally", "ize", "ized",
     "ism", "ic", "ics", "ical", "ling", "le", "ry", "ship", "hood", "some",
     "ward", "wards", "like", "ier", "y", "s", "es", "dom", "ten", "tic", "tics",
     "lar", "lier", "cial", "ciety", "lution", "ends", "ens",
     "tern")
)  # fmt: skip


# 178,320. and 00; 1,200,0 and 00.00; but not 12 and 15, which are whole.
_MORE_FIGURES: Final = re.compile(r"[\d,]{0,12}(?:\.\d{1,4})?[%)元]?")
_MORE_OF_CODE: Final = re.compile(
    r"(?!\d{2,4}-\d\d-\d\d)\d[A-Z0-9]{0,12}(?:-[A-Z0-9]{1,12}){0,4}"
)
_BEGUN_NUMBER: Final = re.compile(
    r"[-+(]?[$€£¥￥]?(?:\d{1,3}(?:,\d{3})*(?:,\d{0,2})?|\d+)(?:\.\d?)?"
)
_WHOLE_NUMBER: Final = re.compile(
    r"[-+(]?[$€£¥￥]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d{2,4})?[%)元]?"
)
_CODE: Final = re.compile(r"[A-Z]{1,6}[-_]?\d{3,}|[A-Z]{1,6}[-A-Z0-9]*-\d+")


def flat(line: Sequence[Piece]) -> Piece:
    """Return a line as one piece: wide gaps become a blank."""
    if len(line) == 1:
        return line[0]
    text, numbers = line[0].text, [*line[0].numbers]
    box = line[0].box
    for piece in line[1:]:
        text += " "
        numbers.append(NONE)
        text += piece.text
        numbers += piece.numbers
        box = joined(box, piece.box)
    return Piece(text, numbers, box, line[0].size, line[0].base, line[-1].hyphen)


def running(lines: Sequence[Piece]) -> tuple[str, list[int]]:
    """Join lines as one text: with a blank, but not in Chinese or in a cut word."""
    text, numbers = "", []
    cut = True  # nothing stands before the first line
    for line in lines:
        joint = _joint(text, line.text, cut=cut)
        text += joint
        numbers += [NONE] * len(joint)
        cut = line.hyphen
        text += line.text
        numbers += line.numbers
    return text, numbers


def _joint(above: str, below: str, *, cut: bool) -> str:
    """Return what stands between the end of a line and the next line.

    A hyphen before or behind a digit or a capital is of a code or a date, and one
    between two whole words is of both (long-term, e-mail): not of a word that is cut.
    """
    before, after = above[-2:], below[0]
    if cut:
        of_a_word = before[-1:].islower() and after.islower()
        return "" if not before or (of_a_word and not _is_pair(above, below)) else "-"
    of_a_code = before[-1] == "-" and before[:1].isalnum() and not after.islower()
    chinese = _is_chinese(before[-1]) and _is_chinese(after)
    return "" if chinese or (of_a_code and after.isalnum()) else " "


def is_broken(above: str, below: str) -> bool:
    """Tell whether a number or a code goes on in the next line of a narrow cell.

    A number does that is none without it, or has one decimal of two; a code does if
    the next line begins with a digit as well.
    """
    if _CODE.fullmatch(above):
        is_shorter = len(below) < len(above)  # what is left over of a full line
        return is_shorter and _MORE_OF_CODE.fullmatch(below) is not None
    return (
        _WHOLE_NUMBER.fullmatch(above) is None
        and _BEGUN_NUMBER.fullmatch(above) is not None
        and _MORE_FIGURES.fullmatch(below) is not None
        and _WHOLE_NUMBER.fullmatch(above + below) is not None
    )


def _is_pair(above: str, below: str) -> bool:
    """Tell whether a hyphen between two lines joins two words that are whole."""
    first = _LAST_WORD.search(above[-20:])
    second = _FIRST_WORD.match(below)
    return (
        first is not None
        and second is not None
        and first[0].lower() in _FIRST_OF_PAIRS
        and second[0] not in _ENDINGS
    )


def _is_chinese(character: str) -> bool:
    return "\u2e80" <= character <= "\u9fff" or "\uf900" <= character <= "\uffef"
