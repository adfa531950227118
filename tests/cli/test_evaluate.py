"""Measuring from the command line, as a person and as a pipeline use it."""

import csv
import json
import re

import pytest

from erya.testing import ChatServer, Reply

QUESTIONS = [
    {"id": "leave", "question": "How many days of annual leave does an employee have?", "answers": ["25 days"]},
    {"id": "sick", "question": "By when do I call when I am sick?", "answers": ["9:30"]},
    {"id": "years", "question": "工龄满十年有几天年假？", "answers": ["15 天"]},
    {"id": "cup", "question": "Which football team won the cup?", "answers": []},
]  # fmt: skip


@pytest.fixture
def questions(tmp_path):
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in QUESTIONS), "utf-8")
    return path


@pytest.fixture
def base(erya, folder):
    assert erya("ingest", folder, "--kb", "docs").code == 0


def test_a_base_is_asked_what_is_known(erya, base, questions, tmp_path):
    done = erya(
        "evaluate", "answers", "docs", questions, "--csv", tmp_path / "out.csv", "--html", tmp_path / "out.html",
    )  # fmt: skip

    assert done.code == 0, done.err
    assert "contains            1.0000" in done.out
    assert "Kept as the run" in done.out
    with (tmp_path / "out.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ["leave", "sick", "years", "cup"]
    assert rows[0]["contains"] == "1.0"
    assert "Which football team" in (tmp_path / "out.html").read_text("utf-8")


def test_a_measurement_that_is_stopped_says_how_it_goes_on(
    erya, base, questions, monkeypatch
):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("erya.evaluating.experiments.evaluate_answers", stopped)

    done = erya("evaluate", "answers", "docs", questions)

    assert done.code == 130
    assert "The same command goes on" in done.err


def test_a_run_is_repeated_and_listed(erya, base, questions):
    first = erya("evaluate", "answers", "docs", questions, "--json").json

    again = erya("evaluate", "rerun", first["run"], "--json").json

    assert again["first"] == first["run"]
    assert again["metrics"]["contains"]["difference"] == 0.0
    assert again["changed"] == again["notes"] == []
    listed = erya("evaluate", "runs", "--json").json["runs"]
    assert [run["items"] for run in listed] == [4, 4]
    assert listed[0]["spec"]["base"]["documents"] == 3
    assert first["run"] in erya("evaluate", "runs").out


def test_a_filter_is_kept_with_the_run_and_holds_when_it_is_repeated(
    erya, base, questions
):
    within = ("--filter", "under=/nowhere", "--json")
    first = erya("evaluate", "answers", "docs", questions, *within).json
    assert first["over_refusal"] == 1.0

    again = erya("evaluate", "rerun", first["run"], "--json").json
    assert again["changed"] == []
    specs = [each["spec"] for each in erya("evaluate", "runs", "--json").json["runs"]]
    assert [spec["filter"] for spec in specs] == [["under", ["/nowhere"]]] * 2


def test_settings_are_compared_on_a_base_of_their_own(
    erya, folder, questions, tmp_path
):
    (tmp_path / "a.toml").write_text("passages = 1\n")
    (tmp_path / "b.toml").write_text("chunk_tokens = 64\n")

    done = erya(
        "compare", tmp_path / "a.toml", tmp_path / "b.toml", "--data", questions, "--docs", folder,
        "--html", tmp_path / "both.html",
    )  # fmt: skip

    assert done.code == 0, done.err
    assert "no difference shown" in done.out
    assert "4 questions in both" in done.out
    assert (tmp_path / "both.html").is_file()
    runs = erya("evaluate", "runs", "--json").json["runs"]
    assert [run["spec"]["settings"]["passages"] for run in runs] == [1, 8]
    assert erya("evaluate", "rerun", runs[0]["run"], "--json").json["changed"] == []


def test_held_out_questions_do_not_choose_settings_unless_said(
    erya, base, folder, tmp_path
):
    path = tmp_path / "q.jsonl"
    rows = [{**QUESTIONS[0], "split": "held_out"}, {**QUESTIONS[1], "split": "train"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (tmp_path / "a.toml").write_text("passages = 1\n")
    given = [
        "compare",
        tmp_path / "a.toml",
        tmp_path / "a.toml",
        "--data",
        path,
        "--docs",
        folder,
    ]

    assert "1 of 2 questions" in erya(*given).err
    assert "1 questions in both" in erya(*given, "--split", "train").out
    assert "2 questions in both" in erya(*given, "--use-held-out").out
    assert erya("evaluate", "answers", "docs", path, "--json").json["questions"] == 2


def scored(erya, tmp_path, name, right):
    """Score a run of forty questions of which the first `right` are found."""
    run, qrels = tmp_path / f"{name}.trec", tmp_path / "qrels.tsv"
    qrels.write_text("".join(f"q{n}\td{n}\t1\n" for n in range(40)), "utf-8")
    run.write_text(
        "".join(f"q{n} Q0 {'d' if n < right else 'x'}{n} 1 1 t\n" for n in range(40)),
        "utf-8",
    )
    found = erya(
        "evaluate",
        "retrieval",
        "--run",
        run,
        "--qrels",
        qrels,
        "--metrics",
        "hit@1",
        "--json",
    ).json
    assert found["hit@1"] == right / 40
    return found["run"]


def test_a_gate_stops_what_is_worse_and_lets_the_rest_through(erya, tmp_path):
    good, bad = scored(erya, tmp_path, "good", 30), scored(erya, tmp_path, "bad", 10)

    passed = erya("gate", "--baseline", bad, "--run", good, "--other-data")
    stopped = erya("gate", "--baseline", good, "--other-data", "--json")

    assert (passed.code, stopped.code) == (0, 4)
    assert "Passed" in passed.out
    assert stopped.json["regressed"] == ["hit@1"]
    assert not stopped.json["passed"]
    assert (
        "REGRESSED: hit@1 from 0.7500 to 0.2500"
        in erya("gate", "--baseline", good, "--other-data").out
    )
    assert (
        erya("gate", "--baseline", good, "--other-data", "--min-drop", "0.6").code == 0
    )


def test_a_gate_wants_all_questions_of_the_baseline(erya, base, questions):
    erya("evaluate", "answers", "docs", questions)
    before = erya("evaluate", "runs", "--json").json["runs"][-1]["run"]
    erya("evaluate", "answers", "docs", questions, "--queries", "2")

    done = erya("gate", "--baseline", before)

    assert done.code == 2
    assert "lacks 2 of the 4 questions" in done.err
    assert erya("gate", "--baseline", before, "--other-data").code == 0


def test_a_gate_wants_the_same_data(erya, tmp_path):
    good, bad = scored(erya, tmp_path, "good", 30), scored(erya, tmp_path, "bad", 10)

    done = erya("gate", "--baseline", good, "--run", bad)

    assert done.code == 2
    assert "measured different data" in done.err


def test_what_a_chat_model_said_is_measured_and_not_asked_again(
    erya, base, questions, tmp_path
):
    with ChatServer(Reply(text="You have 25 days of annual leave [1].")) as server:
        erya(
            "models",
            "add",
            "chat",
            "local",
            "--base-url",
            server.base_url,
            "--model",
            "m",
        )
        first = erya(
            "evaluate", "answers", "docs", questions, "--model", "local", "--json"
        ).json
        again = erya("evaluate", "rerun", first["run"], "--json").json

        assert len(server.requests) == 4
    assert first["figures"] == {
        "model_calls": 4,
        "repeated": 0,
        "questions": {"kinds": {"other": 4}, "overlap": None, "unmatched": 0},
    }
    assert first["tokens"]["input"] == 28
    assert first["spec"]["models"]["chat"]["model"] == "m"
    assert first["spec"]["prompts"]["answer"]
    assert again["changed"] == []


def test_what_a_paid_model_costs_is_told(erya, base, questions):
    with ChatServer(Reply(text="You have 25 days of annual leave [1].")) as server:
        erya(
            "models", "add", "chat", "paid", "--base-url", server.base_url, "--model", "m",
            "--input-price", "2", "--output-price", "10",
        )  # fmt: skip
        asked = ("evaluate", "answers", "docs", questions, "--model", "paid")
        found = erya(*asked, "--json").json
        told = erya(*asked).out
        assert len(server.requests) == 4
        erya(*asked, "--again")
        assert len(server.requests) == 8
    spent = found["tokens"]
    cost = (spent["input"] * 2 + spent["output"] * 10) / 1e6
    assert found["cost"] == pytest.approx(cost) != 0
    assert f"Cost: {cost:.4f}, or {cost * 250:.4f} for 1,000 items." in told
    summary = erya("evaluate", "summary", found["run"]).json
    assert summary["cost"] == pytest.approx(cost)


def test_a_price_is_a_number_of_money(erya):
    done = erya(
        "models", "add", "chat", "paid", "--base-url", "http://localhost:1/v1", "--model", "m",
        "--input-price", "-1",
    )  # fmt: skip

    assert done.code == 2
    assert "price is 0 or more" in done.err


def test_a_line_that_matches_nothing_is_named(erya, base, tmp_path):
    lines = [
        {"question": "How?", "answers": ["so"], "source": "other.md", "quote": "so"},
        {"question": "多少天？", "answers": ["99"], "quote": "年假有 99 天"},
    ]
    file = tmp_path / "theirs.jsonl"
    file.write_text("\n" + "\n".join(map(json.dumps, lines)), "utf-8")

    done = erya("evaluate", "answers", "docs", file)

    assert done.code == 0
    assert "line 2, matches nothing: the base has no document 'other.md'" in done.err
    assert "line 3, matches nothing: no document has the words '年假有 99" in done.err


def test_right_and_wrong_come_first_and_the_set_is_described(erya, base, questions):
    told = erya("evaluate", "answers", "docs", questions).out

    before, after = told.split("METRIC")
    assert re.match(r"Of \d+ questions: \d+ right, \d+ partly, \d+ wrong,", before)
    assert "Questions by kind: " in before
    assert after.index("over_refusal") < after.index("bleu")


def test_answers_are_judged_and_the_users_rules_count(erya, base, questions, tmp_path):
    (tmp_path / "rules.txt").write_text("Be brief\n\nName the source\n", "utf-8")
    said = '{"score": 2, "useful": [true], "held": [true], "carried": [true], "kept": [true, false]}'
    with ChatServer(Reply(text=said)) as server:
        erya(
            "models",
            "add",
            "chat",
            "strict",
            "--base-url",
            server.base_url,
            "--model",
            "m",
        )
        found = erya(
            "evaluate", "answers", "docs", questions, "--judge", "strict", "--guidelines", tmp_path / "rules.txt",
            "--queries", "4", "--json",
        ).json  # fmt: skip
        again = erya("evaluate", "rerun", "last", "--json").json

    assert found["correctness"] == 2.0
    assert found["guidelines"] == 0.5
    assert found["tokens"]["judge_input"] > 0
    assert "judge correctness" in found["spec"]["prompts"]
    assert again["changed"] == []
    done = erya(
        "evaluate", "answers", "docs", questions, "--guidelines", tmp_path / "rules.txt"
    )
    assert "name one with --judge" in done.err


def test_a_judge_is_held_against_people(erya, tmp_path):
    rows = [
        {
            "id": f"{n}",
            "question": f"q{n // 2}",
            "answer": f"a{n}",
            "accepted": ["b"],
            "label": 1 + n % 5 if n < 8 else None,
        }
        for n in range(12)
    ]
    path = tmp_path / "labelled.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    replies = [Reply(text=json.dumps({"score": 1 + n % 5})) for n in range(12)]
    with ChatServer(*replies, Reply(text='{"score": 3, "better": "first"}')) as server:
        erya(
            "models",
            "add",
            "chat",
            "strict",
            "--base-url",
            server.base_url,
            "--model",
            "m",
        )
        found = erya("evaluate", "judge", path, "--judge", "strict", "--json").json
        shown = erya("evaluate", "judge", path, "--judge", "strict")

    assert (found["metric"], found["labelled"], found["not_judged"]) == (
        "correctness",
        8,
        0,
    )
    assert found["kappa"] == found["pearson"] == found["spearman"] == 1.0
    summary = erya("evaluate", "summary", found["run"]).json
    assert summary["figures"] == {
        "model_calls": 12,
        "repeated": 0,
        "probe_calls": 12 + 24,
    }
    assert summary["tokens"]["judge_input"] == 12 * 7
    assert summary["cost"] is None  # the judge has no prices
    assert found["position_bias"] == {"value": 1.0, "items": 6, "not_judged": 0}
    assert found["length_bias"]["items"] == 12
    assert found["estimate"][1] < found["estimate"][0] < found["estimate"][2]
    assert "Cohen's kappa" in shown.out
    assert "100% of 6 turn" in shown.out


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"answer": "a"}, "line 1, lacks accepted, or passages"),
        ({"question": "q"}, "line 1, lacks answer"),
        ({"answer": "a", "accepted": ["b"]}, "0 items with a label"),
    ],
)
def test_labels_that_are_none_are_told_with_their_line(erya, tmp_path, row, said):
    path = tmp_path / "labelled.jsonl"
    path.write_text(json.dumps(row) + "\n", "utf-8")
    erya(
        "models",
        "add",
        "chat",
        "strict",
        "--base-url",
        "http://127.0.0.1:9/v1",
        "--model",
        "m",
    )

    assert said in erya("evaluate", "judge", path, "--judge", "strict").err


