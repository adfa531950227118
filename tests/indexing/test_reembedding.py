"""Another embedding model beside the one in use."""

import pytest

from erya.errors import NotAllowedError, UsageError
from erya.indexing import reembed, switch
from erya.models import fingerprint_of
from erya.records import Principal
from erya.retrieving import HybridRetriever
from erya.stores import Bases
from erya.stores.base import VECTOR
from erya.testing import HashingEmbedding, document
from erya.testing.store_contract import MODEL, put
from tests.models.tiny_models import make_model

OWNER = Principal.owner("owner")
OTHER = HashingEmbedding(dimension=MODEL.dimension * 2)


@pytest.fixture
def store(tmp_path):
    store = Bases(tmp_path).open("docs", create=True)
    put(
        store,
        document("a.txt", "Sensors cost 15 euro."),
        document("b.txt", "Hotels may cost 140 euro a night."),
        document("c.txt", "The garage closes at midnight."),
    )
    yield store
    store.close()


def models(store):
    return [
        (each.fingerprint.dimension, each.current, each.vectors, each.missing)
        for each in store.embedders(OWNER)
    ]


def test_vectors_are_made_beside_those_in_use_and_searches_go_on(store):
    before = HybridRetriever(store, MODEL).retrieve(OWNER, "hotels", limit=3)
    seen = []

    reembed(store, OTHER, principal=OWNER, on_progress=lambda *n: seen.append(n))

    assert models(store) == [
        (MODEL.dimension, True, 3, 0),
        (OTHER.dimension, False, 3, 0),
    ]
    assert seen == [(3, 3)]
    assert HybridRetriever(store, MODEL).retrieve(OWNER, "hotels", limit=3) == before


def test_a_switch_is_one_commit_and_can_go_back(store):
    fingerprint = reembed(store, OTHER, principal=OWNER)

    switch(store, fingerprint, principal=OWNER)

    found = HybridRetriever(store, OTHER).retrieve(OWNER, "hotels", limit=3)
    assert found.hits[0].ranks[VECTOR] == 1
    assert all(finding.ok for finding in store.verify(OWNER))
    switch(store, fingerprint_of(MODEL), principal=OWNER)
    found = HybridRetriever(store, MODEL).retrieve(OWNER, "hotels", limit=3)
    assert found.hits[0].ranks[VECTOR] == 1
    assert [each[1] for each in models(store)] == [True, False]


def test_nothing_is_switched_while_passages_lack_a_vector(store):
    fingerprint = reembed(store, OTHER, principal=OWNER)
    put(store, document("d.txt", "A new document."))

    with pytest.raises(UsageError, match=r"1 passages .* nothing was switched"):
        switch(store, fingerprint, principal=OWNER)

    assert [each[1] for each in models(store)] == [True, False]
    reembed(store, OTHER, principal=OWNER)  # only what is missing
    switch(store, fingerprint, principal=OWNER)
    assert [each[3] for each in models(store)] == [0, 0]


def test_what_was_made_before_a_stop_is_not_made_again(store):
    class Stopped(HashingEmbedding):
        def embed_passages(self, texts):
            if any("garage" in text for text in texts):
                raise KeyboardInterrupt
            return super().embed_passages(texts)

    with store.writer(OWNER, purpose="x") as writer:
        writer.stage_embedder(fingerprint_of(OTHER))
        first = writer.unembedded(limit=2, staged=True)
        made = OTHER.embed_passages([chunk.indexed_text for chunk in first]).vectors
        from erya.stores import Embedding  # noqa: PLC0415

        writer.embed(
            {c.id: Embedding(v, 1.0) for c, v in zip(first, made, strict=True)},
            staged=True,
        )
    with pytest.raises(KeyboardInterrupt):
        reembed(store, Stopped(dimension=OTHER.dimension), principal=OWNER)
    assert models(store)[1][2:] == (2, 1)

    seen = []
    reembed(store, OTHER, principal=OWNER, on_progress=lambda *n: seen.append(n))

    assert seen == [(1, 1)]


