"""Model calls that are made once: a repeated measurement costs nothing."""

import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from typing_extensions import override

from erya.errors import UsageError
from erya.models import (
    ChatEvent,
    ChatModel,
    ChatRequest,
    Finished,
    TextDelta,
    TextRetracted,
    join_halves,
)
from erya.records import TextPart, Usage

__all__ = ["CachedChat"]

_TABLE: Final = """
create table if not exists calls (
    key text primary key, text text not null, model text not null,
    input_tokens integer not null, output_tokens integer not null, seconds real not null
) strict"""

_KEPT: Final = frozenset(("stop", "unknown"))  # else it is no whole answer
_UNKNOWN: Final = -1  # tokens that the endpoint did not report


class _Counts(threading.local):
    """The calls of a thread, by what became of them."""

    def __init__(self) -> None:
        self.requests = 0
        self.repeated = 0
        self.saved = 0.0


class CachedChat(ChatModel):
    """Asks `model` what it was not asked before, and remembers what it said.

    It may be asked by several threads; each counts its own calls.
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
        self._counted = _Counts()
        self._again = again
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
        """Return how often this thread has `asked`, and how often it need not."""
        return {"asked": self._counted.requests, "repeated": self._counted.repeated}

    @property
    def saved(self) -> float:
        """The seconds that calls once took which this thread need not repeat."""
        return self._counted.saved

    @property
    @override
    def name(self) -> str:
        return self._model.name

    @override
    @contextmanager
    def stream(self, request: ChatRequest) -> Iterator[Iterator[ChatEvent]]:
        """Stream a remembered answer, or ask; calls of tools are not remembered."""
        key = self._key(request)
        row = None if self._again or request.tools else self._find_reply(key)
        if row is not None:
            self._counted.repeated += 1
            self._counted.saved += row[4]
            yield iter(_replay(row))
            return
        began = time.perf_counter()
        with self._model.stream(request) as events:
            self._counted.requests += 1
            yield self._remember(events, "" if request.tools else key, began=began)

    def _remember(
        self, events: Iterator[ChatEvent], key: str, *, began: float
    ) -> Iterator[ChatEvent]:
        """Pass events on, and remember the text once it is whole."""
        text: list[str] = []
        for event in events:
            if isinstance(event, TextDelta):
                text.append(event.text)
            elif isinstance(event, TextRetracted):
                text = []
            elif isinstance(event, Finished) and key and event.reason in _KEPT:
                usage = event.usage or Usage(
                    model=self.name, input_tokens=None, output_tokens=None
                )
                seconds = time.perf_counter() - began
                self._keep(key, "".join(text), usage, seconds=seconds)
            yield event

    def _find_reply(self, key: str) -> tuple[str, str, int, int, float] | None:
        with closing(self._open()) as database:
            row: tuple[str, str, int, int, float] | None = database.execute(
                "select text, model, input_tokens, output_tokens, seconds from calls"
                " where key = ?",
                (key,),
            ).fetchone()
        return row

    def _keep(self, key: str, text: str, usage: Usage, *, seconds: float) -> None:
        counts = [
            _UNKNOWN if count is None else count
            for count in (usage.input_tokens, usage.output_tokens)
        ]
        whole = join_halves(text)  # half a sign is no text that SQLite takes
        with closing(self._open()) as database, database:
            database.execute(
                "insert or replace into calls values (?, ?, ?, ?, ?, ?)",
                (key, whole, usage.model, *counts, seconds),
            )

    def _key(self, request: ChatRequest) -> str:
        parts: list[Any] = [self._identity]
        parts += [[m.role, m.text] for m in request.messages]
        parts += [
            repr(part)
            for message in request.messages
            for part in message.parts
            if not isinstance(part, TextPart)
        ]
        further = replace(request, messages=())
        if further != ChatRequest(messages=()):
            parts.append(repr(further))
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._file, timeout=30)


def _replay(row: tuple[str, str, int, int, float]) -> list[ChatEvent]:
    """Return the events of a remembered answer."""
    text, model, *counts = row[:4]
    input_tokens, output_tokens = (
        None if count == _UNKNOWN else count for count in counts
    )
    usage = Usage(model=model, input_tokens=input_tokens, output_tokens=output_tokens)
    return [TextDelta(text), Finished(reason="stop", usage=usage)]
