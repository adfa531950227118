"""Tools: schemas from functions, calls that are checked and bounded, the built-in."""

import http.server
import json
import sqlite3
import sys
import threading
import time
from dataclasses import dataclass, replace
from typing import Literal

import pytest

from erya.assistant import Assistant
from erya.errors import UsageError
from erya.loading.sandbox.confinement import limits_hold
from erya.records import Principal, ToolCall
from erya.stores import Bases
from erya.testing import document
from erya.tools import (
    FunctionTool,
    Toolbox,
    ToolContext,
    ToolError,
    ToolLimits,
    ToolServer,
    computing_tools,
    database_tools,
    document_tools,
    file_tools,
    python_tools,
    web_tools,
)

OWNER = Principal.owner("me")


@dataclass(frozen=True)
class Place:
    town: str
    street: str = ""


def travel(
    context: ToolContext,
    to: Place,
    how: Literal["train", "bus"],
    days: int = 1,
    notes: list[str] | None = None,
    prices: dict[str, float] | None = None,
) -> str:
    """Book a journey.

    It takes a while.

    Args:
        context: Of the call.
        to: Where to,
            all of it.
        how: By what.
        days: How long.

    Raises:
        ToolError: Never.
    """
    return f"{context.principal.user} to {to.town}/{to.street} by {how}, {days} {notes} {prices}"


def called(tools, name, *, principal=OWNER, seconds=10.0, **arguments):
    call = ToolCall(id="1", name=name, arguments=json.dumps(arguments))
    return Toolbox(tools).call(call, principal=principal, key="k", seconds=seconds)


# Functions


def test_a_schema_follows_from_signature_and_docstring():
    tool = FunctionTool.of(travel, "money")
    assert tool.permissions == {"money"}
    assert tool.spec.name == "travel"
    assert tool.spec.description == "Book a journey. It takes a while."
    assert tool.spec.parameters == {
        "type": "object",
        "properties": {
            "to": {
                "type": "object",
                "properties": {
                    "town": {"type": "string"},
                    "street": {"type": "string"},
                },
                "required": ["town"],
                "additionalProperties": False,
                "description": "Where to, all of it.",
            },
            "how": {
                "type": "string",
                "enum": ["train", "bus"],
                "description": "By what.",
            },
            "days": {"type": "integer", "description": "How long."},
            "notes": {"type": "array", "items": {"type": "string"}},
            "prices": {"type": "object", "additionalProperties": {"type": "number"}},
        },
        "required": ["to", "how"],
        "additionalProperties": False,
    }


def test_arguments_come_as_the_function_takes_them():
    done = called(
        [FunctionTool.of(travel)], "travel", to={"town": "Bern"}, how="bus", days="3",
        notes=["a"], prices={"x": 1},
    )  # fmt: skip
    assert done.text == "me to Bern/ by bus, 3 ['a'] {'x': 1.0}"
    assert not done.is_error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"how": "bus"}, "'to' is missing"),
        ({"to": {"town": "B"}, "how": "ship"}, "one of 'train', 'bus'"),
        ({"to": {"town": "B"}, "how": "bus", "x": 1}, "no argument 'x'"),
        ({"to": {"city": "B"}, "how": "bus"}, "no argument 'city'"),
        ({"to": {"town": "B"}, "how": "bus", "days": "many"}, "has to be integer"),
        ({"to": {"town": "B"}, "how": "bus", "days": True}, "has to be integer"),
        ({"to": {"town": "B"}, "how": "bus", "notes": "a"}, "'notes' has to be"),
        ({"to": "B", "how": "bus"}, "takes an object with town, street"),
    ],
)
def test_wrong_arguments_are_told_to_the_model(arguments, message):
    done = called([FunctionTool.of(travel)], "travel", **arguments)
    assert done.is_error
    assert message in done.text


