import secrets

import pytest

from erya.stores.embedded import EmbeddedStore
from erya.testing import StoreContract


class TestEmbeddedStore(StoreContract):
    @pytest.fixture
    def make_store(self, tmp_path):
        return lambda: EmbeddedStore(tmp_path / secrets.token_hex(4), name="test")
