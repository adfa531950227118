"""What every chunker keeps."""

import pytest

from erya.chunking import Chunker
from erya.records import Document
from erya.testing.documents import document

__all__ = ["ChunkerContract"]

_TEXTS = (
    "",
    "   \n\n \n",
    "a",
    "One sentence.",
    "第一句。第二句！第三句？" * 40,
    "word " * 500,
    "x" * 3_000,
    "汉" * 3_000,
    "# no heading here\n\n- item one\n- item two\n\nA | B\nC | D",
    "Emoji 👩‍👩‍👧 and 𠮷野家 beyond the first plane. " * 30,
)


class ChunkerContract:
    """Inherit, and give the fixture `chunker`."""

    @pytest.fixture
    def chunker(self) -> Chunker:
        raise NotImplementedError

    @pytest.mark.parametrize("text", _TEXTS)
    def test_a_chunk_is_exactly_the_span_it_says(
        self, chunker: Chunker, text: str
    ) -> None:
        for chunk in chunker.chunk(document("a.txt", text)):
            assert text[chunk.start : chunk.end] == chunk.text
            assert chunk.text.strip()

    @pytest.mark.parametrize("text", _TEXTS)
    def test_chunks_come_in_order_and_lose_no_word(
        self, chunker: Chunker, text: str
    ) -> None:
        chunks = list(chunker.chunk(document("a.txt", text)))

        assert [c.start for c in chunks] == sorted(c.start for c in chunks)
        covered = {i for chunk in chunks for i in range(chunk.start, chunk.end)}
        lost = {text[i] for i in range(len(text)) if i not in covered}
        assert not {character for character in lost if character.isalnum()}

    def test_an_empty_text_has_no_chunks(self, chunker: Chunker) -> None:
        assert list(chunker.chunk(document("a.txt", ""))) == []

    def test_ids_follow_from_source_content_and_span(self, chunker: Chunker) -> None:
        text = "One sentence. " * 200

        def ids(given: Document) -> list[str]:
            return [chunk.id for chunk in chunker.chunk(given)]

        assert ids(document("a.txt", text)) == ids(document("a.txt", text))
        assert len(set(ids(document("a.txt", text)))) == len(
            ids(document("a.txt", text))
        )
        assert not set(ids(document("a.txt", text))) & set(ids(document("b.txt", text)))
