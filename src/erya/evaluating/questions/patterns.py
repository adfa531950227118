"""Patterns of sentences and what they answer, as the text files have them."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

__all__ = ["Build", "QuestionAnswer", "Rule", "read_rules", "read_words"]

_LIST: Final = "list"
_NAME: Final = re.compile(r"[A-Z]+")
_USED: Final = re.compile(r"<([A-Z]+)>")


class QuestionAnswer(NamedTuple):
    """A question in the words of the text, and what answers it."""

    question: str
    answers: tuple[str, ...]


Build = Callable[[re.Match[str]], QuestionAnswer | None]


class Rule(NamedTuple):
    """A pattern, and the question to ask where it matches.

    Attributes:
        kind: Of the question.
        question: With the names of groups in braces, or `@` and the name of a function.
        pattern: Of a sentence, or of the line above a list.
    """

    kind: str
    question: str
    pattern: re.Pattern[str]


def read_rules(name: str, patterns: Mapping[str, str]) -> tuple[list[Rule], list[Rule]]:
    """Return the rules for sentences and those for lists, of a file beside this one.

    Args:
        name: The file's.
        patterns: Patterns that it uses and does not name itself.
    """
    parts = dict(patterns)
    rules = []
    for line in Path(__file__).with_name(name).read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        first, _, rest = line.partition(" = ")
        if _NAME.fullmatch(first):
            parts[first] = _expand(rest, parts)
        else:
            kind, question, pattern = line.split(" | ", 2)
            rules.append(Rule(kind, question, re.compile(_expand(pattern, parts))))
    of_lists = [rule for rule in rules if rule.kind == _LIST]
    return [rule for rule in rules if rule.kind != _LIST], of_lists


def read_words(name: str) -> dict[str, str]:
    """Return the pairs `word=other` of a file beside this one."""
    lines = Path(__file__).with_name(name).read_text("utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if line[:1] != "#")
    return {word: other for word, _, other in pairs if word}


def _expand(pattern: str, parts: Mapping[str, str]) -> str:
    return _USED.sub(lambda match: parts[match[1]], pattern)
