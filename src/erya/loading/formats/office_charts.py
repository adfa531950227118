"""Charts of Office (DrawingML) as tables, as they were when they were last shown."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from erya.loading.builder import TextBuilder
from erya.loading.formats.number_formats import format_number
from erya.loading.formats.office_parts import paragraphs_of

__all__ = ["add_chart"]

_C: Final = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_AXES: Final = frozenset(f"{_C}{kind}Ax" for kind in ("cat", "val", "date", "ser"))
_SIDES: Final = frozenset(("l", "r"))
_FIRST_DAY: Final = {False: date(1899, 12, 30), True: date(1904, 1, 1)}
_MOST_DAYS: Final = 2_900_000  # up to the year 9999
_MOST_SERIES: Final = 255  # in one chart, as in Excel
_MOST_LEVELS: Final = 9  # of names
_DIGITS: Final = 9  # of the number of a point
_Points = Mapping[int, str]


class _Series(NamedTuple):
    names: _Points  # of the points, or where they stand from left to right
    called: str  # what names are
    columns: list[tuple[str, _Points]]


def add_chart(builder: TextBuilder, chart: Any) -> None:
    """Add a chart's title and its numbers.

    Titles of axes, which often are units, stand with the names of columns. Series that
    share their names are one table.
    """
    title = chart.find(f".//{_C}chart/{_C}title")
    if title is not None:
        builder.paragraph(_words(title))
    late = chart.find(f"{_C}date1904")
    reader = _Reader(is_late=late is not None and late.get("val") in {"1", "true"})
    together: list[_Series] = []
    for series in reader.series(chart):
        others = together and series.names and series.names != together[0].names
        if others or len(together) == _MOST_SERIES:
            _add_table(builder, together)
            together = []
        together.append(series)
    _add_table(builder, together)


def _add_table(builder: TextBuilder, together: list[_Series]) -> None:
    if not together:
        return
    columns = [(together[0].called, together[0].names)]
    columns += [column for series in together for column in series.columns]
    places = sorted({place for _, points in columns for place in points})
    rows = [[points.get(place, "") for _, points in columns] for place in places]
    names = [name for name, _ in columns]
    if any(names):
        builder.table([names, *rows], header=True)
    else:
        builder.table(rows, header=False)


class _Reader:
    def __init__(self, *, is_late: bool) -> None:
        self._first_day = _FIRST_DAY[is_late]

    def series(self, chart: Any) -> Iterator[_Series]:
        axes = {_value(axis, "axId"): axis for axis in chart.iter(*_AXES)}
        for group in chart.iterfind(f".//{_C}plotArea/*"):
            own = [axes.get(each.get("val", "")) for each in group.iter(f"{_C}axId")]
            across, unit = _titles([axis for axis in own if axis is not None])
            for series in group.iterchildren(f"{_C}ser"):
                yield self._read(series, across=across, unit=unit)

    def _read(self, series: Any, *, across: str, unit: str) -> _Series:
        title = series.find(f"{_C}tx")
        words = title.iter(f"{_C}v") if title is not None else ()
        name = next((each.text or "" for each in words), "")
        if unit and unit != name:
            name = f"{name} ({unit})" if name else unit
        columns = [(name, self._points(series, "val") or self._points(series, "yVal"))]
        if sizes := self._points(series, "bubbleSize"):
            columns.append((f"{name} ○", sizes))
        names = self._points(series, "cat")
        if not names and (names := self._points(series, "xVal")):
            across = across or "x"
        return _Series(names, across, columns)

    def _points(self, series: Any, name: str) -> _Points:
        """Return the points of a part of a series by their places."""
        part = series.find(f"{_C}{name}")
        if part is None:
            return {}
        levels = [self._level(level) for level in part.iter(f"{_C}lvl")]
        return _join_levels(levels) if levels else self._level(part)

    def _level(self, part: Any) -> _Points:
        code = next((each.text or "" for each in part.iter(f"{_C}formatCode")), "")
        points = {}
        for point in part.iter(f"{_C}pt"):
            place, value = point.get("idx", ""), point.find(f"{_C}v")
            if place.isdecimal() and len(place) <= _DIGITS and value is not None:
                text = value.text or ""
                points[int(place)] = self._format_point(
                    text, point.get("formatCode", code)
                )
        return points

    def _format_point(self, text: str, code: str) -> str:
        """Return a number as its format shows it, and a day as one."""
        try:
            number = float(text) if code else None
        except ValueError:
            number = None
        if number is None:
            return text
        if _is_day(code) and 0 < number < _MOST_DAYS:
            return (self._first_day + timedelta(days=int(number))).isoformat()
        formatted = format_number(number, code)
        return text if formatted is None else formatted


def _join_levels(levels: list[_Points]) -> _Points:
    """Return names of several levels, the innermost first, with those around them."""
    names = {place: [text] for place, text in levels[0].items()}
    for level in levels[1:_MOST_LEVELS]:
        around = ""
        for place in sorted({*names, *level}):
            around = level.get(place, around)  # up to the next name of this level
            if place in names and around:
                names[place].insert(0, around)
    return {place: " ".join(texts) for place, texts in names.items()}


def _is_day(code: str) -> bool:
    plain = code.lower().partition(";")[0]
    return "yy" in plain and "m" in plain and "h" not in plain


def _titles(axes: list[Any]) -> tuple[str, str]:
    """Return the titles of a group's axes: of its names, and of its numbers."""
    across = unit = ""
    numbers = [axis for axis in axes if axis.tag == f"{_C}valAx"]
    for axis in axes:
        title = axis.find(f"{_C}title")
        words = _words(title) if title is not None else ""
        # Of two axes of numbers the upright one has the values.
        upright = len(numbers) < 2 or _value(axis, "axPos") in _SIDES
        if axis.tag == f"{_C}valAx" and upright:
            unit = words
        else:
            across = across or words
    return across, unit


def _value(parent: Any, name: str) -> str:
    element = parent.find(f"{_C}{name}")
    return element.get("val", "") if element is not None else ""


def _words(title: Any) -> str:
    """Return a title that was typed in, or came from a cell."""
    typed = " ".join(text for _, text in paragraphs_of(title)).strip()
    cells = (each.text or "" for each in title.iter(f"{_C}v"))
    return typed or next(cells, "")
