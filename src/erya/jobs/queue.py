"""The jobs of one home folder, in one table."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from erya.errors import BusyError, JobCancelledError, NotFoundError, StoreError
from erya.jobs.base import Job, JobState
from erya.jobs.owners import is_alive, this_owner
from erya.sources import IngestRequest

__all__ = ["JobQueue", "RunningJob"]

_TABLE: Final = """
create table if not exists jobs (
    number integer primary key autoincrement,
    base text not null,
    request text not null,
    user text not null,
    state text not null,
    owner text not null default '',
    heard_at real not null default 0,
    attempts integer not null default 0,
    progress text not null default '{}',
    message text not null default '',
    cancelled integer not null default 0,
    created_at text not null,
    started_at text not null default '',
    finished_at text not null default ''
) strict"""
_FILE: Final = "jobs.sqlite3"
_BEAT_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 0.2  # between two looks at whether it is our turn
_OPEN_SECONDS: Final = 30.0
_OPEN_PAUSE: Final = 0.01
_KEPT: Final = 1_000  # jobs that are over


class JobQueue:
    """Notes jobs, and lets those on one base follow each other, whoever runs them."""

    def __init__(self, home: Path) -> None:
        """Take the home folder; nothing is made before a job is.

        Args:
            home: Where bases are kept.
        """
        self._path = home / _FILE

    def all(self, *, base: str = "") -> list[Job]:
        """Return the jobs, the newest first; with `base` those on it."""
        if not self._path.exists():
            return []
        query = "select * from jobs where ? in ('', base) order by number desc"
        with self._connect() as database:
            return [_job(row) for row in database.execute(query, (base,))]

    def get(self, number: int) -> Job:
        """Return a job.

        Raises:
            NotFoundError: There is none of this number.
        """
        row = None
        if self._path.exists():
            with self._connect() as database:
                query = "select * from jobs where number = ?"
                row = database.execute(query, (number,)).fetchone()
        if row is None:
            msg = f"There is no job {number}. List them: erya jobs list"
            raise NotFoundError(msg)
        return _job(row)

    def cut_off(self, *, base: str = "") -> Job | None:
        """Return the last job that was cut off, however many followed it."""
        return next((job for job in self.all(base=base) if job.was_cut_off), None)

    def at_work(self, base: str) -> Job | None:
        """Return the job that somebody runs on a base now."""
        jobs = (job for job in self.all(base=base) if job.state == "running")
        return next((job for job in jobs if job.is_alive), None)

    def submit(self, base: str, request: IngestRequest, *, user: str) -> Job:
        """Note a job, and return it; one cut off with the same request goes on.

        Raises:
            StoreError: The home folder cannot be written.
        """
        same = (
            job for job in self.all(base=base)
            if job.was_cut_off and job.request == request
        )  # fmt: skip
        if (job_before := next(same, None)) is not None:
            with suppress(BusyError, NotFoundError):  # another has just taken it
                return self.take_over(job_before.number)
        values = (base, json.dumps(request.to_json()), user, this_owner(), time.time())
        with self._connect() as database, database:
            number = database.execute(
                "insert into jobs (base, request, user, owner, heard_at, created_at,"
                " state) values (?, ?, ?, ?, ?, ?, 'queued')",
                (*values, _now()),
            ).lastrowid
            database.execute(
                "delete from jobs where finished_at != '' and number <= ?",
                ((number or 0) - _KEPT,),
            )
        return self.get(number or 0)

    def take_over(self, number: int) -> Job:
        """Become the owner of a job that was cut off; it waits for its turn again.

        Raises:
            BusyError: Somebody works on it.
            NotFoundError: There is no such job, or it is over.
        """
        job = self.get(number)
        if not job.was_cut_off:
            if job.is_alive:
                raise BusyError(base=job.base, holder=f"job {number}")
            msg = f"Job {number} is {job.state}: there is nothing to go on with."
            raise NotFoundError(msg)
        with self._connect() as database, database:
            # Of several that want it, the first finds it as it was.
            taken = database.execute(
                "update jobs set state = 'queued', owner = ?, heard_at = ?,"
                " cancelled = 0 where number = ? and owner = ? and heard_at = ?"
                " and state in ('queued', 'running')",
                (this_owner(), time.time(), number, job.owner, job.heard_at),
            ).rowcount
        if not taken:
            raise BusyError(base=job.base, holder=f"job {number}")
        return self.get(number)

    def drop_base(self, base: str) -> None:
        """Cancel what was cut off on a base: another of its name begins anew."""
        for job in self.all(base=base):
            if job.was_cut_off:
                self._end(job, "cancelled", message="the base was deleted")

    def cancel(self, number: int) -> Job:
        """Ask a job to end. One without an owner is over at once.

        Raises:
            NotFoundError: There is no such job, or it is over.
        """
        job = self.get(number)
        if job.state not in {"queued", "running"}:
            msg = f"Job {number} is {job.state} already."
            raise NotFoundError(msg)
        with self._connect() as database, database:
            cancel = "update jobs set cancelled = 1 where number = ?"
            database.execute(cancel, (number,))
        if not job.is_alive:
            self._end(job, "cancelled")
        return self.get(number)

    def end(
        self,
        number: int,
        state: Literal["done", "failed", "cancelled"],
        *,
        message: str = "",
    ) -> None:
        """Note that a job of this process is over; another's stays as it is.

        One that was cut off with the same request is over, too.
        """
        job = self.get(number)
        ended = self._end(replace(job, owner=this_owner()), state, message=message)
        if not ended or state != "done":
            return
        for other in self.all(base=job.base):
            if other.was_cut_off and other.request == job.request:
                self._end(other, "done", message=f"done by job {number}")

    def _end(self, job: Job, state: JobState, *, message: str = "") -> bool:
        """Note that a job is over, and tell whether it was still its owner's."""
        with self._connect() as database, database:
            ended = database.execute(
                "update jobs set state = ?, message = ?, finished_at = ?, owner = ''"
                " where number = ? and owner = ?",
                (state, message, _now(), job.number, job.owner),
            ).rowcount
        return bool(ended)

    def _release(self, number: int) -> None:
        """Leave a job as one that was cut off, though this process goes on."""
        with self._connect() as database, database:
            database.execute(
                "update jobs set owner = '' where number = ? and owner = ?",
                (number, this_owner()),
            )

    @contextmanager
    def running(
        self,
        job: Job,
        *,
        wait: bool = True,
        on_wait: Callable[[Job], None] = lambda _: None,
    ) -> Iterator["RunningJob"]:
        """Run a job once it is its turn; note how it ends.

        Args:
            job: Ours.
            wait: Whether to wait for those before it on the same base.
            on_wait: Called with the job that is waited for, now and then.

        Raises:
            BusyError: Another job runs on the base, and nobody is to wait.
            JobCancelledError: Somebody cancelled it while it waited, or within.
        """
        with RunningJob(self, job.number).beating() as running:
            try:
                self._await_turn(job, running, wait=wait, on_wait=on_wait)
                yield running
            except JobCancelledError:
                self._finish(running, "cancelled")
                raise
            except Exception as error:
                self._finish(running, "failed", message=str(error))
                raise
            except BaseException:  # after Ctrl-C the same command goes on
                self._release(job.number)
                raise
            self._finish(running, "done")

    def _finish(
        self,
        running: "RunningJob",
        state: Literal["done", "failed", "cancelled"],
        *,
        message: str = "",
    ) -> None:
        self.beat(running.number, running.progress)
        self.end(running.number, state, message=message)

    def _await_turn(
        self,
        job: Job,
        running: "RunningJob",
        *,
        wait: bool,
        on_wait: Callable[[Job], None],
    ) -> None:
        """Return once a job may begin.

        Raises:
            BusyError: Another runs, and nobody is to wait.
            JobCancelledError: Somebody cancelled it meanwhile.
        """
        while (other := self._before(job)) is not None:
            if not wait:
                raise BusyError(base=job.base, holder=f"job {other.number}")
            on_wait(other)
            running.check()
            time.sleep(_LOOK_SECONDS)

    def _before(self, job: Job) -> Job | None:
        """Begin a job if it is its turn; else return the one that is before it.

        Raises:
            JobCancelledError: It is not to begin, or is somebody else's by now.
        """
        with self._connect() as database:
            before = _ahead_of(job, database)
            if before is not None:
                return before
            # Of two that look at once, one sees that the other has started it.
            database.execute("begin immediate")
            with database:
                before = _ahead_of(job, database)
                is_begun = (
                    before is None
                    and database.execute(
                        "update jobs set state = 'running', started_at = ?,"
                        " attempts = attempts + 1"
                        " where number = ? and owner = ? and cancelled = 0",
                        (_now(), job.number, this_owner()),
                    ).rowcount
                )
        if before is None and not is_begun:
            raise JobCancelledError(number=job.number)
        return before

    def beat(self, number: int, progress: Mapping[str, Any]) -> bool:
        """Note that the owner of a job lives; return whether it is to end.

        It is, too, once another has taken it over.
        """
        with self._connect() as database, database:
            ours = database.execute(
                "update jobs set heard_at = ?, progress = ?"
                " where number = ? and owner = ?",
                (time.time(), json.dumps(progress), number, this_owner()),
            ).rowcount
            (cancelled,) = database.execute(
                "select cancelled from jobs where number = ?", (number,)
            ).fetchone() or (0,)
        return bool(cancelled) or not ours

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=30)) as database:
                database.row_factory = sqlite3.Row
                _use_wal(database)
                database.execute("pragma synchronous = full")
                database.execute(_TABLE)
                database.commit()
                yield database
        except (OSError, sqlite3.Error) as error:
            msg = (
                f"The list of jobs {self._path} cannot be read or written: {error}. "
                "Check the free space and the permissions of its folder."
            )
            raise StoreError(msg) from error


