"""Questions from tables and labelled values."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from erya.evaluating.questions.drafts import Draft, Setting
from erya.evaluating.questions.patterns import read_rules
from erya.language import is_row, language_of, table_cells
from erya.records import Chunk, Span

__all__ = ["ask_labels", "ask_tables"]

_CELL: Final = re.compile(r"[^\W\d_]{2}")  # what can be a name in a table
_NUMBER: Final = re.compile(
    r"[$€£¥]?\s?(\d[\d,]*(?:\.\d+)?)\s?(?:%|元|万元|个|人|天|kg|mm)?"
)
_MEASURE: Final = re.compile(
    r"^[^\W\d_][^\d–:]*[a-z] [A-Za-z][^\d–:]*$|^[\u4e00-\u9fff]{3,}$"
)
# Numbers that count nothing, and sums whose unit stands elsewhere.
_NO_AMOUNT: Final = re.compile(
    r"\b(?:phone|fax|ext(?:ension)?|id|no|number|code|zip|mobile|line|page|room)\b"
    r"|编号|序号|行次|分机|手机|电话|传真|邮编|代码|[账帐]号|房间|页码",
    re.IGNORECASE,
)
_SCALED: Final = re.compile(
    r"\bin (?:millions|thousands|billions)\b|\b000s?\b|单位|[百千万亿]元", re.IGNORECASE
)
_BARE_YEAR: Final = re.compile(r"(?:19|20)\d\d年?")
_PART_YEAR: Final = re.compile(r"Q[1-4]|quarter|季度", re.IGNORECASE)
_PLURAL: Final = re.compile(r"[A-Z][a-z]+(?: [A-Z]?[a-z]+)*[^s]s")
_YEAR: Final = re.compile(
    r"(?:(?:full|fiscal)[ -]year |FY ?|Q[1-4] )?(?:19|20)\d\d|(?:19|20)\d\d年"
)
_PLACEHOLDER: Final = re.compile(
    r"\b(?:header|col(?:umn)?|row|cell|item|lorem|value|text|foo|bar|test) ?\d*\b"
    r"|^total|小计|合计|总计|[*†|]|\d\)$|\$$",
    re.IGNORECASE,
)
_CHANGE: Final = re.compile(
    r"[%\d]|change|variance|total|\b(?:id|no|nr|year|number|page|months?|quarter)\b"
    r"|变动|增减|序号|行次|编号|年份|同比",
    re.IGNORECASE,
)
_LABEL: Final = re.compile(
    r"^(?:[-*•]\s*)?(?P<l>[^\W\d_][^:：|\n.,。，]{1,26}?)\s?[:：]"
    r"\s*(?P<v>[^:：\n]{1,60})$"
)
_NAMING: Final = frozenset(
    ("name", "product", "title", "名称", "姓名", "产品", "品名", "项目")
)
_FORMS, _ = read_rules("columns.txt", {})


class _Table(NamedTuple):
    """What stands above it, names of columns, rows as written and as cells."""

    caption: str
    header: str
    names: list[str]
    rows: list[tuple[str, list[str]]]


def ask_tables(chunk: Chunk, setting: Setting) -> Iterator[Draft]:
    """Yield what is looked up in tables, by row and column, and rows compared."""
    for table in _tables(chunk.text):
        heads = [cells[0] for _, cells in table.rows]
        if len(set(heads)) < len(heads):
            continue  # a head that stands twice names no row
        for place, name in enumerate(table.names[1:], start=1):
            undated = _BARE_YEAR.fullmatch(name) and not table.caption
            if undated and _PART_YEAR.search(chunk.title):
                continue  # of the quarter, or of the year?
            if _is_head(name) or _YEAR.fullmatch(name):
                yield from _ask_cells(table, place, setting)
            # A statement of accounts has totals and periods; its rows are no peers.
            if _is_head(name) and not any(map(_CHANGE.search, table.names)):
                yield from _ask_comparisons(table, place, setting)


def ask_labels(chunk: Chunk, setting: Setting) -> Iterator[Draft]:
    """Yield questions about lines such as `Warranty: 24 months`."""
    subject = ""
    for line in chunk.text.split("\n"):
        match = _LABEL.match(line.strip())
        if match is None or is_row(line):
            subject = subject if line.strip() and not is_row(line) else ""
            continue
        label, value = match["l"].strip(), match["v"].strip()
        if label.lower() in _NAMING:
            subject = value
        elif subject and _is_value(value) and _is_head(label):
            question = _lookup(subject, label, value, language=setting.language)
            draft = setting.draft(
                "label", question, answers=[value], quotes=[line.strip()], alone=True
            )
            if draft:
                yield draft


def _lookup(subject: str, name: str, value: str, *, language: str) -> str:
    """Ask for what stands below a name; empty where no question is known for it."""
    if language_of(subject + name) not in {language, ""}:
        return ""
    if _YEAR.fullmatch(name):
        chinese = f"{name}{subject}是多少？"
        return (
            chinese if language == "zh" else f"How high was {_low(subject)} in {name}?"
        )
    number = _NUMBER.fullmatch(value) is not None
    if language == "en" and number and _PLURAL.fullmatch(name):
        do = "do" if subject.endswith("s") else "does"
        return f"How many {name.lower()} {do} {_low(subject)} have?"
    for rule in _FORMS:
        if rule.kind == language and rule.pattern.search(name.lower()):
            question = rule.question.format(
                s=_low(subject), l=name.lower() if name.istitle() else name
            )
            return question.replace("是什么？", "是多少？") if number else question
    return ""


def _ask_cells(table: _Table, place: int, setting: Setting) -> Iterator[Draft]:
    """Ask for the cells of a column, each by its row."""
    name = table.names[place]
    for line, cells in table.rows:
        if not (_is_head(cells[0]) and _is_value(cells[place])):
            continue
        if _YEAR.fullmatch(name) and not _MEASURE.search(cells[0]):
            continue
        question = _lookup(cells[0], name, cells[place], language=setting.language)
        if table.caption and _BARE_YEAR.fullmatch(name):
            question = f"{question[:-1]} ({table.caption}){question[-1:]}"
        scaled = _SCALED.search(f"{table.names[0]} {table.caption}")
        if scaled and _NUMBER.fullmatch(cells[place]):
            continue  # it lacks its unit
        draft = setting.draft(
            "table",
            question,
            answers=[cells[place]],
            quotes=[table.header, line],
            named=True,
        )
        if draft:
            yield draft


def _ask_comparisons(table: _Table, place: int, setting: Setting) -> Iterator[Draft]:
    """Ask which of two rows that follow each other has more in a column."""
    name = table.names[place]
    if _NO_AMOUNT.search(name):
        return
    rows = [row for row in table.rows if _is_peer(row[1][0])]
    for (line, one), (other_line, two) in pairwise(rows):
        value, other = _value(one[place]), _value(two[place])
        if value is None or other is None or value == other:
            continue
        first, second = sorted((one[0], two[0]))
        if setting.language == "zh":
            question = f"{first}和{second}，哪个的{name}更高？"
        else:
            more = "more" if _PLURAL.fullmatch(name) else "the higher"
            question = f"Which has {more} {_column(name)}, {first} or {second}?"
        draft = setting.draft(
            "comparison",
            question,
            answers=[one[0] if value > other else two[0]],
            quotes=[table.header, line, other_line],
            named=True,
        )
        if draft:
            yield draft


def _tables(text: str) -> Iterator[_Table]:
    """Yield the tables whose columns have names and whose rows have heads."""
    lines: list[str] = []
    for line in [*text.split("\n"), ""]:
        if is_row(line):
            lines.append(line)
            continue
        table = _table(lines)
        lines = []
        if table:
            yield table


def _table(lines: Sequence[str]) -> _Table | None:
    rows = [(line, cells) for line in lines if (cells := _cells(line)) is not None]
    # Names that the first row lacks may stand in one of the next.
    caption = ""
    while rows and sum(map(bool, rows[0][1])) <= 1:
        caption = "".join(rows[0][1]) or caption
        rows = rows[1:]
    if len(rows) < 3:
        return None
    names = rows[0][1]
    filled = [name for name in names if name]
    short = all(len(name) <= 40 for name in filled)
    good = len(filled) >= len(names) - 1 and len(set(filled)) == len(filled) and short
    wide = [row for row in rows[1:] if len(row[1]) == len(names) >= 2]
    return _Table(caption, rows[0][0], names, wide) if good and len(wide) >= 2 else None


def _cells(line: str) -> list[str] | None:
    """Return the texts of a row; None for the rule below the names."""
    rows = table_cells(line, Span(0, len(line)))
    return (
        [line[c.start : c.end].replace("\\|", "|") for c in rows[0]] if rows else None
    )


def _is_head(cell: str) -> bool:
    return (
        2 <= len(cell) <= 44
        and not re.fullmatch(r"[IVX]+\.?", cell)
        and _CELL.search(cell) is not None
        and _PLACEHOLDER.search(cell) is None
    )


def _is_peer(head: str) -> bool:
    return _is_head(head) and len(head.split()) <= 3


def _is_value(cell: str) -> bool:
    is_readable = any(c.isalnum() for c in cell) and len(cell) <= 60
    return is_readable and not _PLACEHOLDER.search(cell)


def _value(cell: str) -> float | None:
    match = _NUMBER.fullmatch(cell)
    return float(match[1].replace(",", "")) if match else None


def _column(name: str) -> str:
    return name.lower() if name.istitle() else _low(name)


def _low(name: str) -> str:
    """Return the name of a column or row as a sentence has it; one word stays."""
    first, _, rest = name.partition(" ")
    return name[0].lower() + name[1:] if first.istitle() and rest.islower() else name
