"""Several models: specialists that are called as tools, a router, and a debate.

Debate after Du and others, "Improving Factuality and Reasoning in Language Models
through Multiagent Debate" (2023).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from typing_extensions import override

from erya.agents.base import Agent, AgentFinished, Approve, refuse_all
from erya.agents.loop import Check, Runner, start_run
from erya.errors import UsageError
from erya.models import ChatModel, ChatRequest, ToolSpec, complete
from erya.prompts import load_prompt
from erya.records import Answer, Usage
from erya.tools import Permission, Tool, ToolContext, ToolLimits, ToolResultData

__all__ = ["Debate", "Specialist", "choose_agent", "debate"]

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Specialist(Tool):
    """An agent as a tool of another: it is handed a task, and answers.

    Attributes:
        agent: Who works; its name is that of the tool.
        description: What it is good at, for the model that may ask it.
        check: As for `Runner`.
        approve: As for `Runner`.
    """

    agent: Agent
    description: str
    check: Check = lambda text, _hits: Answer(text=text)
    approve: Approve = refuse_all

    @property
    @override
    def spec(self) -> ToolSpec:
        text = "The task, with all that has to be known for it."
        task = {"type": "string", "description": text}
        return ToolSpec(
            name=self.agent.name,
            description=self.description,
            parameters={
                "type": "object",
                "properties": {"task": task},
                "required": ["task"],
            },
        )

    @property
    @override
    def permissions(self) -> frozenset[Permission]:
        """Those of its tools that it may use, by itself or with approval."""
        own: frozenset[Permission] = frozenset()
        for tool in self.agent.toolbox:
            own |= tool.permissions
        return own & self.agent.allowed if self.approve is refuse_all else own

    @property
    @override
    def limits(self) -> ToolLimits:
        return ToolLimits(seconds=self.agent.budget.seconds)

    @override
    def call(
        self, arguments: Mapping[str, Any], context: ToolContext
    ) -> ToolResultData:
        budget = replace(self.agent.budget, seconds=context.seconds_left)
        runner = Runner(
            agent=replace(self.agent, budget=budget),
            principal=context.principal,
            check=self.check,
            approve=self.approve,
        )
        run = start_run(self.agent, str(arguments.get("task", "")))
        for event in runner.run(replace(run, id=context.key)):
            if isinstance(event, AgentFinished):
                run = event.run
        if run.reason != "answered":
            text = f"{self.agent.name} has no answer ({run.reason}). {run.note}"
            return ToolResultData(text=text.strip(), is_error=True)
        # Its own numbers mean nothing to who asked: passages are numbered anew there.
        text = re.sub(r"\s*\[\d{1,3}\]", "", run.answer.text)
        return ToolResultData(text=text, passages=run.hits)


def choose_agent(
    model: ChatModel, task: str, agents: Mapping[str, str]
) -> tuple[str, Usage]:
    """Let a model say who is to do a task.

    Args:
        model: Says so.
        task: What is to be done.
        agents: Name to what each is good at; the first does it where the model names
            none.

    Returns:
        The name, and what asking cost.

    Raises:
        ModelError: The model cannot be reached.
        UsageError: There is no agent.
    """
    if not agents:
        msg = "There is no agent to choose from. Give at least one."
        raise UsageError(msg)
    told = "\n".join(f"- {name}: {what}" for name, what in agents.items())
    prompt = load_prompt("agent_route").fill(agents=told)
    done = complete(model, ChatRequest.of(prompt, task))
    names = _NAME.findall(done.text)
    chosen = next((name for name in names if name in agents), next(iter(agents)))
    return chosen, done.usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Debate:
    """What became of a debate.

    Attributes:
        answer: The judge's.
        rounds: What each said in each round, by their names.
        usage: What all of it cost.
    """

    answer: str
    rounds: Sequence[Mapping[str, str]]
    usage: Usage = field(default_factory=Usage)


def debate(
    task: str, models: Mapping[str, ChatModel], *, judge: ChatModel, rounds: int = 2
) -> Debate:
    """Let models answer, read each other and answer again, and a judge conclude.

    Args:
        task: What they are asked.
        models: Name to model, at least two.
        judge: Concludes.
        rounds: How often each answers, at least 1.

    Raises:
        ModelError: A model cannot be reached.
        UsageError: There are too few models or rounds.
    """
    if len(models) < 2 or rounds < 1:
        msg = f"A debate takes two models and a round, got {len(models)} and {rounds}."
        raise UsageError(msg)
    said: list[dict[str, str]] = []
    usage = Usage()
    for _ in range(rounds):
        now: dict[str, str] = {}
        for name, model in models.items():
            others = _others(said[-1], name) if said else "(This is the first round.)"
            prompt = load_prompt("agent_debate").fill(others=others)
            done = complete(model, ChatRequest.of(prompt, task))
            now[name] = done.text
            usage += done.usage
        said.append(now)
    told = _others(said[-1], "")
    done = complete(
        judge, ChatRequest.of(load_prompt("agent_judge").fill(answers=told), task)
    )
    return Debate(answer=done.text, rounds=said, usage=usage + done.usage)


def _others(said: Mapping[str, str], name: str) -> str:
    return "\n\n".join(
        f"{who} answered:\n{text}" for who, text in said.items() if who != name
    )
