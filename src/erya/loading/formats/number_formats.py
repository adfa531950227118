"""How a spreadsheet shows a number: the usual formats of ECMA-376, part 1, 18.8.31."""

import datetime as dt
import math
import operator
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Final, Literal, NamedTuple

__all__ = ["changes", "format_number", "format_plain"]

# A piece of a format: text in quotes, a sign that another marks (East Asian programs do
# so by an exclamation mark), room that is left, a currency, a condition, a colour,
# digits, the number as it is, a day of the week, or a sign that stands for itself.
_PIECE: Final = re.compile(
    r'"(?P<quoted>[^"]*)"|[\\!](?P<escaped>.)|_.|\*.|\[\$(?P<currency>[^\]-]*)[^\]]*\]'
    r"|\[(?P<condition>[<>=]{1,2}-?\d{1,15}(?:\.\d{1,15})?)\]"
    r"|\[(?:black|blue|cyan|green|magenta|red|white|yellow|color ?\d+)\]"
    r"|(?P<general>general)|(?P<day>a{3,4}|d{3,4})(?![a-z])"
    r"|(?P<digits>[#0?,.]+)|(?P<sign>[-+$%/():^&\'~{}= xk<>]|[^\x00-\x7f‰\[\]])",
    re.IGNORECASE,
)
_CONDITION: Final = re.compile(r"([<>=]{1,2})(.+)")
_COMPARED: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "=": operator.eq, "<>": operator.ne,
}  # fmt: skip
_BEFORE_THREE: Final = re.compile(r"(?<=\d)(?=(?:\d{3})+$)")
_LONGEST: Final = 255  # characters of a format, as in the programs
_SECTION: Final = re.compile(r'(?:"[^"]*"|[\\!].|\[[^\]]*\]|[^;"\\!\[])*')
_DAYS: Final = "一二三四五六日"
_EPOCH: Final = dt.date(1899, 12, 30)
_LAST_DAY: Final = 2_958_465  # the end of the year 9999

_Kind = Literal["text", "digits", "general", "day"]


class _Piece(NamedTuple):
    """A part of what is shown: a text, or the form of digits or of a day."""

    kind: _Kind
    text: str


class _Section(NamedTuple):
    """How the numbers that a condition holds for are shown."""

    pieces: tuple[_Piece, ...]
    condition: str
    percent: int

    @property
    def form(self) -> str:
        """The digits of all pieces, without what stands between them."""
        return "".join(piece.text for piece in self.pieces if piece.kind == "digits")

    @property
    def words(self) -> str:
        """What stands around the digits."""
        texts = (piece.text for piece in self.pieces if piece.kind == "text")
        return "".join(texts).replace(" ", "")

    def has(self, kind: _Kind) -> bool:
        """Tell whether a piece is of a kind."""
        return any(piece.kind == kind for piece in self.pieces)


def changes(code: str) -> bool:
    """Tell whether a format shows numbers otherwise than they are."""
    return bool(_sections(code))


@lru_cache(maxsize=4_096)
def format_number(value: float, code: str) -> str | None:
    """Return a number as a format shows it.

    A negative number that only a colour marks keeps its sign: text has no colour.

    Args:
        value: The number.
        code: The format, such as `#,##0.00;(#,##0.00)`.

    Returns:
        The text; None where the format is none of the usual ones: a date, a fraction,
        an exponent, digits of another script.
    """
    sections = _sections(code)
    section = _section_for(value, sections) if math.isfinite(value) else None
    if section is None:
        return None
    if section.has("day"):
        return _day(value, section)
    # With a section of their own, negative numbers have their sign there.
    own = value < 0 and _is_of_negatives(section, sections)
    other = sections[section is sections[0] and len(sections) > 1]
    bare = own and section.words in {"", other.words}
    try:
        text, zero = _format_digits(abs(value), section)
    except InvalidOperation:
        return None
    if not text and value:  # to hide it is no way to show it
        return None
    numeric = section.has("digits") or section.has("general")
    minus = "-" if numeric and value < 0 and (bare or not own) and not zero else ""
    return f"{minus}{text}".strip()


def _section_for(value: float, sections: tuple[_Section, ...]) -> _Section | None:
    """Return the first section for a number; the last is for what is left."""
    if not sections:
        return None
    if any(section.condition for section in sections):
        pairs = zip(sections, _conditions(sections), strict=False)
        fits = (each for each, condition in pairs if _holds(value, condition))
        return next(fits, sections[-1])
    if value == 0 and len(sections) > 2:
        return sections[2]
    return sections[1] if value < 0 and len(sections) > 1 else sections[0]


def _conditions(sections: tuple[_Section, ...]) -> list[str]:
    """Return the conditions of all sections but the last, those left out as usual."""
    usual = (">0", "<0") if len(sections) > 2 else (">=0",)
    pairs = zip(sections[:-1], usual, strict=False)
    return [section.condition or condition for section, condition in pairs]


def _is_of_negatives(section: _Section, sections: tuple[_Section, ...]) -> bool:
    """Tell whether a section is for nothing but numbers below zero."""
    if not any(each.condition for each in sections):
        return section is not sections[0]
    conditions = _conditions(sections)
    at = next(at for at, each in enumerate(sections) if each is section)
    own = [*conditions, section.condition][at]
    return not _may_hold_from_zero(own) or (
        at == len(conditions) and any(map(_holds_from_zero, conditions))
    )


