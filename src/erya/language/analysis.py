"""From text to the terms of the index, the same for documents and questions.

Chinese runs give their words (segmented), their characters and their pairs of
neighbours; English words give their stem and, apart, their exact form; numbers and
codes such as `GB/T 11643`, `v2.1` or `HX-210` stay whole and also give their parts.
Traditional characters are folded to simplified ones here and nowhere else. The choice
among the ways to cut Chinese was measured: `docs/decisions/0003-terms.md`.
"""

import functools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import rjieba

from erya.language.lexicon import Lexicon, Match
from erya.language.normalizing import listed, normal_text
from erya.language.references import (
    leading_references,
    named_numbers,
    reference_keys,
)
from erya.language.tokens import HAN

if TYPE_CHECKING:
    import Stemmer

__all__ = [
    "ANALYSIS",
    "QueryTerms",
    "Terms",
    "document_terms",
    "is_code",
    "passage_terms",
    "query_terms",
    "question_words",
    "tagged_words",
    "terms",
]

# Raise it with every change that gives other terms: bases are then analysed anew.
ANALYSIS: Final = "6"

_WEIGHT: Final = 2  # of a term above a passage that tells it from others
_SHORT: Final = 3  # passages of a document whose title does
_LONGEST_ENDING: Final = 5  # letters of a file's ending

_LONGEST_TERM = 64  # a longer run of letters is no word; the index need not keep it
_STRETCHES_KEPT: Final = 20_000

# Measured on LCQMC, with DRCD, CMRC and CSL held against it: LOG.md.
_SEVERAL_WEIGHT: Final = 0.5  # of a Chinese term of several characters
_FILLER_WEIGHT: Final = 0.9

_TOKEN = re.compile(
    # A standard's number: letters, a slash and letters, a blank and digits: GB/T 11643
    r"(?P<standard>\b[a-z]{2,5}(?:/[a-z]{1,2})? ?\d{3,6}(?:[.-]\d{1,6})*\b)"
    # A word with its apostrophe
    r"|(?P<word>[a-z]+['’ʼ][a-z]+)"
    # A code: pieces joined by signs; without any digit it is taken apart into words
    r"|(?P<code>[a-z0-9]+(?:[-._/:+#][a-z0-9]+)*)"
    rf"|(?P<han>[{HAN}]+)"
    r"|(?P<other>[^\W\d_]+|[^\W_]+)"
)
# What no token reaches beyond: blanks, but for the one within a standard's number.
_STRETCH = re.compile(r"\S+(?:(?<=[a-z]) (?=\d{3})\S+)*")
_GAP = re.compile(r"[a-z] \d{3}")
_OUTER: Final = ".,;:!?()\"'，。；：！？（）"  # no token begins or ends with one
_SECTION: Final = "^"  # before the key of a reference that begins a line
_PIECE = re.compile(r"\d+|[^\W\d_]+")
_APOSTROPHES: Final = str.maketrans("’ʼ", "''")
# What is written with a hyphen as often as without: e-mail, co-operate, non-stop.
_PREFIXES: Final = frozenset(
    [
        "anti",
        "co",
        "e",
        "extra",
        "inter",
        "micro",
        "mid",
        "mini",
        "multi",
        "non",
        "over",
        "post",
        "pre",
        "re",
        "semi",
        "sub",
    ]
)
_HAN_CHARACTER = re.compile(f"[{HAN}]")


