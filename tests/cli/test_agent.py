"""Agents and tools from the command line."""

import json
import sqlite3

import pytest

from erya.cli.tools import shown_arguments
from erya.records import ToolCall
from erya.testing import ChatServer, Reply


@pytest.fixture
def model(erya, folder):
    """Return what makes a server the model `m` of a home with a base `kb`."""
    assert erya("ingest", folder, "--kb", "kb").code == 0

    def use(server):
        erya(
            "models", "add", "chat", "m", "--base-url", server.base_url, "--model", "x"
        )
        return ("--model", "m", "--kb", "kb")

    return use


def test_an_agent_searches_and_answers_with_sources(erya, model):
    with ChatServer(
        Reply(calls=(("search_documents", '{"query": "annual leave"}'),)),
        Reply(text="Every employee has 25 days of annual leave [1]."),
    ) as server:
        done = erya("agent", "run", "How much leave?", *model(server))

    assert done.code == 0
    assert "Every employee has 25 days of annual leave. [1]" in done.out
    assert "Sources:" in done.out
    assert '→ search_documents(query="annual leave")' in done.err
    (run,) = erya("agent", "list", "--json").json["runs"]
    assert run["reason"] == "answered"
    shown = erya("agent", "show", run["id"])
    assert "→ search_documents" in shown.out
    assert "(data, not instructions)" in shown.out
    kept = erya("agent", "show", run["id"], "--json").json
    assert kept["messages"][2]["parts"][0]["arguments"] == {"query": "annual leave"}
    assert erya("agent", "resume", run["id"]).code == 2
    assert erya("agent", "list", "--as", "eve", "--json").json["runs"] == []
    assert erya("agent", "show", run["id"], "--as", "eve").code == 2


def test_effects_are_refused_where_nobody_is_asked(erya, model, tmp_path):
    work = tmp_path / "granted"
    work.mkdir()
    replies = (
        Reply(calls=(("write_file", '{"path": "a.txt", "text": "x"}'),)),
        Reply(text="Done."),
    )
    tools = ("--tools", "files", "--folder", work)
    with ChatServer(*replies) as server:
        done = erya("agent", "run", "Write it", *tools, *model(server))
    assert "See --allow" in done.err
    assert list(work.iterdir()) == []
    with ChatServer(*replies) as server:
        use = model(server)
        done = erya(
            "agent", "run", "Write it", *tools, "--allow", "write", *use, "--json"
        )
    assert done.json["answer"]["text"] == "Done."
    assert (work / "a.txt").read_text() == "x"


def test_a_run_that_fails_says_so_and_exits_with_1(erya, model):
    with ChatServer(Reply(status=500, body="{}")) as server:
        done = erya("agent", "run", "x", *model(server))
    assert done.code == 1
    assert "Not finished (failed)" in done.err


def test_mistakes_are_told(erya, folder):
    assert "needs a chat model" in erya("agent", "run", "x", "--tools", "compute").err
    assert "task is empty" in erya("agent", "run", " ", "--tools", "compute").err
    assert "no run" in erya("agent", "show", "none").err
    assert "No runs yet" in erya("agent", "list").out
    assert "There are no tools" in erya("tools", "list", "--tools", "magic").err
    assert "databases.shop" in erya("tools", "list", "--tools", "database:shop").err
    assert "need a folder" in erya("tools", "list", "--tools", "files").err


def test_tools_are_listed_and_tried(erya, folder):
    assert "calculate" in erya("tools", "list", "--tools", "compute").out
    done = erya(
        "tools", "test", "calculate", '{"expression": "6*7"}', "--tools", "compute"
    )
    assert done.out == "42\n"
    wrong = erya("tools", "test", "calculate", "{}", "--tools", "compute", "--json")
    assert wrong.code == 1
    assert wrong.json["is_error"]
    erya("ingest", folder, "--kb", "kb")
    arguments = json.dumps({"query": "annual leave", "limit": 1})
    found = erya("tools", "test", "search_documents", arguments, "--kb", "kb")
    assert "25 days of annual leave" in found.out
    assert erya("tools", "test", "nothing", "--tools", "compute").code == 2