def _may_hold_from_zero(condition: str) -> bool:
    """Tell whether a condition holds for zero or any larger number."""
    match = _CONDITION.fullmatch(condition)
    if match is None or match[1].startswith(">") or match[1] == "<>":
        return True
    limit = float(match[2])
    return limit > 0 or (limit == 0 and match[1] != "<")


def _holds_from_zero(condition: str) -> bool:
    """Tell whether a condition holds for zero and all larger numbers."""
    match = _CONDITION.fullmatch(condition)
    return match is not None and (
        (match[1] == ">=" and float(match[2]) <= 0)
        or (match[1] in {">", "<>"} and float(match[2]) < 0)
    )


def _holds(value: float, condition: str) -> bool:
    match = _CONDITION.fullmatch(condition)
    if match is None:
        return False
    compare = _COMPARED.get(match[1])
    return compare is not None and compare(value, float(match[2]))


def _day(value: float, section: _Section) -> str | None:
    if not 1 <= value <= _LAST_DAY:
        return None
    day = _EPOCH + dt.timedelta(days=int(value))
    names = {
        "aaaa": f"星期{_DAYS[day.weekday()]}",
        "aaa": _DAYS[day.weekday()],
        "dddd": f"{day:%A}",
        "ddd": f"{day:%a}",
    }
    parts = (names.get(p.text.lower(), "") if p.kind == "day" else p.text
             for p in section.pieces)  # fmt: skip
    return "".join(parts).strip()


def _format_digits(value: float, section: _Section) -> tuple[str, bool]:
    """Return a number of no sign in a section, and whether its digits are all zeros.

    Raises:
        decimal.InvalidOperation: It has too many digits.
    """
    form = section.form
    whole_form, _, part_form = form.partition(".")
    thousands = len(form) - len(form.rstrip(","))
    thousands += len(whole_form) - len(whole_form.rstrip(",")) if part_form else 0
    most = len(part_form.rstrip(","))
    # As many digits as the programs calculate with; halves go up, as there.
    exact = Decimal(f"{value:.15g}").scaleb(2 * section.percent - 3 * thousands)
    rounded = exact.quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP)
    whole, _, part = f"{rounded:f}".partition(".")
    part = part.rstrip("0").ljust(part_form.count("0"), "0")
    zeros = whole_form.count("0")
    whole = whole.zfill(zeros) if zeros or whole != "0" else ""
    if "," in whole_form.rstrip(","):
        whole = _BEFORE_THREE.sub(",", whole)
    return _lay_out(section, whole, part, value=value), not rounded and section.has(
        "digits"
    )


def _lay_out(section: _Section, whole: str, part: str, *, value: float) -> str:
    """Put digits into their places, from the right; the first takes what is left."""
    pieces = section.pieces
    forms = [piece.text for piece in pieces if piece.kind == "digits"]
    digits: list[str] = []
    if len(forms) > 1:
        for form in reversed(forms[1:]):
            digits.insert(0, whole[-len(form.rstrip(",")) :])
            whole = whole[: -len(form.rstrip(","))]
    digits.insert(0, whole + (f".{part}" if part else ""))
    left = iter(digits)
    return "".join(
        piece.text
        if piece.kind == "text"
        else next(left)
        if piece.kind == "digits"
        else format_plain(value * 100**section.percent)
        for piece in pieces
    )


def format_plain(number: float) -> str:
    """Return a number with the digits that the programs have, without an exponent."""
    digits = f"{number:.15g}"
    return f"{Decimal(digits):f}" if "e+" in digits else digits


@lru_cache(maxsize=1_024)
def _sections(code: str) -> tuple[_Section, ...]:
    """Return the sections of a format; none if one is odd, or hides its numbers."""
    if code.strip().lower() == "general":
        return ()
    texts = _split(code) if len(code) <= _LONGEST else []
    if len(texts) > 1 and "@" in texts[-1]:
        texts.pop()  # of texts
    parsed = tuple(_section(text) for text in texts[:3])
    sections = tuple(section for section in parsed if section is not None)
    # One of nothing shows nothing: a number that is hidden so is read.
    odd = len(sections) < len(parsed) or not (parsed and parsed[0] and parsed[0].pieces)
    return () if odd else sections


def _split(code: str) -> list[str]:
    parts, at = [], 0
    while at <= len(code):
        match = _SECTION.match(code, at)
        end = match.end() if match else at
        parts.append(code[at:end])
        at = end + 1
    return parts


def _section(text: str) -> _Section | None:
    pieces: list[_Piece] = []
    condition, percent, at = "", 0, 0
    while at < len(text):
        match = _PIECE.match(text, at)
        if match is None:
            return None
        at = match.end()
        kind = match.lastgroup
        if kind is None:
            continue
        content = match[kind]
        percent += kind == "sign" and content == "%"
        if kind == "condition":
            condition = content
        elif kind in {"digits", "general", "day"}:
            pieces.append(_Piece(kind, content))  # type: ignore[arg-type]
        else:
            pieces.append(_Piece("text", content))
    return _Section(tuple(pieces), condition, percent) if _is_usual(pieces) else None


def _is_usual(pieces: list[_Piece]) -> bool:
    """Tell a number in its form from fractions, and from grouping by other signs."""
    forms = [piece.text for piece in pieces if piece.kind == "digits"]
    kinds = {piece.kind for piece in pieces} - {"text"}
    if len(kinds) > 1 or "".join(forms).count(".") > 1:
        return False
    if len(forms) < 2:
        return True
    between = any(piece.kind == "text" and "/" in piece.text for piece in pieces)
    inner = (*forms[:-1], forms[-1].rstrip(","))
    return not between and not any("," in form or "." in form for form in inner)