def test_a_parameter_needs_a_type_that_json_has():
    def plain(x):
        """Nothing."""

    def odd(x: complex):
        """Nothing."""

    for function in (plain, odd):
        with pytest.raises(TypeError):
            FunctionTool.of(function)


# The toolbox


def test_a_call_is_always_answered(caplog):
    def breaks() -> str:
        """Break."""
        msg = "secret /etc/passwd"
        raise RuntimeError(msg)

    def hangs() -> str:
        """Hang."""
        time.sleep(30)
        return ""

    def much() -> str:
        """Return much."""
        return "x" * 50_000_000

    limits = ToolLimits(seconds=0.2, characters=1_000)
    box = Toolbox(
        [
            FunctionTool.of(breaks),
            FunctionTool.of(hangs, limits=limits),
            FunctionTool.of(much, limits=ToolLimits(characters=1_000)),
        ]
    )

    def said(name, arguments="{}"):
        call = ToolCall(id="1", name=name, arguments=arguments)
        return box.call(call, principal=OWNER, key="k", seconds=9).text

    assert said("breaks") == "The tool failed. Do without it."
    assert "secret" in caplog.text
    assert "not done after 0.2 seconds" in said("hangs")
    assert len(said("much")) < 1_100
    assert "50,000,000 characters" in said("much")
    assert "There are: breaks, hangs, much" in said("unknown")
    assert "no JSON" in said("breaks", '{"a": ')
    assert "no JSON object" in said("breaks", "[1]")
    assert "no JSON" in said("breaks", "[" * 100_000)


def test_two_tools_of_one_name_are_refused():
    with pytest.raises(UsageError, match="travel"):
        Toolbox([FunctionTool.of(travel), FunctionTool.of(travel)])


# Computing


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("0.1 + 0.2", "0.3"),
        ("2 ** 100", "1267650600228229401496703205376"),
        ("(1250 × 3 − 50) ÷ 4", "925"),
        ("round(1234.5 * 0.07, 2)", "86.42"),
        ("-7 // 2 + 7 % 4", "-1"),
        ("sum(1, 2, 3.5) + max(1, 9) - sqrt(16)", "11.5"),
        ("1e3", "1000"),
        ("12345678901234567890.12 + 0", "12345678901234567890.12"),
        ("10**34 + 1 - 10**34", "1"),
        ("-7 // 2", "-4"),
        ("-7 % 3", "2"),
        ("round(1.005, 2)", "1.01"),
        ("round(2.5)", "3"),
    ],
)
def test_arithmetic_is_exact(expression, value):
    assert called(computing_tools(), "calculate", expression=expression).text == value


@pytest.mark.parametrize(
    "expression",
    [
        "1 / 0", "9 ** 9 ** 9", "1e600", "999**999", "__import__('os')", "(1).real", "x", "'a' * 9", "",
        "[1] * 9", "sqrt(-1)", "(" * 900, "True + 1", "lambda: 1",
    ],
)  # fmt: skip
def test_what_is_no_arithmetic_is_refused(expression):
    assert called(computing_tools(), "calculate", expression=expression).is_error


def test_dates_are_reckoned():
    tools = computing_tools()
    assert (
        called(tools, "move_date", day="2026-01-31", months=1).text
        == "2026-02-28 Saturday"
    )
    assert (
        called(tools, "move_date", day="2024-02-29", years=-1, days=1).text
        == "2023-03-01 Wednesday"
    )
    assert (
        called(tools, "days_between", start="2024-02-28", end="2024-03-01").text == "2"
    )
    assert called(tools, "move_date", day="2026-01-31", years=99_999).is_error
    assert called(tools, "days_between", start="tomorrow", end="2024-03-01").is_error
    assert called(tools, "current_time", timezone="Asia/Shanghai").text.endswith(
        "+0800"
    )
    assert called(tools, "current_time", timezone="../../etc/passwd").is_error


