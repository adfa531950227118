r"""Fields of Word that show signs without text in the file: EQ and SYMBOL.

`EQ \f(3,4)` draws a fraction, `EQ \o\ac(○,5)` a number in a circle, and a phonetic
guide of old files is an `EQ` with its letters in it (ECMA-376, part 1, 17.16).
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from erya.language import lowered, raised
from erya.loading.formats.symbols import decode_symbols

__all__ = ["draws", "field_text"]

_DRAWS: Final = re.compile(r"\s*(?:EQ|SYMBOL)\b", re.IGNORECASE)
_SYMBOL: Final = re.compile(
    r'\s*SYMBOL\s+"?(?P<code>0x[0-9a-f]{1,6}|\d{1,7}|.)"?(?P<rest>.*)',
    re.IGNORECASE | re.DOTALL,
)
_FONT: Final = re.compile(r'\\f\s*(?:"([^"]*)"|(\S+))', re.IGNORECASE)
# A word for what to draw and its options, or a sign that stands for itself.
_SWITCH: Final = re.compile(r"\\(?:([a-z]{1,3}) ?(-?\d{1,4})?|(.))", re.IGNORECASE)
_GUIDE: Final = re.compile(
    r"\\\*\s*jc", re.IGNORECASE
)  # readings above Chinese letters
_FORMAT: Final = re.compile(r'\\\*\s*(?:"[^"]*"|\w+)(?:\s*"[^"]*")?')
_TEXT: Final = re.compile(r"[^\\(),;]+")
_LONGEST: Final = 2_000  # characters of a field
_DEEPEST: Final = 20
_CIRCLES: Final = frozenset("○◯〇O")
_CIRCLED: Final = {str(n): chr(0x2460 + n - 1) for n in range(1, 21)}
_Write = Callable[[Sequence[str], Sequence[str], str], str]


def draws(code: str) -> bool:
    """Tell whether a field's code is of one that draws what it shows."""
    return _DRAWS.match(code) is not None


def field_text(code: str, *, before: str, font: str = "") -> str:
    r"""Return what a field shows that draws it.

    Args:
        code: The code of the field, as `EQ \f(3,4)`.
        before: What stands before it in its line.
        font: The font of the field.
    """
    if (sign := _SYMBOL.match(code)) is not None:
        return _symbol(sign, font)
    code = code[:_LONGEST].strip()[2:]
    is_guide = _GUIDE.search(code) is not None
    return _Equation(_FORMAT.sub("", code), before, is_guide=is_guide).read()


def _symbol(match: re.Match[str], font: str) -> str:
    token, rest = match["code"].lower(), match["rest"]
    if token.isdecimal() or token.startswith("0x"):
        code = int(token, 16 if token.startswith("0x") else 10)
    else:
        return match["code"]
    named = _FONT.search(rest)
    if named is not None:
        font = named[1] or named[2] or ""
    if "\\u" not in rest.lower() and code < 0x100 and font:
        sign = decode_symbols(font, chr(0xF000 + code))
        if sign != chr(0xF000 + code):
            return sign
        return bytes([code]).decode("cp1252", "replace")
    return chr(code) if 0x20 <= code < 0x110000 and not 0xD800 <= code < 0xE000 else ""


