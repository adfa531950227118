import json
from dataclasses import replace

import pytest

from erya.answering import GroundedAnswerer, PromptedAnswerer
from erya.assistant import Assistant
from erya.errors import ModelError, UsageError
from erya.evaluating import (
    AnswerMeasures,
    CachedChat,
    Runs,
    compare,
    evaluate_answers,
    finish,
    read_examples,
    regressions,
    write_examples,
)
from erya.evaluating.answers import Judged
from erya.evaluating.citation_metrics import citation_scores, quoted
from erya.evaluating.examples import id_of
from erya.evaluating.failures import clusters
from erya.evaluating.runs import SampleResult, measure_all
from erya.evaluating.similarity import similarity
from erya.models import ChatEvent, ChatRequest, Finished, TextDelta, complete
from erya.records import (
    Answer,
    Chunk,
    Citation,
    Claim,
    Example,
    ImagePart,
    Message,
    Principal,
    Quote,
    TextPart,
    Usage,
)
from erya.sources import FolderSource
from erya.stores import Bases
from erya.testing import HashingEmbedding, ScriptedChatModel

OWNER = Principal.owner("tester")
SPEC = {"kind": "answers", "about": "test", "seed": 0}
EXAMPLES = [
    Example(
        id="leave", question="How many days of annual leave does an employee have?", answers=("25 days",),
        evidence=(Quote("leave.md", "25 days of annual leave"), Quote("other.md", "nowhere")),
    ),
    Example(id="years", question="工龄满十年有几天年假？", answers=("15天", "十五天")),
    Example(id="cup", question="Which football team won the cup?", answerable=False),
]  # fmt: skip


@pytest.fixture
def assistant(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "leave.md").write_text(
        "# Annual leave\n\nEvery employee has 25 days of annual leave.\n", "utf-8"
    )
    (docs / "zh.md").write_text(
        "# 年假\n\n工龄满十年的员工，每年有 15 天年假。\n", "utf-8"
    )
    store = Bases(tmp_path / "bases").open("docs", create=True)
    with Assistant(store=store, embedding=HashingEmbedding(), degrade=False) as made:
        made.ingest(FolderSource([docs], file_bytes=10**6), principal=OWNER)
        yield made


@pytest.fixture
def runs(tmp_path):
    return Runs(tmp_path / "runs")


def asked(assistant, runs, **measures):
    run = runs.begin(SPEC, fresh=True)
    measured = evaluate_answers(
        assistant, EXAMPLES, run, principal=OWNER, measures=AnswerMeasures(**measures)
    )
    return finish(measured, {})


def test_answers_are_measured_against_what_is_known(assistant, runs):
    """By hand: the quote has 8 words, without articles, and shares 2 with `25 days`."""
    run = asked(assistant, runs)

    leave, years, cup = run.items
    assert leave.scores["contains"] == years.scores["contains"] == 1.0
    assert leave.scores["exact_match"] == 0.0
    assert leave.scores["f1"] == pytest.approx(2 * 2 / (8 + 2))
    assert leave.scores["evidence_recall"] == 0.5
    assert leave.scores["answer_in_passages"] == 1.0
    assert (leave.scores["over_refusal"], cup.scores["refusal"]) == (0.0, 1.0)
    assert leave.scores["supported"] == leave.scores["citation_recall"] == 1.0
    assert set(cup.scores) == {"refusal"}
    assert leave.detail["evidence"][0]["cited"]
    assert {"retrieve", "answer", "total"} <= leave.seconds.keys()
    assert clusters(run) == []
    assert run.main_metric == "contains"


def test_a_model_that_fails_stops_the_measurement_and_what_was_measured_stays(
    assistant, runs
):
    model = ScriptedChatModel(
        [
            "You have 25 days [1].",
            ModelError("gone"),
            "每年有 15 天年假 [1]。",
            "NOT_IN_DOCUMENTS",
        ]
    )
    assistant = replace(assistant, answerer=GroundedAnswerer(model=model))

    with pytest.raises(ModelError, match="gone"):
        evaluate_answers(assistant, EXAMPLES, runs.begin(SPEC), principal=OWNER)
    run = evaluate_answers(assistant, EXAMPLES, runs.begin(SPEC), principal=OWNER)

    assert [item.id for item in run.items] == ["leave", "years", "cup"]
    assert len(model.asked) == 4
    assert run.tokens() == {"input": 0, "output": 3}


