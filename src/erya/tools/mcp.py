"""The tools of servers of the Model Context Protocol, as tools of Erya.

Which servers there are, and what their tools may do, the operator has configured;
what a server says of its tools is for the model alone. Erya offers a server nothing:
no model to ask, no folders, no person.
"""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar

from typing_extensions import override

from erya.errors import UsageError
from erya.extras import require
from erya.models import ToolSpec
from erya.tools.base import (
    Permission,
    Tool,
    ToolContext,
    ToolError,
    ToolLimits,
    ToolResultData,
)

__all__ = ["ToolServer"]

_FEATURE: Final = "A server of tools"
_CONNECT_SECONDS: Final = 30.0
_MOST_TOOLS: Final = 200
_LONGEST_NAME: Final = 64  # what endpoints take
_Result = TypeVar("_Result")


class ToolServer:
    """A connection to one server, in a thread of its own; a context manager."""

    def __init__(
        self,
        name: str,
        *,
        command: Sequence[str] = (),
        url: str = "",
        permissions: frozenset[Permission] = frozenset({"write", "network"}),
    ) -> None:
        """Take what is needed to connect; nothing is started before `with`.

        Args:
            name: What the server is called; the names of its tools begin with it.
            command: A program and its arguments, started without the environment of
                this process; or
            url: where a server listens.
            permissions: What its tools may do.
        """
        self.name = name
        self._command = tuple(command)
        self._url = url
        self._permissions = permissions
        self._loop: Any = None
        self._thread: Any = None
        self._closing: Any = None
        self._ended: Any = None
        self._client: Any = None

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            MissingExtraError: The extra `agents` is not installed.
            UsageError: The server cannot be started or reached.
        """
        require("mcp", feature=_FEATURE, extra="agents")
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name=f"mcp {self.name}", daemon=True
        )
        self._thread.start()
        ready = self._loop.create_future()
        self._ended = asyncio.run_coroutine_threadsafe(self._stay(ready), self._loop)
        try:
            self._wait_for(_result_of(ready), _CONNECT_SECONDS)
        except Exception as error:
            self.__exit__()
            place = self._url or " ".join(self._command)
            msg = f"The tool server {self.name!r} ({place}) does not start: {error}"
            raise UsageError(msg) from error
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection, and end a program that was started."""
        self._loop.call_soon_threadsafe(self._closing.set)
        if self._ended is not None:
            with contextlib.suppress(Exception):  # it was told when it failed
                self._ended.result(_CONNECT_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CONNECT_SECONDS)
        if not self._loop.is_running():
            self._loop.close()

    def tools(self) -> list[Tool]:
        """Return its tools.

        Raises:
            UsageError: The server does not say which it has.
        """
        try:
            listed = self._wait_for(self._client.list_tools(), _CONNECT_SECONDS)
        except Exception as error:
            msg = f"The tool server {self.name!r} does not list its tools: {error}"
            raise UsageError(msg) from error
        return [
            _ServerTool(
                server=self,
                name=each.name,
                spec=ToolSpec(
                    name=f"{self.name}_{each.name}"[:_LONGEST_NAME],
                    description=each.description or "",
                    parameters=each.input_schema,
                ),
                permissions=self._permissions,
                limits=ToolLimits(seconds=60.0),
            )
            for each in listed.tools[:_MOST_TOOLS]
        ]

    def call(
        self, name: str, arguments: Mapping[str, Any], *, seconds: float
    ) -> ToolResultData:
        """Call a tool of the server.

        Raises:
            ToolError: The server is gone, too slow, or refuses.
        """
        asked = self._client.call_tool(
            name, dict(arguments), read_timeout_seconds=seconds
        )
        try:
            result = self._wait_for(asked, seconds)
        except Exception as error:  # noqa: BLE001 - whatever a server does is data
            said = str(error) or type(error).__name__
            msg = f"The tool server {self.name!r} gave no result: {said}"
            raise ToolError(msg) from None
        parts = [
            each.text if each.type == "text" else f"({each.type})"
            for each in result.content
        ]
        return ToolResultData(text="\n".join(parts), is_error=bool(result.is_error))

    async def _stay(self, ready: "asyncio.Future[None]") -> None:
        """Keep the connection until it is closed: it is opened and left in one task."""
        mcp: Any = require("mcp", feature=_FEATURE, extra="agents")
        server: Any = self._url
        if self._command:
            program, *arguments = self._command
            server = mcp.StdioServerParameters(command=program, args=arguments)
        try:
            async with mcp.Client(server) as self._client:
                ready.set_result(None)
                await self._closing.wait()
        except Exception as error:  # noqa: BLE001 - told to whoever waits for it
            if not ready.done():
                ready.set_exception(error)

    def _wait_for(self, work: Coroutine[Any, Any, _Result], seconds: float) -> _Result:
        done = asyncio.run_coroutine_threadsafe(
            asyncio.wait_for(work, seconds), self._loop
        )
        return done.result(seconds + 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ServerTool(Tool):
    server: ToolServer
    name: str
    spec: ToolSpec
    permissions: frozenset[Permission]
    limits: ToolLimits

    @override
    def call(
        self, arguments: Mapping[str, Any], context: ToolContext
    ) -> ToolResultData:
        return self.server.call(self.name, arguments, seconds=context.seconds_left)


async def _result_of(future: "asyncio.Future[_Result]") -> _Result:
    return await future
