"""Both legs: words, and nearness in meaning."""

from dataclasses import dataclass, field, replace
from functools import cache

from typing_extensions import override

from erya.errors import ModelError, OtherModelError
from erya.models import LEAST_KNOWN, EmbeddingModel, fingerprint_of
from erya.records import Evidence, Principal
from erya.retrieving.base import LONGEST_QUESTION, Retriever
from erya.retrieving.folding import search_folded
from erya.retrieving.fusion import ConvexFusion
from erya.retrieving.keyword import KeywordRetriever
from erya.stores import Embedding, Fusion, Store

__all__ = ["HybridRetriever"]


@dataclass(slots=True)
class HybridRetriever(Retriever):
    """Searches by words and by vectors, and makes one order of both.

    A base without vectors is searched by words alone, and so is every base for a
    question of which the model knows less than half. While the model cannot be reached
    words alone find, too, and `Evidence.note` says so.

    Attributes:
        store: Where to search.
        model: Embeds the questions; the one that embedded the base.
        fusion: Makes one score of both.
    """

    store: Store
    model: EmbeddingModel
    fusion: Fusion = field(default_factory=ConvexFusion)
    _agreed: bool = field(default=False, init=False)

    @override
    def retrieve(self, principal: Principal, question: str, *, limit: int) -> Evidence:
        by_words = KeywordRetriever(self.store)
        if limit < 1:
            return by_words.retrieve(principal, question, limit=limit)  # refuses
        try:
            if not self._fits(principal):
                return by_words.retrieve(principal, question, limit=limit)
            asked = question[:LONGEST_QUESTION]
            (known,) = self.model.known([asked])
            if known < LEAST_KNOWN:
                return by_words.retrieve(principal, question, limit=limit)
            embed = cache(lambda: self._embedding(asked, known))
            return search_folded(
                lambda size: self.store.search(
                    principal, asked, limit=size, embed=embed, fusion=self.fusion
                ),
                limit=limit,
            )
        except ModelError as error:
            found = by_words.retrieve(principal, question, limit=limit)
            note = f"{error} Passages were found by their words alone."
            return replace(found, note=note)

    def _embedding(self, question: str, known: float) -> Embedding:
        (vector,) = self.model.embed_query(question).vectors
        return Embedding(vector, known)

    def _fits(self, principal: Principal) -> bool:
        """Tell whether the base holds vectors, which are then this model's.

        Raises:
            OtherModelError: They are another model's.
        """
        if self._agreed:
            return True
        stored = self.store.embedder(principal)
        if stored is None:
            return False
        if not stored.agrees(fingerprint_of(self.model)):
            msg = (
                f"The base holds vectors of the embedding model {stored.name!r}, and "
                f"{self.model.name!r} was given, which places texts elsewhere. Set "
                f'embedding_model = "{stored.name}" in erya.toml, or search by words '
                'alone with embedding_model = "".'
            )
            raise OtherModelError(msg)
        self._agreed = True
        return True
