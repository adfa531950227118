"""Letters of the fonts Symbol and Wingdings: what they show, in Unicode.

After Adobe's Symbol encoding and the names of Unicode's "Dingbats" proposal; signs that
mean nothing to a reader (pieces of brackets, ornaments) are a bullet.
"""

from typing import Final

__all__ = ["decode_symbols"]

_SYMBOL: Final = dict(
    zip(
        (*range(0x20, 0x7F), *range(0xA0, 0xE6), 0xF1, 0xF2),
        " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩ"
        "ΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°"
        "±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑〉∫",
        strict=True,
    )
)


def _numbers(first: int, signs: str) -> dict[int, str]:
    return dict(enumerate(signs, first))


_WINGDINGS: Final = {
    0x28: "☎", 0x2A: "✉", 0x4A: "☺", 0x4C: "☹", 0x6C: "●", 0x6D: "○",
    0x6E: "■", 0x6F: "☐", 0x71: "☐", 0x72: "☐", 0x78: "☒", 0xA1: "○",
    0xA7: "▪", 0xA8: "☐", 0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓",
    0xE7: "←", 0xE8: "→", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒",
    0xFE: "☑", 0xE3: "↖", 0xE4: "↗", 0xE5: "↙", 0xE6: "↘",
    **_numbers(0x80, "⓪①②③④⑤⑥⑦⑧⑨⑩"), **_numbers(0x8B, "⓿❶❷❸❹❺❻❼❽❾❿"),
}  # fmt: skip
_WINGDINGS_2: Final = {
    0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒",
    0x97: "●", 0xA3: "☐", 0x2A: "☐", 0x30: "☐",
    **_numbers(0x69, "⓪①②③④⑤⑥⑦⑧⑨⑩"), **_numbers(0x74, "⓿❶❷❸❹❺❻❼❽❾❿"),
}  # fmt: skip
_WINGDINGS_3: Final = {
    0x66: "←", 0x67: "→", 0x68: "↑", 0x69: "↓", 0x70: "▲", 0x71: "▼", 0x72: "△",
    0x73: "▽", 0x74: "◀", 0x75: "▶", 0x76: "◁", 0x77: "▷",
}  # fmt: skip
_WEBDINGS: Final = {
    0x33: "◀", 0x34: "▶", 0x35: "▲", 0x36: "▼", 0x61: "✔", 0x63: "☐", 0x67: "■",
    0x6E: "●", 0x72: "✘", 0xC8: "☎",
}  # fmt: skip
_FONTS: Final = {
    "symbol": _SYMBOL, "wingdings": _WINGDINGS, "wingdings 2": _WINGDINGS_2,
    "wingdings 3": _WINGDINGS_3, "webdings": _WEBDINGS,
}  # fmt: skip
_PRIVATE: Final = 0xF000  # where Word keeps the letters of such fonts


def decode_symbols(font: str, text: str) -> str:
    """Return what `text` shows in a font: of other fonts, itself.

    Letters of Symbol are Greek; a sign of Wingdings that is not known is a bullet.
    """
    signs = _FONTS.get(font.strip().lower())
    if signs is None:
        return text
    return "".join(_decode_symbol(signs, letter) for letter in text)


def _decode_symbol(signs: dict[int, str], letter: str) -> str:
    code = ord(letter)
    private = _PRIVATE <= code <= _PRIVATE + 0xFF
    code -= _PRIVATE if private else 0
    if code > 0x7E and not private:
        # A letter of Unicode, which another font shows; but programs keep signs of
        # Wingdings so as well: "à" is an arrow, "þ" a box.
        return letter if signs is _SYMBOL else signs.get(code, letter)
    return signs.get(code) or (letter if letter.isspace() else "•")
