import pytest

from erya.answering import ExtractiveAnswerer
from erya.records import Evidence, Principal
from erya.retrieving import search_store
from erya.stores.embedded import EmbeddedStore
from erya.testing import chunked, document

OWNER = Principal.owner("owner")
DOCUMENTS = (
    document(
        "leave.txt",
        "Employees in Rotterdam have 25 days of annual leave. Requests go to the team "
        "lead.\n\n- Moving house gives 1 day.\n- A wedding gives 2 days.",
        title="Leave",
    ),
    document(
        "sensor.txt", "The HX-210 measures humidity. It costs 129 euro.", title="HX"
    ),
    document("打卡.txt", "忘记打卡的，每月可以补卡 3 次。迟到按次扣款。", title="考勤"),
    document("cafe.txt", "Lunch is served from 11:30 in the canteen.", title="Canteen"),
    document(
        "garage.txt", "The garage closes at midnight on weekdays.", title="Garage"
    ),
)


@pytest.fixture
def base(tmp_path):
    """Put documents into a base, and return what asks it."""
    store = EmbeddedStore(tmp_path / "base", name="test")

    def base(*documents, max_tokens=64):
        with store.writer(OWNER, purpose="test") as writer:
            for given in documents:
                chunks = chunked(given, max_tokens=max_tokens)
                writer.put(given, chunks, original=b"", recipe="test")

        def ask(question, **options):
            evidence = search_store(store, OWNER, question, limit=8)
            return ExtractiveAnswerer(**options).answer(question, evidence)

        return ask

    yield base
    store.close()


@pytest.fixture
def ask(base):
    return base(*DOCUMENTS)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many days of annual leave do employees have?", "25 days of annual leave"),
        ("忘记打卡怎么办？", "每月可以补卡 3 次"),
        ("When is lunch served?", "from 11:30"),
        ("How many days for a wedding?", "A wedding gives 2 days."),
    ],
)
def test_the_sentence_that_answers_is_quoted(ask, question, expected):
    answer = ask(question)

    assert not answer.abstained
    assert expected in answer.text


def test_every_quote_is_exactly_its_source_and_every_sentence_is_cited(ask):
    answer = ask("How many days of annual leave do employees in Rotterdam have?")
    texts = {d.id: d.text for d in DOCUMENTS}

    assert answer.claims
    for claim, citation in zip(answer.claims, answer.citations, strict=True):
        document_text = texts[citation.chunk.document_id]
        assert document_text[citation.start : citation.end] == citation.quote
        said = answer.text[claim.start : claim.end]
        assert said.removeprefix(f"{citation.chunk.title}: ") == citation.quote
        assert claim.citations == (citation.number,)
        assert answer.text[claim.end :].startswith(f" [{citation.number}]")


def test_the_mark_of_a_list_item_is_not_quoted(ask):
    assert "- " not in ask("How many days for a wedding?").text


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Who won the football championship?", "The documents do not say."),
        ("公司的股票代码是什么？", "文档中没有说明这一点。"),
        ("What does the HX-999 measure?", "No document mentions HX-999."),
        ("HX-999 测量什么？", "文档中没有提到HX-999。"),
        # One of two names is there.
        ("What does error E77 of the HX-210 mean?", "No document mentions E77."),
        # All that is told of it is another kind of number.
        ("How heavy is the HX-210?", "The documents do not say."),
    ],
)
def test_what_the_documents_do_not_say_is_refused(ask, question, text):
    answer = ask(question)

    assert answer.abstained
    assert answer.text == text
    assert answer.claims == ()


def test_a_bare_address_answers_only_who_asks_for_a_place(base):
    ask = base(
        document(
            "grants.txt",
            "They stand in twelve villages.\n\nhttps://example.org/grants/rain-gauges\n\n"
            "A grant of the province pays for the gauges that measure rain.",
            title="Grants",
        )
    )

    address = "https://example.org/grants/rain-gauges"
    assert address not in ask("Which grants are there for rain gauges?").text
    assert address in ask("Where is the website of the grants for rain gauges?").text


