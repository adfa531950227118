"""Keeping a base in step, through the corridor."""

import os
import shutil
import zipfile
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from erya.assistant import Assistant
from erya.config import Settings
from erya.errors import NotAllowedError, UsageError
from erya.guarding import Masking
from erya.loading import Limits, ParserPool
from erya.opening import change_base, open_assistant
from erya.preparing import Preparation
from erya.records import Document, Item, Principal, Unchanged
from erya.sources import FolderSource, IngestRequest
from erya.sources.web import WebSource
from erya.stores import Bases
from erya.stores.catalogue.writing import CatalogueWriter
from erya.testing import HashingEmbedding, document

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

    assert (report.removed, report.kept) == (0, 1)
    assert [p.code for p in report.failed] == ["unreadable_folder"]
    assert len(sources(assistant)) == 3


def test_an_archive_is_counted_beside_what_is_in_it(assistant, folder):
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.writestr("a.txt", "One.")
        archive.writestr("b.txt", "Two.")

    for expected in ((5, 0), (0, 5)):
        report = ingest(assistant, folder)
        assert (report.added, report.unchanged) == expected
        assert (report.files, report.opened) == (6, 1)


def test_a_run_that_is_refused_is_not_one_that_was_cut_off(assistant):
    with pytest.raises(UsageError, match="not public"):
        assistant.ingest(WebSource(url="http://127.0.0.1:9/"), principal=ME)

    (job,) = assistant.store.status(ME).jobs
    assert job.state == "failed"


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


def test_a_file_that_is_moved_keeps_its_readers(assistant, folder):
    legal, public = frozenset({"group:legal"}), frozenset({"public"})
    (folder / "copy.md").write_bytes((folder / "leave.md").read_bytes())
    ingest(assistant, folder / "leave.md", readers=legal)
    ingest(assistant, folder / "copy.md", readers=legal | public)
    (folder / "leave.md").rename(folder / "moved.md")
    (folder / "copy.md").unlink()

    ingest(assistant, folder)

    (moved,) = [
        d for d in assistant.store.documents(ME) if d.source.endswith("moved.md")
    ]
    assert moved.readers == legal  # who may read all that has these bytes


def test_a_copy_in_another_folder_is_private(assistant, folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "copy.md").write_bytes((folder / "leave.md").read_bytes())
    ingest(assistant, folder, readers=frozenset({"public"}))

    ingest(assistant, other)

    (copy,) = [d for d in assistant.store.documents(ME) if d.source.endswith("copy.md")]
    assert copy.readers == {"user:me"}


def test_other_cuts_redo_every_document(assistant, folder):
    ingest(assistant, folder)
    assistant = replace(assistant, chunker=type(assistant.chunker)(max_tokens=32))

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

    # Told for each file that is offered as well: most may be unchanged.
    assert sorted(seen) == seen
    assert {1, 2, 3} <= set(seen)


def test_a_run_ends_where_its_progress_says_so_and_keeps_what_it_stored(
    assistant, folder
):
    ingest(assistant, folder)
    (folder / "new.md").write_text("New.")

    def stop(_report):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest(assistant, folder, on_progress=stop)
    assert len(list(assistant.store.documents(ME))) == 3


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


# What is inside of other files, and what gave no text


def zipped(path, **parts):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)


def test_what_is_in_an_archive_is_followed_as_in_a_folder(assistant, folder):
    box = folder / "box.zip"
    zipped(box, **{"one.md": "Number one.", "in/two.md": "Number two."})
    assert counts(ingest(assistant, folder)) == (5, 0, 0, 0)
    assert counts(ingest(assistant, folder)) == (0, 0, 5, 0)

    zipped(
        box,
        **{
            "one.md": "Number one.",
            "in/two.md": "Number 2.",
            "three.md": "Number three.",
        },
    )
    assert counts(ingest(assistant, folder)) == (1, 1, 4, 0)

    zipped(box, **{"one.md": "Number one."})
    assert counts(ingest(assistant, folder)) == (0, 0, 4, 2)

    box.unlink()
    assert counts(ingest(assistant, folder)) == (0, 0, 3, 1)
    assert list(assistant.store.items(ME)) == []


def test_an_archive_that_is_damaged_later_keeps_what_was_read_of_it(assistant, folder):
    box = folder / "box.zip"
    zipped(box, **{"one.md": "Number one."})
    ingest(assistant, folder)
    box.write_bytes(box.read_bytes()[:60])

    report = ingest(assistant, folder)

    assert counts(report) == (0, 0, 3, 0)
    (problem,) = report.failed
    assert problem.code == "damaged"
    assert problem.message.endswith(". What was read of it before stays.")
    assert "one.md" in sources(assistant)


