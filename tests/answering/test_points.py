"""Only what is asked about is quoted: an article, a row, all steps; and names count."""

import pytest

from erya.answering import ExtractiveAnswerer
from erya.answering.questions import detect_intent
from erya.loading import document_of, parse
from erya.records import Item, Principal
from erya.retrieving import search_store
from erya.stores.embedded import EmbeddedStore
from erya.testing import chunked

OWNER = Principal.owner("owner")
RULES = "\n\n".join(
    f"第{number}条 {what}由{what}组负责，组长应当在21个工作日内答复。"
    for number, what in (
        ("十九", "车辆"), ("二十", "印章"), ("二十一", "档案"), ("二十二", "合同"),
    )
)  # fmt: skip
STEPS = """# Pump

## Replacing the filter

1. Close the valve.
2. Switch off the motor.
3. Take out the old filter.
4. Put in the new filter.
"""
TABLE = """city,manager,budget
Graz,Ada Lind,"12,000"
Lienz,Bo Berg,"9,500"
Wien,Cy Dahl,"30,000"
"""
CODES = "model,power\nZX-100,5 kW\nZX-200,7 kW\nZX-300,9 kW\n"
PEOPLE = "Müller leads Zürich. Łukasz leads Łódź. Søren leads Århus.\n"


@pytest.fixture
def ask(tmp_path):
    """Ask one file a question."""
    stores: list[EmbeddedStore] = []

    def ask(question, text, name):
        store = EmbeddedStore(tmp_path / str(len(stores)), name="test")
        stores.append(store)
        item = Item(source=name, data=text.encode())
        given = document_of(item, parse(item.data, name), readers=frozenset({"public"}))
        with store.writer(OWNER, purpose="test") as writer:
            writer.put(given, chunked(given), original=b"", recipe="test")
        evidence = search_store(store, OWNER, question, limit=8)
        return ExtractiveAnswerer().answer(question, evidence)

    yield ask
    for store in stores:
        store.close()


@pytest.mark.parametrize("question", ["第21条规定了什么？", "第二十一条规定了什么？"])
def test_the_article_that_is_asked_about_is_quoted_alone(ask, question):
    answer = ask(question, RULES, "rules.txt")

    assert [each.quote[:4] for each in answer.citations] == ["第二十一"]


def test_an_article_that_is_not_there_is_named(ask):
    assert (
        ask("第五十条规定了什么？", RULES, "r.txt").text == "文档中没有提到第五十条。"
    )


def test_a_way_to_do_something_is_quoted_with_all_its_steps(ask):
    answer = ask("How do I replace the filter?", STEPS, "steps.md")

    for step in ("Close the valve", "Switch off", "Take out", "Put in"):
        assert step in answer.text


def test_a_question_for_one_thing_gets_its_row_alone(ask):
    assert "Lienz" in (one := ask("Who manages Lienz?", TABLE, "t.csv").text)
    assert "Graz" not in one
    assert "Wien" not in one
    assert "ZX-200" in (one := ask("What power has the ZX-200?", CODES, "c.csv").text)
    assert "ZX-100" not in one
    both = ask("Compare the power of ZX-100 and ZX-300.", CODES, "c.csv").text
    assert "ZX-100" in both
    assert "ZX-300" in both
    assert "ZX-200" not in both


def test_a_name_that_stands_nowhere_is_told(ask):
    answer = ask("What is the budget of Salzburg?", TABLE, "t.csv")

    assert answer.abstained
    assert answer.text == "No document mentions Salzburg."


def test_names_are_found_without_their_marks(ask):
    assert ask("Who leads Lodz?", PEOPLE, "p.txt").text.startswith("Łukasz leads Łódź.")


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("What is the budget of Salzburg?", ("Salzburg",)),
        ("Is Ada Lind in Lienz?", ("Ada Lind", "Lienz")),
        ("How long is leave in Germany in May?", ()),
        ("How Do I Reset My Password?", ()),
        ("Salzburg is where?", ()),
        ("What does the manager of the NATO unit do?", ()),
        ("林茨的预算是多少？", ()),
    ],
)
def test_names_of_a_question_are_told_from_its_other_words(question, names):
    assert detect_intent(question).names == names


def test_a_code_may_stand_in_the_name_of_the_file(ask):
    answer = ask(
        "What does HT-2024-0099 say about the pump?",
        "The pump is blue.",
        "HT-2024-0099.txt",
    )

    assert "The pump is blue." in answer.text


def test_a_word_in_another_form_is_no_name_that_stands_nowhere(ask):
    text = "A manager gets 25 days of annual leave."

    answer = ask("How many days of annual leave do Managers get?", text, "a.txt")

    assert "25 days" in answer.text
