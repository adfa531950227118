"""Answer in a chat model's words, held to the passages it was given."""

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from typing_extensions import override

from erya.answering.base import Answerer, Draft, abstain
from erya.language import facts, sentences, terms
from erya.models import ChatModel, ChatRequest, TextDelta, Transcript
from erya.prompts import load_prompt
from erya.records import (
    Answer,
    Chunk,
    Citation,
    Claim,
    Evidence,
    Hit,
    Message,
    Span,
    Usage,
)

__all__ = ["GroundedAnswerer", "draft_from", "passages_text"]

_SILENT: Final = "NOT_IN_DOCUMENTS"
_NEAREST: Final = 3  # passages that an abstention names
# [1], [1, 2], [1-3], [^1], 【1】, ［1］, one or several, with the blanks before them
_MARKS = re.compile(
    r"(?:(?<!\s)\s+)?[\[【［]\s*\^?\d{1,3}(?:\s*[,，、–-]\s*\d{1,3})*\s*[\]】］]"
    r"(?:\s*[\[【［]\s*\^?\d{1,3}(?:\s*[,，、–-]\s*\d{1,3})*\s*[\]】］])*"
)
# A mark of which more may come.
_OPEN_MARK: Final = re.compile(r"\s*[\[【［][^\]】］\n]{0,40}$")
_RANGE = re.compile(r"(\d+)(?:\s*[–-]\s*(\d+))?")
_SAYS: Final = r"(?:say|mention|state|contain|provide|specify|give|include|tell|answer)"
_NOT_FOUND: Final = re.compile(
    r"(?:(?:sorry|unfortunately|i(?:'m| am) sorry),? (?:but )?)?"
    r"(?:the (?:(?:given|provided) )?(?:documents?|passages?|texts?|context|information"
    rf"|sources?) (?:do(?:es)?(?: not|n't) {_SAYS}|{_SAYS}s? no)\b"
    r"|(?:there is )?no (?:information|mention|answer) (?:about|of|on|in|is|was|to)\b"
    r"|i (?:could|can)(?: ?not|n't) (?:find|answer|determine)"
    r"|(?:this|it) is not (?:mentioned|stated|specified)\b)"
    r"|(?:很?抱歉[,，]?)?(?:(?:根据|在)?(?:所?提供的|给定的|上述|这些|以上)?"
    r"(?:文档|文件|资料|段落|内容|信息|材料)(?:中|里|内)?(?:并?没有|并?未|无法|不)"
    r"(?:提到|提及|说明|包含|给出|回答|找到|确定|涉及)|(?:无法|不能)(?:回答|确定|找到)"
    r"|没有(?:找到|相关|提到|提及))",
    re.IGNORECASE,
)
# Of Markdown: a heading, a line in bold as one, a rule; the rule below a table's names.
_STATES_NOTHING: Final = re.compile(
    r"#{1,6}\s[^\n]*|\*\*[^*\n]{1,80}\*\*[:：]?|__[^_\n]{1,80}__[:：]?|[-*_=]{3,}"
    r"|\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?"
)
_RULE: Final = re.compile(r"\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)+\|?")
_ROW: Final = re.compile(r"\|[^\n]*\|")
# Of a line that grows: it may turn out to be a row, a heading or a line in bold.
_WHOLE_LINES: Final = re.compile(r"\s*(?:#|\*\*|__)|[^\n]*\|")
_GAP: Final = re.compile(r"\n\s*\n\s*")
# Where a sentence may have ended and the next begun; other pieces settle nothing.
_BEGINS: Final = re.compile(r"[.!?;:。！？；：\]】］][\s\"'”’)]*\S|\n")
_END_SIGNS: Final = 3  # characters that may come again with what follows them
_MOST_STREAMED: Final = 20_000  # characters: it is parted anew with each sentence
_WINDOW: Final = 3  # sentences of a passage that one quote may join
_PER_SENTENCE: Final = 0.02  # what a longer quote must gain for each further sentence


