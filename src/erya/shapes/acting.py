"""What tools and the runs of agents look like as JSON."""

import json
from typing import TYPE_CHECKING, Any

from erya.records import TextPart, ToolCall, ToolResult
from erya.shapes.asking import answer_shape, usage_shape

if TYPE_CHECKING:
    from erya.agents import AgentRun, StoredRun
    from erya.records import Message, MessagePart
    from erya.tools import Tool, ToolResultData

__all__ = ["agent_run_shape", "stored_run_shape", "tool_result_shape", "tool_shape"]


def tool_shape(tool: "Tool") -> dict[str, Any]:
    """Return a tool as `tools list --json` has it."""
    return {
        "name": tool.spec.name,
        "description": tool.spec.description,
        "parameters": dict(tool.spec.parameters),
        "permissions": sorted(tool.permissions),
        "seconds": tool.limits.seconds,
    }


def tool_result_shape(result: "ToolResultData") -> dict[str, Any]:
    """Return what a tool gave, as `tools test --json` has it."""
    return {
        "text": result.text,
        "is_error": result.is_error,
        "passages": [
            {"source": hit.chunk.source, "text": hit.chunk.text}
            for hit in result.passages
        ],
    }


def agent_run_shape(run: "AgentRun") -> dict[str, Any]:
    """Return a run as `agent run --json` has it."""
    return {
        "id": run.id,
        "task": run.task,
        "reason": run.reason,
        "steps": run.steps,
        "usage": usage_shape(run.usage),
        "note": run.note,
        "answer": answer_shape(run.answer),
        "messages": [_message_shape(message) for message in run.messages],
    }


def stored_run_shape(stored: "StoredRun") -> dict[str, Any]:
    """Return a run of the list as `agent list --json` has it."""
    run = stored.run
    return {
        "id": run.id,
        "task": run.task,
        "reason": run.reason,
        "steps": run.steps,
        "owner": stored.owner,
        "created_at": stored.created_at,
        "updated_at": stored.updated_at,
    }


def _message_shape(message: "Message") -> dict[str, Any]:
    return {"role": message.role, "parts": list(map(_part_shape, message.parts))}


def _part_shape(part: "MessagePart") -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"text": part.text}
    if isinstance(part, ToolCall):
        return {"call": part.id, "name": part.name, "arguments": _json(part.arguments)}
    if isinstance(part, ToolResult):
        return {"result_of": part.call_id, "text": part.text}
    return {"image": part.media_type}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
