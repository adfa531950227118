"""How an answer is shown: its text, its sources, and what was not carried by them."""

import re
from typing import Final, NamedTuple

import click

from erya.cli.common import echo
from erya.cli.places import place
from erya.cli.text import snippet, visible
from erya.language import language_of
from erya.locating import reference_of
from erya.records import Answer, Citation

__all__ = ["Words", "show_answer", "words_for"]


def show_answer(answer: Answer, *, words: "Words", flags: str, context: bool) -> None:
    """Print an answer as a person reads it.

    Args:
        answer: What to show.
        words: What stands around it.
        flags: Those that a command needs to show a citation in its place.
        context: Whether each quote is shown within its passage.
    """
    click.echo(_LABELS.sub("│ ", _highlighted(answer)))
    if answer.abstained and answer.nearest:
        echo(f"\n{words.nearest}")
        for hit in answer.nearest:
            echo(f"  - {place(hit.chunk)}\n    {snippet(hit.chunk.text)}")
    if answer.citations:
        _show_sources(answer, words=words, flags=flags, context=context)
    failing = [claim for claim in answer.claims if claim.reason]
    if failing:
        echo(f"\n⚠ {words.not_carried}")
    for claim in failing:
        sentence = snippet(answer.text[claim.start : claim.end], width=80)
        echo(f"  - {sentence}: {claim.reason}")
    unchecked = [claim for claim in answer.claims if claim.verdict == "cited"]
    if unchecked:
        echo(f"\n{words.not_checked}")
    for claim in unchecked:
        echo(f"  - {snippet(answer.text[claim.start : claim.end], width=80)}")
    if answer.suggestion:
        echo(f"\n{words.suggestion} {answer.suggestion}")
    if answer.note:
        echo(f"\n{words.note} {answer.note}")


def _show_sources(answer: Answer, *, words: "Words", flags: str, context: bool) -> None:
    echo(f"\n{words.sources}")
    for citation in answer.citations:
        where = place(citation.chunk, page=citation.page)
        echo(f"  [{citation.number}] {where}  ({reference_of(citation)})")
        if answer.usage.model:  # without one, the text is the quotes
            echo(f"      “{snippet(citation.quote)}”")
        if context:
            for line in _around(citation).splitlines():
                echo(f"      │ {line}")
    example = f"erya show {reference_of(answer.citations[0])}{flags}"
    echo(f"\n{words.see} {example}")


class Words(NamedTuple):
    """What stands around an answer, in one language."""

    sources: str
    nearest: str
    not_carried: str
    not_checked: str
    suggestion: str
    note: str
    see: str


_WORDS: Final = {
    "en": Words(
        sources="Sources:",
        nearest="Nearest passages:",
        not_carried="Not carried by the sources:",
        not_checked="In other words than the sources, so not checked:",
        suggestion="Did you mean:",
        note="Note:",
        see="See one in its place:",
    ),
    "zh": Words(
        sources="来源：",
        nearest="最接近的段落：",
        not_carried="来源不支持以下内容：",
        not_checked="用词与来源不同，未经核对：",
        suggestion="您是不是想问：",
        note="注：",
        see="查看原文：",
    ),
}
# A line of a document that reads as one of ours.
_LABELS: Final = re.compile(
    r"^(?=[ \t]*(?:"
    + "|".join(re.escape(w) for each in _WORDS.values() for w in each)
    + "))",
    re.MULTILINE,
)
# One that reads as ours: `prices[0]` in code does not.
_MARK: Final = re.compile(r"(?<!\w)\[(\d{1,3})\]")


def words_for(lang: str, question: str) -> Words:
    """Return the words of a language; `auto` is that of the question."""
    code = language_of(question) if lang == "auto" else lang
    return _WORDS.get(code, _WORDS["en"])


def _own_marks(answer: Answer) -> str:
    """Return the text with marks that stand in documents told from ours, [1]."""
    text = answer.text
    for claim in answer.claims:
        told = _MARK.sub(r"［\1］", text[claim.start : claim.end])
        text = text[: claim.start] + told + text[claim.end :]
    return text


def _highlighted(answer: Answer) -> str:
    """Return the answer's text, the words that answer in bold where a terminal is."""
    text = _own_marks(answer)
    pieces: list[str] = []
    done = 0
    quoted = answer.citations if not answer.usage.model else ()
    for claim, citation in zip(answer.claims, quoted, strict=False):
        if citation.answer is None:
            continue
        said = slice(*(at - citation.start for at in citation.answer))
        words = _MARK.sub(r"［\1］", citation.quote[said])
        at = text.find(words, claim.start, claim.end) if words else -1
        if at >= 0:
            bold = click.style(visible(words), bold=True)
            pieces += [visible(text[done:at]), bold]
            done = at + len(words)
    return "".join(pieces) + visible(text[done:])


def _around(citation: Citation) -> str:
    """Return the passage with the quote marked by ▸ and ◂."""
    text, first = citation.chunk.text, citation.chunk.start
    start, end = citation.start - first, citation.end - first
    before, after = text[:start], text[end:]
    return f"{before}▸{text[start:end]}◂{after}"
