"""Give a passage what its cut has left out of a list or an article.

Chunks are cut to a size; who asks for steps or for an article wants all of it.
"""

from dataclasses import replace
from typing import Final

from erya.answering.units import begins_item
from erya.language import leading_reference_spans
from erya.records import Chunk, Document, Span

__all__ = ["COMPLETED", "completed", "may_be_cut"]

COMPLETED: Final = 6  # of the best passages
_MOST: Final = 1_500  # characters that are added at each end
_GOES_ON: Final = (":", "：", ";", "；", ",", "，", "、")


def may_be_cut(text: str) -> bool:
    """Tell whether a passage may begin or end within a list or an article."""
    lines = text.strip().split("\n")
    return (
        any(map(begins_item, (lines[0], lines[-1])))
        or lines[-1].endswith(_GOES_ON)
        or _begins_article(text)
    )


def completed(document: Document, chunk: Chunk) -> Chunk:
    """Return a passage with the whole of the lists and articles at its ends.

    It never reaches over a heading, nor far. Its id stays that of what was found.

    Args:
        document: What the passage was cut from.
        chunk: The passage.
    """
    text, span = document.text, Span(chunk.start, chunk.end)
    walls = [b for b in document.blocks if b.kind == "heading" or b.omitted]
    first = max((b.end for b in walls if b.end <= span.start), default=0)
    last = min((b.start for b in walls if b.start >= span.end), default=len(text))
    end = _forward(text, span, min(last, span.end + _MOST))
    start = _backward(text, span, max(first, span.start - _MOST))
    if (start, end) == span:
        return chunk
    page = document.page_at(start)
    return replace(chunk, start=start, end=end, text=text[start:end], page=page)


def _forward(text: str, span: Span, limit: int) -> int:
    """Return where the list or article ends in which a passage ends."""
    lines = _lines_of(text, span.end, limit)
    in_article = _begins_article(text[span.start : span.end])
    tail = text[span.start : span.end].rstrip()
    above = tail[tail.rfind("\n") + 1 :]
    in_list = begins_item(above) or above.endswith(_GOES_ON)
    end = span.end
    for start, stop in lines:
        line = text[start:stop]
        if _begins_article(line) or not (
            in_article or (in_list and (begins_item(line) or end == span.end))
        ):
            break
        end = stop
    return end


def _backward(text: str, span: Span, limit: int) -> int:
    """Return where the list or article begins in which a passage begins."""
    lines = _lines_of(text, limit, span.start)
    head = text[span.start : span.end].lstrip().split("\n", 1)[0]
    if _begins_article(head):
        return span.start
    begin = span.start
    if begins_item(head):
        for start, stop in reversed(lines):
            line = text[start:stop]
            if not begins_item(line):
                if line.endswith((":", "：")):
                    return start
                break
            begin = start
    articles = [start for start, stop in lines if _begins_article(text[start:stop])]
    return articles[-1] if articles else begin


def _begins_article(text: str) -> bool:
    """Tell whether an article begins on a line; a section may only be mentioned."""
    return any("条" in key for _, key in leading_reference_spans(text))


def _lines_of(text: str, start: int, end: int) -> list[Span]:
    """Return the whole lines between two places that say something."""
    found = []
    while start < end:
        stop = text.find("\n", start)
        stop = len(text) if stop < 0 else stop
        if stop > end:
            break
        if text[start:stop].strip():
            found.append(Span(start, stop))
        start = stop + 1
    return found