LADDER = """
data = "questions.jsonl"
docs = "docs"
[[rung]]
name = "alone"
kind = "prompt"
chat_model = "local"
price = { input = 1.0, output = 2.0 }
[[rung]]
name = "words"
embedding_model = ""
[[rung]]
name = "trained"
kind = "fine-tuned"
"""


def test_a_ladder_measures_its_rungs_and_names_those_to_come(
    erya, folder, questions, tmp_path
):
    path = tmp_path / "ladder.toml"
    path.write_text(LADDER, "utf-8")
    with ChatServer(Reply(text="25 days")) as server:
        erya(
            "models",
            "add",
            "chat",
            "local",
            "--base-url",
            server.base_url,
            "--model",
            "m",
        )
        alone, words, trained = erya("ladder", path, "--json").json["rungs"]
        shown = erya("ladder", path, "--html", tmp_path / "ladder.html")
        asked = server.requests

    assert (alone["contains"], words["contains"]) == (1 / 3, 1.0)
    assert (alone["refusal"], words["refusal"]) == (0.0, 1.0)
    assert alone["cost_per_1000"] == pytest.approx((7 * 1.0 + 2 * 2.0) / 1e6 * 1000)
    assert words["over_the_one_before"]["difference"] == pytest.approx(2 / 3, abs=1e-4)
    assert trained == {"rung": "trained", "kind": "fine-tuned", "measured": False}
    assert not any(
        "Passages" in message["content"]
        for request in asked
        for message in request["messages"]
    )
    assert len(asked) == 4
    assert "not in this version" in shown.out
    assert "alone" in (tmp_path / "ladder.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "needs data"),
        ("nonsense", "cannot be read"),
        ('data = "q.jsonl"\n[[rung]]\nkind = "flying"', "of the kind 'flying'"),
        ('data = "q.jsonl"\n[[rung]]\nprice = 3', "the price of 'rung 1'"),
        (
            'data = "q.jsonl"\n[[rung]]\nkind = "fine-tuned"',
            "no rung that this version",
        ),
        ('data = "q.jsonl"\n[[rung]]\nkind = "prompt"', "give it a chat_model"),
        ('data = "q.jsonl"\n[[rung]]\nspeed = 3', "Unknown setting 'speed'"),
    ],
)
def test_a_ladder_that_is_none_is_told(erya, tmp_path, content, said):
    path = tmp_path / "ladder.toml"
    path.write_text(content, "utf-8")

    done = erya("ladder", path)

    assert done.code == 2
    assert said in done.err


