"""The loop: calls, budgets, approval, and runs that are gone on with."""

import json
import threading

import pytest
from markdown_it import MarkdownIt

from erya.agents import (
    Agent,
    AgentFinished,
    AgentRuns,
    AgentText,
    Budget,
    Runner,
    ToolReturned,
    start_run,
    without_links,
)
from erya.assistant import Assistant
from erya.errors import ModelError, NotFoundError, UsageError
from erya.models import Finished, TextDelta
from erya.records import Principal, ToolCall, Usage
from erya.stores import Bases
from erya.testing import ScriptedChatModel, document
from erya.tools import FunctionTool, Toolbox, ToolLimits, document_tools

OWNER = Principal.owner("me")


def calls(*wanted, text=""):
    """A turn of the model that calls tools: names with their arguments."""
    made = [
        ToolCall(id="x", name=name, arguments=json.dumps(arguments))
        for name, arguments in wanted
    ]
    said = [TextDelta(text)] if text else []
    usage = Usage(model="scripted", input_tokens=10, output_tokens=5)
    return [*said, *made, Finished(reason="tools", usage=usage)]


class Post:
    """A tool with effects, which remembers them."""

    def __init__(self):
        self.sent = []

    def tool(self, *permissions):
        def send(text: str) -> str:
            """Send a message.

            Args:
                text: What.
            """
            self.sent.append(text)
            return "sent"

        return FunctionTool.of(send, *(permissions or ("write", "network")))


def add(a: int, b: int) -> int:
    """Add."""
    return a + b


def ran(runner, task="Do it."):
    events = list(runner.run(start_run(runner.agent, task)))
    assert isinstance(events[-1], AgentFinished)
    return events[-1].run, events


def finished(events):
    *_, last = events
    assert isinstance(last, AgentFinished)
    return last.run


def agent_of(*lines, tools=(), **fields):
    model = ScriptedChatModel(lines=list(lines))
    return Agent(model=model, toolbox=Toolbox(tools), **fields)


def test_results_go_back_to_the_model_until_it_answers():
    agent = agent_of(
        calls(("add", {"a": 2, "b": 3}), ("add", {"a": 1, "b": "x"}), text="Adding."),
        "It is 5.",
        tools=[FunctionTool.of(add)],
    )
    run, events = ran(Runner(agent=agent, principal=OWNER))
    assert run.reason == "answered"
    assert run.answer.text == "It is 5."
    assert run.steps == 2
    returned = [e.result.text for e in events if isinstance(e, ToolReturned)]
    assert returned[0] == "5"
    assert "has to be integer" in returned[1]
    assert (
        "".join(e.text for e in events if isinstance(e, AgentText)) == "Adding.It is 5."
    )
    last = agent.model.requests[1].messages
    assert [m.role for m in last] == ["system", "user", "assistant", "tool", "tool"]
    assert {p.id for p in last[2].parts[1:]} == {
        p.call_id for m in last[3:] for p in m.parts
    }


def test_answers_cite_the_passages_that_were_shown(tmp_path):
    with Assistant(store=Bases(tmp_path).open("kb", create=True)) as assistant:
        assistant.add([document("a.md", "Annual leave is 25 days.")], principal=OWNER)
        agent = agent_of(
            calls(("search_documents", {"query": "annual leave"})),
            calls(("search_documents", {"query": "leave days"})),
            "Annual leave is 25 days [1]. It doubles every year [1].",
            tools=document_tools(assistant),
        )
        check = lambda text, hits: assistant.check(text, hits, principal=OWNER)  # noqa: E731
        run, _events = ran(Runner(agent=agent, principal=OWNER, check=check))
    assert len(run.hits) == 1
    again = agent.model.requests[2].messages[-1].parts[0].text
    assert "Shown before: [1]" in again
    assert [c.verdict for c in run.answer.claims] == ["supported", "cited"]
    assert run.answer.citations[0].quote == "Annual leave is 25 days."


@pytest.mark.parametrize(
    ("budget", "reason", "steps"),
    [
        (Budget(steps=2), "answered", 2),
        (Budget(tokens=15), "tokens", 1),
        (Budget(seconds=0.0), "seconds", 0),
    ],
)
def test_a_budget_ends_a_run(budget, reason, steps):
    agent = agent_of(
        calls(("add", {"a": 1, "b": 1})), "So far 2.",
        tools=[FunctionTool.of(add)], budget=budget,
    )  # fmt: skip
    run, _ = ran(Runner(agent=agent, principal=OWNER))
    assert (run.reason, run.steps) == (reason, steps)


def test_with_the_last_step_no_tool_is_called():
    post = Post()
    agent = agent_of(
        calls(("add", {"a": 1, "b": 1})), calls(("send", {"text": "x"}), text="Two."),
        tools=[FunctionTool.of(add), post.tool()], budget=Budget(steps=2),
        allowed=frozenset({"read", "write", "network"}),
    )  # fmt: skip
    run, _ = ran(Runner(agent=agent, principal=OWNER))
    assert agent.model.requests[1].tool_choice == "none"
    assert run.answer.text == "Two."
    assert post.sent == []