def test_only_what_searches_do_not_use_is_forgotten(store):
    reembed(store, OTHER, principal=OWNER)

    with store.writer(OWNER, purpose="x") as writer:
        with pytest.raises(UsageError, match="nothing was deleted"):
            writer.forget_embedder(fingerprint_of(MODEL))
        assert writer.forget_embedder(fingerprint_of(OTHER)) == 3

    assert [each[0] for each in models(store)] == [MODEL.dimension]


def test_a_reader_learns_nothing_of_models_and_copies_nothing(store, tmp_path):
    reader = Principal(user="ada")

    with pytest.raises(NotAllowedError):
        store.embedders(reader)
    with pytest.raises(NotAllowedError):
        Bases(tmp_path).copy(reader, "docs", tmp_path / "other")


def test_a_copy_is_the_base_as_it_was(store, tmp_path):
    Bases(tmp_path).copy(OWNER, "docs", tmp_path / "other")
    put(store, document("d.txt", "Later."))

    copied = Bases(tmp_path / "other").open("docs")
    sources = [each.source for each in copied.documents(OWNER)]
    copied.close()

    assert sources == ["a.txt", "b.txt", "c.txt"]


def test_the_model_before_is_remembered_whatever_else_is_beside_it(store):
    third = HashingEmbedding(name="third", dimension=MODEL.dimension)
    before = fingerprint_of(MODEL)
    switch(store, reembed(store, OTHER, principal=OWNER), principal=OWNER)
    reembed(store, third, principal=OWNER)  # never used

    (previous,) = (each for each in store.embedders(OWNER) if each.previous)
    assert previous.fingerprint.agrees(before)


def test_the_command_embeds_switches_goes_back_and_forgets(erya, folder):
    erya("ingest", folder, "--kb", "docs")
    other = "all-MiniLM-L6-v2"

    def current(*arguments):
        models = erya("kb", "reembed", "docs", *arguments, "--json").json["models"]
        return [each["name"] for each in models if each["current"]]

    assert "no other model before" in erya("kb", "reembed", "docs", "--back").err
    assert current("--model", other) == ["erya-embedder"]
    assert "no other model before" in erya("kb", "reembed", "docs", "--back").err
    assert current("--model", other, "--switch") == [other]
    assert current("--back") == ["erya-embedder"]
    assert (
        "--compare takes a model" in erya("kb", "reembed", "docs", "--compare", "q").err
    )
    assert (
        "names its model itself"
        in erya("kb", "reembed", "docs", "--back", "--switch").err
    )
    forgotten = erya("kb", "reembed", "docs", "--forget", "--json").json
    assert list(forgotten["forgotten"]) == [other]
    assert [each["name"] for each in forgotten["models"]] == ["erya-embedder"]


def test_a_base_whose_model_is_gone_says_so_and_is_embedded_anew(
    erya, folder, tmp_path, monkeypatch
):
    make_model(tmp_path / "tiny")
    assert erya("models", "add", "embedding", tmp_path / "tiny").code == 0
    monkeypatch.setenv("ERYA_EMBEDDING_MODEL", "tiny")
    assert erya("ingest", folder, "--kb", "docs").code == 0
    monkeypatch.delenv("ERYA_EMBEDDING_MODEL")
    assert erya("models", "remove", "tiny").code == 0

    told = erya("ask", "What is the leave?", "--kb", "docs")
    erya("kb", "reembed", "docs", "--model", "erya-embedder")
    erya("kb", "reembed", "docs", "--model", "erya-embedder", "--switch")

    assert told.code == 2, told.err
    assert "The base was embedded with 'tiny'." in told.err
    assert "erya kb reembed NAME --model erya-embedder" in told.err
    assert erya("ask", "What is the leave?", "--kb", "docs").code == 0