def test_what_a_model_said_is_not_asked_again(assistant, runs, tmp_path):
    model = ScriptedChatModel(
        ["You have 25 days [1].", "15 天 [1]。", "NOT_IN_DOCUMENTS"]
    )
    cache = CachedChat(model, identity="m", file=tmp_path / "deep" / "cache.sqlite3")
    assistant = replace(assistant, answerer=GroundedAnswerer(model=cache))
    first = asked(assistant, runs)
    assistant = replace(
        assistant,
        answerer=GroundedAnswerer(
            model=(
                again := CachedChat(
                    model, identity="m", file=tmp_path / "deep" / "cache.sqlite3"
                )
            )
        ),
    )
    second = asked(assistant, runs, saved=lambda: again.saved)

    assert len(model.asked) == 3
    assert again.calls() == {"asked": 0, "repeated": 3}
    assert [i.detail["answer"] for i in second.items] == [
        i.detail["answer"] for i in first.items
    ]
    assert second.tokens() == first.tokens()
    other = CachedChat(
        model, identity="other", file=tmp_path / "deep" / "cache.sqlite3"
    )
    with pytest.raises(IndexError):  # it has no line left to say
        complete(other, model.requests[0])


def test_a_model_can_be_asked_again(tmp_path):
    model = ScriptedChatModel(["one", "two"])
    asked = ChatRequest.of("", "How many?")

    def said(**options):
        file = tmp_path / "cache.sqlite3"
        cache = CachedChat(model, identity="m", file=file, **options)
        return complete(cache, asked).text, cache.calls()

    assert said() == ("one", {"asked": 1, "repeated": 0})
    assert said(again=True) == ("two", {"asked": 1, "repeated": 0})
    assert said() == ("two", {"asked": 0, "repeated": 1})


def test_a_model_alone_has_no_scores_of_passages(assistant, runs):
    assistant = replace(
        assistant,
        answerer=PromptedAnswerer(
            model=ScriptedChatModel(["You have 25 days.", "15 天", "I do not know"])
        ),
    )

    run = asked(assistant, runs, searched=False)

    assert run.items[0].scores["contains"] == 1.0
    assert not {"evidence_recall", "answer_in_passages", "citation_recall"} & set(
        run.metrics
    )
    assert run.items[0].detail["evidence"] == []


def test_a_judge_that_cannot_tell_is_counted_and_not_zero(assistant, runs):
    def judge(example, answer, evidence):
        told = None if example.id == "years" else 1.0
        return Judged({"correct": told}, {"reason": "because"}, Usage())

    run = asked(assistant, runs, judge=judge)

    assert run.not_judged()["correct"] == (1, 3)
    assert run.estimates()["correct"].mean == 1.0
    assert run.items[0].detail["judged"] == {"reason": "because"}


def cited(*quotes):
    """Return an answer of one sentence for each tuple of quotes."""
    chunk = Chunk(
        id="c", document_id="d", start=0, end=1, text="x", source="s", title="T"
    )
    citations: list[Citation] = []
    claims: list[Claim] = []
    text = ""
    for sentence, those in quotes:
        start = len(text)
        text += sentence
        numbers = []
        for quote in those:
            numbers.append(len(citations) + 1)
            citations.append(
                Citation(number=numbers[-1], chunk=chunk, start=0, end=1, quote=quote)
            )
        claims.append(Claim(start=start, end=len(text), citations=tuple(numbers)))
    return Answer(text=text, claims=tuple(claims), citations=tuple(citations))


def entails(premise, statement):
    """Carried when every letter of the statement stands in the premise."""
    return set(statement) <= set(premise)


def test_citations_are_scored_as_by_alce():
    """By hand, after the definition: `ab` needs both; `c` is carried by the first alone,
    and the second is one too many; `d` is not carried, so neither of its citations counts.
    """
    answer = cited(("ab", ["a", "b"]), ("c", ["c", "x"]), ("d", ["q", "r"]), ("e", []))

    recall, precision = citation_scores(answer, entails)

    assert recall == 2 / 4
    assert precision == 3 / 6
    assert citation_scores(cited(("e", [])), entails) == (0.0, 0.0)
    assert citation_scores(cited(("ab", ["ab"])), lambda *_: None) == (None, None)


def test_without_a_judge_a_quotation_is_carried_and_a_foreign_fact_is_not():
    assert quoted("Every employee has 25 days.", "every employee has 25 days") is True
    assert quoted("Every employee has 25 days.", "You get 30 days.") is False
    assert quoted("Every employee has 25 days.", "Staff may rest for 25 days.") is None


def test_meaning_is_compared_only_where_the_model_knows_the_words():
    model = HashingEmbedding()

    assert similarity(
        model, "annual leave", ["sick pay", "annual leave"]
    ) == pytest.approx(1.0)
    assert similarity(model, "", ["annual leave"]) == 0.0

    class Ignorant(HashingEmbedding):
        def token_coverage(self, texts):
            return [0.2] * len(texts)

    assert similarity(Ignorant(), "年假", ["年假"]) is None


