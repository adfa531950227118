"""How time grows with length, for every function that reads text that others wrote.

    python benchmarks/linear.py [--seconds 1.0]

Each function reads short seeds over and over, to lengths that double. What is linear
takes twice the time; a line is printed for what takes three times as long or more, and
the program ends with 1 if there is one. Parsing is left out: it has a clock of its own.
"""

import argparse
import json
import time
from collections.abc import Callable

from common import print_run

from erya import language
from erya.agents import without_links
from erya.answering import GroundedAnswerer
from erya.answering.questions import detect_intent
from erya.chunking import StructureChunker
from erya.evaluating.judges import Judge
from erya.guarding import PersonalDataRules
from erya.loading.form_tables import form_paragraphs
from erya.loading.formats.text_tables import with_tables
from erya.models.replies import without_thinking
from erya.preparing.cleaning import CLEANING, clean_document
from erya.records import Block, Chunk, Document, Evidence, Hit, Span
from erya.testing import ScriptedChatModel
from erya.verifying import check_denials, check_facts, check_words, verify

_SEEDS = (
    "a", " ", "\n", "\t", ".", "e.g. ", "No. ", "1/", "1,", "1.", "9 ", "-", "- ",
    "--\n", "(", "[", "[1]", "[1", "{", '{"a":', "}", "|", "| a ", "|-", "| a |\n", "`",
    "```\n", "$", "$1 ", "<", "<think>", "</think>\n", "<a ", "!", "! \n", "？", "…",
    "第", "第一", "一", "十", "条", "年", "1年", "a@", "a@b.", "http://a.", "+86 ", "1-2-",
    "x_", "a-", "A1-", "é", "\u0301", "\u200b", "\u00ad", "\u3000", "#", "# a\n", "*",
    "**", "_", "~", "'", '"', "“", "中", "中 ", "中a", "的", "Mr. ", "A. ", "ab. ", "0", "00.",
    "12:", "%", "€ ", "10^", "²", "not ", "不", "see section 4 ", "Name: ", "姓名：", "a b\n",
    "wide line of words that was wrapped by somebody at its end\n", "\\", "&#", "\x1b[",
)  # fmt: skip


def _document(text: str) -> Document:
    return Document(
        id="d", source="/d.txt", title="d", text=text,
        blocks=(Block("paragraph", 0, len(text)),), content_hash="0",
    )  # fmt: skip


_PASSAGE = Chunk(
    id="c", document_id="d", text="A passage of ours.", start=0, end=18, title="d",
    source="/d.txt",
)  # fmt: skip
_FOUND = Evidence(hits=(Hit(chunk=_PASSAGE, score=1.0, ranks={}),), weights={})


def _verified(text: str) -> object:
    answerer = GroundedAnswerer(model=ScriptedChatModel([text + " [1]"]))
    draft = answerer.answer("What?", _FOUND)
    checks = (check_facts, check_denials, check_words)
    return verify(draft, lambda _: _document(_PASSAGE.text), checks=checks)


def _judged(text: str) -> object:
    judge = Judge(model=ScriptedChatModel([text, text]))
    return judge.relevancy("What?", "That.")


def _indexed(text: str) -> object:
    return language.passage_terms(
        text, title=text[:200], headings=(text[:200],), source="/d.txt", chunks=1
    )


_FUNCTIONS: dict[str, Callable[[str], object]] = {
    "sentences": language.sentences,
    "facts": language.facts,
    "terms": language.terms,
    "passage_terms": _indexed,
    "query_terms": language.query_terms,
    "content_words": language.content_words,
    "normal_text": language.normal_text,
    "references": language.references,
    "limits": language.limits,
    "begun_references": language.leading_references,
    "fold_letters": language.fold_letters,
    "without_links": lambda text: without_links(text, allowed_in=""),
    "table_cells": lambda text: language.table_cells(text, Span(0, len(text))),
    "header_above": lambda text: language.header_above(text, len(text)),
    "count_tokens": language.count_tokens,
    "language_of": language.language_of,
    "lowered": language.lowered,
    "personal data": PersonalDataRules().find,
    "chunks": lambda text: list(StructureChunker(max_tokens=256).chunk(_document(text))),
    "an answer of a model": _verified,
    "thinking": without_thinking,
    "a question": detect_intent,
    "tables in text": with_tables,
    "a form": lambda text: form_paragraphs([[text, text], [text, text]]),
    "a judge": _judged,
    **{
        f"clean: {name}": lambda text, name=name: clean_document(
            _document(text), (name,)
        )
        for name in CLEANING
    },
}  # fmt: skip


def _seconds(function: Callable[[str], object], text: str) -> float:
    begin = time.process_time()
    function(text)
    return time.process_time() - begin


def main() -> None:
    """Measure each function with each seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="the longest try")
    parser.add_argument("--only", default="", help="functions with this in their name")
    options = parser.parse_args()
    print_run()
    grown = 0
    for name, function in _FUNCTIONS.items():
        if options.only not in name:
            continue
        worst, worst_seed = 0.0, ""
        for seed in _SEEDS:
            size, before = 4_000, 0.0
            while size <= 64_000:
                taken = _seconds(function, seed * (size // len(seed)))
                if before > 0.02 and taken > 3 * before:
                    grown += 1
                    print(f"{name}, {json.dumps(seed)}: {before:.3f} s, then {taken:.3f} s "
                          f"for {size:,} characters", flush=True)  # fmt: skip
                    break
                if taken > options.seconds:
                    break
                before, size = taken, size * 2
            if taken / size > worst:
                worst, worst_seed = taken / size, seed
        print(
            f"{name}: at most {worst * 1e6:.1f} µs a character ({worst_seed!r})",
            flush=True,
        )
    raise SystemExit(grown > 0)


if __name__ == "__main__":
    main()
