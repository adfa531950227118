"""Amounts and ranges of amounts: 3万元 is in 1万元以上5万元以下, 7 days in "up to 10".

Money, times, lengths and the like are compared with what is of their kind; a number
without a unit with any, because the unit may stand in the name of its column.
"""

import re
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from erya.language.fact_finding import han_value
from erya.language.normalizing import normal_text

__all__ = ["Limits", "limits"]

# The units of a kind, and how many of the smallest they are.
_KINDS: Final = {
    "money": (("元|块钱?|圆|rmb|cny|yuan|eur|euros?|usd|dollars?|gbp|[$€£¥]", 1),),
    "time": (
        ("个?小时|hours?|hrs?|h", 1),
        ("个?工作日|天|日|(?:working |business |calendar )?days?", 24),
        ("个?星期|周|weeks?", 168),
        ("个?月|months?", 720),
        ("年|years?", 8760),
    ),
    "length": (("公里|千米|km|kilomet(?:re|er)s?", 1000), ("米|m|met(?:re|er)s?", 1)),
    "weight": (("吨|tons?|tonnes?", 1_000_000), ("公斤|千克|kg", 1000), ("克|g", 1)),
    "people": (("人|名|people|persons?|employees?|staff", 1),),
    "share": (("%|percent|per cent", 1),),
    "degrees": (("° ?c?|℃|度|degrees?", 1),),
}
_UNITS: Final = tuple(
    (re.compile(units), kind, factor)
    for kind, all_units in _KINDS.items()
    for units, factor in all_units
)
_UNIT: Final = "|".join(
    f"(?:{units})(?![a-z])" for all_units in _KINDS.values() for units, _ in all_units
)
_SCALES: Final = {"千": 10**3, "k": 10**3, "万": 10**4, "亿": 10**8, "million": 10**6}
_LEAST: Final = (
    "不少于|不低于|不小于|超过|大于|高于|多于|满|≥|>=?|over|above|more than|at least"
    "|exceeding|greater than|from"
)
_MOST: Final = (
    "不超过|不高于|不大于|不多于|低于|小于|少于|不足|不满|未满|≤|<=?|up to|under"
    "|below|less than|at most|no more than|not exceeding|within"
)
_LEAST_WORD: Final = re.compile(_LEAST)
_ABOVE: Final = r"及?以上| ?\b(?:or|and) (?:more|above|over|longer)|\+(?!\d)"
_BELOW: Final = r"及?以下|(?:以|之)?内| ?\b(?:or|and) (?:less|below|under|fewer)"
# The amount itself is not within such a range.
_OPEN: Final = re.compile(
    "超过|大于|高于|多于|>|over|above|more than|exceeding|greater than"
    "|低于|小于|少于|不足|不满|未满|<|under|below|less than"
)
_NOTE: Final = r"(?: ?[(][^()]{0,12}[)])?"  # 5万元(含)以下
_NUMBER: Final = (
    r"(?<![a-z\d第.,:])(?<![a-z]-)(?!(?:19|20)\d\d年)"
    r"\d[\d,]{0,20}(?:\.\d{1,6})?(?!\d)"
)
_HAN_NUMBER: Final = (
    "(?<!第)[一二三四五六七八九十百千两]{1,8}(?=[万亿元块天个年日小公周米人名以])"
)
_AMOUNT: Final = re.compile(
    rf"(?P<before>{_MOST}|{_LEAST})? ?"
    rf"(?P<sign>[$€£¥]|(?:eur|usd|gbp|cny|rmb)(?= ?\d))? ?"
    rf"(?P<number>{_NUMBER}|{_HAN_NUMBER})"
    rf" ?(?P<scale>[千万亿]|k(?![a-z])|million)?"
    rf" ?(?:-?(?P<unit>{_UNIT})|(?![a-z])){_NOTE}"
    rf"(?:(?P<above>{_ABOVE})|(?P<below>{_BELOW}))?{_NOTE}"
    rf"(?: ?(?P<last>{_UNIT}))?"  # 10 or more people
)
_TO: Final = re.compile(r" ?(?:[-–—~至到]|to|and) ?")
_AND: Final = re.compile(r" ?(?:[-–—~至到,、且但]|to|and|but)? ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """An amount, or all amounts from one to another.

    Attributes:
        low: The least; None where there is no least.
        high: The most; None where there is no most.
        is_above: Whether `low` itself is not among them.
        is_below: Whether `high` itself is not.
        kind: Money, time and so on; "" where no unit stands at it.
        factor: How many of the smallest unit of its kind the unit is.
    """

    low: float | None
    high: float | None
    is_above: bool = False
    is_below: bool = False
    kind: str = ""
    factor: int = 1

    @property
    def is_range(self) -> bool:
        """Whether it is more than one amount."""
        return self.low != self.high or self.is_above

    def is_of_kind(self, other: "Limits") -> bool:
        """Tell whether the two can be compared."""
        return not (self.kind and other.kind) or self.kind == other.kind

    def covers(self, other: "Limits") -> bool:
        """Tell whether `other`, an amount or some of a range, is in it."""
        if not self.is_of_kind(other):
            return False
        if self.kind != other.kind:  # what has no unit may be in that of the other
            return _bare(self).covers(_bare(other))
        too_low = _is_less(other.high, self.low, is_open=other.is_below | self.is_above)
        too_high = _is_less(
            self.high, other.low, is_open=self.is_below | other.is_above
        )
        return not too_low and not too_high


def _bare(limit: Limits) -> Limits:
    """Return the numbers without their unit."""
    low, high = (
        end if end is None else end / limit.factor for end in (limit.low, limit.high)
    )
    return replace(limit, low=low, high=high, kind="", factor=1)


def _is_less(value: float | None, other: float | None, *, is_open: bool) -> bool:
    if value is None or other is None:
        return False
    return value < other or (is_open and value == other)


def limits(text: str) -> list[Limits]:
    """Return the amounts and ranges that a text names, in order."""
    normal = normal_text(text)
    read = list(map(_read, _AMOUNT.finditer(normal)))
    amounts: list[Limits] = []
    at = 0
    while at < len(read):
        joined = _join(normal, *read[at : at + 2]) if at + 1 < len(read) else None
        amounts.append(joined or read[at].limits)
        at += 2 if joined else 1
    return amounts


class _Amount(NamedTuple):
    """A number as it is written, and what stands around it."""

    start: int
    end: int
    number: float
    scale: int
    factor: int
    kind: str
    is_least: bool
    is_most: bool
    is_open: bool

    @property
    def value(self) -> float:
        return self.number * self.scale * self.factor

    @property
    def limits(self) -> Limits:
        return Limits(
            low=None if self.is_most else self.value,
            high=None if self.is_least else self.value,
            is_above=self.is_least and self.is_open,
            is_below=self.is_most and self.is_open,
            kind=self.kind,
            factor=self.factor,
        )


def _read(match: re.Match[str]) -> _Amount:
    before, digits = match["before"] or "", match["number"]
    unit = match["unit"] or match["sign"] or match["last"] or ""
    kind, factor = _kind_of(unit)
    is_least = bool(match["above"]) or _LEAST_WORD.fullmatch(before) is not None
    return _Amount(
        start=match.start(),
        end=match.end(),
        number=float(digits.replace(",", ""))
        if digits[0].isascii()
        else han_value(digits),
        scale=_SCALES.get(match["scale"] or "", 1),
        factor=factor,
        kind=kind,
        is_least=is_least,
        is_most=not is_least and bool(match["below"] or before),
        is_open=_OPEN.fullmatch(before) is not None,
    )


def _kind_of(unit: str) -> tuple[str, int]:
    kinds = ((kind, factor) for units, kind, factor in _UNITS if units.fullmatch(unit))
    return next(kinds, ("", 1))


def _join(text: str, first: _Amount, second: _Amount) -> Limits | None:
    """Return what reaches from one amount to the next, if something does."""
    if first.is_most or second.is_least:
        return None
    if first.kind and second.kind and first.kind != second.kind:
        return None
    between = text[first.end : second.start]
    # 1万元以上5万元以下, or 1-5万元.
    link = _AND if first.is_least and second.is_most else _TO
    if not link.fullmatch(between):
        return None
    if not first.kind:  # what stands at the second goes for both
        scaled = first._replace(factor=second.factor, kind=second.kind)
        above = scaled._replace(scale=second.scale)
        first = above if first.scale == 1 and above.value < second.value else scaled
    if first.value >= second.value:
        return None
    return Limits(
        low=first.value,
        high=second.value,
        is_above=first.is_least and first.is_open,
        is_below=second.is_most and second.is_open,
        kind=second.kind or first.kind,
        factor=second.factor if second.kind else first.factor,
    )
