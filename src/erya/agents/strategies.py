"""Ways to work: each lets one or several runs follow each other, and ends with one.

Chain of thought after Wei and others (2022), self-consistency after Wang and others
(2022), plan-and-solve after Wang and others (2023), ReAct after Yao and others (2022),
which is what the loop itself does, tree of thoughts after Yao and others (2023),
program of thoughts after Chen and others (2022), self-refinement after Madaan and
others (2023).
"""

import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from types import MappingProxyType
from typing import Final

from erya.agents.base import AgentEvent, AgentFinished, AgentRun
from erya.agents.loop import Runner
from erya.answering import passages_text
from erya.errors import ModelError, UsageError
from erya.language import terms
from erya.models import ChatRequest, Completion, complete, listed_lines
from erya.prompts import load_prompt
from erya.records import Message
from erya.tools import Toolbox

__all__ = ["STRATEGIES", "Strategy", "strategy_of", "work"]

# Works on a run that has not begun, and yields what happens up to its end.
Strategy = Callable[[Runner, AgentRun], Iterator[AgentEvent]]

_PLAN_STEPS: Final = 8
_SAMPLES: Final = 5
_SAMPLE_TEMPERATURE: Final = 0.7
_REVISIONS: Final = 2
_THOUGHTS: Final = 3  # at each level of a tree
_KEPT: Final = 2
_LEVELS: Final = 3
_NO_FAULT: Final = "NO_FAULT"
_NUMBER: Final = re.compile(r"\d+")
_ANSWER: Final = re.compile(
    r"^\s*\**(?:answer|答案|回答)\**\s*[:：]\**\s*", re.IGNORECASE | re.MULTILINE
)


def strategy_of(name: str) -> Strategy:
    """Return a strategy by its name.

    Raises:
        UsageError: There is none.
    """
    if name not in STRATEGIES:
        msg = f"There is no strategy {name!r}. There are: {', '.join(STRATEGIES)}."
        raise UsageError(msg)
    return STRATEGIES[name]


def work(runner: Runner, run: AgentRun, *, strategy: str) -> Iterator[AgentEvent]:
    """Work on a run in the way of a strategy; the last event says how it ended.

    Args:
        runner: Who works, for whom.
        run: One that has not begun. One that was saved is gone on with by the runner
            itself, whatever its strategy was.
        strategy: Its name.

    Raises:
        UsageError: There is no such strategy.
    """
    act = strategy_of(strategy)
    latest = run

    def save(state: AgentRun) -> None:
        nonlocal latest
        runner.save(state)
        latest = state if state.id == run.id else latest

    try:
        yield from act(replace(runner, save=save), run)
    except ModelError as error:  # one that a strategy asks beside the loop
        failed = replace(latest, reason="failed", note=error.reader_message)
        runner.save(failed)
        yield AgentFinished(run=failed)


def _react(runner: Runner, run: AgentRun) -> Iterator[AgentEvent]:
    """Let tools be called until the model answers."""
    return runner.run(run)


def _direct(runner: Runner, run: AgentRun) -> Iterator[AgentEvent]:
    """Ask for the answer alone, without any tool."""
    return _alone(runner, run, "agent_direct")


def _chain_of_thought(runner: Runner, run: AgentRun) -> Iterator[AgentEvent]:
    """Ask for the steps that lead to the answer, without any tool; show the answer."""
    final = yield from _passed_on(_alone(runner, run, "agent_think"))
    *_, text = _ANSWER.split(final.answer.text)
    yield AgentFinished(run=_with_text(runner, final, text.strip()))


def _alone(runner: Runner, run: AgentRun, prompt: str) -> Iterator[AgentEvent]:
    agent = replace(runner.agent, toolbox=Toolbox(), prompt=prompt)
    system = Message.of("system", load_prompt(prompt).fill())
    fresh = replace(run, messages=(system, *run.messages[1:]))
    return replace(runner, agent=agent).run(fresh)


def _program_of_thought(runner: Runner, run: AgentRun) -> Iterator[AgentEvent]:
    """Let a program compute what the answer rests on.

    Raises:
        UsageError: There is no tool that runs one.
    """
    if runner.agent.toolbox.get("run_python") is None:
        msg = "The strategy program-of-thought takes the tools python: --tools python."
        raise UsageError(msg)
    system = Message.of("system", load_prompt("agent_program").fill())
    return runner.run(replace(run, messages=(system, *run.messages[1:])))


def _plan(runner: Runner, run: AgentRun) -> Iterator[AgentEvent]:
    """Write a plan first, then follow it."""
    told = "\n".join(f"- {s.name}: {s.description}" for s in runner.agent.toolbox.specs)
    prompt = load_prompt("agent_plan").fill(steps=_PLAN_STEPS, tools=told)
    done = _asked(runner, prompt, run.task)
    plan = load_prompt("agent_follow_plan").fill(plan=done.text.strip())
    planned = replace(run, usage=run.usage + done.usage)
    return runner.run(planned.plus(Message.of("user", plan)))


def _self_check(runner: Runner, run: AgentRun) -> Iterator[AgentEvent]:
    """Have the answer checked against its passages, and mended, at most twice."""
    final = yield from _passed_on(runner.run(run))
    revisions = 0
    while final.reason == "answered" and revisions < _REVISIONS:
        try:
            critique = load_prompt("agent_critique").fill()
            done = _asked(runner, critique, _to_check(final))
        except ModelError as error:  # the answer is there, and was not checked
            final = replace(final, note=error.reader_message)
            break
        final = replace(final, usage=final.usage + done.usage)
        if _NO_FAULT in done.text or final.steps >= runner.agent.budget.steps:
            break
        revisions += 1
        told = load_prompt("agent_revise").fill(faults=done.text.strip())
        again = replace(final, reason="running").plus(Message.of("user", told))
        final = yield from _passed_on(runner.run(again))
    yield AgentFinished(run=final, attributes={"revisions": str(revisions)})