def test_readers_of_what_is_in_an_archive_are_those_of_the_run(assistant, folder):
    zipped(folder / "box.zip", **{"one.md": "Number one."})
    ingest(assistant, folder, readers=frozenset({"group:hr"}))

    inside = next(d for d in assistant.store.documents(ME) if "box.zip" in d.source)
    assert inside.readers == {"group:hr"}

    ingest(assistant, folder, readers=frozenset({"public"}))
    inside = next(d for d in assistant.store.documents(ME) if "box.zip" in d.source)
    assert inside.readers == {"public"}


def test_a_file_that_failed_is_read_again_only_when_it_has_changed(
    assistant, folder, monkeypatch
):
    bad = folder / "bad.json"
    bad.write_text("{")
    ingest(assistant, folder)
    read = []
    parse_all = ParserPool.parse_all

    def seen(self, items, **options):
        def noted():
            for item in items:
                read.append(item.source)
                yield item

        return parse_all(self, noted(), **options)

    monkeypatch.setattr(ParserPool, "parse_all", seen)
    report = ingest(assistant, folder)
    assert [p.code for p in report.failed] == ["malformed"]
    assert read == []

    bad.write_text('{"a": "mended"}')
    report = ingest(assistant, folder)
    assert read == [str(bad)]
    assert report.failed == []
    assert list(assistant.store.items(ME)) == []


def test_only_the_owner_learns_which_files_gave_no_text(assistant, folder):
    (folder / "bad.json").write_text("{")
    ingest(assistant, folder, readers=frozenset({"public"}))

    assert [i.code for i in assistant.store.items(ME)] == ["malformed"]
    assert list(assistant.store.items(Principal(user="bob"))) == []


def test_files_are_read_again_when_the_layout_model_comes_or_goes(
    assistant, folder, monkeypatch
):
    found = []
    for there in (False, True, True, False):
        monkeypatch.setattr(
            "erya.assistant.has_layout_model", lambda is_there=there: is_there
        )
        found.append(counts(ingest(assistant, folder))[:3])

    assert found == [(3, 0, 0), (0, 3, 0), (0, 0, 3), (0, 3, 0)]


def test_a_plan_says_what_a_run_would_do_and_does_nothing(assistant, folder):
    ingest(assistant, folder)
    (folder / "leave.md").write_text("Other.")
    (folder / "travel.html").unlink()
    (folder / "new.txt").write_text("New.")
    before = sources(assistant)

    plan = assistant.plan(FolderSource([folder], file_bytes=10_000), principal=ME)

    assert (
        [os.path.basename(s) for s in plan.added],
        [os.path.basename(s) for s in plan.updated],
    ) == (["new.txt"], ["leave.md"])
    assert [os.path.basename(s) for s in plan.removed] == ["travel.html"]
    assert plan.unchanged == 1
    assert sources(assistant) == before
    report = ingest(assistant, folder)
    assert counts(report) == (1, 1, 1, 1)


def test_what_a_source_calls_unchanged_is_left_and_counted(assistant):
    class Pages:
        roots = ("https://docs.example",)

        def __init__(self):
            self.known: list[dict[str, Any]] = []

        def items(self, known):
            self.known.append(dict(known))
            if known:
                yield Unchanged("https://docs.example/a")
            else:
                yield Item(
                    source="https://docs.example/a",
                    data=b"One.",
                    validators={"etag": "1"},
                )

        def complete(self, root):
            return True

    pages = Pages()
    first = assistant.ingest(pages, principal=ME)
    second = assistant.ingest(pages, principal=ME)

    assert counts(first) == (1, 0, 0, 0)
    assert counts(second) == (0, 0, 1, 0)
    assert pages.known == [{}, {"https://docs.example/a": {"etag": "1"}}]


def test_a_run_that_ends_within_an_archive_reads_the_rest_of_it_later(
    assistant, folder, monkeypatch
):
    zipped(folder / "box.zip", **{f"{i}.md": f"Number {i}." for i in range(6)})
    monkeypatch.setattr("erya.indexing.ingestion._COMMIT_DOCUMENTS", 1)
    put, seen = CatalogueWriter.put, []

    def fails(self, document, *args, **options):
        seen.append(document.source)
        if document.source.endswith("3.md"):
            raise KeyboardInterrupt
        put(self, document, *args, **options)

    with monkeypatch.context() as patched:
        patched.setattr(CatalogueWriter, "put", fails)
        with pytest.raises(KeyboardInterrupt):
            ingest(assistant, folder)

    ingest(assistant, folder)

    assert {f"{i}.md" for i in range(6)} <= set(sources(assistant))
    assert counts(ingest(assistant, folder)) == (0, 0, 9, 0)


