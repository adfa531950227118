"""The nouns that flow through Erya. Frozen: a step returns new records.

Offsets count Unicode code points of `Document.text`, from 0, the end excluded. Pages
count from 1.
"""

import hashlib
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Self

from erya.filters import Filter

__all__ = [
    "Answer",
    "AnswerFinished",
    "AskEvent",
    "Block",
    "BlockKind",
    "Chunk",
    "Citation",
    "Claim",
    "ClaimChecked",
    "Document",
    "Evidence",
    "EvidenceFound",
    "Example",
    "Fingerprint",
    "Hit",
    "ImagePart",
    "Item",
    "Message",
    "MessagePart",
    "Notice",
    "NoticeGiven",
    "Parsed",
    "Part",
    "Principal",
    "Problem",
    "Query",
    "Quote",
    "Reading",
    "ScoredSpan",
    "Span",
    "TextPart",
    "ToolCall",
    "ToolResult",
    "Unchanged",
    "Usage",
    "Verdict",
    "absolute_path",
    "is_under",
]

_SAME_MODEL = 0.999  # cosine of probes; another precision of a model differs by more

BlockKind = Literal["heading", "paragraph", "list", "table", "code"]
# What is `cited` has a source and no number, code or name that is foreign to it, but
# is in other words than its source: what it says was not checked.
Verdict = Literal["supported", "cited", "contradicted", "not_found"]


class Span(NamedTuple):
    """A stretch of text: `text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks.

    A principal made the ordinary way is a reader and nothing more, whatever its
    fields say: what a request carries cannot make an owner or the system.

    Attributes:
        user: The person's name; empty for nobody in particular.
        groups: The groups the person belongs to.
        role: `reader` sees what the labels allow. `owner` is the person who owns the
            home folder and reads all of it. `system` is maintenance.
    """

    user: str = ""
    groups: frozenset[str] = frozenset()
    role: Literal["reader", "owner", "system"] = field(default="reader", init=False)

    @classmethod
    def owner(cls, user: str) -> Self:
        """Return the person at the keyboard, who owns the home folder."""
        return cls._with_role(user, "owner")

    @classmethod
    def system(cls) -> Self:
        """Return maintenance itself: migrations, checks and repairs."""
        return cls._with_role("system", "system")

    @classmethod
    def _with_role(cls, user: str, role: Literal["owner", "system"]) -> Self:
        principal = cls(user=user)
        object.__setattr__(principal, "role", role)
        return principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that a source offers: bytes under a name, not yet read as text.

    Attributes:
        source: Where a reader can find it, and what identifies it: a path or a URL.
            What is inside another file stands below it, as in a folder.
        data: The bytes themselves.
        inside: The source of the file that it was inside of; empty where it was not.
        validators: What tells whether it has changed without reading it, such as an
            ETag; empty where reading it is as cheap.
        name: What a file of it would be called, where `source` does not end in that.
    """

    source: str
    data: bytes
    inside: str = ""
    name: str = ""
    validators: Mapping[str, str] = field(default_factory=dict)

    @property
    def content_hash(self) -> str:
        """The SHA-256 of the bytes, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


class Unchanged(NamedTuple):
    """Something that a source offers, and that is as it was when it was last read.

    Attributes:
        source: As in `Item`.
    """

    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that was passed over or failed, and why.

    Attributes:
        source: The path or URL.
        code: The kind of problem, as one word for programs.
        message: The reason, for a person.
        failed: Whether it should have worked; otherwise it was rightly skipped.
        gone: Whether it is sure not to be there any more: what is stored of it goes.
    """

    source: str
    code: str
    message: str
    failed: bool
    gone: bool = False


class Block(NamedTuple):
    """A structural piece of a text.

    Attributes:
        kind: What it is. A table is written in Markdown; `erya.language.table_cells`
            gives its cells as spans.
        start: First character.
        end: One past the last character.
        level: The depth of a heading, from 1; 0 for every other kind.
        omitted: Why it is not searched, as one word: `running_head`, `duplicate`, …;
            empty for what is.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    omitted: str = ""