def test_benchmarks_are_listed_and_those_to_come_say_what_they_will_take(
    erya, tmp_path
):
    assert {"rgb", "squad", "chunking"} <= {
        each["name"]
        for each in erya("evaluate", "benchmark", "--json").json["benchmarks"]
    }
    assert "recall" in erya("evaluate", "benchmark").out
    assert (
        "false_answers"
        in erya("evaluate", "benchmark", "recall", "--data", tmp_path).err
    )
    assert "corpus.jsonl" in erya("evaluate", "benchmark", "squad").err
    assert (
        "no benchmark 'nonsense'"
        in erya("evaluate", "benchmark", "nonsense", "--data", tmp_path).err
    )
    assert (
        "no folder"
        in erya("evaluate", "benchmark", "rgb", "--data", tmp_path / "none").err
    )


@pytest.fixture
def reranking(erya):
    with ChatServer(Reply()) as server:
        erya(
            "models", "add", "rerank", "bge", "--base-url", server.base_url, "--model", "m"
        )  # fmt: skip
        yield server


def test_a_rerank_model_is_added_tried_and_removed(erya, reranking):
    assert tuple(erya("models", "list").out.split("\n")[1].split()[:2]) == (
        "rerank",
        "bge",
    )
    assert erya("models", "list", "--json").json["rerank"][0]["model"] == "m"
    assert "scored two passages" in erya("models", "test", "bge").out
    assert erya("models", "remove", "bge").code == 0
    assert erya("models", "list", "--json").json["rerank"] == []
    done = erya("search", "leave", "--rerank", "bge")
    assert "no rerank model 'bge'" in done.err
    assert "erya models add rerank" in done.err


