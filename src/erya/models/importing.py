"""Bring an embedding model into the home folder: from a folder, or from a hub.

Takes what model hubs hold for sentence embedding: a graph or weights, a tokenizer, and
small JSON files that tell how to use them. No code of a model is ever run.
"""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NamedTuple

from erya.errors import ModelError, UsageError
from erya.models.base import fingerprint_of
from erya.models.conversion import Precision, convert
from erya.models.local_embedding import CARD, LocalEmbedding, LocalModelCard, Pooling
from erya.models.offline import set_aside
from erya.records import Fingerprint

__all__ = ["Use", "download", "import_model"]

_GRAPHS: Final = ("model.onnx", "onnx/model.onnx")
_WANTED: Final = (
    "*.json",  # modules.json among them
    "1_Pooling/config.json",
    "model.safetensors",
    *_GRAPHS,
    "README.md",
    "LICENSE*",
)
_MODULES: Final = ("Transformer", "Pooling", "Normalize")
_WORD: Final = "a "
_PAPERS: Final = ("LICENSE*", "README.md")
_LONGEST: Final = 512  # tokens, where the model does not say


class Use(NamedTuple):
    """How a model is used, where it does not say so itself; None leaves it to it."""

    pooling: Pooling | None = None
    query_prefix: str | None = None
    passage_prefix: str | None = None


def import_model(
    folder: Path,
    target: Path,
    *,
    name: str,
    source: str = "",
    precision: Precision = "int8",
    use: Use | None = None,
) -> Fingerprint:
    """Write the model in `folder` to `target`, in the form that runs here.

    A graph that is there is taken as it is; otherwise one is written from the weights.
    What stood at `target` stays until the new model has embedded a text.

    Args:
        folder: Laid out as on a hub.
        target: The folder to make.
        name: What the user will call it.
        source: Where it came from, to be shown later.
        precision: For a graph that has to be written.
        use: Overrides what the model says of itself.

    Raises:
        MissingExtraError: A graph has to be written, and `onnx` is not installed.
        UsageError: Something is missing, or is of a kind that cannot be used.
    """
    use = use or Use()
    _check_modules(folder)
    tokenizer = _json(folder / "tokenizer.json")
    graph = next((folder / g for g in _GRAPHS if (folder / g).is_file()), None)
    prompts = _optional(folder / "config_sentence_transformers.json").get("prompts")
    prompts = prompts if isinstance(prompts, dict) else {}
    card = LocalModelCard(
        name=name,
        pooling=use.pooling or _pooling(folder),
        max_tokens=_max_tokens(folder),
        query_prefix=_first(use.query_prefix, prompts, "query"),
        passage_prefix=_first(use.passage_prefix, prompts, "passage", "document"),
        unknown=_unknown(tokenizer),
        precision="" if graph else precision,
        source=source,
        licence=_licence(folder / "README.md"),
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as scratch:
        draft = Path(scratch) / "model"
        draft.mkdir()
        if graph:
            shutil.copyfile(graph, draft / "model.onnx")
        else:
            convert(folder, draft / "model.onnx", precision=precision)
        shutil.copyfile(folder / "tokenizer.json", draft / "tokenizer.json")
        for pattern in _PAPERS:
            for paper in folder.glob(pattern):
                shutil.copyfile(paper, draft / paper.name)
        _write_card(card, draft)
        fingerprint = _try_model(draft)
        _exchange(draft, target)
    return fingerprint


@contextlib.contextmanager
def download(repository: str, *, hub: str, home: Path) -> Iterator[Path]:
    """Fetch a model's files from a hub into a folder that is gone afterwards.

    Args:
        repository: `OWNER/NAME`.
        hub: The address of the hub.
        home: Where the folder is made.

    Raises:
        ModelError: The hub cannot be reached or has no such model.
    """
    import huggingface_hub  # noqa: PLC0415 - slow to load, seldom needed
    from huggingface_hub import constants  # noqa: PLC0415
    from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415

    # Else it asks its own hub, whatever hub is meant, which program this is.
    constants.HF_HUB_DISABLE_TELEMETRY = True
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=home, prefix=".download-") as scratch:
        try:
            huggingface_hub.snapshot_download(
                repository,
                allow_patterns=list(_WANTED),
                local_dir=scratch,
                endpoint=hub,
                token=False,
            )
        except (HfHubHTTPError, OSError, ValueError) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else ""
            msg = (
                f"The model {repository!r} could not be fetched from {hub}: "
                f"{type(error).__name__}: {reason[:300]}. Check the name and the "
                "network, name another hub with ERYA_MODEL_HUB, or give a folder."
            )
            raise ModelError(msg) from None
        yield Path(scratch)


