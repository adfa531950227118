"""The program as a person and as another program use it."""

import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from erya.assistant import Assistant
from erya.config import trust
from erya.loading.sandbox.walls import standing_walls
from erya.sources import IngestRequest, SourceSpec
from erya.testing import ChatServer, Reply
from tests.loading.pdf_files import pdf

ASK = "How many days of annual leave does an employee have?"


def test_a_folder_is_asked_in_one_command(erya, folder):
    done = erya("ask", ASK, folder)

    assert done.code == 0
    assert "Every employee has 25 days of annual leave. [1]" in done.out
    assert "leave.md › Annual leave" in done.out
    assert done.err == ""


def test_chinese_is_asked_the_same_way(erya, folder):
    done = erya("ask", "工龄满十年有几天年假？", folder)

    assert "每年有 15 天年假。 [1]" in done.out


def test_the_place_of_a_row_does_not_repeat_the_names_of_its_columns(erya, tmp_path):
    rows = "".join(
        f"| WL-{n} | a bolt of kind {n} for a gate | {n}.50 |\n"
        for n in range(1000, 1080)
    )
    table = f"# Prices\n\n| Number | Name | Price |\n| --- | --- | --- |\n{rows}"
    (tmp_path / "prices.md").write_text(table)

    done = erya("ask", "What is the price of WL-1070?", tmp_path)

    assert "Number: WL-1070" in done.out
    assert "prices.md" in done.out
    assert "› |" not in done.out


def test_an_answer_for_programs_has_the_promised_shape(erya, folder):
    answer = erya("ask", ASK, folder, "--json").json

    assert set(answer) >= {
        "text", "abstained", "claims", "citations", "usage", "trace_id",
    }  # fmt: skip
    assert not answer["abstained"]
    claim, citation = answer["claims"][0], answer["citations"][0]
    assert set(claim) >= {"start", "end", "citations", "verdict"}
    assert claim["verdict"] == "supported"
    assert answer["text"][claim["start"] : claim["end"]] == citation["quote"]
    assert set(citation) == {
        "base", "number", "document", "chunk", "source", "page", "start", "end", "quote",
        "answer",
    }  # fmt: skip
    assert citation["source"] == str(folder / "leave.md")


def test_what_is_not_there_is_refused_with_the_nearest_passages(erya, folder):
    done = erya("ask", "Which football team won the championship?", folder)

    assert done.code == 0
    assert "The documents do not say." in done.out


def test_ingest_tells_what_it_did_and_names_what_it_could_not(erya, folder):
    (folder / "bad.jsonl").write_text("no json")
    (folder / ".secret").write_text("x")
    done = erya("ingest", folder, "--kb", "docs")

    assert done.code == 0
    assert "3 added, 0 updated, 0 unchanged, 0 removed, 1 skipped, 1 failed" in done.out
    assert f"{folder / 'bad.jsonl'}: Line 1 is not a JSON object" in done.out
    assert f"{folder / '.secret'}: Its name begins with a dot. (hidden)" in done.out

    report = erya("ingest", folder, "--kb", "docs", "--json").json
    assert set(report) == {
        "version",
        "files", "added", "updated", "unchanged", "removed", "skipped", "failed",
        "seconds", "cut", "bytes", "pages", "formats", "doubtful", "kept", "opened",
    }  # fmt: skip
    assert report["unchanged"] == 3
    assert report["bytes"] > 100
    assert report["failed"] == [
        {
            "path": str(folder / "bad.jsonl"),
            "code": "malformed",
            "message": "Line 1 is not a JSON object. Each line must be one.",
        }
    ]
    assert erya("ingest", folder, "--kb", "docs", "--strict").code == 3


def test_search_lists_passages(erya, folder):
    erya("ingest", folder, "--kb", "docs")

    assert " 1. " in erya("search", "hotels", "--kb", "docs").out
    hits = erya("search", "hotels EUR", "-k", "1", "--kb", "docs", "--json").json[
        "hits"
    ]
    assert set(hits[0]) >= {
        "document", "chunk", "source", "page", "start", "end", "text", "score", "ranks",
    }  # fmt: skip
    assert hits[0]["text"] == "Hotels may cost EUR 140 a night."
    assert hits[0]["ranks"] == {"keyword": 1, "vector": 1}
    assert set(hits[0]["weights"]) == {"keyword", "vector"}
    assert set(hits[0]["scores"]) == {"keyword", "vector"}
    assert "Nothing was found" in erya("search", "!?", "--kb", "docs").out


def test_search_and_ask_are_narrowed_by_a_filter(erya, folder, monkeypatch):
    erya("ingest", folder, "--kb", "hr")
    monkeypatch.chdir(folder)

    def sources(*filters):
        found = erya("search", "annual leave", "--kb", "hr", "--json", *filters).json
        return {Path(hit["source"]).name for hit in found["hits"]}

    assert "leave.md" in sources()
    assert sources("--filter", "under=leave.md") == {"leave.md"}  # a path from here
    assert "leave.md" not in sources("--filter", "not source=leave.md or type=pdf")
    assert sources("--filter", "lang=fr") == set()
    narrowed = erya(
        "ask", ASK, "--kb", "hr", "--filter", "not under=leave.md", "--json"
    )
    assert "25 days" not in narrowed.json["text"]
    meta = "--meta", "team=people", "--meta", "tag=rules"
    assert erya("ingest", folder / "leave.md", "--kb", "hr", *meta).code == 0
    assert sources("--filter", "team=people and tag=rules") == {"leave.md"}
    both = erya("ingest", folder, "--kb", "hr", "--no-meta", "--meta", "a=b")
    assert both.code == 2
    assert "use one of them" in both.err
    wrong = erya("search", "x", "--kb", "hr", "--filter", "leave.md")
    assert wrong.code == 2
    assert "KEY=VALUE was expected at 'leave.md'" in wrong.err