def _to_check(run: AgentRun) -> str:
    passages = passages_text(run.hits) or "(none)"
    return f"Task: {run.task}\n\nPassages:\n\n{passages}\n\nAnswer:\n{run.answer.text}"


def _self_consistency(runner: Runner, run: AgentRun) -> Iterator[AgentEvent]:
    """Answer several times, and take the answer that agrees most with the others.

    Only the first may have calls made that have effects: the others would do it again.
    """
    finals: list[AgentRun] = []
    sampling = replace(runner.agent.sampling, temperature=_SAMPLE_TEMPERATURE)
    sampler = replace(runner, agent=replace(runner.agent, sampling=sampling))
    for number in range(_SAMPLES):
        sample = replace(run, id=f"{run.id}-{number}") if number else run
        one = sampler if not number else _reading_only(sampler)
        final = yield from _passed_on(one.run(sample))
        if final.reason != "answered" and not finals:
            yield AgentFinished(run=final)
            return
        if final.reason == "answered":
            finals.append(final)
    best, agreement = _most_agreed(finals)
    usage = sum((each.usage for each in finals[1:]), finals[0].usage)
    chosen = replace(finals[best], id=run.id, usage=usage)
    runner.save(chosen)
    yield AgentFinished(run=chosen, attributes={"agreement": f"{agreement:.2f}"})


def _reading_only(runner: Runner) -> Runner:
    reading = [tool for tool in runner.agent.toolbox if tool.permissions <= {"read"}]
    agent = replace(runner.agent, toolbox=Toolbox(reading))
    return replace(runner, agent=agent, save=lambda _: None)


def _most_agreed(finals: Sequence[AgentRun]) -> tuple[int, float]:
    """Return the answer nearest to all others by shared terms, and how near it is."""
    words = [terms(each.answer.text) for each in finals]
    near = [0.0] * len(words)
    for one, other in combinations(range(len(words)), 2):
        together = len(words[one] | words[other])
        share = len(words[one] & words[other]) / together if together else 1.0
        near[one] += share
        near[other] += share
    best = max(range(len(near)), key=lambda i: near[i])
    return best, near[best] / max(len(near) - 1, 1)


def _tree_of_thought(runner: Runner, run: AgentRun) -> Iterator[AgentEvent]:
    """Think several ways, keep the best rated of each level, then work along one."""
    chains: list[tuple[str, ...]] = [()]
    usage = run.usage
    count = load_prompt("agent_next_thought").fill(count=_THOUGHTS)
    rate = load_prompt("agent_rate_thought").fill()
    for _ in range(_LEVELS):
        grown: list[tuple[float, tuple[str, ...]]] = []
        for chain in chains:
            done = _asked(runner, count, _thoughts(run.task, chain))
            usage += done.usage
            for line in listed_lines(done.text)[:_THOUGHTS]:
                longer = (*chain, line)
                rated = _asked(runner, rate, _thoughts(run.task, longer))
                usage += rated.usage
                grown.append((_rating(rated.text), longer))
        if not grown:
            break
        grown.sort(key=lambda each: -each[0])
        chains = [chain for _, chain in grown[:_KEPT]]
    best = chains[0]
    thought = replace(run, usage=usage)
    if best:
        plan = "\n".join(f"{n}. {line}" for n, line in enumerate(best, start=1))
        told = load_prompt("agent_follow_plan").fill(plan=plan)
        thought = thought.plus(Message.of("user", told))
    return runner.run(thought)


def _thoughts(task: str, chain: Sequence[str]) -> str:
    told = "\n".join(f"- {line}" for line in chain) or "(none yet)"
    return f"Task: {task}\n\nThoughts so far:\n{told}"


def _rating(text: str) -> float:
    found = _NUMBER.search(text)
    return min(float(found[0]), 10.0) if found else 0.0


def _asked(runner: Runner, system: str, user: str) -> Completion:
    """Ask the agent's model once, without any tool.

    Raises:
        ModelError: It cannot be reached.
    """
    if runner.is_cancelled():
        msg = "The run was cancelled."
        raise ModelError(msg)
    request = replace(ChatRequest.of(system, user), seconds=runner.agent.budget.seconds)
    return complete(runner.agent.model, request)


def _passed_on(
    events: Iterator[AgentEvent],
) -> Generator[AgentEvent, None, AgentRun]:
    """Yield what happens but for the end, and return the run as it ended."""
    final: AgentRun | None = None
    for event in events:
        if isinstance(event, AgentFinished):
            final = event.run
        else:
            yield event
    assert final is not None  # noqa: S101 - every run ends with that event
    return final


def _with_text(runner: Runner, run: AgentRun, text: str) -> AgentRun:
    if not text or run.reason != "answered":
        return run
    answer = replace(runner.check(text, run.hits), usage=run.usage)
    shortened = replace(run, answer=answer)
    runner.save(shortened)
    return shortened


STRATEGIES: Final[Mapping[str, Strategy]] = MappingProxyType(
    {
        "react": _react,
        "plan": _plan,
        "self-check": _self_check,
        "self-consistency": _self_consistency,
        "tree-of-thought": _tree_of_thought,
        "program-of-thought": _program_of_thought,
        "chain-of-thought": _chain_of_thought,
        "direct": _direct,
    }
)
