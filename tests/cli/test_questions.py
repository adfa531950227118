import csv
import io
import json

import pytest

from erya.evaluating import read_examples


@pytest.fixture
def made(erya, folder, tmp_path):
    (folder / "rules.md").write_text(
        "# Staff Handbook\n\n## Rules\n\nVisitors must sign the book at the gate.\n\n"
        "To reset your password, open the portal and choose a new one.\n", "utf-8",
    )  # fmt: skip
    (folder / "考勤.md").write_text(
        "# 考勤条例\n\n第二条 新员工不得替他人打卡。\n\n第三条 本条例自2024年5月1日起施行。\n", "utf-8",
    )  # fmt: skip
    erya("ingest", folder, "--kb", "docs")
    path = tmp_path / "questions.jsonl"
    told = erya(
        "questions",
        "make",
        "docs",
        "--out",
        path,
        "--count",
        "9",
        "--unanswerable",
        "0",
        "--json",
    ).json
    assert told["questions"] == len(read_examples(path).examples) >= 3
    assert sum(told["kinds"].values()) == told["questions"]
    assert told["overlap"] < 0.64
    return path


def review(erya, monkeypatch, path, *lines):
    monkeypatch.setattr(
        "sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines))
    )
    return erya("questions", "review", path)


def test_questions_are_made_measured_and_exported(erya, made, tmp_path):
    found = erya("evaluate", "answers", "docs", made, "--json").json
    assert found["evidence_recall"] == 1.0

    assert erya("questions", "export", made, "--to", tmp_path / "q.csv").code == 0
    with (tmp_path / "q.csv").open(encoding="utf-8-sig") as file:
        assert len(list(csv.DictReader(file))) == found["questions"]
    assert (
        erya(
            "questions", "export", made, "--to", tmp_path / "beir", "--kb", "docs"
        ).code
        == 0
    )
    measured = erya(
        "evaluate", "retrieval", tmp_path / "beir", "--embedding-model", "", "--json"
    ).json
    assert measured["hit@10"] == 1.0
    done = erya("questions", "import", tmp_path / "q.csv", "--out", made, "--add")
    assert "(version 2)" in done.out
    assert len(read_examples(made).examples) == found["questions"]


def test_fewer_questions_than_wanted_are_owned_up_to(erya, made, tmp_path):
    done = erya("questions", "make", "docs", "--out", tmp_path / "b.jsonl")

    assert "Questions by kind: " in done.out
    assert "Words shared with the evidence: 0." in done.out
    assert "The documents give no more that a person would ask." in done.out


def test_a_review_keeps_changes_and_drops(erya, made, monkeypatch):
    before = read_examples(made).examples
    done = review(
        erya, monkeypatch, made, "?", "q", "Changed?", "n", "looks odd", "k", "d", "x"
    )

    after = read_examples(made).examples
    assert done.code == 0, done.err
    assert "'?' is none of them" in done.out
    assert after[0].question == "Changed?"
    assert after[0].metadata["note"] == "looks odd"
    assert after[0].metadata["review"] == "kept"
    assert [e.id for e in after] == [before[0].id, *(e.id for e in before[2:])]
    assert "2 reviewed, 1 dropped" in done.out

    assert "1 of" in review(erya, monkeypatch, made, "x").out
    assert (
        erya("questions", "versions", made, "--json").json["versions"][0]["version"]
        == 1
    )
    erya("questions", "versions", made, "--restore", "1")
    assert read_examples(made).examples == before


def test_a_review_that_ends_early_loses_nothing(erya, made, monkeypatch):
    before = made.read_text("utf-8")
    done = review(erya, monkeypatch, made, "x")

    assert made.read_text("utf-8") == before
    assert done.code == 0
    first = review(erya, monkeypatch, made, "k")  # then the input ends
    assert first.code == 1
    assert "1 reviewed, 0 dropped" in first.out
    kept = [e for e in read_examples(made).examples if e.metadata["review"] == "kept"]
    assert len(kept) == 1


def test_an_answer_may_be_changed_to_none(erya, tmp_path, monkeypatch):
    path = tmp_path / "q.jsonl"
    path.write_text(
        json.dumps({"id": "a", "question": "Who?", "answers": ["Ada"]}) + "\n", "utf-8"
    )

    review(erya, monkeypatch, path, "a", "Ada | Ada Berg", "k")
    assert read_examples(path).examples[0].answers == ("Ada", "Ada Berg")
    assert "All were reviewed" in review(erya, monkeypatch, path).out


def test_feedback_is_reviewed_and_becomes_a_test_set(erya, folder, monkeypatch, home):
    erya("ingest", folder, "--kb", "docs")
    assert (
        "There is no base 'nowhere'"
        in erya("feedback", "x?", "--thumb", "up", "--kb", "nowhere").err
    )
    assert "Nobody has said anything" in erya("questions", "review").out
    done = erya(
        "feedback",
        "How many days?",
        "--thumb",
        "down",
        "--answer",
        "20",
        "--reason",
        "old rule",
        "--kb",
        "docs",
    )
    assert "erya questions review --kb docs" in done.out

    monkeypatch.setattr("sys.stdin", io.StringIO("a\n25 days\nk\n"))
    reviewed = erya("questions", "review", "--kb", "docs")

    assert "Reason:   old rule" in reviewed.out
    (example,) = read_examples(home / "questions" / "docs.jsonl").examples
    assert example.answers == ("25 days",)
    assert example.answerable
    assert example.metadata["thumb"] == "down"
    assert erya("feedback", "x", "--thumb", "sideways").code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["make", "nowhere", "--out", "q.jsonl"], "nowhere"),
        (["review", "none.jsonl"], "cannot be read"),
        (["import", "none.csv", "--out", "q.jsonl"], "cannot be read"),
        (["export", "none.jsonl", "--to", "q.csv"], "cannot be read"),
        (["versions", "none.jsonl", "--restore", "1"], "no version 1"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(erya, arguments, said):
    done = erya("questions", *arguments)

    assert done.code in {1, 2}
    assert said in done.err
