import pytest

from erya.chunking import StructureChunker
from erya.testing import ChunkerContract


class TestStructureChunker(ChunkerContract):
    @pytest.fixture(params=[16, 64, 256])
    def chunker(self, request):
        return StructureChunker(max_tokens=request.param)
