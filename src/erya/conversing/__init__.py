"""Conversations: what a question means after those before it, and what is kept of them.

Follow-ups are made whole by rules, or by the chat model where one answers; what a model
is sent of the conversation has a limit. Threads are kept in the home, each its
principal's.
"""

from erya.conversing.conversation import Conversation, Turn
from erya.conversing.followups import standalone_by_model, standalone_question
from erya.conversing.memory import Memory, parse_memory
from erya.conversing.threads import StoredThread, Threads

__all__ = [
    "Conversation",
    "Memory",
    "StoredThread",
    "Threads",
    "Turn",
    "parse_memory",
    "standalone_by_model",
    "standalone_question",
]