def test_units_are_converted():
    tools = computing_tools()
    pytest.importorskip("pint")
    assert (
        called(tools, "convert_units", value=90, unit="km/h", to="m/s").text
        == "25 m / s"
    )
    assert (
        called(tools, "convert_units", value=212, unit="degF", to="degC").text
        == "100 °C"
    )
    assert called(tools, "convert_units", value=1, unit="kg", to="m").is_error
    for unit in ("9**9**8*m", "m^9^9", "m**99999999", "2*m"):
        assert called(tools, "convert_units", value=1, unit=unit, to="m").is_error


# Documents


@pytest.fixture
def assistant(tmp_path):
    with Assistant(store=Bases(tmp_path / "home").open("kb", create=True)) as made:
        made.add(
            [
                document("hr/leave.md", "Annual leave is 25 days."),
                document(
                    "hr/pay.md", "Salaries rise by 3 %.", readers=("group:board",)
                ),
            ],
            principal=OWNER,
        )
        yield made


def test_documents_are_found_and_read_as_the_caller_may(assistant):
    tools = document_tools(assistant)
    ada = Principal(user="ada")
    board = Principal(user="bo", groups=frozenset({"board"}))
    for principal, salaries in ((ada, 0), (board, 1)):
        found = called(tools, "search_documents", query="salaries", principal=principal)
        assert len(found.passages) == salaries
        read = called(tools, "read_document", source="hr/pay.md", principal=principal)
        assert read.is_error is not bool(salaries)
        listed = called(tools, "list_documents", principal=principal).text
        assert ("pay.md" in listed) is bool(salaries)
    leave = called(tools, "read_document", source="hr/leave.md", principal=ada)
    assert leave.passages[0].chunk.text == "Annual leave is 25 days."
    assert called(tools, "read_document", source="hr/leave.md", start=9).is_error
    assert called(tools, "search_documents", query="leave", where="nonsense").is_error
    assert called(tools, "list_documents", under="it/").text == "There is no document."


# Files


def test_files_are_reached_within_the_folder_alone(tmp_path):
    folder = tmp_path / "granted"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.md").write_text("# Title\n\nText.")
    (tmp_path / "secret.txt").write_text("no")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    tools = file_tools(folder)
    assert called(tools, "list_files").text.split() == ["a.md", "link.txt", "sub/"]
    assert "Text." in called(tools, "read_file", path="a.md").text
    for path in (
        "../secret.txt",
        "link.txt",
        str(tmp_path / "secret.txt"),
        "a\0b",
        "no",
    ):
        assert called(tools, "read_file", path=path).is_error, path
    assert called(tools, "write_file", path="../x.txt", text="x").is_error
    assert not (tmp_path / "x.txt").exists()
    assert not called(tools, "write_file", path="sub/n.txt", text="你好").is_error
    assert (folder / "sub/n.txt").read_text() == "你好"
    assert called(tools, "write_file", path="sub/n.txt", text="x").is_error
    assert not called(
        tools, "write_file", path="sub/n.txt", text="x", overwrite=True
    ).is_error
    assert {t.spec.name: t.permissions for t in tools}["write_file"] == {"write"}


# Databases


@pytest.fixture
def shop(tmp_path):
    file = tmp_path / "shop.sqlite"
    with sqlite3.connect(file) as database:
        database.executescript(
            "create table orders (id integer, town text, total real);"
            "create table passwords (word text);"
            "insert into orders values (1, 'Bern', 10.5), (2, 'Basel', 20), (3, 'Bern', 5);"
            "insert into passwords values ('hunter2');"
            "create view large as select * from orders where total > 9;"
        )
    return database_tools(f"sqlite:///{file}", ["orders", "large"])


