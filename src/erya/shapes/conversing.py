"""What conversations look like as JSON."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from erya.conversing import StoredThread, Turn

__all__ = ["thread_shape", "turn_shape"]


def thread_shape(thread: "StoredThread") -> dict[str, Any]:
    """Return a thread as `threads list --json` has it."""
    return {
        "id": thread.id,
        "title": thread.title,
        "options": dict(thread.options),
        "created_at": thread.created_at,
        "updated_at": thread.updated_at,
    }


def turn_shape(turn: "Turn") -> dict[str, Any]:
    """Return a turn of a thread."""
    return {
        "question": turn.question,
        "searched": turn.searched,
        "text": turn.text,
        "abstained": turn.abstained,
        "sources": [
            {"citation": ref, "source": source} for ref, source in turn.sources
        ],
    }
