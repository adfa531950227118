"""Answer with the documents' own words: no chat model, nothing made up.

Each unit of the best passages is scored by how much of the question's weight it and the
headings above it have; the likeliest also by how near they are to the question in
meaning; the likeliest of those also by what a reader says of them. The best ones are
quoted, as units that can be understood. When the best evidence is weak, or names
nothing that the question asks about exactly, the answer is that the documents do not
say. How the weights were chosen and confirmed: docs/decisions/0017-reader-and-units.md.
"""

import math
import re
from collections.abc import (
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Final, NamedTuple

from typing_extensions import override

from erya.answering.base import (
    Answerer,
    Draft,
    Quoted,
    abstain,
    assemble,
    column_names,
)
from erya.answering.forms import SUM
from erya.answering.questions import Intent, begins_key, detect_intent, mentions
from erya.answering.subjects import fits_amounts, has_cell, is_about
from erya.answering.units import (
    Unit,
    begins_item,
    find_group,
    find_inline_steps,
    find_item,
    find_label,
    find_list,
    find_record,
    find_referred,
    find_sentence,
    find_title,
    in_steps,
    include_code,
    split_units,
)
from erya.answering.works import bare_name, is_of_paper, is_of_work
from erya.language import (
    is_row,
    language_of,
    named_numbers,
    normal_text,
    question_words,
    reference_keys,
    terms,
)
from erya.models import MIN_TOKEN_COVERAGE, EmbeddingModel, Passage, ReaderModel
from erya.records import Answer, Chunk, Evidence, Hit, Message, Reading, Span

__all__ = ["ExtractiveAnswerer"]

_PASSAGES: Final = 6  # more did not find more answers
_COMPARED: Final = 24  # units in meaning; more did not find more answers
_PER_RANK: Final = 0.4  # a unit is compared less likely for each better passage
_SINGLE: Final = 0.3  # weight of a Chinese word of one character
_FEW: Final = 3  # fewer other passages than this tell nothing about prominence
_TYPICAL_PROMINENCE: Final = 0.5
_TYPICAL_RELEVANCE: Final = -2.0
_UNIT_CHARACTERS: Final = 240  # of a unit that are compared in meaning
_SHORT: Final = 120  # characters of a quote that may need its heading
_ARTICLE: Final = 500  # characters of an article that is quoted whole
_PART: Final = 5  # letters of a part of a German noun
_NEARLY: Final = 0.4  # below the best score
_NEAR: Final = 3.0  # of a row
_QUESTION_MARKS: Final = ("?", "？")
_CLAUSE: Final = re.compile(r"(\d+(?:\.\d+)+)[.)]?\s")
_SIBLINGS: Final = 3  # that answer alike, of which the question names none
_MOST_SIBLINGS: Final = 6
# The address of a page answers only who asks for a place.
_ADDRESS: Final = re.compile(r"<?(?:https?://|www\.|doi:)\S+", re.IGNORECASE)
_ASKS_FOR_PLACE: Final = re.compile(
    r"\b(?:where|urls?|dois?|links?|web\w*|sites?|address|download\w*|home ?page"
    r"|repository|source code)\b|哪里|哪裡|哪儿|哪兒|在哪|何处|何處|网址|網址"
    r"|网站|網站|网页|網頁|官网|官網|主页|主頁|链接|連結|鏈接|地址|下载|下載|代码|原文",
    re.IGNORECASE,
)
_UNFINISHED: Final = (":", "：", ";", "；", ",", "，", "、")
_UNREAD: Final = -12.0  # log odds, where a reader has seen nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much each sign of a unit counts, as log odds against the other units.

    Attributes:
        meaning: The cosine of the unit, below its heading, and the question.
        span: The reader's log odds of its best words in the unit.
        own: The share of the question's weight that the unit has.
        above: The share that only headings and title add.
        kind: The unit holds what the question asks for: a number, a time, a reason.
        wanted: The same, where no answer can be without it: an amount, a date.
        exact: It names a code or reference that the question names.
        form: It has the form of an answer to such a question.
        companion: How far below the best a further unit may be; twice as far where
            several things are asked for.
    """

    meaning: float = 20.0
    span: float = 0.15
    own: float = 2.0
    above: float = 4.0
    kind: float = 0.9
    wanted: float = 2.5
    exact: float = 2.0
    form: float = 4.0
    companion: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """When the documents do not say: below 0 the evidence is too weak.

    evidence = meaning * the best cosine of a unit + relevance * the reader's log odds
    of its best unit (typical ones where nobody has read) + constant. Where no vector
    tells of the units, two signs from words decide: the share of the question's words
    that the best passage has, and how far it stands out.
    """

    meaning: float = 10.0
    relevance: float = 0.1
    constant: float = -2.95
    prominence: float = 0.47
    coverage: float = 0.51


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractiveAnswerer(Answerer):
    """Quotes the units that best answer.

    Attributes:
        sentences: How many at most, at least 1.
        embedding: Tells how near a unit is to the question; without it words and the
            reader decide. An assistant gives it its own, where that runs here.
        reader: Reads the likeliest units with the question; without it words and
            meaning decide. An assistant gives it its own.
        readings: How many units it reads, at least 1.
        weights: What decides between units.
        refusal: What decides whether the documents say.
    """

    sentences: int = 3
    embedding: EmbeddingModel | None = None
    reader: ReaderModel | None = None
    readings: int = 8
    weights: Weights = Weights()
    refusal: Refusal = Refusal()

    @override
    def drafts(
        self,
        question: str,
        evidence: Evidence,
        *,
        history: Sequence[Message] = (),
        seconds: float | None = None,
    ) -> Iterator[Draft]:
        """Yield the quotes, at once; what was asked before is not looked at."""
        yield Draft(self._answer(question, evidence), is_whole=True)

    def _answer(self, question: str, evidence: Evidence) -> Answer:
        intent = detect_intent(question)
        found = _of_work(intent, evidence)
        missing = _missing(intent, evidence if found is None else found)
        if missing or found is None:
            return abstain(question, evidence, missing=missing)
        quotes = _referred(intent, found) if intent.whole else []
        quotes = quotes or self._quotes(question, found, intent)
        if not quotes:
            return abstain(question, evidence)
        return assemble(quotes)

    def _quotes(
        self, question: str, evidence: Evidence, intent: Intent
    ) -> list[Quoted]:
        """Return what is quoted; nothing where the documents do not say."""
        candidates = self._candidates(question, evidence, intent)
        about = _of_named_rows(
            question, [c for c in candidates if c.is_about(question, intent)]
        )
        about = _for_amounts(about)
        if not about:
            return []
        if candidates[0] is not about[0] and _is_beside(candidates[0], about, intent):
            return []
        named = about[0].names(intent)
        if not named and self._strength(question, evidence, about) < 0:
            return []
        about = _beyond_the_code(about, intent)
        if not intent.several:
            about = _in_one_language(about, question)
        chosen = self._siblings(question, about, intent) or self._chosen(
            about, several=intent.several
        )
        if intent.wanted:
            chosen = [c for c in chosen if c.held or _holds(intent, c.record)]
        if not chosen:
            return []
        chosen = _to_the_point(chosen, question, intent)
        return _apart(c.quoted(intent, question) for c in chosen)

    def _candidates(
        self, question: str, evidence: Evidence, intent: Intent
    ) -> list["_Candidate"]:
        """Score the units of the best passages, best first."""
        hits = evidence.hits
        if intent.exact:
            own = tuple(h for h in hits if _is_referred(h.chunk, intent))
            hits = own or tuple(h for h in hits if _names_any(h.chunk, intent)) or hits
        units = [
            (rank, self._scored(hit, unit, intent=intent, weights=evidence.weights))
            for rank, hit in enumerate(hits[:_PASSAGES])
            for unit in _units_of(hit.chunk, intent, question)
        ]
        units = sorted(units, key=lambda unit: _PER_RANK * unit[0] - unit[1].score)
        likely = [candidate for _, candidate in units[:_COMPARED]]
        nearness = self._nearness(question, likely)
        candidates = [
            each._replace(score=each.score + self.weights.meaning * near, near=near)
            for each, near in zip(likely, nearness, strict=True)
        ]
        candidates = sorted(candidates, key=lambda each: -each.score)
        about = [each for each in candidates if each.is_about(question, intent)]
        if intent.form is SUM:
            sums = [c for c in about if c.held and _has(SUM, c.line)]
            about, candidates = sums or about, sums or candidates
        others = [each for each in candidates[:1] if each not in about[:1]]
        return self._read(question, [*others, *about])

    def _read(
        self, question: str, candidates: list["_Candidate"]
    ) -> list["_Candidate"]:
        """Let the reader have its say on the likeliest; only those stay, best first."""
        if self.reader is None or not candidates:
            return candidates
        some = candidates[: self.readings]
        units = [Passage(_nearest_heading(c.hit.chunk), c.unit.text) for c in some]
        read = [
            candidate.read_as(reading, weights=self.weights)
            for candidate, reading in zip(
                some, self.reader.read(question, units), strict=True
            )
        ]
        return sorted(read, key=lambda candidate: -candidate.score)

    def _nearness(
        self, question: str, units: Sequence["_Candidate"]
    ) -> Sequence[float]:
        """Return the cosine of each unit and the question; 0 where nobody can tell."""
        nothing = [0.0] * len(units)
        if self.embedding is None or not units:
            return nothing
        texts = [_under_heading(each.hit.chunk, each.unit) for each in units]
        if self.embedding.token_coverage([question])[0] < MIN_TOKEN_COVERAGE:
            return nothing
        asked = self.embedding.embed_query(question).vectors[0]
        vectors = self.embedding.embed_passages(texts).vectors
        known = self.embedding.token_coverage(texts)
        return [
            float(vector @ asked) if share >= MIN_TOKEN_COVERAGE else 0.0
            for vector, share in zip(vectors, known, strict=True)
        ]

    def _scored(
        self, hit: Hit, unit: Unit, *, intent: Intent, weights: Mapping[str, float]
    ) -> "_Candidate":
        """Score a unit by all signs but its meaning, which costs most to know."""
        total = sum(weights.values()) or 1.0
        group = find_group(hit.chunk.text, unit.span)
        said = hit.chunk.text[slice(*group)] if group else unit.text
        here = terms(said) & weights.keys()
        above = terms(_above(hit.chunk)) & weights.keys()
        own = _share(here, weights, total)
        weighed = self.weights
        held = _holds(intent, unit.text)
        fits = fits_amounts(intent.amounts, unit.text) if intent.amounts else None
        score = (
            weighed.own * own
            + weighed.above * (_share(here | above, weights, total) - own)
            + (weighed.wanted if intent.wanted else weighed.kind) * held
            + weighed.exact * any(mentions(unit.text, each) for each in intent.exact)
            + weighed.form * (intent.form is not None and _has(intent.form, unit.text))
            + weighed.form * (fits is True)
        )
        return _Candidate(hit, unit, score, held, fits)

    def _siblings(
        self, question: str, candidates: Sequence["_Candidate"], intent: Intent
    ) -> list["_Candidate"]:
        """Return the clauses of one section that all have what is wanted, if so.

        One of them alone would be an answer about something in particular. They are
        nearly as likely, and the question names none: it has no word that some of them
        have and others lack.
        """
        best = candidates[0]
        if not intent.wanted or not best.clause:
            return []
        section, _, _ = best.clause.rpartition(".")
        least = best.score - self.weights.companion
        alike = [
            c
            for c in candidates
            if c.held
            and c.score >= least
            and c.hit is best.hit
            and c.clause.rpartition(".")[0] == section
        ]
        clauses = len({c.clause for c in alike})  # each of one sentence or more
        if clauses < _SIBLINGS or len(alike) > _MOST_SIBLINGS:
            return []
        asked = set(question_words(question))
        shared = [asked.intersection(question_words(c.unit.text)) for c in alike]
        if any(each != shared[0] for each in shared):
            return []
        return sorted(alike, key=lambda c: c.unit.span.start)

    def _chosen(
        self, candidates: Sequence["_Candidate"], *, several: bool
    ) -> list["_Candidate"]:
        """Take the best, and those that are nearly as likely to answer.

        A unit inside a quote that is taken already, or that says the same, is not
        quoted twice. The best comes first, and then what stands in the same passage;
        where several things are asked for, each passage keeps its order.
        """
        best = candidates[0]
        least = best.score - self.weights.companion * (2 if several else 1)
        near = [best]
        for candidate in candidates[1 : 4 * self.sentences]:
            if len(near) == self.sentences or candidate.score < least:
                break
            if not any(map(candidate.meets, near)):
                near.append(candidate)
        first_seen = {id(c.hit): rank for rank, c in reversed(list(enumerate(near)))}
        return sorted(
            near,
            key=lambda c: (
                c is not best and not several,
                first_seen[id(c.hit)],
                c.unit.span.start,
            ),
        )

    def _strength(
        self, question: str, evidence: Evidence, candidates: Sequence["_Candidate"]
    ) -> float:
        """Return how strongly the passages speak; below 0 they do not say."""
        refusal = self.refusal
        near = max(candidate.near for candidate in candidates)
        if not near:
            prominence = refusal.prominence * _prominence(evidence)
            return _share_of_words(question, evidence) + prominence - refusal.coverage
        read = [c.reading.relevance for c in candidates if c.reading is not None]
        relevance = refusal.relevance * max(read, default=_TYPICAL_RELEVANCE)
        return refusal.meaning * near + relevance + refusal.constant


class _Candidate(NamedTuple):
    hit: Hit
    unit: Unit
    score: float
    held: bool
    fits: bool | None
    near: float = 0.0
    reading: Reading | None = None

    def read_as(self, reading: Reading, *, weights: Weights) -> "_Candidate":
        """Return it with what a reader says of it."""
        span = reading.spans[0].score if reading.spans else _UNREAD
        score = self.score + weights.span * max(span, _UNREAD)
        return self._replace(score=score, reading=reading)

    @property
    def answer(self) -> Span | None:
        """The words that a reader marks, in the chunk's text."""
        if self.reading is None or not self.reading.spans:
            return None
        start, end = (self.unit.span.start + at for at in self.reading.spans[0][:2])
        return Span(start, end) if end <= self.unit.span.end else None

    @property
    def line(self) -> str:
        """What stands in the passage, without names of columns."""
        return self.hit.chunk.text[slice(*self.unit.span)]

    @property
    def record(self) -> str:
        """The text of the record that it is a field of; else its own."""
        text = self.hit.chunk.text
        found = find_record(text, self.unit.span)
        return text[slice(*found)] if found else self.unit.text

    @property
    def clause(self) -> str:
        """The number of the clause that the unit stands in, as `2.4`; or nothing."""
        text = self.hit.chunk.text
        start = text.rfind("\n", 0, self.unit.span.start) + 1
        found = _CLAUSE.match(text, start)
        return found[1] if found else ""

    @property
    def is_row(self) -> bool:
        """Whether it is a row of a table."""
        return is_row(self.line)

    def names(self, intent: Intent) -> bool:
        """Tell whether it, or what is above it, names a code that is asked about."""
        chunk = self.hit.chunk
        text = f"{PurePath(chunk.source).stem} {_above(chunk)} {self.record}"
        return self.referred(intent) is not None or any(
            mentions(text, each) for each in intent.exact
        )

    def referred(self, intent: Intent) -> Span | None:
        """Return the article or the like that it is part of and that is asked about."""
        spans = _referred_spans(self.hit.chunk, intent)
        inside = (s for s in spans if s.start <= self.unit.span.start < s.end)
        return next(inside, None)

    def is_about(self, question: str, intent: Intent) -> bool:
        """Tell whether it speaks of what the question names, and not of another."""
        chunk = self.hit.chunk
        above = f"{PurePath(chunk.source).stem}\n{_above(chunk)}"
        if self.is_row:
            lines = chunk.text.split("\n")
            around = [line for line in lines if not is_row(line)]
            names = column_names(chunk, self.unit.span.start)
            above = "\n".join((above, names, *around))
        return is_about(
            question,
            intent,
            line=self.line if self.is_row else self.record,
            before=chunk.text[: self.unit.span.start],
            above=above,
        )

    def meets(self, other: "_Candidate") -> bool:
        """Tell whether the two would quote some of the same characters, or say them."""
        ours, theirs = self.whole, other.whole
        if self.hit is other.hit:
            return ours.start < theirs.end and theirs.start < ours.end
        return _letters(self.unit.text) == _letters(other.unit.text)

    @property
    def whole(self) -> Span:
        """The list or record that the unit is part of, or the unit."""
        text, span = self.hit.chunk.text, self.unit.span
        found = (
            find_list(text, span) or find_record(text, span) or find_item(text, span)
        )
        return found or span

    def quoted(self, intent: Intent, question: str) -> Quoted:
        """Return what is quoted of it: enough to be understood."""
        text, span = self.hit.chunk.text, self.unit.span
        whole = find_record(text, span)
        if whole is None and (
            intent.several
            or (intent.steps and in_steps(text, span))
            or text[span.start : span.end].endswith((":", "："))
        ):
            whole = find_list(text, span)
        if whole is None and intent.steps:
            whole = find_inline_steps(text, span)
        if whole is None:
            whole = find_item(text, span) or include_code(text, span)
            if whole == span:
                whole = find_label(text, span) or find_sentence(text, span)
        article = self.referred(intent)
        short = article is not None and article.end - article.start <= _ARTICLE
        if article is not None and short and "章" not in "".join(intent.references):
            whole = article
        heading = _heading_for(self.hit.chunk, text[slice(*whole)], question)
        inside = self.answer is not None and (
            whole.start <= self.answer.start and self.answer.end <= whole.end
        )
        answer = self.answer if inside else None
        return Quoted(self.hit, whole, heading, answer, _goes_on(text, whole))


def _holds(intent: Intent, text: str) -> bool:
    """Tell whether a text has what is wanted, beside the codes that are asked about."""
    for each in intent.exact:
        text = text.replace(each, " ")
    return intent.holds(text)


def _is_beside(best: _Candidate, about: Sequence[_Candidate], intent: Intent) -> bool:
    """Tell whether the likeliest is of another, and what is left is much less likely.

    What is asked for is there, but not of whom: what stands beside it is no answer.
    Other rows that have what is wanted are.
    """
    held = [c for c in about if c.held or _holds(intent, c.record)]
    left = held if intent.wanted and held else about
    if best.is_row and any(c.is_row and c.score >= best.score - _NEAR for c in left):
        return False
    return left[0].score < best.score - _NEARLY


def _in_one_language(about: list[_Candidate], question: str) -> list[_Candidate]:
    """Return the candidates that speak as the question does, if the best does so.

    Whoever got the answer needs no passage in another language beside it.
    """
    spoken = language_of(question)
    if language_of(about[0].unit.text) != spoken:
        return about
    return [c for c in about if language_of(c.unit.text) in {spoken, ""}]


def _of_named_rows(question: str, candidates: list[_Candidate]) -> list[_Candidate]:
    """Keep of rows those with a cell that the question has, if there are any."""
    named = [c for c in candidates if c.is_row and has_cell(c.line, question)]
    return [c for c in candidates if not named or c in named or not c.is_row]


def _beyond_the_code(candidates: list[_Candidate], intent: Intent) -> list[_Candidate]:
    """Leave out what only names the code, where what is wanted stands with it."""
    if not (intent.exact and intent.wanted):
        return candidates
    told = [
        c
        for c in candidates
        if (c.held or _holds(intent, c.record)) and c.names(intent)
    ]
    return told or candidates


def _for_amounts(candidates: list[_Candidate]) -> list[_Candidate]:
    """Leave out what is for other amounts, where something is for those asked about."""
    if not any(c.fits for c in candidates):
        return candidates
    return [c for c in candidates if c.fits is not False]


def _of_work(intent: Intent, evidence: Evidence) -> Evidence | None:
    """Return the evidence of the work that an article is asked of; None if none is."""
    if intent.paper:
        of_paper = (h for h in evidence.hits if is_of_paper(h.chunk, intent.paper))
        return replace(evidence, hits=tuple(of_paper) or evidence.hits)
    if not intent.work:
        return evidence
    hits = tuple(hit for hit in evidence.hits if is_of_work(hit.chunk, intent.work))
    return replace(evidence, hits=hits) if hits else None


def _referred(intent: Intent, evidence: Evidence) -> list[Quoted]:
    """Return the articles or sections that all are asked for, of the best document."""
    quotes: list[Quoted] = []
    for key in dict.fromkeys(k for e in intent.references for k in reference_keys(e)):
        for hit in evidence.hits:
            if quotes and hit.chunk.document_id != quotes[0].hit.chunk.document_id:
                continue
            spans = _spans_of(hit.chunk, key)
            if spans:
                text, span = hit.chunk.text, spans[0]
                heading = "" if span.start else _nearest_heading(hit.chunk)
                shown = heading if begins_key(heading, key, heading=True) else ""
                quotes.append(Quoted(hit, span, shown, None, _goes_on(text, span)))
                break
    return _apart(quotes)


def _referred_spans(chunk: Chunk, intent: Intent) -> list[Span]:
    keys = [key for each in intent.references for key in reference_keys(each)]
    return [span for key in keys for span in _spans_of(chunk, key)]


def _spans_of(chunk: Chunk, key: str) -> list[Span]:
    """Return where a passage is what a reference names; all of it below its heading."""
    found = find_referred(chunk.text, {key, *named_numbers(key)})
    if found is not None:
        return [found]
    below = any(begins_key(each, key, heading=True) for each in chunk.headings[-1:])
    return [Span(0, len(chunk.text))] if below else []


def _is_referred(chunk: Chunk, intent: Intent) -> bool:
    return bool(_referred_spans(chunk, intent))


def _units_of(chunk: Chunk, intent: Intent, question: str) -> list[Unit]:
    """Return the units that may answer; of what is referred to, if it is there.

    A question in a document answers none, and a bare address none but for a place.
    """
    units = [u for u in split_units(chunk) if not u.text.endswith(_QUESTION_MARKS)]
    if not _ASKS_FOR_PLACE.search(question):
        units = [u for u in units if not _ADDRESS.fullmatch(u.text)]
    spans = _referred_spans(chunk, intent)
    inside = [u for u in units if any(s.start <= u.span.start < s.end for s in spans)]
    return inside or units


def _apart(quotes: Iterable[Quoted]) -> list[Quoted]:
    """Leave out quotes of which another has some characters."""
    kept: list[Quoted] = []
    for quote in quotes:
        ours = _place_of(quote)
        if not any(
            quote.hit.chunk.document_id == other.hit.chunk.document_id
            and ours.start < _place_of(other).end
            and _place_of(other).start < ours.end
            for other in kept
        ):
            kept.append(quote)
    return kept


def _place_of(quote: Quoted) -> Span:
    at = quote.hit.chunk.start
    return Span(at + quote.span.start, at + quote.span.end)


def _goes_on(text: str, span: Span) -> bool:
    """Tell whether what is quoted plainly does not end where the quote does."""
    quote = text[slice(*span)]
    below = text[span.end :].lstrip("\n").split("\n", 1)[0]
    cut = begins_item(quote[quote.rfind("\n") + 1 :]) and begins_item(below)
    listed = "\n" in quote and not is_row(quote)
    return listed and (cut or quote.rstrip().endswith(_UNFINISHED))


def _to_the_point(
    chosen: list[_Candidate], question: str, intent: Intent
) -> list[_Candidate]:
    """Leave out what is of another code or another row than the question asks about."""
    if any(each.names(intent) for each in chosen):
        chosen = [each for each in chosen if each.names(intent)]
    best = max(chosen, key=lambda each: each.score)
    if intent.several or not best.is_row:
        return chosen
    asked = terms(question) & terms(best.line)
    return [
        each
        for each in chosen
        if each.hit is not best.hit or not each.is_row or asked <= terms(each.line)
    ]


def _heading_for(chunk: Chunk, quote: str, question: str) -> str:
    """Return the heading above a quote where it says what the quote is about."""
    heading = _nearest_heading(chunk)
    asked = terms(question)
    lacks = (terms(heading) & asked) - terms(quote)
    return heading if lacks and len(quote) <= _SHORT and "|" not in heading else ""


def _has(form: re.Pattern[str], text: str) -> bool:
    return form.search(text) is not None


def _nearest_heading(chunk: Chunk) -> str:
    return chunk.headings[-1] if chunk.headings else chunk.title


def _under_heading(chunk: Chunk, unit: Unit) -> str:
    title = find_title(chunk.text, unit.span) or _nearest_heading(chunk)
    return f"{title}\n{unit.text}"[:_UNIT_CHARACTERS]


def _above(chunk: Chunk) -> str:
    return " ".join((chunk.title, *chunk.headings))


def _names_any(chunk: Chunk, intent: Intent) -> bool:
    return any(mentions(_told(chunk), each) for each in intent.exact)


def _told(chunk: Chunk) -> str:
    """Return all that a passage is found by, its file's name as well."""
    return f"{PurePath(chunk.source).stem}\n{chunk.indexed_text}"


def _missing(intent: Intent, evidence: Evidence) -> tuple[str, ...]:
    """Return what the question names and no passage does.

    A name is looked for where all passages are in the question's script: in another it
    is written otherwise.
    """
    texts = [_told(hit.chunk) for hit in evidence.hits]
    here = any(_is_referred(hit.chunk, intent) for hit in evidence.hits)
    missing = [
        each
        for each in intent.exact
        if not any(mentions(t, each) for t in texts)
        and not (here and each in intent.references)
    ]
    work = bare_name(intent.work)
    if work and not any(
        is_of_work(hit.chunk, work) or work in bare_name(_told(hit.chunk))
        for hit in evidence.hits
    ):
        return (intent.work,)
    latin = [text for text in texts if language_of(text) != "zh"]
    if intent.names and texts[:1] == latin[:1] and 2 * len(latin) > len(texts):
        texts = latin
        words = "\n".join(map(normal_text, texts))
        found = frozenset().union(*map(terms, texts))
        missing += [
            each
            for each in intent.names
            if normal_text(each) not in words
            and not terms(each) <= found
            and not (intent.is_german and _is_compound(each, found))
        ]
    return tuple(missing)


def _is_compound(noun: str, found: Collection[str]) -> bool:
    """Tell whether a noun and a word have one in the other: Kündigungsfrist, Frist."""
    low = normal_text(noun)
    return any(
        len(word) >= _PART and (word in low or low in word)
        for word in found
        if word.isalpha()
    )


def _letters(text: str) -> str:
    return "".join(text.split())


def _share(found: frozenset[str], weights: Mapping[str, float], total: float) -> float:
    return sum(weights[term] for term in found) / total


def _share_of_words(question: str, evidence: Evidence) -> float:
    """Return the share of the question's words that the best passage has, by weight.

    A Chinese word counts by the share of its pairs; one of a single character, which
    stands in every other text, counts little.
    """
    found = terms(evidence.hits[0].chunk.indexed_text)
    total = covered = 0.0
    for word in question_words(question):
        weights = [evidence.weights.get(term, 0.0) for term in word]
        weight = sum(weights) / len(weights)
        if len(word) == 1 and len(word[0]) == 1 and not word[0].isascii():
            weight *= _SINGLE
        total += weight
        covered += weight * sum(term in found for term in word) / len(word)
    return covered / total if total else 0.0


def _prominence(evidence: Evidence) -> float:
    """Return how far the best passage stands out; a typical value among few."""
    scores = sorted((hit.telling for hit in evidence.hits), reverse=True)
    others = scores[1:]
    if len(others) < _FEW or not sum(others) or not scores[0]:
        return _TYPICAL_PROMINENCE
    return math.log(scores[0] / (sum(others) / len(others)))