def test_tables_are_described_and_read(shop):
    assert (
        "orders: id (INTEGER), town (TEXT), total (REAL)"
        in called(shop, "describe_tables").text
    )
    rows = called(
        shop, "query_table", table="orders", columns=["town", "total"],
        where=[{"column": "total", "operator": ">", "value": 6}],
        order={"column": "total", "descending": True},
    ).text  # fmt: skip
    assert rows == "town\ttotal\nBasel\t20.0\nBern\t10.5"
    sums = called(
        shop, "query_table", table="orders",
        aggregate={"function": "sum", "column": "total", "group_by": ["town"]},
        order={"column": "sum"},
    ).text  # fmt: skip
    assert sums == "town\tsum\nBern\t15.5\nBasel\t20.0"
    count = called(shop, "query_table", table="large", aggregate={"function": "count"})
    assert count.text == "count\n2"
    short = called(shop, "query_table", table="orders", limit=1).text
    assert "more than these 1 rows" in short


def test_nothing_but_the_listed_tables_is_read(shop):
    assert called(shop, "query_table", table="passwords").is_error
    assert called(shop, "query_table", table="orders", columns=["word"]).is_error
    quoted = "'; drop table orders; --"
    where = [{"column": "town", "operator": "=", "value": quoted}]
    assert (
        called(shop, "query_table", table="orders", where=where).text
        == "id\ttown\ttotal"
    )
    bad = [{"column": "town", "operator": "= 1 or", "value": 1}]
    assert called(shop, "query_table", table="orders", where=bad).is_error
    assert called(
        shop, "query_table", table="orders", order={"column": quoted}
    ).is_error


def test_a_database_that_is_not_there_is_a_mistake_of_the_user(tmp_path):
    with pytest.raises(UsageError, match="database"):
        database_tools(f"sqlite:///{tmp_path}/none.sqlite", ["x"])


# The web


@pytest.fixture
def site():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            results = [{"title": "T", "url": "https://x.example/", "content": "about"}]
            body = json.dumps({"results": results}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_web_is_searched_where_the_operator_says(site):
    tools = web_tools(search_url=site)
    assert (
        called(tools, "search_web", query="x y").text == "T\nhttps://x.example/\nabout"
    )
    assert all(tool.permissions == {"network"} for tool in tools)
    assert [tool.spec.name for tool in web_tools()] == ["fetch_page"]


def test_a_page_on_this_machine_is_not_fetched(site):
    done = called(web_tools(search_url=site), "fetch_page", url=f"{site}/secret")
    assert done.is_error
    assert "about" not in done.text


def test_an_error_of_a_tool_says_what_to_do():
    context = ToolContext(principal=OWNER, key="k", deadline=0.0)
    with pytest.raises(ToolError, match="2026-11-28"):
        computing_tools()[3].call({"start": "x", "end": "y"}, context)


# Python


@pytest.mark.skipif(not limits_hold(), reason="no limits of processes here")
@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("print(sum(range(10)))", "45"),
        ("x = 1", "printed nothing"),
        ("1 / 0", "ZeroDivisionError"),
        ("if", "SyntaxError"),
        ("raise SystemExit", "printed nothing"),
        ("open('/etc/passwd').read()", "PermissionError"),
        ("open('/tmp/x', 'w')", "write a file"),
        ("import socket; socket.create_connection(('127.0.0.1', 80))", "may not"),
        ("import subprocess; subprocess.run(['ls'])", "start a program"),
        ("import os; os.fork()", "start a process"),
        ("import os; print(os.environ.get('HOME'), dict(os.environ))", "None"),
        ("x = 'a' * 10**10", "MemoryError"),
        ("import ctypes; ctypes.string_at(0)", "code -11"),
    ],
)
def test_python_runs_behind_walls(program, said):
    assert said in called(python_tools(), "run_python", program=program).text


@pytest.mark.skipif(not limits_hold(), reason="no limits of processes here")
def test_python_that_does_not_end_is_ended():
    tools = python_tools()
    done = called(tools, "run_python", program="while True: pass", seconds=3.0)
    assert done.is_error


# Servers of tools


