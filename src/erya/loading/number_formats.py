"""How a spreadsheet shows a number: the usual formats of ECMA-376, part 1, 18.8.31."""

import math
import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Final, NamedTuple

__all__ = ["changes", "shown"]

# A piece of a format: text in quotes, a sign after a backslash, room that is left, a
# currency, a colour, digits, or a sign that stands for itself.
_PIECE: Final = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*.|\[\$(?P<currency>[^\]-]*)[^\]]*\]'
    r"|\[(?:black|blue|cyan|green|magenta|red|white|yellow|color ?\d+)\]"
    r"|(?P<digits>[#0?,.]+)|(?P<sign>[-+$¢£¤¥€￥%/():!^&'~{}= ])",
    re.IGNORECASE,
)
_DIGITS: Final = re.compile(r"(?P<whole>[#0?,]*[#0?]|)(?:\.(?P<part>[#0?]*))?")
_BEFORE_THREE: Final = re.compile(r"(?<=\d)(?=(?:\d{3})+$)")
_LONGEST: Final = 255  # characters of a format, as in the programs
_SECTION: Final = re.compile(r'(?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\\[])*')


class _Section(NamedTuple):
    """How one sign of numbers is shown: what stands before and behind the digits."""

    before: str
    after: str
    zeros: int
    grouped: bool
    least: int
    most: int
    percent: bool
    digits: bool


def changes(code: str) -> bool:
    """Tell whether a format shows numbers otherwise than they are."""
    return bool(_sections(code))


@lru_cache(maxsize=4_096)
def shown(value: float, code: str) -> str | None:
    """Return a number as a format shows it.

    Args:
        value: The number.
        code: The format, such as `#,##0.00;(#,##0.00)`.

    Returns:
        The text; None where the format is none of the usual ones: a date, a fraction,
        an exponent, thousands left out, a condition.
    """
    sections = _sections(code)
    if not sections or not math.isfinite(value):
        return None
    own = value < 0 and len(sections) > 1
    section = sections[1] if own else sections[0]
    if value == 0 and len(sections) > 2:
        section = sections[2]
    if not section.digits:
        return section.before
    try:
        # As many digits as the programs calculate with; halves go up, as there.
        exact = Decimal(f"{abs(value):.15g}") * (100 if section.percent else 1)
        rounded = exact.quantize(Decimal(1).scaleb(-section.most), ROUND_HALF_UP)
    except InvalidOperation:
        return None
    whole, _, part = f"{rounded:f}".partition(".")
    kept = part.rstrip("0").ljust(section.least, "0")
    whole = whole.zfill(section.zeros) if section.zeros or whole != "0" else ""
    if section.grouped:
        whole = _BEFORE_THREE.sub(",", whole)
    minus = "-" if value < 0 and not own and rounded else ""
    number = f"{whole}.{kept}" if kept else whole
    return f"{minus}{section.before}{number}{section.after}".strip()


@lru_cache(maxsize=1_024)
def _sections(code: str) -> tuple[_Section, ...]:
    """Return the sections for positive, negative and no numbers; none if one is odd."""
    found: list[_Section] = []
    texts = _split(code) if len(code) <= _LONGEST else []
    if len(texts) > 1 and "@" in texts[-1]:
        texts.pop()  # of texts
    for text in texts[:3]:
        section = _section(text)
        if section is None or not (section.digits or found):
            return ()
        found.append(section)
    return tuple(found)


def _split(code: str) -> list[str]:
    parts, at = [], 0
    while at <= len(code):
        match = _SECTION.match(code, at)
        end = match.end() if match else at
        parts.append(code[at:end])
        at = end + 1
    return parts


def _section(text: str) -> _Section | None:
    before, after, digits, at = "", "", "", 0
    percent = False
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None:
            return None
        at = piece.end()
        if told := piece["digits"]:
            if digits:
                return None  # a fraction, or digits with signs between them
            digits = told
            continue
        sign = piece[piece.lastgroup] if piece.lastgroup else ""
        percent = percent or (sign == "%" and piece.lastgroup == "sign")
        if digits:
            after += sign
        else:
            before += sign
    parts = _DIGITS.fullmatch(digits)
    if parts is None:
        return None
    whole, part = parts["whole"], parts["part"] or ""
    return _Section(
        before, after, whole.count("0"), "," in whole, part.count("0"), len(part),
        percent, bool(digits),
    )  # fmt: skip