def test_clauses_that_answer_alike_are_all_quoted(base):
    given = document(
        "guarantee.txt",
        "The guarantee has three periods.\n\n2.1 Tents and what belongs to them, poles "
        "and pegs and ropes: 24 months from the day of the delivery note.\n\n"
        "2.2 Stoves, pans and all that is used for cooking: 18 months from that day.\n\n"
        "2.3 Lamps and their batteries are wear parts and have 6 months only.\n\n"
        "3.1 Who repairs a tent pays the freight within 14 days.",
        title="Guarantee",
    )
    ask = base(*DOCUMENTS, given, max_tokens=400)

    told = ask("How long is the guarantee?", sentences=1).text
    assert all(each in told for each in ("24 months", "18 months", "6 months"))
    named = ask("How long is the guarantee of lamps and batteries?", sentences=1).text
    assert "6 months" in named
    assert "24 months" not in named


def test_sentences_of_one_clause_are_no_clauses_that_answer_alike(base):
    given = document(
        "guarantee.txt",
        "2.1 The guarantee of tents is 24 months. For poles the guarantee is 18 months. "
        "For pegs the guarantee is 6 months. For ropes the guarantee is 3 months.",
        title="Guarantee",
    )
    ask = base(*DOCUMENTS, given, max_tokens=400)

    assert len(ask("How long is the guarantee?", sentences=1).citations) == 1


def test_a_refusal_shows_the_nearest_passages(ask):
    answer = ask("What does the HX-999 measure?")

    assert answer.nearest[0].chunk.source == "sensor.txt"


def test_no_evidence_is_a_refusal():
    answer = ExtractiveAnswerer().answer("Anything?", Evidence(hits=(), weights={}))

    assert answer.abstained
    assert answer.nearest == ()


def test_an_introduction_is_quoted_with_its_list_and_nothing_twice(tmp_path):
    store = EmbeddedStore(tmp_path / "base", name="test")
    given = document(
        "router.txt",
        "Steps for resetting the router:\n- Hold the router button.\n- Release the router.",
        title="Router",
    )
    with store.writer(OWNER, purpose="test") as writer:
        writer.put(given, chunked(given), original=b"", recipe="test")
    question = "How do I reset the router?"
    evidence = search_store(store, OWNER, question, limit=8)
    answer = ExtractiveAnswerer().answer(question, evidence)
    store.close()

    assert "Steps for resetting the router:" in answer.text
    for step in ("Hold the router button.", "Release the router."):
        assert answer.text.count(step) == 1


def test_no_more_sentences_than_asked_for(ask):
    question = "How many days of annual leave, for moving house and for a wedding?"

    assert len(ask(question, sentences=1).claims) == 1
    assert len(ask(question, sentences=3).claims) <= 3


def test_only_what_holds_the_kind_that_is_asked_for_is_quoted(ask):
    answer = ask("How much does the HX-210 cost?")

    assert [each.quote for each in answer.citations] == ["It costs 129 euro."]


def test_the_best_quote_stands_first_unless_several_things_are_asked_for(tmp_path):
    store = EmbeddedStore(tmp_path / "base", name="test")
    given = document(
        "doors.txt",
        "The blue door closes by itself at night. The red door closes at nine. "
        "The red door closes late on the day of the red door party.",
        title="Doors",
    )
    with store.writer(OWNER, purpose="test") as writer:
        writer.put(given, chunked(given), original=b"", recipe="test")

    def quotes(question):
        evidence = search_store(store, OWNER, question, limit=8)
        return [
            c.start for c in ExtractiveAnswerer().answer(question, evidence).citations
        ]

    one = quotes("Does the red door close on the day of the party?")
    both = quotes(
        "Do the blue door and the red door close on the day of the party, or both?"
    )
    store.close()

    assert one[0] == max(one) > min(one)
    assert both == sorted(both)


def test_no_model_is_asked_where_a_name_is_missing(ask):
    class Asked:
        def __getattr__(self, name):
            msg = f"the model was asked: {name}"
            raise AssertionError(msg)

    answer = ask("What does the HX-999 measure?", embedding=Asked(), reader=Asked())

    assert answer.text == "No document mentions HX-999."