def test_a_rerank_model_orders_what_is_found(erya, base, reranking):
    found = erya(
        "search", "sick call", "--kb", "docs", "--rerank", "bge", "--json"
    ).json
    told = [hit["scores"]["rerank"] for hit in found["hits"]]
    assert told == sorted(told, reverse=True)
    assert len(told) > 0
    explained = erya(
        "search", "sick call", "--kb", "docs", "--rerank", "bge", "--explain"
    )
    assert "rerank   rank 1, score" in explained.out
    asked = erya(
        "ask", "By when do I call when I am sick?", "--kb", "docs", "--rerank", "bge"
    )
    assert "9:30" in asked.out
    assert all(path == "/v1/rerank" for path in reranking.paths)


def test_reranking_is_measured_beside_the_search_alone(erya, reranking, tmp_path):
    corpus = [{"_id": "a", "title": "", "text": "leave leave days days"},
              {"_id": "b", "title": "", "text": "how many days of leave"}]  # fmt: skip
    for name, rows in (
        ("corpus.jsonl", corpus),
        ("queries.jsonl", [{"_id": "q", "text": "how many days of leave"}]),
    ):
        (tmp_path / name).write_text(
            "".join(json.dumps(r) + "\n" for r in rows), "utf-8"
        )
    (tmp_path / "qrels.tsv").write_text(
        "query-id\tcorpus-id\tscore\nq\tb\t1\n", "utf-8"
    )
    asked = (
        "evaluate",
        "retrieval",
        tmp_path,
        "--embedding-model",
        "",
        "--rerank",
        "bge",
    )

    found = erya(*asked, "--json").json
    told = erya(*asked).out

    assert found["mrr@10"] == 1.0
    assert found["mrr@10_before"] == 0.5
    gained = found["gained_by_reranking"]["mrr@10"]
    assert (gained["mean"], gained["better"], gained["worse"]) == (0.5, 1, 0)
    assert re.search(r"mrr@10 +0\.5000 +1\.0000 +\+0\.5000", told)
    assert "mrr@10_before" not in told
    assert "; rerank " in told
    assert "reranked by bge" in told
    again = erya("evaluate", "rerun", "last", "--json").json
    assert again["changed"] == []


