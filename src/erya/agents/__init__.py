"""A model that works towards an answer: it has tools called, sees, and goes on.

An agent has the authority of whoever it works for, and no more. What calls may do
beyond reading is approved by a person, or allowed for the run from the start.
"""

from erya.agents.base import (
    Agent,
    AgentEvent,
    AgentFinished,
    AgentRun,
    AgentText,
    Approve,
    Budget,
    StopReason,
    ToolReturned,
    ToolStarted,
    refuse_all,
)
from erya.agents.links import without_links
from erya.agents.loop import Check, Runner, start_run
from erya.agents.opening import (
    DEFAULT_TOOLS,
    AgentOptions,
    open_agent,
    open_toolbox,
)
from erya.agents.runs import AgentRuns, StoredRun
from erya.agents.strategies import STRATEGIES, Strategy, strategy_of, work
from erya.agents.team import Debate, Specialist, choose_agent, debate

__all__ = [
    "DEFAULT_TOOLS",
    "STRATEGIES",
    "Agent",
    "AgentEvent",
    "AgentFinished",
    "AgentOptions",
    "AgentRun",
    "AgentRuns",
    "AgentText",
    "Approve",
    "Budget",
    "Check",
    "Debate",
    "Runner",
    "Specialist",
    "StopReason",
    "StoredRun",
    "Strategy",
    "ToolReturned",
    "ToolStarted",
    "choose_agent",
    "debate",
    "open_agent",
    "open_toolbox",
    "refuse_all",
    "start_run",
    "strategy_of",
    "without_links",
    "work",
]
