"""A base knows itself: what it was made with need not be said again."""

import json
import os
from contextlib import closing
from pathlib import Path

import pytest

from erya.config import Settings, load
from erya.errors import NotAllowedError, UsageError
from erya.opening import (
    change_base,
    create_base,
    open_assistant,
    settings_of_base,
)
from erya.records import Principal
from erya.sources import FolderSource
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


def test_a_reader_is_told_to_read_what_names_them_and_no_more(erya, folder):
    erya("ingest", folder, "--kb", "hr", "--readers", "group:hr")

    granted = erya("kb", "grant", "hr", "user:ada", "reader")
    assert "--readers" in granted.err
    question = ("search", "annual leave", "--kb", "hr", "--json", "--as")
    assert erya(*question, "ada").json["hits"] == []
    assert erya(*question, "ada,hr").json["hits"] != []


def test_what_a_base_keeps_is_told_to_programs(erya, folder):
    erya("kb", "create", "hr", "--mask", "all", "--source", folder)

    kept = erya("kb", "set", "hr", "html=main", "--json").json["settings"]
    assert (kept["mask"], kept["html"]) == ("all", "main")
    assert [each["kind"] for each in kept["sources"]] == ["files"]


def test_a_base_is_deleted_by_its_owner_and_by_nobody_else(erya, folder, home):
    erya("ingest", folder, "--kb", "hr")
    erya("kb", "grant", "hr", "user:ann", "owner")
    erya("kb", "grant", "hr", "user:ed", "editor")

    with pytest.raises(NotAllowedError):
        Bases(home).delete(Principal(user="ed"), "hr")
    Bases(home).delete(Principal(user="ann"), "hr")
    assert not Bases(home).exists("hr")


@pytest.mark.parametrize("other", ["none", "email"])
def test_what_a_base_masks_is_masked_whatever_other_settings_say(
    erya, folder, tmp_path, monkeypatch, other
):
    settings = tmp_path / "m.toml"
    settings.write_text(f'mask = "{other}"\n')
    erya("kb", "create", "hr", "--mask", "all", "--config", settings)
    erya("ingest", folder, "--kb", "hr", "--config", settings)
    assert "13812345678" not in text_of(erya, "hr")

    monkeypatch.setenv("ERYA_MASK", other)
    (folder / "b.md").write_text("Call 13912345678 for other leave.")
    assert erya("ingest", folder, "--kb", "hr").code == 0
    assert "13912345678" not in text_of(erya, "hr")


def test_a_base_that_masked_more_is_not_unmasked_by_a_setting(
    erya, folder, monkeypatch
):
    monkeypatch.setenv("ERYA_MASK", "all")
    erya("ingest", folder, "--kb", "hr")
    erya("kb", "set", "hr", "mask=email")
    monkeypatch.delenv("ERYA_MASK")

    refused = erya("ingest", folder, "--kb", "hr")
    assert (refused.code, "would store some unmasked" in refused.err) == (2, True)
    assert erya("ingest", folder, "--kb", "hr", "--force").code == 0
    assert "13812345678" in text_of(erya, "hr")


def test_what_a_base_keeps_goes_before_the_file_and_after_what_is_said_now(
    erya, folder, tmp_path, monkeypatch
):
    settings = tmp_path / "e.toml"
    settings.write_text('chunker = "recursive"\nchunk_tokens = 64\n')
    erya(
        "kb", "create", "c", "--chunker", "fixed", "--tokens", 256, "--config", settings
    )
    loaded, _ = load({"home": tmp_path, "kb": "c"}, environment={}, file=settings)
    profile = {"chunker": "fixed", "chunk_tokens": 256}
    assert settings_of_base(loaded, profile).chunker == "fixed"

    now = {"ERYA_CHUNKER": "structure"}
    loaded, _ = load({"chunk_tokens": 128}, environment=now, file=settings)
    own = settings_of_base(loaded, profile)
    assert (own.chunker, own.chunk_tokens) == ("structure", 128)


