"""Steps that clean a document, each with an account of what it did.

None takes text away: what is left out of search stays in the text, its blocks marked
with the reason, so that citations, pages and offsets are as before.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple
from zlib import crc32

from erya.errors import UsageError
from erya.language import HAN, fold_letters, run_together
from erya.records import Document

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CLEANING", "check_cleaning", "clean_document"]

_ALWAYS_SAID: Final = 3  # times that a short line stands in a document
_SHORT: Final = 60  # characters of a line that is said again and again
_LONG: Final = 40  # characters of a paragraph that may be a copy
_SHINGLE: Final = 5  # characters
_ALIKE: Final = 0.9  # of the shingles (Jaccard)
_BANDS, _ROWS = 12, 4  # of the signature (MinHash): alike texts share a band
_IN_A_BAND: Final = 8  # paragraphs that are compared with later ones
_MOST_COMPARED: Final = 24  # for one paragraph
_COMPARED: Final = 4_000  # characters of a paragraph
_LONG_WORD: Final = 60  # letters and digits: longer are no words
_SIGNS: Final = 0.6  # of a paragraph, that are neither letters nor digits nor blanks
_LEAST: Final = 30  # characters of a paragraph that is judged
_ONE_SIGN: Final = 0.5  # of a paragraph, that are the same letter
_WRONG: Final = 0.4  # of a paragraph, that a wrong encoding makes
_TRIES: Final = 20  # places where a text may begin again
_TIMES: Final = 8  # that the same is said
# What UTF-8 becomes when it is read as a Western encoding, or damaged twice as GBK.
_MISREAD: Final = re.compile(
    "[\u00a1-\u00ff\u0152-\u0192\u02c6\u02dc\u20ac\u2122\ufffd锟斤拷烫屯]"
)
_NUMBERS: Final = re.compile("[0-9零〇一二两三四五六七八九十百千万亿]")
_LETTER: Final = re.compile(rf"[\w{HAN}\s]")
_SAYS: Final = re.compile(r"[^\W_]")
# Three of a sign and more, with or without blanks between them.
_LEADERS: Final = re.compile(r"([^\w\s]|[_\u0640])(?:[ \t]?\1){2,}|[\u2500-\u257f|+]+")
_WORD: Final = re.compile(r"[A-Za-z0-9+=]+")


class _Step(NamedTuple):
    """What a step made of a document, and a few words of what it did; or none."""

    document: Document
    account: str


def clean_document(document: Document, steps: Sequence[str]) -> Document:
    """Apply steps in the order of `CLEANING`; `metadata["cleaned"]` tells the account.

    Args:
        document: What was read.
        steps: Names of steps.

    Raises:
        UsageError: There is no step of a name.
    """
    check_cleaning(steps)
    accounts = []
    for name, step in CLEANING.items():
        if name in steps:
            document, account = step(document)
            accounts += [f"{name}: {account}"] if account else []
    if not accounts:
        return document
    metadata = {**document.metadata, "cleaned": "; ".join(accounts)}
    return replace(document, metadata=metadata)


def check_cleaning(steps: Sequence[str]) -> None:
    """Refuse steps that there are not.

    Raises:
        UsageError: There is no step of a name.
    """
    for name in steps:
        if name not in CLEANING:
            there = ", ".join(CLEANING)
            msg = f"There is no step {name!r} of cleaning. There are: {there}."
            raise UsageError(msg)


def _normalise(document: Document) -> _Step:
    """Write one usual sign for each unusual one, in its place."""
    text = fold_letters(document.text)
    changed = sum(a != b for a, b in zip(text, document.text, strict=True))
    if not changed:
        return _Step(document, "")
    title = fold_letters(document.title)
    return _Step(
        replace(document, text=text, title=title), f"{changed:,} signs made usual"
    )


def _leave_out_boilerplate(document: Document) -> _Step:
    """Leave out short lines that are said again and again, but for the first time.

    Not a line that is said below another heading: there it tells of something else.
    """
    sections = _sections(document)
    texts = [run_together(document.text[b.start : b.end]) for b in document.blocks]
    times = Counter(
        text
        for text, block in zip(texts, document.blocks, strict=True)
        if block.kind == "paragraph" and not block.omitted and len(text) <= _SHORT
    )
    seen: set[tuple[str, str]] = set()

    def is_repeat(at: int) -> bool:
        text, key = texts[at], (sections[at], texts[at])
        if times[text] < _ALWAYS_SAID or document.blocks[at].kind != "paragraph":
            return False
        first = key not in seen
        seen.add(key)
        return not first

    return _leave_out(document, is_repeat, reason="boilerplate")


def _leave_out_copies(document: Document) -> _Step:
    """Leave out paragraphs that are nearly the same as one before (MinHash, LSH).

    What stands below another heading, or has other numbers, is no copy: it tells of
    something else. Broder, 1997: the share of equal minima of hashes estimates the
    Jaccard similarity; what shares a band is then compared exactly, with a few of each
    band, so that records that are all alike in form cost no more than others.
    """
    import numpy as np  # noqa: PLC0415 - not for a program that only asks

    sections = _sections(document)
    buckets: dict[tuple[str, str, bytes], list[int]] = {}
    # Arrays take a sixteenth of what sets take: of a text of 19 MB those took a GB.
    shingles: dict[int, NDArray[np.uint32]] = {}

    def is_copy(at: int) -> bool:
        block = document.blocks[at]
        text = run_together(document.text[block.start : block.end])[:_COMPARED]
        if block.kind not in {"paragraph", "list"} or len(text) < _LONG:
            return False
        starts = range(len(text) - _SHINGLE + 1)
        hashes = (crc32(text[i : i + _SHINGLE].encode()) for i in starts)
        own = np.unique(np.fromiter(hashes, np.uint32, len(starts)))
        same = sections[at], "".join(_NUMBERS.findall(text))
        bands = [(*same, band) for band in _bands(own)]
        near = {other for band in bands for other in buckets.get(band, ())}
        if any(_alike(own, shingles[other]) for other in islice(near, _MOST_COMPARED)):
            return True
        shingles[at] = own
        for band in bands:
            bucket = buckets.setdefault(band, [])
            if len(bucket) < _IN_A_BAND:
                bucket.append(at)
        return False

    return _leave_out(document, is_copy, reason="duplicate")


def _sections(document: Document) -> list[str]:
    """Return the heading above each block."""
    headings, heading = [], ""
    for block in document.blocks:
        if block.kind == "heading" and not block.omitted:
            heading = document.text[block.start : block.end]
        headings.append(heading)
    return headings


def _bands(shingles: "NDArray[np.uint32]") -> list[bytes]:
    import numpy as np  # noqa: PLC0415 - as above

    values = shingles.astype(np.uint64)
    # (a·x + b) modulo a power of two, a odd: another order of the hashes for each row.
    rows = np.arange(1, _BANDS * _ROWS + 1, dtype=np.uint64)[:, None]
    mixed = (values * (rows * np.uint64(0x9E3779B1) | np.uint64(1)) + rows) & np.uint64(
        0xFFFFFFFF
    )
    minima = mixed.min(axis=1).reshape(_BANDS, _ROWS)  # (bands, rows)
    return [bytes([band]) + minima[band].tobytes() for band in range(_BANDS)]


def _alike(one: "NDArray[np.uint32]", other: "NDArray[np.uint32]") -> bool:
    import numpy as np  # noqa: PLC0415 - as above

    both = len(np.intersect1d(one, other, assume_unique=True))
    return both >= _ALIKE * (len(one) + len(other) - both)


def _leave_out_rubbish(document: Document) -> _Step:
    """Leave out paragraphs that are no language.

    That is signs, one letter, endless words, text read in a wrong encoding, and a few
    words over and over. Leaders, lines to write on and rules between cells say nothing
    themselves and do not count: what stands between them does.
    """

    def is_rubbish(at: int) -> bool:
        block = document.blocks[at]
        if block.kind != "paragraph":
            return False
        paragraph = _LEADERS.sub(" ", document.text[block.start : block.end])
        text = "".join(paragraph.split())
        if len(text) < _LEAST:
            return block.end - block.start >= _LEAST and not _SAYS.search(text)
        signs = len(text) - len(_LETTER.findall(text))
        letters = Counter(sign for sign in text if not sign.isdigit())
        most = max(letters.values(), default=0)
        longest = max(map(len, _WORD.findall(text)), default=0)
        endless = longest > _LONG_WORD and "/" not in text and "@" not in text
        return (
            signs > _SIGNS * len(text)
            or most > _ONE_SIGN * len(text)
            or (endless and " " not in paragraph.strip())
            or len(_MISREAD.findall(text)) > _WRONG * len(text)
            or _repeats(text)
        )

    return _leave_out(document, is_rubbish, reason="low_quality")


def _repeats(text: str) -> bool:
    """Tell whether a text is the same words over and over, and nothing else."""
    period = 0
    for _ in range(_TRIES):  # a long text is compared with itself each time
        period = text.find(text[:_SHINGLE], period + 1)
        if period < 0 or period * _TIMES > len(text):
            return False
        if text[period:] == text[:-period]:
            return True
    return False


def _leave_out(
    document: Document, which: Callable[[int], bool], *, reason: str
) -> _Step:
    blocks = tuple(
        block._replace(omitted=reason) if not block.omitted and which(at) else block
        for at, block in enumerate(document.blocks)
    )
    count = sum(a is not b for a, b in zip(blocks, document.blocks, strict=True))
    if not count:
        return _Step(document, "")
    account = f"{count:,} of {len(blocks):,} blocks left out"
    return _Step(replace(document, blocks=blocks), account)


# The steps by their names, in their order.
CLEANING: Final[dict[str, Callable[[Document], _Step]]] = {
    "normalise": _normalise,
    "boilerplate": _leave_out_boilerplate,
    "duplicates": _leave_out_copies,
    "quality": _leave_out_rubbish,
}
