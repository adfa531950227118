import pytest

from erya.sources import FolderSource
from erya.testing import SourceContract


class TestFolder(SourceContract):
    has_validators = False  # reading a file costs little

    @pytest.fixture
    def make_source(self, tmp_path):
        (tmp_path / "a.txt").write_text("a")
        (tmp_path / "deep").mkdir()
        (tmp_path / "deep" / "b.txt").write_text("b")
        return lambda: FolderSource([tmp_path], file_bytes=100)
