"""What can be quoted of a passage: units that a reader understands by themselves.

A sentence, a row of a table, an item of a list. What belongs together is quoted
together: an introduction with its list, a record with its fields, an instruction with
the code below it.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from erya.answering.base import column_names
from erya.language import (
    LIST_MARK,
    is_row,
    leading_reference_spans,
    names_columns,
    sentences,
)
from erya.records import Chunk, Span

__all__ = [
    "Unit",
    "begins_item",
    "find_group",
    "find_inline_steps",
    "find_item",
    "find_label",
    "find_list",
    "find_record",
    "find_referred",
    "find_sentence",
    "find_title",
    "in_steps",
    "include_code",
    "split_units",
]

_LONGEST_LIST: Final = 1_000  # characters of a list quoted with its introduction
_LONGEST_RECORD: Final = 400
_LONGEST_REFERRED: Final = 1_500  # characters of an article that are quoted
_LONGEST_CODE: Final = 500
_FEWEST_SIGNS: Final = 3
_LONGEST_LABEL: Final = 40
_LONGEST_NUMBER: Final = 6  # digits of a part
_LONGEST_PAIR: Final = 200
_CLAUSE_ENDS: Final = ("；", ";")
_PAGE: Final = re.compile(r"[\W_]*\d{0,4}[^\w|]*")
_ENDS: Final = tuple(".。!！?？;；,，…:：")
_FIELD: Final = re.compile(r"[^\s:：|][^:：|\n]{0,40}: \S")
# Of a Chinese form; a clause of a contract is longer, and ends as a sentence does.
_FORM_FIELD: Final = re.compile(r"[^\s:：|。，；]{1,20}：\s*[^\s。；][^。；]{0,80}")
_PATH: Final = re.compile(r"[^\s:]{0,80}\[\d{1,6}\]\.")  # of an object in a list (JSON)
_ITEM: Final = re.compile(
    r"\s*(?:[-*•·●＊○▪◦–①-⑳]|[(（]?(?:\d{1,3}|[a-zA-Z]|[一二三四五六七八九十]{1,3})[)）、.．](?!\d)"
    r"|第[一二三四五六七八九十]{1,3}步|[Ss]tep \d{1,3}\b)\s*\S"
)
_STEP: Final = re.compile(
    r"\s*(?:[(（]?(?:\d{1,3}|[一二三四五六七八九十]{1,3})[)）、.．](?!\d)|第?[一二三四五六七八九十]{1,3}步"
    r"|[Ss]tep \d{1,3}\b)"
)
_NAMED_STEP: Final = re.compile(
    r"第[一二三四五六七八九十]{1,3}步|\bstep \d{1,3}\b", re.IGNORECASE
)
_CODE_SIGNS: Final = re.compile(r"[{}();=<>\[\]\\$]|--?\w|::|->|\w_\w|/\w+/")
_COMMAND: Final = re.compile(
    r"(?:\$ |> |sudo |pip |npm |git |curl |docker |python3? |make |cd |apt(?:-get)? "
    r"|import |from \w+ import |SELECT |export |kubectl |conda |brew |erya )"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A stretch of a passage that may be quoted.

    Attributes:
        span: Where it stands in the chunk's text.
        text: What it says; of a row of a table, with the names of the columns.
    """

    span: Span
    text: str


def split_units(chunk: Chunk) -> list[Unit]:
    """Return the sentences, rows and items of a passage in order.

    A row that only names the columns below says nothing itself and is left out, and so
    is a number of few digits by itself: that of a page, as a rule.
    """
    text = chunk.text
    return [
        Unit(span=span, text=_with_names(chunk, span))
        for span in (_without_mark(text, sentence) for sentence in sentences(text))
        if span.start < span.end
        and not _PAGE.fullmatch(text, span.start, span.end)
        and not names_columns(text, span)
    ]


def _with_names(chunk: Chunk, span: Span) -> str:
    line = chunk.text[span.start : span.end]
    return f"{line} {column_names(chunk, span.start)}" if is_row(line) else line


def _without_mark(text: str, span: Span) -> Span:
    """Cut the mark of a list item off a sentence; what is left may be empty."""
    mark = LIST_MARK.match(text, span.start, span.end)
    return Span(mark.end() if mark else span.start, span.end)


