"""Put a text together block by block, so that offsets are right by construction."""

import re
from collections.abc import Sequence

from erya.language import table_row
from erya.loading.encodings import clean
from erya.loading.form_tables import form_paragraphs
from erya.records import Block, BlockKind, Notice, Parsed, Span

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
_ASKS = frozenset("QqＱ问問")  # how a question begins
_new = tuple.__new__  # as `Block` does, without its own function: half the time
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
        self._notices: list[Notice] = []
        self._page_starts: list[int] = []
        # A question that stands last, alone.
        self._open_question: re.Match[str] | None = None

    def heading(self, text: str, *, level: int) -> None:
        """Add a heading of `level`, from 1."""
        self._add("heading", _one_line(text), level=level)

    def paragraph(self, text: str, *, pairs: bool = True) -> None:
        """Add a paragraph.

        With `pairs`, `Q: … A: …` becomes a question above its answer, in one paragraph
        or in two. A mark without its counterpart is text like any other.
        """
        # As nearly always: nothing to tidy, nothing to clean.
        plain = text.isprintable() and "  " not in text
        text = text.strip() if plain else tidy(text)
        open_question, self._open_question = self._open_question, None
        question = _QUESTION.match(text) if pairs and text[:1] in _ASKS else None
        if question is None and open_question is None:
            (self._put if plain else self._add)("paragraph", text)
            return
        answer = _ANSWER.search(text, question.end()) if question else None
        if question and answer and answer[1] == question[1]:
            self._pair(text[question.end() : answer.start()], text[answer.end() :])
        elif (
            open_question
            and (answer := _ANSWER.match(text))
            and answer[1] == open_question[1]
        ):
            self._blocks.pop()
            del self._parts[-1]
            self._length -= len(open_question.string)
            if self._parts:
                self._length -= len(self._parts.pop())
            self._pair(
                open_question.string[open_question.end() :], text[answer.end() :]
            )
        else:
            self._add("paragraph", text)
            if question and clean(text) == text:
                self._open_question = question

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
        """Add a table in Markdown, one line for each row.

        Without a header the line for the names of columns is empty. One column is no
        table but lines, and one row is a line: pages are laid out with such tables.
        A form is written as its labels with their values.
        """
        lines = [[_one_line(_clean_if_needed(cell)) for cell in row] for row in rows]
        lines = [line for line in lines if any(line)]
        used = sorted({at for line in lines for at, cell in enumerate(line) if cell})
        if len(lines) < 2 or len(used) < 2:
            for line in lines:
                self._add("paragraph", " | ".join(filter(None, line)))
            return
        if form := form_paragraphs(lines):
            for text in form:
                self._add("paragraph", text)
            return
        names = lines.pop(0) if header else []
        rule = "| " + " | ".join(["---"] * len(used)) + " |"
        head, *grid = (
            table_row([line[at] if at < len(line) else "" for at in used])
            for line in (names, *lines)
        )
        self._add("table", "\n".join([head, rule, *grid]))

    def omit(self, text: str, *, reason: str) -> None:
        """Add a paragraph that stands in the text and is not searched."""
        before = len(self._blocks)
        self._add("paragraph", tidy(text))
        if len(self._blocks) > before:
            self._blocks[-1] = self._blocks[-1]._replace(omitted=reason)

    def notice(self, code: str, message: str, *, page: int | None = None) -> None:
        """Note what a reader should know of how it was read, once in a row."""
        notice = Notice(code, message, page)
        if self._notices[-1:] != [notice]:
            self._notices.append(notice)

    @property
    def length(self) -> int:
        """The characters so far."""
        return self._length

    def begin_page(self) -> None:
        """Let a page, slide or sheet begin here."""
        self._page_starts.append(self._length)

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
            pages=self._pages(),
            metadata={key: clean(value) for key, value in metadata.items() if value},
            notices=tuple(self._notices),
        )

    def _pages(self) -> tuple[Span, ...]:
        """Return where each page stands, without the blank line before it."""
        if not self._page_starts:
            return ()
        ends = [*self._page_starts[1:], self._length]
        text = "".join(self._parts)
        pages = []
        for start, end in zip(self._page_starts, ends, strict=True):
            begin = start + 2 if text.startswith("\n\n", start) else start
            pages.append(Span(min(begin, end), end))
        return tuple(pages)

    def _first_heading(self) -> str:
        text = "".join(self._parts)
        spans = (text[b.start : b.end] for b in self._blocks if b.kind == "heading")
        return next(spans, "")

    def _add(self, kind: BlockKind, text: str, *, level: int = 0) -> None:
        self._open_question = None
        self._put(kind, _clean_if_needed(text), level)

    def _put(self, kind: BlockKind, text: str, level: int = 0) -> None:
        """Add a text that is clean."""
        self._open_list = False
        if not text or text.isspace():
            return
        start, parts = self._length, self._parts
        if start:
            parts.append("\n\n")
            start += 2
        parts.append(text)
        self._length = end = start + len(text)
        self._blocks.append(_new(Block, (kind, start, end, level, "")))

    def _extend(self, text: str) -> None:
        """Lengthen the last block."""
        last = self._blocks.pop()
        self._parts.append(text)
        self._length += len(text)
        self._blocks.append(Block(kind=last.kind, start=last.start, end=self._length))


def tidy(text: str) -> str:
    """Collapse blanks, and blanks around line ends; keep the line ends."""
    if "\n" not in text:
        return " ".join(text.split())
    return _AROUND_NEWLINE.sub("\n", _BLANKS.sub(" ", text)).strip()


def _clean_if_needed(text: str) -> str:
    return text if text.isprintable() else clean(text)


def _one_line(text: str) -> str:
    return " ".join(text.split())
