"""Agents: killed at random moments, and what a step costs beside the model.

    python benchmarks/agents.py --rounds 1000
    python benchmarks/agents.py --overhead 100        # run it in an environment with peers

The first kills a run (SIGKILL) after a random time, goes on with it from what was saved,
kills again, until it is over; a tool with effects appends a line to a file, once it is
sure to be written. The last line counts effects that were done more than once.

The second lets so many agents work at once, each ten turns with a call of a tool, with
a model that answers at once: what is left is the loop, the tool and the saving of
state. LangGraph (with its checkpointer on SQLite, where that is installed) and
smolagents do the same where they are installed.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from common import OWNER, print_run, spread
from typing_extensions import override

from erya.agents import Agent, AgentRuns, Budget, Runner, start_run
from erya.models import ChatEvent, ChatModel, ChatRequest, Finished, TextDelta
from erya.records import ToolCall, Usage
from erya.tools import FunctionTool, Toolbox

TURNS = 10
USAGE = Usage(model="scripted", input_tokens=1, output_tokens=1)


class Scripted(ChatModel):
    """Calls the tool at each turn, and answers at the last."""

    name = "scripted"

    @contextmanager
    @override
    def stream(self, request: ChatRequest) -> Iterator[Iterator[ChatEvent]]:
        turn = sum(message.role == "assistant" for message in request.messages)
        yield iter(self._events(turn))

    def _events(self, turn: int) -> Sequence[ChatEvent]:
        if turn >= TURNS:
            return [TextDelta("done"), Finished(reason="stop", usage=USAGE)]
        call = ToolCall(id="x", name="act", arguments=json.dumps({"text": str(turn)}))
        return [call, Finished(reason="tools", usage=USAGE)]


def acting_agent(file: Path | None = None) -> Agent:
    """Return an agent whose tool appends to a file; without one it does nothing."""

    def act(text: str) -> str:
        """Do it."""
        if file is not None:
            place = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(place, f"{text}\n".encode())
            os.fsync(place)
            os.close(place)
        return "done"

    permissions = ("write",) if file is not None else ()
    return Agent(
        model=Scripted(),
        toolbox=Toolbox([FunctionTool.of(act, *permissions)]),
        allowed=frozenset({"write"}),
        budget=Budget(steps=TURNS + 2),
    )


def work(home: Path, file: Path, run_id: str) -> None:
    """Begin a run, or go on with it, until it is over or this process is killed."""
    runs = AgentRuns(home)
    agent = acting_agent(file)
    stored = [each.run for each in runs.all(principal=OWNER) if each.run.id == run_id]
    run = stored[0] if stored else replace(start_run(agent, "x"), id=run_id)
    runner = Runner(
        agent=agent,
        principal=OWNER,
        save=lambda state: runs.save(state, principal=OWNER, options={}),
    )
    for _ in runner.run(run):
        pass


def killed(rounds: int, seed: int) -> int:
    """Kill runs; return how many effects were done twice."""
    rng = random.Random(seed)
    twice = missing = kills = resumed = 0
    with tempfile.TemporaryDirectory() as scratch:
        began = time.perf_counter()
        work(Path(scratch, "first"), Path(scratch, "f.txt"), "0")
        whole = time.perf_counter() - began
        for number in range(rounds):
            home, file = (
                Path(scratch, f"h{number % 20}"),
                Path(scratch, f"{number}.txt"),
            )
            is_over = False
            tries = 0
            while not is_over:
                child = os.fork()
                if child == 0:
                    work(home, file, str(number))
                    os._exit(0)
                if tries < 3:
                    time.sleep(rng.uniform(0.0, whole))
                    os.kill(child, signal.SIGKILL)
                _, status = os.waitpid(child, 0)
                kills += os.WIFSIGNALED(status)
                tries += 1
                stored = AgentRuns(home).all(principal=OWNER)
                is_over = any(s.run.is_over and s.run.id == str(number) for s in stored)
            resumed += tries > 1
            lines = file.read_text("utf-8").split() if file.exists() else []
            twice += len(lines) - len(set(lines))
            missing += TURNS - len(set(lines))
    print(
        f"{rounds} runs of {TURNS} effects, {kills} kills, {resumed} gone on with, seed {seed}: "
        f"{twice} effects done twice; {missing} not done, as nobody knew whether they were"
    )
    return twice


def overhead(count: int) -> None:
    """Measure what a step costs where the model costs nothing."""
    print_run()

    def erya(*, saved: bool) -> float:
        with tempfile.TemporaryDirectory() as home:
            runs = AgentRuns(Path(home))
            agent = acting_agent()

            def one(_: int) -> None:
                runner = Runner(
                    agent=agent,
                    principal=OWNER,
                    save=(lambda s: runs.save(s, principal=OWNER, options={}))
                    if saved
                    else (lambda _: None),
                )
                for _event in runner.run(start_run(agent, "x")):
                    pass

            return at_once(one, count)

    figures = {
        "Erya, in memory": lambda: erya(saved=False),
        "Erya, each step saved": lambda: erya(saved=True),
    }
    if find_spec("langgraph"):
        figures["LangGraph, in memory"] = lambda: langgraph(count)
    if find_spec("smolagents"):
        figures["smolagents, in memory"] = lambda: smolagents(count)
    for name, act in figures.items():
        act()
        print(f"  {name:24} {spread([act() for _ in range(3)])} ms a step")


def at_once(one: object, count: int) -> float:
    """Return the wall milliseconds a step of agents that work at once."""
    began = time.perf_counter()
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(one, range(count)))
    return (time.perf_counter() - began) / (count * (TURNS + 1)) * 1e3


def langgraph(count: int) -> float:
    """Do the same with LangGraph's prebuilt agent."""
    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.messages import AIMessage
    from langchain_core.outputs import ChatGeneration, ChatResult
    from langchain_core.tools import tool
    from langgraph.prebuilt import create_react_agent

    class Model(BaseChatModel):
        @property
        def _llm_type(self) -> str:
            return "scripted"

        def bind_tools(self, *_: object, **__: object) -> "Model":
            return self

        def _generate(self, messages: list, *_: object, **__: object) -> ChatResult:
            turn = sum(message.type == "ai" for message in messages)
            calls = [{"name": "act", "args": {"text": str(turn)}, "id": f"c{turn}"}]
            said = (
                AIMessage("done") if turn >= TURNS else AIMessage("", tool_calls=calls)
            )
            return ChatResult(generations=[ChatGeneration(message=said)])

    @tool
    def act(text: str) -> str:
        """Do it."""
        return f"done {text}"

    graph = create_react_agent(Model(), [act])

    def one(_: int) -> None:
        graph.invoke({"messages": [("user", "x")]}, {"recursion_limit": 100})

    return at_once(one, count)


