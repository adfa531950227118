"""The examples do what their texts say."""

import importlib.util
import re
import sys
from types import SimpleNamespace

import pytest

from erya.language import language_of
from tests.conftest import EXAMPLES


@pytest.fixture
def found():
    spec = importlib.util.spec_from_file_location(
        "found", EXAMPLES / "scoring" / "found.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["found"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["found"]


def test_what_other_systems_found_is_scored(found, erya, tmp_path):
    """Of the forms that langchain-core 1.7, llama-index-core 0.14 and Dify return."""
    document = SimpleNamespace(metadata={"source": "d1"})
    other = SimpleNamespace(metadata={"source": "d2"})
    langchain = found.of_langchain(
        [(document, 0.9), (other, 0.1), (document, 0.4)], distance=True
    )
    node = SimpleNamespace(
        node=SimpleNamespace(ref_doc_id="d1", metadata={"name": "n1"}), score=0.5
    )
    llama_index = found.of_llama_index([node])
    record = {"segment": {"document": {"name": "a b.md"}}, "score": 0.5}
    dify = found.of_dify({"records": [record, {**record, "score": 0.7}]})

    assert langchain == {"d1": -0.4, "d2": -0.1}
    assert llama_index == {"d1": 0.5}
    assert found.of_llama_index([node], key="name") == {"n1": 0.5}
    assert dify == {"a b.md": 0.7}
    found.write_run(tmp_path / "run", {"q1": langchain, "q2": dify}, tag="x")
    (tmp_path / "qrels").write_text("q1 0 d1 1\nq2 0 a_b.md 1\n")
    scores = erya(
        "evaluate",
        "retrieval",
        "--run",
        tmp_path / "run",
        "--qrels",
        tmp_path / "qrels",
        "--json",
    ).json
    assert (scores["mrr@10"], scores["hit@1"]) == (0.75, 0.5)


def test_the_example_ladder_climbs(erya):
    rungs = erya("ladder", EXAMPLES / "ladder.toml", "--queries", "6", "--json").json[
        "rungs"
    ]

    assert [(rung["rung"], rung["measured"]) for rung in rungs] == [
        ("words", True),
        ("words and meaning", True),
        ("fewer passages", True),
        ("fine-tuned model", False),
    ]


# What each question of the texts and of `--help` is answered with, from the handbook.
_SHOWN = {
    "How fast must I report a stolen phone?": "within two hours",
    "Who approves travel?": "approved by your department head",
    "谁批准出差？": "approved by your department head",
    "How long is the warranty?": "24 months",
    "忘记打卡了怎么办？": "两个工作日内",
    "婚假有几天？": "13 天",
    "每周可以远程办公几天？": "每周最多可以远程办公两天",
    "保修多久？": "18 个月",
}


def test_every_question_that_is_shown_is_answered_right(erya, tmp_path):
    root = EXAMPLES.parent
    texts = [
        (root / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md")
    ]
    texts += [erya("ask", "--help").out, erya("--help").out]
    texts.append((root / "Makefile").read_text("utf-8"))
    asked = set(re.findall(r"erya ask [\"'](.+?)[\"']", "\n".join(texts)))

    assert asked == _SHOWN.keys()
    erya("ingest", EXAMPLES / "handbook", "--kb", "handbook")
    for question, right in _SHOWN.items():
        answer = erya("ask", question, "--kb", "handbook").out
        told = re.split("Sources:|来源：", answer)[0]
        assert right in " ".join(told.split()), question


def test_who_asks_in_chinese_and_is_answered_in_it_gets_no_english_beside(erya):
    erya("ingest", EXAMPLES / "handbook", "--kb", "handbook")

    citations = erya("ask", "忘记打卡了怎么办？", "--kb", "handbook", "--json").json[
        "citations"
    ]

    assert "两个工作日内" in citations[0]["quote"]
    assert all(language_of(each["quote"]) == "zh" for each in citations)
