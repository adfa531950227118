"""Write an ONNX graph from a safetensors checkpoint, with `onnx` and NumPy alone.

For encoders of the BERT family (BERT, RoBERTa, XLM-RoBERTa), as most embedding models
are: "BERT: Pre-training of Deep Bidirectional Transformers" (Devlin et al., 2019). The
graph returns the last hidden state; pooling is up to whoever runs it. Needs the extra
`convert`.

`int8` follows docs/decisions/0007-embedding-model.md: the activations of each token get
a scale of their own, so that no token's vector depends on its neighbours' extremes or
on a batch; weights keep seven bits and a sign less than they could, because processors
without VNNI add products of full bytes with saturation; the value projections of
attention, of which most of the error came, keep their floats.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np

from erya.errors import UsageError
from erya.extras import require

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Head", "Precision", "convert", "convert_tabled", "read_safetensors"]

Precision = Literal["int8", "fp16"]

_OPSET: Final = 20  # the first with Gelu
_IR_VERSION: Final = 9
_MASKED: Final = -1e4  # as softmax sees it, nothing; and it fits 16-bit floats
_LEVELS: Final = 127  # of an activation on either side of zero
_WEIGHT_LEVELS: Final = 63  # two products of such bytes fit 16 bits
_TINY: Final = 1e-9
_DTYPES: Final[dict[str, Any]] = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "I64": np.int64,
    "I32": np.int32,
}
# Positions of the RoBERTa family begin after the number of the padding token.
_PADDED_POSITIONS: Final = frozenset({"roberta", "xlm-roberta", "camembert"})
_RUNTIMES_OWN: Final = "com.microsoft"  # operators that ONNX Runtime adds
_FAMILY: Final = frozenset({"bert", *_PADDED_POSITIONS})
_ACTIVATIONS: Final = {"gelu": "Gelu", "relu": "Relu"}


def convert(folder: Path, target: Path, *, precision: Precision) -> None:
    """Write the model in `folder` to the file `target`.

    Args:
        folder: Holds `config.json` and `model.safetensors`.
        target: The ONNX file to write; its folder exists.
        precision: How matrices are stored and multiplied. `fp16` stores halves and
            computes in 32 bits; `int8` stores and multiplies bytes.

    Raises:
        MissingExtraError: The package `onnx` is not installed.
        UsageError: The model is of another family, or its files are not what they
            should be.
    """
    onnx = require("onnx", feature="Converting a model", extra="convert")
    config = _config(folder / "config.json")
    weights = read_safetensors(folder / "model.safetensors")
    try:
        model = _Graph(onnx, weights, config, precision=precision).model()
    except (ValueError, IndexError) as error:
        msg = f"The weights in {folder} do not fit its configuration: {error}."
        raise UsageError(msg) from None
    except KeyError as error:
        msg = (
            f"The model in {folder} lacks the weight {error}. Only encoders of the "
            "BERT family (BERT, RoBERTa, XLM-RoBERTa) can be converted."
        )
        raise UsageError(msg) from None
    onnx.save(model, target)


class Head(NamedTuple):
    """A linear layer on the hidden state of every token, or of the first alone.

    Attributes:
        name: What the graph calls its output.
        weight: Of the shape (outputs, width).
        bias: Of the shape (outputs,).
    """

    name: str
    weight: "NDArray[np.float32]"
    bias: "NDArray[np.float32]"


def convert_tabled(
    weights: "Mapping[str, NDArray[Any]]",
    config: Mapping[str, Any],
    target: Path,
    *,
    heads: Sequence[Head] = (),
) -> None:
    """Write an encoder whose token vectors stand in a table of their own.

    The graph reads one text at a time, as `inputs_embeds` of the shape (1, length,
    width). With heads it also reads `token_type_ids` of the shape (1, length) and
    returns what the heads say, of the shape (1, length, outputs) each, in place of the
    hidden state. Matrices are bytes, as for `int8`, the value projections too: their
    activations have no extremes in the models that are converted so.

    Args:
        weights: By the names of published checkpoints, without the token vectors.
        config: As in a checkpoint's `config.json`.
        target: The ONNX file to write; its folder exists.
        heads: Layers on top.

    Raises:
        MissingExtraError: The package `onnx` is not installed.
    """
    onnx = require("onnx", feature="Converting a model", extra="convert")
    graph = _TabledGraph(onnx, weights, config, precision="int8")
    onnx.save(graph.tabled_model(heads), target)


def read_safetensors(path: Path) -> "dict[str, NDArray[Any]]":
    """Return the tensors of a safetensors file by name; 16-bit ones as 32-bit.

    Raises:
        MissingExtraError: The package `safetensors` is not installed.
        UsageError: The file is missing, or not what the format says.
    """
    library = require("safetensors", feature="Converting a model", extra="convert")
    try:
        # NumPy has no type for BF16, so that the library gives bytes alone.
        tensors = library.deserialize(path.read_bytes())
        return {name: _tensor(fields) for name, fields in tensors}
    except (OSError, LookupError, library.SafetensorError) as error:
        msg = f"The weights {path} cannot be read: {error}."
        raise UsageError(msg) from None


def _tensor(fields: Mapping[str, Any]) -> "NDArray[Any]":
    if fields["dtype"] == "BF16":  # the upper half of a 32-bit float
        halves = np.frombuffer(fields["data"], dtype="<u2").astype(np.uint32) << 16
        return halves.view(np.float32).reshape(fields["shape"])
    values = np.frombuffer(fields["data"], dtype=_DTYPES[fields["dtype"]])
    if values.dtype.kind == "f":
        values = values.astype(np.float32)
    return values.reshape(fields["shape"])


def _config(path: Path) -> dict[str, Any]:
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        kind = config["model_type"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        msg = f"The model's configuration {path} cannot be read: {error}."
        raise UsageError(msg) from None
    position = config.get("position_embedding_type") or "absolute"
    activation = config.get("hidden_act", "gelu")
    if kind not in _FAMILY or position != "absolute" or activation not in _ACTIVATIONS:
        msg = (
            f"Models of the kind {kind!r} with {position} positions and the activation "
            f"{activation!r} cannot be converted; BERT, RoBERTa and XLM-RoBERTa with "
            "absolute positions can. Choose a model that comes with an ONNX file."
        )
        raise UsageError(msg)
    return config


class _Graph:
    """The nodes and constants of one encoder, written in the order of computing."""

    def __init__(
        self,
        onnx: ModuleType,
        weights: "Mapping[str, NDArray[Any]]",
        config: Mapping[str, Any],
        *,
        precision: Precision,
    ) -> None:
        self._onnx = onnx
        self._weights = weights
        self._precision = precision
        self._config = config
        self._width = int(config["hidden_size"])
        self._heads = int(config["num_attention_heads"])
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._quantized: dict[str, tuple[str, str]] = {}
        # Checkpoints with a task head put their encoder one level deeper.
        first = "embeddings.word_embeddings.weight"
        named = [name for name in weights if name.endswith(first)]
        self._prefix = named[0].removesuffix(first) if named else ""

    def model(self) -> Any:
        """Return the whole model."""
        helper, types = self._onnx.helper, self._onnx.TensorProto
        hidden = self._embeddings()
        # Added to the scores of attention, [batch, 1, 1, length]: nothing for a token,
        # and as good as minus infinity for padding.
        mask = self._node("Cast", "attention_mask", to=types.FLOAT)
        padding = self._node("Sub", self._constant(np.float32(1)), mask)
        padding = self._node("Unsqueeze", padding, self._constant(np.array([1, 2])))
        padding = self._node("Mul", padding, self._constant(np.float32(_MASKED)))
        for layer in range(int(self._config["num_hidden_layers"])):
            hidden = self._layer(hidden, padding, f"encoder.layer.{layer}.")
        self._nodes[-1].output[0] = "last_hidden_state"
        inputs = [
            helper.make_tensor_value_info(name, types.INT64, ["batch", "length"])
            for name in ("input_ids", "attention_mask")
        ]
        output = helper.make_tensor_value_info(
            "last_hidden_state", types.FLOAT, ["batch", "length", self._width]
        )
        graph = helper.make_graph(
            self._nodes, "encoder", inputs, [output], self._constants
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", _OPSET)],
            ir_version=_IR_VERSION,
            producer_name="erya",
        )
        self._onnx.checker.check_model(model)
        return model

    def _embeddings(self) -> str:
        """Sum up what each token is, where it stands, and of which text it is."""
        words = self._weight("embeddings.word_embeddings.weight")
        positions = self._weight("embeddings.position_embeddings.weight")
        if self._config["model_type"] in _PADDED_POSITIONS:
            padding = self._config.get("pad_token_id")
            first = (1 if padding is None else int(padding)) + 1
            positions = positions[first:]
        types = self._weight("embeddings.token_type_embeddings.weight")
        shape = self._node("Shape", "input_ids", start=1)
        zero = self._constant(np.array([0]))
        here = self._node("Slice", self._constant(positions), zero, shape, zero)
        hidden = self._words(words)
        hidden = self._node("Add", hidden, here)
        hidden = self._node("Add", hidden, self._constant(types[0]))
        return self._normalize(hidden, "embeddings.LayerNorm")

    def _words(self, table: "NDArray[Any]") -> str:
        """Look tokens up; the table is most of a small model's size."""
        to_float = self._onnx.TensorProto.FLOAT
        if self._precision == "fp16":
            halves = self._constant(table.astype(np.float16))
            return self._node(
                "Cast", self._node("Gather", halves, "input_ids"), to=to_float
            )
        scales = np.maximum(np.abs(table).max(axis=1, keepdims=True), _TINY) / _LEVELS
        levels = self._constant(np.round(table / scales).astype(np.int8))
        rows = self._node(
            "Cast", self._node("Gather", levels, "input_ids"), to=to_float
        )
        scale = self._constant(scales.astype(np.float32))
        return self._node("Mul", rows, self._node("Gather", scale, "input_ids"))

    def _layer(self, hidden: str, padding: str, name: str) -> str:
        """Let tokens attend to each other, then each to itself."""
        seen = self._attention(hidden, padding, f"{name}attention.self.")
        seen = self._linear(seen, f"{name}attention.output.dense")
        seen = self._node("Add", seen, hidden)
        hidden = self._normalize(seen, f"{name}attention.output.LayerNorm")
        inner = self._linear(hidden, f"{name}intermediate.dense")
        inner = self._node(_ACTIVATIONS[self._config.get("hidden_act", "gelu")], inner)
        inner = self._linear(inner, f"{name}output.dense")
        inner = self._node("Add", inner, hidden)
        return self._normalize(inner, f"{name}output.LayerNorm")

    def _attention(self, hidden: str, padding: str, name: str) -> str:
        size = self._width // self._heads
        apart = self._constant(np.array([0, 0, self._heads, size]))
        parts = []
        for part, order in (
            ("query", [0, 2, 1, 3]),
            ("key", [0, 2, 3, 1]),
            ("value", [0, 2, 1, 3]),
        ):
            split = self._node("Reshape", self._linear(hidden, name + part), apart)
            parts.append(self._node("Transpose", split, perm=order))
        query, key, value = parts
        scores = self._node("MatMul", query, key)
        scale = self._constant(np.float32(size**-0.5))
        scores = self._node("Add", self._node("Mul", scores, scale), padding)
        mixed = self._node("MatMul", self._node("Softmax", scores, axis=-1), value)
        mixed = self._node("Transpose", mixed, perm=[0, 2, 1, 3])
        whole = self._constant(np.array([0, 0, self._width]))
        return self._node("Reshape", mixed, whole)

    def _linear(self, value: str, name: str) -> str:
        weight = self._weight(f"{name}.weight").T
        bias = self._constant(self._weight(f"{name}.bias"))
        if self._precision == "int8" and not name.endswith(".value"):
            return self._node("Add", self._integer_product(value, weight), bias)
        halves = self._constant(weight.astype(np.float16))
        floats = self._node("Cast", halves, to=self._onnx.TensorProto.FLOAT)
        return self._node("Add", self._node("MatMul", value, floats), bias)

    def _integer_product(self, value: str, weight: "NDArray[Any]") -> str:
        """Multiply as bytes: `value` with a scale a row, `weight` with one a column."""
        rows, scale = self._bytes_of(value)
        columns = np.maximum(np.abs(weight).max(axis=0), _TINY) / _WEIGHT_LEVELS
        levels = np.round(weight / columns).astype(np.int8)
        product = self._node(
            "MatMulInteger", rows, self._constant(levels), self._zero_point()
        )
        product = self._node("Cast", product, to=self._onnx.TensorProto.FLOAT)
        # First by rows, then by columns: the runtime takes a product of both scales for
        # a single scale of the whole matrix, and fuses it into something wrong.
        product = self._node("Mul", product, scale)
        return self._node("Mul", product, self._constant(columns.astype(np.float32)))

    def _bytes_of(self, value: str) -> tuple[str, str]:
        """Return the nodes for `value` as bytes and for the scale of each row."""
        if value not in self._quantized:
            largest = self._node(
                "ReduceMax",
                self._node("Abs", value),
                self._constant(np.array([-1])),
                keepdims=1,
            )
            largest = self._node("Max", largest, self._constant(np.float32(_TINY)))
            level = self._constant(np.float32(1 / _LEVELS))
            scale = self._node("Mul", largest, level)
            shifted = self._node(
                "Add",
                self._node("Div", value, scale),
                self._constant(np.float32(_LEVELS + 1)),
            )
            rows = self._node(
                "Cast",
                self._node("Round", shifted),
                to=self._onnx.TensorProto.UINT8,
            )
            self._quantized[value] = rows, scale
        return self._quantized[value]

    def _zero_point(self) -> str:
        return self._constant(np.uint8(_LEVELS + 1))

    def _normalize(self, value: str, name: str) -> str:
        return self._node(
            "LayerNormalization",
            value,
            self._constant(self._weight(f"{name}.weight")),
            self._constant(self._weight(f"{name}.bias")),
            axis=-1,
            epsilon=float(self._config.get("layer_norm_eps", 1e-12)),
        )

    def _weight(self, name: str) -> "NDArray[Any]":
        return self._weights[self._prefix + name]

    def _constant(self, value: "NDArray[Any] | np.generic") -> str:
        name = f"constant_{len(self._constants)}"
        tensor = self._onnx.numpy_helper.from_array(np.ascontiguousarray(value), name)
        self._constants.append(tensor)
        return name

    def _node(self, operation: str, *inputs: str, **attributes: Any) -> str:
        output = f"value_{len(self._nodes)}"
        self._nodes.append(
            self._onnx.helper.make_node(
                operation, list(inputs), [output], name=output, **attributes
            )
        )
        return output


