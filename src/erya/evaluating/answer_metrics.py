"""How near an answer comes to the accepted ones, by their words.

All are 0 to 1, take the best of the accepted answers, and are 0 for an empty answer.
Chinese is counted by characters, everything else by words; case and full-width forms
do not matter.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from erya.language import HAN

__all__ = ["ANSWER_METRICS", "bleu", "contains", "exact_match", "f1", "rouge_l"]

_ARTICLES: Final = frozenset(("a", "an", "the"))
_UNIT = re.compile(rf"[{HAN}]|[^\s{HAN}]+")
_SHORT_ANSWER: Final = 3  # characters: 能, 可以, 有, 需要
_NGRAM: Final = 4


def exact_match(answer: str, accepted: Sequence[str]) -> float:
    """Return 1 if the answer is an accepted one, articles and punctuation aside.

    As in the script of SQuAD: Rajpurkar and others, "SQuAD: 100,000+ Questions for
    Machine Comprehension of Text" (2016).
    """
    words = _normal(answer)
    return float(bool(words) and any(words == _normal(each) for each in accepted))


def contains(answer: str, accepted: Sequence[str]) -> float:
    """Return 1 if an accepted answer stands within the answer, blanks aside.

    Not within a word or a number: 5 is not in 25 or 2.5, art not in party. A short
    Chinese answer is not in its own denial: 能 not in 不能.
    """
    text = _fold(answer)
    return float(any(_within(_fold(each), text) for each in accepted))


def f1(answer: str, accepted: Sequence[str]) -> float:
    """Return the F1 over words shared, as in the script of SQuAD."""
    return max((_f1(_normal(answer), _normal(each)) for each in accepted), default=0.0)


def rouge_l(answer: str, accepted: Sequence[str]) -> float:
    """Return the F1 over the longest common subsequence.

    Lin, "ROUGE: A Package for Automatic Evaluation of Summaries" (2004), without
    stemming.
    """
    words = _words(answer)
    return max((_lcs_f1(words, _words(each)) for each in accepted), default=0.0)


def bleu(answer: str, accepted: Sequence[str]) -> float:
    """Return BLEU of up to four words against all accepted answers together.

    Papineni and others, "BLEU: a Method for Automatic Evaluation of Machine
    Translation" (2002), for one answer as sacrebleu does it: an order without a match
    counts half of the one before, and orders that the answer is too short for do not
    count.
    """
    tokens = _words(answer)
    references = [words for each in accepted if (words := _words(each))]
    if not tokens or not references:
        return 0.0
    logs: list[float] = []
    missed = 1.0
    for order in range(1, min(_NGRAM, len(tokens)) + 1):
        ours = _ngrams(tokens, order)
        theirs: Counter[tuple[str, ...]] = Counter()
        for reference in references:
            theirs |= _ngrams(reference, order)
        shared = (ours & theirs).total()
        if not shared:
            missed *= 2
        logs.append(math.log((shared or 1 / missed) / ours.total()))
        if order == 1 and not shared:
            return 0.0
    nearest = min(
        (len(words) for words in references),
        key=lambda length: (abs(length - len(tokens)), length),
    )
    brevity = min(0.0, 1 - nearest / len(tokens))
    return math.exp(brevity + math.fsum(logs) / len(logs))


ANSWER_METRICS: Final[dict[str, Callable[[str, Sequence[str]], float]]] = {
    "exact_match": exact_match,
    "contains": contains,
    "f1": f1,
    "rouge_l": rouge_l,
    "bleu": bleu,
}


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _within(accepted: str, text: str) -> bool:
    letters = "".join(accepted.split())
    if not letters:
        return False
    before, after = _edges(letters)
    pattern = r"\s*".join(map(re.escape, letters))
    return re.search(before + pattern + after, text) is not None


def _edges(letters: str) -> tuple[str, str]:
    """Return what may not stand before and after, so that a word or number is whole."""
    before = after = ""
    if len(letters) <= _SHORT_ANSWER and _UNIT.match(letters) and not letters.isascii():
        before = "(?<![不没沒未无無非别])"
    if letters[0].isascii() and letters[0].isalnum():
        before = r"(?<![0-9a-z])"
    if letters[-1].isascii() and letters[-1].isalnum():
        after = r"(?![0-9a-z])"
    if letters[0].isdigit():
        before += r"(?<!\d[.,])"
    if letters[-1].isdigit():
        after += r"(?![.,]\d)"
    return before, after


def _words(text: str) -> list[str]:
    """Return words without the punctuation around and in them, Han one by one."""
    units = (
        "".join(c for c in unit if unicodedata.category(c)[0] not in "PS")
        for unit in _UNIT.findall(_fold(text))
    )
    return [unit for unit in units if unit]


def _normal(text: str) -> list[str]:
    return [word for word in _words(text) if word not in _ARTICLES]


def _f1(words: Sequence[str], accepted: Sequence[str]) -> float:
    shared = (Counter(words) & Counter(accepted)).total()
    return _harmonic(shared, len(words), len(accepted))


def _lcs_f1(words: Sequence[str], accepted: Sequence[str]) -> float:
    row = [0] * (len(accepted) + 1)
    for word in words:
        above = 0
        for i, other in enumerate(accepted, start=1):
            above, row[i] = (
                row[i],
                above + 1 if word == other else max(row[i], row[i - 1]),
            )
    return _harmonic(row[-1], len(words), len(accepted))


def _harmonic(shared: int, size: int, accepted: int) -> float:
    return 2 * shared / (size + accepted) if shared else 0.0


def _ngrams(words: Sequence[str], order: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(words[i:] for i in range(order)), strict=False))