class _Equation:
    """Reads the code of an `EQ` field once, from its beginning to its end."""

    def __init__(self, code: str, before: str, *, is_guide: bool) -> None:
        self._code = code
        self._is_guide = is_guide
        self._at = 0
        self._line = before

    def read(self) -> str:
        parts = []
        while self._at < len(self._code):
            parts.append(self._sequence(depth=0))
            if self._at < len(self._code):  # a bracket or comma that opens nothing
                parts.append(self._code[self._at])
                self._at += 1
        return "".join(parts).strip()

    def _sequence(self, *, depth: int) -> str:
        """Return what stands up to a comma or the end of a bracket."""
        text = ""
        while self._at < len(self._code) and self._code[self._at] not in "),;":
            if match := _TEXT.match(self._code, self._at):
                self._at = match.end()
                text += match[0]
            elif self._code[self._at] == "\\" and depth < _DEEPEST:
                text += self._draw(text, depth=depth)
            else:
                text += self._code[self._at]
                self._at += 1
        return text

    def _draw(self, before: str, *, depth: int) -> str:
        """Return what a word, its options and its parts in a bracket draw."""
        options: list[str] = []
        while (match := _SWITCH.match(self._code, self._at)) is not None:
            self._at = match.end()
            if match[3] is not None:
                return match[3]  # a sign that would mean something without a stroke
            options.append(match[1].lower())
            if options[-1] in {"lc", "rc", "bc", "fc", "vc"}:
                options[-1] += self._sign()
            while self._code.startswith(" ", self._at):
                self._at += 1
        if not self._code.startswith("(", self._at) or not options:
            self._at += not options
            return ""
        parts = self._parts(depth=depth + 1)
        if self._is_guide and options[0] == "s":
            return ""  # a reading, which repeats what is below it
        write = _WRITERS.get(options[0])
        line = before or self._line
        return write(parts, options[1:], line) if write else "".join(parts)

    def _sign(self) -> str:
        r"""Return the sign behind an option for one, such as `\lc\[`."""
        while self._code.startswith(("\\", " "), self._at):
            self._at += 1
        sign = self._code[self._at : self._at + 1]
        self._at += 1
        return sign

    def _parts(self, *, depth: int) -> list[str]:
        parts = []
        self._at += 1  # the bracket
        while self._at < len(self._code):
            parts.append(self._sequence(depth=depth).strip())
            self._at += 1
            if self._code[self._at - 1 : self._at] in {")", ""}:
                break
        return parts


def _stack(parts: Sequence[str], options: Sequence[str], before: str) -> str:
    """Return what is above or below the line."""
    text = "".join(parts)
    write = lowered if "do" in options else raised
    return write(text, before=before)


def _overstrike(parts: Sequence[str], _options: Sequence[str], _before: str) -> str:
    """Return signs drawn over each other: a number in a circle, or all of them."""
    around = [part for part in parts if part in _CIRCLES]
    inside = [part for part in parts if part not in _CIRCLES]
    if around and len(inside) == 1:
        return _CIRCLED.get(inside[0], f"({inside[0]})")
    return "".join(parts)


def _fraction(parts: Sequence[str], _options: Sequence[str], _before: str) -> str:
    above, below = (*parts, "", "")[:2]
    return f"\\frac{{{above}}}{{{below}}}"


def _root(parts: Sequence[str], _options: Sequence[str], _before: str) -> str:
    if len(parts) > 1:
        return f"\\sqrt[{parts[0]}]{{{parts[1]}}}"
    return f"\\sqrt{{{''.join(parts)}}}"


def _integral(parts: Sequence[str], options: Sequence[str], _before: str) -> str:
    low, high, inside = (*parts, "", "", "")[:3]
    sign = "\\sum" if "su" in options else "\\prod" if "pr" in options else "\\int"
    return f"{sign}_{{{low}}}^{{{high}}}{inside}"


def _bracket(parts: Sequence[str], options: Sequence[str], _before: str) -> str:
    left, right = "(", ")"
    for option in options:
        if option.startswith("bc"):
            left = option[2:]
            right = {"(": ")", "[": "]", "{": "}", "<": ">"}.get(left, left)
        elif option.startswith("lc"):
            left, right = option[2:], "" if right == ")" else right
        elif option.startswith("rc"):
            right, left = option[2:], "" if left == "(" else left
    return f"{left}{''.join(parts)}{right}"


_WRITERS: Final[dict[str, _Write]] = {
    "f": _fraction,
    "r": _root,
    "s": _stack,
    "o": _overstrike,
    "i": _integral,
    "b": _bracket,
    "a": lambda parts, _options, _before: " \\\\ ".join(parts),
    "l": lambda parts, _options, _before: ", ".join(parts),
    "d": lambda parts, _options, _before: f" {''.join(parts)}",
}
