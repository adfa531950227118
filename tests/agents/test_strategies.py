"""Ways to work, and several models together."""

import pytest

from erya.agents import (
    STRATEGIES,
    Agent,
    AgentFinished,
    Budget,
    Runner,
    Specialist,
    choose_agent,
    debate,
    start_run,
    work,
)
from erya.errors import ModelError, UsageError
from erya.records import Principal
from erya.testing import ScriptedChatModel
from erya.tools import FunctionTool, Toolbox, python_tools
from tests.agents.test_loop import Post, add, calls

OWNER = Principal.owner("me")


def worked(strategy, *lines, tools=(), **fields):
    model = ScriptedChatModel(lines=list(lines))
    agent = Agent(model=model, toolbox=Toolbox(tools), **fields)
    runner = Runner(agent=agent, principal=OWNER)
    *_, last = work(runner, start_run(agent, "How much?"), strategy=strategy)
    assert isinstance(last, AgentFinished)
    return last, model


def test_direct_asks_without_tools():
    last, model = worked("direct", "Five.", tools=[FunctionTool.of(add)])
    assert last.run.answer.text == "Five."
    assert model.requests[0].tools == ()


def test_of_a_chain_of_thought_the_answer_is_shown():
    last, _ = worked("chain-of-thought", "2 and 3 are given.\n\n**Answer:** 5 euros")
    assert last.run.answer.text == "5 euros"
    last, _ = worked("chain-of-thought", "已知二和三。\n答案：5 元")
    assert last.run.answer.text == "5 元"


def test_a_plan_is_written_and_followed():
    last, model = worked(
        "plan", "1. Add 2 and 3.", calls(("add", {"a": 2, "b": 3})), "5.",
        tools=[FunctionTool.of(add)],
    )  # fmt: skip
    assert last.run.answer.text == "5."
    assert "- add: Add." in model.requests[0].messages[0].text
    assert "1. Add 2 and 3." in model.requests[1].messages[-1].text
    assert last.run.usage.output_tokens == 7


def test_a_program_computes_what_the_answer_rests_on():
    program = {"program": "print(sum(range(11)))"}
    last, model = worked(
        "program-of-thought", calls(("run_python", program)), "It is 55.",
        tools=python_tools(),
    )  # fmt: skip
    assert last.run.answer.text == "It is 55."
    assert "55" in model.requests[1].messages[-1].parts[0].text
    with pytest.raises(UsageError, match="--tools python"):
        worked("program-of-thought", "x")


def test_an_answer_is_checked_and_mended():
    last, model = worked(
        "self-check", "It is 6.", "6 is wrong.", "It is 5.", "NO_FAULT"
    )
    assert last.run.answer.text == "It is 5."
    assert last.attributes == {"revisions": "1"}
    assert "6 is wrong." in model.requests[2].messages[-1].text
    last, _ = worked("self-check", "a", "bad", "b", "bad", "c", "bad")
    assert last.run.answer.text == "c"


def test_of_several_answers_the_one_that_agrees_most_is_taken():
    lines = ["five euros", "nine pounds", "five euros", "exactly five euros", "six"]
    last, model = worked("self-consistency", *lines)
    assert last.run.answer.text == "five euros"
    assert float(last.attributes["agreement"]) > 0.3
    assert all(request.sampling.temperature == 0.7 for request in model.requests)


def test_only_the_first_of_several_runs_has_effects():
    post = Post()
    lines = [calls(("send", {"text": "a"})), "done"]
    again = [line for _ in range(4) for line in lines]
    worked(
        "self-consistency", *lines, *again, tools=[post.tool()],
        allowed=frozenset({"write", "network"}),
    )  # fmt: skip
    assert post.sent == ["a"]


def test_a_tree_of_thoughts_keeps_the_best_rated():
    level = ["bad\ngood\nfair", "1", "9", "5"]
    two = ["x1\nx2\nx3", "2", "10", "3", "y1\ny2\ny3", "1", "1", "1"]
    last, model = worked("tree-of-thought", *level, *two, *two, "The answer.")
    assert last.run.answer.text == "The answer."
    assert "1. good\n2. x2\n3. x2" in model.requests[-1].messages[-1].text


@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_a_model_that_fails_ends_each_strategy(strategy):
    error = ModelError("at 10.0.0.1", reader_message="The model failed.")
    last, _ = worked(strategy, *[error] * 9, tools=python_tools())
    assert last.run.reason == "failed"
    assert last.run.note == "The model failed."


def test_an_unknown_strategy_is_a_mistake_of_the_user():
    with pytest.raises(UsageError, match="tree-of-thought"):
        worked("guess", "x")


def test_a_specialist_is_a_tool_of_another():
    post = Post()
    inner = Agent(
        model=ScriptedChatModel(lines=[calls(("add", {"a": 2, "b": 3})), "It is 5 [1]."]),
        toolbox=Toolbox([FunctionTool.of(add), post.tool()]), name="reckoner",
    )  # fmt: skip
    tool = Specialist(agent=inner, description="Reckons.")
    assert tool.permissions == frozenset()
    last, model = worked(
        "react", calls(("reckoner", {"task": "2 and 3"})), "Five.", tools=[tool]
    )
    assert last.run.answer.text == "Five."
    assert "It is 5." in model.requests[1].messages[-1].parts[0].text
    assert Specialist(agent=inner, description="", approve=lambda *_: True).permissions


def test_a_model_chooses_who_works():
    agents = {"law": "Laws.", "pay": "Salaries."}
    chosen, _ = choose_agent(ScriptedChatModel(lines=["I choose: pay."]), "x", agents)
    assert chosen == "pay"
    chosen, _ = choose_agent(ScriptedChatModel(lines=["nobody"]), "x", agents)
    assert chosen == "law"


def test_a_debate_is_read_by_the_others_and_judged():
    one = ScriptedChatModel(lines=["It is 5.", "Still 5."])
    two = ScriptedChatModel(lines=["It is 6.", "You are right: 5."])
    judge = ScriptedChatModel(lines=["5."])
    done = debate("x", {"one": one, "two": two}, judge=judge)
    assert done.answer == "5."
    assert [*map(dict, done.rounds)][1] == {
        "one": "Still 5.",
        "two": "You are right: 5.",
    }
    assert "two answered:\nIt is 6." in one.requests[1].messages[0].text
    assert "one answered" not in one.requests[1].messages[0].text
    with pytest.raises(UsageError, match="two models"):
        debate("x", {"one": one}, judge=judge)


def test_a_plan_counts_against_no_other_budget():
    last, _ = worked("plan", "1. x", "Answer.", budget=Budget(steps=1))
    assert last.run.reason == "answered"