class _TabledGraph(_Graph):
    """One text at a time, as vectors; attention and sums in fused operators."""

    def tabled_model(self, heads: Sequence[Head]) -> Any:
        helper, types = self._onnx.helper, self._onnx.TensorProto
        hidden = self._embedded_inputs(typed=bool(heads))
        for layer in range(int(self._config["num_hidden_layers"])):
            hidden = self._fused_layer(hidden, f"encoder.layer.{layer}.")
        inputs = [
            helper.make_tensor_value_info(
                "inputs_embeds", types.FLOAT, [1, "length", self._width]
            )
        ]
        outputs = [("last_hidden_state", self._width)]
        if heads:
            inputs.append(
                helper.make_tensor_value_info(
                    "token_type_ids", types.INT64, [1, "length"]
                )
            )
            outputs = [(head.name, len(head.bias)) for head in heads]
            for head in heads:
                product = self._node("MatMul", hidden, self._constant(head.weight.T))
                self._node("Add", product, self._constant(head.bias))
                self._nodes[-1].output[0] = head.name
        else:
            self._nodes[-1].output[0] = "last_hidden_state"
        graph = helper.make_graph(
            self._nodes,
            "encoder",
            inputs,
            [
                helper.make_tensor_value_info(name, types.FLOAT, [1, "length", size])
                for name, size in outputs
            ],
            self._constants,
        )
        return helper.make_model(
            graph,
            opset_imports=[
                helper.make_opsetid("", _OPSET),
                helper.make_opsetid(_RUNTIMES_OWN, 1),
            ],
            ir_version=_IR_VERSION,
            producer_name="erya",
        )

    def _embedded_inputs(self, *, typed: bool) -> str:
        positions = self._weight("embeddings.position_embeddings.weight")
        types = self._weight("embeddings.token_type_embeddings.weight")
        shape = self._node("Shape", "inputs_embeds", start=1, end=2)
        zero = self._constant(np.array([0]))
        here = self._node("Slice", self._constant(positions), zero, shape, zero)
        hidden = self._node("Add", "inputs_embeds", here)
        kinds = (
            self._node("Gather", self._constant(types), "token_type_ids")
            if typed
            else self._constant(types[0])
        )
        hidden = self._node("Add", hidden, kinds)
        return self._normalize(hidden, "embeddings.LayerNorm")

    def _fused_layer(self, hidden: str, name: str) -> str:
        seen = self._fused_attention(hidden, f"{name}attention.self.")
        seen = self._product(seen, f"{name}attention.output.dense")
        hidden = self._add(seen, hidden, f"{name}attention.output.LayerNorm")
        inner = self._product(hidden, f"{name}intermediate.dense")
        inner = self._node(_ACTIVATIONS[self._config.get("hidden_act", "gelu")], inner)
        inner = self._product(inner, f"{name}output.dense")
        return self._add(inner, hidden, f"{name}output.LayerNorm")

    def _fused_attention(self, hidden: str, name: str) -> str:
        parts = [
            self._product(hidden, name + part) for part in ("query", "key", "value")
        ]
        return self._node(
            "MultiHeadAttention", *parts, domain=_RUNTIMES_OWN, num_heads=self._heads
        )

    def _product(self, value: str, name: str) -> str:
        weight = self._weight(f"{name}.weight").T
        bias = self._constant(self._weight(f"{name}.bias"))
        return self._node("Add", self._integer_product(value, weight), bias)

    def _add(self, value: str, other: str, name: str) -> str:
        return self._node(
            "SkipLayerNormalization",
            value,
            other,
            self._constant(self._weight(f"{name}.weight")),
            self._constant(self._weight(f"{name}.bias")),
            domain=_RUNTIMES_OWN,
            epsilon=float(self._config.get("layer_norm_eps", 1e-12)),
        )