def test_effects_wait_for_approval():
    asked = []

    def approve(call, tool):
        asked.append((call.name, json.loads(call.arguments)["text"]))
        return len(asked) == 2

    post = Post()
    lines = [calls(("send", {"text": "a"}), ("send", {"text": "b"})), "Done."]
    agent = agent_of(*lines, tools=[post.tool()])
    _run, events = ran(Runner(agent=agent, principal=OWNER, approve=approve))
    assert asked == [("send", "a"), ("send", "b")]
    assert post.sent == ["b"]
    returned = [e.result.text for e in events if isinstance(e, ToolReturned)]
    assert returned == ["The call was not approved. Do without it.", "sent"]
    ran(Runner(agent=agent_of(*lines, tools=[post.tool()]), principal=OWNER))
    assert post.sent == ["b"]
    free = agent_of(
        *lines, tools=[post.tool()], allowed=frozenset({"write", "network"})
    )
    ran(Runner(agent=free, principal=OWNER))
    assert post.sent == ["b", "a", "b"]


def test_a_failing_model_ends_the_run_with_a_note():
    agent = agent_of(
        ModelError("at http://10.0.0.1", reader_message="The model failed.")
    )
    run, _ = ran(Runner(agent=agent, principal=OWNER))
    assert (run.reason, run.note) == ("failed", "The model failed.")


def test_a_cancelled_run_stops_before_its_next_step():
    post = Post()
    agent = agent_of(
        calls(("send", {"text": "a"})), "Done.",
        tools=[post.tool()], allowed=frozenset({"write", "network"}),
    )  # fmt: skip
    stop = threading.Event()
    runner = Runner(agent=agent, principal=OWNER, is_cancelled=stop.is_set)
    events = runner.run(start_run(agent, "x"))
    final = None
    for event in events:
        if isinstance(event, ToolReturned):
            stop.set()
        final = event
    assert isinstance(final, AgentFinished)
    assert final.run.reason == "cancelled"
    assert post.sent == ["a"]


class Struck(BaseException):
    pass


@pytest.mark.parametrize("strike", range(1, 12))
def test_a_run_that_was_cut_off_does_no_effect_twice(tmp_path, strike):
    """Strike at each save in turn, as a kill would, and go on from what was kept."""
    runs, post = AgentRuns(tmp_path), Post()
    script = [
        calls(("add", {"a": 1, "b": 1}), ("send", {"text": "one"})),
        calls(("send", {"text": "two"}), ("add", {"a": 2, "b": 2})),
        "Done.",
    ]
    allowed = frozenset({"write", "network"})
    saved = 0

    def keep(run):
        runs.save(run, principal=OWNER, options={})

    def save(run):
        nonlocal saved
        saved += 1
        if saved == strike:
            raise Struck
        keep(run)

    def runner(lines, save):
        agent = agent_of(
            *lines, tools=[post.tool(), FunctionTool.of(add)], allowed=allowed
        )
        return Runner(agent=agent, principal=OWNER, save=save)

    first = runner(script, save)
    run = start_run(first.agent, "x")
    keep(run)
    try:
        list(first.run(run))
    except Struck:
        left = runs.get(run.id, principal=OWNER).run
        assert left.reason == "running"
        run = finished(runner(script[left.steps :], keep).run(left))
    else:
        run = runs.get(run.id, principal=OWNER).run
    assert run.reason == "answered"
    assert run.answer.text == "Done."
    assert len(post.sent) == len(set(post.sent))
    assert post.sent == sorted(post.sent)


def test_runs_are_their_principals(tmp_path):
    runs = AgentRuns(tmp_path)
    ada, eve = Principal(user="ada"), Principal(user="eve")
    agent = agent_of("Hello.")
    run = finished(Runner(agent=agent, principal=ada).run(start_run(agent, "x")))
    runs.save(run, principal=ada, options={"kb": "a"})
    assert runs.get(run.id, principal=ada).run.answer.text == "Hello."
    assert runs.all(principal=eve) == []
    assert len(runs.all(principal=OWNER)) == 1
    with pytest.raises(NotFoundError, match="agent list"):
        runs.get(run.id, principal=eve)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("See ![x](https://evil.example/?q=1) here", "See x here"),
        ("[click](https://evil.example/a) now [1]", "click now [1]"),
        ("Go to https://evil.example/x?y=1.", "Go to (…)"),
        ("[ok](https://good.example/p) and https://good.example/q", "[ok](https://good.example/p) and https://good.example/q"),
        ("<img src=https://evil.example> and <a href='//evil.example'>a</a>", " and a"),
        ("[x][1]\n\n[1]: https://evil.example", "[x][1]\n\n"),
        ("Run javascript:alert(1) or www.evil.example/a", "Run (…)) or (…)"),
        ("As said [1](see below), 5 // 2 is 2", "As said [1] (see below), 5 // 2 is 2"),
    ],
)  # fmt: skip
def test_links_that_nobody_asked_for_are_left_out(text, shown):
    assert without_links(text, allowed_in="Read https://good.example/p please") == shown


