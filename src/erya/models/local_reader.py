"""A small cross-encoder that reads a question together with a passage, offline.

It is the embedding model with a low-rank adaptation and three heads
(recipes/reader/README.md tells how it was trained): where an answer starts, where it
ends, and whether the passage answers at all. The first two are those of "BERT:
Pre-training of Deep Bidirectional Transformers" (Devlin et al., 2019), section 4.3; a
token of the passage that the question has, too, is marked in its input, after "Reading
Wikipedia to Answer Open-Domain Questions" (Chen et al., 2017), section 3.2.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from erya import extras
from erya.errors import ModelError, NotFoundError
from erya.models.base import Passage, ReaderModel
from erya.models.token_table import TokenTable
from erya.records import Reading, ScoredSpan

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["READER_CARD", "LocalReader"]

READER_CARD: Final = "reader.json"  # beside model.onnx
_QUESTION_TOKENS: Final = 48
_TITLE_TOKENS: Final = 24
_TOKENS: Final = 288  # of question, title and passage together
_ANSWER_TOKENS: Final = 60
_SPANS: Final = 6  # that are returned of a passage
_OPEN, _CLOSE = 0, 2  # the numbers of <s> and </s>
_QUESTION, _READ, _SHARED = 0, 1, 2  # token types


@dataclass(frozen=True, slots=True)
class _Pair:
    """The inputs of the graph, and which characters its last tokens stand for."""

    numbers: list[int]
    types: list[int]
    first: int  # the passage's first token
    offsets: list[tuple[int, int]]


@dataclass
class LocalReader(ReaderModel):
    """The reader in a folder. Loaded at the first question; threads may share it.

    Each pair is a run of its own, so that the reading of a passage does not depend on
    the others.

    Attributes:
        folder: Holds `model.onnx` and the card.
        words: The folder of the embedding model whose tokenizer and token table it
            shares.
        threads: Passages that are read at the same time.
    """

    folder: Path
    words: Path
    threads: int = 2
    _name: str = field(init=False, repr=False)
    _frequent: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Read the card.

        Raises:
            NotFoundError: There is no reader in the folder.
        """
        try:
            card = json.loads((self.folder / READER_CARD).read_text(encoding="utf-8"))
            self._name = str(card["name"])
            self._frequent = frozenset(card["frequent"])
        except (OSError, ValueError, LookupError) as error:
            msg = (
                f"There is no reader in {self.folder}: {error}. A checkout builds it "
                "with: make model"
            )
            raise NotFoundError(msg) from None

    @property
    @override
    def name(self) -> str:
        return self._name

    @override
    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        question_ids = self._encode(question)[0][:_QUESTION_TOKENS]
        pairs = [self._pair(question_ids, passage) for passage in passages]
        texts = [passage.text for passage in passages]
        if len(pairs) < 2:
            return list(map(self._read_pair, pairs, texts))
        # The first alone: it loads the model, which must not happen in each thread.
        first = self._read_pair(pairs[0], texts[0])
        with ThreadPoolExecutor(self.threads, "erya-read") as pool:
            return [first, *pool.map(self._read_pair, pairs[1:], texts[1:])]

    def _pair(self, question_ids: list[int], passage: Passage) -> _Pair:
        title = self._encode(passage.title)[0][-_TITLE_TOKENS:]
        body, offsets = self._encode(passage.text)
        above = [*title, _CLOSE] if title else []
        room = _TOKENS - len(question_ids) - len(above) - 3
        body, offsets = body[:room], offsets[:room]
        shared = set(question_ids) - self._stop
        read = [*above, *body]
        types = [_SHARED if number in shared else _READ for number in read]
        return _Pair(
            numbers=[_OPEN, *question_ids, _CLOSE, *read, _CLOSE],
            types=[_QUESTION] * (len(question_ids) + 2) + types + [_READ],
            first=2 + len(question_ids) + len(above),
            offsets=offsets,
        )

    def _read_pair(self, pair: _Pair, text: str) -> Reading:
        import numpy as np  # noqa: PLC0415 - as for all of this room

        numbers = np.array(pair.numbers, np.int64)
        types = np.array([pair.types], np.int64)
        span, answers = self._run(self._table.rows(numbers)[None], types)
        last = pair.first + len(pair.offsets)
        scores = span[0, pair.first : last]
        none = float(span[0, 0].sum())  # the first token stands for no answer
        return Reading(
            spans=tuple(
                _trim(span, text)
                for span in _best_spans(
                    scores[:, 0], scores[:, 1], pair.offsets, none=none
                )
            ),
            relevance=float(answers[0, 0, 0]),
        )

    def _encode(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        if not text:
            return [], []
        whole = text.encode("utf-8", "replace").decode()
        encoding = self._tokenizer.encode(whole, add_special_tokens=False)
        return encoding.ids, encoding.offsets

    def _run(
        self, vectors: "NDArray[np.float32]", types: "NDArray[np.int64]"
    ) -> "tuple[NDArray[np.float32], NDArray[np.float32]]":
        """Run one pair.

        Raises:
            ModelError: The runtime cannot run it.
        """
        inputs = {"inputs_embeds": vectors, "token_type_ids": types}
        try:
            span, answers = self._session.run(["span", "answers"], inputs)
        except Exception as error:  # the runtime's own are of no class in common
            msg = (
                f"The reader in {self.folder} does not run: {type(error).__name__}: "
                f"{str(error)[:300]}. Install Erya again, or set read_units = 0."
            )
            raise ModelError(msg) from error
        return span, answers

    @cached_property
    def _session(self) -> Any:
        onnxruntime = extras.onnxruntime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # passages run beside each other
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        path = str(self.folder / "model.onnx")
        return onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer  # noqa: PLC0415

        return Tokenizer.from_file(str(self.words / "tokenizer.json"))

    @cached_property
    def _stop(self) -> frozenset[int]:
        """The numbers of tokens that half of all texts share."""
        numbers = map(self._tokenizer.token_to_id, self._frequent)
        return frozenset(number for number in numbers if number is not None)

    @cached_property
    def _table(self) -> TokenTable:
        return TokenTable.open(self.words)


def _trim(span: ScoredSpan, text: str) -> ScoredSpan:
    """Leave out the blanks around a span: tokens begin with the blank before them."""
    inner = text[span.start : span.end]
    return span._replace(
        start=span.start + len(inner) - len(inner.lstrip()),
        end=span.start + len(inner.rstrip()),
    )


def _best_spans(
    starts: "NDArray[np.float32]",
    ends: "NDArray[np.float32]",
    offsets: Sequence[tuple[int, int]],
    *,
    none: float,
) -> tuple[ScoredSpan, ...]:
    """Return the best spans that do not overlap, best first."""
    import numpy as np  # noqa: PLC0415

    count = len(offsets)
    if not count:
        return ()
    scores = starts[:, None] + ends[None, :]
    at = np.arange(count)
    length = at[None, :] - at[:, None]
    scores = np.where((length >= 0) & (length < _ANSWER_TOKENS), scores, -np.inf)
    spans: list[ScoredSpan] = []
    while len(spans) < _SPANS:
        best = int(scores.argmax())
        start, end = divmod(best, count)
        if not np.isfinite(scores[start, end]):
            break
        score = float(scores[start, end]) - none
        spans.append(ScoredSpan(offsets[start][0], offsets[end][1], score))
        scores[: end + 1, start:] = -np.inf
    return tuple(spans)