class Notice(NamedTuple):
    """Something that a reader of a document should know of how it was read.

    Attributes:
        code: The kind, as one word for programs: `garbled`, `no_text`, `hidden_text`, …
        message: What happened and what to do, for a person.
        page: Where, from 1; None if it is about the whole.
    """

    code: str
    message: str
    page: int | None = None


class Part(NamedTuple):
    """A file inside a file: a member of an archive, an attachment of a mail.

    Attributes:
        name: Its path inside, `/` between folders; a name only, never opened.
        data: Its bytes.
    """

    name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a parser read out of bytes.

    Attributes:
        title: The title that the document gives itself; empty if it gives none.
        text: The whole text, without NUL and without lone surrogates.
        blocks: Its structure in reading order: apart from each other, not empty.
        pages: The span of each page, slide or sheet; empty where there are none.
        media_type: What the bytes were.
        metadata: What else the document says of itself.
        notices: What a reader should know of how it was read.
    """

    title: str
    text: str
    blocks: tuple[Block, ...]
    pages: tuple[Span, ...] = ()
    media_type: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One source as plain text.

    Attributes:
        id: Follows from the source alone, so it is stable across re-ingestion.
        source: Where a reader can find it: a path or a URL.
        title: What a person would call it.
        text: The whole text; every offset in Erya counts characters of this string.
        blocks: Headings, paragraphs, lists, tables and code, as spans of the text.
        pages: The span of each page, slide or sheet; empty where there are none.
        language: The main language as an ISO 639-1 code; empty if not told.
        media_type: What the original bytes were.
        metadata: What filters and citations may use.
        readers: Who may read it: `user:…`, `group:…` or `public`.
        content_hash: The SHA-256 of the original bytes; empty for readers of one with
            a private original, whose masked digits could be guessed by it.
        masked: Where personal data was written over.
        private_original: Whether the original is for the owner alone: it may hold
            personal data that the text lacks.
    """

    id: str
    source: str
    title: str
    text: str
    blocks: tuple[Block, ...] = ()
    pages: tuple[Span, ...] = ()
    language: str = ""
    media_type: str = "text/plain"
    metadata: Mapping[str, str] = field(default_factory=dict)
    readers: frozenset[str] = frozenset()
    content_hash: str = ""
    masked: tuple[Span, ...] = ()
    private_original: bool = False

    def page_at(self, position: int) -> int | None:
        """Return the page on which a character stands; None where there are none."""
        for number, page in enumerate(self.pages, start=1):
            if page.start <= position < page.end:
                return number
        return None

    @staticmethod
    def id_of(source: str) -> str:
        """Return the id of the document that `source` names."""
        return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:20]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A span of a document, small enough to retrieve.

    `document.text[start:end] == text` always holds: citations rest on it.

    Attributes:
        id: Follows from the document and the span, so ingesting again keeps it.
        document_id: The document it was cut from.
        start: First character, counted in `Document.text`.
        end: One past the last character.
        text: The characters themselves.
        source: The document's source.
        title: The document's title.
        headings: The headings above the chunk, outermost first.
        page: The page on which it starts; None where there are no pages.
        base: The base that it is in, where several were asked together; else empty.
    """

    id: str
    document_id: str
    start: int
    end: int
    text: str
    source: str
    title: str
    headings: tuple[str, ...] = ()
    page: int | None = None
    base: str = ""

    @property
    def indexed_text(self) -> str:
        """What is searched and embedded: title, heading path and text."""
        above = [self.title, *(h for h in self.headings if h != self.title)]
        return "\n".join([*(line for line in above if line), self.text])


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What tells an embedding model from another.

    Attributes:
        name: What the user calls it.
        dimension: The numbers in a vector.
        probe: The vector of a fixed text, of length 1.
    """

    name: str
    dimension: int
    probe: tuple[float, ...]

    def agrees(self, other: Self) -> bool:
        """Tell whether vectors of both can be compared.

        The same model on another processor or runtime gives nearly the same probe; a
        model that was trained further, or of another precision, does not.
        """
        if (self.name, self.dimension) != (other.name, other.dimension):
            return False
        product = math.fsum(a * b for a, b in zip(self.probe, other.probe, strict=True))
        return product >= _SAME_MODEL


