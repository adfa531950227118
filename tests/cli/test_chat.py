"""Conversations from the command line."""

import json

from erya.testing import ChatServer, Reply


def test_each_line_is_a_question_after_the_last(erya, folder, tmp_path):
    erya("ingest", folder, "--kb", "kb")
    lines = (
        "How many days of annual leave does an employee have?\n\n/sources\n/what\n"
        f"/save '{tmp_path / 'my talk.md'}'\n/save {tmp_path / 'my talk.md'}\n/quit\nnever\n"
    )
    done = erya("chat", "--kb", "kb", stdin=lines)
    assert done.code == 0
    assert "25 days of annual leave" in done.out
    assert "leave.md  (" in done.out
    assert "/forget" in done.out
    assert "**How many days" in (tmp_path / "my talk.md").read_text()
    assert "never" not in done.out
    (thread,) = erya("threads", "list", "--json").json["threads"]
    assert thread["title"].startswith("How many days")
    assert "25 days" in erya("threads", "show", thread["id"]).out
    assert erya("threads", "show", thread["id"], "--as", "eve").code == 2
    more = erya(
        "chat", "--continue", "--json", stdin="工龄满十年有几天年假？\n那满二十年呢？\n"
    )
    shapes = [json.loads(line) for line in more.out.splitlines()]
    assert [shape["thread"] for shape in shapes] == [thread["id"]] * 2
    assert shapes[1]["searched"] == "工龄满二十年有几天年假？"
    erya("chat", "--thread", thread["id"], stdin="/forget\n")
    assert erya("threads", "show", thread["id"]).code == 2
    rest = erya("threads", "list", "--json").json["threads"]
    assert erya("threads", "forget", rest[0]["id"]).code == 0


def test_a_model_answers_and_mistakes_are_told(erya, folder):
    erya("ingest", folder, "--kb", "kb")
    with ChatServer(Reply(text="Employees have 25 days [1].")) as server:
        erya(
            "models", "add", "chat", "m", "--base-url", server.base_url, "--model", "x"
        )
        done = erya("chat", "--kb", "kb", "--model", "m", stdin="annual leave?\n")
    assert "Employees have 25 days. [1]" in done.out
    assert erya("chat", "--memory", "lots").code == 2
    assert erya("chat", "--thread", "none", "--kb", "kb").code == 2
    assert "No conversations yet" in erya("threads", "list", "--as", "bob").out