# Returns the span of a text that carries a sentence.
_FindSpan = Callable[[str, str], Span]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundedAnswerer(Answerer):
    """Asks `model`, and ties each of its sentences to spans of the passages.

    Attributes:
        model: Writes the answer.
        passages: How many passages it is given, at least 1.
    """

    model: ChatModel
    passages: int = 8

    @override
    def drafts(
        self,
        question: str,
        evidence: Evidence,
        *,
        history: Sequence[Message] = (),
        seconds: float | None = None,
    ) -> Iterator[Draft]:
        """Yield the answer sentence by sentence, each once the next has begun."""
        hits = evidence.hits[: self.passages]
        if not hits:
            yield Draft(abstain(question, evidence), is_whole=True)
            return
        transcript = Transcript()
        spans = cache(_best_span)  # each draft cites all that the one before did
        shown = looked = 0
        unknown = Usage(model=self.model.name, input_tokens=None, output_tokens=None)
        request = _request(question, hits, history)
        request = dataclasses.replace(request, seconds=seconds)
        with self.model.stream(request) as events:
            for event in events:
                transcript.add(event)
                text = transcript.text
                begun = _BEGINS.search(text, max(looked - _END_SIGNS, 0))
                if not isinstance(event, TextDelta) or not begun:
                    continue
                looked = len(text)
                settled = _settled(text) if len(text) <= _MOST_STREAMED else 0
                if settled > shown:
                    shown = settled
                    answer = _Writing(hits, spans).write(text, pieces=settled)
                    answer = dataclasses.replace(answer, usage=unknown)
                    yield Draft(answer, is_whole=False)
        whole = self._whole(question, evidence, transcript, spans=spans)
        yield Draft(whole, is_whole=True)

    def _whole(
        self,
        question: str,
        evidence: Evidence,
        transcript: Transcript,
        *,
        spans: _FindSpan,
    ) -> Answer:
        done = transcript.completion(self.model.name)
        if _SILENT in done.text or not done.text.strip():
            draft = abstain(question, evidence)
        else:
            draft = _Writing(evidence.hits[: self.passages], spans).write(done.text)
            if not draft.claims or _says_nothing(done.text):
                draft = abstain(question, evidence)
        return dataclasses.replace(draft, usage=done.usage)


def draft_from(text: str, hits: Sequence[Hit]) -> Answer:
    """Return the answer that a model's text is, its claims not verified.

    Args:
        text: What it wrote; `[2]` behind a sentence cites the second of the passages.
        hits: The passages that it was shown, in the order of their numbers.
    """
    if _says_nothing(text):
        return Answer(text=text, abstained=True, nearest=tuple(hits[:_NEAREST]))
    return _Writing(hits, cache(_best_span)).write(text)


def passages_text(hits: Sequence[Hit], *, first: int = 1) -> str:
    """Return passages as a model is shown them, each with its number.

    Args:
        hits: In the order of their numbers.
        first: The number of the first.
    """
    return "\n\n".join(
        f"[{number}] {' › '.join((hit.chunk.title, *hit.chunk.headings))}\n"
        f"{hit.chunk.text}"
        for number, hit in enumerate(hits, start=first)
    )


def _settled(text: str) -> int:
    """Return how many pieces of an answer that still grows will stay as they are.

    A sentence does once the next has begun, since marks may follow it; a row or a
    heading once the line after the next has, since the next may be the rule below it.
    None does of what may turn out to say nothing.
    """
    text = _OPEN_MARK.sub("", text).rstrip()
    if _SILENT[: len(text)] == text[: len(_SILENT)]:
        return 0
    plain, marks = _unmarked(text)
    pieces = list(_pieces(plain, [at for at, _ in marks]))
    settled = len(pieces) - 1
    if settled > 0 and "\n" in plain[pieces[-2].span.start : pieces[-1].span.start]:
        settled -= 1
    line = plain.rfind("\n") + 1
    if _WHOLE_LINES.match(plain, line):
        settled = min(settled, sum(piece.span.end <= line for piece in pieces))
    if settled < 1 or (settled == 1 and _NOT_FOUND.match(plain.strip())):
        return 0
    return settled


def _says_nothing(text: str) -> bool:
    """Tell whether a model only says, in words of its own, that nothing was found."""
    plain = _MARKS.sub("", text).strip()
    return len(sentences(plain)) == 1 and _NOT_FOUND.match(plain) is not None


def _request(
    question: str, hits: Sequence[Hit], history: Sequence[Message]
) -> ChatRequest:
    user = f"Passages:\n\n{passages_text(hits)}\n\nQuestion: {question}"
    system = Message.of("system", load_prompt("answer").fill())
    turns = (system, *history, Message.of("user", user))
    return ChatRequest(messages=turns)


class _Piece(NamedTuple):
    """A part of an answer, and whether it claims something."""

    span: Span
    claims: bool = True
    row: bool = False