class ScoredSpan(NamedTuple):
    """A stretch of a passage's text that may be the answer.

    Attributes:
        start: First character of the passage's text.
        end: One past the last character.
        score: Log odds against the passage not answering; higher is more likely.
    """

    start: int
    end: int
    score: float


class Reading(NamedTuple):
    """What a reader says of a passage and a question.

    Attributes:
        spans: Possible answers, best first, apart from each other; none in an empty
            text.
        relevance: Log odds that the passage answers.
    """

    spans: tuple[ScoredSpan, ...]
    relevance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A chunk that a search found.

    Attributes:
        chunk: What was found.
        score: Higher is better; comparable within one search only.
        ranks: The place in each leg that found it, from 1.
        scores: What each leg says of it: BM25 for `keyword`, the cosine for `vector`,
            what the model says for `rerank`.
        weights: How much each leg counts in `score`.
        telling: What its score would be by the telling words of the question alone;
            filler ranks passages, and is no sign that one answers.
    """

    chunk: Chunk
    score: float
    ranks: Mapping[str, int]
    scores: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    telling: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What an answer cost.

    Attributes:
        model: The chat model's name; empty when none was used.
        input_tokens: Tokens read by the model, as the endpoint counted them; None where
            it does not say, and 0 where no model was asked.
        output_tokens: Tokens written by the model, in the same way.
    """

    model: str = ""
    input_tokens: int | None = 0
    output_tokens: int | None = 0

    def __add__(self, other: "Usage") -> "Usage":
        """Return both together; what one does not know, nobody does."""
        return Usage(
            model=other.model or self.model,
            input_tokens=_sum(self.input_tokens, other.input_tokens),
            output_tokens=_sum(self.output_tokens, other.output_tokens),
        )


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a search brings to a question.

    Attributes:
        hits: The chunks found, best first.
        weights: How telling each term of the question is: its inverse document
            frequency among what the asker may read. The terms are those of
            `erya.language.query_terms`.
        note: What the reader should know about how they were found; often empty.
        usage: What a chat model read and wrote for the search.
        also: What was searched for as well, by the words of the base.
        suggestion: The question with words put right that nothing readable has; often
            empty. Nobody searched for it.
    """

    hits: tuple[Hit, ...]
    weights: Mapping[str, float]
    note: str = ""
    usage: Usage = field(default_factory=Usage)
    also: tuple[str, ...] = ()
    suggestion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A span of a source that an answer points to.

    Attributes:
        number: How the answer refers to it, from 1.
        chunk: The chunk that holds the span.
        start: First character, counted in `Document.text`.
        end: One past the last character.
        quote: The characters themselves.
        page: The page on which it starts; None where there are no pages.
        answer: The words of the quote that answer, as a reader marks them, counted in
            `Document.text`; None where none has read it.
    """

    number: int
    chunk: Chunk
    start: int
    end: int
    quote: str
    page: int | None = None
    answer: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One sentence of an answer.

    Attributes:
        start: First character, counted in `Answer.text`.
        end: One past the last character.
        citations: The numbers of the citations it rests on.
        verdict: Whether they carry it.
        reason: Why not, for a person; empty when they do, or when it was not checked.
    """

    start: int
    end: int
    citations: tuple[int, ...]
    verdict: Verdict = "not_found"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer and what it rests on.

    Attributes:
        text: What a person reads, with `[1]`-like marks after each sentence.
        abstained: Whether it says that the documents do not say.
        claims: Its sentences in order, each with its verdict.
        citations: What the marks point to.
        nearest: When it abstained, the passages that came nearest.
        note: What the reader should know about how it came about; often empty.
        usage: What it cost.
        suggestion: The question as it may be meant, as `Evidence` has it.
        trace_id: The trace that recorded its making; empty while traces are off.
    """

    text: str
    abstained: bool = False
    claims: tuple[Claim, ...] = ()
    citations: tuple[Citation, ...] = ()
    nearest: tuple[Hit, ...] = ()
    note: str = ""
    usage: Usage = field(default_factory=Usage)
    suggestion: str = ""
    trace_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFound:
    """What a search has brought: the first event of an answer."""

    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimChecked:
    """A sentence of the answer, checked before it is shown.

    Attributes:
        text: What the answer gains: the sentence with its marks, and what stands before
            it. The texts of all claims are the beginning of `Answer.text`.
        claim: The sentence, by its place in the answer's text, with its verdict.
        citations: What it cites.
    """

    text: str
    claim: Claim
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeGiven:
    """What a reader should know of how the answer comes about."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFinished:
    """The whole answer: the last event. It holds where it differs from claims before.

    It may where a model failed within its answer, and the documents are quoted instead;
    or where it took back what it had said, because that was thinking.
    """

    answer: Answer


AskEvent = EvidenceFound | ClaimChecked | NoticeGiven | AnswerFinished


class Quote(NamedTuple):
    """Words of a source.

    Attributes:
        source: The path or URL, or the end of it; empty where it does not matter.
        quote: The words.
    """

    source: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A question with its answer, to measure by, or to learn from.

    Attributes:
        id: Tells it from the others of its set.
        question: What is asked.
        answers: The accepted answers, each right on its own; none if the documents do
            not say.
        answerable: Whether the documents say.
        evidence: Where they say it.
        split: The part of the set: `train`, `test`, `held_out`; empty if not told.
        metadata: What else is known of it.
    """

    id: str
    question: str
    answers: tuple[str, ...] = ()
    answerable: bool = True
    evidence: tuple[Quote, ...] = ()
    split: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """Text in a message."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePart:
    """A picture in a message.

    Attributes:
        media_type: Such as `image/png`.
        data: Its bytes.
    """

    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """What a model wants to be called.

    Attributes:
        id: What its result is told by.
        name: The tool.
        arguments: As the model wrote them: mostly a JSON object, not checked yet.
    """

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What a tool has returned.

    Attributes:
        call_id: The id of the call.
        text: What the model is told.
    """

    call_id: str
    text: str


