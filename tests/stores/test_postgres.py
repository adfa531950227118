import secrets

import pytest

from erya.stores import Bases
from erya.testing import StoreContract


class TestPostgresStore(StoreContract):
    @pytest.fixture
    def make_store(self, tmp_path, postgres):
        bases = Bases(tmp_path / "home", catalogue=postgres)
        return lambda: bases.open(secrets.token_hex(4), create=True)
