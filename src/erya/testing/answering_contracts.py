"""What every retriever and every answerer keeps."""

import pytest

from erya.answering import Answerer
from erya.errors import UsageError
from erya.records import Chunk, Evidence, Hit, Principal
from erya.retrieving import Retriever

__all__ = ["AnswererContract", "RetrieverContract"]

_LEAVE = "Every employee has 25 days of annual leave. Leave is booked in the portal."


class RetrieverContract:
    """Tests that hold for every retriever; inherit, and give `retriever`.

    It searches a base with the documents `a.md`, `b.md` and `secret.md`, which all tell
    of annual leave; all may read the first two, and `user:boss` alone the third.
    """

    @pytest.fixture
    def retriever(self) -> Retriever:
        """Return a retriever on such a base."""
        raise NotImplementedError

    def test_hits_come_best_first_and_no_more_than_wanted(
        self, retriever: Retriever
    ) -> None:
        boss = Principal(user="boss")
        evidence = retriever.retrieve(boss, "annual leave", limit=2)
        scores = [hit.score for hit in evidence.hits]

        assert len(scores) == 2
        assert scores == sorted(scores, reverse=True)

    def test_nothing_is_found_that_may_not_be_read(self, retriever: Retriever) -> None:
        evidence = retriever.retrieve(Principal(user="ada"), "annual leave", limit=9)
        sources = {hit.chunk.source for hit in evidence.hits}

        assert sources
        assert "secret.md" not in sources

    def test_a_limit_below_one_is_refused(self, retriever: Retriever) -> None:
        with pytest.raises(UsageError):
            retriever.retrieve(Principal(user="ada"), "annual leave", limit=0)

    def test_a_question_without_words_finds_nothing(self, retriever: Retriever) -> None:
        assert not retriever.retrieve(Principal(user="ada"), " ?! ", limit=3).hits

    def test_it_finds_the_same_again(self, retriever: Retriever) -> None:
        ada = Principal(user="ada")
        first = retriever.retrieve(ada, "annual leave", limit=9)
        second = retriever.retrieve(ada, "annual leave", limit=9)

        assert [h.chunk.id for h in first.hits] == [h.chunk.id for h in second.hits]


def _evidence() -> Evidence:
    chunk = Chunk(
        id="c1",
        document_id="d1",
        start=10,
        end=10 + len(_LEAVE),
        text=_LEAVE,
        source="leave.md",
        title="Leave",
    )
    hit = Hit(chunk=chunk, score=9.0, ranks={"keyword": 1}, telling=9.0)
    return Evidence(hits=(hit,), weights={"annual": 2.0, "leave": 2.0, "days": 1.0})


class AnswererContract:
    """Tests that hold for every answerer; inherit, and give `answerer`.

    It has to answer how many days of annual leave there are from a passage that says.
    """

    asked = "How many days of annual leave does an employee have?"

    @pytest.fixture
    def answerer(self) -> Answerer:
        """Return an answerer."""
        raise NotImplementedError

    def test_without_evidence_it_says_that_the_documents_do_not_say(
        self, answerer: Answerer
    ) -> None:
        nothing = Evidence(hits=(), weights={})
        answer = answerer.answer(self.asked, nothing)

        assert answer.abstained
        assert answer.text
        assert not answer.citations

    def test_claims_are_spans_of_the_text_and_name_their_citations(
        self, answerer: Answerer
    ) -> None:
        answer = answerer.answer(self.asked, _evidence())
        numbers = {citation.number for citation in answer.citations}

        assert "25" in answer.text
        assert not answer.abstained
        assert answer.claims
        for claim in answer.claims:
            assert 0 <= claim.start < claim.end <= len(answer.text)
            assert claim.citations
            assert numbers.issuperset(claim.citations)

    def test_a_citation_is_the_span_that_it_says(self, answerer: Answerer) -> None:
        for citation in answerer.answer(self.asked, _evidence()).citations:
            begin = citation.start - citation.chunk.start
            end = citation.end - citation.chunk.start
            assert citation.chunk.text[begin:end] == citation.quote

    def test_no_verdict_is_given_before_it_was_checked(
        self, answerer: Answerer
    ) -> None:
        claims = answerer.answer(self.asked, _evidence()).claims

        assert all(claim.verdict == "not_found" for claim in claims)
