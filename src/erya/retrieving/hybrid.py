"""Both legs: words, and nearness in meaning."""

from dataclasses import dataclass, field, replace
from functools import cache, cached_property

from typing_extensions import override

from erya.errors import ModelError
from erya.filters import Filter
from erya.models import MIN_TOKEN_COVERAGE, EmbeddingModel, fingerprint_of
from erya.records import Evidence, Fingerprint, Principal
from erya.retrieving.base import LONGEST_QUESTION, Retriever
from erya.retrieving.folding import search_folded
from erya.retrieving.fusion import ConvexFusion
from erya.retrieving.keyword import KeywordRetriever
from erya.retrieving.searching import Fusion, VectorQuery, search_store
from erya.retrieving.suggesting import keep_likely
from erya.stores import Embedding, Store

__all__ = ["HybridRetriever"]


@dataclass(frozen=True)
class HybridRetriever(Retriever):
    """Searches by words and by vectors, and makes one order of both.

    A base without vectors is searched by words alone, and so is every base for a
    question of which the model knows less than half. While the model cannot be reached
    words alone find, too, and `Evidence.note` says so. It does not say why: that may
    name machines that readers need not know.

    Attributes:
        store: Where to search.
        model: Embeds the questions; the one that embedded the base.
        fusion: Makes one score of both.
        degrade: Whether words alone find while the model cannot be reached; a
            measurement had rather fail.
    """

    store: Store
    model: EmbeddingModel
    fusion: Fusion = field(default_factory=ConvexFusion)
    degrade: bool = True

    @cached_property
    def _fingerprint(self) -> Fingerprint:
        return fingerprint_of(self.model)

    @override
    def retrieve(
        self,
        principal: Principal,
        question: str,
        *,
        limit: int,
        where: Filter | None = None,
    ) -> Evidence:
        by_words = KeywordRetriever(self.store)
        # A base that was searched by vectors has some.
        searched = "_fingerprint" in vars(self)
        bare = not searched and self.store.embedder(principal) is None
        if limit < 1 or bare:  # the first is refused there
            return by_words.retrieve(principal, question, limit=limit, where=where)
        try:
            return self._by_both(
                principal, question, limit=limit, where=where
            ) or by_words.retrieve(principal, question, limit=limit, where=where)
        except ModelError:
            if not self.degrade:
                raise
            found = by_words.retrieve(principal, question, limit=limit, where=where)
            note = (
                f"The embedding model {self.model.name!r} gave no answer; passages "
                "were found by their words alone. Look closer with: "
                f"erya models test {self.model.name}"
            )
            return replace(found, note=note)

    def _by_both(
        self,
        principal: Principal,
        question: str,
        *,
        limit: int,
        where: Filter | None,
    ) -> Evidence | None:
        """Search by both legs; None where the model knows too little of the question.

        Raises:
            ModelError: The model cannot be reached.
            OtherModelError: The base's vectors are of another model.
        """
        asked = question[:LONGEST_QUESTION]
        (known,) = self.model.token_coverage([asked])
        if known < MIN_TOKEN_COVERAGE:
            return None
        fingerprint = self._fingerprint

        @cache
        def embed() -> Embedding:
            (vector,) = self.model.embed_query(asked).vectors
            return Embedding(vector, known)

        if not self.model.local:
            embed()  # nobody waits for a network with a base held open
        vectors = VectorQuery(model=fingerprint, embed=embed, fusion=self.fusion)
        found = search_folded(
            lambda size: search_store(
                self.store, principal, asked, limit=size, vectors=vectors, where=where
            ),
            limit=limit,
        )
        return keep_likely(found, asked)
