import pytest

from erya.evaluating.failures import outcome_of
from erya.evaluating.overlap import about_set, copies, set_notes, word_overlap
from erya.evaluating.runs import SampleResult
from erya.records import Example, Quote

LEAVE = "Every employee has 25 days of paid leave."


@pytest.mark.parametrize(
    ("question", "evidence", "share"),
    [
        ("How much paid time off do employees have?", LEAVE, 2 / 3),
        ("员工的年假有几天？", "每名员工每年享有十五天年假。", 1.0),
        ("Who pays?", "", 0.0),
        ("Who?", LEAVE, 0.0),
    ],
)
def test_the_words_of_a_question_are_looked_for_in_the_evidence(
    question, evidence, share
):
    assert word_overlap(question, evidence) == pytest.approx(share)


def test_a_question_in_the_order_of_its_evidence_is_a_copy():
    assert copies("Has every employee days of paid leave?", LEAVE)
    assert not copies("How many days of paid leave has an employee?", LEAVE)
    assert copies("员工享有年假补贴吗？", "每名员工每年享有年假补贴。")
    assert not copies("年假补贴员工享有吗？", "每名员工每年享有年假补贴。")


def test_a_set_that_repeats_its_documents_has_a_warning():
    asked = Example(
        id="a",
        question="Has an employee leave?",
        answers=("yes",),
        evidence=(Quote("", LEAVE),),
        metadata={"made_by": "rule"},
    )

    about = about_set([asked])

    assert about == {"kinds": {"rule": 1}, "overlap": 1.0}
    assert any("repeat the documents' words" in note for note in set_notes(about))
    fewer = set_notes({**about, "overlap": 0.5})
    assert not any("repeat the documents' words" in note for note in fewer)
    assert any("rules made these questions" in note for note in fewer)
    assert len(set_notes({"kinds": {"model": 3}, "overlap": 0.5})) == 2
    assert set_notes({"kinds": {"other": 2}, "overlap": None}) == [
        "Questions by kind: 2 other."
    ]


@pytest.mark.parametrize(
    ("scores", "answer", "outcome"),
    [
        ({"contains": 1.0, "over_refusal": 0.0}, "25 days of leave", "right"),
        ({"contains": 0.0, "over_refusal": 0.0}, "some days", "partly"),
        ({"contains": 0.0, "over_refusal": 0.0}, "never", "wrong"),
        ({"contains": 0.0, "over_refusal": 1.0}, "", "refused"),
        ({"refusal": 1.0}, "", "right"),
        ({"refusal": 0.0}, "25 days", "wrong"),
        ({"ndcg@10": 1.0}, "", None),
    ],
)
def test_an_answer_is_right_partly_right_wrong_or_refused(scores, answer, outcome):
    detail = {"answer": answer, "accepted": ["25 days"]}
    assert outcome_of(SampleResult(id="a", scores=scores, detail=detail)) == outcome