def test_databases_and_servers_come_from_the_settings(erya, tmp_path):
    file = tmp_path / "shop.sqlite"
    with sqlite3.connect(file) as database:
        database.execute("create table orders (id integer)")
    settings = tmp_path / "agents.toml"
    settings.write_text(
        f'[databases.shop]\nurl = "sqlite:///{file}"\ntables = ["orders"]\n'
    )
    done = erya(
        "tools", "test", "describe_tables", "--tools", "database:shop",
        "--config", settings,
    )  # fmt: skip
    assert done.out == "orders: id (INTEGER)\n"
    settings.write_text("[tool_servers.x]\n")
    assert "command and url" in erya("tools", "list", "--config", settings).err


def test_a_schema_is_filled_in_from_documents(erya, model, tmp_path):
    schema = tmp_path / "leave.json"
    shape = {"type": "object", "properties": {"days": {"type": "integer"}}}
    schema.write_text(json.dumps(shape))
    with ChatServer(Reply(text='{"days": 25}')) as server:
        use = model(server)
        done = erya("ask", "annual leave", "--schema", schema, *use)
        told = erya("ask", "annual leave", "--schema", schema, *use, "--json").json
    assert '"days": 25' in done.out
    assert "/days: " in done.out
    assert told["values"][0]["citation"]["quote"].startswith(
        "Every employee has 25 days"
    )
    assert erya("ask", "x", "--schema", schema, "--kb", "kb").code == 2
    schema.write_text("{")
    assert "cannot be read" in erya("ask", "x", "--schema", schema, *use).err


def test_documents_are_summarized_with_sources(erya, model, folder):
    said = "Every employee has 25 days of annual leave [1]. They also get a car [1]."
    with ChatServer(Reply(text=said)) as server:
        use = model(server)
        source = erya("search", "annual leave", "--kb", "kb", "--json").json["hits"][0]
        done = erya("summarize", source["source"], *use)
        told = erya("summarize", "--filter", "type=md", "--json", *use).json
    assert "25 days of annual leave. [" in done.out
    assert "Sources:" in done.out
    assert "⚠" in done.out or "not checked" in done.out
    assert told["claims"]
    assert erya("summarize", "nothing.md", *use).code == 2
    assert "--filter" in erya("summarize", *use).err
    assert "chat model" in erya("summarize", "x", "--kb", "kb").err


def test_an_agent_is_a_rung_of_the_ladder(erya, folder, tmp_path):
    questions = tmp_path / "questions.jsonl"
    rows = [
        {"id": "1", "question": "How much annual leave?", "answers": ["25 days"]},
        {"id": "2", "question": "What is the password?", "answers": []},
    ]
    questions.write_text("\n".join(map(json.dumps, rows)))
    path = tmp_path / "ladder.toml"
    path.write_text(
        f'data = "{questions}"\ndocs = ["{folder}"]\n'
        '[[rung]]\nname = "agent"\nkind = "agent"\nchat_model = "m"\n'
    )
    with ChatServer(
        Reply(calls=(("search_documents", '{"query": "annual leave"}'),)),
        Reply(text="Every employee has 25 days of annual leave [1]."),
        Reply(text="The documents do not say."),
    ) as server:
        erya(
            "models", "add", "chat", "m", "--base-url", server.base_url, "--model", "x"
        )
        (rung,) = erya("ladder", path, "--json").json["rungs"]
    assert rung["contains"] == 1.0
    assert rung["refusal"] == 1.0
    path.write_text(
        path.read_text().replace('"agent"\nchat', '"agent"\nstrategy = "x"\nchat')
    )
    assert "There is no strategy 'x'" in erya("ladder", path).err


def test_who_approves_sees_each_argument():
    arguments = {"text": "A" * 5_000, "path": "payroll.csv", "odd\nkey": 1}
    call = ToolCall(id="1", name="write_file", arguments=json.dumps(arguments))
    shown = shown_arguments(call, width=4_000)
    assert 'path="payroll.csv"' in shown
    assert "more characters" in shown
    assert "\n" not in shown
    deep = ToolCall(id="1", name="x", arguments='{"a": ' + "[" * 50_000)
    assert shown_arguments(deep).startswith('{"a": [[')


def test_a_run_of_another_is_not_gone_on_with(erya, model, tmp_path):
    with ChatServer(Reply(status=500, body="{}")) as server:
        erya("agent", "run", "x", *model(server), "--as", "ada")
    (run,) = erya("agent", "list", "--json").json["runs"]
    assert run["owner"] == "ada"
    done = erya("agent", "resume", run["id"])
    assert done.code == 2
    assert "--as NAME" in done.err
    assert "over (failed)" in erya("agent", "resume", run["id"], "--as", "ada").err
