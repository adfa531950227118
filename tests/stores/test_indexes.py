import pytest

from erya.stores.embedded.term_index import TermIndex
from erya.stores.embedded.vector_index import MatrixIndex
from erya.testing import KeywordIndexContract, VectorIndexContract


class TestTermIndex(KeywordIndexContract):
    @pytest.fixture
    def open_index(self, tmp_path):
        return lambda: TermIndex(tmp_path / "terms", identity="x")


class TestMatrixIndex(VectorIndexContract):
    @pytest.fixture
    def open_index(self, tmp_path):
        return lambda: MatrixIndex(tmp_path / "vectors", identity="x")
