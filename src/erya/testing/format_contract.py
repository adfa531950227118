"""What every format keeps."""

import contextlib

import pytest

from erya.errors import DocumentError
from erya.loading import Format, ParseOptions
from erya.records import Parsed

__all__ = ["FormatContract"]


class FormatContract:
    """Tests for every format; inherit, and give `file_format` and `sample`."""

    @pytest.fixture
    def file_format(self) -> Format:
        """Return the format."""
        raise NotImplementedError

    @pytest.fixture
    def sample(self) -> tuple[bytes, str]:
        """Return a file of it with text in it, and its name."""
        raise NotImplementedError

    def read(self, file_format: Format, sample: tuple[bytes, str]) -> Parsed:
        """Read the sample."""
        data, name = sample
        options = ParseOptions(media_type=file_format.media_types[0])
        parsed = file_format.parse(data, name, options)
        assert isinstance(parsed, Parsed)
        return parsed

    def test_it_is_known_by_a_name_and_a_media_type(self, file_format: Format) -> None:
        assert file_format.name
        assert file_format.media_types
        assert all(s == s.lower() and s[0] == "." for s in file_format.suffixes)

    def test_blocks_are_spans_of_the_text_in_order(
        self, file_format: Format, sample: tuple[bytes, str]
    ) -> None:
        parsed = self.read(file_format, sample)
        end = 0
        for block in parsed.blocks:
            assert end <= block.start < block.end <= len(parsed.text)
            end = block.end

        assert parsed.blocks

    def test_what_stands_between_blocks_is_blank(
        self, file_format: Format, sample: tuple[bytes, str]
    ) -> None:
        parsed = self.read(file_format, sample)
        edges = [0, *(at for b in parsed.blocks for at in b[1:3]), len(parsed.text)]
        between = zip(edges[::2], edges[1::2], strict=True)

        assert not any(parsed.text[start:end].strip() for start, end in between)

    def test_pages_are_spans_of_the_text_in_order(
        self, file_format: Format, sample: tuple[bytes, str]
    ) -> None:
        parsed = self.read(file_format, sample)
        end = 0
        for page in parsed.pages:
            assert end <= page.start <= page.end <= len(parsed.text)
            end = page.end

    def test_it_reads_the_same_again(
        self, file_format: Format, sample: tuple[bytes, str]
    ) -> None:
        assert self.read(file_format, sample) == self.read(file_format, sample)

    def test_damaged_bytes_are_a_typed_error_or_a_text(
        self, file_format: Format, sample: tuple[bytes, str]
    ) -> None:
        data, name = sample
        options = ParseOptions(media_type=file_format.media_types[0])
        for damaged in (data[: len(data) // 2], b"\x00" * 64, b""):
            # Anything else than a typed error would end a batch.
            with contextlib.suppress(DocumentError):
                file_format.parse(damaged, name, options)
