"""What stands at the edge of page after page: running heads, feet, page numbers.

Known by their place: lines at one height near an edge, on many pages, whose words come
again when digits are left aside.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from erya.loading.pdf.boxes import Box
from erya.loading.pdf.lines import Line

__all__ = ["HeadersFooters", "Parted", "learn_headers_footers", "sample_of"]

_ZONE: Final = 0.12  # of a page's height, above and below
_STEP: Final = 4.0  # points: lines this near to each other stand at one height
_LEAST_PAGES: Final = 3
_SHARE: Final = 0.4  # of the pages that have a line there
_AGAIN: Final = 0.6  # of those whose words stand there on another page, too
_SAMPLE: Final = 40  # pages that are looked at
_DIGITS: Final = re.compile(r"\d+|\b[ivxlcdm]{1,6}\b|[一二三四五六七八九十百]+")


class _Place(NamedTuple):
    """A height, in steps from the upper or the lower edge."""

    edge: str
    step: int


class Parted(NamedTuple):
    """The lines of a page."""

    heads: list[Line]
    body: list[Line]
    feet: list[Line]


@dataclass(frozen=True, slots=True)
class HeadersFooters:
    """Where the running heads of a document stand."""

    places: frozenset[_Place]

    def part(self, lines: Sequence[Line], page: Box) -> Parted:
        """Take the running heads and feet out of a page's lines."""
        if not self.places:
            return Parted([], list(lines), [])
        places = [self._place(line, page) for line in lines]
        # The names of a table's columns may stand above on every page.
        tables = {
            piece.grid
            for line, place in zip(lines, places, strict=True)
            for piece in line
            if place is None and piece.grid is not None
        }
        parted = Parted([], [], [])
        for line, place in zip(lines, places, strict=True):
            if place is None or any(piece.grid in tables for piece in line):
                parted.body.append(line)
            else:
                (parted.heads if place.edge == "top" else parted.feet).append(line)
        # A page with nothing else is a page of a few words, such as a title.
        return parted if parted.body else Parted([], list(lines), [])

    def _place(self, line: Line, page: Box) -> _Place | None:
        """Return the place of a running head; None of another line."""
        place = _place(line, page)
        is_known = place is not None and any(
            _Place(place.edge, place.step + near) in self.places for near in (0, -1, 1)
        )
        return place if is_known else None


def sample_of(count: int) -> list[int]:
    """Return the pages to look at, from 0: all, or some that are spread evenly.

    Of long documents two that follow each other are taken together, since left and
    right pages often differ.
    """
    if count <= _SAMPLE:
        return list(range(count))
    pairs = (count * at // (_SAMPLE // 2) for at in range(_SAMPLE // 2))
    return sorted(
        {page for first in pairs for page in (first, min(first + 1, count - 1))}
    )


def learn_headers_footers(
    pages: Sequence[tuple[Sequence[Line], Box]],
) -> HeadersFooters:
    """Learn where running heads stand, from the lines and the edges of some pages."""
    at: dict[_Place, dict[int, str]] = defaultdict(dict)
    for number, (lines, page) in enumerate(pages):
        for line in lines:
            place = _place(line, page)
            if place is not None:
                words = " ".join(piece.text for piece in line)
                before = at[place].get(number, "")
                at[place][number] = f"{before} {_DIGITS.sub('#', words.casefold())}"
    return HeadersFooters(
        frozenset(
            place
            for place, words_by_page in at.items()
            if _runs(words_by_page, len(pages))
        )
    )


def _runs(words_by_page: dict[int, str], pages: int) -> bool:
    if len(words_by_page) < max(_LEAST_PAGES, _SHARE * pages):
        return False
    times = Counter(words_by_page.values())
    again = sum(count for count in times.values() if count > 1)
    return again >= _AGAIN * len(words_by_page)


def _place(line: Line, page: Box) -> _Place | None:
    height = page.top - page.bottom
    top, bottom = max(p.box.top for p in line), min(p.box.bottom for p in line)
    if page.top - bottom < _ZONE * height:
        return _Place("top", round((page.top - bottom) / _STEP))
    if top - page.bottom < _ZONE * height:
        return _Place("bottom", round((bottom - page.bottom) / _STEP))
    return None
