import pytest

from erya.chunking import StructureChunker
from erya.errors import UsageError
from erya.language import count_tokens
from erya.loading import document_of, parse
from erya.records import Document, Item, Span
from erya.testing import ChunkerContract

MARKDOWN = """\
# Handbook

## Leave

Short text.

Another paragraph.

### Empty heading

## Prices

| Model | Price |
|---|---|
"""


class TestStructureChunker(ChunkerContract):
    @pytest.fixture(params=[16, 64, 256])
    def chunker(self, request):
        return StructureChunker(max_tokens=request.param)


def read(source: str, name: str = "a.md") -> Document:
    item = Item(source=name, data=source.encode())
    return document_of(item, parse(item.data, name), readers=frozenset({"public"}))


def test_chunks_carry_the_path_of_headings_and_not_the_headings():
    chunks = list(StructureChunker().chunk(read(MARKDOWN + "| HX | 5 |\n")))

    assert [(c.headings, c.text) for c in chunks] == [
        (("Handbook", "Leave"), "Short text.\n\nAnother paragraph."),
        (("Handbook", "Leave"), "Empty heading"),
        (("Handbook", "Prices"), "| Model | Price |\n| --- | --- |\n| HX | 5 |"),
    ]
    assert chunks[0].indexed_text == (
        "Handbook\nLeave\nShort text.\n\nAnother paragraph."
    )


@pytest.mark.parametrize("size", [16, 40, 100])
def test_no_chunk_is_larger_than_it_may_be(size):
    text = "A sentence of seven words stands here. " * 50 + "\n\n" + "一句话。" * 300
    for chunk in StructureChunker(max_tokens=size).chunk(read(text, "a.txt")):
        assert count_tokens(chunk.text) <= size


def test_sentences_stay_whole_where_they_fit():
    text = "一句话在这里结束。" * 40
    for chunk in StructureChunker(max_tokens=30).chunk(read(text, "a.txt")):
        assert chunk.text.startswith("一句")
        assert chunk.text.endswith("。")


def test_rows_and_items_stay_whole_where_they_fit():
    body = "".join(f"| model {i} | {i} euro |\n" for i in range(60))
    table = read("| Model | Price |\n|---|---|\n" + body)
    for chunk in StructureChunker(max_tokens=40).chunk(table):
        rows = list(chunk.text.splitlines())
        if rows[0] == "| Model | Price |":
            assert rows.pop(0)
            assert rows.pop(0) == "| --- | --- |"
        else:  # the names of the columns stand above what is below them
            assert chunk.headings == ("| Model | Price |",)
        for row in rows:
            assert row.startswith("| model ")
            assert row.endswith("euro |")


def test_an_introduction_stays_with_what_it_introduces():
    text = f"{'A line of eight words that fills it. ' * 4}\n\nBring these:\n\n{'Pens. ' * 30}"

    chunks = list(StructureChunker(max_tokens=80).chunk(read(text, "a.txt")))

    assert chunks[1].text.startswith("Bring these:\n\nPens.")
    assert "".join("".join(c.text.split()) for c in chunks) == "".join(text.split())


def test_a_chunk_knows_its_page():
    text = "First page.\n\nSecond page."
    document = Document(
        id="d", source="a.pdf", title="", text=text,
        pages=(Span(0, 12), Span(13, 25)), blocks=read(text, "a.txt").blocks,
    )  # fmt: skip

    chunks = list(StructureChunker(max_tokens=16).chunk(document))

    assert chunks[0].page == 1
    assert all(c.page is None for c in StructureChunker().chunk(read(text, "a.txt")))


def test_a_size_that_cuts_through_words_is_refused():
    with pytest.raises(UsageError, match="at least 16, got 3"):
        StructureChunker(max_tokens=3)