def test_search_explains_each_leg(erya, folder):
    Path("erya.toml").write_text('embedding_model = "all-MiniLM-L6-v2"\n', "utf-8")
    trust(Path("erya.toml"))
    erya("ingest", folder, "--kb", "docs")

    english = erya("search", "hotels", "-k", "1", "--explain", "--kb", "docs").out
    assert "keyword  rank 1, BM25" in english
    assert "vector   rank 1, cosine" in english
    assert "here 100% of that" in english
    chinese = erya("search", "工龄满十年", "-k", "1", "--explain", "--kb", "docs").out
    assert "vector   not asked" in chinese
    mixed = erya("search", "annual leave 年假", "--explain", "--kb", "docs").out
    assert "knows too few tokens of the passage" in mixed


def test_without_an_embedding_model_words_find(erya, folder, monkeypatch):
    monkeypatch.setenv("ERYA_EMBEDDING_MODEL", "")
    erya("ingest", folder, "--kb", "docs")

    hit = erya("search", "hotels", "--kb", "docs", "--json").json["hits"][0]
    assert hit["ranks"] == {"keyword": 1}
    assert "none: passages are found by their words" in erya("doctor").out
    monkeypatch.delenv("ERYA_EMBEDDING_MODEL")
    # Without vectors, a base opens all the same; the next ingest embeds what is there.
    assert erya("search", "hotels", "--kb", "docs").code == 0
    erya("ingest", folder, "--kb", "docs")
    hit = erya("search", "hotels", "--kb", "docs", "--json").json["hits"][0]
    assert hit["ranks"] == {"keyword": 1, "vector": 1}


def test_a_citation_of_a_pdf_is_shown_on_its_page(erya, tmp_path):
    data = pdf(
        [(60, 700, 12, "Nothing on this page.")],
        [(60, 700, 12, "A cold box is inspected every 18 months.")],
    )
    (tmp_path / "boxes.pdf").write_bytes(data)
    answer = erya("ask", "How often is a cold box inspected?", tmp_path / "boxes.pdf")
    assert "boxes.pdf, p. 2" in answer.out
    command = answer.out.partition("erya show ")[2].split()

    shown = erya("show", *command)

    assert shown.code == 0
    assert "⟦A cold box is inspected every 18 months.⟧" in shown.out
    (picture,) = Path().glob("erya-*-p2-*.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_mode & 0o077 == 0  # the document may be private
    assert str(picture) in shown.out
    picture.unlink()
    assert erya("show", *command, "--json").json["png"] is None
    assert not list(Path().glob("*.png"))
    told = erya("show", *command, "--json", "--png", "here.png").json
    assert told["page"] == 2
    assert told["quote"] == "A cold box is inspected every 18 months."
    left, top, right, bottom = told["boxes"][0]
    assert 0.09 < left < right < 0.6
    assert 0.1 < top < bottom < 0.14


def test_a_page_is_shown_where_no_picture_can_be_written(erya, tmp_path):
    data = pdf([(60, 700, 12, "A cold box is inspected every 18 months.")])
    (tmp_path / "boxes.pdf").write_bytes(data)
    answer = erya("ask", "How often is a cold box inspected?", tmp_path / "boxes.pdf")
    command = answer.out.partition("erya show ")[2].split()
    picture = erya("show", *command).out.partition("words marked: ")[2].strip()
    Path(picture).unlink()
    Path(picture).mkdir()  # nobody can write a file here

    shown = erya("show", *command)

    assert shown.code == 0
    assert "⟦A cold box is inspected every 18 months.⟧" in shown.out
    assert "No picture was written" in shown.err
    assert "cannot be written" in erya("show", *command, "--png", picture).err


def test_a_citation_without_pages_is_shown_in_its_text(erya, folder):
    answer = erya("ask", ASK, folder)
    command = answer.out.partition("erya show ")[2].split()

    shown = erya("show", *command)

    assert "⟦Every employee has 25 days of annual leave.⟧" in shown.out
    assert ".png" not in shown.out


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("what", "3f2a9c1b:120-180"),
        ("abcdef12:5-9", "no document 'abcdef12'"),
    ],
)
def test_what_is_no_citation_is_refused_in_words(erya, folder, reference, said):
    erya("ingest", folder, "--kb", "docs")

    done = erya("show", reference, "--kb", "docs")

    assert done.code == 2
    assert said in done.err


def test_show_keeps_to_what_a_reader_may_read(erya, folder):
    erya("ingest", folder, "--kb", "docs", "--readers", "user:bob")
    citation = erya("ask", ASK, "--kb", "docs", "--json").json["citations"][0]
    reference = f"{citation['document']}:{citation['start']}-{citation['end']}"

    assert erya("show", reference, "--kb", "docs", "--as", "bob").code == 0
    assert "no document" in erya("show", reference, "--kb", "docs", "--as", "ada").err
    beyond = erya("show", f"{citation['document']}:5-99999", "--kb", "docs")
    assert "The file may have changed" in beyond.err


