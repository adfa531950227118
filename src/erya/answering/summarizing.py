"""Summaries of more than a model reads at once: parts first, then those together."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from erya.answering.grounded import passages_text
from erya.errors import UsageError
from erya.language import count_tokens
from erya.models import ChatModel, ChatRequest, complete
from erya.prompts import load_prompt
from erya.records import Hit, Usage

__all__ = ["summarize"]

_SENTENCES: Final = 8
_MOST_LEVELS: Final = 8


def summarize(
    hits: Sequence[Hit],
    *,
    model: ChatModel,
    task: str = "",
    tokens: int = 6_000,
    sentences: int = _SENTENCES,
    on_part: Callable[[int, int], None] = lambda _done, _parts: None,
) -> tuple[str, Usage]:
    """Return a summary of passages whose sentences cite them, and what it cost.

    What fits into `tokens` is summarized at once. Of more each part is summarized, and
    then the summaries together, as often as it takes.

    Args:
        hits: In the order to be read; `[3]` in the summary is the third.
        model: Writes.
        task: What the summary is for, to choose by; empty is for anybody.
        tokens: What the model is given at once, by `erya.language.count_tokens`.
        sentences: How long it may be.
        on_part: Told how many parts are done, and of how many.

    Raises:
        ModelError: The model cannot be reached.
        UsageError: There is nothing to summarize.
    """
    if not hits:
        msg = "There is nothing to summarize. Name a document that has text."
        raise UsageError(msg)
    values = {"task": f", for: {task}" if task else "", "sentences": sentences}
    usage = Usage()

    def written(prompt: str, text: str) -> str:
        nonlocal usage
        filled = load_prompt(prompt).fill(**values)
        done = complete(model, ChatRequest.of(filled, text))
        usage += done.usage
        return done.text.strip()

    numbered = [
        passages_text([hit], first=number) for number, hit in enumerate(hits, start=1)
    ]
    parts = list(_grouped(numbered, tokens))
    texts: list[str] = []
    for number, part in enumerate(parts):
        on_part(number, len(parts))
        texts.append(written("summarize", part))
    for _ in range(_MOST_LEVELS):
        if len(texts) == 1:
            break
        groups = list(_grouped(texts, tokens))
        if len(groups) == len(texts):  # each is as long as what fits
            groups = ["\n\n".join(texts[i : i + 2]) for i in range(0, len(texts), 2)]
        texts = [written("summarize_together", group) for group in groups]
    on_part(len(parts), len(parts))
    return "\n".join(texts), usage


def _grouped(texts: Sequence[str], tokens: int) -> Iterator[str]:
    """Join neighbours as long as they fit; one that is too long stands alone."""
    group: list[str] = []
    size = 0
    for text in texts:
        more = count_tokens(text)
        if group and size + more > tokens:
            yield "\n\n".join(group)
            group, size = [], 0
        group.append(text)
        size += more
    if group:
        yield "\n\n".join(group)
