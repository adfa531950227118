"""An endpoint on this machine that misbehaves as told."""

import json
import threading
import time
from collections.abc import Mapping, Sequence
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
        base_url: Where it listens, on the loopback address.
    """

    def __init__(self, *replies: Reply) -> None:
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.keys: list[str | None] = []
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
                    server._answer(self, reply)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # the client gave up, as it should

            @override
            def log_message(self, format: str, *_: object) -> None:
                """Say nothing."""

        return Handler

    def _answer(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        handler.close_connection = True
        self._closing.wait(reply.delay)
        streamed = reply.streamed and reply.body is None and reply.status == 200
        handler.send_response(reply.status)
        kind = "text/event-stream" if streamed else "application/json"
        headers = {"Content-Type": kind, "Connection": "close"} | reply.headers
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if reply.drip is not None:
            while not self._closing.wait(reply.drip):
                handler.wfile.write(b": still here\n\n")
        elif not streamed:
            body = reply.body if reply.body is not None else _whole(reply.text)
            handler.wfile.write(body.encode())
        else:
            self._stream(handler, reply)

    def _stream(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        words = reply.text.split(" ")
        for number, word in enumerate(words):
            if reply.cut_after is not None and number >= reply.cut_after:
                return
            said = word if number == len(words) - 1 else word + " "
            handler.wfile.write(_event(delta={"content": said}))
            self._closing.wait(reply.pause)
        handler.wfile.write(_event(delta={}, finish_reason="stop"))
        usage = {"prompt_tokens": 7, "completion_tokens": len(words), "total_tokens": 0}
        handler.wfile.write(_event(choices=(), usage=usage))
        handler.wfile.write(b"data: [DONE]\n\n")


def _event(
    *,
    delta: dict[str, str] | None = None,
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


def _whole(text: str) -> str:
    message = {"role": "assistant", "content": text}
    return json.dumps(
        {
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 1},
        }
    )
