import secrets

import pytest

from erya.stores import Page
from erya.stores.embedded import EmbeddedStore
from erya.testing import StoreContract, document
from erya.testing.store_contract import OWNER, put


class TestEmbeddedStore(StoreContract):
    @pytest.fixture
    def make_store(self, tmp_path):
        return lambda: EmbeddedStore(tmp_path / secrets.token_hex(4), name="test")


def test_a_long_listing_is_read_some_at_a_time(store, monkeypatch):
    monkeypatch.setattr("erya.stores.catalogue.catalogue._ROWS_AT_ONCE", 4)
    names = [f"{n:02}.txt" for n in range(13)]
    put(store, *(document(name, "x") for name in names))
    for limit in (None, 3, 4, 5, 12, 13, 20):
        page = Page(skip=0, limit=limit)
        assert [d.source for d in store.documents(OWNER, page=page)] == names[:limit]
    page = Page(skip=2, limit=9)
    assert [d.source for d in store.documents(OWNER, page=page)] == names[2:11]