SERVER = """
from mcp.server import MCPServer
server = MCPServer("things")

@server.tool()
def double(number: int) -> int:
    "Double a number."
    return number * 2

@server.tool()
def fail() -> str:
    "Fail."
    raise ValueError("no")

@server.tool()
def slow() -> str:
    "Wait."
    import time
    time.sleep(30)
    return ""

server.run("stdio")
"""


def test_a_server_of_tools_is_started_and_asked(tmp_path):
    program = tmp_path / "server.py"
    program.write_text(SERVER)
    with ToolServer(
        "t", command=(sys.executable, str(program)), permissions=frozenset({"network"})
    ) as server:
        tools = server.tools()
        assert {tool.spec.name for tool in tools} == {"t_double", "t_fail", "t_slow"}
        double = next(tool for tool in tools if tool.spec.name == "t_double")
        assert double.permissions == {"network"}
        assert double.spec.description == "Double a number."
        assert double.spec.parameters["properties"]["number"]["type"] == "integer"
        assert called(tools, "t_double", number=21).text == "42"
        assert called(tools, "t_double", number="x").is_error
        assert called(tools, "t_fail").is_error
        assert called(tools, "t_slow", seconds=1.0).is_error
        assert called(tools, "t_double", number=2).text == "4"


def test_a_server_that_does_not_start_is_named(tmp_path):
    command = (sys.executable, "-c", "raise SystemExit(3)")
    server = ToolServer("broken", command=command)
    with pytest.raises(UsageError, match="'broken'"), server:
        pass


# What a review has found


def test_a_draft_of_a_file_follows_no_link(tmp_path):
    folder = tmp_path / "granted"
    folder.mkdir()
    outside = tmp_path / "outside.txt"
    outside.write_text("kept")
    (folder / ".note.md.new").symlink_to(outside)
    tools = file_tools(folder)
    assert not called(tools, "write_file", path="note.md", text="x").is_error
    assert outside.read_text() == "kept"
    (folder / "secret.txt").write_text("a")
    (folder / "secret.txt").chmod(0o600)
    called(tools, "write_file", path="secret.txt", text="b", overwrite=True)
    assert (folder / "secret.txt").stat().st_mode & 0o777 == 0o600
    for name in ("read_file", "list_files", "write_file"):
        key = "folder" if name == "list_files" else "path"
        more = {"text": "x"} if name == "write_file" else {}
        done = called(tools, name, **{key: "x" * 300}, **more)
        assert done.is_error
        assert "The tool failed" not in done.text


def test_values_of_a_database_keep_their_kind(tmp_path):
    file = tmp_path / "a.sqlite"
    with sqlite3.connect(file) as database:
        database.executescript(
            "create table t (id bigint, zip text, day date);"
            "insert into t values (9007199254740993, '12345', '2.1.2026'), (1, '2', 5);"
        )
    tools = database_tools(f"sqlite:///{file}", ["t"])

    def rows(value, column="id", operator="="):
        where = [{"column": column, "operator": operator, "value": value}]
        return called(tools, "query_table", table="t", columns=["id"], where=where)

    assert rows(9007199254740993).text == "id\n9007199254740993"
    assert rows(12345, "zip").text == "id\n9007199254740993"
    assert "is null" in rows(None).text
    assert not rows(1, "day", "!=").is_error
    assert "2.1.2026" in called(tools, "query_table", table="t").text


def test_a_late_effect_is_not_asked_for_again():
    def slow() -> str:
        """Wait."""
        time.sleep(1.0)
        return "sent"

    limits = ToolLimits(seconds=0.1)
    assert (
        "do not call it again"
        in called([FunctionTool.of(slow, "write", limits=limits)], "slow").text
    )


def test_passages_count_against_the_limit(assistant):
    found = document_tools(assistant)[0]
    assert isinstance(found, FunctionTool)
    tight = replace(found, limits=ToolLimits(characters=10))
    done = called([tight], "search_documents", query="leave salaries", principal=OWNER)
    assert len(done.passages) == 1