def test_a_strategy_is_measured_compared_and_paid(erya, tmp_path):
    corpus = [{"_id": "a", "title": "", "text": "leave forms are in the cabinet"},
              {"_id": "b", "title": "", "text": "holiday entitlement of 25 days"}]  # fmt: skip
    for name, rows in (
        ("corpus.jsonl", corpus),
        ("queries.jsonl", [{"_id": "q", "text": "how much leave"}]),
    ):
        (tmp_path / name).write_text(
            "".join(json.dumps(r) + "\n" for r in rows), "utf-8"
        )
    (tmp_path / "qrels.tsv").write_text(
        "query-id\tcorpus-id\tscore\nq\tb\t1\n", "utf-8"
    )
    words = ("evaluate", "retrieval", tmp_path, "--embedding-model", "", "--json")
    refused = erya(*words, "--strategy", "multi-query")
    assert "takes a chat model" in refused.err
    assert "'' or 'multi-query'" in erya(*words, "--strategy", "magic").err

    with ChatServer(Reply(text="holiday entitlement")) as server:
        erya(
            "models", "add", "chat", "paid", "--base-url", server.base_url, "--model", "m",
            "--input-price", "2", "--output-price", "10",
        )  # fmt: skip
        plain = erya(*words).json
        found = erya(*words, "--strategy", "multi-query", "--model", "paid").json
        assert found["calls"] == {"asked": 1, "repeated": 0}
        again = (*words[:-1], "--strategy", "multi-query", "--model", "paid")
        assert "; 1 calls repeated." in erya(*again).out
        assert server.requests
    assert plain["recall@100"] == 0.0
    assert found["recall@100"] == 1.0
    assert found["settings"]["query_strategy"] == "multi-query"
    summary = erya("evaluate", "summary", found["run"]).json
    assert summary["tokens"] == {"search_input": 7, "search_output": 2}
    assert summary["cost"] == pytest.approx((7 * 2 + 2 * 10) / 1e6)
    assert "--strategy multi-query" in summary["command"]
    assert (
        "multi-query"
        in erya("evaluate", "runs", "--json").json["runs"][1]["spec"]["prompts"]
    )
    compared = erya("compare", plain["run"], found["run"], "--json").json
    assert compared["spent"]["second"]["cost"] == found["cost"] == summary["cost"]
    assert compared["spent"]["first"]["cost"] == 0
    assert compared["metrics"]["recall@100"]["difference"] == 1.0