def find_sentence(text: str, span: Span) -> Span:
    """Return the whole sentence that a clause before or after a semicolon is part of.

    The clause itself where the sentence is long, or ends with it.
    """
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    end = len(text) if end < 0 else end
    before = max(text.rfind(sign, start, span.start) for sign in "。！？!?")
    start = max(start, before + 1)
    stops = (text.find(sign, span.end - 1, end) for sign in "。！？!?")
    end = min((stop + 1 for stop in stops if stop >= 0), default=end)
    parted = text[span.end - 1] in _CLAUSE_ENDS or (
        text[start : span.start].rstrip().endswith(_CLAUSE_ENDS)
    )
    whole = _without_mark(text, Span(start, start + len(text[start:end].rstrip())))
    fits = whole.end - whole.start <= _LONGEST_RECORD and whole.start <= span.start
    return whole if parted and fits else span


def find_list(text: str, span: Span) -> Span | None:
    """Return the list that a unit introduces or is an item of, with its introduction.

    None where there is no list. A list that is too long to quote is cut at an item.
    """
    lines = list(_lines(text))
    at = next((i for i, line in enumerate(lines) if line.end >= span.end), None)
    if at is None:
        return None
    introduces = _introduces(text, span)
    if not introduces and not _is_item(text, lines[at]):
        return None
    first = at
    if not introduces:
        while first > 0 and _is_item(text, lines[first - 1]):
            first -= 1
        first -= bool(first) and _introduces(text, lines[first - 1])
    last = at
    while last + 1 < len(lines) and (
        _is_item(text, lines[last + 1])
        or (introduces and _follows(text, lines[last], lines[last + 1], near=last > at))
    ):
        last += 1
    start = span.start if introduces else lines[first].start
    while lines[last].end - start > _LONGEST_LIST and last > max(at, first + 1):
        last -= 1
    end = lines[last].end
    if last == first or end - start > _LONGEST_LIST:
        return None
    return Span(start, end)


def find_referred(text: str, keys: Collection[str]) -> Span | None:
    """Return what a reference names: from the line that it begins to the next such.

    None where no line begins with it. What is longer than a quote may be is cut at a
    line's end.

    Args:
        text: A passage.
        keys: The reference's keys, as `leading_reference_spans` gives them.
    """
    begun = list(leading_reference_spans(text))
    # A number by itself is an item of a list, unless it has points, and nothing here
    # is called an article.
    alone = all(key[0].isdigit() for _, key in begun)
    wanted = {k for k in keys if not k[0].isdigit() or (alone and "." in k)}
    named = (
        i
        for i, (where, key) in enumerate(begun)
        if key in wanted and not _asks(text, where)
    )
    at = next(named, None)
    if at is None:
        return None
    start, key = begun[at]
    ends = (
        where
        for where, other in begun[at + 1 :]
        if _ends(key, other) or _is_next_title(text[max(where - 2, 0) :], key, other)
    )
    end = next(ends, len(text))
    if end - start > _LONGEST_REFERRED:
        end = max(text.rfind("\n", start + 1, start + _LONGEST_REFERRED), start)
        end = end if end > start else start + _LONGEST_REFERRED
    return Span(start, start + len(text[start:end].rstrip()))


def _ends(key: str, other: str) -> bool:
    """Tell whether what `key` names ends where `other` begins."""
    if key[0].isdigit():
        return not other.startswith(f"{key}.") and not other.isdigit()
    kind, others = (each.partition("之")[0][-1:] for each in (key, other))
    return others in {kind, "章", "节", "条"} or other[0] == key[0] == "附"


def _is_next_title(rest: str, key: str, other: str) -> bool:
    """Tell whether a text goes on with the title of a part behind that of `key`."""
    part = key.partition(".")[0]
    if not (part.isdigit() and other.isdigit() and len(other) < _LONGEST_NUMBER):
        return False
    line = rest.lstrip("\n").split("\n", 1)[0].rstrip()
    titled = len(line) <= _LONGEST_LABEL * 2 and not line.endswith(_ENDS)
    return rest.startswith("\n\n") and titled and int(other) > int(part)


