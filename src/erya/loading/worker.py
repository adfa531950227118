"""The child process of `ParserPool`: reads requests from a pipe, writes JSON replies.

A request is a frame of JSON that says what is asked, and a frame with the file's bytes.

Started as `python -I -m erya.loading.worker MEMORY_BYTES SECONDS`.
"""

import json
import os
import sys
from typing import Any

from erya.errors import DocumentError
from erya.loading.frames import read_frame, write_frame
from erya.loading.registry import parse

__all__ = ["limit_process", "limits_hold", "main"]

_OPEN_FILES = 64
_LARGEST_REQUEST = 1 << 40  # the parent has already applied its own limit


def limits_hold() -> bool:
    """Tell whether this system can bound a process's memory and writes."""
    try:
        import resource  # noqa: F401, PLC0415 - POSIX only
    except ImportError:
        return False
    return sys.platform == "linux"


def limit_process(*, memory_bytes: int) -> None:
    """Bound this process: address space, written bytes, open files, no core dump."""
    if not limits_hold():
        return  # the parent's clock still holds
    import resource  # noqa: PLC0415 - POSIX only

    for what, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (allowed, allowed))


def main() -> None:
    """Serve requests until the pipe closes."""
    memory_bytes, seconds = map(int, sys.argv[1:3])
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not mix with the replies
    limit_process(memory_bytes=memory_bytes)
    while True:
        try:
            asked = json.loads(read_frame(requests, limit=_LARGEST_REQUEST))
        except EOFError:
            return
        _alarm(seconds * 2)  # an orphan whose parent was killed ends by itself
        data = read_frame(requests, limit=_LARGEST_REQUEST)
        reply = _reply(data, asked)
        _alarm(0)
        write_frame(replies, reply)


def _alarm(seconds: int) -> None:
    import signal  # noqa: PLC0415 - the call exists on POSIX only

    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def _reply(data: bytes, asked: dict[str, Any]) -> bytes:
    """Read a file, or mark a span on a page of it, whichever was asked."""
    try:
        if "mark" in asked:
            from erya.loading.pdf_marking import mark_pdf  # noqa: PLC0415

            return _json(mark_pdf(data, **asked["mark"]))
        parsed = parse(data, asked["name"])
    except DocumentError as error:
        return _json({"code": error.code, "message": str(error)})
    except MemoryError:
        message = "Reading it took more memory than a file may. It may be a bomb."
        return _json({"code": "too_large", "message": message})
    except Exception as error:  # noqa: BLE001 - whatever a parser does with hostile
        # bytes, the file is named and the batch goes on.
        message = f"The parser failed on it: {type(error).__name__}: {error}"[:500]
        return _json({"code": "parser_failed", "message": message})
    return _json(
        {
            "title": parsed.title,
            "text": parsed.text,
            "blocks": [(b.kind, b.start, b.end, b.level) for b in parsed.blocks],
            "pages": parsed.pages,
            "media_type": parsed.media_type,
            "metadata": dict(parsed.metadata),
        }
    )


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


if __name__ == "__main__":
    main()
