"""The models behind endpoints that the user has added, kept without their keys."""

import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from erya.errors import NotFoundError, UsageError

_VARIABLE = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_]*)?")

__all__ = ["ModelCatalogue", "ModelEntry", "ModelKind"]

ModelKind = Literal["chat", "embedding", "rerank"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """How to reach a model.

    The prefixes are for embedding models that were trained with them.

    Attributes:
        name: What the user calls it.
        base_url: The endpoint.
        model: What the endpoint calls it.
        api_key_env: The environment variable that holds the key; empty if none is
            wanted.
        query_prefix: What stands before a question that is embedded.
        passage_prefix: What stands before a passage that is embedded.
        input_price: What a million tokens cost that it reads, in the user's money; None
            where that is not known.
        output_price: The same for those that it writes.
        capabilities: What `erya models test` found that it can do: `stream`, `usage`,
            `json_schema`, `tools`, each true or false, and `context_length` in tokens;
            empty where it was never tested.
    """

    name: str
    base_url: str
    model: str
    api_key_env: str = ""
    query_prefix: str = ""
    passage_prefix: str = ""
    input_price: float | None = None
    output_price: float | None = None
    capabilities: Mapping[str, Any] = field(default_factory=dict)


class ModelCatalogue:
    """Reads and writes the models of one kind in `models.json` of `home`."""

    def __init__(self, home: Path, *, kind: ModelKind = "chat") -> None:
        self._path = home / "models.json"
        self._kind = kind

    def all(self) -> list[ModelEntry]:
        """Return the models of this kind, by name; none where none was added.

        Raises:
            UsageError: The file cannot be read.
        """
        try:
            stored = self._read_file().get(self._kind, [])
            entries = [ModelEntry(**entry) for entry in stored]
        except (OSError, ValueError, KeyError, TypeError) as error:
            msg = (
                f"The list of models {self._path} cannot be read: {error}. "
                "Mend it, or delete it and add the models again."
            )
            raise UsageError(msg) from None
        return sorted(entries, key=lambda entry: entry.name)

    def get(self, name: str) -> ModelEntry:
        """Return the model called `name`.

        Raises:
            NotFoundError: There is none; the message names those there are.
        """
        entries = {entry.name: entry for entry in self.all()}
        if name not in entries:
            there = ", ".join(entries) or "none yet"
            msg = (
                f"There is no {self._kind} model {name!r}. Models here: {there}. Add "
                f"it with: erya models add {self._kind} {name} --base-url URL "
                "--model MODEL"
            )
            raise NotFoundError(msg)
        return entries[name]

    def add(self, entry: ModelEntry) -> None:
        """Add a model, in place of one of the same name.

        Raises:
            UsageError: The base URL or a name is wrong, or the file cannot be written.
        """
        url = urlsplit(entry.base_url)
        if url.scheme not in {"http", "https"} or not url.hostname or url.username:
            msg = (
                "The base URL must be http://… or https://… without a user name or "
                "password in it. Try http://localhost:11434/v1."
            )
            raise UsageError(msg)
        if not entry.name.strip() or not entry.model.strip():
            msg = (
                "A model needs a name and what the endpoint calls it, got "
                f"{entry.name!r} and {entry.model!r}."
            )
            raise UsageError(msg)
        if not _VARIABLE.fullmatch(entry.api_key_env):
            msg = (
                "--api-key-env is the name of a variable, such as OPENAI_API_KEY, and "
                "never the key itself."
            )
            raise UsageError(msg)
        prices = (entry.input_price, entry.output_price)
        if any(each is not None and not 0 <= each < math.inf for each in prices):
            msg = f"A price is 0 or more for a million tokens, got {prices}."
            raise UsageError(msg)
        if (entry.input_price is None) != (entry.output_price is None):
            msg = "A cost takes both prices: give --input-price and --output-price."
            raise UsageError(msg)
        others = [other for other in self.all() if other.name != entry.name]
        self._write([*others, entry])

    def remove(self, name: str) -> None:
        """Remove a model.

        Raises:
            NotFoundError: There is none of this name.
        """
        entry = self.get(name)
        self._write([other for other in self.all() if other != entry])

    def _read_file(self) -> dict[str, list[dict[str, Any]]]:
        """Return what the file holds, every kind of model."""
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return {kind: list(stored[kind]) for kind in stored}

    def _write(self, entries: list[ModelEntry]) -> None:
        try:
            self._replace(entries)
        except OSError as error:
            msg = (
                f"{self._path} cannot be written: {error.strerror or error}. "
                "Choose another home with --home or ERYA_HOME."
            )
            raise UsageError(msg) from None

    def _replace(self, entries: list[ModelEntry]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._path.with_suffix(".new")
        models = self._read_file() | {self._kind: [asdict(entry) for entry in entries]}
        with draft.open("w", encoding="utf-8") as file:
            json.dump(models, file, ensure_ascii=False, indent=2)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