_CONTENT = re.compile(rf"(?P<han>[{HAN}]+)|[A-Za-z][A-Za-z'’-]{{1,30}}[A-Za-z]")
_STOP_WORDS = frozenset(listed("stop_words.txt"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms of one text, counted.

    Attributes:
        body: Words, stems, characters, numbers and codes.
        exact: The exact forms of words whose body term is a stem.
    """

    body: Counter[str]
    exact: Counter[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryTerms:
    """The terms of a question, each with how often it counts.

    Attributes:
        body: Terms of the telling words.
        exact: Exact forms, as in `Terms`.
        expansions: Body terms of what the question's words are looked for as, too.
        also: What that is, as the lexicon has it.
        filler: What the Chinese words add that only hold a question together. They
            rank passages (a list of questions is told apart by 怎么 and 什么), and say
            nothing of whether a passage answers.
    """

    body: Mapping[str, float]
    exact: Mapping[str, float]
    filler: Mapping[str, float]
    expansions: Mapping[str, float] = field(default_factory=dict)
    also: tuple[str, ...] = ()


def document_terms(text: str) -> Terms:
    """Return what the index keeps of `text`. An empty text has no terms."""
    return _normal_terms(normal_text(text))


def _normal_terms(normal: str) -> Terms:
    body = _references(normal)
    exact = list[str]()
    # Few texts have a standard's number, and to look for a digit is quick.
    gap = _GAP.search(normal)
    for each in _STRETCH.findall(normal) if gap else normal.split():
        stretch = each.strip(_OUTER)
        short = len(stretch) <= _LONGEST_TERM
        stretch_terms = _stretch_terms(stretch) if short else _list_terms(_cut(stretch))
        body += stretch_terms[0]
        exact += stretch_terms[1]
    return Terms(body=Counter(body), exact=Counter(exact))


@functools.lru_cache(maxsize=_STRETCHES_KEPT)
def _stretch_terms(stretch: str) -> tuple[list[str], list[str]]:
    """Return the terms of a stretch, kept in memory. Nobody changes them."""
    if stretch.isascii() and stretch.isalpha():
        return [_stemmer().stemWord(stretch)], [stretch]
    return _list_terms(_cut(stretch))


def passage_terms(
    text: str, *, title: str, headings: Sequence[str], source: str, chunks: int
) -> Terms:
    """Return what the index keeps of a passage: of its text, and of what is above it.

    A term of a heading counts twice, one of the title once, or twice in a short
    document: that of a long one stands above all its passages and tells none apart. A
    term of the file's name counts once, if the title does not have it. It is a weighted
    sum of fields before the term frequency is saturated: BM25F of Robertson, Zaragoza
    and Taylor, "Simple BM25 Extension to Multiple Weighted Fields" (2004), with one
    length. Measured: docs/decisions/0018-fields-and-words.md.

    Args:
        text: The passage's own.
        title: The document's.
        headings: Those above it, outermost first; the title among them counts once.
        source: The document's path or URL, of which the last part is its name.
        chunks: How many passages the document has.
    """
    normal = normal_text(text)
    own, above = _normal_terms(normal), _cached_terms(title)
    name = _cached_terms(_stem(source))
    fields = [
        (_section_terms(normal), 1),
        *(
            (_section_terms(normal_text(heading), heading=True), 1)
            for heading in headings[-1:]
        ),
        (above, 1 if chunks > _SHORT else _WEIGHT),
        *(
            (_cached_terms(heading), _WEIGHT)
            for heading in headings
            if heading != title
        ),
        (Terms(body=name.body - above.body, exact=name.exact - above.exact), 1),
    ]
    for field_terms, weight in fields:
        for term, count in field_terms.body.items():
            own.body[term] += weight * count
        for term, count in field_terms.exact.items():
            own.exact[term] += weight * count
    return own


@functools.lru_cache(maxsize=1_024)
def _cached_terms(text: str) -> Terms:
    """Return the terms of what stands above many passages. Nobody changes them."""
    return document_terms(text)


def _section_terms(normal: str, *, heading: bool = False) -> Terms:
    """Return a term for each article or section that begins in a passage."""
    keys = leading_references(normal, heading=heading)
    return Terms(body=Counter(f"{_SECTION}{key}" for key in keys), exact=Counter())


def _reference_terms(normal: str) -> dict[str, float]:
    """Return the terms of passages that are what a question refers to."""
    return {
        f"{_SECTION}{name}": 1.0
        for key in reference_keys(normal)
        for name in (key, *named_numbers(key))
    }


def _stem(source: str) -> str:
    """Return the name of a file without its ending."""
    name = source.rstrip("/").rpartition("/")[2]
    stem, dot, ending = name.rpartition(".")
    return stem if dot and stem and len(ending) <= _LONGEST_ENDING else name


def query_terms(text: str, lexicon: Lexicon | None = None) -> QueryTerms:
    """Return what to look for when somebody asks `text`.

    As for a document, less the words that only hold a question together, unless nothing
    else is left. Chinese is cut at those words, so that no pair of characters spans
    one. A Chinese character counts once in three ways, so its pairs and words count
    half.

    Args:
        text: The question.
        lexicon: Words that are one term, or are looked for as others, too.
    """
    normal = normal_text(text)
    matches = [] if lexicon is None else list(lexicon.matches(normal))
    tokens = _tokens(_without(normal, matches))
    telling = _count(
        [
            (kind, part)
            for kind, token in tokens
            for part in (_telling_runs(token) if kind == "han" else [token])
            if part not in _STOP_WORDS
        ]
    )
    whole = _count([(kind, token) for kind, token in tokens if kind == "han"])
    if not telling.body and not any(match.whole for match in matches):
        telling, whole = _count(tokens), Terms(body=Counter(), exact=Counter())
    body = {term: _weight(term) * n for term, n in telling.body.items()}
    for term in _whole_terms(normal, matches):
        body[term] = body.get(term, 0.0) + 1.0
    return QueryTerms(
        body=body,
        exact={term: float(n) for term, n in telling.exact.items()},
        filler={
            term: _FILLER_WEIGHT * _weight(term) * n
            for term, n in (whole.body - telling.body).items()
        },
        expansions=_reference_terms(normal) | _expansions(matches, present=body),
        also=tuple(
            dict.fromkeys(e.text for match in matches for e in match.expansions)
        ),
    )


def _without(normal: str, matches: list[Match]) -> str:
    """Return the question, in normal form, without the words that are one term."""
    for match in reversed(matches):
        if match.whole:
            normal = f"{normal[: match.start]} {normal[match.end :]}"
    return normal


def _whole_terms(normal: str, matches: list[Match]) -> list[str]:
    """Return the terms of words that are one: pairs alone of what is Chinese."""
    whole = list[str]()
    for match in matches:
        if match.whole:
            for kind, token in _tokens(normal[match.start : match.end]):
                alone = _pairs(token) if kind == "han" else _count([(kind, token)]).body
                whole += alone
    return whole


def _expansions(
    matches: list[Match], *, present: Mapping[str, float]
) -> dict[str, float]:
    """Return the terms of what is looked for as well, less those asked for already."""
    weights: dict[str, float] = {}
    for match in matches:
        for text, weight in match.expansions:
            for term, count in document_terms(text).body.items():
                if term not in present:
                    product = weight * _weight(term) * count
                    weights[term] = max(product, weights.get(term, 0.0))
    return weights


def _weight(term: str) -> float:
    """Return what a term of a question counts."""
    several = len(term) > 1 and _HAN_CHARACTER.match(term)
    return _SEVERAL_WEIGHT if several else 1.0


def question_words(text: str) -> list[tuple[str, ...]]:
    """Return the telling words of a question, each as the body terms it consists of.

    An English word is its stem, a code itself, a Chinese word its pairs of neighbours
    (or its one character). Words that only hold a question together are left out,
    unless nothing else is there.
    """
    words: list[tuple[str, ...]] = []
    for kind, token in _tokens(text):
        if kind == "han":
            words += [_pairs(w) for w in _jieba().cut(token) if w not in _STOP_WORDS]
        elif kind == "word":
            words += [(_stemmer().stemWord(token),)] * (token not in _STOP_WORDS)
        else:  # a code or a reference
            words.append((token.replace(" ", ""),))
    return words


def terms(text: str) -> frozenset[str]:
    """Return the distinct body terms of `text`, to ask whether texts share words."""
    return frozenset(document_terms(text).body)


def content_words(text: str) -> list[str]:
    """Return the words that say what a text is about, as it writes them, in order.

    English words of three letters and more in lower case, Chinese ones of two
    characters and more; no filler, numbers or codes.
    """
    words: list[str] = []
    for match in _CONTENT.finditer(text):
        if match.lastgroup == "han":
            words += [w for w in _jieba().cut(match[0]) if len(w) > 1]
        else:
            words.append(match[0].lower())
    return [word for word in words if word not in _STOP_WORDS]


def tagged_words(text: str) -> list[tuple[str, str]]:
    """Return the words of a Chinese text in order, each with its part of speech.

    As jieba has them: `n` and what begins with it are nouns, `nr`, `ns` and `nt` names
    of persons, places and institutions, `v` verbs, `m` numbers, `t` times.
    """
    return [(word, tag) for word, tag in _jieba().tag(text)]


def is_code(term: str) -> bool:
    """Tell whether `term` is a number or a code, which no other word can stand for."""
    return not term.isalpha() and any(map(str.isdigit, term))


def _tokens(text: str) -> list[tuple[str, str]]:
    """Normalise and cut `text`: NFKC, lower case, simplified characters."""
    normal = normal_text(text)
    return [*(("reference", key) for key in _references(normal)), *_cut(normal)]


def _references(normal: str) -> list[str]:
    """Article 47 and 第四十七条 are one term, beside their words."""
    return [key for key in reference_keys(normal) if len(key) <= _LONGEST_TERM]


def _cut(normal: str) -> list[tuple[str, str]]:
    tokens = list[tuple[str, str]]()
    for match in _TOKEN.finditer(normal):
        kind, token = match.lastgroup or "", match[0]
        if kind == "code" and token.isalpha():  # most are words, in one piece
            tokens.append(("word", token))
        elif kind == "code" and not is_code(token):
            words = _PIECE.findall(token)
            tokens += [("word", word) for word in words]
            if len(words) == 2 and words[0] in _PREFIXES:
                tokens.append(("word", "".join(words)))
        elif kind == "word":
            tokens.append((kind, token.translate(_APOSTROPHES)))
        else:
            tokens.append(("word" if kind == "other" else kind, token))
    return [
        (kind, token)
        for kind, token in tokens
        if len(token) <= _LONGEST_TERM or kind == "han"
    ]


def _han_terms(run: str) -> list[str]:
    """Return the words, pairs of neighbours and characters of a Chinese run."""
    words = [w for w in _jieba().cut_for_search(run) if len(w) > 2]
    pairs = _pairs(run) if len(run) > 1 else ()
    return [*words, *pairs, *run]


def _pairs(word: str) -> tuple[str, ...]:
    return tuple(word[i : i + 2] for i in range(len(word) - 1)) or (word,)


def _code_terms(code: str) -> list[str]:
    """The code as a whole without blanks, then its parts if there are several."""
    whole = code.replace(" ", "")
    parts = _PIECE.findall(code)
    return [whole, *parts] if len(parts) > 1 else [whole]


def _count(tokens: list[tuple[str, str]]) -> Terms:
    body, exact = _list_terms(tokens)
    return Terms(body=Counter(body), exact=Counter(exact))


def _list_terms(tokens: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Return the terms of the body and the exact words, in order."""
    words = [token for kind, token in tokens if kind == "word"]
    stems = iter(_stemmer().stemWords(words) if words else ())
    body: list[str] = []
    for kind, token in tokens:
        if kind == "word":
            body.append(next(stems))
        elif kind == "han":
            body += _han_terms(token)
        elif kind == "reference":
            body.append(token)
        else:
            body += _code_terms(token)
    return body, words


def _telling_runs(run: str) -> list[str]:
    """Cut a Chinese run at its stop words and return what stands between them."""
    parts = [""]
    for word in _jieba().cut(run):
        if word in _STOP_WORDS:
            parts.append("")
        else:
            parts[-1] += word
    return [part for part in parts if part]


@functools.cache
def _jieba() -> rjieba.Jieba:
    return rjieba.Jieba()


@functools.cache
def _stemmer() -> "Stemmer.Stemmer":
    import Stemmer  # noqa: PLC0415 - compiled, and only needed where there is English

    return Stemmer.Stemmer("english")
