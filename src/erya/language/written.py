"""Terms with their counts as text: a passage's take an eighth of what tables take."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from erya.language.analysis import Terms

__all__ = ["WrittenTerms", "format_counts", "sum_formatted_counts", "write_terms"]

_FOREIGN: Final = "no program of ours writes terms like that"


class WrittenTerms(NamedTuple):
    """The terms of one text, as `format_counts` has them, and how many they are.

    Attributes:
        body: Those of `Terms.body`.
        exact: Those of `Terms.exact`.
        body_length: The sum of the first's counts.
        exact_length: The sum of the second's.
    """

    body: str
    exact: str
    body_length: int
    exact_length: int


def write_terms(terms: Terms) -> WrittenTerms:
    """Return terms as text."""
    return WrittenTerms(
        format_counts(terms.body),
        format_counts(terms.exact),
        terms.body.total(),
        terms.exact.total(),
    )


def format_counts(counts: Mapping[str, int]) -> str:
    """Return terms, a line for each, with counts that are not 1 behind tabs.

    A line's end stands before all.
    """
    lines = [t if n == 1 else f"{t}\t{n}" for t, n in counts.items()]
    return "\n".join(["", *lines, ""]) if lines else "\n"


def sum_formatted_counts(text: str, *, most: int) -> int:
    """Return the sum of counts in a text that a process has sent.

    Args:
        text: As `format_counts` has it.
        most: What a count is at most.

    Raises:
        ValueError: It is nothing that `format_counts` gives.
    """
    text.encode()  # what no text has is a ValueError
    if not (text.startswith("\n") and text.endswith("\n")):
        raise ValueError(_FOREIGN)
    total = 0
    lines = text.split("\n")[1:-1]
    for line in lines:
        term, tab, digits = line.partition("\t")
        count = int(digits) if tab else 1
        if not term or count > most or (tab and (count < 2 or str(count) != digits)):
            raise ValueError(_FOREIGN)
        total += count
    if len({line.partition("\t")[0] for line in lines}) < len(lines):
        raise ValueError(_FOREIGN)
    return total