def test_what_fails_later_is_narrowed_all_the_same(assistant, folder):
    box, page = folder / "box.zip", folder / "a.json"
    zipped(box, **{"one.md": "Number one."})
    page.write_text('{"a": "b"}')
    ingest(assistant, folder, readers=frozenset({"public"}))
    box.write_bytes(box.read_bytes()[:60])
    page.write_text("{")

    ingest(assistant, folder, readers=frozenset({"user:ada"}))

    assert {tuple(d.readers) for d in assistant.store.documents(ME)} == {("user:ada",)}


def test_what_failed_at_a_limit_is_tried_again_with_another(home, folder):
    store = Bases(home).open("limits", create=True)
    small = Assistant(store=store, workers=1, limits=Limits(text_characters=10))
    large = Assistant(store=store, workers=1, limits=Limits(text_characters=10_000))

    assert {p.code for p in ingest(small, folder).failed} == {"too_large"}
    assert ingest(large, folder).added == 3
    store.close()


def test_a_folder_that_is_suddenly_empty_loses_nothing(assistant, folder):
    """It may be a disk that is not there."""
    ingest(assistant, folder)
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    assert counts(ingest(assistant, folder)) == (0, 0, 0, 0)
    source = FolderSource([folder], file_bytes=10_000, gone=True)
    assert assistant.ingest(source, principal=ME).removed == 3


def test_what_is_masked_is_not_unmasked_by_a_forgotten_setting(home, folder):
    (folder / "contact.txt").write_text("Call 13800138000.")
    store = Bases(home).open("masked", create=True)
    masking = Assistant(
        store=store, workers=1, preparation=Preparation(masking=Masking())
    )
    plain = Assistant(store=store, workers=1)
    ingest(masking, folder)

    with pytest.raises(UsageError, match="Set mask as before"):
        ingest(plain, folder)
    assert all(
        "13800138000" not in store.document(ME, d.id).text for d in store.documents(ME)
    )
    assert ingest(plain, folder, force=True).updated == 4
    store.close()


def test_documents_added_with_a_mask_are_not_joined_by_unmasked_ones(home):
    store = Bases(home).open("masked", create=True)
    masking = Assistant(
        store=store, workers=1, preparation=Preparation(masking=Masking())
    )
    plain = Assistant(store=store, workers=1)
    masking.add([document("a.txt", "Call 13800138000.")], principal=ME)

    with pytest.raises(UsageError, match="Set mask as before"):
        plain.add([document("b.txt", "Call 13900139000.")], principal=ME)
    (held,) = store.documents(ME)
    assert "13800138000" not in store.document(ME, held.id).text
    store.close()


def test_a_device_that_gives_nothing_is_no_reason_to_stop(
    assistant, folder, monkeypatch
):
    fdopen = os.fdopen

    class Silent:
        """As a read without waiting where there is nothing yet."""

        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def read(self, _):
            return None

    monkeypatch.setattr(os, "fdopen", lambda *given: Silent(fdopen(*given)))
    report = ingest(assistant, folder)

    assert report.added == 0
    assert len(report.failed) == 3


def test_an_archive_that_has_grown_past_the_limit_loses_nothing(home, folder):
    store = Bases(home).open("grown", create=True)
    wide = Assistant(store=store, workers=1)
    narrow = Assistant(store=store, workers=1, limits=Limits(parts=2))
    zipped(folder / "box.zip", **{f"{i}.md": f"Number {i}." for i in range(4)})
    ingest(wide, folder)

    report = ingest(narrow, folder)
    again = ingest(narrow, folder)

    assert report.removed == again.removed == 0
    assert [p.source for p in report.failed] == [str(folder / "box.zip")]
    assert [p.code for p in again.failed] == ["archive_limit"]
    assert len(list(store.documents(ME))) == 7
    store.close()


@pytest.fixture
def opened(home):
    with open_assistant(Settings(home=home), "kept", create=True) as made:
        yield made


def mask_all(home):
    with closing(Bases(home).open("kept")) as store:
        change_base(store, {"mask": "all"}, settings=Settings(home=home), principal=ME)


CHANGED = "was changed since it was opened"


def test_nothing_is_stored_by_rules_that_a_base_had_before(opened, home, folder):
    (folder / "a.txt").write_text("Call 13812345678 for leave.")
    mask_all(home)
    with pytest.raises(UsageError, match=CHANGED):
        ingest(opened, folder)
    with pytest.raises(UsageError, match=CHANGED):
        opened.add([document("b.txt", "Call 13812345678.")], principal=ME)

    assert sources(opened) == []
    with open_assistant(Settings(home=home), "kept") as again:
        ingest(again, folder)
        assert "13812345678" not in again.ask("Whom to call?", principal=ME).text