class RunningJob:
    """A job at work: its heart beats, and it hears when it is to end.

    Attributes:
        number: The job's.
        progress: How far it is, as last reported.
    """

    def __init__(self, queue: JobQueue, number: int) -> None:
        self.number = number
        self._queue = queue
        self.progress: Mapping[str, Any] = {}
        self._cancelled = threading.Event()
        self._over = threading.Event()

    @contextmanager
    def beating(self) -> Iterator["RunningJob"]:
        """Let its heart beat, from a thread of its own, until it is left."""
        thread = threading.Thread(target=self._beat, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join()

    def _beat(self) -> None:
        while True:
            try:
                if self._queue.beat(self.number, self.progress):
                    self._cancelled.set()
            except StoreError:
                pass  # a disk that is full for a while is no reason to end the work
            if self._over.wait(_BEAT_SECONDS):
                return

    def tell(self, progress: Mapping[str, Any]) -> None:
        """Note how far it is, for others to see.

        Raises:
            JobCancelledError: It is to end.
        """
        self.progress = progress
        self.check()

    def check(self) -> None:
        """Go on, or not.

        Raises:
            JobCancelledError: It is to end.
        """
        if self._cancelled.is_set():
            raise JobCancelledError(number=self.number)


def _ahead_of(job: Job, database: sqlite3.Connection) -> Job | None:
    """Return the job that a job has to wait for: one at work, or queued before it."""
    rows = database.execute(
        "select * from jobs where base = ? and number != ? and"
        " (state = 'running' or (state = 'queued' and number < ?)) order by number",
        (job.base, job.number, job.number),
    )
    return next((other for other in map(_job, rows) if other.is_alive), None)


def _use_wal(database: sqlite3.Connection) -> None:
    """Let readers not wait for writers; of a new file, several may say so at once.

    Raises:
        sqlite3.OperationalError: Others kept the file for the whole wait.
    """
    until = time.monotonic() + _OPEN_SECONDS
    while database.execute("pragma journal_mode").fetchone()[0] != "wal":
        try:
            database.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError:  # this does not wait by itself
            if time.monotonic() > until:
                raise
            time.sleep(_OPEN_PAUSE)


def _job(row: sqlite3.Row) -> Job:
    return Job(
        number=row["number"],
        base=row["base"],
        request=IngestRequest.from_json(json.loads(row["request"])),
        user=row["user"],
        state=row["state"],
        owner=row["owner"],
        heard_at=row["heard_at"],
        is_alive=is_alive(row["owner"], heard_at=row["heard_at"]),
        attempts=row["attempts"],
        progress=json.loads(row["progress"]),
        message=row["message"],
        is_cancelled=bool(row["cancelled"]),
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
