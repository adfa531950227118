"""The size and the language of a text, without a model."""

import re
from typing import Literal

__all__ = ["HAN", "count_tokens", "language_of", "run_together", "token_ends"]

# Unified ideographs with extension A, compatibility ideographs, and the planes beyond.
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

_HAN = re.compile(f"[{HAN}]")
_LATIN = re.compile("[A-Za-z]")
# From Greek to Mongolian, kana, and hangul.
_OTHER = re.compile(
    "[\u0370-\u1cff\u3040-\u30ff\ua960-\ua97f\uac00-\ud7ff\ufb1d-\ufdff\ufe70-\ufefc]"
)
# Up to six letters or digits of an alphabetic script; any other visible character.
_TOKEN = re.compile(r"[A-Za-z0-9\u00c0-\u024f\u0370-\u052f]{1,6}|\S")


def count_tokens(text: str) -> int:
    """Estimate how many tokens a BERT-like subword tokenizer makes of `text`.

    One for every six letters, begun, of a word, and one for each Chinese character and
    each sign. An empty text has none. The estimate is for cutting text to a size before
    any model is known; where a model's limit counts, ask its tokenizer.
    """
    return len(_TOKEN.findall(text))


def token_ends(text: str) -> list[int]:
    """Return where each token that `count_tokens` counts ends, as offsets."""
    return [match.end() for match in _TOKEN.finditer(text)]


def language_of(text: str) -> Literal["zh", "en", ""]:
    """Return `zh` or `en`, whichever `text` mostly is; empty if it is neither.

    A Chinese character says about as much as two thirds of an English word, so a text
    is Chinese when it has more Chinese characters than half its Latin letters.
    """
    han = len(_HAN.findall(text))
    latin = len(_LATIN.findall(text))
    if len(_OTHER.findall(text)) > han // 4 + latin:
        return ""
    if han * 2 > latin:
        return "zh"
    return "en" if latin else ""


def run_together(text: str) -> str:
    """Return `text` without white space and case, to compare what was wrapped."""
    return "".join(text.split()).casefold()