def test_a_run_stops_when_the_rules_of_its_base_change(opened, home, folder):
    changed: list[int] = []

    def change(report):
        if report.files and not changed:
            changed.append(report.files)
            mask_all(home)

    with pytest.raises(UsageError, match=CHANGED):
        ingest(opened, folder, on_progress=change)
    assert sources(opened) == []


def give(assistant, folder, given, **options):
    request = IngestRequest(sources=(), given=given, **options)
    return counts(ingest(assistant, folder, request=request))


def metadata_of(assistant, name):
    (found,) = [d for d in assistant.store.documents(ME) if d.source.endswith(name)]
    return assistant.store.document(ME, found.id).metadata


def test_what_the_team_says_of_documents_stays_until_it_says_otherwise(
    assistant, folder
):
    hr = {"department": "hr"}
    assert give(assistant, folder, hr) == (3, 0, 0, 0)
    assert give(assistant, folder, hr) == (0, 0, 3, 0)
    assert give(assistant, folder, None) == (0, 0, 3, 0)

    (folder / "leave.md").write_text("# Leave\n\nThirty days.\n")
    assert give(assistant, folder, None) == (0, 1, 2, 0)
    assert metadata_of(assistant, "leave.md")["department"] == "hr"

    assert give(assistant, folder, {"department": "it"}) == (0, 3, 0, 0)
    assert metadata_of(assistant, "leave.md")["department"] == "it"
    assert give(assistant, folder, {}) == (0, 3, 0, 0)
    assert "department" not in metadata_of(assistant, "leave.md")
    assert give(assistant, folder, {}) == (0, 0, 3, 0)


def test_a_plan_tells_that_other_metadata_changes_documents(assistant, folder):
    give(assistant, folder, {"department": "hr"})
    source = FolderSource([folder], file_bytes=10_000)

    def updated(given):
        return len(assistant.plan(source, principal=ME, given=given).updated)

    assert [updated(None), updated({"department": "hr"}), updated({})] == [0, 0, 3]


def test_what_is_in_an_archive_is_said_of_too(assistant, folder):
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.writestr("inner.txt", "Keys are at the desk.")

    give(assistant, folder, {"department": "hr"})

    assert metadata_of(assistant, "inner.txt")["department"] == "hr"
    assert give(assistant, folder, {"department": "hr"})[:2] == (0, 0)


def test_names_in_metadata_are_not_kept_where_persons_are_masked(home, folder):
    (folder / "leave.md").write_text(
        "---\nreviewer: Jane Doe\ntags: policy\ndate: 2024-05-01\n---\n# Leave\n\nText.\n"
    )
    preparation = Preparation(masking=Masking())
    store = Bases(home).open("masked", create=True)
    with Assistant(store=store, preparation=preparation, workers=1) as assistant:
        give(assistant, folder, {"owner_team": "hr"})

        told = metadata_of(assistant, "leave.md")

    assert "reviewer" not in told
    assert told["tags"] == "policy"
    assert told["owner_team"] == "hr"


class Counting(HashingEmbedding):
    """Remembers what it embedded, but for the text by which a model is known."""

    def __init__(self):
        super().__init__()
        self.texts = []

    def embed_passages(self, texts):
        self.texts += [text for text in texts if not text.startswith("Erya 尔雅:")]
        return super().embed_passages(texts)


def test_a_changed_line_embeds_only_the_chunks_that_it_changed(home, tmp_path):
    file = tmp_path / "rules.md"
    parts = [f"# Part {n}\n\nRule {n} is about sensors.\n" for n in range(20)]
    file.write_text("\n".join(parts))
    model = Counting()
    store = Bases(home).open("kept", create=True)
    with Assistant(store=store, embedding=model, workers=1) as assistant:
        ingest(assistant, file)
        assert len(model.texts) >= 20

        model.texts.clear()
        parts[7] = "# Part 7\n\nRule 7 is about batteries.\n"
        file.write_text("\n".join(parts))
        ingest(assistant, file)
        assert [("batteries" in text) for text in model.texts] == [True]
        (stored,) = store.documents(ME)
        assert len(store.vectors(ME, stored.id)) == len(store.chunks(ME, stored.id))
        found = assistant.search("batteries", principal=ME).hits
        assert "Rule 7" in found[0].chunk.text

        model.texts.clear()
        ingest(assistant, file, force=True)  # all of it, as was asked
        assert len(model.texts) >= 20


def test_a_document_that_is_added_again_is_embedded_where_it_changed(home):
    model = Counting()
    store = Bases(home).open("kept", create=True)
    with Assistant(store=store, embedding=model, workers=1) as assistant:
        assistant.add([document("a", "Sensors.")], principal=ME)
        model.texts.clear()

        assistant.add([document("a", "Sensors.", readers=("public",))], principal=ME)
        assistant.add([document("b", "Sensors.")], principal=ME)

    assert len(model.texts) == 1  # of another document
