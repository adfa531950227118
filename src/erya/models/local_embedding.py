"""Embedding models that run here: ONNX Runtime, or OpenVINO where that is faster."""

import importlib.util
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from typing_extensions import override

from erya import extras
from erya.errors import ModelError, UsageError
from erya.models.base import Embedded, EmbeddingModel, check_vectors
from erya.models.centring import Centring
from erya.models.token_table import TokenTable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CARD", "LocalEmbedding", "LocalModelCard", "Pooling"]

Pooling = Literal["mean", "cls"]
CARD: Final = "erya.json"  # beside model.onnx and tokenizer.json

# One row of token numbers in, [tokens, dimension] or the finished vector out.
_Run = Callable[["NDArray[np.int64]"], "NDArray[np.float32]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalModelCard:
    """How a model in a folder is used.

    Attributes:
        name: What the user calls it.
        pooling: How the vectors of the tokens become one: their mean, or the first.
        max_tokens: The longest text that it reads, its marks at both ends included.
        query_prefix: What stands before a question.
        passage_prefix: What stands before a passage.
        unknown: The number of the token that stands for what the tokenizer does not
            know; None where it knows everything.
        precision: `int8`, `fp16`, or empty where the graph came ready made.
        source: Where the weights came from.
        licence: What the weights may be used for, as their publisher says.
    """

    name: str
    pooling: Pooling = "mean"
    max_tokens: int = 512
    query_prefix: str = ""
    passage_prefix: str = ""
    unknown: int | None = None
    precision: str = ""
    source: str = ""
    licence: str = ""

    @classmethod
    def read(cls, folder: Path) -> "LocalModelCard":
        """Read the card in `folder`.

        Raises:
            UsageError: It is missing or is none.
        """
        try:
            return cls(**json.loads((folder / CARD).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            msg = (
                f"There is no embedding model in {folder}: {error}. "
                "Add one with: erya models add embedding NAME"
            )
            raise UsageError(msg) from None


@dataclass
class LocalEmbedding(EmbeddingModel):
    """A model in a folder. Loaded at the first text; may be shared between threads.

    Each text is a run of its own: its vector is then the same to the bit whatever it is
    embedded with, and nothing is computed for padding.

    Attributes:
        folder: Holds `model.onnx`, `tokenizer.json` and the card; and, where a model
            has them, the token table that its graph lacks and what to take out of its
            vectors.
        threads: Texts that are embedded at the same time.
    """

    folder: Path
    threads: int = 2
    card: LocalModelCard = field(init=False)

    def __post_init__(self) -> None:
        self.card = LocalModelCard.read(self.folder)

    @property
    @override
    def name(self) -> str:
        return self.card.name

    @property
    @override
    def local(self) -> bool:
        return True

    @property
    def runtime(self) -> Literal["onnxruntime", "openvino"]:
        """What runs it: OpenVINO where it is installed, except on bytes (slower)."""
        there = importlib.util.find_spec("openvino") is not None
        return "openvino" if there and self.card.precision != "int8" else "onnxruntime"

    @override
    def token_coverage(self, texts: Sequence[str]) -> list[float]:
        shares: list[float] = []
        for encoding in self._tokenizer.encode_batch_fast(list(map(_whole, texts))):
            tokens = _tokens(encoding)
            unknown = (
                encoding.ids.count(self.card.unknown)
                if self.card.unknown is not None
                else 0
            )
            shares.append((tokens - unknown) / tokens if tokens else 0.0)
        return shares

    @override
    def embed_passages(self, texts: Sequence[str]) -> Embedded:
        centre = self._centring.passages if self._centring else None
        return self._embed(texts, self.card.passage_prefix, centre)

    @override
    def embed_query(self, text: str) -> Embedded:
        centre = self._centring.queries if self._centring else None
        return self._embed([text], self.card.query_prefix, centre)

    def _embed(
        self,
        texts: Sequence[str],
        prefix: str,
        centre: "Callable[[NDArray[np.float32]], NDArray[np.float32]] | None",
    ) -> Embedded:
        import numpy as np  # noqa: PLC0415 - as for all of this room

        if not texts:
            empty = np.empty((0, 0), np.float32)
            return Embedded(vectors=empty, cut=())
        inputs = [prefix + _whole(text) for text in texts]
        encoded = self._tokenizer.encode_batch_fast(inputs)
        rows = [np.array([each.ids], np.int64) for each in encoded]
        if len(rows) == 1:
            vectors_of_texts = [self._vector(rows[0])]
        else:
            # The first alone: it loads the model, which must not happen in each thread.
            first = self._vector(rows[0])
            with ThreadPoolExecutor(self.threads, "erya-embed") as pool:
                vectors_of_texts = [first, *pool.map(self._vector, rows[1:])]
        vectors = check_vectors(
            np.stack(vectors_of_texts), model=self.name, count=len(texts)
        )
        if centre is not None:
            rest = centre(vectors)
            vectors = check_vectors(rest, model=self.name, count=len(texts))
        return Embedded(
            vectors=vectors,
            cut=tuple(sum(map(_tokens, each.overflowing)) for each in encoded),
        )

    def _vector(self, row: "NDArray[np.int64]") -> "NDArray[np.float32]":
        """Run one text; of its tokens' vectors only their pooling is kept.

        Raises:
            ModelError: The runtime cannot run it.
        """
        try:
            return self._pool_tokens(self._run(row))
        except Exception as error:  # the runtimes' own are of no class in common
            msg = (
                f"The embedding model {self.name!r} in {self.folder} does not run: "
                f"{type(error).__name__}: {str(error)[:300]}. Add it again with: "
                "erya models add embedding"
            )
            raise ModelError(msg) from error

    def _pool_tokens(self, output: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Return one vector of those of the tokens; some graphs do so by themselves."""
        import numpy as np  # noqa: PLC0415

        if output.ndim == 1:
            return output
        if self.card.pooling == "cls":
            return np.asarray(output[0])
        return np.asarray(output.mean(axis=0))

    @cached_property
    def _centring(self) -> Centring | None:
        return Centring.open(self.folder)

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer  # noqa: PLC0415

        try:
            tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        except Exception as error:  # what the library raises is no class of its own
            msg = f"The tokenizer in {self.folder} cannot be read: {error}."
            raise ModelError(msg) from error
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.card.max_tokens)
        return tokenizer

    @cached_property
    def _run(self) -> _Run:
        path = str(self.folder / "model.onnx")
        table = TokenTable.open(self.folder) if TokenTable.is_in(self.folder) else None
        return (
            _openvino(path, table)
            if self.runtime == "openvino"
            else _onnxruntime(path, table)
        )


def _whole(text: str) -> str:
    """Return a text without halves of characters, at which tokenizers stumble."""
    return text.encode("utf-8", "replace").decode()


def _tokens(encoding: Any) -> int:
    """Count the tokens of the text, without the marks around it."""
    mask: list[int] = encoding.special_tokens_mask
    return mask.count(0)


def _inputs(
    ids: "NDArray[np.int64]", names: Sequence[str], table: TokenTable | None
) -> "dict[str, NDArray[Any]]":
    """Return the inputs of an encoder: encoders differ in what they ask for."""
    import numpy as np  # noqa: PLC0415

    if table is not None:
        return {"inputs_embeds": table.rows(ids[0])[None]}
    inputs = {
        "input_ids": ids,
        "attention_mask": np.ones_like(ids),
        "token_type_ids": np.zeros_like(ids),
    }
    return {name: inputs[name] for name in names}


def _onnxruntime(path: str, table: TokenTable | None) -> _Run:
    onnxruntime = extras.onnxruntime()
    options = onnxruntime.SessionOptions()
    # Texts run beside each other, each on one core: faster than one text on all, and
    # the sum is taken in the same order everywhere.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        path, options, providers=["CPUExecutionProvider"]
    )
    names = [entry.name for entry in session.get_inputs()]

    def run(ids: "NDArray[np.int64]") -> "NDArray[np.float32]":
        output: Any = session.run(None, _inputs(ids, names, table))[0]
        return output[0]  # type: ignore[no-any-return]

    return run


def _openvino(path: str, table: TokenTable | None) -> _Run:
    openvino: Any = importlib.import_module("openvino")
    import threading  # noqa: PLC0415

    import numpy as np  # noqa: PLC0415

    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": "1"}
    compiled = openvino.Core().compile_model(path, "CPU", settings)
    names = [entry.get_any_name() for entry in compiled.inputs]
    local = threading.local()

    def run(ids: "NDArray[np.int64]") -> "NDArray[np.float32]":
        if not hasattr(local, "request"):
            local.request = compiled.create_infer_request()
        output = local.request.infer(_inputs(ids, names, table))[0]
        return np.array(output[0])

    return run
