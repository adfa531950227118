"""Chunks of another chunker beside those in use."""

import pytest

from erya.assistant import Assistant
from erya.chunking import RecursiveChunker, StructureChunker, with_recipe
from erya.errors import NotAllowedError, UsageError
from erya.indexing import rechunk
from erya.records import Principal
from erya.stores import Bases
from erya.testing import HashingEmbedding, document

OWNER = Principal.owner("owner")
MODEL = HashingEmbedding()
NEW = RecursiveChunker(max_tokens=16)
LONG = "Sensors cost 15 euro. Hotels may cost 140 euro a night.\n\n" * 4


@pytest.fixture
def assistant(tmp_path):
    store = Bases(tmp_path).open("docs", create=True)
    with Assistant(
        store=store, embedding=MODEL, chunker=StructureChunker(max_tokens=64)
    ) as made:
        made.add(
            [
                document("a.txt", LONG),
                document(
                    "b.txt", "The garage closes at midnight.", readers=("user:b",)
                ),
            ],
            principal=OWNER,
        )
        yield made


def cut(store, chunker=NEW, **options):
    rechunk(
        store,
        chunker.chunk,
        recipe=chunker.recipe,
        principal=OWNER,
        embedding=MODEL,
        **options,
    )


def switch(store, recipe, before):
    with store.writer(OWNER, purpose="test") as writer:
        writer.switch_chunker(
            recipe,
            before=before,
            renamed=lambda told: with_recipe(told, chunker=recipe),
        )


def texts(assistant, question="euro", principal=OWNER):
    found = assistant.search(question, principal=principal, limit=20)
    return sorted((h.chunk.start, h.chunk.text) for h in found.hits)


def everything(store):
    return [
        (chunk.id, chunk.text)
        for each in store.documents(OWNER)
        for chunk in store.chunks(OWNER, each.id)
    ]


OLD = StructureChunker(max_tokens=64).recipe


def test_chunks_are_made_beside_those_in_use_and_searches_go_on(assistant):
    before, seen = everything(assistant.store), []

    cut(assistant.store, on_progress=lambda *told: seen.append(told))

    assert everything(assistant.store) == before
    assert seen == [(2, 2)]
    (beside,) = assistant.store.chunkings(OWNER)
    assert (beside.recipe, beside.documents, beside.missing) == (NEW.recipe, 2, 0)


def test_a_switch_is_one_commit_and_can_go_back(assistant):
    store, before = assistant.store, everything(assistant.store)
    found = texts(assistant)
    cut(store)

    switch(store, NEW.recipe, OLD)

    assert store.chunker(OWNER) == NEW.recipe
    assert len(everything(store)) > len(before)
    assert texts(assistant) != found
    assert all(len(text) < 100 for _, text in texts(assistant))
    assert {each.recipe for each in store.documents(OWNER)} == {NEW.recipe}
    assert all(finding.ok for finding in store.verify(OWNER))
    assert [each.vectors for each in store.embedders(OWNER)] == [len(everything(store))]
    (beside,) = store.chunkings(OWNER)
    assert (beside.recipe, beside.previous, beside.missing) == (OLD, True, 0)

    switch(store, OLD, NEW.recipe)

    assert everything(store) == before
    assert texts(assistant) == found
    assert {each.recipe for each in store.documents(OWNER)} == {OLD}
    assert all(finding.ok for finding in store.verify(OWNER))


def test_who_may_read_stays_as_it_was(assistant):
    cut(assistant.store)
    switch(assistant.store, NEW.recipe, OLD)

    ada, bob = Principal(user="ada"), Principal(user="b")
    assert not any("garage" in text for _, text in texts(assistant, "garage", ada))
    assert any("garage" in text for _, text in texts(assistant, "garage", bob))


def test_nothing_is_switched_while_documents_are_not_cut(assistant):
    cut(assistant.store)
    assistant.add([document("a.txt", "Sensors cost 20 euro.")], principal=OWNER)

    with pytest.raises(UsageError, match="1 documents"):
        switch(assistant.store, NEW.recipe, OLD)

    assert assistant.store.chunker(OWNER) == ""
    cut(assistant.store)  # only what is missing
    switch(assistant.store, NEW.recipe, OLD)
    assert next(t for _, t in texts(assistant, "sensors")) == "Sensors cost 20 euro."


def test_what_was_cut_before_a_stop_is_not_cut_again(assistant, monkeypatch):
    monkeypatch.setattr("erya.indexing.rechunking._AT_ONCE", 1)

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut(assistant.store, on_progress=stop)
    seen = []
    cut(assistant.store, on_progress=lambda *told: seen.append(told))

    assert seen == [(2, 2)]


def test_of_a_document_that_is_removed_nothing_stays_beside(assistant, tmp_path):
    cut(assistant.store)
    with assistant.store.writer(OWNER, purpose="test") as writer:
        for each in list(assistant.store.documents(OWNER)):
            writer.remove(each.id)

    assert assistant.store.chunkings(OWNER) == []
    assert b"garage" not in (tmp_path / "bases/docs/base.sqlite").read_bytes()


def test_forgetting_leaves_the_chunks_in_use(assistant):
    cut(assistant.store)
    before = everything(assistant.store)
    with assistant.store.writer(OWNER, purpose="test") as writer:
        assert writer.forget_chunker(NEW.recipe) == 2

    assert assistant.store.chunkings(OWNER) == []
    assert everything(assistant.store) == before


def test_a_reader_may_not_see_what_is_beside(assistant):
    with pytest.raises(NotAllowedError):
        assistant.store.chunkings(Principal(user="ada"))


def test_chunks_of_a_version_that_is_gone_meanwhile_are_not_kept(assistant):
    changed: list[str] = []

    def chunk(given):
        yield from NEW.chunk(given)
        if not changed:  # somebody writes while it is cut
            changed.append(given.id)
            new = document("a.txt", "Sensors cost 20 euro.")
            assistant.add([new], principal=OWNER)

    rechunk(assistant.store, chunk, recipe=NEW.recipe, principal=OWNER, embedding=MODEL)
    switch(assistant.store, NEW.recipe, OLD)

    assert next(t for _, t in texts(assistant, "sensors")) == "Sensors cost 20 euro."
    assert all(finding.ok for finding in assistant.store.verify(OWNER))


def test_a_base_with_vectors_is_not_cut_without_its_model(assistant):
    with pytest.raises(UsageError, match="embedding_model"):
        rechunk(
            assistant.store,
            NEW.chunk,
            recipe=NEW.recipe,
            principal=OWNER,
            embedding=None,
        )
