"""The runs of one home folder, each its principal's: saved after every step."""

import base64
import json
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from erya.agents.base import AgentRun
from erya.errors import NotFoundError, StoreError, UsageError
from erya.records import (
    Answer,
    Chunk,
    Hit,
    ImagePart,
    Message,
    MessagePart,
    Principal,
    TextPart,
    ToolCall,
    ToolResult,
    Usage,
)

__all__ = ["AgentRuns", "StoredRun"]

_TABLE: Final = """
create table if not exists runs (
    id text primary key,
    owner text not null,
    options text not null,
    created_at text not null,
    updated_at text not null,
    reason text not null,
    task text not null,
    state text not null
) strict"""
_FILE: Final = "agents.sqlite3"
_NAMELESS: Final = "Runs are kept for persons with a name. Name one with --as."
_OPEN_SECONDS: Final = 30.0
_PARTS: Final[Mapping[str, type]] = {
    "text": TextPart,
    "call": ToolCall,
    "result": ToolResult,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A run as it is kept.

    Attributes:
        run: All of it.
        owner: Whose it is: the name of a person.
        options: What it was started with, for whoever goes on with it.
        created_at: When it began, in UTC.
        updated_at: When its last step ended.
    """

    run: AgentRun
    owner: str
    options: Mapping[str, Any]
    created_at: str
    updated_at: str


class AgentRuns:
    """Keeps runs, so that they can be shown, and gone on with after a crash."""

    def __init__(self, home: Path) -> None:
        """Take the home folder; nothing is made before a run is saved.

        Args:
            home: Where bases are kept.
        """
        self._path = home / _FILE
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None

    def save(
        self, run: AgentRun, *, principal: Principal, options: Mapping[str, Any]
    ) -> None:
        """Keep a run as it is now.

        It outlives the end of this process at once. A call with effects that is about
        to be made is noted so that it outlives that of the machine as well.

        Raises:
            NotFoundError: It is somebody else's.
            StoreError: The home folder cannot be written.
            UsageError: Whoever has no name keeps nothing.
        """
        if not principal.user:
            raise UsageError(_NAMELESS)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        row = (
            run.id, principal.user, json.dumps(dict(options)), now, now, run.reason,
            run.task.encode("utf-8", "replace").decode(), json.dumps(_state_of(run)),
        )  # fmt: skip
        is_acting = any(run.key_of(call) in run.started for call in run.open_calls)
        with self._connected() as database:
            database.execute(
                f"pragma synchronous = {'full' if is_acting else 'normal'}"
            )
            database.execute(
                "insert into runs values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do"
                " update set updated_at = excluded.updated_at,"
                " reason = excluded.reason, state = excluded.state"
                " where owner = excluded.owner",
                row,
            )
            changed = database.execute("select changes()").fetchone()[0]
        if not changed:
            raise NotFoundError(_none(run.id))

    def get(self, run_id: str, *, principal: Principal) -> StoredRun:
        """Return a run.

        Raises:
            NotFoundError: There is none of this id, or it is somebody else's.
            StoreError: The home folder cannot be read.
        """
        stored = next(self._rows(principal, run_id), None)
        if stored is None:
            raise NotFoundError(_none(run_id))
        return stored

    def all(self, *, principal: Principal) -> list[StoredRun]:
        """Return the runs of a principal, the newest first; an owner's are all.

        Raises:
            StoreError: The home folder cannot be read.
        """
        return list(self._rows(principal))

    def _rows(
        self, principal: Principal, run_id: str | None = None
    ) -> Iterator[StoredRun]:
        if not self._path.exists():
            return
        owner = principal.user if principal.role == "reader" else None
        query = (
            "select owner, options, created_at, updated_at, state from runs"
            " where (?1 is null or owner = ?1) and (?2 is null or id = ?2)"
            " order by created_at desc, id"
        )
        with self._connected() as database:
            found = database.execute(query, (owner, run_id)).fetchall()
        for whose, options, created_at, updated_at, state in found:
            yield StoredRun(
                run=_run_from(json.loads(state)),
                owner=whose,
                options=json.loads(options),
                created_at=created_at,
                updated_at=updated_at,
            )

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """Open the table, once, for one thread at a time.

        Raises:
            StoreError: It cannot be read or written.
        """
        try:
            with self._lock:
                if self._database is None:
                    self._database = self._opened()
                yield self._database
        except (OSError, sqlite3.Error) as error:
            msg = (
                f"The file {self._path} cannot be read or written: {error}. Check the "
                "free space and the permissions of its folder."
            )
            raise StoreError(msg) from error

    def _opened(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = sqlite3.connect(
            self._path,
            timeout=_OPEN_SECONDS,
            isolation_level=None,  # each statement is a transaction
            check_same_thread=False,
        )
        weakref.finalize(self, database.close)
        database.execute("pragma journal_mode = wal")
        database.execute(_TABLE)
        return database


def _none(run_id: str) -> str:
    return f"There is no run {run_id!r:.40}. List them: erya agent list"


def _state_of(run: AgentRun) -> dict[str, Any]:
    answer = run.answer
    return {
        "id": run.id,
        "task": run.task,
        "messages": [
            {"role": message.role, "parts": list(map(_part_state, message.parts))}
            for message in run.messages
        ],
        "hits": [{"chunk": asdict(hit.chunk), "score": hit.score} for hit in run.hits],
        "steps": run.steps,
        "usage": asdict(run.usage),
        "started": sorted(run.started),
        "reason": run.reason,
        "answer": {"text": answer.text, "abstained": answer.abstained},
        "note": run.note,
    }


def _part_state(part: MessagePart) -> dict[str, Any]:
    match part:
        case TextPart(text=text):
            return {"kind": "text", "text": text}
        case ToolCall(id=call_id, name=name, arguments=arguments):
            return {
                "kind": "call", "id": call_id, "name": name, "arguments": arguments
            }  # fmt: skip
        case ToolResult(call_id=call_id, text=text):
            return {"kind": "result", "call_id": call_id, "text": text}
        case ImagePart(media_type=media_type, data=data):
            encoded = base64.b64encode(data).decode()
            return {"kind": "image", "media_type": media_type, "data": encoded}


def _run_from(state: Mapping[str, Any]) -> AgentRun:
    return AgentRun(
        id=state["id"],
        task=state["task"],
        messages=tuple(
            Message(role=each["role"], parts=tuple(map(_part_from, each["parts"])))
            for each in state["messages"]
        ),
        hits=tuple(map(_hit_from, state["hits"])),
        steps=state["steps"],
        usage=Usage(**state["usage"]),
        started=frozenset(state["started"]),
        reason=state["reason"],
        answer=Answer(**state["answer"]),
        note=state["note"],
    )


def _part_from(state: Mapping[str, Any]) -> MessagePart:
    fields = {key: value for key, value in state.items() if key != "kind"}
    if state["kind"] == "image":
        data = base64.b64decode(fields["data"])
        return ImagePart(media_type=fields["media_type"], data=data)
    part: MessagePart = _PARTS[state["kind"]](**fields)
    return part


def _hit_from(state: Mapping[str, Any]) -> Hit:
    chunk = {**state["chunk"], "headings": tuple(state["chunk"]["headings"])}
    return Hit(chunk=Chunk(**chunk), score=state["score"], ranks={})