class _Writing:
    """Builds an answer sentence by sentence, with its citations numbered anew."""

    def __init__(self, hits: Sequence[Hit], find_span: _FindSpan) -> None:
        self._hits = hits
        self._find_span = find_span
        self._text = ""
        self._claims: list[Claim] = []
        self._citations: dict[tuple[str, Span], Citation] = {}

    def write(self, text: str, *, pieces: int | None = None) -> Answer:
        """Return the answer that a model's text is.

        Args:
            text: What the model wrote, with its marks.
            pieces: Only so many of its sentences, rows and lines; None takes all.
        """
        plain, marks = _unmarked(text)
        parts = list(_pieces(plain, [at for at, _ in marks]))
        spans = [piece.span for piece in parts]
        position = 0
        for i, piece in enumerate(parts[:pieces]):
            begin, end = piece.span
            self._text += _GAP.sub("\n\n", plain[position:begin]) if self._text else ""
            position = end
            if not piece.claims:
                self._text += plain[begin:end]
                continue
            # A mark belongs to the sentence that it stands in or follows.
            first = begin if i else 0
            last = spans[i + 1].start if i + 1 < len(spans) else len(plain) + 1
            cited = [n for at, numbers in marks for n in numbers if first <= at < last]
            self._add(plain[begin:end], cited, row=piece.row)
        return Answer(
            text=self._text,
            claims=tuple(self._claims),
            citations=tuple(self._citations.values()),
        )

    def _add(self, sentence: str, passages: Sequence[int], *, row: bool) -> None:
        numbers = dict.fromkeys(
            self._cite(self._hits[number - 1].chunk, sentence)
            for number in passages
            if 1 <= number <= len(self._hits)
        )
        start = len(self._text)
        bar = " |" if row and sentence.endswith("|") else ""  # marks stand in the cell
        sentence = sentence[: -len(bar)].rstrip() if bar else sentence
        self._text += sentence
        self._claims.append(
            Claim(start=start, end=len(self._text), citations=tuple(numbers))
        )
        self._text += "".join(f" [{number}]" for number in numbers) + bar

    def _cite(self, chunk: Chunk, sentence: str) -> int:
        """Return the number of the citation of the span that carries `sentence`."""
        span = self._find_span(chunk.text, sentence)
        key = (chunk.id, span)
        if key not in self._citations:
            self._citations[key] = Citation(
                number=len(self._citations) + 1,
                chunk=chunk,
                start=chunk.start + span.start,
                end=chunk.start + span.end,
                quote=chunk.text[span.start : span.end],
            )
        return self._citations[key].number


def _pieces(text: str, marks: Sequence[int]) -> Iterator[_Piece]:
    """Yield what an answer is made of: sentences, rows, and what states nothing.

    Headings, the names of a table's columns, fences and rules hold an answer together;
    they are no claims to be held against a source, unless they state something: what
    is cited, ends as a sentence, or has a number, code or name in it does.

    Args:
        text: The answer without its marks.
        marks: Where they stood.
    """
    lines = list(re.finditer(r"[^\n]+", text))
    prose: Span | None = None
    fenced = False
    for at, line in enumerate(lines):
        span = _stripped(text, Span(*line.span()))
        said = text[span.start : span.end]
        fence = said.startswith("```")
        fenced ^= fence
        below = lines[at + 1][0].strip() if at + 1 < len(lines) else ""
        stated = _states(said) or any(span.start <= at <= span.end for at in marks)
        bare = _STATES_NOTHING.fullmatch(said) or _RULE.fullmatch(below)
        kept = fence or _RULE.fullmatch(said) or (bare and not stated)
        if not (kept or fenced or _ROW.fullmatch(said)):
            prose = Span(prose.start if prose else span.start, span.end)
            continue
        if prose is not None:
            yield from _sentences(text, prose, marks)
            prose = None
        if said:
            row = not (kept or fenced)
            yield _Piece(span, claims=row or (fenced and not fence), row=row)
    if prose is not None:
        yield from _sentences(text, prose, marks)


def _sentences(text: str, prose: Span, marks: Sequence[int]) -> Iterator[_Piece]:
    for start, end in sentences(text[prose.start : prose.end]):
        span = Span(prose.start + start, prose.start + end)
        said = text[span.start : span.end]
        cited = any(span.start <= at <= span.end for at in marks)
        introduces = said.endswith((":", "：")) and not facts(said) and not cited
        yield _Piece(span, not introduces)


def _states(line: str) -> bool:
    """Tell whether a heading or a line in bold says something by itself."""
    bare = line.strip("#*_ |")
    return bare.endswith((".", "!", "。", "！")) or bool(facts(bare))


def _stripped(text: str, span: Span) -> Span:
    inner = text[span.start : span.end]
    start = span.start + len(inner) - len(inner.lstrip())
    return Span(start, max(start, span.start + len(inner.rstrip())))


def _unmarked(text: str) -> tuple[str, list[tuple[int, list[int]]]]:
    """Take the marks out of a text; return where each stood, and its numbers."""
    plain = ""
    position = 0
    marks: list[tuple[int, list[int]]] = []
    for found in _MARKS.finditer(text):
        plain += text[position : found.start()]
        position = found.end()
        numbers = [
            number
            for first, last in _RANGE.findall(found[0])
            for number in range(int(first), min(int(last or first), 999) + 1)
        ]
        marks.append((max(len(plain) - 1, 0), numbers))
    return plain + text[position:], marks


def _best_span(text: str, sentence: str) -> Span:
    """Return the run of up to three sentences of `text` that shares most with one."""
    wanted = terms(sentence)
    spans = sentences(text) or [Span(0, len(text))]
    best, best_score = Span(0, len(text)), -1.0
    for first in range(len(spans)):
        for last in range(first, min(first + _WINDOW, len(spans))):
            span = Span(spans[first].start, spans[last].end)
            shared = wanted & terms(text[span.start : span.end])
            score = len(shared) / max(len(wanted), 1) - _PER_SENTENCE * (last - first)
            if score > best_score:
                best, best_score = span, score
    return best