def _asks(text: str, start: int) -> bool:
    """Tell whether a line is a question."""
    end = text.find("\n", start)
    return text[start : end if end >= 0 else len(text)].rstrip().endswith(("?", "？"))


def in_steps(text: str, span: Span) -> bool:
    """Tell whether a unit is of a numbered item, or below one in the same list."""
    start = text.rfind("\n", 0, span.start) + 1
    if _STEP.match(text, start, span.end) is not None:
        return True
    whole = find_list(text, span)
    lines = text[slice(*whole)].split("\n") if whole else []
    return any(_STEP.match(line) for line in lines)


def find_inline_steps(text: str, span: Span) -> Span | None:
    """Return the paragraph of a unit if it tells several steps, one after the other."""
    start, end = _paragraph(text, span)
    several = len(_NAMED_STEP.findall(text, start, end)) > 1
    return Span(start, end) if several and end - start <= _LONGEST_LIST else None


def _follows(text: str, above: Span, below: Span, *, near: bool) -> bool:
    """Tell whether a line without a mark goes on below an introduction.

    Right below it, or after a blank line where nothing has come yet.
    """
    return not near or text[above.end : below.start].count("\n") <= 1


def _introduces(text: str, span: Span) -> bool:
    return text[span.start : span.end].rstrip().endswith((":", "："))


def begins_item(line: str) -> bool:
    """Tell whether a line begins with the mark of an item."""
    return _ITEM.match(line) is not None


def _is_item(text: str, line: Span) -> bool:
    return _ITEM.match(text, line.start, line.end) is not None


def _lines(text: str) -> Iterator[Span]:
    for match in re.finditer(r"[^\n]*\S[^\n]*", text):
        yield Span(match.start(), match.end())


def find_item(text: str, span: Span) -> Span | None:
    """Return the whole item of a list that a sentence is part of, without its mark.

    None where the sentence is all of it, in no list, or the item is long.
    """
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    end = len(text) if end < 0 else end
    mark = LIST_MARK.match(text, start, end)
    if mark is None or end - mark.end() > _LONGEST_RECORD:
        return None
    item = Span(mark.end(), end)
    return item if item != span and item.start <= span.start else None


def find_record(text: str, span: Span) -> Span | None:
    """Return the record that a field belongs to: neighbouring lines `name: value`.

    In a form each may be a paragraph, and a title may stand above them; of an object in
    a list the names begin alike. None where the unit is no such line, stands alone, or
    the record is large.
    """
    if (group := find_group(text, span)) is not None:
        return group
    start, end = _paragraph(text, span)
    if not _is_fields(text[start:end]) or _is_form(text[start:end]):
        return None
    alone = "\n" not in text[start:end]
    while alone and start >= 2 and end - start <= _LONGEST_RECORD:
        above, _ = _paragraph(text, Span(start - 2, start - 2))
        if above >= start or not _is_field(text[above : start - 2]):
            break
        start = above
    while alone and end + 2 < len(text) and end - start <= _LONGEST_RECORD:
        _, below = _paragraph(text, Span(end + 2, end + 2))
        if not _is_field(text[end + 2 : below]):
            break
        end = below
    if "\n" not in text[start:end] or end - start > _LONGEST_RECORD:
        return None
    return Span(start, end)


def find_group(text: str, span: Span) -> Span | None:
    """Return the object of a list, or the form, that a unit is a field of.

    None where it is of neither, or that is large.
    """
    if (of_object := _find_object(text, span)) is not None:
        return of_object
    start, end = _paragraph(text, span)
    fits = end - start <= _LONGEST_RECORD and _is_form(text[start:end])
    return Span(start, end) if fits else None


def find_title(text: str, span: Span) -> str:
    """Return the line above the fields of a form that a unit is one of; or nothing."""
    start, end = _paragraph(text, span)
    first, _, rest = text[start:end].partition("\n")
    titled = _is_form(text[start:end]) and not _FORM_FIELD.fullmatch(first.strip())
    return first.strip() if rest and titled else ""