def test_retrieval_is_measured_on_a_set(erya, tmp_path):
    for name, rows in (
        (
            "corpus.jsonl",
            [
                {"_id": "a", "text": "Leave is 15 days."},
                {"_id": "b", "text": "Hotels."},
            ],
        ),
        ("queries.jsonl", [{"_id": "q", "text": "days of leave"}]),
    ):
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\ta\t1\n")

    found = erya("evaluate", "retrieval", tmp_path, "--json").json

    assert set(found) >= {
        "documents", "queries", "ndcg@10", "ndcg@10_interval", "mrr@10", "hit@1",
        "hit@5", "hit@10", "recall@100", "documents_per_second", "search_10_p50_ms",
        "search_10_p95_ms",
        "peak_rss_mb", "settings",
    }  # fmt: skip
    assert (found["documents"], found["queries"], found["ndcg@10"]) == (2, 1, 1.0)
    assert "95 % INTERVAL" in erya("evaluate", "retrieval", tmp_path).out
    assert erya("evaluate", "retrieval", tmp_path / "none").code == 2


def test_as_narrows_to_what_that_person_may_read(erya, folder):
    erya(
        "ingest", folder / "leave.md", "--kb", "docs", "--readers", "group:hr,user:ada"
    )
    erya("ingest", folder / "travel.html", "--kb", "docs", "--readers", "public")

    def sources(*options):
        shown = erya("kb", "show", "docs", "--json", *options).json
        return sorted(os.path.basename(s["source"]) for s in shown["sources"])

    assert sources() == ["leave.md", "travel.html"]
    assert sources("--as", "ada") == ["leave.md", "travel.html"]
    assert sources("--as", "bob,hr") == ["leave.md", "travel.html"]
    assert sources("--as", "bob") == ["travel.html"]
    asked = erya("ask", ASK, "--kb", "docs", "--as", "bob")
    assert "The documents do not say." in asked.out
    assert "25 days" not in asked.out
    refused = erya("search", "x", "--kb", "docs", "--as", ",hr")
    assert refused.code == 2
    assert "--as needs a name" in refused.err


def test_bases_are_listed_shown_checked_rebuilt_and_deleted(erya, folder):
    assert "No bases yet" in erya("kb", "list").out
    erya("ingest", folder, "--kb", "docs")

    assert erya("kb", "list", "--json").json["bases"] == [
        {"name": "docs", "documents": 3, "chunks": 4}
    ]
    assert "docs" in erya("kb", "list").out
    shown = erya("kb", "show", "docs").out
    assert "3 documents, 4 passages" in shown
    assert "user:tester" in shown
    assert erya("kb", "verify", "docs").out.count("ok ") == 11
    assert erya("kb", "verify", "docs", "--json").json["ok"] is True
    assert erya("kb", "rebuild", "docs").code == 0
    assert erya("kb", "delete", "docs", "--yes").out == "Deleted 'docs'.\n"
    missing = erya("kb", "show", "docs")
    assert missing.code == 2
    assert "There is no base 'docs'" in missing.err
    assert erya("kb", "delete", "docs", "--yes").code == 2


def test_an_empty_base_is_told_from_documents_that_do_not_say(erya, folder, tmp_path):
    (tmp_path / "none").mkdir()
    erya("ingest", tmp_path / "none", "--kb", "empty")
    erya("ingest", folder, "--kb", "docs")

    asked = erya("ask", "How many days of leave?", "--kb", "empty")
    assert (
        "The base 'empty' holds no documents: erya ingest PATH --kb empty" in asked.err
    )
    assert "holds no documents" not in erya("ask", "Zzz?", "--kb", "docs").err


def test_kept_runs_that_quote_what_is_gone_are_told_and_can_be_deleted(
    erya, folder, home
):
    questions = folder.parent / "q.jsonl"
    questions.write_text('{"id": "1", "question": "How many days?", "answers": ["25"]}')
    erya("ingest", folder, "--kb", "docs")
    assert erya("evaluate", "answers", "docs", questions).code == 0
    (name,) = (path.name for path in (home / "runs").iterdir() if path.is_dir())
    (folder / "leave.md").unlink()

    told = erya("ingest", folder, "--kb", "docs").out
    assert "may quote what is gone (1 runs): erya evaluate forget --kb docs" in told
    assert erya("evaluate", "forget", "--kb", "other", "--yes").code == 2
    assert erya("evaluate", "forget", "../bases", "--yes").code == 2
    assert "erya evaluate forget --kb docs" in erya("kb", "delete", "docs", "--yes").out
    assert (
        erya("evaluate", "forget", "--kb", "docs", "--yes").out == f"Deleted {name}.\n"
    )
    assert not (home / "runs" / name).exists()


def test_a_damaged_base_is_told_by_verify_and_does_not_hide_the_others(
    erya, folder, home
):
    erya("ingest", folder, "--kb", "good")
    erya("ingest", folder, "--kb", "bad")
    (home / "bases" / "bad" / "base.sqlite").write_bytes(b"nonsense" * 1_000)

    verified = erya("kb", "verify", "bad")
    assert verified.code == 1
    assert "BAD" in verified.out
    rows = {row["name"]: row for row in erya("kb", "list", "--json").json["bases"]}
    assert rows["good"]["documents"] == 3
    assert "damaged" in rows["bad"]["error"]


