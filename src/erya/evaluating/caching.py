"""Model calls that are made once: a repeated measurement costs nothing."""

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from typing_extensions import override

from erya.errors import UsageError
from erya.models import ChatModel, Completion
from erya.records import Message, Usage

__all__ = ["CachedChat"]

_TABLE: Final = """
create table if not exists calls (
    key text primary key, text text not null, model text not null,
    input_tokens integer not null, output_tokens integer not null, seconds real not null
) strict"""


class CachedChat(ChatModel):
    """Asks `model` what it was not asked before, and remembers what it said.

    Attributes:
        saved: The seconds that the calls which were not repeated once took.
    """

    def __init__(
        self, model: ChatModel, *, identity: str, file: Path, again: bool = False
    ) -> None:
        """Remember what `model` says in a SQLite file.

        Args:
            model: Whom to ask.
            identity: What makes it answer as it does: its name, address, settings.
            file: Made when it is not there.
            again: Ask even what was asked before, and remember the new answer.

        Raises:
            UsageError: The file cannot be opened.
        """
        self._calls = {"asked": 0, "repeated": 0}
        self._again = again
        self.saved = 0.0
        self._model = model
        self._identity = identity
        self._file = file
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with closing(self._open()) as database, database:
                database.execute(_TABLE)
        except (OSError, sqlite3.Error) as error:
            msg = f"The cache of model calls {file} cannot be opened: {error}."
            raise UsageError(msg) from None

    def calls(self) -> dict[str, int]:
        """Return how often the model was `asked`, and how often it need not be."""
        return dict(self._calls)

    @override
    def complete(
        self,
        messages: Sequence[Message],
        *,
        on_text: Callable[[str], None] | None = None,
    ) -> Completion:
        key = self._key(messages)
        row = None if self._again else self._said_before(key)
        if row is not None:
            self._calls["repeated"] += 1
            self.saved += row[4]
            usage = Usage(model=row[1], input_tokens=row[2], output_tokens=row[3])
            return Completion(text=row[0], usage=usage)
        began = time.perf_counter()
        done = self._model.complete(messages, on_text=on_text)
        self._calls["asked"] += 1
        self._keep(key, done, seconds=time.perf_counter() - began)
        return done

    def _said_before(self, key: str) -> tuple[str, str, int, int, float] | None:
        with closing(self._open()) as database:
            found: tuple[str, str, int, int, float] | None = database.execute(
                "select text, model, input_tokens, output_tokens, seconds from calls"
                " where key = ?",
                (key,),
            ).fetchone()
        return found

    def _keep(self, key: str, done: Completion, *, seconds: float) -> None:
        usage = done.usage
        told = (usage.model, usage.input_tokens, usage.output_tokens, seconds)
        with closing(self._open()) as database, database:
            database.execute(
                "insert or replace into calls values (?, ?, ?, ?, ?, ?)",
                (key, done.text, *told),
            )

    def _key(self, messages: Sequence[Message]) -> str:
        asked = [self._identity, *([m.role, m.content] for m in messages)]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._file, timeout=30)
