import os

import pytest

from erya.errors import UsageError
from erya.records import Item, Problem
from erya.sources import FolderSource


def offered(*paths, file_bytes=1_000):
    source = FolderSource(paths, file_bytes=file_bytes)
    found = list(source.items())
    items = {os.path.basename(i.source): i.data for i in found if isinstance(i, Item)}
    problems = {
        os.path.basename(p.source): p.code for p in found if isinstance(p, Problem)
    }
    return source, items, problems


def test_files_come_in_order_of_their_names(tmp_path):
    for name in ("b.txt", "a.txt", "c/d.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)

    source, items, problems = offered(tmp_path)

    assert list(items) == ["a.txt", "b.txt", "d.txt"]
    assert problems == {}
    assert source.complete(source.roots[0])
    assert source.count() == 3


def test_what_is_no_document_is_passed_over_and_named(tmp_path):
    (tmp_path / ".hidden").write_text("x")
    (tmp_path / "big.txt").write_text("x" * 1_001)
    (tmp_path / "fits.txt").write_text("x" * 1_000)
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "link.txt").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "fifo")

    source, items, problems = offered(tmp_path)

    assert list(items) == ["fits.txt"]
    assert problems == {
        ".hidden": "hidden",
        "big.txt": "too_large",
        "fifo": "not_a_file",
        "link.txt": "link",
        "loop": "link",
    }
    assert source.complete(source.roots[0])


def test_the_marks_of_open_documents_are_passed_over(tmp_path):
    for name in ("~$plan.docx", ".~lock.plan.odt#", "Thumbs.db", "plan.txt"):
        (tmp_path / name).write_text("x")

    _, items, problems = offered(tmp_path)

    assert list(items) == ["plan.txt"]
    assert problems == {
        "~$plan.docx": "lock",
        ".~lock.plan.odt#": "hidden",
        "Thumbs.db": "hidden",
    }


def test_a_name_that_begins_like_a_home_is_a_name(tmp_path, monkeypatch):
    (tmp_path / "~$plan.txt").write_text("x")
    monkeypatch.chdir(tmp_path)

    (item,) = FolderSource(["~$plan.txt"], file_bytes=10).items()

    assert isinstance(item, Item)
    assert item.data == b"x"


def test_a_folder_that_cannot_be_listed_makes_the_scan_incomplete(
    tmp_path, monkeypatch
):
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.txt").write_text("x")
    scandir = os.scandir

    def refusing(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    source, items, problems = offered(tmp_path)

    assert list(items) == ["a.txt"]
    assert problems == {"closed": "unreadable_folder"}
    assert not source.complete(source.roots[0])


def test_a_file_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("x")
    opened = os.open

    def refusing(path, flags, *rest):
        if str(path).endswith("a.txt"):
            raise PermissionError(13, "Permission denied")
        return opened(path, flags, *rest)

    monkeypatch.setattr(os, "open", refusing)
    source, items, problems = offered(tmp_path)

    assert (items, problems) == ({}, {"a.txt": "unreadable"})
    assert source.complete(source.roots[0])


def test_overlapping_paths_offer_a_file_once(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("x")

    source = FolderSource(
        [tmp_path, tmp_path / "in", tmp_path / "in" / "a.txt"], file_bytes=9
    )

    assert len(list(source.items())) == 1


def test_a_name_that_is_no_unicode_is_still_a_name(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_bytes(b"x")

    _, items, _ = offered(tmp_path)

    assert list(items) == ["caf\\xe9.txt"]
    next(iter(items)).encode()


def test_a_missing_path_is_refused_before_anything_is_done(tmp_path):
    with pytest.raises(UsageError, match="no file or folder .*nowhere"):
        FolderSource([tmp_path, tmp_path / "nowhere"], file_bytes=9)
    with pytest.raises(UsageError, match="No path"):
        FolderSource([], file_bytes=9)
