"""What a line is drawn through on a page of a PDF: it is not valid any more."""

from collections.abc import Sequence
from typing import Final

from erya.loading.looks import STRUCK
from erya.loading.pdf.characters import SEVERAL, Signs
from erya.loading.pdf.lines import NONE, Line, Piece
from erya.loading.pdf.ruling_lines import RulingLine

__all__ = ["mark_struck"]

_LOWEST: Final = 0.2  # of the height of letters: lower ones are drawn below them
_HIGHEST: Final = 0.75
_FEWEST: Final = 2  # signs: a bar through one is a letter of some alphabets
_APART: Final = 0.5  # of the size of letters, at most, from its ends to theirs
_MOST_LOOKED_AT: Final = 200_000  # pairs of a rule and a piece of a line


def mark_struck(
    signs: Signs, lines: Sequence[Line], horizontal_lines: Sequence[RulingLine]
) -> bool:
    """Write marks around signs that a rule goes through, from the first to the last.

    A rule that begins or ends elsewhere is of a table or a drawing.

    Returns:
        Whether there are any; lines are then to be made anew.
    """
    pieces = [piece for line in lines for piece in line]
    if len(pieces) * len(horizontal_lines) > _MOST_LOOKED_AT:
        return False
    ends: set[tuple[int, int]] = set()
    for rule in horizontal_lines:
        for piece in pieces:
            if _goes_through(rule, piece):
                ends.update(_struck_ends(signs, rule, piece))
    if not ends:  # as on nearly all pages
        return False
    units = list(signs.units)
    for first, last in ends:
        _mark(signs, units, first, before=STRUCK)
        _mark(signs, units, last, behind=STRUCK)
    signs.units = "".join(units)
    return True


def _goes_through(rule: RulingLine, piece: Piece) -> bool:
    height = piece.box.top - piece.box.bottom
    low, high = (piece.box.bottom + height * share for share in (_LOWEST, _HIGHEST))
    apart = _APART * piece.size
    return (
        low < rule.at < high
        and piece.box.left - apart < rule.start
        and rule.end < piece.box.right + apart
    )


def _struck_ends(signs: Signs, rule: RulingLine, piece: Piece) -> list[tuple[int, int]]:
    """Return the first and the last sign of a piece that a rule goes through."""
    boxes = {
        number: signs.box(number)
        for number in piece.numbers
        if number != NONE and not signs.units[number].isspace()
    }
    inside = [
        number
        for number, box in boxes.items()
        if rule.start <= (box.left + box.right) / 2 <= rule.end
    ]
    if len(inside) < _FEWEST:
        return []
    first, last = inside[0], inside[-1]
    apart = _APART * piece.size
    fits = (
        abs(boxes[first].left - rule.start) < apart
        and abs(boxes[last].right - rule.end) < apart
    )
    return [(first, last)] if fits else []


def _mark(
    signs: Signs, units: list[str], number: int, *, before: str = "", behind: str = ""
) -> None:
    sign = signs.several.get(number, units[number])
    signs.several[number] = before + sign + behind
    units[number] = SEVERAL
