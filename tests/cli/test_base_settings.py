"""A base knows itself: what it was made with need not be said again."""

import json

import pytest

from erya.config import Settings
from erya.errors import NotAllowedError
from erya.opening import open_assistant
from erya.records import Principal
from erya.stores import Bases

PHONE = "Call 13812345678 for leave."


@pytest.fixture
def folder(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_text(f"# Leave\n\n{PHONE} Everyone has 25 days of leave.\n")
    return docs


def text_of(erya, base):
    found = erya("search", "leave", "--kb", base, "--json").json["hits"]
    return " ".join(hit["text"] for hit in found)


def test_what_a_base_was_made_with_holds_for_later_commands(erya, folder):
    made = erya(
        "kb", "create", "hr", "--mask", "all", "--embedding", "", "--tokens", 64
    )
    assert made.code == 0
    erya("ingest", folder, "--kb", "hr")

    assert "13812345678" not in text_of(erya, "hr")
    shown = erya("kb", "show", "hr", "--json").json
    assert shown["settings"] == {
        "mask": "all",
        "embedding_model": "",
        "chunk_tokens": 64,
    }
    assert shown["embedding_model"] is None
    assert "mask = all" in erya("kb", "show", "hr").out
    assert erya("kb", "create", "hr").code == 2


def test_a_setting_of_the_environment_is_kept_by_the_base_it_made(
    erya, folder, monkeypatch
):
    monkeypatch.setenv("ERYA_MASK", "all")
    erya("ingest", folder, "--kb", "hr")
    monkeypatch.delenv("ERYA_MASK")
    (folder / "b.md").write_text("Call 13912345678 too.")

    assert erya("ingest", folder, "--kb", "hr").code == 0
    assert "13912345678" not in text_of(erya, "hr")


def test_the_model_of_the_base_is_used_and_one_process_serves_several(
    erya, folder, home
):
    model = "all-MiniLM-L6-v2"
    erya("kb", "create", "old", "--embedding", model)
    for base in ("old", "new"):
        erya("ingest", folder, "--kb", base)
        assert erya("search", "holidays", "--kb", base).code == 0

    settings = Settings(home=home)
    with open_assistant(settings, "old") as old, open_assistant(settings, "new") as new:
        assert old.embedding is not None
        assert new.embedding is not None
        names = {old.embedding.name, new.embedding.name}
        asked = open_assistant(settings, "old", beside=["new"])
        with asked:
            found = asked.search("leave", principal=Principal.owner("x"))
    assert names == {model, "erya-embedder"}
    assert {hit.chunk.base for hit in found.hits} == {"old", "new"}


def test_settings_of_a_base_are_changed_and_taken_back(erya, folder):
    erya("ingest", folder, "--kb", "hr")
    assert "keeps nothing" in erya("kb", "set", "hr").out
    assert "mask = all" in erya("kb", "set", "hr", "mask=all", "html=main").out
    erya("ingest", folder, "--kb", "hr")
    assert "13812345678" not in text_of(erya, "hr")

    assert "mask" not in erya("kb", "set", "hr", "--unset", "mask").out
    for wrong, what in (
        ("colour=red", "does not keep"), ("home=/", "does not keep"),
        ("mask=nonsense", "mask names nonsense"), ("html=half", "whole"),
        ("mask", "SETTING=VALUE"), ("embedding_model=nobody", "no embedding model"),
        ("embedding_model=all-MiniLM-L6-v2", "kb reembed"),
    ):  # fmt: skip
        done = erya("kb", "set", "hr", wrong)
        assert done.code != 0
        assert what in done.err


def test_a_base_is_kept_in_step_with_its_own_sources(erya, folder):
    erya("kb", "create", "hr", "--source", folder)
    assert erya("sync", "--kb", "hr").code == 0
    assert "25 days" in text_of(erya, "hr")
    (folder / "b.md").write_text("Flights are approved by Anna.")
    synced = erya("sync", "--kb", "hr", "--json")
    assert json.loads(synced.out)["added"] == 1
    erya("kb", "set", "hr", "--no-sources")
    done = erya("sync", "--kb", "hr")
    assert done.code == 2
    assert "keeps no source" in done.err


def test_the_language_of_a_base_is_that_of_its_labels(erya, folder):
    erya("kb", "create", "hr", "--language", "zh")
    erya("ingest", folder, "--kb", "hr")

    assert "来源" in erya("ask", "How many days of leave?", "--kb", "hr").out
    told = erya("ask", "How many days of leave?", "--kb", "hr", "--lang", "en").out
    assert "Sources:" in told


def test_roles_are_granted_shown_and_taken(erya, folder, home):
    erya("ingest", folder, "--kb", "hr")
    erya("ingest", folder, "--kb", "it")
    assert erya("kb", "grant", "hr", "user:ada", "editor").code == 0

    ada = Principal(user="ada")
    assert "user:ada: editor" in erya("kb", "show", "hr").out
    assert erya("kb", "show", "hr", "--json").json["grants"] == {"user:ada": "editor"}
    for base, count in (("hr", 1), ("it", 0)):
        store = Bases(home).open(base)
        assert store.status(ada).documents == count
        store.close()
    assert erya("kb", "revoke", "hr", "user:ada").code == 0
    assert erya("kb", "revoke", "hr", "user:ada").code == 2
    assert erya("kb", "grant", "hr", "ada", "editor").code == 2
    assert erya("kb", "grant", "hr", "user:ada", "king").code == 2


def test_a_base_is_deleted_by_its_owner_and_by_nobody_else(erya, folder, home):
    erya("ingest", folder, "--kb", "hr")
    erya("kb", "grant", "hr", "user:ann", "owner")
    erya("kb", "grant", "hr", "user:ed", "editor")

    with pytest.raises(NotAllowedError):
        Bases(home).delete(Principal(user="ed"), "hr")
    Bases(home).delete(Principal(user="ann"), "hr")
    assert not Bases(home).exists("hr")
