"""What parsers' processes are asked to do with texts, and what comes back.

A process that a hostile file has taken over may tell anything. What it tells is of its
own document, whose text it could change as well; it cannot reach another's.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from erya import traces
from erya.chunking import Chunker, chunk_ids, plain_chunker
from erya.errors import DocumentError
from erya.guarding import PersonalDataRules
from erya.language import WrittenTerms, sum_formatted_counts
from erya.loading import FurtherWork, Made
from erya.preparing.preparation import Preparation
from erya.records import Chunk, Document, Span

__all__ = ["Ready", "further_work", "made_ready"]

_WORKER: Final = "erya.preparing.worker"
_BY_MODEL: Final = frozenset({"keywords", "entities"})
_LANGUAGE: Final = 2  # letters of a code of a language
_WEIGHT: Final = 8  # times that a character may be counted, in all terms together
_FOREIGN: Final = "no process of ours tells that"


class Ready(NamedTuple):
    """A document as it is stored.

    Attributes:
        document: Cleaned, masked and enriched.
        chunks: What it was cut into.
        terms: Those of each chunk; None where they are not counted yet.
    """

    document: Document
    chunks: list[Chunk]
    terms: list[WrittenTerms] | None


def further_work(preparation: Preparation, chunker: Chunker) -> FurtherWork | None:
    """Return how files' processes prepare and cut, or None if they cannot.

    They cannot where a chunker, or a detector of personal data, is none of ours, or
    asks a model. Keywords that a chat model gives are added later.

    Raises:
        UsageError: There is no step of cleaning of a name.
    """
    plain = plain_chunker(chunker)
    masking = preparation.masking
    if plain is None or (
        masking is not None and type(masking.detector) is not PersonalDataRules
    ):
        return None
    preparation.check()
    enrichment = preparation.enrichment
    later = _BY_MODEL if enrichment.model is not None else ()
    name, tokens = plain
    return FurtherWork(
        program=_WORKER,
        request={
            "cleaning": list(preparation.cleaning),
            "enriching": [step for step in enrichment.steps if step not in later],
            "names": sorted(enrichment.names),
            "masking": None if masking is None else sorted(masking.kinds),
            "chunker": name,
            "tokens": tokens,
        },
    )


def made_ready(
    document: Document,
    made: Made | None,
    *,
    preparation: Preparation,
    chunker: Chunker,
) -> Ready:
    """Return a document ready to be stored.

    Args:
        document: As `document_of` makes it of what came back.
        made: What its process has made of it; None has it prepared and cut here.
        preparation: How, as for `further_work`.
        chunker: The same.

    Raises:
        DocumentError: Its process reported what the program would not have reported.
    """
    if made is None:
        with traces.span("prepare"):
            document = preparation.prepare(document)
        with traces.span("chunk"):
            return Ready(document, list(chunker.chunk(document)), None)
    with traces.span("prepare"):
        try:
            document = _document(document, made)
            pairs = list(_chunks(document, made))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            message = (
                "The process that read it told what the program would not have told. "
                "Do not trust this file."
            )
            raise DocumentError(message, code="forbidden") from error
        if preparation.enrichment.model is not None:
            document = preparation.enrichment.enrich(document)
    return Ready(document, [c for c, _ in pairs], [terms for _, terms in pairs])


def _document(document: Document, made: Made) -> Document:
    """Return a document with what its process has reported of it.

    Raises:
        ValueError: The program itself would not have reported it.
    """
    masked = tuple(Span(start, end) for start, end in made.report["masked"])
    language, private = made.report["language"], made.report["private_original"]
    within = all(_is_within(span, document) for span in masked)
    if not (within and isinstance(private, bool) and _is_language(language)):
        raise ValueError(_FOREIGN)
    return replace(document, language=language, masked=masked, private_original=private)


def _chunks(document: Document, made: Made) -> Iterator[tuple[Chunk, WrittenTerms]]:
    """Yield the chunks that a process has cut, and the terms of each.

    Raises:
        ValueError: The program itself would not have reported it.
    """
    id_of = chunk_ids(document)
    end_before = 0
    for start, end, page, headings, body, exact in made.rows:
        span = Span(start, end)
        texts = all(isinstance(heading, str) for heading in headings)
        paged = page is None or (type(page) is int and 0 < page <= len(document.pages))
        above = "".join((document.title, document.source, *headings))
        most = _WEIGHT * (end - start + len(above)) + _WEIGHT
        # Apart from each other: an id would come twice.
        right = _is_within(span, document) and start >= end_before and texts and paged
        if not right:
            raise ValueError(_FOREIGN)
        "".join(headings).encode()  # what no text has is a ValueError
        lengths = (sum_formatted_counts(each, most=most) for each in (body, exact))
        terms = WrittenTerms(body, exact, *lengths)
        end_before = end
        chunk = Chunk(
            id=id_of(span),
            document_id=document.id,
            start=start,
            end=end,
            text=document.text[start:end],
            source=document.source,
            title=document.title,
            headings=tuple(headings),
            page=page,
        )
        yield chunk, terms


def _is_within(span: Span, document: Document) -> bool:
    start, end = span
    whole = type(start) is int and type(end) is int
    return whole and 0 <= start < end <= len(document.text)


def _is_language(value: object) -> bool:
    return value == "" or (
        isinstance(value, str) and len(value) == _LANGUAGE and value.isascii()
    )
