"""Both legs of a search, and one order of what they find.

Everything that a reader sees of it follows from chunks that they may read: which chunks
each leg brings, their scores, and what the fusion takes those in proportion to.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from erya.errors import ModelError
from erya.filters import Filter
from erya.records import Evidence, Fingerprint, Hit, Principal
from erya.stores import KEYWORD, VECTOR, Embedding, Search, Store, WordHit, is_unit

__all__ = [
    "Candidate",
    "Fused",
    "FusedQuestion",
    "Fusion",
    "VectorQuery",
    "search_store",
]

# Chunks that each leg brings at least; more did not change what was found:
# docs/decisions/0008-fusion.md.
_DEPTH: Final = 30
_FEEDBACK: Final = 0.2  # of the best candidate: docs/decisions/0018-fields-and-words.md
_DIGITS: Final = 9


class FusedQuestion(NamedTuple):
    """What the legs know of a question.

    Attributes:
        token_coverage: The share of its tokens that the embedding model knows, 0 to 1.
        full_keyword_score: About what a chunk would score by BM25 that has all of the
            question's telling terms; above 0.
        depth: Chunks that the vector leg brings at least, if there are as many.
    """

    token_coverage: float
    full_keyword_score: float
    depth: int = _DEPTH


class Candidate(NamedTuple):
    """What both legs say of a chunk that either has found.

    Attributes:
        keyword: Its BM25 score; 0 where it shares no term with the question.
        vector: The cosine of its vector and the question's; None where it has none.
        known: The share of its tokens that the model knows; 0 where it has no vector.
    """

    keyword: float
    vector: float | None
    known: float


class Fused(NamedTuple):
    """A candidate's score, and the weight of the vector leg in it, 0 to 1.

    A candidate whose score is 0 is no hit.
    """

    score: float
    weight: float


class Fusion(Protocol):
    """Makes one score of both legs' scores."""

    def __call__(
        self, question: FusedQuestion, candidates: Sequence[Candidate]
    ) -> Sequence[Fused]:
        """Return one result for each candidate, in their order.

        Args:
            question: What is known of the question.
            candidates: Readable chunks only, so that whatever the fusion takes their
                scores in proportion to stays private; in no particular order.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorQuery:
    """A question to the vectors of a base.

    Attributes:
        model: The fingerprint of the model that embeds the question.
        embed: Returns the question's embedding. Called at most once for each search,
            maybe in another thread while words are looked up. What it raises is raised.
        fusion: Makes one score of both legs.
    """

    model: Fingerprint
    embed: Callable[[], Embedding]
    fusion: Fusion


class _Ranked(NamedTuple):
    """A chunk with everything that a hit says of it, but its text."""

    number: int
    score: float
    ranks: Mapping[str, int]
    scores: Mapping[str, float]
    weights: Mapping[str, float]
    telling: float


def search_store(
    store: Store,
    principal: Principal,
    question: str,
    *,
    limit: int,
    vectors: VectorQuery | None = None,
    where: Filter | None = None,
) -> Evidence:
    """Find the chunks that share the most telling terms with `question`.

    With `vectors` the chunks nearest in meaning are found as well, unless the base has
    none. No id, score, rank, weight or number of hits depends on a document that the
    principal may not read. Ties are broken by chunk id.

    Args:
        store: Where to search.
        principal: Who asks.
        question: Free text; one without any term finds nothing.
        limit: How many hits at most, at least 1.
        vectors: How to find by vectors; None searches by words alone.
        where: Search only in documents that pass. How telling a word is, is still
            counted over all that the principal may read.

    Raises:
        ModelError: What was embedded is no vector of length 1 and the dimension of the
            model.
        OtherModelError: The base's vectors are of another model.
        StoreError: The base is damaged, or an index is not in reach.
        UsageError: The question is no text.
    """
    with store.search(principal, question, where=where) as search:
        if search.is_empty:
            return Evidence(hits=(), weights={})
        if vectors is not None and search.has_vectors_of(vectors.model):
            ranked = _by_both(search, vectors, limit=limit)
        else:
            ranked = _by_words(search, limit=limit)
        chunks = search.chunks([each.number for each in ranked])
        hits = tuple(
            Hit(
                chunk=chunks[each.number],
                score=each.score,
                ranks=each.ranks,
                scores=each.scores,
                weights=each.weights,
                telling=each.telling,
            )
            for each in ranked
        )
        return Evidence(
            hits=hits,
            weights=search.weights(),
            also=search.also,
            suggestion=search.suggestion(),
        )


def _by_words(search: Search, *, limit: int) -> list[_Ranked]:
    """Return the best by the keyword leg alone."""
    return [
        _Ranked(
            hit.number,
            hit.score,
            {KEYWORD: rank},
            {KEYWORD: hit.score},
            {KEYWORD: 1.0},
            hit.telling,
        )
        for rank, hit in enumerate(search.by_words(limit=limit), start=1)
    ]


def _by_both(search: Search, asked: VectorQuery, *, limit: int) -> list[_Ranked]:
    """Return the best by both legs, ties broken by chunk id."""
    depth = max(_DEPTH, limit)
    # The model works outside of Python's lock, so words are looked for meanwhile.
    # The vectors wait: both at once took a third more of each core, for memory.
    with ThreadPoolExecutor(1, "erya-vectors") as beside:
        embedded = beside.submit(_embedded, asked)
        words = {hit.number: hit for hit in search.by_words(limit=depth)}
        embedding = embedded.result()
    near = search.nearest(embedding.vector, limit=depth)
    numbers = [*words, *(n for n in near if n not in words)]
    hits = words | search.word_hits([n for n in near if n not in words])
    cosines = search.cosines(numbers, embedding.vector)
    candidates = [
        Candidate(hits[number].score, *cosines.get(number, (None, 0.0)))
        for number in numbers
    ]
    question = FusedQuestion(embedding.token_coverage, search.full_score(), _DEPTH)
    first = _fused(asked.fusion, question, candidates)
    fed = _fed(search, numbers, candidates, fused=first)
    fused = _fused(asked.fusion, question, fed)
    telling = _fused(asked.fusion, question, _telling_only(numbers, fed, hits))
    ranks = {KEYWORD: _ranks(words), VECTOR: _ranks(near)}
    # What neither leg says anything for is no hit.
    order = sorted(
        (i for i, each in enumerate(fused) if each.score),
        key=lambda i: (-round(fused[i].score, _DIGITS), search.id_of(numbers[i])),
    )
    return [
        _ranked(
            numbers[i], candidates[i], fused[i], ranks=ranks, telling=telling[i].score
        )
        for i in order[:limit]
    ]


def _telling_only(
    numbers: Sequence[int],
    candidates: Sequence[Candidate],
    hits: Mapping[int, WordHit],
) -> list[Candidate]:
    """Return candidates with the score that telling words alone have."""
    return [
        candidate._replace(keyword=hits[number].telling)
        for number, candidate in zip(numbers, candidates, strict=True)
    ]


def _fed(
    search: Search,
    numbers: Sequence[int],
    candidates: Sequence[Candidate],
    *,
    fused: Sequence[Fused],
) -> list[Candidate]:
    """Let the vector of the best candidate speak with that of the question.

    Rocchio, "Relevance Feedback in Information Retrieval" (1971), with one passage that
    is only taken to be relevant; within the candidates, so that no index is searched
    twice.
    """
    best = max(range(len(fused)), key=lambda i: fused[i].score, default=None)
    if best is None or not fused[best].weight:
        return list(candidates)
    near = search.cosines(numbers, search.vector(numbers[best]))
    return [
        candidate
        if candidate.vector is None
        else candidate._replace(
            vector=(candidate.vector + _FEEDBACK * near[number][0]) / (1 + _FEEDBACK)
        )
        for number, candidate in zip(numbers, candidates, strict=True)
    ]


def _embedded(asked: VectorQuery) -> Embedding:
    """Return the question as a vector.

    Raises:
        ModelError: It is no vector of the model.
    """
    embedding = asked.embed()
    if not is_unit(embedding.vector, asked.model.dimension):
        msg = (
            f"The embedding model {asked.model.name!r} gave the question no vector "
            f"of length 1 and {asked.model.dimension} finite numbers."
        )
        raise ModelError(msg)
    return embedding


def _fused(
    fusion: Fusion, question: FusedQuestion, candidates: Sequence[Candidate]
) -> Sequence[Fused]:
    """Return one score for each candidate.

    Raises:
        ValueError: The fusion gave more, or fewer.
    """
    fused = fusion(question, candidates)
    if len(fused) != len(candidates):
        msg = f"a fusion gave {len(fused)} results for {len(candidates)} candidates"
        raise ValueError(msg)
    return fused


def _ranks(numbers: Iterable[int]) -> dict[int, int]:
    return {number: rank for rank, number in enumerate(numbers, start=1)}


def _ranked(
    number: int,
    candidate: Candidate,
    fused: Fused,
    *,
    ranks: Mapping[str, Mapping[int, int]],
    telling: float,
) -> _Ranked:
    scores = {KEYWORD: candidate.keyword}
    if candidate.vector is not None:
        scores[VECTOR] = candidate.vector
    return _Ranked(
        number,
        round(fused.score, _DIGITS),
        {leg: places[number] for leg, places in ranks.items() if number in places},
        scores,
        {KEYWORD: 1.0 - fused.weight, VECTOR: fused.weight},
        round(telling, _DIGITS),
    )
