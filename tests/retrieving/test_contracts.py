import pytest

from erya.indexing import reembed, switch
from erya.records import Principal
from erya.retrieving import HybridRetriever, KeywordRetriever, MultiQueryRetriever
from erya.stores import Bases
from erya.testing import (
    HashingEmbedding,
    RetrieverContract,
    ScriptedChatModel,
    document,
)
from erya.testing.store_contract import put

TEXTS = {
    "a.md": "Every employee has 25 days of annual leave.",
    "b.md": "Annual leave is booked in the portal, weeks before the leave begins.",
    "secret.md": "The board has 40 days of annual leave.",
}


@pytest.fixture
def store(tmp_path):
    opened = Bases(tmp_path).open("a", create=True)
    documents = [
        document(source, text, readers=("user:boss" if "secret" in source else "public",))
        for source, text in TEXTS.items()
    ]  # fmt: skip
    put(opened, *documents, embedded=False)
    yield opened
    opened.close()


class TestKeyword(RetrieverContract):
    @pytest.fixture
    def retriever(self, store):
        return KeywordRetriever(store)


class TestHybrid(RetrieverContract):
    @pytest.fixture
    def retriever(self, store):
        model = HashingEmbedding()
        owner = Principal.owner("me")
        switch(store, reembed(store, model, principal=owner), principal=owner)
        return HybridRetriever(store, model)


class TestMultiQuery(RetrieverContract):
    @pytest.fixture
    def retriever(self, store):
        said = ScriptedChatModel(["holiday\nleave days"] * 2)
        return MultiQueryRetriever(retriever=KeywordRetriever(store), model=said)
