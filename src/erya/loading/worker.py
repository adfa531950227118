"""The child process of `ParserPool`: reads requests from a pipe, writes replies.

A request is a frame that says what is wanted, and a frame with the file's bytes. Before
the reply may stand frames for pages that were read, which keep the clock from running
out, and for files inside the file.

Started as `python -I -m erya.loading.worker MEMORY_BYTES SECONDS OCR`.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, Final, Protocol

from erya.errors import DocumentError
from erya.loading.base import Conversion, ParseOptions
from erya.loading.reading import read_file
from erya.loading.sandbox.confinement import confine, leave_network, watch
from erya.loading.sandbox.frames import (
    BREACH,
    DONE,
    PAGE,
    PART,
    ROWS,
    read_frame,
    write_frame,
)
from erya.records import Parsed, Part

__all__ = ["Further", "main"]

_LARGEST_REQUEST: Final = 1 << 40  # the parent has already applied its own limit
_FORBIDDEN_EXIT: Final = 77


class Further(Protocol):
    """What is made of a text in this process, under its limits, once it was read."""

    def __call__(
        self,
        parsed: Parsed,
        request: Mapping[str, Any],
        rows: Callable[[Sequence[Any]], None],
    ) -> tuple[Parsed, Mapping[str, Any]]:
        """Return the text as it is now, and what else is to be reported of it.

        Args:
            parsed: What was read.
            request: What is wanted.
            rows: Takes some of what is made, as JSON; each call restarts the clock.
        """
        ...


def main(further: Further | None = None) -> None:
    """Serve requests until the pipe closes."""
    memory_bytes, seconds, ocr = map(int, sys.argv[1:4])
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not mix with the replies

    def breach(tried: str) -> None:
        write_frame(replies, BREACH, tried.encode())
        os._exit(_FORBIDDEN_EXIT)

    leave_network()  # before there are threads, which could not follow
    confine(memory_bytes=memory_bytes)
    if ocr:
        from erya.loading.pdf import ocr as recognition  # noqa: PLC0415 - an extra

        # What it imports tries whether there is a network; the models are in its wheel.
        recognition.prepare()
    watch(on_breach=breach)
    while True:
        try:
            request = json.loads(read_frame(requests, limit=_LARGEST_REQUEST).payload)
        except EOFError:
            return
        data = read_frame(requests, limit=_LARGEST_REQUEST).payload
        reply = _Reply(replies, seconds, further).to(data, request)
        write_frame(replies, DONE, reply)


class _Reply:
    """Answers one request."""

    def __init__(
        self, replies: IO[bytes], seconds: int, further: Further | None
    ) -> None:
        self._replies = replies
        self._seconds = seconds
        self._further = further

    def to(self, data: bytes, request: dict[str, Any]) -> bytes:
        """Read a file, or mark a span on a page of it, whichever was requested."""
        _alarm(self._seconds * 2)  # an orphan whose parent was killed ends by itself
        try:
            return self._answer(data, request)
        except DocumentError as error:
            return _json({"code": error.code, "message": str(error)})
        except MemoryError:
            message = "Reading it took more memory than a file may. It may be a bomb."
            return _json({"code": "too_large", "message": message})
        except RecursionError:
            message = "It is nested without end."
            return _json({"code": "too_deep", "message": message})
        except Exception as error:  # noqa: BLE001 - whatever a parser does with hostile
            # bytes, the file is named and the batch goes on.
            message = f"The parser failed on it: {type(error).__name__}: {error}"[:500]
            return _json({"code": "parser_failed", "message": message})
        finally:
            _alarm(0)

    def _answer(self, data: bytes, request: dict[str, Any]) -> bytes:
        if "mark" in request:
            from erya.loading.pdf.marking import mark_pdf  # noqa: PLC0415

            return _json(
                mark_pdf(
                    data,
                    ocr=request["ocr"],
                    layout=request["layout"],
                    **request["mark"],
                )
            )
        if "coverage" in request:
            from erya.loading.coverage import coverage_of  # noqa: PLC0415

            parts = coverage_of(data, request["name"], request["coverage"])
            return _json({"parts": [list(part) for part in parts]})
        return _json(self._read(data, request))

    def _read(self, data: bytes, request: dict[str, Any]) -> dict[str, Any]:
        result = read_file(
            data,
            request["name"],
            ParseOptions(
                ocr=request["ocr"],
                layout=request["layout"],
                main=request["main"],
                on_page=self._page,
                on_part=self._part,
            ),
        )
        if isinstance(result, Conversion):
            return {"convert": result.to}
        if not isinstance(result, Parsed):
            return {"inside": [list(notice) for notice in result]}
        if self._further is None or "further" not in request:
            return _as_json(result)
        processed, report = self._further(result, request["further"], self._rows)
        return {**_as_json(processed), "further": report}

    def _rows(self, rows: Sequence[Any]) -> None:
        _alarm(self._seconds * 2)
        payload = json.dumps(rows, ensure_ascii=False).encode("utf-8", "replace")
        write_frame(self._replies, ROWS, payload)

    def _page(self, count: int) -> None:
        _alarm(self._seconds * 2)
        write_frame(self._replies, PAGE, str(count).encode())

    def _part(self, part: Part) -> None:
        _alarm(self._seconds * 2)
        name = part.name.encode("utf-8", "replace")
        write_frame(self._replies, PART, name + b"\x00" + part.data)


def _alarm(seconds: int) -> None:
    import signal  # noqa: PLC0415 - the call exists on POSIX only

    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def _as_json(parsed: Parsed) -> dict[str, Any]:
    return {
        "title": parsed.title,
        "text": parsed.text,
        "blocks": [(b.kind, b.start, b.end, b.level, b.omitted) for b in parsed.blocks],
        "pages": parsed.pages,
        "media_type": parsed.media_type,
        "metadata": dict(parsed.metadata),
        "notices": parsed.notices,
    }


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


if __name__ == "__main__":
    main()
