import io
import json
import socket
import sys
from pathlib import Path

import pytest

from erya.cli.main import main
from erya.stores.embedded import EmbeddedStore
from tests import postgres_server

EXAMPLES = Path(__file__).parent.parent / "examples"


# Rooms and files whose tests start programs, or read large files or many.
_SLOW = (
    "cli/", "indexing/", "jobs/", "sources/", "real_models/",
    "evaluating/test_answers", "evaluating/test_benchmarks", "evaluating/test_transcripts", "evaluating/test_questions",
    "loading/test_pdf", "loading/test_pool", "loading/test_markdown", "loading/test_docx",
    "loading/test_formats", "loading/test_walls", "loading/test_xml", "loading/test_office",
    "models/test_importing", "models/test_keys", "models/test_local_embedding",
    "models/test_openai", "models/test_rerank", "models/test_streams",
    "preparing/test_further", "stores/test_bases", "stores/test_durability",
    "stores/test_embedded", "stores/test_postgres", "stores/test_scoring",
    "tools/test_tools", "test_asking", "test_examples", "test_extras", "test_floors", "test_shape", "test_traces",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    """Mark what `make quick` leaves out."""
    tests = Path(__file__).parent
    for item in items:
        if item.path.relative_to(tests).as_posix().startswith(_SLOW):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch):
    """No test reaches past this machine."""
    connect = socket.socket.connect

    def checked(self, address):
        host = address[0] if isinstance(address, tuple) else address
        assert host in {"127.0.0.1", "::1", "localhost"}, f"a test connects to {host}"
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", checked)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Give each test a home of its own, and no settings of the machine."""
    folder = tmp_path / "home"
    working = tmp_path / "work"
    working.mkdir()
    monkeypatch.chdir(working)
    monkeypatch.setenv("ERYA_HOME", str(folder))
    monkeypatch.setenv("ERYA_USER", "tester")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("ERYA_CONFIG", raising=False)
    return folder


@pytest.fixture(scope="session")
def postgres():
    """The address of a real PostgreSQL, which is thrown away at the end."""
    if postgres_server.programs() is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with postgres_server.running() as server:
        yield server.address


@pytest.fixture
def store(tmp_path):
    """An empty base."""
    store = EmbeddedStore(tmp_path / "base", name="test")
    yield store
    store.close()


class Ran:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def erya(monkeypatch, capsys):
    """Run the program in this process, as its entry point does."""

    def run(*arguments: object, stdin: str = "") -> Ran:
        monkeypatch.setattr(sys, "argv", ["erya", *map(str, arguments)])
        if stdin:
            monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def folder(tmp_path):
    """A small folder of documents in both languages."""
    root = tmp_path / "docs"
    (root / "人事").mkdir(parents=True)
    (root / "leave.md").write_text(
        "# Leave\n\n## Annual leave\n\nEvery employee has 25 days of annual leave. "
        "Anna Berg approves requests.\n\n## Sick leave\n\nCall before 9:30.\n",
        encoding="utf-8",
    )
    (root / "travel.html").write_text(
        "<title>Travel</title><h1>Travel</h1><p>Hotels may cost EUR 140 a night.</p>"
        "<script>evil()</script>",
        encoding="utf-8",
    )
    (root / "人事" / "年假.txt").write_text(
        "年假制度\n\n工龄满十年的员工每年有 15 天年假。\n", encoding="gb18030"
    )
    return root