def test_a_strategy_answers_and_explains(erya, base, questions, tmp_path, folder):
    with ChatServer(Reply(text="annual leave days")) as server:
        erya(
            "models", "add", "chat", "m", "--base-url", server.base_url, "--model", "m"
        )  # fmt: skip
        shown = erya(
            "search",
            "holiday",
            "--kb",
            "docs",
            "--strategy",
            "multi-query",
            "--model",
            "m",
            "--explain",
        )
        assert "rank 1 by wording 1" in shown.out
        assert "the question's own twice" in shown.out
        asked = (
            "evaluate",
            "answers",
            "docs",
            questions,
            "--model",
            "m",
            "--strategy",
            "multi-query",
        )
        found = erya(*asked, "--json").json
        assert found["tokens"]["search_input"] == 4 * 7
        path = tmp_path / "ladder.toml"
        head = f'data = "{questions}"\ndocs = ["{folder}"]\n[[rung]]\nname = "q"\nkind = "queries"\n'
        path.write_text(head, "utf-8")
        assert 'query_strategy = "multi-query"' in erya("ladder", path).err
        path.write_text(
            head + 'query_strategy = "multi-query"\nchat_model = "m"\n', "utf-8"
        )
        (rung,) = erya("ladder", path, "--json").json["rungs"]
        assert rung["tokens"]["search_output"] > 0


