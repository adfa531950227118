"""What a team does when something is not found: words, chunkers, context, typos."""

import json

ASK = "How many days of annual leave does an employee have?"


def test_words_of_a_base_are_added_listed_and_dropped(erya, folder, tmp_path):
    erya("ingest", folder, "--kb", "h")
    file = tmp_path / "words.txt"
    file.write_text(
        "# ours\nvacation = annual leave\niPad < tablet  # of any kind\nC# = csharp\n"
    )

    added = erya("kb", "words", "h", "--from", file, "--add", "灵犀云盘", "--json").json

    assert [(w["word"], w["kind"], w["others"]) for w in added["words"]] == [
        ("C#", "same", ["csharp"]),
        ("iPad", "wider", ["tablet"]),
        ("vacation", "same", ["annual leave"]),
        ("灵犀云盘", "word", []),
    ]
    answer = erya("ask", "How many days of vacation?", "--kb", "h")
    assert "25 days of annual leave" in answer.out
    explained = erya("search", "days of vacation", "--kb", "h", "--explain")
    assert "Also searched for: annual leave" in explained.out
    left = erya("kb", "words", "h", "--remove", "iPad", "--remove", "nope")
    assert "iPad" not in left.out
    assert "vacation" in left.out
    assert "no word 'nope'" in left.err


def test_an_entry_that_is_none_changes_nothing(erya, folder):
    erya("ingest", folder, "--kb", "h")

    done = erya("kb", "words", "h", "--add", "good = fine", "--add", "bad =")

    assert done.code == 2
    assert "'bad ='" in done.err
    assert erya("kb", "words", "h", "--json").json["words"] == []


def test_a_base_is_cut_otherwise_compared_switched_and_back(erya, folder, tmp_path):
    erya("ingest", folder, "--kb", "h")
    questions = tmp_path / "q.jsonl"
    questions.write_text(
        json.dumps(
            {
                "id": "1",
                "question": ASK,
                "answers": ["25 days"],
                "evidence": [{"source": "leave.md", "quote": "25 days"}],
            }
        )
    )
    other = ("--chunker", "recursive", "--tokens", "32")
    before = erya("ask", ASK, "--kb", "h").out

    made = erya("kb", "rechunk", "h", *other, "--compare", questions, "--json").json

    assert made["chunker"] == "structure-3:256"
    assert made["beside"][0]["chunker"] == "recursive-1:32"
    assert made["beside"][0]["missing"] == 0
    assert made["comparison"]["metrics"]
    switched = erya("kb", "rechunk", "h", *other, "--switch", "--json").json
    assert switched["chunker"] == "recursive-1:32"
    again = erya("ingest", folder, "--kb", "h", "--json").json
    assert again["unchanged"] > 0  # it is read by the base's own chunker
    assert again["updated"] == 0
    back = erya("kb", "rechunk", "h", "--back", "--forget", "--json").json
    assert back["chunker"] == "structure-3:256"
    assert back["beside"] == []
    assert erya("ask", ASK, "--kb", "h").out == before


def test_rechunk_says_what_is_missing(erya, folder):
    erya("ingest", folder, "--kb", "h")

    for given, said in (
        (("--switch",), "--chunker"),
        (("--back",), "no other chunker before"),
        (("--back", "--chunker", "fixed"), "names its chunker itself"),
        (("--chunker", "structure"), "already"),
        (("--chunker", "magic"), "discourse"),
    ):
        done = erya("kb", "rechunk", "h", *given)
        assert done.code == 2, given
        assert said in done.err


def test_a_quote_is_shown_within_its_passage(erya, folder):
    plain, whole = erya("ask", ASK, folder), erya("ask", ASK, folder, "--context")

    assert "▸" not in plain.out
    assert "▸Every employee has 25 days of annual leave.◂" in whole.out
    told = erya("ask", ASK, folder, "--context", "--json").json["citations"][0]
    assert told["quote"] in told["context"]


def test_a_name_is_not_put_right_to_a_word_that_says_nothing(erya, folder):
    (folder / "more.txt").write_text("Everyone here has leave. Thus we hand in forms.")

    done = erya("ask", "How long is Hasz on leave?", folder, "--json")

    assert done.json["did_you_mean"] == ""


def test_a_word_that_nobody_wrote_is_offered_and_not_taken(erya, folder):
    wrong = ASK.replace("annual", "annnual")

    done = erya("ask", wrong, folder)

    assert f"Did you mean: {ASK}" in done.out
    assert erya("ask", wrong, folder, "--json").json["did_you_mean"] == ASK
    assert erya("ask", ASK, folder, "--json").json["did_you_mean"] == ""
