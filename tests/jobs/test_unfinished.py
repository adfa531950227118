import pytest

from erya.errors import UsageError
from erya.jobs import unfinished_request
from erya.records import Principal
from erya.sources import IngestRequest, SourceSpec
from erya.stores import Bases

OWNER = Principal.owner("ada")
FILES = SourceSpec(kind="files", paths=("/docs",))


@pytest.fixture
def store(tmp_path):
    opened = Bases(tmp_path).open("a", create=True)
    yield opened
    opened.close()


def begin(store, arguments):
    with store.writer(OWNER, purpose="ingest") as writer:
        writer.begin_job("ingest", arguments)


@pytest.mark.parametrize(
    ("arguments", "request_"),
    [
        (
            {"request": IngestRequest(sources=(FILES,), force=True).to_json()},
            IngestRequest(sources=(FILES,), force=True),
        ),
        (  # as release 0.1 noted it
            {
                "roots": ["/docs"],
                "readers": ["public"],
                "force": False,
                "asked": {"targets": ["/docs"], "name": "n", "endpoint": "", "private": False, "pages": 2_000, "delay": 0.5},
            },
            IngestRequest(sources=(FILES,), readers=frozenset({"public"})),
        ),
        ({"roots": ["/docs"], "readers": None}, IngestRequest(sources=(FILES,))),
        ({"roots": ["/docs"], "request": {}}, IngestRequest(sources=(FILES,))),
    ],
)  # fmt: skip
def test_a_run_that_was_cut_off_tells_what_it_was_asked_for(store, arguments, request_):
    begin(store, arguments)

    assert unfinished_request(store) == request_


def test_standard_input_is_read_once_and_a_run_that_ended_is_over(store):
    stream = IngestRequest(sources=(SourceSpec(kind="stream", name="n"),))
    begin(store, {"roots": [], "request": stream.to_json()})
    with pytest.raises(UsageError, match="send that again"):
        unfinished_request(store)


def test_without_a_run_that_was_cut_off_there_is_nothing_to_go_on_with(store):
    with pytest.raises(UsageError, match="No run was cut off"):
        unfinished_request(store)


def test_what_the_list_of_jobs_knows_is_not_gone_on_with(store):
    request = IngestRequest(sources=(SourceSpec(kind="files", paths=("/a",)),))
    begin(store, {"request": request.to_json()})

    assert unfinished_request(store) == request
    with pytest.raises(UsageError, match="No run was cut off"):
        unfinished_request(store, over=[request])


def test_words_that_no_release_noted_are_told(store):
    begin(store, {"asked": {"targets": ["/a"], "colour": "red"}})
    with pytest.raises(UsageError, match="Name the paths"):
        unfinished_request(store)