def smolagents(count: int) -> float:
    """Do the same with the agent of smolagents that calls tools."""
    from smolagents import ChatMessage, Model, ToolCallingAgent, tool
    from smolagents.models import ChatMessageToolCall, ChatMessageToolCallFunction

    @tool
    def act(text: str) -> str:
        """Do it.

        Args:
            text: What.
        """
        return f"done {text}"

    class Scripted(Model):
        def __init__(self) -> None:
            super().__init__()
            self.turn = 0

        def generate(self, *_: object, **__: object) -> ChatMessage:
            name, value = ("final_answer", {"answer": "done"})
            if self.turn < TURNS:
                name, value = "act", {"text": str(self.turn)}
            self.turn += 1
            function = ChatMessageToolCallFunction(name=name, arguments=value)
            call = ChatMessageToolCall(
                function=function, id=f"c{self.turn}", type="function"
            )
            return ChatMessage(role="assistant", content="", tool_calls=[call])

    def one(_: int) -> None:
        agent = ToolCallingAgent(
            tools=[act], model=Scripted(), max_steps=TURNS + 2, verbosity_level=0
        )
        agent.run("x")

    return at_once(one, count)


def main() -> int:
    """Kill, or measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--overhead", type=int, default=0, help="agents at once")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if given.overhead:
        overhead(given.overhead)
    return int(bool(given.rounds and killed(given.rounds, given.seed)))


if __name__ == "__main__":
    sys.exit(main())