def test_old_results_are_cut_where_all_does_not_fit():
    def much(n: int) -> str:
        """Return much."""
        return f"begin {n} " + "word " * 400

    lines = [calls(("much", {"n": n})) for n in range(4)]
    agent = agent_of(
        *lines, "Done.", tools=[FunctionTool.of(much)], budget=Budget(context=1_200)
    )
    run, _ = ran(Runner(agent=agent, principal=OWNER))
    assert run.answer.text == "Done."
    sent = agent.model.requests[-1].messages
    results = [m.parts[0].text for m in sent if m.role == "tool"]
    assert ["left out" in text for text in results] == [True, True, False, False]
    assert all("begin" in text for text in results)
    whole = [m.parts[0].text for m in run.messages if m.role == "tool"]
    assert not any("left out" in text for text in whole)


def test_a_result_that_is_too_long_by_itself_is_cut_to_fit():
    def much() -> str:
        """Return much."""
        return "word " * 5_000

    agent = agent_of(
        calls(("much", {})), "Done.",
        tools=[FunctionTool.of(much, limits=ToolLimits(characters=100_000))],
        budget=Budget(context=1_000),
    )  # fmt: skip
    ran(Runner(agent=agent, principal=OWNER))
    (text,) = [
        m.parts[0].text for m in agent.model.requests[-1].messages if m.role == "tool"
    ]
    assert 400 < len(text) < 4_000


def test_nobody_has_the_runs_of_others(tmp_path):
    runs = AgentRuns(tmp_path)
    ada, bob, nobody = Principal(user="ada"), Principal(user="bob"), Principal()
    agent = agent_of("Hello.")
    run = finished(Runner(agent=agent, principal=ada).run(start_run(agent, "x")))
    runs.save(run, principal=ada, options={})
    assert runs.all(principal=nobody) == []
    for principal, run_id in ((nobody, run.id), (ada, ""), (bob, run.id)):
        with pytest.raises(NotFoundError):
            runs.get(run_id, principal=principal)
    with pytest.raises(NotFoundError):
        runs.save(run, principal=bob, options={})
    with pytest.raises(UsageError, match="name"):
        runs.save(run, principal=nobody, options={})


def test_odd_signs_end_no_run(tmp_path):
    runs = AgentRuns(tmp_path)

    def odd() -> str:
        """Return half a sign."""
        return "caf\udce9"

    agent = agent_of(
        calls(("odd", {"\ud800": 1})),
        calls(("odd", {})),
        "Done \ud83d.",
        tools=[FunctionTool.of(odd)],
    )
    runner = Runner(
        agent=agent, principal=OWNER,
        save=lambda run: runs.save(run, principal=OWNER, options={}),
    )  # fmt: skip
    run, _ = ran(runner, task="half \ud800")
    assert runs.get(run.id, principal=OWNER).run.reason == "answered"
    assert "caf?" in run.messages[5].parts[0].text


HOSTILE = [
    "![a[b]c](https:&#47;&#47;evil.com/p.png?q=S)",
    "![a[b]c](https:\\/\\/evil.com/p.png)",
    "!<a>[x](https:&#47;&#47;evil.com/p.png)",
    "> [x]: https:&#47;&#47;evil.com/p.png\n\n![x]",
    "[x\ny]: https:&#47;&#47;evil.com\n\n![x\ny]",
    '<i<a>mg src="https:&#47;&#47;evil.com/x">',
    "[1](https&#58;&#47;&#47;evil&#46;com&#47;?q=S)",
    "<input type=image src=https:/evil.com/x>",
    "<https:/evil.com/x>",
    "https://evil.com\\@good.example/?q=S",
    "&amp;#60;img src=//evil.com/x&amp;#62;",
    "![a\nb](https://evil.com/x.png)",
    "[a](evil.com)",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_spelling_gets_a_picture_or_a_link_through(text):
    shown = without_links(text, allowed_in="See https://good.example")
    page = MarkdownIt("commonmark").render(shown)
    assert "evil.com" not in page
    assert "<img" not in page
    assert "<a " not in page


@pytest.mark.parametrize(
    "text",
    [
        "Staff with < a year of service get 10 days [1]. All others get 25 days [2].",
        "若入职时间< 一年，有25天",
        "7//2 is 3; the file is in /srv//data/x.",
        "and//or, Data:25 days",
        "| a | b |\n|---|---|\n| 1 | 2 |",
    ],
)
def test_honest_text_stays(text):
    assert without_links(text, allowed_in="") == text
