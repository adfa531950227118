import io

import pytest

from erya.config import SourceSettings
from erya.errors import UsageError
from erya.records import Item
from erya.sources import (
    IngestRequest,
    SourceSpec,
    TargetOptions,
    open_source,
    spec_of_settings,
    specs_of_targets,
)

SPECS = [
    SourceSpec(kind="files", paths=("/docs", "/a b.txt")),
    SourceSpec(kind="files", paths=("/docs",), gone=True),
    SourceSpec(kind="web", url="https://x.example/", pages=3, delay=0.0, private=True),
    SourceSpec(kind="bucket", bucket="b", prefix="p/", endpoint="http://127.0.0.1:1"),
    SourceSpec(kind="stream", name="a.md"),
    SourceSpec(kind="gone", paths=("https://x.example",)),
]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.kind)
def test_a_spec_comes_back_as_it_was_stored(spec):
    assert SourceSpec.from_json(spec.to_json()) == spec


def test_a_request_comes_back_as_it_was_stored():
    request = IngestRequest(sources=tuple(SPECS), readers=frozenset({"public"}))

    assert IngestRequest.from_json(request.to_json()) == request
    assert IngestRequest.from_json({}) == IngestRequest(sources=())


@pytest.mark.parametrize(
    "stored",
    [
        {"kind": "files", "colour": "red"}, {"paths": 3}, [], {"kind": "ftp"},
        {"kind": "web", "pages": "many"}, {"kind": "files", "gone": None},
    ],
)  # fmt: skip
def test_what_no_release_has_stored_is_refused(stored):
    with pytest.raises(UsageError, match="Name it again"):
        SourceSpec.from_json(stored)


def test_targets_become_specs_all_paths_as_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = TargetOptions(name="n.md", endpoint="http://127.0.0.1:9", pages=7)

    specs = specs_of_targets(
        ["a", "-", "https://x.example/g/", "a", "s3://bucket/some/keys"], options
    )

    assert specs == (
        SourceSpec(kind="files", paths=(str(tmp_path / "a"),)),
        SourceSpec(kind="stream", name="n.md"),
        SourceSpec(kind="web", url="https://x.example/g/", pages=7),
        SourceSpec(
            kind="bucket",
            bucket="bucket",
            prefix="some/keys",
            endpoint="http://127.0.0.1:9",
        ),
    )
    assert specs_of_targets(["a", "https://x.example/"], gone=True) == (
        SourceSpec(kind="gone", paths=("https://x.example",)),
        SourceSpec(kind="files", paths=(str(tmp_path / "a"),), gone=True),
    )
    assert specs_of_targets([]) == ()


def test_a_spec_opens_the_source_that_it_means(tmp_path):
    (tmp_path / "a.txt").write_text("a")
    files = open_source(SourceSpec(kind="files", paths=(str(tmp_path),)), file_bytes=9)
    stream = open_source(
        SourceSpec(kind="stream", name="n.md"), file_bytes=9, stream=io.BytesIO(b"b")
    )
    web = open_source(SourceSpec(kind="web", url="https://x.example/g/"), file_bytes=9)
    bucket = open_source(SourceSpec(kind="bucket", bucket="b"), file_bytes=9)
    gone = open_source(SourceSpec(kind="gone", paths=("stdin:x",)), file_bytes=9)

    (read,) = files.items({})
    assert isinstance(read, Item)
    assert read.data == b"a"
    (sent,) = stream.items({})
    assert sent.source == "stdin:n.md"
    assert web.roots == ("https://x.example/g",)
    assert bucket.roots == ("s3://b",)
    assert (gone.roots, list(gone.items({}))) == (("stdin:x",), [])
    with pytest.raises(UsageError, match="send that again"):
        open_source(SourceSpec(kind="stream", name="n.md"), file_bytes=9)


@pytest.mark.parametrize(
    ("given", "spec"),
    [
        (
            SourceSettings(name="a", url="https://x.example/", pages=2, delay=1.0),
            SourceSpec(kind="web", url="https://x.example/", pages=2, delay=1.0),
        ),
        (
            SourceSettings(name="a", bucket="b", proxy="http://p", machine_role=True),
            SourceSpec(kind="bucket", bucket="b", proxy="http://p", machine_role=True),
        ),
        (SourceSettings(name="a", path="/x"), SourceSpec(kind="files", paths=("/x",))),
    ],
)  # fmt: skip
def test_a_table_of_the_settings_is_a_spec(given, spec):
    assert spec_of_settings(given) == spec


@pytest.mark.parametrize("stored", [[1], {"sources": 5}, {"readers": 5}])
def test_a_request_that_no_release_has_stored_is_refused(stored):
    with pytest.raises(UsageError, match="Make it again"):
        IngestRequest.from_json(stored)
