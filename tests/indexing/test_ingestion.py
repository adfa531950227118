"""Keeping a base in step, through the corridor."""

import os
import shutil

import pytest

from erya.assistant import Assistant
from erya.errors import NotAllowedError
from erya.loading import FolderSource, Limits
from erya.records import Document, Principal
from erya.stores import Bases

ME = Principal.owner("me")


@pytest.fixture
def assistant(home):
    with Assistant(store=Bases(home).open("test", create=True), workers=1) as made:
        yield made


def ingest(assistant, *paths, **options):
    source = FolderSource(paths, file_bytes=10_000)
    return assistant.ingest(source, principal=ME, **options)


def counts(report):
    return (report.added, report.updated, report.unchanged, report.removed)


def sources(assistant):
    return [os.path.basename(d.source) for d in assistant.store.documents(ME)]


def test_only_what_changed_is_read_again(assistant, folder):
    assert counts(ingest(assistant, folder)) == (3, 0, 0, 0)
    assert counts(ingest(assistant, folder)) == (0, 0, 3, 0)

    os.utime(folder / "leave.md")  # touched, not changed
    (folder / "travel.html").write_text("<p>Hotels may cost EUR 150.</p>")
    (folder / "new.txt").write_text("Something new.")

    assert counts(ingest(assistant, folder)) == (1, 1, 2, 0)
    assert "150" in assistant.ask("What may hotels cost?", principal=ME).text


def test_running_twice_gives_the_same_chunk_ids(assistant, folder):
    def ids():
        return [
            chunk.id
            for d in assistant.store.documents(ME)
            for chunk in assistant.store.chunks(ME, d.id)
        ]

    ingest(assistant, folder)
    before = ids()
    ingest(assistant, folder, force=True)

    assert ids() == before


def test_vanished_files_are_removed_after_a_complete_scan(assistant, folder):
    ingest(assistant, folder)
    (folder / "leave.md").unlink()

    assert counts(ingest(assistant, folder)) == (0, 0, 2, 1)
    assert sources(assistant) == ["travel.html", "年假.txt"]


def test_nothing_is_removed_after_an_incomplete_scan(assistant, folder, monkeypatch):
    ingest(assistant, folder)
    (folder / "leave.md").unlink()
    scandir = os.scandir

    def refusing(path):
        if str(path).endswith("人事"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    report = ingest(assistant, folder)

    assert report.removed == 0
    assert [p.code for p in report.failed] == ["unreadable_folder"]
    assert len(sources(assistant)) == 3


def test_other_folders_are_left_alone(assistant, folder, tmp_path):
    other = tmp_path / "docs-other"  # begins like the name of the first
    shutil.copytree(folder, other)
    ingest(assistant, folder, other)
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "one.txt").write_text("One.")

    assert counts(ingest(assistant, folder)) == (1, 0, 0, 3)
    assert len(sources(assistant)) == 4


def test_a_file_that_fails_keeps_what_was_stored_of_it(assistant, folder):
    ingest(assistant, folder)
    (folder / "leave.md").write_bytes(b"x" * 20_000)  # over the limit of this source

    report = ingest(assistant, folder)

    assert [(p.code, p.failed) for p in report.failed] == [("too_large", True)]
    assert len(sources(assistant)) == 3


def test_a_file_that_became_empty_is_removed(assistant, folder):
    ingest(assistant, folder)
    (folder / "leave.md").write_bytes(b"")

    report = ingest(assistant, folder)

    assert [p.code for p in report.skipped] == ["empty_file"]
    assert report.removed == 1


def test_one_bad_file_never_stops_the_batch(assistant, folder):
    (folder / "bad.jsonl").write_text("no json")
    (folder / "program.txt").write_bytes(b"\x7fELF....")

    report = ingest(assistant, folder)

    assert report.added == 3
    assert [(p.code, "Line 1" in p.message) for p in report.failed] == [
        ("malformed", True)
    ]
    assert [p.code for p in report.skipped] == ["unsupported_type"]
    assert report.files == 5


def test_new_files_are_private_and_readers_stay_until_others_are_given(
    assistant, folder
):
    def readers():
        return {
            os.path.basename(d.source): d.readers for d in assistant.store.documents(ME)
        }

    ingest(assistant, folder)
    assert set(readers().values()) == {frozenset({"user:me"})}

    report = ingest(assistant, folder / "leave.md", readers=frozenset({"public"}))
    assert counts(report) == (0, 1, 0, 0)
    (folder / "leave.md").write_text("Changed text.")
    ingest(assistant, folder)

    assert readers()["leave.md"] == {"public"}
    assert readers()["travel.html"] == {"user:me"}


def test_other_cuts_redo_every_document(assistant, folder):
    ingest(assistant, folder)
    assistant.chunker = type(assistant.chunker)(max_tokens=32)

    assert counts(ingest(assistant, folder)) == (0, 3, 0, 0)


def test_a_reader_may_not_ingest(assistant, folder):
    source = FolderSource([folder], file_bytes=9)
    with pytest.raises(NotAllowedError):
        assistant.ingest(source, principal=Principal(user="eve"))


def test_an_interrupted_run_keeps_what_was_committed_and_can_go_on(
    assistant, folder, monkeypatch
):
    monkeypatch.setattr("erya.indexing.ingestion._COMMIT_DOCUMENTS", 1)

    def interrupt(report):
        if report.added == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest(assistant, folder, on_progress=interrupt)
    assert len(sources(assistant)) == 2
    assert assistant.store.status(ME).jobs[0].state == "running"

    assert counts(ingest(assistant, folder)) == (1, 0, 2, 0)
    assert assistant.store.status(ME).jobs[0].state == "done"


def test_every_file_makes_progress(assistant, folder):
    seen = []
    ingest(assistant, folder, on_progress=lambda report: seen.append(report.added))

    assert seen == [1, 2, 3]


def test_limits_on_one_file_hold(home, folder):
    limits = Limits(text_characters=10)
    store = Bases(home).open("small", create=True)
    with Assistant(store=store, limits=limits, workers=1) as assistant:
        report = ingest(assistant, folder)

    assert {p.code for p in report.failed} == {"too_large"}
    assert report.added == 0


def test_the_original_bytes_are_kept(assistant, folder):
    ingest(assistant, folder)
    path = folder / "人事" / "年假.txt"

    kept = assistant.store.original(ME, Document.id_of(str(path)))
    assert kept == path.read_bytes()