def test_a_switched_chunker_is_what_the_base_is_cut_by(erya, folder):
    erya("kb", "create", "r", "--chunker", "recursive", "--tokens", 128)
    erya("ingest", folder, "--kb", "r")
    told = erya("kb", "rechunk", "r", "--tokens", 64, "--switch", "--json").json
    assert told["chunker"] == "recursive-1:64"

    refused = erya("kb", "set", "r", "chunker=fixed")
    assert (refused.code, "erya kb rechunk" in refused.err) == (2, True)
    assert "recursive" not in erya("kb", "set", "r").out


def test_settings_that_could_not_be_kept_are_refused_at_once(erya, folder, tmp_path):
    assert erya("kb", "create", "a", "--clean", "foo").code == 2
    assert erya("kb", "create", "a", "--source", "-").code == 2
    assert erya("kb", "create", "a").code == 0
    assert erya("kb", "set", "a", "clean=foo").code == 2
    (tmp_path / "names.txt").write_text("Ada\n")
    shown = os.path.relpath(tmp_path / "names.txt")
    assert erya("kb", "set", "a", f"enrich_names={shown}").code == 0
    assert f"enrich_names = {tmp_path / 'names.txt'}" in erya("kb", "set", "a").out


def test_an_editor_does_not_read_masked_files_again(erya, folder, home):
    erya("kb", "create", "hr", "--mask", "all", "--embedding", "")
    erya("ingest", folder, "--kb", "hr")
    erya("kb", "grant", "hr", "user:ed", "editor")
    editor = Principal(user="ed")
    with open_assistant(Settings(home=home), "hr") as assistant:
        report = assistant.ingest(
            FolderSource([folder], file_bytes=1_000_000), principal=editor
        )

    assert (report.unchanged, report.updated) == (1, 0)


def test_where_a_base_reads_from_is_told_to_its_owner(erya, folder):
    erya("kb", "create", "hr", "--source", folder)

    assert "sources" in erya("kb", "show", "hr", "--json").json["settings"]
    told = erya("kb", "show", "hr", "--as", "bob", "--json").json["settings"]
    assert "sources" not in told


def test_a_base_opens_by_its_own_model_whatever_the_file_names(erya, folder, tmp_path):
    settings = tmp_path / "m.toml"
    settings.write_text('embedding_model = "nobody"\n')
    erya("kb", "create", "hr", "--embedding", "")
    opened = erya("ingest", folder, "--kb", "hr", "--config", settings)
    refused = erya("ingest", folder, "--kb", "new", "--config", settings)

    assert opened.code == 0
    assert (refused.code, "nobody" in refused.err) == (2, True)
    assert "new" not in erya("kb", "list").out


def test_a_settings_file_is_one_whatever_it_is_called(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("flag", "ERYA_X.toml"):
        (tmp_path / name).write_text('chunker = "recursive"\n')
        loaded, _ = load({}, environment={}, file=Path(name))
        assert loaded.chunker == "recursive"
        assert not loaded.is_given("chunker")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": "red"}, "does not keep 'colour'"),
        ({"chunk_tokens": "many"}, "chunk_tokens"),
        ({"clean": "foo"}, "no step 'foo'"),
        ({"sources": [{"kind": "stream"}]}, "no standard input"),
        ({"sources": [{"kind": "ftp"}]}, "Name it again"),
    ],
)
def test_every_door_is_refused_what_a_base_cannot_keep(home, changes, said):
    settings = Settings(home=home)
    with pytest.raises(UsageError, match=said):
        create_base(settings, "hr", profile=changes)
    assert Bases(home).names() == []
    create_base(settings, "hr")
    owner = Principal.owner("me")
    with closing(Bases(home).open("hr")) as store:
        with pytest.raises(UsageError, match=said):
            change_base(store, changes, settings=settings, principal=owner)
        assert store.profile(owner) == {}


def test_sources_of_a_base_and_of_the_settings_are_told_apart(erya, folder, tmp_path):
    erya("kb", "create", "hr", "--source", tmp_path / "gone")
    both = erya("sync", "handbook", "--kb", "hr")
    missing = erya("sync", "--kb", "hr")

    assert (both.code, "not both" in both.err) == (2, True)
    assert missing.code == 1
    assert "source 1 of 'hr' (erya kb set hr)" in missing.err
