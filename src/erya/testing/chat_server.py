"""An endpoint on this machine that misbehaves as told."""

import json
import select
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from typing_extensions import override

from erya.testing.models import OverlapReranking

__all__ = ["ChatServer", "Reply"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How the server answers one request.

    Attributes:
        text: What the model says, streamed word by word.
        reasoning: What it thinks before, in the field that is for it.
        calls: The tools that it calls, each with its arguments as JSON.
        finish: Why it ends; by default `tool_calls` after calls, else `stop`.
        usage: Whether it tells what that cost, if it is asked to.
        status: The HTTP status.
        headers: Further headers, such as Retry-After.
        body: Sent as it is in place of the stream, such as a web page.
        delay: Seconds before anything is sent.
        pause: Seconds between words.
        cut_after: Close the connection after so many words.
        drip: Send a comment every so many seconds and never an answer.
        streamed: Whether the answer comes as a stream, or in one piece.
    """

    text: str = ""
    reasoning: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    finish: str = ""
    usage: bool = True
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    delay: float = 0.0
    pause: float = 0.0
    cut_after: int | None = None
    drip: float | None = None
    streamed: bool = True


class ChatServer:
    """Serves `replies` in turn, the last one for ever; use it as a context manager.

    A request to `/rerank` gets the scores of `OverlapReranking` where the reply has no
    body of its own.

    Attributes:
        requests: The bodies it was sent, in order.
        paths: The path of each, with its query.
        keys: The Authorization header of each, or None.
        left: How many clients went away before the end of an answer.
        base_url: Where it listens, on the loopback address.
    """

    def __init__(self, *replies: Reply) -> None:
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.keys: list[str | None] = []
        self.left = 0
        self._replies = replies
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.base_url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def _next(self, request: dict[str, Any]) -> Reply:
        self.requests.append(request)
        return self._replies[min(len(self.requests), len(self._replies)) - 1]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                server.paths.append(self.path)
                server.keys.append(self.headers["Authorization"])
                size = int(self.headers["Content-Length"])
                request = json.loads(self.rfile.read(size))
                reply = server._next(request)
                if self.path.endswith("/rerank") and reply.body is None:
                    reply = replace(reply, body=_reranked(request))
                try:
                    server._answer(self, reply, request)
                except (BrokenPipeError, ConnectionResetError):
                    server.left += 1
                    self.close_connection = True  # the client gave up, as it should

            def do_GET(self) -> None:
                server.paths.append(self.path)
                body = server._next({}).body or "{}"
                server._answer(self, Reply(body=body), {})

            @override
            def log_message(self, format: str, *_: object) -> None:
                """Say nothing."""

        return Handler

    def _answer(
        self, handler: BaseHTTPRequestHandler, reply: Reply, request: Mapping[str, Any]
    ) -> None:
        handler.close_connection = True
        self._wait(handler, reply.delay)
        streamed = reply.streamed and reply.body is None and reply.status == 200
        handler.send_response(reply.status)
        kind = "text/event-stream" if streamed else "application/json"
        headers = {"Content-Type": kind, "Connection": "close"} | reply.headers
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if reply.drip is not None:
            while not self._closing.is_set():
                self._wait(handler, reply.drip)
                handler.wfile.write(b": still here\n\n")
        elif not streamed:
            body = reply.body if reply.body is not None else _whole(reply)
            handler.wfile.write(body.encode())
        else:
            self._stream(handler, reply, request)

    def _wait(self, handler: BaseHTTPRequestHandler, seconds: float) -> None:
        """Wait, unless the client goes away meanwhile.

        Raises:
            ConnectionResetError: It did.
        """
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._closing.is_set():
            gone, _, _ = select.select([handler.connection], [], [], min(left, 0.05))
            if gone and not handler.connection.recv(1, socket.MSG_PEEK):
                raise ConnectionResetError

    def _stream(
        self, handler: BaseHTTPRequestHandler, reply: Reply, request: Mapping[str, Any]
    ) -> None:
        if reply.reasoning:
            handler.wfile.write(_event(delta={"reasoning_content": reply.reasoning}))
        words = reply.text.split(" ") if reply.text else []
        for number, word in enumerate(words):
            if reply.cut_after is not None and number >= reply.cut_after:
                return
            said = word if number == len(words) - 1 else word + " "
            handler.wfile.write(_event(delta={"content": said}))
            self._wait(handler, reply.pause)
        for delta in _call_pieces(reply):
            handler.wfile.write(_event(delta={"tool_calls": [delta]}))
        handler.wfile.write(_event(delta={}, finish_reason=_finish(reply)))
        # As endpoints do: none is told that nobody asked for.
        if reply.usage and (request.get("stream_options") or {}).get("include_usage"):
            usage = _usage(reply)
            handler.wfile.write(_event(choices=(), usage=usage))
        handler.wfile.write(b"data: [DONE]\n\n")


def _finish(reply: Reply) -> str:
    return reply.finish or ("tool_calls" if reply.calls else "stop")


def _usage(reply: Reply) -> dict[str, int]:
    written = len(reply.text.split(" "))
    return {"prompt_tokens": 7, "completion_tokens": written, "total_tokens": 0}


def _call_pieces(reply: Reply) -> Iterator[dict[str, Any]]:
    """Yield calls as streams send them: arguments in halves, by their index."""
    for index, (name, arguments) in enumerate(reply.calls):
        half = len(arguments) // 2
        function = {"name": name, "arguments": arguments[:half]}
        call = {"index": index, "id": f"c{index}", "type": "function"}
        yield {**call, "function": function}
        yield {"index": index, "function": {"arguments": arguments[half:]}}


def _event(
    *,
    delta: Mapping[str, Any] | None = None,
    finish_reason: str | None = None,
    choices: Sequence[Any] | None = None,
    usage: dict[str, int] | None = None,
) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    chunk = {
        "id": "1",
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": "scripted",
        "choices": [choice] if choices is None else list(choices),
        "usage": usage,
    }
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def _reranked(request: Mapping[str, Any]) -> str:
    scores = OverlapReranking().rerank(request["query"], request["documents"])
    results = [
        {"index": at, "relevance_score": score} for at, score in enumerate(scores)
    ]
    results.sort(key=lambda row: -row["relevance_score"])
    return json.dumps({"model": request["model"], "results": results})


def _whole(reply: Reply) -> str:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    if reply.reasoning:
        message["reasoning_content"] = reply.reasoning
    if reply.calls:
        message["tool_calls"] = [
            {"id": f"c{n}", "function": {"name": name, "arguments": arguments}}
            for n, (name, arguments) in enumerate(reply.calls)
        ]
    choice = {"index": 0, "message": message, "finish_reason": _finish(reply)}
    answer: dict[str, Any] = {"choices": [choice]}
    if reply.usage:
        answer["usage"] = _usage(reply)
    return json.dumps(answer)