def test_runs_are_compared_question_by_question(runs):
    def run(right, refused):
        def measure(number):
            detail = {"question": f"Question {number}?", "answer": str(number in right)}
            return SampleResult(
                id=str(number), detail=detail,
                scores={"contains": float(number in right), "over_refusal": float(number in refused)},
            )  # fmt: skip

        things = [(str(n), n) for n in range(40)]
        return finish(
            measure_all(runs.begin(SPEC, fresh=True), things, measure, what=""), {}
        )

    before, after = run(set(range(30)), set()), run(set(range(12)), set(range(20)))
    found = compare(before, after)

    contains, refusals = found.metrics
    assert (contains.first.mean, contains.second.mean) == (0.75, 0.3)
    assert contains.verdict == refusals.verdict == "worse"
    assert refusals.gain == -0.5
    assert (contains.difference.better, contains.difference.worse) == (0, 18)
    assert len(found.changed) == 18 + 12
    assert found.changed[0].gains == {"contains": -1.0, "over_refusal": -1.0}
    assert {change.metric for change in regressions(found, min_drop=0.0)} == {
        "contains",
        "over_refusal",
    }
    assert [change.metric for change in regressions(found, min_drop=0.48)] == [
        "over_refusal"
    ]
    assert regressions(compare(after, before), min_drop=0.0) == []
    assert [m.metric for m in compare(before, after, metrics=["contains"]).metrics] == [
        "contains"
    ]
    with pytest.raises(
        UsageError, match="'nonsense' is not in both runs; there are contains"
    ):
        compare(before, after, metrics=["nonsense"])
    with pytest.raises(UsageError, match="share no metric"):
        compare(before, runs.begin(SPEC, fresh=True))


def write(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_questions_are_read_and_written_without_loss(tmp_path):
    path = write(
        tmp_path / "q.jsonl",
        {
            "question": "a?",
            "answers": ["x"],
            "quote": "x is",
            "source": "s.md",
            "level": 2,
        },
        {"id": "two", "question": "b?", "answers": [], "split": "held_out"},
        {"question": "c?", "answerable": False},
    )
    read = read_examples(path)
    write_examples(tmp_path / "again.jsonl", read.examples)

    assert read_examples(tmp_path / "again.jsonl").examples == read.examples
    assert [e.id for e in read.examples] == [id_of("a?"), "two", id_of("c?")]
    assert [e.answerable for e in read.examples] == [True, False, False]
    assert read.examples[0].evidence == (Quote("s.md", "x is"),)
    assert read.examples[0].metadata == {"level": 2}
    assert len(read.sample(2, seed=0)) == 2
    assert read.sample(2, seed=0) == read.sample(2, seed=0)


def test_held_out_questions_are_not_for_tuning(tmp_path):
    path = write(
        tmp_path / "q.jsonl", {"question": "b?", "answers": ["x"], "split": "held_out"}
    )

    with pytest.raises(UsageError, match="1 of 1 questions.*held out.*--use-held-out"):
        read_examples(path).check_tuning()
    assert len(read_examples(path).part("held_out").examples) == 1
    with pytest.raises(UsageError, match="no split 'train'; there are held_out"):
        read_examples(path).part("train")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "has no questions"),
        ([{"answers": ["x"]}], "line 1, lacks question"),
        ([{"question": " ", "answers": ["x"]}], "line 1, has an empty question"),
        ([{"question": "a?", "answers": ["x"]}, {"question": "b?"}], "line 2, has no answers"),
        ([{"question": "a?", "answers": "x"}], "line 1, must have a list of texts"),
        ([{"question": "a?", "answers": [""]}], "line 1, must have a list of texts"),
        ([{"question": "a?", "answers": [], "answerable": True}], "line 1, is answerable and"),
        ([{"id": 1, "question": "a?", "answers": []}] * 2, "line 2, repeats the id '1'.*line 1"),
        ([{"question": "a?", "answers": [], "evidence": ["x"]}], "line 1, must have a list of {source"),
        (["text"], "line 1, is no JSON object"),
    ],
)  # fmt: skip
def test_a_question_that_is_none_names_its_line(tmp_path, rows, said):
    with pytest.raises(UsageError, match=said):
        read_examples(write(tmp_path / "q.jsonl", *rows))


def test_what_is_not_text_is_asked_for_by_itself_and_half_an_answer_again(tmp_path):
    held_back: list[ChatEvent] = [
        TextDelta("No"),
        Finished(reason="filter", usage=None),
    ]
    model = ScriptedChatModel(["one", "two", held_back, "whole"])
    cache = CachedChat(model, identity="m", file=tmp_path / "calls.sqlite3")

    def ask(part):
        message = Message(role="user", parts=(TextPart(text="What?"), part))
        return complete(cache, ChatRequest(messages=(message,))).text

    cat, dog = (ImagePart(media_type="image/png", data=data) for data in (b"c", b"d"))
    assert [ask(cat), ask(dog), ask(cat)] == ["one", "two", "one"]
    third = ImagePart(media_type="image/png", data=b"e")
    assert [ask(third), ask(third)] == ["No", "whole"]
