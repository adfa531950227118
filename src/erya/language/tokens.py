"""The size and the language of a text, without a model."""

import re
from typing import Literal

__all__ = ["HAN", "count_tokens", "language_of"]

# Unified ideographs with extension A, compatibility ideographs, and the planes beyond.
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

_HAN = re.compile(f"[{HAN}]")
_KANA_OR_HANGUL = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_PIECE = re.compile(f"[{HAN}\u3040-\u30ff\uac00-\ud7af]|[^\\W_]+|[^\\w\\s]|_")
_WORD_PIECE = 6  # characters of an alphabetic word that one subword token covers


def count_tokens(text: str) -> int:
    """Estimate how many tokens a BERT-like subword tokenizer makes of `text`.

    One for each Chinese character and each sign; one for every six characters, begun,
    of any other word. An empty text has none. The estimate is for cutting text to a
    size before any model is known; where a model's limit counts, ask its tokenizer.
    """
    return sum(
        1 if len(piece) == 1 else -(-_word_size(piece) // _WORD_PIECE)
        for piece in _PIECE.findall(text)
    )


def _word_size(word: str) -> int:
    """A word's length; a run of Han inside a mixed word counts each character."""
    return len(word) + (_WORD_PIECE - 1) * len(_HAN.findall(word))


def language_of(text: str) -> Literal["zh", "en", ""]:
    """Return `zh` or `en`, whichever `text` mostly is; empty if it is neither.

    A Chinese character says about as much as two thirds of an English word, so a text
    is Chinese when it has more Chinese characters than half its Latin letters.
    """
    han = len(_HAN.findall(text))
    latin = sum(character.isascii() and character.isalpha() for character in text)
    if len(_KANA_OR_HANGUL.findall(text)) > han // 4 + latin:
        return ""
    if han * 2 > latin:
        return "zh"
    return "en" if latin else ""
