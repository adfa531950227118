"""Functions that a model may have called, each with a schema and permissions.

A tool has the authority of whoever asks, and no more. What it returns is data: nothing
that stands in it can cause another call. A `Toolbox` checks, bounds and answers every
call; it never raises and never hangs.
"""

from erya.tools.arithmetic import computing_tools
from erya.tools.base import (
    EFFECTS,
    READ_ONLY,
    Permission,
    Tool,
    ToolContext,
    ToolError,
    ToolLimits,
    ToolResultData,
)
from erya.tools.databases import Aggregate, Condition, Order, database_tools
from erya.tools.documents import document_tools
from erya.tools.files import file_tools
from erya.tools.functions import FunctionTool
from erya.tools.mcp import ToolServer
from erya.tools.python_code import python_tools
from erya.tools.toolbox import Toolbox
from erya.tools.web import web_tools

__all__ = [
    "EFFECTS",
    "READ_ONLY",
    "Aggregate",
    "Condition",
    "FunctionTool",
    "Order",
    "Permission",
    "Tool",
    "ToolContext",
    "ToolError",
    "ToolLimits",
    "ToolResultData",
    "ToolServer",
    "Toolbox",
    "computing_tools",
    "database_tools",
    "document_tools",
    "file_tools",
    "python_tools",
    "web_tools",
]
