"""Put a text together block by block, so that offsets are right by construction."""

import re
from collections.abc import Sequence

from erya.loading.encodings import clean
from erya.records import Block, BlockKind, Parsed

__all__ = ["TextBuilder"]

_BLANKS = re.compile(r"[^\S\n]+")
_AROUND_NEWLINE = re.compile(r" *\n\s*")
# "Q: …", "Q3: …", "问：…"; the answer must carry the same number, or none as well.
_QUESTION = re.compile(
    r"(?:Q|Question|问|問)\s*(\d{0,3})\s*[:：]\s*(?=\S)", re.IGNORECASE
)
_ANSWER = re.compile(
    r"(?:^|\s|(?<=[?？。！!]))(?:A|Answer|答)\s*(\d{0,3})\s*[:：]\s*(?=\S)",
    re.IGNORECASE,
)
_QUESTION_LEVEL = 6  # below every heading that a document may have above its questions


class TextBuilder:
    """Collects blocks in reading order; `parsed` gives text and structure.

    Blocks stand apart by a blank line, items and rows by a line end. A block without
    visible characters is dropped.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0
        self._open_list = False
        self._asked: re.Match[str] | None = None  # a question that stands last, alone

    def heading(self, text: str, *, level: int) -> None:
        """Add a heading of `level`, from 1."""
        self._add("heading", _one_line(text), level=level)

    def paragraph(self, text: str, *, pairs: bool = True) -> None:
        """Add a paragraph.

        With `pairs`, `Q: … A: …` becomes a question above its answer, in one paragraph
        or in two. A mark without its counterpart is text like any other.
        """
        text = tidy(text)
        asked, self._asked = self._asked, None
        question = _QUESTION.match(text) if pairs else None
        answer = _ANSWER.search(text, question.end()) if question else None
        if question and answer and answer[1] == question[1]:
            self._pair(text[question.end() : answer.start()], text[answer.end() :])
        elif asked and (answer := _ANSWER.match(text)) and answer[1] == asked[1]:
            self._blocks.pop()
            del self._parts[-1]
            self._length -= len(asked.string)
            if self._parts:
                self._length -= len(self._parts.pop())
            self._pair(asked.string[asked.end() :], text[answer.end() :])
        else:
            self._add("paragraph", text)
            if question and clean(text) == text:
                self._asked = question

    def _pair(self, question: str, answer: str) -> None:
        self.heading(question, level=_QUESTION_LEVEL)
        self._add("paragraph", answer)

    def item(self, text: str, *, depth: int = 0, mark: str = "-") -> None:
        """Add an item to the list that stands last, or begin a list."""
        line = f"{'  ' * depth}{mark} {_one_line(text)}"
        if not text.strip():
            return
        if self._open_list:
            self._extend("\n" + clean(line))
        else:
            self._add("list", line)
            self._open_list = True

    def end_list(self) -> None:
        """Let the next item begin a new list."""
        self._open_list = False

    def table(self, rows: Sequence[Sequence[str]], *, header: bool) -> None:
        """Add a table, one line for each row.

        With a header, each cell carries its column's name, so that a row can be read
        and quoted alone: `City: Taipei | Limit: 4,200`.
        """
        lines = [[_one_line(cell) for cell in row] for row in rows]
        names: list[str] = lines.pop(0) if header and len(lines) > 1 else []
        self._add("table", "\n".join(filter(None, (_row(r, names) for r in lines))))

    def code(self, text: str) -> None:
        """Add preformatted text, its line ends and blanks kept."""
        self._add("code", text.strip("\n").rstrip())

    def parsed(self, *, title: str, media_type: str, **metadata: str) -> Parsed:
        """Return everything added so far."""
        return Parsed(
            title=_one_line(title) or self._first_heading(),
            text="".join(self._parts),
            blocks=tuple(self._blocks),
            media_type=media_type,
            metadata={key: value for key, value in metadata.items() if value},
        )

    def _first_heading(self) -> str:
        text = "".join(self._parts)
        spans = (text[b.start : b.end] for b in self._blocks if b.kind == "heading")
        return next(spans, "")

    def _add(self, kind: BlockKind, text: str, *, level: int = 0) -> None:
        self._open_list = False
        self._asked = None
        text = clean(text)
        if not text.strip():
            return
        if self._parts:
            self._parts.append("\n\n")
            self._length += 2
        start = self._length
        self._parts.append(text)
        self._length += len(text)
        self._blocks.append(
            Block(kind=kind, start=start, end=self._length, level=level)
        )

    def _extend(self, text: str) -> None:
        """Lengthen the last block."""
        last = self._blocks.pop()
        self._parts.append(text)
        self._length += len(text)
        self._blocks.append(Block(kind=last.kind, start=last.start, end=self._length))


def tidy(text: str) -> str:
    """Collapse blanks, and blanks around line ends; keep the line ends."""
    return _AROUND_NEWLINE.sub("\n", _BLANKS.sub(" ", text)).strip()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _row(cells: list[str], names: list[str]) -> str:
    filled = [(i, cell) for i, cell in enumerate(cells) if cell]
    if not names:
        return " | ".join(cell for _, cell in filled)
    return " | ".join(
        f"{names[i]}: {cell}" if i < len(names) and names[i] else cell
        for i, cell in filled
    )
