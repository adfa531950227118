import numpy as np
import pytest

from erya.chunking import (
    CHUNKERS,
    Chunker,
    DiscourseChunker,
    FixedChunker,
    ParentChildChunker,
    RecursiveChunker,
    SemanticChunker,
    chunker_of,
    recipe_in,
    split_recipe,
    with_recipe,
)
from erya.errors import UsageError
from erya.language import count_tokens
from erya.loading import document_of, parse
from erya.models import Embedded
from erya.records import Block, Document, Item
from erya.testing import ChunkerContract

MARKDOWN = """\
# Handbook

## Leave

Staff have 25 days of annual leave.

However, part-time staff have leave in proportion.

The canteen opens at noon. It serves soup.

## Prices

| Model | Price |
|---|---|
| HX-1 | 20 |
| HX-2 | 30 |
"""


def read(text: str) -> Document:
    item = Item(source="handbook.md", data=text.encode())
    return document_of(item, parse(item.data, item.source), readers=frozenset())


def texts(chunker: Chunker, text: str = MARKDOWN) -> list[str]:
    return [chunk.text for chunk in chunker.chunk(read(text))]


class _Halves:
    """Sentences about leave lie together, and all others."""

    name, local = "halves", True

    def token_coverage(self, given):
        return [1.0] * len(given)

    def embed_passages(self, given):
        rows = [[1.0, 0.0] if "leave" in each else [0.0, 1.0] for each in given]
        return Embedded(vectors=np.array(rows, dtype=np.float32), cut=(0,) * len(rows))

    def embed_query(self, given):
        return self.embed_passages([given])


class TestFixedChunker(ChunkerContract):
    @pytest.fixture(params=[16, 256])
    def chunker(self, request):
        return FixedChunker(max_tokens=request.param)

    def test_every_chunk_but_the_last_is_full(self):
        sizes = [count_tokens(t) for t in texts(FixedChunker(max_tokens=16))]

        assert len(sizes) > 3
        assert set(sizes[:-1]) == {16}


class TestRecursiveChunker(ChunkerContract):
    @pytest.fixture(params=[16, 256])
    def chunker(self, request):
        return RecursiveChunker(max_tokens=request.param)

    def test_sections_do_not_part_chunks(self):
        (whole,) = texts(RecursiveChunker(max_tokens=256))

        assert whole.startswith("Handbook")
        assert whole.endswith("| HX-2 | 30 |")

    def test_paragraphs_are_cut_before_sentences(self):
        found = texts(RecursiveChunker(max_tokens=16), "One two. Three.\n\n" * 6)

        assert all(each.startswith("One two.") for each in found)


class TestParentChildChunker(ChunkerContract):
    @pytest.fixture(params=[64, 256])
    def chunker(self, request):
        return ParentChildChunker(max_tokens=request.param)

    def test_a_child_leads_to_its_parent(self):
        document = read(MARKDOWN)
        chunker = ParentChildChunker(max_tokens=64)
        children = list(chunker.chunk(document))
        child = next(c for c in children if "canteen" in c.text)
        (parent,) = chunker.widen(document, [child])

        assert "25 days" not in child.text
        assert "25 days" in parent.text
        assert parent.start <= child.start < child.end <= parent.end
        assert parent.headings == child.headings


class TestDiscourseChunker(ChunkerContract):
    @pytest.fixture(params=[16, 256])
    def chunker(self, request):
        return DiscourseChunker(max_tokens=request.param)

    def test_a_paragraph_that_leans_on_another_stays_with_it(self):
        found = texts(DiscourseChunker(max_tokens=256))

        together = next(each for each in found if "25 days" in each)
        assert "However" in together
        assert "canteen" not in together


class TestSemanticChunker(ChunkerContract):
    @pytest.fixture(params=[16, 256])
    def chunker(self, request):
        return SemanticChunker(embedding=_Halves(), max_tokens=request.param)

    def test_sentences_of_one_meaning_stay_together(self):
        found = texts(SemanticChunker(embedding=_Halves(), max_tokens=256))

        together = next(each for each in found if "25 days" in each)
        assert "However" in together
        assert "canteen" not in together

    def test_it_needs_a_model(self):
        with pytest.raises(UsageError, match="embedding model"):
            chunker_of("semantic", max_tokens=256)


@pytest.mark.parametrize("name", CHUNKERS)
def test_no_chunker_searches_what_is_omitted(name):
    text = "Head of page\n\nSaid here. And there.\n\nHead of page"
    blocks = (
        Block("paragraph", 0, 12, omitted="running_head"),
        Block("paragraph", 14, 35),
        Block("paragraph", 37, 49, omitted="running_head"),
    )
    document = Document(id="d", source="d", title="", text=text, blocks=blocks)
    chunker = chunker_of(name, max_tokens=64, embedding=_Halves())

    found = [chunk.text for chunk in chunker.chunk(document)]

    assert " ".join(found) == "Said here. And there."


@pytest.mark.parametrize("name", CHUNKERS)
def test_a_recipe_tells_the_chunker(name):
    chunker = chunker_of(name, max_tokens=64, embedding=_Halves())
    recipe = f"4:whole/{chunker.recipe}/clean"

    assert recipe_in(recipe) == chunker.recipe
    assert split_recipe(chunker.recipe) == (name, 64)
    assert with_recipe(recipe, chunker="fixed-1:32") == "4:whole/fixed-1:32/clean"


def test_an_unknown_chunker_is_told_from_those_there_are():
    with pytest.raises(UsageError, match="recursive"):
        chunker_of("magic", max_tokens=64)


def test_headings_stand_above_chunks_of_every_kind():
    for chunk in RecursiveChunker(max_tokens=16).chunk(read(MARKDOWN)):
        if "canteen" in chunk.text:
            assert chunk.headings == ("Handbook", "Leave")
            break
    else:
        pytest.fail("the canteen was lost")