def _find_object(text: str, span: Span) -> Span | None:
    """Return the lines of an object in a list: their names begin with its place."""
    start = text.rfind("\n", 0, span.start) + 1
    path = _PATH.match(text, start, max(span.end, start))
    if path is None:
        return None
    lines = list(_lines(text))
    at = next((i for i, line in enumerate(lines) if line.end >= span.end), 0)
    first = last = at
    while first and text.startswith(path[0], lines[first - 1].start):
        first -= 1
    while last + 1 < len(lines) and text.startswith(path[0], lines[last + 1].start):
        last += 1
    whole = Span(lines[first].start, lines[last].end)
    fits = first < last and whole.end - whole.start <= 2 * _LONGEST_RECORD
    return whole if fits else None


def _is_form(paragraph: str) -> bool:
    """Tell whether lines are fields of a Chinese form, below a title or none."""
    lines = [line.strip() for line in paragraph.split("\n")]
    fields = [_FORM_FIELD.fullmatch(line) is not None for line in lines]
    return sum(fields) > 1 and all(fields[1:])


def _is_fields(paragraph: str) -> bool:
    return all(map(_is_field, paragraph.split("\n")))


def _is_field(line: str) -> bool:
    return "\n" not in line and _FIELD.match(line.strip()) is not None


def include_code(text: str, span: Span) -> Span:
    """Return a unit together with the code in the paragraph below it, if there is any.

    Or, for a line of code, together with the line that explains it.
    """
    start, end = _paragraph(text, span)
    if is_row(text[span.start : span.end]):
        return span
    if _is_code(text[start:end]):
        if start < 2:
            return Span(start, end) if end - start <= 2 * _LONGEST_CODE else span
        before = text.rfind("\n\n", 0, max(start - 2, 0))
        before = 0 if before < 0 else before + 2
        explained = text[before : start - 2]
        if 0 < len(explained) <= _LONGEST_CODE and not _is_code(explained):
            sentence = sentences(explained)
            start = before + sentence[-1].start if sentence else start
        if end - start <= 2 * _LONGEST_CODE:
            return Span(start, end)
        return span
    below = end + 2
    after = text.find("\n\n", below)
    after = len(text) if after < 0 else after
    code = text[below:after]
    has_code = code.strip() and len(code) <= _LONGEST_CODE and _is_code(code)
    return Span(span.start, after) if has_code else span


def find_label(text: str, span: Span) -> Span | None:
    """Return a label with the value in the line below it, whichever of both is given.

    Both are short lines that no mark ends; of several such lines each second one is a
    value. A single one is the label of what stands below. None where there is no pair.
    """
    lines = list(_lines(text))
    at = next((i for i, line in enumerate(lines) if line == span), None)
    if at is None or not _is_label(text, span):
        return None
    first = last = at
    while first and _is_label(text, lines[first - 1]):
        first -= 1
    while last + 1 < len(lines) and _is_label(text, lines[last + 1]):
        last += 1
    if first == last:
        below = lines[at + 1] if at + 1 < len(lines) else None
        fits = below is not None and below.end - span.start <= _LONGEST_PAIR
        return Span(span.start, below.end) if below is not None and fits else None
    if (last - first) % 2 == 0:
        return None
    label = at - (at - first) % 2
    return Span(lines[label].start, lines[label + 1].end)


def _is_label(text: str, line: Span) -> bool:
    label = text[line.start : line.end]
    return (
        len(label) <= _LONGEST_LABEL
        and not label.endswith(_ENDS)
        and "|" not in label
        and not _is_item(text, line)
    )


def _paragraph(text: str, span: Span) -> tuple[int, int]:
    start = text.rfind("\n\n", 0, span.start)
    end = text.find("\n\n", max(span.end - 1, span.start))
    return (0 if start < 0 else start + 2), (len(text) if end < 0 else end)


def _is_code(paragraph: str) -> bool:
    """Tell whether a paragraph is code, by its first words and its signs."""
    lines = [line for line in paragraph.split("\n") if line.strip()]
    if not lines:
        return False
    if any(map(is_row, lines)):
        return False
    if any(_COMMAND.match(line.strip()) for line in lines):
        return True
    signs = sum(len(_CODE_SIGNS.findall(line)) for line in lines)
    ends = sum(line.rstrip().endswith((".", "。", "?", "！", "!")) for line in lines)
    # A pair of brackets alone is of prose.
    return signs >= max(2 * len(lines), _FEWEST_SIGNS) and ends == 0