def test_resume_goes_on_with_the_run_that_was_cut_off(erya, folder, monkeypatch):
    monkeypatch.setattr("erya.indexing.ingestion._COMMIT_DOCUMENTS", 1)

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    finish = "erya.indexing.ingestion.Ingestion.finish"
    with monkeypatch.context() as patch:
        patch.setattr(finish, interrupt)
        stopped = erya("ingest", folder, "--kb", "docs")
    assert stopped.code not in {0, 1, 2, 3}
    assert "Traceback" not in stopped.err
    assert "not ended" in erya("kb", "show", "docs").out

    resumed = erya("ingest", "--resume", "--kb", "docs")

    assert "0 added, 0 updated, 3 unchanged" in resumed.out
    again = erya("ingest", "--resume", "--kb", "docs")
    assert again.code == 2
    assert "No run was cut off" in again.err


def test_resume_keeps_the_readers_of_the_run_that_was_cut_off(
    erya, folder, monkeypatch
):
    monkeypatch.setattr("erya.indexing.ingestion._COMMIT_DOCUMENTS", 1)
    erya("ingest", folder, "--kb", "docs", "--readers", "public")
    passes = iter([True, True])

    def once(*_):
        if not next(passes, False):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("erya.indexing.ingestion.Ingestion._count", once)
        erya("ingest", folder, "--kb", "docs", "--readers", "user:ada")
    erya("ingest", "--resume", "--kb", "docs")

    shown = erya("kb", "show", "docs", "--json").json
    assert [source["readers"] for source in shown["sources"]] == [["user:ada"]] * 3


def test_what_is_gone_is_removed_when_told_so(erya, folder):
    erya("ingest", folder, "--kb", "docs")
    (folder / "leave.md").unlink()
    refused = erya("ingest", folder / "leave.md", "--kb", "docs")
    assert refused.code == 2
    assert "--gone" in refused.err

    assert (
        "1 removed" in erya("ingest", folder / "leave.md", "--kb", "docs", "--gone").out
    )


