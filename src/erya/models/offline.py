"""The models at hand: those in the wheel, and those in the home folder."""

import json
from functools import cache
from pathlib import Path
from typing import Final

from erya.errors import NotFoundError, UsageError
from erya.models.local_embedding import CARD, LocalEmbedding, LocalModelCard
from erya.models.local_reader import LocalReader

__all__ = [
    "BUNDLED_MODELS",
    "OFFLINE_MODEL",
    "READER",
    "common_words",
    "local_model_cards",
    "local_model_folder",
    "open_local",
    "open_reader",
    "set_aside",
]

# The one that travels with Erya: docs/decisions/0016-bilingual-embedder.md.
OFFLINE_MODEL: Final = "erya-embedder"
# What earlier releases embedded with: their bases open with it.
_EARLIER: Final = ("all-MiniLM-L6-v2",)
BUNDLED_MODELS: Final = (OFFLINE_MODEL, *_EARLIER)
# The reader that travels with Erya: recipes/reader/README.md.
_BEGINS: Final = "\u2581"  # before a piece with which a word begins (SentencePiece)
READER: Final = "erya-reader"
_BUNDLED: Final = Path(__file__).parent / "bundled"


def local_model_folder(home: Path, name: str) -> Path:
    """Return where a model that was added under `name` is kept.

    Raises:
        UsageError: The name cannot be one.
    """
    if not name or name != Path(name).name or name.startswith("."):
        msg = f"The name of a model is one word without slashes, got {name!r}."
        raise UsageError(msg)
    folder = home / "models" / name
    if (set_aside(folder) / CARD).is_file() and not folder.exists():
        set_aside(folder).rename(folder)  # a run was killed while it exchanged them
    return folder


def set_aside(folder: Path) -> Path:
    """Return where a model stands while another one takes its place."""
    return folder.with_name(f".old-{folder.name}")


def local_model_cards(home: Path) -> list[LocalModelCard]:
    """Return the cards of all models that run here, the bundled one first."""
    bundled = [_BUNDLED / name for name in BUNDLED_MODELS]
    folders = [*bundled, *sorted((home / "models").glob("[!.]*"))]
    return [LocalModelCard.read(f) for f in folders if (f / CARD).is_file()]


def open_local(home: Path, name: str, *, threads: int) -> LocalEmbedding:
    """Return the model called `name`: one that was added, else the bundled one.

    Raises:
        NotFoundError: There is none; for the bundled one, it was never built.
    """
    for folder in (local_model_folder(home, name), _BUNDLED / name):
        if (folder / CARD).is_file():
            return LocalEmbedding(folder, threads=threads)
    if name in BUNDLED_MODELS:
        msg = (
            f"The offline embedding model {name!r} is not in this installation: a "
            "checkout builds it with: make model. Or search by words alone: "
            'embedding_model = "" in erya.toml.'
        )
        raise NotFoundError(msg)
    there = ", ".join(card.name for card in local_model_cards(home)) or "none yet"
    msg = (
        f"There is no embedding model {name!r}. Models here: {there}. Add it with: "
        "erya models add embedding NAME"
    )
    raise NotFoundError(msg)


@cache
def common_words() -> frozenset[str]:
    """Return words that the bundled models know as one piece, in small letters.

    Common ones of English and of other languages in Latin letters. None where the
    models were never built.
    """
    words: set[str] = set()
    for name in BUNDLED_MODELS:
        file = _BUNDLED / name / "tokenizer.json"
        if file.is_file():
            vocabulary = json.loads(file.read_text(encoding="utf-8"))["model"]["vocab"]
            # By the model's kind: a table of pieces, or a list of them with scores.
            pieces = [p if isinstance(p, str) else p[0] for p in vocabulary]
            begins = "" if isinstance(vocabulary, dict) else _BEGINS
            words |= {p.removeprefix(begins) for p in pieces if p.startswith(begins)}
    return frozenset(word.lower() for word in words if word.isalpha())


def open_reader(*, threads: int) -> LocalReader:
    """Return the reader that travels with Erya.

    Raises:
        NotFoundError: It was never built.
    """
    folder = _BUNDLED / READER
    return LocalReader(folder, words=_BUNDLED / OFFLINE_MODEL, threads=threads)
