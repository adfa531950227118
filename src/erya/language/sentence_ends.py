"""Sentence ends of Chinese and English, and of other languages in Latin letters."""

import re
from typing import Final

from erya.records import Span

__all__ = ["LIST_MARK", "sentences"]

# What stands before an item of a list, with the blanks after it.
LIST_MARK = re.compile(r"(?:[-*•·●]|\d{1,3}(?:[)、]|\.(?!\d))|[（(]\d{1,3}[）)])\s*")

_CLOSING = "\"'”’」』）)】》〉\\]"
# A Chinese end, an English end before space or the end of the text, or a line's end.
_END = re.compile(
    rf"[。！？；!?]+[{_CLOSING}]*|…+[{_CLOSING}]*(?=\s|$|[\u4e00-\u9fff])"
    rf"|\.+[{_CLOSING}]*(?=\s|$)|\n+"
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[\"'“])(?:(?i:mr|mrs|ms|dr|prof|sr|jr|st|vs|etc|e\.g|i\.e|cf|figs?|eq|vol"
    r"|pp?|eds?|al|inc|ltd|co|corp|dept|approx|ext|tel|art|sec|ch|jan|feb|mar|apr|jun|jul"
    r"|aug|sept?|oct|nov|dec|u\.s|u\.k|a\.m|p\.m"
    r"|incl|excl|paras?|cl|reg|qty|avg|est|ref|rev|ver|resp|misc|govt|min|max"
    r"|gem|fa|rd|zzgl|abzgl|inkl|exkl|ca|bzw|usw|vgl|nr|abs|str|ggf|evtl|sog|hr|fr|mio|mrd"
    r"|tsd|std|lt|insb|ziff|lit|bsp|allg|mind|sog|z\.\s?b|d\.\s?h|u\.\s?a|o\.\s?g|i\.\s?d\.\s?r"
    r"|mme|env|av|réf|tél|núm|pág|aprox|avda|sr|sra|sig|pag|ul|godz|tys|mln|ust|pkt|np|tj"
    r"|č|např|tis|mil|odst|písm|kl|t\.\s?ex|bl\.\s?a)|[A-Z])\.$"
)
# The 14. Juli, the 30. dubna, the 3. Quartal: a number in order, as some write it.
_ORDINAL: Final = re.compile(r"(?:^|[\s(„“])\d{1,2}\.$")
_COUNTED: Final = re.compile(
    r"(?:\d{1,2}\.\s?)?(?:19|20)\d\d\b|(?:jan(?:uary?)?|jänner|feb(?:ruary?)?|m[äa]r(?:z|ch)?|apr(?:il)?"
    r"|mai|may|june?|juni|july?|juli|aug(?:ust)?|sept?(?:ember)?|o[kc]t(?:ober)?"
    r"|nov(?:ember)?|de[zc](?:ember)?|quartals?|halbjahre?s?|stock|[ou]g|abs|absatz"
    r"|auflage|klasse|semesters?|tage?s?|jahre?s?|etage|kapitels?|woche|monate?s?|platz"
    r"|stufe|änderung|nachtrag|mahnung|generation)\b",
    re.IGNORECASE,
)
# "No. 5", but not "no. Five"
_NUMBER_SIGN = re.compile(r"(?:^|\s)nos?\.$", re.IGNORECASE)
_LIST_NUMBER = re.compile(
    r"(?:^|\n)\s*(?:[-*•]\s*)?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,4})\.$"
)
_LED_TO = re.compile(r"[ \t]*[$€£¥￥]?\s?\d")
_LONGEST_ABBREVIATION = 12
_GAP = 200  # characters: what stands farther off belongs to nothing
# A line this wide (in columns; a Chinese character takes two) was wrapped, not ended.
_WRAPPED_WIDTH = 50
_GOES_ON = re.compile(r"[a-z0-9(（,，、\u4e00-\u9fff]")
_LIST_MARK = re.compile(
    r"\s*(?:[(（]?[\d一二三四五六七八九十]{1,3}(?:[)）、．]|\.(?!\d))|第[\d一二三四五六七八九十百]+[条條章节])"
)


def sentences(text: str) -> list[Span]:
    """Return the sentences of `text` in order, without the white space around them.

    A line's end ends a sentence, so that list items and table rows stand alone, unless
    a wide line of prose was wrapped there. `Dr.`, `e.g.`, initials, `3.5` and the
    number of a list item do not. What is left over at the end is a sentence too. An
    empty text has none.
    """
    spans: list[Span] = []
    start = 0
    line_end, row = -1, False  # of the line that is being read
    for match in _END.finditer(text):
        if match.start() > line_end:
            line_end = _line_end(text, match.start())
            row = " | " in text[text.rfind("\n", 0, match.start()) + 1 : line_end]
        if row and match[0][0] != "\n":
            continue  # a row of a table is quoted whole
        if match[0].startswith(".") and _is_abbreviation(text, start, match.end()):
            continue
        if match[0] == "\n" and _is_wrapped(text, match.start()):
            continue
        _append(spans, text, Span(start, match.end()))
        start = match.end()
    _append(spans, text, Span(start, len(text)))
    return spans


def _is_abbreviation(text: str, start: int, end: int) -> bool:
    """Tell whether the full stop at `end - 1` belongs to the word before it."""
    if text.endswith("..", start, end):  # four or more may lead to a price or a page
        leads = text.endswith("....", start, end)
        return leads and _LED_TO.match(text, end) is not None
    tail = text[max(start, end - _LONGEST_ABBREVIATION) : end]
    if _LIST_NUMBER.search("\n" + text[start:end] if end - start < 8 else tail):
        return True
    following = text[end : end + 40].lstrip()
    if _NUMBER_SIGN.search(tail):
        return following[:1].isdigit()
    if _ABBREVIATION.search(tail):
        # "etc. The" and "at 5 p.m. The" do end, with a capital behind them.
        ends = tail.rstrip(".").lower().endswith(("etc", "a.m", "p.m", "inc", "ltd"))
        return not (ends and following[:1].isupper())
    return _goes_on_small(text[start : start + _GAP], tail, following)


def _goes_on_small(sentence: str, tail: str, following: str) -> bool:
    """Tell whether what follows a full stop begins no sentence."""
    small = following[:1].islower()
    if _ORDINAL.search(tail):
        return small or _COUNTED.match(following) is not None
    # A sentence that begins large is not followed by one that begins small.
    begins = sentence.lstrip()[:1]
    return small and (begins.isupper() or begins.isdigit())


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return end if end >= 0 else len(text)


def _is_wrapped(text: str, newline: int) -> bool:
    """Tell whether the line before `newline` goes on after it."""
    line = text[text.rfind("\n", 0, newline) + 1 : newline]
    if " | " in line or not _GOES_ON.match(text, newline + 1):
        return False
    if _LIST_MARK.match(text, newline + 1):
        return False
    width = len(line) + sum(character > "\u2e7f" for character in line)
    return width >= _WRAPPED_WIDTH and line[-1:] not in ".:：;；"


def _append(spans: list[Span], text: str, span: Span) -> None:
    piece = text[span.start : span.end]
    stripped = piece.strip()
    if any(character.isalnum() for character in stripped):
        start = span.start + piece.index(stripped)
        spans.append(Span(start, start + len(stripped)))
    elif (
        stripped
        and spans
        and spans[-1].end + _GAP > span.start
        and ("\n" not in text[spans[-1].end : span.end].rstrip())
    ):
        # A lone closing sign belongs to the sentence before it.
        spans[-1] = Span(spans[-1].start, span.start + len(piece.rstrip()))
