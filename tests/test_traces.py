import json
import subprocess
import sys


def test_off_until_configured_a_span_records_and_loads_nothing():
    program = (
        "import sys\nfrom erya import traces\n"
        "with traces.span('ask', hits=1) as told:\n    told['x'] = 1\n"
        "assert traces.trace_id() == ''\n"
        "assert not any(m.startswith('opentelemetry') for m in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_configured_each_step_of_a_question_is_a_span_without_any_text(
    folder, tmp_path
):
    file = tmp_path / "spans" / "erya.jsonl"
    command = [sys.executable, "-m", "erya", "ask", "How many days of annual leave?"]
    done = subprocess.run(
        [*command, str(folder), "--json", "--home", str(tmp_path / "home")],
        env={"ERYA_TRACE_FILE": str(file), "PATH": "", "ERYA_USER": "t"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    spans = [json.loads(line) for line in file.read_text().splitlines()]
    names = {span["name"] for span in spans}
    assert names >= {"ask", "retrieve", "answer", "verify", "ingest", "load", "index"}
    asked = next(span for span in spans if span["name"] == "ask")
    answer = json.loads(done.stdout)
    assert answer["trace_id"] == asked["context"]["trace_id"].removeprefix("0x")
    assert "annual" not in file.read_text()
