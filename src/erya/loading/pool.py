"""Run parsers of untrusted bytes in child processes that can be killed.

Each worker is a bare interpreter with limits on memory, time, open files and written
bytes; it gets a file's bytes over a pipe and sends text back as JSON. It opens no file
of the user's. A worker serves many files, so that small ones do not pay a start each,
and is replaced when it was killed, when it crashed, or after `_FILES_PER_WORKER` files.
"""

import base64
import json
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Self

from erya.errors import DocumentError
from erya.loading.base import Limits
from erya.loading.frames import read_frame, write_frame
from erya.records import Block, Item, Parsed, Problem, Span

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["Box", "Marked", "Outcome", "ParserPool"]

_FILES_PER_WORKER = 2_000
_AHEAD = 4  # files waiting for each worker: enough to keep it busy, little to hold
_CRASHED = "parser_crashed"
_SKIPPED = frozenset({"empty", "unsupported_type"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one item: exactly one of `parsed` and `problem` is there."""

    item: Item
    parsed: Parsed | None = None
    problem: Problem | None = None


class Box(NamedTuple):
    """A rectangle in shares of a page, 0 to 1, from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A span on a page: where it stands, and a picture of the page with it marked."""

    boxes: tuple[Box, ...]
    png: bytes


class ParserPool:
    """Parses items in `workers` child processes, started when first needed.

    Use it as a context manager: leaving it ends the processes.
    """

    def __init__(self, *, limits: Limits | None = None, workers: int = 2) -> None:
        self._limits = limits or Limits()
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="erya-parse")
        self._size = workers
        self._idle: deque[_Worker] = deque()
        self._busy: set[_Worker] = set()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End the processes, the busy ones too."""
        self._closed = True
        if kind is not None:
            for worker in list(self._busy):
                worker.process.kill()  # its thread then ends by itself
        self._threads.shutdown(wait=True, cancel_futures=True)
        while self._idle:
            self._idle.pop().stop()

    def parse_all(self, items: Iterable[Item]) -> Iterator[Outcome]:
        """Yield an outcome for each item, in order; a bad file never ends it."""
        waiting: deque[Future[Outcome]] = deque()
        for item in items:
            waiting.append(self._threads.submit(self._parse, item))
            if len(waiting) > self._size * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def mark(self, item: Item, *, page: int, start: int, quote: str) -> Marked:
        """Mark a span of a PDF on its page.

        Args:
            item: The PDF.
            page: From 1.
            start: First character, counted in the text of the page.
            quote: The words that stand there. What goes on overleaf is left out.

        Raises:
            DocumentError: There is no such page, the words do not stand there, or
                PDFium failed on it.
        """
        worker = _Worker(self._limits)
        try:
            asked = {"page": page, "start": start, "end": start + len(quote)}
            reply = worker.mark(item, {**asked, "quote": quote})
        finally:
            worker.stop()
        if isinstance(reply, Outcome):
            problem = reply.problem
            message = problem.message if problem else "It could not be marked."
            raise DocumentError(message, code=problem.code if problem else "failed")
        boxes = tuple(Box(*box) for box in reply["boxes"])
        return Marked(boxes=boxes, png=base64.b64decode(reply["png"]))

    def _parse(self, item: Item) -> Outcome:
        """Parse one file; one that a used process died of gets a fresh one."""
        while True:
            worker = self._worker()
            fresh = worker.files == 0
            self._busy.add(worker)
            outcome = worker.parse(item)
            self._busy.discard(worker)
            if worker.usable and not self._closed:
                self._idle.append(worker)
            else:
                worker.stop()
            crashed = outcome.problem and outcome.problem.code == _CRASHED
            if fresh or not crashed or self._closed:
                return outcome

    def _worker(self) -> "_Worker":
        while self._idle:
            worker = self._idle.pop()
            if worker.process.poll() is None:
                return worker
            worker.stop()
        return _Worker(self._limits)


@dataclass(slots=True, eq=False)
class _Worker:
    """One child process. Not shared between threads while it parses."""

    limits: Limits
    process: subprocess.Popen[bytes] = field(init=False)
    files: int = 0
    broken: bool = False

    def __post_init__(self) -> None:
        arguments = [self.limits.memory_bytes, int(self.limits.seconds) + 1]
        self.process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [sys.executable, "-I", "-m", "erya.loading.worker", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},  # no keys, no proxies, nothing that a parser could tell
        )

    @property
    def usable(self) -> bool:
        return not self.broken and self.files < _FILES_PER_WORKER

    def stop(self) -> None:
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except BrokenPipeError:
                pass  # the rest of a request that nobody will read
        self.process.wait()

    def parse(self, item: Item) -> Outcome:
        """Have one file read."""
        reply = self._within_limits(item)
        return reply if isinstance(reply, Outcome) else _outcome(item, reply)

    def _within_limits(
        self, item: Item, asked: dict[str, Any] | None = None
    ) -> dict[str, Any] | Outcome:
        """Send one file and wait, but no longer than the limit."""
        self.files += 1
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            self.process.kill()

        timer = threading.Timer(self.limits.seconds, expire)
        timer.start()
        try:
            return self._exchange(item, asked)
        except (OSError, EOFError, ValueError) as error:
            self.broken = True
            return _lost(item, error, self.limits, expired=expired.is_set())
        finally:
            timer.cancel()

    def mark(self, item: Item, asked: dict[str, Any]) -> dict[str, Any] | Outcome:
        """Ask for a span on a page; return the reply, or what went wrong."""
        reply = self._within_limits(item, {"mark": asked})
        return (
            _outcome(item, reply)
            if isinstance(reply, dict) and "code" in reply
            else reply
        )

    def _exchange(
        self, item: Item, asked: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        stdin, stdout = _pipes(self.process)
        name = PurePath(item.source).name.encode("utf-8", "replace").decode()
        write_frame(stdin, json.dumps(asked or {"name": name}).encode())
        write_frame(stdin, item.data)
        # A character takes at most 12 bytes of JSON, and a block about 60.
        reply = read_frame(stdout, limit=self.limits.text_characters * 16)
        loaded: dict[str, Any] = json.loads(reply)
        if len(loaded.get("text", "")) > self.limits.text_characters:
            msg = "too long"
            raise ValueError(msg)
        return loaded


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        msg = "the process was started without pipes"
        raise ValueError(msg)
    return process.stdin, process.stdout


def _outcome(item: Item, reply: dict[str, Any]) -> Outcome:
    if "code" in reply:
        return _problem(item, code=reply["code"], message=reply["message"])
    parsed = Parsed(
        title=reply["title"],
        text=reply["text"],
        blocks=tuple(
            Block(kind=kind, start=start, end=end, level=level)
            for kind, start, end, level in reply["blocks"]
        ),
        pages=tuple(Span(start, end) for start, end in reply["pages"]),
        media_type=reply["media_type"],
        metadata=reply["metadata"],
    )
    return Outcome(item=item, parsed=parsed)


def _lost(item: Item, error: Exception, limits: Limits, *, expired: bool) -> Outcome:
    """Word what happened when no reply came."""
    if expired:
        return _problem(
            item,
            code="timeout",
            message=f"Reading it took longer than {limits.seconds:g} s and was stopped."
            " Raise parse_seconds to give it more.",
        )
    if isinstance(error, ValueError):
        return _problem(
            item,
            code="too_large",
            message=f"Its text is longer than {limits.text_characters:,} characters.",
        )
    return _problem(
        item,
        code=_CRASHED,
        message="The process that read it died; the file is probably damaged.",
    )


def _problem(item: Item, *, code: str, message: str) -> Outcome:
    problem = Problem(
        source=item.source, code=code, message=message, failed=code not in _SKIPPED
    )
    return Outcome(item=item, problem=problem)