def test_a_summary_tells_what_was_reranked_and_judged(
    erya, base, questions, reranking, tmp_path
):
    said = '{"score": 2, "useful": [true], "held": [true], "carried": [true]}'
    with ChatServer(Reply(text=said)) as server:
        erya(
            "models", "add", "chat", "strict", "--base-url", server.base_url, "--model", "m"
        )  # fmt: skip
        asked = ("evaluate", "answers", "docs", questions)
        plain = erya(*asked, "--json").json["run"]
        ranked = erya(*asked, "--rerank", "bge", "--json").json["run"]
        judged = erya(*asked, "--judge", "strict", "--queries", "2", "--json").json[
            "run"
        ]
    commands = {
        run: erya("evaluate", "summary", run).json["command"]
        for run in (plain, ranked, judged)
    }
    assert commands[ranked] == f"{commands[plain]} --rerank bge"
    assert commands[judged].endswith("--queries 2 --seed 0 --judge strict")
    for run in (plain, ranked, judged):
        erya("evaluate", "summary", run, "--out", tmp_path / "sums")
    assert len(list((tmp_path / "sums").glob("*.json"))) == 3
    erya("evaluate", "leaderboard", tmp_path / "sums", "--out", tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text("utf-8")
    assert "judged by strict" in page
    assert "+ bge" in page
    listed = erya("evaluate", "runs").out
    assert "erya-embedder, bge" in listed
    assert "contains" in listed


def test_a_benchmark_by_a_model_tells_its_tokens(erya, tmp_path):
    row = {
        "context": "The rate is 4 %.",
        "question": "What is the rate?",
        "ideal": "4 %",
        "label": 0,
    }
    (tmp_path / "items.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    with ChatServer(Reply(text="4 % [1].")) as server:
        erya(
            "models", "add", "chat", "paid", "--base-url", server.base_url, "--model", "m",
            "--input-price", "2", "--output-price", "10",
        )  # fmt: skip
        asked = (
            "evaluate",
            "benchmark",
            "injection",
            "--data",
            tmp_path,
            "--model",
            "paid",
        )
        found = erya(*asked, "--json").json
        assert found["tokens"] == {"input": 7, "output": 3}
        assert found["cost"] == pytest.approx((7 * 2 + 3 * 10) / 1e6)
        told = erya("evaluate", "rerun", "last").out
        assert "1 calls repeated from before" in told
        asked_before = len(server.requests)
        erya("evaluate", "rerun", "last", "--again")
        assert len(server.requests) == asked_before + 1


@pytest.mark.parametrize(
    "rung",
    [
        "price = {input = -1, output = 1}",
        "price = {input = nan, output = 1}",
        "price = {input = 1}",
        '[[rung]]\nname = "x"',
    ],
)
def test_a_ladder_that_cannot_be_is_refused(erya, questions, folder, tmp_path, rung):
    path = tmp_path / "ladder.toml"
    head = f'data = "{questions}"\ndocs = ["{folder}"]\n[[rung]]\nname = "x"\n'
    path.write_text(f"{head}{rung}\n", "utf-8")

    done = erya("ladder", path)

    assert done.code == 2
    assert "price of 'x' must be" in done.err or "two rungs of one name" in done.err


def test_a_measurement_that_is_stopped_while_it_stores_says_so(
    erya, base, questions, monkeypatch
):
    def stopped(*_, on_progress, **__):
        on_progress("Storing", 1, 2)
        raise KeyboardInterrupt

    monkeypatch.setattr("erya.evaluating.experiments.evaluate_answers", stopped)

    done = erya("evaluate", "answers", "docs", questions)

    assert done.code == 130
    assert "fills its base anew" in done.err


def test_a_base_is_asked_for_the_evidence_of_its_questions(
    erya, base, tmp_path, reranking
):
    rows = [
        {"id": "leave", "question": "How many days of annual leave?", "answers": ["25"], "source": "leave.md", "quote": "25 days"},
        {"id": "years", "question": "工龄满十年有几天年假？", "answers": ["15"], "source": "人事/年假.txt", "quote": "15 天"},
        {"id": "hotel", "question": "hotels", "answers": ["140"], "source": "elsewhere.md", "quote": "140"},
        {"id": "cup", "question": "Which team won the cup?", "answers": []},
    ]  # fmt: skip
    file = tmp_path / "evidence.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    asked = ("evaluate", "retrieval", file, "--kb", "docs")

    found = erya(*asked, "--json").json
    told = erya(*asked, "--rerank", "bge").out

    assert (found["queries"], found["documents"]) == (2, 3)
    assert found["hit@1"] == found["recall@100"] == 1.0
    assert found["settings"]["passed_over"] == 2
    assert "documents_per_second" not in found
    assert "What reranking changes" in told
    assert erya("evaluate", "rerun", "last", "--json").json["changed"] == []
    assert erya("evaluate", "summary", found["run"]).json["command"] == (
        "erya evaluate retrieval evidence.jsonl --kb docs"
    )
    unread = erya(*asked, "--as", "nobody")
    assert unread.code == 2
    assert "names a document of the base" in unread.err


def test_a_ladder_reranks(erya, folder, questions, reranking, tmp_path):
    path = tmp_path / "ladder.toml"
    rung = '[[rung]]\nname = "words"\nembedding_model = ""\n[[rung]]\nname = "again"\nkind = "rerank"\n'
    head = f'data = "{questions}"\ndocs = ["{folder}"]\n'
    path.write_text(head + rung, "utf-8")
    assert "give it a rerank_model" in erya("ladder", path).err

    path.write_text(head + rung + 'rerank_model = "bge"\n', "utf-8")
    words, reranked = erya("ladder", path, "--json").json["rungs"]

    assert words["measured"]
    assert reranked["measured"]
    assert reranking.requests


def test_a_model_that_fails_is_told_and_the_next_try_goes_on(erya, base, questions):
    with ChatServer(Reply(text="25 days [1]."), Reply(status=401, body="{}")) as server:
        erya(
            "models",
            "add",
            "chat",
            "local",
            "--base-url",
            server.base_url,
            "--model",
            "m",
        )
        failed = erya("evaluate", "answers", "docs", questions, "--model", "local")
    assert failed.code == 1
    assert "refused the key" in failed.err
    run = erya("evaluate", "runs", "--json").json["runs"][0]
    assert (run["items"], run["finished"]) == (1, False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["evaluate", "answers", "docs", "none.jsonl"], "none.jsonl cannot be read"),
        (["evaluate", "answers", "nowhere", "QUESTIONS"], "nowhere"),
        (["evaluate", "retrieval"], "Name a folder"),
        (["evaluate", "retrieval", ".", "--kb", "docs"], "questions of a file"),
        (["evaluate", "retrieval", "--run", "x"], "--run and --qrels belong together"),
        (["evaluate", "rerun", "last"], "No run is kept"),
        (["compare", "a.toml", "b.toml"], "--data"),
        (["compare", "last", "last"], "No run is kept"),
        (["gate", "--baseline", "nothing"], "no run in"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(erya, base, questions, arguments, said):
    done = erya(*(questions if a == "QUESTIONS" else a for a in arguments))

    assert done.code in {1, 2}
    assert said in done.err
    assert "Traceback" not in done.err