def _try_model(folder: Path) -> Fingerprint:
    model = LocalEmbedding(folder)
    try:
        # The longest text it says it reads must run, too.
        model.embed_passages([_WORD * model.card.max_tokens])
        return fingerprint_of(model)
    except ModelError as error:
        msg = f"The model cannot be used. {error}"
        raise UsageError(msg) from None
    except Exception as error:  # noqa: BLE001 - whatever a runtime says of a graph
        msg = f"The model does not run: {type(error).__name__}: {error}"[:500]
        raise UsageError(msg) from None


def _exchange(draft: Path, target: Path) -> None:
    """Put a model where another may be; what a kill leaves, `open_local` mends."""
    for path in draft.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    old = set_aside(target)
    if target.exists():
        shutil.rmtree(old, ignore_errors=True)
        target.rename(old)
    draft.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _write_card(card: LocalModelCard, folder: Path) -> None:
    text = json.dumps(asdict(card), ensure_ascii=False, indent=2)
    (folder / CARD).write_text(text + "\n", encoding="utf-8")


def _check_modules(folder: Path) -> None:
    """Refuse a model that has more layers than are run here.

    Raises:
        UsageError: It has.
    """
    path = folder / "modules.json"
    modules: Any = _json(path) if path.is_file() else []
    kinds = [
        str(module.get("type", "")).rpartition(".")[2]
        for module in modules
        if isinstance(module, dict)
    ]
    other = [kind for kind in kinds if kind not in _MODULES]
    if other:
        msg = (
            f"The model in {folder} has a layer {other[0]} after its encoder, which is "
            f"not run here; layers may be {', '.join(_MODULES)}. Choose another model."
        )
        raise UsageError(msg)


def _pooling(folder: Path) -> Pooling:
    config = _optional(folder / "1_Pooling" / "config.json")
    if config.get("pooling_mode_cls_token"):
        return "cls"
    if config and not config.get("pooling_mode_mean_tokens"):
        msg = (
            f"The model in {folder} pools in another way than by mean or first token. "
            "Say which one comes nearest: --pooling mean, or --pooling cls."
        )
        raise UsageError(msg)
    return "mean"


def _max_tokens(folder: Path) -> int:
    declared = _optional(folder / "sentence_bert_config.json").get("max_seq_length")
    config = _optional(folder / "config.json")
    positions = config.get("max_position_embeddings") or _LONGEST
    # The RoBERTa family leaves two positions unused.
    most = int(positions) - (0 if config.get("model_type") == "bert" else 2)
    return min(declared, most) if isinstance(declared, int) else min(most, _LONGEST)


def _first(chosen: str | None, prompts: dict[str, Any], *names: str) -> str:
    if chosen is not None:
        return chosen
    return next((str(prompts[name]) for name in names if prompts.get(name)), "")


def _unknown(tokenizer: dict[str, Any]) -> int | None:
    """Return the number of the token for what is unknown."""
    model = tokenizer.get("model", {})
    if model.get("unk_id") is not None:  # Unigram
        return int(model["unk_id"])
    token, words = model.get("unk_token"), model.get("vocab", {})
    return words.get(token) if token and isinstance(words, dict) else None


def _licence(readme: Path) -> str:
    """Return the licence that a model card names in its first lines."""
    if not readme.is_file():
        return ""
    head = readme.read_text(encoding="utf-8", errors="replace")[:10_000]
    for line in head.splitlines():
        if line.startswith("license:"):
            return line.partition(":")[2].strip()
    return ""


def _json(path: Path) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = (
            f"The model's {path.name} cannot be read: {error}. A model needs "
            "tokenizer.json, and model.onnx or config.json with model.safetensors."
        )
        raise UsageError(msg) from None
    return loaded


def _optional(path: Path) -> dict[str, Any]:
    return _json(path) if path.is_file() else {}