MessagePart = TextPart | ImagePart | ToolCall | ToolResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation with a chat model.

    Attributes:
        role: Who speaks; results of tools are a turn of `tool`.
        parts: What is said, in order.
    """

    role: Literal["system", "user", "assistant", "tool"]
    parts: tuple[MessagePart, ...]

    @classmethod
    def of(cls, role: Literal["system", "user", "assistant"], text: str) -> Self:
        """Return a turn that is text alone."""
        return cls(role=role, parts=(TextPart(text=text),))

    @property
    def text(self) -> str:
        """The text of the turn, without anything else in it."""
        return "".join(p.text for p in self.parts if isinstance(p, TextPart))


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What somebody asks.

    Attributes:
        question: Of which the first 4,000 characters count.
        history: The conversation before it, the oldest turn first; a chat model that
            answers reads it, too.
        where: Answer only from documents that pass; None is all that may be read.
        seconds: The longest that the answer may take, searching included. What a model
            has written by then stands, and a note says so; where it is nothing, the
            documents are quoted. None waits.
    """

    question: str
    history: tuple[Message, ...] = ()
    where: Filter | None = None
    seconds: float | None = None


def absolute_path(path: str | os.PathLike[str]) -> str:
    """Return where a path leads, links and `~` followed; `~$name` is a name."""
    return os.path.realpath(os.path.expanduser(path))  # noqa: PTH111 - it would raise


def is_under(source: str, root: str) -> bool:
    """Tell whether `source` is `root`, or a path inside it."""
    return source == root or source.startswith(root.rstrip("/") + "/")
