from dataclasses import replace

import pytest

from erya.assistant import Assistant
from erya.config import SETTINGS, check_setting
from erya.errors import ModelError, UsageError
from erya.records import Principal
from erya.retrieving import QUERY_STRATEGIES, KeywordRetriever, MultiQueryRetriever
from erya.stores import Bases
from erya.testing import ScriptedChatModel, document

OWNER = Principal.owner("tester")
ADA = Principal(user="ada", groups=frozenset())
TEXTS = {
    "holiday.txt": "Holiday entitlement: 25 days a year.",
    "leave.txt": "Leave forms are in the cabinet.",
    "canteen.txt": "The canteen serves soup.",
}
QUESTION = "how much leave"
TOLD = "1. holiday entitlement\n- days off a year\n\nhow much leave\n" + "x" * 500


@pytest.fixture
def store(tmp_path):
    store = Bases(tmp_path).open("docs", create=True)
    with Assistant(store=store) as made:
        texts = [document(n, text, readers=("user:ada",)) for n, text in TEXTS.items()]
        made.add(texts, principal=OWNER)
        yield store


def sources(evidence):
    return [hit.chunk.source for hit in evidence.hits]


def asking(store, *lines, **options):
    model = ScriptedChatModel(lines)
    plain = KeywordRetriever(store)
    return MultiQueryRetriever(retriever=plain, model=model, **options), model


def test_what_other_words_find_comes_too(store):
    retriever, model = asking(store, TOLD)

    found = retriever.retrieve(ADA, QUESTION, limit=5)

    assert sources(KeywordRetriever(store).retrieve(ADA, QUESTION, limit=5)) == [
        "leave.txt"
    ]
    assert sources(found) == ["leave.txt", "holiday.txt"]
    leave, holiday = found.hits
    assert dict(leave.ranks) == {"keyword": 1, "question": 1}
    assert holiday.ranks["wording 1"] == holiday.ranks["wording 2"] == 1
    assert leave.score == pytest.approx(2 / 4)
    assert holiday.score == pytest.approx(2 / 4)
    assert found.usage.model == "scripted"
    assert model.asked[0][1].text == QUESTION
    assert "Write 3 other ways" in model.asked[0][0].text


def test_only_real_wordings_are_searched_and_no_more_than_were_asked_for(store):
    asked = []

    class Listening(KeywordRetriever):
        def retrieve(self, principal, question, *, limit, where=None):
            asked.append(question)
            return super().retrieve(principal, question, limit=limit, where=where)

    lines = ["(1) one", "2、two", "•three", "four"]
    MultiQueryRetriever(
        retriever=Listening(store), model=ScriptedChatModel(["\n".join(lines)])
    ).retrieve(ADA, QUESTION, limit=5)
    MultiQueryRetriever(
        retriever=Listening(store), model=ScriptedChatModel([TOLD])
    ).retrieve(ADA, QUESTION, limit=5)

    assert asked == [
        QUESTION,
        "one",
        "two",
        "three",
        QUESTION,
        "holiday entitlement",
        "days off a year",
    ]


def test_the_question_counts_more_than_a_wording(store):
    even, _ = asking(store, "holiday", weight=0.5)
    usual, _ = asking(store, "holiday")

    assert sources(even.retrieve(ADA, QUESTION, limit=5)) == [
        "holiday.txt",
        "leave.txt",
    ]
    assert sources(usual.retrieve(ADA, QUESTION, limit=5)) == [
        "leave.txt",
        "holiday.txt",
    ]


def test_a_model_without_ideas_changes_nothing(store):
    retriever, _ = asking(store, "")

    found = retriever.retrieve(ADA, QUESTION, limit=5)

    assert sources(found) == ["leave.txt"]
    assert found.hits[0].score == 1.0


def test_what_may_not_be_read_is_not_found_by_any_wording(store):
    retriever, _ = asking(store, TOLD)

    assert not retriever.retrieve(
        Principal(user="bob", groups=frozenset()), QUESTION, limit=5
    ).hits


def test_no_question_asks_no_model(store):
    retriever, model = asking(store)

    assert not retriever.retrieve(ADA, " ", limit=5).hits
    assert model.asked == []


def test_an_assistant_searches_the_question_alone_while_the_model_is_away(store):
    gone = ScriptedChatModel([ModelError("at 10.0.0.7")] * 2)
    assistant = Assistant(
        store=store,
        strategy=lambda plain: MultiQueryRetriever(retriever=plain, model=gone),
    )

    found = assistant.search(QUESTION, principal=ADA)

    assert sources(found) == ["leave.txt"]
    assert "searched as it stands" in found.note
    assert "10.0.0.7" not in found.note
    assistant = replace(assistant, degrade=False)
    with pytest.raises(ModelError):
        assistant.search(QUESTION, principal=ADA)


@pytest.mark.parametrize(
    ("name", "line", "searched"),
    [
        ("rewrite", "holiday entitlement", ["holiday entitlement"]),
        ("step-back", "1. what days off are there", ["what days off are there"]),
        ("sub-queries", "holiday\n- canteen", ["holiday", "canteen"]),
        ("hyde", "Each year\nbrings a holiday. " + "x" * 500, ["Each year brings a holiday. " + "x" * 500]),
        ("hyde", " ", []),
    ],
)  # fmt: skip
def test_each_strategy_asks_and_reads_in_its_own_way(store, name, line, searched):
    asked = []

    class Listening(KeywordRetriever):
        def retrieve(self, principal, question, *, limit, where=None):
            asked.append(question)
            return super().retrieve(principal, question, limit=limit, where=where)

    model = ScriptedChatModel([line])
    MultiQueryRetriever(
        retriever=Listening(store), model=model, strategies=(QUERY_STRATEGIES[name],)
    ).retrieve(ADA, QUESTION, limit=5)
    assert asked[0] == QUESTION
    assert sorted(asked[1:]) == sorted(searched)


def test_strategies_are_combined(store):
    both = (QUERY_STRATEGIES["rewrite"], QUERY_STRATEGIES["step-back"])
    retriever, _ = asking(store, "holiday", "canteen soup", strategies=both)
    found = retriever.retrieve(ADA, QUESTION, limit=5)
    assert sorted(sources(found)) == ["canteen.txt", "holiday.txt", "leave.txt"]
    assert found.usage.output_tokens == 2


def test_every_strategy_can_be_set():
    choices = {*SETTINGS["query_strategy"].choices} - {""}
    assert choices == {*QUERY_STRATEGIES}
    assert check_setting("query_strategy", "hyde+rewrite", "x") == "hyde+rewrite"
    for wrong in ("magic", "hyde+", "hyde+magic"):
        with pytest.raises(UsageError, match="query_strategy"):
            check_setting("query_strategy", wrong, "x")
