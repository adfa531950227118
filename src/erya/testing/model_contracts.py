"""What every embedding model and every rerank model keeps."""

import math

import numpy as np
import pytest

from erya.models import EmbeddingModel, RerankModel, fingerprint_of

__all__ = ["EmbeddingContract", "RerankContract"]

_TEXTS = (
    "Employees have 25 days of annual leave.",
    "The canteen is closed on Fridays.",
    "年假为十五天。",
)


class EmbeddingContract:
    """Tests that hold for every embedding model; inherit, and give `model`."""

    @pytest.fixture
    def model(self) -> EmbeddingModel:
        """Return a model."""
        raise NotImplementedError

    def test_every_text_has_a_row_of_length_one(self, model: EmbeddingModel) -> None:
        embedded = model.embed_passages(_TEXTS[:2])

        assert embedded.vectors.dtype == np.float32
        assert embedded.vectors.shape[0] == 2
        assert np.allclose(np.linalg.norm(embedded.vectors, axis=1), 1.0, atol=1e-4)
        assert len(embedded.cut) == 2
        assert not embedded.refused

    def test_no_text_has_no_row(self, model: EmbeddingModel) -> None:
        assert len(model.embed_passages([]).vectors) == 0

    def test_a_question_is_one_row_as_wide_as_a_passage(
        self, model: EmbeddingModel
    ) -> None:
        width = model.embed_passages(_TEXTS[:1]).vectors.shape[1]

        assert model.embed_query("How many days?").vectors.shape == (1, width)

    def test_a_vector_does_not_depend_on_the_texts_around_it(
        self, model: EmbeddingModel
    ) -> None:
        alone = model.embed_passages(_TEXTS[:1]).vectors[0]
        among = model.embed_passages(_TEXTS[:2][::-1]).vectors[1]

        assert np.allclose(alone, among, atol=1e-3)

    def test_what_is_known_is_a_share(self, model: EmbeddingModel) -> None:
        shares = model.token_coverage([*_TEXTS, ""])

        assert len(shares) == 4
        assert all(0.0 <= share <= 1.0 for share in shares)

    def test_its_fingerprint_agrees_with_itself(self, model: EmbeddingModel) -> None:
        first = fingerprint_of(model)

        assert first.name == model.name
        assert first.agrees(fingerprint_of(model))


class RerankContract:
    """Tests that hold for every rerank model; inherit, and give `model`."""

    @pytest.fixture
    def model(self) -> RerankModel:
        """Return a model."""
        raise NotImplementedError

    def test_every_passage_has_a_finite_score(self, model: RerankModel) -> None:
        scores = model.rerank("How many days of leave?", list(_TEXTS))

        assert len(scores) == len(_TEXTS)
        assert all(map(math.isfinite, scores))

    def test_no_passage_has_no_score(self, model: RerankModel) -> None:
        assert model.rerank("How many days of leave?", []) == []

    def test_what_answers_comes_before_what_does_not(self, model: RerankModel) -> None:
        asked = "How many days of annual leave have employees?"
        first, second = model.rerank(asked, list(_TEXTS[:2]))

        assert first > second

    def test_a_score_does_not_depend_on_the_order(self, model: RerankModel) -> None:
        asked = "How many days of leave?"
        scores = model.rerank(asked, list(_TEXTS[:2]))
        turned = model.rerank(asked, list(_TEXTS[:2][::-1]))

        assert np.allclose(scores, turned[::-1], atol=1e-3)