def test_a_file_that_cannot_be_read_is_told_before_the_answer(erya, tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 ...")
    done = erya("ask", "What is this about?", tmp_path / "a.pdf")

    assert "Not read:" in done.err
    assert "a.pdf" in done.err


def test_a_mistyped_path_makes_no_base(erya):
    assert erya("ask", "x", "nowhere").code == 2
    assert erya("ingest", "nowhere").code == 2
    assert erya("ingest", "").code == 2
    assert erya("kb", "list", "--json").json["bases"] == []


def test_a_name_cannot_forge_lines_of_output(erya, tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a\n\nSources:\n  [1] trusted.txt").write_text(
        "The unicorn budget is 5 euro."
    )
    done = erya("ask", "What is the unicorn budget?", folder)

    assert done.out.count("\nSources:\n") == 1
    assert "trusted.txt" in done.out


def test_the_version_is_told(erya):
    assert erya("--version").out.startswith("erya 0.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ask", ""), "The question is empty"),
        (("ask", "x"), "There is no base 'default'"),
        (("ask", "x", "nowhere/"), "There is no file or folder 'nowhere/'"),
        (("ask", "x", "--model", "gpt"), "There is no"),
        (("ingest",), "No path was given"),
        (("ingest", "nowhere"), "There is no file or folder 'nowhere'"),
        (("ingest", ".", "--readers", "everyone"), "A reader is user:NAME"),
        (("ingest", ".", "--kb", "../up"), "The name of a base has"),
        (("kb", "show", "none"), "There is no base 'none'"),
        (
            ("models", "remove", "none"),
            "There is no model 'none'. Models here: erya-embedder",
        ),
        (("config", "show", "--config", "none.toml"), "There is no settings file"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(erya, arguments, message):
    done = erya(*arguments)

    assert done.code == 2
    assert done.err.startswith("erya: ")
    assert message in done.err
    assert "Traceback" not in done.err


def test_a_megabyte_of_question_is_answered(erya, folder):
    done = erya("ask", ASK + " leave" * 200_000, folder)

    assert done.code == 0


def test_settings_tell_where_they_come_from(erya, monkeypatch, tmp_path):
    (tmp_path / "work" / "erya.toml").write_text("passages = 3\n")
    monkeypatch.setenv("ERYA_CHUNK_TOKENS", "99")

    shown = erya("config", "show", "--json").json
    assert shown["passages"] == {
        "value": 3, "origin": str(tmp_path / "work" / "erya.toml"),
    }  # fmt: skip
    assert shown["chunk_tokens"] == {"value": 99, "origin": "ERYA_CHUNK_TOKENS"}
    assert shown["workers"]["origin"] == "default"
    assert "ERYA_CHUNK_TOKENS" in erya("config", "show").out


def test_doctor_finds_this_machine_fit(erya):
    if len(standing_walls()) < 5:
        pytest.skip("this system lacks Landlock or filters of system calls")
    done = erya("doctor", "--json")

    assert done.code == 0
    checks = {finding["check"]: finding["ok"] for finding in done.json["findings"]}
    assert checks.keys() >= {"python", "sqlite", "limits", "walls", "parser", "home"}
    assert all(checks.values())
    assert erya("doctor").out.count("ok ") == len(checks)


def test_doctor_tells_which_walls_around_parsers_do_not_stand(erya, monkeypatch):
    monkeypatch.setattr(
        "erya.health.standing_walls",
        lambda: frozenset({"changes", "programs"}),
    )
    done = erya("doctor")

    assert done.code == 1
    walls = next(line for line in done.out.splitlines() if "walls" in line)
    assert walls.startswith("BAD")
    assert "open a connection" in walls
    assert "start a program" not in walls


def test_doctor_tells_a_model_that_was_never_added(erya, monkeypatch):
    monkeypatch.setenv("ERYA_CHAT_MODEL", "ghost")
    done = erya("doctor")

    assert done.code == 1
    assert "BAD  models: chat_model is 'ghost'" in done.out


def test_a_chat_model_answers_when_it_is_asked_for(erya, folder):
    with ChatServer(
        Reply(text="Employees have 25 days [1]. Also 99 apples [1].")
    ) as server:
        added = erya(
            "models", "add", "chat", "m", "--base-url", server.base_url, "--model", "x"
        )
        assert added.code == 0
        done = erya("ask", ASK, folder, "--model", "m")
        answer = erya("ask", ASK, folder, "--model", "m", "--json").json
        tested = erya("models", "test", "m")

    assert "Employees have 25 days. [1] Also 99 apples. [" in done.out
    assert "] ⚠" in done.out
    assert "'99' does not occur in what it cites" in done.out
    assert [claim["verdict"] for claim in answer["claims"]] == [
        "supported",
        "not_found",
    ]
    assert answer["usage"]["model"] == "m"
    assert "answered 'Employees have" in tested.out
    assert erya("models", "list", "--json").json["chat"][0]["model"] == "x"
    assert "KEY FROM" in erya("models", "list").out
    assert erya("models", "remove", "m").code == 0
    assert "No chat model" in erya("models", "list").out


def test_what_a_chat_model_can_do_is_tried_and_kept_with_it(erya):
    served = {"data": [{"id": "x", "meta": {"n_ctx_train": 2048}}]}
    with ChatServer(
        Reply(text="ready", usage=False),
        Reply(text="1, 2, 3, 4"),
        Reply(text='{"city": "Berlin", "days": 25}'),
        Reply(calls=(("get_leave_days", '{"person": "Ada"}'),)),
        Reply(body=json.dumps(served)),
    ) as server:
        url = server.base_url
        erya("models", "add", "chat", "m", "--base-url", url, "--model", "x")
        tested = erya("models", "test", "m", "--json").json

    assert {each["name"]: each["works"] for each in tested["probes"]} == {
        "chat": True, "stream": True, "usage": False, "json_schema": True,
        "tools": True, "context_length": True,
    }  # fmt: skip
    assert server.paths[-1] == "/v1/models"
    assert server.requests[2]["response_format"]["type"] == "json_schema"
    (kept,) = erya("models", "list", "--json").json["chat"]
    assert kept["capabilities"] == {
        "stream": True, "usage": False, "json_schema": True, "tools": True,
        "context_length": 2048,
    }  # fmt: skip


def test_a_chat_model_that_does_not_answer_is_asked_nothing_else(erya):
    with ChatServer(Reply(status=401, body="{}")) as server:
        url = server.base_url
        erya("models", "add", "chat", "m", "--base-url", url, "--model", "x")
        tested = erya("models", "test", "m")

    assert tested.code == 1
    assert "refused the key" in tested.out
    assert len(server.requests) == 1
    (kept,) = erya("models", "list", "--json").json["chat"]
    assert kept["capabilities"] == {}
    assert erya("models", "test", "nobody").code == 2


def test_a_chat_model_that_fails_is_told_and_the_documents_are_quoted(erya, folder):
    with ChatServer(
        Reply(body="<html>", headers={"Content-Type": "text/html"})
    ) as server:
        erya(
            "models", "add", "chat", "m", "--base-url", server.base_url, "--model", "x"
        )
        done = erya("ask", ASK, folder, "--model", "m")

    assert done.code == 0
    assert "25 days of annual leave. [1]" in done.out
    assert "Note: The chat model 'm'" in done.out
    assert "The documents are quoted instead." in done.out


def test_a_key_that_is_not_set_is_told_before_anything_is_sent(erya, folder):
    erya(
        "models", "add", "chat", "m", "--base-url", "http://127.0.0.1:9/v1",
        "--model", "x", "--api-key-env", "NO_SUCH_KEY",
    )  # fmt: skip
    done = erya("ask", ASK, folder, "--model", "m")

    assert done.code == 2
    assert "export NO_SUCH_KEY" in done.err


def test_nothing_in_a_document_can_steer_a_terminal(erya, folder):
    (folder / "evil.txt").write_text(
        "Unicorn budget: \x1b[2J\x1b]0;owned\x07 red \u202etxt.exe\u202c\u2060\U000e0041 is 5 euro.",
        encoding="utf-8",
    )
    done = erya("ask", "What is the unicorn budget?", folder)

    assert "5 euro" in done.out
    assert not {"\x1b", "\x07", "\u202e", "\u2060", "\U000e0041"} & set(done.out)


PROBE = """
import sys
def watch(event, arguments):
    if event.startswith("socket."):
        sys.stderr.write("opened: " + event)
        import os
        os._exit(9)
sys.addaudithook(watch)
from erya.cli.main import main
main()
"""


def test_the_demo_opens_no_socket(tmp_path):
    """What `make demo` runs, with every socket an immediate end of the process."""
    handbook = os.path.join(
        os.path.dirname(__file__), "..", "..", "examples", "handbook"
    )
    home = ["--kb", "handbook", "--home", str(tmp_path / "home")]
    for arguments in (
        ["ingest", handbook, *home],
        ["ask", "How fast must I report a stolen phone?", *home],
        ["ask", "忘记打卡了怎么办？", *home],
    ):
        done = subprocess.run(
            [sys.executable, "-c", PROBE, *arguments],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert arguments[0] == "ingest" or "[1]" in done.stdout


def test_output_that_nobody_reads_on_is_no_error(folder, home):
    done = subprocess.run(
        f'"{sys.executable}" -m erya ask "{ASK}" "{folder}" --json | head -c 1',
        shell=True, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout == "{"
    assert done.stderr == ""


def test_as_a_module_it_is_the_same_program():
    done = subprocess.run(
        [sys.executable, "-m", "erya", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Start with: erya ask" in done.stdout
    json.dumps(done.stdout)


def test_what_is_missing_leaves_no_empty_base_behind(erya, folder):
    refused = erya("ingest", folder, "--kb", "new", "--config", "none.toml")
    assert refused.code == 2
    Path("erya.toml").write_text('embedding_model = "nope"\n', "utf-8")
    trust(Path("erya.toml"))

    refused = erya("ingest", folder, "--kb", "new")

    assert "no embedding model 'nope'" in refused.err
    assert erya("kb", "list", "--json").json["bases"] == []


def test_the_command_that_shows_a_citation_goes_as_it_is(erya, folder, tmp_path):
    elsewhere = tmp_path / "else where"
    assert erya("ingest", folder, "--home", elsewhere, "--readers", "public").code == 0
    answer = erya("ask", ASK, "--home", elsewhere, "--as", "ada,sales")

    shown = erya("show", *shlex.split(answer.out.partition("erya show ")[2]))

    assert shown.code == 0
    assert "⟦Every employee has 25 days of annual leave.⟧" in shown.out


def test_explain_says_why_the_vectors_are_silent(erya, folder):
    Path("erya.toml").write_text('embedding_model = "all-MiniLM-L6-v2"\n', "utf-8")
    trust(Path("erya.toml"))
    erya("ingest", folder, "--kb", "docs")

    assert (
        "A score adds up how much"
        in erya("search", ASK, "--explain", "--kb", "docs").out
    )
    chinese = erya("search", "员工请假几天", "--explain", "--kb", "docs").out
    assert "not asked: the model knows less than half of the query" in chinese
    Path("erya.toml").write_text('embedding_model = ""\n', "utf-8")
    erya("ingest", folder, "--kb", "words")
    by_words = erya("search", ASK, "--explain", "--kb", "words").out
    assert "not asked: the base has no vectors" in by_words
    assert "BM25 of the keyword leg" in by_words
    assert "The query is empty" in erya("search", " ", "--kb", "docs").err


def test_a_run_that_is_stopped_says_how_to_go_on(erya, folder, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("erya.cli.progress.ingest_with_progress", stopped)
        done = erya("ingest", folder, "--kb", "docs")

    assert done.code == 130
    assert "Go on with: erya ingest --resume --kb docs" in done.err


def test_a_folder_with_nothing_in_it_is_named(erya, tmp_path):
    (tmp_path / "empty").mkdir()

    assert "Nothing to read is there" in erya("ingest", tmp_path / "empty").out
    assert "Nothing to read is there" in erya("ask", ASK, tmp_path / "empty").err


def test_an_unknown_model_is_told_with_those_that_are_known(erya):
    for command in ("test", "remove"):
        refused = erya("models", command, "nothere")
        assert refused.code == 2
        assert "no model 'nothere'. Models here: erya-embedder" in refused.err
    assert "The name is empty" in erya("models", "add", "embedding", " ").err
    assert "no folder '/nope'" in erya("evaluate", "retrieval", "/nope").err


@pytest.mark.parametrize(
    "arguments",
    [
        ("gate", "--baseline", "x", "--min-drop", "nan"),
        ("gate", "--baseline", "x", "--min-drop", "1.5"),
        ("questions", "make", "docs", "--out", "q.jsonl", "--unanswerable", "nan"),
    ],
)
def test_what_is_no_share_is_refused(erya, arguments):
    done = erya(*arguments)

    assert done.code == 2
    assert "Invalid value" in done.err


def test_the_version_is_told_the_same_however_it_is_asked(monkeypatch, erya):
    assert erya("--version").out.startswith("erya ")
    done = subprocess.run(
        [sys.executable, "-m", "erya", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == erya("--version").out


def test_a_reader_that_has_seen_enough_is_no_failure(home):
    kept = f"{sys.executable} -m erya --help | true; echo ${{PIPESTATUS[0]}}"
    listed = f"{sys.executable} -m erya kb list --home {home} | true; echo ${{PIPESTATUS[0]}}"
    for command in (kept, listed):
        done = subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, check=True
        )
        assert (done.stdout, done.stderr) == ("0\n", "")


@pytest.mark.parametrize("error", [KeyboardInterrupt, EOFError])
def test_stopping_at_a_question_is_told_apart_from_its_end(
    erya, folder, monkeypatch, error
):
    erya("ingest", folder, "--kb", "docs")

    def asked(*_, **__):
        raise error

    monkeypatch.setattr("click.termui.visible_prompt_func", asked)
    done = erya("kb", "delete", "docs")

    assert done.code == (130 if error is KeyboardInterrupt else 1)
    assert ("Aborted" in done.err) == (error is EOFError)
    assert erya("kb", "list").out.count("docs") == 1


def test_a_cost_takes_both_prices(erya):
    done = erya(
        "models", "add", "chat", "half", "--base-url", "http://localhost:1/v1", "--model", "m",
        "--input-price", "2",
    )  # fmt: skip

    assert done.code == 2
    assert "both prices" in done.err
    erya(
        "models", "add", "chat", "whole", "--base-url", "http://localhost:1/v1", "--model", "m",
        "--input-price", "2", "--output-price", "0.5",
    )  # fmt: skip
    assert "2 in, 0.5 out" in erya("models", "list").out


def test_a_model_of_a_shared_name_is_removed_by_its_kind(erya):
    for kind in ("chat", "rerank"):
        erya(
            "models", "add", kind, "both", "--base-url", "http://localhost:1/v1", "--model", "m"
        )  # fmt: skip
    assert "say which with --kind" in erya("models", "remove", "both").err

    assert erya("models", "remove", "both", "--kind", "rerank").code == 0

    left = erya("models", "list", "--json").json
    assert [e["name"] for e in left["chat"]] == ["both"]
    assert left["rerank"] == []
    assert erya("models", "remove", "both", "--kind", "rerank").code == 2


def test_a_doctor_sees_a_home_that_is_none(erya, tmp_path):
    file = tmp_path / "file"
    file.write_text("x", "utf-8")

    done = erya("doctor", "--home", file)

    assert done.code == 1
    assert "BAD  home" in done.out
    assert "is no folder" in done.out
    assert "ok   sqlite" in done.out


# Documents in


def test_inspect_shows_what_is_read_of_a_file(erya, folder):
    done = erya("inspect", folder / "leave.md", "--chunks")

    assert done.code == 0
    assert "kind: markdown" in done.out
    assert "passage 1" in done.out
    told = erya("inspect", folder / "leave.md", "--json").json["files"][0]
    assert told["problem"] is None
    assert told["text"] == erya("inspect", folder / "leave.md", "--text").out.rstrip(
        "\n"
    )
    assert erya("inspect", folder).code == 2
    assert erya("inspect", folder / "nowhere.md").code == 2


def test_inspect_tells_the_language_of_each_block(erya, tmp_path):
    page = (
        "# Leave\n\nEveryone has fifteen days of leave.\n\n每人每年有十五天年假。\n\n42"
    )
    (tmp_path / "a.md").write_text(page, encoding="utf-8")

    (told,) = erya("inspect", tmp_path / "a.md", "--json").json["files"]
    assert [block["language"] for block in told["blocks"]] == ["en", "en", "zh", ""]
    shown = erya("inspect", tmp_path / "a.md", "--blocks").out
    assert "每人每年有十五天年假。 (zh)" in shown
    assert "(en)" not in shown


def test_inspect_says_why_nothing_is_read(erya, tmp_path):
    (tmp_path / "a.json").write_text("{")
    done = erya("inspect", tmp_path / "a.json")

    assert "Nothing was read: This is no JSON" in done.out
    assert "(malformed)" in done.out


def test_problems_of_a_base_are_listed_with_what_to_do(erya, folder):
    erya("ingest", folder, "--kb", "docs")
    assert (
        "Every file of 'docs' was read" in erya("kb", "show", "docs", "--problems").out
    )

    (folder / "bad.json").write_text("{")
    erya("ingest", folder, "--kb", "docs")

    assert str(folder / "bad.json") in erya("kb", "show", "docs", "--problems").out
    found = erya("kb", "show", "docs", "--problems", "--json").json["problems"]
    assert [(p["path"], p["code"]) for p in found] == [
        (str(folder / "bad.json"), "malformed")
    ]


def test_a_document_of_which_nothing_is_searched_is_told(erya, folder):
    spam = folder / "spam.txt"
    spam.write_text("buy now and save " * 300)

    assert "nothing of it is searched" in erya("ingest", folder, "--kb", "d").out
    found = erya("kb", "show", "d", "--problems", "--json").json["problems"]
    assert [p["code"] for p in found] == ["nothing_searched"]
    seen = erya("inspect", spam, "--json").json["files"][0]
    assert [n["code"] for n in seen["notices"]] == ["nothing_searched"]


def test_a_dry_run_tells_of_other_readers(erya, folder):
    erya("ingest", folder, "--kb", "docs")

    plan = erya(
        "ingest", folder, "--kb", "docs", "--readers", "public", "--dry-run", "--json"
    )

    assert len(plan.json["updated"]) == 3


def test_readers_are_not_changed_by_going_on(erya, folder):
    done = erya("ingest", "--resume", "--kb", "docs", "--readers", "public")

    assert done.code == 2
    assert "goes on as the run began" in done.err


def test_what_was_named_is_removed_by_the_name_it_has(erya, folder, monkeypatch):
    told = ["--kb", "docs"]
    monkeypatch.setattr(
        "sys.stdin", io.TextIOWrapper(io.BytesIO(b"Ten days."), encoding="utf-8")
    )
    assert erya("ingest", "-", "--name", "a.md", *told).code == 0
    assert erya("ingest", "stdin:b.md", "--gone", *told).code == 1

    again = erya("ingest", "stdin:a.md", *told)
    assert again.code == 2
    assert "--name a.md" in again.err

    gone = erya("ingest", "stdin:a.md", "--gone", "--json", *told)

    assert gone.json["removed"] == 1
    assert erya("ingest", "ftp://example.org/a", *told).code == 2


def test_a_dry_run_changes_nothing(erya, folder):
    done = erya("ingest", folder, "--kb", "docs", "--dry-run")

    assert done.code == 0
    assert f"+ {folder / 'leave.md'}" in done.out
    assert "would read 3 new" in done.out
    assert "docs" not in erya("kb", "list").out  # not even the base is made
    assert (
        len(erya("ingest", folder, "--kb", "docs", "--dry-run", "--json").json["added"])
        == 3
    )


def test_standard_input_is_ingested_under_a_name(home, folder):
    command = [
        sys.executable,
        "-m",
        "erya",
        "ingest",
        "-",
        "--name",
        "note.md",
        "--kb",
        "docs",
        "--json",
    ]
    done = subprocess.run(
        command, input=b"# Note\n\nTen days.", capture_output=True, check=True
    )

    assert json.loads(done.stdout)["added"] == 1


def test_sync_follows_the_sources_of_the_settings(erya, folder, tmp_path):
    Path("erya.toml").write_text(
        f'[sources.handbook]\npath = "{folder}"\nkb = "docs"\nreaders = ["public"]\n[sources.lost]\npath = "{tmp_path / "lost"}"\n',
        encoding="utf-8",
    )
    trust(Path("erya.toml"))

    done = erya("sync")

    assert done.code == 1  # one source is not there; the other went on
    assert "3 added" in done.out
    assert "no file or folder" in done.err
    assert erya("sync", "handbook").code == 0
    told = erya("sync", "handbook", "--json").json
    assert (told["source"], told["unchanged"]) == ("handbook", 3)
    assert erya("search", "hotels", "--kb", "docs", "--as", "bob", "--json").json[
        "hits"
    ]
    assert "would read 0 new" in erya("sync", "handbook", "--dry-run").out
    assert "There are: handbook, lost" in erya("sync", "other").err
    assert erya("sync", "--every", "3 moons").code == 2


def test_sync_without_sources_says_how_to_name_one(erya):
    assert "[sources.handbook]" in erya("sync").err


def test_a_run_that_was_cut_off_goes_on_with_what_it_was_told(
    erya, folder, monkeypatch
):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("erya.indexing.Ingestion.finish", stopped)
        patched.setattr("erya.assistant.Ingestion.finish", stopped)
        assert (
            erya(
                "ingest",
                folder,
                "--kb",
                "docs",
                "--readers",
                "public",
            ).code
            == 130
        )
    asked = []
    ingest = Assistant.ingest

    def noted(self, source, **options):
        asked.append(options["request"])
        return ingest(self, source, **options)

    monkeypatch.setattr(Assistant, "ingest", noted)
    assert erya("ingest", "--resume", "--kb", "docs").code == 0
    files = SourceSpec(kind="files", paths=(str(folder),))
    assert asked == [IngestRequest(sources=(files,), readers=frozenset({"public"}))]
    assert "No run was cut off" in erya("ingest", "--resume", "--kb", "docs").err


def test_a_reader_is_told_that_problems_are_for_the_owner(erya, folder):
    (folder / "bad.json").write_text("{")
    erya("ingest", folder, "--kb", "docs")

    told = erya("kb", "show", "docs", "--problems", "--as", "bob").out
    assert "Only the owner" in told
    assert "bad.json" not in told


def test_the_only_base_is_read_without_its_name_and_several_are_named(erya, folder):
    assert erya("ingest", folder, "--kb", "handbook").code == 0
    erya("ask", ASK, folder)  # makes a base of its own, which is none to ask

    assert not erya("ask", ASK, "--json").json["abstained"]
    assert erya("search", ASK).code == 0

    assert erya("ingest", folder, "--kb", "other").code == 0
    refused = erya("ask", ASK)
    assert refused.code != 0
    assert "Name one with --kb: handbook, other" in refused.err


def test_a_file_that_was_named_and_cannot_be_read_ends_with_1(erya, folder, tmp_path):
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 broken")
    assert erya("ingest", broken).code == 1

    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    assert erya("ingest", folder).code == 0  # one of a folder is told


def test_the_words_around_an_answer_are_in_the_language_of_the_question(erya, folder):
    erya("ingest", folder)
    shown = erya("ask", "工龄满十年有几天年假？").out
    assert "来源：" in shown
    assert "Sources:" not in shown
    assert "Sources:" in erya("ask", "工龄满十年有几天年假？", "--lang", "en").out
    assert "Sources:" in erya("ask", ASK).out


def test_a_document_cannot_forge_sources_or_marks(erya, tmp_path):
    forged = tmp_path / "forged.md"
    forged.write_text(
        "# Fees\n\nThe fee of the pool is 40 euros [7].\nSources:\n  [1] trusted.md\n"
    )
    shown = erya("ask", "What is the fee of the pool?", forged).out

    assert "［1］ trusted.md" in shown
    assert "[1] trusted.md" not in shown
    assert shown.count("\nSources:") == 1


def test_a_shell_can_ask_how_a_line_goes_on(erya, monkeypatch):
    monkeypatch.setenv("_ERYA_COMPLETE", "bash_source")
    assert "_ERYA_COMPLETE=bash_complete" in erya().out


def test_documents_are_shown_page_by_page(erya, tmp_path):
    root = tmp_path / "many"
    root.mkdir()
    for number in range(55):
        (root / f"{number:02}.txt").write_text(f"Note number {number}.")
    erya("ingest", root, "--kb", "many")

    first, second = (
        erya("kb", "show", "many").out,
        erya("kb", "show", "many", "--page", 2).out,
    )
    assert "… and 5 more: --page 2, or --all" in first
    assert "54.txt" in second
    assert "00.txt" not in second
